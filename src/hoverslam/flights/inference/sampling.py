"""A check of the linear estimate: launches solved at draws of it, weighted by how probable they really are.

The draws come from the normal posterior. Each is weighted by its true posterior density over the density it was drawn with
(importance sampling; Owen 2013, chapter 9). Weighted and plain statistics of the same draws then differ by the error of the
linear estimate, and not by the chance of the draws.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hoverslam.flights.inference.flown import Flights, NotFlown, computed_values
from hoverslam.flights.inference.gauss_newton import Fitted
from hoverslam.flights.inference.laplace import Array, Gaussian, LinearClaims
from hoverslam.flights.inference.unknowns import with_unknowns

_TRIES = 100
"""Draws for each that is kept: those outside the hard bounds are drawn again."""


@dataclass(frozen=True)
class SamplingCheck:
    """What launches solved at draws of the posterior say about the linear estimate.

    Attributes:
        draws: Number of draws.
        unsolved: Draws whose launches were not solved; they are left out.
        effective: Effective number of draws, ``(sum of weights)**2 / sum of squared weights``.
        mean_differences: Weighted less plain mean of each unknown, in posterior standard errors, shape ``(m,)``.
        sigma_differences: Weighted over plain standard deviation of each unknown, less one, shape ``(m,)``.
        prediction_errors: Root mean square of the computed claims less the linear ones, in standard errors of the claims,
            shape ``(n,)``.
    """

    draws: int
    unsolved: int
    effective: float
    mean_differences: Array
    sigma_differences: Array
    prediction_errors: Array


def drawn(unknown: Gaussian, low: Array, high: Array, count: int, seed: int) -> Array:
    """Return draws of the unknowns inside hard bounds, shape ``(count, m)``.

    Args:
        unknown: Their distribution.
        low: Hard lower bounds.
        high: Hard upper bounds.
        count: Number of draws.
        seed: Seed.
    """
    random = np.random.default_rng(seed)
    values, vectors = np.linalg.eigh(unknown.covariance)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    found = []
    for _ in range(count):
        draw = unknown.mean
        for _ in range(_TRIES):
            draw = unknown.mean + root @ random.standard_normal(len(unknown.mean))
            if np.all((draw >= low) & (draw <= high)):
                break
        found.append(np.clip(draw, low, high))
    return np.array(found).reshape(count, len(unknown.mean))


def weights(draws: Array, computed: Array, linear: LinearClaims) -> Array:
    """Return the weights of draws of the posterior of a linear model, which sum to one, shape ``(k,)``.

    The true and the linear density share the prior. Their ratio is that of the likelihoods of what is really computed and of
    what the linear model gives.

    Args:
        draws: The draws, shape ``(k, m)``.
        computed: What is really computed for each, shape ``(k, n)``.
        linear: The linear model, of which claims with a finite error count.
    """
    heard = linear.heard
    precision = np.linalg.inv(linear.errors[np.ix_(heard, heard)])
    misses = [(linear.values - given)[:, heard] for given in (computed, linear.offset + draws @ linear.jacobian.T)]
    true, assumed = (np.einsum("ki,ij,kj->k", miss, precision, miss) for miss in misses)
    logarithms = 0.5 * (assumed - true)
    raw = np.exp(logarithms - np.max(logarithms))
    return np.asarray(raw / np.sum(raw))


def check_by_sampling(fitted: Fitted, count: int, seed: int, report: Callable[[str], None]) -> SamplingCheck | None:
    """Return what launches solved at draws of the posterior say; None if fewer than two were solved.

    Args:
        fitted: The estimate.
        count: Number of draws.
        seed: Seed of the draws.
        report: Receives one line for each draw.
    """
    low, high = (np.array(ends) for ends in zip(*(unknown.bounds for unknown in fitted.unknowns), strict=True))
    flights = fitted.at_posterior.flights.only({claim.case for claim in fitted.claims})
    solved, computed = [], []
    for number, draw in enumerate(drawn(fitted.unknown, low, high, count, seed), 1):
        report(f"draw {number} of {count}")
        found = _computed(fitted, flights, draw)
        if found is not None:
            solved.append(draw)
            computed.append(found)
    if len(solved) < 2:
        return None
    draws, given = np.array(solved), np.array(computed)
    return _compared(draws, given, fitted, count)


def _computed(fitted: Fitted, flights: Flights, draw: Array) -> Array | None:
    """Return what launches give for each claim at a draw; None if one was not solved."""
    try:
        moved = flights.moved(with_unknowns(fitted.unknowns, draw), lambda line: None)
    except NotFlown:
        return None
    return computed_values(fitted.claims, moved)


def _compared(draws: Array, computed: Array, fitted: Fitted, count: int) -> SamplingCheck:
    weight = weights(draws, computed, fitted.linear)
    plain = np.full(len(draws), 1.0 / len(draws))
    sigma = np.maximum(fitted.unknown.sigma, 1e-9)
    means = [share @ draws for share in (weight, plain)]
    spreads = [np.sqrt(share @ (draws - mean) ** 2) for share, mean in zip((weight, plain), means, strict=True)]
    off = computed - (fitted.linear.offset + draws @ fitted.linear.jacobian.T)
    errors = np.sqrt(np.mean(off**2, axis=0)) / np.sqrt(np.diag(fitted.linear.errors))
    return SamplingCheck(
        draws=count,
        unsolved=count - len(draws),
        effective=float(1.0 / np.sum(weight**2)),
        mean_differences=(means[0] - means[1]) / sigma,
        sigma_differences=spreads[0] / np.maximum(spreads[1], 1e-12) - 1.0,
        prediction_errors=errors,
    )
