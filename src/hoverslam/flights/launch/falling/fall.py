"""The ballistic fall of bodies to the ground, all together in one call of SciPy's Dormand-Prince 8(5,3).

Each body is a mass with a drag area that depends neither on attitude nor on Mach number. It falls over the rotating Earth
(WGS-84 ellipsoid with J2) through the whole atmosphere. Bodies of one call share the steps of the integrator. Differences
between bodies with slightly different starts therefore contain no noise of the step control, and finite differences of
impact points are accurate.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from hoverslam.ocp.statement.names import Named
from hoverslam.physics.aerodynamics import stagnation_heating
from hoverslam.physics.motion import Flight

FloatArray = NDArray[np.float64]

RELATIVE, ABSOLUTE = 1e-10, 1e-4  # tolerances of the integrator; the latter in m and m/s
LONGEST = 12_000.0  # s, two revolutions in a low orbit: a body that has not come down by then stays in orbit
STOP_DEPTH = 3e4  # m below the ground: bodies that land first fall on, and stop here, until the last one has landed
SPEED_ROUNDING = 1e-6  # m2/s2: keeps the air speed differentiable at rest
NEWTON_STEPS = 6  # of the search for the time of impact, which starts within one step of the integrator
SAMPLES = 1500  # along the path of a body, for its largest loads


@dataclass(frozen=True)
class Start:
    """Bodies at separation, ``n`` of them.

    Attributes:
        position: Positions ``(n, 3)`` in the launch frame (m).
        velocity: Velocities ``(n, 3)`` relative to the Earth (m/s).
        drag: Drag area over mass ``(n,)`` (m2/kg), times a factor of the density if there is one; 0 for a fall in vacuum.
        wind: Wind towards east and north ``(n, 2)`` (m/s), in addition to the profile of the flight.
    """

    position: FloatArray
    velocity: FloatArray
    drag: FloatArray
    wind: FloatArray

    @property
    def count(self) -> int:
        """Number of bodies."""
        return len(self.drag)


@dataclass(frozen=True)
class Fall:
    """The fall of ``n`` bodies; times count from separation (s).

    Attributes:
        flight: Frame and wind profile.
        start: The bodies at separation.
        time: Times of impact ``(n,)`` (s).
        position: Impact points ``(n, 3)`` in the launch frame (m).
        velocity: Velocities at impact ``(n, 3)`` relative to the Earth (m/s).
        path: Function from time (s) to all states ``(6 n,)``, as SciPy returns it.
    """

    flight: Flight
    start: Start
    time: FloatArray
    position: FloatArray
    velocity: FloatArray
    path: Any

    def sample(self, body: int) -> tuple[FloatArray, FloatArray]:
        """Return times ``(m,)`` (s) and states ``(m, 6)`` of one body, evenly spaced from separation to impact."""
        times = np.linspace(0.0, self.time[body], SAMPLES)
        return times, np.asarray(self.path(times)).T.reshape(len(times), -1, 6)[:, body]

    def largest_loads(self, body: int, radius: float) -> tuple[float, float]:
        """Return the largest dynamic pressure (Pa) and stagnation heating (W/m2) of one body during its fall.

        Args:
            body: Number of the body.
            radius: Radius of its stagnation region (m).
        """
        _, states = self.sample(body)
        pressure, heating = _loads(self.flight, states, self.start.wind[body], radius)
        return float(jnp.max(pressure)), float(jnp.max(heating))


def fall(flight: Flight, start: Start, ground: float = 0.0) -> Fall | None:
    """Return the fall of several bodies from separation to the ground, or None if one is still aloft after two revolutions.

    Args:
        flight: Equations of motion; frame and wind profile are used.
        start: The bodies at separation.
        ground: Altitude of the ground (m).
    """
    count, gravity = start.count, Flight(flight.frame, "vacuum")
    first = np.concatenate([start.position, start.velocity], axis=1).ravel()
    drag, wind = jnp.asarray(start.drag), jnp.asarray(start.wind)

    def rates(_: float, y: FloatArray) -> FloatArray:
        return np.asarray(_rates(flight, gravity, y.reshape(count, 6), drag, wind, ground)).ravel()

    def highest(_: float, y: FloatArray) -> float:
        return float(np.max(_heights(flight, y.reshape(count, 6))[0])) - ground

    highest.terminal, highest.direction = True, -1.0  # type: ignore[attr-defined]
    done = solve_ivp(
        rates, (0.0, LONGEST), first, "DOP853", dense_output=True, events=highest, rtol=RELATIVE, atol=ABSOLUTE
    )
    if done.status != 1:
        return None
    time = _impact_times(flight, done, count, ground)
    states = _states_at(done.sol, time)
    return Fall(flight, start, time, states[:, :3], states[:, 3:], done.sol)


@jax.jit
def _rates(flight: Flight, gravity: Flight, y: Array, drag: Array, wind: Array, ground: float) -> Array:
    """Return the time derivatives ``(n, 6)`` of states ``(n, 6)``."""

    def one(y: Array, drag: Array, wind: Array) -> Array:
        state = Named(position=y[:3], velocity=y[3:])
        altitude, air, air_velocity, _ = flight.flow(state)
        velocity, speed = _through_air(flight, state, air_velocity, wind)
        falling = gravity.coast_rates(state, None, None)["velocity"]  # type: ignore[arg-type]
        rate = jnp.concatenate([y[3:], falling - 0.5 * air.density * drag * speed * velocity])
        return jnp.where(altitude > ground - STOP_DEPTH, rate, 0.0)

    return jax.vmap(one)(y, drag, wind)


def _through_air(flight: Flight, state: Named, air_velocity: Array, wind: Array) -> tuple[Array, Array]:
    """Return velocity ``(3,)`` relative to the air and its size (m/s) with a constant wind added to the profile."""
    east, north = flight.frame.east_north(state.position)
    velocity = air_velocity - wind[0] * east - wind[1] * north
    return velocity, jnp.sqrt(velocity @ velocity + SPEED_ROUNDING)


@jax.jit
def _loads(flight: Flight, states: Array, wind: Array, radius: float) -> tuple[Array, Array]:
    """Return dynamic pressure (Pa) and stagnation heating (W/m2), each ``(m,)``, of states ``(m, 6)``."""

    def one(y: Array) -> tuple[Array, Array]:
        state = Named(position=y[:3], velocity=y[3:])
        _, air, air_velocity, _ = flight.flow(state)
        _, speed = _through_air(flight, state, air_velocity, wind)
        return 0.5 * air.density * speed**2, stagnation_heating(air.density, speed, radius)

    return jax.vmap(one)(states)


@jax.jit
def _heights(flight: Flight, y: Array) -> tuple[Array, Array]:
    """Return altitudes ``(n,)`` (m) and their rates ``(n,)`` (m/s) of states ``(n, 6)``."""

    def one(y: Array) -> tuple[Array, Array]:
        return jax.jvp(flight.frame.altitude, (y[:3],), (y[3:],))

    return jax.vmap(one)(y)


def _states_at(path: Any, time: FloatArray) -> FloatArray:
    """Return the state ``(n, 6)`` of each body at its own time ``(n,)`` (s)."""
    count = len(time)
    states = np.asarray(path(time)).reshape(count, 6, count)
    return states[np.arange(count), :, np.arange(count)]


def _impact_times(flight: Flight, done: Any, count: int, ground: float) -> FloatArray:
    """Return the time ``(n,)`` (s) at which each body reaches the ground, by Newton's method within a step."""
    heights = np.stack([_heights(flight, y.reshape(count, 6))[0] for y in done.y.T]) - ground  # (steps, n)
    heights[-1] = np.minimum(heights[-1], 0.0)  # the last body to land is on the ground here, up to rounding
    after = np.maximum(np.argmax(heights <= 0.0, axis=0), 1)
    low, high = done.t[after - 1], done.t[after]
    above, below = heights[after - 1, range(count)], heights[after, range(count)]
    time = low + (high - low) * above / np.maximum(above - below, 1e-12)
    for _ in range(NEWTON_STEPS):
        height, rate = _heights(flight, _states_at(done.sol, time))
        time = np.clip(time - (np.asarray(height) - ground) / np.minimum(np.asarray(rate), -1e-6), low, high)
    return time
