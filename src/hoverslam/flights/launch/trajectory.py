"""The re-flown trajectory of a launch as a labelled dataset."""

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from hoverslam.flights.launch.plan import LaunchPlan
from hoverslam.flights.outcome.trajectories import Column, FlownPhase, flown_phases, labelled
from hoverslam.ocp.solved import Solved
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.motion import Flight

if TYPE_CHECKING:
    import xarray as xr

FRAME = "Earth-fixed at the pad: downrange along the launch azimuth, left, up; velocity relative to the Earth"


def trajectory(plan: LaunchPlan, solution: Solved) -> "xr.Dataset":
    """Return all phases at their re-flown samples, as one dataset that netCDF can hold.

    Variables are ``position`` and ``velocity`` with the dimension ``axis``, ``mass``, ``pitch`` and ``yaw`` of the nose
    (NaN in a coast), ``throttle``, ``altitude``, ``speed``, ``dynamic_pressure``, ``mach`` and ``downrange``.

    Raises:
        ValueError: If the solution is not verified, so that nothing was flown.
    """
    flown = flown_phases(solution)
    assert solution.verification is not None
    states = np.concatenate([phase.flat_states for phase in flown])
    position, velocity = states[:, :3], states[:, 3:6]
    axis = np.concatenate([_body_axis(plan, phase) for phase in flown])
    columns: dict[str, Column] = {
        "position": (position, "m"),
        "velocity": (velocity, "m/s"),
        "mass": (states[:, 6], "kg"),
        "pitch": (np.arctan2(axis[:, 2], axis[:, 0]), "rad"),
        "yaw": (np.arcsin(np.clip(axis[:, 1], -1, 1)), "rad"),
        "throttle": (np.concatenate([_throttle(phase) for phase in flown]), "1"),
    }
    latitude, longitude, elevation = plan.frame.geodetic(np.zeros(3))
    attributes: dict[str, str | int | float] = {
        "vehicle": plan.vehicle.name,
        "recovery": plan.recovery,
        "orbit": plan.orbit.name,
        "payload_kg": float(solution.parameters.payload),
        "verified": int(solution.verification.passed),
        "frame": FRAME,
        "pad_latitude_deg": float(np.degrees(latitude)),
        "pad_longitude_deg": float(np.degrees(longitude)),
        "pad_altitude_m": elevation,
        "launch_azimuth_deg": float(np.degrees(plan.frame.azimuth)),
    }
    return labelled(flown, columns | _derived(plan, position, velocity), attributes)


def downrange(plan: LaunchPlan, position: NDArray[np.float64]) -> float:
    """Return the distance over the ground from the pad (m), on a sphere of the pad's radius."""
    centre = np.asarray(plan.frame.from_centre(jnp.asarray(position)))
    cosine = centre @ plan.frame.origin / np.linalg.norm(centre) / np.linalg.norm(plan.frame.origin)
    return float(np.linalg.norm(plan.frame.origin) * np.arccos(np.clip(cosine, -1.0, 1.0)))


def _throttle(phase: FlownPhase) -> NDArray[np.float64]:
    return np.asarray(phase.controls["throttle"]) if "throttle" in phase.controls else np.zeros(len(phase.times))


def _body_axis(plan: LaunchPlan, phase: FlownPhase) -> NDArray[np.float64]:
    """Return the direction of the nose ``(n, 3)``; NaN where the body coasts and no attitude is flown."""
    if not phase.controls:
        return np.full((len(phase.times), 3), np.nan)
    flight = Flight(plan.frame, "descent" if "alpha" in phase.controls else "ascent")

    def axis(x: Array, u: Named) -> Array:
        return flight.body_axis(Named(position=x[:3], velocity=x[3:6]), u)

    return np.asarray(jax.vmap(axis)(jnp.asarray(phase.flat_states), phase.controls))


def _derived(plan: LaunchPlan, position: NDArray[np.float64], velocity: NDArray[np.float64]) -> dict[str, Column]:
    """Return altitude, speed, dynamic pressure, Mach number and downrange distance along the samples."""
    flight = Flight(plan.frame, "ascent")

    def at(position: Array, velocity: Array) -> tuple[Array, Array, Array, Array]:
        altitude, air, _, speed_squared = flight.flow(Named(position=position, velocity=velocity))
        speed = jnp.sqrt(velocity @ velocity)
        return altitude, speed, 0.5 * air.density * speed_squared, speed / air.speed_of_sound

    altitude, speed, pressure, mach = jax.vmap(at)(jnp.asarray(position), jnp.asarray(velocity))
    return {
        "altitude": (np.asarray(altitude), "m"),
        "speed": (np.asarray(speed), "m/s"),
        "dynamic_pressure": (np.asarray(pressure), "Pa"),
        "mach": (np.asarray(mach), "1"),
        "downrange": (np.array([downrange(plan, r) for r in position]), "m"),
    }
