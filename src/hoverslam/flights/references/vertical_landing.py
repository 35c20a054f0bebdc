"""Closed forms of a vertical landing without air: its least propellant, exact derivatives, and bounds for any landing.

:func:`vertical_landing` falls and then burns at full thrust, :func:`landing_sensitivities` gives its derivatives, and
:func:`minimum_landing_propellant` gives lower bounds. The equations of the burn are in
:mod:`hoverslam.flights.references.burn`.
"""

import math
from dataclasses import dataclass

from hoverslam.flights.references.burn import ROUNDING, Burn, CannotLand, VerticalLanding, require, require_positive
from hoverslam.physics.constants import STANDARD_GRAVITY


@dataclass(frozen=True)
class PropellantSensitivities:
    """Derivatives of the least landing propellant (kg).

    Attributes:
        height: By the height (kg/m).
        velocity: By the upward velocity (kg s/m).
        mass: By the mass (kg/kg).
        thrust: By the thrust (kg/N).
        isp: By the specific impulse (kg/s).
        gravity: By gravity (kg s2/m).
        touchdown_speed: By the downward speed at touchdown (kg s/m).
    """

    height: float
    velocity: float
    mass: float
    thrust: float
    isp: float
    gravity: float
    touchdown_speed: float


@dataclass(frozen=True)
class LandingPropellantBound:
    """Lower bounds of landing propellant.

    Attributes:
        impulsive: For any thrust (kg).
        finite_thrust: For limited thrust (kg); None where no thrust was given.
    """

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
    """Return the vertical landing of least propellant: free fall, then full thrust until touchdown.

    No history of upward thrust between zero and ``thrust`` needs less propellant. Without the flight time the two
    conditions at touchdown, at downward speed w, are one:

        h + v^2/(2g) - (D + w)^2/(2g) + (height that thrust adds) = 0.

    A delta-v D adds least height when it comes last and at full thrust, D^2 m chi(D/c)/T. With that least height the left
    side is at most zero at every landing, and it falls with D. Its root is returned. Meditch 1964, IEEE Transactions on
    Automatic Control 9(4).

    Args:
        height: Above the touchdown point (m).
        velocity: Positive upwards (m/s).
        mass: At the start (kg).
        thrust: At full throttle (N).
        exhaust_speed: Thrust over mass flow (m/s); ``math.inf`` for constant mass.
        gravity: Constant, downwards (m/s2).
        dry_mass: Mass without propellant (kg); None does not limit the propellant.
        touchdown_speed: Downward speed at touchdown (m/s).

    Raises:
        CannotLand: If full thrust at once ends below the ground, or if the propellant does not suffice.
        ValueError: For an argument out of range, thrust that does not exceed the starting weight, or a touchdown speed
            that free fall does not reach.
    """
    burn = Burn(mass, thrust, exhaust_speed, gravity, touchdown_speed)
    landing = burn.landing(height, velocity)
    if dry_mass is not None:
        require("dry_mass", dry_mass, 0.0 < dry_mass <= mass, f"give kilograms above 0, at most mass = {mass:g}")
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
    """Return the exact derivatives of the propellant of :func:`vertical_landing` with respect to its arguments.

    They follow from the implicit function theorem on its equation F(D, p) = 0: dD/dp = -F_p/F_D. For a start from which
    only full thrust at once lands, they are the one-sided derivatives towards starts that can still land. The specific
    impulse is ``exhaust_speed`` over standard gravity, whatever ``gravity`` is. The arguments are those of
    :func:`vertical_landing`.

    Raises:
        CannotLand: As :func:`vertical_landing`.
        ValueError: As :func:`vertical_landing`, and where nothing is burned, which has no derivative.
    """
    burn = Burn(mass, thrust, exhaust_speed, gravity, touchdown_speed)
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
    """Return lower bounds of the propellant of a landing without air, for any throttle history.

    A delta-v D becomes propellant by m (1 - exp(-D/c)) (Tsiolkovsky 1903).

    ``impulsive`` holds for any direction of flight and thrust: D >= sqrt(v^2 + 2 g h) - w. Proof: let E = v^2/2 + g h. A
    thrust acceleration u changes E at a rate of at most u v, and v <= sqrt(2E) above the ground, so that sqrt(2E) falls
    no faster than u; it must fall to w. At height zero this bound is m (1 - exp(-v/c)).

    ``finite_thrust`` holds for a vertical fall on upward thrust of at most ``thrust`` (N) and a mass of at least
    ``dry_mass`` (kg), so that u <= a = thrust/dry_mass. With t the time to touchdown, D = v - w + g t.
    (1) t >= D/a, hence D >= (v - w) a/(a - g).
    (2) h - v t - g t^2/2 + (integral of u times the time to go) = 0. The integral is at least D^2/(2a), its value when all
    of D comes last and at a. Without t: (D + w)^2/(2g) - D^2/(2a) >= h + v^2/(2g).
    The greater D of the two counts. Both bounds, and the impulsive one, fall with w, so that a softer touchdown never
    needs less.

    A burn at the starting acceleration, v a/(a - g) with a = thrust/mass, is not a bound, because the mass falls.

    Args:
        speed: At the start (m/s).
        mass: At the start (kg).
        exhaust_speed: Thrust over mass flow (m/s).
        height: Above the touchdown point (m).
        touchdown_speed: Largest speed at touchdown w (m/s).
        gravity: Constant, downwards (m/s2).
        thrust: At full throttle (N); with ``dry_mass``, or None for the impulsive bound alone.
        dry_mass: Mass without propellant (kg).

    Raises:
        ValueError: For an argument out of range, only one of ``thrust`` and ``dry_mass``, or ``thrust`` that does not
            exceed the weight of ``dry_mass``.
    """
    burn = Burn(mass, 1.0, exhaust_speed, gravity, touchdown_speed)
    require("speed", speed, 0.0 <= speed < math.inf, "give m/s, zero or above")
    require("height", height, 0.0 <= height < math.inf, "give metres above the touchdown point, zero or above")
    energy_speed = math.hypot(speed, math.sqrt(2.0 * gravity * height))
    impulsive = burn.propellant(max(0.0, energy_speed - touchdown_speed))
    if thrust is None and dry_mass is None:
        return LandingPropellantBound(impulsive, None)

    if thrust is None or dry_mass is None:
        raise ValueError(
            f"thrust = {thrust}, dry_mass = {dry_mass}: give both, or neither for the impulsive bound alone"
        )
    require_positive("thrust", thrust, "newtons")
    require("dry_mass", dry_mass, 0.0 < dry_mass <= mass, f"give kilograms above 0, at most mass = {mass:g}")
    require("thrust", thrust, thrust > dry_mass * gravity, f"give more than the dry weight, {dry_mass * gravity:g} N")
    share = (thrust - dry_mass * gravity) / thrust
    by_velocity = (speed - touchdown_speed) / share
    excess = energy_speed**2 - touchdown_speed**2
    by_height = excess / (touchdown_speed + math.sqrt(touchdown_speed**2 + share * excess)) if excess > 0.0 else 0.0
    return LandingPropellantBound(impulsive, burn.propellant(max(by_velocity, by_height, 0.0)))
