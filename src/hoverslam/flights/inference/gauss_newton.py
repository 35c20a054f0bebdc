"""The most probable figures: launches are made linear, the linear estimate is taken, both are repeated (Gauss-Newton)."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from hoverslam.flights.inference.claims import Case, Claim, error_covariance
from hoverslam.flights.inference.flown import (
    Flights,
    Known,
    NotFlown,
    claim_row,
    computed_values,
    inclination_slope,
    payload_row,
)
from hoverslam.flights.inference.laplace import Array, Gaussian, LinearClaims, posterior
from hoverslam.flights.inference.unknowns import Unknown, with_unknowns

Report = Callable[[str], None]

CONVERGED = 0.05
"""Largest remaining move of an unknown, in its posterior standard error."""
MOST_ITERATIONS = 8
_LONGEST = 3.0
"""Longest step in standard errors of the prior: launches further away are rarely found from the last ones."""
_SHORTEST = 1.0 / 4.0
"""Share of a step below which a launch that is not solved ends the iterations."""
_SMALL, SMALL_PAYLOAD = 0.03, 1e-3
"""Share of a claim's error, and of a payload: entries of a row below it are not computed again at the next point."""


@dataclass(frozen=True)
class Linearised:
    """The launches at one point, linear around it.

    Attributes:
        point: The point: shifts of the unknowns in standard errors of the prior, shape ``(m,)``.
        flights: The launches there.
        computed: What they give for each claim, shape ``(n,)``.
        jacobian: Change of it by one standard error of each unknown, shape ``(n, m)``.
        payloads: Change of each payload (kg), shape ``(m,)``, by launch.
    """

    point: Array
    flights: Flights
    computed: Array
    jacobian: Array
    payloads: dict[Case, Array]

    def offset(self) -> Array:
        """Return what the linear model gives at the prior values, shape ``(n,)``."""
        return np.asarray(self.computed - self.jacobian @ self.point)

    def claims(self, values: Array, errors: Array) -> LinearClaims:
        """Return the claims about the linear model."""
        return LinearClaims(values, self.offset(), self.jacobian, errors)


@dataclass(frozen=True)
class Fitted:
    """The outcome of the iterations.

    Attributes:
        claims: The claims, with the errors of inclinations that they leave open.
        unknowns: The unknowns.
        at_prior: The launches at the prior values.
        at_posterior: The launches at the last point.
        linear: The claims about the linear model of the last point.
        unknown: Distribution of the unknowns after the claims.
        steps: Remaining move after each iteration, in posterior standard errors.
        notes: What did not go as planned.
    """

    claims: list[Claim]
    unknowns: list[Unknown]
    at_prior: Linearised
    at_posterior: Linearised
    linear: LinearClaims
    unknown: Gaussian
    steps: tuple[float, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def converged(self) -> bool:
        """Whether the last move was small enough."""
        return bool(self.steps) and self.steps[-1] < CONVERGED


def fit(flights: Flights, claims: list[Claim], unknowns: list[Unknown], report: Report) -> Fitted:
    """Return the most probable figures of a vehicle after its claims.

    Args:
        flights: Its launches at the prior values.
        claims: The claims.
        unknowns: Figures that may move a claim; those that move neither a claim nor a payload are left out.
        report: Receives one line for each step.

    Raises:
        NotFlown: If the slopes of a claim are not found at the prior values.
    """
    claims = [
        claim.with_inclination(inclination_slope(claim, flights.by_case[claim.case]))
        if claim.open_inclination
        else claim
        for claim in claims
    ]
    report("slopes at the prior values")
    first = linearised(np.zeros(len(unknowns)), flights, claims, unknowns)
    unknowns, first = _that_matter(unknowns, first)
    return fit_from(first, claims, unknowns, report)


def fit_from(first: Linearised, claims: list[Claim], unknowns: list[Unknown], report: Report) -> Fitted:
    """Return the most probable figures after claims, from launches that are linear around the prior values.

    Args:
        first: The launches at the prior values with their slopes.
        claims: The claims that the slopes are about; what they claim may be anything.
        unknowns: The unknowns.
        report: Receives one line for each step.
    """
    values, errors = np.array([claim.value for claim in claims]), error_covariance(claims)
    low, high = (np.array(ends) for ends in zip(*(unknown.bounds for unknown in unknowns), strict=True))
    asked = {claim.case for claim in claims}
    here = first
    steps: list[float] = []
    notes: list[str] = []
    while True:
        linear = here.claims(values, errors)
        found = posterior(linear, low, high)
        steps.append(float(np.max(np.abs(found.mean - here.point) / np.maximum(found.sigma, 1e-9))))
        report(f"iteration {len(steps)}: the figures move by {steps[-1]:.2f} posterior standard errors")
        if steps[-1] < CONVERGED or len(steps) > MOST_ITERATIONS:
            break
        try:
            moved = _stepped(here, found.mean, asked, claims, unknowns, report, notes)
        except NotFlown as stopped:
            notes.append(f"iterations ended early: {stopped}")
            break
        here = moved
    if steps[-1] >= CONVERGED:
        notes.append(f"not converged: the figures would move by another {steps[-1]:.2f} standard errors")
    return Fitted(claims, unknowns, first, here, linear, found, tuple(steps), tuple(notes))


def linearised(
    point: Array, flights: Flights, claims: list[Claim], unknowns: list[Unknown], before: Linearised | None = None
) -> Linearised:
    """Return launches with the slopes of all claims and payloads.

    Args:
        point: The shifts of the unknowns.
        flights: The launches there.
        claims: The claims about them.
        unknowns: The unknowns.
        before: The same at another point, whose small slopes are used again.
    """
    payloads = {}
    for case, flight in flights.by_case.items():
        known = None if before is None else Known(before.payloads[case], SMALL_PAYLOAD * flight.payload)
        payloads[case] = payload_row(flight, unknowns, known)
    rows: dict[tuple[str, Case], Array] = {}  # claims about one number share their row
    for number, claim in enumerate(claims):
        if (claim.quantity, claim.case) not in rows:
            known = None if before is None else Known(before.jacobian[number], _SMALL * claim.error)
            rows[claim.quantity, claim.case] = claim_row(claim, flights, unknowns, payloads[claim.case], known)
    jacobian = np.array([rows[claim.quantity, claim.case] for claim in claims])
    return Linearised(point, flights, computed_values(claims, flights), jacobian, payloads)


def _that_matter(unknowns: list[Unknown], first: Linearised) -> tuple[list[Unknown], Linearised]:
    """Return the unknowns that move a claim or a payload, and the slopes by them."""
    every = np.vstack([first.jacobian, *first.payloads.values()])
    matters = np.any(every != 0.0, axis=0)
    kept = [unknown for unknown, does in zip(unknowns, matters, strict=True) if does]
    payloads = {case: row[matters] for case, row in first.payloads.items()}
    return kept, Linearised(first.point[matters], first.flights, first.computed, first.jacobian[:, matters], payloads)


def _stepped(
    here: Linearised,
    aim: Array,
    asked: set[Case],
    claims: list[Claim],
    unknowns: list[Unknown],
    report: Report,
    notes: list[str],
) -> Linearised:
    """Return the launches of the claims at the aim, or as far towards it as they are solved.

    Raises:
        NotFlown: If they are not solved for a small part of the way either.
    """
    step = aim - here.point
    share = min(1.0, _LONGEST / max(float(np.linalg.norm(step)), 1e-12))
    while True:
        point = here.point + share * step
        try:
            flights = here.flights.only(asked).moved(with_unknowns(unknowns, point), report)
            return linearised(point, flights, claims, unknowns, here)
        except NotFlown as failure:
            share /= 2.0
            if share < _SHORTEST:
                raise
            notes.append(f"a step was halved: {failure}")
            report(f"{failure}: half the step")
