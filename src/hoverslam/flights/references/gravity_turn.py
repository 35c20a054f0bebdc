"""Closed form of a gravity turn: a landing with thrust against the velocity, without air and over flat ground."""

import math
from dataclasses import dataclass

import numpy as np

from hoverslam.flights.references.burn import ROUNDING, Burn, require, require_positive, root
from hoverslam.physics.constants import STANDARD_GRAVITY


@dataclass(frozen=True)
class GravityTurnState:
    """A state of a gravity turn, relative to the point where it stops.

    Attributes:
        time_to_go: Until the stop (s).
        distance_to_go: Over the ground until the stop (m).
        height: Above the stop (m).
        speed: (m/s).
        horizontal_velocity: Towards the stop (m/s).
        vertical_velocity: Positive upwards (m/s).
        angle_from_vertical: Of the velocity, from straight down (rad).
        path_parameter: Tangent of half that angle.
    """

    time_to_go: float
    distance_to_go: float
    height: float
    speed: float
    horizontal_velocity: float
    vertical_velocity: float
    angle_from_vertical: float
    path_parameter: float


@dataclass(frozen=True)
class GravityTurn:
    """A landing with thrust acceleration n g against the velocity; the result of :func:`gravity_turn_landing`.

    Attributes:
        speed: At the start (m/s).
        angle_from_vertical: Of the velocity at the start, from straight down (rad).
        thrust_ratio: Thrust acceleration over gravity, n.
        gravity: (m/s2).
        constant: C = v/(z^(n-1) (1 + z^2)), z the tangent of half the angle (m/s); infinite for a vertical fall.
        time: From start to stop (s).
        ground_distance: From start to stop (m).
        height_lost: From start to stop (m).
        delta_v: n g times the time (m/s).
        propellant: Burned (kg); None where no mass was given.
    """

    speed: float
    angle_from_vertical: float
    thrust_ratio: float
    gravity: float
    constant: float
    time: float
    ground_distance: float
    height_lost: float
    delta_v: float
    propellant: float | None

    def at_path_parameter(self, path_parameter: float) -> GravityTurnState:
        """Return the state where the tangent of half the angle of the velocity from straight down is ``path_parameter``.

        Raises:
            ValueError: Outside the range from 0 (the stop) to the value at the start, or for a vertical fall, along which
                it is zero.
        """
        start = math.tan(self.angle_from_vertical / 2.0)
        if start == 0.0:
            raise ValueError(f"path_parameter = {path_parameter}: a vertical fall has none: use at_time_to_go")
        inside = 0.0 <= path_parameter <= start * (1.0 + ROUNDING)
        require("path_parameter", path_parameter, inside, f"give 0 (the stop) to {start:g} (the start)")
        return self._state((path_parameter / start) ** (self.thrust_ratio - 1.0), path_parameter)

    def at_time_to_go(self, time_to_go: float) -> GravityTurnState:
        """Return the state ``time_to_go`` seconds before the stop.

        Raises:
            ValueError: Outside 0 to the time of the whole turn.
        """
        inside = 0.0 <= time_to_go <= self.time * (1.0 + ROUNDING)
        require("time_to_go", time_to_go, inside, f"give 0 to {self.time:g} s")
        n, start = self.thrust_ratio, math.tan(self.angle_from_vertical / 2.0)
        whole = 1.0 / (n - 1.0) + start**2 / (n + 1.0)
        remaining = min(time_to_go / self.time, 1.0) * whole

        def excess_time(power: float) -> float:
            return power / (n - 1.0) + start**2 * power ** ((n + 1.0) / (n - 1.0)) / (n + 1.0) - remaining

        power = root(excess_time, 0.0, 1.0)
        return self._state(power, start * power ** (1.0 / (n - 1.0)))

    def _state(self, power: float, z: float) -> GravityTurnState:
        """Return the state at path parameter ``z``: its value at the start times ``power`` to the 1/(n - 1)."""
        start = math.tan(self.angle_from_vertical / 2.0)
        speed = self.speed * power * (1.0 + z**2) / (1.0 + start**2)
        angle = 2.0 * math.atan(z)
        time, distance, height = _gravity_turn_to_go(speed, z, self.thrust_ratio, self.gravity)
        return GravityTurnState(
            time_to_go=time,
            distance_to_go=distance,
            height=height,
            speed=speed,
            horizontal_velocity=speed * math.sin(angle),
            vertical_velocity=-speed * math.cos(angle),
            angle_from_vertical=angle,
            path_parameter=z,
        )


def gravity_turn_landing(
    *,
    speed: float,
    angle_from_vertical: float,
    thrust_ratio: float,
    gravity: float = STANDARD_GRAVITY,
    mass: float | None = None,
    exhaust_speed: float | None = None,
) -> GravityTurn:
    """Return the landing whose thrust acceleration is n times gravity, against the velocity, over flat ground.

    From v' = g (cos psi - n) and v psi' = -g sin psi, with z = tan(psi/2): v = C z^(n-1) (1 + z^2), and time, ground
    distance and height are powers of z. The velocity points straight down at the stop. Citron, Dunin and Meissinger 1964,
    AIAA Journal 2(3).

    Args:
        speed: At the start (m/s).
        angle_from_vertical: Of the velocity from straight down, psi, below pi (rad).
        thrust_ratio: Thrust acceleration over gravity, n, above 1.
        gravity: Constant, downwards (m/s2).
        mass: At the start (kg); with ``exhaust_speed``, or None without propellant.
        exhaust_speed: Thrust over mass flow (m/s).

    Raises:
        ValueError: For ``thrust_ratio`` of 1 or less, which never stops, another argument out of range, or only one of
            ``mass`` and ``exhaust_speed``.
    """
    require_positive("speed", speed, "m/s")
    require(
        "angle_from_vertical", angle_from_vertical, 0.0 <= angle_from_vertical < math.pi, "give radians, 0 to below pi"
    )
    require("thrust_ratio", thrust_ratio, 1.0 < thrust_ratio < math.inf, "give above 1: less never stops the fall")
    require_positive("gravity", gravity, "m/s2")
    if (mass is None) != (exhaust_speed is None):
        raise ValueError(f"mass = {mass}, exhaust_speed = {exhaust_speed}: give both for propellant, or neither")
    z = math.tan(angle_from_vertical / 2.0)
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        constant = float(speed * np.float64(z) ** (1.0 - thrust_ratio) / (1.0 + z**2))
    time, distance, height = _gravity_turn_to_go(speed, z, thrust_ratio, gravity)
    delta_v = thrust_ratio * gravity * time
    propellant = None
    if mass is not None and exhaust_speed is not None:
        propellant = Burn(mass, mass * thrust_ratio * gravity, exhaust_speed, gravity).propellant(delta_v)
    return GravityTurn(
        speed, angle_from_vertical, thrust_ratio, gravity, constant, time, distance, height, delta_v, propellant
    )


def _gravity_turn_to_go(speed: float, z: float, n: float, gravity: float) -> tuple[float, float, float]:
    """Return time (s), ground distance (m) and height (m) from a point of a gravity turn to its stop."""
    reduced = speed / (1.0 + z**2)  # C z^(n-1), which stays finite for a vertical fall
    time = reduced / gravity * (1.0 / (n - 1.0) + z**2 / (n + 1.0))
    distance = 2.0 * reduced**2 / gravity * z * (1.0 / (2.0 * n - 1.0) + z**2 / (2.0 * n + 1.0))
    height = reduced**2 / gravity * (1.0 / (2.0 * n - 2.0) - z**4 / (2.0 * n + 2.0))
    return time, distance, height
