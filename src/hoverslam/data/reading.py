"""From a TOML file to a checked model: reads the text, and words every complaint of pydantic as a `Mistake`."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hoverslam.data.errors import Mistake, VehicleError, did_you_mean, shown
from hoverslam.data.figures import STATUSES, Figure
from hoverslam.data.units import unit_of

_WHAT_IS_MEANT = {
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


def read_toml(path: Path, label: str) -> dict[str, Any]:
    """The file's content. Raises VehicleError with one line if it is missing, unreadable, not UTF-8 or not TOML."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise _unreadable(label, f"line {line}", "not UTF-8: save the file with UTF-8 encoding") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(label, "", f"cannot be read: {reason.lower()}") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, place = _place_of(str(error))
        raise _unreadable(label, place, f"not TOML: {message}") from None
    except (ValueError, RecursionError) as error:  # an integer of thousands of digits; brackets nested without end
        raise _unreadable(label, "", f"not usable TOML: {error}") from None


def _unreadable(label: str, place: str, fix: str) -> VehicleError:
    return VehicleError([Mistake(place, "", fix).line(label)])


def _place_of(message: str) -> tuple[str, str]:
    """tomllib puts the place in brackets at the end; it reads better in front."""
    match = re.fullmatch(r"(.*?)\s*\(at (.*)\)", message, flags=re.DOTALL)
    if not match:
        return message[:1].lower() + message[1:], ""
    text, place = match.groups()
    return text[:1].lower() + text[1:], place


def complaints(error: ValidationError, model: type[BaseModel]) -> list[Mistake]:
    """Everything pydantic found, as mistakes with dotted keys."""
    found: list[Mistake] = []
    for detail in error.errors(include_url=False):
        found.extend(_mistakes_of(detail, model))
    return found


def _mistakes_of(detail: ErrorDetails, model: type[BaseModel]) -> list[Mistake]:
    location, kind, value = detail["loc"], detail["type"], detail["input"]
    key = dotted(location)
    if kind == "mistakes":
        return [Mistake(key + below, text, fix) for below, text, fix in detail["ctx"]["found"]]
    if kind == "missing":
        return [Mistake(key, "missing", _how_to_add(model, location))]
    if kind == "extra_forbidden":
        parent = model_at(model, location[:-1])
        known = [name for name in parent.model_fields if parent is not Figure or name != "unit"] if parent else []
        return [Mistake(key, shown(value), f"unknown key, {did_you_mean(str(location[-1]), known)}")]
    if kind == "literal_error":
        fix = f"must be {detail['ctx']['expected']}"
        return [Mistake(key, shown(value), fix)]
    return [Mistake(key, shown(value), _WHAT_IS_MEANT.get(kind, detail["msg"]))]


def _how_to_add(model: type[BaseModel], location: Sequence[int | str]) -> str:
    parent, name = model_at(model, location[:-1]), str(location[-1])
    if parent is Figure:
        examples = {
            "value": "the number",
            "status": f"one of {', '.join(STATUSES)}",
            "source": "who says so, or the method",
        }
        return f"add {name} = …, {examples.get(name, '')}".rstrip(", ")
    target = model_at(model, location)
    if target is Figure:
        unit = unit_of(name) or "no unit"
        return f'add {name} = {{ value = …, status = "…", source = "…" }} ({unit})'
    return f"add the section [{dotted(location)}]" if target else f"add {name} = …"


def dotted(location: Sequence[int | str]) -> str:
    """`("payload_published", 0, "orbit")` as `payload_published[0].orbit`."""
    key = ""
    for part in location:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return key


def model_of(annotation: Any) -> type[BaseModel] | None:
    """The model class inside an annotation such as `Stage | None` or `tuple[PublishedPayload, ...]`, if any."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := model_of(part))), None)


def model_at(model: type[BaseModel], location: Sequence[int | str]) -> type[BaseModel] | None:
    """The model class a location leads to; None where it leads to a plain value or nowhere."""
    here: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, int):
            continue
        field = here.model_fields.get(part) if here else None
        here = model_of(field.annotation) if field else None
    return here


def given_by_user(document: Mapping[str, Any]) -> dict[str, Any]:
    """Bare numbers turned into figures of status `estimate`: for values typed into a program, never for a file."""
    return {
        key: {"value": value, "status": "estimate", "source": "given by the user"}
        if isinstance(value, (int, float)) and not isinstance(value, bool)
        else value
        for key, value in document.items()
    }
