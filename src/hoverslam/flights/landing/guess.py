"""A first idea of a landing: coast, then a burn, flown as far as that can be done without solving anything.

For a point mass with one engine count and leave to lean into the air: its own equations of motion, flown forward. It glides
at one angle to the flow, then brakes at full throttle at another that shrinks with the speed; the time of ignition is found
on a grid, the two angles by Newton's method on where it comes to rest. A guess that ignores how far the air carries the stage
leads a solver astray: early in a long burn the lift of a lean undoes the push of the thrust, so that only the glide steers.

Otherwise with one engine count: for every pair of a coast and a burn time on a grid, the burn is the cubic that joins the
state at ignition to the touchdown (acceleration linear in time: what the Apollo descents flew). The pair taken is the one
whose thrust stays within what the engines can do, with the least propellant. With several: a straight line, along which each
count brakes for a while at four fifths of its thrust. These integrate only the glide, with large steps, in a few
milliseconds; the flown guess takes some thirty, and once a process a second of compiling.
"""

from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.rigid_lander import RigidLander
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.problem import Guess
from hoverslam.physics.motion import Flight

if TYPE_CHECKING:
    from hoverslam.flights.landing.problem import LandingCase

SAMPLES = 12
BRAKING = 0.8  # of full thrust
LAST_BURN = 2.5  # s, with each engine count after the first
COASTS, GLIDE_STEPS = 30, 60  # ignition times tried; steps of the glide
DRAG = 1.45  # of a booster that glides engines first
FLOWN_STEPS = 60  # of a flown glide, and of a burn
IGNITIONS, PASSES = 30, 4  # times tried a pass; passes
CLOSER = 3.0  # by this factor a pass looks closer at the times of ignition than the one before
SPARE_TIME = 1.5  # over the time that braking takes without drag
LEANING, STEEPEST = 0.95, 0.5  # most of an angle of attack that is guessed, and the tangent above which none is
TRIED = 0.3  # of that: what derivatives are taken over


def landing_guess(case: "LandingCase", sequence: tuple[int, ...], names: list[str]) -> dict[str, Guess]:
    """A guess for every phase by name."""
    gravity = -float(np.asarray(case.ground.acceleration(jnp.zeros(3), jnp.zeros(3)))[2])
    if len(sequence) > 1:
        return _braked(case, sequence, names, gravity)
    steered = case.coast is not None and case.steers_in_coast and not isinstance(case.lander, RigidLander)
    flown = _flown(case, sequence[0], gravity) if steered else None
    if flown is not None:
        return dict(zip(names, flown, strict=True))
    low, high = (sequence[0] * case.lander.thrust * t for t in case.lander.throttle)
    start = np.concatenate([case.start.position, case.start.velocity])
    glide = _glide(case, start, gravity)
    speed = max(float(np.linalg.norm(case.start.velocity)), np.sqrt(2.0 * gravity * max(case.start.position[2], 1.0)))
    scale = float(np.linalg.norm(case.start.position)) / speed
    burns = np.clip(scale * np.geomspace(0.1, 8.0, 50), max(case.burn[0], 1e-3), case.burn[1])
    every = np.linspace(0, len(glide[0]) - 1, min(len(glide[0]), COASTS)).astype(int)
    at, tb = (a.ravel() for a in np.meshgrid(every, burns, indexing="ij"))
    best = _cheapest(case, glide[1][at], tb, gravity, low, high)
    guesses, lit = {}, glide[1][at[best]]
    if case.coast is not None:
        guesses["coast"] = _coast_guess(case, glide, int(at[best]))
    guesses[names[-1]] = _burn_guess(case, lit, float(tb[best]), float(glide[0][at[best]]), sequence[0], gravity)
    return guesses


def _flown(case: "LandingCase", engines: int, gravity: float) -> tuple[Guess, Guess] | None:
    """Coast and burn flown so as to come to rest close to the pad; None if the stage never stops, or not in the time given."""
    assert case.coast is not None
    assert case.limits.angle_of_attack is not None
    lander, end = case.lander, case.touchdown_velocity[2]
    start = jnp.array([*case.start.position, *case.start.velocity, case.start.mass])
    slowing = max(engines * lander.throttle[1] * lander.thrust / case.start.mass - gravity, 1.0)
    flight, off, lit = Flight(case.ground, "descent", case.wind), _inputs(case, 0), _inputs(case, engines)
    braking, most = jnp.array([lander.throttle[1], end, slowing]), float(np.tan(case.limits.angle_of_attack))
    most = LEANING * min(most, STEEPEST)
    # A tenth longer than the ballistic fall, which a lean that flies the stage upward may outlast.
    longest = 1.1 * float(_glide(case, np.asarray(start[:6]), gravity)[0][-1])
    window = (case.coast[0], min(longest, case.coast[1]))
    lean, aside = np.zeros(4), np.zeros((5, 2))
    for looked in range(PASSES):
        if looked:
            lean = _steered_back(lean, aside, TRIED * most, most)
        times = np.maximum(np.linspace(*window, IGNITIONS), 1e-3)
        leans = jnp.asarray(lean + TRIED * most * np.vstack([np.zeros(4), np.eye(4)]))
        flown = _flights(flight, off, lit, start, leans, jnp.asarray(times), braking)
        glides, burns, clocks = (np.asarray(a) for a in flown)
        stopped = (burns[..., -1, 5] >= end - 1e-6) & (glides[..., -1, 2] > 0.0)
        if not np.all(np.any(stopped, axis=1)):
            return None
        at, aside = (np.array(a) for a in zip(*map(_stop, burns[:, :, -1, :3], stopped), strict=True))
        half = 0.5 * (window[1] - window[0]) / CLOSER
        window = (max(window[0], times[at[0]] - half), min(window[1], times[at[0]] + half))
    ignition = float(times[at[0]])
    if not max(case.burn[0], 1e-3) <= clocks[0, at[0], -1] <= case.burn[1]:
        return None
    burn = _flown_burn(case, burns[0, at[0]], clocks[0, at[0]], ignition, lean[2:])
    return _flown_coast(glides[0, at[0]], ignition, lean[:2]), burn


def _inputs(case: "LandingCase", engines: int) -> Any:
    """Figures of a flight with ``engines`` lit, as arrays, so that other figures compile nothing anew."""
    return jax.tree_util.tree_map(jnp.asarray, vehicle_parameters.descent_inputs(engines)(case.lander.parameters()))


def _stepped(
    flight: Flight, inputs: Any, x: jax.Array, lean: jax.Array, throttle: jax.Array, step: jax.Array
) -> jax.Array:
    """The state ``(7,)`` a step (s) later, by the midpoint rule, at the tangents ``(2,)`` of the angles from the flow."""

    def rates(x: jax.Array) -> jax.Array:
        control = Named(alpha=lean[0], beta=lean[1], throttle=throttle)
        rate = flight.rates(Named(position=x[:3], velocity=x[3:6], mass=x[6]), control, inputs)
        return jnp.concatenate([rate["position"], rate["velocity"], jnp.atleast_1d(rate["mass"])])

    return x + step * rates(x + 0.5 * step * rates(x))


@eqx.filter_jit
def _flights(
    flight: Flight, off: Any, lit: Any, start: jax.Array, leans: jax.Array, times: jax.Array, braking: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Glides and burns ``(leans, times, n, 7)`` and the burns' clocks ``(leans, times, n)`` (s) for every lean and ignition.

    A lean ``(4,)`` is the tangents of the angles from the flow, gliding and at ignition; ``braking`` is the throttle, the
    vertical speed (m/s) at which a burn ends, if it comes to it, and about how fast it slows (m/s2), which sets its steps.
    """
    throttle, end, slowing = braking

    def one(lean: jax.Array, time: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        def gliding(x: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
            return _stepped(flight, off, x, lean[:2], jnp.zeros(()), time / FLOWN_STEPS), x

        ignition, glide = jax.lax.scan(gliding, start, None, length=FLOWN_STEPS)
        speed = jnp.linalg.norm(ignition[3:6])
        step = SPARE_TIME * speed / slowing / FLOWN_STEPS

        def burning(now: tuple[jax.Array, jax.Array], _: None) -> tuple[Any, Any]:
            x, clock = now
            after = _stepped(flight, lit, x, lean[2:] * jnp.linalg.norm(x[3:6]) / speed, throttle, step)
            last = (end - x[5]) / jnp.maximum(after[5] - x[5], 1e-9)
            part = jnp.where(x[5] >= end, 0.0, jnp.where(after[5] > end, last, 1.0))
            return (x + part * (after - x), clock + part * step), now

        final, (burn, clock) = jax.lax.scan(burning, (ignition, jnp.zeros(())), None, length=FLOWN_STEPS)
        whole = jnp.concatenate([burn, final[0][None]])
        return jnp.concatenate([glide, ignition[None]]), whole, jnp.append(clock, final[1])

    return jax.vmap(jax.vmap(one, (None, 0)), (0, None))(leans, times)


def _stop(ends: np.ndarray, stopped: np.ndarray) -> tuple[int, np.ndarray]:
    """Which ignition stops closest to the ground, and where ``(2,)`` one in between stops on it; of burns' ends ``(n, 3)``.

    Later is lower but not always: lit early, the engines take the drag away. Where no burn stops above the ground, the one
    that stops highest.
    """
    height = np.where(stopped, ends[:, 2], -np.inf)
    through = np.flatnonzero((height[:-1] >= 0.0) & (height[1:] < 0.0) & stopped[1:])
    if not len(through):
        best = int(np.argmax(height))
        return best, ends[best, :2]
    i = int(through[0])
    part = height[i] / (height[i] - height[i + 1])
    return i + int(part > 0.5), (1.0 - part) * ends[i, :2] + part * ends[i + 1, :2]


def _steered_back(lean: np.ndarray, aside: np.ndarray, tried: float, most: float) -> np.ndarray:
    """The lean ``(4,)`` nearest to this one that takes back ``aside[0]``, as far as the angle ``most`` allows.

    The other rows of ``aside`` ``(5, 2)`` (m) are where the stage stops with each entry of the lean larger by ``tried``.
    """
    slopes = (aside[1:] - aside[0]).T / tried
    pairs = (lean - np.linalg.pinv(slopes) @ aside[0]).reshape(2, 2)
    size = np.linalg.norm(pairs, axis=1, keepdims=True)
    return (pairs * np.minimum(1.0, most / np.maximum(size, 1e-12))).ravel()


def _flown_coast(glide: np.ndarray, until: float, lean: np.ndarray) -> Guess:
    """A glide ``(n, 7)`` of ``until`` seconds at one angle to the flow."""
    times = np.linspace(0.0, until, SAMPLES)
    x = np.stack([np.interp(times, np.linspace(0.0, until, len(glide)), column) for column in glide.T], axis=1)
    steady = {"alpha": np.full(SAMPLES, lean[0]), "beta": np.full(SAMPLES, lean[1]), "throttle": np.zeros(SAMPLES)}
    return Guess(times, {"position": x[:, :3], "velocity": x[:, 3:6], "mass": x[:, 6]}, steady)


def _flown_burn(case: "LandingCase", burn: np.ndarray, clock: np.ndarray, at: float, lean: np.ndarray) -> Guess:
    """A burn ``(n, 7)`` bent so that it ends in the touchdown; it may stop before the last of its samples."""
    s, until = np.linspace(0.0, 1.0, SAMPLES), float(clock[-1])
    running = np.append(True, np.diff(clock) > 0.0)
    x = np.stack([np.interp(s * until, clock[running], column) for column in burn[running].T], axis=1)
    share = np.linalg.norm(x[:, 3:6], axis=1) / np.linalg.norm(x[0, 3:6])
    miss, left = x[-1, :3].copy(), x[-1, 3:6] - np.asarray(case.touchdown_velocity)
    position = x[:, :3] - miss * (3.0 * s**2 - 2.0 * s**3)[:, None]
    position[:, 2] = np.maximum(position[:, 2], 0.0)
    velocity = x[:, 3:6] - miss * (6.0 * (s - s**2) / until)[:, None] - left * (s**3)[:, None]
    states = {"position": position, "velocity": velocity, "mass": np.maximum(x[:, 6], case.lander.dry_mass)}
    full = np.full(SAMPLES, case.lander.throttle[1])
    return Guess(at + s * until, states, {"alpha": lean[0] * share, "beta": lean[1] * share, "throttle": full})


Glide = tuple[np.ndarray, np.ndarray]  # times (n,) and states (n, 6)


def _glide(case: "LandingCase", start: np.ndarray, gravity: float) -> Glide:
    """The ballistic fall from the start to the ground, or as long as the coast may last; only the start without a coast."""
    if case.coast is None:
        return np.zeros(1), start[None, :]
    speed = float(np.linalg.norm(start[3:]))
    step = np.clip(
        max(start[2], 1.0) / max(speed, np.sqrt(2.0 * gravity * max(start[2], 1.0))) / GLIDE_STEPS, 1e-3, 1.0
    )
    times, states = [0.0], [start]
    while states[-1][2] > 0.0 and times[-1] + step < case.coast[1] and len(times) < 10 * GLIDE_STEPS:
        middle = states[-1] + 0.5 * step * _falling(case, states[-1], gravity)
        states.append(states[-1] + step * _falling(case, middle, gravity))
        times.append(times[-1] + step)
    return np.array(times), np.array(states)


def _falling(case: "LandingCase", state: np.ndarray, gravity: float) -> np.ndarray:
    """Rates ``(6,)`` of a ballistic fall, engines first, through the standard atmosphere's lower layers."""
    rates = np.append(state[3:], [0.0, 0.0, -gravity])
    if case.lander.has_air:
        height = max(float(state[2]), 0.0)
        density = (
            1.225 * (1.0 - 2.2558e-5 * height) ** 4.2559 if height < 11e3 else 0.3639 * np.exp((11e3 - height) / 6341.6)
        )
        drag = 0.5 * density * DRAG * case.lander.axial_factor * case.lander.base_area
        rates[3:] -= drag * np.linalg.norm(state[3:]) * state[3:] / case.start.mass
    return rates


def _acceleration(case: "LandingCase", lit: np.ndarray, tb: np.ndarray, fraction: float) -> np.ndarray:
    """Acceleration ``(n, 3)`` at a fraction of burns of ``tb`` seconds from ``lit`` to the touchdown."""
    end, t = np.asarray(case.touchdown_velocity), tb[:, None]
    first = -6.0 * lit[:, :3] / t**2 - (4.0 * lit[:, 3:] + 2.0 * end) / t
    last = 6.0 * lit[:, :3] / t**2 + (2.0 * lit[:, 3:] + 4.0 * end) / t
    return (1.0 - fraction) * first + fraction * last


def _cheapest(case: "LandingCase", lit: np.ndarray, tb: np.ndarray, gravity: float, low: float, high: float) -> int:
    """Index of the burn that stays within the engines' thrust, or comes closest, with the least propellant."""
    excess, spent = np.zeros(len(tb)), np.zeros(len(tb))
    for fraction in (0.0, 0.5, 1.0):
        push = _acceleration(case, lit, tb, fraction)
        push[:, 2] += gravity
        thrust = case.start.mass * np.linalg.norm(push, axis=1)
        excess += np.maximum(low - thrust, 0.0) / high + np.maximum(thrust - high, 0.0) / high
        spent += thrust * tb / 3.0 / case.lander.exhaust_speed
    buried = np.maximum(-lit[:, 2], 0.0)
    return int(np.argmin(excess + buried / (1.0 + abs(case.start.position[2])) + 0.3 * spent / case.start.mass))


def _coast_guess(case: "LandingCase", glide: Glide, until: int) -> Guess:
    """The glide up to one of its samples; a coast that is none lasts a millisecond."""
    times = np.linspace(0.0, max(float(glide[0][until]), 1e-3), SAMPLES)
    states = np.stack([np.interp(times, glide[0], column) for column in glide[1].T], axis=1)
    steady = dict.fromkeys(("alpha", "beta", "throttle"), np.zeros(SAMPLES)) if case.steers_in_coast else {}
    mass = np.full(SAMPLES, case.start.mass)
    return Guess(times, {"position": states[:, :3], "velocity": states[:, 3:], "mass": mass}, steady)


def _burn_guess(case: "LandingCase", lit: np.ndarray, tb: float, at: float, engines: int, gravity: float) -> Guess:
    """The cubic from ``lit`` to the touchdown in ``tb`` seconds."""
    times = np.linspace(0.0, tb, SAMPLES)
    t, lit, span = times[:, None], lit[None, :], np.array([tb])
    first, last = _acceleration(case, lit, span, 0.0), _acceleration(case, lit, span, 1.0)
    jerk = (last - first) / tb
    position = lit[:, :3] + lit[:, 3:] * t + first * t**2 / 2.0 + jerk * t**3 / 6.0
    velocity = lit[:, 3:] + first * t + jerk * t**2 / 2.0
    push = first + jerk * t
    push[:, 2] += gravity
    size = np.linalg.norm(push, axis=1)
    share = np.clip(size * case.start.mass / (engines * case.lander.thrust), *case.lander.throttle)
    spent = float(np.mean(size)) * case.start.mass * times / case.lander.exhaust_speed
    mass = np.maximum(case.start.mass - spent, case.lander.dry_mass)
    states = {"position": position, "velocity": velocity, "mass": mass}
    return Guess(at + times, states, _steered(case, push, share))


def _steered(case: "LandingCase", push: np.ndarray, share: np.ndarray) -> dict[str, np.ndarray]:
    """Controls that push along ``push`` ``(n, 3)`` at throttles ``share`` ``(n,)``; in air, against the flow."""
    if case.lander.has_air:
        return {"alpha": np.zeros(len(share)), "beta": np.zeros(len(share)), "throttle": share}
    return {"thrust": push / np.maximum(np.linalg.norm(push, axis=1), 1e-9)[:, None] * share[:, None]}


def _braked(case: "LandingCase", sequence: tuple[int, ...], names: list[str], gravity: float) -> dict[str, Guess]:
    """A glide, then each engine count in turn at ``BRAKING`` of its thrust along the straight line to the pad."""
    share = float(np.clip(BRAKING, *case.lander.throttle))
    slowing = np.array([max(n * share * case.lander.thrust / case.start.mass - gravity, 0.5) for n in sequence])
    glide = _glide(case, np.concatenate([case.start.position, case.start.velocity]), gravity)
    end = float(np.linalg.norm(case.touchdown_velocity))
    for lit in range(len(glide[0])):  # light where the way that braking takes is the way that is left
        state = glide[1][lit]
        way, speed = max(float(np.linalg.norm(state[:3])), 1.0), max(float(np.linalg.norm(state[3:])), 1.0)
        times = _brake_times(case, slowing, speed - end, case.longest)
        lost = np.cumsum((slowing * times)[::-1])[::-1]
        speeds = end + np.append(lost, 0.0)  # at the start of each burn, then at the end
        left = np.append(np.cumsum((0.5 * (speeds[:-1] + speeds[1:]) * times)[::-1])[::-1], 0.0)
        if left[0] >= way:
            break
    along, guesses, at, mass = glide[1][lit, :3] / way, {}, float(glide[0][lit]), case.start.mass
    left *= way / left[0]
    if case.coast is not None:
        guesses["coast"] = _coast_guess(case, glide, lit)
    for k, name in enumerate(n for n in names if n != "coast"):
        flow = sequence[k] * share * case.lander.thrust / case.lander.exhaust_speed
        after, until = max(mass - flow * times[k], case.lander.dry_mass), at + float(times[k])
        ends = (tuple(left[k : k + 2]), tuple(speeds[k : k + 2]), (at, until), (mass, after))
        guesses[name] = _straight(case, along, *ends, share)
        at, mass = until, after
    return guesses


def _brake_times(case: "LandingCase", slowing: np.ndarray, speed: float, main: int) -> np.ndarray:
    """How long each engine count brakes (s): those before the ``main`` one shortly, those after it for a while."""
    times = np.full(len(slowing), max(LAST_BURN, case.limits.shortest_burn))
    times[:main] = case.limits.shortest_burn
    others = np.delete(np.arange(len(slowing)), main)
    times[others] *= min(1.0, 0.6 * speed / float(slowing[others] @ times[others]))
    times[main] = max((speed - slowing[others] @ times[others]) / slowing[main], case.limits.shortest_burn)
    return times


def _straight(
    case: "LandingCase",
    along: np.ndarray,
    left: tuple[float, ...],
    speeds: tuple[float, ...],
    times: tuple[float, float],
    masses: tuple[float, float],
    share: float,
) -> Guess:
    """From ``left[0]`` to ``left[1]`` metres before the pad on the line ``along``, evenly slowed at throttle ``share``."""
    s = np.linspace(0.0, 1.0, SAMPLES)
    speed = speeds[0] + s * (speeds[1] - speeds[0])
    way = left[1] + (left[0] - left[1]) * (1.0 - s) * (speed + speeds[1]) / (speeds[0] + speeds[1])
    mass = masses[0] + s * (masses[1] - masses[0])
    states = {"position": way[:, None] * along, "velocity": -speed[:, None] * along, "mass": mass}
    controls = _steered(case, np.tile(along, (SAMPLES, 1)), np.full(SAMPLES, share))
    return Guess(times[0] + s * (times[1] - times[0]), states, controls)
