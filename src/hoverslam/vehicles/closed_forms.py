"""Closed forms that bound what a vehicle can do: distances on the ground, ideal speeds, least speed to an orbit, range.

All of them are bounds from the favourable side: no drag, no losses, thrust without limit. What they exclude cannot fly.
"""

from math import acos, asin, cos, log, pi, radians, sin, sqrt

from hoverslam.data.constants import EARTH_EQUATORIAL_RADIUS, EARTH_GRAVITATIONAL_PARAMETER, STANDARD_GRAVITY
from hoverslam.vehicles.places import Orbit, Site

EARTH_TURN_RATE = 7.292115e-5
"""Rate of the Earth's rotation (rad/s)."""

_MU, _R = EARTH_GRAVITATIONAL_PARAMETER, EARTH_EQUATORIAL_RADIUS


def ground_distance(first: Site, second: Site) -> float:
    """Return the distance (m) of two sites along a great circle of a sphere with the equatorial radius."""
    half_north = 0.5 * (second.latitude - first.latitude)
    half_east = 0.5 * (second.longitude - first.longitude)
    hav = sin(half_north) ** 2 + cos(first.latitude) * cos(second.latitude) * sin(half_east) ** 2
    return 2.0 * _R * asin(min(1.0, sqrt(hav)))


def ideal_speed(impulse: float, before: float, after: float) -> float:
    """Return the speed (m/s) that a burn gives without losses (Tsiolkovsky).

    Args:
        impulse: Specific impulse (s).
        before: Mass at its start (kg).
        after: Mass at its end (kg).
    """
    return STANDARD_GRAVITY * impulse * log(before / after)


def least_speed_to(orbit: Orbit, latitude: float) -> float:
    """Return the least speed (m/s) that engines must give from a pad to an orbit, without air and without losses.

    Two burns: one at the pad, along the horizon, into an ellipse that touches the orbit at its perigee or apogee, and one
    there (Hohmann). The pad moves with the Earth. The cheaper of the two ellipses counts.

    Args:
        orbit: The orbit; its inclination must be known.
        latitude: Latitude of the pad (rad).
    """
    low, high = (_R + 1e3 * figure.value for figure in (orbit.perigee_altitude_km, orbit.apogee_altitude_km))
    inclination = 0.0 if orbit.inclination_deg is None else radians(orbit.inclination_deg.value)
    across, along = EARTH_TURN_RATE * _R * cos(latitude), EARTH_TURN_RATE * _R * cos(inclination)

    def speed(radius: float, axis: float) -> float:
        return sqrt(_MU * (2.0 / radius - 1.0 / axis))

    best = float("inf")
    for touched in (low, high):
        first = speed(_R, 0.5 * (_R + touched))
        second = abs(speed(touched, 0.5 * (low + high)) - speed(touched, 0.5 * (_R + touched)))
        best = min(best, sqrt(max(first**2 - 2.0 * first * along + across**2, 0.0)) + second)
    return best


def ballistic_range(speed: float) -> float:
    """Return the longest distance (m) on the ground of a free flight that begins there with ``speed`` (m/s), without air.

    ``sin(range / 2R) = Q / (2 - Q)`` with ``Q = speed**2 R / mu`` (Bate, Mueller, White, Fundamentals of Astrodynamics,
    1971, chapter 6). From circular speed on, every place of the Earth is within it.
    """
    share = speed**2 * _R / _MU
    return pi * _R if share >= 1.0 else 2.0 * _R * asin(share / (2.0 - share))


def longest_rise_and_fall(speed: float) -> float:
    """Return the time (s) of a free flight straight up with ``speed`` (m/s) and back to the ground, without air.

    From Kepler's equation of the degenerate ellipse; infinite from escape speed on.
    """
    energy = 0.5 * speed**2 - _MU / _R
    if energy >= 0.0:
        return float("inf")
    axis = -0.5 * _MU / energy
    anomaly = acos(max(-1.0, min(1.0, 1.0 - _R / axis)))
    return 2.0 * sqrt(axis**3 / _MU) * (pi - anomaly + sin(anomaly))
