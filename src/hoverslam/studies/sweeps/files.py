"""Files of finished points: one small JSON file each, named by a hash of everything that the point depends on."""

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from hoverslam.data.writing import write_whole
from hoverslam.flights.launch.case_key import function_key
from hoverslam.reports.json_text import Json, json_text
from hoverslam.studies.sweeps.changes import Changes
from hoverslam.studies.sweeps.points import FigurePoint


@dataclass(frozen=True)
class PointFiles:
    """The files of the points of a sweep in one folder.

    Attributes:
        folder: The folder; None keeps nothing.
    """

    folder: Path | None

    def read(self, name: str, changes: Changes) -> FigurePoint | None:
        """Return a finished point; None if there is none, or if its file is damaged.

        Args:
            name: Name of the file, from :func:`file_name`.
            changes: The changed figures of the point.
        """
        if self.folder is None:
            return None
        try:
            return _point(json.loads((self.folder / name).read_text(encoding="utf-8")), changes)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def write(self, name: str, point: FigurePoint) -> None:
        """Write a finished point; its file appears as a whole.

        Raises:
            NotWritten: As :func:`hoverslam.data.writing.write_whole`.
        """
        if self.folder is not None:
            write_whole(self.folder / name, json_text(point.as_json()) + "\n")


def file_name(content: Json) -> str:
    """Return the name of the file of a point from what it depends on."""
    text = json.dumps(content, sort_keys=True)
    return f"point-{hashlib.sha256(text.encode()).hexdigest()[:24]}.json"


def content_of(value: Any) -> Json:
    """Return what a value consists of as plain values, so that it can be hashed: equal for equal values.

    Arrays are told by a hash of their bytes, functions by their code, and a path by the content of its file. Anything unknown
    enters as its text; where that holds an address, a point is solved again rather than taken for another.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Path):
        return ["file", hashlib.sha256(value.read_bytes()).hexdigest() if value.is_file() else str(value)]
    if isinstance(value, BaseModel):
        return content_of(value.model_dump())
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__qualname__, {f.name: content_of(getattr(value, f.name)) for f in fields(value)}]
    if isinstance(value, Mapping):
        return {str(key): content_of(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [content_of(inner) for inner in value]
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        return ["array", str(array.dtype), list(array.shape), hashlib.sha256(array.tobytes()).hexdigest()]
    return function_key(value) if isinstance(value, Callable) else repr(value)  # type: ignore[arg-type]


def _point(content: Any, changes: Changes) -> FigurePoint:
    """Return the point of a file's content.

    Raises:
        ValueError: If the content is no point, or another one.
    """
    verified, message, seconds = content["verified"], content["message"], content["seconds"]
    outputs = {str(name): math.nan if x is None else float(x) for name, x in content["outputs"].items()}
    right = isinstance(verified, bool) and isinstance(message, str) and bool(outputs)
    if not right or content["changes"] != dict(changes):
        raise ValueError("no point, or another one")
    return FigurePoint(dict(changes), outputs, verified, message, float(seconds))
