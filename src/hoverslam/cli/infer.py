"""``hoverslam infer``: what published payloads, masses and events imply for the uncertain figures of a vehicle."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hoverslam.cli.messages import print_json, say, wrong_input
from hoverslam.cli.options import Json
from hoverslam.cli.progress import status
from hoverslam.data.counts import MOST_SAMPLES
from hoverslam.data.writing import check_file
from hoverslam.reports.exit_codes import exit_code
from hoverslam.reports.interrupts import leave_on_interrupt

if TYPE_CHECKING:
    from hoverslam.flights.inference.result import Inference


def infer(
    vehicles: Annotated[
        list[str],
        typer.Argument(metavar="VEHICLE...", help="Names of known vehicles, or paths of vehicle files (TOML)."),
    ],
    samples: Annotated[
        int,
        typer.Option(min=0, max=MOST_SAMPLES, help="Draws of the result at which the flights are solved to check it."),
    ] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 0,
    write: Annotated[
        Path | None, typer.Option(help="Write the vehicle file with the figures after the claims (one vehicle).")
    ] = None,
    write_package: Annotated[
        bool,
        typer.Option(
            "--write-package",
            help="Replace the vehicle files of the package, and keep the files before beside them (vehicles/files/priors).",
        ),
    ] = False,
    json: Json = False,
) -> int:
    """Infer the uncertain figures of a vehicle from what is published about it, and name claims that do not fit (minutes)."""
    from hoverslam.vehicles.loading import list_vehicles, load_vehicle

    if write is not None and len(vehicles) > 1:
        return wrong_input(["--write: takes one vehicle; use --write-package for several"])
    strangers = [name for name in vehicles if name not in list_vehicles()]
    if write_package and strangers:
        return wrong_input(
            [f"--write-package: {name}: does not come with the package: use --write" for name in strangers]
        )
    for name in vehicles:
        load_vehicle(name)  # a wrong name is reported before anything slow is imported
    if write is not None:
        check_file(write, (".toml",), "--write")
    found = []
    for name in vehicles:
        inference = _inferred(name, samples, seed)
        if not json:
            _tell(inference)
        _written(inference, write, write_package)
        found.append(inference)
    if json:
        contents = [_as_json(inference) for inference in found]
        print_json(contents[0] if len(contents) == 1 else contents)
    return exit_code(all(inference.verified for inference in found))


def _inferred(name: str, samples: int, seed: int) -> "Inference":
    with leave_on_interrupt(lambda: "no result, no file written"), status(f"{name}: loading the solver") as show:
        from hoverslam.flights.inference.infer import infer as run

        return run(name, samples=samples, seed=seed, report=lambda line: show(f"{name}: {line}"))


def _tell(inference: "Inference") -> None:
    from hoverslam.flights.inference.report import tables
    from hoverslam.reports.console import console
    from hoverslam.studies.costs.inferred import cost_parts, inferred_costs

    for part in (*tables(inference), *cost_parts(inferred_costs(inference.vehicle, inference.payloads))):
        console().print(part)


def _as_json(inference: "Inference") -> dict[str, object]:
    from hoverslam.studies.costs.inferred import inferred_costs

    costs = [cost.as_json() for cost in inferred_costs(inference.vehicle, inference.payloads)]
    return {**inference.as_json(), "costs": costs}


def _written(inference: "Inference", write: Path | None, write_package: bool) -> None:
    """Write the files that were asked for; those of an inference that is not verified are not written."""
    if write is None and not write_package:
        return
    if not inference.verified:
        say(f"{inference.vehicle.name}: not verified: no file is written")
        return
    if write is not None:
        say(f"wrote {inference.write(write)}")
    if write_package:
        for path in inference.write_package():
            say(f"wrote {path}")
