"""Missing knowledge: it widens the band, is told to the reader, and never makes an answer better."""

import pytest

from hoverslam.economics.evidence.reliability import NOTHING_COUNTED, STATED_WORTH, jeffreys, stated
from hoverslam.economics.inputs.constellations import load_constellations
from hoverslam.economics.inputs.loading import cost_vehicles, load_cost_inputs
from hoverslam.economics.questions.demand import launch_service
from hoverslam.economics.questions.estimate import estimate_cost
from hoverslam.economics.study import margin_belief, study_given_payload
from hoverslam.margins.study.curve import load_margin_curve
from hoverslam.studies.cases import Case
from hoverslam.studies.constellations.needs import reserve_suffices
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.unstated import unstated

RETURNING = [(name, mode) for name in cost_vehicles() for mode in load_vehicle(name).modes[1:]]


def without(vehicle, *keys):
    """Return a vehicle whose recovery does not state some figures."""
    return vehicle.model_copy(update={"recovery": vehicle.recovery.model_copy(update=dict.fromkeys(keys))})


def unknown(vehicle):
    return without(vehicle, "reserve_probability", "return_reserve_probability")


def width(estimate):
    return estimate.cost_cny_per_kg.p90 - estimate.cost_cny_per_kg.p10


def test_nothing_counted_is_one_half_on_average_and_leaves_everything_possible():
    assert NOTHING_COUNTED.mean == pytest.approx(0.5)
    assert NOTHING_COUNTED.interval(0.9) == pytest.approx((0.00616, 0.99384), abs=1e-5)  # sin^2 of pi/40 and 19 pi/40


def test_a_stated_probability_counts_as_ten_attempts():
    assert stated(0.5) == jeffreys(5.0, 5.0)
    assert stated(1.0).mean == pytest.approx((STATED_WORTH + 0.5) / (STATED_WORTH + 1.0))
    with pytest.raises(ValueError, match="lies in"):
        stated(98.0)


@pytest.mark.parametrize(("name", "mode"), RETURNING)
def test_the_less_is_known_of_the_reserve_the_wider_and_dearer_the_cost(name, mode):
    vehicle, curve = load_vehicle(name), load_margin_curve(name, mode)
    counted, given, nothing = (
        estimate_cost(name, mode, 8_000.0, reserve_probability=margin_belief(each, mode, with_curve)[0], samples=4000)
        for each, with_curve in ((vehicle, curve), (vehicle, None), (unknown(vehicle), None))
    )
    assert nothing.margin_probability == pytest.approx(0.5, abs=1e-3)
    assert nothing.margin_probability < given.margin_probability < 1.0
    assert given.margin_probability < counted.margin_probability + 0.05
    assert nothing.landing_probability < counted.landing_probability
    assert width(nothing) > width(counted)
    assert nothing.cost_cny_per_kg.p90 > counted.cost_cny_per_kg.p90


def test_the_study_says_that_the_reserve_is_not_known():
    vehicle = unknown(load_vehicle("nebula1"))
    notes = study_given_payload(vehicle, "downrange", 2_000.0, samples=100).notes
    assert any("not known, 1 to 99 % with 90 % confidence" in note for note in notes)
    assert margin_belief(vehicle, "downrange", None) == (NOTHING_COUNTED, "no margin study: anything from 0 to 100 %")


def test_an_estimate_without_a_word_on_the_reserve_takes_it_as_unknown():
    silent = estimate_cost("falcon9", "downrange", 17_500, samples=400)
    told = estimate_cost("falcon9", "downrange", 17_500, samples=400, reserve_probability=1.0)
    assert silent.margin_probability == pytest.approx(0.5, abs=1e-3)
    assert silent.cost_cny_per_kg.p50 > told.cost_cny_per_kg.p50
    service = launch_service("zhuque3", "downrange", 6500, load_constellations()["spacesail"])
    sure = launch_service("zhuque3", "downrange", 6500, load_constellations()["spacesail"], reserve_probability=1.0)
    assert service.landing_probability == pytest.approx(0.5 * sure.landing_probability)


def test_a_demand_takes_no_reserve_as_certain_that_was_never_flown():
    vehicle = load_vehicle("nebula1")
    assert reserve_suffices(Case(vehicle, "downrange")) == vehicle.recovery.reserve_probability.si
    assert reserve_suffices(Case(unknown(vehicle), "downrange")) != 1.0
    mine = unknown(vehicle).model_copy(update={"name": "mine"})
    assert reserve_suffices(Case(mine, "downrange")) == NOTHING_COUNTED
    assert reserve_suffices(Case(mine, "expendable")) == 1.0


def test_the_study_says_what_vehicle_and_cost_inputs_leave_out():
    vehicle = without(load_vehicle("nebula1"), "heating_max_kW_m2", "expendable_dry_mass_saving_t")
    inputs = load_cost_inputs("nebula1")
    bare = inputs.cost.model_copy(
        update=dict.fromkeys(("development_cost", "development_share", "programme_years", "refurbishment_growth"), None)
    )
    notes = study_given_payload(
        vehicle, "downrange", 2_000.0, inputs=inputs.model_copy(update={"cost": bare}), samples=100
    ).notes
    for said in ("heating_max_kW_m2", "expendable_dry_mass_saving_t", "no development cost", "refurbishment_growth"):
        assert any(said in note for note in notes), said


def test_the_shipped_vehicles_with_costs_state_what_their_returns_depend_on():
    assert {(name, mode): unstated(load_vehicle(name), mode) for name, mode in RETURNING} == dict.fromkeys(
        RETURNING, ()
    )


def test_a_margin_curve_of_other_figures_counts_as_ten_landings_and_says_so():
    curve = load_margin_curve("falcon9", "downrange")
    own, other = load_vehicle("falcon9"), load_vehicle("falcon9", ["stage1.dry_mass_t=26"])
    known, (widened, source) = margin_belief(own, "downrange", curve)[0], margin_belief(other, "downrange", curve)
    assert "with other figures, as 10 landings" in source
    assert widened.mean < known.mean
    (low, high), (known_low, known_high) = widened.interval(), known.interval()
    assert high - low > 5.0 * (known_high - known_low)
    study = study_given_payload(other, "downrange", 18_000.0, curve=curve, samples=200)
    assert any("other figures of falcon9" in note for note in study.notes)
