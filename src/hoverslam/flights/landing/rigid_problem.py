"""A landing of a rigid body as an optimal-control problem: the phases of a point mass, with attitude and actuators.

A body whose actuators have no rate limits is steered by a thrust vector in its own axes, as in the literature. Otherwise
throttle, gimbal, fins and cold gas are controls with rate limits. The guess is that of the point mass, with the body axis
along the thrust.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from hoverslam.flights.craft.conditions import linear_control_mesh
from hoverslam.flights.craft.limits import AlignedNose, FlightLimits, GlideCone, RigidLimits
from hoverslam.flights.craft.rigid_lander import RigidLander
from hoverslam.flights.landing.motion import rigid_flight
from hoverslam.flights.landing.problem import LandingBuilder
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.names import Named, Range, Variable
from hoverslam.ocp.statement.phase import Guess, PathConstraint
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.physics.motion import Shape
from hoverslam.physics.propulsion import Propulsion
from hoverslam.physics.rigid_body import RigidFlight, RigidInputs

COAST_INTERVALS, BURN_INTERVALS, SHORT_INTERVALS = 8, 16, 6
MOST_TILTED_GUESS = np.radians(25.0)
FloatArray = NDArray[np.float64]
QUATERNION_BOUND = 1.9  # on each entry: loose, because the equations of motion keep the length at one


class RigidLandingBuilder(LandingBuilder):
    """Builder of the problem of a rigid body that lands; the arguments are those of :class:`LandingBuilder`."""

    @property
    def lander(self) -> RigidLander:
        """The vehicle, which is known to be a rigid body here."""
        assert isinstance(self.case.lander, RigidLander)
        return self.case.lander

    def _inputs(self, engines: int) -> Callable[[Named], RigidInputs]:
        def inputs(p: Named) -> RigidInputs:
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
        """Return a mesh with piecewise linear controls, which rate limits need; without rate limits the solver chooses."""
        return linear_control_mesh(self._intervals(intervals)) if self.lander.gimballed else None

    # ---- variables -------------------------------------------------------------------------------------------------
    def _states(self, name: str) -> list[Variable]:
        start, limits, gate = self.case.start, self.case.limits, self.case.limits.gate
        first, last = name == self.names[0], name == self.names[-1]
        bound = limits.body_rate if limits.body_rate is not None else np.inf
        if name == "gate" and gate is not None:
            bound = min(bound, gate.rate)
        still = limits.rate_at_touchdown
        # Where nothing rolls the body its roll rate is constant. A condition on it at touchdown would repeat the one at the
        # start, and the solver cannot take an equation twice.
        touchdown_rate: list[float | Range | None] = [0.0 if still is None else (-still, still)] * 3
        if self.lander.cold_gas is None and not self._finned:
            touchdown_rate[2] = None
        states = super()._states(name)
        if name == "gate" and gate is not None:
            states[0] = Variable(
                "position", 3, "m", lower=states[0].lower, initial=(None, None, gate.height), final=states[0].final
            )
        states += [
            Variable(
                "attitude", 4, "", -QUATERNION_BOUND, QUATERNION_BOUND, initial=start.attitude if first else None,
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

    def _final_attitude(self) -> Sequence[float | Range | None]:
        """Return the final quaternion: upright, or within the tilt allowed at touchdown.

        The heading is free, except where no initial attitude fixes the length of the quaternion.
        """
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
    def thrust_has_no_arm(self) -> bool:
        """Whether the engines act at the centre of mass, so that their thrust turns nothing."""
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
        # One actuator produces each torque: fins in the coast, the gimbal (with cold gas for roll) under thrust, cold gas
        # where there is neither. Two actuators of one torque would leave the optimum undetermined.
        if coasting and self._finned:
            controls.append(
                Variable("fins", 3, "rad", -lander.fin_deflection, lander.fin_deflection, rate=lander.fin_rate)
            )
        elif lander.cold_gas is not None:
            torque = np.array(lander.cold_gas) * (
                [1.0, 1.0, 1.0] if coasting or self.thrust_has_no_arm else [0.0, 0.0, 1.0]
            )
            controls.append(Variable("torque", 3, "N m", tuple(-torque), tuple(torque)))
        return controls

    # ---- phases ----------------------------------------------------------------------------------------------------
    def _attitude_limits(self, flight: RigidFlight, name: str) -> list[PathConstraint]:
        limits, gate, path = self.case.limits, self.case.limits.gate, []
        tilt = gate.tilt if name == "gate" and gate is not None else limits.tilt
        if limits.angle_of_attack is not None and self.lander.has_air:
            nose = AlignedNose(flight, limits.angle_of_attack, limits.angle_of_attack_from)
            path.append(PathConstraint("alignment with the flow (cosine, at high q)", nose.margin, lower=0.0))
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
        flight = rigid_flight(self.case, coasting=True)
        self.problem.phase(
            "coast",
            states=self._states("coast"),
            controls=self._actuators(True, 0.0),
            dynamics=flight.coast_rates,
            inputs=self._inputs(0),
            path=self._common(flight, "coast") + self._attitude_limits(flight, "coast"),
            initial_time=0.0,
            duration=self.case.coast,
            mesh=self._mesh(COAST_INTERVALS),
            guess=self._rigid_guess(self.guesses["coast"], "coast"),
        )

    def _burn(self, name: str, engines: int) -> None:
        case, limits, lander, gate = self.case, self.case.limits, self.lander, self.case.limits.gate
        flight = rigid_flight(case, coasting=False)
        gimbal = min(lander.gimbal, gate.gimbal) if name == "gate" and gate is not None else lander.gimbal
        path = self._common(flight, name) + self._attitude_limits(flight, name)
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
            guess=self._rigid_guess(self.guesses[name], name),
        )

    def _link(self) -> None:
        """Link all states, and the deflections of gimbal and fins; the thrust level starts at ignition."""
        for before, after in pairwise(self.names):
            states = [v.name for v in self.problem.phases[before].states.variables]
            shared = [
                n
                for n in ("gimbal", "fins")
                if all(n in self.problem.phases[p].controls.slices for p in (before, after))
            ]
            self.problem.link(before, after, states=states, controls=shared)

    def _propellant(self, e: Named, p: Named) -> Array:
        """Return the propellant burned until touchdown and while the engines run down after it (kg)."""
        lander, last = self.lander, e[self.names[-1]]
        burned = e[self.names[0]].initial.mass - last.final.mass
        if not lander.lag:
            return burned
        return burned + lander.lag * last.final.level * p["stage1.thrust_sea_level"] / (
            STANDARD_GRAVITY * p["stage1.isp_sea_level"]
        )

    # ---- guess -----------------------------------------------------------------------------------------------------
    def _rigid_guess(self, guess: Guess, name: str) -> Guess:
        """Return a point mass's guess with the body axis along the thrust, tilted by ``MOST_TILTED_GUESS`` at most."""
        lander, n = self.lander, len(guess.time)
        states, controls = dict(guess.states), {}
        push = guess.controls.get("thrust")
        nose = np.tile([0.0, 0.0, 1.0], (n, 1)) if push is None else push / np.linalg.norm(push, axis=1)[:, None]
        size = np.ones(n) * lander.throttle[0] if push is None else np.linalg.norm(push, axis=1)
        if push is None and "throttle" in guess.controls:
            size = guess.controls["throttle"]
        states["attitude"] = _tilted(nose)
        states["rate"] = np.zeros((n, 3))
        start = self.case.start.attitude
        if name == "coast" and start is not None:
            states["attitude"] = np.tile(start, (n, 1))
        elif start is not None and name == next(each for each in self.names if each != "coast"):
            states["attitude"] = _interpolated_attitude(np.asarray(start), states["attitude"])
        engines = dict(zip(self.names[-len(self.lit) :], self.lit, strict=True)).get(name, 0)
        if lander.lag and name != "coast":
            states["level"] = engines * size
        zeros = {"gimbal": np.zeros((n, 2)), "fins": np.zeros((n, 3)), "torque": np.zeros((n, 3)), "throttle": size}
        zeros["thrust"] = np.stack([np.zeros(n), np.zeros(n), size], axis=1)
        for variable in self._actuators(name == "coast", lander.gimbal):
            controls[variable.name] = zeros[variable.name]
        return Guess(guess.time, states, controls)


def _tilted(nose: FloatArray) -> FloatArray:
    """Return quaternions ``(n, 4)`` that turn the vertical towards ``nose`` ``(n, 3)``, by ``MOST_TILTED_GUESS`` at most."""
    horizontal = np.hypot(nose[:, 0], nose[:, 1])
    tilt = np.minimum(np.arctan2(horizontal, nose[:, 2]), MOST_TILTED_GUESS)
    axis = np.stack([-nose[:, 1], nose[:, 0]], axis=1) / np.maximum(horizontal, 1e-12)[:, None]
    return np.concatenate(
        [np.cos(0.5 * tilt)[:, None], np.sin(0.5 * tilt)[:, None] * axis, np.zeros((len(nose), 1))], axis=1
    )


def _interpolated_attitude(start: FloatArray, towards: FloatArray) -> FloatArray:
    """Return quaternions ``(n, 4)`` that go from ``start`` ``(4,)`` to ``towards`` ``(n, 4)`` in the first two thirds."""
    share = np.clip(1.5 * np.linspace(0.0, 1.0, len(towards)), 0.0, 1.0)[:, None]
    near = towards * np.where(towards @ start < 0.0, -1.0, 1.0)[:, None]
    mixed = (1.0 - share) * start + share * near
    return mixed / np.linalg.norm(mixed, axis=1)[:, None]
