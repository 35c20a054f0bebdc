"""One flight with telemetry, ready for a fit: its segments, the measurements along each, and a guess."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.osculating import OrbitReached
from hoverslam.flights.observed.assumptions import assumptions
from hoverslam.flights.observed.events import refined_events
from hoverslam.flights.observed.fit_guess import guess_flight
from hoverslam.flights.observed.samples import Samples, altitude_samples, speed_samples
from hoverslam.flights.observed.segments import FIXED_ERROR, Segment, cut_segments
from hoverslam.flights.observed.traces import Events, Telemetry
from hoverslam.flights.observed.upper_guess import guess_upper_stage
from hoverslam.flights.observed.upper_segments import UPPER_PERIODS, cut_upper_segments, margin_at
from hoverslam.ocp.statement.phase import Guess
from hoverslam.physics.earth import LaunchFrame
from hoverslam.vehicles.missions import Mission
from hoverslam.vehicles.models import Vehicle

# Time from one measurement to the next (s); longer where little changes.
PERIODS = {"rise": 1.0, "ascent": 1.0, "staging": 1.0, "boostback": 1.0, "coast": 2.0, "entry": 1.0, "glide": 1.0,
           "landing": 1.0}  # fmt: skip
EVENT_MARGIN = 0.8  # s beside an event without measurements: thrust rises and falls, and the display blurs both
SAME_ORBIT = (60e3, 0.15)  # m, and share of the altitude: a reached orbit within it is that of the mission
GUESS_PERIODS = (1.0, 2.0)  # s between measurements of speed and of altitude for the guess


@dataclass(frozen=True)
class Observation:
    """One flight with its measurements.

    Attributes:
        mission: Payload, pad, orbit and landing site, known beforehand.
        segments: In order of time.
        speed, altitude: Measurements along each segment, by its name (m/s; m above the pad).
        end_error: Standard error of the last segment's end (s).
        guess: States and controls from which the solver starts, by segment.
        upper: Segments of the upper stage from cut-off on, in order of time; empty where no display shows it.
        upper_end_error: Standard error of the last of them (s).
        orbit_known: Whether the upper stage is seen to reach the orbit of the mission.
    """

    mission: Mission
    segments: tuple[Segment, ...]
    speed: dict[str, Samples]
    altitude: dict[str, Samples]
    end_error: float
    guess: dict[str, Guess]
    upper: tuple[Segment, ...] = ()
    upper_end_error: float = FIXED_ERROR
    orbit_known: bool = False

    @cached_property
    def frame(self) -> LaunchFrame:
        """Launch frame at the pad."""
        return mission_frame(self.mission)

    @property
    def landed(self) -> bool:
        """Whether the telemetry extends to touchdown."""
        return self.segments[-1].name == "landing"

    @property
    def expended(self) -> bool:
        """Whether the first stage was not to return."""
        return self.mission.recovery == "expendable"

    @property
    def after_cutoff(self) -> tuple[Segment, ...]:
        """Segments from first-stage cut-off on."""
        return self.segments[2:]


def mission_frame(mission: Mission) -> LaunchFrame:
    """Return the launch frame at the pad of a mission, along the azimuth to its orbit."""
    return vehicle_parameters.orbit_frame(mission.launch_site, mission.orbit, towards_south=not mission.northward)


def observe(
    mission: Mission, telemetry: Telemetry, vehicle: Vehicle, model_error: tuple[float, float] | None = None
) -> Observation:
    """Cut a trace into segments at its events, and take measurements along each.

    Args:
        mission: What is known of the flight beforehand.
        telemetry: Its trace.
        vehicle: Its engine counts, and the figures for the guess.
        model_error: Standard errors of the model in speed (m/s) and altitude (m), added in quadrature to those of the
            display; by default those of ``files/assumptions.toml``.

    Raises:
        TelemetryError: If the trace does not show the lift-off.
    """
    residuals, overlay = assumptions().residuals, assumptions().overlay
    speed_error, altitude_error = model_error or (residuals.speed_m_s.si, residuals.altitude_m.si)
    events, frame = refined_events(telemetry), mission_frame(mission)
    segments, end_error = cut_segments(events, telemetry, vehicle, mission.recovery == "expendable")
    speed, altitude = {}, {}
    for segment in segments:
        before = overlay.liftoff_creep_s.si if segment.name == "rise" else EVENT_MARGIN
        after = overlay.touchdown_creep_s.si if segment.name == "landing" else EVENT_MARGIN
        span = segment.start + before, segment.end - after, PERIODS[segment.name]
        turning = residuals.turning_stage_speed_m_s.si if segment.name == "staging" else 0.0
        speed[segment.name] = _with_error(speed_samples(telemetry, *span), float(np.hypot(speed_error, turning)))
        altitude[segment.name] = _with_error(altitude_samples(telemetry, *span), altitude_error)
    whole = segments[0].start, segments[-1].end
    guess = guess_flight(
        mission,
        vehicle,
        frame,
        segments,
        speed_samples(telemetry, *whole, GUESS_PERIODS[0]),
        altitude_samples(telemetry, *whole, GUESS_PERIODS[1]),
    )
    seen = Observation(mission, segments, speed, altitude, end_error, guess)
    if telemetry.upper is None:
        return seen
    return _with_upper_stage(seen, telemetry, events, vehicle, speed_error, altitude_error)


def _with_upper_stage(
    seen: Observation, telemetry: Telemetry, events: Events, vehicle: Vehicle, speed_error: float, altitude_error: float
) -> Observation:
    """Return an observation with the segments of the upper stage, their measurements and a guess.

    ``speed_error`` (m/s) and ``altitude_error`` (m) are the standard errors of the model.
    """
    mission = seen.mission
    upper, end_error, levels = cut_upper_segments(events, telemetry, mission)
    assert telemetry.upper is not None
    display = replace(telemetry, **telemetry.upper._asdict())
    speed, altitude = {}, {}
    for segment in upper:
        before, after = map(margin_at, _either_side(upper, segment))
        span = segment.start + before, max(segment.end - after, segment.start + before), UPPER_PERIODS[segment.name]
        speed[segment.name] = _with_error(speed_samples(display, *span), speed_error)
        altitude[segment.name] = _with_error(altitude_samples(display, *span), altitude_error)
    last = seen.guess[seen.segments[1].name].states
    cutoff = np.concatenate([last["position"][-1], last["velocity"][-1]])
    guess = guess_upper_stage(mission, vehicle, seen.frame, upper, levels, cutoff, speed, altitude)
    return replace(
        seen,
        speed=seen.speed | speed,
        altitude=seen.altitude | altitude,
        guess=seen.guess | guess.segments,
        upper=upper,
        upper_end_error=end_error,
        orbit_known=_is_orbit_of(mission, guess.orbit),
    )


def _either_side(upper: tuple[Segment, ...], segment: Segment) -> tuple[str, str]:
    """Return the names of the segments that begin at the start and at the end of one."""
    at = upper.index(segment)
    return segment.name, upper[at + 1].name if at + 1 < len(upper) else ""


def _is_orbit_of(mission: Mission, reached: OrbitReached) -> bool:
    """Return whether an orbit is that of the mission, whose band is known, and not one on the way to it."""
    for figure, found in ((mission.perigee_altitude_km, reached.perigee), (mission.apogee_altitude_km, reached.apogee)):
        if not figure.low_si < figure.high_si or abs(found - figure.si) > SAME_ORBIT[0] + SAME_ORBIT[1] * figure.si:
            return False
    return True


def _with_error(samples: Samples, error: float) -> Samples:
    """Return samples with a standard error added in quadrature."""
    return Samples(samples.time, samples.value, np.hypot(samples.sigma, error))
