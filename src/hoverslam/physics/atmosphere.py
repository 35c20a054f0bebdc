"""US Standard Atmosphere 1976, twice differentiable, continued smoothly to 200 km and beyond.

Temperature is piecewise linear in the standard's layers; a closed form rounds each kink over about 100 m. Pressure is a spline
through the standard's values: its layer formulas to 86 km, its density table (``files/us76_density.csv``) above. Density
follows from both by the gas law, the speed of sound from the molecular-scale temperature.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, cast

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from hoverslam.data.curves import read_curves
from hoverslam.physics.constants import (
    AIR_GAS_CONSTANT,
    AIR_HEAT_RATIO,
    GEOPOTENTIAL_RADIUS,
    SEA_LEVEL_PRESSURE,
    STANDARD_GRAVITY,
)
from hoverslam.physics.splines import Spline

# US76 table 4: geopotential altitude of each layer base (m) and lapse rate above it (K/m), to 84852 m (86 km geometric).
_BASES = np.array([0.0, 11000.0, 20000.0, 32000.0, 47000.0, 51000.0, 71000.0, 84852.0])
_LAPSES = np.array([-6.5e-3, 0.0, 1.0e-3, 2.8e-3, 0.0, -2.8e-3, -2.0e-3])
_SEA_LEVEL_TEMPERATURE = 288.15
# Above 86 km: linear pieces through the molecular-scale temperature T M0/M at 86, 97, 105, 120 and 200 km of US76 table I.
_UPPER_BASES = np.array([84852.0, 95500.0, 103300.0, 117800.0])
_UPPER_LAPSES = np.array([0.75e-3, 3.8e-3, 13.0e-3, 8.0e-3])
_KINKS = np.concatenate([_BASES[1:-1], _UPPER_BASES])
_LAPSE_CHANGES = np.diff(np.concatenate([_LAPSES, _UPPER_LAPSES]))
_ROUNDING = 100.0  # m of geopotential altitude: 0.3 K at the sharpest kink, below 0.01 K one kilometre away

_UPPER_DENSITY = read_curves(Path(__file__).parent / "files" / "us76_density.csv").columns
# Geometric altitudes (m) of the pressure knots below 86 km: closer where the temperature has a kink.
_PRESSURE_KNOTS = 1e3 * np.array(
    [0, 3, 6, 9, 10.3, 11.02, 11.8, 13.5, 16, 18.6, 20.06, 21.8, 25, 28.5, 31, 32.16, 33.6, 38, 43, 46.2, 47.35, 49.5,
     51.41, 53.5, 58, 64, 69.5, 71.8, 74.5, 80, 83.5]
)  # fmt: skip


class Air(NamedTuple):
    """Local air.

    Attributes:
        pressure: Pressure (Pa).
        density: Density (kg/m3).
        speed_of_sound: Speed of sound (m/s).
    """

    pressure: Array
    density: Array
    speed_of_sound: Array


_SquareRoot = Callable[[Array], Array]


def _temperature(altitude: Array | float, root: _SquareRoot = jnp.sqrt) -> Array:
    """Return the molecular-scale temperature (K) at geometric altitude (m), with numpy's or JAX's square root."""
    height = GEOPOTENTIAL_RADIUS * altitude / (GEOPOTENTIAL_RADIUS + altitude)
    above = cast(Array, height - _KINKS)
    at_ground = np.sqrt(_KINKS**2 + _ROUNDING**2) - _KINKS
    ramps = 0.5 * (above + root(above**2 + _ROUNDING**2) - at_ground)
    return cast(Array, _SEA_LEVEL_TEMPERATURE + _LAPSES[0] * height + ramps @ _LAPSE_CHANGES)


def standard_layers(altitude: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return temperature (K) and pressure (Pa) by the layer formulas of the standard.

    Source: US Standard Atmosphere 1976, equations 23, 33a and 33b.

    Args:
        altitude: Geometric altitudes ``(n,)`` (m), 0 to 86 km.
    """
    height = GEOPOTENTIAL_RADIUS * altitude / (GEOPOTENTIAL_RADIUS + altitude)
    temperature, pressure = np.empty_like(height), np.empty_like(height)
    base_temperature, base_pressure = _SEA_LEVEL_TEMPERATURE, SEA_LEVEL_PRESSURE
    exponent = STANDARD_GRAVITY / AIR_GAS_CONSTANT
    for base, top, lapse in zip(_BASES[:-1], _BASES[1:], _LAPSES, strict=True):
        inside = (height >= base if base > 0 else height > -1e4) & (height <= top + 1.0)
        for where, target in ((inside, height[inside]), (None, np.array([top]))):
            t = base_temperature + lapse * (target - base)
            ratio = (
                (base_temperature / t) ** (exponent / lapse)
                if lapse
                else np.exp(-exponent * (target - base) / base_temperature)
            )
            if where is not None:
                temperature[where], pressure[where] = t, base_pressure * ratio
            else:
                base_temperature, base_pressure = float(t[0]), base_pressure * float(ratio[0])
    return temperature, pressure


def _log_pressure_spline() -> Spline:
    """Return the spline of the logarithm of the pressure (Pa) over geometric altitude (m)."""
    _, lower = standard_layers(_PRESSURE_KNOTS)
    altitude, density = _UPPER_DENSITY["altitude_m"], _UPPER_DENSITY["density_kg_m3"]
    upper = density * AIR_GAS_CONSTANT * np.array([_temperature(z, cast(_SquareRoot, np.sqrt)) for z in altitude])
    log_pressure = np.log(np.concatenate([lower, upper]))
    # A line beyond the ends: the pressure falls exponentially above the table, and rises so below it.
    return Spline(np.concatenate([_PRESSURE_KNOTS, altitude]), log_pressure, beyond="line")


_LOG_PRESSURE = _log_pressure_spline()


def air_at(altitude: Array) -> Air:
    """Return the air at a geometric altitude; twice continuously differentiable, positive and decreasing everywhere.

    Below 86 km it is within 0.2 % of the US Standard Atmosphere 1976 (0.02 % one kilometre away from a layer joint). Above,
    it passes through the densities of the standard's table; the pressure there follows from density and temperature.

    Args:
        altitude: Geometric altitude (m), a scalar.
    """
    temperature = _temperature(altitude)
    pressure = jnp.exp(_LOG_PRESSURE(altitude))
    specific = AIR_GAS_CONSTANT * temperature
    return Air(pressure, pressure / specific, jnp.sqrt(AIR_HEAT_RATIO * specific))
