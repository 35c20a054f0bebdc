"""Overrides: values that a user gives in place of those of a data file, by dotted key.

They are written ``{"stage1.dry_mass_t": 25.0}`` or ``["stage1.dry_mass_t=25"]``, in the unit of the key.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hoverslam.data.errors import Mistake

Overrides = Mapping[str, Any] | Sequence[str]


def override_pairs(overrides: Overrides, unusable: list[Mistake]) -> Iterator[tuple[str, Any]]:
    """Yield key and value of each override; what is not ``key=value`` is appended to ``unusable``."""
    if isinstance(overrides, Mapping):
        yield from ((str(key), value) for key, value in overrides.items())
        return
    for text in [overrides] if isinstance(overrides, str) else overrides:
        key, equals, value = str(text).partition("=")
        if equals:
            yield key.strip(), value.strip()
        else:
            unusable.append(Mistake(str(text), "", "must be key=value, such as stage1.dry_mass_t=25"))


def as_number(value: Any) -> Any:
    """Return a number written as text, or a numpy scalar, as a number; anything else unchanged, for a later check."""
    if hasattr(value, "item"):  # a numpy scalar
        value = value.item()
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def overridden_figure(old: object, value: Any) -> dict[str, Any]:
    """Return a figure with a new value, status ``estimate`` and source ``override``, as a file would state it.

    The band of the old figure is kept only if it contains the new value.
    """
    figure: dict[str, Any] = {"value": value, "status": "estimate", "source": "override"}
    if isinstance(old, dict) and isinstance(value, (int, float)):
        band = {end: old[end] for end in ("low", "high") if isinstance(old.get(end), (int, float))}
        if band.get("low", value) <= value <= band.get("high", value):
            figure |= band
    return figure
