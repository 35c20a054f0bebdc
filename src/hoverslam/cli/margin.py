"""``hoverslam margin``: many disturbed, guided recoveries of one vehicle."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hoverslam.cli.messages import print_json, say, say_outside_bands, wrong_input
from hoverslam.cli.options import Changed, Json, OrbitText, VehicleName
from hoverslam.cli.progress import campaign_progress, status
from hoverslam.data.counts import MOST_BLOCK, MOST_FLIGHTS
from hoverslam.data.errors import suggestion
from hoverslam.data.writing import OutputError, check_file, check_folder
from hoverslam.margins.choices import CURVE_LEAST, GUIDANCE, QUESTION_NAMES, SCHEMES
from hoverslam.reports.exit_codes import NOT_VERIFIED, NOT_WRITTEN, exit_code
from hoverslam.reports.interrupts import Stopped, stop_on_interrupt
from hoverslam.reports.results import PICTURES

if TYPE_CHECKING:
    from hoverslam.margins.campaigns.progress import Progress
    from hoverslam.margins.study.further import Answer
    from hoverslam.margins.study.margin import MarginStudy
    from hoverslam.vehicles.models import Vehicle


def margin(
    vehicle: VehicleName,
    recovery: Annotated[str, typer.Option(help="downrange or return_to_launch_site.", metavar="MODE")] = "downrange",
    samples: Annotated[int, typer.Option(min=1, max=MOST_FLIGHTS, help="Number of flights.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Master seed: the same seed gives the same flights.")] = 0,
    batch: Annotated[
        int, typer.Option(min=1, max=MOST_BLOCK, help="Number of flights that are flown and saved together.")
    ] = 250,
    guidance: Annotated[
        str, typer.Option(help="convex (repeated convex plans) or hover_slam (explicit law).")
    ] = "convex",
    scheme: Annotated[str, typer.Option(help="Sampling scheme: random, sobol or latin.")] = "random",
    probability: Annotated[
        float, typer.Option(min=0.0, max=0.999999, help="Probability of landing that the reserve has to give.")
    ] = 0.99,
    confidence: Annotated[float, typer.Option(min=0.01, max=0.999, help="Confidence of every interval.")] = 0.9,
    dispersion: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE", help="Change a dispersion, as wind.sigma_m_s=6 or scale=0.5. May be repeated."
        ),
    ] = None,
    orbit: OrbitText = None,
    changed: Changed = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the flights; a second run with it continues the first.")
    ] = None,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask cluster that flies the samples.")] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(
            metavar="QUESTION",
            help="linear (linear covariance beside Monte Carlo), sensitivity (Sobol indices), reach (moved pad, engine "
            "failure), loss (propellant beyond perfect knowledge), resolve (payload solved again). May be repeated.",
        ),
    ] = None,
    figure: Annotated[Path | None, typer.Option(help="Draw the study into this file (PNG, SVG or PDF).")] = None,
    curve: Annotated[
        Path | None, typer.Option(help="Write the margin curve into this TOML file, for hoverslam cost --margin.")
    ] = None,
    json: Json = False,
) -> int:
    """Fly many disturbed, guided recoveries: how often they land, what reserve they need, what it costs in payload."""
    from hoverslam.vehicles.loading import load_vehicle

    found = load_vehicle(vehicle, tuple(changed or ()))
    say_outside_bands(vehicle, changed)
    if orbit is not None:
        found = found.model_copy(update={"default_orbit": found.orbit(orbit, recovery).name})
    if mistake := mistake_of(found, recovery, guidance, scheme, also or ()):
        return wrong_input([mistake])
    _check_outputs(out, figure, curve, samples)

    def flights(done: int) -> str:
        return f"{done:,} of {samples:,} flights done" + (f", kept in {out}" if out and done else "")

    with stop_on_interrupt() as stopped, status(f"{found.title}, {recovery}: the optimal flight") as show:
        from hoverslam.margins.campaigns.blocks import BlockFailed, CampaignError

        try:
            study = _flown(
                stopped, flights, show, vehicle=found, recovery=recovery, samples=samples, seed=seed, guidance=guidance,
                scheme=scheme, dispersions=tuple(dispersion or ()), probability=probability, confidence=confidence,
                folder=out, block=batch, scheduler=scheduler,
            )  # fmt: skip
        except (CampaignError, ValueError) as error:
            return wrong_input(str(error).splitlines())
        except BlockFailed as error:
            say(str(error))
            return NOT_VERIFIED
        if study.campaign.interrupted:
            return _interrupted(study, stopped, flights(study.samples), json)
        answers = _printed(study, also or (), show, json)
    if json:
        print_json(study.as_json() | {name: answer.data for name, answer in answers.items()})
    return _written(study, figure, curve)


def _flown(
    stopped: Stopped, flights: Callable[[int], str], show: Callable[[str], None], samples: int, **question: Any
) -> "MarginStudy":
    """Fly the study, and show its progress. Ctrl-C ends it only while flights are left, with what is done by then.

    Args:
        stopped: What an interrupt does, and says is kept.
        flights: Says how many flights are done.
        show: Shows a line of the state.
        samples: Number of flights.
        question: The other arguments of ``study_margin``.
    """
    from hoverslam.margins.study.margin import study_margin

    stopped.stops, stopped.kept = False, flights(0)
    with campaign_progress(show) as on_progress:

        def tell(progress: "Progress") -> None:
            stopped.stops, stopped.kept = progress.done < samples, flights(progress.done)
            on_progress(progress)

        study = study_margin(samples=samples, report=show, on_progress=tell, **question)
    stopped.stops = False
    return study


def _written(study: "MarginStudy", figure: Path | None, curve: Path | None) -> int:
    """Write the picture and the margin curve that were asked for, and return the exit code."""
    if figure is not None:
        say(f"wrote {study.save(figure)}")
    if curve is not None:
        from hoverslam.margins.study.curve_of_campaign import curve_of

        try:
            curve_of(study).save(curve)
        except ValueError as error:
            return wrong_input([f"--curve: {error}"])
        say(f"wrote {curve}")
    if study.campaign.unwritten:
        return NOT_WRITTEN  # each was told when it happened
    return exit_code(study.reserve.reserve is not None)


def _check_outputs(out: Path | None, figure: Path | None, curve: Path | None, samples: int) -> None:
    if out is not None:
        check_folder(out, label="--out")
    if figure is not None:
        check_file(figure, PICTURES, "--figure")
    if curve is not None:
        check_file(curve, (".toml",), "--curve")
        if samples < CURVE_LEAST:
            raise OutputError(
                [f"--curve: samples: {samples}: a margin curve needs {CURVE_LEAST} landed flights or more"]
            )


def _interrupted(study: "MarginStudy", stopped: Stopped, kept: str, json: bool) -> int:
    """Print what the flights so far say, and return the exit code."""
    if study.samples and json:
        print_json(study.as_json())
    elif study.samples:
        print(study.report())
    say(f"{stopped.word}: {kept}")
    return stopped.exit_code


def _printed(study: "MarginStudy", also: Sequence[str], show: Callable[[str], None], json: bool) -> "dict[str, Answer]":
    """Print the study and each answer as it is found, unless ``json`` asks for all of them at once; return the answers."""
    if not json:
        print(study.report(), flush=True)
    if not also:
        return {}
    from hoverslam.margins.study.further import QUESTIONS

    found = {}
    for name in dict.fromkeys(also):
        show(f"also: {name}")
        found[name] = QUESTIONS[name](study, show)
        if not json:
            print("\n" + "\n".join(found[name].lines), flush=True)
    return found


def mistake_of(vehicle: "Vehicle", recovery: str, guidance: str, scheme: str, also: Sequence[str]) -> str:
    """Return what is wrong with the options, in one line; empty if nothing is. Nothing slow is imported."""
    known = vehicle.recovery.modes if vehicle.recovery is not None else ()
    if recovery not in known:
        modes = suggestion(recovery, known) if known else "it has none that returns"
        return f"--recovery: {recovery!r}: not a mode of {vehicle.name} that returns its first stage, {modes}"
    chosen: list[tuple[str, str, Sequence[str]]] = [("guidance", guidance, GUIDANCE), ("scheme", scheme, SCHEMES)]
    for name, value, choices in [*chosen, *(("also", question, QUESTION_NAMES) for question in also)]:
        if value not in choices:
            return f"--{name}: {value!r}: unknown, {suggestion(value, choices)}"
    return ""
