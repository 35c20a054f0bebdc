"""A name stands for one vehicle, and no name leaves its folder."""

from importlib.resources import files

import pytest

from hoverslam.data.errors import DataError
from hoverslam.data.figures import with_figure
from hoverslam.data.paths import inside
from hoverslam.studies.cases import Case, default_cases
from hoverslam.studies.comparison.compare import compare_cases
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.identity import identity_of
from hoverslam.vehicles.loading import check_file, load_vehicle

SHIPPED = (files("hoverslam.vehicles") / "files" / "falcon9.toml").read_text(encoding="utf-8")
DRY = "dry_mass_t = { value = 27.9,"


def write(path, name="mine", dry=27.9, text=SHIPPED, encoding="utf-8"):
    path.parent.mkdir(exist_ok=True)
    changed = text.replace('name = "falcon9"', f'name = "{name}"', 1).replace(DRY, f"dry_mass_t = {{ value = {dry},", 1)
    path.write_text(changed, encoding=encoding)
    return path


def test_a_shipped_name_with_other_figures_is_refused(tmp_path):
    path = write(tmp_path / "a.toml", "falcon9", 28.4)
    (line,) = check_file(path)
    assert line == (
        f'{path}: name: "falcon9": the name of a vehicle that comes with hoverslam, which differs in stage1.dry_mass_t: '
        "choose another name"
    )
    with pytest.raises(VehicleError, match="choose another name"):
        load_vehicle(path, ["stage1.dry_mass_t=27.9"])


def test_a_copy_of_a_shipped_file_is_that_vehicle_and_may_be_changed_by_overrides(tmp_path):
    path = write(tmp_path / "copy.toml", "falcon9")
    assert identity_of(load_vehicle(path)) == identity_of(load_vehicle("falcon9"))
    assert load_vehicle(path, ["stage1.dry_mass_t=28"]).stage1.dry_mass == 28e3


def test_a_file_in_the_working_folder_is_not_taken_for_the_shipped_one(tmp_path, monkeypatch):
    write(tmp_path / "falcon9.toml", "own", 28.4)
    monkeypatch.chdir(tmp_path)
    assert load_vehicle("falcon9.toml").name == "own"
    assert load_vehicle("falcon9").stage1.dry_mass == 27.9e3


def test_no_override_gives_a_vehicle_the_name_of_another():
    with pytest.raises(
        VehicleError, match='override: name: "falcon9": the name of a vehicle that comes with hoverslam'
    ):
        load_vehicle("zhuque3", ["name=falcon9"])


def test_the_identity_follows_figures_and_bands_but_not_words():
    vehicle = load_vehicle("falcon9")
    assert identity_of(vehicle.model_copy(update={"title": "another title"})) == identity_of(vehicle)
    assert identity_of(with_figure(vehicle, "stage1.dry_mass_t", 27.8)) != identity_of(vehicle)
    wider = vehicle.fairing.mass_t.model_copy(update={"high": 2.1})
    fairing = vehicle.fairing.model_copy(update={"mass_t": wider})
    assert identity_of(vehicle.model_copy(update={"fairing": fairing})) != identity_of(vehicle)


def test_two_files_of_one_name_are_refused_and_a_repeated_file_is_flown_once(tmp_path):
    first, other = write(tmp_path / "a.toml"), write(tmp_path / "b" / "b.toml", dry=28.0)
    with pytest.raises(VehicleError) as caught:
        default_cases([str(first), str(other)])
    assert caught.value.mistakes == (
        f'{other}: name: "mine": {first} has this name too and differs in stage1.dry_mass_t: rename one',
    )
    again = write(tmp_path / "c.toml")
    assert default_cases([str(first), str(again)]) == default_cases([str(first)])


def test_a_comparison_refuses_two_cases_that_would_share_a_file():
    heavy = load_vehicle("falcon9", {"stage1.dry_mass_t": 28.0})
    with pytest.raises(VehicleError, match="has this name too"):
        compare_cases([Case("falcon9", "expendable"), Case(heavy, "downrange")], jobs=0)
    with pytest.raises(VehicleError, match="flown twice in one comparison"):
        compare_cases([Case("falcon9", "expendable"), Case("falcon9", "expendable", "gto")], jobs=0)


@pytest.mark.parametrize(
    "name", ["../../victim", "a/b", "Mine", "mine\\nx", "a|b", "", "-x", "m" * 65, "mï", "con.", "x y"]
)
def test_a_name_that_could_leave_its_folder_or_break_a_table_is_refused(tmp_path, name):
    (line,) = check_file(write(tmp_path / "a.toml", name))
    assert "must be 1 to 64 of the characters a-z, 0-9, _ and -" in line
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize("part", ["..", ".", "", " ", "a/b", "a\\b", "a\0b", "/etc", "x" * 201, "a|b", "a\nb"])
def test_no_part_of_a_path_leaves_its_folder(tmp_path, part):
    with pytest.raises(DataError, match="cannot be part of a file's name"):
        inside(tmp_path, "trajectories", part)


def test_a_plain_part_stays_inside(tmp_path):
    assert inside(tmp_path, "a", "falcon9_downrange.nc") == tmp_path / "a" / "falcon9_downrange.nc"


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path):
    assert check_file(write(tmp_path / "a.toml", encoding="utf-8-sig")) == []


def test_a_title_of_two_lines_is_refused(tmp_path):
    path = write(tmp_path / "a.toml", text=SHIPPED.replace('Falcon 9 Block 5"', 'Falcon\\n9"'))
    assert any("must be one line of text" in line for line in check_file(path))
