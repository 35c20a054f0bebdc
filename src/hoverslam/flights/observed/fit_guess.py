"""The guess of a fit: states and controls of a flight from its telemetry alone, without simulation or optimisation.

Speed and altitude give the climb rate and with it the horizontal speed; a booster that returns to its launch site
reverses its horizontal speed during boostback. Masses are counted backward from touchdown over the observed burns.
"""

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import UnivariateSpline

from hoverslam.flights.observed.assumptions import assumptions
from hoverslam.flights.observed.samples import Samples
from hoverslam.flights.observed.segments import COASTS, Segment
from hoverslam.flights.observed.trace_files import Floats
from hoverslam.ocp.statement.phase import Guess
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.physics.earth import LaunchFrame
from hoverslam.vehicles.missions import Mission
from hoverslam.vehicles.models import Vehicle

STEP = 0.5  # s between points of the guess
END_MARGIN = 5.0  # s at both ends in which the altitude is interpolated to zero
SMOOTHING_ERROR = 100.0  # m: added to the standard errors of the altitude, so that its spline gives a smooth climb rate
TURN_MARGIN = 5.0  # s after boostback in which the horizontal speed may still reverse
VERTICAL_SPEED = 60.0  # m/s: below, the pitch of the guess is vertical
LEAST_PITCH = 0.8  # rad during the vertical rise
BOOSTBACK_GRAVITY = 0.97  # gravity at the altitude of a boostback over standard gravity


def guess_flight(
    mission: Mission,
    vehicle: Vehicle,
    frame: LaunchFrame,
    segments: Sequence[Segment],
    speed: Samples,
    altitude: Samples,
) -> dict[str, Guess]:
    """Return states and controls of every segment, by name.

    Args:
        mission: Payload, pad and landing site.
        vehicle: Masses and engines.
        frame: Launch frame at the pad.
        segments: In order of time.
        speed, altitude: Measurements over the whole flight.
    """
    start, end = segments[0].start, segments[-1].end
    times = np.arange(start, end + STEP, STEP)
    position, velocity = _plane_motion(mission, frame, segments, times, speed, altitude)
    masses = _masses(mission, vehicle, segments)
    guesses = {}
    for segment, (full, empty) in zip(segments, masses, strict=True):
        at = np.linspace(segment.start, segment.end, max(4, int((segment.end - segment.start) / STEP)))
        states = {
            "position": np.column_stack([np.interp(at, times, p) for p in position.T]),
            "velocity": np.column_stack([np.interp(at, times, v) for v in velocity.T]),
            "mass": np.linspace(full, empty, len(at)),
        }
        guesses[segment.name] = Guess(at, states, _controls(segment, at, states["velocity"], full, empty, vehicle))
    return guesses


def _plane_motion(
    mission: Mission,
    frame: LaunchFrame,
    segments: Sequence[Segment],
    times: Floats,
    speed: Samples,
    altitude: Samples,
) -> tuple[Floats, Floats]:
    """Return position and velocity ``(n, 3)`` in the launch frame, with all motion in one plane."""
    used = (altitude.time > times[0] + END_MARGIN) & (altitude.time < times[-1] - END_MARGIN)
    at = np.concatenate([times[:1], altitude.time[used], times[-1:]])
    shown = np.pad(altitude.value[used], 1)
    if segments[-1].name != "landing":  # the trace ends in the air
        shown[-1] = np.interp(times[-1], altitude.time, altitude.value)
    error = np.hypot(np.pad(altitude.sigma[used], 1), SMOOTHING_ERROR)
    smooth = UnivariateSpline(at, shown, 1.0 / error, k=4, s=float(len(at)))
    height, climb = smooth(times), smooth.derivative()(times)
    total = np.interp(times, speed.time, speed.value, left=0.0)
    level = np.sqrt(np.maximum(total**2 - climb**2, 0.0))
    boostback = next((s for s in segments if s.name == "boostback"), None)
    site = mission.landing
    target = np.zeros(3) if site is None else frame.place(site.latitude, site.longitude, site.elevation)
    if boostback is not None and site is not None and mission.recovery == "return_to_launch_site":
        burning = (times >= boostback.start) & (times <= boostback.end + TURN_MARGIN)
        turn = times[burning][np.argmin(level[burning])]
        level = np.where(times > turn, -level, level)
    radius = float(np.linalg.norm(frame.origin))
    angle = np.cumsum(level / (radius + height)) * STEP
    if site is not None:  # the error of the distance at touchdown is spread evenly over the flight
        angle += (target[0] / radius - angle[-1]) * np.linspace(0.0, 1.0, len(times))
    up, along = np.stack([np.sin(angle), np.cos(angle)]), np.stack([np.cos(angle), -np.sin(angle)])
    plane = (radius + height) * up - np.array([[0.0], [radius]])
    moving = level * along + climb * up
    left = target[1] * np.linspace(0.0, 1.0, len(times)) ** 2
    return np.column_stack([plane[0], left, plane[1]]), np.column_stack([moving[0], np.gradient(left, STEP), moving[1]])


def _masses(mission: Mission, vehicle: Vehicle, segments: Sequence[Segment]) -> list[tuple[float, float]]:
    """Return the mass (kg) at start and end of each segment, counted from lift-off and touchdown towards cut-off."""
    home, throttles = vehicle.recovery, assumptions().burns
    assert home is not None
    above = vehicle.liftoff_mass(mission.payload_kg.si) - vehicle.stage1.dry_mass - vehicle.stage1.propellant
    if not mission.fairing and vehicle.fairing is not None:
        above -= vehicle.fairing.mass_t.si
    stage_mass = vehicle.stage1.dry_mass + vehicle.stage1.residual_t.si + home.landing_reserve_t.si
    masses: list[tuple[float, float]] = []
    for segment in reversed(segments[2:]):
        burned = (
            segment.engines
            * vehicle.stage1.engine.mass_flow
            * throttles.mean(segment.name)
            * (segment.end - segment.start)
        )
        masses.insert(0, (stage_mass + burned, stage_mass))
        stage_mass += burned
    full, rise = above + vehicle.stage1.dry_mass + vehicle.stage1.propellant, segments[0]
    after_rise = full - rise.engines * vehicle.stage1.engine.mass_flow * (rise.end - rise.start)
    return [(full, after_rise), (after_rise, stage_mass + above), *masses]


def _controls(
    segment: Segment, at: Floats, velocity: Floats, full: float, empty: float, vehicle: Vehicle
) -> dict[str, Floats]:
    """Return the controls ``(n,)`` of a segment: along the flow, at the throttle that its masses require."""
    if segment.name in COASTS:
        return {}
    none = np.zeros(len(at))
    throttle = none
    if segment.engines:
        throttle = none + (full - empty) / (
            segment.engines * vehicle.stage1.engine.mass_flow * (segment.end - segment.start)
        )
    if segment.regime == "descent":
        return {"alpha": none, "beta": none, "throttle": throttle}
    pitch = np.arctan2(velocity[:, 2], velocity[:, 0])
    if segment.name == "boostback":
        gravity = STANDARD_GRAVITY * (at[-1] - at[0]) * np.array([0.0, 0.0, BOOSTBACK_GRAVITY])
        thrust = velocity[-1] - velocity[0] + gravity
        pitch = none + np.arctan2(thrust[2], thrust[0]) % (2 * np.pi)
    elif segment.name == "rise":
        slow = np.linalg.norm(velocity, axis=1) < VERTICAL_SPEED
        pitch = np.where(slow, np.pi / 2, np.clip(pitch, LEAST_PITCH, np.pi / 2))
    return {"pitch": pitch, "yaw": none, "throttle": throttle}
