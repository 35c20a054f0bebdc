"""Splines: exact inside the table, twice differentiable everywhere, and the last value beyond an end that holds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from hoverslam.physics import winds
from hoverslam.physics.aerodynamics import ascent_drag_coefficient, descent_axial_coefficient
from hoverslam.physics.atmosphere import air_at
from hoverslam.physics.splines import Spline

X = np.array([0.0, 1.0, 2.5, 4.0, 7.0])
Y = np.stack([np.sin(X), X**2], axis=1)


def at(spline, x):
    return np.asarray(spline(jnp.asarray(float(x))))


@pytest.mark.parametrize("beyond", ["hold", "line", ("line", "hold")])
def test_inside_it_is_the_natural_spline(beyond):
    natural = CubicSpline(X, Y, bc_type="natural")
    for x in np.linspace(0.0, 7.0, 29):
        np.testing.assert_allclose(at(Spline(X, Y, beyond), x), natural(x), rtol=1e-12, atol=1e-12)


def test_beyond_an_end_it_holds_the_last_value_from_half_an_interval_on():
    for x in (-0.5, -3.0, -1e9):
        np.testing.assert_allclose(at(Spline(X, Y), x), Y[0], atol=1e-12)
    for x in (8.5, 20.0, 1e9):
        np.testing.assert_allclose(at(Spline(X, Y), x), Y[-1], rtol=1e-14)


def test_on_the_way_it_exceeds_the_last_value_by_a_ninth_of_slope_times_interval():
    curve = Spline(X, Y[:, 1])
    swing = max(float(at(curve, x)) for x in np.linspace(7.0, 8.5, 301)) - 49.0
    slope = float(CubicSpline(X, Y[:, 1], bc_type="natural")(7.0, 1))
    assert swing == pytest.approx(0.5 * 3.0 * slope * 2.0 / 9.0, rel=1e-3)


def test_a_line_goes_on_with_the_slope_of_the_end():
    natural, line = CubicSpline(X, Y, bc_type="natural"), Spline(X, Y, "line")
    np.testing.assert_allclose(at(line, 9.0), Y[-1] + 2.0 * natural(7.0, 1), rtol=1e-12)
    np.testing.assert_allclose(at(line, -2.0), Y[0] - 2.0 * natural(0.0, 1), atol=1e-12)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_value_slope_and_curvature_do_not_jump_at_any_knot(order):
    curve = derivative = Spline(X, Y)
    for _ in range(order):
        derivative = jax.jacfwd(derivative)
    size = 1.0 + max(np.abs(at(derivative, x)).max() for x in np.linspace(-1.0, 9.0, 60))
    for knot in curve.knots:
        jump = at(derivative, knot + 1e-9) - at(derivative, knot - 1e-9)
        assert np.abs(jump).max() < 1e-7 * size


def test_a_flat_end_needs_no_way_back():
    assert len(Spline([0.0, 1.0, 2.0], [3.0, 3.0, 3.0]).knots) == 3


@pytest.mark.parametrize(
    ("abscissa", "ordinates", "match"),
    [
        ([0.0, 1.0, 1.0, 2.0], [1.0] * 4, r"1 \(entry 1\) is repeated"),
        ([0.0, 2.0, 1.0], [1.0] * 3, r"2 \(entry 1\) is followed by the smaller 1"),
        ([0.0, np.nan, 1.0], [1.0] * 3, r"entry 1 is not a finite number"),
        ([0.0], [1.0], r"two or more"),
        ([0.0, 1.0], [1.0, np.inf], r"ordinates: entry 1 is not a finite number"),
        ([0.0, 1.0], [1.0, 2.0, 3.0], r"shape is \(3,\) for 2"),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(abscissa, ordinates, match):
    with pytest.raises(ValueError, match=match) as refusal:
        Spline(abscissa, ordinates)
    assert "\n" not in str(refusal.value)


def test_an_unknown_way_to_continue_is_refused():
    with pytest.raises(ValueError, match="'hold' or 'line', not 'flat'"):
        Spline(X, Y, "flat")


# ---- tables of the physics beyond their ends ---------------------------------------------------------------------


def test_a_wind_that_has_died_at_23_km_stays_away():
    heights = 1e3 * np.array([0.0, 5.0, 12.0, 18.0, 23.0])
    wind = winds.Wind(Spline(heights, np.stack([[5.0, 20.0, 45.0, 15.0, 0.0], np.zeros(5)], axis=1)))
    for altitude in (50e3, 100e3, 400e3, 2e7):
        assert winds.wind_speed_at(wind, altitude) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("percentile", winds.WIND_PERCENTILES)
def test_no_wind_blows_far_above_the_envelopes(percentile):
    wind = winds.percentile_wind(percentile)
    for altitude in (120e3, 400e3, 4e7):
        assert winds.wind_speed_at(wind, altitude) == pytest.approx(0.0, abs=1e-9)
    envelope = max(winds.wind_speed_at(wind, 1e3 * h) for h in range(101))
    assert max(winds.wind_speed_at(wind, 1e3 * h) for h in range(100, 121)) < 0.2 * envelope


def test_axial_force_keeps_the_last_value_of_its_table():
    ending = Spline([0.0, 5.0, 10.0], [1.0, 0.8, 0.3])
    assert float(at(ending, 50.0)) == pytest.approx(0.3, rel=1e-12)
    assert float(descent_axial_coefficient(jnp.asarray(50.0))) == pytest.approx(1.73, rel=1e-12)
    assert float(ascent_drag_coefficient(jnp.asarray(50.0))) == pytest.approx(0.32, rel=1e-12)


def test_density_falls_exponentially_above_its_table():
    heights = np.array([1.2e6, 1.3e6, 1.4e6])
    pressure = np.array([float(air_at(jnp.asarray(h)).pressure) for h in heights])
    assert pressure[1] ** 2 == pytest.approx(pressure[0] * pressure[2], rel=1e-9)
    assert np.all((pressure > 0.0) & (np.diff(pressure, append=0.0) < 0.0))
