"""Markdown: tables of rows and columns, and pages from jinja2 templates, which lie beside the module that uses them."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from hoverslam.reports.escaping import markdown_cell
from hoverslam.reports.tables import Column, Row

_TABLE = Path(__file__).parent / "files" / "table.md.jinja"


def markdown_table(rows: Iterable[Row], columns: Sequence[Column[Row]]) -> str:
    """Return one Markdown table; it ends in a new line.

    Args:
        rows: Rows in the order in which they are shown.
        columns: Columns in the order in which they are shown.
    """
    return markdown_page(
        _TABLE,
        headings=[column.title for column in columns],
        rules=["---:" if column.right else "---" for column in columns],
        lines=[[markdown_cell(column.text(row)) for column in columns] for row in rows],
    )


def markdown_page(template: Path, **values: object) -> str:
    """Return the text of a jinja2 template with ``values`` put in.

    Templates know three additions: ``x | number(",.0f")`` formats a number, ``x | plain`` escapes a text from a data file,
    ``table(rows, columns)`` gives a Markdown table.

    Args:
        template: Path of the template.
        values: Values by the names that the template uses.

    Raises:
        jinja2.UndefinedError: If the template uses a name that is not among the values.
    """
    return _environment().from_string(template.read_text(encoding="utf-8")).render(values)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False
    )
    environment.filters["number"] = format
    environment.filters["plain"] = markdown_cell
    environment.globals["table"] = markdown_table
    return environment
