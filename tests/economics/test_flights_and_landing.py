"""Flights per booster and landing probability, against published tables and closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoverslam.economics.evidence.reliability import BetaBelief, discounted, jeffreys
from hoverslam.economics.inputs.loading import load_cost_inputs, load_landing_records
from hoverslam.economics.model.factors import landing_belief
from hoverslam.economics.model.fleet import expected_flights, refurbishment_age


@pytest.mark.parametrize(
    ("survival", "flights_at_10_20_40"),
    [
        (0.80, (4.5, 4.9, 5.0)),
        (0.90, (6.5, 8.8, 9.9)),
        (0.95, (8.0, 12.8, 17.4)),
        (0.98, (9.1, 16.6, 27.7)),
        (0.985, (9.4, 17.4, 30.2)),
        (0.99, (9.6, 18.2, 33.1)),
    ],
)
def test_flights_per_booster_match_the_table_of_the_closed_form(survival, flights_at_10_20_40):
    assert expected_flights(survival, np.array([10, 20, 40])) == pytest.approx(
        flights_at_10_20_40, abs=0.0501
    )  # printed to one decimal


@pytest.mark.parametrize(("q", "n", "flights"), [(0.985, 40, 30.25), (0.99, 20, 18.21), (0.5, 20, 2.00)])
def test_flights_per_booster_match_the_published_points(q, n, flights):
    assert expected_flights(q, n) == pytest.approx(flights, abs=0.0051)


def test_a_booster_that_always_survives_makes_all_its_flights_and_one_that_never_does_makes_one():
    assert expected_flights(1.0, 20) == 20.0
    assert expected_flights(0.0, 20) == 1.0
    assert expected_flights(0.7, 1) == 1.0


@given(st.floats(1e-16, 1e-3), st.integers(1, 100))
def test_flights_are_exact_to_rounding_near_certain_survival(loss, n):
    q = 1.0 - loss
    assert expected_flights(q, n) == pytest.approx(float(np.sum(q ** np.arange(n))), rel=1e-13)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(1, 100))
def test_flights_rise_with_survival_and_stay_within_one_and_the_life(a, b, n):
    low, high = sorted((a, b))
    assert 1.0 <= expected_flights(low, n) <= expected_flights(high, n) * (1 + 1e-12) <= n * (1 + 1e-12)


def direct_age(q, n):
    """Return the mean of j over j = 0 .. N - 2 with weights q^j, summed."""
    weights = q ** np.arange(n - 1.0)
    return float(np.sum(np.arange(n - 1.0) * weights) / np.sum(weights))


@given(st.floats(0, 1), st.integers(2, 300))
def test_the_refurbishment_age_is_that_of_its_sum(q, n):
    assert refurbishment_age(q, n) == pytest.approx(direct_age(q, n), rel=4e-14, abs=1e-300)


@given(st.floats(1e-16, 1e-2), st.integers(3, 300))
def test_the_refurbishment_age_is_that_of_its_sum_near_certain_survival(loss, n):
    assert refurbishment_age(1.0 - loss, n) == pytest.approx(direct_age(1.0 - loss, n), rel=4e-14)


def test_refurbishment_ages_that_are_known():
    assert refurbishment_age(1.0, 20) == 9.0
    assert refurbishment_age(0.5, 3) == pytest.approx(1 / 3, rel=1e-15)  # two refurbishments, weights 1 and 1/2
    assert refurbishment_age(0.0, 20) == 0.0
    assert [refurbishment_age(q, n) for q in (0.0, 0.7, 1.0) for n in (1, 1.5, 2)] == [0.0] * 9


@given(st.floats(0, 1), st.floats(0, 1), st.floats(1, 100), st.floats(0, 20))
def test_the_refurbishment_age_rises_with_survival_and_with_life(a, b, n, more):
    low, high = sorted((a, b))
    ages = [refurbishment_age(q, life) for q, life in ((low, n), (high, n), (high, n + more))]
    assert 0.0 <= ages[0] <= ages[1] + 1e-12 <= ages[2] + 2e-12
    assert ages[2] <= max(n + more - 2.0, 0.0) / 2.0 + 1e-12


def test_refurbishment_ages_of_samples_are_those_of_their_numbers():
    survival, life = np.array([0.0, 0.5, 0.93, 1.0 - 1e-9, 1.0]), np.array([20.0, 2.0, 14.3, 40.0, 1.2])
    together = refurbishment_age(survival, life)
    assert together.tolist() == [refurbishment_age(float(q), float(n)) for q, n in zip(survival, life, strict=True)]
    assert refurbishment_age(0.9, life).shape == (5,)


def test_the_series_and_the_quotients_of_the_refurbishment_age_meet():
    # at M x = 1/2, where one gives way to the other
    for n in (3, 10, 200):
        q = np.exp(-0.5 / (n - 1.0)) * (1.0 + np.array([-1e-13, 1e-13]))
        below, above = refurbishment_age(q, n)
        assert above == pytest.approx(below, rel=1e-10)
        assert below == pytest.approx(direct_age(q[0], n), rel=4e-14)


@pytest.mark.parametrize("figure", [expected_flights, refurbishment_age])
@pytest.mark.parametrize(("q", "n"), [(-0.1, 10), (1.1, 10), (np.nan, 10), (0.9, 0.5), (0.9, np.nan)])
def test_impossible_lives_are_refused(figure, q, n):
    with pytest.raises(ValueError, match="must"):
        figure(q, n)


@pytest.mark.parametrize(
    ("successes", "attempts", "mean", "interval"),
    [
        (413, 419, 0.9845, (0.9735, 0.9929)),
        (552, 565, 0.976, (0.965, 0.986)),
        (478, 480, 0.9948, (0.989, 0.999)),
        (2, 4, 0.50, (0.165, 0.835)),
        (1, 2, 0.50, (0.10, 0.90)),
        (1, 1, 0.75, (0.23, 0.998)),
        (0, 1, 0.25, (0.002, 0.77)),
        (5, 11, 0.458, (0.23, 0.69)),
    ],
)
def test_jeffreys_posteriors_match_the_published_ones(successes, attempts, mean, interval):
    belief = jeffreys(successes, attempts - successes)
    digits = [len(str(x).split(".")[1]) for x in (mean, *interval)]
    for value, printed, places in zip((belief.mean, *belief.interval(0.90)), (mean, *interval), digits, strict=True):
        assert value == pytest.approx(printed, abs=0.51 * 10.0**-places)


def test_a_discounted_record_keeps_its_mean_and_loses_certainty():
    full = jeffreys(5, 6)
    lent = discounted(full, 0.4)
    assert lent.mean == pytest.approx(full.mean, rel=1e-15)
    assert lent.interval()[0] < full.interval()[0] < full.interval()[1] < lent.interval()[1]
    assert (lent.alpha, lent.beta) == pytest.approx((0.4 * 5.5, 0.4 * 6.5))


def test_beliefs_that_are_no_distribution_are_refused():
    with pytest.raises(ValueError, match="above 0"):
        BetaBelief(0.0, 1.0)
    with pytest.raises(ValueError, match="negative"):
        jeffreys(-1, 3)
    with pytest.raises(ValueError, match="discount"):
        discounted(jeffreys(1, 1), 0.0)


def test_a_newcomer_is_believed_by_its_own_record_on_the_discounted_start_of_falcon():
    belief = landing_belief(load_cost_inputs("zhuque3"))
    assert (belief.alpha, belief.beta) == pytest.approx((0.4 * 6.5 + 1, 0.4 * 5.5 + 1))
    falcon = landing_belief(load_cost_inputs("falcon9"))
    assert (falcon.alpha, falcon.beta) == (413.5, 6.5)


def test_landing_records_add_up():
    records = load_landing_records()
    parts = [records[key] for key in ("zhuque3", "longmarch12a", "longmarch10b")]
    assert (records["china"].successes, records["china"].attempts) == (
        sum(part.successes for part in parts),
        sum(part.attempts for part in parts),
    )
    late, everything = records["falcon_since_attempt_85"], records["falcon_all"]
    assert everything.attempts - late.attempts == 85
    assert everything.failures == 13  # the failures known one by one
    assert everything.failures - late.failures == 11
