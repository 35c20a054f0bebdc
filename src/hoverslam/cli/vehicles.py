"""``hoverslam vehicles``: list the vehicles, show one, check a file."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from hoverslam.cli.messages import print_json, wrong_input
from hoverslam.cli.options import Json, VehicleName
from hoverslam.reports.exit_codes import VERIFIED, WRONG_INPUT

app = typer.Typer(help="List the vehicles, show one with its sources, or check a file of your own.")


@app.callback(invoke_without_command=True)
def _vehicles(context: typer.Context, json: Json = False) -> None:
    """List the vehicles that come with hoverslam."""
    if context.invoked_subcommand is not None:
        return
    from hoverslam.vehicles.loading import list_vehicles, load_vehicle

    columns = ("name", "title", "operator", "status", "site", "default_orbit")
    known = [load_vehicle(name) for name in list_vehicles()]
    rows = [{**{c: getattr(v, c) for c in columns}, "recovery": list(v.modes)} for v in known]
    if json:
        print_json(rows)
    else:
        _print_table(rows, "")


@app.command()
def show(vehicle: VehicleName, json: Json = False) -> None:
    """Show every figure of a vehicle: value, band, unit, status and source."""
    from hoverslam.vehicles.loading import figure_rows, load_vehicle

    found = load_vehicle(vehicle)
    if json:
        print_json(figure_rows(found))
    else:
        _print_table(figure_rows(found), f"{found.title} ({found.operator}, {found.status})")


@app.command()
def check(files: Annotated[list[str], typer.Argument(help="Vehicle files (TOML) to check.")]) -> int:
    """Check vehicle files: one line a mistake; the exit code is 2 if there is any."""
    from hoverslam.vehicles.loading import check_file

    mistakes = {file: check_file(file) for file in files}
    for file, lines in mistakes.items():
        wrong_input(lines)
        if not lines:
            print(f"{file}: in order")
    return WRONG_INPUT if any(mistakes.values()) else VERIFIED


def _print_table(rows: Sequence[Mapping[str, object]], title: str) -> None:
    from rich.markup import escape
    from rich.table import Table

    from hoverslam.reports.console import console

    table = Table(*rows[0], title=title or None, title_justify="left", header_style="bold")
    for row in rows:
        table.add_row(*(escape(_shown(value)) for value in row.values()))
    console().print(table)


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(value) if isinstance(value, list) else str(value)
