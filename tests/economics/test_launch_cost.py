"""Cost of a launch: Falcon 9 against the statements of its operator, and what the equation must always obey."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import cost_vehicles, load_cost_inputs, load_exchange_rate
from hoverslam.economics.model.factors import cost_factors
from hoverslam.economics.model.fleet import expected_flights, refurbishment_age
from hoverslam.economics.model.launch_cost import (
    CostFactors,
    cost_per_kilogram,
    cost_per_launch,
    expendable_twin,
    learned_unit_cost,
)

MUSD = 1e6


def falcon9(flights, **changes):
    """Return the breakdown of a Falcon 9 launch at the modes, in M USD, without the development, upper stages as stated."""
    exchange, inputs = load_exchange_rate(), load_cost_inputs("falcon9")
    stated = {
        "development_cost": 0,
        "upper_stage_reference_units_per_year": changes.get(
            "launches_per_year", inputs.operations.launches_per_year.mode
        ),
    }
    factors = cost_factors(inputs.replace(**(stated | changes)), "downrange", exchange)
    money = (name for name in CostFactors.__slots__ if name in _MONEY)
    factors = dataclasses.replace(factors, **{name: getattr(factors, name) / exchange.mode / MUSD for name in money})
    return cost_per_launch(factors, flights)


_MONEY = {
    "stage1_unit_cost",
    "upper_stage_unit_cost",
    "fairing_cost",
    "pad_and_range",
    "mission_operations",
    "propellant",
    "fixed_cost_per_year",
    "recovery_operations",
}


def test_one_more_falcon9_flight_costs_what_musk_said_in_2020():
    assert 13.0 < falcon9(10).marginal < 17.0
    assert falcon9(100).marginal == pytest.approx(15.1, abs=0.1)  # the sum of the statements


def test_one_more_falcon9_flight_with_the_upper_stage_of_the_2026_survey():
    assert falcon9(30, upper_stage_unit_cost=5).marginal <= 12.5


def test_upper_stages_learn_to_what_surveys_of_2026_say():
    """10 M USD at 26 launches a year; at 154 a survey says 5 (Nomura), an analyst 7 (nextbigfuture)."""
    reference = load_cost_inputs("falcon9").cost.upper_stage_reference_units_per_year.mode
    found = falcon9(10, upper_stage_reference_units_per_year=reference)
    assert found.upper_stage == pytest.approx(10.0 * (154 / 26) ** math.log2(0.9))
    steep = falcon9(10, upper_stage_reference_units_per_year=reference, learning_slope=0.85)
    assert 5.0 < steep.upper_stage < 7.0 < found.upper_stage < 8.0


def test_a_falcon9_launch_of_2020_costs_28_million_with_everything():
    everything = falcon9(5, fixed_cost_per_year=200, launches_per_year=26).total
    assert everything == pytest.approx(28.0, rel=0.10)


@pytest.mark.parametrize("launches", [134, 150, 165])
def test_a_falcon9_launch_of_2024_and_2025_costs_23_to_24_million(launches):
    assert round(falcon9(13, launches_per_year=launches).total) in (23, 24)


def test_falcon9_propellant_costs_what_its_tonnage_and_tariffs_say():
    by_tariff = (362.6 * 70 + 155.8 * 990) / MUSD
    assert by_tariff == pytest.approx(0.18, abs=0.005)
    band = load_cost_inputs("falcon9").cost.propellant
    assert (band.low, band.high) == (0.15, 0.5)
    assert falcon9(10).propellant == pytest.approx(by_tariff, abs=0.025)


def test_the_marginal_cost_per_kilogram_of_falcon9():
    assert cost_per_kilogram(15.1e6, 17_400) == pytest.approx(868, abs=0.5)


def test_learning_takes_its_slope_off_at_each_doubling():
    assert learned_unit_cost(100.0, 20.0, 10.0, 0.9) == pytest.approx(90.0, rel=1e-14)
    assert learned_unit_cost(100.0, 5.0, 10.0, 0.9) == pytest.approx(100 / 0.9, rel=1e-14)
    assert learned_unit_cost(100.0, 7.0, 10.0, 1.0) == 100.0


def test_fewer_boosters_are_dearer_each():
    # with 4 flights per booster a quarter as many are built, two halvings: each costs 1/0.9^2 as much
    factors = dataclasses.replace(_point(), learning_slope=0.9, launches_per_year=10.0, reference_units_per_year=10.0)
    assert cost_per_launch(factors, 4.0).stage1 == pytest.approx(factors.stage1_unit_cost / 0.81 / 4, rel=1e-14)


def test_the_expendable_twin_differs_by_the_booster_and_nothing_else():
    factors = _point()
    twin = cost_per_launch(expendable_twin(factors), 1.0)
    reused = cost_per_launch(factors, 5.0)
    same = ("upper_stage", "fairing", "pad_and_range", "mission_operations", "propellant", "fixed_cost", "development")
    assert all(getattr(twin, name) == getattr(reused, name) for name in same)
    assert twin.refurbishment == twin.recovery_operations == 0.0
    assert twin.stage1 == pytest.approx(
        learned_unit_cost(
            factors.stage1_unit_cost / (1 + factors.recovery_hardware_fraction),
            factors.launches_per_year,
            factors.reference_units_per_year,
            factors.learning_slope,
        ),
        rel=1e-14,
    )


@pytest.mark.parametrize("flights", [0.99, 0.0, float("nan")])
def test_fewer_than_one_flight_per_booster_is_refused(flights):
    with pytest.raises(CostQuestionError, match="1 or more"):
        cost_per_launch(_point(), flights)


@pytest.mark.parametrize("age", [-0.1, float("nan"), np.array([1.0, -1.0])])
def test_a_negative_refurbishment_age_is_refused(age):
    with pytest.raises(CostQuestionError, match="0 or more"):
        cost_per_launch(_point(), 4.0, age)


def test_refurbishment_grows_from_the_first_one_on():
    # three flights for certain: the first refurbishment costs 4 % of the stage, the second 4 % x (1 + 0.5)
    factors = dataclasses.replace(_point(), refurbishment_fraction=0.04, refurbishment_growth=0.5)
    age = refurbishment_age(1.0, 3)
    assert age == 0.5
    each_launch = 0.04 * (1.0 + 1.5) / 3.0 * factors.stage1_unit_cost
    assert cost_per_launch(factors, 3.0, age).refurbishment == pytest.approx(each_launch, rel=1e-14)


def test_development_is_spread_over_the_launches_of_the_programme():
    factors = dataclasses.replace(
        _point(), development_cost=1.8e9, development_share=0.5, programme_years=10.0, launches_per_year=6.0
    )
    for case, flights in ((factors, 4.0), (expendable_twin(factors), 1.0)):
        breakdown = cost_per_launch(case, flights)
        assert breakdown.development == pytest.approx(15e6, rel=1e-14)
        without = cost_per_launch(dataclasses.replace(case, development_cost=0.0), flights)
        assert breakdown.total - without.total == pytest.approx(15e6, rel=1e-6)
        assert breakdown.marginal == pytest.approx(without.marginal, rel=1e-12)


@pytest.mark.parametrize("payload", [0.0, -1.0, float("nan"), float("inf"), np.array([1.0, 0.0])])
def test_a_cost_per_kilogram_needs_a_payload(payload):
    with pytest.raises(CostQuestionError, match="payload_kg"):
        cost_per_kilogram(1e6, payload)


def _point(vehicle="zhuque3"):
    return cost_factors(load_cost_inputs(vehicle), "downrange", load_exchange_rate())


reusable = st.sampled_from([name for name in cost_vehicles() if name != "longmarch6a"])
probability = st.floats(0.0, 1.0)


def _in_band(draw, band):
    return draw(st.floats(band.low, band.high))


@st.composite
def factors_within_bands(draw):
    """Draw a vehicle and cost factors anywhere within its bands."""
    inputs = load_cost_inputs(draw(reusable))
    recovery = draw(st.sampled_from(["downrange", "return_to_launch_site"]))
    return cost_factors(inputs, recovery, load_exchange_rate(), lambda name, band: _in_band(draw, band))


def _breakdown(factors, landing, life):
    return cost_per_launch(factors, expected_flights(landing, life), refurbishment_age(landing, life))


def _total(factors, landing, life):
    return _breakdown(factors, landing, life).total


def _ageless(factors):
    """Return the factors without growth of refurbishment, with which a longer life cannot cost more."""
    return dataclasses.replace(factors, refurbishment_growth=0.0)


@settings(max_examples=60, deadline=None)
@given(factors_within_bands(), probability, st.floats(1, 40))
def test_components_sum_to_the_total(factors, landing, life):
    breakdown = _breakdown(factors, landing, life)
    total = 0.0
    for value in breakdown.components().values():
        total += value
    assert total == breakdown.total
    spared = breakdown.stage1 + breakdown.fixed_cost + breakdown.development
    assert breakdown.total - breakdown.marginal == pytest.approx(spared, rel=1e-12)
    everything_else = breakdown.total - breakdown.insurance - breakdown.development
    assert breakdown.insurance == pytest.approx(factors.insurance_rate * everything_else, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(factors_within_bands(), probability, probability, st.floats(1, 40))
def test_cost_falls_with_landing_probability(factors, a, b, life):
    low, high = sorted((a, b))
    assert _total(_ageless(factors), high, life) <= _total(_ageless(factors), low, life) * (1 + 1e-12)


@settings(max_examples=60, deadline=None)
@given(factors_within_bands(), probability, st.floats(1, 40), st.floats(1, 40))
def test_cost_falls_with_booster_life(factors, landing, a, b):
    short, long = sorted((a, b))
    assert _total(_ageless(factors), landing, long) <= _total(_ageless(factors), landing, short) * (1 + 1e-12)


@settings(max_examples=60, deadline=None)
@given(factors_within_bands(), probability, st.floats(1, 40), st.floats(1.01, 3))
def test_cost_falls_with_launch_rate(factors, landing, life, faster):
    more = dataclasses.replace(factors, launches_per_year=faster * factors.launches_per_year)
    assert _total(more, landing, life) < _total(factors, landing, life)


def test_samples_and_single_numbers_agree():
    factors = _point()
    flights = np.array([1.0, 2.5, 9.0])
    together = cost_per_launch(factors, flights).total
    assert together == pytest.approx([cost_per_launch(factors, float(n)).total for n in flights], rel=1e-14)
