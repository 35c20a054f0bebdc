"""``hoverslam solve``: the flight of greatest payload of one vehicle."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hoverslam.cli.messages import print_json, say, say_outside_bands
from hoverslam.cli.options import Changed, Json, OrbitText, VehicleName
from hoverslam.cli.progress import status
from hoverslam.data.writing import check_file
from hoverslam.reports.exit_codes import exit_code
from hoverslam.reports.interrupts import leave_on_interrupt

if TYPE_CHECKING:
    from hoverslam.studies.cases import Case
    from hoverslam.studies.outcome import Outcome


def solve(
    vehicle: VehicleName,
    recovery: Annotated[
        str, typer.Option(help="Such as expendable, downrange or return_to_launch_site.", metavar="MODE")
    ] = "expendable",
    orbit: OrbitText = None,
    changed: Changed = None,
    save: Annotated[Path | None, typer.Option(help="Write the trajectory into this netCDF file.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show the arithmetic of the cost.")] = False,
    json: Json = False,
) -> int:
    """Find the flight of greatest payload, verify it, and estimate the cost of a kilogram."""
    from hoverslam.studies.cases import Case

    case = Case(vehicle, recovery, orbit, tuple(changed or ()))
    case.checked()  # before anything slow is imported
    if save is not None:
        check_file(save, (".nc",), "--save")
    say_outside_bands(vehicle, changed)
    outcome = _solved(case)
    if json:
        print_json(outcome.as_json())
    else:
        from hoverslam.studies.scripts import print_launch

        print_launch(outcome, explain)
    if save is not None and outcome.trajectory is not None:
        from hoverslam.studies.trajectory_files import save_trajectory

        save_trajectory(outcome.flight_data(), save)
        say(f"wrote {save}")
    elif save is not None:
        say(f"--save: {save}: not written, since there is no flight")
    return exit_code(outcome.verified)


def _solved(case: "Case") -> "Outcome":
    from hoverslam.studies.cases import fly, unsolved
    from hoverslam.vehicles.errors import VehicleError

    start, name = time.perf_counter(), f"{case.name}, {case.recovery}"
    with leave_on_interrupt(lambda: "no result"), status(f"{name}: loading the solver") as show:
        try:
            return fly(case, lambda line: show(f"{name}: {line}"))
        except VehicleError:
            raise
        except Exception as error:
            return unsolved(case, f"{type(error).__name__}: {error}", time.perf_counter() - start)
