"""What a search for the best launch tried, and what came of it."""

from dataclasses import dataclass

from hoverslam.reports.json_text import Json, record

AGREEMENT = 1e-3  # relative: payloads that differ by less count as one optimum


@dataclass(frozen=True)
class Attempt:
    """One start of one structure.

    Attributes:
        structure: What is flown, as text.
        start: Where the solver started: ``stored``, ``neighbour``, ``simulated``, ``best so far`` or ``perturbed``.
        status: Status of the solver.
        payload: The payload (kg), or the value of another objective; None where nothing was found.
        refined: Whether the tolerances were met and the flight was verified; False for a scout on the first mesh.
        seconds: Time that it took.
    """

    structure: str
    start: str
    status: str
    payload: float | None
    refined: bool
    seconds: float

    def as_json(self) -> dict[str, Json]:
        """Return the attempt as JSON types."""
        return record(
            {
                "structure": self.structure,
                "start": self.start,
                "status": self.status,
                "payload_kg": self.payload,
                "verified": self.refined,
                "solve_s": self.seconds,
            }
        )


@dataclass(frozen=True)
class Search:
    """All attempts of a search.

    Attributes:
        attempts: The attempts, in the order in which they were made.
        structure: The structure of the flight that was chosen.
        payload: Its payload (kg).
        dominated_by: A stored flight of a vehicle that is worse in every figure and carries more; empty if there is none.
    """

    attempts: tuple[Attempt, ...]
    structure: str
    payload: float
    dominated_by: str = ""

    @property
    def structures(self) -> tuple[str, ...]:
        """The structures tried, without repetition."""
        return tuple(dict.fromkeys(attempt.structure for attempt in self.attempts))

    @property
    def agreeing(self) -> int:
        """Number of attempts whose payload agrees with the best within 0.1 %."""
        return sum(1 for a in self.attempts if a.payload is not None and self._agrees(a.payload))

    @property
    def runner_up(self) -> Attempt | None:
        """The best attempt that is another optimum: another structure, or a payload lower by more than 0.1 %."""
        others = [
            a
            for a in self.attempts
            if a.payload is not None and (a.structure != self.structure or not self._agrees(a.payload))
        ]
        return max(others, key=lambda a: a.payload or 0.0, default=None)

    def _agrees(self, payload: float) -> bool:
        return abs(payload - self.payload) <= AGREEMENT * abs(self.payload)

    def line(self) -> str:
        """Return the search as a line of text."""
        found = sum(1 for a in self.attempts if a.payload is not None)
        text = (
            f"search: {len(self.structures)} structures, {len(self.attempts)} starts, {found} converged, "
            f"{self.agreeing} within 0.1 % of the best ({self.structure})"
        )
        second = self.runner_up
        if second is not None and second.payload is not None:
            text = f"{text}; next best {second.payload:,.1f} kg ({second.structure}, {second.start})"
        if self.dominated_by:
            text = f"{text}; NOT THE BEST: {self.dominated_by}"
        return text

    def as_json(self) -> dict[str, Json]:
        """Return the search as JSON types."""
        return record(
            {
                "structure": self.structure,
                "structures_tried": list(self.structures),
                "starts_tried": len(self.attempts),
                "agreeing": self.agreeing,
                "dominated_by": self.dominated_by,
                "runner_up": self.runner_up.as_json() if self.runner_up else None,
                "attempts": [a.as_json() for a in self.attempts],
            }
        )
