"""The estimate: quantiles in order, draws in common, and every number traceable to its factors."""

import dataclasses
import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoverslam.economics import (
    RECOVERIES,
    CostQuestionError,
    Draws,
    cost_vehicles,
    estimate_cost,
    load_cost_inputs,
    triangular_quantile,
)

CASES = [
    (vehicle, recovery)
    for vehicle in cost_vehicles()
    for recovery in RECOVERIES
    if recovery == "expendable" or vehicle != "longmarch6a"
]
every_case = pytest.mark.parametrize(("vehicle", "recovery"), CASES)


@every_case
def test_quantiles_are_ordered_and_everything_is_finite(vehicle, recovery):
    estimate = estimate_cost(vehicle, recovery, 8000, samples=400, payload_sd_fraction=0.05)
    for band in (estimate.cost_cny_per_kg, estimate.cost_usd_per_kg, estimate.cost_per_launch_cny):
        assert 0 < band.p10 <= band.p50 <= band.p90 < math.inf
    assert estimate.flights_per_booster_mean >= 1
    assert (estimate.landing_probability is None) == (recovery == "expendable")


@every_case
def test_every_explained_number_is_its_formula(vehicle, recovery):
    estimate = estimate_cost(vehicle, recovery, 8000, samples=10)
    rows = estimate.explain()
    for row in rows:
        assert _calculate(row.formula) == pytest.approx(row.value, rel=1e-6, abs=1e-12), row.component
        assert row.sources
    values = {row.component: row.value for row in rows}
    assert values["cost_CNY_per_kg"] == estimate.at_modes.cost_cny_per_kg
    assert 1e6 * values["launch_MCNY"] == pytest.approx(estimate.breakdown_cny.total, rel=1e-14)


def _calculate(formula):
    python = formula.replace("×", "*").replace("^", "**").replace("log2(", "math.log2(")
    assert re.fullmatch(r"[-+*/() .\de]|(?:math\.log2|[-+*/() .\de])+", python), formula
    return eval(python, {"math": math})


def test_explanation_names_the_original_source_of_a_factor():
    stage1 = next(
        row for row in estimate_cost("falcon9", "downrange", 17_500).explain() if row.component == "stage1_MCNY"
    )
    assert any("Musk" in source and "(secondary)" in source for source in stage1.sources)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    first, again, other = (estimate_cost("zhuque3", "downrange", 8000, seed=seed) for seed in (3, 3, 4))
    assert first.cost_cny_per_kg == again.cost_cny_per_kg
    assert np.array_equal(first.samples_cny_per_kg, again.samples_cny_per_kg)
    assert first.cost_cny_per_kg != other.cost_cny_per_kg


def test_a_seed_moves_the_median_by_its_sampling_error():
    # a median of 4000 plain draws has a standard error of about 1.25 sd/sqrt(4000), 0.4 % here; strata only lower it
    medians = [estimate_cost("zhuque3", "downrange", 8000, seed=seed).cost_cny_per_kg.p50 for seed in range(6)]
    assert max(medians) / min(medians) - 1 < 0.02


def test_the_twins_share_every_draw_that_they_share():
    # a booster that is never recovered, costs nothing to recover and carries no hardware is an expended one
    free = {"recovery_hardware_fraction": 0, "recovery_operations_downrange": 0}
    inputs = load_cost_inputs("zhuque3").replace(**free)
    lost = estimate_cost("zhuque3", "downrange", 8000, landing_probability=0.0, inputs=inputs)
    expended = estimate_cost("zhuque3", "expendable", 8000, inputs=inputs)
    assert lost.samples_cny_per_kg == pytest.approx(expended.samples_cny_per_kg, rel=1e-14)


@every_case
def test_only_a_returning_booster_depends_on_landing(vehicle, recovery):
    sure, never = (estimate_cost(vehicle, recovery, 8000, landing_probability=p, samples=200) for p in (1.0, 0.0))
    if recovery == "expendable":
        assert np.array_equal(sure.samples_cny_per_kg, never.samples_cny_per_kg)
        assert sure.flights_per_booster_mean == 1.0
    else:
        assert np.all(sure.samples_cny_per_kg < never.samples_cny_per_kg)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(CASES), st.floats(1, 40), st.floats(1.1, 3), st.integers(0, 2**32))
def test_every_sample_falls_with_launch_rate(case, launches, faster, seed):
    slow, fast = (
        estimate_cost(
            *case, 8000, samples=50, seed=seed, inputs=load_cost_inputs(case[0]).replace(launches_per_year=rate)
        )
        for rate in (launches, faster * launches)
    )
    assert np.all(fast.samples_cny_per_kg < slow.samples_cny_per_kg)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([c for c in CASES if c[1] != "expendable"]), st.floats(0, 1), st.floats(0, 1), st.floats(1, 40))
def test_every_sample_falls_with_landing_probability_and_life(case, a, b, life):
    low, high = sorted((a, b))
    inputs = load_cost_inputs(case[0])
    costs = [
        estimate_cost(*case, 8000, samples=50, landing_probability=p, inputs=inputs.replace(max_flights=n))
        for p, n in ((low, life), (high, life), (high, life + 5))
    ]
    for dearer, cheaper in itertools.pairwise(costs):
        assert np.all(cheaper.samples_cny_per_kg <= dearer.samples_cny_per_kg * (1 + 1e-12))


DEARER = 1
CHEAPER = -1
MOVES = {  # input: a value, a larger one, and where the cost goes
    "stage1_unit_cost": (50, 60, DEARER),
    "upper_stage_unit_cost": (20, 25, DEARER),
    "fairing_cost": (5, 6, DEARER),
    "fairing_uses": (1, 2, CHEAPER),
    "pad_and_range": (5, 6, DEARER),
    "mission_operations": (5, 6, DEARER),
    "propellant": (1, 2, DEARER),
    "fixed_cost_per_year": (100, 200, DEARER),
    "insurance_rate": (0.0, 0.1, DEARER),
    "reference_units_per_year": (100, 200, DEARER),
    "learning_slope": (0.85, 0.95, CHEAPER),  # below the reference rate, where less learning lost is cheaper
    "recovery_hardware_fraction": (0.1, 0.2, CHEAPER),  # for the expendable twin: the dearer, the more it saves
    "refurbishment_fraction": (0.01, 0.1, DEARER),
    "refurbishment_growth": (0.0, 0.1, DEARER),
    "development_cost": (1000, 1500, DEARER),
    "development_share": (0.5, 1, DEARER),
    "programme_years": (10, 15, CHEAPER),
    "recovery_operations_downrange": (1, 2, DEARER),
    "recovery_operations_return_to_launch_site": (1, 2, DEARER),
    "launches_per_year": (5, 10, CHEAPER),
    "mission_success_probability": (0.8, 0.9, CHEAPER),
    "load_factor": (0.8, 0.9, CHEAPER),
    "max_flights": (10, 20, CHEAPER),
    "intact_probability": (0.8, 0.9, CHEAPER),
}


def test_every_cost_input_moves_every_sample_in_its_own_direction():
    inputs = load_cost_inputs("zhuque3").replace(reference_units_per_year=200)
    assert {name for group in (inputs.cost, inputs.operations) for name, _ in group} == set(MOVES)
    elsewhere = {
        "recovery_hardware_fraction": "expendable",
        "recovery_operations_return_to_launch_site": "return_to_launch_site",
    }
    for name, (*values, direction) in MOVES.items():
        recovery = elsewhere.get(name, "downrange")
        less, more = (
            estimate_cost("zhuque3", recovery, 8000, samples=50, inputs=inputs.replace(**{name: value}))
            for value in values
        )
        assert np.all(direction * (more.samples_cny_per_kg - less.samples_cny_per_kg) > 0), name


def test_payload_uncertainty_widens_the_band_and_leaves_the_payload_median():
    narrow = estimate_cost("falcon9", "downrange", 17_500)
    wide = estimate_cost("falcon9", "downrange", 17_500, payload_sd_fraction=0.3)
    assert wide.cost_cny_per_kg.p90 - wide.cost_cny_per_kg.p10 > narrow.cost_cny_per_kg.p90 - narrow.cost_cny_per_kg.p10
    assert wide.cost_cny_per_kg.p50 == pytest.approx(narrow.cost_cny_per_kg.p50, rel=0.03)
    assert wide.cost_per_launch_cny == narrow.cost_per_launch_cny
    factor = narrow.samples_cny_per_kg / wide.samples_cny_per_kg  # the rest of the draws are shared
    assert np.std(factor) / np.mean(factor) == pytest.approx(0.3, rel=0.02)
    assert np.median(factor) == pytest.approx(1.0, rel=1e-3)


def test_a_dollar_vehicle_does_not_feel_the_exchange_rate_in_dollars():
    estimate = estimate_cost("falcon9", "downrange", 17_500)
    ratio = estimate.cost_cny_per_kg.p50 / estimate.cost_usd_per_kg.p50
    assert 7.10 < ratio < 7.20
    assert (estimate.cny_per_usd, str(estimate.exchange_date)) == (7.14, "2026-07-10")


def test_the_price_a_customer_pays_never_enters_the_cost():
    inputs = load_cost_inputs("zhuque3")
    dear = inputs.price.market_cny_per_kg.model_copy(update={"low": 9e5, "mode": 9e5, "high": 9e5})
    changed = inputs.model_copy(update={"price": inputs.price.model_copy(update={"market_cny_per_kg": dear})})
    before, after = (estimate_cost("zhuque3", "downrange", 8000, inputs=x) for x in (inputs, changed))
    assert after.market_price_cny_per_kg == 9e5
    assert before.cost_cny_per_kg == after.cost_cny_per_kg


@pytest.mark.parametrize("payload", [0, -5, float("nan"), float("inf")])
def test_no_payload_is_no_cost_per_kilogram(payload):
    with pytest.raises(CostQuestionError, match="payload_kg"):
        estimate_cost("zhuque3", "downrange", payload)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"vehicle": "zhuque9"}, "there are falcon9, "),
        ({"recovery": "parachute"}, "one of expendable, downrange, return_to_launch_site"),
        ({"vehicle": "longmarch6a"}, "add recovery_hardware_fraction, refurbishment_fraction"),
        ({"landing_probability": 1.2}, r"lies in \[0, 1\]"),
        ({"landing_probability": float("nan")}, r"lies in \[0, 1\]"),
        ({"payload_sd_fraction": -0.1}, "0 or more"),
        ({"samples": 0}, "at least one"),
        ({"inputs": load_cost_inputs("falcon9")}, "inputs of 'falcon9'"),
    ],
)
def test_questions_without_an_answer_say_why(question, message):
    full = {"vehicle": "zhuque3", "recovery": "downrange", "payload_kg": 8000} | question
    with pytest.raises(CostQuestionError, match=message) as error:
        estimate_cost(**full)
    assert "\n" not in str(error.value)


def test_a_vehicle_without_a_landing_record_asks_for_the_probability():
    inputs = load_cost_inputs("zhuque3").model_copy(update={"landing": None})
    with pytest.raises(CostQuestionError, match="give landing_probability"):
        estimate_cost("zhuque3", "downrange", 8000, inputs=inputs)
    given_one = estimate_cost("zhuque3", "downrange", 8000, inputs=inputs, landing_probability=0.9)
    assert given_one.landing_probability == pytest.approx(0.9, rel=1e-14)


def test_triangular_samples_have_the_mean_and_variance_of_the_triangle():
    low, mode, high = 2.0, 3.0, 7.0
    samples = triangular_quantile(Draws(0, 20_000).uniforms("anything"), low, mode, high)
    variance = (low**2 + mode**2 + high**2 - low * mode - low * high - mode * high) / 18
    # stratified draws: the error is of the order of range/samples, far below that of plain draws
    assert samples.mean() == pytest.approx((low + mode + high) / 3, abs=1e-3)
    assert samples.var() == pytest.approx(variance, abs=2e-3)
    assert low <= samples.min() < samples.max() <= high


@pytest.mark.parametrize("triangle", [(1.0, 1.0, 2.0), (1.0, 2.0, 2.0), (1.5, 1.5, 1.5)])
def test_triangles_with_a_vertical_side_stay_within_their_band(triangle):
    samples = triangular_quantile(Draws(1, 1000).uniforms("x"), *triangle)
    assert np.all((samples >= triangle[0]) & (samples <= triangle[2]))
    assert np.all(np.isfinite(samples))


def test_one_quantity_draws_alike_whatever_else_is_drawn():
    assert np.array_equal(Draws(5, 100).uniforms("payload"), Draws(5, 100).uniforms("payload"))
    assert not np.array_equal(Draws(5, 100).uniforms("payload"), Draws(5, 100).uniforms("propellant"))


def test_estimates_compare_by_their_numbers():
    first = estimate_cost("nebula1", "downrange", 2000, samples=50)
    assert first == estimate_cost("nebula1", "downrange", 2000, samples=50)
    assert dataclasses.asdict(first.cost_cny_per_kg).keys() == {"p10", "p50", "p90"}
