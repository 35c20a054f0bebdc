"""Times of events from a trace: lift-off, and the stated events refined where the trace shows them more precisely."""

from dataclasses import replace

import numpy as np

from hoverslam.flights.observed.found_events import FIRST_MOTION_SPEEDS, Found, lift_off
from hoverslam.flights.observed.samples import altitude_samples
from hoverslam.flights.observed.trace_checks import LARGEST_MEAN_ACCELERATION
from hoverslam.flights.observed.trace_files import Floats, TelemetryError
from hoverslam.flights.observed.traces import Events, Telemetry

KINK_ERROR = 0.2  # s: standard error of an event found as a clear kink of the speed
TOUCHDOWN_ERROR = 1.0  # s: standard error of a touchdown that is extrapolated
LATEST_BEGIN = 100.0  # s: a trace that begins later after lift-off shows too little of the ascent
LATE_LIFTOFF = 0.8, 0.6  # s on the clock, with its standard error: the clocks of known traces show it at 0.3 to 1.1 s
POWERED_ENERGY = 1500.0  # J/kg: a larger deviation from the drift of the unpowered energy shows thrust
GRAVITATION, RADIUS = 3.986e14, 6.373e6  # m3/s2, m: potential energy about Cape Canaveral, only for its changes
KINK_SPAN = 4.0  # s of the trace on each side of a stated event
KINK_REACH, KINK_STEP = 2.0, 0.1  # s: kinks are searched within the reach of the stated event, in these steps
KINK_GAIN = 0.2  # a kink counts if the squared misfit falls below this fraction of that without one
FEWEST_KINK_SAMPLES = 30
# These burns start with one engine; the others follow some four seconds later and cause another kink, so that the
# search looks at a shorter time after the event.
_STAGED_STARTS = ("boostback_start", "entry_start")
STAGED_SPAN = 3.0  # s


def first_motion(telemetry: Telemetry) -> Found:
    """Return the time of lift-off on the trace's clock and its standard error (s).

    A parabola through the rising speed is extrapolated to zero. For a trace that begins later, it is what the clocks of
    known traces show, unless it is stated.

    Raises:
        TelemetryError: If the trace does not show the lift-off.
    """
    before = telemetry.time < telemetry.events.meco
    found = lift_off(telemetry.time[before], telemetry.speed[before])
    if found is not None:
        return found
    if telemetry.liftoff is not None:
        return telemetry.liftoff
    begins = telemetry.time[0]
    if 0.0 < begins < LATEST_BEGIN and telemetry.speed[0] < LARGEST_MEAN_ACCELERATION * begins:
        return Found(*LATE_LIFTOFF)
    low, high = FIRST_MOTION_SPEEDS
    raise TelemetryError(f"{telemetry.name}: no lift-off: too few samples between {low:g} and {high:g} m/s")


def refined_events(telemetry: Telemetry) -> Events:
    """Return the events, moved to the kinks of the speed near the stated seconds; where there is none, as stated."""
    known, found, errors = telemetry.events.known(), {}, dict(telemetry.events.errors)
    for name, stated in known.items():
        if name in ("apogee", "maxq", "landing_end"):
            continue
        if name == "boostback_end":
            stated = _end_of_thrust(telemetry, stated)
        kink = _kink(telemetry, stated, STAGED_SPAN if name in _STAGED_STARTS else KINK_SPAN)
        found[name], errors[name] = (stated, telemetry.events.error(name)) if kink is None else (kink, KINK_ERROR)
    if "landing_end" in known:
        found["landing_end"], errors["landing_end"] = _touchdown(telemetry), TOUCHDOWN_ERROR
    return replace(telemetry.events, **found, errors=errors)


def _end_of_thrust(telemetry: Telemetry, stated: float) -> float:
    """Return when thrust in vacuum ended, if the trace shows it well before the stated second; otherwise that second.

    Without thrust the specific energy in the rotating frame is constant but for a slow drift. A line through the energy
    after the stated second is extrapolated back to where the energy departs from it.
    """
    altitude = altitude_samples(telemetry, stated - 16.0, stated + 14.0, 1.0)
    near = (telemetry.time > stated - 14.0) & (telemetry.time < stated + 12.0)
    if len(altitude.time) < 6 or np.count_nonzero(near) < 100:
        return stated
    time = telemetry.time[near] - stated
    height = np.polyval(np.polyfit(altitude.time - stated, altitude.value, 3), time)
    energy = 0.5 * telemetry.speed[near] ** 2 - GRAVITATION / (RADIUS + height)
    unpowered = time > 1.0
    drift = np.polyval(np.polyfit(time[unpowered], energy[unpowered], 1), time)
    powered = np.abs(energy - drift) > POWERED_ENERGY
    last = float(time[powered][-1]) if np.any(powered) else 0.0
    return stated + last if last < -1.5 else stated


def _kink(telemetry: Telemetry, stated: float, span_after: float) -> float | None:
    """Return the time at which two parabolas joined with a kink fit the speed best; None if one fits nearly as well.

    The fit uses the trace from ``KINK_SPAN`` before to ``span_after`` after the stated event.
    """
    near = (telemetry.time > stated - KINK_SPAN) & (telemetry.time < stated + span_after)
    time, speed = telemetry.time[near] - stated, telemetry.speed[near]
    if len(time) < FEWEST_KINK_SAMPLES:
        return None
    smooth = np.column_stack([np.ones(len(time)), time, time**2])

    def misfit(columns: Floats) -> float:
        remainder = columns @ np.linalg.lstsq(columns, speed, rcond=None)[0] - speed
        return float(remainder @ remainder)

    places = np.arange(-KINK_REACH, KINK_REACH + 0.01, KINK_STEP)
    tried = [
        misfit(np.column_stack([smooth, np.maximum(time - at, 0.0), np.maximum(time - at, 0.0) ** 2])) for at in places
    ]
    best = int(np.argmin(tried))
    if tried[best] > KINK_GAIN * misfit(smooth) or best in (0, len(places) - 1):
        return None
    return stated + float(places[best])


def _touchdown(telemetry: Telemetry) -> float:
    """Return when the speed is zero, by a line through its last five seconds above 10 m/s."""
    after = telemetry.time > (telemetry.events.landing_start or 0.0)
    moving = after & (telemetry.speed > 10.0)
    last = telemetry.time[moving][-1]
    late = moving & (telemetry.time > last - 5.0)
    slope, value = np.polyfit(telemetry.time[late] - last, telemetry.speed[late], 1)
    return float(last - value / min(slope, -1.0))
