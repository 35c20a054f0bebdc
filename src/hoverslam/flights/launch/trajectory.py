"""The re-flown trajectory of a launch as a labelled dataset."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from hoverslam.flights.launch.plan import LaunchPlan
from hoverslam.flights.outcome.trajectories import Column, FlownPhase, flown_phases, labelled
from hoverslam.ocp.checks.executables import value_of
from hoverslam.ocp.solved import Solved
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.motion import Flight

if TYPE_CHECKING:
    import xarray as xr

TOGETHER = 1024  # samples that are evaluated together
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
    axis = _body_axes(plan, flown)
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
    return labelled(flown, columns | _derived(plan, states), attributes)


def downrange(plan: LaunchPlan, positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance over the ground from the pad (m) of positions ``(..., 3)``, on a sphere of the pad's radius."""
    centre, origin = np.asarray(positions) + plan.frame.origin, plan.frame.origin
    cosine = centre @ origin / np.linalg.norm(centre, axis=-1) / np.linalg.norm(origin)
    return np.linalg.norm(origin) * np.arccos(np.clip(cosine, -1.0, 1.0))


def _throttle(phase: FlownPhase) -> NDArray[np.float64]:
    return np.asarray(phase.controls["throttle"]) if "throttle" in phase.controls else np.zeros(len(phase.times))


class _AlongSamples(eqx.Module):
    """What a trajectory shows beside states and controls, at many samples at once.

    Attributes:
        flight: Equations of motion.
    """

    flight: Flight

    def body_axis(self, states: Array, angles: Array) -> Array:
        """Return the direction of the nose ``(n, 3)`` from states ``(n, 7)`` and the two angles that steer ``(n, 2)``."""
        names = ("alpha", "beta") if self.flight.regime == "descent" else ("pitch", "yaw")

        def one(x: Array, u: Array) -> Array:
            return self.flight.body_axis(Named(position=x[:3], velocity=x[3:6]), Named(zip(names, u, strict=True)))

        return jax.vmap(one)(states, angles)

    def derived(self, states: Array) -> Array:
        """Return altitude (m), speed (m/s), dynamic pressure (Pa) and Mach number ``(n, 4)`` from states ``(n, 7)``."""

        def one(x: Array) -> Array:
            velocity = x[3:6]
            altitude, air, _, speed_squared = self.flight.flow(Named(position=x[:3], velocity=velocity))
            speed = jnp.sqrt(velocity @ velocity)
            return jnp.stack([altitude, speed, 0.5 * air.density * speed_squared, speed / air.speed_of_sound])

        return jax.vmap(one)(states)


def _at_samples(method: Callable[..., Array], *columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evaluate a method at ``n`` samples. It is compiled for multiples of ``TOGETHER``: the last sample is repeated."""
    count = len(columns[0])
    missing = -count % TOGETHER
    filled = [np.concatenate([column, np.repeat(column[-1:], missing, axis=0)]) for column in columns]
    return value_of(method, *filled)[:count]


def _body_axes(plan: LaunchPlan, flown: list[FlownPhase]) -> NDArray[np.float64]:
    """Return the direction of the nose ``(n, 3)`` at all samples; NaN where a body coasts and no attitude is flown."""
    axes = [np.full((len(phase.times), 3), np.nan) for phase in flown]
    for regime, names in (("ascent", ("pitch", "yaw")), ("descent", ("alpha", "beta"))):
        steered = [place for place, phase in enumerate(flown) if names[0] in phase.controls]
        if not steered:
            continue
        states = np.concatenate([flown[place].flat_states for place in steered])
        angles = np.concatenate([np.stack([flown[place].controls[n] for n in names], axis=1) for place in steered])
        found = _at_samples(_AlongSamples(Flight(plan.frame, regime)).body_axis, states, angles)
        ends = np.cumsum([len(flown[place].times) for place in steered])
        for place, axis in zip(steered, np.split(found, ends[:-1]), strict=True):
            axes[place] = axis
    return np.concatenate(axes)


def _derived(plan: LaunchPlan, states: NDArray[np.float64]) -> dict[str, Column]:
    """Return altitude, speed, dynamic pressure, Mach number and downrange distance along the samples."""
    found = _at_samples(_AlongSamples(Flight(plan.frame, "ascent")).derived, states)
    units = {"altitude": "m", "speed": "m/s", "dynamic_pressure": "Pa", "mach": "1"}
    columns = {name: (values, unit) for (name, unit), values in zip(units.items(), found.T, strict=True)}
    return {**columns, "downrange": (downrange(plan, states[:, :3]), "m")}
