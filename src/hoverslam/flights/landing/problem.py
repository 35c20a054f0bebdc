"""A landing of a point mass as an optimal-control problem: a coast, then one phase for each count of lit engines.

The origin of the frame is the touchdown point. In a landing that may miss the pad the horizontal position of the start is
free instead: moving the start by a distance is the same as moving the touchdown by that distance the other way. Over flat
ground this is exact; over a rotating ellipsoid it is exact to a centimetre in a kilometre.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.conditions import keep_upright_at_touchdown, linear_control_mesh
from hoverslam.flights.craft.limits import AlignedFlow, FlightLimits, GlideCone, off_flow
from hoverslam.flights.landing.case import AXES, LandingCase, lit_engines, phase_names
from hoverslam.flights.landing.guess import landing_guess
from hoverslam.flights.landing.motion import flow_flight, thrust_vector_flight
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.names import Named, Variable
from hoverslam.ocp.statement.phase import Guess, PathConstraint
from hoverslam.ocp.statement.problem import Problem
from hoverslam.physics.motion import Flight, Inputs

# Tangent of the largest angle from the flow under thrust. It only keeps the angles bounded: other limits are tighter
# where they apply.
MOST_OFF_FLOW = 1.5
COAST_INTERVALS, BURN_INTERVALS = 8, 12
MISS_ROUNDING = 1e-2  # m; rounds the distance from the pad, which has no derivative at zero


class ShareOfAngle(eqx.Module):
    """The limit of :class:`AlignedFlow` as a ratio: the squared angle of attack over its largest allowed value.

    Both forms admit the same flights. Within two or three nodes of a burn the dynamic pressure falls below the trigger,
    and the difference then grows to hundreds of times its bound, so that the steps of a solver overshoot. The ratio stays
    between zero and one.
    """

    aligned: AlignedFlow

    def squared(self, state: Named, control: Named, inputs: Inputs | None) -> Array:
        """Return the squared tangent of the angle of attack over the largest one allowed at this dynamic pressure."""
        angle = control.alpha**2 + control.beta**2
        allowed = self.aligned.most**2 + angle - self.aligned.felt(state, control, inputs)
        return angle / allowed


class LandingBuilder:
    """Builder of the problem of a point mass that lands with the engine counts of ``sequence`` lit one after the other.

    Args:
        case: The statement of the landing.
        sequence: Engine counts, in the order in which they are lit.
        miss: Largest distance of the touchdown from the pad (m); None lands on the pad.
        nearest: Whether that distance is minimised instead of the propellant or the time.
        guesses: Of a point mass, for every phase by name; the first of its guesses if left out.
        coarse: Whether the first mesh has half as many intervals.
    """

    def __init__(
        self,
        case: LandingCase,
        sequence: tuple[int, ...],
        miss: float | None = None,
        nearest: bool = False,
        guesses: Mapping[str, Guess] | None = None,
        coarse: bool = False,
    ):
        self.coarse = coarse
        self.case, self.sequence, self.miss, self.nearest = case, sequence, miss, nearest
        self.gliding, self.powered = flow_flight(case), thrust_vector_flight(case)
        self.names = phase_names(case, sequence)
        self.lit = lit_engines(case, sequence)
        self.guesses = landing_guess(case, self.lit, self.names) if guesses is None else guesses
        self.problem = Problem(f"landing of {case.lander.name}")

    def _link(self) -> None:
        for before, after in pairwise(self.names):
            self.problem.link(before, after)

    @property
    def may_miss(self) -> bool:
        """Whether the touchdown may lie away from the pad."""
        return self.nearest or self.miss is not None

    def build(self) -> Problem:
        """Return the problem with all phases, links and the objective."""
        case, problem = self.case, self.problem
        for name, value in case.lander.parameters().items():
            problem.parameter(name, value=value)
        if self.may_miss:
            for axis, value in zip(AXES[:2], case.start.position[:2], strict=True):
                problem.parameter(f"start.{axis}", value=value)
        if case.coast is not None:
            self._coast()
        for name, engines in zip(self.names[-len(self.lit) :], self.lit, strict=True):
            self._burn(name, engines)
        self._link()
        self._objective()
        return problem

    def _mesh(self, intervals: int) -> Mesh | None:
        """Return a mesh with piecewise linear controls, which rate limits need; without air the solver chooses."""
        return linear_control_mesh(self._intervals(intervals)) if self.case.lander.has_air else None

    def _intervals(self, full: int) -> int:
        return max(full // 2, 3) if self.coarse else full

    # ---- phases ----------------------------------------------------------------------------------------------------
    def _states(self, name: str) -> list[Variable]:
        case, first, last = self.case, name == self.names[0], name == self.names[-1]
        position: Sequence[float | None] = (None, None, None)
        if first:
            position = (None, None, case.start.position[2]) if self.may_miss else case.start.position
        return [
            Variable(
                "position", 3, "m", lower=(-np.inf, -np.inf, 0.0 if case.limits.ground else -np.inf),
                initial=position if first else None,
                final=(0.0, 0.0, 0.0) if last else None,
            ),
            Variable(
                "velocity", 3, "m/s", initial=case.start.velocity if first else None,
                final=case.touchdown_velocity if last else None,
            ),
            Variable("mass", None, "kg", lower="stage1.burnout_mass", initial=case.start.mass if first else None),
        ]  # fmt: skip

    def _common(self, flight: Flight, name: str) -> list[PathConstraint]:
        """Return the limits of coast and burn alike, and those that the user adds to the phase ``name``."""
        own, limits = FlightLimits(flight), self.case.limits
        paths = [limit.path_constraint(own) for limit in self.case.added if limit.holds_in(name)]
        if limits.dynamic_pressure is not None and self.case.lander.has_air:
            paths.append(
                PathConstraint("dynamic_pressure", own.dynamic_pressure, upper=limits.dynamic_pressure, unit="Pa")
            )
        if limits.speed is not None:
            paths.append(PathConstraint("speed", own.speed, upper=limits.speed, unit="m/s"))
        if limits.glide_slope:
            cone = GlideCone(float(np.tan(limits.glide_slope)), limits.glide_slope_depth)
            paths.append(PathConstraint("height above the glide slope", cone.clearance, lower=0.0, unit="m"))
        return paths

    def _coast(self) -> None:
        case, steered = self.case, self.case.steers_in_coast
        most = float(np.tan(case.limits.angle_of_attack or 0.0))
        path = self._common(self.gliding, "coast")
        if steered:
            path.append(PathConstraint("angle of attack (tangent squared)", off_flow, upper=most**2))
        self.problem.phase(
            "coast",
            states=self._states("coast"),
            controls=(*self._angles(most), Variable("throttle", None, "", 0.0, 0.0)) if steered else (),
            dynamics=self.gliding.rates if steered else self.gliding.coast_rates,
            inputs=vehicle_parameters.descent_inputs(0),
            path=path,
            initial_time=0.0,
            duration=case.coast,
            mesh=self._mesh(COAST_INTERVALS),
            guess=self.guesses["coast"],
        )

    def _angles(self, most: float) -> tuple[Variable, Variable]:
        rate = self.case.limits.turn_rate
        return Variable("alpha", None, "", -most, most, rate=rate), Variable("beta", None, "", -most, most, rate=rate)

    def _burn(self, name: str, engines: int) -> None:
        case, limits = self.case, self.case.limits
        several, last = len(self.lit) > 1, name == self.names[-1]
        controls, flight, path = self._in_air() if case.lander.has_air else self._in_vacuum()
        own = FlightLimits(flight)
        path += self._common(flight, name)
        if limits.tilt is not None:
            path.append(PathConstraint("upright (cosine of tilt)", own.upright, lower=float(np.cos(limits.tilt))))
        if limits.acceleration is not None:
            path.append(PathConstraint("acceleration", own.axial_acceleration, upper=limits.acceleration, unit="m/s2"))
        intervals = BURN_INTERVALS if last else BURN_INTERVALS // 2
        self.problem.phase(
            name,
            states=self._states(name),
            controls=controls,
            dynamics=flight.rates,
            inputs=vehicle_parameters.descent_inputs(engines),
            path=path,
            initial_time=0.0 if name == self.names[0] else None,
            duration=(limits.shortest_burn, limits.longest_burn) if several else case.burn,
            mesh=self._mesh(intervals),
            guess=self.guesses[name],
        )
        if limits.tilt_at_touchdown is not None and last:
            self._end_upright(name, float(np.tan(limits.tilt_at_touchdown)))

    def _end_upright(self, last: str, most: float) -> None:
        """Limit the tilt at touchdown by quantities that are linear in it; its cosine has zero derivative at zero tilt."""
        if self.case.lander.has_air:  # at rest the body axis is vertical where both angles are zero
            keep_upright_at_touchdown(self.problem, last, most)
            return

        def tilt(e: Named, p: Named) -> Array:
            return e[last].final_control.thrust[:2] / e[last].final_control.thrust[2]

        self.problem.constrain("touchdown: tilt (tangent)", tilt, -most, most)

    def _in_vacuum(self) -> tuple[list[Variable], Flight, list[PathConstraint]]:
        """Return controls, flight and limits of a burn steered by the thrust vector.

        In this form the solver locates switches of the throttle exactly.
        """
        own = FlightLimits(self.powered)
        throttle = PathConstraint("throttle", own.throttle, "stage1.throttle_min", "stage1.throttle_max")
        return [Variable("thrust", 3, "")], self.powered, [throttle]

    def _in_air(self) -> tuple[list[Variable], Flight, list[PathConstraint]]:
        """Return controls, flight and limits of a burn steered by angles from the flow, whose rates can be limited."""
        limits, path = self.case.limits, []
        if limits.angle_of_attack is not None:
            most = float(np.tan(limits.angle_of_attack))
            aligned = AlignedFlow(self.gliding, most, MOST_OFF_FLOW, limits.angle_of_attack_from)
            share = ShareOfAngle(aligned).squared
            path.append(PathConstraint("angle of attack (squared share of its limit)", share, upper=1.0))
        throttle = Variable("throttle", None, "", "stage1.throttle_min", "stage1.throttle_max")
        return [*self._angles(MOST_OFF_FLOW), throttle], self.gliding, path

    # ---- objective -------------------------------------------------------------------------------------------------
    def _objective(self) -> None:
        first, last, problem = self.names[0], self.names[-1], self.problem

        def distance(e: Named, p: Named) -> Array:
            moved = e[first].initial.position[:2] - jnp.stack([p[f"start.{axis}"] for axis in AXES[:2]])
            return jnp.sqrt(moved @ moved + MISS_ROUNDING**2) - MISS_ROUNDING

        if self.miss is not None:
            problem.constrain("distance from the pad", distance, -np.inf, self.miss, "m")
        if self.nearest:
            problem.minimize(distance, unit="m")
        elif self.case.least == "time":
            problem.minimize(lambda e, p: e[last].final_time, unit="s")
        else:
            problem.minimize(self._propellant, unit="kg")

    def _propellant(self, e: Named, p: Named) -> Array:
        """Return the propellant burned until touchdown (kg)."""
        return e[self.names[0]].initial.mass - e[self.names[-1]].final.mass
