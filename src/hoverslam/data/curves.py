"""Curves from CSV files: a value over altitude or Mach number, with status and source.

Such a file starts with lines of comment (``#``). Two of them state ``status:`` and ``source:``. Then follow a line with the
names of the columns, units included (``altitude_m,density_kg_m3``), and one line per point.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from hoverslam.data.errors import DataError, Mistake, did_you_mean, shown
from hoverslam.data.figures import STATUSES, Status
from hoverslam.data.reading import read_text

_STATUS: TypeAdapter[Status] = TypeAdapter(Status)


@dataclass(frozen=True)
class Curves:
    """Columns of numbers of equal length, the first of them increasing.

    Attributes:
        columns: Each column ``(n,)`` by its name.
        status: How well the curves are known.
        source: Author or publisher and date, or the method.
    """

    columns: Mapping[str, NDArray[np.float64]]
    status: Status
    source: str


def read_curves(path: Path) -> Curves:
    """Return the curves of a CSV file.

    Args:
        path: The file, in the format that this module's docstring describes.

    Raises:
        DataError: If status or source is missing, a value is not a finite number, or the first column does not increase.
    """
    lines = read_text(path, path.name).splitlines()
    comments = [line.removeprefix("#").strip() for line in lines if line.startswith("#")]
    names, *rows = [line.split(",") for line in lines if line and not line.startswith("#")]
    try:
        values = np.array([[float(cell) for cell in row] for row in rows])
        abscissa = values[:, 0]
    except (ValueError, IndexError) as error:
        raise DataError(
            [Mistake("", "", f"must hold rows of {len(names)} numbers ({error})").line(path.name)]
        ) from None
    if values.shape[1] != len(names) or not np.all(np.isfinite(values)):
        raise DataError([Mistake("", "", f"must hold rows of {len(names)} finite numbers").line(path.name)])
    if np.any(np.diff(abscissa) <= 0.0):
        raise DataError([Mistake(names[0], shown(abscissa.tolist()), "must increase from row to row").line(path.name)])
    return Curves(
        dict(zip(names, values.T, strict=True)), _status(comments, path.name), _stated("source", comments, path.name)
    )


def _status(comments: list[str], label: str) -> Status:
    text = _stated("status", comments, label)
    try:
        return _STATUS.validate_python(text)
    except ValidationError:
        raise DataError(
            [Mistake("status", shown(text), f"unknown, {did_you_mean(text, STATUSES)}").line(label)]
        ) from None


def _stated(key: str, comments: list[str], label: str) -> str:
    """Return what a comment states after ``key:``."""
    for line in comments:
        name, _, text = line.partition(":")
        if name == key and text.strip():
            return text.strip()
    raise DataError([Mistake(key, "missing", f"add a line '# {key}: …' at the top").line(label)])
