"""Closed forms of landing without air at constant gravity: quick answers, and answers to compare numeric optima with.

Four questions. :func:`vertical_landing`: fall and then burn at full thrust for the least propellant (with its exact
derivatives, :func:`landing_sensitivities`). :func:`hoverslam`: how high must a burn begin that stops a given speed, and
:func:`throttle_margin`: what does a late ignition or a weak engine leave of a planned throttle.
:func:`minimum_landing_propellant`: what no landing can undercut. :func:`gravity_turn_landing`: the burn against the
velocity, in two dimensions.

The variable in which all of them are short is the delta-v D of the burn. With the ideal velocity y = D/c, a burn at
constant thrust T from mass m lasts D m phi(y)/T and carries the vehicle, by its thrust alone, D^2 m chi(y)/T upwards:

    phi(y) = (1 - e^-y)/y,    chi(y) = (1 - (1 + y) e^-y)/y^2,

1 and 1/2 at y = 0, so that an infinite exhaust speed is the vehicle of constant mass. Everything is in SI; velocity and
height are positive upwards, and height is measured from the touchdown point.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

import numpy as np
from scipy.optimize import brentq

from hoverslam.physics.constants import STANDARD_GRAVITY

ROUNDING = 1e-12  # of the energy height: a shortfall below this is a start on the very edge, not a crash


class CannotLand(ValueError):
    """The vehicle hits the ground, or runs dry.

    Attributes:
        height_short: how far below the touchdown point the best burn would end (m); zero where height suffices.
        propellant_short: how much more would have to be aboard (kg); zero where it suffices.
    """

    def __init__(self, message: str, height_short: float = 0.0, propellant_short: float = 0.0) -> None:
        super().__init__(message)
        self.height_short = height_short
        self.propellant_short = propellant_short


@dataclass(frozen=True)
class VerticalLanding:
    """A fall, then one burn to touchdown.

    Attributes:
        coast_time, burn_time, flight_time: (s).
        ignition_height: above the touchdown point (m).
        ignition_velocity: positive upwards (m/s).
        delta_v: of the burn (m/s).
        gravity_loss: delta-v beyond the speed the burn takes away, gravity times burn time (m/s).
        propellant: (kg), zero at infinite exhaust speed.
        impulse: thrust times burn time (N s).
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
class PropellantSensitivities:
    """Derivatives of the least landing propellant: kg for each m, m/s (upwards), kg, N, s, m/s2, m/s."""

    height: float
    velocity: float
    mass: float
    thrust: float
    isp: float
    gravity: float
    touchdown_speed: float


@dataclass(frozen=True)
class HoverSlam:
    """One burn that takes away a downward speed and ends at the ground.

    Attributes:
        ignition_height: (m); burn_time (s); delta_v, gravity_loss (m/s); propellant (kg).
    """

    ignition_height: float
    burn_time: float
    delta_v: float
    gravity_loss: float
    propellant: float


@dataclass(frozen=True)
class ThrottleMargin:
    """What is left of a hover-slam after a late ignition or with a weak engine.

    Attributes:
        ignition_height, ignition_velocity: where the burn really begins (m, m/s upwards).
        throttle_needed: constant throttle that still stops at the ground, as a share of the thrust the engine has left.
        propellant: burnt at that throttle (kg).
        latest_ignition_height: where full throttle must begin at the latest (m).
        time_margin: how much later than the real ignition that is (s); negative when it has passed.
    """

    ignition_height: float
    ignition_velocity: float
    throttle_needed: float
    propellant: float
    latest_ignition_height: float
    time_margin: float

    @property
    def margin(self) -> float:
        """Share of the engine's thrust that is left over; negative when the vehicle hits the ground."""
        return 1.0 - self.throttle_needed

    @property
    def lands(self) -> bool:
        """Whether full throttle is enough."""
        return self.throttle_needed <= 1.0


@dataclass(frozen=True)
class LandingPropellantBound:
    """Lower bounds of landing propellant (kg). ``finite_thrust`` is None where no thrust was given."""

    impulsive: float
    finite_thrust: float | None


def vertical_landing(
    *,
    height: float,
    velocity: float,
    mass: float,
    thrust: float,
    exhaust_speed: float,
    gravity: float = STANDARD_GRAVITY,
    dry_mass: float | None = None,
    touchdown_speed: float = 0.0,
) -> VerticalLanding:
    """The vertical landing of least propellant: free fall, then full ``thrust`` (N) until touchdown.

    From ``height`` (m) above the touchdown point at ``velocity`` (m/s, positive upwards), with ``mass`` (kg) at
    ``exhaust_speed`` (m/s, ``math.inf`` for constant mass) under constant ``gravity`` (m/s2), to the ground at
    ``touchdown_speed`` w (m/s, downwards). No history of upward thrust between zero and ``thrust`` needs less: without
    the flight time, the two conditions at touchdown are one,

        h + v^2/(2g) - (D + w)^2/(2g) + (height that thrust adds) = 0,

    delta-v D adds least when it comes last and at full thrust, D^2 m chi(D/c)/T, so that the left side with that least
    is at most zero at every landing, and it falls with D. Its root is returned. Meditch 1964, IEEE Transactions on
    Automatic Control 9(4).

    Raises:
        CannotLand: when full thrust at once ends below the ground, or when propellant runs out at ``dry_mass`` (kg).
        ValueError: for an argument out of range, thrust that does not exceed the starting weight, or a touchdown speed
            that free fall does not reach.
    """
    burn = _Burn(mass, thrust, exhaust_speed, gravity, touchdown_speed)
    landing = burn.landing(height, velocity)
    if dry_mass is not None:
        _require("dry_mass", dry_mass, 0.0 < dry_mass <= mass, f"give kilograms above 0, at most mass = {mass:g}")
        short = landing.propellant - (mass - dry_mass)
        if short > ROUNDING * mass:
            raise CannotLand(
                f"cannot land: {short:.6g} kg short of propellant: the burn takes {landing.propellant:.6g} kg, "
                f"mass - dry_mass leaves {mass - dry_mass:.6g} kg",
                propellant_short=short,
            )
    return landing


def landing_sensitivities(
    *,
    height: float,
    velocity: float,
    mass: float,
    thrust: float,
    exhaust_speed: float,
    gravity: float = STANDARD_GRAVITY,
    touchdown_speed: float = 0.0,
) -> PropellantSensitivities:
    """Exact derivatives of the propellant of :func:`vertical_landing` with respect to its arguments.

    By the implicit function theorem on its equation F(D, p) = 0: dD/dp = -F_p/F_D. For a start from which only full
    thrust at once lands, they are the derivatives towards the starts that can still land. Specific impulse is
    ``exhaust_speed`` over standard gravity, wherever the landing is.

    Raises:
        CannotLand, ValueError: as :func:`vertical_landing`, and where nothing is burned, which has no derivative.
    """
    burn = _Burn(mass, thrust, exhaust_speed, gravity, touchdown_speed)
    delta_v = burn.landing_delta_v(height, velocity)
    if delta_v == 0.0:
        raise ValueError(
            f"height = {height:g} m, velocity = {velocity:g} m/s: already landed at touchdown_speed = "
            f"{touchdown_speed:g} m/s, where propellant has no derivative: start higher or faster"
        )
    lift = burn.lift(delta_v)
    arrival = delta_v + touchdown_speed
    final_mass = mass - burn.propellant(delta_v)
    slope = delta_v * final_mass / thrust - arrival / gravity
    lift_by_exhaust_speed = (2.0 * lift - delta_v**2 * final_mass / thrust) / exhaust_speed
    by_delta_v = final_mass / exhaust_speed

    def total(partial: float, residual_partial: float) -> float:
        return partial - by_delta_v * residual_partial / slope

    return PropellantSensitivities(
        height=total(0.0, 1.0),
        velocity=total(0.0, velocity / gravity),
        mass=total(burn.propellant(delta_v) / mass, lift / mass),
        thrust=total(0.0, -lift / thrust),
        isp=total(-by_delta_v * delta_v / exhaust_speed, lift_by_exhaust_speed) * STANDARD_GRAVITY,
        gravity=total(0.0, (arrival - velocity) * (arrival + velocity) / (2.0 * gravity**2)),
        touchdown_speed=total(0.0, -arrival / gravity),
    )


def hoverslam(
    *,
    speed: float,
    mass: float,
    thrust: float,
    exhaust_speed: float,
    throttle: float = 1.0,
    gravity: float = STANDARD_GRAVITY,
    touchdown_speed: float = 0.0,
) -> HoverSlam:
    """The burn at constant ``throttle`` that takes a falling vehicle from ``speed`` (m/s, downwards) to the ground.

    ``mass`` (kg) at ignition, ``thrust`` (N) at full throttle, ``exhaust_speed`` (m/s, ``math.inf`` for constant mass),
    ``gravity`` (m/s2); it arrives at ``touchdown_speed`` (m/s). The burn half of Meditch 1964: ignition where the same
    burn, run from there, ends at height zero.

    Raises:
        ValueError: for an argument out of range, or throttled thrust that does not exceed the weight.
    """
    burn = _Burn(mass, thrust, exhaust_speed, gravity, touchdown_speed).throttled(throttle)
    _require("speed", speed, touchdown_speed <= speed < math.inf, f"give m/s, at least {touchdown_speed:g}")
    delta_v = burn.stopping_delta_v(speed)
    burn_time = burn.time(delta_v)
    return HoverSlam(
        ignition_height=speed * burn_time + gravity * burn_time**2 / 2.0 - burn.lift(delta_v),
        burn_time=burn_time,
        delta_v=delta_v,
        gravity_loss=gravity * burn_time,
        propellant=burn.propellant(delta_v),
    )


def constant_mass_stopping_height(speed: float, acceleration: float, gravity: float = STANDARD_GRAVITY) -> float:
    """Height in which thrust ``acceleration`` a (m/s2) stops a fall at ``speed`` v (m/s): v^2/(2(a - g)), in m.

    Uniform acceleration. Raises ``ValueError`` for a speed below zero or a <= g.
    """
    return speed**2 / (2.0 * _net_acceleration(speed, acceleration, gravity))


def constant_mass_stopping_delta_v(speed: float, acceleration: float, gravity: float = STANDARD_GRAVITY) -> float:
    """Delta-v with which thrust ``acceleration`` a (m/s2) stops a fall at ``speed`` v (m/s): v a/(a - g), in m/s.

    The burn lasts v/(a - g). Raises ``ValueError`` for a speed below zero or a <= g.
    """
    return speed * acceleration / _net_acceleration(speed, acceleration, gravity)


def required_thrust(
    *,
    height: float,
    speed: float,
    mass: float,
    exhaust_speed: float,
    gravity: float = STANDARD_GRAVITY,
    touchdown_speed: float = 0.0,
) -> float:
    """Constant thrust (N) that, lit at ``height`` (m) and downward ``speed`` (m/s), ends at the ground at
    ``touchdown_speed`` (m/s).

    ``mass`` (kg) at ignition, ``exhaust_speed`` (m/s, ``math.inf`` for constant mass), ``gravity`` (m/s2). The unknown
    is the gravity loss L = g t: with D = v - w + L the two equations of the burn become

        h = (L/g) (v + L/2 - D chi(y)/phi(y)),    y = D/c,

    whose right side rises with L, and L <= 2 g h/(v + w), its value at constant mass. Far above the ground the answer
    may be less than the starting weight: mass depletes on the way. From the equations of Meditch 1964.

    Raises:
        ValueError: for an argument out of range, or a vehicle that is not falling faster than ``touchdown_speed``.
    """
    burn = _Burn(mass, 1.0, exhaust_speed, gravity, touchdown_speed)
    _require("height", height, 0.0 < height < math.inf, "give metres above 0: from the ground no thrust stops a fall")
    _require("speed", speed, touchdown_speed < speed < math.inf, f"give m/s downwards above {touchdown_speed:g}")
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
    """What the throttle of a planned hover-slam must become when the burn starts late or the engine is weak.

    The plan is :func:`vertical_landing` from ``height`` (m) and ``velocity`` (m/s, upwards) at ``throttle`` times
    ``thrust`` (N). The burn really starts ``late`` seconds after its planned ignition (early where negative), with an
    engine that gives ``thrust`` less the fraction ``thrust_loss`` at full throttle, at the same ``exhaust_speed``
    (m/s). ``mass`` (kg) at ignition, ``gravity`` (m/s2), ``touchdown_speed`` (m/s). Both burns: Meditch 1964.

    Raises:
        CannotLand: when the plan does not land, when the vehicle is on the ground before the burn starts, or when not
            even the whole thrust that is left, lit at once, lands.
        ValueError: for an argument out of range, or thrust that does not exceed the weight.
    """
    full = _Burn(mass, thrust, exhaust_speed, gravity, touchdown_speed)
    planned = full.throttled(throttle).landing(height, velocity)
    most_loss = 1.0 - mass * gravity / thrust
    _require("thrust_loss", thrust_loss, 0.0 <= thrust_loss < most_loss, f"give a fraction, 0 to below {most_loss:g}")
    real = full.throttled(1.0 - thrust_loss)
    latest = real.landing(height, velocity)

    earliest = max(-planned.coast_time, (planned.ignition_velocity + touchdown_speed) / gravity)
    _require("late", late, earliest <= late < math.inf, f"give seconds, at least {earliest:g}")
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


def minimum_landing_propellant(
    *,
    speed: float,
    mass: float,
    exhaust_speed: float,
    height: float = 0.0,
    touchdown_speed: float = 0.0,
    gravity: float = STANDARD_GRAVITY,
    thrust: float | None = None,
    dry_mass: float | None = None,
) -> LandingPropellantBound:
    """Propellant (kg) that no landing without air can undercut, whatever its throttle history.

    From ``speed`` (m/s) at ``height`` (m) above the touchdown point, with ``mass`` (kg) at ``exhaust_speed`` (m/s)
    under constant ``gravity`` (m/s2), to the ground at no more than ``touchdown_speed`` w (m/s). Delta-v D becomes
    propellant by m (1 - exp(-D/c)) (Tsiolkovsky 1903).

    ``impulsive``, for any direction of flight and thrust: D >= sqrt(v^2 + 2 g h) - w. Proof: with E = v^2/2 + g h,
    thrust acceleration u changes E at no more than the rate u v, and v <= sqrt(2E) above the ground, so that sqrt(2E)
    falls no faster than u; it must fall to w. At height zero this is m (1 - exp(-v/c)).

    ``finite_thrust``, for vertical flight, now falling, on upward thrust of at most ``thrust`` (N) and never lighter
    than ``dry_mass`` (kg), so that u <= a = thrust/dry_mass. With t the time to touchdown, D = v - w + g t. (1) t >=
    D/a, hence D >= (v - w) a/(a - g). (2) h - v t - g t^2/2 + (integral of u times the time to go) = 0; the integral is
    at least D^2/(2a), as when all of D comes last and at a; without t, (D + w)^2/(2g) - D^2/(2a) >= h + v^2/(2g). The
    greater D of the two counts. Both, and the first bound, fall with w, so that a softer touchdown needs no less.

    A burn at the starting acceleration, v a/(a - g) with a = thrust/mass, is no bound: mass depletes.

    Raises:
        ValueError: for an argument out of range, only one of ``thrust`` and ``dry_mass``, or ``thrust`` that does not
            exceed the weight of ``dry_mass``.
    """
    burn = _Burn(mass, 1.0, exhaust_speed, gravity, touchdown_speed)
    _require("speed", speed, 0.0 <= speed < math.inf, "give m/s, zero or above")
    _require("height", height, 0.0 <= height < math.inf, "give metres above the touchdown point, zero or above")
    energy_speed = math.hypot(speed, math.sqrt(2.0 * gravity * height))
    impulsive = burn.propellant(max(0.0, energy_speed - touchdown_speed))
    if thrust is None and dry_mass is None:
        return LandingPropellantBound(impulsive, None)

    if thrust is None or dry_mass is None:
        raise ValueError(
            f"thrust = {thrust}, dry_mass = {dry_mass}: give both, or neither for the impulsive bound alone"
        )
    _require_positive("thrust", thrust, "newtons")
    _require("dry_mass", dry_mass, 0.0 < dry_mass <= mass, f"give kilograms above 0, at most mass = {mass:g}")
    _require("thrust", thrust, thrust > dry_mass * gravity, f"give more than the dry weight, {dry_mass * gravity:g} N")
    share = (thrust - dry_mass * gravity) / thrust
    by_velocity = (speed - touchdown_speed) / share
    excess = energy_speed**2 - touchdown_speed**2
    by_height = excess / (touchdown_speed + math.sqrt(touchdown_speed**2 + share * excess)) if excess > 0.0 else 0.0
    return LandingPropellantBound(impulsive, burn.propellant(max(by_velocity, by_height, 0.0)))


@dataclass(frozen=True)
class GravityTurnState:
    """A point of a gravity turn, seen from where it stops.

    Attributes:
        time_to_go: (s); distance_to_go: over the ground (m); height: above the end of the turn (m).
        speed, horizontal_velocity (towards the end), vertical_velocity (upwards): (m/s).
        angle_from_vertical: of the velocity, from straight down (rad).
        path_parameter: tangent of half that angle.
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
    """A landing on thrust acceleration n g against the velocity; made by :func:`gravity_turn_landing`.

    Attributes:
        speed, angle_from_vertical, thrust_ratio, gravity: as given (m/s, rad, n, m/s2).
        constant: C = v/(z^(n-1) (1 + z^2)), z the tangent of half the angle (m/s); infinite for a vertical fall.
        time: to the stop (s); ground_distance, height_lost: on the way (m); delta_v: n g time (m/s).
        propellant: (kg); None where no mass was given.
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
        """The state where the tangent of half the angle of the velocity from straight down is ``path_parameter``.

        Raises:
            ValueError: outside 0 (the stop) to the start's, or for a vertical fall, along which it is zero throughout.
        """
        start = math.tan(self.angle_from_vertical / 2.0)
        if start == 0.0:
            raise ValueError(f"path_parameter = {path_parameter}: a vertical fall has none: use at_time_to_go")
        inside = 0.0 <= path_parameter <= start * (1.0 + ROUNDING)
        _require("path_parameter", path_parameter, inside, f"give 0 (the stop) to {start:g} (the start)")
        return self._state((path_parameter / start) ** (self.thrust_ratio - 1.0), path_parameter)

    def at_time_to_go(self, time_to_go: float) -> GravityTurnState:
        """The state ``time_to_go`` seconds before the stop.

        Raises:
            ValueError: outside 0 to the time of the whole turn.
        """
        inside = 0.0 <= time_to_go <= self.time * (1.0 + ROUNDING)
        _require("time_to_go", time_to_go, inside, f"give 0 to {self.time:g} s")
        n, start = self.thrust_ratio, math.tan(self.angle_from_vertical / 2.0)
        whole = 1.0 / (n - 1.0) + start**2 / (n + 1.0)
        remaining = min(time_to_go / self.time, 1.0) * whole

        def excess_time(power: float) -> float:
            return power / (n - 1.0) + start**2 * power ** ((n + 1.0) / (n - 1.0)) / (n + 1.0) - remaining

        power = _root(excess_time, 0.0, 1.0)
        return self._state(power, start * power ** (1.0 / (n - 1.0)))

    def _state(self, power: float, z: float) -> GravityTurnState:
        """State at path parameter ``z``, which is the start's times ``power`` to the 1/(n - 1)."""
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
    """The landing whose thrust acceleration is ``thrust_ratio`` n times ``gravity`` (m/s2), against the velocity.

    From ``speed`` (m/s), ``angle_from_vertical`` psi (rad, of the velocity from straight down, below pi), over flat
    ground; with ``mass`` (kg) and ``exhaust_speed`` (m/s) also the propellant. From v' = g (cos psi - n) and
    v psi' = -g sin psi, with z = tan(psi/2): v = C z^(n-1) (1 + z^2), and time, ground distance and height are powers
    of z. It stops heading straight down. Citron, Dunin and Meissinger 1964, AIAA Journal 2(3).

    Raises:
        ValueError: for ``thrust_ratio`` of 1 or less, which never stops, another argument out of range, or only one of
            ``mass`` and ``exhaust_speed``.
    """
    _require_positive("speed", speed, "m/s")
    _require(
        "angle_from_vertical", angle_from_vertical, 0.0 <= angle_from_vertical < math.pi, "give rad, 0 to below pi"
    )
    _require("thrust_ratio", thrust_ratio, 1.0 < thrust_ratio < math.inf, "give above 1: less never stops the fall")
    _require_positive("gravity", gravity, "m/s2")
    if (mass is None) != (exhaust_speed is None):
        raise ValueError(f"mass = {mass}, exhaust_speed = {exhaust_speed}: give both for propellant, or neither")
    z = math.tan(angle_from_vertical / 2.0)
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        constant = float(speed * np.float64(z) ** (1.0 - thrust_ratio) / (1.0 + z**2))
    time, distance, height = _gravity_turn_to_go(speed, z, thrust_ratio, gravity)
    delta_v = thrust_ratio * gravity * time
    propellant = None
    if mass is not None and exhaust_speed is not None:
        propellant = _Burn(mass, mass * thrust_ratio * gravity, exhaust_speed, gravity).propellant(delta_v)
    return GravityTurn(
        speed, angle_from_vertical, thrust_ratio, gravity, constant, time, distance, height, delta_v, propellant
    )


def _gravity_turn_to_go(speed: float, z: float, n: float, gravity: float) -> tuple[float, float, float]:
    """Time (s), ground distance (m) and height (m) from a point of a gravity turn to its stop."""
    reduced = speed / (1.0 + z**2)  # C z^(n-1), which stays finite for a vertical fall
    time = reduced / gravity * (1.0 / (n - 1.0) + z**2 / (n + 1.0))
    distance = 2.0 * reduced**2 / gravity * z * (1.0 / (2.0 * n - 1.0) + z**2 / (2.0 * n + 1.0))
    height = reduced**2 / gravity * (1.0 / (2.0 * n - 2.0) - z**4 / (2.0 * n + 2.0))
    return time, distance, height


@dataclass(frozen=True)
class _Burn:
    """A burn at constant thrust, as functions of its delta-v."""

    mass: float
    thrust: float
    exhaust_speed: float
    gravity: float
    touchdown_speed: float = 0.0

    def __post_init__(self) -> None:
        _require_positive("mass", self.mass, "kilograms")
        _require_positive("thrust", self.thrust, "newtons")
        _require(
            "exhaust_speed", self.exhaust_speed, self.exhaust_speed > 0.0, "give m/s above 0, inf for constant mass"
        )
        _require_positive("gravity", self.gravity, "m/s2")
        _require(
            "touchdown_speed", self.touchdown_speed, 0.0 <= self.touchdown_speed < math.inf, "give m/s, 0 or above"
        )

    def time(self, delta_v: float) -> float:
        return delta_v * self.mass / self.thrust * _phi(delta_v / self.exhaust_speed)

    def lift(self, delta_v: float) -> float:
        """Height that the thrust adds to the fall."""
        return delta_v**2 * self.mass / self.thrust * _chi(delta_v / self.exhaust_speed)

    def propellant(self, delta_v: float) -> float:
        return -self.mass * math.expm1(-delta_v / self.exhaust_speed)

    def require_lift(self) -> None:
        weight = self.mass * self.gravity
        _require("thrust", self.thrust, self.thrust > weight, f"give more than the weight at the start, {weight:g} N")

    def throttled(self, throttle: float) -> "_Burn":
        self.require_lift()
        least = self.mass * self.gravity / self.thrust
        remedy = f"give a share of full thrust above {least:g}, which only carries the weight, at most 1"
        _require("throttle", throttle, least < throttle <= 1.0, remedy)
        return replace(self, thrust=throttle * self.thrust)

    def stopping_delta_v(self, speed: float) -> float:
        """Delta-v of the burn from a downward ``speed`` to the touchdown speed."""
        to_lose = speed - self.touchdown_speed
        if to_lose <= 0.0:
            return 0.0

        def excess_speed(delta_v: float) -> float:
            return delta_v - to_lose - self.gravity * self.time(delta_v)

        return _root(excess_speed, to_lose, self._most_delta_v(to_lose, power=1.0))

    def required(self, height: float, speed: float) -> tuple[float, float]:
        """Thrust that makes this burn, lit at once, end at the ground, and its delta-v."""
        to_lose = speed - self.touchdown_speed

        def excess_height(loss: float) -> float:
            ideal = (to_lose + loss) / self.exhaust_speed
            fall = speed + loss / 2.0 - (to_lose + loss) * _chi(ideal) / _phi(ideal)
            return height - loss / self.gravity * fall

        loss = _root(excess_height, 0.0, 4.0 * self.gravity * height / (speed + self.touchdown_speed))
        delta_v = to_lose + loss
        return self.mass * self.gravity * delta_v * _phi(delta_v / self.exhaust_speed) / loss, delta_v

    def end_height(self, height: float, velocity: float, delta_v: float) -> float:
        """Height at which coast and burn end if they end at the touchdown speed."""
        arrival = delta_v + self.touchdown_speed
        return height + (velocity - arrival) * (velocity + arrival) / (2.0 * self.gravity) + self.lift(delta_v)

    def landing_delta_v(self, height: float, velocity: float) -> float:
        """Delta-v of the landing from a start; the least is full thrust at once."""
        _require("height", height, 0.0 <= height < math.inf, "give metres above the touchdown point, zero or above")
        _require("velocity", velocity, math.isfinite(velocity), "give m/s, positive upwards")
        self.require_lift()
        least = self.stopping_delta_v(-velocity)
        energy_height = height + velocity**2 / (2.0 * self.gravity)
        end_height = self.end_height(height, velocity, least)
        if end_height < -ROUNDING * energy_height:
            self._refuse(energy_height, least, end_height)
        if end_height <= 0.0:
            return least
        most = self._most_delta_v(math.sqrt(2.0 * self.gravity * energy_height), power=0.5)
        return _root(lambda delta_v: self.end_height(height, velocity, delta_v), least, most)

    def landing(self, height: float, velocity: float) -> VerticalLanding:
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
        """Above the constant-mass answer, speed (T/(T - m g))^power, which depletion only lowers."""
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


def _phi(ideal: float) -> float:
    """(1 - e^-y)/y: mean mass over starting mass, in ideal velocity."""
    return -math.expm1(-ideal) / ideal if ideal > 0.0 else 1.0


def _chi(ideal: float) -> float:
    """(1 - (1 + y) e^-y)/y^2; by its power series where the difference would cancel."""
    if ideal > 0.5:
        return (-math.expm1(-ideal) - ideal * math.exp(-ideal)) / ideal**2
    term, total = 1.0, 0.5
    for order in range(1, 16):
        term *= -ideal / order
        total += term / (order + 2)
    return total


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """The root of a monotone function between ``low`` and ``high``, to the last digits."""
    return float(brentq(function, low, high, xtol=sys.float_info.min, rtol=4.0 * sys.float_info.epsilon, maxiter=1000))


def _net_acceleration(speed: float, acceleration: float, gravity: float) -> float:
    _require("speed", speed, 0.0 <= speed < math.inf, "give m/s, zero or above")
    _require_positive("gravity", gravity, "m/s2")
    _require(
        "acceleration", acceleration, gravity < acceleration < math.inf, f"give more than gravity, {gravity:g} m/s2"
    )
    return acceleration - gravity


def _require_positive(name: str, value: float, unit: str) -> None:
    _require(name, value, 0.0 < value < math.inf, f"give {unit} above 0")


def _require(name: str, value: float, holds: bool, remedy: str) -> None:
    if not holds:
        raise ValueError(f"{name} = {value:g}: {remedy}")
