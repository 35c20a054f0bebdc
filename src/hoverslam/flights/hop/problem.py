"""A hop as an optimal-control problem: vertical rise, climb and translation, coast over the top, landing on engines.

With relight the phases are ``rise``, ``climb`` (nose first, under thrust), ``coast_up`` to the apogee, ``coast_down``
(engines first, steered by the air if the angle of attack may differ from zero) and ``landing``. Without relight the engines
burn throughout: ``rise``, ``climb`` to the apogee, ``landing``. A phase ends at the apogee, with the condition that the climb
rate is zero. Uncertain figures enter as free parameters within their bands, all others as given parameters.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.conditions import keep_upright_at_touchdown, linear_control_mesh
from hoverslam.flights.craft.limits import AlignedFlow, FlightLimits, off_flow
from hoverslam.flights.hop.case import FLOOR, LIFTOFF_MASS, UNITS, HopCase
from hoverslam.flights.hop.event_values import event_value
from hoverslam.flights.hop.events import UNIT_OF_EVENT, HopEvent
from hoverslam.flights.hop.guess import hop_guess, likely_liftoff_mass
from hoverslam.ocp.statement.names import Named, Variable
from hoverslam.ocp.statement.phase import Guess, PathConstraint
from hoverslam.ocp.statement.problem import Problem
from hoverslam.physics.motion import Flight, Inputs

MOST_OFF_FLOW = (
    1.5  # tangent of the largest angle from the flow under thrust; other limits are tighter where they apply
)
LEAN = 3.0  # weight on the mean squared lean of a climb, in units of the largest allowed
LOOSE = 0.6  # fraction of its nominal value by which a figure may change when it may leave its band
LEVEL = 0.05  # m/s: largest sink rate in a climb, and largest climb rate in a descent
LONGEST = 600.0  # s, of any phase
INTERVALS = {"rise": 2, "climb": 14, "coast_up": 2, "coast_down": 6, "landing": 14}


class _Arc(eqx.Module):
    """Motion and limits of a phase as functions of state, control and all parameters, free ones included."""

    flight: Flight
    engines: int = eqx.field(static=True)

    def inputs(self, p: Named) -> Inputs:
        nose_first = self.flight.regime == "ascent"
        made = (
            vehicle_parameters.ascent_inputs(self.engines)
            if nose_first
            else vehicle_parameters.descent_inputs(self.engines)
        )
        return made(p)

    def rates(self, s: Named, c: Named, p: Named) -> Mapping[str, Array]:
        return self.flight.rates(s, c, self.inputs(p))

    def coast_rates(self, s: Named, c: Named, p: Named) -> Mapping[str, Array]:
        return self.flight.coast_rates(s, c, self.inputs(p))

    def q_alpha(self, s: Named, c: Named, p: Named) -> Array:
        return FlightLimits(self.flight).q_alpha(s, c, self.inputs(p))

    def axial_acceleration(self, s: Named, c: Named, p: Named) -> Array:
        return FlightLimits(self.flight).axial_acceleration(s, c, self.inputs(p))

    def lean(self, s: Named, c: Named, p: Named) -> Array:
        """Return the squared angle of the body axis from the vertical in the climb (rad2)."""
        return (c.pitch - 0.5 * jnp.pi) ** 2 + c.yaw**2


class HopBuilder:
    """Builder of the problem of a hop.

    Args:
        case: The statement of the hop.
        values: Values of the figures that are otherwise identified, by parameter name; None identifies them.
        loose: Whether identified figures may leave their bands.
    """

    def __init__(self, case: HopCase, values: Mapping[str, float] | None = None, loose: bool = False):
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

    # ---- identified and given figures ------------------------------------------------------------------------------
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

    def _deviation(self, p: Named) -> Array:
        """Return the squared distance of identified figures from their nominal values, in half widths of their bands."""
        nominal = self.case.hopper.parameters()
        bands = self.case.hopper.unknown.items()
        return sum(((p[n] - nominal[n]) / (0.5 * (high - low))) ** 2 for n, (low, high) in bands)

    # ---- events ----------------------------------------------------------------------------------------------------
    def _hold(self, events: Mapping[str, HopEvent]) -> None:
        for name, event in events.items():
            self.problem.constrain(f"event: {name}", event_value(self.case, name), *event.range, UNIT_OF_EVENT[name])

    def _misfit(self, events: Mapping[str, HopEvent]) -> Callable[[Named, Named], Array]:
        loose = {n: v for n, v in events.items() if v.within > 0.0}

        def misfit(e: Named, p: Named) -> Array:
            away = sum(((event_value(self.case, n)(e, p) - v.value) / v.within) ** 2 for n, v in loose.items())
            return away + self._deviation(p) + LEAN * e.climb.final.lean / (e.climb.duration * self.case.limits.tilt**2)

        return misfit

    # ---- the two problems ------------------------------------------------------------------------------------------
    def as_flown(self, guess: Mapping[str, Guess] | None = None) -> Problem:
        """Return the problem that holds every event, with figures as close to their nominal values as the events allow."""
        self._flight(guess)
        events = self.case.events.stated()
        self._hold(events)
        self.problem.minimize(self._misfit(events))
        return self.problem

    def cheapest(self, apogee: float, distance: float, guess: Mapping[str, Guess] | None = None) -> Problem:
        """Return the problem of least propellant to reach ``apogee`` (m) and land at ``distance`` (m)."""
        self._flight(guess)
        self._hold({"apogee": HopEvent(apogee), "distance": HopEvent(distance)})
        self.problem.minimize(lambda e, p: e.rise.initial.mass - e.landing.final.mass, unit="kg")
        return self.problem

    def _flight(self, guess: Mapping[str, Guess] | None) -> None:
        """Add all phases from lift-off to touchdown, and link them."""
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
            self._link_climb_to_landing()

    def _climb_rate(self, state: Named) -> Array:
        return state.velocity @ self.case.ground.up(state.position)

    def _link_climb_to_landing(self) -> None:
        """Link climb and landing under thrust: the body axis, and the throttle where the engine count stays the same."""
        same = self.case.hopper.engines[0] == self.case.hopper.engines[1]
        self.problem.link("climb", "landing", controls=("throttle",) if same else ())
        up, down = self.arcs["climb"].flight, self.arcs["landing"].flight

        def turn(e: Named, p: Named) -> Array:
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
        """Add one phase; the vehicle may not sink in the climb nor rise in the landing."""
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
            mesh=linear_control_mesh(INTERVALS[name]),
            guess=self.guess[name],
            **more,
        )

    def _throttle(self) -> Variable:
        floor = self.free[FLOOR][0] if FLOOR in self.free else FLOOR
        return Variable("throttle", None, "", floor, "stage1.throttle_max", rate=self.case.limits.throttle_rate)

    def _above_floor(self) -> list[PathConstraint]:
        """Return the limit of the throttle by an identified floor; the bound of a control must be a given number."""
        identified = FLOOR in self.free
        return [PathConstraint("throttle above its floor", _above_floor, lower=0.0)] if identified else []

    def _rise(self) -> None:
        upright = Variable("pitch", None, "rad", np.pi / 2, np.pi / 2)
        controls = (upright, Variable("yaw", None, "rad", 0.0, 0.0), self._throttle())
        rest = {"initial": (0.0, 0.0, 0.0)}
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
        if self.values is None:  # a fitted flight has the least lean that the events allow
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
        path.append(PathConstraint("angle of attack (tangent squared)", off_flow, upper=most**2))
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
            path.append(PathConstraint("angle of attack (tangent squared, at high q)", felt, upper=most**2))
        controls = (*self._angles(MOST_OFF_FLOW), self._throttle())
        self._phase(
            "landing", arc.rates, controls, path, duration=(1.0, LONGEST),
            position={"final": (None, 0.0, None)}, velocity={"final": (0.0, 0.0, 0.0)},
        )  # fmt: skip
        keep_upright_at_touchdown(self.problem, "landing", float(np.tan(limits.tilt_at_touchdown)))


def _above_floor(state: Named, control: Named, p: Named) -> Array:
    return control.throttle - p[FLOOR]
