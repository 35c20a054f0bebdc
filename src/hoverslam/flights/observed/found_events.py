"""Events found from the trace of a booster: cut-off, boostback, apogee, entry burn, landing burn, touchdown.

The specific force along the path, which is thrust and drag over mass, follows from speed and altitude alone: the rate of the
speed, and gravity times the sine of the path angle. It is zero in a coast above the air. Burns begin and end where it changes
within seconds, while drag changes over tens of seconds. A standard error contains the width of the smoothing, the step from
sample to sample, and the noise of the force over its rate at the event.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from hoverslam.flights.observed.trace_files import Floats

FIRST_MOTION_SPEEDS = 12.0, 70.0  # m/s: lift-off is extrapolated from these; below, the display is not reliable
FEWEST_LIFTOFF_SAMPLES = 6
LEAST_LIFTOFF_ERROR = 0.1  # s: smallest standard error of a lift-off
GRID = 0.1  # s between points of the specific force
SPEED_SPAN, ALTITUDE_SPAN = 1.0, 6.0  # s on each side over which a line through speed or altitude gives its rate
FEWEST_STEPS = 2.5  # samples on each side, where a trace has fewer than these spans hold
LEAST_SPREAD = 0.4  # of the span: less standard deviation of the samples' times, as beside a gap, gives no rate
EDGE_SPANS = 1.3  # spans of the smoothing after an edge, from which on the smoothing does not see it
LATE_END, EARLY_FALL = (
    0.25,
    0.5,
)  # spans by which the end of a burn is seen too late, and the beginning of a fall too early
GRAVITY, RADIUS = 9.81, 6.371e6  # m/s2, m
ASCENT_FORCE = 8.0  # m/s2 before cut-off: launchers reach 20 to 40
EARLIEST_CUTOFF = 60.0  # s after the first sample that moves
CUTOFF_REST = 3.0  # s after cut-off in which the force stays below a quarter of that before it
BURN_FORCE, LEAST_BURN = 2.5, 8.0  # m/s2: a burn in vacuum begins at the first, and exceeds the second
SHORTEST_BURN = 4.0  # s
LONGEST_PAUSE = 6.0  # s within boostback in which thrust is at right angles to the path
ENTRY_RISE = 8.0  # s in which the force of an entry burn grows from the first value to the second; drag takes longer
FALL_SPAN, LEAST_FALL = 4.0, 3.0  # s, m/s2: the force falls so much where the landing burn begins,
FALLS_BEFORE = 0.5  # m/s2: and not more than so much in the same time before
END_SPAN, LEAST_RISE = 3.0, 8.0  # s, m/s2: the force rises so much where the entry burn ends,
LAST_SHARE = 0.15  # and the last engine goes out with this share of the rise
LANDING_ALTITUDE = 15e3  # m: landing burns begin below
AT_REST, SLOW = 2.0, 20.0  # m/s: the speed at touchdown; a trace that ends slower shows the touchdown
EXTRAPOLATED, EXTRAPOLATED_ERROR = (
    5.0,
    1.0,
)  # s before touchdown through which a line is extrapolated, and its error (s)
APOGEE_SPAN = 40.0  # s on each side of the greatest altitude through which a parabola is put
SMOOTHING_ERROR = 0.4  # of the span over which the speed is smoothed: standard error of a moment in it
LARGEST_ERROR = 5.0  # s
SHORTEST_FLIGHT, LONGEST_FLIGHT = 30.0, 2e4  # s
LARGEST_SPEED, LARGEST_ALTITUDE = 1.5e4, 5e6  # m/s, m


class NotFound(ValueError):
    """A trace shows no cut-off; the message says why."""


class Found(NamedTuple):
    """The time of an event on the trace's clock and its standard error (s)."""

    time: float
    error: float


@dataclass(frozen=True)
class Force:
    """Specific force along the path over time.

    Attributes:
        time: Seconds on the trace's clock, ``(n,)``, evenly spaced.
        value: m/s2, positive along the path, ``(n,)``.
        speed, altitude: m/s and m at these times, ``(n,)``.
        span: s on each side over which the speed was smoothed.
    """

    time: Floats
    value: Floats
    speed: Floats
    altitude: Floats
    span: float

    def points(self, seconds: float) -> int:
        """Return how many points of the grid lie in so many seconds."""
        return max(1, round(seconds / GRID))

    def crossing(self, at: int, level: float) -> Found:
        """Return where the force crosses ``level`` between the points ``at - 1`` and ``at``, with its standard error."""
        before, after = self.value[at - 1], self.value[at]
        share = (level - before) / (after - before) if after != before else 0.5
        return self.moment(float(self.time[at - 1] + GRID * np.clip(share, 0.0, 1.0)), at)

    def edge(self, at: int, forward: bool) -> Found:
        """Return where thrust begins (or ends) next to point ``at``, at which it exceeds ``BURN_FORCE``.

        It is where the force is half of that reached as soon as the smoothing no longer sees the event. The error contains
        the time that the force takes to rise to ``BURN_FORCE``: thrust at right angles to the path is not seen.
        """
        step = 1 if forward else -1
        inside = int(np.clip(at + step * self.points(EDGE_SPANS * self.span), 0, len(self.value) - 1))
        level = 0.5 * self.value[inside]
        edge = at
        while edge != inside and abs(self.value[edge]) < abs(level):
            edge += step
        found = self.crossing(max(edge if forward else edge + 1, 1), level)
        hidden = BURN_FORCE / max(abs(level) / self.span, 0.1)
        return Found(found.time, float(min(np.hypot(found.error, hidden), LARGEST_ERROR)))

    def moment(self, time: float, at: int) -> Found:
        """Return an event at ``time`` with its standard error, from the noise and the rate of the force about point ``at``."""
        width = self.points(self.span)
        here = slice(max(at - width, 0), at + width + 1)
        rate = max(float(np.ptp(self.value[here])) / (2.0 * self.span), 0.1)
        error = np.hypot(SMOOTHING_ERROR * self.span, self._noise(at) / rate)
        return Found(time, float(min(error, LARGEST_ERROR)))

    def _noise(self, at: int) -> float:
        """Return the scatter of the force in the seconds before a point, about a line."""
        before = slice(max(at - self.points(8.0), 0), max(at - self.points(self.span), 4))
        time, value = self.time[before], self.value[before]
        return float(np.std(value - np.polyval(np.polyfit(time - time[0], value, 1), time - time[0])))


def find_events(time: Floats, speed: Floats, altitude: Floats) -> dict[str, Found]:
    """Return the events that a trace shows, in the order of a flight, each with its standard error (s).

    Args:
        time: Seconds on the trace's clock, increasing, ``(n,)``.
        speed: Relative to the rotating Earth (m/s), ``(n,)``.
        altitude: Above the pad (m), ``(n,)``.

    Returns:
        ``meco``, and of the following those that were flown and are shown: ``boostback_start``, ``boostback_end``,
        ``apogee``, ``entry_start``, ``entry_end``, ``landing_start``, ``landing_end``. A burn has both ends, but for a landing
        burn whose touchdown the trace does not show, and an entry burn in which it ends.

    Raises:
        NotFound: If there is no cut-off after an ascent.
    """
    _check_sizes(time, speed, altitude)
    force = specific_force(time, speed, altitude)
    cutoff = _cutoff(force)
    found = {"meco": force.crossing(cutoff, _half_before(force, cutoff))}
    top = _apogee(time, altitude, cutoff_time=found["meco"].time)
    turn = len(force.time) if top is None else int(np.searchsorted(force.time, top.time))
    found |= _boostback(force, cutoff + force.points(2.0), turn)
    if top is None:
        return found
    found["apogee"] = top
    entry, glide = _entry(force, turn)
    found |= entry
    return found | _landing(force, glide, time, speed)


def lift_off(time: Floats, speed: Floats) -> Found | None:
    """Return the time of lift-off and its standard error (s): a parabola through the first rise of the speed is put to zero.

    Args:
        time: Seconds on the trace's clock up to cut-off or beyond, increasing, ``(n,)``.
        speed: m/s, ``(n,)``.

    Returns:
        None if there are too few samples between the speeds ``FIRST_MOTION_SPEEDS``.
    """
    low, high = FIRST_MOTION_SPEEDS
    above = np.flatnonzero(speed >= high)
    first = slice(None, None if len(above) == 0 else int(above[0]))
    moving = (speed[first] > low) & (speed[first] < high)
    if np.count_nonzero(moving) < FEWEST_LIFTOFF_SAMPLES:
        return None
    time, speed = time[first][moving], speed[first][moving]

    def misfit(x: Floats) -> Floats:
        return np.asarray(x[1] * (time - x[0]) + x[2] * (time - x[0]) ** 2 - speed)

    fit = least_squares(misfit, [time[0] - low / 4.0, 4.0, 0.0])
    if np.linalg.matrix_rank(fit.jac) < 3:
        return None
    shown = len(np.unique(speed))  # a repeated value is not an independent reading
    variance = np.linalg.inv(fit.jac.T @ fit.jac)[0, 0] * 2.0 * fit.cost / len(time) * len(time) / shown
    return Found(float(fit.x[0]), float(max(np.sqrt(variance), LEAST_LIFTOFF_ERROR)))


def _check_sizes(time: Floats, speed: Floats, altitude: Floats) -> None:
    """Check that a trace is neither shorter nor larger than a flight."""
    lasts = float(time[-1] - time[0])
    if not SHORTEST_FLIGHT < lasts < LONGEST_FLIGHT:
        raise NotFound(f"it lasts {lasts:,.0f} s, where an ascent takes minutes")
    if np.max(np.abs(speed)) > LARGEST_SPEED or np.max(np.abs(altitude)) > LARGEST_ALTITUDE:
        raise NotFound(
            f"it shows {np.max(speed):,.0f} m/s and {np.max(altitude) / 1e3:,.0f} km, which no booster reaches"
        )


def specific_force(time: Floats, speed: Floats, altitude: Floats) -> Force:
    """Return the specific force along the path of a trace."""
    step = float(np.median(np.diff(time)))
    span, wide = max(SPEED_SPAN, FEWEST_STEPS * step), max(ALTITUDE_SPAN, FEWEST_STEPS * step)
    grid = np.arange(time[0], time[-1], GRID)
    rate, climb = _rate(time, speed, grid, span), _rate(time, altitude, grid, wide)
    fast, high = np.interp(grid, time, speed), np.interp(grid, time, altitude)
    sine = np.clip(climb / np.maximum(fast, 1.0), -1.0, 1.0)
    return Force(grid, rate + GRAVITY * (RADIUS / (RADIUS + high)) ** 2 * sine, fast, high, span)


def _rate(time: Floats, values: Floats, grid: Floats, span: float) -> Floats:
    """Return the slope of a line through the samples within ``span`` of each point; between where they lie beside a gap.

    Sums over all samples up to each make the lines of all points at once. Times are taken from their mean, since the sums
    of squares of a clock that starts at thousands of seconds lose digits.
    """
    low, high = np.searchsorted(time, grid - span), np.searchsorted(time, grid + span, side="right")
    at, shown = time - np.mean(time), values - np.mean(values)
    count, t, v, tt, tv = (
        np.concatenate([[0.0], np.cumsum(x)])[high] - np.concatenate([[0.0], np.cumsum(x)])[low]
        for x in (np.ones(len(at)), at, shown, at**2, at * shown)
    )
    spread = tt - t**2 / np.maximum(count, 1.0)
    good = (count >= 3) & (spread > (LEAST_SPREAD * span) ** 2 * count)
    slopes = (tv - t * v / np.maximum(count, 1.0))[good] / spread[good]
    filled: Floats = np.interp(grid, grid[good], slopes) if np.any(good) else np.zeros(len(grid))
    return filled


def _cutoff(force: Force) -> int:
    """Return the point at which the sustained force of the ascent has fallen by half."""
    moving = np.flatnonzero(force.speed > AT_REST)
    if len(moving) == 0:
        raise NotFound("the speed is zero throughout")
    before, after = force.points(10.0), force.points(CUTOFF_REST)
    begin = int(moving[0]) + before
    if force.speed[0] < 50.0:  # the trace shows lift-off
        begin = int(moving[0]) + force.points(EARLIEST_CUTOFF)
    for at in range(begin, len(force.time) - after):
        level = _half_before(force, at)
        if level < 0.5 * ASCENT_FORCE or force.value[at] >= level:
            continue
        rest = force.value[at + force.points(2.0 * force.span) : at + force.points(2.0 * force.span) + after]
        if len(rest) and np.mean(np.abs(rest)) < 0.5 * level:
            return at
    raise NotFound("the speed shows no end of a sustained acceleration")


def _half_before(force: Force, at: int) -> float:
    """Return half of the mean force in the seconds before a point, without those in which the smoothing sees the point."""
    end = max(at - force.points(2.0 * force.span), 1)
    return 0.5 * float(np.mean(force.value[max(end - force.points(6.0), 0) : end]))


def _apogee(time: Floats, altitude: Floats, cutoff_time: float) -> Found | None:
    """Return the vertex of a parabola through the altitudes about the greatest one; None if the trace ends before it."""
    after = time > cutoff_time
    greatest = np.flatnonzero(after & (altitude >= np.max(altitude[after], initial=0.0)))
    if len(greatest) == 0:
        return None
    middle = 0.5 * float(time[greatest[0]] + time[greatest[-1]])
    near = after & (np.abs(time - middle) < APOGEE_SPAN)
    if np.count_nonzero(near & (time > middle)) < 5 or altitude[near][-1] >= np.max(altitude[near]):
        return None
    shifted = time[near] - middle
    fit = np.polyfit(shifted, altitude[near], 2)
    if fit[0] >= 0.0:
        return None
    readings = len(np.unique(altitude[near]))  # a repeated value is not an independent reading
    scatter = float(np.std(altitude[near] - np.polyval(fit, shifted)))
    slope_error = scatter / (np.std(shifted) * np.sqrt(max(readings, 3)))
    vertex = -0.5 * fit[1] / fit[0]
    return Found(float(middle + vertex), float(min(max(slope_error / abs(2.0 * fit[0]), 0.2), LARGEST_ERROR)))


def _boostback(force: Force, first: int, last: int) -> dict[str, Found]:
    """Return start and end of thrust in vacuum between the points ``first`` and ``last``, which is the apogee."""
    powered = np.flatnonzero(np.abs(force.value[first:last]) > BURN_FORCE) + first
    for run in np.split(powered, np.flatnonzero(np.diff(powered) > force.points(LONGEST_PAUSE)) + 1):
        if len(run) == 0 or (run[-1] - run[0]) * GRID < SHORTEST_BURN or run[-1] + 1 >= len(force.time):
            continue
        peak = float(np.max(np.abs(force.value[run])))
        if peak < LEAST_BURN or run[0] <= first:
            continue
        start, end = force.edge(int(run[0]), forward=True), force.edge(int(run[-1]), forward=False)
        return {"boostback_start": start, "boostback_end": end}
    return {}


def _entry(force: Force, turn: int) -> tuple[dict[str, Found], int]:
    """Return start and end of the entry burn after the apogee at point ``turn``, and the point from which the glide goes on.

    Only the start is returned where the trace ends within the burn.
    """
    value, rise = force.value, force.points(ENTRY_RISE)
    falling = np.flatnonzero((value[turn + 1 :] < -BURN_FORCE) & (value[turn:-1] >= -BURN_FORCE)) + turn + 1
    starts = [int(at) for at in falling if np.min(value[at : at + rise]) < -LEAST_BURN - BURN_FORCE]
    if not starts:
        return {}, turn
    start = starts[0]
    end = _end_of_entry(force, start)
    if end is None:
        return {"entry_start": force.edge(start, forward=True)}, len(value)
    return {"entry_start": force.edge(start, forward=True), "entry_end": end.moment}, end.glide


class _End(NamedTuple):
    """The end of an entry burn, and the point from which the force is that of the glide."""

    moment: Found
    glide: int


def _end_of_entry(force: Force, start: int) -> _End | None:
    """Return where the force has risen by all but ``LAST_SHARE`` of its steepest rise after point ``start``.

    Engines go out one after the other, and the burn ends with the last. None if there is no such rise.
    """
    value, span = force.value, force.points(END_SPAN)
    growth = value[start + span :] - value[start:-span]
    ends = np.flatnonzero(growth > LEAST_RISE)
    if len(ends) == 0:
        return None
    run = np.split(ends, np.flatnonzero(np.diff(ends) > 1) + 1)[0]
    burning = start + int(run[np.argmax(growth[run])])
    glide = burning + int(np.argmax(value[burning : burning + 2 * span]))
    level = value[glide] - LAST_SHARE * (value[glide] - value[burning])
    at = burning + 1 + int(np.flatnonzero(value[burning + 1 : glide + 1] >= level)[0])
    found = force.crossing(at, level)
    return _End(Found(found.time - LATE_END * force.span, found.error), glide)


def _landing(force: Force, glide: int, time: Floats, speed: Floats) -> dict[str, Found]:
    """Return the start of the landing burn after point ``glide``, and touchdown where the trace shows it."""
    value, span = force.value, force.points(FALL_SPAN)
    moving = np.flatnonzero(force.speed > SLOW)
    places = np.arange(glide, min(int(moving[-1]), len(value) - span))
    places = places[force.altitude[places] < LANDING_ALTITUDE]
    falls = np.array([_fall_at(value, int(at), span) for at in places])
    if np.max(falls, initial=0.0) < LEAST_FALL:
        return {}
    start = int(places[np.argmax(falls)])
    found = {"landing_start": force.moment(float(force.time[start]) + EARLY_FALL * force.span, start)}
    return found | _touchdown(time, speed, found["landing_start"].time)


def _fall_at(value: Floats, at: int, span: int) -> float:
    """Return how far the force falls within ``span`` points after ``at``; 0 where it falls before, as drag that grows does."""
    before = float(np.max(value[max(at - span, 0) : at + 1]))
    return 0.0 if before > value[at] + FALLS_BEFORE else float(value[at] - np.min(value[at : at + span + 1]))


def _touchdown(time: Floats, speed: Floats, start: float) -> dict[str, Found]:
    """Return when the speed is zero, by a line through its last seconds, if the trace ends slowly."""
    late = time > start
    moving = late & (speed > 0.5 * SLOW)
    if np.count_nonzero(moving) < 5 or np.min(speed[late]) > SLOW:
        return {}
    last = float(time[moving][-1])
    near = moving & (time > last - EXTRAPOLATED)
    if np.count_nonzero(near) < 3:
        return {}
    slope, value = np.polyfit(time[near] - last, speed[near], 1)
    return {"landing_end": Found(float(last - value / min(slope, -1.0)), EXTRAPOLATED_ERROR)}
