"""``hoverslam orbits``: the orbits that come with hoverslam, or what a text of values means."""

from typing import Annotated

import typer

from hoverslam.cli.listing import print_rows
from hoverslam.cli.options import Csv, Json


def orbits(
    chosen: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ORBIT",
            help="Only these: ids, or values such as 500x500x97.4 or 550xSSO. All that come with hoverslam if left out.",
        ),
    ] = None,
    json: Json = False,
    csv: Csv = False,
) -> int:
    """List orbits with their altitudes, inclinations and sources."""
    from hoverslam.vehicles.places import list_orbits, load_orbit, place_row

    return print_rows([place_row(load_orbit(name)) for name in chosen or list_orbits()], json=json, csv=csv)
