"""Segments of a flight with telemetry: the phases between its events, and the engines that burn in each."""

from typing import NamedTuple

from hoverslam.flights.observed.assumptions import assumptions
from hoverslam.flights.observed.events import first_motion
from hoverslam.flights.observed.traces import Events, Telemetry
from hoverslam.vehicles.models import Vehicle

BURNS = ("boostback", "entry", "landing")
COASTS = ("staging", "coast")  # segments without controls: the stage aligns with the flow
FIXED_ERROR = 0.01  # s: standard error of a boundary that is set, not observed


class Segment(NamedTuple):
    """One phase of a flight with telemetry.

    Attributes:
        name: ``rise``, ``ascent``, ``staging``, ``boostback``, ``coast``, ``entry``, ``glide`` or ``landing``.
        regime: Of :class:`hoverslam.physics.motion.Flight`.
        engines: Number of burning engines.
        start, end: Seconds on the trace's clock.
        start_error: Standard error of ``start`` (s).
    """

    name: str
    regime: str
    engines: int
    start: float
    end: float
    start_error: float


class _Boundary(NamedTuple):
    """The start of a segment."""

    name: str
    regime: str
    engines: int
    start: float
    error: float


def cut_segments(
    events: Events, telemetry: Telemetry, vehicle: Vehicle, expended: bool = False
) -> tuple[tuple[Segment, ...], float]:
    """Return the segments in order of time, and the standard error of the last one's end (s).

    Those of an expended first stage end with its cut-off.
    """
    if expended:
        boundaries, end = _way_up(events, telemetry, vehicle), events.meco
        return _between(boundaries, end), events.error("meco")
    boundaries = [*_way_up(events, telemetry, vehicle), *_way_home(events, vehicle)]
    end, end_error = float(telemetry.time[-1]), FIXED_ERROR
    if events.landing_start is not None and events.landing_end is None:
        end = min(end, events.landing_start)  # a burn whose end was not seen is not fitted
    if events.landing_start is not None and events.landing_end is not None:
        end, end_error = events.landing_end, events.error("landing_end")
    return _between(boundaries, end), end_error


def _between(boundaries: list[_Boundary], end: float) -> tuple[Segment, ...]:
    """Return the segments between boundaries, of which the last ends at ``end``."""
    ends = [boundary.start for boundary in boundaries[1:]] + [end]
    return tuple(
        Segment(b.name, b.regime, b.engines, b.start, stop, b.error) for b, stop in zip(boundaries, ends, strict=True)
    )


def _way_up(events: Events, telemetry: Telemetry, vehicle: Vehicle) -> list[_Boundary]:
    """Return the start of the vertical rise and of the ascent in which the throttle is free."""
    start, error = first_motion(telemetry)
    engines = vehicle.stage1.engine.count
    full_thrust = assumptions().ascent.full_thrust_s.si
    return [
        _Boundary("rise", "ascent", engines, start, error),
        _Boundary("ascent", "ascent", engines, start + full_thrust, FIXED_ERROR),
    ]


def _way_home(events: Events, vehicle: Vehicle) -> list[_Boundary]:
    """Return the starts of the segments from cut-off on. Boostback, entry burn and landing may each be missing."""
    home, found = vehicle.recovery, []
    assert home is not None
    error = events.error
    if events.boostback_start is not None and events.boostback_end is not None:
        engines = home.boostback_engines or 1
        found.append(_Boundary("staging", "vacuum", 0, events.meco, error("meco")))
        found.append(_Boundary("boostback", "vacuum", engines, events.boostback_start, error("boostback_start")))
        found.append(_Boundary("coast", "descent", 0, events.boostback_end, error("boostback_end")))
    else:
        found.append(_Boundary("coast", "descent", 0, events.meco, error("meco")))
    if events.entry_start is not None and events.entry_end is not None:
        engines = home.entry_engines or 1
        found.append(_Boundary("entry", "descent", engines, events.entry_start, error("entry_start")))
        found.append(_Boundary("glide", "descent", 0, events.entry_end, error("entry_end")))
    elif events.apogee is not None and events.landing_start is not None:
        # Without an entry burn no event starts the glide: steering may begin at the apogee.
        found.append(_Boundary("glide", "descent", 0, events.apogee, FIXED_ERROR))
    if events.landing_start is not None and events.landing_end is not None:
        engines = max(home.landing_engines)
        found.append(_Boundary("landing", "descent", engines, events.landing_start, error("landing_start")))
    return found
