"""``hoverslam cost``: what a kilogram to orbit costs with one vehicle."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hoverslam.cli.messages import print_json, say, say_outside_bands, wrong_input
from hoverslam.cli.options import Changed, Json, OrbitText, VehicleName
from hoverslam.cli.progress import status
from hoverslam.data.counts import MOST_SAMPLES
from hoverslam.data.writing import check_file
from hoverslam.reports.exit_codes import exit_code
from hoverslam.reports.interrupts import leave_on_interrupt
from hoverslam.reports.results import PICTURES

if TYPE_CHECKING:
    from hoverslam.studies.costs.study import FlownCostStudy


def cost(
    vehicle: VehicleName,
    recovery: Annotated[
        str | None,
        typer.Option(
            help="expendable, downrange or return_to_launch_site; if left out downrange, or expendable for a vehicle "
            "without it.",
            metavar="MODE",
        ),
    ] = None,
    orbit: OrbitText = None,
    changed: Changed = None,
    costs: Annotated[
        list[str] | None,
        typer.Option(
            "--cost",
            metavar="KEY=VALUE",
            help="Change a cost input, as launches_per_year=20 or stage1_unit_cost_MUSD=28; keys of money end in _MUSD or "
            "_MCNY (millions). May be repeated.",
        ),
    ] = None,
    inputs: Annotated[Path | None, typer.Option(help="Cost inputs of your own (TOML file).")] = None,
    margin: Annotated[
        Path | None, typer.Option(help="Margin curve of your own, from hoverslam margin --curve.")
    ] = None,
    payload: Annotated[
        str | None,
        typer.Option(
            "--payload-kg",
            "--payload",
            help="Use this payload and solve no flight: a number in kg, or with its unit, as 17800kg or 17.8t.",
            metavar="KG",
        ),
    ] = None,
    samples: Annotated[
        int, typer.Option(min=100, max=MOST_SAMPLES, help="Number of samples of the uncertain inputs.")
    ] = 4000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the samples.")] = 0,
    figure: Annotated[
        Path | None, typer.Option(help="Draw the effect of each figure into this file (PNG, SVG or PDF).")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the arithmetic of the cost, to the last factor and source.")
    ] = False,
    json: Json = False,
) -> int:
    """Estimate the cost of a kilogram to orbit, with its uncertainty and the effect of each figure on it."""
    if figure is not None:
        check_file(figure, PICTURES, "--figure")
    from hoverslam.economics.inputs.errors import CostQuestionError
    from hoverslam.studies.costs.study import study_cost
    from hoverslam.vehicles.loading import load_vehicle

    found = load_vehicle(vehicle, tuple(changed or ()))
    say_outside_bands(vehicle, changed)
    try:
        with leave_on_interrupt(lambda: "no result"), status(f"{found.title}: loading the solver") as show:
            study = study_cost(
                found, recovery, orbit=orbit, payload_kg=payload, inputs=inputs, changes=tuple(costs or ()),
                margin=margin, samples=samples, seed=seed, report=lambda line: show(f"{found.title}: {line}"),
            )  # fmt: skip
    except (CostQuestionError, ValueError) as error:
        return wrong_input(str(error).splitlines())
    return _told(study, figure, explain, json)


def _told(study: "FlownCostStudy", figure: Path | None, explain: bool, json: bool) -> int:
    """Print the study, draw the picture that was asked for, and return the exit code."""
    from hoverslam.reports.console import console

    if json:
        print_json(study.as_json(explain))
    else:
        for part in study.tables(explain):
            console().print(part)
    if figure is not None:
        say(f"wrote {study.save(figure)}")
    return exit_code(study.verified)
