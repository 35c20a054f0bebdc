"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from hoverslam.data.counts import MOST_PROCESSES

VehicleName = Annotated[str, typer.Argument(help="Name of a known vehicle, or path of a vehicle file (TOML).")]
OrbitText = Annotated[
    str | None,
    typer.Option(
        help="Orbit: an id (see hoverslam orbits), or perigee x apogee x inclination in km and deg, as 500x500x97.4 or "
        "550xSSO (sun-synchronous). The vehicle's own if left out.",
        metavar="ORBIT",
    ),
]
Changed = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a figure of the vehicle, as stage1.dry_mass_t=25, or its launch site, as site=28.56x-80.58x5 "
        "(latitude and longitude in deg, elevation in m). May be repeated.",
    ),
]
Vehicles = Annotated[
    list[str] | None, typer.Option("--vehicle", help="Only this vehicle (name or TOML file). May be repeated.")
]
Jobs = Annotated[
    int | None,
    typer.Option(min=1, max=MOST_PROCESSES, help="Number of processes; 2 if left out, 1 on a single core."),
]
Out = Annotated[Path, typer.Option(help="Folder for tables, figures and other files.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output and nothing else there.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV on standard output and nothing else there.")]
