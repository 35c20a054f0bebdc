"""Break-even when boosters are lost, when they take their time, and when their development must be repaid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.model.fleet import expected_flights, fleet_need
from hoverslam.economics.questions.break_even import (
    break_even_landing_probability,
    longest_turnaround,
    payback_table,
    refurbishment_ceiling_with_losses,
    refurbishment_cost_ceiling,
    savings_present_value,
)

CASE = {"stage1_cost": 72.0, "common_cost": 60.0, "payload_ratio": 0.75, "max_flights": 20}


@given(st.floats(1, 100), st.floats(1, 100), st.floats(0.3, 1), st.floats(0, 1), st.floats(0, 0.5), st.floats(1, 40))
def test_at_the_ceiling_a_kilogram_costs_the_same_although_boosters_are_lost(
    stage1, common, ratio, landing, retired, life
):
    fixed = 30.0 / 6.0
    ceiling = refurbishment_ceiling_with_losses(
        stage1_cost=stage1,
        common_cost=common,
        payload_ratio=ratio,
        landing_probability=landing,
        max_flights=life,
        retirement_probability=retired,
        fixed_cost_per_year=30.0,
        launches_per_year=6.0,
    )
    flights = expected_flights(landing * (1 - retired), life)
    reused = (common + fixed + ceiling + stage1 / flights) / ratio
    assert reused == pytest.approx(common + fixed + stage1, rel=1e-10)


def test_without_losses_the_ceiling_is_the_plain_one():
    plain = refurbishment_cost_ceiling(stage1_cost=72, common_cost=60, flights_per_booster=20, payload_ratio=0.75)
    assert refurbishment_ceiling_with_losses(**CASE, landing_probability=1.0) == pytest.approx(plain, rel=1e-14)


@given(st.floats(0.01, 0.98), st.floats(0.001, 0.02))
def test_the_ceiling_rises_with_the_landing_probability(landing, more):
    low, high = (refurbishment_ceiling_with_losses(**CASE, landing_probability=p) for p in (landing, landing + more))
    assert low < high


def test_at_the_break_even_landing_probability_the_ceiling_is_the_cost():
    landing = break_even_landing_probability(**CASE, refurbishment_cost=8.0)
    assert 0.5 < landing < 0.9
    assert refurbishment_ceiling_with_losses(**CASE, landing_probability=landing) == pytest.approx(8.0, rel=1e-11)


def test_break_even_at_both_ends_of_the_landing_probability():
    assert break_even_landing_probability(**CASE | {"payload_ratio": 0.4}, refurbishment_cost=8.0) is None
    assert break_even_landing_probability(**CASE | {"payload_ratio": 1.0}, refurbishment_cost=0.0) == 0.0


def test_fixed_cost_lowers_the_ceiling_by_the_payload_that_recovery_costs():
    plain = refurbishment_ceiling_with_losses(**CASE, landing_probability=0.9)
    fixed = refurbishment_ceiling_with_losses(
        **CASE, landing_probability=0.9, fixed_cost_per_year=400, launches_per_year=10
    )
    assert plain - fixed == pytest.approx((1 - 0.75) * 40, rel=1e-12)


def test_the_longest_turnaround_is_the_fleet_turned_round():
    days = longest_turnaround(165, 19.0, utilisation=1.0)
    assert days == pytest.approx(18 * 365 / 165, rel=1e-14)  # one spare of 19
    need = fleet_need(165, landing_probability=1.0, max_flights=40, turnaround_days=days, spares=1.0)
    assert need.boosters_in_fleet == pytest.approx(19.0, rel=1e-14)


def test_losses_that_are_slow_to_replace_shorten_the_turnaround():
    quick, slow = (
        longest_turnaround(50, 10, landing_probability=0.9, replacement_days=days, down=0.1) for days in (0, 180)
    )
    assert quick - slow == pytest.approx(365 * 0.7 / 50 * (50 * 0.1 * 180 / 365), rel=1e-12)
    assert longest_turnaround(50, 0.5) < 0


@pytest.mark.parametrize(("rate", "value"), [(5, 12.7), (10, 25.0), (20, 49.6), (40, 98.6)])
def test_the_present_value_of_savings_is_the_published_one(rate, value):
    assert savings_present_value(0.5, rate) == pytest.approx(value, abs=0.051)


@given(st.floats(0, 2), st.floats(1, 100), st.floats(0, 0.4), st.integers(1, 30))
def test_the_present_value_is_the_sum_of_the_discounted_savings(ratio, rate, interest, years):
    launches = round(rate * years)
    value = savings_present_value(ratio, launches / years, interest=interest, years=years)
    step = interest * years / launches
    assert value == pytest.approx(sum((1 - ratio) / (1 + step) ** k for k in range(launches)), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("interest", [0.0, 5e-324, 1e-300, 1e-18])
def test_without_interest_the_present_value_is_the_savings(interest):
    assert savings_present_value(0.4, 12.0, interest=interest, years=10) == pytest.approx(0.6 * 120, rel=1e-14)


def test_the_payback_table_holds_each_pair():
    table = payback_table([0.4, 0.5], [5, 10], interest=0.1)
    assert table[0.4][10] == savings_present_value(0.4, 10, interest=0.1)
    assert set(table) == {0.4, 0.5}
    assert set(table[0.5]) == {5, 10}


@pytest.mark.parametrize(
    ("ask", "match"),
    [
        (lambda: longest_turnaround(0, 5), "launches_per_year = 0"),
        (lambda: longest_turnaround(5, 5, utilisation=0), "utilisation = 0"),
        (lambda: longest_turnaround(5, 5, landing_probability=2), "landing_probability = 2"),
        (lambda: savings_present_value(-1, 5), "cost_ratio = -1"),
        (lambda: savings_present_value(0.5, 0), "launches_per_year = 0"),
        (
            lambda: refurbishment_ceiling_with_losses(**CASE, landing_probability=0.9, launches_per_year=0),
            "launches_per_year = 0",
        ),
    ],
)
def test_impossible_questions_are_refused(ask, match):
    with pytest.raises(CostQuestionError, match=match):
        ask()
