"""The model turned round: the input it asks for gives the target back, and what cannot be had is said."""

import pytest

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import load_cost_inputs
from hoverslam.economics.questions.estimate import estimate_cost
from hoverslam.economics.questions.target import PayloadFigure, requirements_for_target

SAMPLES = 400


def median(vehicle, recovery, payload, landing=None, **changed):
    inputs = load_cost_inputs(vehicle).replace(**changed) if changed else None
    found = estimate_cost(vehicle, recovery, payload, landing_probability=landing, inputs=inputs, samples=SAMPLES)
    return found.cost_cny_per_kg.p50


def asked(vehicle, recovery, payload, target, **more):
    found = requirements_for_target(vehicle, recovery, payload, target, samples=SAMPLES, **more)
    return {(one.what, one.given): one for one in found}


def test_each_input_that_suffices_alone_gives_the_target_back():
    payload = 8000.0
    target = 0.8 * median("zhuque3", "downrange", payload)
    mass = PayloadFigure("stage1.dry_mass_t", "t", 44.0, -120.0, 10.0)
    found = asked("zhuque3", "downrange", payload, target, figures={mass.name: mass})
    met = [one for one in found.values() if one.needed is not None and not one.given]
    assert {"launches_per_year", "stage1_unit_cost", "fixed_cost_per_year", "payload_kg"} <= {one.what for one in met}
    for one in met:
        if one.what == "payload_kg":
            again = median("zhuque3", "downrange", one.needed)
        elif one.what == "landing_probability":
            again = median("zhuque3", "downrange", payload, landing=one.needed)
        elif one.what == mass.name:
            again = median("zhuque3", "downrange", payload - 120.0 * (one.needed - 44.0))
        else:
            again = median("zhuque3", "downrange", payload, **{one.what: one.needed})
        assert again == pytest.approx(target, rel=1e-3), one.what


def test_what_cannot_do_it_alone_says_how_far_it_gets():
    payload = 2200.0
    found = asked("nebula1", "downrange", payload, 20_000.0)
    propellant = found["refurbishment_fraction", ""]
    assert propellant.needed is None
    assert propellant.cost_at_best == pytest.approx(median("nebula1", "downrange", payload, refurbishment_fraction=0.0))
    assert propellant.cost_at_best > 20_000.0


def test_a_lower_target_asks_for_more_launches():
    rates = [
        asked("nebula1", "expendable", 2700.0, target)["launches_per_year", ""].needed for target in (40e3, 36e3, 33e3)
    ]
    assert rates[0] < rates[1] < rates[2]


def test_a_target_that_is_met_asks_for_nothing():
    found = asked("falcon9", "downrange", 17_500.0, 50_000.0)
    assert all(one.already for one in found.values())


def test_better_ends_of_all_other_inputs_ask_for_fewer_launches():
    found = asked("nebula1", "downrange", 2200.0, 45_000.0)
    alone = found["launches_per_year", ""]
    best = next(one for (what, given), one in found.items() if given)
    assert best.needed is not None
    assert alone.needed is None or best.needed < alone.needed


def test_an_expendable_vehicle_is_not_asked_to_land():
    found = asked("falcon9", "expendable", 22_000.0, 9_000.0)
    assert not {what for what, _ in found} & {"landing_probability", "max_flights", "refurbishment_fraction"}


@pytest.mark.parametrize("target", [0.0, -1.0, float("nan")])
def test_a_target_is_a_cost(target):
    with pytest.raises(CostQuestionError, match="target_cny_per_kg"):
        requirements_for_target("falcon9", "downrange", 17_500.0, target)
