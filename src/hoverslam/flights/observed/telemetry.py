"""Telemetry of a flight: speed and altitude over time, as a webcast overlay showed them, and the times of events.

A trace is read from JSON (the format of public collections) or CSV. ``samples.py`` turns it into measurements with
standard errors, and ``events.py`` refines the stated times of events. Where no file states them, they are found from the
trace (``found_events.py``).

A flight may have two displays: ``stage1``, of the stack and then the booster, and ``stage2``, of the stack and then the upper
stage. Where only the second shows the ascent, as in a flight that expends its first stage, the ascent is taken from it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hoverslam.data.reading import whole_number
from hoverslam.data.writing import write_whole
from hoverslam.flights.observed.found_events import (
    LARGEST_ALTITUDE,
    LARGEST_SPEED,
    Found,
    NotFound,
    find_events,
    lift_off,
)
from hoverslam.flights.observed.trace_checks import check_units, cleaned
from hoverslam.flights.observed.trace_files import (
    ContradictionError,
    Floats,
    TelemetryError,
    other_units,
    read_columns,
    read_text,
)

DATA = Path(__file__).parent / "files" / "telemetry"
TRACE_SUFFIX, UPPER_SUFFIX, EVENTS_SUFFIX = "_stage1_raw.json", "_stage2_raw.json", "_events.json"
STATED_EVENT_ERROR = 0.5  # s: standard error of an event that is stated as a whole number of seconds
STACK_COAST = 5.0  # s after cut-off in which upper stage and booster move alike: none has a burning engine
LATEST_ZERO = 5.0  # s: a clock that shows lift-off later than this did not start at lift-off
EARLIEST_MECO = 60.0  # s after lift-off: no first stage cuts off earlier
BURN_LEFT_OUT = 2.0  # s before an entry burn that the trace does not show to its end, from which it is left out
# Events in the order of a flight.
_EVENTS = ("throttle_down_start", "maxq", "throttle_down_end", "meco", "boostback_start", "boostback_end", "apogee",
           "entry_start", "entry_end", "landing_start", "landing_end")  # fmt: skip
_WRITE_EVENTS = 'write the events of the flight there, at least {"meco": 145}'


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


class Trace(NamedTuple):
    """Columns of one display: ``time`` (s on the trace's clock), ``speed`` (m/s) and ``altitude`` (m), each ``(n,)``."""

    time: Floats
    speed: Floats
    altitude: Floats


@dataclass(frozen=True)
class Telemetry:
    """The traces of one flight; time, speed and altitude are those of the stack and then of the first stage.

    Attributes:
        name: Of the flight.
        time: Seconds on the trace's clock, ``(n,)``.
        speed: Speed relative to the rotating Earth (m/s), ``(n,)``.
        altitude: Altitude above the pad (m), ``(n,)``.
        events: Times of events.
        notes: What was assumed or left out when the trace was read, one line each.
        liftoff: Time of lift-off and its standard error (s), where they are stated; otherwise the trace has to show it.
        upper: Display of the stack and then of the upper stage, on the same clock; None if there is none.
    """

    name: str
    time: Floats
    speed: Floats
    altitude: Floats
    events: Events
    notes: tuple[str, ...] = ()
    liftoff: Found | None = None
    upper: Trace | None = None


def known_telemetry() -> list[str]:
    """Return the names of the traces that come with the package."""
    suffixes = (TRACE_SUFFIX, UPPER_SUFFIX)
    return sorted({path.name.removesuffix(suffix) for suffix in suffixes for path in DATA.glob(f"*{suffix}")})


def known_first_trace(name: str) -> bool:
    """Return whether a display of the first stage comes with the package under this name."""
    return (DATA / f"{name}{TRACE_SUFFIX}").is_file()


def known_upper_trace(name: str) -> Path | None:
    """Return the file of an upper stage's display that comes with the package; None if there is none of that name."""
    path = DATA / f"{name}{UPPER_SUFFIX}"
    return path if path.is_file() else None


def with_upper_trace(telemetry: Telemetry, source: str | Path) -> Telemetry:
    """Return a flight with the display of its upper stage.

    Where the first stage's trace begins after cut-off, the ascent is taken from this display, and the return is left out: what
    happens to the booster before its trace begins is not known.

    Args:
        telemetry: The flight; its events tell the cut-off.
        source: File of the display, on the same clock.

    Raises:
        TelemetryError: If the file is missing or cannot be used.
    """
    upper, notes = _upper_trace(Path(source))
    notes = (*telemetry.notes, *(f"upper stage: {note}" for note in notes))
    first = telemetry.time[0]
    if first < telemetry.events.meco:
        return replace(telemetry, upper=upper, notes=notes)
    told = f"the booster's display begins at {first:.0f} s, after burns whose times are not known: it is not fitted"
    return _up_to_cutoff(replace(telemetry, notes=(*notes, told)), upper)


def upper_telemetry(
    name: str, source: str | Path, events: str | Path | None = None, liftoff: tuple[float, float] | None = None
) -> Telemetry:
    """Return a flight of which only the display of the upper stage is known: up to cut-off it shows the stack.

    Args:
        name: Of the flight.
        source, events, liftoff: As in :func:`load_telemetry`.

    Raises:
        TelemetryError: If a file is missing or cannot be used.
    """
    whole = load_telemetry(source, events, liftoff)
    return replace(_up_to_cutoff(whole, Trace(whole.time, whole.speed, whole.altitude)), name=name)


def _up_to_cutoff(telemetry: Telemetry, upper: Trace) -> Telemetry:
    """Return a flight of which ``upper`` shows the ascent, and nothing shows the return of the first stage."""
    up, events = upper.time < telemetry.events.meco + STACK_COAST, telemetry.events
    ascent = Trace(*(column[up] for column in upper))
    return replace(
        telemetry,
        time=ascent.time,
        speed=ascent.speed,
        altitude=ascent.altitude,
        events=Events(events.meco, errors={name: error for name, error in events.errors.items() if name == "meco"}),
        upper=upper,
    )


def _upper_trace(path: Path) -> tuple[Trace, tuple[str, ...]]:
    """Return the columns of an upper stage's display, checked, and what was left out."""
    if not path.is_file():
        raise TelemetryError(f"{path}: no such file: it should be the display of the upper stage")
    _require_json_or_csv(path)
    columns = read_columns(path).values
    fastest, highest = (float(np.max(columns[name], initial=0.0)) for name in ("speed", "altitude"))
    if fastest > LARGEST_SPEED or highest > LARGEST_ALTITUDE:
        told = (
            f"shows {fastest:,.0f} m/s and {highest / 1e3:,.0f} km, which no upper stage reaches (km/h or m in place of"
        )
        raise TelemetryError(f"{path}: {told} m/s or km?): state the unit of each column in its header")
    time, speed, altitude, notes = cleaned(path, columns)
    return Trace(time, speed, altitude), notes


def load_telemetry(
    source: str | Path, events: str | Path | None = None, liftoff: tuple[float, float] | None = None
) -> Telemetry:
    """Return a trace that comes with the package, or read one from a file.

    Args:
        source: A known name; or a JSON file with ``time`` (s), ``velocity`` (m/s), ``altitude`` (km), as lists or as a stream
            of records; or a CSV file with a column each named with its unit, such as ``time_s``, ``Speed (km/h)``,
            ``altitude_m``. See :mod:`hoverslam.flights.observed.trace_files`.
        events: JSON file of events in seconds after lift-off; by default the file beside the trace whose name ends in
            ``_events.json`` instead of ``_stage1_raw.json`` or ``.csv``. If there is none, they are found from the
            trace.
        liftoff: Time of lift-off on the trace's clock and its standard error (s), for a trace that does not show it.

    A trace whose clock starts before lift-off is given a clock that starts at lift-off. ``notes`` of the result say what was
    assumed and left out.

    Raises:
        TelemetryError: If a file is missing, does not hold a flight, or if speed and altitude contradict each other, as they
            do in other units than the headers state; or if no file states events and the trace shows none.
    """
    if str(source) in known_telemetry():
        path = DATA / f"{source}{TRACE_SUFFIX}"
        if not path.is_file():
            return upper_telemetry(str(source), DATA / f"{source}{UPPER_SUFFIX}", events, liftoff)
    else:
        path = Path(source)
        if not path.is_file():
            raise TelemetryError(f"{path}: no such file; known traces are {', '.join(known_telemetry())}")
    _require_json_or_csv(path)
    columns = read_columns(path)
    stated = _stated_events(_events_beside(path) if events is None else Path(events), required=events is not None)
    try:
        return _flight(path, columns.values, stated, liftoff)
    except ContradictionError as contradiction:
        fitting = []
        for values, units in other_units(columns):
            try:
                fitting.append((_flight(path, values, stated, liftoff, guessed=True), units))
            except TelemetryError:
                continue
        if len(fitting) != 1:
            raise contradiction from None
    found, units = fitting[0]
    told = " and ".join(f"{name} in {unit}" for name, unit in units.items())
    return replace(found, notes=(f"units: the header states none; {told}, with which both agree", *found.notes))


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
    stem = path.name.removesuffix(path.suffix)
    for suffix in (TRACE_SUFFIX, UPPER_SUFFIX):
        stem = stem.removesuffix(suffix.removesuffix(".json"))
    return stem


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


@dataclass(frozen=True)
class _Stated:
    """Events of a file: seconds by name; None in place of them if there is no file."""

    path: Path
    seconds: dict[str, float] | None


def _stated_events(path: Path, required: bool) -> _Stated:
    """Return the events of a file, checked for their types and pairs."""
    if not path.is_file():
        if required:
            raise TelemetryError(f"{path}: no such file: {_WRITE_EVENTS}")
        return _Stated(path, None)
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
    return _Stated(path, given)


def _flight(
    path: Path,
    columns: Mapping[str, Floats],
    stated: _Stated,
    liftoff: tuple[float, float] | None,
    guessed: bool = False,
) -> Telemetry:
    """Return the trace of columns in SI with its events, stated or found."""
    time, speed, altitude, notes = cleaned(path, columns)
    clock = _clock(time, speed) if liftoff is None else liftoff[0]
    if clock and liftoff is None:
        notes += (f"time: the clock shows lift-off at {clock:,.1f} s; times are counted from there",)
    if stated.seconds is None:
        found = _found_events(path, stated.path, time - clock, speed, altitude)
        events = Events(
            **{name: each.time for name, each in found.items()}, errors={n: e.error for n, e in found.items()}
        )
        notes += (f"events: no file; found from the trace: {_told(found)}",)
    else:
        events = _on_clock(stated, clock, _cutoff_shown(time - clock, speed, altitude) if clock else None)
        for name, seconds in events.known().items():
            if not 0.0 < seconds < time[-1] - clock + 5.0:
                said = f"{seconds:g} s: must lie within the trace, which ends at {time[-1] - clock:g} s"
                raise TelemetryError(f"{stated.path}: {name}: {said}")
    flight = Telemetry(_stem(path), time - clock if clock else time, speed, altitude, events, notes)
    if liftoff is not None:
        flight = replace(flight, liftoff=Found(0.0, liftoff[1]))
    check_units(path, flight.time, speed, altitude, events.meco, guessed)
    return _without_half_an_entry(flight)


def _clock(time: Floats, speed: Floats) -> float:
    """Return the time of lift-off on the trace's clock (s); 0 if the trace does not show it, or the clock starts near it."""
    found = lift_off(time, speed)
    return found.time if found is not None and found.time > LATEST_ZERO else 0.0


def _on_clock(stated: _Stated, clock: float, cutoff: float | None) -> Events:
    """Return stated events in seconds after lift-off; those of a file may be on the trace's own clock.

    Args:
        stated: Events of a file.
        clock: Time of lift-off on the trace's clock (s).
        cutoff: Time of cut-off after lift-off that the trace shows (s); None if it shows none.
    """
    given = stated.seconds or {}
    meco = given["meco"]
    shifted = meco - clock > EARLIEST_MECO if cutoff is None else abs(meco - clock - cutoff) < abs(meco - cutoff)
    late = clock if shifted else 0.0
    events = Events(**{name: seconds - late for name, seconds in given.items()})  # type: ignore[arg-type]
    _check_order(stated.path, events)
    return events


def _cutoff_shown(time: Floats, speed: Floats, altitude: Floats) -> float | None:
    try:
        return find_events(time, speed, altitude)["meco"].time
    except NotFound:
        return None


def _found_events(path: Path, beside: Path, time: Floats, speed: Floats, altitude: Floats) -> dict[str, Found]:
    try:
        return find_events(time, speed, altitude)
    except NotFound as reason:
        told = f"in the trace itself ({path.name}) none can be found: {reason}"
        raise ContradictionError(f"{beside}: no such file: {_WRITE_EVENTS}; {told}") from None


def _told(found: Mapping[str, Found]) -> str:
    return ", ".join(f"{name} {each.time:.1f} +- {each.error:.1f} s" for name, each in found.items())


def _without_half_an_entry(flight: Telemetry) -> Telemetry:
    """Return a trace that ends within its entry burn as one that ends before it: a burn without an end is not fitted."""
    start = flight.events.entry_start
    if start is None or flight.events.entry_end is not None:
        return flight
    kept = flight.time < start - BURN_LEFT_OUT
    note = f"events: the trace ends within the entry burn; it is used up to {start - BURN_LEFT_OUT:.1f} s"
    columns = {name: getattr(flight, name)[kept] for name in ("time", "speed", "altitude")}
    return replace(flight, **columns, events=replace(flight.events, entry_start=None), notes=(*flight.notes, note))


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
