"""The linear Gaussian estimate: unknowns with a normal prior, claims that are linear in them, normal errors.

Unknowns are counted in standard errors of the prior from their prior values, so that the prior is normal with mean zero and
unit covariance. Around a point the launch optimum is linear in them. The posterior of that linear model is Laplace's
approximation of the posterior (MacKay 2003, chapter 27). All of it is in closed form (Rasmussen and Williams 2006, appendix
A.2), but for unknowns that stop at a hard bound.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

Array = NDArray[np.float64]

BAND_90 = float(stats.norm.ppf(0.95))
"""Half the width of a central band of 90 % in standard errors."""


@dataclass(frozen=True)
class LinearClaims:
    """Claims about linear functions of the unknowns: ``values = offset + jacobian @ z + error``.

    Attributes:
        values: What is claimed, shape ``(n,)``.
        offset: What is computed at the prior values, shape ``(n,)``.
        jacobian: Change of what is computed by one standard error of each unknown, shape ``(n, m)``.
        errors: Covariance of the errors, shape ``(n, n)``. A claim with an infinite variance says nothing.
    """

    values: Array
    offset: Array
    jacobian: Array
    errors: Array

    @property
    def heard(self) -> NDArray[np.bool_]:
        """Which claims say something: those with a finite error, shape ``(n,)``."""
        return np.isfinite(np.diag(self.errors))

    def only(self, which: NDArray[np.bool_]) -> "LinearClaims":
        """Return some of the claims."""
        errors = self.errors[np.ix_(which, which)]
        return LinearClaims(self.values[which], self.offset[which], self.jacobian[which], errors)

    def without(self, index: int) -> "LinearClaims":
        """Return all claims but one."""
        return self.only(np.arange(len(self.values)) != index)

    def exactly(self, index: int) -> "LinearClaims":
        """Return one claim alone, without error."""
        one = self.only(np.arange(len(self.values)) == index)
        return replace(one, errors=np.zeros((1, 1)))

    @property
    def residual(self) -> Array:
        """What is claimed less what is computed at the prior values, shape ``(n,)``."""
        return self.values - self.offset

    @property
    def covariance(self) -> Array:
        """Covariance of the residual, from prior and errors, shape ``(n, n)``."""
        return self.jacobian @ self.jacobian.T + self.errors


class Gaussian(NamedTuple):
    """A normal distribution of the unknowns, in standard errors of the prior.

    Attributes:
        mean: Shape ``(m,)``.
        covariance: Shape ``(m, m)``.
    """

    mean: Array
    covariance: Array

    @property
    def sigma(self) -> Array:
        """Standard error of each unknown, shape ``(m,)``."""
        return np.sqrt(np.clip(np.diag(self.covariance), 0.0, None))

    @property
    def correlation(self) -> Array:
        """Correlations, shape ``(m, m)``; zero where an unknown has no error."""
        scale = np.outer(self.sigma, self.sigma)
        return np.divide(self.covariance, scale, out=np.zeros_like(scale), where=scale > 0.0)


class Expected(NamedTuple):
    """A number that is expected, with its standard error."""

    mean: float
    sigma: float

    @property
    def band(self) -> tuple[float, float]:
        """The central band of 90 %."""
        return self.mean - BAND_90 * self.sigma, self.mean + BAND_90 * self.sigma


def prior_of(size: int) -> Gaussian:
    """Return the prior of that many unknowns."""
    return Gaussian(np.zeros(size), np.eye(size))


def posterior(claims: LinearClaims, low: Array | None = None, high: Array | None = None) -> Gaussian:
    """Return the distribution of the unknowns after the claims.

    Where the mean would pass a hard bound, the most probable point inside the bounds takes its place. The covariance is that
    without bounds.

    Args:
        claims: The claims.
        low: Hard lower bounds, shape ``(m,)``; minus infinity where there is none.
        high: Hard upper bounds.
    """
    heard = claims.only(claims.heard)
    size = claims.jacobian.shape[1]
    if not len(heard.values):
        return prior_of(size)
    gain = np.linalg.solve(heard.covariance, heard.jacobian).T
    mean = gain @ heard.residual
    covariance = np.eye(size) - gain @ heard.jacobian
    covariance = 0.5 * (covariance + covariance.T)
    low = np.full(size, -np.inf) if low is None else low
    high = np.full(size, np.inf) if high is None else high
    if np.all((mean >= low) & (mean <= high)):
        return Gaussian(mean, covariance)
    return Gaussian(_most_probable(heard, low, high), covariance)


def _most_probable(claims: LinearClaims, low: Array, high: Array) -> Array:
    """Return the most probable unknowns inside hard bounds: a bounded linear least-squares problem."""
    whitened = np.linalg.cholesky(claims.errors)
    rows = np.vstack([np.linalg.solve(whitened, claims.jacobian), np.eye(claims.jacobian.shape[1])])
    aims = np.concatenate([np.linalg.solve(whitened, claims.residual), np.zeros(claims.jacobian.shape[1])])
    return np.asarray(optimize.lsq_linear(rows, aims, (low, high), tol=1e-12).x)


def computed(offset: float, slopes: Array, unknowns: Gaussian) -> Expected:
    """Return what is expected of a number that is linear in the unknowns.

    Args:
        offset: The number at the prior values.
        slopes: Its change by one standard error of each unknown, shape ``(m,)``.
        unknowns: Distribution of the unknowns.
    """
    variance = float(slopes @ unknowns.covariance @ slopes)
    return Expected(float(offset + slopes @ unknowns.mean), float(np.sqrt(max(variance, 0.0))))


def left_out(claims: LinearClaims, index: int) -> Expected:
    """Return what the prior and the other claims make one expect that a claim says, its own error included.

    Raises:
        ValueError: For a claim without a finite error.
    """
    if not claims.heard[index]:
        raise ValueError("a claim with an infinite error says nothing that could be expected")
    heard = claims.only(claims.heard)
    at = int(np.sum(claims.heard[:index]))
    inverse = np.linalg.inv(heard.covariance)
    variance = 1.0 / inverse[at, at]
    gap = float((inverse @ heard.residual)[at] * variance)
    return Expected(float(claims.values[index]) - gap, float(np.sqrt(variance)))


def off_prior(claims: LinearClaims, index: int) -> float:
    """Return by how many standard errors a claim differs from what the prior alone makes one expect."""
    return float(claims.residual[index] / np.sqrt(claims.covariance[index, index]))


def off_given(claims: LinearClaims, index: int, given: int) -> float:
    """Return by how many standard errors a claim differs from what the prior and one other claim make one expect."""
    pair = claims.only(np.isin(np.arange(len(claims.values)), (index, given)))
    expected = left_out(pair, 0 if index < given else 1)
    return float((claims.values[index] - expected.mean) / expected.sigma)


class ChiSquare(NamedTuple):
    """How well all claims agree with the prior and with each other.

    Attributes:
        value: Squared distance of the claims from what the prior makes one expect.
        claims: Number of claims that say something: the mean of ``value`` where all is right.
        probability: Probability of a value as large or larger where all is right.
    """

    value: float
    claims: int
    probability: float


def joint_chi_square(claims: LinearClaims) -> ChiSquare:
    """Return how well all claims agree with the prior and with each other."""
    heard = claims.only(claims.heard)
    value = float(heard.residual @ np.linalg.solve(heard.covariance, heard.residual)) if len(heard.values) else 0.0
    return ChiSquare(value, len(heard.values), float(stats.chi2.sf(value, max(len(heard.values), 1))))
