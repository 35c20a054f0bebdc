"""Derivatives of the cost per kilogram, against closed forms and finite differences of the cost itself."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import cost_vehicles, load_cost_inputs, load_exchange_rate
from hoverslam.economics.model.factors import cost_factors
from hoverslam.economics.model.fleet import (
    expected_flights,
    expected_flights_slopes,
    refurbishment_age,
    refurbishment_age_slopes,
)
from hoverslam.economics.model.launch_cost import CostFactors, cost_per_kilogram, cost_per_launch
from hoverslam.economics.questions.gradient import cost_gradient

FACTORS = [field.name for field in dataclasses.fields(CostFactors)]
OTHERS = ["flights_per_booster", "refurbishment_age", "payload_kg", "mission_success", "load_factor"]
REUSABLE = [name for name in cost_vehicles() if name != "longmarch6a"]


def factors_of(vehicle):
    return cost_factors(load_cost_inputs(vehicle), "downrange", load_exchange_rate())


def cost(values):
    factors = CostFactors(**{name: values[name] for name in FACTORS})
    launch = cost_per_launch(factors, values["flights_per_booster"], values["refurbishment_age"]).total
    return cost_per_kilogram(launch, *(values[name] for name in OTHERS[2:]))


def five_point(function, at, step):
    low2, low, high, high2 = (function(at + k * step) for k in (-2, -1, 1, 2))
    return (8.0 * (high - low) - (high2 - low2)) / (12.0 * step)


def central_difference(values, name):
    """Differentiate by the five-point formula; a step of 1e-3 leaves both errors near 1e-12 of cost over factor."""
    return five_point(lambda x: cost(values | {name: x}), values[name], 1e-3 * (values[name] or 1.0))


@pytest.mark.parametrize("vehicle", REUSABLE)
@pytest.mark.parametrize("name", FACTORS + OTHERS)
def test_every_derivative_agrees_with_central_differences(vehicle, name):
    gradient = cost_gradient(factors_of(vehicle), 5.5, 8000.0, 0.95, 0.9, refurbishment_age=3.0)
    assert set(gradient.derivatives) == set(FACTORS + OTHERS)
    expected = central_difference(gradient.values, name)
    noise = 1e-12 * gradient.cost_per_kg / (gradient.values[name] or 1.0)  # rounding of the cost over the step
    assert gradient.derivatives[name] == pytest.approx(expected, rel=1e-8, abs=noise)


def test_the_value_is_the_cost_itself():
    gradient = cost_gradient(factors_of("falcon9"), 12.0, 17_500.0, 0.99, 0.95, 7.0)
    assert gradient.cost_per_kg == cost(gradient.values)


def test_derivatives_that_have_a_closed_form():
    factors = factors_of("zhuque3")
    gradient = cost_gradient(factors, 4.0, 8000.0)
    insured = (1.0 + factors.insurance_rate) / 8000.0
    learned = (factors.launches_per_year / factors.upper_stage_reference_units_per_year) ** np.log2(
        factors.learning_slope
    )
    assert gradient.derivatives["upper_stage_unit_cost"] == pytest.approx(insured * learned, rel=1e-14)
    assert gradient.derivatives["fixed_cost_per_year"] == pytest.approx(insured / factors.launches_per_year, rel=1e-14)
    assert gradient.derivatives["fairing_uses"] == pytest.approx(
        -insured * factors.fairing_cost / factors.fairing_uses**2, rel=1e-14
    )
    assert gradient.elasticities["payload_kg"] == pytest.approx(-1.0, rel=1e-14)
    assert gradient.derivatives["recovery_hardware_fraction"] == 0.0  # it is already in the stage's cost


def test_development_is_not_insured():
    factors = factors_of("zhuque3")
    gradient = cost_gradient(factors, 4.0, 8000.0)
    launches = factors.launches_per_year * factors.programme_years
    assert factors.insurance_rate > 0.0
    assert gradient.derivatives["development_cost"] == pytest.approx(1.0 / (launches * 8000.0), rel=1e-14)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(REUSABLE), st.floats(1, 30), st.floats(1e3, 3e4))
def test_elasticities_by_money_sum_to_one(vehicle, flights, payload):
    # the cost is homogeneous of degree one in money: Euler's theorem
    money = [name for name in FACTORS if "cost" in name or name in ("pad_and_range", "mission_operations")]
    gradient = cost_gradient(factors_of(vehicle), flights, payload)
    parts = [gradient.elasticities[name] for name in [*money, "propellant", "recovery_operations"]]
    assert sum(parts) == pytest.approx(1.0, rel=1e-12)


def test_each_sample_has_its_own_derivatives():
    factors = factors_of("tianlong3")
    flights = np.array([1.5, 4.0, 11.0])
    together = cost_gradient(factors, flights, 17_000.0)
    for name, slopes in together.derivatives.items():
        alone = [cost_gradient(factors, float(n), 17_000.0).derivatives[name] for n in flights]
        assert slopes == pytest.approx(alone, rel=1e-13), name


def test_a_gradient_needs_a_payload_and_a_flight():
    with pytest.raises(CostQuestionError, match="payload_kg"):
        cost_gradient(factors_of("falcon9"), 5.0, 0.0)
    with pytest.raises(CostQuestionError, match="1 or more"):
        cost_gradient(factors_of("falcon9"), 0.5, 8000.0)


@given(st.floats(0.05, 1), st.integers(1, 60))
def test_slopes_of_the_flights_are_those_of_their_sum(q, n):
    k = np.arange(1, n)
    by_survival, by_life = expected_flights_slopes(q, n)
    assert by_survival == pytest.approx(float(np.sum(k * q ** (k - 1.0))), rel=1e-11)
    step = 1e-4
    slope = (expected_flights(q, n + 1 + step) - expected_flights(q, n + 1 - step)) / (2 * step)
    assert expected_flights_slopes(q, n + 1)[1] == pytest.approx(slope, rel=1e-7, abs=1e-11)
    assert by_life >= 0.0


def test_slopes_of_the_flights_at_both_ends():
    assert expected_flights_slopes(1.0, 20) == (190.0, 1.0)
    assert expected_flights_slopes(0.0, 20) == (1.0, 0.0)
    assert expected_flights_slopes(0.0, 1) == (0.0, 0.0)


@given(st.floats(1e-6, 0.999), st.floats(2.5, 60))
def test_slopes_of_the_refurbishment_age_agree_with_central_differences(q, n):
    by_survival, by_life = refurbishment_age_slopes(q, n)
    step = min(1e-3 * q, 0.3 * (1.0 - q))
    assert by_survival == pytest.approx(five_point(lambda x: refurbishment_age(x, n), q, step), rel=1e-6, abs=1e-9)
    assert by_life == pytest.approx(five_point(lambda x: refurbishment_age(q, x), n, 1e-3), rel=1e-7, abs=1e-9)


@given(st.floats(0, 1e-3), st.integers(2, 200))
def test_slopes_of_the_refurbishment_age_are_those_of_its_sum_near_certain_survival(loss, n):
    q, j = 1.0 - loss, np.arange(n - 1.0)
    weights, slopes = q**j, j * q ** (j - 1.0)
    age = np.sum(j * weights) / np.sum(weights)
    by_survival = (np.sum(j * slopes) - age * np.sum(slopes)) / np.sum(weights)
    # the sums cancel to about 1e-16 n^3 of their own
    assert refurbishment_age_slopes(q, n)[0] == pytest.approx(by_survival, rel=1e-10, abs=1e-12)


def test_slopes_of_the_refurbishment_age_at_both_ends():
    assert refurbishment_age_slopes(1.0, 20) == pytest.approx(((19**2 - 1) / 12, 0.5), rel=1e-15)
    assert refurbishment_age_slopes(0.0, 20) == (1.0, 0.0)
    assert refurbishment_age_slopes(0.9, 1.5) == (0.0, 0.0)
    assert refurbishment_age_slopes(0.9, 2)[0] == pytest.approx(0.0, abs=1e-12)  # one refurbishment, and none before it


@pytest.mark.parametrize("growth", [0.0, 0.02, 0.3])
@pytest.mark.parametrize("landing", [0.4, 0.9, 0.9995])
@pytest.mark.parametrize("name", ["landing_probability", "intact_probability", "max_flights"])
def test_derivatives_through_the_life_of_the_booster_agree_with_central_differences(name, landing, growth):
    factors = dataclasses.replace(factors_of("zhuque3"), refurbishment_growth=growth)
    # 0.9995 x 0.9999 is near certain survival, where both closed forms give way to their series
    life = {"landing_probability": landing, "intact_probability": 0.95 if landing < 0.999 else 0.9999}
    life["max_flights"] = 15.0

    def at(values):
        survival, most = values["landing_probability"] * values["intact_probability"], values["max_flights"]
        age = refurbishment_age(survival, most)
        return cost_gradient(factors, expected_flights(survival, most), 8000.0, refurbishment_age=age)

    room = 1.0 if name == "max_flights" else (1.0 - life[name]) / life[name]
    step = min(1e-3, 0.4 * room) * life[name]
    expected = five_point(lambda x: at(life | {name: x}).cost_per_kg, life[name], step)
    noise = 1e-12 * at(life).cost_per_kg / step  # rounding of the cost over the step
    assert at(life).through_life(**life)[name] == pytest.approx(expected, rel=1e-8, abs=noise)


def test_a_life_that_is_not_that_of_the_gradient_is_refused():
    factors = factors_of("zhuque3")
    with pytest.raises(CostQuestionError, match="this life has 10 flights"):
        cost_gradient(factors, 5.0, 8000.0).through_life(1.0, 10.0)
    ageless = cost_gradient(factors, 10.0, 8000.0)
    with pytest.raises(CostQuestionError, match="refurbishment age of 4, and the gradient was taken at"):
        ageless.through_life(1.0, 10.0)
    no_growth = cost_gradient(dataclasses.replace(factors, refurbishment_growth=0.0), 10.0, 8000.0)
    assert no_growth.through_life(1.0, 10.0)["max_flights"] < 0.0  # where age is of no account, none need be given
