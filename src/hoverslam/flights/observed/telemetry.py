"""Telemetry of a flight: speed and altitude over time, as a webcast overlay showed them, and the times of events.

A trace is read from JSON (the format of public collections) or CSV. ``samples.py`` turns it into measurements with
standard errors, and ``events.py`` refines the stated times of events.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.ndimage import median_filter

from hoverslam.data.reading import whole_number
from hoverslam.data.writing import write_whole
from hoverslam.flights.observed.trace_files import Floats, TelemetryError, read_columns, read_text

DATA = Path(__file__).parent / "files" / "telemetry"
TRACE_SUFFIX, EVENTS_SUFFIX = "_stage1_raw.json", "_events.json"
STATED_EVENT_ERROR = 0.5  # s: standard error of an event that is stated as a whole number of seconds
MISREAD_SPEED, MISREAD_ALTITUDE = 8.0, 600.0  # m/s, m: a value further from the running median contains a misread digit
FEWEST_SAMPLES = 100  # in a trace
LONGEST_STEP = 1.05  # s between samples: a second, and what the times of frames deviate from it
LARGEST_MEAN_ACCELERATION = 30.0  # m/s2 from lift-off to cut-off: launchers average 8 to 15
STEEPEST, STEEPEST_SLACK = 1.2, 1500.0  # climb over the way flown, and a display's step (m): a climb is at most the way
FLATTEST, LONG_WAY = 0.01, 20e3  # least climb over the way flown, where the way is longer than this (m)
# Events in the order of a flight.
_EVENTS = ("throttle_down_start", "maxq", "throttle_down_end", "meco", "boostback_start", "boostback_end", "apogee",
           "entry_start", "entry_end", "landing_start", "landing_end")  # fmt: skip


@dataclass(frozen=True)
class Events:
    """Times of events in seconds on the trace's clock; None where an event was not flown or not read.

    Burns come in pairs of start and end. Without ``landing_end`` the trace ends before touchdown, and a ``landing_start`` is
    the end of the glide.

    Attributes:
        meco: First-stage cut-off.
        boostback_start, boostback_end, entry_start, entry_end, landing_start, landing_end: The burns.
        apogee: Greatest altitude of the first stage.
        throttle_down_start, throttle_down_end: Reduced thrust about the maximum of dynamic pressure.
        maxq: Maximum of dynamic pressure.
        errors: Standard errors (s) by event, where they are not that of a whole number of seconds.
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
        """Return the standard error of an event (s); by default that of a whole number of seconds."""
        return self.errors.get(name, STATED_EVENT_ERROR)

    def known(self) -> dict[str, float]:
        """Return the times of the events that have one, by name, in the order of a flight."""
        return {name: getattr(self, name) for name in _EVENTS if getattr(self, name) is not None}


@dataclass(frozen=True)
class Telemetry:
    """One trace.

    Attributes:
        name: Of the flight.
        time: Seconds on the trace's clock, ``(n,)``.
        speed: Speed relative to the rotating Earth (m/s), ``(n,)``.
        altitude: Altitude above the pad (m), ``(n,)``.
        events: Times of events.
    """

    name: str
    time: Floats
    speed: Floats
    altitude: Floats
    events: Events


def known_telemetry() -> list[str]:
    """Return the names of the traces that come with the package."""
    return sorted(path.name.removesuffix(TRACE_SUFFIX) for path in DATA.glob(f"*{TRACE_SUFFIX}"))


def load_telemetry(source: str | Path, events: str | Path | None = None) -> Telemetry:
    """Return a trace that comes with the package, or read one from a file.

    Args:
        source: A known name; or a JSON file with ``time`` (s), ``velocity`` (m/s), ``altitude`` (km), as lists or as a stream
            of records; or a CSV file with a column each named with its unit, such as ``time_s``, ``Speed (km/h)``,
            ``altitude_m``. See :mod:`hoverslam.flights.observed.trace_files`.
        events: JSON file of events in seconds after lift-off; by default the file beside the trace whose name ends in
            ``_events.json`` instead of ``_stage1_raw.json`` or ``.csv``.

    Raises:
        TelemetryError: If a file is missing, does not hold a flight, or if speed and altitude contradict each other, as they
            do in other units than the headers state.
    """
    if str(source) in known_telemetry():
        path = DATA / f"{source}{TRACE_SUFFIX}"
    else:
        path = Path(source)
        if not path.is_file():
            raise TelemetryError(f"{path}: no such file; known traces are {', '.join(known_telemetry())}")
    _require_json_or_csv(path)
    columns = read_columns(path)
    events_path = _events_beside(path) if events is None else Path(events)
    time, speed, altitude = _checked(path, columns)
    found = Telemetry(_stem(path), time, speed, altitude, _read_events(events_path, time))
    _check_units(path, found)
    return found


def save_telemetry(telemetry: Telemetry, path: str | Path) -> None:
    """Write a trace as JSON or CSV, by the suffix of ``path``, and its events beside it.

    Raises:
        TelemetryError: If ``path`` has another suffix.
    """
    path = Path(path)
    _require_json_or_csv(path)
    columns = {"time": telemetry.time, "velocity": telemetry.speed, "altitude": telemetry.altitude / 1e3}
    if path.suffix == ".csv":
        rows = zip(*(map(repr, column.tolist()) for column in columns.values()), strict=True)
        lines = ["time_s,speed_m_s,altitude_km", *(",".join(row) for row in rows)]
        write_whole(path, "\n".join(lines) + "\n")
    else:
        write_whole(path, json.dumps({key: column.tolist() for key, column in columns.items()}))
    write_whole(_events_beside(path), json.dumps(telemetry.events.known()))


def _stem(path: Path) -> str:
    """Return the name of a flight from the name of its file."""
    return path.name.removesuffix(path.suffix).removesuffix(TRACE_SUFFIX.removesuffix(".json"))


def _events_beside(path: Path) -> Path:
    """Return the file of events that belongs to a trace."""
    return path.with_name(_stem(path) + EVENTS_SUFFIX)


def _require_json_or_csv(path: Path) -> None:
    if path.suffix not in (".json", ".csv"):
        raise TelemetryError(f"{path}: suffix {path.suffix!r}: must be .json or .csv")


def _table(path: Path, content: object) -> dict[str, object]:
    """Return the content of a JSON file if it is a table."""
    if not isinstance(content, dict):
        raise TelemetryError(f"{path}: a {type(content).__name__}: must be a table, {{name: ...}}")
    return content


def _checked(path: Path, columns: Mapping[str, Floats]) -> tuple[Floats, Floats, Floats]:
    """Return time, speed and altitude without repeated times and misread digits."""
    time, speed, altitude = (columns[name] for name in ("time", "speed", "altitude"))
    if not len(time) == len(speed) == len(altitude):
        raise TelemetryError(f"{path}: {len(time)} times, {len(speed)} speeds, {len(altitude)} altitudes: need as many")
    if len(time) < FEWEST_SAMPLES:
        raise TelemetryError(f"{path}: time: {len(time)} samples: a flight needs at least {FEWEST_SAMPLES}")
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
    clean_speed = _without_misread_digits(time[kept], speed[kept], MISREAD_SPEED)
    return time[kept], clean_speed, _without_misread_digits(time[kept], altitude[kept], MISREAD_ALTITUDE)


def _without_misread_digits(time: Floats, values: Floats, largest: float) -> Floats:
    """Return values with those further than ``largest`` from the running median over one second replaced by it."""
    frames = 2 * round(0.5 / float(np.median(np.diff(time)))) + 1
    middle = median_filter(values, max(3, frames), mode="nearest")
    cleaned: Floats = np.where(np.abs(values - middle) > largest, middle, values)
    return cleaned


def _read_events(path: Path, time: Floats) -> Events:
    """Return the events of a file, checked against each other and against the trace."""
    if not path.is_file():
        raise TelemetryError(f'{path}: no such file: write the events of the flight there, at least {{"meco": 145}}')
    try:
        raw = _table(path, json.loads(read_text(path), parse_int=whole_number))
    except (ValueError, RecursionError) as error:  # also an integer of thousands of digits, brackets nested too deeply
        raise TelemetryError(f"{path}: cannot be read: {error}") from None
    given: dict[str, float] = {}
    for name in _EVENTS:
        value = raw.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < np.inf:
            raise TelemetryError(f"{path}: {name}: {value!r}: must be seconds after lift-off, or null if not known")
        given[name] = float(value)
    _check_pairs(path, given)
    events = Events(given["meco"], **{name: seconds for name, seconds in given.items() if name != "meco"})  # type: ignore[arg-type]
    _check_order(path, events)
    for name, seconds in given.items():
        if not 0.0 < seconds < time[-1] + 5.0:
            raise TelemetryError(
                f"{path}: {name}: {seconds:g} s: must lie within the trace, which ends at {time[-1]:g} s"
            )
    return events


def _check_units(path: Path, flight: Telemetry) -> None:
    """Check that speed and altitude up to cut-off can belong to one flight: another unit makes them contradict."""
    time, speed, altitude = flight.time, flight.speed, flight.altitude
    up = time <= flight.events.meco
    if np.count_nonzero(up) < 2:
        return
    taken, way = time[up][-1] - time[0], float(np.trapezoid(speed[up], time[up]))
    climb = float(np.max(altitude[up]) - altitude[0])
    remedy = "state the unit of each column in its header: time_s, speed_m_s or speed_km_h, altitude_m or altitude_km"
    mean = (float(np.max(speed[up])) - float(speed[0])) / max(float(taken), 1.0)
    if mean > LARGEST_MEAN_ACCELERATION:
        told = f"{speed[up].max():,.0f} m/s at cut-off after {taken:.0f} s, a mean of {mean:.0f} m/s2"
        raise TelemetryError(f"{path}: speed: {told}: no launcher does that (km/h taken for m/s?): {remedy}")
    told = f"climbs {climb / 1e3:,.1f} km to cut-off, while the speed covers {way / 1e3:,.1f} km"
    if climb > STEEPEST * way + STEEPEST_SLACK:
        raise TelemetryError(f"{path}: altitude: {told}: not possible (m taken for km, or m/s for km/h?): {remedy}")
    if way > LONG_WAY and climb < FLATTEST * way and time[0] < 10.0:
        raise TelemetryError(f"{path}: altitude: {told}: no ascent is so flat (km taken for m?): {remedy}")


def _check_pairs(path: Path, given: Mapping[str, float]) -> None:
    if "meco" not in given:
        raise TelemetryError(f"{path}: meco: missing: add the time of first-stage cut-off in seconds")
    for burn in ("boostback", "entry", "landing"):
        if burn == "landing" and "landing_end" not in given:
            continue  # the trace ends before touchdown
        pair = [f"{burn}_{which}" in given for which in ("start", "end")]
        if pair[0] != pair[1]:
            raise TelemetryError(f"{path}: {burn}_{'end' if pair[0] else 'start'}: missing: a burn has start and end")


def _check_order(path: Path, events: Events) -> None:
    # The maximum of dynamic pressure may come before, during or after reduced thrust.
    in_order = [event for event in events.known().items() if event[0] != "maxq"]
    for (first, earlier), (second, later) in pairwise(in_order):
        if not earlier < later:
            raise TelemetryError(f"{path}: {second}: {later:g} s: must be later than {first} ({earlier:g} s)")
