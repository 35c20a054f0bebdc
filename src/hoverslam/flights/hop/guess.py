"""The guess of a hop: cubics in height from event to event, and one smooth curve in downrange distance.

Events that are not stated are filled in: the engines are cut off a little below the apogee, the vehicle falls to under half
the apogee, and the landing burn decelerates evenly. Throttle, pitch and mass follow from the accelerations.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hoverslam.flights.hop.case import HopCase
from hoverslam.ocp.statement.phase import Guess
from hoverslam.physics.constants import STANDARD_GRAVITY

FloatArray = NDArray[np.float64]

SAMPLES = 24  # a phase
ABOVE_CUTOFF = 0.08  # of the apogee: height gained after cut-off, without thrust
SLOWED = 0.93  # speed of a fall with drag over the speed without it
LANDING_LIFT = 1.3  # thrust over weight at touchdown for which an unknown lift-off mass is guessed
BRAKING = 0.9  # of full thrust


class _Corner(NamedTuple):
    """Time (s), height (m) and vertical speed (m/s) at the end of a phase."""

    time: float
    height: float
    speed: float


def likely_liftoff_mass(case: HopCase, low: float, high: float) -> float:
    """Return the mass (kg) between ``low`` and ``high`` nearest to the nominal one that the landing engines can land.

    A flight from rest to rest needs a delta-v of gravity times its time. The rocket equation then gives the mass left at
    touchdown, without drag.
    """
    most = case.hopper.engines[1] * case.hopper.lander.thrust / (LANDING_LIFT * STANDARD_GRAVITY * _left(case))
    return float(np.clip(min(case.hopper.liftoff_mass, most), low, high))


def _left(case: HopCase) -> float:
    """Return the share of the mass that is left after a hop of the stated time."""
    stated = case.events.stated()
    fall = np.sqrt(2.0 * stated["apogee"].value / STANDARD_GRAVITY)
    lasts = stated["total_time"].value if "total_time" in stated else 4.0 * fall
    return float(np.exp(-STANDARD_GRAVITY * lasts / case.hopper.lander.exhaust_speed))


def hop_guess(case: HopCase, liftoff_mass: float) -> dict[str, Guess]:
    """Return a guess for every phase by name, for a mass at lift-off (kg)."""
    corners = _with_coast(case, liftoff_mass) if case.relight else _without_coast(case)
    start, end, mass = _Corner(0.0, 0.0, 0.0), corners["landing"].time, liftoff_mass
    way = case.events.stated()["distance"].value
    rise = min(case.limits.rise, 0.5 * corners["climb"].time)
    guesses = {}
    for name in case.names[1:]:
        t = np.linspace(start.time, corners[name].time, 2 * SAMPLES)
        height, climb, lift = _cubic(start, corners[name], t)
        along, speed, push = _smooth(way, rise, end, t)
        zero = 0.0 * t
        states = {
            "position": np.stack([along, zero, height], axis=1),
            "velocity": np.stack([speed, zero, climb], axis=1),
        }
        force = np.stack([push, lift + STANDARD_GRAVITY], axis=1)
        controls, states["mass"] = _controls(case, name, t, force, mass)
        mass, start = float(states["mass"][-1]), corners[name]
        guesses[name] = Guess(t, states, controls)
    return _with_rise(guesses, case.limits.rise)


def _with_rise(guesses: dict[str, Guess], rise: float) -> dict[str, Guess]:
    """Return the guesses with the first ``rise`` seconds of the climb as a separate phase."""
    climb = guesses["climb"]
    first, rest = np.linspace(0.0, rise, SAMPLES), np.linspace(rise, max(climb.time[-1], 1.1 * rise), SAMPLES)

    def cut(samples: dict[str, FloatArray], t: FloatArray) -> dict[str, FloatArray]:
        return {n: _interpolated(t, climb.time, v) for n, v in samples.items()}

    states, controls = dict(climb.states), dict(climb.controls)
    up = cut(controls, first) | {"pitch": np.full(SAMPLES, np.pi / 2), "yaw": np.zeros(SAMPLES)}
    after = Guess(rest, cut(states, rest), cut(controls, rest))
    return {"rise": Guess(first, cut(states, first), up)} | guesses | {"climb": after}


def _interpolated(t: FloatArray, times: FloatArray, values: FloatArray) -> FloatArray:
    columns = values.reshape(len(times), -1)
    made = np.stack([np.interp(t, times, column) for column in columns.T], axis=1)
    return made[:, 0] if values.ndim == 1 else made


def _relight_share(case: HopCase, mass: float) -> float:
    """Return the share of the apogee at which the landing engines must be lit to stop the fall at ``BRAKING`` thrust."""
    lift = BRAKING * case.hopper.engines[1] * case.hopper.lander.thrust / (mass * _left(case) * STANDARD_GRAVITY)
    return float(np.clip(SLOWED**2 / (max(lift, 1.01) - 1.0 + SLOWED**2), 0.2, 0.9))


def _with_coast(case: HopCase, mass: float) -> dict[str, _Corner]:
    stated = {name: event.value for name, event in case.events.stated().items()}
    top = stated["apogee"]
    low = stated.get("relight_height", _relight_share(case, mass) * top)
    fall = np.sqrt(2.0 * (top - low) / STANDARD_GRAVITY) / SLOWED
    up = np.sqrt(2.0 * ABOVE_CUTOFF * top / STANDARD_GRAVITY)
    if "coast_time" in stated:
        up = max(stated["coast_time"] - fall, 0.3 * up)
    speed, down = STANDARD_GRAVITY * up, SLOWED**2 * STANDARD_GRAVITY * fall
    cutoff = top - 0.5 * speed * up
    burn = 2.0 * low / down
    climb = stated.get("cutoff_time", 1.5 * cutoff / speed)
    if "total_time" in stated and "cutoff_time" not in stated:
        climb = max(stated["total_time"] - up - fall - burn, 1.0 * cutoff / speed)
    end = stated.get("total_time", climb + up + fall + burn)
    lit = min(climb + up + fall, 0.95 * end)
    return {
        "climb": _Corner(climb, cutoff, speed),
        "coast_up": _Corner(climb + up, top, 0.0),
        "coast_down": _Corner(lit, low, -down),
        "landing": _Corner(end, 0.0, 0.0),
    }


def _without_coast(case: HopCase) -> dict[str, _Corner]:
    stated = {name: event.value for name, event in case.events.stated().items()}
    end = stated.get("total_time", 4.0 * np.sqrt(stated["apogee"]))
    return {"climb": _Corner(0.5 * end, stated["apogee"], 0.0), "landing": _Corner(end, 0.0, 0.0)}


def _cubic(a: _Corner, b: _Corner, t: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return height, speed and acceleration at times ``t`` of the cubic from corner to corner."""
    span, rise = max(b.time - a.time, 1e-3), b.height - a.height
    first = 6.0 * rise / span**2 - (4.0 * a.speed + 2.0 * b.speed) / span
    jerk = (2.0 * (b.speed - a.speed) / span - 2.0 * first) / span
    s = t - a.time
    height = a.height + a.speed * s + first * s**2 / 2.0 + jerk * s**3 / 6.0
    return height, a.speed + first * s + jerk * s**2 / 2.0, first + jerk * s


def _smooth(way: float, start: float, end: float, t: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return distance, speed and acceleration of the quintic that is at rest at both ends."""
    span = end - start
    s = np.clip((t - start) / span, 0.0, 1.0)
    return (
        way * (10.0 * s**3 - 15.0 * s**4 + 6.0 * s**5),
        way / span * (30.0 * s**2 - 60.0 * s**3 + 30.0 * s**4),
        way / span**2 * (60.0 * s - 180.0 * s**2 + 120.0 * s**3),
    )


def _controls(
    case: HopCase, name: str, t: FloatArray, force: FloatArray, mass: float
) -> tuple[dict[str, FloatArray], FloatArray]:
    """Return controls and mass ``(n,)`` of a flight with the specific ``force`` ``(n, 2)``, downrange and up (m/s2)."""
    craft, zero = case.hopper.lander, np.zeros(len(t))
    if name == "coast_up" or (name == "coast_down" and not case.limits.angle_of_attack):
        return {}, np.full(len(t), mass)
    if name == "coast_down":
        return {"alpha": zero, "beta": zero, "throttle": zero}, np.full(len(t), mass)
    full = case.hopper.engines[name == "landing"] * craft.thrust
    masses, share = [mass], []
    for size, step in zip(np.linalg.norm(force, axis=1), np.diff(t, append=t[-1]), strict=True):
        share.append(float(np.clip(size * masses[-1] / full, *craft.throttle)))
        masses.append(max(masses[-1] - share[-1] * full / craft.exhaust_speed * step, 1.02 * craft.burnout_mass))
    throttle = np.array(share)
    if name == "landing":
        return {"alpha": zero, "beta": zero, "throttle": throttle}, np.array(masses[:-1])
    tilt = case.limits.tilt
    pitch = np.clip(np.arctan2(force[:, 1], force[:, 0]), np.pi / 2 - tilt, np.pi / 2 + tilt)
    return {"pitch": pitch, "yaw": zero, "throttle": throttle}, np.array(masses[:-1])
