"""Units are written in the key: `dry_mass_t`, `thrust_sea_level_kN`. This module reads them off and converts to SI."""

from math import pi

STANDARD_GRAVITY = 9.80665
"""m/s2, the g0 that turns specific impulse into exhaust velocity (exact by definition)."""

SEA_LEVEL_PRESSURE = 101_325.0
"""Pa, the ambient pressure at which sea-level thrust is quoted (US Standard Atmosphere 1976)."""

_DEGREE = pi / 180.0

# Suffix of the key, the unit in a table, factor to SI. Longest suffixes first: `_kPa_deg` ends in `_deg` too.
_UNITS: tuple[tuple[str, str, float], ...] = (
    ("_percent", "%", 0.01),
    ("_kPa_deg", "kPa deg", 1e3 * _DEGREE),
    ("_kW_m2", "kW/m2", 1e3),
    ("_W_m2", "W/m2", 1.0),
    ("_kg_m3", "kg/m3", 1.0),
    ("_m_s2", "m/s2", 1.0),
    ("_m2", "m2", 1.0),
    ("_per_s", "1/s", 1.0),
    ("_deg_s", "deg/s", _DEGREE),
    ("_deg", "deg", _DEGREE),
    ("_kPa", "kPa", 1e3),
    ("_kN", "kN", 1e3),
    ("_kg", "kg", 1.0),
    ("_km", "km", 1e3),
    ("_t", "t", 1e3),
    ("_g", "g", STANDARD_GRAVITY),
    ("_m_s", "m/s", 1.0),
    ("_m", "m", 1.0),
    ("_s", "s", 1.0),
)

_FACTORS = {"": 1.0} | {symbol: factor for _, symbol, factor in _UNITS}


def unit_of(key: str) -> str:
    """The unit a key's suffix stands for, such as `kN` for `thrust_vacuum_kN`; empty for a dimensionless key."""
    return next((symbol for suffix, symbol, _ in _UNITS if key.endswith(suffix)), "")


def si_factor(unit: str) -> float:
    """What a number in `unit` is multiplied by to give SI (kg, m, s, N, Pa, rad, m/s2, W/m2); KeyError if unknown."""
    return _FACTORS[unit]
