"""Loading the dispersions of a vehicle: the general table, what the vehicle's own file changes, and overrides."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from hoverslam.data.errors import Mistake, did_you_mean, shown
from hoverslam.data.figures import Figure, Range
from hoverslam.data.overrides import Overrides, as_number, overridden_figure, override_pairs
from hoverslam.data.paths import inside
from hoverslam.data.reading import complaints, model_of, read_toml
from hoverslam.margins.disturbances.dispersions import DispersionTable, entry_kinds
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import list_vehicles

DATA = Path(__file__).parent / "files"
_SCALE = Range(0, 2, closed=True)  # every size in the files stays within its range when it is doubled


def _figures_of(model: type[BaseModel]) -> Iterator[str]:
    return (key for key, field in model.model_fields.items() if model_of(field.annotation) is Figure)


_SIZES = frozenset(f"{name}.{key}" for name, kind in entry_kinds(DispersionTable).items() for key in kind.sizes)
_KEYS = tuple(f"{name}.{key}" for name, kind in entry_kinds(DispersionTable).items() for key in _figures_of(kind))


def load_dispersions(vehicle_name: str | None = None, overrides: Overrides | None = None) -> DispersionTable:
    """Return the dispersions of a vehicle.

    Args:
        vehicle_name: A vehicle that comes with the package. None takes the general table, which is written for a first
            stage of 400 t.
        overrides: ``{"wind.sigma_m_s": 5.0}`` or ``["wind.sigma_m_s=5"]``, in the unit of the key. The key ``scale``
            multiplies every size and probability (0 to 2), except those overridden beside it:
            ``{"scale": 0, "wind.sigma_m_s": 5}`` leaves the wind alone.

    Raises:
        VehicleError: For mistakes in the files and the overrides, with one line each.
    """
    content, label = read_toml(DATA / "dispersions.toml", "dispersions.toml", VehicleError), "dispersions.toml"
    own: dict[str, Any] = {}
    own_label = f"vehicles/{vehicle_name}.toml"
    if vehicle_name is not None:
        if vehicle_name not in list_vehicles():
            fix = f"unknown, {did_you_mean(str(vehicle_name), list_vehicles())} (None takes the general table)"
            raise VehicleError([Mistake("", shown(vehicle_name), fix).line("vehicle")])
        path = inside(DATA / "vehicles", f"{vehicle_name}.toml")
        own = read_toml(path, own_label, VehicleError) if path.exists() else {}
    return table_of(content, own, overrides or {}, (label, own_label))


def table_of(
    content: Mapping[str, Any], own: Mapping[str, Any], overrides: Overrides, labels: tuple[str, str]
) -> DispersionTable:
    """Return the table made from the general document, a vehicle's document and overrides.

    Args:
        content: The general document.
        own: The vehicle's document, whose keys replace those of the general one.
        overrides: As for :func:`load_dispersions`.
        labels: What messages call the two documents.

    Raises:
        VehicleError: For mistakes in the documents and the overrides, with one line each.
    """
    document, overridden, unusable = _with_overrides(_merged(content, own), overrides)
    lines = [mistake.line("override") for mistake in unusable]
    try:
        table = DispersionTable.model_validate(document)
    except ValidationError as error:
        for mistake in complaints(error, DispersionTable):
            label = labels[1] if _stated_in(own, mistake.key) else labels[0]
            lines.append(mistake.line("override" if _is_or_inside(mistake.key, overridden) else label))
        raise VehicleError(lines) from None
    if lines:
        raise VehicleError(lines)
    return table


def _merged(content: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of ``content`` in which the keys of each section of ``own`` replace those of the same name."""
    document = deepcopy(dict(content))
    for name, section in own.items():
        both = isinstance(section, dict) and isinstance(document.get(name), dict)
        document[name] = {**document[name], **section} if both else section
    return document


def _stated_in(own: Mapping[str, Any], key: str) -> bool:
    """Return whether the vehicle's document states a key."""
    section, _, below = key.partition(".")
    inside = own.get(section.partition("[")[0])
    return inside is not None and (not isinstance(inside, dict) or below.partition(".")[0] in inside)


def _is_or_inside(key: str, overridden: set[str]) -> bool:
    """Return whether a key was overridden, or is part of a figure that was."""
    return any(key == given or key.startswith(f"{given}.") for given in overridden)


def _with_overrides(document: dict[str, Any], overrides: Overrides) -> tuple[dict[str, Any], set[str], list[Mistake]]:
    """Return the document with the overrides, the keys that they changed, and the overrides that cannot be used."""
    unusable: list[Mistake] = []
    given = dict(override_pairs(overrides, unusable))
    if "scale" in given:
        scale = as_number(given.pop("scale"))
        if isinstance(scale, (int, float)) and not isinstance(scale, bool) and _SCALE.holds(scale):
            document = _scaled(document, scale)
        else:
            unusable.append(Mistake("scale", shown(scale), _SCALE.text()))
    changed = set()
    for key, value in given.items():
        section, _, last = key.partition(".")
        if key not in _KEYS:
            unusable.append(Mistake(key, shown(value), f"unknown key, {did_you_mean(key, [*_KEYS, 'scale'])}"))
        elif isinstance(document.get(section), dict):
            old = document[section].get(last)
            document[section] = {**document[section], last: overridden_figure(old, as_number(value))}
            changed.add(key)
    return document, changed, unusable


def _scaled(document: Mapping[str, Any], scale: float) -> dict[str, Any]:
    """Return the document with every size multiplied and without its band.

    What is not a figure stays as it is: the check of the document reports it.
    """

    def times(figure: Any) -> Any:
        value = figure.get("value") if isinstance(figure, dict) else None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return figure
        scaled = {key: found for key, found in figure.items() if key not in ("low", "high")}
        scaled["value"] = scale * value
        if isinstance(figure.get("source"), str):
            scaled["source"] = f"{scale:g} x {figure['source']}"
        return scaled

    return {
        name: {key: times(value) if f"{name}.{key}" in _SIZES else value for key, value in section.items()}
        if isinstance(section, dict)
        else section
        for name, section in document.items()
    }
