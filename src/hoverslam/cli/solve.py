"""``hoverslam solve``: the flight of greatest payload of one vehicle."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hoverslam.cli.messages import print_json, wrong_input
from hoverslam.cli.options import Changed, Json, OrbitText, VehicleName
from hoverslam.cli.progress import status
from hoverslam.reports.exit_codes import exit_code

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
    if save is not None and not save.parent.is_dir():
        return wrong_input([f"--save: {save}: there is no folder {save.parent}"])
    outcome = _solved(case)
    if json:
        print_json(outcome.as_json())
    else:
        from hoverslam.studies.scripts import print_launch

        print_launch(outcome, explain)
    if save is not None and outcome.trajectory is not None:
        from hoverslam.studies.trajectory_files import save_trajectory

        save_trajectory(outcome.flight_data(), save)
    return exit_code(outcome.verified)


def _solved(case: "Case") -> "Outcome":
    from hoverslam.reports.interrupts import leave_on_interrupt
    from hoverslam.studies.cases import fly, unsolved
    from hoverslam.vehicles.errors import VehicleError

    start, name = time.perf_counter(), f"{case.name}, {case.recovery}"
    with leave_on_interrupt(), status(f"{name}: loading the solver") as show:
        try:
            return fly(case, lambda line: show(f"{name}: {line}"))
        except VehicleError:
            raise
        except Exception as error:
            return unsolved(case, f"{type(error).__name__}: {error}", time.perf_counter() - start)
