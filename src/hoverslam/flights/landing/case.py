"""The statement of a landing: the start, the limits and the case that the guess and the problem are built from.

Positions are metres from the pad along the axes downrange, left and up. Units are SI; angles are in radians.
"""

from dataclasses import dataclass

import numpy as np

from hoverslam.data.radians import MOST_BODY_RATE, MOST_TURN_RATE, RIGHT_ANGLE, check_angle, check_rate
from hoverslam.flights.craft.lander import Lander
from hoverslam.flights.landing.default_limits import default_limits
from hoverslam.flights.landing.limits import LandingLimit
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.winds import Wind

AXES = ("downrange", "left", "up")
AT_REST = 1e-3  # m and m/s; a start closer than this to the pad and to rest has landed already
_DEFAULTS = default_limits().landing


@dataclass(frozen=True)
class LandingStart:
    """The state in which a landing begins.

    Attributes:
        position: From the pad, ``(3,)`` (m): downrange, left, up.
        velocity: Over the ground, ``(3,)`` (m/s), in the same axes.
        mass: Of the vehicle with its propellant (kg).
        attitude: Quaternion ``(4,)``, scalar first, of a rigid body; None leaves it free.
        rate: Angular velocity ``(3,)`` of a rigid body in body axes (rad/s).

    Raises:
        ValueError: If a vector does not have three finite entries, the mass is not positive, or the quaternion does
            not have unit length.
    """

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
        check_rate("start", "rate", self.rate, MOST_BODY_RATE)
        if not (np.isfinite(self.mass) and self.mass > 0.0):
            raise ValueError(f"start: mass is {self.mass}: give a positive number of kilograms")


@dataclass(frozen=True)
class Gate:
    """Tighter limits of a rigid body below a height, flown with the last engine count of the sequence.

    Attributes:
        height: Below which these limits hold (m).
        tilt: Largest angle of the body axis from the vertical (rad).
        rate: Largest angular velocity about each body axis (rad/s).
        gimbal: Largest angle of the thrust from the body axis (rad).
        speed: Largest speed over the ground (m/s).
        cone: Half-angle of the cone above the pad that the position stays inside (rad from the vertical).

    Raises:
        ValueError: If an angle is outside 0 to pi/2, or the rate cannot be in radians a second.
    """

    height: float
    tilt: float
    rate: float
    gimbal: float
    speed: float
    cone: float

    def __post_init__(self) -> None:
        for name in ("tilt", "gimbal", "cone"):
            check_angle("gate", name, getattr(self, name), 0.0, RIGHT_ANGLE)
        check_rate("gate", "rate", self.rate, MOST_BODY_RATE)


@dataclass(frozen=True)
class LandingLimits:
    """Limits that a landing respects. None leaves a limit out; ``files/default_limits.toml`` has the source of defaults.

    Attributes:
        glide_slope: Elevation from the ground of the cone above the touchdown point that the flight stays inside (rad).
        glide_slope_depth: Distance of the tip of that cone below the touchdown point (m).
        tilt: Largest angle of the body axis from the vertical under thrust (rad).
        tilt_at_touchdown: Largest angle of the body axis from the vertical at touchdown (rad).
        angle_of_attack: Largest angle of attack (rad): in the coast, and under thrust where the dynamic pressure is
            above ``angle_of_attack_from``.
        angle_of_attack_from: Dynamic pressure above which the angle of attack is limited under thrust (Pa).
        dynamic_pressure: Largest dynamic pressure (Pa).
        acceleration: Largest acceleration along the body axis, without gravity (m/s2).
        speed: Largest speed over the ground (m/s).
        turn_rate: Largest rate of the body axis against the flow, in air (rad/s).
        shortest_burn: Least time with each engine count, where there are several (s).
        longest_burn: Greatest time with each engine count, where there are several (s).
        body_rate: Largest angular velocity of a rigid body (rad/s).
        rate_at_touchdown: Largest angular velocity of a rigid body at touchdown (rad/s); None means zero.
        gate: Tighter limits on the last metres of a rigid body.
        ground: Whether the height stays above zero. Some cases of the literature leave this limit out.

    Raises:
        ValueError: If an angle is outside 0 to pi/2, a rate cannot be in radians a second, or another limit is not positive.
    """

    glide_slope: float | None = None
    glide_slope_depth: float = 0.5
    tilt: float | None = None
    tilt_at_touchdown: float | None = None
    angle_of_attack: float | None = None
    angle_of_attack_from: float = _DEFAULTS.angle_of_attack_from_kPa.si
    dynamic_pressure: float | None = None
    acceleration: float | None = None
    speed: float | None = None
    turn_rate: float | None = _DEFAULTS.turn_rate_deg_s.si
    shortest_burn: float = _DEFAULTS.shortest_burn_s.si
    longest_burn: float = _DEFAULTS.longest_burn_s.si
    body_rate: float | None = None
    rate_at_touchdown: float | None = None
    gate: Gate | None = None
    ground: bool = True

    def __post_init__(self) -> None:
        for name in ("glide_slope", "tilt", "tilt_at_touchdown", "angle_of_attack"):
            check_angle("landing limits", name, getattr(self, name), 0.0, RIGHT_ANGLE)
        check_rate("landing limits", "turn_rate", self.turn_rate, MOST_TURN_RATE)
        for name in ("body_rate", "rate_at_touchdown"):
            check_rate("landing limits", name, getattr(self, name), MOST_BODY_RATE)
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
    """The statement of a landing without its engine counts; see :class:`hoverslam.flights.landing.solve.Landing`.

    Attributes:
        lander: The vehicle that lands.
        start: The state in which the landing begins.
        limits: The limits that it respects.
        ground: The frame at the pad.
        wind: Wind profile, or None for still air.
        coast: Least and greatest time before ignition (s), or None to light the engines at once.
        burn: Least and greatest time under thrust where one engine count is lit (s).
        touchdown_velocity: Velocity at touchdown ``(3,)`` (m/s).
        least: What is minimised, ``"propellant"`` or ``"time"``.
        added: Limits that the user adds.
    """

    lander: Lander
    start: LandingStart
    limits: LandingLimits
    ground: FlatGround | LaunchFrame
    wind: Wind | None
    coast: tuple[float, float] | None
    burn: tuple[float, float]
    touchdown_velocity: tuple[float, float, float]
    least: str
    added: tuple[LandingLimit, ...] = ()

    @property
    def steers_in_coast(self) -> bool:
        """Whether the coast is steered by an angle of attack: there is air, and the limit on the angle is above zero."""
        return self.lander.has_air and bool(self.limits.angle_of_attack)


def check_start(lander: Lander, start: LandingStart) -> None:
    """Refuse a start from which there is nothing to land.

    Raises:
        ValueError: For a start without propellant, or at rest on the pad.
    """
    if start.mass <= lander.burnout_mass:
        dry = f"{lander.name} has {lander.burnout_mass:,.0f} kg dry"
        raise ValueError(f"landing: start mass {start.mass:,.0f} kg leaves no propellant: {dry}")
    if np.linalg.norm(start.position) < AT_REST and np.linalg.norm(start.velocity) < AT_REST:
        raise ValueError(
            "landing: the start is at rest on the pad: there is nothing to land; give a start above the pad"
        )


def phase_names(case: LandingCase, sequence: tuple[int, ...]) -> list[str]:
    """Return the names of the phases: the coast if there is one, a burn for each engine count, and the gate.

    A count that occurs more than once is numbered: ``burn_3``, ``burn_1``, ``burn_3_2``.
    """
    names = ["coast"] if case.coast is not None else []
    for at, count in enumerate(sequence):
        earlier = sequence[:at].count(count)
        names.append(f"burn_{count}" if not earlier else f"burn_{count}_{earlier + 1}")
    return [*names, "gate"] if case.limits.gate is not None else names


def lit_engines(case: LandingCase, sequence: tuple[int, ...]) -> tuple[int, ...]:
    """Return the engine count of every phase under thrust; the gate is flown with the last one of the sequence."""
    return (*sequence, sequence[-1]) if case.limits.gate is not None else sequence
