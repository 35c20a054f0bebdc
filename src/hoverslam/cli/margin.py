"""``hoverslam margin``: many disturbed, guided recoveries of one vehicle."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hoverslam.cli.messages import not_a_folder, print_json, wrong_input
from hoverslam.cli.options import Changed, Json, OrbitText, VehicleName
from hoverslam.cli.progress import status
from hoverslam.margins.choices import GUIDANCE, QUESTION_NAMES, SCHEMES
from hoverslam.reports.exit_codes import INTERRUPTED, exit_code

if TYPE_CHECKING:
    from hoverslam.margins.study.further import Answer
    from hoverslam.margins.study.margin import MarginStudy
    from hoverslam.vehicles.models import Vehicle


def margin(
    vehicle: VehicleName,
    recovery: Annotated[str, typer.Option(help="downrange or return_to_launch_site.", metavar="MODE")] = "downrange",
    samples: Annotated[int, typer.Option(min=1, help="Number of flights.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Master seed: the same seed gives the same flights.")] = 0,
    batch: Annotated[int, typer.Option(min=1, help="Number of flights that are flown and saved together.")] = 250,
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
    from hoverslam.reports.console import say
    from hoverslam.vehicles.loading import load_vehicle

    found = load_vehicle(vehicle, tuple(changed or ()))
    if orbit is not None:
        found = found.model_copy(update={"default_orbit": found.orbit(orbit, recovery).name})
    if mistake := mistake_of(found, recovery, guidance, scheme, out, also or ()):
        return wrong_input([mistake])
    from hoverslam.margins.campaigns.blocks import CampaignError
    from hoverslam.margins.campaigns.progress import progress_bar
    from hoverslam.margins.study.margin import study_margin

    try:
        with status(f"{found.title}, {recovery}: the optimal flight") as show, progress_bar() as on_progress:
            study = study_margin(
                found, recovery, samples, seed, guidance=guidance, scheme=scheme, dispersions=tuple(dispersion or ()),  # type: ignore[arg-type]
                probability=probability, confidence=confidence, folder=out, block=batch, scheduler=scheduler,
                report=show, on_progress=on_progress,
            )  # fmt: skip
            if study.samples == 0:
                raise KeyboardInterrupt
            answers = {} if study.campaign.interrupted else _answers(study, also or (), show)
        if figure is not None:
            say(f"wrote {study.save(figure)}")
    except (CampaignError, ValueError) as error:
        return wrong_input([str(error)])
    if curve is not None:
        from hoverslam.margins.study.curve_of_campaign import curve_of

        try:
            curve_of(study).save(curve)
        except ValueError as error:
            return wrong_input([f"--curve: {error}"])
        say(f"wrote {curve}")
    if json:
        print_json(study.as_json() | {name: answer.data for name, answer in answers.items()})
    else:
        print("\n".join([study.report(), *("\n" + "\n".join(answer.lines) for answer in answers.values())]))
    if study.campaign.interrupted:
        say(f"interrupted: {study.samples:,} of {samples:,} flights done" + (f", kept in {out}" if out else ""))
        return INTERRUPTED
    return exit_code(study.reserve.reserve is not None)


def _answers(study: "MarginStudy", also: Sequence[str], show: Callable[[str], None]) -> "dict[str, Answer]":
    """Return the answers to further questions by name."""
    if not also:
        return {}
    from hoverslam.margins.study.further import QUESTIONS

    found = {}
    for name in dict.fromkeys(also):
        show(f"also: {name}")
        found[name] = QUESTIONS[name](study, show)
    return found


def mistake_of(
    vehicle: "Vehicle", recovery: str, guidance: str, scheme: str, out: Path | None, also: Sequence[str]
) -> str:
    """Return what is wrong with the options, in one line; empty if nothing is. Nothing slow is imported."""
    known = vehicle.recovery.modes if vehicle.recovery is not None else ()
    if recovery not in known:
        return f"--recovery: {recovery!r}: {vehicle.name} has the recovery modes {', '.join(known) or '(none)'}"
    chosen: list[tuple[str, str, Sequence[str]]] = [("guidance", guidance, GUIDANCE), ("scheme", scheme, SCHEMES)]
    for name, value, choices in [*chosen, *(("also", question, QUESTION_NAMES) for question in also)]:
        if value not in choices:
            return f"--{name}: {value!r}: choose {', '.join(choices)}"
    return not_a_folder("--out", out)
