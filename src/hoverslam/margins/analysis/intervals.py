"""Exact binomial intervals, and the sample sizes that verify a probability.

The interval of a success probability is that of Clopper and Pearson 1934, Biometrika 26(4). Requirements are verified
as in Hanson and Beard 2010, NASA TP-2010-216447, with 10 % consumer's risk unless the caller asks for another
confidence.
"""

from bisect import bisect_left, bisect_right
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, betaincinv

from hoverslam.margins.analysis.checks import Floats, require_level, whole_counts

ROUNDING = 1e-12  # tolerance of a probability: a bound met to within rounding counts as met


class Interval(NamedTuple):
    """Lower and upper end, numbers or arrays."""

    low: Floats
    high: Floats


class Success(NamedTuple):
    """Share of successes, and the ends of its Clopper-Pearson interval."""

    probability: Floats
    low: Floats
    high: Floats


def clopper_pearson(events: ArrayLike, trials: ArrayLike, confidence: float = 0.9) -> Interval:
    """Return the two-sided interval of a probability, with half the risk at each end.

    It contains the true probability in at least the share ``confidence`` of all samples. For small probabilities the share is
    greater, since a count is a whole number.

    Args:
        events: Number of events, of any shape.
        trials: Number of trials, broadcast with ``events``.
        confidence: Two-sided confidence.

    Returns:
        Lower and upper end, each of the shape of ``events``.

    Raises:
        ValueError: for counts that are not whole, ``events`` outside 0 to ``trials``, no trials, or a confidence outside
            0 to 1.
    """
    require_level("confidence", confidence)
    one_sided = (1.0 + confidence) / 2.0
    return Interval(clopper_pearson_lower(events, trials, one_sided), clopper_pearson_upper(events, trials, one_sided))


def clopper_pearson_lower(events: ArrayLike, trials: ArrayLike, confidence: float = 0.9) -> Floats:
    """Return the one-sided lower bound of a probability, of the shape of ``events``; 0 for no event.

    Args:
        events: Number of events, of any shape.
        trials: Number of trials, broadcast with ``events``.
        confidence: One-sided confidence.

    Raises:
        ValueError: as :func:`clopper_pearson`.
    """
    require_level("confidence", confidence)
    found, tried = whole_counts(events, trials)
    bound = betaincinv(np.maximum(found, 1), tried - np.maximum(found, 1) + 1, 1.0 - confidence)
    return np.where(found == 0, 0.0, bound)[()]


def clopper_pearson_upper(events: ArrayLike, trials: ArrayLike, confidence: float = 0.9) -> Floats:
    """Return the one-sided upper bound of a probability, of the shape of ``events``; 1 if every trial is an event.

    Args:
        events: Number of events, of any shape.
        trials: Number of trials, broadcast with ``events``.
        confidence: One-sided confidence.

    Raises:
        ValueError: as :func:`clopper_pearson`.
    """
    require_level("confidence", confidence)
    found, tried = whole_counts(events, trials)
    fewer = np.minimum(found, tried - 1)
    bound = betaincinv(fewer + 1, tried - fewer, confidence)
    return np.where(found == tried, 1.0, bound)[()]


def smallest_sample(failure_probability: float, failures: int = 0, confidence: float = 0.9) -> int:
    """Return the smallest sample size that verifies a failure probability if a given number of samples fail.

    It is the least n for which at most ``failures`` failures have a probability of at most 1 - ``confidence`` at that failure
    probability (exact binomial; Hanson and Beard 2010).

    Args:
        failure_probability: Largest failure probability that is to be verified.
        failures: Number of samples that fail.
        confidence: One-sided confidence.

    Raises:
        ValueError: for a level outside 0 to 1 or a negative number of failures.
    """
    require_level("failure_probability", failure_probability)
    require_level("confidence", confidence)
    if failures < 0:
        raise ValueError(f"failures = {failures}: give how many may fail, zero or above")

    def verified(samples: int) -> bool:
        return _binomial(failures, samples, failure_probability) <= 1.0 - confidence + ROUNDING

    most = failures + 1
    while not verified(most):
        most *= 2
    return bisect_left(range(most), True, lo=failures + 1, key=verified)


def failures_allowed(samples: int, failure_probability: float, confidence: float = 0.9) -> int | None:
    """Return how many samples may fail with a failure probability still verified; None if the sample is too small.

    Args:
        samples: Number of samples.
        failure_probability: Largest failure probability that is to be verified.
        confidence: One-sided confidence.

    Raises:
        ValueError: for a level outside 0 to 1 or no samples.
    """
    require_level("failure_probability", failure_probability)
    require_level("confidence", confidence)
    if samples < 1:
        raise ValueError(f"samples = {samples}: give at least one")
    count = ranks_within(samples, failure_probability, 1.0 - confidence)
    return count - 1 if count else None


def _binomial(events: int, trials: int, probability: float) -> float:
    """Return the probability of at most ``events`` events."""
    return float(betainc(trials - events, events + 1, 1.0 - probability)) if events < trials else 1.0


def ranks_within(samples: int, probability: float, risk: float) -> int:
    """Return how many counts, from zero on, have a cumulative binomial probability of at most ``risk``."""
    return bisect_right(range(samples + 1), risk + ROUNDING, key=lambda count: _binomial(count, samples, probability))
