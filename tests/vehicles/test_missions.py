"""Missions: prior knowledge of flights with telemetry."""

import re
import shutil
from pathlib import Path

import pytest

from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import list_vehicles
from hoverslam.vehicles.missions import list_missions, load_mission
from hoverslam.vehicles.places import FILES


def test_every_mission_loads_and_names_places_that_exist() -> None:
    for name in list_missions():
        mission = load_mission(name)
        assert mission.vehicle in list_vehicles()
        assert mission.launch_site.kind == "launch pad"
        assert mission.landing is None or mission.landing.kind == "landing pad"
        assert mission.orbit.perigee_altitude <= mission.orbit.apogee_altitude


def test_an_unknown_mission_gets_a_suggestion() -> None:
    with pytest.raises(VehicleError, match="crs11"):
        load_mission("crs12")


def test_the_list_of_vehicles_has_no_missions() -> None:
    assert "missions" not in list_vehicles()


# ---- files of one's own ------------------------------------------------------------------------------------------------
PAGE = (Path(__file__).parents[2] / "docs" / "missions.md").read_text(encoding="utf-8")
EXAMPLE = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1]  # type: ignore[index]


def written(folder: Path, *changes: tuple[str, str]) -> Path:
    """Write the example of the page with changed lines, and an empty trace beside it, and return its path."""
    text = EXAMPLE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "koreasat5a_stage1_raw.json").touch()
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    return folder / "mine.toml"


def test_the_example_of_the_page_is_a_mission(tmp_path: Path) -> None:
    for path in (written(tmp_path), str(tmp_path / "mine.toml")):
        mission = load_mission(path)
        assert mission.name == "koreasat5a"
        assert mission.orbit.apogee_altitude == pytest.approx(50_200e3)
        assert mission.inclination_deg.value == 22.0
        assert mission.landing is None
        assert mission.trace == str(tmp_path / "koreasat5a_stage1_raw.json")
        assert mission.payload_kg.low_si == 3500.0


def test_a_rating_that_is_left_out_has_a_band_about_that_of_the_vehicle_file(tmp_path: Path) -> None:
    start = EXAMPLE.index("[engine_rating]")
    rating = load_mission(written(tmp_path, (EXAMPLE[start:], ""))).engine_rating
    assert (rating.low, rating.value, rating.high) == (0.96, 1.0, 1.02)


def test_a_vehicle_file_is_relative_to_the_mission_file(tmp_path: Path) -> None:
    shutil.copy(FILES / "zhuque3.toml", tmp_path / "own.toml")
    text = (tmp_path / "own.toml").read_text().replace('name = "zhuque3"', 'name = "own"')
    (tmp_path / "own.toml").write_text(text)
    mission = load_mission(written(tmp_path, ('"falcon9"', '"own.toml"')))
    assert mission.vehicle == str(tmp_path / "own.toml")


WRONG = {
    "unknown key": ("fairing = true", "fairing = true\nfaring = 1", r"faring: 1: unknown key, did you mean fairing"),
    "missing key": ("northward = false", "", "northward: missing: add northward"),
    "no unit": ("[payload_kg]", "[payload]", "payload: .*unknown key, did you mean payload_kg"),
    "no band": ("low = 3500\nhigh = 3900\n", "", "payload_kg: 3700: add low = …, high = …"),
    "band out of order": ("low = 3500", "low = 3800", "payload_kg"),
    "vehicle": ('"falcon9"', '"falcn9"', 'vehicle: .*"falcn9": unknown, did you mean falcon9'),
    "site": ('"lc39a"', '"lc39b"', 'site: "lc39b": unknown, did you mean lc39a'),
    "landing place": ('"free"', '"sea"', 'landing_site: "sea": unknown'),
    "mode": ('"downrange"', '"downrang"', 'recovery: "downrang": must be a recovery mode'),
    "no landing place": (
        'landing_site = "free"',
        "",
        'landing_site: .*missing: add landing_site = an id, values, or "free"',
    ),
    "expended at a place": (
        'recovery = "downrange"',
        'recovery = "expendable"',
        "landing_site: .*the first stage is expended: leave it out",
    ),
    "mode of another vehicle": ('"downrange"', '"upper_stage_return"', "recovery: .*falcon9 does not fly it, known"),
    "orbit": ('"285x50200x22.0"', '"gtoo"', 'orbit: "gtoo": unknown'),
    "no plane": ('"285x50200x22.0"', '"285x50200"', "orbit: .*states no inclination: add it"),
    "orbit twice": (
        "fairing = true",
        "fairing = true\ninclination_deg = 3",
        "inclination_deg: states the orbit a second",
    ),
    "trace": ('"koreasat5a_stage1_raw.json"', '"gone.csv"', "trace: .*no such file: its path is relative to"),
    "not TOML": ("fairing = true", "fairing = yes", "not TOML"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_in_a_mission_file_is_one_line_with_file_key_and_remedy(tmp_path: Path, mistake: str) -> None:
    old, new, said = WRONG[mistake]
    with pytest.raises(VehicleError, match=said) as refusal:
        load_mission(written(tmp_path, (old, new)))
    assert all(line.startswith(f"{tmp_path / 'mine.toml'}: ") for line in refusal.value.mistakes)


def test_a_missing_mission_file_is_named() -> None:
    with pytest.raises(VehicleError, match=r"nowhere/mine\.toml: cannot be read"):
        load_mission("nowhere/mine.toml")
