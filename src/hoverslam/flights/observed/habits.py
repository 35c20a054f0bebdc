"""Habits of an operator, from reconstructed flights: what is flown inside the limits of the vehicle."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax
import numpy as np

from hoverslam.flights.craft.limits import FlightLimits
from hoverslam.flights.observed.assumptions import assumptions
from hoverslam.flights.observed.reconstruction import Reconstruction
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.motion import Flight
from hoverslam.reports.json_text import Json

PRESSURE_SAMPLES = 100  # along each phase, among which the greatest dynamic pressure is taken
# The mean thrust of the climb is taken over this time before cut-off (s): after the reduced thrust about the maximum of
# dynamic pressure, and before thrust falls at cut-off.
CLIMB_WINDOW, CLIMB_SAMPLES = (55.0, 6.0), 50


@dataclass(frozen=True)
class Habits:
    """What an operator flies inside the vehicle's limits: means over flights with telemetry.

    Attributes:
        propellant_held: Propellant in the first stage at cut-off (kg).
        dynamic_pressure: Greatest dynamic pressure on the way up (Pa).
        climb_thrust: Thrust of the ascent after the reduction about the maximum of dynamic pressure, over that of the
            vehicle file.
        liftoff_thrust: Thrust at lift-off over that of the vehicle file.
        ignition_altitude: Altitude of landing ignition above the ground (m).
        propellant_left: Propellant left at touchdown (kg).
        entry_burn_max: Longest entry burn of all flights (s), not a mean.
        return_dynamic_pressure: Greatest dynamic pressure on the way down (Pa).
    """

    propellant_held: float
    dynamic_pressure: float
    climb_thrust: float
    liftoff_thrust: float
    ignition_altitude: float
    propellant_left: float
    entry_burn_max: float
    return_dynamic_pressure: float

    def as_json(self) -> dict[str, Json]:
        """Return the habits in SI under the names they have in ``validation.json``."""
        return {
            "held": self.propellant_held,
            "dynamic_pressure": self.dynamic_pressure,
            "climb": self.climb_thrust,
            "liftoff": self.liftoff_thrust,
            "ignition": self.ignition_altitude,
            "left": self.propellant_left,
            "entry": self.entry_burn_max,
            "return_pressure": self.return_dynamic_pressure,
        }


def habits_of(flights: Sequence[Reconstruction]) -> Habits:
    """Return the habits that ``flights`` show."""

    def mean(of: Callable[[Reconstruction], float]) -> float:
        return float(np.mean([of(flight) for flight in flights]))

    return Habits(
        propellant_held=mean(lambda flight: flight.estimate("propellant held at cut-off").value),
        dynamic_pressure=mean(lambda flight: _greatest_pressure(flight, ["ascent"])),
        climb_thrust=mean(_climb_thrust),
        liftoff_thrust=mean(engine_rating),
        ignition_altitude=mean(_ignition_altitude),
        propellant_left=mean(lambda flight: flight.estimate("left").value),
        entry_burn_max=max(map(_entry_burn, flights)),
        return_dynamic_pressure=mean(lambda flight: _greatest_pressure(flight, _segments_in_air(flight))),
    )


def engine_rating(flight: Reconstruction) -> float:
    """Return the thrust of a flight's engines over that of the vehicle file."""
    return flight.estimate("rating").value


def _ignition_altitude(flight: Reconstruction) -> float:
    start = flight.phase("landing").initial
    ground = flight.mission.landing.elevation if flight.mission.landing is not None else 0.0
    return float(flight.observation.frame.altitude(start.position)) - ground


def _greatest_pressure(flight: Reconstruction, parts: Sequence[str]) -> float:
    """Return the greatest dynamic pressure (Pa) over phases of a flight; 0 without phases."""
    limits, greatest = FlightLimits(Flight(flight.observation.frame, "ascent")), 0.0
    for part in map(flight.phase, parts):
        states, _ = part.sample(np.linspace(float(part.time[0]), float(part.time[1]), PRESSURE_SAMPLES))
        pressure = jax.vmap(lambda state: limits.dynamic_pressure(state, Named(), Named()))(states)
        greatest = max(greatest, float(np.max(pressure)))
    return greatest


def _segments_in_air(flight: Reconstruction) -> list[str]:
    return [segment.name for segment in flight.observation.segments if segment.name in ("entry", "glide")]


def _entry_burn(flight: Reconstruction) -> float:
    """Return the duration of the entry burn (s); the assumed limit where the flight had none."""
    flown = any(segment.name == "entry" for segment in flight.observation.segments)
    return flight.phase("entry").duration if flown else assumptions().habits.entry_burn_max_s.si


def _climb_thrust(flight: Reconstruction) -> float:
    """Return the mean thrust of the climb over that of the vehicle file."""
    part, (first, last) = flight.phase("ascent"), CLIMB_WINDOW
    _, control = part.sample(np.linspace(part.time[1] - first, part.time[1] - last, CLIMB_SAMPLES))
    return engine_rating(flight) * float(np.mean(control.throttle))
