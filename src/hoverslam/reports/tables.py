"""Tables: one description of the columns, and every way to write rows with it.

A :class:`Column` says which value of a row it shows and how. The same rows and columns give CSV for programs
(:func:`csv_text`), a table for a terminal (:func:`rich_table`) and, in :mod:`hoverslam.reports.markdown`, a Markdown table.
:func:`read_rows` reads back what :func:`csv_text` wrote.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args, get_type_hints

from hoverslam.reports.escaping import csv_cell, text_of_csv_cell

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

Row = TypeVar("Row")


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column of a table.

    Attributes:
        name: Attribute of a row, and the heading in CSV files and data frames; it carries the unit, as ``payload_kg``.
        heading: Heading for a person; ``name`` if left out.
        unit: Unit for a person, written behind the heading.
        format: Format specification of a number, as ``",.0f"``.
        factor: Factor from the attribute to the number that is shown.
        right: Whether cells are aligned to the right.
        no_wrap: Whether a terminal keeps each cell on one line.
        cell: Text of a row's cell, for a cell that is not one formatted number or text.
    """

    name: str
    heading: str = ""
    unit: str = ""
    format: str = ""
    factor: float = 1.0
    right: bool = True
    no_wrap: bool = False
    cell: Callable[[Row], str] | None = None

    @property
    def title(self) -> str:
        """Heading and unit for a person."""
        heading = self.heading or self.name
        return f"{heading}, {self.unit}" if self.unit else heading

    def text(self, row: Row) -> str:
        """Return the cell of a row."""
        if self.cell is not None:
            return self.cell(row)
        return cell_text(getattr(row, self.name), self.format, self.factor)


def cell_text(value: object, how: str = "", factor: float = 1.0) -> str:
    """Return a value as the text of a cell: None is blank, a bool is ``true`` or ``false``, text stays as it is.

    Args:
        value: None, a bool, a text or a number.
        how: Format specification of a number; ``str`` is used if it is empty.
        factor: Factor by which a number is multiplied before it is formatted.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) or not how:
        return str(value)
    assert isinstance(value, int | float)
    return format(value if factor == 1.0 else value * factor, how)


# ---- CSV and data frames -------------------------------------------------------------------------------------------
def csv_columns(row_type: type[Row], default: str, formats: Mapping[str, str] | None = None) -> tuple[Column[Row], ...]:
    """Return the columns of a CSV file of dataclass rows: one a field, in the order of the fields.

    Args:
        row_type: Dataclass of the rows; its fields are None, bool, int, float or text.
        default: Format of a float.
        formats: Formats of single fields by name.
    """
    hints = get_type_hints(row_type)
    known = formats or {}
    return tuple(
        Column(f.name, format=known.get(f.name, default if float in _kinds(hints[f.name]) else ""))
        for f in fields(row_type)  # type: ignore[arg-type]
    )


def csv_text(rows: Iterable[Row], columns: Sequence[Column[Row]]) -> str:
    """Return the rows as CSV with one line of headings; blank where a value does not exist.

    Args:
        rows: Dataclass rows.
        columns: Columns in their order.
    """
    import pandas as pd

    cells = [[_csv_cell(column, row) for column in columns] for row in rows]
    frame = pd.DataFrame(cells, columns=[column.name for column in columns], dtype=object)
    return str(frame.to_csv(index=False, lineterminator="\n"))


def _csv_cell(column: Column[Row], row: Row) -> str:
    """Return a cell of a CSV file; a text that a spreadsheet would take for a formula is escaped, a number never is."""
    text = column.text(row)
    return csv_cell(text) if isinstance(getattr(row, column.name, None), str) else text


def read_rows(path: Path, row_type: type[Row], kind: str) -> list[Row]:
    """Read rows that :func:`csv_text` wrote.

    Args:
        path: The CSV file.
        row_type: Dataclass of the rows; its fields are the columns.
        kind: What the file should be, for the message of an error, as "a comparison".

    Raises:
        ValueError: If the columns are not the fields of ``row_type``.
        OSError: If the file cannot be read.
    """
    import pandas as pd

    names = [field.name for field in fields(row_type)]  # type: ignore[arg-type]
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, na_filter=False, encoding="utf-8-sig")
    if list(frame.columns) != names:
        raise ValueError(f"{path}: not {kind}: its columns are not those of this version")
    hints = get_type_hints(row_type)
    kinds = [_kinds(hints[name]) for name in names]
    return [
        row_type(*(_value(text, kind) for text, kind in zip(cells, kinds, strict=True)))
        for cells in frame.itertuples(index=False, name=None)
    ]


def frame_of(rows: Iterable[Row], row_type: type[Row]) -> "pd.DataFrame":
    """Return dataclass rows as a data frame, one column a field; the names of the columns carry the units.

    Args:
        rows: Dataclass rows.
        row_type: Dataclass of the rows.
    """
    import pandas as pd

    names = [field.name for field in fields(row_type)]  # type: ignore[arg-type]
    return pd.DataFrame([[getattr(row, name) for name in names] for row in rows], columns=names)


def _kinds(hint: Any) -> tuple[Any, ...]:
    """Return the types that a field may have: ``float | None`` gives ``(float, NoneType)``."""
    return get_args(hint) or (hint,)


def _value(text: str, kinds: tuple[Any, ...]) -> bool | int | float | str | None:
    if text == "" and NoneType in kinds:
        return None
    if bool in kinds:
        return text == "true"
    if float in kinds:
        return float(text)
    return int(text) if int in kinds else text_of_csv_cell(text)


# ---- terminal --------------------------------------------------------------------------------------------------------
def rich_table(
    rows: Sequence[Row],
    columns: Sequence[Column[Row]],
    title: str = "",
    group: Callable[[Row], object] | None = None,
    warned: Callable[[Row], bool] | None = None,
) -> "Table":
    """Return the rows as a table for a terminal, which shows a row as a block of lines where it is too narrow for words.

    Args:
        rows: Rows in the order in which they are shown.
        columns: Columns in the order in which they are shown.
        title: Title above the table.
        group: Key of a row; a rule separates rows with different keys.
        warned: Whether a row is shown in red.
    """
    from hoverslam.reports.fitting_table import FittingTable

    table = FittingTable(title=title or None, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column.title, justify="right" if column.right else "left", no_wrap=column.no_wrap)
    for place, row in enumerate(rows):
        last = group is not None and (place + 1 == len(rows) or group(rows[place + 1]) != group(row))
        style = "red" if warned is not None and warned(row) else ""
        table.add_row(*(column.text(row) for column in columns), style=style, end_section=last)
    return table
