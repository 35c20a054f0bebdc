"""Times of events: those that a file states, on the clock of the trace, or those that the trace shows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from hoverslam.data.reading import whole_number
from hoverslam.flights.observed.found_events import Found, NotFound, find_events
from hoverslam.flights.observed.trace_files import ContradictionError, Floats, TelemetryError, read_text
from hoverslam.flights.observed.traces import EVENT_NAMES, Events, Telemetry

EARLIEST_MECO = 60.0  # s after lift-off: no first stage cuts off earlier
BURN_LEFT_OUT = 2.0  # s before an entry burn that the trace does not show to its end, from which it is left out
_WRITE_EVENTS = 'write the events of the flight there, at least {"meco": 145}'


def _table(path: Path, content: object) -> dict[str, object]:
    """Return the content of a JSON file if it is a table."""
    if not isinstance(content, dict):
        raise TelemetryError(f"{path}: a {type(content).__name__}: must be a table, {{name: ...}}")
    return content


@dataclass(frozen=True)
class StatedEvents:
    """Events of a file: seconds by name; None in place of them if there is no file."""

    path: Path
    seconds: dict[str, float] | None


def stated_events(path: Path, required: bool) -> StatedEvents:
    """Return the events of a file, checked for their types and pairs."""
    if not path.is_file():
        if required:
            raise TelemetryError(f"{path}: no such file: {_WRITE_EVENTS}")
        return StatedEvents(path, None)
    try:
        raw = _table(path, json.loads(read_text(path), parse_int=whole_number))
    except (ValueError, RecursionError) as error:  # also an integer of thousands of digits, brackets nested too deeply
        raise TelemetryError(f"{path}: cannot be read: {error}") from None
    given: dict[str, float] = {}
    for name in EVENT_NAMES:
        value = raw.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < np.inf:
            raise TelemetryError(f"{path}: {name}: {value!r}: must be seconds after lift-off, or null if not known")
        given[name] = float(value)
    _check_pairs(path, given)
    return StatedEvents(path, given)


def on_clock(stated: StatedEvents, clock: float, cutoff: float | None) -> Events:
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


def cutoff_shown(time: Floats, speed: Floats, altitude: Floats) -> float | None:
    """Return the time of first-stage cut-off that a trace shows (s); None if it shows none."""
    try:
        return find_events(time, speed, altitude)["meco"].time
    except NotFound:
        return None


def found_events_of(path: Path, beside: Path, time: Floats, speed: Floats, altitude: Floats) -> dict[str, Found]:
    """Return the events that a trace shows.

    Args:
        path: File of the trace.
        beside: File of events that is missing, for the message.
        time, speed, altitude: Columns of the trace, SI.

    Raises:
        ContradictionError: If the trace shows no cut-off.
    """
    try:
        return find_events(time, speed, altitude)
    except NotFound as reason:
        told = f"in the trace itself ({path.name}) none can be found: {reason}"
        raise ContradictionError(f"{beside}: no such file: {_WRITE_EVENTS}; {told}") from None


def in_words(found: Mapping[str, Found]) -> str:
    """Return events with their times and standard errors, as text."""
    return ", ".join(f"{name} {each.time:.1f} +- {each.error:.1f} s" for name, each in found.items())


def without_half_an_entry(flight: Telemetry) -> Telemetry:
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
