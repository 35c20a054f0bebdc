"""Text from data files in tables, pages and pictures: what a format would interpret is escaped here, and only here."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that a spreadsheet takes for a formula."""


def csv_cell(text: str) -> str:
    """Return a text as the cell of a CSV file: an apostrophe stands before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def text_of_csv_cell(cell: str) -> str:
    """Return the text that :func:`csv_cell` wrote as ``cell``."""
    return cell[1:] if cell.startswith("'") and cell[1:].lstrip("'").startswith(_FORMULA) else cell


def markdown_cell(text: str) -> str:
    """Return a text as the cell of a Markdown table: on one line, without a column, an HTML tag or an entity of its own."""
    plain = " ".join(text.split())
    for character, written in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|")):
        plain = plain.replace(character, written)
    return plain


def csv_of_frame(frame: "pd.DataFrame", *, index: bool = False) -> str:
    """Return a data frame as CSV, its texts through :func:`csv_cell`."""
    texts = {name: frame[name].map(_cell) for name in frame.columns if not _is_number(frame[name])}
    return str(frame.assign(**texts).to_csv(index=index, lineterminator="\n"))


def _is_number(column: "pd.Series[Any]") -> bool:
    return column.dtype.kind in "biufcmM"


def _cell(value: object) -> object:
    return csv_cell(value) if isinstance(value, str) else value
