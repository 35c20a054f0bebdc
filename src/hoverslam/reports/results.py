"""The verbs that every result of a study has: ``report``, ``as_json``, ``to_frame``, ``plot`` and ``save``.

A study is a function; what it returns derives from :class:`Result`. A result that can be solved again for changed figures
has ``resolve`` as well, with its own arguments.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hoverslam.data.writing import write_whole, write_whole_with
from hoverslam.reports.escaping import csv_of_frame
from hoverslam.reports.json_text import Json, json_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

PICTURES = (".png", ".svg", ".pdf")


class Result(ABC):
    """Base class of the results that studies return."""

    @abstractmethod
    def report(self) -> str:
        """Return the result as text for a person, a few lines or tables, without a trailing new line."""

    @abstractmethod
    def as_json(self) -> dict[str, Json]:
        """Return the result as plain values for a program; keys carry units, such as ``payload_kg``."""

    @abstractmethod
    def to_frame(self) -> "pd.DataFrame":
        """Return the result as a table, one row a time, a case or a figure; columns carry units."""

    @abstractmethod
    def plot(self) -> "Figure":
        """Return a picture of the result; it is drawn but neither shown nor written."""

    def save(self, path: str | Path) -> Path:
        """Write the result to ``path`` in the format of its suffix, and return the path. The file appears only when complete.

        Every result knows ``.json`` (:meth:`as_json`), ``.csv`` (:meth:`to_frame`), ``.txt`` (:meth:`report`) and pictures
        (``.png``, ``.svg``, ``.pdf``, from :meth:`plot`); some know more.

        Raises:
            ValueError: for a suffix that this result cannot be written as; the message lists those it can.
            NotWritten: if the file cannot be written (an OSError); it says where the content is kept instead.
        """
        path = Path(path)
        writers = self._writers()
        suffix = path.suffix.lower()
        if suffix not in writers:
            raise ValueError(f"{path}: unknown suffix {path.suffix!r}; known: {', '.join(sorted(writers))}")
        writers[suffix](path)
        return path

    def _writers(self) -> Mapping[str, Callable[[Path], None]]:
        """Return the function that writes each suffix. A result with more formats extends the mapping."""
        return {
            ".json": lambda path: write_whole(path, json_text(self.as_json()) + "\n"),
            ".csv": lambda path: write_whole(path, csv_of_frame(self.to_frame())),
            ".txt": lambda path: write_whole(path, self.report() + "\n"),
            **dict.fromkeys(PICTURES, self._write_picture),
        }

    def _write_picture(self, path: Path) -> None:
        from hoverslam.reports.pictures import write_picture  # matplotlib is slow to import

        write_picture(self.plot(), path)


def write_netcdf(write: Callable[[Path], object]) -> Callable[[Path], None]:
    """Return a writer for ``.nc`` from a function that writes a netCDF file to a path."""
    return lambda path: write_whole_with(path, write)
