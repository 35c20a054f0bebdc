"""Steering between cut-off and the landing burn: predicted impact point, energy, and the regulator of entry and glide.

Boostback burns until the predicted impact point agrees with that of the reference. The prediction is a Kepler arc to the
height of entry, above the rotating Earth. The entry burn ends by impact point and energy. In entry and glide the booster is
steered by a *lean*: the tangents ``(2,)`` of the angles between the body axis and the reversed flow. The lean is that of the
reference plus a gain times the deviation from the reference at the same height. The gain is the linear-quadratic regulator of
the equations of motion, linearised along the reference by JAX.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.linalg import expm

from hoverslam.margins.disturbances.booster import Booster, BoosterFlight, BoosterState
from hoverslam.margins.guidance.reference import Leg, Reference
from hoverslam.ocp.statement.names import Named
from hoverslam.physics import aerodynamics
from hoverslam.physics.constants import EARTH_GRAVITATIONAL_PARAMETER, EARTH_ROTATION_RATE, STANDARD_GRAVITY
from hoverslam.physics.earth import LaunchFrame
from hoverslam.physics.motion import Flight

HEIGHTS = 240  # rows of the table over height, from entry to ignition: some 0.25 km apart, far below a scale height
LEAST_LIFT = 5.0  # m/s2 for a lean of one; with less lift, compensating the wind takes leans beyond the limit
LATE_IGNITION = 0.3  # of the reference's ignition height: the table ends there, for flights that ignite late
# Weights of the regulator by Bryson's rule: these deviations at ignition cost the same as this angle from the flow, held for
# one second.
DEVIATION_AT_IGNITION = (50.0, 5.0, 15.0)  # m horizontally, m/s horizontally, m/s vertically
LEAN_PER_ROOT_SECOND = np.radians(12.0)
SPEED_SQUARED_FLOOR = 1e-12  # keeps the derivative of a norm finite at zero
CROSSFLOW_FLOOR = 1e-3  # m/s; the lift slope is a ratio by the crossflow


class DescentTable(NamedTuple):
    """The reference over height, from entry to ignition and somewhat below.

    Attributes:
        lowest: Height of the first row (m).
        highest: Height of the last row (m).
        rows: ``(n, 5 + 2 + 10)`` at even spacing in height: downrange and left (m) and three velocities (m/s); the lean;
            the gain ``(2, 5)`` of the regulator.
    """

    lowest: Array
    highest: Array
    rows: Array

    def at(self, height: Array) -> tuple[Array, Array, Array]:
        """Return the reference ``(5,)``, its lean ``(2,)`` and the gain ``(2, 5)`` at ``height`` (m above the pad)."""
        last = self.rows.shape[0] - 1
        place = jnp.clip((height - self.lowest) / (self.highest - self.lowest) * last, 0.0, last - 1e-9)
        below = place.astype(int)
        row = self.rows[below] + (place - below) * (self.rows[below + 1] - self.rows[below])
        return row[:5], row[5:7], row[7:].reshape(2, 5)

    def lean(self, position: Array, velocity: Array) -> Array:
        """Return the lean ``(2,)`` that leads back to the reference."""
        wanted, lean, gain = self.at(position[2])
        here = jnp.concatenate([position[:2], velocity])
        return lean - gain @ (here - wanted)


def nose_direction(flight: BoosterFlight, state: Any, lean: Array, most: Array | float) -> Array:
    """Return the body axis ``(3,)`` for a lean, which is limited to a circle of radius ``most``; still air."""
    size = jnp.sqrt(lean @ lean + SPEED_SQUARED_FLOOR)
    alpha, beta = lean * jnp.minimum(1.0, most / size)
    still = Named(position=state.position, velocity=state.velocity, density=1.0, wind=jnp.zeros(3))
    return Flight.body_axis(flight, still, Named(alpha=alpha, beta=beta))


def wind_compensation(flight: BoosterFlight, booster: Booster, state: BoosterState) -> Array:
    """Return the lean ``(2,)`` whose lift balances the unmodelled acceleration across the flow."""
    still = Named(position=state.position, velocity=state.velocity, mass=state.mass, density=1.0, wind=jnp.zeros(3))
    _, air, velocity, speed_squared = flight.flow(still)
    speed = jnp.sqrt(speed_squared)
    slope = lift_slope(booster, air.density, speed, 0.5 * booster.angle_of_attack * speed)
    ahead = _axis_linear_in_lean(flight, still, jnp.zeros(2))
    ways = jnp.stack([_axis_linear_in_lean(flight, still, lean) - ahead for lean in jnp.eye(2)])
    across = state.unmodelled - (state.unmodelled @ velocity) * velocity / speed_squared
    return ways @ across * state.mass / jnp.maximum(slope, LEAST_LIFT * state.mass)


def lift_slope(booster: Booster, density: Array, speed: Array, crossflow: Array) -> Array:
    """Return the lateral force (N) of a lean of one at ``speed`` (m/s), linearised about ``crossflow`` (m/s).

    With the engines ahead, a lean turns thrust to one side and lift acts to the other. Where the lift slope exceeds the
    thrust, the effect of a lean reverses.
    """
    slope = aerodynamics.normal_force_per_pressure(
        jnp.array([1.0, 0.0, 0.0]) * jnp.maximum(crossflow, CROSSFLOW_FLOOR), speed**2, speed, booster.side_area_ratio
    )
    return -0.5 * density * booster.base_area * slope[0] / jnp.maximum(crossflow, CROSSFLOW_FLOOR) * speed


def energy(position: Array, velocity: Array) -> Array:
    """Return the specific mechanical energy over flat ground (J/kg)."""
    return 0.5 * velocity @ velocity + STANDARD_GRAVITY * position[2]


def impact(frame: Any, position: Any, velocity: Any, radius: Any) -> tuple[Array, Array]:
    """Return where ``(3,)`` (m) and after what time (s) a body without air falls through a radius.

    The path is a Kepler arc in inertial space, and the Earth rotates below it. If the arc stays below the radius, its apex
    is returned.

    Args:
        frame: The frame of position and velocity.
        position: ``(3,)`` (m).
        velocity: ``(3,)`` relative to the rotating Earth (m/s).
        radius: Distance from the Earth's centre (m).
    """
    mu = EARTH_GRAVITATIONAL_PARAMETER
    start, speed = frame.from_centre(position), frame.inertial_velocity(position, velocity)
    distance = jnp.sqrt(start @ start)
    axis = 1.0 / (2.0 / distance - speed @ speed / mu)
    mean = jnp.sqrt(axis**3 / mu)
    cosine, sine = 1.0 - distance / axis, (start @ speed) / jnp.sqrt(mu * axis)
    eccentric = cosine**2 + sine**2
    cosine_end = 1.0 - radius / axis
    sine_end = -jnp.sqrt(jnp.maximum(eccentric - cosine_end**2, 0.0))
    anomaly = jnp.arctan2(sine_end, cosine_end) - jnp.arctan2(sine, cosine)
    anomaly = jnp.where(anomaly < 0.0, anomaly + 2.0 * jnp.pi, anomaly)
    time = mean * (anomaly - (sine_end - sine))
    f = 1.0 - axis / distance * (1.0 - jnp.cos(anomaly))
    g = time - mean * (anomaly - jnp.sin(anomaly))
    end = _in_rotating_axes(frame, f * start + g * speed, time)
    return end - frame.origin, time


def _in_rotating_axes(frame: LaunchFrame, vector: Array, time: Array) -> Array:
    """Return a vector ``(3,)`` in axes that have rotated with the Earth for ``time`` (s)."""
    angle = EARTH_ROTATION_RATE * time
    along = (vector @ frame.axis) * frame.axis
    across = vector - along
    return along + jnp.cos(angle) * across - jnp.sin(angle) * jnp.cross(frame.axis, vector)


# ---- before the flight ---------------------------------------------------------------------------------------------------
def descent_table_of(reference: Reference, booster: Booster) -> DescentTable:
    """Return the table of the reference and its regulator from the start of entry to the ignition of the landing burn."""
    flight = Flight(reference.frame, "descent")
    legs = [reference.legs["entry"], reference.legs["glide"]]
    highest, lowest = legs[0].position[0, 2], legs[1].position[-1, 2]
    heights = np.linspace(lowest, highest, HEIGHTS)
    parts = [_over_height(flight, leg, heights) for leg in legs]
    entry = heights > legs[1].position[0, 2]
    here, mass, throttle = (np.where(entry[:, None], parts[0][i], parts[1][i]) for i in range(3))
    leans = _leans(flight, here, heights, mass, np.where(entry[:, None], parts[0][3], parts[1][3]))
    gains = _regulator(flight, booster, heights, here, leans, mass[:, 0], np.where(entry, throttle[:, 0], 0.0), legs)
    rows = np.concatenate([here, leans, gains.reshape(HEIGHTS, 10)], axis=1)
    late = np.arange(LATE_IGNITION * lowest, lowest, heights[1] - heights[0])[::-1]
    below = _rows_for_late_ignition(reference, rows[0], late)
    step = (highest - lowest) / (HEIGHTS - 1)
    return DescentTable(
        jnp.asarray(lowest - len(below) * step), jnp.asarray(highest), jnp.asarray(np.concatenate([below, rows]))
    )


def _rows_for_late_ignition(reference: Reference, last: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Return rows ``(n, 17)`` below the reference's ignition.

    The path is that of the reference under thrust, with the speed and the gain that it had at ignition. A flight in denser
    air ignites later, and until then follows the path on which the reference already brakes.
    """
    legs = [reference.legs[name] for name in ("ignition", *reference.landing)]
    path = np.concatenate([leg.position for leg in legs])
    at = np.stack([np.interp(-heights, -path[:, 2], path[:, i]) for i in (0, 1)], axis=1)
    slope = np.stack([np.gradient(at[:, i], heights) if len(heights) > 1 else at[:, i] * 0.0 for i in (0, 1)], axis=1)
    down = -np.linalg.norm(last[2:5]) / np.sqrt(1.0 + np.sum(slope**2, axis=1))
    here = np.concatenate([at, slope * down[:, None], down[:, None]], axis=1)
    return np.concatenate([here, np.tile(last[5:], (len(heights), 1))], axis=1)[::-1]


def _over_height(flight: Flight, leg: Leg, heights: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return a leg interpolated over height, which decreases along it: downrange, left, velocity; mass; throttle; axis."""
    falling = -leg.position[:, 2]
    columns = np.concatenate(
        [leg.position[:, :2], leg.velocity, leg.mass[:, None], leg.throttle[:, None], leg.axis], axis=1
    )
    rows = np.stack([np.interp(-heights, falling, column) for column in columns.T], axis=1)
    return rows[:, :5], rows[:, 5:6], rows[:, 6:7], rows[:, 7:]


def _leans(flight: Flight, here: np.ndarray, heights: np.ndarray, mass: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Return the leans ``(n, 2)`` that give the body axes ``axes`` ``(n, 3)`` in still air."""

    def lean(row: Array, height: Array, axis: Array) -> Array:
        state = Named(position=jnp.stack([row[0], row[1], height]), velocity=row[2:5])
        at = jax.jacfwd(lambda u: _axis_linear_in_lean(flight, state, u))(jnp.zeros(2))
        ahead = _axis_linear_in_lean(flight, state, jnp.zeros(2))
        scaled = axis / (axis @ ahead)
        return at.T @ (scaled - ahead)

    return np.asarray(jax.vmap(lean)(jnp.asarray(here), jnp.asarray(heights), jnp.asarray(axes)))


def _axis_linear_in_lean(flight: Flight, state: Any, lean: Array) -> Array:
    """Return the body axis scaled to a component of one against the flow, so that it is linear in the lean."""
    axis = Flight.body_axis(flight, state, Named(alpha=lean[0], beta=lean[1]))
    ahead = Flight.body_axis(flight, state, Named(alpha=0.0, beta=0.0))
    return axis / (axis @ ahead)


def _regulator(
    flight: Flight,
    booster: Booster,
    heights: np.ndarray,
    here: np.ndarray,
    leans: np.ndarray,
    mass: np.ndarray,
    throttle: np.ndarray,
    legs: list[Leg],
) -> np.ndarray:
    """Return gains ``(n, 2, 5)`` on the deviation at the same height, by the Riccati recursion upward from ignition."""
    engines = _engines_of(booster, legs[0])

    def rate(z: Array, u: Array, height: Array, m: Array, burning: Array) -> Array:
        state = Named(position=jnp.stack([z[0], z[1], height]), velocity=z[2:5], mass=m)
        found = flight.rates(state, Named(alpha=u[0], beta=u[1], throttle=burning), booster.inputs(engines))
        return jnp.concatenate([found["position"][:2], found["velocity"]]) / found["position"][2]

    both = jax.jit(jax.vmap(jax.jacfwd(rate, argnums=(0, 1))))(here, leans, heights, mass, throttle)
    a, b = (np.asarray(x) for x in both)
    position, along, down = DEVIATION_AT_IGNITION
    value = np.diag(1.0 / np.array([position, position, along, along, down]) ** 2)
    gains = np.zeros((len(heights), 2, 5))
    step = heights[1] - heights[0]
    for i in range(len(heights)):
        block = np.zeros((7, 7))
        block[:5, :5], block[:5, 5:] = -a[i] * step, -b[i] * step  # height decreases
        moved = expm(block)
        phi, gamma = moved[:5, :5], moved[:5, 5:]
        weight = np.eye(2) * step / abs(here[i, 4]) / LEAN_PER_ROOT_SECOND**2
        gains[i] = np.linalg.solve(weight + gamma.T @ value @ gamma, gamma.T @ value @ phi)
        closed = phi - gamma @ gains[i]
        value = closed.T @ value @ closed + gains[i].T @ weight @ gains[i]
    return gains


def _engines_of(booster: Booster, leg: Leg) -> float:
    """Return how many engines burned the leg's propellant."""
    flow = np.trapezoid(leg.throttle, leg.time) * booster.mass_flow
    return float(round(leg.propellant / flow))
