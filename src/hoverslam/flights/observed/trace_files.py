"""The columns of a trace, read from JSON or CSV as they are found in the wild, in SI.

JSON is a table of lists, a list of records, or a stream of records, one after the other. CSV may be separated by commas,
semicolons or tabs, have comments, blank lines and a byte order mark, and write decimal commas where commas do not separate.
A header names the quantity and its unit: ``time_s``, ``Time (s)``, ``Speed [km/h]``, ``altitude_km``. A column without a unit
is read as the public collections of webcast telemetry write it, in s, m/s and km; ``other_units`` are tried where that
contradicts itself.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hoverslam.data.errors import shown
from hoverslam.data.reading import whole_number

Floats: TypeAlias = NDArray[np.float64]

_NAMES = {
    "time": ("time", "t", "met", "mission_time", "elapsed_time", "time_after_liftoff", "seconds", "elapsed",
             "mission_elapsed_time", "time_since_liftoff", "flight_time", "timestamp", "clock"),
    "speed": ("speed", "velocity", "v", "vel", "spd", "ground_speed", "relative_velocity"),
    "altitude": ("altitude", "alt", "height", "h", "elevation"),
}  # fmt: skip
_PREFIXES = (
    r"(?:stage_?1|s1|first_stage|booster|telemetry)_"  # of columns that state whose speed and altitude they hold
)
_UNITS = {
    "time": {"": 1.0, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "min": 60.0},
    "speed": {
        "": 1.0, "m_s": 1.0, "mps": 1.0, "ms": 1.0, "m_per_s": 1.0, "km_s": 1e3, "kms": 1e3,
        "km_h": 1.0 / 3.6, "kmh": 1.0 / 3.6, "kph": 1.0 / 3.6, "km_hr": 1.0 / 3.6,
        "kilometers_per_hour": 1.0 / 3.6, "kilometres_per_hour": 1.0 / 3.6, "meters_per_second": 1.0, "metres_per_second": 1.0,
        "mph": 0.44704, "ft_s": 0.3048,
    },
    "altitude": {
        "": 1e3, "m": 1.0, "meters": 1.0, "metres": 1.0, "km": 1e3, "kilometers": 1e3, "kilometres": 1e3,
        "ft": 0.3048, "feet": 0.3048, "mi": 1609.344,
    },
}  # fmt: skip
ACCEPTED = "time_s, speed_m_s or speed_km_h, altitude_m or altitude_km"
_COMMENTS = ("#", "//", "%")
_GUESSED = {"speed": ("m/s", "km/h"), "altitude": ("km", "m")}  # units of headers without one, the usual one first


class TelemetryError(ValueError):
    """A trace that cannot be used; the message names file, key, value and remedy."""


class Columns(NamedTuple):
    """Columns of a file.

    Attributes:
        values: ``time`` (s), ``speed`` (m/s) and ``altitude`` (m) by name, each ``(n,)``.
        unstated: Those of ``speed`` and ``altitude`` whose header has no unit.
    """

    values: dict[str, Floats]
    unstated: tuple[str, ...]


class ContradictionError(TelemetryError):
    """A trace whose columns contradict each other, as they do in other units than those in which they were read."""


def other_units(columns: Columns) -> Iterator[tuple[dict[str, Floats], dict[str, str]]]:
    """Yield the columns with headers without a unit read in other units than the usual ones, and these units by column."""
    choices = [_GUESSED[name] for name in columns.unstated]
    for units in list(product(*choices))[1:]:
        values = dict(columns.values)
        for name, unit in zip(columns.unstated, units, strict=True):
            plain = unit.replace("/", "_")
            values[name] = values[name] * _UNITS[name][plain] / _UNITS[name][""]
        yield values, dict(zip(columns.unstated, units, strict=True))


def read_columns(path: Path) -> Columns:
    """Return the columns ``time`` (s), ``speed`` (m/s) and ``altitude`` (m) of a file, and which of them state no unit.

    Args:
        path: A file whose name ends in ``.json`` or ``.csv``.

    Raises:
        TelemetryError: If the file cannot be read, lacks a column, states it twice, or holds a text in place of a number.
    """
    raw = _json_columns(path) if path.suffix == ".json" else _csv_columns(path)
    found, stated, unstated = dict[str, Floats](), dict[str, str](), list[str]()
    for key, values in raw.items():
        meaning = meaning_of(path, key)
        if meaning is None:
            continue
        name, factor, unit = meaning
        if not unit and name in _GUESSED:
            unstated.append(name)
        if name in found:
            raise TelemetryError(f"{path}: {key}: states {name} a second time, beside {stated[name]}: keep one of them")
        found[name], stated[name] = factor * _numbers(path, key, values), key
    missing = [name for name in _NAMES if name not in found]
    if missing:
        has = shown(", ".join(raw), 200).strip('"')
        raise TelemetryError(f"{path}: {missing[0]}: missing: has {has}; known are {ACCEPTED}")
    return Columns(found, tuple(unstated))


def meaning_of(path: Path, header: str) -> tuple[str, float, str] | None:
    """Return the quantity that a header names, the factor from its unit to SI, and the unit; None for another quantity.

    Raises:
        TelemetryError: For a known quantity in an unknown unit.
    """
    plain = re.sub(r"[^a-z0-9]+", "_", header.lower()).strip("_")
    plain = re.sub(f"^{_PREFIXES}", "", plain)
    for name, aliases in _NAMES.items():
        for alias in sorted(aliases, key=len, reverse=True):
            if plain != alias and not plain.startswith(f"{alias}_"):
                continue
            unit = plain.removeprefix(alias).removeprefix("_")
            if unit in _UNITS[name]:
                return name, _UNITS[name][unit], unit
            if re.search(r"[(\[]", header):
                raise TelemetryError(f"{path}: {header}: unknown unit {unit!r}: write {ACCEPTED}")
    return None


def _numbers(path: Path, key: str, values: object) -> Floats:
    try:
        return np.atleast_1d(np.array(values, dtype=float))
    except (ValueError, TypeError) as error:
        raise TelemetryError(f"{path}: {key}: {error}: must be numbers") from None


# ---- JSON ------------------------------------------------------------------------------------------------------------
def read_text(path: Path) -> str:
    """Return the text of a file, without a byte order mark.

    Raises:
        TelemetryError: If it cannot be read or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TelemetryError(f"{path}: not UTF-8: save the file with UTF-8 encoding") from None
    except OSError as error:
        raise TelemetryError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None


def _json_columns(path: Path) -> dict[str, object]:
    text = read_text(path)
    try:
        content = json.loads(text, parse_int=whole_number)
    except (ValueError, RecursionError) as error:
        content = _stream(path, text, error)
    if isinstance(content, list) and content and all(isinstance(each, dict) for each in content):
        return _columns_of(path, content)
    if not isinstance(content, dict):
        raise TelemetryError(f"{path}: a {type(content).__name__}: must be a table, {{name: ...}}")
    return content


def _stream(path: Path, text: str, error: Exception) -> list[object]:
    """Return the records of a stream: JSON values one after the other, separated by white space or commas."""
    decoder, at, found = json.JSONDecoder(parse_int=whole_number), 0, list[object]()
    while at < len(text):
        if text[at].isspace() or text[at] == ",":
            at += 1
            continue
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            raise TelemetryError(f"{path}: cannot be read: {error}") from None
        if not isinstance(value, dict):
            raise TelemetryError(f"{path}: cannot be read: {error}")
        found.append(value)
    if not found:
        raise TelemetryError(f"{path}: cannot be read: {error}")
    return found


def _columns_of(path: Path, records: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Return the columns of records; a record that lacks a quantity, or has a null in its place, is left out."""
    keys = [key for key in records[0] if meaning_of(path, key) is not None]
    whole = [record for record in records if all(record.get(key) is not None for key in keys)]
    return {key: [record[key] for record in whole] for key in keys or records[0]}


# ---- CSV -------------------------------------------------------------------------------------------------------------
def _csv_columns(path: Path) -> dict[str, object]:
    lines = [
        (number, line)
        for number, line in enumerate(read_text(path).splitlines(), 1)
        if line.strip(" \t,;") and not line.lstrip().startswith(_COMMENTS)
    ]
    if not lines:
        raise TelemetryError(f"{path}: cannot be read: the file is empty")
    separator = max(",;\t", key=lines[0][1].count)
    rows = [(number, next(csv.reader([line], delimiter=separator, skipinitialspace=True))) for number, line in lines]
    header = [cell.strip() for cell in rows[0][1]]
    _check_header(path, header)
    for number, row in rows[1:]:
        if len(row) != len(header):
            raise TelemetryError(
                f"{path}: line {number}: {len(row)} cells, but the header has {len(header)}, separated by {separator!r}"
            )
    columns: dict[str, object] = {}
    for at, key in enumerate(header):
        cells = [row[at].strip() for _, row in rows[1:]]
        columns[key] = [cell.replace(",", ".") for cell in cells] if separator != "," else cells
    return columns


def _check_header(path: Path, header: Sequence[str]) -> None:
    if all(re.fullmatch(r"[-+.,\d eE]*", cell) for cell in header):
        raise TelemetryError(f"{path}: line 1: no header: add a first line with names and units, {ACCEPTED}")
    repeated = next((cell for cell in header if header.count(cell) > 1), None)
    if repeated is not None:
        raise TelemetryError(f"{path}: {repeated}: states a column twice: keep one of them")
