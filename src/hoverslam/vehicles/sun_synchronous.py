"""The inclination of a sun-synchronous orbit."""

from math import acos, degrees, inf, pi, sqrt

from hoverslam.data.constants import EARTH_EQUATORIAL_RADIUS, EARTH_GRAVITATIONAL_PARAMETER, EARTH_J2
from hoverslam.vehicles.errors import VehicleError

PRECESSION = 2.0 * pi / (365.2421897 * 86_400.0)
"""Nodal precession of a sun-synchronous orbit (rad/s): one turn a tropical year, 0.9856 deg a day."""


def sun_synchronous_inclination(perigee_altitude_km: float, apogee_altitude_km: float | None = None) -> float:
    """Return the inclination (deg) at which the plane of an orbit follows the mean Sun.

    The J2 term of the Earth's gravity turns the ascending node at the rate
    ``-1.5 n J2 (R / p)**2 cos i`` (Vallado, Fundamentals of Astrodynamics and Applications, 2013, chapter 9), with the mean
    motion ``n`` and the semi-latus rectum ``p``. The function solves this for ``i`` with a rate of one turn a tropical year.

    Args:
        perigee_altitude_km: Altitude of the perigee above the equatorial radius (km).
        apogee_altitude_km: Altitude of the apogee (km); that of the perigee if left out.

    Returns:
        The inclination, above 90 deg: 97.40 deg for a circular orbit of 500 km.

    Raises:
        VehicleError: If the altitudes are not finite, positive and in order, or if the orbit is so high that the precession
            is too slow at every inclination.
    """
    apogee = perigee_altitude_km if apogee_altitude_km is None else apogee_altitude_km
    if not 0.0 < perigee_altitude_km <= apogee < inf:
        fix = "must be finite, positive, and not above the apogee"
        raise VehicleError([f"orbit of {perigee_altitude_km:g} x {apogee:g} km: perigee_altitude_km: {fix}"])
    low, high = (EARTH_EQUATORIAL_RADIUS + 1e3 * altitude for altitude in (perigee_altitude_km, apogee))
    axis, parameter = 0.5 * (low + high), 2.0 * low * high / (low + high)
    fastest = (
        1.5 * sqrt(EARTH_GRAVITATIONAL_PARAMETER / axis**3) * EARTH_J2 * (EARTH_EQUATORIAL_RADIUS / parameter) ** 2
    )
    if not fastest >= PRECESSION:
        reach = (
            "too high for a sun-synchronous inclination: lower the orbit (a circle: below 5,974 km) or state a number"
        )
        raise VehicleError([f"orbit of {perigee_altitude_km:g} x {apogee:g} km: inclination_deg: {reach}"])
    return degrees(acos(-PRECESSION / fastest))
