"""A landing with some of its numbers changed, by dotted keys such as ``start.mass`` or ``limits.tilt``."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from hoverslam.data.errors import suggestion
from hoverslam.flights.landing.case import LandingCase

SECTIONS = ("start", "lander", "limits")


def landing_figures(case: LandingCase) -> dict[str, float]:
    """Return every number of a landing that can be changed, by key (SI, radians).

    Keys are ``start.mass``, ``start.position[2]``, ``lander.thrust``, ``lander.throttle[0]``, ``limits.tilt`` and the like:
    the attributes of :class:`LandingStart`, :class:`Lander` and :class:`LandingLimits`, with the position of an entry in a
    vector. Limits that are left out have no key.
    """
    found: dict[str, float] = {}
    for section in SECTIONS:
        record = getattr(case, section)
        for field in fields(record):
            value = getattr(record, field.name)
            if isinstance(value, float):
                found[f"{section}.{field.name}"] = value
            elif isinstance(value, tuple) and value and all(isinstance(entry, float) for entry in value):
                found |= {f"{section}.{field.name}[{i}]": entry for i, entry in enumerate(value)}
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
        section, name, entry = re.fullmatch(r"(\w+)\.(\w+)(?:\[(\d)\])?", key).groups()  # type: ignore[union-attr]
        record, changed = getattr(case, section), records.setdefault(section, {})
        if entry is None:
            changed[name] = float(value)
        else:
            vector = list(changed.get(name, getattr(record, name)))
            vector[int(entry)] = float(value)
            changed[name] = tuple(vector)
    return replace(case, **{section: replace(getattr(case, section), **new) for section, new in records.items()})
