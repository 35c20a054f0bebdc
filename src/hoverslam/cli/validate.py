"""``hoverslam validate``: the model beside flights with telemetry and published payloads."""

from pathlib import Path
from typing import Annotated

import typer

from hoverslam.cli.messages import not_a_folder, print_files, print_json, wrong_input
from hoverslam.cli.options import Json, Out
from hoverslam.cli.progress import status
from hoverslam.reports.exit_codes import INTERRUPTED, exit_code


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
    if mistake := not_a_folder("--out", out):
        return wrong_input([mistake])
    with status("reading the traces") as show:
        from hoverslam.studies.validation import MISSIONS
        from hoverslam.studies.validation import validate as run

        done, files, interrupted = run(out, tuple(mission or MISSIONS), show)
    if json:
        print_json(done.as_json())
    else:
        print(done.report())
        print_files(files)
    if interrupted:
        from hoverslam.reports.console import say

        say("interrupted")
        return INTERRUPTED
    return exit_code(done.met)
