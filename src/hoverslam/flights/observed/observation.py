"""One flight with telemetry, ready for a fit: its segments, the measurements along each, and a guess."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.observed.assumptions import assumptions
from hoverslam.flights.observed.events import refined_events
from hoverslam.flights.observed.fit_guess import guess_flight
from hoverslam.flights.observed.samples import Samples, altitude_samples, speed_samples
from hoverslam.flights.observed.segments import Segment, cut_segments
from hoverslam.flights.observed.telemetry import Telemetry
from hoverslam.ocp.statement.phase import Guess
from hoverslam.physics.earth import LaunchFrame
from hoverslam.vehicles.missions import Mission
from hoverslam.vehicles.models import Vehicle

# Time from one measurement to the next (s); longer where little changes.
PERIODS = {"rise": 1.0, "ascent": 1.0, "staging": 1.0, "boostback": 1.0, "coast": 2.0, "entry": 1.0, "glide": 1.0,
           "landing": 1.0}  # fmt: skip
EVENT_MARGIN = 0.8  # s beside an event without measurements: thrust rises and falls, and the display blurs both
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
    """

    mission: Mission
    segments: tuple[Segment, ...]
    speed: dict[str, Samples]
    altitude: dict[str, Samples]
    end_error: float
    guess: dict[str, Guess]

    @cached_property
    def frame(self) -> LaunchFrame:
        """Launch frame at the pad."""
        return mission_frame(self.mission)

    @property
    def landed(self) -> bool:
        """Whether the telemetry extends to touchdown."""
        return self.segments[-1].name == "landing"

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
    segments, end_error = cut_segments(refined_events(telemetry), telemetry, vehicle)
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
        mission_frame(mission),
        segments,
        speed_samples(telemetry, *whole, GUESS_PERIODS[0]),
        altitude_samples(telemetry, *whole, GUESS_PERIODS[1]),
    )
    return Observation(mission, segments, speed, altitude, end_error, guess)


def _with_error(samples: Samples, error: float) -> Samples:
    """Return samples with a standard error added in quadrature."""
    return Samples(samples.time, samples.value, np.hypot(samples.sigma, error))
