"""Quantiles of a sample bounded by order statistics, without assumptions about the distribution.

Of n independent samples, the number at or below the q-quantile is binomial (n, q) whatever the distribution, so that
the rank of a sample value determines its confidence. The r-th smallest value is an upper bound of the q-quantile with
confidence c exactly if r successes of n put the lower Clopper-Pearson bound at q or above. Sobol and Latin designs are
not independent samples; their scatter is smaller than these intervals say.

A sample lost for other reasons than propellant needs an infinite reserve and is the largest in the order.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hoverslam.margins.analysis.checks import require_level, sample_values
from hoverslam.margins.analysis.fitted_quantiles import FittedQuantile, fitted_quantile
from hoverslam.margins.analysis.intervals import ROUNDING, failures_allowed, ranks_within, smallest_sample


@dataclass(frozen=True)
class QuantileBound:
    """A bound of a quantile from order statistics.

    Attributes:
        value: the bound; infinite, with the conservative sign, where the sample is too small or too many of its values are
            infinite.
        rank: rank of the sample value that is the bound, 1 for the smallest; None where the sample is too small.
        samples_needed: smallest sample size for which the bound is finite.
    """

    value: float
    rank: int | None
    samples_needed: int


@dataclass(frozen=True)
class Quantile:
    """A quantile of a sample.

    Attributes:
        probability, confidence: the level, and the confidence of both intervals.
        empirical: smallest sample value that at least the share ``probability`` of the sample does not exceed.
        low, high: interval from order statistics; infinite where the sample is too small.
        samples_needed: smallest sample size for which both ends are finite, if no sample is lost.
        fitted: quantile of a fitted distribution. None for a sample that is too small, for a quantile with at least half of
            the tail above it (order statistics are better there), for equal values or a single outlier, and where too many
            samples are lost.
    """

    probability: float
    confidence: float
    empirical: float
    low: float
    high: float
    samples_needed: int
    fitted: FittedQuantile | None


def quantile_upper_bound(sample: ArrayLike, probability: float, confidence: float = 0.9) -> QuantileBound:
    """Return the one-sided upper bound of a quantile: the smallest sample value that exceeds it with the confidence.

    Args:
        sample: ``(n,)``; infinite values are allowed and count as the largest.
        probability: level of the quantile.
        confidence: one-sided.

    Raises:
        ValueError: for an empty sample, NaN or minus infinity in it, or a level outside 0 to 1.
    """
    ordered = np.sort(sample_values("sample", sample))
    allowed = failures_allowed(len(ordered), 1.0 - probability, confidence)
    rank = None if allowed is None else len(ordered) - allowed
    value = math.inf if rank is None else float(ordered[rank - 1])
    return QuantileBound(value, rank, smallest_sample(1.0 - probability, 0, confidence))


def quantile_lower_bound(sample: ArrayLike, probability: float, confidence: float = 0.9) -> QuantileBound:
    """Return the one-sided lower bound of a quantile: the largest sample value below it with the confidence.

    Arguments and errors are those of :func:`quantile_upper_bound`.
    """
    require_level("confidence", confidence)
    require_level("probability", probability)
    ordered = np.sort(sample_values("sample", sample))
    rank = ranks_within(len(ordered), probability, 1.0 - confidence) or None
    value = -math.inf if rank is None else float(ordered[rank - 1])
    return QuantileBound(value, rank, smallest_sample(probability, 0, confidence))


def quantile(sample: ArrayLike, probability: float, confidence: float = 0.9, seed: int = 0) -> Quantile:
    """Return a quantile in three ways: empirical, bounded by order statistics, and from a fitted skewed tail.

    The tail is a generalised Pareto distribution of the excesses over a threshold. It is fitted to the largest tenth of
    the sample, but at most 2000 values, by probability-weighted moments (Hosking and Wallis 1987, Technometrics 29(3)).
    Below 300 values Pearson III, the gamma distribution with any skewness, is fitted to the whole sample by L-moments
    (Hosking and Wallis 1997, Regional Frequency Analysis). The intervals are parametric bootstraps: of the ratio of
    true to estimated excess for the tail, and of the error in standard deviations for Pearson III.

    Args:
        sample: ``(n,)``; infinite values are allowed and count as the largest.
        probability: level of the quantile.
        confidence: two-sided, of both intervals.
        seed: seed of the bootstrap.

    Raises:
        ValueError: as :func:`quantile_upper_bound`.
    """
    require_level("confidence", confidence)
    require_level("probability", probability)
    ordered = np.sort(sample_values("sample", sample))
    one_sided = (1.0 + confidence) / 2.0
    low = quantile_lower_bound(ordered, probability, one_sided)
    high = quantile_upper_bound(ordered, probability, one_sided)
    return Quantile(
        probability=probability,
        confidence=confidence,
        empirical=float(ordered[max(math.ceil(len(ordered) * (probability - ROUNDING)), 1) - 1]),
        low=low.value,
        high=high.value,
        samples_needed=max(low.samples_needed, high.samples_needed),
        fitted=fitted_quantile(ordered, probability, confidence, np.random.default_rng(seed)),
    )
