"""From a TOML file to a checked model. Every mistake is worded as one line: file, key, value, remedy.

``read_toml`` reads a file, ``checked`` makes a model of its content, ``read_entries`` does both for a file of entries with
one model each, and ``entry_named`` picks one of them by its id. All take the class of error to raise, so that a room's
callers catch the error of that room.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hoverslam.data.errors import DataError, Mistake, did_you_mean, shown
from hoverslam.data.figures import STATUSES, Figure, Section
from hoverslam.data.units import unit_of

_REMEDIES = {
    "string_type": "must be text in quotes",
    "string_too_short": "must not be empty",
    "bool_type": "must be true or false",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "int_type": "must be a whole number",
    "tuple_type": "must be a list in square brackets",
    "too_short": "must not be empty",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "dict_type": "must be a table",
}
"""What to do about each type of pydantic error; the messages of pydantic itself serve for the others."""

EXACT_DIGITS = 18
"""Whole numbers of at most so many digits fit into 64 bits."""

MOST_BYTES = 50_000_000
"""Largest file that is read (bytes): far above any data file or trace, and read in a second."""

Model = TypeVar("Model", bound=BaseModel)
Entry = TypeVar("Entry", bound=Section)


def read_text(path: Path, label: str, error: type[DataError] = DataError) -> str:
    """Return the text of a file in UTF-8, without a byte order mark at its beginning.

    Args:
        path: The file.
        label: What messages call the file.
        error: The class of error to raise.

    Raises:
        DataError: If the file is missing, unreadable, not a file, larger than ``MOST_BYTES``, or not UTF-8; of class
            ``error``, with one line.
    """
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe or a device may never end
            raise error([Mistake("", "", "not a file").line(label)])
        if path.stat().st_size > MOST_BYTES:
            fix = f"larger than {MOST_BYTES // 1_000_000} MB: not a file of this kind"
            raise error([Mistake("", "", fix).line(label)])
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as found:
        line = found.object[: found.start].count(b"\n") + 1
        remedy = "not UTF-8: save the file with UTF-8 encoding"
        raise error([Mistake(f"line {line}", "", remedy).line(label)]) from None
    except DataError:
        raise
    except (OSError, ValueError) as found:  # ValueError: a null character in the path
        reason = getattr(found, "strerror", None) or str(found)
        raise error([Mistake("", "", f"cannot be read: {reason.lower()}").line(label)]) from None


def read_toml(path: Path, label: str, error: type[DataError] = DataError) -> dict[str, Any]:
    """Return the content of a TOML file.

    Args:
        path: The file.
        label: What messages call the file.
        error: The class of error to raise.

    Raises:
        DataError: If the file is missing, unreadable, not UTF-8 or not TOML; of class ``error``, with one line.
    """
    text = read_text(path, label, error)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as found:
        message, place = _split_place(str(found))
        raise error([Mistake(place, "", f"not TOML: {message}").line(label)]) from None
    except (ValueError, RecursionError) as found:  # an integer of thousands of digits; brackets nested too deeply
        raise error([Mistake("", "", f"not usable TOML: {found}").line(label)]) from None


def whole_number(digits: str) -> int | float:
    """Return a whole number of a JSON file: ``parse_int`` of a decoder. Beyond 18 digits it is a floating point number.

    Python refuses to read whole numbers of thousands of digits, and arrays refuse to hold those of twenty.
    """
    return int(digits) if len(digits) <= EXACT_DIGITS else float(digits)


def checked(model: type[Model], content: Mapping[str, Any], label: str, error: type[DataError] = DataError) -> Model:
    """Return the model made from the content of a file or of a part of it.

    Args:
        model: The class of the result.
        content: Keys and values, as ``read_toml`` returns them.
        label: What messages call the place, such as ``sites.toml: slc40``.
        error: The class of error to raise.

    Raises:
        DataError: If the content does not fit the model; of class ``error``, with one line per mistake.
    """
    try:
        return model.model_validate(dict(content))
    except ValidationError as found:
        raise error([mistake.line(label) for mistake in complaints(found, model)]) from None


def read_entries(
    model: type[Entry], path: Path, table: str = "", error: type[DataError] = DataError
) -> dict[str, Entry]:
    """Return the entries of a file, or of one table in it, by their ids.

    Args:
        model: The class of the entries. If it has a field ``name``, the id is put there.
        path: The file.
        table: The table that holds the entries, such as ``list_price``; the whole file if it is left out.
        error: The class of error to raise.

    Raises:
        DataError: If the file cannot be read or an entry does not fit the model; of class ``error``.
    """
    content = read_toml(path, path.name, error)
    prefix = f"{table}." if table else ""
    read: dict[str, Entry] = {}
    lines: list[str] = []
    for key, entry in (content.get(table, {}) if table else content).items():
        label = f"{path.name}: {prefix}{key}"
        try:
            read[key] = _entry(model, key, entry, label, error)
        except DataError as found:
            lines.extend(found.mistakes)
    if lines:
        raise error(lines)
    return read


def _entry(model: type[Entry], key: str, content: object, label: str, error: type[DataError]) -> Entry:
    if not isinstance(content, Mapping):
        raise error([Mistake("", shown(content), "must be a table").line(label)])
    return checked(model, {"name": key, **content} if "name" in model.model_fields else content, label, error)


def entry_named(kind: str, name: str, entries: Mapping[str, Entry], error: type[DataError] = DataError) -> Entry:
    """Return the entry of an id.

    Args:
        kind: What messages call the entry, such as ``site``.
        name: The id.
        entries: The known entries by their ids.
        error: The class of error to raise.

    Raises:
        DataError: If there is no such entry; of class ``error``, with a suggestion.
    """
    if name not in entries:
        raise error([Mistake("", shown(name), f"unknown, {did_you_mean(str(name), entries)}").line(kind)])
    return entries[name]


def _split_place(message: str) -> tuple[str, str]:
    """Split a message of ``tomllib`` into the text and the place, which stands in brackets at its end."""
    match = re.fullmatch(r"(.*?)\s*\(at (.*)\)", message, flags=re.DOTALL)
    if not match:
        return message[:1].lower() + message[1:], ""
    text, place = match.groups()
    return text[:1].lower() + text[1:], place


def complaints(error: ValidationError, model: type[BaseModel]) -> list[Mistake]:
    """Return everything that pydantic found while it validated ``model``, as mistakes with dotted keys."""
    found: list[Mistake] = []
    for detail in error.errors(include_url=False):
        found.extend(_mistakes_of(detail, model))
    return found


def _mistakes_of(detail: ErrorDetails, model: type[BaseModel]) -> list[Mistake]:
    """Return the mistakes behind one error of pydantic."""
    location, kind, value = detail["loc"], detail["type"], detail["input"]
    key = dotted(location)
    if kind == "mistakes":
        return [Mistake((key + below).lstrip("."), text, fix) for below, text, fix in detail["ctx"]["found"]]
    if kind == "missing":
        return [Mistake(key, "missing", _how_to_add(model, location))]
    if kind == "extra_forbidden":
        parent = model_at(model, location[:-1])
        known = (
            set(parent.model_fields) - (parent.set_by_key if issubclass(parent, Figure) else set()) if parent else set()
        )
        return [Mistake(key, shown(value), f"unknown key, {did_you_mean(str(location[-1]), known)}")]
    if kind == "literal_error":
        fix = f"must be {detail['ctx']['expected']}"
        return [Mistake(key, shown(value), fix)]
    return [Mistake(key, shown(value), _REMEDIES.get(kind, detail["msg"]))]


def _how_to_add(model: type[BaseModel], location: Sequence[int | str]) -> str:
    """Return what to write for a missing key."""
    parent, name = model_at(model, location[:-1]), str(location[-1])
    if parent is not None and issubclass(parent, Figure):
        examples = {
            "value": "the number",
            "low": "the least value",
            "high": "the greatest value",
            "status": f"one of {', '.join(STATUSES)}",
            "source": "who says so, or the method",
        }
        return f"add {name} = …, {examples.get(name, '')}".rstrip(", ")
    target = model_at(model, location)
    if target is not None and issubclass(target, Figure):
        unit = unit_of(name) or "no unit"
        band = " low = …, high = …," if target.model_fields["low"].is_required() else ""
        return f'add {name} = {{ value = …,{band} status = "…", source = "…" }} ({unit})'
    return f"add the section [{dotted(location)}]" if target else f"add {name} = …"


def dotted(location: Sequence[int | str]) -> str:
    """Return a location as a key: ``("payload_published", 0, "orbit")`` becomes ``payload_published[0].orbit``."""
    key = ""
    for part in location:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return key


def model_of(annotation: object) -> type[BaseModel] | None:
    """Return the model class inside an annotation such as ``Stage | None``.

    Args:
        annotation: The annotation of a field.

    Returns:
        The class; None if the annotation holds no model, or a text in place of one (``str | Site``).
    """
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    parts = get_args(annotation)
    return None if str in parts else next((found for part in parts if (found := model_of(part))), None)


def model_at(model: type[BaseModel], location: Sequence[int | str]) -> type[BaseModel] | None:
    """Return the model class at a location inside ``model``, or None if a plain value or nothing is there."""
    here: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, int):
            continue
        field = here.model_fields.get(part) if here else None
        here = model_of(field.annotation) if field else None
    return here


def given_by_user(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy in which each bare number is a figure of status ``estimate`` and source ``given by the user``.

    For values that a user passes to a function, numpy scalars among them. In a file every figure states its own source.
    """
    plain = {key: value.item() if getattr(value, "ndim", None) == 0 else value for key, value in document.items()}
    return {
        key: {"value": value, "status": "estimate", "source": "given by the user"}
        if isinstance(value, (int, float)) and not isinstance(value, bool)
        else value
        for key, value in plain.items()
    }
