"""A vertical burn at constant thrust and gravity, without air: the equations that the closed forms of landing share.

All closed forms are functions of the delta-v D of the burn. With the ideal velocity y = D/c, a burn at constant thrust T
from mass m lasts D m phi(y)/T, and its thrust alone moves the vehicle D^2 m chi(y)/T upwards:

    phi(y) = (1 - e^-y)/y,    chi(y) = (1 - (1 + y) e^-y)/y^2.

These are 1 and 1/2 at y = 0, so that an infinite exhaust speed is a vehicle of constant mass. Everything is in SI units;
velocity and height are positive upwards, and height is measured from the touchdown point.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

from scipy.optimize import brentq

ROUNDING = 1e-12  # of the energy height: a start that misses by less can just land


class CannotLand(ValueError):
    """A landing that is impossible: the vehicle hits the ground, or the propellant does not suffice.

    Attributes:
        height_short: Height missing for the best burn (m); zero where the height suffices.
        propellant_short: Propellant missing (kg); zero where the propellant suffices.
    """

    def __init__(self, message: str, height_short: float = 0.0, propellant_short: float = 0.0) -> None:
        super().__init__(message)
        self.height_short = height_short
        self.propellant_short = propellant_short


@dataclass(frozen=True)
class VerticalLanding:
    """A fall without thrust, then one burn to touchdown.

    Attributes:
        coast_time: Before ignition (s).
        burn_time: From ignition to touchdown (s).
        flight_time: Of both (s).
        ignition_height: Above the touchdown point (m).
        ignition_velocity: Positive upwards (m/s).
        delta_v: Of the burn (m/s).
        gravity_loss: Delta-v beyond the change of speed: gravity times burn time (m/s).
        propellant: Burned (kg); zero at infinite exhaust speed.
        impulse: Thrust times burn time (N s).
    """

    coast_time: float
    burn_time: float
    flight_time: float
    ignition_height: float
    ignition_velocity: float
    delta_v: float
    gravity_loss: float
    propellant: float
    impulse: float


@dataclass(frozen=True)
class Burn:
    """A burn at constant thrust, described by functions of its delta-v.

    Attributes:
        mass: At ignition (kg).
        thrust: Constant (N).
        exhaust_speed: Thrust over mass flow (m/s); infinite for constant mass.
        gravity: Constant, downwards (m/s2).
        touchdown_speed: Downward speed at which the burn ends (m/s).

    Raises:
        ValueError: For an argument out of range.
    """

    mass: float
    thrust: float
    exhaust_speed: float
    gravity: float
    touchdown_speed: float = 0.0

    def __post_init__(self) -> None:
        require_positive("mass", self.mass, "kilograms")
        require_positive("thrust", self.thrust, "newtons")
        require(
            "exhaust_speed", self.exhaust_speed, self.exhaust_speed > 0.0, "give m/s above 0, inf for constant mass"
        )
        require_positive("gravity", self.gravity, "m/s2")
        require("touchdown_speed", self.touchdown_speed, 0.0 <= self.touchdown_speed < math.inf, "give m/s, 0 or above")

    def time(self, delta_v: float) -> float:
        """Return the duration of the burn (s)."""
        return delta_v * self.mass / self.thrust * phi(delta_v / self.exhaust_speed)

    def lift(self, delta_v: float) -> float:
        """Return the height that the thrust adds to the fall (m)."""
        return delta_v**2 * self.mass / self.thrust * chi(delta_v / self.exhaust_speed)

    def propellant(self, delta_v: float) -> float:
        """Return the propellant burned (kg), Tsiolkovsky 1903."""
        return -self.mass * math.expm1(-delta_v / self.exhaust_speed)

    def require_lift(self) -> None:
        """Check that the thrust exceeds the weight at ignition."""
        weight = self.mass * self.gravity
        require("thrust", self.thrust, self.thrust > weight, f"give more than the weight at the start, {weight:g} N")

    def throttled(self, throttle: float) -> "Burn":
        """Return the same burn at a share of its thrust."""
        self.require_lift()
        least = self.mass * self.gravity / self.thrust
        remedy = f"give a share of full thrust above {least:g}, which only carries the weight, at most 1"
        require("throttle", throttle, least < throttle <= 1.0, remedy)
        return replace(self, thrust=throttle * self.thrust)

    def stopping_delta_v(self, speed: float) -> float:
        """Return the delta-v of the burn from a downward ``speed`` (m/s) to the touchdown speed (m/s)."""
        to_lose = speed - self.touchdown_speed
        if to_lose <= 0.0:
            return 0.0

        def excess_speed(delta_v: float) -> float:
            return delta_v - to_lose - self.gravity * self.time(delta_v)

        return root(excess_speed, to_lose, self._most_delta_v(to_lose, power=1.0))

    def required(self, height: float, speed: float) -> tuple[float, float]:
        """Return the thrust (N) that makes a burn lit at once end at the ground, and its delta-v (m/s)."""
        to_lose = speed - self.touchdown_speed

        def excess_height(loss: float) -> float:
            ideal = (to_lose + loss) / self.exhaust_speed
            fall = speed + loss / 2.0 - (to_lose + loss) * chi(ideal) / phi(ideal)
            return height - loss / self.gravity * fall

        loss = root(excess_height, 0.0, 4.0 * self.gravity * height / (speed + self.touchdown_speed))
        delta_v = to_lose + loss
        return self.mass * self.gravity * delta_v * phi(delta_v / self.exhaust_speed) / loss, delta_v

    def end_height(self, height: float, velocity: float, delta_v: float) -> float:
        """Return the height at which coast and burn end if they end at the touchdown speed (m)."""
        arrival = delta_v + self.touchdown_speed
        return height + (velocity - arrival) * (velocity + arrival) / (2.0 * self.gravity) + self.lift(delta_v)

    def landing_delta_v(self, height: float, velocity: float) -> float:
        """Return the delta-v of a landing (m/s); the least one is that of full thrust lit at once."""
        require("height", height, 0.0 <= height < math.inf, "give metres above the touchdown point, zero or above")
        require("velocity", velocity, math.isfinite(velocity), "give m/s, positive upwards")
        self.require_lift()
        least = self.stopping_delta_v(-velocity)
        energy_height = height + velocity**2 / (2.0 * self.gravity)
        end_height = self.end_height(height, velocity, least)
        if end_height < -ROUNDING * energy_height:
            self._refuse(energy_height, least, end_height)
        if end_height <= 0.0:
            return least
        most = self._most_delta_v(math.sqrt(2.0 * self.gravity * energy_height), power=0.5)
        return root(lambda delta_v: self.end_height(height, velocity, delta_v), least, most)

    def landing(self, height: float, velocity: float) -> VerticalLanding:
        """Return the landing from a height (m) and an upward velocity (m/s)."""
        delta_v = self.landing_delta_v(height, velocity)
        burn_time = self.time(delta_v)
        coast_time = max(0.0, (velocity + self.touchdown_speed + delta_v) / self.gravity - burn_time)
        return VerticalLanding(
            coast_time=coast_time,
            burn_time=burn_time,
            flight_time=coast_time + burn_time,
            ignition_height=height + (velocity - self.gravity * coast_time / 2.0) * coast_time,
            ignition_velocity=velocity - self.gravity * coast_time,
            delta_v=delta_v,
            gravity_loss=self.gravity * burn_time,
            propellant=self.propellant(delta_v),
            impulse=self.thrust * burn_time,
        )

    def _most_delta_v(self, speed: float, power: float) -> float:
        """Return an upper bound: twice speed (T/(T - m g))^power, the value at constant mass; a falling mass lowers it."""
        return 2.0 * speed * (self.thrust / (self.thrust - self.mass * self.gravity)) ** power

    def _refuse(self, energy_height: float, delta_v: float, end_height: float) -> NoReturn:
        if delta_v == 0.0:
            fall = math.sqrt(2.0 * self.gravity * energy_height)
            raise ValueError(
                f"touchdown_speed = {self.touchdown_speed:g}: free fall reaches {fall:g} m/s: give at most that"
            )
        raise CannotLand(
            f"cannot land: {-end_height:.6g} m too low: full thrust ({self.thrust:g} N) at once reaches "
            f"touchdown_speed = {self.touchdown_speed:g} m/s that far below the ground",
            height_short=-end_height,
        )


def phi(ideal: float) -> float:
    """Return (1 - e^-y)/y, the mean mass over the mass at ignition, at ideal velocity y."""
    return -math.expm1(-ideal) / ideal if ideal > 0.0 else 1.0


def chi(ideal: float) -> float:
    """Return (1 - (1 + y) e^-y)/y^2, by its power series where the difference would cancel."""
    if ideal > 0.5:
        return (-math.expm1(-ideal) - ideal * math.exp(-ideal)) / ideal**2
    term, total = 1.0, 0.5
    for order in range(1, 16):
        term *= -ideal / order
        total += term / (order + 2)
    return total


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the root of a monotone function between ``low`` and ``high``, to the last digits."""
    return float(brentq(function, low, high, xtol=sys.float_info.min, rtol=4.0 * sys.float_info.epsilon, maxiter=1000))


def require_positive(name: str, value: float, unit: str) -> None:
    """Raise ``ValueError`` unless an argument is positive and finite."""
    require(name, value, 0.0 < value < math.inf, f"give {unit} above 0")


def require(name: str, value: float, holds: bool, remedy: str) -> None:
    """Raise ``ValueError`` with the argument, its value and the remedy unless ``holds``."""
    if not holds:
        raise ValueError(f"{name} = {value:g}: {remedy}")
