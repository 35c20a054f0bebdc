"""The identity of a vehicle: its name and a hash of its content. Two vehicles of one name may differ."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from hoverslam.data.errors import Mistake, shown
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.models import Vehicle

_FOR_READERS = frozenset({"title", "operator", "source", "status", "event_published", "liftoff_thrust_published_kN"})
"""Keys that change no flight, margin or cost. The status of the vehicle itself is one of them: its parts say what it is."""


_OF_THE_RESERVE = frozenset(
    {"landing_reserve_t", "reserve_probability", "return_reserve_t", "return_reserve_probability"}
)
"""Keys of the landing reserve: a margin curve answers for every reserve."""


def identity_of(vehicle: Vehicle, without: frozenset[str] = frozenset()) -> str:
    """Return the name of a vehicle and a hash of its content, such as ``falcon9-1f0c3a5b7d9e2468``.

    Values and bands of all figures enter, and everything else that changes a result. Texts for readers do not: title,
    operator, sources and statuses.

    Args:
        vehicle: The vehicle.
        without: Keys that are left out wherever they stand.
    """
    content = json.dumps(_content(vehicle.model_dump(mode="json"), _FOR_READERS | without), sort_keys=True)
    return f"{vehicle.name}-{hashlib.sha256(content.encode()).hexdigest()[:16]}"


def flight_identity_of(vehicle: Vehicle) -> str:
    """Return the identity of a vehicle whatever landing reserve it keeps: what a margin curve belongs to."""
    return identity_of(vehicle, _OF_THE_RESERVE)


def differing_keys(first: Vehicle, second: Vehicle) -> list[str]:
    """Return the dotted keys whose content differs between two vehicles, in the order of the first."""
    one, other = _leaves(first), _leaves(second)
    return [key for key in one | other if one.get(key) != other.get(key)]


def refuse_two_of_one_name(vehicles: Iterable[tuple[str, Vehicle]]) -> None:
    """Raise an error if two vehicles carry one name and differ: their rows, files and costs could not be told apart.

    Args:
        vehicles: What the user calls each vehicle (its name or the path of its file), and the vehicle.

    Raises:
        VehicleError: With one line for each vehicle that differs from the first of its name.
    """
    first: dict[str, tuple[str, Vehicle]] = {}
    lines: list[str] = []
    for called, vehicle in vehicles:
        earlier, known = first.setdefault(vehicle.name, (called, vehicle))
        if known is not vehicle and identity_of(known) != identity_of(vehicle):
            fix = f"{earlier} has this name too and differs in {in_words(differing_keys(known, vehicle))}: rename one"
            lines.append(Mistake("name", shown(vehicle.name), fix).line(called))
    if lines:
        raise VehicleError(list(dict.fromkeys(lines)))


def in_words(keys: list[str], most: int = 3) -> str:
    """Return keys as the part of a sentence: the first ``most`` of them, and how many there are beyond."""
    named = ", ".join(keys[:most])
    return named if len(keys) <= most else f"{named} and {len(keys) - most} more"


def _content(value: Any, without: frozenset[str] = _FOR_READERS) -> Any:
    if isinstance(value, Mapping):
        return {key: _content(inner, without) for key, inner in value.items() if key not in without}
    return [_content(inner, without) for inner in value] if isinstance(value, list) else value


def _leaves(vehicle: Vehicle) -> dict[str, Any]:
    """Return what decides an identity by dotted key; a figure is one entry."""
    found: dict[str, Any] = {}

    def walk(value: Any, key: str) -> None:
        if isinstance(value, Mapping) and "value" not in value:
            for name, inner in value.items():
                walk(inner, f"{key}.{name}" if key else name)
        else:
            found[key] = value

    walk(_content(vehicle.model_dump(mode="json")), "")
    return found
