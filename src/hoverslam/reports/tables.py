"""Rows of cells as files: CSV for programs, Markdown for the repository; and columns made from rows of any kind."""

import csv
from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from rich.table import Table


def csv_text(headings: Sequence[str], cells: Iterable[Sequence[str]]) -> str:
    """CSV with one line of headings."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(cells)
    return out.getvalue()


def markdown_text(headings: Sequence[str], right: Sequence[bool], cells: Iterable[Sequence[str]]) -> str:
    """One Markdown table, columns set right where ``right`` says so; ends in a new line."""
    lines = [headings, ["---:" if each else "---" for each in right], *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


class View(NamedTuple):
    """One column for a person: its heading and the cell of a row."""

    heading: str
    cell: Callable[[Any], str]
    right: bool = True


def markdown_table(rows: Iterable[Any], views: Sequence[View]) -> str:
    """One Markdown table of these columns; ends in a new line."""
    cells = ([view.cell(row) for view in views] for row in rows)
    return markdown_text([view.heading for view in views], [view.right for view in views], cells)


def rich_table(rows: Sequence[Any], views: Sequence[View], title: str = "", no_wrap: int | None = None) -> "Table":
    """The same cells for a terminal, a rule between vehicles, what is not verified in red; columns from ``no_wrap`` on whole."""
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", header_style="bold")
    for place, view in enumerate(views):
        whole = no_wrap is not None and place >= no_wrap
        table.add_column(view.heading, justify="right" if view.right else "left", no_wrap=whole)
    for place, row in enumerate(rows):
        last = place + 1 == len(rows) or rows[place + 1].vehicle != row.vehicle
        table.add_row(*(view.cell(row) for view in views), style="" if row.verified else "red", end_section=last)
    return table
