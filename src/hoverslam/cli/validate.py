"""``hoverslam validate``: the model beside flights with telemetry and published payloads."""

import time
from pathlib import Path
from typing import Annotated

import typer

from hoverslam.cli.messages import not_written, print_files, print_json
from hoverslam.cli.options import Json, Out
from hoverslam.cli.progress import status
from hoverslam.data.writing import check_folder
from hoverslam.reports.exit_codes import exit_code
from hoverslam.reports.interrupts import leave_on_interrupt
from hoverslam.studies.validation_files import MISSIONS, files_of


def validate(
    out: Out = Path("results"),
    mission: Annotated[
        list[str] | None, typer.Option(help="Only this mission. May be repeated; one alone is only reconstructed.")
    ] = None,
    json: Json = False,
) -> int:
    """Compare the model with flights with telemetry and with published payloads (minutes). Ctrl-C keeps what is done."""
    from hoverslam.vehicles.missions import load_mission

    for name in mission or ():
        load_mission(name)  # a wrong name is reported before anything slow is imported
    check_folder(out, files_of(mission or MISSIONS), "--out")
    table, begun = out / "validation.json", time.time()

    def kept() -> str:
        return (
            f"what is done is kept in {table}"
            if table.exists() and table.stat().st_mtime >= begun
            else "nothing is done"
        )

    with leave_on_interrupt(kept), status("reading the traces") as show:
        from hoverslam.studies.validation import validate as run

        done, files, _ = run(out, tuple(mission or MISSIONS), show)
    if json:
        print_json(done.as_json())
    else:
        print(done.report())
        print_files(files, done.unwritten)
    return not_written(done.unwritten) if done.unwritten else exit_code(done.met)
