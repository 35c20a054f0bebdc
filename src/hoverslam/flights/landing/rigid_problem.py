"""A landing of a rigid body as an optimal-control problem: the phases of a point mass, with attitude and actuators.

A body whose actuators have no rates is steered by a thrust vector in its own axes, as in the literature; otherwise throttle,
gimbal, fins and cold gas are controls with rates of their own. The guess is the point mass's, nose along the thrust.
"""

from itertools import pairwise
from typing import Any

import jax.numpy as jnp
import numpy as np

from hoverslam.flights.craft.limits import AlignedNose, FlightLimits, GlideCone, RigidLimits
from hoverslam.flights.craft.rigid_lander import FIN_DEFLECTION, FIN_RATE, RigidLander
from hoverslam.flights.landing.problem import LandingBuilder
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.problem import Guess, PathConstraint
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.physics.motion import Propulsion, Shape
from hoverslam.physics.rigid_body import RigidFlight, RigidInputs

COAST_INTERVALS, BURN_INTERVALS, SHORT_INTERVALS = 8, 16, 6
MOST_TILTED_GUESS = np.radians(25.0)
TURN = 0.9  # bound on entries of the quaternion is this above one: they have unit length anyway


class RigidLandingBuilder(LandingBuilder):
    """Adds the phases of one landing of a rigid body to a problem."""

    @property
    def lander(self) -> RigidLander:
        assert isinstance(self.case.lander, RigidLander)
        return self.case.lander

    def _flight(self, coasting: bool) -> RigidFlight:
        lander = self.lander
        body = lander.coast_body if coasting and lander.coast_body is not None else lander.body
        assert body is not None
        regime = "descent" if lander.has_air else "vacuum"
        return RigidFlight(
            self.case.ground, regime, self.case.wind, body=body, fins=lander.fins if lander.has_air else None,
            ellipsoid=lander.ellipsoid, lag=lander.lag, gimballed=lander.gimballed,
        )  # fmt: skip

    def _inputs(self, engines: int) -> Any:
        def inputs(p: Any) -> RigidInputs:
            one = Propulsion.cluster(1, p["stage1.thrust_sea_level"], p["stage1.isp_sea_level"], p["stage1.isp_vacuum"])
            shape = Shape(
                p["stage1.base_area"],
                p["aero.descent_axial_factor"],
                p["aero.side_area_ratio"],
                p["aero.preserved_drag"],
            )
            return RigidInputs(one, float(engines), shape)

        return inputs

    def _mesh(self, intervals: int) -> Mesh | None:
        """Rates want piecewise linear controls; without, the solver finds the arcs."""
        return Mesh.uniform(intervals, 4, control_degree=1) if self.lander.gimballed else None

    # ---- variables -------------------------------------------------------------------------------------------------
    def _states(self, name: str) -> list[Variable]:
        start, limits, gate = self.case.start, self.case.limits, self.case.limits.gate
        first, last = name == self.names[0], name == self.names[-1]
        bound = limits.body_rate if limits.body_rate is not None else np.inf
        if name == "gate" and gate is not None:
            bound = min(bound, gate.rate)
        still = limits.rate_at_touchdown
        # Without anything that rolls the body the roll stays what it was: to state it again would be an equation twice.
        touchdown_rate: list[Any] = [0.0 if still is None else (-still, still)] * 3
        if self.lander.cold_gas is None and not self._finned:
            touchdown_rate[2] = None
        states = super()._states(name)
        if name == "gate" and gate is not None:
            states[0] = Variable(
                "position", 3, "m", lower=states[0].lower, initial=(None, None, gate.height), final=states[0].final
            )
        states += [
            Variable(
                "attitude", 4, "", -1.0 - TURN, 1.0 + TURN, initial=start.attitude if first else None,
                final=self._final_attitude() if last else None,
            ),
            Variable(
                "rate", 3, "rad/s", -bound, bound, initial=start.rate if first else None,
                final=touchdown_rate if last else None,
            ),
        ]  # fmt: skip
        if self.lander.lag and name != "coast":
            lit = name == next(n for n in self.names if n != "coast")
            states.append(Variable("level", None, "", 0.0, np.inf, initial=0.0 if lit else None))
        return states

    def _final_attitude(self) -> Any:
        """Upright at touchdown, or within the tilt allowed there; the heading is left free unless nothing fixes the length."""
        tilt = self.case.limits.tilt_at_touchdown
        if tilt:
            most = float(np.sin(0.5 * tilt) / np.sqrt(2.0))  # a box inside the cone
            return (None, (-most, most), (-most, most), None)
        if self.case.start.attitude is None:
            return (1.0, 0.0, 0.0, 0.0)
        return (None, 0.0, 0.0, None)

    @property
    def _finned(self) -> bool:
        return self.lander.fins is not None and self.lander.has_air

    @property
    def unsteered(self) -> bool:
        """Whether the thrust has no arm to turn the body with."""
        assert self.lander.body is not None
        return self.lander.body.engine_station == float(
            self.lander.body.properties(jnp.asarray(self.case.start.mass)).centre
        )

    def _actuators(self, coasting: bool, gimbal: float) -> list[Variable]:
        lander, controls = self.lander, []
        if not coasting and lander.gimballed:
            most = float(np.tan(gimbal))
            controls = [
                Variable("throttle", None, "", "stage1.throttle_min", "stage1.throttle_max", rate=lander.throttle_rate),
                Variable("gimbal", 2, "", -most, most, rate=lander.gimbal_rate),
            ]
        elif not coasting:
            controls = [Variable("thrust", 3, "")]
        # One thing turns the body at a time: fins while it glides, the gimbal (with cold gas for roll) once an engine is lit,
        # cold gas where there is neither. Two for one torque leave the solver a choice that nothing decides.
        if coasting and self._finned:
            controls.append(Variable("fins", 3, "rad", -FIN_DEFLECTION, FIN_DEFLECTION, rate=FIN_RATE))
        elif lander.cold_gas is not None:
            torque = np.array(lander.cold_gas) * ([1.0, 1.0, 1.0] if coasting or self.unsteered else [0.0, 0.0, 1.0])
            controls.append(Variable("torque", 3, "N m", tuple(-torque), tuple(torque)))
        return controls

    # ---- phases ----------------------------------------------------------------------------------------------------
    def _attitude_limits(self, flight: RigidFlight, name: str) -> list[PathConstraint]:
        limits, gate, path = self.case.limits, self.case.limits.gate, []
        tilt = gate.tilt if name == "gate" and gate is not None else limits.tilt
        if limits.angle_of_attack is not None and self.lander.has_air:
            nose = AlignedNose(flight, limits.angle_of_attack, limits.angle_of_attack_from)
            path.append(PathConstraint("along the flow (cosine, where q is felt)", nose.margin, lower=0.0))
        if tilt is not None and name != "coast":
            path.append(
                PathConstraint("upright (cosine of tilt)", FlightLimits(flight).upright, lower=float(np.cos(tilt)))
            )
        if limits.body_rate is not None and not self.lander.gimballed:
            path.append(
                PathConstraint(
                    "turning (rate squared)", RigidLimits(flight).turning, upper=limits.body_rate**2, unit="rad2/s2"
                )
            )
        if name == "gate" and gate is not None:
            cone = GlideCone(float(1.0 / np.tan(gate.cone)), limits.glide_slope_depth)
            path += [
                PathConstraint("height above the gate's cone", cone.clearance, lower=0.0, unit="m"),
                PathConstraint("speed below the gate", FlightLimits(flight).speed, upper=gate.speed, unit="m/s"),
            ]
        return path

    def _coast(self) -> None:
        flight = self._flight(coasting=True)
        self.problem.phase(
            "coast",
            states=self._states("coast"),
            controls=self._actuators(True, 0.0),
            dynamics=flight.coast_rates,
            inputs=self._inputs(0),
            path=self._common(flight) + self._attitude_limits(flight, "coast"),
            initial_time=0.0,
            duration=self.case.coast,
            mesh=self._mesh(COAST_INTERVALS),
            guess=self._turned(self.guesses["coast"], "coast"),
        )

    def _burn(self, name: str, engines: int) -> None:
        case, limits, lander, gate = self.case, self.case.limits, self.lander, self.case.limits.gate
        flight = self._flight(coasting=False)
        gimbal = min(lander.gimbal, gate.gimbal) if name == "gate" and gate is not None else lander.gimbal
        path = self._common(flight) + self._attitude_limits(flight, name)
        if not lander.gimballed:
            own = FlightLimits(flight)
            path += [
                PathConstraint("throttle", own.throttle, "stage1.throttle_min", "stage1.throttle_max"),
                PathConstraint("gimbal (cosine)", RigidLimits(flight).gimbal, lower=float(np.cos(gimbal))),
            ]
        several = len(self.lit) > 1
        intervals = BURN_INTERVALS if not several or name == self.names[-1] else SHORT_INTERVALS
        self.problem.phase(
            name,
            states=self._states(name),
            controls=self._actuators(False, gimbal),
            dynamics=flight.rates,
            inputs=self._inputs(engines),
            path=path,
            initial_time=0.0 if name == self.names[0] else None,
            duration=(limits.shortest_burn, limits.longest_burn) if several else case.burn,
            mesh=self._mesh(intervals),
            guess=self._turned(self.guesses[name], name),
        )

    def _join(self) -> None:
        """Everything goes on over a joint, what the actuators hold included; the thrust's level starts at ignition."""
        for before, after in pairwise(self.names):
            states = [v.name for v in self.problem.phases[before].states.variables]
            shared = [
                n
                for n in ("gimbal", "fins")
                if all(n in self.problem.phases[p].controls.slices for p in (before, after))
            ]
            self.problem.link(before, after, states=states, controls=shared)

    def _spent(self, e: Any, p: Any) -> Any:
        """Until touchdown, and what the engines still burn while they run down."""
        lander, last = self.lander, e[self.names[-1]]
        burned = e[self.names[0]].initial.mass - last.final.mass
        if not lander.lag:
            return burned
        return burned + lander.lag * last.final.level * p["stage1.thrust_sea_level"] / (
            STANDARD_GRAVITY * p["stage1.isp_sea_level"]
        )

    # ---- guess -----------------------------------------------------------------------------------------------------
    def _turned(self, guess: Guess, name: str) -> Guess:
        """A point mass's guess with the nose along its thrust, leaning no more than ``MOST_TILTED_GUESS``."""
        lander, n = self.lander, len(guess.time)
        states, controls = dict(guess.states), {}
        push = guess.controls.get("thrust")
        nose = np.tile([0.0, 0.0, 1.0], (n, 1)) if push is None else push / np.linalg.norm(push, axis=1)[:, None]
        size = np.ones(n) * lander.throttle[0] if push is None else np.linalg.norm(push, axis=1)
        if push is None and "throttle" in guess.controls:
            size = guess.controls["throttle"]
        states["attitude"] = _leaning(nose)
        states["rate"] = np.zeros((n, 3))
        start = self.case.start.attitude
        if name == "coast" and start is not None:
            states["attitude"] = np.tile(start, (n, 1))
        elif start is not None and name == next(each for each in self.names if each != "coast"):
            states["attitude"] = _turning(np.asarray(start), states["attitude"])
        engines = dict(zip(self.names[-len(self.lit) :], self.lit, strict=True)).get(name, 0)
        if lander.lag and name != "coast":
            states["level"] = engines * size
        zeros = {"gimbal": np.zeros((n, 2)), "fins": np.zeros((n, 3)), "torque": np.zeros((n, 3)), "throttle": size}
        zeros["thrust"] = np.stack([np.zeros(n), np.zeros(n), size], axis=1)
        for variable in self._actuators(name == "coast", lander.gimbal):
            controls[variable.name] = zeros[variable.name]
        return Guess(guess.time, states, controls)


def _leaning(nose: np.ndarray) -> np.ndarray:
    """Quaternions ``(n, 4)`` that turn the vertical to ``nose`` ``(n, 3)`` the short way, at most by ``MOST_TILTED_GUESS``."""
    aside = np.hypot(nose[:, 0], nose[:, 1])
    tilt = np.minimum(np.arctan2(aside, nose[:, 2]), MOST_TILTED_GUESS)
    axis = np.stack([-nose[:, 1], nose[:, 0]], axis=1) / np.maximum(aside, 1e-12)[:, None]
    return np.concatenate(
        [np.cos(0.5 * tilt)[:, None], np.sin(0.5 * tilt)[:, None] * axis, np.zeros((len(nose), 1))], axis=1
    )


def _turning(start: np.ndarray, towards: np.ndarray) -> np.ndarray:
    """Quaternions ``(n, 4)`` from ``start`` ``(4,)`` over to ``towards`` ``(n, 4)`` in the first two thirds of the samples."""
    share = np.clip(1.5 * np.linspace(0.0, 1.0, len(towards)), 0.0, 1.0)[:, None]
    near = towards * np.where(towards @ start < 0.0, -1.0, 1.0)[:, None]
    mixed = (1.0 - share) * start + share * near
    return mixed / np.linalg.norm(mixed, axis=1)[:, None]
