"""A guess for the landing of a point mass in air, flown forward with its own equations of motion.

The stage glides at a constant angle to the flow, then brakes at full throttle at another angle that shrinks with the
speed. The time of ignition is found on a grid; the two angles are found by Newton's method on the place where the stage
stops. Lift matters here: early in a long burn the lift at an angle of attack cancels the sideways thrust, so that only the
glide steers, and a guess without lift leads the solver to poor optima.

One guess takes some 30 ms, and a second of compilation once in a process.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.landing.case import LandingCase
from hoverslam.flights.landing.glide import rough_fall
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.phase import Guess
from hoverslam.physics.motion import Flight, Inputs

FloatArray = NDArray[np.float64]

SAMPLES = 12  # of each phase of a guess
FLOWN_STEPS = 60  # of a glide, and of a burn
IGNITIONS, PASSES = 30, 4  # ignition times tried in each pass, and passes
NARROWING = 3.0  # factor by which the window of ignition times shrinks from pass to pass
SPARE_TIME = 1.5  # duration of the integrated burn over the time that braking takes without drag
ALLOWED_SHARE = 0.95  # of the allowed angle of attack that the guess uses
STEEPEST = 0.5  # tangent of the largest angle of attack that the guess uses
DIFFERENCE = 0.3  # step of the finite differences over the allowed tangent


def flown_guess(case: LandingCase, engines: int, gravity: float) -> tuple[Guess, Guess] | None:
    """Return guesses of coast and burn that come to rest close to the pad.

    Args:
        case: The statement of the landing, in air and with a coast that is steered.
        engines: Count of lit engines.
        gravity: (m/s2), downwards.

    Returns:
        The guesses of coast and burn, or None if no ignition time stops the stage above the ground, or the burn does not
        last as long as the case asks.
    """
    assert case.coast is not None
    assert case.limits.angle_of_attack is not None
    lander, end = case.lander, case.touchdown_velocity[2]
    start = jnp.array([*case.start.position, *case.start.velocity, case.start.mass])
    slowing = max(engines * lander.throttle[1] * lander.thrust / case.start.mass - gravity, 1.0)
    flight, off, lit = Flight(case.ground, "descent", case.wind), _array_inputs(case, 0), _array_inputs(case, engines)
    braking, most = jnp.array([lander.throttle[1], end, slowing]), float(np.tan(case.limits.angle_of_attack))
    most = ALLOWED_SHARE * min(most, STEEPEST)
    # A tenth longer than the ballistic fall: lift that acts upwards makes the glide last longer.
    longest = 1.1 * float(rough_fall(case, np.asarray(start[:6]), gravity)[0][-1])
    window = (case.coast[0], min(longest, case.coast[1]))
    angles, stops = np.zeros(4), np.zeros((5, 2))
    for number in range(PASSES):
        if number:
            angles = _corrected(angles, stops, DIFFERENCE * most, most)
        times = np.maximum(np.linspace(*window, IGNITIONS), 1e-3)
        all_angles = jnp.asarray(angles + DIFFERENCE * most * np.vstack([np.zeros(4), np.eye(4)]))
        flown = _fly_all(flight, off, lit, start, all_angles, jnp.asarray(times), braking)
        glides, burns, clocks = (np.asarray(a) for a in flown)
        stopped = (burns[..., -1, 5] >= end - 1e-6) & (glides[..., -1, 2] > 0.0)
        if not np.all(np.any(stopped, axis=1)):
            return None
        at, stops = (np.array(a) for a in zip(*map(_best_stop, burns[:, :, -1, :3], stopped), strict=True))
        half = 0.5 * (window[1] - window[0]) / NARROWING
        window = (max(window[0], times[at[0]] - half), min(window[1], times[at[0]] + half))
    ignition = float(times[at[0]])
    if not max(case.burn[0], 1e-3) <= clocks[0, at[0], -1] <= case.burn[1]:
        return None
    burn = _burn_samples(case, burns[0, at[0]], clocks[0, at[0]], ignition, angles[2:])
    return _coast_samples(glides[0, at[0]], ignition, angles[:2]), burn


def _array_inputs(case: LandingCase, engines: int) -> Inputs:
    """Return the inputs of a flight with ``engines`` lit as arrays, so that other figures need no new compilation."""
    inputs: Inputs = jax.tree_util.tree_map(
        jnp.asarray, vehicle_parameters.descent_inputs(engines)(case.lander.parameters())
    )
    return inputs


def _midpoint_step(
    flight: Flight, inputs: Inputs, x: jax.Array, angles: jax.Array, throttle: jax.Array, step: jax.Array
) -> jax.Array:
    """Return the state ``(7,)`` a step (s) later; ``angles`` ``(2,)`` are tangents of the angles from the flow."""

    def rates(x: jax.Array) -> jax.Array:
        control = Named(alpha=angles[0], beta=angles[1], throttle=throttle)
        rate = flight.rates(Named(position=x[:3], velocity=x[3:6], mass=x[6]), control, inputs)
        return jnp.concatenate([rate["position"], rate["velocity"], jnp.atleast_1d(rate["mass"])])

    return x + step * rates(x + 0.5 * step * rates(x))


@eqx.filter_jit
def _fly_all(
    flight: Flight,
    off: Inputs,
    lit: Inputs,
    start: jax.Array,
    all_angles: jax.Array,
    times: jax.Array,
    braking: jax.Array,
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return glides and burns for every pair of steering angles and ignition time.

    Args:
        flight: Equations of motion.
        off: Inputs without engines.
        lit: Inputs with the engines lit.
        start: State ``(7,)``: position, velocity, mass.
        all_angles: ``(a, 4)``: tangents of the two angles from the flow in the glide, and of the two at ignition.
        times: Ignition times ``(t,)`` (s).
        braking: Throttle, vertical speed at which a burn ends (m/s), and rough deceleration (m/s2), which sets the steps.

    Returns:
        Glides ``(a, t, n, 7)``, burns ``(a, t, n, 7)`` and the times since ignition of the burns ``(a, t, n)`` (s).
    """
    throttle, end, slowing = braking

    def one(angles: jax.Array, time: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        def gliding(x: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
            return _midpoint_step(flight, off, x, angles[:2], jnp.zeros(()), time / FLOWN_STEPS), x

        ignition, glide = jax.lax.scan(gliding, start, None, length=FLOWN_STEPS)
        speed = jnp.linalg.norm(ignition[3:6])
        step = SPARE_TIME * speed / slowing / FLOWN_STEPS

        def burning(
            now: tuple[jax.Array, jax.Array], _: None
        ) -> tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]:
            x, clock = now
            after = _midpoint_step(flight, lit, x, angles[2:] * jnp.linalg.norm(x[3:6]) / speed, throttle, step)
            last = (end - x[5]) / jnp.maximum(after[5] - x[5], 1e-9)
            part = jnp.where(x[5] >= end, 0.0, jnp.where(after[5] > end, last, 1.0))
            return (x + part * (after - x), clock + part * step), now

        final, (burn, clock) = jax.lax.scan(burning, (ignition, jnp.zeros(())), None, length=FLOWN_STEPS)
        whole = jnp.concatenate([burn, final[0][None]])
        return jnp.concatenate([glide, ignition[None]]), whole, jnp.append(clock, final[1])

    return jax.vmap(jax.vmap(one, (None, 0)), (0, None))(all_angles, times)


def _best_stop(ends: FloatArray, stopped: NDArray[np.bool_]) -> tuple[int, FloatArray]:
    """Return the index of the ignition time that stops closest to the ground, and where a time in between stops on it.

    A later ignition stops lower, but not always: engines that are lit early remove the drag. Where no burn stops at the
    ground or above, the one that stops highest is taken.

    Args:
        ends: Positions where the burns stop ``(t, 3)`` (m).
        stopped: Whether each burn stops ``(t,)``.
    """
    height = np.where(stopped, ends[:, 2], -np.inf)
    through = np.flatnonzero((height[:-1] >= 0.0) & (height[1:] < 0.0) & stopped[1:])
    if not len(through):
        best = int(np.argmax(height))
        return best, ends[best, :2]
    i = int(through[0])
    part = height[i] / (height[i] - height[i + 1])
    return i + int(part > 0.5), (1.0 - part) * ends[i, :2] + part * ends[i + 1, :2]


def _corrected(angles: FloatArray, stops: FloatArray, difference: float, most: float) -> FloatArray:
    """Return the steering angles after one Newton step of least length that moves the stop to the pad.

    Args:
        angles: Tangents of the steering angles ``(4,)``.
        stops: Where the stage stops ``(5, 2)`` (m): with these angles, then with each of them larger by ``difference``.
        difference: Step of the finite differences.
        most: Largest tangent of an angle from the flow.
    """
    slopes = (stops[1:] - stops[0]).T / difference
    pairs = (angles - np.linalg.pinv(slopes) @ stops[0]).reshape(2, 2)
    size = np.linalg.norm(pairs, axis=1, keepdims=True)
    return (pairs * np.minimum(1.0, most / np.maximum(size, 1e-12))).ravel()


def _coast_samples(glide: FloatArray, until: float, angles: FloatArray) -> Guess:
    """Return the guess of a glide ``(n, 7)`` of ``until`` seconds at constant angles to the flow."""
    times = np.linspace(0.0, until, SAMPLES)
    x = np.stack([np.interp(times, np.linspace(0.0, until, len(glide)), column) for column in glide.T], axis=1)
    steady = {"alpha": np.full(SAMPLES, angles[0]), "beta": np.full(SAMPLES, angles[1]), "throttle": np.zeros(SAMPLES)}
    return Guess(times, {"position": x[:, :3], "velocity": x[:, 3:6], "mass": x[:, 6]}, steady)


def _burn_samples(case: LandingCase, burn: FloatArray, clock: FloatArray, at: float, angles: FloatArray) -> Guess:
    """Return the guess of a burn ``(n, 7)``, corrected by polynomials in time so that it ends at the touchdown.

    The burn may stop before the last of its samples; ``clock`` ``(n,)`` (s) does not advance from there on.
    """
    s, until = np.linspace(0.0, 1.0, SAMPLES), float(clock[-1])
    running = np.append(True, np.diff(clock) > 0.0)
    x = np.stack([np.interp(s * until, clock[running], column) for column in burn[running].T], axis=1)
    share = np.linalg.norm(x[:, 3:6], axis=1) / np.linalg.norm(x[0, 3:6])
    miss, excess = x[-1, :3].copy(), x[-1, 3:6] - np.asarray(case.touchdown_velocity)
    position = x[:, :3] - miss * (3.0 * s**2 - 2.0 * s**3)[:, None]
    position[:, 2] = np.maximum(position[:, 2], 0.0)
    velocity = x[:, 3:6] - miss * (6.0 * (s - s**2) / until)[:, None] - excess * (s**3)[:, None]
    states = {"position": position, "velocity": velocity, "mass": np.maximum(x[:, 6], case.lander.burnout_mass)}
    full = np.full(SAMPLES, case.lander.throttle[1])
    return Guess(at + s * until, states, {"alpha": angles[0] * share, "beta": angles[1] * share, "throttle": full})
