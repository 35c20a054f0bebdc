"""A flight that was seen, as an optimal-control problem: which phases it had, what was measured, what is known beforehand.

The objective is minus the logarithm of the probability of a flight: squares of what differs from the measurements, of
figures that differ from their published values, of events that differ from where they were seen, and of controls that
wander. Several flights of one vehicle share its figures in one problem (``calibration.py``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from hoverslam.data.figures import Figure
from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.observed.telemetry import Samples
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.problem import Guess, Problem
from hoverslam.physics.earth import LaunchFrame
from hoverslam.physics.motion import Flight, Inputs, Propulsion, Shape
from hoverslam.physics.splines import Spline
from hoverslam.vehicles.missions import Mission
from hoverslam.vehicles.models import Vehicle

FULL_THRUST = 40.0  # s: no Falcon 9 has throttled down for maximum dynamic pressure before 45 s
STATES = (Variable("position", 3, "m"), Variable("velocity", 3, "m/s"), Variable("mass", None, "kg", lower=1e3))
DRAG_MACHS = np.array([0.5, 0.9, 1.1, 1.4, 1.8, 2.4, 3.2, 5.0])  # where the descent curve's factor is looked for
DRAG_NAMES = tuple(f"aero.descent_axial_at_{mach:g}" for mach in DRAG_MACHS)
_FACTOR = Spline(DRAG_MACHS, np.eye(len(DRAG_MACHS)))
ROUGHNESS = {"pitch": 0.03, "yaw": 0.015, "alpha": 0.03, "beta": 0.02, "throttle": 0.1}  # a second
BURN_ROUGHNESS = 0.3  # of the throttle of engines that start and stop: one, then three, then one
SECONDS = {"rise": 4.0, "ascent": 4.0, "staging": 8.0, "boostback": 2.5, "coast": 10.0, "entry": 2.5, "glide": 3.0,
           "landing": 2.5}  # fmt: skip
TAIL = (2.0, 1.0, 1.0)  # s: the last intervals of ascent and burns, and the first of burns, where thrust comes and goes
GUARD = 0.8  # s beside an event, where nothing is measured: thrust comes and goes, and displays blur it


class Prior(NamedTuple):
    """What is known of a figure beforehand, SI: most probable value, standard error, and bounds."""

    name: str
    value: float
    sigma: float
    low: float
    high: float
    unit: str = ""

    @classmethod
    def of(cls, name: str, *parts: Figure) -> "Prior":
        """From published figures whose bands are four standard errors wide; several are summed, their errors in square."""
        value, low, high = (sum(f) for f in zip(*((p.si, p.low_si, p.high_si) for p in parts), strict=True))
        sigma = float(np.sqrt(sum((p.high_si - p.low_si) ** 2 for p in parts))) / 4.0
        return cls(name, value, sigma, low, high, {"t": "kg", "kN": "N"}.get(parts[0].unit, parts[0].unit))


class Segment(NamedTuple):
    """One phase of a flight that was seen: where it is on the clock, and how many engines burn."""

    name: str
    regime: str
    engines: int
    start: float
    end: float
    start_error: float


@dataclass(frozen=True)
class Seen:
    """One flight with its measurements.

    Attributes:
        mission: what is known of it.
        frame: at its pad.
        segments: its phases.
        speed, altitude: what was measured along each phase, by name (m/s; m above the pad).
        end_error: standard error of the touchdown's time (s).
        guess: where the solver starts, by phase.
    """

    mission: Mission
    frame: LaunchFrame
    segments: tuple[Segment, ...]
    speed: dict[str, Samples]
    altitude: dict[str, Samples]
    end_error: float
    guess: dict[str, Guess]

    @property
    def landed(self) -> bool:
        """Whether it was seen to the ground."""
        return self.segments[-1].name == "landing"


def vehicle_priors(vehicle: Vehicle) -> list[Prior]:
    """What the vehicle file says of the figures that flights share."""
    one, two, home, aero = vehicle.stage1, vehicle.stage2, vehicle.recovery, vehicle.aero
    assert two is not None
    assert home is not None
    assert aero.preserved_drag_fraction is not None
    priors = [
        Prior.of("stage1.dry_mass", one.dry_mass_t),
        Prior.of("stage1.propellant", one.propellant_t),
        Prior.of("stage1.thrust_sea_level", one.engine.thrust_sea_level_kN),
        Prior.of("stage1.isp_sea_level", one.engine.specific_impulse_sea_level_s),
        Prior.of("stage1.isp_vacuum", one.engine.specific_impulse_vacuum_s),
        Prior.of("stage2.propellant", two.propellant_t),
        Prior.of("aero.drag_factor", aero.drag_factor),
        Prior.of("aero.preserved_drag", aero.preserved_drag_fraction),
    ]
    return priors + [Prior(name, 1.0, 0.25, 0.5, 1.6) for name in DRAG_NAMES]


def mission_priors(vehicle: Vehicle, mission: Mission) -> list[Prior]:
    """What is known of the figures of one flight: payload, rating of its engines, propellant left when it stands."""
    home = vehicle.recovery
    assert home is not None
    left = Prior.of(f"{mission.name}.left", vehicle.stage1.residual_t, home.landing_reserve_t)
    rating = Prior.of(f"{mission.name}.rating", mission.engine_rating)
    lead = Prior(f"{mission.name}.altitude_lead", 0.3, 0.5, -2.0, 3.0, "s")
    air = Prior(f"{mission.name}.air", 1.0, 0.04, 0.85, 1.15)
    return [Prior.of(f"{mission.name}.payload", mission.payload_kg), rating, left, lead, air]


class FitLaws(eqx.Module):
    """Equations of motion of one regime of one mission, with the figures that a fit looks for."""

    flight: Flight
    engines: int = eqx.field(static=True)
    mission: str = eqx.field(static=True)

    def rates(self, state: Any, control: Any, p: Any) -> Any:
        """State rates; see :class:`hoverslam.physics.Flight`."""
        return self.flight.rates(state, control, self._inputs(state, p))

    def coast_rates(self, state: Any, control: Any, p: Any) -> Any:
        """The same with engines off, flying along the flow."""
        return self.flight.coast_rates(state, control, self._inputs(state, p))

    def _inputs(self, state: Any, p: Any) -> Inputs:
        off = Propulsion.off()
        lit, rating = vehicle_parameters.ascent_inputs(self.engines, False)(p), p[f"{self.mission}.rating"]
        burning = Propulsion(rating * lit.engines.thrust_vacuum, rating * lit.engines.mass_flow, lit.engines.exit_area)
        if self.flight.regime != "descent":
            return Inputs(burning, off, lit.shape)
        _, air, _, speed_squared = self.flight.flow(state)
        factor = _FACTOR(jnp.sqrt(speed_squared) / air.speed_of_sound) @ jnp.stack([p[n] for n in DRAG_NAMES])
        shape = Shape(
            p["stage1.base_area"],
            factor * p[f"{self.mission}.air"],
            p["aero.side_area_ratio"],
            p["aero.preserved_drag"],
        )
        return Inputs(burning, off, shape)


class FitBuilder:
    """Adds the phases, measurements and prior knowledge of flights to one problem."""

    def __init__(self, vehicle: Vehicle, name: str):
        self.vehicle, self.problem = vehicle, Problem(name)
        self.flights: dict[str, Seen] = {}
        self.priors: list[Prior] = []
        self._events: list[tuple[str, str, float, float]] = []
        self._know(vehicle_priors(vehicle))
        known = vehicle_parameters.launch_parameters(vehicle, "downrange")
        for key, value in known.items():
            if key not in self.problem.free_guess:
                self.problem.parameter(key, value=value)

    def _know(self, priors: Sequence[Prior]) -> None:
        for prior in priors:
            self.priors.append(prior)
            self.problem.parameter(prior.name, guess=prior.value, lower=prior.low, upper=prior.high, unit=prior.unit)

    def add(self, seen: Seen) -> None:
        """Add one flight."""
        self.flights[seen.mission.name] = seen
        self._know(mission_priors(self.vehicle, seen.mission))
        before = ""
        for segment in seen.segments:
            self._phase(seen, segment)
            self._join(seen, before, segment.name)
            before = segment.name
        self._ends(seen)

    def key(self, seen: Seen, segment: str) -> str:
        """Name of a phase in the problem."""
        return f"{seen.mission.name}.{segment}"

    def _phase(self, seen: Seen, segment: Segment) -> None:
        key, coasting = self.key(seen, segment.name), segment.name in ("staging", "coast")
        laws = _laws(seen, segment)
        width = 4.0 * max(segment.start_error, 0.25)
        self.problem.phase(
            key,
            states=STATES,
            controls=() if coasting else self._controls(segment),
            dynamics=laws.coast_rates if coasting else laws.rates,
            initial_time=(segment.start - width, segment.start + width),
            duration=(1.0, 2.0 * (segment.end - segment.start) + 5.0),
            mesh=_mesh(segment, coasting),
            guess=seen.guess[segment.name],
        )
        self._events.append((key, "initial_time", segment.start, segment.start_error))
        for what, samples, function in (
            ("speed", seen.speed.get(segment.name), _speed),
            ("altitude", seen.altitude.get(segment.name), _height_shown(seen)),
        ):
            if samples is not None and len(samples.time):
                unit = "m/s" if what == "speed" else "m"
                self.problem.measure(what, key, function, samples.time, samples.value, samples.sigma, unit)

    def _controls(self, segment: Segment) -> tuple[Variable, ...]:
        engine = self.vehicle.stage1.engine
        low, high, rough = 0.1, engine.throttle_max.si, ROUGHNESS["throttle"]
        if segment.name == "rise":
            low = high
        elif segment.name in ("boostback", "entry"):
            low, high, rough = 0.0, 1.2, BURN_ROUGHNESS
        elif segment.name == "landing":
            high, rough = 1.2, BURN_ROUGHNESS
        elif segment.name == "glide":
            low = high = 0.0
        first, second = ("alpha", "beta") if segment.regime == "descent" else ("pitch", "yaw")
        reach = (-0.3, 0.3) if segment.regime == "descent" else (-1.0, 4.5)
        side = (-0.3, 0.3) if segment.regime == "descent" else (-1.0, 1.0)
        steady = 3.0 if segment.name == "boostback" else 1.0
        return (
            Variable(first, None, "rad", *reach, roughness=steady * ROUGHNESS[first]),
            Variable(second, None, "rad", *side, roughness=steady * ROUGHNESS[second]),
            Variable("throttle", None, "", low, high, roughness=rough),
        )

    def _join(self, seen: Seen, before: str, after: str) -> None:
        if not before:
            return
        first, second = self.key(seen, before), self.key(seen, after)
        shared = {"ascent": ("pitch", "yaw"), "glide": ("alpha", "beta"), "landing": ("alpha", "beta")}.get(after, ())
        if after == "glide" and before == "coast":
            shared = ()
        if before != "ascent":
            self.problem.link(first, second, controls=shared)
            return
        self.problem.link(first, second, states=("position", "velocity"), controls=shared)
        own = self._of_mission(seen)
        self.problem.constrain(
            f"{second}: mass",
            lambda e, p: e[second].initial.mass - e[first].final.mass + vehicle_parameters.upper_stack_mass(own(p)),
            unit="kg",
        )

    def _of_mission(self, seen: Seen) -> Callable[[Any], Any]:
        """Function of the parameters: the same with this mission's payload and fairing under a launch's names."""
        fairing, payload = float(seen.mission.fairing), f"{seen.mission.name}.payload"
        return lambda p: {**p, "payload": p[payload], "fairing.mass": fairing * p["fairing.mass"]}

    def _ends(self, seen: Seen) -> None:
        first, last, own = self.key(seen, "rise"), self.key(seen, seen.segments[-1].name), self._of_mission(seen)
        name, constrain = seen.mission.name, self.problem.constrain
        constrain(f"{name} lift-off: position", lambda e, p: e[first].initial.position, unit="m")
        constrain(f"{name} lift-off: velocity", lambda e, p: e[first].initial.velocity, unit="m/s")
        constrain(f"{name} lift-off: pitch", lambda e, p: e[first].initial_control.pitch - np.pi / 2)
        constrain(f"{name} lift-off: yaw", lambda e, p: e[first].initial_control.yaw)
        constrain(
            f"{name} lift-off: mass",
            lambda e, p: e[first].initial.mass - vehicle_parameters.liftoff_mass(own(p)),
            unit="kg",
        )
        self._events.append((last, "final_time", seen.segments[-1].end, seen.end_error))
        if any(segment.name == "entry" for segment in seen.segments):  # until then the stage hangs in the flow
            entry = self.key(seen, "entry")
            constrain(f"{name} entry: alpha", lambda e, p: e[entry].initial_control.alpha)
            constrain(f"{name} entry: beta", lambda e, p: e[entry].initial_control.beta)
        if not seen.landed:
            return
        frame, place = seen.frame, seen.mission.landing
        if place is None:
            constrain(f"{name} touchdown: altitude", lambda e, p: frame.altitude(e[last].final.position), unit="m")
        else:
            target = frame.place(place.latitude, place.longitude, place.elevation)
            constrain(f"{name} touchdown: position", lambda e, p: e[last].final.position - target, unit="m")
        constrain(f"{name} touchdown: velocity", lambda e, p: e[last].final.velocity, unit="m/s")
        constrain(
            f"{name} touchdown: mass",
            lambda e, p: e[last].final.mass - p["stage1.dry_mass"] - p[f"{name}.left"],
            unit="kg",
        )

    def build(self) -> Problem:
        """The problem, its objective the squares of what differs from what is known beforehand."""
        priors, events = tuple(self.priors), tuple(self._events)

        def unlikely(e: Any, p: Any) -> Any:
            known = sum(((p[prior.name] - prior.value) / prior.sigma) ** 2 for prior in priors)
            return 0.5 * (known + sum(((e[phase][which] - t) / error) ** 2 for phase, which, t, error in events))

        self.problem.minimize(unlikely)
        return self.problem


def _mesh(segment: Segment, coasting: bool) -> Mesh:
    """Even intervals, finer where thrust comes and goes; controls piecewise linear."""
    seconds, step = segment.end - segment.start, SECONDS[segment.name]
    if coasting:
        return Mesh.uniform(max(2, round(seconds / step)), 5)
    before = TAIL[::-1] if segment.name in ("boostback", "entry", "landing") else ()
    after = TAIL if segment.name in ("ascent", "boostback", "entry", "landing") else ()
    middle = seconds - sum(before) - sum(after)
    count = max(1, round(middle / step))
    edges = np.cumsum([0.0, *before, *[middle / count] * count, *after]) / seconds
    return Mesh((0.0, *edges[1:-1].tolist(), 1.0), 3, control_degree=1)


_LAWS: dict[Any, FitLaws] = {}


def _laws(seen: Seen, segment: Segment) -> FitLaws:
    """One module for like phases of a mission, so that they share one translation."""
    frame, mission = seen.frame, seen.mission.name
    key = (frame.origin.tobytes(), frame.rotation.tobytes(), segment.regime, segment.engines, mission)
    if key not in _LAWS:
        _LAWS[key] = FitLaws(Flight(frame, segment.regime), segment.engines, mission)
    return _LAWS[key]


def _speed(state: Any, p: Any) -> Any:
    return jnp.sqrt(state.velocity @ state.velocity + 1e-2)


def _height_shown(seen: Seen) -> Callable[[Any, Any], Any]:
    """Altitude over the pad as displayed: overlays glide to each value, and speed glides longer than altitude."""
    frame, lead = seen.frame, f"{seen.mission.name}.altitude_lead"
    ground = float(frame.altitude(jnp.zeros(3)))
    return lambda state, p: (
        frame.altitude(state.position) - ground + p[lead] * (frame.up(state.position) @ state.velocity)
    )
