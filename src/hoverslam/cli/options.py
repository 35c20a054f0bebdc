"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

VehicleName = Annotated[str, typer.Argument(help="Name of a known vehicle, or path of a vehicle file (TOML).")]
OrbitName = Annotated[str | None, typer.Option(help="Name of an orbit; the vehicle's own if left out.")]
Changed = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Change a figure of the vehicle, as stage1.dry_mass_t=25. May be repeated."
    ),
]
Vehicles = Annotated[
    list[str] | None, typer.Option("--vehicle", help="Only this vehicle (name or TOML file). May be repeated.")
]
Jobs = Annotated[int | None, typer.Option(min=1, help="Number of processes; 2 if left out, 1 on a single core.")]
Out = Annotated[Path, typer.Option(help="Folder for tables, figures and other files.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output and nothing else there.")]
