"""A landing with some of its numbers changed, by dotted keys such as ``start.mass`` or ``limits.tilt``."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from hoverslam.data.errors import suggestion
from hoverslam.flights.landing.case import AXES, LandingCase

SECTIONS = ("start", "lander", "limits")

_NAMES = {2: ("least", "most"), 3: AXES}  # of the entries of a vector, by its length


def _entries(vector: Sequence[float]) -> tuple[str, ...]:
    return _NAMES.get(len(vector)) or tuple(map(str, range(len(vector))))


def landing_figures(case: LandingCase) -> dict[str, float]:
    """Return every number of a landing that can be changed, by key (SI, radians).

    Keys are ``start.mass``, ``start.position.up``, ``lander.thrust``, ``lander.throttle.least``, ``limits.tilt`` and the like:
    the attributes of :class:`LandingStart`, :class:`Lander` and :class:`LandingLimits`, and the name or number of an entry.
    Limits that are left out have no key.
    """
    found: dict[str, float] = {}
    for section in SECTIONS:
        record = getattr(case, section)
        for field in fields(record):
            value = getattr(record, field.name)
            if isinstance(value, float):
                found[f"{section}.{field.name}"] = value
            elif isinstance(value, tuple) and value and all(isinstance(entry, float) for entry in value):
                found |= {f"{section}.{field.name}.{n}": entry for n, entry in zip(_entries(value), value, strict=True)}
    return found


def changed_case(case: LandingCase, changes: Mapping[str, float]) -> LandingCase:
    """Return a landing with other numbers.

    Args:
        case: The landing.
        changes: New values by key; see :func:`landing_figures`.

    Raises:
        KeyError: For a key that the landing does not have.
        ValueError: For a value that the start, the lander or the limits refuse.
    """
    known = landing_figures(case)
    records: dict[str, dict[str, Any]] = {}
    for key, value in changes.items():
        if key not in known:
            raise KeyError(f"{key}: {suggestion(key, known)}")
        section, name, *entry = key.split(".")
        record, changed = getattr(case, section), records.setdefault(section, {})
        if not entry:
            changed[name] = float(value)
        else:
            vector = list(changed.get(name, getattr(record, name)))
            vector[_entries(vector).index(entry[0])] = float(value)
            changed[name] = tuple(vector)
    return replace(case, **{section: replace(getattr(case, section), **new) for section, new in records.items()})
