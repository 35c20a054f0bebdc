"""Guesses for the landing of a point mass in air, flown forward with its own equations of motion.

The stage glides at a constant angle to the flow, then brakes at another angle that shrinks with the speed; the next engine
count is lit where a share of the speed is left. The time of ignition is found on a grid; the angles are found by Newton's
method on the place where the stage stops. Lift matters here: early in a long burn the lift at an angle of attack cancels the
sideways thrust, so that only the glide steers, and a guess without lift leads the solver to poor optima.

One guess takes some 30 to 100 ms, and some seconds of compilation where no earlier process has kept the executable on disk.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.landing.case import LandingCase
from hoverslam.flights.landing.glide import rough_fall
from hoverslam.ocp.checks.executables import certain_key, lifted, packed, shared
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
WIDE = 1.2  # tangent of the angle from the flow with which a burn across the flow begins
STAGES = 3  # burns of a flight that share one compilation
LAST_BURN = 2.5  # s, with each engine count after the one that brakes most
DIFFERENCE = 0.3  # step of the finite differences over the allowed tangent


class Braking(NamedTuple):
    """How the burn of a flown guess begins.

    Attributes:
        tangents: Of the two angles from the flow at ignition, which are added to those found by Newton's method.
        slow: Share of the speed at ignition below which the throttle is at its greatest; above it is at its least.
        main: Index in the sequence of the engine count that brakes most.
    """

    tangents: tuple[float, float] = (0.0, 0.0)
    slow: float = 1.0
    main: int = 0


def broadside(degrees: float, main: int) -> Braking:
    """Return a burn that begins at low throttle and far off the flow, to a side that ``degrees`` gives.

    Without a limit on the angle of attack the air brakes a body that flies across it better than one engine does. To which
    side it turns is a choice between separate optima.
    """
    angle = np.radians(degrees)
    return Braking((WIDE * float(np.cos(angle)), WIDE * float(np.sin(angle))), 0.5, main)


def flown_guess(case: LandingCase, sequence: tuple[int, ...], gravity: float, braking: Braking) -> list[Guess] | None:
    """Return guesses of the coast and of each burn that come to rest close to the pad.

    Args:
        case: The statement of the landing, in air and with a coast. A coast that is not steered falls along the flow.
        sequence: Count of lit engines of every burn.
        gravity: (m/s2), downwards.
        braking: How the burn begins.

    Returns:
        The guesses, or None if no ignition time stops the stage above the ground, or the burn does not last as long as the
        case asks.
    """
    assert case.coast is not None
    lander, end = case.lander, case.touchdown_velocity[2]
    start = np.array([*case.start.position, *case.start.velocity, case.start.mass], dtype=float)
    stages, edges, slowing = _stages(case, sequence, gravity, braking)
    flight, off = Flight(case.ground, "descent", case.wind), _array_inputs(case, 0)
    how = np.array([*lander.throttle, braking.slow, end, slowing])
    most = ALLOWED_SHARE * min(np.tan(case.limits.angle_of_attack or np.pi / 4), STEEPEST)
    free = np.array([case.steers_in_coast, case.steers_in_coast, True, True], dtype=float)
    base = np.array([0.0, 0.0, *braking.tangents])
    # A tenth longer than the ballistic fall: lift that acts upwards makes the glide last longer.
    longest = 1.1 * float(rough_fall(case, start[:6], gravity)[0][-1])
    window = (case.coast[0], max(case.coast[0], min(longest, case.coast[1])))
    angles, stops = np.zeros(4), np.zeros((5, 2))
    for number in range(PASSES):
        if number:
            angles = _corrected(angles, stops, DIFFERENCE * most, most) * free
        times = np.maximum(np.linspace(*window, IGNITIONS), 1e-3)
        moved = base + angles + DIFFERENCE * most * np.vstack([np.zeros(4), np.diag(free)])
        glides, burns, clocks = _fly_all(flight, _Flown(off, stages, edges, start, moved, times, how))
        stopped = (burns[..., -1, 5] >= end - 1e-6) & (glides[..., -1, 2] > 0.0)
        if not np.all(np.any(stopped, axis=1)):
            return None
        at, stops = (np.array(a) for a in zip(*map(_best_stop, burns[:, :, -1, :3], stopped), strict=True))
        half = 0.5 * (window[1] - window[0]) / NARROWING
        window = (max(window[0], times[at[0]] - half), min(window[1], times[at[0]] + half))
    ignition, burn, clock = float(times[at[0]]), burns[0, at[0]], clocks[0, at[0]]
    if len(sequence) == 1 and not max(case.burn[0], 1e-3) <= clock[-1] <= case.burn[1]:
        return None
    steer = (base + angles)[2:]
    cuts = [0.0, *_cut_times(burn, clock, edges[: len(sequence) - 1]), float(clock[-1])]
    parts = [_burn_samples(case, burn, clock, ignition, span, steer, braking.slow) for span in pairwise(cuts)]
    return [_coast_samples(case, glides[0, at[0]], ignition, angles[:2]), *parts]


def _stages(
    case: LandingCase, sequence: tuple[int, ...], gravity: float, braking: Braking
) -> tuple[Inputs, FloatArray, float]:
    """Return the inputs of the burns, stacked; the shares of the speed at ignition where the next begins; the deceleration.

    All are filled up to :data:`STAGES` burns, so that sequences of one to three counts share one compilation.
    """
    lander = case.lander
    share = lander.throttle[1] if braking.slow == 1.0 else 0.5 * sum(lander.throttle)
    slowing = np.array([max(n * share * lander.thrust / case.start.mass - gravity, 1.0) for n in sequence])
    speed = max(float(np.linalg.norm(case.start.velocity)) + case.touchdown_velocity[2], 1.0)
    times = braking_times(case, slowing, speed, braking.main)
    left = 1.0 - np.cumsum(slowing * times)[:-1] / float(slowing @ times)
    more = max(STAGES - len(sequence), 0)
    each = [_array_inputs(case, n) for n in (*sequence, *sequence[-1:] * more)]
    stacked: Inputs = jax.tree_util.tree_map(lambda *a: np.stack(a), *each)
    return stacked, np.append(left, np.full(more, -1.0)), float(slowing @ times / np.sum(times))


def braking_times(case: LandingCase, slowing: FloatArray, speed: float, main: int) -> FloatArray:
    """Return the time with each engine count (s): least before the ``main`` one, :data:`LAST_BURN` or less after it."""
    times = np.full(len(slowing), max(LAST_BURN, case.limits.shortest_burn))
    times[:main] = case.limits.shortest_burn
    others = np.delete(np.arange(len(slowing)), main)
    if len(others):
        times[others] *= min(1.0, 0.6 * speed / float(slowing[others] @ times[others]))
    times[main] = max((speed - slowing[others] @ times[others]) / slowing[main], case.limits.shortest_burn)
    return times


def _cut_times(burn: FloatArray, clock: FloatArray, edges: FloatArray) -> list[float]:
    """Return the times since ignition (s) at which a burn ``(n, 7)`` first falls below each share of its first speed."""
    share = np.minimum.accumulate(np.linalg.norm(burn[:, 3:6], axis=1))
    return [float(np.interp(-edge, -share / share[0], clock)) for edge in edges]


def _array_inputs(case: LandingCase, engines: int) -> Inputs:
    """Return the inputs of a flight with ``engines`` lit as arrays, so that other figures need no new compilation."""
    inputs: Inputs = jax.tree_util.tree_map(
        np.asarray, vehicle_parameters.descent_inputs(engines)(case.lander.parameters())
    )
    return inputs


class _Flown(NamedTuple):
    """What the flights of a guess depend on, beside the equations of motion.

    Attributes:
        off: Inputs without engines.
        stages: Inputs of the burns with the engines lit, stacked along the first axis.
        edges: Shares of the speed at ignition at which the second and later burns begin ``(burns - 1,)``.
        start: State ``(7,)``: position, velocity, mass.
        angles: ``(a, 4)``: tangents of the two angles from the flow in the glide, and of the two at ignition.
        times: Ignition times ``(t,)`` (s).
        how: Least and greatest throttle, share of the speed at ignition below which the throttle is greatest, vertical
            speed at which a burn ends (m/s), and rough deceleration (m/s2), which sets the steps.
    """

    off: Inputs
    stages: Inputs
    edges: FloatArray
    start: FloatArray
    angles: FloatArray
    times: FloatArray
    how: FloatArray


def _fly_all(flight: Flight, flown: _Flown) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return glides and burns for every pair of steering angles and ignition time.

    Returns:
        Glides ``(a, t, n, 7)``, burns ``(a, t, n, 7)`` and the times since ignition of the burns ``(a, t, n)`` (s).
    """
    motion = lifted(flight.rates)
    numbers = packed((motion.arrays, flown))

    def fly(flat: jax.Array) -> jax.Array:
        arrays, given = numbers.unpack(flat)
        rates = motion.rebuild(arrays)

        def one(angles: jax.Array, time: jax.Array) -> jax.Array:
            return _glide_and_burn(rates, given, angles, time)

        return jax.vmap(jax.vmap(one, (None, 0)), (0, None))(given.angles, given.times)

    key = certain_key(("landing guess", motion.key, numbers.key), [flight.rates], fly, numbers.numbers)
    together = np.asarray(shared(fly, key, numbers.numbers)(numbers.numbers))
    return together[..., :7], together[..., 7:14], together[..., 14]


def _glide_and_burn(rates: Callable[..., Any], given: Any, angles: jax.Array, time: jax.Array) -> jax.Array:
    """Return a glide of ``time`` (s) and the burn after it.

    Args:
        rates: The equations of motion.
        given: A :class:`_Flown` of JAX arrays.
        angles: ``(4,)``, one row of ``given.angles``.
        time: Ignition time (s).

    Returns:
        State of the glide, state of the burn and its time since ignition (s), stacked ``(n, 15)``.
    """
    low, high, slow, end, slowing = given.how

    def gliding(x: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        return _midpoint_step(rates, given.off, x, angles[:2], jnp.zeros(()), time / FLOWN_STEPS), x

    ignition, glide = jax.lax.scan(gliding, given.start, None, length=FLOWN_STEPS)
    speed = jnp.linalg.norm(ignition[3:6])
    step = SPARE_TIME * speed / slowing / FLOWN_STEPS

    def burning(now: tuple[jax.Array, jax.Array], _: None) -> tuple[tuple[jax.Array, jax.Array], Any]:
        x, clock = now
        share = jnp.linalg.norm(x[3:6]) / speed
        throttle = jnp.where(share > slow, low, high)
        lit = jax.tree_util.tree_map(lambda a: a[jnp.sum(share < given.edges)], given.stages)
        after = _midpoint_step(rates, lit, x, angles[2:] * share, throttle, step)
        last = (end - x[5]) / jnp.maximum(after[5] - x[5], 1e-9)
        part = jnp.where(x[5] >= end, 0.0, jnp.where(after[5] > end, last, 1.0))
        return (x + part * (after - x), clock + part * step), now

    final, (burn, clock) = jax.lax.scan(burning, (ignition, jnp.zeros(())), None, length=FLOWN_STEPS)
    whole = [jnp.concatenate([part, last[None]]) for part, last in ((glide, ignition), (burn, final[0]))]
    return jnp.concatenate([*whole, jnp.append(clock, final[1])[:, None]], axis=1)


def _midpoint_step(
    rates: Callable[..., Any], inputs: Inputs, x: jax.Array, angles: jax.Array, throttle: jax.Array, step: jax.Array
) -> jax.Array:
    """Return the state ``(7,)`` a step (s) later; ``angles`` ``(2,)`` are tangents of the angles from the flow."""

    def slope(x: jax.Array) -> jax.Array:
        control = Named(alpha=angles[0], beta=angles[1], throttle=throttle)
        rate = rates(Named(position=x[:3], velocity=x[3:6], mass=x[6]), control, inputs)
        return jnp.concatenate([rate["position"], rate["velocity"], jnp.atleast_1d(rate["mass"])])

    return x + step * slope(x + 0.5 * step * slope(x))


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


def _coast_samples(case: LandingCase, glide: FloatArray, until: float, angles: FloatArray) -> Guess:
    """Return the guess of a glide ``(n, 7)`` of ``until`` seconds at constant angles to the flow."""
    times = np.linspace(0.0, until, SAMPLES)
    x = np.stack([np.interp(times, np.linspace(0.0, until, len(glide)), column) for column in glide.T], axis=1)
    steady = {"alpha": np.full(SAMPLES, angles[0]), "beta": np.full(SAMPLES, angles[1]), "throttle": np.zeros(SAMPLES)}
    controls = steady if case.steers_in_coast else {}
    return Guess(times, {"position": x[:, :3], "velocity": x[:, 3:6], "mass": x[:, 6]}, controls)


def _burn_samples(
    case: LandingCase,
    burn: FloatArray,
    clock: FloatArray,
    lit: float,
    span: tuple[float, float],
    angles: FloatArray,
    slow: float,
) -> Guess:
    """Return the guess of a part of a burn ``(n, 7)``, corrected by polynomials in time so that it ends at the touchdown.

    The burn may stop before the last of its samples; ``clock`` ``(n,)`` (s) does not advance from there on. It is lit at
    ``lit`` (s); the part lasts from ``span[0]`` to ``span[1]`` (s since ignition), a millisecond at least.
    """
    until, running = float(clock[-1]), np.append(True, np.diff(clock) > 0.0)
    times = np.linspace(span[0], max(span[1], span[0] + 1e-3), SAMPLES)
    s = np.clip(times / until, 0.0, 1.0)
    x = np.stack([np.interp(times, clock[running], column) for column in burn[running].T], axis=1)
    share = np.linalg.norm(x[:, 3:6], axis=1) / np.linalg.norm(burn[0, 3:6])
    miss, excess = burn[-1, :3], burn[-1, 3:6] - np.asarray(case.touchdown_velocity)
    position = x[:, :3] - miss * (3.0 * s**2 - 2.0 * s**3)[:, None]
    position[:, 2] = np.maximum(position[:, 2], 0.0)
    velocity = x[:, 3:6] - miss * (6.0 * (s - s**2) / until)[:, None] - excess * (s**3)[:, None]
    states = {"position": position, "velocity": velocity, "mass": np.maximum(x[:, 6], case.lander.burnout_mass)}
    throttle = np.where(share > slow, *case.lander.throttle)
    return Guess(lit + times, states, {"alpha": angles[0] * share, "beta": angles[1] * share, "throttle": throttle})
