"""Whether reuse pays, by the full model: where it says even, both sides cost the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import load_cost_inputs, load_exchange_rate
from hoverslam.economics.model.factors import booster_life, cost_factors
from hoverslam.economics.model.fleet import refurbishment_age
from hoverslam.economics.model.launch_cost import cost_per_launch
from hoverslam.economics.questions.reuse import reuse_verdict

FALCON9 = ("falcon9", "downrange", 17_500.0, 22_800.0)


def per_kg(inputs, recovery, payload, flights, age):
    factors = cost_factors(inputs, recovery, load_exchange_rate())
    return float(cost_per_launch(factors, flights, age).total) / payload


def test_falcon9_is_even_after_a_few_uses_and_ahead_by_far_today():
    """Musk, August 2020: about even with two flights, ahead with three. Learning on 150 expended stages a year adds one."""
    inputs = load_cost_inputs("falcon9")
    verdict = reuse_verdict(inputs, *FALCON9[1:], 0.98)
    assert verdict.uses_by_index in (2, 3)
    assert verdict.uses in (3, 4)
    assert verdict.pays
    assert verdict.cost_ratio < 0.9
    assert verdict.landing < 0.9


@pytest.mark.parametrize("vehicle", ["falcon9", "zhuque3", "tianlong3", "zhuque3_stretched"])
def test_the_least_uses_are_the_first_that_pay(vehicle):
    inputs = load_cost_inputs(vehicle)
    verdict = reuse_verdict(inputs, "downrange", 16_000.0, 20_000.0, 0.9)
    expended = per_kg(inputs, "expendable", 20_000.0, 1.0, 0.0)
    uses = verdict.uses
    assert uses is not None
    at = [per_kg(inputs, "downrange", 16_000.0, float(n), float(refurbishment_age(1.0, n))) for n in (uses - 1, uses)]
    assert at[1] <= expended < at[0]


def test_the_least_landing_probability_makes_both_cost_the_same():
    inputs = load_cost_inputs("falcon9")
    landing = reuse_verdict(inputs, *FALCON9[1:], 0.98).landing
    life = booster_life(inputs, "downrange", landing)
    reused = per_kg(inputs, "downrange", 17_500.0, life.flights, life.refurbishment_age)
    assert reused == pytest.approx(per_kg(inputs, "expendable", 22_800.0, 1.0, 0.0), rel=1e-9)


@given(
    payload=st.floats(4_000.0, 22_000.0),
    landing=st.floats(0.0, 1.0),
    vehicle=st.sampled_from(["falcon9", "zhuque3", "nebula1", "longmarch12a"]),
)
@settings(max_examples=60, deadline=None)
def test_reuse_pays_exactly_where_refurbishment_stays_under_its_ceiling(payload, landing, vehicle):
    verdict = reuse_verdict(load_cost_inputs(vehicle), "downrange", payload, 22_800.0, landing)
    assert verdict.pays == (verdict.refurbishment < verdict.refurbishment_ceiling)
    if verdict.landing is not None:
        assert (landing > verdict.landing) == verdict.pays or landing == pytest.approx(verdict.landing)


def test_where_too_much_payload_is_lost_no_landing_pays():
    verdict = reuse_verdict(load_cost_inputs("longmarch12a"), "return_to_launch_site", 1_000.0, 10_800.0, 0.4)
    assert verdict.uses is None
    assert verdict.landing is None
    assert verdict.refurbishment_ceiling < 0.0


def test_an_expended_booster_is_not_compared_with_itself():
    with pytest.raises(CostQuestionError, match="expendable"):
        reuse_verdict(load_cost_inputs("falcon9"), "expendable", 22_800.0, 22_800.0, 0.9)
