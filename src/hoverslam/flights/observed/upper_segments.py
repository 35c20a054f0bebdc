"""Segments of the upper stage: separation, first burn, parking orbit, second burn, and the coast after it.

A burn at full thrust is followed by a segment of reduced thrust where the display shows one. In the first burn the fairing is
dropped: the mass changes between two segments, at a time that the fit finds.
"""

from typing import NamedTuple

import numpy as np

from hoverslam.flights.observed.assumptions import assumptions
from hoverslam.flights.observed.found_events import Found
from hoverslam.flights.observed.segments import FIXED_ERROR, Segment
from hoverslam.flights.observed.traces import Events, Telemetry, Trace
from hoverslam.flights.observed.upper_events import Burn, UpperBurns, find_burns
from hoverslam.vehicles.missions import Mission

UPPER_COASTS = ("separation", "parking", "transfer")
FAIRING_DROPPED = "upper_burn"  # the segment that begins when the fairing is dropped
WITH_FAIRING = "upper_fairing"  # the segment before it
BURNS = {"first burn": (WITH_FAIRING, "upper_burn", "upper_reduced"), "second burn": ("second_burn", "second_reduced")}
REDUCED = ("upper_reduced", "second_reduced")  # segments of reduced thrust
# Time from one measurement to the next (s), and length of mesh intervals (s).
UPPER_PERIODS = {"separation": 1.0, "upper_fairing": 1.0, "upper_burn": 2.0, "upper_reduced": 1.0, "parking": 5.0,
                 "second_burn": 1.0, "second_reduced": 1.0, "transfer": 5.0}  # fmt: skip
UPPER_INTERVALS = {"separation": 8.0, "upper_fairing": 10.0, "upper_burn": 10.0, "upper_reduced": 5.0, "parking": 60.0,
                   "second_burn": 5.0, "second_reduced": 5.0, "transfer": 60.0}  # fmt: skip
# s on each side of the usual time of the fairing's drop in which it is searched: nothing is measured there
FAIRING_WINDOW = 12.0
BURN_MARGIN = 2.0  # s beside ignition and cut-off without measurements: thrust takes a second or two to rise and fall
LONGEST_TRANSFER = 300.0  # s of the coast after the last burn that are used


class UpperSegments(NamedTuple):
    """The segments in order of time, the standard error of the last one's end (s), and the forces of reduced thrust.

    ``levels`` gives the specific force (m/s2) in segments of reduced thrust, by name.
    """

    segments: tuple[Segment, ...]
    end_error: float
    levels: dict[str, float]


def cut_upper_segments(events: Events, telemetry: Telemetry, mission: Mission) -> UpperSegments:
    """Return the segments that the display of an upper stage shows.

    Args:
        events: Of the flight; the cut-off begins the first segment.
        telemetry: Of the flight, with the display of its upper stage.
        mission: Whether it has a fairing.
    """
    assert telemetry.upper is not None
    last = float(telemetry.upper.time[-1])
    burns = _with_habits(find_burns(telemetry.upper, events.meco), events.meco, last)
    starts = [("separation", 0, Found(events.meco, events.error("meco")))]
    levels: dict[str, float] = {}
    end = Found(last, FIXED_ERROR)
    names = (("upper_burn", "upper_reduced", "parking"), ("second_burn", "second_reduced", "transfer"))
    for burn, (full, reduced, after) in zip(burns, names, strict=True):
        if burn is None:
            break
        assert burn.start is not None
        starts.append((full, 1, burn.start))
        if full == FAIRING_DROPPED and mission.fairing:
            starts[-1] = (WITH_FAIRING, 1, burn.start)
            starts.append((full, 1, _fairing_dropped(telemetry.upper, burn.start.time)))
        if burn.reduced is not None:
            starts.append((reduced, 1, burn.reduced))
            levels[reduced] = burn.level
        if burn.end is None:
            break
        starts.append((after, 0, burn.end))
        end = Found(min(last, burn.end.time + LONGEST_TRANSFER) if after == "transfer" else last, FIXED_ERROR)
    stops = [start.time for _, _, start in starts[1:]] + [end.time]
    segments = (
        Segment(name, "vacuum", engines, start.time, stop, start.error)
        for (name, engines, start), stop in zip(starts, stops, strict=True)
    )
    return UpperSegments(tuple(segments), end.error, levels)


def _with_habits(burns: UpperBurns, cutoff: float, last: float) -> UpperBurns:
    """Return the burns with the first one as it is usually flown, where the display does not show it."""
    habits = assumptions().upper_stage
    start = Found(cutoff + habits.ignition_after_cutoff_s.si, habits.ignition_error_s.si)
    first = burns.first
    if first is None:
        end = Found(start.time + habits.first_burn_s.si, habits.first_burn_error_s.si)
        return UpperBurns(Burn(start, end if end.time < last else None), burns.second)
    return UpperBurns(first if first.start is not None else first._replace(start=start), burns.second)


def _fairing_dropped(trace: Trace, ignition: float) -> Found:
    """Return when the display passes the altitude at which fairings are dropped; without a display of it, a usual time."""
    habits = assumptions().upper_stage
    error, height = habits.fairing_time_error_s.si, habits.fairing_altitude_m.si
    above = np.flatnonzero(trace.altitude >= height)
    passed = (
        float(trace.time[above[0]]) if len(above) and above[0] > 0 else ignition + habits.fairing_after_ignition_s.si
    )
    return Found(max(passed, ignition + 2.0 * BURN_MARGIN), error)


def margin_at(segment: str) -> float:
    """Return the time (s) beside the start of a segment in which nothing is measured."""
    return FAIRING_WINDOW if segment == FAIRING_DROPPED else BURN_MARGIN
