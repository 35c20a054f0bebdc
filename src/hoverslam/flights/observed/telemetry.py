"""Telemetry of a flight: speed and altitude over time, as a webcast overlay showed them, and the times of events.

A trace is read from JSON (the format of public collections) or CSV. ``samples.py`` turns it into measurements with
standard errors, and ``events.py`` refines the stated times of events.
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from hoverslam.data.writing import write_whole

Floats: TypeAlias = NDArray[np.float64]

DATA = Path(__file__).parent / "files" / "telemetry"
TRACE_SUFFIX, EVENTS_SUFFIX = "_stage1_raw.json", "_events.json"
STATED_EVENT_ERROR = 0.5  # s: standard error of an event that is stated as a whole number of seconds
MISREAD_SPEED, MISREAD_ALTITUDE = 8.0, 600.0  # m/s, m: a value further from the running median contains a misread digit
FEWEST_SAMPLES = 100  # in a trace
# Name of a column of a file: the quantity, and the factor to SI.
_COLUMNS = {
    "time_s": ("time", 1.0), "time": ("time", 1.0),
    "speed_m_s": ("speed", 1.0), "velocity_m_s": ("speed", 1.0), "velocity": ("speed", 1.0),
    "speed_km_h": ("speed", 1.0 / 3.6), "velocity_km_h": ("speed", 1.0 / 3.6),
    "altitude_m": ("altitude", 1.0), "altitude_km": ("altitude", 1e3), "altitude": ("altitude", 1e3),
}  # fmt: skip
# Events in the order of a flight.
_EVENTS = ("throttle_down_start", "maxq", "throttle_down_end", "meco", "boostback_start", "boostback_end", "apogee",
           "entry_start", "entry_end", "landing_start", "landing_end")  # fmt: skip


class TelemetryError(ValueError):
    """A trace that cannot be used; the message names file, key, value and remedy."""


@dataclass(frozen=True)
class Events:
    """Times of events in seconds on the trace's clock; None where an event was not flown or not read.

    Burns come in pairs of start and end. Without ``landing_end`` the trace ends before touchdown.

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
        source: A known name; or a JSON file with ``time`` (s), ``velocity`` (m/s), ``altitude`` (km); or a CSV file with
            a column each named with its unit: ``time_s``; ``speed_m_s`` or ``speed_km_h``; ``altitude_m`` or
            ``altitude_km``.
        events: JSON file of events in seconds after lift-off; by default the file beside the trace whose name ends in
            ``_events.json`` instead of ``_stage1_raw.json`` or ``.csv``.

    Raises:
        TelemetryError: If a file is missing or does not hold a flight.
    """
    if str(source) in known_telemetry():
        path = DATA / f"{source}{TRACE_SUFFIX}"
    else:
        path = Path(source)
        if not path.is_file():
            raise TelemetryError(f"{path}: no such file; known traces are {', '.join(known_telemetry())}")
    columns = _read_columns(path)
    events_path = _events_beside(path) if events is None else Path(events)
    time, speed, altitude = _checked(path, columns)
    return Telemetry(_stem(path), time, speed, altitude, _read_events(events_path, time))


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


def _read_columns(path: Path) -> dict[str, Floats]:
    """Return the columns in SI by the names of :class:`Telemetry`."""
    _require_json_or_csv(path)
    try:
        if path.suffix == ".json":
            raw = _table(path, json.loads(path.read_text(encoding="utf-8-sig")))
        else:
            with path.open(newline="", encoding="utf-8-sig") as file:
                rows = list(csv.reader(file))
            raw = dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True))
    except TelemetryError:
        raise
    except (ValueError, IndexError) as error:
        raise TelemetryError(f"{path}: cannot be read: {error}") from None
    found: dict[str, Floats] = {}
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
        raw = _table(path, json.loads(path.read_text(encoding="utf-8-sig")))
    except (ValueError, RecursionError) as error:
        raise TelemetryError(f"{path}: cannot be read: {error}") from None
    given: dict[str, float] = {}
    for name in _EVENTS:
        value = raw.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
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


def _check_pairs(path: Path, given: Mapping[str, float]) -> None:
    if "meco" not in given:
        raise TelemetryError(f"{path}: meco: missing: add the time of first-stage cut-off in seconds")
    for burn in ("boostback", "entry", "landing"):
        pair = [f"{burn}_{which}" in given for which in ("start", "end")]
        if pair[0] != pair[1]:
            raise TelemetryError(f"{path}: {burn}_{'end' if pair[0] else 'start'}: missing: a burn has start and end")


def _check_order(path: Path, events: Events) -> None:
    # The maximum of dynamic pressure may come before, during or after reduced thrust.
    in_order = [event for event in events.known().items() if event[0] != "maxq"]
    for (first, earlier), (second, later) in pairwise(in_order):
        if not earlier < later:
            raise TelemetryError(f"{path}: {second}: {later:g} s: must be later than {first} ({earlier:g} s)")
