"""Events of an upper stage, found from its display: ignitions, cut-offs, and where its thrust is reduced.

Thrust shows as the specific force along the path (``found_events.py``). While the thrust is constant, the inverse of the force
falls linearly with the mass. An upper stage that reaches its limit of acceleration is throttled, so that the force stays the
same up to cut-off. A display may begin during the first burn or in the parking orbit, and may have long gaps.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hoverslam.flights.observed.found_events import BURN_FORCE, SHORTEST_BURN, Force, Found, specific_force
from hoverslam.flights.observed.trace_files import Floats
from hoverslam.flights.observed.traces import Trace

AFTER_CUTOFF = 4.0  # s after first-stage cut-off from which on thrust is that of the upper stage
LONGEST_HOLE = 3.0  # s without samples beyond which a force is not known
PARKED_SPEED = 7000.0  # m/s: a display that begins faster, without thrust, begins after the first burn
HIDDEN_ERROR = 3.0  # s: standard error of a cut-off that falls into a gap at whose beginning the thrust was on
# s: least standard error of an event of the upper stage, whose thrust takes a second to rise and fall
EVENT_ERROR = 0.6
SHORT_BURN = 2.0  # s: a second burn may be as short
FEWEST_POINTS = 60  # of the force in a burn in which reduced thrust is searched for
LEVEL_GAIN = 0.6  # reduced thrust counts if the squared misfit falls below this share of that with constant thrust,
LEAST_LEVEL = 6.0  # and lasts longer than this (s)
EDGE = 2.0  # s beside an event in which the smoothed force is not that of the burn


class Burn(NamedTuple):
    """One burn of an upper stage: times on the trace's clock.

    Attributes:
        start, end: None where the display does not show them.
        reduced: Where the thrust begins to be reduced; None if it is constant.
        level: Specific force from there on (m/s2); NaN if the thrust is constant.
    """

    start: Found | None
    end: Found | None
    reduced: Found | None = None
    level: float = np.nan


class UpperBurns(NamedTuple):
    """First and second burn; None where the display shows nothing of one."""

    first: Burn | None
    second: Burn | None


def find_burns(trace: Trace, cutoff: float) -> UpperBurns:
    """Return the burns that the display of an upper stage shows.

    Args:
        trace: The display.
        cutoff: Time of first-stage cut-off (s on the trace's clock).
    """
    force = specific_force(*trace)
    known = ~_in_holes(trace.time, force.time)
    powered = np.flatnonzero((np.abs(force.value) > BURN_FORCE) & known & (force.time > cutoff + AFTER_CUTOFF))
    # A hole within a burn does not end it, unless the force falls beyond it.
    runs = np.split(powered, np.flatnonzero(np.diff(powered) > force.points(SHORTEST_BURN)) + 1)
    burns: list[Burn | None] = [_burn(force, known, run) for run in runs if len(run) >= force.points(SHORT_BURN)]
    begins_parked = bool(trace.time[0] > cutoff and force.value[0] < BURN_FORCE and trace.speed[0] > PARKED_SPEED)
    if begins_parked:
        burns = [None, *burns]
    first, second = [*burns, None, None][:2]
    return UpperBurns(first, second)


def _in_holes(samples: Floats, times: Floats) -> NDArray[np.bool_]:
    """Return which of ``times`` lie between two samples further apart than the longest hole."""
    after = np.clip(np.searchsorted(samples, times), 1, len(samples) - 1)
    within: NDArray[np.bool_] = samples[after] - samples[after - 1] > LONGEST_HOLE
    return within


def _burn(force: Force, known: NDArray[np.bool_], run: NDArray[np.intp]) -> Burn:
    """Return the burn whose points with force are ``run``."""
    first, last = int(run[0]), int(run[-1])
    start = end = None
    near = force.points(EDGE)
    if first > near and np.all(known[first - near : first]):
        start = _at_least(force.edge(first, forward=True))
    if last + near < len(force.time):
        if np.all(known[last : last + near]):
            end = _at_least(force.edge(last, forward=False))
        else:
            end = Found(float(force.time[last]) + 1.0, HIDDEN_ERROR)
    inside = run[(run > first + near) & (run < last - near)] if start is not None else run[run < last - near]
    reduced, level = _reduced(force, inside)
    return Burn(start, end, reduced, level)


def _at_least(found: Found) -> Found:
    return Found(found.time, max(found.error, EVENT_ERROR))


def _reduced(force: Force, inside: NDArray[np.intp]) -> tuple[Found | None, float]:
    """Return where the inverse of the force stops falling, and the mean force from there on."""
    if len(inside) < FEWEST_POINTS:
        return None, np.nan
    time, value, one = force.time[inside] - force.time[inside[0]], force.value[inside], np.ones(len(inside))
    steps = np.arange(LEAST_LEVEL, time[-1] - LEAST_LEVEL, 0.5)
    tried = [_misfit(np.column_stack([one, np.minimum(time, at)]), value) for at in steps]
    if not tried or min(tried) > LEVEL_GAIN * _misfit(np.column_stack([one, time]), value):
        return None, np.nan
    at = float(steps[int(np.argmin(tried))])
    level = float(np.mean(force.value[inside][time > at]))
    return Found(at + float(force.time[inside[0]]), max(2.0 * EVENT_ERROR, 2.0)), level


def _misfit(columns: Floats, force: Floats) -> float:
    """Return the squared misfit, in the force, of a linear model of its inverse."""
    weight, inverse = force**2, 1.0 / force  # a small change of the inverse changes the force by its square
    found = np.linalg.lstsq(columns * weight[:, None], inverse * weight, rcond=None)[0]
    remainder = (columns @ found - inverse) * weight
    return float(remainder @ remainder)
