"""The numbers of an inference, without the verbs of a result."""

from dataclasses import dataclass

from hoverslam.flights.inference.laplace import ChiSquare
from hoverslam.flights.inference.rows import (
    ClaimRow,
    ContradictionRow,
    CorrelationRow,
    FigureRow,
    NeededRow,
    PayloadRow,
)
from hoverslam.vehicles.models import Vehicle


@dataclass(frozen=True)
class SamplingRow:
    """What launches solved at draws of the estimate say about it.

    Attributes:
        draws, unsolved: Draws, and those of them whose launches were not solved.
        effective: Effective number of draws.
        mean_difference: Largest difference of a mean, in posterior standard errors, of the figure ``mean_key``.
        sigma_difference_percent: Largest difference of a standard deviation (%), of the figure ``sigma_key``.
        prediction_error: Largest root mean square difference between computed and linear claims, in standard errors of the
            claim ``claim``.
    """

    draws: int
    unsolved: int
    effective: float
    mean_difference: float
    mean_key: str
    sigma_difference_percent: float
    sigma_key: str
    prediction_error: float
    claim: str


@dataclass(frozen=True)
class InferenceRecord:
    """What the published claims about a vehicle imply for the uncertain figures of its file.

    Attributes:
        vehicle: The vehicle with the figures before the claims.
        figures: The figures before and after, those that the claims change most first.
        claims: The claims beside what is computed before, after and without each of them.
        correlations: The strongest correlations of the figures after the claims.
        contradictions: Pairs of claims that contradict each other.
        needed: What would have to be true for each claim to hold exactly.
        payloads: Payloads of every recovery mode and claimed launch, before and after.
        chi_square: How well all claims agree with the prior and with each other.
        sampling: The check of the linear estimate; None if no draws were asked for, or fewer than two were solved.
        steps: Remaining move after each iteration, in posterior standard errors.
        converged: Whether the last move was below 0.05.
        seconds: Time that it took (s).
        text: Text of the vehicle file before; None if the vehicle was given as an object.
        notes: What did not go as planned.
    """

    vehicle: Vehicle
    figures: list[FigureRow]
    claims: list[ClaimRow]
    correlations: list[CorrelationRow]
    contradictions: list[ContradictionRow]
    needed: list[NeededRow]
    payloads: list[PayloadRow]
    chi_square: ChiSquare
    sampling: SamplingRow | None
    steps: tuple[float, ...]
    converged: bool
    seconds: float
    text: str | None
    notes: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether the iterations converged and every launch with the figures after the claims is verified."""
        return self.converged and all(row.verified for row in self.payloads)

    @property
    def changed(self) -> list[FigureRow]:
        """The figures about which the claims say anything."""
        return [row for row in self.figures if row.changed]
