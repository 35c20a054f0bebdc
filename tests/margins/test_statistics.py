"""Statistics of success and reserve: tables of the literature, identities of the binomial distribution, coverage."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, gamma, genpareto, lognorm, pearson3

from hoverslam.margins.analysis.intervals import (
    clopper_pearson,
    clopper_pearson_lower,
    clopper_pearson_upper,
    failures_allowed,
    smallest_sample,
)
from hoverslam.margins.analysis.quantiles import quantile, quantile_lower_bound, quantile_upper_bound
from hoverslam.margins.analysis.reserve import SuccessCurve, smallest_reserve

levels = st.floats(0.01, 0.99)
needs = st.lists(st.one_of(st.integers(-50, 50).map(float), st.just(math.inf)), min_size=1, max_size=60)


# Counts ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure_probability", "samples"),
    [
        (0.01, (230, 388, 531, 926, 1538)),
        (0.0027, (852, 1440, 1970, 3433, 5704)),
        (0.00135, (1705, 2880, 3941, 6868, 11410)),
        (0.001, (2302, 3889, 5321, 9273, 15404)),
    ],
)
def test_smallest_samples_of_hanson_and_beard(failure_probability, samples):
    """NASA TP-2010-216447: 90 % confidence with 0, 1, 2, 5 and 10 failures."""
    assert tuple(smallest_sample(failure_probability, k, 0.9) for k in (0, 1, 2, 5, 10)) == samples


@pytest.mark.parametrize(
    ("events", "trials", "bound"), [(0, 2000, 1.15063e-3), (1, 2000, 1.94346e-3), (300, 1000, 0.319354)]
)
def test_upper_bounds_to_the_digits_printed(events, trials, bound):
    assert float(f"{clopper_pearson_upper(events, trials, 0.9):.6g}") == bound


def test_bounds_without_an_event_in_closed_form():
    assert clopper_pearson_upper(0, 50, 0.9) == pytest.approx(1.0 - 0.1 ** (1 / 50), rel=1e-12)
    assert clopper_pearson_lower(50, 50, 0.9) == pytest.approx(0.1 ** (1 / 50), rel=1e-12)
    assert tuple(clopper_pearson(0, 50)) == (0.0, pytest.approx(1.0 - 0.05 ** (1 / 50), rel=1e-12))
    assert tuple(clopper_pearson(50, 50)) == (pytest.approx(0.05 ** (1 / 50), rel=1e-12), 1.0)


@given(trials=st.integers(1, 5000), share=st.floats(0.0, 1.0), confidence=levels)
def test_bounds_are_where_the_count_is_just_unlikely_enough(trials, share, confidence):
    events = min(int(share * trials), trials - 1)
    upper = clopper_pearson_upper(events, trials, confidence)
    assert binom.cdf(events, trials, upper) == pytest.approx(1.0 - confidence, rel=1e-8)
    mirrored = clopper_pearson_lower(trials - events, trials, confidence)
    assert mirrored == pytest.approx(1.0 - upper, abs=1e-12)


def test_intervals_of_many_counts_at_once():
    events = np.array([[0, 3], [7, 10]])
    found = clopper_pearson(events, 10, 0.8)
    assert found.low.shape == found.high.shape == (2, 2)
    assert found.high[0, 1] == clopper_pearson_upper(3, 10, 0.9)
    assert found.low[1, 0] == clopper_pearson_lower(7, 10, 0.9)


@given(failure_probability=st.floats(1e-4, 0.9), failures=st.integers(0, 30), confidence=levels)
def test_the_smallest_sample_is_enough_and_one_less_is_not(failure_probability, failures, confidence):
    samples = smallest_sample(failure_probability, failures, confidence)
    assert binom.cdf(failures, samples, failure_probability) <= 1.0 - confidence + 1e-9
    assert samples == failures + 1 or binom.cdf(failures, samples - 1, failure_probability) > 1.0 - confidence - 1e-9
    assert failures_allowed(samples, failure_probability, confidence) == failures


def test_a_sample_can_be_too_small_for_any_failure():
    assert failures_allowed(229, 0.01) is None
    assert failures_allowed(230, 0.01) == 0
    assert failures_allowed(2000, 0.01) == 13


# Quantiles ------------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(size=st.integers(1, 400), probability=levels, confidence=levels)
def test_ranks_are_the_sharpest_that_hold(size, probability, confidence):
    """The count below a quantile is binomial whatever the distribution; one rank further in would hold too rarely."""
    sample = np.arange(1.0, size + 1.0)
    upper = quantile_upper_bound(sample, probability, confidence)
    lower = quantile_lower_bound(sample, probability, confidence)

    def holds(rank: int) -> float:
        return binom.cdf(rank - 1, size, probability)

    if upper.rank is None:
        assert upper.value == math.inf
        assert upper.samples_needed > size
        assert holds(size) < confidence + 1e-9
    else:
        assert upper.value == upper.rank
        assert upper.samples_needed <= size
        assert holds(upper.rank) >= confidence - 1e-9
        assert upper.rank == 1 or holds(upper.rank - 1) < confidence + 1e-9
    if lower.rank is None:
        assert lower.value == -math.inf
        assert lower.samples_needed > size
        assert holds(1) > 1.0 - confidence - 1e-9
    else:
        assert lower.value == lower.rank
        assert lower.samples_needed <= size
        assert 1.0 - holds(lower.rank) >= confidence - 1e-9
        assert lower.rank == size or 1.0 - holds(lower.rank + 1) < confidence + 1e-9


def test_a_small_sample_says_how_many_would_do():
    found = quantile(np.arange(100.0), 0.99)
    assert found.high == math.inf
    assert found.low > -math.inf
    assert found.samples_needed == smallest_sample(0.01, 0, 0.95) == 299
    assert quantile(np.arange(299.0), 0.99).high == 298.0
    assert quantile(np.arange(2.0), 0.01).low == -math.inf


def test_lost_samples_stand_at_the_end_of_the_order():
    landed = np.random.default_rng(0).normal(size=990)
    found = quantile(np.concatenate([[math.inf] * 10, landed]), 0.95)
    assert found.empirical == np.sort(landed)[949]
    assert math.isfinite(found.high)
    none = quantile(np.concatenate([[math.inf] * 10, landed]), 0.995)
    assert none.empirical == none.high == math.inf
    assert none.fitted is None


@given(needs, levels)
def test_the_empirical_quantile_is_the_smallest_value_that_does(sample, probability):
    found = quantile(sample, probability).empirical
    values = np.array(sample)
    assert np.mean(values <= found) >= probability - 1e-12
    assert np.mean(values < found) < probability


# Coverage: 200 repetitions of a 90 % interval hold the truth in 85 to 95 %, two standard deviations of that count ------


def test_clopper_pearson_covers():
    """At 30 % of 1000 the count moves in steps far finer than its scatter, and the exact coverage is 90.9 %.

    For tiny probabilities it is more, by the whole steps of the count: see the next test.
    """
    counts = np.random.default_rng(11).binomial(1000, 0.3, size=200)
    low, high = clopper_pearson(counts, 1000)
    assert 170 <= np.sum((low <= 0.3) & (high >= 0.3)) <= 190
    assert exact_coverage(1000, 0.3) == pytest.approx(0.9092, abs=5e-5)


@pytest.mark.parametrize("probability", [0.0005, 0.00135, 0.01, 0.1, 0.5, 0.87])
def test_clopper_pearson_never_covers_less(probability):
    assert exact_coverage(2000, probability) >= 0.9


def exact_coverage(trials: int, probability: float) -> float:
    counts = np.arange(trials + 1)
    low, high = clopper_pearson(counts, trials)
    return float(binom.pmf(counts, trials, probability)[(low <= probability) & (probability <= high)].sum())


def test_the_quantile_interval_covers():
    """Of a skewed need: log-normal, 95 % quantile of 2000, where the ranks give 91 % exactly."""
    need, rng = lognorm(0.5), np.random.default_rng(12)
    known = need.ppf(0.95)
    found = [quantile(need.rvs(2000, random_state=rng), 0.95) for _ in range(200)]
    assert 170 <= sum(one.low <= known <= one.high for one in found) <= 190


def test_the_reserve_holds_as_often_as_it_says():
    """One-sided 90 %: success with the reserve chosen from the sample is at least 95 %, in 85 to 95 % of samples."""
    need, rng = lognorm(0.5), np.random.default_rng(13)
    reserves = [smallest_reserve(need.rvs(2000, random_state=rng), 0.95).reserve for _ in range(200)]
    assert 170 <= np.sum(need.cdf(reserves) >= 0.95) <= 190


# Fits -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.2])
def test_the_tail_of_a_generalised_pareto_sample_is_found(shape):
    """Evenly spread over its quantiles, a sample is the distribution; over a threshold it keeps its shape."""
    size = 20_000
    known = genpareto(shape, loc=100.0, scale=7.0)
    fitted = quantile(known.ppf((np.arange(size) + 0.5) / size), 0.9987).fitted
    assert (fitted.model, fitted.used) == ("generalised Pareto", 2000)
    # The threshold is half a step of 2000 off. Beyond the last half step the mean excess lacks (1/4000)^(1 - shape) of a
    # scale; the shape takes twice that, and the quantile nine times the shape, half the square of its reach, ln 77.
    missing = 1.0 / 2000 + 2.0 * 10.0 * (1.0 / 4000) ** (1.0 - shape)
    assert fitted.value == pytest.approx(known.ppf(0.9987), abs=7.0 * missing)


def test_the_interval_of_the_tail_covers_where_the_model_is_true():
    """85 to 95 % of 200 samples whose tail is generalised Pareto."""
    known, rng = genpareto(-0.15, loc=100.0, scale=7.0), np.random.default_rng(14)
    truth = known.ppf(0.9987)
    fits = [quantile(known.rvs(2000, random_state=rng), 0.9987).fitted for _ in range(200)]
    assert 170 <= sum(fit.low <= truth <= fit.high for fit in fits) <= 190


@pytest.mark.parametrize("skewness", [-1.0, 0.0, 0.4, 1.5, 2.5])
def test_a_small_sample_of_pearson_iii_is_found(skewness):
    size = 290
    known = pearson3(skewness, loc=100.0, scale=7.0)
    fitted = quantile(known.ppf((np.arange(size) + 0.5) / size), 0.99).fitted
    assert (fitted.model, fitted.used) == ("Pearson III", size)
    # Beyond the last half step, 1/(2 n) of the values, the mean lacks about so many times the ln(2 n) where they begin.
    assert fitted.value == pytest.approx(known.ppf(0.99), abs=7.0 * math.log(2 * size) / (2 * size))


def test_the_interval_of_a_small_sample_covers_where_the_model_is_true():
    known, rng = gamma(6.0, loc=100.0, scale=3.0), np.random.default_rng(15)
    truth = known.ppf(0.99)
    fits = [quantile(known.rvs(150, random_state=rng), 0.99).fitted for _ in range(200)]
    assert 170 <= sum(fit.low <= truth <= fit.high for fit in fits) <= 190


def test_fits_leave_lost_samples_at_the_end():
    """Five in a thousand lost: the 99 % quantile of all is the 99.497 % quantile of those that landed."""
    rng = np.random.default_rng(16)
    known = genpareto(-0.1, loc=100.0, scale=7.0)
    landed = known.rvs(20_000, random_state=rng)
    lost = 100
    all_of_them = np.concatenate([landed, np.full(lost, math.inf)])
    with_lost, without = quantile(all_of_them, 0.99).fitted, quantile(landed, 0.99).fitted
    share = (0.01 * (20_000 + lost) - lost) / 20_000
    assert with_lost.value == pytest.approx(quantile(landed, 1.0 - share).fitted.value, rel=1e-12)
    assert with_lost.low <= known.isf(share) <= with_lost.high
    assert with_lost.high - with_lost.value > without.high - without.value  # the doubt about the lost is in it


def test_a_fit_that_may_have_to_hold_more_losses_than_allowed_has_no_upper_end():
    need = np.concatenate([np.random.default_rng(17).normal(size=1998), [math.inf, math.inf]])
    fitted = quantile(need, 0.9987).fitted
    assert math.isfinite(fitted.value)
    assert fitted.high == math.inf


def test_fits_move_with_units():
    sample = np.random.default_rng(18).gamma(4.0, size=600)
    for part in (sample, sample[:100]):
        plain, other = quantile(part, 0.99).fitted, quantile(40.0 * part + 3000.0, 0.99).fitted
        for name in ("value", "low", "high"):
            assert getattr(other, name) == pytest.approx(40.0 * getattr(plain, name) + 3000.0, rel=1e-9)


@pytest.mark.parametrize(
    ("sample", "probability"),
    [
        (np.full(50, 7.0), 0.99),  # nothing differs
        (np.full(1000, 7.0), 0.99),
        (np.append(np.zeros(900), np.full(100, 7.0)), 0.99),  # nor in the tail
        (np.append(np.zeros(49), 1e6), 0.99),  # one value alone
        (np.arange(9.0), 0.9),  # too few
        (np.arange(2000.0), 0.9),  # half of the tail and more lies above: order statistics serve
    ],
)
def test_no_fit_where_there_is_nothing_to_fit(sample, probability):
    assert quantile(sample, probability).fitted is None


# Reserve --------------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(needs, levels, levels)
def test_the_smallest_reserve_is_the_smallest_that_clopper_and_pearson_verify(need, probability, confidence):
    values = np.array(need)
    found = smallest_reserve(need, probability, confidence)
    enough = [
        reserve
        for reserve in np.unique(values[np.isfinite(values)])
        if clopper_pearson_lower(int(np.sum(values <= reserve)), len(values), confidence) >= probability - 1e-9
    ]
    assert found.reserve == (min(enough) if enough else None)
    assert found.lost == np.isposinf(values).sum()
    assert (found.samples_needed <= found.samples) == (found.reserve is not None)


def test_two_thousand_samples_verify_99_per_cent():
    found = SuccessCurve(np.arange(2000.0)[::-1]).smallest_reserve(0.99, 0.9)
    assert (found.reserve, found.failures_allowed, found.lost) == (1986.0, 13, 0)
    assert "a reserve of 1986 kg verifies success of 99 % with 90 % confidence" in found.message


def test_too_few_samples():
    found = smallest_reserve(np.arange(1704.0), 1.0 - 0.00135)
    assert found.reserve is None
    assert found.failures_allowed is None
    assert found.samples_needed == found.samples_at_this_rate == 1705
    assert "fly 1705" in found.message
    assert smallest_reserve(np.arange(1705.0), 1.0 - 0.00135).reserve == 1704.0


def test_more_lost_than_the_sample_allows_but_not_more_than_the_probability():
    """9 in 1000 lost, 10 allowed in the long run: the sample must be large enough to tell them apart."""
    found = smallest_reserve(np.append(np.arange(991.0), np.full(9, math.inf)), 0.99)
    assert found.reserve is None
    assert found.failures_allowed == failures_allowed(1000, 0.01) < 9
    assert found.samples_needed == smallest_sample(0.01, 9)
    more = found.samples_at_this_rate
    assert math.ceil(0.009 * more) <= failures_allowed(more, 0.01)
    # Nine losses in a thousand are 1.28 standard deviations below the ten allowed at about this size.
    assert more == pytest.approx((1.2816 / 0.001) ** 2 * 0.01 * 0.99, rel=0.1)
    assert f"fly {more}" in found.message


@pytest.mark.parametrize("lost", [10, 30])
def test_more_lost_than_any_sample_allows(lost):
    found = smallest_reserve(np.append(np.arange(1000.0 - lost), np.full(lost, math.inf)), 0.99)
    assert found.reserve is None
    assert found.samples_at_this_rate is None
    assert f"{lost} of 1000 samples are lost with any reserve" in found.message
    assert f"{smallest_sample(0.01, lost)} samples would suffice" in found.message


@given(needs)
def test_the_curve_counts(need):
    curve, values = SuccessCurve(need), np.array(need)
    reserve = np.array([[-100.0, -1.0], [0.0, 3.5]])
    found = curve.at(reserve)
    assert found.probability.shape == found.low.shape == found.high.shape == (2, 2)
    for place in np.ndindex(2, 2):
        successes = int(np.sum(values <= reserve[place]))
        assert found.probability[place] == successes / len(values)
        assert (found.low[place], found.high[place]) == tuple(clopper_pearson(successes, len(values)))
    assert curve.lost == np.sum(values == math.inf)


def test_the_steps_of_the_curve():
    steps = SuccessCurve([3.0, 1.0, math.inf, 1.0], confidence=0.8).steps()
    assert list(steps["reserve"]) == [1.0, 3.0]
    assert list(steps["probability"]) == [0.5, 0.75]
    assert list(steps["low"]) == [clopper_pearson_lower(k, 4, 0.9) for k in (2, 3)]


# Mistakes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: clopper_pearson(3, 2), "events = 3: give 0 to the number of trials"),
        (lambda: clopper_pearson(-1, 2), "events = -1"),
        (lambda: clopper_pearson(0.5, 2), "events: float64: give whole numbers"),
        (lambda: clopper_pearson(0, 0), "trials = 0: give at least one"),
        (lambda: clopper_pearson(1, 2, 90.0), "confidence = 90: give a share"),
        (lambda: smallest_sample(0.0), "failure_probability = 0"),
        (lambda: smallest_sample(0.1, -1), "failures = -1"),
        (lambda: failures_allowed(0, 0.1), "samples = 0"),
        (lambda: quantile([], 0.5), r"sample: shape \(0,\)"),
        (lambda: quantile([[1.0]], 0.5), r"sample: shape \(1, 1\)"),
        (lambda: quantile([1.0, math.nan], 0.5), r"sample\[1\] = nan: give a number, or inf"),
        (lambda: smallest_reserve([1.0, -math.inf], 0.5), r"need\[1\] = -inf"),
        (lambda: smallest_reserve([1.0], 1.0), "probability = 1"),
        (lambda: SuccessCurve([math.nan]), r"need\[0\] = nan"),
        (lambda: SuccessCurve([1.0], 1.0), "confidence = 1"),
    ],
)
def test_arguments_that_cannot_be(call, words):
    with pytest.raises(ValueError, match=words):
        call()
