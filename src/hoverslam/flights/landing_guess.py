"""A first idea of a landing: coast, then the acceleration polynomial that the Apollo descents flew.

With one engine count: for every pair of a coast and a burn time on a grid, the burn is the cubic that joins the state at
ignition to the touchdown (acceleration linear in time). The pair taken is the one whose thrust stays within what the
engines can do, with the least propellant. With several: a straight line, along which each count brakes for a while at
four fifths of its thrust. Only the glide is integrated, with large steps: it takes a few milliseconds.
"""

from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from hoverslam.ocp import Guess

if TYPE_CHECKING:
    from hoverslam.flights.landing_problem import LandingCase

SAMPLES = 12
BRAKING = 0.8  # of full thrust
LAST_BURN = 2.5  # s, with each engine count after the first
COASTS, GLIDE_STEPS = 30, 60  # ignition times tried; steps of the glide
DRAG = 1.45  # of a booster that glides engines first


def landing_guess(case: "LandingCase", sequence: tuple[int, ...], names: list[str]) -> dict[str, Guess]:
    """A guess for every phase by name."""
    gravity = -float(np.asarray(case.ground.acceleration(jnp.zeros(3), jnp.zeros(3)))[2])
    if len(sequence) > 1:
        return _braked(case, sequence, names, gravity)
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
