"""Recovery modes as data: each mode names a known recipe for every body that returns."""

import pytest

from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.recovery_modes import list_modes, load_mode

BODIES = ("core", "side_boosters", "upper_stage")


def segments(mode, body):
    recipe = load_mode(mode).recipe(body)
    return None if recipe is None else recipe.segments


def test_the_modes_are_the_known_ones():
    assert list_modes() == [
        "expendable",
        "downrange",
        "return_to_launch_site",
        "downrange_boostback",
        "moving_ship",
        "tower_catch",
        "side_boosters_return",
        "side_boosters_return_core_downrange",
        "upper_stage_return",
        "upper_stage_return_core_downrange",
    ]


def test_every_body_of_every_mode_lands_or_is_expended():
    for mode in list_modes():
        recipes = [load_mode(mode).recipe(body) for body in BODIES]
        for recipe in filter(None, recipes):
            assert recipe.segments[-1] == "landing"
            assert len(set(recipe.segments)) == len(recipe.segments)
        assert (mode == "expendable") == (not any(recipes))


def test_a_downrange_landing_may_boost_back_and_one_with_boostback_must():
    assert "boostback" not in segments("downrange", "core")
    assert "boostback" in load_mode("downrange").recipe("core").optional
    assert segments("downrange_boostback", "core")[0] == "boostback"
    assert load_mode("downrange_boostback").recipe("core").optional == ("entry",)


def test_the_core_is_expended_where_only_the_side_boosters_return():
    assert segments("side_boosters_return", "core") is None
    assert segments("side_boosters_return", "side_boosters")[0] == "boostback"
    assert load_mode("side_boosters_return_core_downrange").recipe("core").target == "downrange_site"


def test_an_upper_stage_leaves_its_orbit_first():
    for mode in ("upper_stage_return", "upper_stage_return_core_downrange"):
        assert segments(mode, "upper_stage")[0] == "deorbit"


def test_an_unknown_mode_gets_a_suggestion():
    with pytest.raises(VehicleError, match=r'^recovery mode: "tower_cach": unknown, did you mean tower_catch'):
        load_mode("tower_cach")
