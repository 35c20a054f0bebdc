"""Telemetry of a flight: speed and altitude over time, as a webcast overlay showed them, and the times of events.

A trace is read from JSON (the format of public collections) or CSV. ``samples.py`` turns it into measurements with
standard errors, and ``events.py`` refines the stated times of events. Where no file states them, they are found from the
trace (``found_events.py``).

A flight may have two displays: ``stage1``, of the stack and then the booster, and ``stage2``, of the stack and then the upper
stage. Where only the second shows the ascent, as in a flight that expends its first stage, the ascent is taken from it.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from hoverslam.data.writing import write_whole
from hoverslam.flights.observed.found_events import (
    LARGEST_ALTITUDE,
    LARGEST_SPEED,
    Found,
    lift_off,
)
from hoverslam.flights.observed.stated_events import (
    StatedEvents,
    cutoff_shown,
    found_events_of,
    in_words,
    on_clock,
    stated_events,
    without_half_an_entry,
)
from hoverslam.flights.observed.trace_checks import check_units, cleaned
from hoverslam.flights.observed.trace_files import (
    ContradictionError,
    Floats,
    TelemetryError,
    other_units,
    read_columns,
)
from hoverslam.flights.observed.traces import Events, Telemetry, Trace

DATA = Path(__file__).parent / "files" / "telemetry"
TRACE_SUFFIX, UPPER_SUFFIX, EVENTS_SUFFIX = "_stage1_raw.json", "_stage2_raw.json", "_events.json"
STACK_COAST = 5.0  # s after cut-off in which upper stage and booster move alike: none has a burning engine
LATEST_ZERO = 5.0  # s: a clock that shows lift-off later than this did not start at lift-off


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
    stated = stated_events(_events_beside(path) if events is None else Path(events), required=events is not None)
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


def _flight(
    path: Path,
    columns: Mapping[str, Floats],
    stated: StatedEvents,
    liftoff: tuple[float, float] | None,
    guessed: bool = False,
) -> Telemetry:
    """Return the trace of columns in SI with its events, stated or found."""
    time, speed, altitude, notes = cleaned(path, columns)
    clock = _clock(time, speed) if liftoff is None else liftoff[0]
    if clock and liftoff is None:
        notes += (f"time: the clock shows lift-off at {clock:,.1f} s; times are counted from there",)
    if stated.seconds is None:
        found = found_events_of(path, stated.path, time - clock, speed, altitude)
        events = Events(
            **{name: each.time for name, each in found.items()}, errors={n: e.error for n, e in found.items()}
        )
        notes += (f"events: no file; found from the trace: {in_words(found)}",)
    else:
        events = on_clock(stated, clock, cutoff_shown(time - clock, speed, altitude) if clock else None)
        for name, seconds in events.known().items():
            if not 0.0 < seconds < time[-1] - clock + 5.0:
                said = f"{seconds:g} s: must lie within the trace, which ends at {time[-1] - clock:g} s"
                raise TelemetryError(f"{stated.path}: {name}: {said}")
    flight = Telemetry(_stem(path), time - clock if clock else time, speed, altitude, events, notes)
    if liftoff is not None:
        flight = replace(flight, liftoff=Found(0.0, liftoff[1]))
    check_units(path, flight.time, speed, altitude, events.meco, guessed)
    return without_half_an_entry(flight)


def _clock(time: Floats, speed: Floats) -> float:
    """Return the time of lift-off on the trace's clock (s); 0 if the trace does not show it, or the clock starts near it."""
    found = lift_off(time, speed)
    return found.time if found is not None and found.time > LATEST_ZERO else 0.0
