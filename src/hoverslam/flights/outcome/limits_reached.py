"""The limits of a solved flight: the bound of each, the extreme value that the flight reached, and when."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from hoverslam.ocp.solved import Solved
from hoverslam.ocp.verification import Extremes
from hoverslam.reports.json_text import Json, record

NEAR = 1e-3  # share of the size of a limit within which the flight counts as touching it


@dataclass(frozen=True)
class LimitReached:
    """One side of one limit of a phase, and the extreme value that the re-flown trajectory reached.

    Attributes:
        phase: Name of the phase.
        name: Name of the limited quantity.
        side: ``at least`` for a lower bound, ``at most`` for an upper bound.
        limit: The bound, in ``unit``.
        reached: The extreme value on that side, in ``unit``.
        time: When it was reached (s).
        unit: SI unit of the quantity; empty if it has none.
        size: The number by which closeness is judged: the magnitude of the bound, or, where the bound is zero, the
            difference between the largest and the smallest value.
    """

    phase: str
    name: str
    side: str
    limit: float
    reached: float
    time: float
    unit: str
    size: float

    @property
    def active(self) -> bool:
        """Whether the flight touches the limit."""
        return abs(self.reached - self.limit) <= NEAR * self.size

    def as_json(self) -> dict[str, Json]:
        """Return name, phase, limit, the value reached, its time and the unit as JSON types."""
        return record(
            {
                "name": self.name,
                "phase": self.phase,
                "limit": self.limit,
                "reached": self.reached,
                "time_s": self.time,
                "unit": self.unit,
            }
        )

    def line(self) -> str:
        """Return the limit as a line of text."""
        mark = "  <- reached" if self.active else ""
        stated = f"{self.phase:>10s}  {self.name:44s} {self.side:8s} {self.limit:12.6g}"
        return f"{stated}  reached {self.reached:12.6g} {self.unit:5s} at {self.time:8.3f} s{mark}"


def limits_reached(solution: Solved) -> list[LimitReached]:
    """Return every path constraint and every bound of states and controls of all phases, one entry for each side.

    Quantities that are fixed (equal bounds) are left out.

    Raises:
        ValueError: If the solution is not verified, so that no flown trajectory exists.
    """
    if solution.verification is None:
        raise ValueError(f"{solution.problem.name}: not verified, so nothing has been flown to compare with its limits")
    found: list[LimitReached] = []
    for phase, check in solution.verification.phases.items():
        units = _units(solution, phase)
        for name, extremes in check.reached.items():
            if extremes.lower != extremes.upper:
                found += _sides(phase, name, extremes, units.get(name, ""))
    return found


def path_limits_reached(solution: Solved) -> list[LimitReached]:
    """Return only the path constraints of all phases, one entry for each side, in the order in which they were stated.

    Raises:
        ValueError: If the solution is not verified, so that no flown trajectory exists.
    """
    if solution.verification is None:
        raise ValueError(f"{solution.problem.name}: not verified, so nothing has been flown to compare with its limits")
    found: list[LimitReached] = []
    for phase, check in solution.verification.phases.items():
        for constraint in solution[phase].phase.path:
            found += _sides(phase, constraint.name, check.reached[constraint.name], constraint.unit)
    return found


def _sides(phase: str, name: str, extremes: Extremes, unit: str) -> Iterator[LimitReached]:
    """Yield the finite bounds of one quantity."""
    spread = extremes.most - extremes.least
    sides = (
        ("at least", extremes.lower, extremes.least, extremes.least_time),
        ("at most", extremes.upper, extremes.most, extremes.most_time),
    )
    for side, limit, value, time in sides:
        if np.isfinite(limit):
            yield LimitReached(phase, name, side, float(limit), value, time, unit, abs(limit) or spread)


def _units(solution: Solved, phase: str) -> dict[str, str]:
    """Return the units of the path constraints, states and controls of a phase."""
    stated = solution[phase].phase
    units = {c.name: c.unit for c in stated.path}
    for layout in (stated.states, stated.controls):
        units |= dict(zip(layout.labels(), layout.units(), strict=True))
    return units


def limits_table(limits: Iterable[LimitReached]) -> str:
    """Return limits as lines of text."""
    return "\n".join(limit.line() for limit in limits)
