"""The standard atmosphere against the published tables of US Standard Atmosphere 1976, and its smoothness."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hoverslam.physics.atmosphere import air_at, standard_layers
from hoverslam.physics.splines import Spline

# US Standard Atmosphere 1976 (NOAA-S/T 76-1562), table I: geometric altitude (m), pressure (Pa), density (kg/m3).
PUBLISHED = [
    (0, 1.01325e5, 1.2250e0),
    (5000, 5.4048e4, 7.3643e-1),
    (11000, 2.2700e4, 3.6480e-1),
    (20000, 5.5293e3, 8.8910e-2),
    (32000, 8.8906e2, 1.3555e-2),
    (47000, 1.1585e2, 1.4965e-3),
    (50000, 7.9779e1, 1.0269e-3),
    (71000, 4.4795e0, 7.1965e-5),
    (80000, 1.0524e0, 1.8458e-5),
]
# The same table above the layers: geometric altitude (m), density (kg/m3).
PUBLISHED_ABOVE = [(86000, 6.958e-6), (100000, 5.604e-7), (110000, 9.708e-8), (150000, 2.076e-9)]


@pytest.mark.parametrize(("altitude", "pressure", "density"), PUBLISHED)
def test_pressure_and_density_are_the_published_ones(altitude, pressure, density):
    air = air_at(jnp.asarray(float(altitude)))
    assert float(air.pressure) == pytest.approx(pressure, rel=2e-3)
    assert float(air.density) == pytest.approx(density, rel=2e-3)


@pytest.mark.parametrize(("altitude", "density"), PUBLISHED_ABOVE)
def test_density_above_the_layers_is_the_published_one(altitude, density):
    assert float(air_at(jnp.asarray(float(altitude))).density) == pytest.approx(density, rel=2e-3)


def test_speed_of_sound_is_the_published_one():
    assert float(air_at(jnp.asarray(0.0)).speed_of_sound) == pytest.approx(340.294, rel=1e-4)
    assert float(air_at(jnp.asarray(15e3)).speed_of_sound) == pytest.approx(295.07, rel=1e-4)


def test_air_follows_the_layer_formulas_everywhere_below_86_km():
    altitude = np.linspace(0.0, 85.5e3, 600)
    _, pressure = standard_layers(altitude)
    ours = jax.vmap(air_at)(jnp.asarray(altitude)).pressure
    assert np.max(np.abs(np.asarray(ours) / pressure - 1.0)) < 2e-3


def test_air_thins_with_altitude_everywhere():
    air = jax.vmap(air_at)(jnp.linspace(-500.0, 400e3, 4001))
    for values in (air.pressure, air.density):
        assert np.all(np.asarray(values) > 0)
        assert np.all(np.diff(np.asarray(values)) < 0)


def test_spline_value_slope_and_curvature_are_continuous_across_knots():
    x = np.array([0.0, 1.0, 1.5, 3.0, 4.0])
    curve = Spline(x, np.array([1.0, 3.0, 2.0, -1.0, 0.5]))
    for derivative in (curve, jax.grad(curve), jax.grad(jax.grad(curve))):
        for knot in x:
            left, right = (float(derivative(jnp.asarray(knot + side))) for side in (-1e-9, 1e-9))
            assert left == pytest.approx(right, abs=1e-6)


def test_spline_passes_through_its_points_and_runs_straight_beyond_them():
    x, y = np.array([0.0, 1.0, 1.5, 3.0]), np.array([1.0, 3.0, 2.0, -1.0])
    curve = Spline(x, y)
    np.testing.assert_allclose(jax.vmap(curve)(jnp.asarray(x)), y, atol=1e-14)
    for outside in (-2.0, 7.0):
        assert float(jax.grad(jax.grad(curve))(jnp.asarray(outside))) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("altitude", [11.02e3, 20.06e3, 47.35e3, 80e3, 86e3, 95e3, 120e3, 200e3])
def test_density_has_continuous_slope_and_curvature_at_knots(altitude):
    log_density = lambda z: jnp.log(air_at(1e3 * z).density)  # noqa: E731
    for derivative in (jax.grad(log_density), jax.grad(jax.grad(log_density))):
        left, right = (float(derivative(jnp.asarray(altitude / 1e3 + side))) for side in (-1e-8, 1e-8))
        assert left == pytest.approx(right, abs=1e-5)
