"""What must hold for any vehicle, recovery and inputs, and the exact condition under which more reuse is cheaper.

A booster survives a flight with probability q and makes N flights at most; F flights are expected and R refurbishments'
worth, in units of the stage's reference cost: F = sum of q^j over j = 0 .. N - 1, R = f sum of q^j (1 + g (j - 1)) over
j = 1 .. N - 1. A launch pays (u F^-b + R)/F, with b = log2 s <= 0 the learning exponent and u = (L/U)^b the unit cost
of a stage when each launch takes a new one. Any change that adds flights to a booster at r of refurbishment each makes
a launch cheaper if and only if

    F r - R < (1 + b) u F^-b

that is, if a life at the price of the added refurbishments would exceed the life's own by less than a booster costs.
One more flight (N + 1) has r = f (1 + g (N - 1)), so that F r - R = f (1 + g (N - 1 + sum of q^j (N - j) over j = 1 ..
N - 1)); better survival has r = (dR/dq)/(dF/dq), which is less. At q = 1 the sum is largest, N (N - 1)/2, and F^-b is at
least 1:

    f (1 + g (N - 1)(N + 2)/2) <= (1 + log2 s) (L/U)^(log2 s)

suffices for the cost to fall with every probability of survival and with every whole life up to N + 1. Without growth
it is met by all bands of all vehicles here; with growth there is a life that is best, and flying on costs more.
"""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from hoverslam.economics.evidence.reliability import jeffreys
from hoverslam.economics.inputs.bands import Money
from hoverslam.economics.inputs.loading import cost_vehicles, load_cost_inputs, load_exchange_rate
from hoverslam.economics.model.factors import cost_factors
from hoverslam.economics.model.fleet import expected_flights, refurbishment_age
from hoverslam.economics.model.launch_cost import cost_per_launch
from hoverslam.economics.questions.estimate import estimate_cost
from hoverslam.economics.questions.gradient import cost_gradient
from hoverslam.economics.questions.reserve import ReserveCase, lognormal_success, normal_success, optimal_reserve

MODES = ("expendable", "downrange", "return_to_launch_site")
REUSABLE = [name for name in cost_vehicles() if name != "longmarch6a"]
RETURNING = [(vehicle, recovery) for vehicle in REUSABLE for recovery in MODES[1:]]
EXPENDED = [(vehicle, "expendable") for vehicle in cost_vehicles()]
SHARES = {
    "fairing_uses": (1.0, math.inf),
    "max_flights": (1.0, math.inf),
    "learning_slope": (0.55, 1.0),
    **dict.fromkeys(("mission_success_probability", "load_factor", "intact_probability"), (0.05, 1.0)),
    **dict.fromkeys(("insurance_rate", "recovery_hardware_fraction", "development_share"), (0.0, 1.0)),
    **dict.fromkeys(("refurbishment_fraction", "refurbishment_growth"), (0.0, 1.0)),
}  # the ranges of the bands that are not just above 0
several = settings(max_examples=50, deadline=None)
factor = st.floats(0.3, 3.0)


@st.composite
def questions(draw, cases):
    """Draw a vehicle and a recovery, and inputs of which any may be up to three times as large or small."""
    vehicle, recovery = draw(st.sampled_from(cases))
    inputs = load_cost_inputs(vehicle)
    bands = {name: band for group in (inputs.cost, inputs.operations) for name, band in group if band is not None}
    changed = {}
    for name in draw(st.lists(st.sampled_from(sorted(bands)), unique=True, max_size=6)):
        band, (low, high) = bands[name], SHARES.get(name, (0.0, math.inf))
        scale = draw(factor)
        changed[name] = [min(max(scale * x, low), high) for x in (band.low, band.mode, band.high)]
    return inputs.replace(**changed), recovery


def samples(inputs, recovery, payload=8000.0, **changes):
    given_ones = {name: changes.pop(name) for name in ("landing_probability", "reserve_probability") if name in changes}
    inputs = inputs.replace(**changes)
    return estimate_cost(inputs.vehicle, recovery, payload, inputs=inputs, samples=24, **given_ones).samples_cny_per_kg


@several
@given(questions(RETURNING + EXPENDED), st.floats(1, 60), st.floats(1.01, 4))
def test_cost_falls_with_launch_rate(question, launches, faster):
    inputs, recovery = question
    slow, fast = (samples(inputs, recovery, launches_per_year=rate) for rate in (launches, faster * launches))
    assert np.all(fast < slow)


@several
@given(questions(RETURNING), st.floats(0.5, 0.99), st.floats(0.01, 0.3), st.floats(0.01, 0.2), st.floats(0.1, 1))
def test_cost_rises_with_refurbishment_its_growth_and_development(question, landing, fraction, growth, more):
    inputs, recovery = question
    base = {"landing_probability": landing, "max_flights": 12, "intact_probability": 0.95}
    base |= {"refurbishment_fraction": fraction, "refurbishment_growth": growth, "development_share": 0.5}
    base |= {"development_cost": 1000.0, "programme_years": 10.0}
    cheap = samples(inputs, recovery, **base)
    for name in ("refurbishment_fraction", "refurbishment_growth", "development_cost", "development_share"):
        assert np.all(samples(inputs, recovery, **base | {name: base[name] * (1.0 + more)}) > cheap), name
    assert np.all(samples(inputs, recovery, **base | {"programme_years": 10.0 * (1.0 + more)}) < cheap)


@several
@given(questions(EXPENDED), factor)
def test_an_expended_vehicle_earns_its_development_back_too(question, scale):
    inputs, recovery = question
    none, some, more = (
        samples(inputs, recovery, development_cost=money, development_share=1.0)
        for money in (0.0, 1000.0, 1000.0 * (1.0 + scale))
    )
    assert more - some == pytest.approx(scale * (some - none), rel=1e-9)
    assert np.all(some > none)


@several
@given(questions(EXPENDED), st.data())
def test_an_expendable_vehicle_ignores_all_that_is_of_landing_to_the_bit(question, data):
    inputs, _ = question
    probability, positive = st.floats(0, 1), st.floats(0, 200)  # money within its range
    changes = {
        "refurbishment_fraction": probability,
        "refurbishment_growth": probability,
        "recovery_operations_downrange": positive,
        "recovery_operations_return_to_launch_site": positive,
        "max_flights": st.floats(1, 100),
        "intact_probability": probability,
    }
    known = {name for group in (inputs.cost, inputs.operations) for name, band in group if band is not None}
    drawn = {name: data.draw(values) for name, values in changes.items() if name in known}
    reserve = data.draw(st.one_of(probability, st.builds(jeffreys, st.integers(0, 2000), st.integers(0, 50))))
    landing = data.draw(st.one_of(st.none(), probability))
    changed = samples(inputs, "expendable", landing_probability=landing, reserve_probability=reserve, **drawn)
    assert np.array_equal(changed, samples(inputs, "expendable"))


@several
@given(questions(RETURNING + EXPENDED), factor, st.floats(100, 50_000))
def test_cost_is_homogeneous_in_money_and_in_payload(question, scale, payload):
    inputs, recovery = question
    dearer = {
        name: [scale * x for x in (band.low, band.mode, band.high)]
        for name, band in inputs.cost
        if isinstance(band, Money)
    }
    base = samples(inputs, recovery, payload)
    assert samples(inputs, recovery, payload, **dearer) == pytest.approx(scale * base, rel=1e-12)
    assert samples(inputs, recovery, scale * payload) == pytest.approx(base / scale, rel=1e-12)


@several
@given(questions(RETURNING + EXPENDED), st.floats(0, 1))
def test_components_sum_to_the_total_and_explain_themselves(question, reserve):
    inputs, recovery = question
    estimate = estimate_cost(inputs.vehicle, recovery, 8000.0, inputs=inputs, samples=4, reserve_probability=reserve)
    breakdown = estimate.breakdown_cny
    assert all(value >= 0.0 for value in breakdown.components().values())
    assert math.fsum(breakdown.components().values()) == pytest.approx(breakdown.total, rel=1e-14)
    rows = {row.component: row.value for row in estimate.explain()}
    parts = [rows[f"{name}_MCNY"] for name in breakdown.components()]
    assert math.fsum(parts) == pytest.approx(rows["launch_MCNY"], rel=1e-14)
    assert 1e6 * rows["launch_MCNY"] == pytest.approx(breakdown.total, rel=1e-14)
    spared = breakdown.stage1 + breakdown.fixed_cost + breakdown.development
    assert breakdown.marginal == pytest.approx(breakdown.total - spared, rel=1e-12)


@st.composite
def reuse_that_saves(draw):
    """Draw inputs that meet the sufficient condition for whole lives up to ``life``, and that life."""
    inputs, recovery = draw(questions(RETURNING))
    slope, launches, reference = draw(st.floats(0.6, 1)), draw(st.floats(1, 100)), draw(st.floats(1, 50))
    life = draw(st.integers(2, 60))
    saved = (1.0 + math.log2(slope)) * (launches / reference) ** math.log2(slope)
    fraction = draw(st.floats(0.01, 1)) * min(saved, 1.0)
    most = (saved / fraction - 1.0) / ((life - 2.0) * (life + 1.0) / 2.0) if life > 2 else 1.0
    changes = {"learning_slope": slope, "launches_per_year": launches, "reference_units_per_year": reference}
    changes |= {"refurbishment_fraction": fraction, "refurbishment_growth": draw(st.floats(0, 1)) * min(most, 1.0)}
    return inputs.replace(**changes), recovery, life


@several
@given(reuse_that_saves(), st.floats(0, 1), st.floats(0, 1))
def test_cost_falls_with_landing_success_where_reuse_saves(case, a, b):
    inputs, recovery, life = case
    low, high = sorted((a, b))
    for name in ("landing_probability", "reserve_probability"):
        worse, better = (samples(inputs, recovery, max_flights=life, **{name: p}) for p in (low, high))
        assert np.all(better <= worse * (1 + 1e-12))


@several
@given(reuse_that_saves(), st.floats(0, 1), st.data())
def test_cost_falls_with_life_where_reuse_saves(case, landing, data):
    inputs, recovery, life = case
    shorter = data.draw(st.integers(1, life - 1))
    short, long = (samples(inputs, recovery, max_flights=n, landing_probability=landing) for n in (shorter, life))
    assert np.all(long <= short * (1 + 1e-12))


@pytest.mark.parametrize(("vehicle", "recovery"), RETURNING)
def test_without_growth_every_band_of_every_vehicle_meets_the_condition(vehicle, recovery):
    inputs = load_cost_inputs(vehicle)
    cost, rate = inputs.cost, inputs.operations.launches_per_year
    for slope in (cost.learning_slope.low, cost.learning_slope.high):
        exponent = math.log2(slope)
        fastest = rate.high / cost.reference_units_per_year.low
        assert cost.refurbishment_fraction.high < (1.0 + exponent) * min(fastest**exponent, 1.0)


lives = {
    "q": st.floats(0.05, 1),
    "life": st.integers(1, 60),
    "fraction": st.floats(0.01, 1),
    "growth": st.floats(0, 0.5),
}


@settings(max_examples=200, deadline=None)
@given(case=st.sampled_from(RETURNING), **lives)
def test_one_more_flight_saves_if_and_only_if_its_refurbishments_cost_less_than_a_booster(
    case, q, life, fraction, growth
):
    # without learning the condition is exact from one whole life to the next
    j = np.arange(1, life)
    needed = fraction * (1.0 + growth * (life - 1.0 + float(np.sum(q**j * (life - j)))))
    assume(q**life > 1e-3 and abs(needed - 1.0) > 1e-6)
    factors = refurbished(case, fraction, growth, learning_slope=1.0)
    shorter, longer = (
        cost_per_launch(factors, expected_flights(q, n), refurbishment_age(q, n)).total for n in (life, life + 1)
    )
    assert (longer < shorter) == (needed < 1.0)


@several
@given(case=st.sampled_from(RETURNING), **lives | {"life": st.integers(2, 60)})
def test_better_landing_saves_if_and_only_if_its_refurbishments_cost_less_than_the_boosters(
    case, q, life, fraction, growth
):
    factors = refurbished(case, fraction, growth)
    j = np.arange(1.0, life)
    flights = 1.0 + float(np.sum(q**j))
    refurbished_for = fraction * float(np.sum(q**j * (1.0 + growth * (j - 1.0))))
    weights = j * q ** (j - 1.0)
    each = fraction * float(np.sum(weights * (1.0 + growth * (j - 1.0))) / np.sum(weights))
    exponent = math.log2(factors.learning_slope)
    unit = (factors.launches_per_year / factors.reference_units_per_year) ** exponent
    needed, saved = flights * each - refurbished_for, (1.0 + exponent) * unit * flights**-exponent
    assume(abs(needed - saved) > 1e-6 * saved)
    gradient = cost_gradient(factors, expected_flights(q, life), 8000.0, refurbishment_age=refurbishment_age(q, life))
    assert (gradient.through_life(q, life)["landing_probability"] < 0.0) == (needed < saved)


def refurbished(case, fraction, growth, **changes):
    vehicle, recovery = case
    factors = cost_factors(load_cost_inputs(vehicle), recovery, load_exchange_rate())
    return dataclasses.replace(factors, refurbishment_fraction=fraction, refurbishment_growth=growth, **changes)


@st.composite
def reserves(draw):
    inputs, recovery = draw(questions(RETURNING))
    sd, mean = draw(st.floats(50, 800)), draw(st.floats(4000, 12_000))
    normal = draw(st.booleans())
    spread = mean * np.exp(sd / mean * stats.norm.ppf((np.arange(200) + 0.5) / 200))
    return ReserveCase(
        factors=cost_factors(inputs, recovery, load_exchange_rate()),
        success=normal_success(mean, sd) if normal else lognormal_success(spread),
        mean_kg=mean,
        sd_kg=sd,
        payload_kg=draw(st.floats(5000, 20_000)),
        nominal_reserve_kg=mean,
        reserve_per_payload=draw(st.floats(5, 15)),
        max_flights=draw(st.integers(2, 40)),
        other_probability=draw(st.floats(0.2, 0.999)),
        intact_probability=draw(st.floats(0.6, 1)),
        mission_success=1.0,
        load_factor=1.0,
    )


@several
@given(reserves())
def test_more_reserve_beyond_the_optimum_costs_more(case):
    optimum = optimal_reserve(case)
    assume(optimum.interior)
    best = optimum.best.sigma
    last = min(8.0, case.sigma_of(case.nominal_reserve_kg + case.reserve_per_payload * case.payload_kg) - 1.0)
    costs = [case.at(case.reserve_at(sigma)).cost_per_kg for sigma in np.linspace(best, last, 25)]
    assert np.all(np.diff(costs[1:]) > 0.0)
    assert min(costs) >= optimum.best.cost_per_kg * (1 - 1e-12)
    thinner = [case.at(case.reserve_at(sigma)).cost_per_kg for sigma in np.linspace(max(-4.0, best - 6.0), best, 25)]
    assert min(thinner) >= optimum.best.cost_per_kg * (1 - 1e-12)
