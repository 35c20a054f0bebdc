"""The rows of the result of an inference: figures, claims, contradictions, what claims would need, payloads."""

from dataclasses import dataclass

import numpy as np

from hoverslam.flights.inference.claims import Case, Claim
from hoverslam.flights.inference.contradictions import contradictions, needed
from hoverslam.flights.inference.gauss_newton import Fitted
from hoverslam.flights.inference.laplace import (
    BAND_90,
    Expected,
    LinearClaims,
    computed,
    left_out,
    prior_of,
)
from hoverslam.flights.inference.unknowns import Unknown

MOVED, NARROWED = 0.1, 0.98
"""A figure is changed by the claims if its mean moves by more (prior standard errors) or its standard error shrinks below."""
_CORRELATED, _MOST_PAIRS = 0.2, 10
_MOST_NEEDED, _LEAST_NEEDED = 4, 0.1


@dataclass(frozen=True)
class FigureRow:
    """A figure before and after the claims, in the unit of its key.

    Attributes:
        key: Key in the vehicle file.
        unit: Unit.
        status: Status in the file before.
        source: Source in the file before.
        prior, prior_sigma: Value of the file, and standard error that its band stands for.
        value, sigma: Most probable value after the claims, and its standard error.
        low, high: Central band of 90 %, inside the hard bounds.
        band_low, band_high: Four standard errors, as vehicle files state bands, inside the hard bounds.
        shift: Move of the value in standard errors of the prior.
    """

    key: str
    unit: str
    status: str
    source: str
    prior: float
    prior_sigma: float
    value: float
    sigma: float
    low: float
    high: float
    band_low: float
    band_high: float
    shift: float

    @property
    def changed(self) -> bool:
        """Whether the claims say anything about the figure."""
        return abs(self.shift) > MOVED or self.sigma < NARROWED * self.prior_sigma

    @property
    def weight(self) -> float:
        """How much the claims change the figure: its move, and by how much its error shrinks."""
        return abs(self.shift) + 1.0 - self.sigma / self.prior_sigma


@dataclass(frozen=True)
class ClaimRow:
    """A claim beside what is computed, in the unit of its key.

    Attributes:
        name, key, unit, status, source: The claim.
        published: What is claimed.
        statement_error, model_error: Its standard errors.
        prior: What is computed with the figures of the file, and its standard error from their bands.
        posterior: The same with the figures after all claims.
        left_out: What the other claims make one expect of the statement, its own error included.
        off_prior: Published less expected by the prior alone, in standard errors.
        off: Published less ``left_out``, in standard errors.
    """

    name: str
    key: str
    unit: str
    status: str
    source: str
    published: float
    statement_error: float
    model_error: float
    prior: Expected
    posterior: Expected
    left_out: Expected
    off_prior: float
    off: float


@dataclass(frozen=True)
class CorrelationRow:
    """The correlation of two figures after the claims."""

    first: str
    second: str
    correlation: float


@dataclass(frozen=True)
class ContradictionRow:
    """Two claims that contradict each other: each taken as true, the other is off by at least ``sigma`` standard errors."""

    first: str
    second: str
    sigma: float


@dataclass(frozen=True)
class NeededFigure:
    """A figure as a claim would need it: value in the unit of its key, and its distance from the prior value."""

    key: str
    unit: str
    value: float
    shift: float


@dataclass(frozen=True)
class NeededRow:
    """What would have to be true for a claim to hold exactly: the figures that move most, and how improbable that is.

    Attributes:
        name: The claim.
        sigma: Distance of the figures from the prior, in standard errors; infinite where no figure moves the claim.
        figures: The figures that move most.
    """

    name: str
    sigma: float
    figures: tuple[NeededFigure, ...]


@dataclass(frozen=True)
class PayloadRow:
    """The payload (kg) of a launch before and after the claims, with its standard error from the figures.

    Attributes:
        orbit, recovery: The launch.
        prior: With the figures of the file.
        posterior: With those after the claims.
        verified: Whether the launch after the claims is verified.
    """

    orbit: str
    recovery: str
    prior: Expected
    posterior: Expected
    verified: bool


def figure_rows(fitted: Fitted) -> list[FigureRow]:
    """Return the figures, those that the claims change most first."""
    found = [
        _figure_row(unknown, float(shift), float(shrunk))
        for unknown, shift, shrunk in zip(fitted.unknowns, fitted.unknown.mean, fitted.unknown.sigma, strict=True)
    ]
    return sorted(found, key=lambda row: -row.weight)


def _figure_row(unknown: Unknown, shift: float, shrunk: float) -> FigureRow:
    value, sigma = unknown.at(shift), shrunk * unknown.sigma

    def ends(half: float) -> tuple[float, float]:
        return max(value - half, unknown.low), min(value + half, unknown.high)

    narrow, wide = ends(BAND_90 * sigma), ends(2.0 * sigma)
    figure = unknown.figure
    return FigureRow(
        unknown.key, figure.unit, figure.status, figure.source, unknown.value, unknown.sigma, value, sigma, *narrow, *wide,
        (value - unknown.value) / unknown.sigma,
    )  # fmt: skip


def claim_rows(fitted: Fitted) -> list[ClaimRow]:
    """Return the claims in the order of the file."""
    prior, first, last = prior_of(len(fitted.unknowns)), fitted.at_prior, fitted.at_posterior
    found = []
    for number, claim in enumerate(fitted.claims):
        before = computed(float(first.computed[number]), first.jacobian[number], prior)
        after = computed(float(last.offset()[number]), last.jacobian[number], fitted.unknown)
        expected = left_out(fitted.linear, number)
        figure = claim.figure
        found.append(
            ClaimRow(
                claim.name, claim.key, figure.unit, figure.status, figure.source, claim.value, claim.statement_error,
                claim.model_error, before, after, expected,
                (claim.value - before.mean) / float(np.hypot(before.sigma, claim.error)),
                (claim.value - expected.mean) / expected.sigma,
            )
        )  # fmt: skip
    return found


def correlation_rows(fitted: Fitted) -> list[CorrelationRow]:
    """Return the strongest correlations that the claims give the figures, the strongest first."""
    matrix = fitted.unknown.correlation
    pairs = [
        CorrelationRow(fitted.unknowns[i].key, fitted.unknowns[j].key, float(matrix[i, j]))
        for i, j in zip(*np.triu_indices(len(fitted.unknowns), 1), strict=True)
        if abs(matrix[i, j]) > _CORRELATED
    ]
    return sorted(pairs, key=lambda row: -abs(row.correlation))[:_MOST_PAIRS]


def contradiction_rows(fitted: Fitted) -> list[ContradictionRow]:
    """Return the pairs of claims that contradict each other, the strongest first."""
    names = [claim.name for claim in fitted.claims]
    return [
        ContradictionRow(names[pair.first], names[pair.second], pair.sigma) for pair in contradictions(fitted.linear)
    ]


def needed_rows(fitted: Fitted) -> list[NeededRow]:
    """Return what would have to be true for each claim to hold exactly, by the prior alone."""
    first = fitted.at_prior
    claims = first.claims(fitted.linear.values, fitted.linear.errors)
    return [_needed_row(claim, number, claims, fitted.unknowns) for number, claim in enumerate(fitted.claims)]


def _needed_row(claim: Claim, number: int, claims: LinearClaims, unknowns: list[Unknown]) -> NeededRow:
    found = needed(claims, number)
    most = [at for at in np.argsort(-np.abs(found.shift))[:_MOST_NEEDED] if abs(found.shift[at]) >= _LEAST_NEEDED]
    figures = tuple(
        NeededFigure(
            unknowns[at].key, unknowns[at].figure.unit, unknowns[at].at(float(found.shift[at])), float(found.shift[at])
        )
        for at in most
    )
    return NeededRow(claim.name, found.sigma, figures)


def payload_row_of(
    case: Case, prior: tuple[float, np.ndarray], after: tuple[float, np.ndarray], fitted: Fitted, verified: bool
) -> PayloadRow:
    """Return the payload of a launch before and after the claims.

    Args:
        case: The launch.
        prior: Payload (kg) with the figures of the file, and its change by one standard error of each unknown.
        after: The same at the figures after the claims.
        fitted: The estimate.
        verified: Whether the launch after the claims is verified.
    """
    before = computed(prior[0], prior[1], prior_of(len(fitted.unknowns)))
    there = Expected(after[0], computed(after[0], after[1], fitted.unknown).sigma)
    return PayloadRow(case.orbit, case.recovery, before, there, verified)
