"""A hop as an optimal-control problem: vertical rise, climb and translation, coast over the top, landing on engines.

With relight the phases are ``rise``, ``climb`` (nose first, under thrust), ``coast_up`` to the apogee, ``coast_down``
(engines first, steered by the air where it may be) and ``landing``. Without, the engines burn throughout: ``rise``,
``climb`` to the apogee, ``landing``. The apogee is where a phase ends in level flight, so it is a condition like any
other. Figures that are not known well enter as free parameters within their bands, all others as given ones.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.lander import Lander
from hoverslam.flights.craft.limits import AlignedFlow, FlightLimits
from hoverslam.flights.hop.guess import hop_guess, likely_liftoff_mass
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.problem import Guess, PathConstraint, Problem
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.motion import Flight
from hoverslam.physics.winds import Wind
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.models import Vehicle

MOST_OFF_FLOW = 1.5  # tangent of the largest angle from the flow under thrust
LEAN = 3.0  # weight on the mean squared lean of a climb, in units of the most allowed
LOOSE = 0.6  # of its nominal value, how far a figure may go when its band is let go
LEVEL = 0.05  # m/s that a climb may sink and a descent rise
LONGEST = 600.0  # s, of any phase
INTERVALS = {"rise": 2, "climb": 14, "coast_up": 2, "coast_down": 6, "landing": 14}
LIFTOFF_MASS = "liftoff_mass"
FLOOR = "stage1.throttle_min"
FREED = (
    "stage1.thrust_sea_level",
    "stage1.isp_sea_level",
    "stage1.isp_vacuum",
    FLOOR,
    "aero.drag_factor",
    "aero.descent_axial_factor",
    "aero.preserved_drag",
)
UNITS = {"stage1.thrust_sea_level": "N", "stage1.isp_sea_level": "s", "stage1.isp_vacuum": "s", LIFTOFF_MASS: "kg"}


@dataclass(frozen=True)
class Event:
    """A stated figure of a flight (SI) and how far from it the flight may be; ``within`` zero holds it exactly."""

    value: float
    within: float = 0.0

    @property
    def range(self) -> tuple[float, float]:
        """Least and greatest."""
        return self.value - self.within, self.value + self.within


Stated = Event | float | tuple[float, float]
UNIT_OF_EVENT = {
    "apogee": "m", "distance": "m", "total_time": "s", "cutoff_time": "s", "coast_time": "s", "relight_height": "m",
    "relight_mach": "", "cutoff_height": "m", "cutoff_speed": "m/s", "relight_speed": "m/s",
}  # fmt: skip
WITH_COAST = tuple(name for name in UNIT_OF_EVENT if name.startswith(("cutoff", "coast", "relight")))


@dataclass(frozen=True)
class HopEvents:
    """What is known of a hop, SI, heights above the pad: a number (held exactly), or value and how far off it may be.

    Attributes:
        apogee, distance: what the hop is for: the greatest height, and how far away it lands.
        total_time: from lift-off to touchdown.
        cutoff_time, cutoff_height, cutoff_speed: of the climbing engines.
        coast_time: from cut-off to relight.
        relight_height, relight_speed, relight_mach: of the landing engines.
    """

    apogee: Stated
    distance: Stated
    total_time: Stated | None = None
    cutoff_time: Stated | None = None
    cutoff_height: Stated | None = None
    cutoff_speed: Stated | None = None
    coast_time: Stated | None = None
    relight_height: Stated | None = None
    relight_speed: Stated | None = None
    relight_mach: Stated | None = None

    def __post_init__(self) -> None:
        for each in fields(self):
            stated = getattr(self, each.name)
            if stated is not None:
                object.__setattr__(self, each.name, _event(each.name, stated))
        self._in_order("cutoff_time", "total_time", "the engines are cut off before touchdown")
        self._in_order("relight_height", "apogee", "the engines are lit again below the apogee")
        self._in_order("cutoff_height", "apogee", "the engines are cut off below the apogee")

    def _in_order(self, first: str, second: str, why: str) -> None:
        a, b = getattr(self, first), getattr(self, second)
        if a is not None and b is not None and a.range[0] >= b.range[1]:
            raise ValueError(f"hop: {first} is {a.value:g}, {second} {b.value:g}: {why}: make {first} the smaller")

    def stated(self) -> dict[str, Event]:
        """Every event that is known, by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}


def _event(name: str, stated: Stated) -> Event:
    if not isinstance(stated, Event):
        pair = tuple(stated) if isinstance(stated, tuple | list) else (stated, 0.0)
        if len(pair) != 2:
            raise ValueError(f"hop: {name} is {stated!r}: give a number, or value and how far off it may be")
        stated = Event(float(pair[0]), float(pair[1]))
    zero_too = name == "distance"
    if not np.isfinite(stated.value) or stated.value < 0.0 or (stated.value == 0.0 and not zero_too):
        fix = "give a number from zero" if zero_too else "give a positive number"
        raise ValueError(f"hop: {name} is {stated.value:g}: {fix}")
    if not (np.isfinite(stated.within) and stated.within >= 0.0):
        raise ValueError(f"hop: {name} within {stated.within:g}: say how far off it may be, zero or more")
    return stated


@dataclass(frozen=True)
class HopLimits:
    """What a hop respects; None leaves a limit out. Angles in rad.

    Attributes:
        rise: time of vertical flight after lift-off (s).
        tilt: of the body axis from the vertical while climbing, in either direction; and under landing thrust.
        tilt_at_touchdown: the same at the end.
        turn_rate: of the body axis, against the flow while descending (rad/s).
        throttle_rate: of the lit engines (1/s).
        angle_of_attack: gliding, and under landing thrust above ``angle_of_attack_from`` (Pa) of dynamic pressure.
        dynamic_pressure, dynamic_pressure_down: climbing and descending (Pa).
        q_alpha: climbing (Pa rad).
        acceleration: along the body axis, without gravity (m/s2).
        shortest_coast: least time from cut-off to apogee, and from apogee to relight (s).
    """

    rise: float = 5.0
    tilt: float = float(np.radians(20.0))
    tilt_at_touchdown: float = float(np.radians(0.5))
    turn_rate: float = float(np.radians(5.0))
    throttle_rate: float = 0.2
    angle_of_attack: float = float(np.radians(10.0))
    angle_of_attack_from: float = 2e3
    dynamic_pressure: float | None = None
    dynamic_pressure_down: float | None = None
    q_alpha: float | None = None
    acceleration: float | None = None
    shortest_coast: float = 1.0

    def __post_init__(self) -> None:
        for name in ("tilt", "tilt_at_touchdown", "angle_of_attack"):
            value = getattr(self, name)
            if not 0.0 <= value < np.pi / 2:
                raise ValueError(
                    f"hop limits: {name} is {value:g} rad: give an angle from 0 to below pi/2 (90 degrees)"
                )
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None and each.name not in ("tilt_at_touchdown", "angle_of_attack") and not value > 0.0:
                raise ValueError(f"hop limits: {each.name} is {value:g}: it must be positive")

    @classmethod
    def of(cls, vehicle: Vehicle | str) -> "HopLimits":
        """Those that the vehicle's data state, the usual ones for the rest."""
        vehicle = load_vehicle(vehicle) if isinstance(vehicle, str) else vehicle
        up, home = vehicle.limits, vehicle.recovery
        return cls(
            rise=up.vertical_rise_s.si,
            dynamic_pressure=up.dynamic_pressure_max_kPa.si,
            q_alpha=up.q_alpha_max_kPa_deg.si,
            acceleration=up.axial_acceleration_max_g.si,
            angle_of_attack=home.angle_of_attack_max_deg.si if home is not None else cls.angle_of_attack,
            dynamic_pressure_down=home.dynamic_pressure_max_kPa.si if home is not None else None,
        )


@dataclass(frozen=True)
class Hopper:
    """What hops: a lander, its mass at lift-off (kg), how many engines lift it and how many land it.

    Attributes:
        drag_factor: multiplier on the ascent drag curve.
        bands: low and high (SI) of every figure that is not known well, by parameter name; those of :data:`FREED` and
            ``liftoff_mass`` are found with the flight.
    """

    lander: Lander
    liftoff_mass: float
    engines: tuple[int, int] = (1, 1)
    drag_factor: float = 1.0
    bands: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        craft, mounted = self.lander, self.lander.engines
        if len(self.engines) != 2 or not all(1 <= n <= mounted for n in self.engines):
            raise ValueError(
                f"hopper {craft.name!r}: engines is {self.engines}: give counts up and down, from 1 to {mounted}"
            )
        if not self.liftoff_mass > craft.dry_mass:
            dry = f"more than the {craft.dry_mass:,.0f} kg dry"
            raise ValueError(f"hopper {craft.name!r}: liftoff_mass is {self.liftoff_mass:,.0f} kg: give {dry}")
        values = self.parameters()
        for name, (low, high) in self.bands.items():
            if name not in values:
                raise ValueError(f"hopper {craft.name!r}: bands names {name!r}: choose from {', '.join(values)}")
            if not low <= values[name] <= high:
                fix = f"make it contain {values[name]:g}"
                raise ValueError(f"hopper {craft.name!r}: bands: {name} is {low:g} to {high:g}: {fix}")
        push = self._most("stage1.thrust_sea_level") * craft.throttle[1] * self.engines[0] / STANDARD_GRAVITY
        lightest = self.bands.get(LIFTOFF_MASS, (self.liftoff_mass,))[0]
        if push <= lightest:
            fix = f"{self.engines[0]} engines lift at most {push:,.0f} kg: take off mass or light more"
            raise ValueError(f"hopper {craft.name!r}: liftoff_mass is {lightest:,.0f} kg: {fix}")

    def _most(self, name: str) -> float:
        return self.bands.get(name, (0.0, self.parameters()[name]))[1]

    @classmethod
    def of(cls, vehicle: Vehicle | str) -> "Hopper":
        """A test article that comes with hoverslam, or a launch vehicle's first stage alone: lifted by all its engines.

        Raises:
            VehicleError: for an unknown vehicle, or one that does not land.
        """
        vehicle = load_vehicle(vehicle) if isinstance(vehicle, str) else vehicle
        engine, aero, full = vehicle.stage1.engine, vehicle.aero, vehicle.stage1.dry_mass + vehicle.stage1.propellant
        mass = (
            vehicle.liftoff_mass_published_t if vehicle.stage2 is None else None
        )  # that of a launcher has more on top
        stated = {
            "stage1.thrust_sea_level": engine.thrust_sea_level_kN,
            "stage1.isp_sea_level": engine.specific_impulse_sea_level_s,
            "stage1.isp_vacuum": engine.specific_impulse_vacuum_s,
            FLOOR: engine.throttle_min,
            "aero.drag_factor": aero.drag_factor,
            "aero.descent_axial_factor": aero.descent_axial_factor,
            "aero.preserved_drag": aero.preserved_drag_fraction,
            LIFTOFF_MASS: mass,
        }
        bands = {n: (f.low_si, f.high_si) for n, f in stated.items() if f is not None and f.low_si < f.high_si}
        dry, rest = vehicle.stage1.dry_mass_t, vehicle.stage1.residual_t
        bands["stage1.burnout_mass"] = (dry.low_si + rest.low_si, dry.high_si + rest.high_si)
        lander = Lander.of(vehicle)
        return cls(
            lander,
            full if mass is None else mass.si,
            (engine.count, lander.sequences[0][-1]),
            aero.drag_factor.si,
            bands,
        )

    def parameters(self) -> dict[str, float]:
        """Every figure that the flight depends on, by parameter name."""
        return self.lander.parameters() | {
            "aero.reference_area": self.lander.base_area,
            "aero.drag_factor": self.drag_factor,
            LIFTOFF_MASS: self.liftoff_mass,
        }

    def lifting(self, mass: Stated) -> "Hopper":
        """The same with another mass at lift-off (kg), which is found with the flight where it may be off."""
        event = _event(LIFTOFF_MASS, mass)
        bands = {n: b for n, b in self.bands.items() if n != LIFTOFF_MASS}
        bands |= {LIFTOFF_MASS: event.range} if event.within else {}
        return replace(self, liftoff_mass=event.value, bands=bands)

    @property
    def unknown(self) -> dict[str, tuple[float, float]]:
        """Bands of the figures that are found with the flight."""
        return {n: b for n, b in self.bands.items() if n in (*FREED, LIFTOFF_MASS) and b[0] < b[1]}


@dataclass(frozen=True)
class HopCase:
    """Everything that is stated of a hop; see :class:`hoverslam.flights.hop.solve.Hop`."""

    hopper: Hopper
    events: HopEvents
    limits: HopLimits
    relight: bool
    ground: FlatGround | LaunchFrame
    wind: Wind | None

    @property
    def names(self) -> tuple[str, ...]:
        """The phases in order."""
        return ("rise", "climb", "coast_up", "coast_down", "landing") if self.relight else ("rise", "climb", "landing")

    @property
    def top(self) -> str:
        """The phase that ends at the apogee."""
        return "coast_up" if self.relight else "climb"

    def height(self, position: Any) -> Any:
        """Above the pad (m)."""
        return self.ground.altitude(position) - self.ground.altitude(jnp.zeros(3))


class _Arc(eqx.Module):
    """One kind of phase: the equations of motion and the limits as functions of all parameters, free ones included."""

    flight: Flight
    engines: int = eqx.field(static=True)

    def inputs(self, p: Any) -> Any:
        nose_first = self.flight.regime == "ascent"
        made = (
            vehicle_parameters.ascent_inputs(self.engines, False)
            if nose_first
            else vehicle_parameters.descent_inputs(self.engines)
        )
        return made(p)

    def rates(self, s: Any, c: Any, p: Any) -> Any:
        return self.flight.rates(s, c, self.inputs(p))

    def coast_rates(self, s: Any, c: Any, p: Any) -> Any:
        return self.flight.coast_rates(s, c, self.inputs(p))

    def q_alpha(self, s: Any, c: Any, p: Any) -> Any:
        return FlightLimits(self.flight).q_alpha(s, c, self.inputs(p))

    def axial_acceleration(self, s: Any, c: Any, p: Any) -> Any:
        return FlightLimits(self.flight).axial_acceleration(s, c, self.inputs(p))

    def lean(self, s: Any, c: Any, p: Any) -> Any:
        """Squared lean of the body axis from the vertical, climbing (rad2)."""
        return (c.pitch - 0.5 * jnp.pi) ** 2 + c.yaw**2


class HopBuilder:
    """Builds the problem of a hop, and reads its events off any phase ends."""

    def __init__(self, case: HopCase, values: Mapping[str, float] | None = None, loose: bool = False):
        """``values`` fixes the figures that are otherwise found, by name; ``loose`` lets these leave their bands."""
        self.case, self.values = case, None if values is None else dict(values)
        self.free = {} if values is not None else dict(case.hopper.unknown)
        if loose:
            nominal = case.hopper.parameters()
            for name, (low, high) in self.free.items():
                self.free[name] = min(low, nominal[name] * (1.0 - LOOSE)), max(high, nominal[name] * (1.0 + LOOSE))
        up, down = case.hopper.engines
        ascent, descent = Flight(case.ground, "ascent", case.wind), Flight(case.ground, "descent", case.wind)
        self.arcs = {
            "rise": _Arc(ascent, up),
            "climb": _Arc(ascent, up),
            "coast_up": _Arc(ascent, 0),
            "coast_down": _Arc(descent, 0),
            "landing": _Arc(descent, down),
        }
        self.arcs["rise"] = self.arcs["climb"]
        self.problem = Problem(f"hop of {case.hopper.lander.name}")

    # ---- what is found and what is given ---------------------------------------------------------------------------
    def _parameters(self) -> None:
        problem = self.problem
        values = self.case.hopper.parameters() | (self.values or {})
        if LIFTOFF_MASS in self.free:
            values[LIFTOFF_MASS] = likely_liftoff_mass(self.case, *self.free[LIFTOFF_MASS])
        self.guessed_mass = values[LIFTOFF_MASS]
        for name, value in values.items():
            if name in self.free:
                low, high = self.free[name]
                problem.parameter(name, guess=value, lower=low, upper=high, unit=UNITS.get(name, ""))
            else:
                problem.parameter(name, value=value)

    def _deviation(self, p: Any) -> Any:
        """Squared distance of the free figures from their nominal values, in half widths of their bands."""
        nominal = self.case.hopper.parameters()
        bands = self.case.hopper.unknown.items()
        return sum(((p[n] - nominal[n]) / (0.5 * (high - low))) ** 2 for n, (low, high) in bands)

    # ---- events ----------------------------------------------------------------------------------------------------
    def event(self, name: str) -> Callable[[Any, Any], Any]:
        """A figure of the flight as a function of phase ends and parameters (SI)."""
        case, height, top = self.case, self.case.height, self.case.top
        still: Callable[[Any], Any] = self.arcs["landing"].flight.flow

        def mach(state: Any) -> Any:
            _, air, _, speed_squared = still(state)
            return jnp.sqrt(speed_squared) / air.speed_of_sound

        known: dict[str, Callable[[Any, Any], Any]] = {
            "apogee": lambda e, p: height(e[top].final.position),
            "distance": lambda e, p: e.landing.final.position[0],
            "total_time": lambda e, p: e.landing.final_time,
            "cutoff_time": lambda e, p: e.climb.final_time,
            "cutoff_height": lambda e, p: height(e.climb.final.position),
            "cutoff_speed": lambda e, p: _size(e.climb.final.velocity),
            "coast_time": lambda e, p: e.landing.initial_time - e.climb.final_time,
            "relight_height": lambda e, p: height(e.landing.initial.position),
            "relight_speed": lambda e, p: _size(e.landing.initial.velocity),
            "relight_mach": lambda e, p: mach(e.landing.initial),
        }
        assert case.relight or name not in WITH_COAST
        return known[name]

    def _hold(self, events: Mapping[str, Event]) -> None:
        for name, event in events.items():
            self.problem.constrain(f"event: {name}", self.event(name), *event.range, UNIT_OF_EVENT[name])

    def _misfit(self, events: Mapping[str, Event]) -> Callable[[Any, Any], Any]:
        loose = {n: v for n, v in events.items() if v.within > 0.0}

        def misfit(e: Any, p: Any) -> Any:
            away = sum(((self.event(n)(e, p) - v.value) / v.within) ** 2 for n, v in loose.items())
            return away + self._deviation(p) + LEAN * e.climb.final.lean / (e.climb.duration * self.case.limits.tilt**2)

        return misfit

    # ---- the two problems ------------------------------------------------------------------------------------------
    def as_flown(self, guess: Mapping[str, Guess] | None = None) -> Problem:
        """Every event held; the figures as close to their nominal values as that lets them be."""
        self._flight(guess)
        events = self.case.events.stated()
        self._hold(events)
        self.problem.minimize(self._misfit(events))
        return self.problem

    def cheapest(self, apogee: float, distance: float, guess: Mapping[str, Guess] | None = None) -> Problem:
        """The least propellant that reaches ``apogee`` (m) and lands ``distance`` (m) away."""
        self._flight(guess)
        self._hold({"apogee": Event(apogee), "distance": Event(distance)})
        self.problem.minimize(lambda e, p: e.rise.initial.mass - e.landing.final.mass, unit="kg")
        return self.problem

    def _flight(self, guess: Mapping[str, Guess] | None) -> None:
        """All phases, linked, from lift-off to touchdown."""
        case, problem = self.case, self.problem
        self._parameters()
        self.guess = dict(guess) if guess is not None else hop_guess(case, self.guessed_mass)
        self._rise()
        self._climb()
        if case.relight:
            self._coasts()
        self._landing()
        problem.constrain("lift-off: mass", lambda e, p: e.rise.initial.mass - p[LIFTOFF_MASS], unit="kg")
        problem.constrain("apogee: climb rate", lambda e, p: self._climb_rate(e[case.top].final), unit="m/s")
        problem.constrain("touchdown: height", lambda e, p: case.height(e.landing.final.position), unit="m")
        problem.link("rise", "climb", controls=("pitch", "yaw", "throttle"))
        if case.relight:
            for before, after in (("climb", "coast_up"), ("coast_up", "coast_down"), ("coast_down", "landing")):
                steered = after == "landing" and self._steered
                problem.link(before, after, controls=("alpha", "beta") if steered else ())
        else:
            self._lean_over()

    def _climb_rate(self, state: Any) -> Any:
        return state.velocity @ self.case.ground.up(state.position)

    def _lean_over(self) -> None:
        """Climb and landing meet under thrust: the body axis goes on, and the throttle where as many engines burn."""
        same = self.case.hopper.engines[0] == self.case.hopper.engines[1]
        self.problem.link("climb", "landing", controls=("throttle",) if same else ())
        up, down = self.arcs["climb"].flight, self.arcs["landing"].flight

        def turn(e: Any, p: Any) -> Any:
            before = up.body_axis(e.climb.final, e.climb.final_control)
            return (down.body_axis(e.landing.initial, e.landing.initial_control) - before)[:2]

        self.problem.constrain("climb -> landing: body axis", turn)

    # ---- phases ----------------------------------------------------------------------------------------------------
    def _phase(
        self,
        name: str,
        rates: Callable[..., Any],
        controls: tuple[Variable, ...],
        path: list[PathConstraint],
        *,
        position: Mapping[str, Any] | None = None,
        velocity: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """Add one phase; climbing it does not sink, landing it does not rise."""
        least = -LEVEL if name in ("rise", "climb") else -np.inf
        most = LEVEL if name == "landing" else np.inf
        self.problem.phase(
            name,
            states=(
                Variable("position", 3, "m", **(position or {})),
                Variable("velocity", 3, "m/s", (-np.inf, -np.inf, least), (np.inf, np.inf, most), **(velocity or {})),
                Variable("mass", None, "kg", lower="stage1.burnout_mass"),
            ),
            controls=controls,
            dynamics=rates,
            path=path,
            mesh=Mesh.uniform(INTERVALS[name], 4, control_degree=1),
            guess=self.guess[name],
            **more,
        )

    def _throttle(self) -> Variable:
        floor = self.free[FLOOR][0] if FLOOR in self.free else FLOOR
        return Variable("throttle", None, "", floor, "stage1.throttle_max", rate=self.case.limits.throttle_rate)

    def _above_floor(self) -> list[PathConstraint]:
        """The floor of the throttle where it is not known: a bound of a control cannot be found."""
        found = FLOOR in self.free
        return [PathConstraint("throttle above its floor", _above_floor, lower=0.0)] if found else []

    def _rise(self) -> None:
        upright = Variable("pitch", None, "rad", np.pi / 2, np.pi / 2)
        controls = (upright, Variable("yaw", None, "rad", 0.0, 0.0), self._throttle())
        rest: Any = {"initial": (0.0, 0.0, 0.0)}
        self._phase(
            "rise", self.arcs["rise"].rates, controls, self._above_floor(),
            initial_time=0.0, duration=self.case.limits.rise, position=rest, velocity=rest,
        )  # fmt: skip

    def _climb(self) -> None:
        limits, arc = self.case.limits, self.arcs["climb"]
        own, tilt, rate = FlightLimits(arc.flight), limits.tilt, limits.turn_rate
        path = self._above_floor()
        if limits.dynamic_pressure is not None:
            most = limits.dynamic_pressure
            path.append(PathConstraint("dynamic_pressure", own.dynamic_pressure, upper=most, unit="Pa"))
        if limits.q_alpha is not None:
            path.append(PathConstraint("q_alpha", arc.q_alpha, upper=limits.q_alpha, unit="Pa rad"))
        if limits.acceleration is not None:
            path.append(PathConstraint("acceleration", arc.axial_acceleration, upper=limits.acceleration, unit="m/s2"))
        controls = (
            Variable("pitch", None, "rad", np.pi / 2 - tilt, np.pi / 2 + tilt, rate=rate),
            Variable("yaw", None, "rad", -tilt, tilt, rate=rate),
            self._throttle(),
        )
        if self.values is None:  # where the flight is fitted, it leans no more than the events ask for
            guess = self.guess["climb"]
            grown = np.linspace(0.0, 0.01 * tilt**2 * (guess.time[-1] - guess.time[0]), len(guess.time))
            self.guess["climb"] = replace(guess, states={**guess.states, "lean": grown})
            self._phase("climb", arc.rates, controls, path, duration=(1.0, LONGEST), integrals={"lean": arc.lean})
            return
        self._phase("climb", arc.rates, controls, path, duration=(1.0, LONGEST))

    @property
    def _steered(self) -> bool:
        return self.case.limits.angle_of_attack > 0.0

    def _angles(self, most: float) -> tuple[Variable, Variable]:
        rate = self.case.limits.turn_rate
        return Variable("alpha", None, "", -most, most, rate=rate), Variable("beta", None, "", -most, most, rate=rate)

    def _coasts(self) -> None:
        limits, up, down = self.case.limits, self.arcs["coast_up"], self.arcs["coast_down"]
        span = (limits.shortest_coast, LONGEST)
        self._phase("coast_up", up.coast_rates, (), [], duration=span)
        most, path = float(np.tan(limits.angle_of_attack)), self._pressure_down(down)
        if not self._steered:
            self._phase("coast_down", down.coast_rates, (), path, duration=span)
            return
        path.append(PathConstraint("angle of attack (tangent squared)", _off_flow, upper=most**2))
        off = Variable("throttle", None, "", 0.0, 0.0)
        self._phase("coast_down", down.rates, (*self._angles(most), off), path, duration=span)

    def _pressure_down(self, arc: _Arc) -> list[PathConstraint]:
        most = self.case.limits.dynamic_pressure_down
        own = FlightLimits(arc.flight)
        return [] if most is None else [PathConstraint("dynamic_pressure", own.dynamic_pressure, upper=most, unit="Pa")]

    def _landing(self) -> None:
        limits, arc = self.case.limits, self.arcs["landing"]
        own, path = FlightLimits(arc.flight), self._above_floor() + self._pressure_down(arc)
        path.append(PathConstraint("upright (cosine of tilt)", own.upright, lower=float(np.cos(limits.tilt))))
        if limits.acceleration is not None:
            path.append(PathConstraint("acceleration", arc.axial_acceleration, upper=limits.acceleration, unit="m/s2"))
        if self._steered:
            most = float(np.tan(limits.angle_of_attack))
            felt = AlignedFlow(arc.flight, most, MOST_OFF_FLOW, limits.angle_of_attack_from).felt
            path.append(PathConstraint("angle of attack (tangent squared, where q is felt)", felt, upper=most**2))
        controls = (*self._angles(MOST_OFF_FLOW), self._throttle())
        self._phase(
            "landing", arc.rates, controls, path, duration=(1.0, LONGEST),
            position={"final": (None, 0.0, None)}, velocity={"final": (0.0, 0.0, 0.0)},
        )  # fmt: skip
        tilt = float(np.tan(limits.tilt_at_touchdown))
        for angle in ("alpha", "beta"):  # at rest the axis is up where the two angles are zero
            self.problem.constrain(f"touchdown: {angle}", _final_control(angle), -tilt, tilt)


def _final_control(control: str) -> Callable[[Any, Any], Any]:
    return lambda e, p: e.landing.final_control[control]


def _off_flow(state: Any, control: Any, inputs: Any) -> Any:
    """Squared tangent of the angle of attack."""
    return control.alpha**2 + control.beta**2


def _above_floor(state: Any, control: Any, p: Any) -> Any:
    return control.throttle - p[FLOOR]


def _size(vector: Any) -> Any:
    return jnp.sqrt(vector @ vector)
