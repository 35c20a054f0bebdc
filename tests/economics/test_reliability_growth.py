"""Reliability growth against the published fit, and the records it is fitted to against one another."""

import math
import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoverslam.data.reading import checked
from hoverslam.economics.evidence.growth import crow_amsaa
from hoverslam.economics.evidence.history import FalconLandings, load_chinese_landings, load_falcon_landings
from hoverslam.economics.evidence.reliability import landing_probability, survival_probability
from hoverslam.economics.inputs.errors import CostInputError, CostQuestionError
from hoverslam.economics.inputs.loading import DATA, load_landing_records


def falcon_fit():
    landings = load_falcon_landings()
    return crow_amsaa(landings.failure_attempts, landings.attempts)


def test_the_falcon_fit_is_the_published_one():
    fit = falcon_fit()
    assert fit.shape == pytest.approx(0.316, abs=0.0005)
    assert fit.scale == pytest.approx(1.75, abs=0.005)
    assert fit.expected_failures(np.array([11, 111])) == pytest.approx([3.7, 7.8], abs=0.051)
    assert fit.landing_probability(565) == pytest.approx(0.993, abs=0.0005)


def test_a_fit_has_its_failures_at_the_last_attempt():
    assert falcon_fit().expected_failures(565) == pytest.approx(13.0, rel=1e-14)


def test_attempts_count_from_one():
    with pytest.raises(CostQuestionError, match="from 1"):
        falcon_fit().landing_probability(0)


@given(st.lists(st.floats(0.5, 950), min_size=2, max_size=30), st.floats(1000, 5000))
def test_the_fit_is_the_maximum_of_the_likelihood(times, attempts):
    def log_likelihood(scale, shape):
        logs = sum(math.log(scale * shape) + (shape - 1) * math.log(t) for t in times)
        return logs - scale * attempts**shape

    fit = crow_amsaa(times, attempts)
    best = log_likelihood(fit.scale, fit.shape)
    for factor in (0.99, 1.01):
        assert log_likelihood(fit.scale * factor, fit.shape) < best
        assert log_likelihood(fit.scale, fit.shape * factor) < best


@given(st.lists(st.floats(1, 500), min_size=1, max_size=20), st.floats(0.01, 100))
def test_the_shape_does_not_depend_on_the_unit_of_attempts(times, unit):
    fit = crow_amsaa(times, 600.0)
    scaled = crow_amsaa([unit * t for t in times], unit * 600.0)
    assert scaled.shape == pytest.approx(fit.shape, rel=1e-9)


def test_failures_attempt_by_attempt_sum_to_the_law():
    fit = falcon_fit()
    attempts = np.arange(3, 566)  # the law expects more than one failure in the first attempt, which is held at one
    expected = fit.expected_failures(565) - fit.expected_failures(2)
    assert np.sum(1.0 - fit.landing_probability(attempts)) == pytest.approx(expected, rel=1e-12)
    assert fit.landing_probability(1) == 0.0


@pytest.mark.parametrize(
    ("times", "attempts"), [([], 10), ([0.0], 10), ([11.0], 10), ([10.0], 10), ([9.99], 10), ([math.nan], 10)]
)
def test_failures_that_fit_no_law_are_refused(times, attempts):
    with pytest.raises(CostQuestionError, match="failure"):
        crow_amsaa(times, attempts)


def test_the_years_of_falcon_reproduce_the_published_totals():
    landings = load_falcon_landings()
    by_end = {
        row.year: (
            sum(r.successes for r in landings.years.rows if r.year <= row.year),
            sum(r.attempts for r in landings.years.rows if r.year <= row.year),
        )
        for row in landings.years.rows
    }
    assert by_end[2016] == (6, 11)
    assert by_end[2020] == (70, 80)
    assert by_end[2025] == (552, 565)
    # 297/308 in April 2024 and 438/451 in April 2025 lie within those years, with their failures already counted
    assert by_end[2023][0] < 297 < by_end[2024][0] < 438 < by_end[2025][0]
    assert sum(attempt <= 308 for attempt in landings.failure_attempts) == 308 - 297
    assert sum(attempt <= 451 for attempt in landings.failure_attempts) == 451 - 438


def test_falcon_landings_agree_with_the_records_to_learn_from():
    landings, records = load_falcon_landings(), load_landing_records()
    assert records["falcon_all"].attempts == landings.attempts
    assert records["falcon_all"].failures == len(landings.failures) == 13
    assert records["falcon_first_eleven"].failures == sum(attempt <= 11 for attempt in landings.failure_attempts)
    assert records["falcon_since_attempt_85"].failures == sum(attempt > 85 for attempt in landings.failure_attempts)


def test_chinese_attempts_agree_with_the_records_to_learn_from():
    attempts, records = load_chinese_landings().attempts, load_landing_records()
    for vehicle in {attempt.vehicle for attempt in attempts}:
        own = [attempt for attempt in attempts if attempt.vehicle == vehicle]
        assert records[vehicle].attempts == len(own)
        assert records[vehicle].successes == sum(attempt.landed for attempt in own)
    assert records["china"].attempts == len(attempts) == 4
    assert [a.flight for a in attempts] == [a.flight for a in sorted(attempts, key=lambda a: a.date)]


def test_a_list_of_failures_that_contradicts_its_years_is_refused():
    data = tomllib.loads((DATA / "landings.toml").read_text())["falcon"]
    data["failures"][0]["attempt"] = 3
    data["failures"][1]["attempt"] = 20
    with pytest.raises(CostInputError, match=r"2015 \(attempts 1 to 3\) has 2 failures, and the list holds 1"):
        checked(FalconLandings, data, "landings.toml: falcon", CostInputError)


def test_a_failure_dated_in_another_year_is_refused():
    data = tomllib.loads((DATA / "landings.toml").read_text())["falcon"]
    data["failures"][0]["date"] = "2016-01"
    with pytest.raises(CostInputError, match="2 by number and 1 by date"):
        checked(FalconLandings, data, "landings.toml: falcon", CostInputError)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_probabilities_multiply_and_stay_probabilities(margin, other, intact, retired):
    landing = landing_probability(margin, other)
    survival = survival_probability(landing, intact, retired)
    assert 0.0 <= survival <= landing <= min(margin, other)
    assert survival == pytest.approx(margin * other * intact * (1 - retired), rel=1e-14, abs=1e-300)


def test_a_falcon_that_lands_flies_again_but_for_two_in_552():
    assert survival_probability(0.994, 1 - 2 / 552) == pytest.approx(0.9904, abs=5e-5)


@pytest.mark.parametrize("wrong", [-0.1, 1.1, math.nan])
def test_probabilities_outside_their_range_are_refused(wrong):
    with pytest.raises(ValueError, match="margin"):
        landing_probability(wrong, 1.0)
    with pytest.raises(ValueError, match="retired"):
        survival_probability(1.0, 1.0, np.array([0.0, wrong]))
