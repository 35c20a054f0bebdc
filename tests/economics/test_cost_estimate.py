"""The estimate: quantiles in order, draws in common, and every number traceable to its factors."""

import dataclasses
import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoverslam.economics.evidence.reliability import BetaBelief, jeffreys
from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import cost_vehicles, load_cost_inputs
from hoverslam.economics.inputs.sampling import Draws, triangular_quantile
from hoverslam.economics.model.factors import landing_belief
from hoverslam.economics.questions.estimate import estimate_cost
from hoverslam.economics.questions.explain import explain_inputs

MODES = ("expendable", "downrange", "return_to_launch_site")
CASES = [
    (vehicle, recovery)
    for vehicle in cost_vehicles()
    for recovery in MODES
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


PROBABILITIES = ("landing_probability", "margin_probability", "other_probability", "intact_probability")


@every_case
@pytest.mark.parametrize(
    "landing",
    [{}, {"reserve_probability": 0.97}, {"reserve_probability": jeffreys(1987, 13)}, {"landing_probability": 0.9}],
    ids=["record", "margin", "belief", "given"],
)
def test_every_explained_number_is_its_formula(vehicle, recovery, landing):
    estimate = estimate_cost(vehicle, recovery, 8000, samples=10, **landing)
    rows = estimate.explain()
    for row in rows:
        assert _calculate(row.formula) == pytest.approx(row.value, rel=1e-6, abs=1e-12), row.component
        assert row.sources
    values = {row.component: row.value for row in rows}
    assert values["cost_CNY_per_kg"] == estimate.at_modes.cost_cny_per_kg
    assert 1e6 * values["launch_MCNY"] == pytest.approx(estimate.breakdown_cny.total, rel=1e-14)


@pytest.mark.parametrize("life", [1, 2, 2.000001, 3, 40, 300])
@pytest.mark.parametrize("landing", [0.0, 1e-9, 0.5, 1 - 1e-4, 1 - 1e-8, 1 - 1e-11, 1 - 1e-14, 1.0])
def test_every_explained_life_is_its_formula_however_near_to_certain(landing, life):
    inputs = load_cost_inputs("zhuque3").replace(intact_probability=1, max_flights=life)
    estimate = estimate_cost("zhuque3", "downrange", 8000, samples=1, landing_probability=landing, inputs=inputs)
    for row in estimate.explain():
        assert _calculate(row.formula) == pytest.approx(row.value, rel=1e-6, abs=1e-9), row


def test_the_landing_is_explained_by_its_two_factors():
    belief = jeffreys(1987, 13)
    estimate = estimate_cost("zhuque3", "downrange", 8000, reserve_probability=belief, margin_source="2000 flights")
    rows = {row.component: row for row in estimate.explain()}
    assert list(rows)[:6] == [
        "margin_probability",
        "other_probability",
        "landing_probability",
        "survival_probability",
        "refurbishment_age",
        "flights_per_booster",
    ]
    margin, other = rows["margin_probability"], rows["other_probability"]
    assert (margin.value, margin.formula) == (belief.mean, "1987.5 / (1987.5 + 13.5)")
    assert margin.sources == ("reserve_probability: 2000 flights",)
    assert other.value == pytest.approx(landing_belief(load_cost_inputs("zhuque3")).mean, rel=1e-14)
    assert any("Minqin" in source for source in other.sources)
    assert rows["landing_probability"].value == pytest.approx(margin.value * other.value, rel=1e-14)
    assert rows["landing_probability"].sources == ("the two rows above",)
    given_one = {
        row.component for row in estimate_cost("zhuque3", "downrange", 8000, landing_probability=0.9).explain()
    }
    assert not given_one & {"margin_probability", "other_probability"}


def test_a_belief_about_the_reserve_is_sampled_and_a_number_is_known():
    known, believed, sure = (
        estimate_cost("falcon9", "downrange", 17_500, reserve_probability=p) for p in (0.9, BetaBelief(9, 1), 1.0)
    )
    assert known.margin_probability == 0.9
    assert believed.margin_probability == pytest.approx(0.9, abs=1e-3)
    assert known.at_modes.cost_cny_per_kg == pytest.approx(believed.at_modes.cost_cny_per_kg, rel=1e-14)
    assert np.std(believed.samples_cny_per_kg) > np.std(known.samples_cny_per_kg)
    assert known.other_probability == believed.other_probability == sure.other_probability == sure.landing_probability
    assert known.landing_probability == pytest.approx(0.9 * known.other_probability, rel=1e-12)
    # as many flights as one likes, none of them dry: the belief ends as the number
    certain = estimate_cost("falcon9", "downrange", 17_500, reserve_probability=BetaBelief(1e12, 1e-3))
    assert certain.samples_cny_per_kg == pytest.approx(sure.samples_cny_per_kg, rel=1e-9)


def test_the_margin_and_the_record_are_drawn_from_streams_of_their_own():
    estimate = estimate_cost("zhuque3", "downrange", 8000, reserve_probability=jeffreys(20, 3))
    draws = Draws(0, 4000)
    margin, record = draws.uniforms("margin_probability"), draws.uniforms("landing_probability")
    assert abs(np.corrcoef(margin, record)[0, 1]) < 4 / np.sqrt(4000)
    # independent factors: the mean of the product is the product of the means
    assert estimate.landing_probability == pytest.approx(
        estimate.margin_probability * estimate.other_probability, abs=4 * np.std(margin) * 0.25 / np.sqrt(4000)
    )


@every_case
def test_the_landing_interval_holds_the_landing_probability(vehicle, recovery):
    estimate = estimate_cost(vehicle, recovery, 8000, samples=400)
    if recovery == "expendable":
        assert estimate.landing_interval is None
        assert all(getattr(estimate, name) is None for name in PROBABILITIES)
        return
    low, high = estimate.landing_interval
    assert 0.0 <= low < estimate.landing_probability < high <= 1.0
    assert all(0.0 < getattr(estimate, name) <= 1.0 for name in PROBABILITIES)
    given_one = estimate_cost(vehicle, recovery, 8000, samples=400, landing_probability=0.8)
    assert given_one.landing_interval == (0.8, 0.8)
    assert given_one.other_probability is None


def test_the_landing_interval_is_that_of_the_record():
    estimate = estimate_cost("falcon9", "downrange", 17_500, reserve_probability=1.0, samples=20_000)
    assert estimate.landing_interval == pytest.approx(jeffreys(413, 6).interval(0.90), abs=1e-4)
    assert estimate.intact_probability == pytest.approx((0.99 + 0.996 + 0.999) / 3, abs=1e-5)


@every_case
def test_every_input_that_is_listed_moves_the_estimate_and_no_other_does(vehicle, recovery):
    inputs = load_cost_inputs(vehicle)
    rows = explain_inputs(inputs, recovery)
    listed = {row.name for row in rows}
    assert len(listed) == len(rows)
    for row in rows:
        assert row.low <= row.mode <= row.high
        assert row.source
        assert row.unit
    base = estimate_cost(vehicle, recovery, 8000, samples=20, inputs=inputs)
    for group in (inputs.cost, inputs.operations):
        for name, band in group:
            if band is None:
                continue
            moved = estimate_cost(vehicle, recovery, 8000, samples=20, inputs=inputs.replace(**{name: _other(band)}))
            assert np.array_equal(moved.samples_cny_per_kg, base.samples_cny_per_kg) == (name not in listed), name
    records = {name for name in listed if name.startswith("landing_record.")}
    landing = inputs.landing
    named = () if landing is None or recovery == "expendable" else (landing.record, landing.prior_record)
    assert records == {f"landing_record.{key}" for key in named if key is not None}
    assert ("prior_discount" in listed) == (len(records) == 2)
    assert "cny_per_usd" in listed


def _other(band):
    """Return a band a little off, and within the range of a fraction."""
    return (
        [0.97 * band.low, 0.97 * band.mode, 0.97 * band.high]
        if band.low > 1.1 or band.high <= 1
        else [band.low, band.mode, band.high + 0.1]
    )


def test_listed_inputs_have_their_unit_status_and_source():
    rows = {row.name: row for row in explain_inputs(load_cost_inputs("falcon9"), "downrange")}
    stage1 = rows["stage1_unit_cost"]
    assert (stage1.low, stage1.mode, stage1.high, stage1.unit, stage1.status) == (25, 30, 37, "M USD", "secondary")
    assert rows["recovery_operations_downrange"].mode == 1.5
    assert rows["cny_per_usd"].unit == "CNY/USD, 2026-07-10"
    assert (rows["programme_years"].unit, rows["fixed_cost_per_year"].unit) == ("yr", "M USD/yr")
    record = rows["landing_record.falcon9_block5"]
    assert record.unit == "1, 413 of 419 to 2025-04-29"
    assert (record.low, record.mode, record.high) == pytest.approx((0.9735, 0.9845, 0.9929), abs=5e-5)
    with pytest.raises(CostQuestionError, match="unknown recovery"):
        explain_inputs(load_cost_inputs("falcon9"), "parachute")


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
    # growing refurbishment has a best life, beyond which flights cost more: see test_invariants
    low, high = sorted((a, b))
    inputs = load_cost_inputs(case[0]).replace(refurbishment_growth=0)
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
    "upper_stage_reference_units_per_year": (100, 200, DEARER),
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
    inputs = load_cost_inputs("zhuque3").replace(reference_units_per_year=200, upper_stage_reference_units_per_year=200)
    assert {name for group in (inputs.cost, inputs.operations) for name, _ in group} == set(MOVES)
    elsewhere = {
        "recovery_hardware_fraction": "expendable",
        "recovery_operations_return_to_launch_site": "return_to_launch_site",
    }
    for name, (*values, direction) in MOVES.items():
        recovery = elsewhere.get(name, "downrange")
        less, more = (
            estimate_cost(
                "zhuque3", recovery, 8000, reserve_probability=1.0, samples=50, inputs=inputs.replace(**{name: value})
            )
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
    dear = inputs.price.market_cny_per_kg.model_copy(update={"low": 9e5, "value": 9e5, "high": 9e5})
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
        ({"vehicle": "zhuque9"}, "did you mean zhuque3"),
        ({"recovery": "parachute"}, "one of expendable, downrange, return_to_launch_site"),
        ({"vehicle": "longmarch6a"}, "add recovery_hardware_fraction, refurbishment_fraction"),
        ({"landing_probability": 1.2}, r"lies in \[0, 1\]"),
        ({"landing_probability": float("nan")}, r"lies in \[0, 1\]"),
        ({"reserve_probability": -0.1}, r"reserve_probability = -0\.1: a probability lies in \[0, 1\]"),
        ({"reserve_probability": BetaBelief(np.array([1.0, 2.0]), 1.0)}, "give one"),
        ({"payload_sd_fraction": -0.1}, "0 or more"),
        ({"samples": 0}, "from 1 to 1,000,000"),
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
