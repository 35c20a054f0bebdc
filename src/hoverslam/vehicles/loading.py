"""Vehicles by name or from a TOML file, with overrides of single figures."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from hoverslam.data.errors import Mistake, did_you_mean, shown
from hoverslam.data.figures import Figure
from hoverslam.data.files import file_names
from hoverslam.data.overrides import Overrides, as_number, overridden_figure, override_pairs
from hoverslam.data.reading import complaints, given_by_user, model_of, read_toml
from hoverslam.vehicles.checks.every import cross_checks
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.identity import differing_keys, identity_of, in_words
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import FILES

_PACKAGE = FILES.parents[1].resolve()
_NOT_VEHICLES = {"sites", "orbits", "missions", "operations", "recovery_modes"}


def list_vehicles() -> list[str]:
    """Return the names of the vehicles that come with the package."""
    return [name for name in file_names(FILES) if name not in _NOT_VEHICLES]


def load_vehicle(name_or_path: str | os.PathLike[str], overrides: Overrides = ()) -> Vehicle:
    """Return a vehicle by its name or from a TOML file.

    Args:
        name_or_path: The name of a vehicle that comes with the package, or the path of a file. A text is a path if it ends
            in ``.toml`` or contains a slash.
        overrides: Values to replace before the vehicle is checked, in the unit of the key: ``{"stage1.dry_mass_t": 25.0}``
            or ``["stage1.dry_mass_t=25"]``. A replaced figure has status ``estimate`` and source ``override``; it keeps
            its band if the band contains the new value. A site is given as ``load_site`` takes it: ``{"site": "slc4e"}``,
            ``["site=28.56x-80.58x5"]`` or ``{"site": {"latitude_deg": 28.56, ...}}``. Another ``site`` removes the
            published payloads, which hold for the site of the file.

    Raises:
        VehicleError: If the name is unknown, or the file or an override has mistakes; one line per mistake. Also if the
            name is that of a vehicle that comes with the package and the content is not: costs, margin curves and stored
            flights of that name would be taken for this vehicle's.
    """
    path, label = _locate(name_or_path)
    if path in _shipped_paths() and not overrides:
        return _shipped(path.stem)
    return _of_own_name(path, label, overrides)


def as_vehicle(vehicle: Vehicle | str | os.PathLike[str]) -> Vehicle:
    """Return the vehicle itself, or load it by its name or from a TOML file.

    Args:
        vehicle: A vehicle, the name of one that comes with the package, or the path of a vehicle file.

    Raises:
        VehicleError: If the name is unknown or the file cannot be used.
    """
    return vehicle if isinstance(vehicle, Vehicle) else load_vehicle(vehicle)


def vehicle_of_text(text: str, label: str) -> Vehicle:
    """Return the vehicle of the text of a vehicle file, checked as :func:`load_vehicle` checks a file.

    Args:
        text: Content of a file (TOML).
        label: What messages call it.

    Raises:
        VehicleError: If it has mistakes; one line per mistake.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise VehicleError([Mistake("", "", f"no TOML: {error}").line(label)]) from None
    return _checked(content, label, ())


def changed_vehicle(vehicle: Vehicle, overrides: Overrides) -> Vehicle:
    """Return a copy of a vehicle with other figures, checked as :func:`load_vehicle` checks a file with overrides.

    Args:
        vehicle: The vehicle.
        overrides: As for :func:`load_vehicle`.

    Raises:
        VehicleError: If an override has mistakes, or the changed figures do not fit together; one line per mistake.
    """
    return (
        _checked(_as_document(vehicle.model_dump(exclude_none=True)), vehicle.name, overrides) if overrides else vehicle
    )


def outside_bands(name_or_path: str | os.PathLike[str], overrides: Overrides) -> list[str]:
    """Return a remark for each override that lies outside the band of the vehicle file, one line each.

    Args:
        name_or_path: As for :func:`load_vehicle`.
        overrides: As for :func:`load_vehicle`.

    Raises:
        VehicleError: As :func:`load_vehicle`.
    """
    if not overrides:
        return []
    stated = dict(load_vehicle(name_or_path).figures())
    remarks = []
    for key, new in load_vehicle(name_or_path, overrides).figures():
        old = stated.get(key)
        if old is None or new.source == old.source or (old.low is None and old.high is None):
            continue
        if not old.low_si <= new.si <= old.high_si:
            low, high = (old.value if end is None else end for end in (old.low, old.high))
            band = f"{low:g} to {high:g} {old.unit}".rstrip()
            remarks.append(f"{key} = {new.value:g}: outside its band, {band} ({old.source})")
    return remarks


def check_file(path: str | os.PathLike[str]) -> list[str]:
    """Return the mistakes of a vehicle file, one line each; an empty list if there are none."""
    try:
        _of_own_name(Path(path), os.fspath(path), ())
    except VehicleError as error:
        return list(error.mistakes)
    return []


def figure_rows(vehicle: Vehicle) -> list[dict[str, str | float | None]]:
    """Return every figure of a vehicle as one row of a table: key, value, low, high, unit, status, source."""
    columns = ("value", "low", "high", "unit", "status", "source")
    return [{"key": key, **{name: getattr(figure, name) for name in columns}} for key, figure in vehicle.figures()]


def _locate(name_or_path: str | os.PathLike[str]) -> tuple[Path, str]:
    """Return the path of the file, and what messages call it."""
    text = os.fspath(name_or_path)
    is_name = isinstance(name_or_path, str) and not text.endswith(".toml") and not (set(text) & {"/", os.sep})
    if not is_name:
        return Path(text), text
    if text in list_vehicles():
        return FILES / f"{text}.toml", f"{text}.toml"
    hint = did_you_mean(text, list_vehicles())
    raise VehicleError(
        [Mistake("", shown(text), f"unknown, {hint} (a file of your own ends in .toml)").line("vehicle")]
    )


def _of_own_name(path: Path, label: str, overrides: Overrides) -> Vehicle:
    """Return the vehicle of a file with overrides; its name must not be that of another vehicle of the package.

    A file of the package itself may state a second version, such as the figures as published.
    """
    content = _shipped_content(path.stem) if path in _shipped_paths() else read_toml(path, label, VehicleError)
    vehicle = _checked(content, label, overrides)
    own = content.get("name") == vehicle.name and path.resolve().is_relative_to(_PACKAGE)
    if vehicle.name not in list_vehicles() or own:
        return vehicle
    shipped = _shipped(vehicle.name)
    stated = vehicle if not overrides else _checked(content, label, ()) if content.get("name") == vehicle.name else None
    if stated is None:
        fix = "the name of a vehicle that comes with hoverslam, given to another one: choose another name"
        raise VehicleError([Mistake("name", shown(vehicle.name), fix).line("override")])
    if identity_of(stated) != identity_of(shipped):
        keys = in_words(differing_keys(shipped, stated))
        fix = f"the name of a vehicle that comes with hoverslam, which differs in {keys}: choose another name"
        raise VehicleError([Mistake("name", shown(vehicle.name), fix).line(label)])
    return vehicle


@cache
def _shipped_paths() -> frozenset[Path]:
    """Return the files of the vehicles that come with the package."""
    return frozenset(FILES / f"{name}.toml" for name in list_vehicles())


@cache
def _shipped_content(name: str) -> dict[str, Any]:
    """Return the content of a file of the package. Nobody changes it: overrides are put into a copy."""
    return read_toml(FILES / f"{name}.toml", f"{name}.toml", VehicleError)


@cache
def _shipped(name: str) -> Vehicle:
    """Return a vehicle as it comes with the package."""
    return _checked(_shipped_content(name), f"{name}.toml", ())


def _checked(content: dict[str, Any], label: str, overrides: Overrides) -> Vehicle:
    """Return the vehicle of a file's content with overrides; raise one error with all mistakes of both."""
    document, overridden, unusable = _with_overrides(content, overrides)
    vehicle, found = None, []
    try:
        vehicle = Vehicle.model_validate(document)
    except ValidationError as error:
        found = complaints(error, Vehicle)
    # Another site may not reach the orbit of the file. The orbit that is flown is checked by ``Vehicle.orbit``.
    of_the_file = {"default_orbit", "inclination_deg"} - overridden if "site" in overridden else ()
    found += cross_checks(document, frozenset(mistake.key for mistake in found), frozenset(of_the_file))
    lines = [mistake.line("override") for mistake in unusable]
    lines += [mistake.line(_origin(mistake.key, overridden, label)) for mistake in found]
    if lines or vehicle is None:
        raise VehicleError(lines)
    return vehicle


def _as_document(dumped: Any) -> Any:
    """Return the content of a vehicle as its file would hold it: figures without the unit, which the key states."""
    if isinstance(dumped, Mapping):
        figure = "value" in dumped and "status" in dumped
        return {key: _as_document(value) for key, value in dumped.items() if not (figure and key == "unit")}
    return [_as_document(value) for value in dumped] if isinstance(dumped, (list, tuple)) else dumped


def _origin(key: str, overridden: set[str], label: str) -> str:
    """Return what messages call the origin of a key: ``override``, or the file."""
    return "override" if any(key == given or key.startswith(f"{given}.") for given in overridden) else label


def _with_overrides(content: dict[str, Any], overrides: Overrides) -> tuple[dict[str, Any], set[str], list[Mistake]]:
    """Return a copy of the content with the overrides, the keys they changed, and the overrides that cannot be used."""
    unusable: list[Mistake] = []
    changed: set[str] = set()
    if not overrides:
        return content, changed, unusable
    document = deepcopy(content)
    for key, value in override_pairs(overrides, unusable):
        mistake = _put(document, key, value)
        if mistake:
            unusable.append(mistake)
        else:
            changed.add(key)
    if "site" in changed:
        for key in ("payload_published", "event_published"):
            document.pop(key, None)  # stated for the site of the file; the new site may not reach their orbits
    return document, changed, unusable


def _put(document: dict[str, Any], key: str, value: Any) -> Mistake | None:
    """Set a key of the document. Return a mistake if there is no such key, or if the vehicle has no such section."""
    *sections, last = key.split(".")
    if key not in _settable():
        return Mistake(key, shown(value), f"unknown key, {did_you_mean(key, _settable())}" if last else "unknown key")
    here: Any = document
    for n, section in enumerate(sections):
        # The section [operations] may be missing: its figures have defaults.
        here = here.setdefault(section, {}) if section == "operations" else here.get(section)
        if not isinstance(here, dict):
            return Mistake(key, shown(value), f"this vehicle has no section [{'.'.join(sections[: n + 1])}]")
    if _settable()[key] is Figure:
        here[last] = overridden_figure(here.get(last), as_number(value))
    else:
        plain = _toml_value(value) if isinstance(value, str) else value
        here[last] = given_by_user(plain) if isinstance(plain, Mapping) else plain
    return None


def _toml_value(text: str) -> object:
    """Return ``true``, ``3`` or ``[3, 1]`` as TOML reads them, and everything else as text."""
    try:
        read = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return read["value"] if len(read) == 1 else text


@cache
def _settable() -> dict[str, type[BaseModel] | None]:
    """Return every key that an override may name, with ``Figure``, or None for a plain value. Lists of tables have none."""
    return dict(_keys_of(Vehicle, ""))


def _keys_of(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, type[BaseModel] | None]]:
    """Yield the dotted keys below a model, with ``Figure``, or None for a plain value."""
    for name, field in model.model_fields.items():
        inner = model_of(field.annotation)
        if inner is None or inner is Figure:
            yield prefix + name, inner
        elif not str(field.annotation).startswith("tuple"):
            yield from _keys_of(inner, f"{prefix}{name}.")
