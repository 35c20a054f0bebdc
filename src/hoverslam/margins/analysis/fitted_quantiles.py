"""Quantiles from fitted distributions: a generalised Pareto tail, or Pearson III for small samples.

A fitted quantile reaches beyond the sample, but it is only as good as its model. Order statistics (:mod:`.quantiles`) verify a
requirement; fitted quantiles serve planning.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainccinv, gammaincinv, gammaln, ndtri

from hoverslam.margins.analysis.checks import Floats
from hoverslam.margins.analysis.intervals import ROUNDING

_SHARE = 10  # the upper tail holds one sample in this many
_TAIL_LEAST, _TAIL_MOST = 30, 2000  # samples of a tail: fewer do not determine its shape; more are not needed
_FIT_LEAST = 10  # least samples for a fit of the whole distribution
_REPLICATES = 1000  # replicates of a bootstrap
_LEAST_SKEWNESS = 1e-3  # below it the quantiles of Pearson III equal those of a normal law to three digits
_MOST_SKEWNESS = 6.0  # beyond it one or two values are far from all others, and a shape cannot be estimated
_NO_SHAPE = 1e-9  # below this shape the quantiles equal those of shape zero within rounding


@dataclass(frozen=True)
class FittedQuantile:
    """A quantile of a fitted distribution, with a bootstrap interval that covers the fit but not the error of the model.

    The distribution is fitted to the samples that landed. The share of lost samples is the observed one; its
    uncertainty enters the interval by draws from Jeffreys's posterior. Coverage was measured on 300 samples each of
    normal, gamma, log-normal, skew-normal and Gumbel values. The 90 % interval of the generalised Pareto distribution
    contained the 99 % quantile in 83 to 90 % of the samples and the 99.87 % quantile in 81 to 90 % (300 to 3000
    values). That of Pearson III contained either in 87 to 93 %, but for Gumbel values, whose tail it cannot represent,
    in 70 to 86 % (30 to 299 values). Most intervals that miss the true quantile lie below it: verify a requirement with order
    statistics.

    Attributes:
        model: ``"generalised Pareto"`` above a threshold, or ``"Pearson III"`` for a small sample.
        value: estimate of the quantile.
        low, high: ends of the interval.
        used: number of values that the distribution was fitted to.
    """

    model: str
    value: float
    low: float
    high: float
    used: int


def fitted_quantile(
    ordered: Floats, probability: float, confidence: float, rng: np.random.Generator
) -> FittedQuantile | None:
    """Return a fitted quantile of an ascending sample, or None where no distribution can be fitted.

    Args:
        ordered: ``(n,)`` ascending; infinite values stand for lost samples.
        probability: level of the quantile.
        confidence: two-sided, of the bootstrap interval.
        rng: source of the bootstrap.
    """
    landed = ordered[np.isfinite(ordered)]
    n, lost = len(landed), len(ordered) - len(landed)
    above = (1.0 - probability) * len(ordered) - lost  # landed samples above the quantile
    tail = min(n // _SHARE, _TAIL_MOST)
    if n < _FIT_LEAST or above <= 0.0:
        return None
    # The share of landed samples above the quantile is uncertain too: each replicate draws its own.
    lost_share = rng.beta(lost + 0.5, n + 0.5, _REPLICATES) if lost else np.zeros(_REPLICATES)
    shares = np.maximum((1.0 - probability - lost_share) / (1.0 - lost_share), 0.0)
    ends = np.array([0.5 - confidence / 2.0, 0.5 + confidence / 2.0])
    if tail < _TAIL_LEAST:
        return _pearson_quantile(landed, above / n, shares, ends, rng)
    return _tail_quantile(landed, tail, above / n, shares, ends, rng) if above <= tail / 2 else None


def _tail_quantile(
    landed: Floats, tail: int, share: float, shares: Floats, ends: Floats, rng: np.random.Generator
) -> FittedQuantile | None:
    n, threshold = len(landed), landed[-tail - 1]
    shape, scale = _pareto_of(landed[-tail:] - threshold)
    if not scale > 0.0:
        return None
    reach = math.log(tail / n / share)
    excess = float(scale * _pareto_excess(shape, reach))
    # The threshold is an order statistic: the true share above it is a beta variate.
    begins = _pareto_excess(shape, np.log(tail / n / rng.beta(tail + 1, n - tail, _REPLICATES)))
    drawn = _pareto_excess(shape, rng.exponential(size=(_REPLICATES, tail)))
    shapes, scales = _pareto_of(np.sort(drawn, axis=1))
    estimates = (1.0 + shape * begins) * scales * _pareto_excess(shapes, reach)
    with np.errstate(divide="ignore"):
        truth = np.where(shares > 0.0, _pareto_excess(shape, np.log(tail / n / shares)), math.inf)
    low, high = threshold + excess * np.quantile((truth - begins) / estimates, ends, method="inverted_cdf")
    return FittedQuantile("generalised Pareto", float(threshold + excess), float(low), float(high), tail)


def _pareto_of(excesses: Floats) -> tuple[Floats, Floats]:
    """Return shape and scale by probability-weighted moments, for excesses in ascending order along the last axis.

    The exceedance probability is (1 + shape x/scale)^(-1/shape). The scale is zero where all excesses are equal.
    """
    n = excesses.shape[-1]
    mean = excesses.mean(axis=-1)
    weighted = excesses @ np.arange(n - 1, -1, -1) / (n * (n - 1))
    spread = mean - 2.0 * weighted
    differ = spread > ROUNDING * mean
    spread = np.where(differ, spread, 1.0)
    return 2.0 - mean / spread, np.where(differ, 2.0 * mean * weighted / spread, 0.0)


def _pareto_excess(shape: ArrayLike, reach: ArrayLike) -> Floats:
    """Return the excess, in units of the scale, that the share exp(-``reach``) of the tail exceeds."""
    bent = np.where(np.abs(shape) < _NO_SHAPE, _NO_SHAPE, shape)
    return np.expm1(bent * np.asarray(reach)) / bent


def _pearson_quantile(
    landed: Floats, share: float, shares: Floats, ends: Floats, rng: np.random.Generator
) -> FittedQuantile | None:
    mean, deviation, skewness = _pearson_of(landed)
    if not deviation > 0.0 or abs(skewness) > _MOST_SKEWNESS:
        return None
    value = float(mean + deviation * _pearson_deviate(skewness, share))
    shape = 4.0 / max(abs(float(skewness)), _LEAST_SKEWNESS) ** 2
    drawn = (rng.gamma(shape, size=(_REPLICATES, len(landed))) - shape) / math.sqrt(shape)
    drawn = np.sort(drawn if skewness >= 0.0 else -drawn, axis=1)
    means, deviations, skews = _pearson_of(drawn)
    estimates = means + deviations * _pearson_deviate(skews, share)
    truth = np.where(shares > 0.0, _pearson_deviate(skewness, shares), math.inf)
    low, high = value + deviation * np.quantile((truth - estimates) / deviations, ends, method="inverted_cdf")
    return FittedQuantile("Pearson III", value, float(low), float(high), len(landed))


def _pearson_of(ordered: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean, standard deviation and skewness of Pearson III by L-moments, for values ascending along the last axis.

    The shape of the gamma distribution follows from rational approximations (Hosking 1997), accurate to 5e-5 of it.
    """
    n = ordered.shape[-1]
    below = np.arange(n, dtype=float)
    first = ordered.mean(axis=-1)
    second = ordered @ below / (n * (n - 1.0))
    third = ordered @ (below * (below - 1.0)) / (n * (n - 1.0) * (n - 2.0))
    scale = 2.0 * second - first
    differ = scale > ROUNDING * np.abs(first)
    scale = np.where(differ, scale, 1.0)
    skew = np.clip((6.0 * third - 6.0 * second + first) / scale, -1.0 + ROUNDING, 1.0 - ROUNDING)
    z, u = 3.0 * np.pi * np.maximum(skew**2, ROUNDING), 1.0 - np.abs(skew)
    flat = (1.0 + 0.2906 * z) / (z + 0.1882 * z**2 + 0.0442 * z**3)
    steep = u * (0.36067 + u * (-0.59567 + u * 0.25361)) / (1.0 + u * (-2.78861 + u * (2.56096 - u * 0.77045)))
    shape = np.where(np.abs(skew) < 1.0 / 3.0, flat, steep)
    deviation = scale * np.sqrt(np.pi * shape) * np.exp(gammaln(shape) - gammaln(shape + 0.5))
    return first, np.where(differ, deviation, 0.0), np.sign(skew) * 2.0 / np.sqrt(shape)


def _pearson_deviate(skewness: ArrayLike, share: ArrayLike) -> Floats:
    """Return the number of standard deviations above the mean that ``share`` of a Pearson III distribution exceeds."""
    shape = 4.0 / np.maximum(np.abs(skewness), _LEAST_SKEWNESS) ** 2
    level = np.asarray(share, dtype=float)
    upwards = (gammainccinv(shape, level) - shape) / np.sqrt(shape)
    downwards = (shape - gammaincinv(shape, level)) / np.sqrt(shape)
    skewed = np.where(np.asarray(skewness) > 0.0, upwards, downwards)
    return np.where(np.abs(skewness) < _LEAST_SKEWNESS, -ndtri(level), skewed)
