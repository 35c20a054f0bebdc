"""Measurements from a trace: the value at a time, and its standard error, which depends on the steps of the display.

A value that changes from frame to frame is averaged over a window. A value that stays the same for seconds gives a
measurement at the moment it changes: the display rounds, so that the true value is then halfway between the two values.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hoverslam.flights.observed.assumptions import assumptions
from hoverslam.flights.observed.telemetry import Telemetry
from hoverslam.flights.observed.trace_files import Floats

FEWEST_FRAMES, FEWEST_SHARE = 4, 0.4  # a window with fewer frames, or a shorter span of time, gives no measurement
FRAMES_IN_A_WINDOW = FEWEST_FRAMES + 0.5  # in a trace of few frames a second, windows are lengthened to hold so many
GLIDE_STEPS = 4.0  # a change by more than so many steps of the display, over several frames, is an animation
PARABOLA_READINGS = 5.0  # fewer independent readings in a window carry only a line
PARABOLA_ERROR = 1.5  # standard error of a parabola's middle over that of the mean of the same readings
RATE_SPAN = 5.0  # s on each side of a change of value over which its rate is estimated
SMALLEST_ERROR = 1e-3  # m/s or m, added to the standard error at a change, which is zero where the rate is


class Samples(NamedTuple):
    """Measurements: ``time`` (s), ``value`` and its standard error ``sigma`` (m/s or m), each ``(n,)``."""

    time: Floats
    value: Floats
    sigma: Floats


def speed_samples(telemetry: Telemetry, start: float, end: float, period: float) -> Samples:
    """Return measurements of the speed (m/s) about every ``period`` seconds between ``start`` and ``end``.

    In a trace of fewer than five frames a second, measurements are further apart: each needs four frames.
    """
    return _samples(telemetry.time, telemetry.speed, start, end, period)


def altitude_samples(telemetry: Telemetry, start: float, end: float, period: float) -> Samples:
    """Return measurements of the altitude (m) about every ``period`` seconds between ``start`` and ``end``."""
    return _samples(telemetry.time, telemetry.altitude, start, end, period)


def _samples(time: Floats, values: Floats, start: float, end: float, period: float) -> Samples:
    """Return one measurement a window inside [start, end]: an average, or the moment at which the display changes."""
    values, glides, coarse = _without_animation(time, values)
    period = max(period, FRAMES_IN_A_WINDOW * float(np.median(np.diff(time))))
    edges = np.linspace(start, end, max(1, round((end - start) / period)) + 1)
    found = []
    for low, high in pairwise(edges):
        here = np.flatnonzero((time >= low) & (time < high))
        if len(here) < FEWEST_FRAMES or time[here[-1]] - time[here[0]] < FEWEST_SHARE * (high - low):
            continue
        shown = np.unique(values[here])
        sample = (
            _average(time[here], values[here], shown, coarse) if len(shown) > 2 else _change(time, values, glides, here)
        )
        if sample is not None:
            found.append(sample)
    columns = np.array(found).reshape(-1, 3).T
    return Samples(columns[0], columns[1], columns[2])


def _without_animation(time: Floats, values: Floats) -> tuple[Floats, Floats, float]:
    """Return the display with a step in place of each animation between two values at which it rests.

    Some overlays hold a coarse value and glide to the next within two seconds; the values in between are no
    measurements. The step is put one time constant of the glide after its start.

    Returns:
        The values; the duration of the glide (s) at each frame, 0 elsewhere; and the step between two values of rest,
        0 for a display that never glides.
    """
    overlay = assumptions().overlay
    starts = np.concatenate([[0], np.flatnonzero(np.diff(values) != 0.0) + 1])
    stops = np.append(starts[1:], len(values))
    rests = np.flatnonzero(time[stops - 1] - time[starts] > overlay.resting_time_s.si)
    step = np.median(np.abs(np.diff(values[starts]))) if len(starts) > 1 else 0.0
    steps, glides, coarse = values.copy(), np.zeros(len(values)), 0.0
    for before, after in pairwise(rests):
        gliding = slice(stops[before], starts[after])
        far = abs(values[starts[after]] - values[starts[before]]) > GLIDE_STEPS * step
        seconds = time[starts[after]] - time[stops[before]]
        far = far and time[stops[before]] - time[stops[before] - 1] < overlay.glide_time_max_s.si  # not over a gap
        if far and after > before + 1 and seconds < overlay.glide_time_max_s.si:
            change = np.searchsorted(time, time[stops[before]] + overlay.glide_time_constant_s.si)
            steps[stops[before] : change], steps[change : starts[after]] = values[starts[before]], values[starts[after]]
            glides[gliding], coarse = seconds, abs(values[starts[after]] - values[starts[before]])
    return steps, glides, float(coarse)


def _average(time: Floats, values: Floats, shown: Floats, coarse: float) -> tuple[float, float, float]:
    """Return time, value and standard error at the middle of a window, from a parabola through its frames.

    There are as many independent readings as values were shown; on a display that glides, only every ``coarse`` step is
    one. The scatter contains the error of rounding.
    """
    middle = float(np.mean(time))
    readings = 1.0 + np.ptp(shown) / coarse if coarse else float(len(shown))
    fit = np.polyfit(time - middle, values, 2 if readings > PARABOLA_READINGS else 1)
    scatter = float(np.std(values - np.polyval(fit, time - middle)))
    step = float(np.max(np.diff(shown)))  # the largest: over a gap in the trace, the values between are not known
    factor = PARABOLA_ERROR if len(fit) == 3 else 1.0
    sigma = max(scatter, step / np.sqrt(12.0)) * factor / np.sqrt(readings)
    return middle, float(fit[-1]), float(sigma)


def _change(time: Floats, values: Floats, glides: Floats, here: NDArray[np.intp]) -> tuple[float, float, float] | None:
    """Return time, value and standard error at the only change of value among the frames ``here``.

    None if the value does not change, or changes more than once. The standard error is that of the moment times the
    rate over the ten seconds around it.
    """
    overlay = assumptions().overlay
    jumps = here[:-1][np.diff(values[here]) != 0.0]
    if len(jumps) != 1:
        return None
    at = int(jumps[0])
    moment, value = 0.5 * (time[at] + time[at + 1]), _value_at_change(*sorted((values[at], values[at + 1])))
    around = np.abs(time - moment) < RATE_SPAN
    rate = float(np.ptp(values[around]) / max(np.ptp(time[around]), 1.0))
    moment_errors = [
        overlay.transition_error_s.si,
        (time[at + 1] - time[at]) / np.sqrt(12.0),
        overlay.glide_time_constant_error_s.si * (glides[at] > 0.0),
    ]
    return float(moment), float(value), rate * float(np.linalg.norm(moment_errors)) + SMALLEST_ERROR


def _value_at_change(low: float, high: float) -> float:
    """Return the true value at which a display that rounds changes between two values: halfway, with two exceptions.

    The overlays show no altitude between 0 and the lowest one, so that 0 turns to 0.1 km at 0.1 km. And where the steps
    of an altitude grow from 0.1 to 1 km, 99.5 km turns to 100 km at 99.5 km.
    """
    overlay = assumptions().overlay
    lowest, fine_max = overlay.altitude_lowest_m.si, overlay.altitude_fine_max_m.si
    if (low, high) == (0.0, lowest):
        return lowest
    return fine_max if low == fine_max and high == overlay.altitude_coarse_min_m.si else 0.5 * (low + high)
