"""Fleet size and boosters built in closed form, and the same fleet flown 10,000 times.

Simulated means are held to their closed forms within 4 standard errors: one honest run in 16,000 would miss.
"""

import dataclasses
import math

import numpy as np
import pytest
from fleet_simulation import Fleet, simulate_fleet
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.model.fleet import (
    expected_flights,
    fleet_need,
    refurbishment_age,
)

REPLICATIONS = 10_000
STANDARD_ERRORS = 4.0


def test_falcon_of_2025_needs_18_boosters_and_loses_one():
    need = fleet_need(165, landing_probability=0.994, max_flights=25, turnaround_days=40)
    assert need.boosters_in_fleet == pytest.approx(18.1, abs=0.05)
    assert need.lost_at_landing == pytest.approx(1.0, abs=0.05)
    assert need.upper_stages_built == 165


def test_half_the_utilisation_takes_twice_the_boosters_and_spares_come_on_top():
    case = {"landing_probability": 0.9, "max_flights": 10, "turnaround_days": 36.5}
    assert fleet_need(20, **case).boosters_in_fleet == pytest.approx(2.0, rel=1e-14)
    assert fleet_need(20, **case, utilisation=0.5, spares=1.5).boosters_in_fleet == pytest.approx(5.5, rel=1e-14)


@given(st.floats(0, 300), st.floats(0, 1), st.floats(0, 1), st.floats(1, 60), st.floats(0, 400), st.floats(0.1, 1))
def test_boosters_built_replace_those_lost_and_retired(rate, landing, intact, life, days, utilisation):
    need = fleet_need(
        rate,
        landing_probability=landing,
        intact_probability=intact,
        max_flights=life,
        turnaround_days=days,
        utilisation=utilisation,
    )
    gone = need.lost_at_landing + need.lost_after_landing + need.retired
    assert gone == pytest.approx(need.boosters_built, rel=1e-9, abs=1e-9)
    assert need.boosters_built <= rate == need.upper_stages_built


def test_an_expendable_vehicle_builds_a_booster_for_each_launch():
    need = fleet_need(12, landing_probability=0, max_flights=20, turnaround_days=0)
    assert (need.boosters_built, need.boosters_in_fleet, need.retired) == (12, 0, 0)


@pytest.mark.parametrize("wrong", [{"utilisation": 0}, {"utilisation": 1.1}, {"spares": -1}, {"turnaround_days": -1}])
def test_fleets_that_cannot_be_are_refused(wrong):
    with pytest.raises(CostQuestionError, match="utilisation"):
        fleet_need(10, **{"landing_probability": 0.9, "max_flights": 10, "turnaround_days": 40} | wrong)


def agrees(samples, expected):
    error = np.std(samples, ddof=1) / math.sqrt(len(samples))
    return abs(np.mean(samples) - expected) <= STANDARD_ERRORS * error


FLEET = Fleet(
    launches_per_year=36.5, turnaround_days=25.0, landing_probability=0.9, intact_probability=0.95, max_flights=8
)  # an interval of 10 days, so that each booster flies every third launch


@pytest.fixture(scope="module")
def flown():
    return simulate_fleet(FLEET, launches=30, replications=REPLICATIONS, seed=1)


def test_flights_per_booster_agree_with_the_closed_form(flown):
    assert np.all(flown.first_booster_ended)  # 8 flights at every third launch: over by the 22nd
    assert agrees(flown.first_booster_flights, expected_flights(0.9 * 0.95, 8))


def test_refurbishments_of_boosters_flown_out_have_the_age_of_the_closed_form(flown):
    # a booster of n flights is refurbished n - 1 times, with 0 to n - 2 refurbishments behind it
    times = flown.first_booster_flights - 1.0
    assert agrees(times * (times - 1.0) / 2.0 - refurbishment_age(0.9 * 0.95, 8) * times, 0.0)


def test_losses_agree_with_the_closed_form(flown):
    assert agrees(flown.lost_at_landing, 30 * (1 - 0.9))
    assert agrees(flown.lost_after_landing, 30 * 0.9 * (1 - 0.95))


def renewals(launches, survival, max_flights):
    """Return the expected boosters built for one slot's launches: u_n = sum over lives k of f_k u_(n-k)."""
    lives = [survival ** (k - 1) * ((1 - survival) if k < max_flights else 1.0) for k in range(1, max_flights + 1)]
    new = [1.0]
    for n in range(1, launches):
        new.append(sum(lives[k - 1] * new[n - k] for k in range(1, min(n, max_flights) + 1)))
    return sum(new)


def test_boosters_built_agree_with_renewal_theory(flown):
    # 25 days fill three intervals: three slots of ten launches, each a renewal process of its own
    assert agrees(flown.built, 3 * renewals(10, 0.9 * 0.95, 8))


def test_in_the_long_run_boosters_are_built_at_the_rate_of_the_closed_form():
    history = simulate_fleet(FLEET, launches=600, replications=500, seed=2)
    need = fleet_need(
        36.5, landing_probability=0.9, intact_probability=0.95, max_flights=8, turnaround_days=25.0
    ).boosters_built
    years = 600 / 36.5
    assert np.mean(history.built) / years == pytest.approx(need, rel=0.02)  # three first boosters beyond the long run
    gone = history.lost_at_landing + history.lost_after_landing + history.retired
    assert np.array_equal(history.built, gone + history.alive)


def test_boosters_away_agree_with_littles_law():
    # 90 of 100 boosters return and stay away for 25 days on average; at a launch, the one just landed counts too
    fleet = dataclasses.replace(FLEET, intact_probability=1.0, max_flights=10**6, turnaround_variation=0.5)
    history = simulate_fleet(fleet, launches=400, replications=400, seed=4)
    # seen at launches, 10, 20, ... days after each start: expected sum over k >= 1 of p Pr(T > 10 k)
    variance = math.log1p(0.25)
    turnaround = stats.lognorm(math.sqrt(variance), scale=25.0 * math.exp(-variance / 2))
    expected = 0.9 * sum(turnaround.sf(10.0 * k) for k in range(1, 60))
    assert agrees(history.mean_away, expected)
    assert expected == pytest.approx(0.9 * 36.5 * 25 / 365, abs=0.9)  # Little's law, to the interval's grain


def test_the_same_seed_flies_the_same_history_in_any_number_of_replications():
    few, many = (simulate_fleet(FLEET, 40, replications=n, seed=7) for n in (5, 20))
    other = simulate_fleet(FLEET, 40, replications=20, seed=8)
    for field in dataclasses.fields(few):
        assert np.array_equal(getattr(few, field.name), getattr(many, field.name)[:5])
    assert not np.array_equal(many.built, other.built)


def test_a_fleet_that_never_fails_builds_only_what_the_turnaround_needs():
    sure = dataclasses.replace(FLEET, landing_probability=1.0, intact_probability=1.0, max_flights=10**6)
    history = simulate_fleet(sure, 100, replications=2)
    assert history.built.tolist() == [3, 3]  # 36.5 x 25/365 = 2.5 in the loop
    never = dataclasses.replace(FLEET, landing_probability=0.0)
    assert simulate_fleet(never, 100, replications=2).built.tolist() == [100, 100]


@settings(max_examples=40, deadline=None)
@given(
    st.floats(1, 200),
    st.floats(0, 300),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(1, 30),
    st.floats(0, 1),
    st.integers(1, 60),
    st.integers(0, 2**40),
)
def test_every_booster_is_accounted_for(rate, days, landing, intact, life, variation, launches, seed):
    fleet = Fleet(rate, days, landing, life, intact, variation)
    history = simulate_fleet(fleet, launches, replications=2, seed=seed)
    gone = history.lost_at_landing + history.lost_after_landing + history.retired
    assert np.array_equal(history.built, gone + history.alive)
    assert np.all((history.built >= math.ceil(launches / life)) & (history.built <= launches))
    assert np.all(history.first_booster_flights <= life)


@pytest.mark.parametrize(
    "wrong", [{"landing_probability": 1.1}, {"launches_per_year": 0}, {"turnaround_days": -1}, {"max_flights": 0.5}]
)
def test_fleets_that_cannot_fly_are_refused(wrong):
    with pytest.raises(CostQuestionError, match=next(iter(wrong))):
        dataclasses.replace(FLEET, **wrong)


def test_a_simulation_needs_a_launch():
    with pytest.raises(CostQuestionError, match="launches = 0"):
        simulate_fleet(FLEET, 0)
