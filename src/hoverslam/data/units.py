"""Units of data files: the suffix of a key states its unit (``dry_mass_t``, ``thrust_sea_level_kN``); conversion to SI."""

from math import pi

from hoverslam.data.constants import STANDARD_GRAVITY

_DEGREE = pi / 180.0

# Suffix of the key, the unit in a table, factor to SI. Longest suffixes first: `_kPa_deg` ends in `_deg` too.
_UNITS: tuple[tuple[str, str, float], ...] = (
    ("_percent", "%", 0.01),
    ("_cny_per_kg", "CNY/kg", 1.0),
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
    """Return the unit in the suffix of a key, such as ``kN`` for ``thrust_vacuum_kN``; empty for a dimensionless key."""
    return next((symbol for suffix, symbol, _ in _UNITS if key.endswith(suffix)), "")


def label_of(key: str) -> str:
    """Return a key as a picture shows it: words, and the unit, such as ``stage1 dry mass (t)`` for ``stage1.dry_mass_t``."""
    suffix, unit = next(((suffix, symbol) for suffix, symbol, _ in _UNITS if key.endswith(suffix)), ("", ""))
    words = key.removesuffix(suffix).replace(".", " ").replace("_", " ")
    return f"{words} ({unit})" if unit else words


def si_factor(unit: str) -> float:
    """Return the factor from ``unit`` to SI (kg, m, s, N, Pa, rad, m/s2, W/m2).

    Raises:
        KeyError: If the unit is unknown.
    """
    return _FACTORS[unit]
