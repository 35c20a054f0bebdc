"""Telemetry of a flight that was seen: speed and altitude over time, as an overlay showed them, and its events.

A trace is read from JSON (the format of public collections) or CSV. What comes out are samples for a fit: the value at
a time and its standard error, which the steps of the display decide. A value that changes from frame to frame is
averaged over a window; one that stands still for seconds says most at the moment it changes.
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.ndimage import median_filter
from scipy.optimize import least_squares

DATA = Path(__file__).parent / "files" / "telemetry"
INTEGER_ERROR, SHARP_ERROR = 0.5, 0.2  # s: standard errors of an event read to the second, and of a clear kink
OUTLIER = {"speed": (8.0, "m/s"), "altitude": (600.0, "m")}  # further from the running median: a misread digit
TRANSITION_ERROR = 0.05  # s: a frame and a half
RESTING, GLIDING = 0.8, 2.5  # s: a display rests if it stands this long, and glides at most this long
EASING, EASING_ERROR = 0.6, 0.1  # s: time constant of a glide; the speed beside it is as late, so its step is put there
LOWEST, HIGHEST_FINE = 100.0, 99500.0  # m: see `_crossed`
POWERED = 1500.0  # J/kg: a change of energy that only an engine can make
GRAVITATION, RADIUS = 3.986e14, 6.373e6  # m3/s2, m
MOVING = (12.0, 70.0)  # m/s: where first motion is looked for
_COLUMNS = {
    "time_s": ("time", 1.0), "time": ("time", 1.0),
    "speed_m_s": ("speed", 1.0), "velocity_m_s": ("speed", 1.0), "velocity": ("speed", 1.0),
    "speed_km_h": ("speed", 1.0 / 3.6), "velocity_km_h": ("speed", 1.0 / 3.6),
    "altitude_m": ("altitude", 1.0), "altitude_km": ("altitude", 1e3), "altitude": ("altitude", 1e3),
}  # fmt: skip


class TelemetryError(ValueError):
    """A trace that cannot be used; the message names file, key, value and the fix."""


@dataclass(frozen=True)
class Events:
    """Seconds after lift-off on the trace's clock; None where not flown or not seen. ``errors``: standard errors by name.

    Burns come in pairs of start and end. Without ``landing_end`` the flight was not seen to the ground.
    """

    meco: float
    boostback_start: float | None = None
    boostback_end: float | None = None
    apogee: float | None = None
    entry_start: float | None = None
    entry_end: float | None = None
    landing_start: float | None = None
    landing_end: float | None = None
    throttle_down_start: float | None = None
    throttle_down_end: float | None = None
    maxq: float | None = None
    errors: Mapping[str, float] = field(default_factory=dict)

    def error(self, name: str) -> float:
        """Standard error (s): as found, or that of a whole number of seconds."""
        return self.errors.get(name, INTEGER_ERROR)

    def known(self) -> dict[str, float]:
        """The events there are, by name, in order of flight."""
        return {name: getattr(self, name) for name in _EVENTS if getattr(self, name) is not None}


_EVENTS = ("throttle_down_start", "maxq", "throttle_down_end", "meco", "boostback_start", "boostback_end", "apogee",
           "entry_start", "entry_end", "landing_start", "landing_end")  # fmt: skip
_STAGED = (
    "boostback_start",
    "entry_start",
)  # one engine first, and some four seconds later more, which is another kink


@dataclass(frozen=True)
class Telemetry:
    """One trace: ``time`` (s), Earth-relative ``speed`` (m/s) and ``altitude`` above the pad (m), each ``(n,)``."""

    name: str
    time: np.ndarray
    speed: np.ndarray
    altitude: np.ndarray
    events: Events


class Samples(NamedTuple):
    """What was measured: ``time`` (s), ``value`` and its standard error ``sigma``, each ``(n,)``."""

    time: np.ndarray
    value: np.ndarray
    sigma: np.ndarray


# ---- files -----------------------------------------------------------------------------------------------------------
def known_telemetry() -> list[str]:
    """Names of the traces that come with the package."""
    return sorted(path.name.removesuffix("_stage1_raw.json") for path in DATA.glob("*_stage1_raw.json"))


def load_telemetry(source: str | Path, events: str | Path | None = None) -> Telemetry:
    """A trace by the name of a known one, or from a file.

    Args:
        source: a known name; or a JSON file with ``time`` (s), ``velocity`` (m/s), ``altitude`` (km); or a CSV file with
            a column each named with its unit: ``time_s``; ``speed_m_s`` or ``speed_km_h``; ``altitude_m`` or
            ``altitude_km``.
        events: JSON file of events in seconds after lift-off; by default the file beside the trace whose name ends in
            ``_events.json`` instead of ``_stage1_raw.json`` or ``.csv``.

    Raises:
        TelemetryError: for a file that is missing or does not hold a flight.
    """
    if str(source) in known_telemetry():
        path = DATA / f"{source}_stage1_raw.json"
    else:
        path = Path(source)
        if not path.is_file():
            raise TelemetryError(f"{path}: no such file; known traces are {', '.join(known_telemetry())}")
    columns = _read_columns(path)
    stem = path.name.removesuffix(path.suffix).removesuffix("_stage1_raw")
    beside = Path(events) if events is not None else path.with_name(f"{stem}_events.json")
    time, speed, altitude = _checked(path, columns)
    return Telemetry(stem, time, speed, altitude, _read_events(beside, time))


def save_telemetry(telemetry: Telemetry, path: str | Path) -> None:
    """Write a trace as JSON or CSV, by the suffix of ``path``, and its events beside it.

    Raises:
        TelemetryError: for another suffix.
    """
    path = Path(path)
    _must_be_json_or_csv(path)
    columns = {"time": telemetry.time, "velocity": telemetry.speed, "altitude": telemetry.altitude / 1e3}
    if path.suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["time_s", "speed_m_s", "altitude_km"])
            writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))
    else:
        path.write_text(json.dumps({key: column.tolist() for key, column in columns.items()}))
    stem = path.name.removesuffix(path.suffix).removesuffix("_stage1_raw")
    path.with_name(f"{stem}_events.json").write_text(json.dumps(telemetry.events.known()))


def _must_be_json_or_csv(path: Path) -> None:
    if path.suffix not in (".json", ".csv"):
        raise TelemetryError(f"{path}: suffix {path.suffix!r}: must be .json or .csv")


def _table(path: Path, raw: object) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise TelemetryError(f"{path}: a {type(raw).__name__}: must be a table, {{name: ...}}")
    return raw


def _read_columns(path: Path) -> dict[str, np.ndarray]:
    """Columns in SI by the names of :class:`Telemetry`."""
    _must_be_json_or_csv(path)
    try:
        if path.suffix == ".json":
            raw = _table(path, json.loads(path.read_text()))
        else:
            with path.open(newline="") as file:
                rows = list(csv.reader(file))
            raw = dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True))
    except TelemetryError:
        raise
    except (ValueError, IndexError) as error:
        raise TelemetryError(f"{path}: cannot be read: {error}") from None
    found: dict[str, np.ndarray] = {}
    for key, values in raw.items():
        if key in _COLUMNS:
            name, factor = _COLUMNS[key]
            try:
                found[name] = np.atleast_1d(factor * np.array(values, dtype=float))
            except (ValueError, TypeError) as error:
                raise TelemetryError(f"{path}: {key}: {error}: must be numbers") from None
    missing = [name for name in ("time", "speed", "altitude") if name not in found]
    if missing:
        raise TelemetryError(f"{path}: {missing[0]}: missing: has {', '.join(raw)}; known are {', '.join(_COLUMNS)}")
    return found


def _checked(path: Path, columns: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    time, speed, altitude = (columns[name] for name in ("time", "speed", "altitude"))
    if not len(time) == len(speed) == len(altitude):
        raise TelemetryError(f"{path}: {len(time)} times, {len(speed)} speeds, {len(altitude)} altitudes: need as many")
    if len(time) < 100:
        raise TelemetryError(f"{path}: time: {len(time)} samples: a flight needs at least 100")
    for name, values in columns.items():
        if not np.all(np.isfinite(values)):
            at = int(np.argmin(np.isfinite(values)))
            raise TelemetryError(f"{path}: {name}[{at}]: {values[at]}: must be finite; leave the row out")
    back = np.flatnonzero(np.diff(time) < 0.0)
    if len(back):
        at = int(back[0])
        raise TelemetryError(f"{path}: time[{at + 1}]: {time[at + 1]:g} s after {time[at]:g} s: must not go back")
    kept = np.concatenate([[True], np.diff(time) > 0.0])
    clean = [_without_misread(time[kept], values[kept], OUTLIER[name][0]) for name, values in
             (("speed", speed), ("altitude", altitude))]  # fmt: skip
    return time[kept], clean[0], clean[1]


def _without_misread(time: np.ndarray, values: np.ndarray, most: float) -> np.ndarray:
    """Digits misread for less than half a second replaced by the running median."""
    frames = 2 * round(0.5 / float(np.median(np.diff(time)))) + 1
    middle = median_filter(values, max(3, frames), mode="nearest")
    cleaned: np.ndarray = np.where(np.abs(values - middle) > most, middle, values)
    return cleaned


def _read_events(path: Path, time: np.ndarray) -> Events:
    if not path.is_file():
        raise TelemetryError(f'{path}: no such file: write the events of the flight there, at least {{"meco": 145}}')
    try:
        raw = _table(path, json.loads(path.read_text()))
    except json.JSONDecodeError as error:
        raise TelemetryError(f"{path}: cannot be read: {error}") from None
    given: dict[str, Any] = {}
    for name in _EVENTS:
        value = raw.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            raise TelemetryError(f"{path}: {name}: {value!r}: must be seconds after lift-off, or null if not seen")
        given[name] = float(value)
    if "meco" not in given:
        raise TelemetryError(f"{path}: meco: missing: add the time of first-stage cut-off in seconds")
    for burn in ("boostback", "entry", "landing"):
        pair = [f"{burn}_{which}" in given for which in ("start", "end")]
        if pair[0] != pair[1]:
            raise TelemetryError(f"{path}: {burn}_{'end' if pair[0] else 'start'}: missing: a burn has start and end")
    events = Events(**given)
    order = [event for event in events.known().items() if event[0] != "maxq"]  # may come before, in or after throttling
    for (first, a), (second, b) in pairwise(order):
        if not a < b:
            raise TelemetryError(f"{path}: {second}: {b:g} s: must be later than {first} ({a:g} s)")
    for name, value in given.items():
        if not 0.0 < value < time[-1] + 5.0:
            raise TelemetryError(
                f"{path}: {name}: {value:g} s: must lie within the trace, which ends at {time[-1]:g} s"
            )
    return events


# ---- samples ---------------------------------------------------------------------------------------------------------
def speed_samples(telemetry: Telemetry, start: float, end: float, period: float) -> Samples:
    """Speed (m/s) about every ``period`` seconds between ``start`` and ``end``."""
    return _samples(telemetry.time, telemetry.speed, start, end, period)


def altitude_samples(telemetry: Telemetry, start: float, end: float, period: float) -> Samples:
    """Altitude (m) about every ``period`` seconds between ``start`` and ``end``."""
    return _samples(telemetry.time, telemetry.altitude, start, end, period)


def _samples(time: np.ndarray, values: np.ndarray, start: float, end: float, period: float) -> Samples:
    """One sample a window that never leaves [start, end]: an average, or the moment the display changes."""
    values, glides, coarse = _uneased(time, values)
    edges = np.linspace(start, end, max(1, round((end - start) / period)) + 1)
    found = []
    for low, high in pairwise(edges):
        here = np.flatnonzero((time >= low) & (time < high))
        if len(here) < 4 or time[here[-1]] - time[here[0]] < 0.4 * (high - low):
            continue
        shown = np.unique(values[here])
        sample = (
            _average(time[here], values[here], shown, coarse) if len(shown) > 2 else _change(time, values, glides, here)
        )
        if sample is not None:
            found.append(sample)
    columns = np.array(found).reshape(-1, 3).T
    return Samples(columns[0], columns[1], columns[2])


def _uneased(time: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The display without the animation between values that it rests at: a step once it has left one for ``EASING``.

    Some overlays hold a coarse value and glide to the next within two seconds; the values in between were never measured.
    Returns the display; where it glided, for how long (s); and the step between rests, 0 for a display that never glides.
    """
    starts = np.concatenate([[0], np.flatnonzero(np.diff(values) != 0.0) + 1])
    stops = np.append(starts[1:], len(values))
    rests = np.flatnonzero(time[stops - 1] - time[starts] > RESTING)
    step = np.median(np.abs(np.diff(values[starts]))) if len(starts) > 1 else 0.0
    steps, glides, coarse = values.copy(), np.zeros(len(values)), 0.0
    for before, after in pairwise(rests):
        gliding = slice(stops[before], starts[after])
        far = abs(values[starts[after]] - values[starts[before]]) > 4.0 * step
        seconds = time[starts[after]] - time[stops[before]]
        if far and after > before + 1 and seconds < GLIDING:
            late = np.searchsorted(time, time[stops[before]] + EASING)
            steps[stops[before] : late], steps[late : starts[after]] = values[starts[before]], values[starts[after]]
            glides[gliding], coarse = seconds, abs(values[starts[after]] - values[starts[before]])
    return steps, glides, float(coarse)


def _average(time: np.ndarray, values: np.ndarray, shown: np.ndarray, coarse: float) -> tuple[float, float, float]:
    """Value at the middle of a window by a parabola; as many independent readings as values were shown.

    On a display that glides, only every ``coarse`` step is a reading, and a line is all that they carry.
    A parabola leaves its middle 1.5 times as uncertain as the mean of the readings; rounding is part of the scatter.
    """
    middle = float(np.mean(time))
    readings = 1.0 + np.ptp(shown) / coarse if coarse else float(len(shown))
    fit = np.polyfit(time - middle, values, 2 if readings > 5.0 else 1)
    scatter = float(np.std(values - np.polyval(fit, time - middle)))
    step = float(np.max(np.diff(shown)))  # the largest: over a gap in the trace, what came between is not known
    sigma = max(scatter, step / np.sqrt(12.0)) * (1.5 if len(fit) == 3 else 1.0) / np.sqrt(readings)
    return middle, float(fit[-1]), float(sigma)


def _change(
    time: np.ndarray, values: np.ndarray, glides: np.ndarray, here: np.ndarray
) -> tuple[float, float, float] | None:
    """The moment a display that rounds changes by one step: the value is halfway. None if it stands still.

    The rate (for the error of the moment) is that from one change to the next, over ten seconds around.
    """
    jumps = here[:-1][np.diff(values[here]) != 0.0]
    if len(jumps) != 1:
        return None
    at = int(jumps[0])
    moment, value = 0.5 * (time[at] + time[at + 1]), _crossed(*sorted((values[at], values[at + 1])))
    around = np.abs(time - moment) < 5.0
    rate = float(np.ptp(values[around]) / max(np.ptp(time[around]), 1.0))
    late = np.linalg.norm(
        [TRANSITION_ERROR, (time[at + 1] - time[at]) / np.sqrt(12.0), EASING_ERROR * (glides[at] > 0.0)]
    )
    return float(moment), float(value), rate * float(late) + 1e-3


def _crossed(low: float, high: float) -> float:
    """The value at which a display changes between two: halfway, because it rounds.

    Two exceptions of the overlays seen so far: it shows no altitude below 0.1 km, so that 0 turns to 0.1 at 0.1; and its
    steps grow from 0.1 to 1 km at 99.5 km, so that 99.5 turns to 100 at 99.5.
    """
    if (low, high) == (0.0, LOWEST):
        return LOWEST
    return HIGHEST_FINE if low == HIGHEST_FINE and high == 1e5 else 0.5 * (low + high)


# ---- events ----------------------------------------------------------------------------------------------------------
def first_motion(telemetry: Telemetry) -> tuple[float, float]:
    """Lift-off on the trace's clock and its standard error (s): where a rising speed, followed back, is zero.

    Raises:
        TelemetryError: if the trace does not show the lift-off.
    """
    low, high = MOVING
    before = telemetry.time < telemetry.events.meco
    moving = before & (telemetry.speed > low) & (telemetry.speed < high)
    if np.count_nonzero(moving) < 20:
        raise TelemetryError(f"{telemetry.name}: no lift-off: too few samples between {low:g} and {high:g} m/s")
    time, speed = telemetry.time[moving], telemetry.speed[moving]

    def misfit(x: np.ndarray) -> np.ndarray:
        return np.asarray(x[1] * (time - x[0]) + x[2] * (time - x[0]) ** 2 - speed)

    fit = least_squares(misfit, [time[0] - low / 4.0, 4.0, 0.0])
    shown = len(np.unique(speed))  # repeats of a value are no further readings
    variance = np.linalg.inv(fit.jac.T @ fit.jac)[0, 0] * 2.0 * fit.cost / len(time) * len(time) / shown
    return float(fit.x[0]), float(max(np.sqrt(variance), 0.1))


def refined_events(telemetry: Telemetry) -> Events:
    """Events at the kinks of the speed near the stated seconds; where there is no clear kink, as stated."""
    known, found, errors = telemetry.events.known(), {}, {}
    for name, stated in known.items():
        if name in ("apogee", "maxq", "landing_end"):
            continue
        if name == "boostback_end":
            stated = _powerless(telemetry, stated)
        kink = _kink(telemetry, stated, 3.0 if name in _STAGED else 4.0)
        found[name], errors[name] = (stated, INTEGER_ERROR) if kink is None else (kink, SHARP_ERROR)
    if "landing_end" in known:
        found["landing_end"], errors["landing_end"] = _touchdown(telemetry), 1.0
    return replace(telemetry.events, **found, errors=errors)


def _powerless(telemetry: Telemetry, stated: float) -> float:
    """When an engine in vacuum stopped, if the trace says that it was well before the stated second, otherwise that.

    Without thrust the energy over the ground stays as it is, but for a slow drift; the line through it after the stated
    second is followed back to where the energy leaves it.
    """
    altitude = altitude_samples(telemetry, stated - 16.0, stated + 14.0, 1.0)
    near = (telemetry.time > stated - 14.0) & (telemetry.time < stated + 12.0)
    if len(altitude.time) < 6 or np.count_nonzero(near) < 100:
        return stated
    time = telemetry.time[near] - stated
    height = np.polyval(np.polyfit(altitude.time - stated, altitude.value, 3), time)
    energy = 0.5 * telemetry.speed[near] ** 2 - GRAVITATION / (RADIUS + height)
    free = time > 1.0
    astray = np.abs(energy - np.polyval(np.polyfit(time[free], energy[free], 1), time)) > POWERED
    last = float(time[astray][-1]) if np.any(astray) else 0.0
    return stated + last if last < -1.5 else stated


def _kink(telemetry: Telemetry, stated: float, after: float) -> float | None:
    """Where two parabolas joined at a kink fit the speed best, within two seconds; None if one does nearly as well.

    They see four seconds before and ``after`` seconds after the stated one.
    """
    near = (telemetry.time > stated - 4.0) & (telemetry.time < stated + after)
    time, speed = telemetry.time[near] - stated, telemetry.speed[near]
    if len(time) < 30:
        return None
    smooth = np.column_stack([np.ones(len(time)), time, time**2])

    def misfit(columns: np.ndarray) -> float:
        left = columns @ np.linalg.lstsq(columns, speed, rcond=None)[0] - speed
        return float(left @ left)

    places = np.arange(-2.0, 2.01, 0.1)
    tried = [
        misfit(np.column_stack([smooth, np.maximum(time - at, 0.0), np.maximum(time - at, 0.0) ** 2])) for at in places
    ]
    best = int(np.argmin(tried))
    if tried[best] > 0.2 * misfit(smooth) or best in (0, len(places) - 1):
        return None
    return stated + float(places[best])


def _touchdown(telemetry: Telemetry) -> float:
    """When the speed, falling evenly over its last seconds above 10 m/s, comes to zero."""
    after = telemetry.time > (telemetry.events.landing_start or 0.0)
    moving = after & (telemetry.speed > 10.0)
    last = telemetry.time[moving][-1]
    late = moving & (telemetry.time > last - 5.0)
    slope, value = np.polyfit(telemetry.time[late] - last, telemetry.speed[late], 1)
    return float(last - value / min(slope, -1.0))
