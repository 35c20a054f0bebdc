"""Every limit of a solved flight: what it is, how far the flight went, and where."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hoverslam.ocp.solution import Solution

NEAR = 1e-3  # of the size of a limit: closer than this counts as touching it


@dataclass(frozen=True)
class LimitReached:
    """One limit of one phase, in ``unit`` (SI): its value, how far the re-flown trajectory went, and when (s).

    ``size`` is what closeness is measured by: the limit itself, or how much the quantity moves where the limit is zero.
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
        """Whether the flight touches it."""
        return abs(self.reached - self.limit) <= NEAR * self.size

    def line(self) -> str:
        """As a line of text."""
        mark = "  <- reached" if self.active else ""
        stated = f"{self.phase:>10s}  {self.name:44s} {self.side:8s} {self.limit:12.6g}"
        return f"{stated}  reached {self.reached:12.6g} {self.unit:5s} at {self.time:8.3f} s{mark}"


def limits_reached(solution: Solution) -> list[LimitReached]:
    """All limits of all phases, both sides of each; of what is fixed there is nothing to say."""
    if solution.verification is None:
        raise ValueError(f"{solution.problem.name}: not verified, so nothing has been flown to compare with its limits")
    found = []
    for phase, check in solution.verification.phases.items():
        units = _units(solution, phase)
        for name, e in check.reached.items():
            if e.lower == e.upper:
                continue
            sides = (("at least", e.lower, e.least, e.least_time), ("at most", e.upper, e.most, e.most_time))
            found += [
                LimitReached(
                    phase, name, side, float(limit), value, time, units.get(name, ""), abs(limit) or e.most - e.least
                )
                for side, limit, value, time in sides
                if np.isfinite(limit)
            ]
    return found


def _units(solution: Solution, phase: str) -> dict[str, str]:
    stated = solution[phase].phase
    units = {c.name: c.unit for c in stated.path}
    for layout in (stated.states, stated.controls):
        units |= dict(zip(layout.labels(), layout.units(), strict=True))
    return units


def limits_table(limits: Iterable[LimitReached]) -> str:
    """All limits as lines of text."""
    return "\n".join(limit.line() for limit in limits)
