"""The ellipse around an impact point: linear covariance of the impact point by the errors of separation, drag and air."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from hoverslam.flights.launch.falling.bodies import FallingBody, local_axes
from hoverslam.flights.launch.falling.fall import Fall, Start, fall
from hoverslam.flights.launch.falling.figures import AirFigures
from hoverslam.physics.motion import Flight

FloatArray = NDArray[np.float64]

SIGMAS = 3.0  # size of the ellipse; it holds 98.9 % of the impact points of a normal distribution in two dimensions
SOURCES = ("velocity along", "velocity left", "velocity up", "drag", "density", "wind east", "wind north")
"""Errors that move an impact point, in the order of the columns of its derivatives."""

# Steps of the finite differences (m/s, relative, m/s): small beside the standard deviations, and large beside the errors
# of the integrator, which are a few centimetres and common to all bodies of a call.
VELOCITY_STEP, FACTOR_STEP, WIND_STEP = 0.5, 0.01, 0.5
STEPS = np.array([VELOCITY_STEP] * 3 + [FACTOR_STEP] * 2 + [WIND_STEP] * 2)


@dataclass(frozen=True)
class Ellipse:
    """The ellipse of a covariance in the horizontal plane.

    Attributes:
        semi_major: Semi-major axis (m).
        semi_minor: Semi-minor axis (m).
        azimuth: Azimuth of the major axis, clockwise from north, 0 to pi (rad).
    """

    semi_major: float
    semi_minor: float
    azimuth: float

    @property
    def area(self) -> float:
        """Area (m2)."""
        return float(np.pi * self.semi_major * self.semi_minor)

    def outline(self, points: int = 121) -> FloatArray:
        """Return points ``(points, 2)`` on the ellipse, east and north of its centre (m)."""
        angle = np.linspace(0.0, 2.0 * np.pi, points)
        major = np.array([np.sin(self.azimuth), np.cos(self.azimuth)])
        minor = np.array([major[1], -major[0]])
        return np.outer(self.semi_major * np.cos(angle), major) + np.outer(self.semi_minor * np.sin(angle), minor)


def ellipse_of(covariance: FloatArray, sigmas: float = SIGMAS) -> Ellipse:
    """Return the ellipse of a covariance.

    Args:
        covariance: Covariance ``(2, 2)`` of east and north (m2).
        sigmas: Its semi-axes in standard deviations.
    """
    values, vectors = np.linalg.eigh(covariance)
    minor, major = np.sqrt(np.maximum(values, 0.0))
    return Ellipse(sigmas * float(major), sigmas * float(minor), float(np.arctan2(*vectors[:, 1]) % np.pi))


def covariance_of(slopes: FloatArray, errors: FloatArray) -> FloatArray:
    """Return the covariance ``(2, 2)`` of an impact point (m2).

    Args:
        slopes: Derivatives ``(2, n)`` of the impact point by ``n`` independent errors (m per unit).
        errors: Their standard deviations ``(n,)``.
    """
    moved = slopes * errors
    return moved @ moved.T


def errors_of(body: FallingBody, air: AirFigures) -> FloatArray:
    """Return the standard deviation ``(7,)`` of each of ``SOURCES`` (m/s, relative, m/s); they are independent."""
    density, east, north = air.density_sigma_percent.si, air.wind_east_sigma_m_s.si, air.wind_north_sigma_m_s.si
    return np.array([*body.velocity_sigma, body.drag_sigma, density, east, north])


def disturbed(flight: Flight, body: FallingBody, errors: FloatArray) -> Start:
    """Return a body with errors at separation.

    Args:
        flight: Frame and wind profile.
        body: The body.
        errors: Errors ``(n, 7)`` in the order of ``SOURCES``.
    """
    axes = local_axes(flight.frame, body.position, body.velocity)
    drag = body.drag_area / body.mass * (1.0 + errors[:, 3]) * (1.0 + errors[:, 4])
    position = np.tile(body.position, (len(errors), 1))
    return Start(position, body.velocity + errors[:, :3] @ axes, drag, errors[:, 5:7])


def fall_with_differences(flight: Flight, body: FallingBody, ground: float = 0.0) -> tuple[Fall, FloatArray] | None:
    """Return the planned fall of a body, and the derivatives of its impact point by central differences.

    Args:
        flight: Frame and wind profile.
        body: The body at separation.
        ground: Altitude of the ground (m).

    Returns:
        The fall, whose body 0 is the planned one, and the derivatives ``(2, 7)`` of east and north (m) by each of
        ``SOURCES``; None if the body does not come down within two revolutions.
    """
    steps = np.diag(STEPS)
    done = fall(flight, disturbed(flight, body, np.concatenate([np.zeros((1, 7)), steps, -steps])), ground)
    if done is None:
        return None
    offsets = horizontal(flight, done.position, done.position[0])
    return done, ((offsets[1:8] - offsets[8:]) / (2.0 * STEPS[:, None])).T


def horizontal(flight: Flight, positions: FloatArray, centre: FloatArray) -> FloatArray:
    """Return how far positions ``(n, 3)`` are east and north ``(n, 2)`` of ``centre`` ``(3,)`` in its horizontal plane (m)."""
    east, north = flight.frame.east_north(jnp.asarray(centre))
    return (positions - centre) @ np.stack([np.asarray(east), np.asarray(north)], axis=1)
