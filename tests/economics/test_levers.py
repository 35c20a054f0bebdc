"""Levers: the derivative of the cost of a kilogram by everything that goes into it is that of the cost computed again."""

import dataclasses

import pytest

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import cost_vehicles, load_cost_inputs
from hoverslam.economics.questions.estimate import estimate_cost
from hoverslam.economics.questions.levers import CostPoint, Influence, cost_levers, shown_step

PAYLOAD, MARGIN, OTHER = 8000.0, 0.985, 0.6
UP_TO_ONE = ("development_share", "load_factor", "mission_success_probability", "intact_probability")
CASES = [
    (vehicle, recovery)
    for vehicle in cost_vehicles()
    for recovery in ("expendable", "downrange", "return_to_launch_site")
    if recovery == "expendable" or vehicle != "longmarch6a"
]


def cost(inputs, recovery, payload=PAYLOAD, margin=MARGIN, other=OTHER):
    landing = None if recovery == "expendable" else margin * other
    estimate = estimate_cost(inputs.vehicle, recovery, payload, landing_probability=landing, inputs=inputs, samples=1)
    return estimate.at_modes.cost_cny_per_kg


def slope(of, at, step, side):
    """Central difference, or one of second order towards one side at an end of what is accepted."""
    if side == 0.0:
        return (of(at + step) - of(at - step)) / (2.0 * step)
    return side * (-3.0 * of(at) + 4.0 * of(at + side * step) - of(at + 2.0 * side * step)) / (2.0 * step)


def point_of(vehicle, recovery):
    home = {} if recovery == "expendable" else {"margin_probability": MARGIN, "other_probability": OTHER}
    return CostPoint(load_cost_inputs(vehicle), recovery, PAYLOAD, **home)


@pytest.mark.parametrize(("vehicle", "recovery"), CASES)
def test_every_cost_inputs_slope_is_that_of_the_cost_computed_again(vehicle, recovery):
    point = point_of(vehicle, recovery)
    levers = {lever.name: lever for lever in cost_levers(point, {})}
    base, tried = cost(point.inputs, recovery), 0
    for name, band in point.bands().items():
        if name == "cny_per_usd":
            continue
        key = f"recovery_operations_{recovery}" if name == "recovery_operations" else name
        step = 1e-4 * max(abs(band.mode), 1e-3)
        side = 1.0 if band.mode in (0.0, 1.0) and name not in UP_TO_ONE else -1.0 if band.mode == 1.0 else 0.0
        again = slope(lambda x, key=key: cost(point.inputs.replace(**{key: x}), recovery), band.mode, step, side)
        assert levers[name].slope == pytest.approx(again, rel=1e-5, abs=1e-9 * base), name
        tried += 1
    assert tried >= 12


def test_the_two_halves_of_a_landing_act_as_their_product_does():
    point = point_of("zhuque3", "downrange")
    levers = {lever.name: lever for lever in cost_levers(point, {})}
    for name, where in (("margin_probability", "margin"), ("other_probability", "other")):
        value = {"margin": MARGIN, "other": OTHER}[where]
        above, below = (cost(point.inputs, "downrange", **{where: value + d}) for d in (1e-5, -1e-5))
        assert levers[name].slope == pytest.approx((above - below) / 2e-5, rel=1e-5)


def test_what_is_paid_in_dollars_moves_with_the_rate():
    levers = {lever.name: lever for lever in cost_levers(point_of("falcon9", "downrange"), {})}
    rate, cost_now = levers["cny_per_usd"], cost(load_cost_inputs("falcon9"), "downrange")
    assert rate.slope * rate.value == pytest.approx(cost_now, rel=1e-9)  # every input of Falcon 9 is in dollars


def test_a_figure_acts_through_the_payload_and_the_reserve_through_both():
    point = point_of("nebula1", "downrange")
    reserve = Influence("vehicle", 0.99, "t", 0.9, 1.1, on_payload=-150.0, on_margin=0.09)
    isp = Influence("vehicle", 295.0, "s", on_payload=14.7)
    wind = Influence("dispersion", 4.0, "", on_margin=-0.003)
    levers = {x.name: x for x in cost_levers(point, {"reserve": reserve, "isp": isp, "wind": wind})}
    step = 1e-4

    def at(isp=0.0, reserve=0.0, wind=0.0):
        payload, margin = PAYLOAD + 14.7 * isp - 150.0 * reserve, MARGIN + 0.09 * reserve - 0.003 * wind
        return cost(point.inputs, "downrange", payload, margin)

    for name in ("isp", "reserve", "wind"):
        again = (at(**{name: step}) - at(**{name: -step})) / (2.0 * step)
        assert levers[name].slope == pytest.approx(again, rel=1e-5), name


def test_an_expended_booster_has_no_landing_to_act_on():
    point = point_of("falcon9", "expendable")
    names = {lever.name for lever in cost_levers(point, {})}
    assert not names & {"margin_probability", "other_probability", "max_flights", "refurbishment_fraction"}
    with pytest.raises(CostQuestionError, match="expended"):
        cost_levers(point, {"wind": Influence("dispersion", 4.0, "", on_margin=-0.003)})


def test_steps_go_towards_the_better_and_say_what_they_are():
    point = point_of("zhuque3", "downrange")
    given = {
        "stage1.dry_mass_t": Influence("vehicle", 44.0, "t", 38.0, 50.0, on_payload=-85.0),
        "stage2.engine.specific_impulse_vacuum_s": Influence("vehicle", 338.5, "s", on_payload=60.0),
    }
    levers = {lever.name: lever for lever in cost_levers(point, given)}
    assert all(lever.worth >= 0.0 for lever in levers.values())
    told = {
        name: shown_step(levers[name]) for name in (*given, "launches_per_year", "load_factor", "fixed_cost_per_year")
    }
    assert told == {
        "stage1.dry_mass_t": "-1 t",
        "stage2.engine.specific_impulse_vacuum_s": "+1 %",
        "launches_per_year": "+1",
        "load_factor": "+1 point",
        "fixed_cost_per_year": "-1 %",
    }
    mass = levers["stage1.dry_mass_t"]
    lighter = cost(point.inputs, "downrange", PAYLOAD + 6.0 * 85.0)
    assert mass.at_low == pytest.approx(lighter - cost(point.inputs, "downrange"))
    assert mass.swing == pytest.approx(12.0 * mass.slope, rel=0.02)


@pytest.mark.parametrize("name", ["launches_per_year", "max_flights", "recovery_operations", "other_probability"])
def test_the_ends_of_a_band_are_computed_anew(name):
    point = point_of("zhuque3", "downrange")
    lever = next(lever for lever in cost_levers(point, {}) if lever.name == name)
    key = "recovery_operations_downrange" if name == "recovery_operations" else name
    for end, found in ((lever.low, lever.at_low), (lever.high, lever.at_high)):
        other = {"other": end} if name == "other_probability" else {}
        inputs = point.inputs if other else point.inputs.replace(**{key: end})
        assert found == pytest.approx(cost(inputs, "downrange", **other) - cost(point.inputs, "downrange"))


def test_an_end_of_a_band_that_leaves_no_payload_has_no_cost():
    heavy = Influence("vehicle", 27.0, "t", 24.0, 40.0, on_payload=-1000.0)
    lever = next(
        x for x in cost_levers(point_of("longmarch12a", "return_to_launch_site"), {"mass": heavy}) if x.name == "mass"
    )
    assert lever.at_low < 0.0
    assert lever.at_high is None


def test_the_largest_worth_comes_first():
    levers = cost_levers(point_of("tianlong3", "return_to_launch_site"), {})
    worths = [lever.worth for lever in levers]
    assert worths == sorted(worths, reverse=True)
    assert all(dataclasses.asdict(lever)["kind"] for lever in levers)
