"""Records of the telemetry of a flight: the columns of its displays and the times of its events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from hoverslam.flights.observed.found_events import Found
from hoverslam.flights.observed.trace_files import Floats

STATED_EVENT_ERROR = 0.5  # s: standard error of an event that is stated as a whole number of seconds
# Events in the order of a flight.
EVENT_NAMES = ("throttle_down_start", "maxq", "throttle_down_end", "meco", "boostback_start", "boostback_end", "apogee",
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
        return {name: getattr(self, name) for name in EVENT_NAMES if getattr(self, name) is not None}


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
