"""``hoverslam sites``: the launch and landing sites that come with hoverslam, or what a text of values means."""

from typing import Annotated

import typer

from hoverslam.cli.listing import print_rows
from hoverslam.cli.options import Csv, Json


def sites(
    chosen: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SITE",
            help="Only these: ids, or values such as 28.56x-80.58x5 (deg, deg, m). All that come with hoverslam if left "
            "out.",
        ),
    ] = None,
    json: Json = False,
    csv: Csv = False,
) -> int:
    """List launch and landing sites with their coordinates, azimuth limits and sources."""
    from hoverslam.vehicles.places import list_sites, load_site, place_row

    return print_rows([place_row(load_site(name)) for name in chosen or list_sites()], json=json, csv=csv)
