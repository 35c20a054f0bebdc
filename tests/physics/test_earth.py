"""Gravity, the rotating launch frame, altitude and wind."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hoverslam.physics.constants import (
    EARTH_EQUATORIAL_RADIUS,
    EARTH_GRAVITATIONAL_PARAMETER,
    EARTH_J2,
    EARTH_ROTATION_RATE,
)
from hoverslam.physics.earth import LaunchFrame, ecef_to_geodetic, geodetic_to_ecef, gravity
from hoverslam.physics.winds import percentile_wind, wind_speed_at

FRAME = LaunchFrame(np.radians(28.6), np.radians(-80.6), 5.0, np.radians(60.0))
POLE = jnp.array([0.0, 0.0, 1.0])


def potential(position, axis=POLE):
    """Gravitational potential with J2 (J/kg), positive: mu/r (1 - J2 (a/r)^2 (3 sin^2 - 1)/2)."""
    radius = jnp.sqrt(position @ position)
    sine = position @ axis / radius
    flattening = EARTH_J2 * (EARTH_EQUATORIAL_RADIUS / radius) ** 2 * 0.5 * (3.0 * sine**2 - 1.0)
    return EARTH_GRAVITATIONAL_PARAMETER / radius * (1.0 - flattening)


@pytest.mark.parametrize("seed", range(5))
def test_gravity_is_the_gradient_of_the_j2_potential(seed):
    random = np.random.default_rng(seed)
    direction = random.normal(size=3)
    position = jnp.asarray(direction / np.linalg.norm(direction) * random.uniform(6.4e6, 7.5e6))
    np.testing.assert_allclose(gravity(position, POLE), jax.grad(potential)(position), rtol=1e-12, atol=1e-12)


def test_jacobi_constant_is_kept_in_free_flight_of_the_rotating_frame():
    def constant(y):
        centre = FRAME.from_centre(y[:3])
        turning = EARTH_ROTATION_RATE * jnp.cross(jnp.asarray(FRAME.axis), centre)
        return 0.5 * y[3:] @ y[3:] - 0.5 * turning @ turning - potential(centre, jnp.asarray(FRAME.axis))

    start = jnp.array([10e3, 5e3, 120e3, 4000.0, -500.0, 1500.0])
    flown = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, y, a: jnp.concatenate([y[3:], FRAME.acceleration(y[:3], y[3:])])),
        diffrax.Dopri8(), 0.0, 500.0, 1.0, start,
        stepsize_controller=diffrax.PIDController(rtol=1e-12, atol=1e-7),
        saveat=diffrax.SaveAt(ts=jnp.linspace(0, 500, 6)),
    ).ys  # fmt: skip
    values = np.asarray(jax.vmap(constant)(flown))
    np.testing.assert_allclose(values, values[0], rtol=1e-9)


def test_free_flight_is_a_straight_line_seen_without_gravity_by_an_inertial_observer():
    position, velocity = jnp.array([1e5, -2e4, 8e4]), jnp.array([3e3, 100.0, 500.0])
    centre, axis = FRAME.from_centre(position), jnp.asarray(FRAME.axis)
    inertial = FRAME.inertial_velocity(position, velocity)
    # d(v_inertial)/dt in fixed axes = dv/dt + w x r_dot + w x v_inertial
    rate = FRAME.acceleration(position, velocity) + EARTH_ROTATION_RATE * (
        jnp.cross(axis, velocity) + jnp.cross(axis, inertial)
    )
    np.testing.assert_allclose(rate, gravity(centre, axis), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("place", [(0.5, -1.4, 0.0), (-0.9, 2.0, 12e3), (1.2, 0.3, 250e3), (0.0, 0.0, 100.0)])
def test_geodetic_places_come_back(place):
    np.testing.assert_allclose(FRAME.geodetic(FRAME.place(*place)), place, rtol=1e-12, atol=1e-6)
    np.testing.assert_allclose(ecef_to_geodetic(geodetic_to_ecef(*place)), place, rtol=1e-12, atol=1e-6)


def test_launch_frame_is_right_handed_with_its_origin_on_the_pad():
    np.testing.assert_allclose(FRAME.rotation @ FRAME.rotation.T, np.eye(3), atol=1e-14)
    assert np.linalg.det(FRAME.rotation) == pytest.approx(1.0)
    np.testing.assert_allclose(FRAME.place(np.radians(28.6), np.radians(-80.6), 5.0), 0.0, atol=1e-8)
    north_east = FRAME.place(np.radians(28.61), np.radians(-80.58), 5.0)
    assert north_east[0] > 0  # downrange along 60 degrees


def test_altitude_is_within_two_metres_of_geodetic_below_300_km():
    for latitude in np.radians([-80.0, -45.0, 0.0, 20.0, 45.0, 70.0, 90.0]):
        for altitude in (0.0, 10e3, 100e3, 300e3):
            place = jnp.asarray(FRAME.place(latitude, 0.4, altitude))
            assert float(FRAME.altitude(place)) == pytest.approx(altitude, abs=2.0)


def test_up_is_the_ellipsoids_normal():
    for latitude in np.radians([-60.0, 5.0, 45.0]):
        low, high = (FRAME.place(latitude, -1.0, z) for z in (0.0, 1e3))
        np.testing.assert_allclose(FRAME.up(jnp.asarray(low)), (high - low) / 1e3, atol=1e-5)


def test_east_north_and_up_are_square():
    position = jnp.array([2e5, 1e4, 5e4])
    axes = np.stack([*FRAME.east_north(position), FRAME.up(position)])
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1.0)


def test_wind_envelope_of_90_per_cent_holds_at_the_ends_of_the_jet():
    for altitude in (10e3, 14e3):
        assert wind_speed_at(percentile_wind(90), altitude) == pytest.approx(67.0, abs=1e-9)


def test_wind_envelope_of_90_per_cent_is_67_metres_a_second_at_12_km():
    assert wind_speed_at(percentile_wind(90), 12e3) == pytest.approx(67.0, rel=0.02)


def test_wind_blows_towards_its_azimuth():
    position = jnp.zeros(3)
    east, north = FRAME.east_north(position)
    wind = percentile_wind(50, towards=0.0).velocity(FRAME, position, jnp.asarray(10e3))
    np.testing.assert_allclose([wind @ east, wind @ north], [0.0, 46.0], atol=1e-9)


def test_unknown_wind_percentile_is_refused():
    with pytest.raises(ValueError, match="choose one of"):
        percentile_wind(42)
