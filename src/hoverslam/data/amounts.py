"""Masses that a user types with their unit, such as ``17.8t`` or ``17800kg``."""

import math
import re

_IN_KG = {"kg": 1.0, "t": 1000.0}
_AMOUNT = re.compile(r"\s*([-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-z]*)\s*")


def mass_kg(given: float | str) -> float:
    """Return a mass in kg.

    Args:
        given: A number (kg), or a text of a number and a unit, ``kg`` or ``t``; a text without a unit is in kg.

    Raises:
        ValueError: For a text that is no mass, or a mass that is not finite.
    """
    if isinstance(given, str):
        match = _AMOUNT.fullmatch(given)
        if match is None:
            raise ValueError(f"{given!r} is not a mass: give a number with its unit, as 17800kg or 17.8t")
        number, unit = match.groups()
        if unit and unit not in _IN_KG:
            raise ValueError(f"{given!r}: unit {unit!r} is unknown: use kg or t (tonne), as 17800kg or 17.8t")
        return float(number) * _IN_KG.get(unit, 1.0)
    if not math.isfinite(given):
        raise ValueError(f"{given} is not a mass: give a finite number of kg")
    return float(given)
