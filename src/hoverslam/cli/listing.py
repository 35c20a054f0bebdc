"""Rows of a listing on standard output: as a table for the terminal, as JSON or as CSV."""

import csv as comma_separated
import sys
from collections.abc import Mapping, Sequence

from hoverslam.cli.messages import print_json, wrong_input
from hoverslam.reports.escaping import csv_cell
from hoverslam.reports.exit_codes import VERIFIED


def print_rows(rows: Sequence[Mapping[str, object]], title: str = "", *, json: bool = False, csv: bool = False) -> int:
    """Print rows and return the exit code.

    Args:
        rows: Rows with the same keys in the same order; at least one.
        title: Title of the table for the terminal.
        json: Print JSON instead of a table.
        csv: Print CSV instead of a table. The table leaves out columns without any value; JSON and CSV keep them.
    """
    if json and csv:
        return wrong_input(["--json, --csv: choose one of them"])
    if json:
        print_json(rows)
    elif csv:
        writer = comma_separated.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _cell(_joined(value)) for key, value in row.items()} for row in rows)
    else:
        _print_table(rows, title)
    return VERIFIED


def _print_table(rows: Sequence[Mapping[str, object]], title: str) -> None:

    from hoverslam.reports.console import console
    from hoverslam.reports.fitting_table import FittingTable

    columns = [key for key in rows[0] if any(row[key] is not None for row in rows)]
    table = FittingTable(*columns, title=title or None, title_justify="left", header_style="bold")
    for row in rows:
        table.add_row(*(_shown(row[key]) for key in columns))
    console().print(table)


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(_joined(value))


def _cell(value: object) -> object:
    return csv_cell(value) if isinstance(value, str) else value


def _joined(value: object) -> object:
    return ", ".join(str(part) for part in value) if isinstance(value, (list, tuple)) else value
