"""Closed forms of the burn that stops a fall at the ground (a hover-slam), without air.

:func:`stopping_burn` says how high the burn must begin, :func:`required_thrust` which thrust stops from a given height, and
:func:`throttle_margin` which throttle a planned burn needs after a late ignition or with a weak engine.
"""

import math
from dataclasses import dataclass

from hoverslam.flights.references.burn import Burn, CannotLand, require
from hoverslam.physics.constants import STANDARD_GRAVITY


@dataclass(frozen=True)
class StoppingBurn:
    """One burn that stops a fall and ends at the ground, also called a hover-slam.

    Attributes:
        ignition_height: Above the touchdown point (m).
        burn_time: From ignition to touchdown (s).
        delta_v: Of the burn (m/s).
        gravity_loss: Gravity times burn time (m/s).
        propellant: Burned (kg).
    """

    ignition_height: float
    burn_time: float
    delta_v: float
    gravity_loss: float
    propellant: float


@dataclass(frozen=True)
class ThrottleMargin:
    """The throttle that a stopping burn needs after a late ignition or with a weak engine.

    Attributes:
        ignition_height: Height at the real ignition (m).
        ignition_velocity: Velocity at the real ignition, positive upwards (m/s).
        throttle_needed: Constant throttle that still stops at the ground, as a share of the thrust of the real engine.
        propellant: Burned at that throttle (kg).
        latest_ignition_height: Lowest height at which full throttle still stops at the ground (m).
        time_margin: Time from the real ignition to that height (s); negative if it has passed.
    """

    ignition_height: float
    ignition_velocity: float
    throttle_needed: float
    propellant: float
    latest_ignition_height: float
    time_margin: float

    @property
    def margin(self) -> float:
        """Share of the thrust of the engine that is not needed; negative if the vehicle hits the ground."""
        return 1.0 - self.throttle_needed

    @property
    def lands(self) -> bool:
        """Whether full throttle suffices."""
        return self.throttle_needed <= 1.0


def stopping_burn(
    *,
    speed: float,
    mass: float,
    thrust: float,
    exhaust_speed: float,
    throttle: float = 1.0,
    gravity: float = STANDARD_GRAVITY,
    touchdown_speed: float = 0.0,
) -> StoppingBurn:
    """Return the burn at constant throttle that stops a fall at the ground.

    It is the burn half of Meditch 1964: ignition is where the same burn, integrated from there, ends at height zero.

    Args:
        speed: At ignition, downwards (m/s).
        mass: At ignition (kg).
        thrust: At full throttle (N).
        exhaust_speed: Thrust over mass flow (m/s); ``math.inf`` for constant mass.
        throttle: Constant share of the thrust.
        gravity: Constant, downwards (m/s2).
        touchdown_speed: Downward speed at touchdown (m/s).

    Raises:
        ValueError: For an argument out of range, or throttled thrust that does not exceed the weight.
    """
    burn = Burn(mass, thrust, exhaust_speed, gravity, touchdown_speed).throttled(throttle)
    require("speed", speed, touchdown_speed <= speed < math.inf, f"give m/s, at least {touchdown_speed:g}")
    delta_v = burn.stopping_delta_v(speed)
    burn_time = burn.time(delta_v)
    return StoppingBurn(
        ignition_height=speed * burn_time + gravity * burn_time**2 / 2.0 - burn.lift(delta_v),
        burn_time=burn_time,
        delta_v=delta_v,
        gravity_loss=gravity * burn_time,
        propellant=burn.propellant(delta_v),
    )


def required_thrust(
    *,
    height: float,
    speed: float,
    mass: float,
    exhaust_speed: float,
    gravity: float = STANDARD_GRAVITY,
    touchdown_speed: float = 0.0,
) -> float:
    """Return the constant thrust (N) that, lit at a height and a downward speed, stops at the ground.

    The unknown is the gravity loss L = g t. With D = v - w + L the two equations of the burn (Meditch 1964) become

        h = (L/g) (v + L/2 - D chi(y)/phi(y)),    y = D/c.

    The right side rises with L, and L <= 2 g h/(v + w), its value at constant mass. Far above the ground the thrust may be
    less than the starting weight, because the mass falls on the way.

    Args:
        height: At ignition (m).
        speed: At ignition, downwards (m/s).
        mass: At ignition (kg).
        exhaust_speed: Thrust over mass flow (m/s); ``math.inf`` for constant mass.
        gravity: Constant, downwards (m/s2).
        touchdown_speed: Downward speed at touchdown w (m/s).

    Raises:
        ValueError: For an argument out of range, or a vehicle that does not fall faster than ``touchdown_speed``.
    """
    burn = Burn(mass, 1.0, exhaust_speed, gravity, touchdown_speed)
    require("height", height, 0.0 < height < math.inf, "give metres above 0: from the ground no thrust stops a fall")
    require("speed", speed, touchdown_speed < speed < math.inf, f"give m/s downwards above {touchdown_speed:g}")
    return burn.required(height, speed)[0]


def throttle_margin(
    *,
    height: float,
    velocity: float,
    mass: float,
    thrust: float,
    exhaust_speed: float,
    throttle: float,
    late: float = 0.0,
    thrust_loss: float = 0.0,
    gravity: float = STANDARD_GRAVITY,
    touchdown_speed: float = 0.0,
) -> ThrottleMargin:
    """Return the throttle that a planned landing needs if the burn starts late or the engine is weak.

    The plan is :func:`vertical_landing` at ``throttle`` times ``thrust``. The real burn starts ``late`` seconds after the
    planned ignition, with an engine that gives ``thrust`` less the fraction ``thrust_loss`` at full throttle, at the same
    exhaust speed. Both burns: Meditch 1964.

    Args:
        height: At the start (m).
        velocity: At the start, positive upwards (m/s).
        mass: At ignition (kg).
        thrust: At full throttle (N).
        exhaust_speed: Thrust over mass flow (m/s).
        throttle: Planned share of the thrust.
        late: Delay of the ignition (s); negative if it is early.
        thrust_loss: Fraction of the thrust that is lost.
        gravity: Constant, downwards (m/s2).
        touchdown_speed: Downward speed at touchdown (m/s).

    Raises:
        CannotLand: If the plan does not land, if the vehicle is on the ground before the burn starts, or if the thrust
            that is left, lit at once, does not land.
        ValueError: For an argument out of range, or thrust that does not exceed the weight.
    """
    full = Burn(mass, thrust, exhaust_speed, gravity, touchdown_speed)
    planned = full.throttled(throttle).landing(height, velocity)
    most_loss = 1.0 - mass * gravity / thrust
    require("thrust_loss", thrust_loss, 0.0 <= thrust_loss < most_loss, f"give a fraction, 0 to below {most_loss:g}")
    real = full.throttled(1.0 - thrust_loss)
    latest = real.landing(height, velocity)

    earliest = max(-planned.coast_time, (planned.ignition_velocity + touchdown_speed) / gravity)
    require("late", late, earliest <= late < math.inf, f"give seconds, at least {earliest:g}")
    ignition_velocity = planned.ignition_velocity - gravity * late
    ignition_height = planned.ignition_height + (planned.ignition_velocity - gravity * late / 2.0) * late
    if ignition_height <= 0.0:
        raise CannotLand(
            f"cannot land: late = {late:g} s: the vehicle is {-ignition_height:.6g} m too low when the burn starts",
            height_short=-ignition_height,
        )
    needed, delta_v = real.required(ignition_height, -ignition_velocity)
    return ThrottleMargin(
        ignition_height=ignition_height,
        ignition_velocity=ignition_velocity,
        throttle_needed=needed / real.thrust,
        propellant=real.propellant(delta_v),
        latest_ignition_height=latest.ignition_height,
        time_margin=latest.coast_time - planned.coast_time - late,
    )
