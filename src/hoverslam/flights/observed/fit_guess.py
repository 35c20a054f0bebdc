"""A first idea of a flight that was seen, from the telemetry alone: no simulation, no search.

Speed and altitude give the climb rate and with it the horizontal speed; a booster that came back to its pad turned its
horizontal speed around during boostback. Masses are counted back from touchdown over the burns that were seen.
"""

from typing import Any

import numpy as np
from scipy.interpolate import UnivariateSpline

from hoverslam.flights.observed.telemetry import Samples
from hoverslam.ocp.statement.problem import Guess
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.physics.earth import LaunchFrame
from hoverslam.vehicles.missions import Mission
from hoverslam.vehicles.models import Vehicle

STEP = 0.5  # s
THROTTLES = {"boostback": 0.9, "entry": 0.8, "landing": 0.65}  # mean throttles of burns, before anything is fitted


def guess_flight(
    mission: Mission, vehicle: Vehicle, frame: LaunchFrame, segments: Any, speed: Samples, altitude: Samples
) -> dict[str, Guess]:
    """States and controls of every segment, by name; ``speed`` and ``altitude`` over the whole flight."""
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
    mission: Mission, frame: LaunchFrame, segments: Any, times: np.ndarray, speed: Samples, altitude: Samples
) -> tuple[np.ndarray, np.ndarray]:
    """Position and velocity ``(n, 3)`` in the launch frame, as if all happened in one plane."""
    seen = (altitude.time > times[0] + 5.0) & (altitude.time < times[-1] - 5.0)
    at = np.concatenate([times[:1], altitude.time[seen], times[-1:]])
    shown, error = np.pad(altitude.value[seen], 1), np.hypot(np.pad(altitude.sigma[seen], 1), 100.0)
    smooth = UnivariateSpline(at, shown, 1.0 / error, k=4, s=float(len(at)))
    height, climb = smooth(times), smooth.derivative()(times)
    total = np.interp(times, speed.time, speed.value, left=0.0)
    level = np.sqrt(np.maximum(total**2 - climb**2, 0.0))
    back = next((s for s in segments if s.name == "boostback"), None)
    place = mission.landing
    target = np.zeros(3) if place is None else frame.place(place.latitude, place.longitude, place.elevation)
    if back is not None and place is not None and mission.recovery == "return_to_launch_site":
        burning = (times >= back.start) & (times <= back.end + 5.0)
        turn = times[burning][np.argmin(level[burning])]
        level = np.where(times > turn, -level, level)
    radius = float(np.linalg.norm(frame.origin))
    angle = np.cumsum(level / (radius + height)) * STEP
    if place is not None:  # the way that was not seen, closed evenly
        angle += (target[0] / radius - angle[-1]) * np.linspace(0.0, 1.0, len(times))
    up, along = np.stack([np.sin(angle), np.cos(angle)]), np.stack([np.cos(angle), -np.sin(angle)])
    plane = (radius + height) * up - np.array([[0.0], [radius]])
    moving = level * along + climb * up
    left = target[1] * np.linspace(0.0, 1.0, len(times)) ** 2
    return np.column_stack([plane[0], left, plane[1]]), np.column_stack([moving[0], np.gradient(left, STEP), moving[1]])


def _masses(mission: Mission, vehicle: Vehicle, segments: Any) -> list[tuple[float, float]]:
    """Mass (kg) at the start and end of each segment, counted from both ends towards cut-off."""
    home = vehicle.recovery
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
            * THROTTLES.get(segment.name, 0.0)
            * (segment.end - segment.start)
        )
        masses.insert(0, (stage_mass + burned, stage_mass))
        stage_mass += burned
    full, rise = above + vehicle.stage1.dry_mass + vehicle.stage1.propellant, segments[0]
    risen = full - rise.engines * vehicle.stage1.engine.mass_flow * (rise.end - rise.start)
    return [(full, risen), (risen, stage_mass + above), *masses]


def _controls(
    segment: Any, at: np.ndarray, velocity: np.ndarray, full: float, empty: float, vehicle: Vehicle
) -> dict[str, np.ndarray]:
    if segment.name in ("staging", "coast"):
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
        push = velocity[-1] - velocity[0] + STANDARD_GRAVITY * (at[-1] - at[0]) * np.array([0.0, 0.0, 0.97])
        pitch = none + np.arctan2(push[2], push[0]) % (2 * np.pi)
    elif segment.name == "rise":
        pitch = np.where(np.linalg.norm(velocity, axis=1) < 60.0, np.pi / 2, np.clip(pitch, 0.8, np.pi / 2))
    return {"pitch": pitch, "yaw": none, "throttle": throttle}
