"""Flights per booster and landing probability, against published tables and closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoverslam.economics import BetaBelief, discounted, expected_flights, jeffreys, landing_belief, load_cost_inputs
from hoverslam.economics.load import load_landing_records


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


@pytest.mark.parametrize(("q", "n"), [(-0.1, 10), (1.1, 10), (np.nan, 10), (0.9, 0.5), (0.9, np.nan)])
def test_impossible_lives_are_refused(q, n):
    with pytest.raises(ValueError, match="must"):
        expected_flights(q, n)


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
