"""A landing as an optimal-control problem: a coast under the air's lift, then one phase for each count of lit engines.

The frame's origin is the touchdown point. Where the pad is out of reach it is the start that moves sideways instead: the
flight is the same one seen from where it ends (over a rotating ellipsoid that is exact to a centimetre in a kilometre).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.lander import Lander
from hoverslam.flights.craft.limits import AlignedFlow, FlightLimits, GlideCone
from hoverslam.flights.craft.rigid_lander import RigidLander
from hoverslam.flights.landing.guess import landing_guess
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.problem import PathConstraint, Problem
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.motion import Flight, PoweredDescent
from hoverslam.physics.winds import Wind

MOST_OFF_FLOW = (
    1.5  # tangent of the largest angle from the flow under thrust; other limits are tighter where it matters
)
COAST_INTERVALS, BURN_INTERVALS = 8, 12
MISS_ROUNDING = 1e-2  # m
AXES = ("downrange", "left", "up")


@dataclass(frozen=True)
class Start:
    """Where a landing begins: position ``(3,)`` (m) from the pad and velocity ``(3,)`` (m/s) in the axes downrange, left,
    up; mass (kg). For a rigid body also ``attitude`` ``(4,)`` (quaternion, scalar first; None is free) and ``rate`` ``(3,)``
    in body axes (rad/s)."""

    position: tuple[float, float, float]
    velocity: tuple[float, float, float]
    mass: float
    attitude: tuple[float, float, float, float] | None = None
    rate: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        if self.attitude is not None and not abs(np.linalg.norm(self.attitude) - 1.0) < 1e-6:
            size = np.linalg.norm(self.attitude)
            raise ValueError(
                f"start: attitude {self.attitude} has length {size:g}: give a unit quaternion, scalar first"
            )
        for name in ("position", "velocity", "rate"):
            value = np.asarray(getattr(self, name), dtype=float)
            if value.shape != (3,) or not np.all(np.isfinite(value)):
                raise ValueError(
                    f"start: {name} is {getattr(self, name)}: give three finite numbers, downrange, left, up"
                )
            object.__setattr__(self, name, tuple(float(x) for x in value))
        if not (np.isfinite(self.mass) and self.mass > 0.0):
            raise ValueError(f"start: mass is {self.mass}: give a positive number of kilograms")


@dataclass(frozen=True)
class Gate:
    """Tighter limits on the last metres: below ``height`` (m), with the last engine count.

    Attributes:
        tilt, rate, gimbal: of the body from the vertical (rad), its turning (rad/s), the thrust from the nose (rad).
        speed: over the ground (m/s).
        cone: half-angle of the cone above the pad (rad from the vertical).
    """

    height: float
    tilt: float
    rate: float
    gimbal: float
    speed: float
    cone: float


@dataclass(frozen=True)
class LandingLimits:
    """What a landing must respect; None leaves a limit out. Angles in rad.

    Attributes:
        glide_slope: elevation of the cone above the touchdown point that the flight stays inside, from the ground.
        glide_slope_depth: how far below the touchdown point the tip of that cone lies (m).
        tilt: of the body axis from the vertical, under thrust.
        tilt_at_touchdown: the same at the end.
        angle_of_attack: gliding, and under thrust where the dynamic pressure is above ``angle_of_attack_from`` (Pa).
        dynamic_pressure: (Pa).
        acceleration: along the body axis, without gravity (m/s2).
        speed: over the ground (m/s).
        turn_rate: of the body axis against the flow (rad/s), where there is air.
        shortest_burn, longest_burn: time with each engine count where there are several (s).
        body_rate: of turning (rad/s), for a rigid body.
        rate_at_touchdown: the same at the end; zero if left out.
        gate: tighter limits on the last metres of a rigid body.
        ground: whether the ground is one; literature cases without it may pass below.
    """

    glide_slope: float | None = None
    glide_slope_depth: float = 0.5
    tilt: float | None = None
    tilt_at_touchdown: float | None = None
    angle_of_attack: float | None = None
    angle_of_attack_from: float = 2e3
    dynamic_pressure: float | None = None
    acceleration: float | None = None
    speed: float | None = None
    turn_rate: float | None = np.radians(8.0)
    shortest_burn: float = 0.5
    longest_burn: float = 300.0
    body_rate: float | None = None
    rate_at_touchdown: float | None = None
    gate: Gate | None = None
    ground: bool = True

    def __post_init__(self) -> None:
        for name in ("glide_slope", "tilt", "tilt_at_touchdown", "angle_of_attack"):
            value = getattr(self, name)
            if value is not None and not 0.0 <= value <= np.pi / 2:
                raise ValueError(f"landing limits: {name} is {value:g} rad: give an angle from 0 to pi/2 (90 degrees)")
        for name in (
            "angle_of_attack_from",
            "dynamic_pressure",
            "acceleration",
            "speed",
            "turn_rate",
            "shortest_burn",
            "glide_slope_depth",
        ):
            value = getattr(self, name)
            if value is not None and not value > 0.0:
                raise ValueError(f"landing limits: {name} is {value:g}: it must be positive")


@dataclass(frozen=True)
class LandingCase:
    """Everything that is stated of a landing but the engine counts; see :class:`hoverslam.flights.Landing`."""

    lander: Lander
    start: Start
    limits: LandingLimits
    ground: FlatGround | LaunchFrame
    wind: Wind | None
    coast: tuple[float, float] | None
    burn: tuple[float, float]
    touchdown_velocity: tuple[float, float, float]
    least: str
    longest: int = 0  # of a sequence, the engine count that the guess brakes with most

    @property
    def steers_in_coast(self) -> bool:
        """Whether there is air and leave to lean into it."""
        return self.lander.has_air and bool(self.limits.angle_of_attack)

    def from_position(self, position: Any) -> "LandingCase":
        """The same from another position."""
        return replace(self, start=replace(self.start, position=tuple(position)))


def phase_names(case: LandingCase, sequence: tuple[int, ...]) -> list[str]:
    """The coast if there is one, then a burn for each engine count; a count that comes twice is numbered."""
    names = ["coast"] if case.coast is not None else []
    for at, count in enumerate(sequence):
        again = sequence[:at].count(count)
        names.append(f"burn_{count}" if not again else f"burn_{count}_{again + 1}")
    return [*names, "gate"] if case.limits.gate is not None else names


def landing_problem(
    case: LandingCase, sequence: tuple[int, ...], miss: float | None = None, nearest: bool = False
) -> Problem:
    """The problem with the engine counts of ``sequence`` lit one after the other.

    Args:
        miss: largest distance from the pad (m) that the touchdown may have; None lands on the pad.
        nearest: make that distance as small as possible instead of the propellant.
    """
    if isinstance(case.lander, RigidLander):
        from hoverslam.flights.landing.rigid_problem import RigidLandingBuilder

        return RigidLandingBuilder(case, sequence, miss, nearest).build()
    return LandingBuilder(case, sequence, miss, nearest).build()


class ShareOfAngle(eqx.Module):
    """The limit of :class:`AlignedFlow` as a share of what it allows.

    The same flights meet it. As a difference it runs over hundreds of times its own bound while the air ceases to be felt,
    within two or three nodes of a burn, and a solver's steps overshoot; a share stays between zero and one.
    """

    aligned: AlignedFlow

    def squared(self, state: Any, control: Any, inputs: Any) -> Any:
        """Squared tangent of the angle of attack over the largest that is allowed there."""
        angle = control.alpha**2 + control.beta**2
        allowed = self.aligned.most**2 + angle - self.aligned.felt(state, control, inputs)
        return angle / allowed


class LandingBuilder:
    """Adds the phases of one landing of a point mass to a problem."""

    def __init__(self, case: LandingCase, sequence: tuple[int, ...], miss: float | None, nearest: bool):
        self.case, self.sequence, self.miss, self.nearest = case, sequence, miss, nearest
        air = "descent" if case.lander.has_air else "vacuum"
        self.gliding = Flight(case.ground, air, case.wind)
        self.powered = PoweredDescent(case.ground, air, case.wind)
        self.names = phase_names(case, sequence)
        self.lit = (*sequence, sequence[-1]) if case.limits.gate is not None else sequence
        self.guesses = landing_guess(case, self.lit, self.names)
        self.problem = Problem(f"landing of {case.lander.name}")

    def _join(self) -> None:
        for before, after in pairwise(self.names):
            self.problem.link(before, after)

    @property
    def anywhere(self) -> bool:
        return self.nearest or self.miss is not None

    def build(self) -> Problem:
        case, problem = self.case, self.problem
        for name, value in case.lander.parameters().items():
            problem.parameter(name, value=value)
        if self.anywhere:
            for axis, value in zip(AXES[:2], case.start.position[:2], strict=True):
                problem.parameter(f"start.{axis}", value=value)
        if case.coast is not None:
            self._coast()
        for name, engines in zip(self.names[-len(self.lit) :], self.lit, strict=True):
            self._burn(name, engines)
        self._join()
        self._objective()
        return problem

    # ---- phases ----------------------------------------------------------------------------------------------------
    def _states(self, name: str) -> list[Variable]:
        case, first, last = self.case, name == self.names[0], name == self.names[-1]
        position: Any = [None, None, None]
        if first:
            position = [None, None, case.start.position[2]] if self.anywhere else list(case.start.position)
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
            Variable("mass", None, "kg", lower="stage1.dry_mass", initial=case.start.mass if first else None),
        ]  # fmt: skip

    def _common(self, flight: Flight) -> list[PathConstraint]:
        own, limits, paths = FlightLimits(flight), self.case.limits, []
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
        case, steered, most = (
            self.case,
            self.case.steers_in_coast,
            float(np.tan(self.case.limits.angle_of_attack or 0.0)),
        )
        path = self._common(self.gliding)
        if steered:
            path.append(PathConstraint("angle of attack (tangent squared)", _off_flow, upper=most**2))
        self.problem.phase(
            "coast",
            states=self._states("coast"),
            controls=(*self._angles(most), Variable("throttle", None, "", 0.0, 0.0)) if steered else (),
            dynamics=self.gliding.rates if steered else self.gliding.coast_rates,
            inputs=vehicle_parameters.descent_inputs(0),
            path=path,
            initial_time=0.0,
            duration=case.coast,
            mesh=_mesh(COAST_INTERVALS) if case.lander.has_air else None,
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
        path += self._common(flight)
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
            mesh=_mesh(intervals) if case.lander.has_air else None,
            guess=self.guesses[name],
        )
        if limits.tilt_at_touchdown is not None and last:
            self._end_upright(name, float(np.tan(limits.tilt_at_touchdown)))

    def _end_upright(self, last: str, most: float) -> None:
        """Bounds on what is linear in the tilt: a cosine is too flat at its top for a solver to come near."""
        if self.case.lander.has_air:  # at rest the axis is up where the two angles are zero
            for angle in ("alpha", "beta"):
                self.problem.constrain(f"touchdown: {angle}", _final_control(last, angle), -most, most)
            return

        def aside(e: Any, p: Any) -> Any:
            return e[last].final_control.thrust[:2] / e[last].final_control.thrust[2]

        self.problem.constrain("touchdown: tilt (tangent)", aside, -most, most)

    def _in_vacuum(self) -> tuple[list[Variable], Flight, list[PathConstraint]]:
        """Steered by the thrust vector: the form in which switches are found and placed exactly."""
        own = FlightLimits(self.powered)
        throttle = PathConstraint("throttle", own.throttle, "stage1.throttle_min", "stage1.throttle_max")
        return [Variable("thrust", 3, "")], self.powered, [throttle]

    def _in_air(self) -> tuple[list[Variable], Flight, list[PathConstraint]]:
        """Steered by angles from the flow, whose rates can be limited."""
        limits, path = self.case.limits, []
        if limits.angle_of_attack is not None:
            most = float(np.tan(limits.angle_of_attack))
            aligned = AlignedFlow(self.gliding, most, MOST_OFF_FLOW, limits.angle_of_attack_from)
            share = ShareOfAngle(aligned).squared
            path.append(PathConstraint("angle of attack (share squared, where q is felt)", share, upper=1.0))
        throttle = Variable("throttle", None, "", "stage1.throttle_min", "stage1.throttle_max")
        return [*self._angles(MOST_OFF_FLOW), throttle], self.gliding, path

    # ---- objective -------------------------------------------------------------------------------------------------
    def _objective(self) -> None:
        first, last, problem = self.names[0], self.names[-1], self.problem

        def distance(e: Any, p: Any) -> Any:
            aside = e[first].initial.position[:2] - jnp.stack([p[f"start.{axis}"] for axis in AXES[:2]])
            return jnp.sqrt(aside @ aside + MISS_ROUNDING**2) - MISS_ROUNDING

        if self.miss is not None:
            problem.constrain("distance from the pad", distance, -np.inf, self.miss, "m")
        if self.nearest:
            problem.minimize(distance, unit="m")
        elif self.case.least == "time":
            problem.minimize(lambda e, p: e[last].final_time, unit="s")
        else:
            problem.minimize(self._spent, unit="kg")

    def _spent(self, e: Any, p: Any) -> Any:
        return e[self.names[0]].initial.mass - e[self.names[-1]].final.mass


def _final_control(phase: str, control: str) -> Callable[[Any, Any], Any]:
    return lambda e, p: e[phase].final_control[control]


def _off_flow(state: Any, control: Any, inputs: Any) -> Any:
    """Squared tangent of the angle of attack."""
    return control.alpha**2 + control.beta**2


def _mesh(intervals: int) -> Mesh:
    """Even intervals with piecewise linear controls: rate limits that hold at the nodes then hold everywhere."""
    return Mesh.uniform(intervals, 4, control_degree=1)
