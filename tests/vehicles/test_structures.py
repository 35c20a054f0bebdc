"""Vehicles beyond two stages in line: third stage, side boosters, an upper stage that returns, no fairing."""

from importlib.resources import files

import pytest

from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import check_file, load_vehicle

FILES = files("hoverslam.vehicles") / "files"
HEAVY, THREE, RETURNING = (
    (FILES / f"{name}.toml").read_text(encoding="utf-8") for name in ("falconheavy", "longmarch4c", "nova")
)
SIDE = HEAVY[HEAVY.index("[side_boosters]") : HEAVY.index("[stage2]")]


def mistakes_in(folder, text):
    """The mistakes of a file with this text, without the folder in which it is."""
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return [line.removeprefix(f"{folder}/") for line in check_file(path)]


def swapped(text, old, new):
    assert text.count(old) >= 1
    return text.replace(old, new, 1)


def without_line(text, start):
    """The text without its first line that starts so."""
    line = next(line for line in text.splitlines() if line.startswith(start))
    return text.replace(f"{line}\n", "", 1)


def without_section(text, section):
    """The text without a section and those below it."""
    kept, skip = [], False
    for line in text.splitlines():
        if line.startswith("["):
            skip = line.strip("[]").split("]")[0] == section or line.startswith(f"[{section}.")
        if not skip:
            kept.append(line)
    return "\n".join(kept)


def test_side_boosters_count_in_thrust_and_mass():
    heavy = load_vehicle("falconheavy")
    boosters, core = heavy.side_boosters, heavy.stage1
    assert heavy.liftoff_thrust == pytest.approx(27 * core.engine.thrust_sea_level)
    bare = heavy.model_copy(update={"side_boosters": None})
    both = 2 * (boosters.dry_mass + boosters.propellant)
    assert heavy.liftoff_mass(63.8e3) - bare.liftoff_mass(63.8e3) == pytest.approx(both)
    assert heavy.liftoff_mass() == pytest.approx(heavy.liftoff_mass_published_t.si, rel=0.005)


def test_a_third_stage_counts_in_the_mass():
    three = load_vehicle("longmarch4c")
    bare = three.model_copy(update={"stage3": None})
    assert three.liftoff_mass() - bare.liftoff_mass() == pytest.approx(16_000.0)
    assert three.stage3.engine.restartable
    assert not three.stage2.engine.restartable


def test_the_modes_are_those_of_the_bodies_that_return():
    assert load_vehicle("falconheavy").modes == (
        "expendable",
        "side_boosters_return",
        "side_boosters_return_core_downrange",
    )
    assert load_vehicle("longmarch4c").modes == ("expendable",)
    assert load_vehicle("nova").modes == (
        "expendable",
        "return_to_launch_site",
        "upper_stage_return",
        "upper_stage_return_core_downrange",
    )


def test_an_upper_stage_engine_has_the_same_flow_at_sea_level_and_in_vacuum():
    nova = load_vehicle("nova")
    assert nova.upper_recovery.landing_engine.mass_flow == pytest.approx(nova.stage2.engine.mass_flow, rel=0.005)
    assert nova.fairing is None


def test_falcon_heavy_is_made_of_falcon_9():
    heavy, nine = load_vehicle("falconheavy"), load_vehicle("falcon9")
    assert heavy.stage2 == nine.stage2
    assert heavy.fairing == nine.fairing
    assert heavy.stage1.engine == heavy.side_boosters.engine == nine.stage1.engine
    assert heavy.side_boosters.propellant == heavy.stage1.propellant == nine.stage1.propellant


CASES = {
    "one side booster": (
        swapped(HEAVY, "count = 2\n", "count = 1\n"),
        ["mine.toml: side_boosters.count: 1: must be a whole number from 2 to 6"],
    ),
    "side boosters without propellant": (
        swapped(HEAVY, SIDE, SIDE.replace("value = 405.4, low = 398.3", "value = 0.0, low = 0.0")),
        [
            "mine.toml: side_boosters.propellant_t: 0: must be more than 0 and at most 5000 t",
            "mine.toml: side_boosters.propellant_t.low: 0: must be more than 0 and at most 5000 t",
        ],
    ),
    "more residual than propellant in a side booster": (
        swapped(HEAVY, SIDE, SIDE.replace("value = 405.4, low = 398.3", "value = 1.9, low = 1.0")),
        [
            "mine.toml: side_boosters.residual_t: 2.5: must be less than propellant_t (1.9)",
        ],
    ),
    "too heavy with its side boosters": (
        HEAVY.replace(
            "thrust_sea_level_kN = { value = 843.0, low = 838", "thrust_sea_level_kN = { value = 500.0, low = 400"
        ),
        [
            "mine.toml: stage1.engine.thrust_sea_level_kN: 500: "
            "lift-off thrust-to-weight is 0.97 without payload, must be more than 1: 1419 t on the pad"
        ],
    ),
    "a side booster that throttles below its engine": (
        swapped(HEAVY, SIDE, SIDE.replace("value = 0.76, low = 0.71", "value = 0.5, low = 0.4")),
        [
            "mine.toml: side_boosters.recovery.landing_throttle_max: 0.5: "
            "must be at least side_boosters.engine.throttle_min (0.57)"
        ],
    ),
    "a side booster that lights more engines than it has": (
        swapped(HEAVY, SIDE, SIDE.replace("boostback_engines = 3", "boostback_engines = 13")),
        ["mine.toml: side_boosters.recovery.boostback_engines: 13: must not exceed side_boosters.engine.count (9)"],
    ),
    "a mode without the side boosters' return": (
        without_section(HEAVY, "side_boosters.recovery"),
        ["mine.toml: side_boosters.recovery: missing: mode side_boosters_return needs it"],
    ),
    "a mode without the core's return": (
        without_section(HEAVY, "recovery"),
        ["mine.toml: recovery: missing: mode side_boosters_return_core_downrange needs it"],
    ),
    "side boosters without a place to land": (
        swapped(HEAVY, SIDE, without_line(SIDE, 'landing_site = "lz1"')),
        ["mine.toml: side_boosters.recovery.landing_site: missing: mode side_boosters_return needs it"],
    ),
    "side boosters that land nowhere": (
        swapped(HEAVY, SIDE, SIDE.replace('landing_site = "lz1"', 'landing_site = "lz9"')),
        ['mine.toml: side_boosters.recovery.landing_site: "lz9": unknown site, did you mean lz1 or lz2 or lz4?'],
    ),
    "a published payload of a mode that is not offered": (
        swapped(HEAVY, 'own_modes = ["side_boosters_return", "side_boosters_return_core_downrange"]', "own_modes = []"),
        ['mine.toml: payload_published[2].recovery: "side_boosters_return_core_downrange": not among own_modes'],
    ),
    "a moving ship without a speed": (
        swapped(HEAVY, 'own_modes = ["side_boosters_return", ', 'own_modes = ["moving_ship", '),
        ["mine.toml: recovery.ship_speed_m_s: missing: mode moving_ship needs it"],
    ),
    "a catch without a height": (
        swapped(RETURNING, 'own_modes = ["return_to_launch_site", ', 'own_modes = ["tower_catch", '),
        ["mine.toml: recovery.catch_height_m: missing: mode tower_catch needs it"],
    ),
    "a third stage with its throttles the wrong way round": (
        THREE[: THREE.index("[stage3.engine]")]
        + THREE[THREE.index("[stage3.engine]") :].replace(
            "throttle_min = { value = 1.0,", "throttle_min = { value = 1.1,", 1
        ),
        ["mine.toml: stage3.engine.throttle_min: 1.1: must not exceed throttle_max (1)"],
    ),
    "a third stage that is all residual": (
        swapped(THREE, "residual_t = { value = 0.08, low = 0.06, high = 0.14", "residual_t = { value = 14.0"),
        ["mine.toml: stage3.residual_t: 14: must be less than propellant_t (14)"],
    ),
    "a fairing without its heating limit": (
        without_line(THREE, "free_molecular_heating_max_W_m2"),
        ["mine.toml: limits.free_molecular_heating_max_W_m2: missing: a vehicle with a fairing needs it"],
    ),
    "an upper stage that returns without a section for it": (
        without_section(RETURNING, "upper_recovery"),
        ["mine.toml: upper_recovery: missing: mode upper_stage_return needs it"],
    ),
    "an upper stage that keeps more than it holds": (
        swapped(
            RETURNING, "landing_reserve_t = { value = 0.2, low = 0.1, high = 0.4", "landing_reserve_t = { value = 20.0"
        ),
        ["mine.toml: upper_recovery.landing_reserve_t: 20: must be less than stage2.propellant_t (18)"],
    ),
    "an upper stage without a place to land": (
        RETURNING[: RETURNING.index("[upper_recovery]")]
        + without_line(RETURNING[RETURNING.index("[upper_recovery]") :], "landing_site"),
        ["mine.toml: upper_recovery.landing_site: missing: mode upper_stage_return needs it"],
    ),
    "an upper stage that lands on two engines of one": (
        RETURNING[: RETURNING.index("[upper_recovery]")]
        + RETURNING[RETURNING.index("[upper_recovery]") :].replace("landing_engines = [1]", "landing_engines = [2]"),
        ["mine.toml: upper_recovery.landing_engines: [2]: must not exceed upper_recovery.landing_engine.count (1)"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_file_gives_one_line_per_mistake(tmp_path, case):
    text, expected = CASES[case]
    assert mistakes_in(tmp_path, text) == expected


def test_a_test_article_has_none_of_these_parts(tmp_path):
    found = mistakes_in(tmp_path, RETURNING.replace('status = "in development"', 'status = "test article"'))
    for key in ("stage2", "payload", "upper_recovery", "own_modes"):
        assert f"mine.toml: {key}: present: a test article has none: remove it, or change status" in found


def test_a_vehicle_has_one_kind_of_boosters(tmp_path):
    six = (FILES / "longmarch6a.toml").read_text(encoding="utf-8")
    motors = six[six.index("[strap_ons]") : six.index("[fairing]")]
    assert mistakes_in(tmp_path, swapped(HEAVY, "[fairing]", f"{motors}[fairing]")) == [
        "mine.toml: strap_ons: present: beside [side_boosters]: a vehicle has one kind of boosters, remove the other"
    ]


def test_a_figure_of_a_side_booster_can_be_overridden():
    heavy = load_vehicle("falconheavy", {"side_boosters.dry_mass_t": 25.0})
    assert heavy.side_boosters.dry_mass == 25_000.0
    with pytest.raises(VehicleError, match=r"this vehicle has no section \[side_boosters\]"):
        load_vehicle("falcon9", {"side_boosters.dry_mass_t": 25.0})
