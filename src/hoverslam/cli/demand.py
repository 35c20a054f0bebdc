"""``hoverslam demand``: what a constellation needs of each vehicle."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hoverslam.cli.messages import not_written, print_files, print_json, say
from hoverslam.cli.options import Jobs, Json, Out, Vehicles
from hoverslam.cli.progress import flights_bar
from hoverslam.data.writing import check_folder
from hoverslam.reports.exit_codes import exit_code
from hoverslam.reports.interrupts import stop_on_interrupt

if TYPE_CHECKING:
    from hoverslam.studies.constellations.demand import Demand


def demand(
    constellation: Annotated[
        str | None, typer.Argument(help="A known constellation; all that have a deadline if left out.")
    ] = None,
    out: Out = Path("results"),
    vehicle: Vehicles = None,
    jobs: Jobs = None,
    json: Json = False,
) -> int:
    """Compute what a constellation needs of each vehicle, and whether planned launch rates meet its date.

    Ctrl-C keeps the flights that are finished.
    """
    from hoverslam.studies.constellations.asked import FILES, asked_for

    asked = asked_for(constellation, vehicle or None)
    check_folder(out, FILES, "--out")
    start = time.perf_counter()
    with flights_bar(len(asked)) as on_row:
        from hoverslam.studies.constellations.demand import fly_demand

        with stop_on_interrupt() as stopped:
            found = fly_demand(asked, out, jobs=jobs, on_row=on_row)
    _print(found, time.perf_counter() - start, json)
    if found.interrupted:
        kept = f", kept in {out / 'constellations.csv'}" if found.outcomes and not found.unwritten else ""
        say(f"{stopped.word}: {len(found.outcomes)} of {len(asked)} flights done{kept}")
        not_written(found.unwritten)
        return stopped.exit_code
    return not_written(found.unwritten) if found.unwritten else exit_code(found.verified)


def _print(found: "Demand", wall_s: float, json: bool) -> None:
    from hoverslam.reports.console import console

    if json:
        print_json(found.as_json() | {"wall_s": round(wall_s, 1)})
        return
    for part in found.tables():
        if isinstance(part, str):
            print(part)
        else:
            console().print(part)
    for index in sorted(found.outcomes):
        outcome = found.outcomes[index]
        row = outcome.row
        if not row.verified:
            say(f"not verified: {row.vehicle} {row.recovery} to {row.orbit}: {outcome.status}")
    print(f"{found.verdict()}, {wall_s:.0f} s")
    print_files(found.files, found.unwritten)
