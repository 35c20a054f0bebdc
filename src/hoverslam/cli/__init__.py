"""The command line: one thin command per verb over the rooms' public functions.

Tables for a person, ``--json`` for a program: results go to standard output, progress and complaints to standard error.
Exit codes: 0 solved and verified, 1 solved but not verified (or not solved), 2 wrong input, 130 interrupted. What is
slow to import is imported inside the commands, so that help and lists come at once.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hoverslam import __version__

if TYPE_CHECKING:
    from hoverslam.margins.study.further import Answer
    from hoverslam.margins.study.margin import MarginStudy
    from hoverslam.studies.cases import Case
    from hoverslam.studies.comparison.compare import Comparison
    from hoverslam.studies.constellations.demand import Demand
    from hoverslam.studies.outcome import Outcome
    from hoverslam.vehicles.models import Vehicle

OK, NOT_VERIFIED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130

app = typer.Typer(name="hoverslam", add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
vehicles = typer.Typer(help="List the vehicles, show one with its sources, or check a file of your own.")
app.add_typer(vehicles, name="vehicles")

VehicleName = Annotated[str, typer.Argument(help="A known vehicle, or the path of a TOML file.")]
OrbitName = Annotated[str | None, typer.Option(help="Orbit by name; the vehicle's own if left out.")]
Changed = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a figure, as stage1.dry_mass_t=25. May be repeated."),
]
Vehicles = Annotated[
    list[str] | None, typer.Option("--vehicle", help="Only this vehicle (name or TOML file). May be repeated.")
]
Jobs = Annotated[int | None, typer.Option(min=1, help="Processes; 2 if left out, 1 on a single core.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output and nothing else there.")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; a mistake of input is one line on standard error, no traceback."""
    from hoverslam.vehicles.errors import VehicleError

    try:
        code = app(args=list(arguments) if arguments is not None else None, standalone_mode=False)
    except VehicleError as error:
        return _wrong(error.mistakes)
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED
    except Exception as error:
        # Mistakes in the arguments themselves; their class belongs to the parser that typer carries inside.
        if not hasattr(error, "format_message"):
            raise
        return _wrong([f"hoverslam: {' '.join(error.format_message().split())}"])
    return code if isinstance(code, int) else OK


def _wrong(lines: Sequence[str]) -> int:
    for line in lines:
        _say(line)
    return WRONG_INPUT


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _version(asked: bool) -> None:
    if asked:
        print(f"hoverslam {__version__}")
        raise typer.Exit()


@app.callback(invoke_without_command=True)
def _hoverslam(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """If this booster comes back, what does a kilogram to orbit cost, and how sure are we?"""
    if context.invoked_subcommand is None:
        print(context.get_help())


# ---- vehicles --------------------------------------------------------------------------------------------------------
@vehicles.callback(invoke_without_command=True)
def _vehicles(context: typer.Context, json: Json = False) -> None:
    """List the vehicles that come with hoverslam."""
    if context.invoked_subcommand is not None:
        return
    from hoverslam.vehicles.loading import list_vehicles, load_vehicle

    columns = ("name", "title", "operator", "status", "site", "default_orbit")
    known = [load_vehicle(name) for name in list_vehicles()]
    rows = [{**{c: getattr(v, c) for c in columns}, "recovery": list(v.modes)} for v in known]
    if json:
        _print_json(rows)
    else:
        _print_table(rows, "")


@vehicles.command()
def show(
    vehicle: VehicleName,
    json: Json = False,
) -> None:
    """Show every figure of a vehicle: value, band, unit, how well it is known and who says so."""
    from hoverslam.vehicles.loading import figure_rows, load_vehicle

    found = load_vehicle(vehicle)
    if json:
        _print_json(figure_rows(found))
    else:
        _print_table(figure_rows(found), f"{found.title} ({found.operator}, {found.status})")


@vehicles.command()
def check(files: Annotated[list[str], typer.Argument(help="TOML files to check.")]) -> int:
    """Check vehicle files: one line a mistake, exit code 2 if there is any."""
    from hoverslam.vehicles.loading import check_file

    mistakes = {file: check_file(file) for file in files}
    for file, lines in mistakes.items():
        _wrong(lines)
        if not lines:
            print(f"{file}: in order")
    return WRONG_INPUT if any(mistakes.values()) else OK


def _print_json(content: Any) -> None:
    from json import dumps

    print(dumps(content, indent=2, ensure_ascii=False))


def _print_table(rows: list[dict[str, Any]], title: str) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*rows[0], title=title or None, title_justify="left", header_style="bold")
    for row in rows:
        table.add_row(*(escape(_shown(value)) for value in row.values()))
    terminal = sys.stdout.isatty()
    Console(highlight=False, width=None if terminal else 220).print(table)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(value) if isinstance(value, list) else str(value)


# ---- solve -----------------------------------------------------------------------------------------------------------
@app.command()
def solve(
    vehicle: VehicleName,
    recovery: Annotated[
        str, typer.Option(help="expendable, downrange or return_to_launch_site.", metavar="MODE")
    ] = "expendable",
    orbit: OrbitName = None,
    changed: Changed = None,
    save: Annotated[Path | None, typer.Option(help="Write the trajectory to this netCDF file.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show the arithmetic of the cost.")] = False,
    json: Json = False,
) -> int:
    """Find the flight of greatest payload, verify it, and say what a kilogram costs."""
    from hoverslam.studies.cases import Case

    case = Case(vehicle, recovery, orbit, tuple(changed or ()))
    case.checked()  # before anything slow is imported
    if save is not None and not save.parent.is_dir():
        return _wrong([f"--save: {save}: there is no folder {save.parent}"])
    outcome = _solved(case)
    _print_launch(outcome, explain, json)
    if save is not None and outcome.trajectory is not None:
        from hoverslam.studies.comparison.trajectory_files import save_trajectory

        save_trajectory(outcome, save)
    return OK if outcome.row.verified else NOT_VERIFIED


def _solved(case: "Case") -> "Outcome":
    from hoverslam.studies.cases import fly, unsolved
    from hoverslam.studies.launch_report import leave_on_interrupt
    from hoverslam.vehicles.errors import VehicleError

    start = time.perf_counter()
    with leave_on_interrupt(), _status(f"{case.vehicle}, {case.recovery}: loading the solver") as tell:
        try:
            return fly(case, lambda line: tell(f"{case.vehicle}, {case.recovery}: {line}"))
        except VehicleError:
            raise
        except Exception as error:
            return unsolved(case, f"{type(error).__name__}: {error}", time.perf_counter() - start)


def _print_launch(outcome: "Outcome", explain: bool, json: bool) -> None:
    from hoverslam.studies.launch_report import dump_json, launch_json, print_launch

    if json:
        print(dump_json(launch_json(outcome)))
    else:
        print_launch(outcome, explain=explain)


@contextmanager
def _status(first: str) -> Iterator[Callable[[str], None]]:
    """A line on standard error that says what goes on; nothing where nobody watches."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda line: None
        return
    with console.status(first) as status:
        yield status.update


# ---- compare ---------------------------------------------------------------------------------------------------------
@app.command()
def compare(
    out: Annotated[Path, typer.Option(help="Folder for tables, figures and trajectories.")] = Path("results"),
    vehicle: Vehicles = None,
    jobs: Jobs = None,
    json: Json = False,
) -> int:
    """Solve every vehicle in every recovery mode and write the tables. Ctrl-C keeps the rows done so far."""
    from hoverslam.studies.cases import default_cases
    from hoverslam.studies.comparison.compare import compare as run
    from hoverslam.studies.comparison.compare import default_jobs

    cases = default_cases(vehicle or None)
    jobs = default_jobs() if jobs is None else jobs
    if out.exists() and not out.is_dir():
        return _wrong([f"--out: {out}: not a folder"])
    start = time.perf_counter()
    with _progress(cases) as on_row:
        comparison = run(cases, out, jobs=jobs, on_row=on_row)
    _print_comparison(comparison, time.perf_counter() - start, json)
    if comparison.interrupted:
        kept = f", kept in {out / 'vehicles.csv'}" if comparison.outcomes else ""
        _say(f"interrupted: {len(comparison.outcomes)} of {len(cases)} rows done{kept}")
        return INTERRUPTED
    return OK if comparison.verified else NOT_VERIFIED


@contextmanager
def _progress(cases: "Sequence[Case]") -> "Iterator[Callable[[int, Outcome], None]]":
    """A bar with count and time, and a line for each row as it ends; nothing where nobody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda index, outcome: None
        return
    columns = (TextColumn("flights"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("flights", total=len(cases))

        def on_row(index: int, outcome: "Outcome") -> None:
            bar.console.print(_row_line(outcome))
            bar.advance(task)

        yield on_row


def _row_line(outcome: "Outcome") -> str:
    row = outcome.row
    payload = "no payload" if row.payload_kg is None else f"{row.payload_kg:8,.0f} kg"
    verdict = "verified" if row.verified else f"NOT VERIFIED ({outcome.status})"
    return f"{row.vehicle:18} {row.recovery:22} {payload:>12}  {row.solve_s or 0.0:5.0f} s  {verdict}"


def _print_comparison(comparison: "Comparison", wall_s: float, json: bool) -> None:
    from hoverslam.studies.comparison.tables import rich_table, verdict
    from hoverslam.studies.costs.rows import rich_costs
    from hoverslam.studies.launch_report import console, dump_json

    rows = comparison.rows
    if json:
        content = {
            "rows": [row.as_json() for row in rows],
            "costs": [asdict(row) for row in comparison.costs],
            "verified": sum(row.verified for row in rows),
            "cases": len(comparison.cases),
            "interrupted": comparison.interrupted,
            "wall_s": round(wall_s, 1),
            "files": [str(path) for path in comparison.files],
        }
        print(dump_json(content))
        return
    if rows:
        console().print(rich_table(rows))
    if comparison.costs:
        console().print(rich_costs(comparison.costs))
    for index in sorted(comparison.outcomes):
        outcome = comparison.outcomes[index]
        if not outcome.row.verified:
            _say(f"not verified: {outcome.row.vehicle} {outcome.row.recovery}: {outcome.status}")
    if rows:
        print(f"{verdict(rows)}, {wall_s:.0f} s")
    for path in comparison.files:
        print(f"wrote {path}")


# ---- demand ----------------------------------------------------------------------------------------------------------
@app.command()
def demand(
    constellation: Annotated[
        str | None, typer.Argument(help="A known constellation; all that have a deadline if left out.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the tables and the figure.")] = Path("results"),
    vehicle: Vehicles = None,
    jobs: Jobs = None,
    json: Json = False,
) -> int:
    """What a constellation asks of each vehicle, and whether planned launch rates meet its date. Ctrl-C keeps what is done."""
    from hoverslam.studies.comparison.compare import default_jobs
    from hoverslam.studies.constellations.demand import asked_for
    from hoverslam.studies.constellations.demand import demand as run

    asked = asked_for(constellation, vehicle or None)
    jobs = default_jobs() if jobs is None else jobs
    if out.exists() and not out.is_dir():
        return _wrong([f"--out: {out}: not a folder"])
    start = time.perf_counter()
    with _progress([each.case for each in asked]) as on_row:
        found = run(asked, out, jobs=jobs, on_row=on_row)
    _print_demand(found, time.perf_counter() - start, json)
    if found.interrupted:
        kept = f", kept in {out / 'constellations.csv'}" if found.outcomes else ""
        _say(f"interrupted: {len(found.outcomes)} of {len(asked)} flights done{kept}")
        return INTERRUPTED
    return OK if found.verified else NOT_VERIFIED


def _print_demand(found: "Demand", wall_s: float, json: bool) -> None:
    from hoverslam.studies.constellations.page import check_line, of_goal, rich_table, verdict
    from hoverslam.studies.launch_report import console, dump_json

    if json:
        print(dump_json(found.as_json() | {"wall_s": round(wall_s, 1)}))
        return
    for name in dict.fromkeys(row.constellation for row in found.rows):
        console().print(rich_table(of_goal(found.rows, name), name))
        print("\n".join(verdict(found.rows, name)))
    for check in found.checks:
        print(check_line(check))
    for index in sorted(found.outcomes):
        row = found.outcomes[index].row
        if not row.verified:
            _say(f"not verified: {row.vehicle} {row.recovery} to {row.orbit}: {found.outcomes[index].status}")
    verified = sum(outcome.row.verified for outcome in found.outcomes.values())
    print(f"{verified} of {len(found.asked)} flights verified, {wall_s:.0f} s")
    for path in found.files:
        print(f"wrote {path}")


# ---- validate --------------------------------------------------------------------------------------------------------
@app.command()
def validate(
    out: Annotated[Path, typer.Option(help="Folder for the table and the figures.")] = Path("results"),
    mission: Annotated[
        list[str] | None, typer.Option(help="Only this mission. May be repeated; one alone is only reconstructed.")
    ] = None,
    json: Json = False,
) -> int:
    """Compare the model with flights with telemetry and with published payloads (minutes). Ctrl-C keeps what is done."""
    from hoverslam.vehicles.missions import load_mission

    for name in mission or ():
        load_mission(name)  # a wrong name is reported before anything slow is imported
    if out.exists() and not out.is_dir():
        return _wrong([f"--out: {out}: not a folder"])
    with _status("reading the traces") as tell:
        from hoverslam.studies.validation import MISSIONS
        from hoverslam.studies.validation import validate as run

        done, files, interrupted = run(out, tuple(mission or MISSIONS), tell)
    if json:
        from hoverslam.studies.launch_report import dump_json

        print(dump_json(done.as_json()))
    else:
        print(done.report())
        for path in files:
            print(f"wrote {path}")
    if interrupted:
        _say("interrupted")
        return INTERRUPTED
    return OK if done.met else NOT_VERIFIED


# ---- margin ----------------------------------------------------------------------------------------------------------
@app.command()
def margin(
    vehicle: VehicleName,
    recovery: Annotated[str, typer.Option(help="downrange or return_to_launch_site.", metavar="MODE")] = "downrange",
    samples: Annotated[int, typer.Option(min=1, help="Flights.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Master seed: the same seed gives the same flights.")] = 0,
    batch: Annotated[int, typer.Option(min=1, help="Flights at once; also what is saved at once.")] = 250,
    guidance: Annotated[str, typer.Option(help="convex (plans again and again) or hover_slam (explicit).")] = "convex",
    scheme: Annotated[str, typer.Option(help="random, sobol or latin.")] = "random",
    probability: Annotated[float, typer.Option(min=0.0, max=0.999999, help="That the reserve has to meet.")] = 0.99,
    confidence: Annotated[float, typer.Option(min=0.01, max=0.999, help="Of every interval.")] = 0.9,
    dispersion: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE", help="Change a dispersion, as wind.sigma_m_s=6 or scale=0.5. May be repeated."
        ),
    ] = None,
    changed: Changed = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the flights: a second run there goes on where this one ends.")
    ] = None,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask cluster that flies them.")] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(
            metavar="QUESTION",
            help="linear (covariance beside Monte Carlo), sensitivity (Sobol indices), reach (pad moved, engine out), "
            "loss (beside perfect knowledge), resolve (payload solved again). May be repeated.",
        ),
    ] = None,
    figure: Annotated[Path | None, typer.Option(help="Draw the study into this PNG.")] = None,
    curve: Annotated[
        Path | None, typer.Option(help="Write the margin curve to this TOML file, for hoverslam cost --margin.")
    ] = None,
    json: Json = False,
) -> int:
    """Fly many disturbed, guided recoveries: how often they land, what reserve they need, what it costs in payload."""
    from hoverslam.vehicles.loading import load_vehicle

    found = load_vehicle(vehicle, tuple(changed or ()))
    wrong = _wrong_margin(found, recovery, guidance, scheme, out, also or ())
    if wrong:
        return _wrong([wrong])
    from hoverslam.margins.campaigns.campaign import CampaignError, progress_bar
    from hoverslam.margins.study.margin import study_margin

    try:
        with _status(f"{found.title}, {recovery}: the optimal flight") as tell, progress_bar() as on_progress:
            study = study_margin(
                found, recovery, samples, seed, guidance=guidance, scheme=scheme, dispersions=tuple(dispersion or ()),  # type: ignore[arg-type]
                probability=probability, confidence=confidence, folder=out, block=batch, scheduler=scheduler,
                report=tell, on_progress=on_progress,
            )  # fmt: skip
            if study.samples == 0:
                raise KeyboardInterrupt
            answers = {} if study.campaign.interrupted else _answers(study, also or (), tell)
    except (CampaignError, ValueError) as error:
        return _wrong([str(error)])
    if figure is not None:
        study.save(figure)
        _say(f"wrote {figure}")
    if curve is not None:
        from hoverslam.margins.study.curve_of_campaign import curve_of

        try:
            curve_of(study).save(curve)
        except ValueError as error:
            return _wrong([f"--curve: {error}"])
        _say(f"wrote {curve}")
    if json:
        from hoverslam.studies.launch_report import dump_json

        print(dump_json(study.as_json() | {name: answer.data for name, answer in answers.items()}))
    else:
        print("\n".join([study.report(), *("\n" + "\n".join(answer.lines) for answer in answers.values())]))
    if study.campaign.interrupted:
        _say(f"interrupted: {study.samples:,} of {samples:,} flights done" + (f", kept in {out}" if out else ""))
        return INTERRUPTED
    return OK if study.reserve.reserve is not None else NOT_VERIFIED


def _answers(study: "MarginStudy", also: Sequence[str], tell: Callable[[str], None]) -> dict[str, "Answer"]:
    """Answers to further questions, by name."""
    if not also:
        return {}
    from hoverslam.margins.study.further import QUESTIONS

    found = {}
    for name in dict.fromkeys(also):
        tell(f"also: {name}")
        found[name] = QUESTIONS[name](study, tell)
    return found


def _wrong_margin(
    vehicle: "Vehicle", recovery: str, guidance: str, scheme: str, out: Path | None, also: Sequence[str]
) -> str | None:
    """What is wrong with a question about margins, in one line; asked before anything slow is imported."""
    known = vehicle.recovery.modes if vehicle.recovery is not None else ()
    if recovery not in known:
        return f"--recovery: {recovery!r}: {vehicle.name} comes home by {', '.join(known) or 'no way'}"
    for name, value, choices in (
        ("guidance", guidance, ("convex", "hover_slam")),
        ("scheme", scheme, ("random", "sobol", "latin")),
        *(("also", name, ("linear", "sensitivity", "reach", "loss", "resolve")) for name in also),
    ):
        if value not in choices:
            return f"--{name}: {value!r}: choose {', '.join(choices)}"
    if out is not None and out.exists() and not out.is_dir():
        return f"--out: {out}: not a folder"
    return None


# ---- cost ------------------------------------------------------------------------------------------------------------
@app.command()
def cost(
    vehicle: VehicleName,
    recovery: Annotated[
        str | None,
        typer.Option(
            help="expendable, downrange or return_to_launch_site; downrange if left out, where it can.", metavar="MODE"
        ),
    ] = None,
    orbit: OrbitName = None,
    changed: Changed = None,
    costs: Annotated[
        list[str] | None,
        typer.Option(
            "--cost", metavar="KEY=VALUE", help="Change a cost input, as launches_per_year=20. May be repeated."
        ),
    ] = None,
    inputs: Annotated[Path | None, typer.Option(help="Cost inputs of your own, a TOML file.")] = None,
    margin: Annotated[
        Path | None, typer.Option(help="Margin curve of your own, from hoverslam margin --curve.")
    ] = None,
    payload: Annotated[
        float | None, typer.Option(help="Payload (kg): take it as given and solve no flight.", metavar="KG")
    ] = None,
    samples: Annotated[int, typer.Option(min=100, help="Of the uncertain inputs.")] = 4000,
    seed: Annotated[int, typer.Option(min=0, help="Of the samples.")] = 0,
    figure: Annotated[Path | None, typer.Option(help="Draw what each figure is worth into this PNG.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Take the cost apart to the last factor and source.")
    ] = False,
    json: Json = False,
) -> int:
    """Say what a kilogram to orbit costs, how sure that is, what it hangs on, and what each figure is worth."""
    from hoverslam.economics.inputs.errors import CostInputError, CostQuestionError
    from hoverslam.studies.cases import Case
    from hoverslam.studies.costs.study import CostQuestion, cost_study, usual_recovery
    from hoverslam.studies.launch_report import leave_on_interrupt
    from hoverslam.vehicles.loading import load_vehicle

    recovery = recovery or usual_recovery(load_vehicle(vehicle, tuple(changed or ())))
    case = Case(vehicle, recovery, orbit, tuple(changed or ()))
    question = CostQuestion(case, inputs, tuple(costs or ()), payload, margin, samples, seed)
    try:
        with leave_on_interrupt(), _status(f"{vehicle}, {recovery}: loading the solver") as tell:
            study, verified = cost_study(question, lambda line: tell(f"{vehicle}, {recovery}: {line}"))
    except CostInputError as error:
        return _wrong(error.mistakes)
    except (CostQuestionError, ValueError) as error:
        return _wrong(str(error).splitlines())
    if figure is not None:
        from hoverslam.studies.costs.pictures import save_tornado

        save_tornado(study, figure)
        _say(f"wrote {figure}")
    if json:
        from hoverslam.studies.costs.report import cost_json
        from hoverslam.studies.launch_report import dump_json

        print(dump_json(cost_json(study, explain) | {"verified": verified}))
    else:
        from hoverslam.studies.costs.report import print_cost

        print_cost(study, explain=explain, verified=verified)
    return OK if verified else NOT_VERIFIED


if __name__ == "__main__":
    raise SystemExit(main())
