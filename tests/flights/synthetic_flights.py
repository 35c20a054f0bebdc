"""A simulated flight with known truth: to a ship downrange, shown by an overlay with rounding, noise, repeats and gaps."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hoverslam.flights.launch.limits import LaunchLimit
from hoverslam.flights.launch.result import LaunchResult
from hoverslam.flights.launch.solve import solve_launch
from hoverslam.flights.launch.structure import Choice
from hoverslam.flights.observed.reconstruction import PUBLISHED
from hoverslam.flights.observed.traces import Events, Telemetry, Trace
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.missions import Mission

CLOCK = 0.6  # s: time on the trace's clock at lift-off
FRAMES = 30.0  # a second
RETURN_PHASES = ("coast", "entry", "glide", "ignition", "landing_1")
# Figures of the simulated flight: within the bands of the published vehicle, off their centres.
TRUTH = {
    "stage1.dry_mass_t": 27.8,
    "stage1.propellant_t": 408.5,
    "stage1.residual_t": 2.8,
    "stage1.engine.thrust_sea_level_kN": 847.0,
    "stage1.engine.specific_impulse_sea_level_s": 281.4,
    "stage1.engine.specific_impulse_vacuum_s": 309.5,
    "stage2.propellant_t": 108.3,
    "aero.drag_factor": 0.93,
    "aero.descent_axial_factor": 1.05,
    "aero.preserved_drag_fraction": 0.13,
    "recovery.angle_of_attack_max_deg": 5.0,
    "recovery.landing_throttle_max": 0.8,
}


@dataclass(frozen=True)
class Truth:
    """The flight without measurement errors.

    Attributes:
        result: The launch.
        time, speed, altitude: Seconds after lift-off, m/s, m above the pad, each ``(n,)``.
        events: Seconds after lift-off, by name.
        propellant: Of each burn (kg), by name.
    """

    result: LaunchResult
    time: np.ndarray
    speed: np.ndarray
    altitude: np.ndarray
    events: dict[str, float]
    propellant: dict[str, float]

    def mass(self, phase: str) -> float:
        """Return the mass (kg) of the first stage and all it carries at the start of a phase."""
        return float(self.result.solution[phase].states[0, 6])

    def parameter(self, name: str) -> float:
        """Return a figure of the flight (SI)."""
        return self.result.payload if name == "payload" else float(self.result.plan.values[name])


# Figures of a simulated upper stage, likewise.
UPPER_TRUTH = {
    "stage2.engine.thrust_vacuum_kN": 968.0,
    "stage2.engine.specific_impulse_vacuum_s": 345.5,
    "stage2.dry_mass_t": 4.4,
}
UPPER_PHASES = ("rise", "ascent", "staging", "shrouded", "upper", "orbit_coast")  # the second burn lasts some seconds


@cache
def downrange_truth(upper_stage: bool = False) -> Truth:
    """Return a flight of Falcon 9 to 200 km with the first stage landing at sea, the landing burn at a steady throttle.

    Args:
        upper_stage: Whether the upper stage has other figures than the published ones.
    """
    vehicle = load_vehicle(PUBLISHED / "falcon9.toml", TRUTH | (UPPER_TRUTH if upper_stage else {}))
    steady = LaunchLimit("throttle", "landing_1", lower=0.99 * TRUTH["recovery.landing_throttle_max"])
    result = solve_launch(vehicle, "downrange", constraints=[steady], choice=Choice(2))
    assert result.verified
    parts = [result.solution[name] for name in ("rise", "ascent", *RETURN_PHASES)]
    time = np.arange(0.0, parts[-1].time[1], 1.0 / FRAMES)
    frame = result.plan.frame
    speed, altitude = np.empty(len(time)), np.empty(len(time))
    for part in parts:
        here = (time >= part.time[0]) & (time <= part.time[1])
        state, _ = part.sample(time[here])
        speed[here] = np.linalg.norm(state.velocity, axis=1)
        altitude[here] = [float(frame.altitude(r)) for r in np.asarray(state.position)]
    altitude -= float(frame.altitude(jnp.zeros(3)))
    at = {name: result.solution[name].time for name in ("ascent", *RETURN_PHASES)}
    events = {
        "meco": at["ascent"][1],
        "apogee": time[np.argmax(altitude)],
        "entry_start": at["entry"][0],
        "entry_end": at["entry"][1],
        "landing_start": at["ignition"][0],
        "landing_end": at["landing_1"][1],
    }
    burned = result.propellant
    propellant = {
        "ascent": burned["rise"] + burned["ascent"],
        "entry": burned["entry"],
        "landing": burned["ignition"] + burned["landing_1"],
    }
    return Truth(result, time, speed, altitude, {name: float(t) for name, t in events.items()}, propellant)


def overlay(truth: Truth, seed: int) -> Telemetry:
    """Return the flight as a webcast shows it: noise of 0.3 m/s and 20 m, rounding, repeated frames and gaps."""
    rng = np.random.default_rng(seed)
    time = np.arange(0.0, truth.time[-1] + CLOCK + 4.0, 1.0 / FRAMES)
    speed = np.interp(time - CLOCK, truth.time, truth.speed, left=0.0, right=0.0)
    altitude = np.interp(time - CLOCK, truth.time, truth.altitude)
    speed = np.abs(speed + 0.3 * rng.standard_normal(len(time)))
    altitude = altitude + 20.0 * rng.standard_normal(len(time))
    speed = np.round(3.6 * speed) / 3.6
    fine = np.where(altitude < 100.0, 0.0, np.minimum(100.0 * np.round(altitude / 100.0), 99_500.0))
    altitude = np.where(altitude < 99_500.0, fine, np.maximum(1000.0 * np.round(altitude / 1000.0), 100_000.0))
    shown = np.arange(len(time))
    shown[rng.random(len(time)) < 0.1] -= 1  # a frame shown twice
    shown = np.maximum(shown, 0)
    keep = np.ones(len(time), dtype=bool)
    coast = truth.events["meco"] + 60.0 + CLOCK
    gaps = [(60.0, 3.0), (110.0, 1.0), (truth.events["entry_end"] + 20.0, 2.0), (coast, 8.0)]
    for start, seconds in gaps:
        start += rng.uniform(-8.0, 8.0)
        keep &= (time < start) | (time > start + seconds)
    events: dict[str, Any] = {name: float(round(t + CLOCK)) for name, t in truth.events.items()}
    return Telemetry("made", time[keep], speed[shown][keep], altitude[shown][keep], Events(**events))


def upper_display(truth: Truth, seed: int) -> Trace:
    """Return the stack, then the upper stage as a webcast shows them to the second burn, with a gap in the parking orbit."""
    rng, frame = np.random.default_rng(seed), truth.result.plan.frame
    parts = [truth.result.solution[name] for name in UPPER_PHASES]
    last = parts[-1].time[1]
    time = np.arange(0.0, last, 1.0 / FRAMES)
    speed, altitude = np.empty(len(time)), np.empty(len(time))
    for part in parts:
        here = (time >= part.time[0]) & (time <= part.time[1])
        state, _ = part.sample(time[here])
        speed[here] = np.linalg.norm(state.velocity, axis=1)
        altitude[here] = np.asarray(jax.vmap(frame.altitude)(state.position))
    altitude = altitude - float(frame.altitude(jnp.zeros(3))) + 20.0 * rng.standard_normal(len(time))
    speed = np.round(3.6 * np.abs(speed + 0.3 * rng.standard_normal(len(time)))) / 3.6
    fine = np.where(altitude < 100.0, 0.0, np.minimum(100.0 * np.round(altitude / 100.0), 99_500.0))
    altitude = np.where(altitude < 99_500.0, fine, np.maximum(1000.0 * np.round(altitude / 1000.0), 100_000.0))
    coast = truth.result.solution["orbit_coast"].time
    keep = (time < coast[0] + 60.0) | (time > coast[1] - 60.0)
    return Trace(time[keep] + CLOCK, speed[keep], altitude[keep])


def downrange_mission() -> Mission:
    """Return the mission of that flight; the payload of its prior is not the true one."""

    def known(value: float, low: float, high: float) -> dict[str, object]:
        return {"value": value, "low": low, "high": high, "status": "estimate", "source": "made"}

    return Mission.model_validate(
        {
            "name": "made",
            "title": "A simulated flight to a ship",
            "vehicle": "falcon9",
            "site": "slc40",
            "landing_site": "free",
            "recovery": "downrange",
            "fairing": True,
            "northward": False,
            "payload_kg": known(17_000.0, 15_400.0, 18_600.0),
            "engine_rating": known(0.995, 0.98, 1.02),
            "perigee_altitude_km": known(200.0, 200.0, 200.0),
            "apogee_altitude_km": known(200.0, 200.0, 200.0),
            "inclination_deg": known(28.5, 28.5, 28.5),
        }
    )
