"""The times of a phase: what its stated bounds allow, and which statements contradict themselves."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from hoverslam.ocp.statement.names import resolve
from hoverslam.ocp.statement.phase import Phase, StatementError

ROUNDING = 1e-12  # of a time: bounds that contradict each other by less are equal


class Durations(NamedTuple):
    """Least and greatest duration of a phase (s) that its bounds allow."""

    least: float
    greatest: float


def durations(phase: Phase, values: Mapping[str, float]) -> Durations:
    """Return the durations that a phase's times and its own bounds of the duration allow together.

    Args:
        phase: The phase.
        values: Given parameters and settings by name.

    Raises:
        StatementError: If no duration of zero or more is possible, as where the phase ends before it starts.
    """
    first, last, stated = (
        tuple(resolve(b, values) for b in bounds) for bounds in (phase.initial_time, phase.final_time, phase.duration)
    )
    where = f"phase {phase.name!r}"
    slack = ROUNDING * max((abs(t) for t in (*first, *last, *stated) if np.isfinite(t)), default=0.0)
    if stated[0] < 0.0:
        raise StatementError(f"{where}: duration is bounded below by {stated[0]:g} s: state a bound of zero or more")
    if last[1] < first[0] - slack:
        raise StatementError(
            f"{where}: it ends before it starts: initial_time is {first[0]:g} s or later, final_time {last[1]:g} s or earlier"
        )
    least, greatest = max(stated[0], last[0] - first[1]), min(stated[1], last[1] - first[0])
    if least > greatest + slack:
        raise StatementError(
            f"{where}: initial_time and final_time allow durations of {max(last[0] - first[1], 0.0):g} to "
            f"{last[1] - first[0]:g} s, but duration is stated as {stated[0]:g} to {stated[1]:g} s"
        )
    return Durations(least, max(greatest, least))


def time_bounds(phase: Phase, values: Mapping[str, float]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the bounds of the initial and of the final time of a phase (s), as variables of a solver.

    The duration has a row, which a solver may violate on its way. It must not try negative durations, where some problems
    have no least objective. Behind a fixed start, the final time of a phase without a stated duration is therefore bounded
    by the start. Where a duration is stated its row is enough, and another bound would only bend the way of the solver.

    Args:
        phase: The phase.
        values: Given parameters and settings by name.
    """
    (first, latest), (low, high) = (
        tuple(resolve(b, values) for b in bounds) for bounds in (phase.initial_time, phase.final_time)
    )
    unstated = first == latest and phase.duration == (0.0, np.inf)
    return (first, latest), (max(low, first) if unstated else low, high)
