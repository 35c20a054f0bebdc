"""Unpowered flight of a lander: the state some time earlier or later, the impact, and a rough fall for guesses."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.lander import Lander
from hoverslam.flights.landing.case import LandingCase, LandingStart
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.motion import Flight
from hoverslam.physics.winds import Wind

FloatArray = NDArray[np.float64]
Fall = tuple[FloatArray, FloatArray]  # times (n,) (s) and states (n, 6), position and velocity

LONGEST_FALL = 3600.0  # s; a start that has not hit the ground by then counts as never hitting it
FALL_STEPS = 60  # of a rough fall, about
# The rough fall is only a guess, so it has its own density: the two lower layers of the U.S. Standard Atmosphere (1976)
# in closed form.
SEA_LEVEL_DENSITY, TROPOSPHERE_SLOPE, TROPOSPHERE_POWER = 1.225, 2.2558e-5, 4.2559  # kg/m3, 1/m, 1
TROPOPAUSE, TROPOPAUSE_DENSITY, STRATOSPHERE_SCALE = 11e3, 0.3639, 6341.6  # m, kg/m3, m
DRAG_COEFFICIENT = 1.45  # of a booster that falls engines first, over the base area (guess only)


def glide(
    lander: Lander,
    start: LandingStart,
    seconds: float,
    ground: FlatGround | LaunchFrame,
    wind: Wind | None = None,
) -> LandingStart:
    """Return the state after gliding for a time with no engine lit and the body axis along the flow.

    Args:
        lander: The vehicle.
        start: The state from which it glides; its attitude and rate are not used.
        seconds: Time of the glide (s); negative gives the state that much earlier.
        ground: The frame at the pad.
        wind: Wind profile, or None for still air.
    """
    rates = _unpowered_rates(lander, start.mass, ground, wind)
    x = np.concatenate([start.position, start.velocity])
    x = solve_ivp(lambda t, x: np.asarray(rates(x)), (0.0, seconds), x, rtol=1e-9).y[:, -1]
    return LandingStart(tuple(x[:3]), tuple(x[3:]), start.mass)


def ballistic_impact(case: LandingCase) -> FloatArray:
    """Return where the start hits the ground if no engine is lit and the body axis stays along the flow.

    Returns:
        Downrange and left ``(2,)`` (m); NaN if it does not hit the ground within :data:`LONGEST_FALL`.
    """
    rates = _unpowered_rates(case.lander, case.start.mass, case.ground, case.wind)

    def height(t: float, x: FloatArray) -> float:
        return float(x[2])

    height.terminal, height.direction = True, -1.0  # type: ignore[attr-defined]
    x = np.concatenate([case.start.position, case.start.velocity])
    flown = solve_ivp(lambda t, x: np.asarray(rates(x)), (0.0, LONGEST_FALL), x, events=height, rtol=1e-8, atol=1e-6)
    return flown.y_events[0][0][:2] if len(flown.y_events[0]) else np.full(2, np.nan)


def _unpowered_rates(
    lander: Lander, mass: float, ground: FlatGround | LaunchFrame, wind: Wind | None
) -> Callable[[FloatArray], jax.Array]:
    """Return the rates ``(6,)`` of position and velocity as a compiled function of both."""
    flight = Flight(ground, "descent" if lander.has_air else "vacuum", wind)
    inputs = vehicle_parameters.descent_inputs(0)(lander.parameters())

    def rates(x: jax.Array) -> jax.Array:
        rate = flight.coast_rates(Named(position=x[:3], velocity=x[3:], mass=mass), None, inputs)
        return jnp.concatenate([rate["position"], rate["velocity"]])

    return jax.jit(rates)


def rough_fall(case: LandingCase, start: FloatArray, gravity: float) -> Fall:
    """Return the unpowered fall from the start to the ground, or for as long as the coast may last.

    Midpoint rule with large steps, gravity constant, drag along the velocity. Without a coast only the start is returned.

    Args:
        case: The statement of the landing.
        start: Position and velocity ``(6,)`` (m, m/s).
        gravity: (m/s2), downwards.
    """
    if case.coast is None:
        return np.zeros(1), start[None, :]
    speed = float(np.linalg.norm(start[3:]))
    step = np.clip(max(start[2], 1.0) / max(speed, np.sqrt(2.0 * gravity * max(start[2], 1.0))) / FALL_STEPS, 1e-3, 1.0)
    times, states = [0.0], [start]
    while states[-1][2] > 0.0 and times[-1] + step < case.coast[1] and len(times) < 10 * FALL_STEPS:
        middle = states[-1] + 0.5 * step * _falling(case, states[-1], gravity)
        states.append(states[-1] + step * _falling(case, middle, gravity))
        times.append(times[-1] + step)
    return np.array(times), np.array(states)


def _falling(case: LandingCase, state: FloatArray, gravity: float) -> FloatArray:
    """Return the rates ``(6,)`` of an unpowered fall, engines first."""
    rates = np.append(state[3:], [0.0, 0.0, -gravity])
    if case.lander.has_air:
        height = max(float(state[2]), 0.0)
        density = (
            SEA_LEVEL_DENSITY * (1.0 - TROPOSPHERE_SLOPE * height) ** TROPOSPHERE_POWER
            if height < TROPOPAUSE
            else TROPOPAUSE_DENSITY * np.exp((TROPOPAUSE - height) / STRATOSPHERE_SCALE)
        )
        drag = 0.5 * density * DRAG_COEFFICIENT * case.lander.axial_factor * case.lander.base_area
        rates[3:] -= drag * np.linalg.norm(state[3:]) * state[3:] / case.start.mass
    return rates
