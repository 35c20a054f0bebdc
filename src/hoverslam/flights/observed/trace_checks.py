"""Checks of a trace's columns before it is used: repeated times, misread digits, jumps of the display, units."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from hoverslam.flights.observed.trace_files import ContradictionError, Floats, TelemetryError

MISREAD_SPEED, MISREAD_ALTITUDE = 8.0, 600.0  # m/s, m: a value further from the running median contains a misread digit
FEWEST_SAMPLES = 100  # in a trace
LONGEST_STEP = 1.05  # s between samples: a second, and what the times of frames deviate from it
CLOCK_STARTS = 1.0  # s of the trace in which its clock may be set anew
# A change from one sample to the next is a jump if it is larger than this (m/s, m) beside what flights do in the time between:
# a change of speed (m/s2), and a climb with this factor on the greatest speed.
JUMP_SPEED, JUMP_ALTITUDE = 8.0, 1600.0
FASTEST_CHANGE, CLIMB_SLACK = 70.0, 1.2
TOUCHDOWN_SPEED = 30.0  # m/s: at touchdown a display goes to zero at once
RETURN_SHARE = 0.5  # a jump and the next belong together if their sum is less than this share of the first
REST_SHARE = 0.15  # of a trace, which may be left out beyond a jump that does not return
LARGEST_MEAN_ACCELERATION = 30.0  # m/s2 from lift-off to cut-off: launchers average 8 to 15
LEAST_MEAN_ACCELERATION, LEAST_CLIMB = 5.0, 0.2  # m/s2, climb over the way: with less, a guess of units is wrong
STEEPEST, STEEPEST_SLACK = 1.2, 1500.0  # climb over the way flown, and a display's step (m): a climb is at most the way
FLATTEST, LONG_WAY = 0.01, 20e3  # least climb over the way flown, where the way is longer than this (m)


class Cleaned(NamedTuple):
    """Columns without what is no measurement: ``time`` (s), ``speed`` (m/s), ``altitude`` (m), each ``(n,)``.

    ``notes`` say in one line each what was left out.
    """

    time: Floats
    speed: Floats
    altitude: Floats
    notes: tuple[str, ...]


def cleaned(path: Path, columns: Mapping[str, Floats]) -> Cleaned:
    """Return time, speed and altitude without repeated times, misread digits and jumps of the display.

    Raises:
        TelemetryError: If lengths differ, there are too few samples, a value is not finite, or the time goes back.
        ContradictionError: If the display jumps within the flight and does not return.
    """
    columns, notes = _from_last_start(path, columns)
    time, speed, altitude = (columns[name] for name in ("time", "speed", "altitude"))
    for name, values in columns.items():
        if not np.all(np.isfinite(values)):
            at = int(np.argmin(np.isfinite(values)))
            raise TelemetryError(f"{path}: {name}[{at}]: {values[at]}: must be finite; leave the row out")
    backward = np.flatnonzero(np.diff(time) < 0.0)
    if len(backward):
        at = int(backward[0])
        raise TelemetryError(f"{path}: time[{at + 1}]: {time[at + 1]:g} s after {time[at]:g} s: must not go back")
    kept = np.concatenate([[True], np.diff(time) > 0.0])
    step = float(np.median(np.diff(time[kept]))) if np.count_nonzero(kept) > 1 else np.inf
    if not step <= LONGEST_STEP:
        remedy = "a fit needs at least one sample a second (minutes or milliseconds taken for seconds?): write time_s"
        raise TelemetryError(f"{path}: time: {step:g} s from sample to sample: {remedy}")
    time = time[kept]
    speed = _without_misread_digits(time, speed[kept], MISREAD_SPEED)
    altitude = _without_misread_digits(time, altitude[kept], MISREAD_ALTITUDE)
    climb = CLIMB_SLACK * float(np.max(speed, initial=0.0))
    good = np.ones(len(time), dtype=bool)
    for name, values, least, rate, unit in (
        ("speed", speed, JUMP_SPEED, FASTEST_CHANGE, "m/s"), ("altitude", altitude, JUMP_ALTITUDE, climb, "m"),
    ):  # fmt: skip
        slow = TOUCHDOWN_SPEED if name == "speed" else -np.inf
        for first, last, size in _jumps(path, name, time, values, least + rate * np.diff(time), slow):
            good[first:last] = False
            notes += (
                f"{name}: {_count(last - first)} from {time[first]:.1f} to {time[last - 1]:.1f} s left out: the display "
                f"jumps by {size:,.0f} {unit}",
            )
    return Cleaned(time[good], speed[good], altitude[good], notes)


def _count(samples: int) -> str:
    return "1 sample" if samples == 1 else f"{samples:,} samples"


def _from_last_start(path: Path, columns: Mapping[str, Floats]) -> tuple[Mapping[str, Floats], tuple[str, ...]]:
    """Return the columns from where the clock is set anew in the first second of the trace, and a note of it."""
    time, speed, altitude = (columns[name] for name in ("time", "speed", "altitude"))
    if not len(time) == len(speed) == len(altitude):
        raise TelemetryError(f"{path}: {len(time)} times, {len(speed)} speeds, {len(altitude)} altitudes: need as many")
    if len(time) < FEWEST_SAMPLES:
        raise TelemetryError(f"{path}: time: {len(time)} samples: a flight needs at least {FEWEST_SAMPLES}")
    back = np.flatnonzero(np.diff(time) < 0.0)
    if len(back) == 0 or time[back[-1]] - time[0] > CLOCK_STARTS:
        return columns, ()
    left_out = int(back[-1]) + 1
    before, after = time[left_out - 1], time[left_out]
    note = f"time: {_count(left_out)} at the start left out: the clock is set from {before:g} to {after:g} s"
    return {name: values[left_out:] for name, values in columns.items()}, (note,)


def _without_misread_digits(time: Floats, values: Floats, largest: float) -> Floats:
    """Return values with those further than ``largest`` from the running median over one second replaced by it."""
    frames = 2 * round(0.5 / float(np.median(np.diff(time)))) + 1
    middle = median_filter(values, max(3, frames), mode="nearest")
    cleaned: Floats = np.where(np.abs(values - middle) > largest, middle, values)
    return cleaned


def _jumps(
    path: Path, name: str, time: Floats, values: Floats, allowed: Floats, slow: float
) -> list[tuple[int, int, float]]:
    """Return the first sample, the one after the last, and the size of each jump of the display.

    Args:
        path, name: For messages.
        time, values: The column, ``(n,)``.
        allowed: Largest change from each sample to the next, ``(n - 1,)``.
        slow: Below this value the display may change at once.

    Raises:
        ContradictionError: If it does not return, with more than ``REST_SHARE`` of the trace on both sides.
    """
    change = np.diff(values)
    steps: NDArray[np.intp] = np.flatnonzero((np.abs(change) > allowed) & (values[:-1] > slow))
    found, at = list[tuple[int, int, float]](), 0
    while at < len(steps):
        first, size = int(steps[at]), float(change[steps[at]])
        if at + 1 < len(steps) and abs(size + change[steps[at + 1]]) < RETURN_SHARE * abs(size):
            found.append((first + 1, int(steps[at + 1]) + 1, size))
            at += 2
            continue
        if first + 1 > (1.0 - REST_SHARE) * len(time):
            return [*found, (first + 1, len(time), size)]
        if first + 1 > REST_SHARE * len(time):
            remedy = "and does not return: correct the readings, or leave out those on one side"
            raise ContradictionError(f"{path}: {name}: jumps by {size:,.0f} at {time[first + 1]:.1f} s {remedy}")
        found = [(0, first + 1, size)]
        at += 1
    return found


def check_units(
    path: Path, time: Floats, speed: Floats, altitude: Floats, cutoff: float, guessed: bool = False
) -> None:
    """Check that speed and altitude up to cut-off can belong to one flight: another unit makes them contradict.

    Args:
        path: For messages.
        time, speed, altitude: s, m/s, m, each ``(n,)``.
        cutoff: Time of first-stage cut-off (s).
        guessed: Whether the units are a guess, which speed and altitude have to confirm within narrower limits.

    Raises:
        ContradictionError: If they cannot.
    """
    up = time <= cutoff
    if np.count_nonzero(up) < 2:
        return
    taken, way = time[up][-1] - time[0], float(np.trapezoid(speed[up], time[up]))
    climb = float(np.max(altitude[up]) - altitude[0])
    remedy = "state the unit of each column in its header: time_s, speed_m_s or speed_km_h, altitude_m or altitude_km"
    mean = (float(np.max(speed[up])) - float(speed[0])) / max(float(taken), 1.0)
    if mean > LARGEST_MEAN_ACCELERATION:
        told = f"{speed[up].max():,.0f} m/s at cut-off after {taken:.0f} s, a mean of {mean:.0f} m/s2"
        raise ContradictionError(f"{path}: speed: {told}: no launcher does that (km/h taken for m/s?): {remedy}")
    told = f"climbs {climb / 1e3:,.1f} km to cut-off, while the speed covers {way / 1e3:,.1f} km"
    if climb > STEEPEST * way + STEEPEST_SLACK:
        raise ContradictionError(f"{path}: altitude: {told}: not possible (m taken for km, or m/s for km/h?): {remedy}")
    if way > LONG_WAY and climb < FLATTEST * way and time[0] < 10.0:
        raise ContradictionError(f"{path}: altitude: {told}: no ascent is so flat (km taken for m?): {remedy}")
    if guessed and (mean < LEAST_MEAN_ACCELERATION or climb < LEAST_CLIMB * way):
        raise ContradictionError(f"{path}: altitude: {told}: {remedy}")
