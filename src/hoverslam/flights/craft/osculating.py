"""Osculating orbit of a state in the rotating launch frame: perigee, apogee and inclination without the Earth's flattening."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from hoverslam.physics.constants import EARTH_EQUATORIAL_RADIUS, EARTH_GRAVITATIONAL_PARAMETER, EARTH_ROTATION_RATE
from hoverslam.physics.earth import LaunchFrame

ROUND_ORBIT = 1e-12  # least square of the eccentricity: its root has no derivative at zero


class OrbitReached(NamedTuple):
    """Altitudes of perigee and apogee above the equatorial radius (m), and inclination (rad)."""

    perigee: float
    apogee: float
    inclination: float


def orbit_of(frame: LaunchFrame, position: NDArray[np.float64], velocity: NDArray[np.float64]) -> OrbitReached:
    """Return the osculating orbit of a state ``(3,)``, ``(3,)`` in the rotating launch frame; apogee infinite on escape."""
    centre = position + frame.origin
    inertial = velocity + EARTH_ROTATION_RATE * np.cross(frame.axis, centre)
    radius, momentum = float(np.linalg.norm(centre)), np.cross(centre, inertial)
    energy = 0.5 * float(inertial @ inertial) - EARTH_GRAVITATIONAL_PARAMETER / radius
    parameter = float(momentum @ momentum) / EARTH_GRAVITATIONAL_PARAMETER
    eccentricity = np.sqrt(max(1.0 + 2.0 * energy * parameter / EARTH_GRAVITATIONAL_PARAMETER, 0.0))
    low = parameter / (1.0 + eccentricity)
    high = parameter / (1.0 - eccentricity) if eccentricity < 1.0 else np.inf
    tilt = float(np.arccos(np.clip(momentum @ frame.axis / np.linalg.norm(momentum), -1.0, 1.0)))
    return OrbitReached(float(low) - EARTH_EQUATORIAL_RADIUS, float(high) - EARTH_EQUATORIAL_RADIUS, tilt)


class BoundOrbit(NamedTuple):
    """The same of an orbit below the speed of escape, as arrays that JAX differentiates."""

    perigee: Array
    apogee: Array
    inclination: Array


def bound_orbit(frame: LaunchFrame, position: Array, velocity: Array) -> BoundOrbit:
    """Return the osculating orbit of a state ``(3,)``, ``(3,)`` below the speed of escape; a circle has derivatives."""
    centre, inertial = frame.from_centre(position), frame.inertial_velocity(position, velocity)
    momentum = jnp.cross(centre, inertial)
    energy = 0.5 * (inertial @ inertial) - EARTH_GRAVITATIONAL_PARAMETER / jnp.sqrt(centre @ centre)
    semi_major = -0.5 * EARTH_GRAVITATIONAL_PARAMETER / energy
    parameter = (momentum @ momentum) / EARTH_GRAVITATIONAL_PARAMETER
    eccentricity = jnp.sqrt(jnp.maximum(1.0 - parameter / semi_major, ROUND_ORBIT))
    cosine = (momentum @ frame.axis) / jnp.sqrt(momentum @ momentum)
    low, high = (semi_major * (1.0 + sign * eccentricity) - EARTH_EQUATORIAL_RADIUS for sign in (-1.0, 1.0))
    return BoundOrbit(low, high, jnp.arccos(cosine))
