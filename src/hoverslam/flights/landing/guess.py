"""The guesses of a landing: coast and burns, computed without solving an optimisation problem.

Different guesses lead to different optima, so that there are several. A point mass in air with a coast gets guesses that are
flown forward; see :mod:`hoverslam.flights.landing.flown_guess`. Any landing with one engine count gets the best burn on a
grid of coast times and burn times: each burn is the cubic that joins the state at ignition to the touchdown (acceleration
linear in time, the guidance law of the Apollo descents), and the best one stays within the thrust of the engines with the
least propellant. Any landing gets a straight line along which each engine count brakes for some time at 0.8 of its thrust.
The last two integrate only the coast, with large steps, in a few milliseconds.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hoverslam.flights.craft.rigid_lander import RigidLander
from hoverslam.flights.landing.case import LandingCase
from hoverslam.flights.landing.flown_guess import SAMPLES, Braking, braking_times, broadside, flown_guess
from hoverslam.flights.landing.glide import Fall, rough_fall
from hoverslam.ocp.checks.executables import value_of
from hoverslam.ocp.statement.phase import Guess

FloatArray = NDArray[np.float64]

BRAKING = 0.8  # of full thrust
SIDES = (45.0, 225.0, 135.0, 315.0)  # deg, to which a flown guess turns across the flow
COASTS = 30  # ignition times tried


def landing_guess(case: LandingCase, sequence: tuple[int, ...], names: list[str]) -> dict[str, Guess]:
    """Return the first guess of :func:`landing_guesses`, for every phase by name.

    Args:
        case: The statement of the landing.
        sequence: Engine count of every phase under thrust.
        names: Names of all phases.
    """
    return next(guess for _, guess in landing_guesses(case, sequence, names))


def landing_guesses(
    case: LandingCase, sequence: tuple[int, ...], names: list[str]
) -> Iterator[tuple[str, dict[str, Guess]]]:
    """Yield guesses that may lead to different optima: what each is, and its guess for every phase by name.

    Args:
        case: The statement of the landing.
        sequence: Engine count of every phase under thrust.
        names: Names of all phases.
    """
    gravity = -float(value_of(case.ground.acceleration, np.zeros(3), np.zeros(3))[2])
    mains = sorted({0, len(sequence) - 1})
    if case.lander.has_air and case.coast is not None and not isinstance(case.lander, RigidLander):
        for what, braking in _brakings(case, sequence, mains):
            flown = flown_guess(case, sequence, gravity, braking)
            if flown is not None:
                yield what, dict(zip(names, flown, strict=True))
    if len(sequence) == 1:
        yield "cubic in time", _cubic_guess(case, sequence[0], names, gravity)
    for main in mains:
        yield f"straight line, {_main(sequence, main)}", _braking_guess(case, sequence, names, gravity, main)


def _brakings(case: LandingCase, sequence: tuple[int, ...], mains: list[int]) -> Iterator[tuple[str, Braking]]:
    """Yield the ways to brake of flown guesses: first across the flow to four sides where nothing limits the angle."""
    if case.limits.angle_of_attack is None:
        for degrees in SIDES:
            yield f"flown across the flow at {degrees:.0f} deg", broadside(degrees, mains[-1])
    for main in mains:
        yield f"flown along the flow, {_main(sequence, main)}", Braking(main=main)


def _main(sequence: tuple[int, ...], main: int) -> str:
    return f"braking with {sequence[main]}"


def _cubic_guess(case: LandingCase, engines: int, names: list[str], gravity: float) -> dict[str, Guess]:
    """Return the best cubic on a grid of ignition times and burn times."""
    low, high = (engines * case.lander.thrust * t for t in case.lander.throttle)
    start = np.concatenate([case.start.position, case.start.velocity])
    fall = rough_fall(case, start, gravity)
    speed = max(float(np.linalg.norm(case.start.velocity)), np.sqrt(2.0 * gravity * max(case.start.position[2], 1.0)))
    scale = float(np.linalg.norm(case.start.position)) / speed
    burns = np.clip(scale * np.geomspace(0.1, 8.0, 50), max(case.burn[0], 1e-3), case.burn[1])
    every = np.linspace(0, len(fall[0]) - 1, min(len(fall[0]), COASTS)).astype(int)
    at, tb = (a.ravel() for a in np.meshgrid(every, burns, indexing="ij"))
    best = _best_burn(case, fall[1][at], tb, gravity, low, high)
    guesses, lit = {}, fall[1][at[best]]
    if case.coast is not None:
        guesses["coast"] = _coast_guess(case, fall, int(at[best]))
    guesses[names[-1]] = _burn_guess(case, lit, float(tb[best]), float(fall[0][at[best]]), engines, gravity)
    return guesses


def _cubic_acceleration(case: LandingCase, lit: FloatArray, tb: FloatArray, fraction: float) -> FloatArray:
    """Return the acceleration ``(n, 3)`` of cubics at a fraction of their times ``tb`` (s), from ``lit`` to touchdown."""
    end, t = np.asarray(case.touchdown_velocity), tb[:, None]
    first = -6.0 * lit[:, :3] / t**2 - (4.0 * lit[:, 3:] + 2.0 * end) / t
    last = 6.0 * lit[:, :3] / t**2 + (2.0 * lit[:, 3:] + 4.0 * end) / t
    return (1.0 - fraction) * first + fraction * last


def _best_burn(case: LandingCase, lit: FloatArray, tb: FloatArray, gravity: float, low: float, high: float) -> int:
    """Return the index of the burn with the least sum of thrust beyond the range of the engines, and propellant."""
    excess, spent = np.zeros(len(tb)), np.zeros(len(tb))
    for fraction in (0.0, 0.5, 1.0):
        push = _cubic_acceleration(case, lit, tb, fraction)
        push[:, 2] += gravity
        thrust = case.start.mass * np.linalg.norm(push, axis=1)
        excess += np.maximum(low - thrust, 0.0) / high + np.maximum(thrust - high, 0.0) / high
        spent += thrust * tb / 3.0 / case.lander.exhaust_speed
    below_ground = np.maximum(-lit[:, 2], 0.0)
    return int(np.argmin(excess + below_ground / (1.0 + abs(case.start.position[2])) + 0.3 * spent / case.start.mass))


def _coast_guess(case: LandingCase, fall: Fall, until: int) -> Guess:
    """Return the fall up to one of its samples as a guess; a coast of no length gets a millisecond."""
    times = np.linspace(0.0, max(float(fall[0][until]), 1e-3), SAMPLES)
    states = np.stack([np.interp(times, fall[0], column) for column in fall[1].T], axis=1)
    steady = dict.fromkeys(("alpha", "beta", "throttle"), np.zeros(SAMPLES)) if case.steers_in_coast else {}
    mass = np.full(SAMPLES, case.start.mass)
    return Guess(times, {"position": states[:, :3], "velocity": states[:, 3:], "mass": mass}, steady)


def _burn_guess(case: LandingCase, lit: FloatArray, tb: float, at: float, engines: int, gravity: float) -> Guess:
    """Return the cubic from ``lit`` to the touchdown in ``tb`` seconds as a guess."""
    times = np.linspace(0.0, tb, SAMPLES)
    t, lit, span = times[:, None], lit[None, :], np.array([tb])
    first, last = _cubic_acceleration(case, lit, span, 0.0), _cubic_acceleration(case, lit, span, 1.0)
    jerk = (last - first) / tb
    position = lit[:, :3] + lit[:, 3:] * t + first * t**2 / 2.0 + jerk * t**3 / 6.0
    velocity = lit[:, 3:] + first * t + jerk * t**2 / 2.0
    push = first + jerk * t
    push[:, 2] += gravity
    size = np.linalg.norm(push, axis=1)
    share = np.clip(size * case.start.mass / (engines * case.lander.thrust), *case.lander.throttle)
    spent = float(np.mean(size)) * case.start.mass * times / case.lander.exhaust_speed
    mass = np.maximum(case.start.mass - spent, case.lander.burnout_mass)
    states = {"position": position, "velocity": velocity, "mass": mass}
    return Guess(at + times, states, _controls(case, push, share))


def _controls(case: LandingCase, push: FloatArray, share: FloatArray) -> dict[str, FloatArray]:
    """Return controls for thrust along ``push`` ``(n, 3)``, in air against the flow, at throttles ``share`` ``(n,)``."""
    if case.lander.has_air:
        return {"alpha": np.zeros(len(share)), "beta": np.zeros(len(share)), "throttle": share}
    return {"thrust": push / np.maximum(np.linalg.norm(push, axis=1), 1e-9)[:, None] * share[:, None]}


def _braking_guess(
    case: LandingCase, sequence: tuple[int, ...], names: list[str], gravity: float, main: int
) -> dict[str, Guess]:
    """Return a fall, then burns at ``BRAKING`` of the thrust along the straight line to the pad, one an engine count."""
    share = float(np.clip(BRAKING, *case.lander.throttle))
    slowing = np.array([max(n * share * case.lander.thrust / case.start.mass - gravity, 0.5) for n in sequence])
    fall = rough_fall(case, np.concatenate([case.start.position, case.start.velocity]), gravity)
    end = float(np.linalg.norm(case.touchdown_velocity))
    for lit in range(len(fall[0])):  # ignition is where the braking distance is the distance left
        state = fall[1][lit]
        way, speed = max(float(np.linalg.norm(state[:3])), 1.0), max(float(np.linalg.norm(state[3:])), 1.0)
        times = braking_times(case, slowing, max(speed - end, 1.0), main)
        lost = np.cumsum((slowing * times)[::-1])[::-1]
        speeds = end + np.append(lost, 0.0)  # at the start of each burn, then at the end
        left = np.append(np.cumsum((0.5 * (speeds[:-1] + speeds[1:]) * times)[::-1])[::-1], 0.0)
        if left[0] >= way:
            break
    along, guesses, at, mass = fall[1][lit, :3] / way, {}, float(fall[0][lit]), case.start.mass
    left *= way / left[0]
    if case.coast is not None:
        guesses["coast"] = _coast_guess(case, fall, lit)
    for k, name in enumerate(n for n in names if n != "coast"):
        flow = sequence[k] * share * case.lander.thrust / case.lander.exhaust_speed
        after, until = max(mass - flow * times[k], case.lander.burnout_mass), at + float(times[k])
        ends = (tuple(left[k : k + 2]), tuple(speeds[k : k + 2]), (at, until), (mass, after))
        guesses[name] = _straight_burn(case, along, *ends, share)
        at, mass = until, after
    return guesses


def _straight_burn(
    case: LandingCase,
    along: FloatArray,
    left: tuple[float, ...],
    speeds: tuple[float, ...],
    times: tuple[float, float],
    masses: tuple[float, float],
    share: float,
) -> Guess:
    """Return an even deceleration from ``left[0]`` to ``left[1]`` metres before the pad, on the line ``along``."""
    s = np.linspace(0.0, 1.0, SAMPLES)
    speed = speeds[0] + s * (speeds[1] - speeds[0])
    way = left[1] + (left[0] - left[1]) * (1.0 - s) * (speed + speeds[1]) / (speeds[0] + speeds[1])
    mass = masses[0] + s * (masses[1] - masses[0])
    states = {"position": way[:, None] * along, "velocity": -speed[:, None] * along, "mass": mass}
    controls = _controls(case, np.tile(along, (SAMPLES, 1)), np.full(SAMPLES, share))
    return Guess(times[0] + s * (times[1] - times[0]), states, controls)
