"""A wrong vehicle file raises one error with one line per mistake, and never another exception."""

import tomllib
from importlib.resources import files

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import _checked, check_file, list_vehicles, load_vehicle
from hoverslam.vehicles.recovery_modes import list_modes

# As published: a file that no calibration rewrites.
PUBLISHED = (files("hoverslam.flights.observed") / "files" / "published" / "falcon9.toml").read_text(encoding="utf-8")
GOOD = PUBLISHED.replace('name = "falcon9"', 'name = "mine"', 1)
FIGURE = 'status = "estimate", source = "who says so" }'
DRY = next(line for line in GOOD.splitlines() if line.startswith("dry_mass_t = { value = 27.2"))


def write(folder, text):
    path = folder / "mine.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def mistakes_in(folder, text):
    """The mistakes of a file with this text, without the folder in which it is."""
    path = write(folder, text)
    return [line.removeprefix(f"{folder}/") for line in check_file(path)]


def swapped(old, new):
    assert GOOD.count(old) >= 1
    return GOOD.replace(old, new, 1)


CASES = {
    "negative": (
        swapped("dry_mass_t = { value = 27.2, low = 25.6", "dry_mass_t = { value = -3.0, low = -4.0"),
        [
            "mine.toml: stage1.dry_mass_t: -3: must be more than 0 and at most 500 t",
            "mine.toml: stage1.dry_mass_t.low: -4: must be more than 0 and at most 500 t",
        ],
    ),
    "bare number": (
        swapped(DRY, "dry_mass_t = 27.2"),
        [
            "mine.toml: stage1.dry_mass_t: 27.2: a figure carries its source: write "
            '{ value = 27.2, status = "estimate", source = "who says so" }'
        ],
    ),
    "text for a figure": (
        swapped(DRY, 'dry_mass_t = "27.2"'),
        [f'mine.toml: stage1.dry_mass_t: "27.2": must be a figure: {{ value = 1.0, {FIGURE}'],
    ),
    "text for a value": (
        swapped("value = 27.2, low = 25.6, high = 30.0", 'value = "27.2"'),
        ['mine.toml: stage1.dry_mass_t.value: "27.2": must be a number'],
    ),
    "not a number": (
        swapped("value = 27.2, low = 25.6, high = 30.0", "value = nan"),
        ["mine.toml: stage1.dry_mass_t.value: nan: must be a finite number"],
    ),
    "infinite": (
        swapped("value = 27.2, low = 25.6, high = 30.0", "value = 27.2, high = inf"),
        ["mine.toml: stage1.dry_mass_t.high: inf: must be a finite number"],
    ),
    "low above high": (
        swapped("low = 25.6, high = 30.0", "low = 30.0, high = 25.6"),
        ["mine.toml: stage1.dry_mass_t.low: 30: low must not exceed high (25.6)"],
    ),
    "outside its band": (
        swapped("low = 25.6, high = 30.0", "low = 28.0, high = 30.0"),
        ["mine.toml: stage1.dry_mass_t: 27.2: must lie within its own band, 28 to 30"],
    ),
    "no source": (
        swapped(DRY, 'dry_mass_t = { value = 27.2, status = "estimate" }'),
        ["mine.toml: stage1.dry_mass_t.source: missing: add source = …, who says so, or the method"],
    ),
    "empty source": (
        swapped(DRY, 'dry_mass_t = { value = 27.2, status = "estimate", source = " " }'),
        ['mine.toml: stage1.dry_mass_t.source: " ": must not be empty'],
    ),
    "unknown status": (
        swapped(DRY, 'dry_mass_t = { value = 27.2, status = "guess", source = "me" }'),
        [
            'mine.toml: stage1.dry_mass_t.status: "guess": '
            "must be 'published', 'secondary', 'derived', 'estimate' or 'target'"
        ],
    ),
    "unit stated twice": (
        swapped("value = 27.2, low", 'value = 27.2, unit = "t", low'),
        ['mine.toml: stage1.dry_mass_t.unit: "t": remove it: the key says the unit (t)'],
    ),
    "misspelled key": (
        swapped("dry_mass_t = { value = 27.2", "dry_mas_t = { value = 27.2"),
        [
            'mine.toml: stage1.dry_mass_t: missing: add dry_mass_t = { value = …, status = "…", source = "…" } (t)',
            "mine.toml: stage1.dry_mas_t: {value, low, high, status, source}: unknown key, did you mean dry_mass_t?",
        ],
    ),
    "missing section": (
        GOOD[: GOOD.index("[aero]")] + GOOD[GOOD.index("[limits]") : GOOD.index("[recovery]")],
        ["mine.toml: aero: missing: add the section [aero]"],
    ),
    "throttles the wrong way round": (
        swapped("throttle_min = { value = 0.57, low = 0.40, high = 0.60,", "throttle_min = { value = 1.1,"),
        [
            "mine.toml: stage1.engine.throttle_min: 1.1: must not exceed throttle_max (1)",
            "mine.toml: recovery.boostback_throttle_max: 0.92: must be at least stage1.engine.throttle_min (1.1)",
            "mine.toml: recovery.entry_throttle_max: 0.78: must be at least stage1.engine.throttle_min (1.1)",
            "mine.toml: recovery.landing_throttle_max: 0.71: must be at least stage1.engine.throttle_min (1.1)",
        ],
    ),
    "a landing planned gentler than the engine goes": (
        GOOD.replace(
            "\nflip_rate_deg_s",
            '\nlanding_throttle_min = { value = 0.5, status = "estimate", source = "x" }\nflip_rate_deg_s',
        ),
        ["mine.toml: recovery.landing_throttle_min: 0.5: must be at least stage1.engine.throttle_min (0.57)"],
    ),
    "a landing whose throttles are the wrong way round": (
        GOOD.replace(
            "\nflip_rate_deg_s",
            '\nlanding_throttle_min = { value = 0.9, status = "estimate", source = "x" }\nflip_rate_deg_s',
        ),
        ["mine.toml: recovery.landing_throttle_min: 0.9: must not exceed landing_throttle_max (0.71)"],
    ),
    "specific impulses the wrong way round": (
        swapped("value = 282.0, low = 279.0, high = 285.0", "value = 320.0"),
        [
            "mine.toml: stage1.engine.specific_impulse_sea_level_s: 320: "
            "must be less than specific_impulse_vacuum_s (311)"
        ],
    ),
    "too heavy to lift off": (
        swapped("value = 845.0, low = 838.0, high = 854.0", "value = 500.0"),
        [
            "mine.toml: stage1.engine.thrust_sea_level_kN: 500: "
            "lift-off thrust-to-weight is 0.83 without payload, must be more than 1: 552 t on the pad"
        ],
    ),
    "more engines lit than mounted": (
        swapped("landing_engines = [1]", "landing_engines = [13, 1]"),
        ["mine.toml: recovery.landing_engines: [13, 1]: must not exceed stage1.engine.count (9)"],
    ),
    "no landing burn": (
        swapped("landing_engines = [1]", "landing_engines = []"),
        ["mine.toml: recovery.landing_engines: []: must name at least one engine, such as [1] or [3, 1]"],
    ),
    "no engine at all": (
        swapped("landing_engines = [1]", "landing_engines = [0]"),
        ["mine.toml: recovery.landing_engines[0]: 0: must be a whole number from 1 to 50"],
    ),
    "number for a yes or no": (
        swapped("restartable = true", "restartable = 1"),
        ["mine.toml: stage2.engine.restartable: 1: must be true or false"],
    ),
    "unknown site": (
        swapped('site = "slc40"', 'site = "slc44"'),
        ['mine.toml: site: "slc44": unknown site, did you mean slc40 or slc4e?'],
    ),
    "unknown orbit": (
        swapped('default_orbit = "leo200"', 'default_orbit = "leo2000"'),
        ['mine.toml: default_orbit: "leo2000": unknown orbit, did you mean leo200?'],
    ),
    "unknown mode": (
        swapped('modes = ["downrange", ', 'modes = ["barge", '),
        ['mine.toml: recovery.modes[0]: "barge": must be a recovery mode, known: ' + ", ".join(list_modes())],
    ),
    "no landing site to return to": (
        swapped('landing_site = "lz1"\n', ""),
        ["mine.toml: recovery.landing_site: missing: mode return_to_launch_site needs it"],
    ),
    "orbit out of reach": (
        swapped('site = "slc40"', 'site = "slc4e"').split("[[payload_published]]")[0],
        ["mine.toml: default_orbit: 28.5 deg: slc4e reaches inclinations from 34.5 to 145.5 deg only"],
    ),
    "a payload given twice": (
        swapped('recovery = "downrange"', 'recovery = "expendable"'),
        ["mine.toml: payload_published[1]: leo200 expendable: given twice: keep one entry per orbit and recovery mode"],
    ),
    "not TOML": (
        swapped('name = "mine"', "name = mine"),
        ["mine.toml: line 4, column 8: not TOML: invalid value"],
    ),
    "not UTF-8": (
        b'name = "x"\ntitle = "\xff\xfe"\n',
        ["mine.toml: line 2: not UTF-8: save the file with UTF-8 encoding"],
    ),
    "several at once": (
        swapped(DRY, "dry_mass_t = 27").replace("count = 9", "count = 9.5").replace('site = "slc40"', 'site = "slc"'),
        [
            "mine.toml: stage1.dry_mass_t: 27: a figure carries its source: write "
            '{ value = 27, status = "estimate", source = "who says so" }',
            "mine.toml: stage1.engine.count: 9.5: must be a whole number from 1 to 50",
            'mine.toml: site: "slc": unknown site, did you mean slc40 or slc4e?',
        ],
    ),
}


def test_the_unchanged_file_has_no_mistakes(tmp_path):
    assert mistakes_in(tmp_path, GOOD) == []


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_file_gives_one_line_per_mistake(tmp_path, case):
    text, expected = CASES[case]
    assert mistakes_in(tmp_path, text) == expected


def test_loading_raises_all_the_lines_at_once(tmp_path):
    path = write(tmp_path, CASES["several at once"][0])
    with pytest.raises(VehicleError) as caught:
        load_vehicle(path)
    assert len(caught.value.mistakes) == 3
    assert str(caught.value).splitlines() == list(caught.value.mistakes)
    assert isinstance(caught.value, ValueError)


def test_a_missing_file_a_folder_and_a_name_with_a_null_character_give_one_line_each(tmp_path):
    assert check_file(tmp_path / "none.toml") == [f"{tmp_path}/none.toml: cannot be read: no such file or directory"]
    assert check_file(tmp_path) == [f"{tmp_path}: cannot be read: is a directory"]
    assert len(check_file("bad\0name.toml")) == 1


def test_an_unknown_vehicle_gets_a_suggestion():
    with pytest.raises(VehicleError, match=r'^vehicle: "falcon": unknown, did you mean falcon9\?'):
        load_vehicle("falcon")
    with pytest.raises(VehicleError, match="unknown, known: falcon9, falconheavy, longmarch12a"):
        load_vehicle("sites")


def test_deeply_nested_brackets_and_very_long_integers_give_one_line(tmp_path):
    assert len(mistakes_in(tmp_path, "a = " + "[" * 100_000)) == 1
    assert len(mistakes_in(tmp_path, "a = " + "9" * 10_000)) == 1


def test_an_override_replaces_the_value_and_says_so():
    vehicle = load_vehicle("falcon9", {"stage1.dry_mass_t": 27.0, "recovery.landing_reserve_t": "9"})
    figure = vehicle.stage1.dry_mass_t
    assert (figure.value, figure.low, figure.high) == (27.0, 26.4, 29.5)
    assert (figure.status, figure.source, figure.unit) == ("estimate", "override", "t")
    reserve = vehicle.recovery.landing_reserve_t
    assert (reserve.value, reserve.low, reserve.high) == (9.0, None, None)
    assert load_vehicle("falcon9").stage1.dry_mass_t.value == 27.9


def test_overrides_may_be_text_and_may_change_plain_values():
    changes = ["stage1.dry_mass_t=25", "site = slc4e", "default_orbit=sso500", "recovery.landing_engines=[3, 1]"]
    changes += ["aero.grid_fins=false", "limits.upper_axial_acceleration_max_g=5"]
    vehicle = load_vehicle("falcon9", changes)
    assert vehicle.launch_site.name == "slc4e"
    assert vehicle.payload_published == ()  # they hold for the site of the file
    assert vehicle.stage1.dry_mass_t.value == 25.0
    assert vehicle.recovery.landing_engines == (3, 1)
    assert vehicle.aero.grid_fins is False
    assert vehicle.limits.upper_axial_acceleration_max_g.unit == "g"


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("stage1.dry_mas_t=3", 'override: stage1.dry_mas_t: "3": unknown key, did you mean stage1.dry_mass_t?'),
        ("stage1.dry_mass_t=-3", "override: stage1.dry_mass_t: -3: must be more than 0 and at most 500 t"),
        ("stage1.dry_mass_t=nan", "override: stage1.dry_mass_t.value: nan: must be a finite number"),
        ("stage1.dry_mass_t=much", 'override: stage1.dry_mass_t.value: "much": must be a number'),
        ("stage1.dry_mass_t", "override: stage1.dry_mass_t: must be key=value, such as stage1.dry_mass_t=25"),
        ("strap_ons.count=2", 'override: strap_ons.count: "2": this vehicle has no section [strap_ons]'),
        ("recovery.landing_engines=3", "override: recovery.landing_engines: 3: must be a list in square brackets"),
    ],
)
def test_a_wrong_override_gives_one_line(override, line):
    with pytest.raises(VehicleError) as caught:
        load_vehicle("falcon9", [override])
    assert caught.value.mistakes == (line,)


def test_a_burn_time_that_contradicts_thrust_and_load_is_a_mistake():
    with pytest.raises(VehicleError, match=r"^override: strap_ons\.burn_time_s: 300: .* imply 146 s; must agree"):
        load_vehicle("longmarch6a", {"strap_ons.burn_time_s": 300})


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(10**400), st.floats(), st.text(max_size=20), st.binary(max_size=4)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
KEYS = [
    "stage1",
    "stage1.engine",
    "stage1.engine.count",
    "stage1.dry_mass_t.value",
    "stage2",
    "strap_ons",
    "recovery",
    "recovery.modes",
    "recovery.landing_engines",
    "payload_published",
    "payload_published.0",
    "payload_published.1.orbit",
    "limits",
    "aero.grid_fins",
    "payload_published.0.payload_t.value",
    "name",
    "site",
    "default_orbit",
    "status",
    "stage3",
    "side_boosters",
    "upper_recovery",
    "own_modes",
]


def mistakes_of(load, *arguments):
    """The mistakes that ``load`` raises; any other exception fails the test."""
    try:
        load(*arguments)
    except VehicleError as error:
        return error.mistakes
    return ()


def put(document, key, value):
    *path, last = key.split(".")
    here = document
    for part in path:
        here = here[int(part) if isinstance(here, list) else part]
        if not isinstance(here, (dict, list)):
            return
    if isinstance(here, list):
        here[int(last)] = value
    else:
        here[last] = value


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.sampled_from(KEYS), VALUES), min_size=1, max_size=3))
def test_random_values_in_a_document_raise_no_other_exception(changes):
    document = tomllib.loads(GOOD)
    for key, value in changes:
        try:
            put(document, key, value)
        except (KeyError, IndexError, ValueError, TypeError):
            continue  # an earlier change took the place away
    assert all(line.isprintable() for line in mistakes_of(_checked, document, "mine.toml", ()))


@settings(max_examples=60, deadline=None)
@given(key=st.text(max_size=30) | st.sampled_from(["stage1.dry_mass_t", "site", "recovery.modes"]), value=VALUES)
def test_random_overrides_raise_no_other_exception(key, value):
    for overrides in ({key: value}, [f"{key}={value}"]):
        assert all(line.isprintable() for line in mistakes_of(load_vehicle, "falcon9", overrides))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_mistakes_of_random_files_are_printable_lines(tmp_path, content):
    lines = check_file(write(tmp_path, content))
    assert lines
    assert all(line.isprintable() for line in lines)


def test_the_files_of_the_package_have_no_mistakes():
    folder = files("hoverslam.vehicles") / "files"
    assert [check_file(str(folder / f"{name}.toml")) for name in list_vehicles()] == [[] for _ in list_vehicles()]
