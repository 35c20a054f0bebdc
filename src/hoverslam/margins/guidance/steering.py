"""Guidance from cut-off to the landing burn: where it would come down, when to stop burning, how to lean.

Three laws. Boostback burns until the predicted impact point (a Kepler arc to the height of entry, the Earth turning below)
lies where the reference's does, and leans across for what it is beside it. The entry burn ends at the energy of the
reference, which sets speed and heating of the glide. Entry and glide lean from the reference by a gain on the deviation at
the same height: the linear-quadratic regulator of the equations of motion linearised along the reference by JAX.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.linalg import expm

from hoverslam.margins.disturbances.booster import Booster, BoosterFlight, State
from hoverslam.margins.guidance.reference import Leg, Reference
from hoverslam.ocp.statement.names import Named
from hoverslam.physics import aerodynamics
from hoverslam.physics.constants import EARTH_GRAVITATIONAL_PARAMETER, EARTH_ROTATION_RATE, STANDARD_GRAVITY
from hoverslam.physics.earth import LaunchFrame
from hoverslam.physics.motion import Flight

HEIGHTS = 240  # rows of the table over height, from entry down to ignition
LEAST_LIFT = 5.0  # m/s2 for a lean of one: where the air gives less, wind is not leant against
LATEST = 0.3  # of the reference's ignition height: down to where a late flight finds its way in the table
MOST_LEAN_ACROSS = 0.15  # of boostback's thrust, for the miss across
MISS_AT_IGNITION = (50.0, 5.0, 15.0)  # m across the ground, m/s along it, m/s down: what the regulator weighs alike
LEAN_PER_ROOT_SECOND = np.radians(12.0)  # angle from the flow held for a second that weighs as much


class Descent(NamedTuple):
    """The reference over height, from entry down to ignition and somewhat below: evenly spaced rows, the lowest first.

    ``rows`` ``(n, 5 + 2 + 10)``: downrange, left, three velocities; the two tangents of the angles from the flow;
    the regulator's gain ``(2, 5)``.
    """

    lowest: Any
    highest: Any
    rows: Any

    def at(self, height: Array) -> tuple[Array, Array, Array]:
        """Reference ``(5,)``, lean ``(2,)`` and gain ``(2, 5)`` at ``height`` (m above the pad)."""
        last = self.rows.shape[0] - 1
        place = jnp.clip((height - self.lowest) / (self.highest - self.lowest) * last, 0.0, last - 1e-9)
        below = place.astype(int)
        row = self.rows[below] + (place - below) * (self.rows[below + 1] - self.rows[below])
        return row[:5], row[5:7], row[7:].reshape(2, 5)

    def lean(self, position: Array, velocity: Array) -> Array:
        """Tangents ``(2,)`` of the angles from the flow that lead back to the reference."""
        wanted, lean, gain = self.at(position[2])
        here = jnp.concatenate([position[:2], velocity])
        return lean - gain @ (here - wanted)


def nose_of(flight: BoosterFlight, state: Any, lean: Array, most: Array) -> Array:
    """Nose ``(3,)`` for a lean: two tangents of angles from the still-air flow, cut to a circle of radius ``most``."""
    size = jnp.sqrt(lean @ lean + 1e-12)
    alpha, beta = lean * jnp.minimum(1.0, most / size)
    still = Named(position=state.position, velocity=state.velocity, density=1.0, wind=jnp.zeros(3))
    return Flight.body_axis(flight, still, Named(alpha=alpha, beta=beta))


def against_wind(flight: BoosterFlight, booster: Booster, state: State) -> Array:
    """Tangents ``(2,)`` of the angles from the flow whose lift balances what is unexplained across the flow."""
    still = Named(position=state.position, velocity=state.velocity, mass=state.mass, density=1.0, wind=jnp.zeros(3))
    _, air, velocity, speed_squared = flight.flow(still)
    speed = jnp.sqrt(speed_squared)
    slope = lift_slope(booster, air.density, speed, 0.5 * booster.angle_of_attack * speed)
    ahead = _straight(flight, still, jnp.zeros(2))
    ways = jnp.stack([_straight(flight, still, lean) - ahead for lean in jnp.eye(2)])
    across = state.unexplained - (state.unexplained @ velocity) * velocity / speed_squared
    return ways @ across * state.mass / jnp.maximum(slope, LEAST_LIFT * state.mass)


def lift_slope(booster: Booster, density: Array, speed: Array, crossflow: Array) -> Array:
    """Force (N) that the air sets against a lean of one (tangent) at ``speed``, with ``crossflow`` (m/s) across the body.

    Engines first, a lean turns the thrust one way and the lift the other: where this exceeds the thrust, steering reverses.
    """
    slope = aerodynamics.normal_force_per_pressure(
        jnp.array([1.0, 0.0, 0.0]) * jnp.maximum(crossflow, 1e-3), speed**2, speed, booster.side_area_ratio
    )
    return -0.5 * density * booster.base_area * slope[0] / jnp.maximum(crossflow, 1e-3) * speed


def energy(position: Array, velocity: Array) -> Array:
    """Specific mechanical energy over flat ground (J/kg)."""
    return 0.5 * velocity @ velocity + STANDARD_GRAVITY * position[2]


def impact(frame: Any, position: Any, velocity: Any, radius: Any) -> tuple[Array, Array]:
    """Where ``(3,)`` and after how long (s) a body without air falls through ``radius`` (m) from the Earth's centre.

    A Kepler arc in inertial space; then the Earth has turned. Where the arc stays below ``radius`` its top is meant.
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
    end = _turned_back(frame, f * start + g * speed, time)
    return end - frame.origin, time


def _turned_back(frame: LaunchFrame, vector: Array, time: Array) -> Array:
    """``vector`` ``(3,)`` once the Earth has turned below it for ``time`` (s), in the axes that turned with it."""
    angle = EARTH_ROTATION_RATE * time
    along = (vector @ frame.axis) * frame.axis
    across = vector - along
    return along + jnp.cos(angle) * across - jnp.sin(angle) * jnp.cross(frame.axis, vector)


# ---- what is worked out once ---------------------------------------------------------------------------------------------
def descent_of(reference: Reference, booster: Booster) -> Descent:
    """Table of the reference and its regulator between the start of entry and the ignition of the landing burn."""
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
    below = _if_lit_late(reference, rows[0], np.arange(LATEST * lowest, lowest, heights[1] - heights[0])[::-1])
    step = (highest - lowest) / (HEIGHTS - 1)
    return Descent(lowest - len(below) * step, highest, np.concatenate([below, rows]))


def _if_lit_late(reference: Reference, last: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Rows ``(n, 17)`` below the reference's ignition: its path under thrust, at the speed and with the gain it had there.

    A flight that meets more drag lights later; it then steers along the path that the reference would be braking on.
    """
    legs = [reference.legs[name] for name in ("ignition", *reference.landing)]
    path = np.concatenate([leg.position for leg in legs])
    at = np.stack([np.interp(-heights, -path[:, 2], path[:, i]) for i in (0, 1)], axis=1)
    slope = np.stack([np.gradient(at[:, i], heights) if len(heights) > 1 else at[:, i] * 0.0 for i in (0, 1)], axis=1)
    down = -np.linalg.norm(last[2:5]) / np.sqrt(1.0 + np.sum(slope**2, axis=1))
    here = np.concatenate([at, slope * down[:, None], down[:, None]], axis=1)
    return np.concatenate([here, np.tile(last[5:], (len(heights), 1))], axis=1)[::-1]


def _over_height(flight: Flight, leg: Leg, heights: np.ndarray) -> tuple[np.ndarray, ...]:
    """A leg against height, which falls all along it: downrange, left, velocity; mass; throttle; nose."""
    falling = -leg.position[:, 2]
    columns = np.concatenate(
        [leg.position[:, :2], leg.velocity, leg.mass[:, None], leg.throttle[:, None], leg.axis], axis=1
    )
    rows = np.stack([np.interp(-heights, falling, column) for column in columns.T], axis=1)
    return rows[:, :5], rows[:, 5:6], rows[:, 6:7], rows[:, 7:]


def _leans(flight: Flight, here: np.ndarray, heights: np.ndarray, mass: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """The two tangents that give the noses ``axes`` ``(n, 3)`` in still air."""

    def lean(row: Array, height: Array, axis: Array) -> Array:
        state = Named(position=jnp.stack([row[0], row[1], height]), velocity=row[2:5])
        at = jax.jacfwd(lambda u: _straight(flight, state, u))(jnp.zeros(2))  # the nose before it is made a unit
        ahead = _straight(flight, state, jnp.zeros(2))
        scaled = axis / (axis @ ahead)
        return at.T @ (scaled - ahead)

    return np.asarray(jax.vmap(lean)(jnp.asarray(here), jnp.asarray(heights), jnp.asarray(axes)))


def _straight(flight: Flight, state: Any, lean: Array) -> Array:
    """The nose with its part against the flow one: linear in the lean."""
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
    """Gains ``(n, 2, 5)`` on the deviation at the same height, by the Riccati recursion upward from ignition."""
    engines = _engines(booster, legs[0])

    def rate(z: Array, u: Array, height: Array, m: Array, lit: Array) -> Array:
        state = Named(position=jnp.stack([z[0], z[1], height]), velocity=z[2:5], mass=m)
        found = flight.rates(state, Named(alpha=u[0], beta=u[1], throttle=lit), booster.inputs(engines))
        return jnp.concatenate([found["position"][:2], found["velocity"]]) / found["position"][2]

    both = jax.jit(jax.vmap(jax.jacfwd(rate, argnums=(0, 1))))(here, leans, heights, mass, throttle)
    a, b = (np.asarray(x) for x in both)
    position, along, down = MISS_AT_IGNITION
    value = np.diag(1.0 / np.array([position, position, along, along, down]) ** 2)
    gains = np.zeros((len(heights), 2, 5))
    step = heights[1] - heights[0]
    for i in range(len(heights)):
        block = np.zeros((7, 7))
        block[:5, :5], block[:5, 5:] = -a[i] * step, -b[i] * step  # downwards
        moved = expm(block)
        phi, gamma = moved[:5, :5], moved[:5, 5:]
        weight = np.eye(2) * step / abs(here[i, 4]) / LEAN_PER_ROOT_SECOND**2
        gains[i] = np.linalg.solve(weight + gamma.T @ value @ gamma, gamma.T @ value @ phi)
        closed = phi - gamma @ gains[i]
        value = closed.T @ value @ closed + gains[i].T @ weight @ gains[i]
    return gains


def _engines(booster: Booster, leg: Leg) -> float:
    """Engines that burned the leg's propellant."""
    flow = np.trapezoid(leg.throttle, leg.time) * booster.mass_flow
    return float(round(leg.propellant / flow))
