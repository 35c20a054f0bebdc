"""``hoverslam vehicles``: list the vehicles, show one, check a file."""

from typing import Annotated

import typer

from hoverslam.cli.listing import print_rows
from hoverslam.cli.messages import wrong_input
from hoverslam.cli.options import Csv, Json, VehicleName
from hoverslam.reports.exit_codes import VERIFIED, WRONG_INPUT

app = typer.Typer(help="List the vehicles, show one with its sources, or check a file of your own.")


@app.callback(invoke_without_command=True)
def _vehicles(context: typer.Context, json: Json = False, csv: Csv = False) -> int | None:
    """List the vehicles that come with hoverslam."""
    if context.invoked_subcommand is not None:
        return None
    from hoverslam.vehicles.loading import list_vehicles, load_vehicle

    columns = ("name", "title", "operator", "status", "site", "default_orbit")
    known = [load_vehicle(name) for name in list_vehicles()]
    rows = [{**{c: getattr(v, c) for c in columns}, "recovery": list(v.modes)} for v in known]
    return print_rows(rows, json=json, csv=csv)


@app.command()
def show(vehicle: VehicleName, json: Json = False, csv: Csv = False) -> int:
    """Show every figure of a vehicle: value, band, unit, status and source."""
    from hoverslam.vehicles.loading import figure_rows, load_vehicle

    found = load_vehicle(vehicle)
    title = f"{found.title} ({found.operator}, {found.status})"
    return print_rows(figure_rows(found), title, json=json, csv=csv)


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
