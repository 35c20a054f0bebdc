"""Claims that contradict each other, and what would have to be true for a claim to hold."""

from typing import NamedTuple

import numpy as np

from hoverslam.flights.inference.laplace import Array, LinearClaims, off_given

CONTRADICTS = 2.0
"""Standard errors from which on two claims are said to contradict each other."""


class Contradiction(NamedTuple):
    """Two claims that contradict each other.

    Attributes:
        first, second: Indices of the claims.
        sigma: Whichever of the two is taken as true, the other is off by at least so many standard errors.
    """

    first: int
    second: int
    sigma: float


def contradictions(claims: LinearClaims, least: float = CONTRADICTS) -> list[Contradiction]:
    """Return the pairs of claims that contradict each other, the strongest first.

    Two claims contradict each other if each of them, taken as true with its error, puts the other at least ``least`` standard
    errors away, and both on opposite sides of what the other makes one expect (for numbers that rise and fall together; on
    the same side for numbers of which one rises where the other falls). Claims that agree with each other and not with the
    prior are then no contradiction, and neither are claims that have nothing to do with each other.

    Args:
        claims: The claims.
        least: Least number of standard errors.
    """
    heard = [int(index) for index in np.flatnonzero(claims.heard)]
    found = []
    for at, first in enumerate(heard):
        for second in heard[at + 1 :]:
            one, other = off_given(claims, first, second), off_given(claims, second, first)
            opposed = one * other * claims.covariance[first, second] < 0.0
            if opposed and min(abs(one), abs(other)) >= least:
                found.append(Contradiction(first, second, min(abs(one), abs(other))))
    return sorted(found, key=lambda pair: -pair.sigma)


class Needed(NamedTuple):
    """What would have to be true for a claim to hold exactly.

    Attributes:
        shift: Most probable unknowns under that condition, in standard errors of the prior, shape ``(m,)``.
        sigma: Length of the shift: how improbable the condition is; infinite where no unknown moves the claim.
    """

    shift: Array
    sigma: float


def needed(claims: LinearClaims, index: int) -> Needed:
    """Return the most probable unknowns if a claim holds exactly, by the prior alone."""
    slopes, gap = claims.jacobian[index], float(claims.residual[index])
    squared = float(slopes @ slopes)
    if squared == 0.0:
        return Needed(np.zeros_like(slopes), float("inf") if gap else 0.0)
    return Needed(slopes * gap / squared, abs(gap) / float(np.sqrt(squared)))
