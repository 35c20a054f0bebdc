"""The Earth: rotating WGS-84 ellipsoid with J2, and the frames that flights are written in.

The launch frame is fixed to the rotating Earth with its origin on the pad: first axis downrange along the launch
azimuth, third axis up along the ellipsoid's normal, second axis to the left, so that the set is right-handed. Positions in
it are of the size of the flight, and a pitch and a yaw angle describe every attitude of a launcher without a singularity.
"""

from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from hoverslam.data.radians import FULL_TURN, RIGHT_ANGLE, check_angle
from hoverslam.physics.constants import (
    EARTH_EQUATORIAL_RADIUS,
    EARTH_FLATTENING,
    EARTH_GRAVITATIONAL_PARAMETER,
    EARTH_J2,
    EARTH_ROTATION_RATE,
)

GROUND = (-1_000.0, 100_000.0)
"""Accepted altitudes (m) of a pad: from below the deepest valley to the edge of space."""
_AXES_RATIO_SQUARED_LESS_ONE = 1.0 / (1.0 - EARTH_FLATTENING) ** 2 - 1.0


def geodetic_to_ecef(latitude: float, longitude: float, altitude: float) -> NDArray[np.float64]:
    """Return the Earth-centred Earth-fixed position ``(3,)`` (m) of geodetic latitude, longitude (rad), altitude (m).

    Args:
        latitude: Geodetic latitude (rad).
        longitude: Longitude, east positive (rad).
        altitude: Altitude above the ellipsoid (m).
    """
    eccentricity_squared = EARTH_FLATTENING * (2.0 - EARTH_FLATTENING)
    normal = EARTH_EQUATORIAL_RADIUS / np.sqrt(1.0 - eccentricity_squared * np.sin(latitude) ** 2)
    equatorial = (normal + altitude) * np.cos(latitude)
    polar = (normal * (1.0 - eccentricity_squared) + altitude) * np.sin(latitude)
    return np.array([equatorial * np.cos(longitude), equatorial * np.sin(longitude), polar])


def check_geodetic(what: str, latitude: float, longitude: float) -> None:
    """Check that a geodetic point is given in radians.

    Args:
        what: What messages call the point.
        latitude: Geodetic latitude (rad).
        longitude: Longitude (rad).

    Raises:
        ValueError: For an angle that cannot be in radians.
    """
    check_angle(what, "latitude", latitude, -RIGHT_ANGLE, RIGHT_ANGLE)
    check_angle(what, "longitude", longitude, -FULL_TURN, FULL_TURN)


def ecef_to_geodetic(position: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return geodetic latitude, longitude (rad) and altitude (m) of an ECEF position ``(3,)`` (m).

    Source: Bowring, Survey Review 23(181), 1976, iterated.
    """
    e2 = EARTH_FLATTENING * (2.0 - EARTH_FLATTENING)
    equatorial = float(np.hypot(position[0], position[1]))
    latitude = np.arctan2(position[2], equatorial * (1.0 - e2))
    for _ in range(6):
        normal = EARTH_EQUATORIAL_RADIUS / np.sqrt(1.0 - e2 * np.sin(latitude) ** 2)
        latitude = np.arctan2(position[2] + e2 * normal * np.sin(latitude), equatorial)
    normal = EARTH_EQUATORIAL_RADIUS / np.sqrt(1.0 - e2 * np.sin(latitude) ** 2)
    altitude = (
        equatorial * np.cos(latitude) + position[2] * np.sin(latitude) - normal * (1.0 - e2 * np.sin(latitude) ** 2)
    )
    return float(latitude), float(np.arctan2(position[1], position[0])), float(altitude)


def gravity(position: Array, axis: Array | NDArray[np.float64]) -> Array:
    """Return the gravitational acceleration ``(3,)`` (m/s2) with J2.

    Source: Vallado, Fundamentals of Astrodynamics and Applications, 4th edition, 2013, section 8.6.1.

    Args:
        position: Position ``(3,)`` from the Earth's centre (m).
        axis: Unit vector ``(3,)`` to the North Pole.
    """
    radius_squared = position @ position
    radius = jnp.sqrt(radius_squared)
    along = position @ axis
    oblate = EARTH_J2 * EARTH_EQUATORIAL_RADIUS**2 / radius_squared
    radial = 1.0 + 1.5 * oblate * (1.0 - 5.0 * along**2 / radius_squared)
    return (
        -EARTH_GRAVITATIONAL_PARAMETER / (radius_squared * radius) * (radial * position + 3.0 * oblate * along * axis)
    )


class LaunchFrame(eqx.Module):
    """Earth-fixed frame at the pad: (downrange, left, up).

    Attributes:
        origin: Position ``(3,)`` of the pad from the Earth's centre, in the frame's own axes (m).
        axis: Unit vector ``(3,)`` to the North Pole, in the frame's own axes.
        rotation: Matrix ``(3, 3)`` from ECEF to the frame; its rows are the frame's axes.
        azimuth: Launch azimuth, clockwise from north (rad).
    """

    numbers_are_inputs: ClassVar[bool] = True  # problems that differ in the pad share their translated functions

    origin: NDArray[np.float64]
    axis: NDArray[np.float64]
    rotation: NDArray[np.float64]
    azimuth: float

    def __init__(self, latitude: float, longitude: float, altitude: float, azimuth: float):
        """Place the frame on a pad.

        Args:
            latitude: Geodetic latitude (rad).
            longitude: Longitude east (rad).
            altitude: Altitude above the ellipsoid (m).
            azimuth: Launch azimuth, clockwise from north (rad).

        Raises:
            ValueError: For an angle that cannot be in radians, or an altitude that is no pad's.
        """
        check_geodetic("launch frame", latitude, longitude)
        if not GROUND[0] <= altitude <= GROUND[1]:
            ends = f"{GROUND[0]:,.0f} to {GROUND[1]:,.0f}"
            raise ValueError(f"launch frame: altitude is {altitude:g}: give metres from {ends}")
        check_angle("launch frame", "azimuth", azimuth, -FULL_TURN, FULL_TURN)
        sin_lat, cos_lat, sin_lon, cos_lon = np.sin(latitude), np.cos(latitude), np.sin(longitude), np.cos(longitude)
        east = np.array([-sin_lon, cos_lon, 0.0])
        north = np.array([-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat])
        up = np.array([cos_lat * cos_lon, cos_lat * sin_lon, sin_lat])
        downrange = np.sin(azimuth) * east + np.cos(azimuth) * north
        self.rotation = np.stack([downrange, np.cross(up, downrange), up])
        self.origin = self.rotation @ geodetic_to_ecef(latitude, longitude, altitude)
        self.axis = self.rotation @ np.array([0.0, 0.0, 1.0])
        self.azimuth = float(azimuth)

    def place(self, latitude: float, longitude: float, altitude: float) -> NDArray[np.float64]:
        """Return the position ``(3,)`` in this frame (m) of a geodetic point (rad, rad, m).

        Raises:
            ValueError: For an angle that cannot be in radians.
        """
        check_geodetic("place", latitude, longitude)
        position: NDArray[np.float64] = self.rotation @ geodetic_to_ecef(latitude, longitude, altitude) - self.origin
        return position

    def geodetic(self, position: NDArray[np.float64]) -> tuple[float, float, float]:
        """Return geodetic latitude, longitude (rad) and altitude (m) of a position ``(3,)`` in this frame."""
        return ecef_to_geodetic(self.rotation.T @ (np.asarray(position) + self.origin))

    def from_centre(self, position: Array) -> Array:
        """Return the vector ``(3,)`` from the Earth's centre (m) to ``position`` in this frame."""
        return position + self.origin

    def altitude(self, position: Array) -> Array:
        """Return the altitude (m) along the geocentric radius; within 2 m of the geodetic altitude below 300 km."""
        centre = self.from_centre(position)
        radius_squared = centre @ centre
        along = centre @ self.axis
        flattened = 1.0 + _AXES_RATIO_SQUARED_LESS_ONE * along**2 / radius_squared
        return jnp.sqrt(radius_squared) - EARTH_EQUATORIAL_RADIUS / jnp.sqrt(flattened)

    def up(self, position: Array) -> Array:
        """Return the unit vector ``(3,)`` along the ellipsoid's normal, to first order in the flattening (1e-5 rad)."""
        centre = self.from_centre(position)
        normal = centre + _AXES_RATIO_SQUARED_LESS_ONE * (centre @ self.axis) * self.axis
        return normal / jnp.sqrt(normal @ normal)

    def inertial_velocity(self, position: Array, velocity: Array) -> Array:
        """Return the velocity ``(3,)`` relative to a non-rotating Earth (m/s), in this frame's axes."""
        return velocity + EARTH_ROTATION_RATE * jnp.cross(self.axis, self.from_centre(position))

    def acceleration(self, position: Array, velocity: Array) -> Array:
        """Return gravity plus Coriolis and centrifugal acceleration ``(3,)`` in this rotating frame (m/s2)."""
        centre = self.from_centre(position)
        turning = EARTH_ROTATION_RATE * jnp.cross(self.axis, centre)
        return gravity(centre, self.axis) - EARTH_ROTATION_RATE * jnp.cross(self.axis, 2.0 * velocity + turning)

    def east_north(self, position: Array) -> tuple[Array, Array]:
        """Return the unit vectors east and north ``(3,)`` at ``position``."""
        east = jnp.cross(self.axis, self.from_centre(position))
        east = east / jnp.sqrt(east @ east)
        return east, jnp.cross(self.up(position), east)


class FlatGround(eqx.Module):
    """Flat ground under constant gravity, not rotating: (downrange, left, up) from a point on it.

    Attributes:
        gravity: Gravitational acceleration, downwards (m/s2).
        elevation: Altitude of the ground above sea level (m), which sets the density of the air.
    """

    gravity: float | Array
    elevation: float | Array = 0.0

    def altitude(self, position: Array) -> Array:
        """Return the altitude above sea level (m)."""
        return position[2] + self.elevation

    def up(self, position: Array) -> Array:
        """Return the unit vector up ``(3,)``."""
        return jnp.array([0.0, 0.0, 1.0])

    def acceleration(self, position: Array, velocity: Array) -> Array:
        """Return the gravitational acceleration ``(3,)`` (m/s2)."""
        return -self.gravity * self.up(position)

    def east_north(self, position: Array) -> tuple[Array, Array]:
        """Return downrange and left, which stand for east and north."""
        return jnp.array([1.0, 0.0, 0.0]), jnp.array([0.0, 1.0, 0.0])
