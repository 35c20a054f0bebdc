"""The comparison: many cases solved in parallel. Rows are written as they end; figures and trajectories lie beside them.

The longest cases start first. The table is written again after every row, so that the finished rows are kept when a
comparison is interrupted.
"""

import os
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hoverslam.data.paths import inside
from hoverslam.data.writing import NotWritten, check_folder, kept_failures, write_whole
from hoverslam.reports.json_text import Json, record
from hoverslam.reports.results import Result
from hoverslam.studies import parallel
from hoverslam.studies.cases import Case, default_cases, fly_or_fail, unsolved
from hoverslam.studies.comparison.files import files_of, trajectory_file
from hoverslam.studies.comparison.tables import markdown, rich_table, verdict, write_csv
from hoverslam.studies.costs.rows import CostRow, cost_row
from hoverslam.studies.costs.tables import rich_costs, write_costs
from hoverslam.studies.outcome import Outcome
from hoverslam.studies.rows import Row, with_penalties
from hoverslam.studies.trajectory_files import save_trajectory
from hoverslam.studies.validity.tables import write_validity
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.identity import refuse_two_of_one_name
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import OrbitLike

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType

Fly = Callable[[Case], Outcome]
OnRow = Callable[[int, Outcome], None]


@dataclass
class Comparison(Result):
    """Cases and their outcomes.

    Attributes:
        cases: What was to be flown.
        outcomes: Outcomes so far, by the index of the case.
        interrupted: Whether the comparison was interrupted (Ctrl-C).
        files: Files that were written.
        unwritten: Files that could not be written, and where they are kept instead.
    """

    cases: Sequence[Case]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    interrupted: bool = False
    files: list[Path] = field(default_factory=list)
    unwritten: list[NotWritten] = field(default_factory=list)
    _costs: tuple[int, list[CostRow]] = field(default=(0, []), init=False, repr=False)

    @property
    def rows(self) -> list[Row]:
        """The finished rows in the order of the cases, with the payload that each recovery costs."""
        return with_penalties(outcome.row for outcome in self.finished)

    @property
    def finished(self) -> list[Outcome]:
        """The outcomes so far in the order of the cases."""
        return [self.outcomes[index] for index in sorted(self.outcomes)]

    @property
    def costs(self) -> list[CostRow]:
        """The costs of the finished flights for which the cost model has figures, in the order of the cases."""
        count, costs = self._costs
        if count != len(self.outcomes):
            rows = self.rows
            vehicles = [self.cases[index].loaded() for index in sorted(self.outcomes)]
            of_rows = (
                cost_row(row, rows, outcome.exchange, vehicle)
                for row, outcome, vehicle in zip(rows, self.finished, vehicles, strict=True)
            )
            costs = [row for row in of_rows if row is not None]
            self._costs = len(self.outcomes), costs
        return costs

    @property
    def verified(self) -> bool:
        """Whether every case was solved and verified."""
        return len(self.outcomes) == len(self.cases) and all(row.verified for row in self.rows)

    def tables(self) -> "list[RenderableType]":
        """Return payloads and costs as tables for a terminal."""
        rows, costs = self.rows, self.costs
        return [*([rich_table(rows)] if rows else []), *([rich_costs(costs)] if costs else [])]

    def report(self) -> str:
        """Return payloads and costs as text, with the number of verified rows."""
        from hoverslam.reports.console import text_of

        return text_of([*self.tables(), verdict(self.rows)])

    def as_json(self) -> dict[str, Json]:
        """Return rows and costs as JSON types; a blank is null."""
        return record(
            {
                "rows": [row.as_json() for row in self.rows],
                "costs": [asdict(row) for row in self.costs],
                "verified": sum(row.verified for row in self.rows),
                "cases": len(self.cases),
                "interrupted": self.interrupted,
                "files": [str(path) for path in self.files],
            }
        )

    def to_frame(self) -> "pd.DataFrame":
        """Return the rows as a data frame, one row a case."""
        from hoverslam.reports.tables import frame_of

        return frame_of(self.rows, Row)

    def plot(self) -> "Figure":
        """Return the picture of payloads and costs."""
        from hoverslam.studies.comparison.pictures import draw_comparison

        return draw_comparison(self.rows, self.costs)

    def save(self, path: str | Path) -> Path:
        """Write the comparison into a file by its suffix or, for a path without one, everything into a folder.

        The folder gets vehicles.csv, vehicles.md, costs.csv, costs.md, ``figures`` and ``trajectories``.

        Raises:
            ValueError: For an unknown suffix.
            OSError: If a file cannot be written.
        """
        path = Path(path)
        if path.suffix and not path.is_dir():
            return super().save(path)
        _write_tables(self, path)
        for outcome in self.finished:
            _write_trajectory(self, outcome, path)
        _write_figures(self, path)
        _write_costs(self, path)
        return path


def compare(
    vehicles: "Iterable[Vehicle | str | os.PathLike[str]] | None" = None,
    *,
    recoveries: Iterable[str] | None = None,
    orbit: OrbitLike | None = None,
    out: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    on_row: OnRow | None = None,
) -> Comparison:
    """Solve every vehicle in every recovery mode, and compare payload and cost.

    Args:
        vehicles: Vehicles, names or paths; all that come with the package and fly to orbit if left out.
        recoveries: Only these recovery modes.
        orbit: An orbit, or what ``load_orbit`` makes one of, for all vehicles; each vehicle's own if left out.
        out: Folder for tables, figures and trajectories, written as the flights end; nothing is written if left out.
        jobs: Worker processes; 0 solves in this process. 2 if left out, 1 on a single core.
        on_row: Called with the index of the case and its outcome as each ends.

    Returns:
        The comparison. An interrupt (Ctrl-C) ends the comparison, not the caller, and sets ``interrupted``. A flight that
        is not solved keeps its row, not verified.

    Raises:
        VehicleError: With one line for every vehicle that is unknown, does not fly to orbit or does not reach the orbit.
        OutputError: If the folder cannot be written; nothing is solved.
    """
    chosen = None if recoveries is None else set(recoveries)
    cases = [case for case in default_cases(vehicles, orbit) if chosen is None or case.recovery in chosen]
    return compare_cases(cases, None if out is None else Path(out), jobs=jobs, on_row=on_row)


def compare_cases(
    cases: Sequence[Case],
    out: Path | None = None,
    *,
    jobs: int | None = None,
    on_row: OnRow | None = None,
    fly: Fly = fly_or_fail,
) -> Comparison:
    """Solve every case and write the results, see :func:`compare`.

    Args:
        cases: What to fly; an unsolved case keeps its row, not verified.
        out: Folder for tables, figures and trajectories; nothing is written if left out.
        jobs: Worker processes; 0 solves in this process, where a native solver may answer an interrupt by giving up only
            the current flight.
        on_row: Called with the index of the case and its outcome as each ends.
        fly: Solves one case; with workers it must be picklable.

    Raises:
        VehicleError: If two cases have one name and mode, since their rows and files could not be told apart.
    """
    _refuse_mixed_up(cases)
    if out is not None:
        check_folder(out, files_of(cases))
    comparison = Comparison(cases)

    def keep(index: int, outcome: Outcome) -> None:
        comparison.outcomes[index] = outcome
        if out is not None:
            _write_tables(comparison, out)
            _write_trajectory(comparison, outcome, out)
        if on_row is not None:
            on_row(index, outcome)

    with kept_failures() as comparison.unwritten:
        comparison.interrupted = solve_cases(cases, keep, jobs, fly)
        if out is not None and comparison.outcomes:
            try:
                _write_tables(comparison, out)
                _write_figures(comparison, out)
                _write_costs(comparison, out)
            except KeyboardInterrupt:  # the rows are kept; pictures and costs may be missing
                comparison.interrupted = True
    return comparison


def _refuse_mixed_up(cases: Sequence[Case]) -> None:
    """Raise an error unless each name stands for one vehicle, and each name and mode for one case."""
    loaded = [(case.name, case.loaded()) for case in cases]
    refuse_two_of_one_name(loaded)
    seen: set[tuple[str, str]] = set()
    for case, (_, vehicle) in zip(cases, loaded, strict=True):
        if (vehicle.name, case.recovery) in seen:
            raise VehicleError(
                [f"{vehicle.name}: recovery: {case.recovery}: flown twice in one comparison: make two of it"]
            )
        seen.add((vehicle.name, case.recovery))


def solve_cases(cases: Sequence[Case], keep: OnRow, jobs: int | None = None, fly: Fly = fly_or_fail) -> bool:
    """Solve every case, the longest first, and call ``keep`` with each outcome; return whether the user pressed Ctrl-C.

    Args:
        cases: What to fly.
        keep: Called with the index of the case and its outcome as each ends.
        jobs: Worker processes, as in :func:`compare`.
        fly: Solves one case.
    """
    jobs = parallel.checked_jobs(jobs)
    order = sorted(range(len(cases)), key=lambda index: -cases[index].effort)
    try:
        with closing(_solved(cases, order, jobs, fly)) as solved:
            for index, outcome in solved:
                keep(index, outcome)
    except KeyboardInterrupt:
        return True
    return False


def _solved(
    cases: Sequence[Case], order: Sequence[int], jobs: int, fly: Fly
) -> Generator[tuple[int, Outcome], None, None]:
    if jobs == 0:
        for index in order:
            yield index, fly(cases[index])
        return
    with closing(parallel.work(fly, [cases[index] for index in order], jobs)) as finished:
        for done in finished:
            index = order[done.place]
            yield index, done.answer if done.answer is not None else unsolved(cases[index], done.error)


def _write_tables(comparison: Comparison, out: Path) -> None:
    rows = comparison.rows
    write_csv(rows, out / "vehicles.csv")
    write_whole(out / "vehicles.md", markdown(rows))
    checks = [outcome.validity for outcome in comparison.finished if outcome.validity is not None]
    if checks:
        _note(comparison, *write_validity(checks, out))
    _note(comparison, out / "vehicles.csv", out / "vehicles.md")


def _write_trajectory(comparison: Comparison, outcome: Outcome, out: Path) -> None:
    folder, name = trajectory_file(outcome.row.vehicle, outcome.row.recovery).split("/", 1)
    path = inside(out, folder, name)
    if outcome.trajectory is None:
        with suppress(OSError):
            path.unlink()  # of an earlier comparison, not of this row
        return
    save_trajectory(outcome.flight_data(), path)
    _note(comparison, path)


def _write_figures(comparison: Comparison, out: Path) -> None:
    """Write a picture of every vehicle with a converged flight."""
    from hoverslam.reports.pictures import write_picture
    from hoverslam.studies.vehicle_picture import draw_vehicle

    flown: dict[str, list[Outcome]] = {}
    for outcome in comparison.finished:
        if outcome.trajectory is not None and outcome.converged:
            flown.setdefault(outcome.row.vehicle, []).append(outcome)
    for vehicle, outcomes in flown.items():
        path = inside(out, "figures", f"{vehicle}.png")
        write_picture(draw_vehicle([o.flight_data() for o in outcomes], outcomes[0].title), path)
        _note(comparison, path)


def _write_costs(comparison: Comparison, out: Path) -> None:
    if comparison.costs:
        _note(comparison, *write_costs(comparison.costs, out))


def _note(comparison: Comparison, *paths: Path) -> None:
    comparison.files += [path for path in paths if path not in comparison.files]
