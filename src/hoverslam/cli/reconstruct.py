"""``hoverslam reconstruct``: the most probable flight behind the telemetry of one flight."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hoverslam.cli.messages import print_files, print_json, wrong_input
from hoverslam.cli.options import Json
from hoverslam.cli.progress import status
from hoverslam.data.writing import check_folder
from hoverslam.reports.exit_codes import exit_code
from hoverslam.reports.interrupts import leave_on_interrupt

if TYPE_CHECKING:
    from hoverslam.flights.observed.reconstruction import Reconstruction
    from hoverslam.flights.observed.telemetry import Telemetry
    from hoverslam.vehicles.missions import Mission

SUFFIXES = (".csv", ".json", ".png")


def reconstruct(
    mission: Annotated[str, typer.Argument(help="Name of a known mission, or path of a mission file (TOML).")],
    trace: Annotated[
        Path | None, typer.Option(help="Telemetry (JSON or CSV); the one that the mission states if left out.")
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(help="Times of events (JSON); those beside the trace, or found from it, if left out."),
    ] = None,
    upper_trace: Annotated[
        Path | None, typer.Option(help="Telemetry of the upper stage; the one that the mission states if left out.")
    ] = None,
    vehicle: Annotated[
        str | None,
        typer.Option(
            help="Name or file of the vehicle whose bands are the prior knowledge; the mission's if left out."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for a table (CSV), the result (JSON) and a picture (PNG).")
    ] = None,
    without_orbit: Annotated[
        bool, typer.Option("--without-orbit", help="Do not take the orbit of the mission for a measurement.")
    ] = False,
    json: Json = False,
) -> int:
    """Reconstruct a flight from its speed and altitude: masses, propellant of each burn, figures (minutes)."""
    from hoverslam.vehicles.missions import load_mission

    found = load_mission(mission)
    if out is not None:
        check_folder(out, [f"{found.name}{suffix}" for suffix in SUFFIXES], "--out")
    from hoverslam.flights.observed.reconstruction import mission_telemetry
    from hoverslam.flights.observed.trace_files import TelemetryError

    try:
        flight = _fitted(found, mission_telemetry(found, trace, events, upper_trace), vehicle, not without_orbit)
    except TelemetryError as error:
        return wrong_input(str(error).splitlines())
    return _told(flight, out, json)


def _fitted(mission: "Mission", telemetry: "Telemetry", vehicle: str | None, use_orbit: bool) -> "Reconstruction":
    from hoverslam.flights.observed.reconstruction import reconstruct as fit

    with leave_on_interrupt(lambda: "no result"), status(f"{mission.title}: loading the solver") as show:
        return fit(
            mission, telemetry, vehicle, use_orbit=use_orbit, report=lambda line: show(f"{mission.title}: {line}")
        )


def _told(flight: "Reconstruction", out: Path | None, json: bool) -> int:
    """Print the result, write the files that were asked for, and return the exit code."""
    if json:
        print_json(flight.as_json())
    else:
        print(flight.report())
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        written = [flight.save(out / f"{flight.mission.name}{suffix}") for suffix in SUFFIXES]
        if not json:
            print_files(written)
    return exit_code(flight.verified)
