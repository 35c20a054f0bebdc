"""Aerodynamic forces and heating: nose-first ascent, engines-first descent, plume shielding, stagnation-point heating.

Coefficients refer to the cross-section of the body (base area). The drag curves over Mach number are in ``files``; they
become twice continuously differentiable splines, which stay constant beyond their last point.
"""

from pathlib import Path

import jax.numpy as jnp
from jax import Array

from hoverslam.data.curves import read_curves
from hoverslam.physics.splines import Spline

_FILES = Path(__file__).parent / "files"


def _curve_over_mach(name: str) -> Spline:
    """Return the spline through the curve of a file whose columns are ``mach`` and a coefficient."""
    mach, coefficient = read_curves(_FILES / name).columns.values()
    return Spline(mach, coefficient, beyond=("line", "hold"))  # no Mach number is below zero


_ASCENT_SPLINE = _curve_over_mach("ascent_drag_coefficient.csv")
_DESCENT_SPLINE = _curve_over_mach("descent_axial_coefficient.csv")

_SLENDER_BODY_SLOPE = 2.0  # normal-force slope per radian of a slender body (Munk, NACA report 184, 1924)
_CROSSFLOW_DRAG = 1.2  # drag coefficient of a circular cylinder across the flow (Hoerner, Fluid-Dynamic Drag, 1965)
_CROSSFLOW_REDUCTION = 0.7  # factor of the cross-flow drag for the finite length of the body (Hoerner)
_CROSSFLOW_ROUNDING = 1e-6  # squared, over the squared speed: makes the size of the cross-flow smooth at zero
_PLUME_EXPONENT = 4  # fits Jarvinen and Adams, NASA CR-124720, 1970, central nozzle, Mach 2
_THRUST_ROUNDING = 1e4  # N: makes the positive part of the thrust smooth at zero
_FORCE_OFFSET = 1.0  # N: keeps the plume fraction finite without air
_SUTTON_GRAVES = 1.7415e-4  # kg^0.5/m, air (Sutton and Graves, NASA TR R-376, 1971)


def ascent_drag_coefficient(mach: Array) -> Array:
    """Return the drag coefficient of the whole vehicle, nose first, at zero angle of attack."""
    return _ASCENT_SPLINE(mach)


def descent_axial_coefficient(mach: Array) -> Array:
    """Return the axial-force coefficient of a first stage, engines first with grid fins, at zero angle of attack.

    Engines are off; :func:`plume_shielding` gives the effect of an exhaust plume.
    """
    return _DESCENT_SPLINE(mach)


def normal_force_per_pressure(
    crossflow: Array, speed_squared: Array, axial_flow: Array, side_area_ratio: Array | float
) -> Array:
    """Return the normal force over base area and half the density, a vector ``(3,)`` against ``crossflow`` (m2/s2).

    Slender-body lift plus cross-flow drag on the side area:
    CN = 2 sin(a) cos(a) + 1.2 x 0.7 x (side area/base area) x sin(a)^2. Smooth at zero angle of attack.

    Args:
        crossflow: Component ``(3,)`` of the air velocity perpendicular to the body axis (m/s).
        speed_squared: Square of the air speed (m2/s2).
        axial_flow: Size of the component along the body axis (m/s).
        side_area_ratio: Side area over base area.
    """
    size = jnp.sqrt(crossflow @ crossflow + _CROSSFLOW_ROUNDING * speed_squared)
    linear = _SLENDER_BODY_SLOPE * axial_flow
    quadratic = _CROSSFLOW_DRAG * _CROSSFLOW_REDUCTION * side_area_ratio * size
    return -(linear + quadratic) * crossflow


def plume_shielding(thrust: Array, pressure_force: Array, preserved: Array | float) -> Array:
    """Return the fraction of the engines-off axial force that remains behind an exhaust plume against the stream.

    With the thrust coefficient CT = ``thrust / pressure_force`` and s = CT/(1 + CT), the fraction is
    ``preserved`` + (1 - preserved) (1 - s)^4. With ``preserved`` = 0 it passes within 0.07 of the wind-tunnel points of
    Jarvinen and Adams (NASA CR-124720, 1970; central nozzle, Mach 2) for CT up to 1.05.

    Args:
        thrust: Thrust of the lit engines (N).
        pressure_force: Dynamic pressure times base area (N).
        preserved: Fraction that remains at high CT: 0 to 0.2 for outer or canted nozzles; about -0.1 in the measurement.
    """
    # The thrust of an engine at a low level is negative in thick air: back pressure exceeds it. The plume is then absent.
    positive_thrust = 0.5 * (thrust + jnp.sqrt(thrust**2 + _THRUST_ROUNDING**2))
    unshielded = (pressure_force + _FORCE_OFFSET) / (positive_thrust + pressure_force + _FORCE_OFFSET)
    return preserved + (1.0 - preserved) * unshielded**_PLUME_EXPONENT


def stagnation_heating(density: Array, speed: Array, nose_radius: Array | float) -> Array:
    """Return the convective stagnation-point heating (W/m2) by Sutton and Graves, NASA TR R-376, 1971.

    Args:
        density: Density of the air (kg/m3).
        speed: Air speed (m/s).
        nose_radius: Radius of the stagnation region (m).
    """
    return _SUTTON_GRAVES * jnp.sqrt(density / nose_radius) * speed**3
