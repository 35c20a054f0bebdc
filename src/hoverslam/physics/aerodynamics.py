"""Aerodynamic coefficients: nose-first ascent, engines-first descent, plume shielding, heating.

Coefficients refer to the base (cross-section) area. Curves over Mach are C2 splines, flat beyond their last point.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array

from hoverslam.physics.splines import Spline

# Whole rocket, nose first. MatRockSim (ina111), after an M-V launch vehicle paper.
_ASCENT = np.array(
    [
        [0.0, 0.28], [0.2, 0.28], [0.4, 0.28], [0.6, 0.29], [0.8, 0.35], [1.0, 0.64], [1.1, 0.67], [1.2, 0.69],
        [1.4, 0.66], [1.6, 0.62], [1.8, 0.58], [2.0, 0.55], [2.5, 0.48], [3.0, 0.42], [3.5, 0.38], [4.0, 0.355],
        [5.0, 0.33], [6.5, 0.32], [9.0, 0.32], [13.0, 0.32], [20.0, 0.32],
    ]
)  # fmt: skip
# Falcon 9 first stage, engines first with grid fins, engine off: Mach 0.95 to 3.2 derived from the speed and altitude of
# six flown descents (33 t, 10.52 m2, US76, no wind; scatter 6 %), smoothed; outside that range a blunt cylinder
# (Hoerner, Fluid-Dynamic Drag, 1965) plus the fins.
_DESCENT = np.array(
    [
        [0.0, 1.00], [0.4, 1.03], [0.7, 1.20], [0.9, 1.40], [1.05, 1.43], [1.2, 1.55], [1.35, 1.70], [1.5, 1.80],
        [1.8, 1.90], [2.2, 1.93], [2.6, 1.93], [3.0, 1.87], [3.5, 1.82], [4.5, 1.77], [6.0, 1.74], [9.0, 1.73],
        [13.0, 1.73], [20.0, 1.73],
    ]
)  # fmt: skip
_ASCENT_SPLINE = Spline(_ASCENT[:, 0], _ASCENT[:, 1])
_DESCENT_SPLINE = Spline(_DESCENT[:, 0], _DESCENT[:, 1])

_SLENDER_BODY_SLOPE = 2.0  # normal-force slope per radian of a slender body (Munk)
_CROSSFLOW_DRAG = 1.2  # of a circular cylinder (Hoerner)
_CROSSFLOW_REDUCTION = 0.7  # finite length
_THRUST_ROUNDING = 1e4  # N
_SUTTON_GRAVES = 1.7415e-4  # kg^0.5/m, air (Sutton and Graves, NASA TR R-376, 1971)


def ascent_drag_coefficient(mach: Array) -> Array:
    """Drag coefficient of the whole vehicle, nose first, at zero angle of attack."""
    return _ASCENT_SPLINE(mach)


def descent_axial_coefficient(mach: Array) -> Array:
    """Axial-force coefficient of a first stage, engines first with grid fins, engines off, zero angle of attack."""
    return _DESCENT_SPLINE(mach)


def normal_force_per_pressure(
    crossflow: Array, speed_squared: Array, axial_flow: Array, side_area_ratio: Array
) -> Array:
    """Normal force over base area and half the density, as a vector ``(3,)`` against ``crossflow`` (m2/s2).

    ``crossflow`` is the part ``(3,)`` of the air velocity square to the body axis, ``axial_flow`` the size of the part
    along it (m/s). Slender-body lift plus cross-flow drag on the side area:
    CN = 2 sin(a) cos(a) + 1.2 x 0.7 x (side area/base area) x sin(a)^2. Smooth at zero angle of attack.
    """
    size = jnp.sqrt(crossflow @ crossflow + 1e-6 * speed_squared)
    linear = _SLENDER_BODY_SLOPE * axial_flow
    quadratic = _CROSSFLOW_DRAG * _CROSSFLOW_REDUCTION * side_area_ratio * size
    return -(linear + quadratic) * crossflow


def plume_shielding(thrust: Array, pressure_force: Array, preserved: Array) -> Array:
    """Fraction of the engine-off axial force that survives behind an exhaust plume against the stream.

    ``thrust`` over ``pressure_force`` (dynamic pressure times base area, both N) is the thrust coefficient CT; in
    s = CT/(1 + CT) the fraction is ``preserved`` + (1 - preserved) (1 - s)^4, which with ``preserved`` zero passes
    through the wind-tunnel points of Jarvinen and Adams (NASA CR-124720, central nozzle, Mach 2) within 0.07 for CT up
    to 1.05. ``preserved`` is what is left at high CT: 0 to 0.2 for outer or canted nozzles, about -0.1 measured there.
    """
    pushing = 0.5 * (thrust + jnp.sqrt(thrust**2 + _THRUST_ROUNDING**2))  # a starting engine pulls before it pushes
    unshielded = (pressure_force + 1.0) / (pushing + pressure_force + 1.0)
    return preserved + (1.0 - preserved) * unshielded**4


def stagnation_heating(density: Array, speed: Array, nose_radius: Array) -> Array:
    """Convective stagnation-point heating (W/m2) on a body of ``nose_radius`` (m), Sutton and Graves 1971."""
    return _SUTTON_GRAVES * jnp.sqrt(density / nose_radius) * speed**3
