"""US Standard Atmosphere 1976, twice differentiable, continued smoothly to 200 km and beyond.

Temperature is the standard's chain of straight layers with each kink rounded over about 100 m, a closed form.
Pressure is a spline through the standard's own values (exact layer formulas to 86 km, its density table above).
Density follows from the two by the gas law, speed of sound from the molecular-scale temperature.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

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
# Above 86 km: straight pieces through molecular-scale temperature T M0/M at 86, 97, 105, 120 and 200 km of US76 table I.
_UPPER_BASES = np.array([84852.0, 95500.0, 103300.0, 117800.0])
_UPPER_LAPSES = np.array([0.75e-3, 3.8e-3, 13.0e-3, 8.0e-3])
_KINKS = np.concatenate([_BASES[1:-1], _UPPER_BASES])
_LAPSE_CHANGES = np.diff(np.concatenate([_LAPSES, _UPPER_LAPSES]))
_ROUNDING = 100.0  # m of geopotential altitude: 0.3 K at the sharpest kink, below 0.01 K one kilometre away

# US76 table I, geometric altitude (m) and density (kg/m3) above the last layer.
_UPPER_DENSITY = np.array(
    [
        [86e3, 6.958e-6], [90e3, 3.416e-6], [95e3, 1.393e-6], [100e3, 5.604e-7], [105e3, 2.325e-7], [110e3, 9.708e-8],
        [115e3, 4.289e-8], [120e3, 2.222e-8], [130e3, 8.152e-9], [140e3, 3.831e-9], [150e3, 2.076e-9],
        [175e3, 6.339e-10], [200e3, 2.541e-10],
    ]
)  # fmt: skip
# Geometric altitudes (m) of the pressure knots below 86 km: closer where the temperature has a kink.
_PRESSURE_KNOTS = 1e3 * np.array(
    [0, 3, 6, 9, 10.3, 11.02, 11.8, 13.5, 16, 18.6, 20.06, 21.8, 25, 28.5, 31, 32.16, 33.6, 38, 43, 46.2, 47.35, 49.5,
     51.41, 53.5, 58, 64, 69.5, 71.8, 74.5, 80, 83.5]
)  # fmt: skip


class Air(NamedTuple):
    """Local air: pressure (Pa), density (kg/m3), speed of sound (m/s)."""

    pressure: Array
    density: Array
    speed_of_sound: Array


def _temperature(altitude: Any, root: Callable[[Any], Any] = jnp.sqrt) -> Any:
    """Molecular-scale temperature (K) at geometric altitude (m); ``root`` is the square root to take."""
    height = GEOPOTENTIAL_RADIUS * altitude / (GEOPOTENTIAL_RADIUS + altitude)
    above = height - _KINKS
    at_ground = np.sqrt(_KINKS**2 + _ROUNDING**2) - _KINKS
    ramps = 0.5 * (above + root(above**2 + _ROUNDING**2) - at_ground)
    return _SEA_LEVEL_TEMPERATURE + _LAPSES[0] * height + ramps @ _LAPSE_CHANGES


def standard_layers(altitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Temperature (K) and pressure (Pa) of the standard's own layer formulas, geometric altitude 0 to 86 km.

    Source: US Standard Atmosphere 1976, equations 23, 33a and 33b. Used to build the table and to test it.
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


def _log_pressure_table() -> Spline:
    _, lower = standard_layers(_PRESSURE_KNOTS)
    altitude, density = _UPPER_DENSITY.T
    upper = density * AIR_GAS_CONSTANT * np.array([_temperature(z, np.sqrt) for z in altitude])
    return Spline(np.concatenate([_PRESSURE_KNOTS, altitude]), np.log(np.concatenate([lower, upper])))


_LOG_PRESSURE = _log_pressure_table()


def air_at(altitude: Array) -> Air:
    """Air at geometric ``altitude`` (m, scalar): C2, positive and decreasing at every altitude.

    Below 86 km within 0.2 % of US Standard Atmosphere 1976 (0.02 % a kilometre away from a layer joint), above it
    through the table's densities; pressure above 86 km is only what the gas law makes of that density.
    """
    temperature = _temperature(altitude)
    pressure = jnp.exp(_LOG_PRESSURE(altitude))
    specific = AIR_GAS_CONSTANT * temperature
    return Air(pressure, pressure / specific, jnp.sqrt(AIR_HEAT_RATIO * specific))
