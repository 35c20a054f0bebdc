"""Flights of a point mass with known events, flown in milliseconds, and shown by a display with noise, gaps and rounding."""

from typing import NamedTuple

import numpy as np

from hoverslam.flights.observed.trace_files import Floats

STEP = 0.02  # s of the integration
GRAVITY, RADIUS, SCALE_HEIGHT = 9.80665, 6.371e6, 7500.0  # m/s2, m, m
DRAG = 6e-4  # m2/kg times density over that at the ground: glides at some 200 m/s
KM_H = 1.0 / 3.6


class PointFlight(NamedTuple):
    """``time`` (s), ``speed`` (m/s), ``altitude`` (m), each ``(n,)``, and the times of ``events`` (s after lift-off)."""

    time: Floats
    speed: Floats
    altitude: Floats
    events: dict[str, float]


def fly(cutoff: float = 150.0, boostback: float = 0.0, entry: float = 18.0, tilt: float = 0.62) -> PointFlight:
    """Return a flight to touchdown.

    Args:
        cutoff: Time of cut-off (s).
        boostback: Duration of the boostback burn (s); none if 0.
        entry: Duration of the entry burn (s); none if 0.
        tilt: Greatest angle of the thrust from the vertical in the ascent (rad).
    """
    position, velocity, time = np.zeros(2), np.zeros(2), 0.0
    events, rows = dict[str, float](), [(0.0, 0.0, 0.0)]
    while time < 1200.0:
        speed, high = float(np.hypot(*velocity)), float(position[1])
        along = velocity / speed if speed > 0.0 else np.array([0.0, 1.0])
        force = -0.5 * 1.225 * DRAG * np.exp(-high / SCALE_HEIGHT) * speed**2 * along * (0.3 if time < cutoff else 1.0)
        force = force + _thrust(time, high, velocity, along, events, (cutoff, boostback, entry, tilt))
        velocity = velocity + STEP * (force - np.array([0.0, GRAVITY * (RADIUS / (RADIUS + high)) ** 2]))
        position, time = position + STEP * velocity, time + STEP
        if time > cutoff and velocity[1] <= 0.0:
            events.setdefault("apogee", time)
        if "landing_start" in events and (velocity[1] >= -1.0 or position[1] <= 0.0):
            break
        rows.append((time, float(np.hypot(*velocity)), float(position[1])))
    events["landing_end"] = time
    return PointFlight(*np.array(rows).T, dict(sorted(events.items(), key=lambda item: item[1])))


def _thrust(
    time: float, high: float, velocity: Floats, along: Floats, events: dict[str, float], settings: tuple[float, ...]
) -> Floats:
    """Return thrust over mass (m/s2), ``(2,)``, and enter the events that it starts and ends."""
    cutoff, boostback, entry, tilt = settings
    if time < cutoff:
        angle = tilt * np.clip((time - 10.0) / (0.6 * cutoff), 0.0, 1.0)
        return (13.0 + 22.0 * (time / cutoff) ** 2) * np.array([np.sin(angle), np.cos(angle)])
    events.setdefault("meco", time)
    if boostback and events["meco"] + 15.0 <= time < events["meco"] + 15.0 + boostback:
        events.setdefault("boostback_start", time)
        events["boostback_end"] = time + STEP
        return np.array([-25.0, 0.0])
    falling = velocity[1] < 0.0
    if entry and falling and high < 58e3 and time < events.setdefault("entry_start", time) + entry:
        events["entry_end"] = time + STEP
        return -32.0 * along
    speed = float(np.hypot(*velocity))
    needed = speed**2 / (2.0 * max(high, 1.0)) * abs(along[1]) if falling and high < 10e3 else 0.0
    drag = 0.5 * 1.225 * DRAG * np.exp(-high / SCALE_HEIGHT) * speed**2
    weight = GRAVITY * abs(along[1])
    if needed and ("landing_start" in events or needed > drag - weight + 12.0):
        events.setdefault("landing_start", time)
        return -max(needed - drag + weight, 0.0) * along
    return np.zeros(2)


def displayed(
    flight: PointFlight,
    seed: int = 0,
    frames: float = 30.0,
    noise: tuple[float, float] = (0.3, 20.0),
    steps: tuple[float, float] = (0.01 * KM_H, 100.0),
    gaps: tuple[tuple[float, float], ...] = (),
) -> tuple[Floats, Floats, Floats]:
    """Return time, speed and altitude as a display shows them.

    Args:
        flight: The flight.
        seed: Of the noise.
        frames: A second.
        noise: Standard deviations of speed (m/s) and altitude (m).
        steps: Rounding of speed (m/s) and altitude (m).
        gaps: Start and duration (s) of times without samples.
    """
    rng = np.random.default_rng(seed)
    time = np.arange(0.0, flight.time[-1], 1.0 / frames)
    for start, seconds in gaps:
        time = time[(time < start) | (time > start + seconds)]
    columns = []
    for values, error, step in zip((flight.speed, flight.altitude), noise, steps, strict=True):
        shown = np.interp(time, flight.time, values) + error * rng.standard_normal(len(time))
        columns.append(step * np.round(np.maximum(shown, 0.0) / step))
    return time, columns[0], columns[1]
