"""The comparison: many cases solved in parallel, their rows written as they come, figures and trajectories beside them.

The longest cases go first. The table is written again after every row, so whatever ends a comparison early leaves the
rows that were done.
"""

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from hoverslam.studies.cases import Case, fly_or_fail, unsolved
from hoverslam.studies.comparison.tables import markdown, write_csv, write_whole
from hoverslam.studies.comparison.trajectory_files import save_trajectory, with_budget
from hoverslam.studies.comparison.workers import work
from hoverslam.studies.costs.rows import CostRow, cost_row, write_costs
from hoverslam.studies.outcome import Outcome
from hoverslam.studies.rows import Row, with_penalties

Fly = Callable[[Case], Outcome]


@dataclass
class Comparison:
    """Cases and the outcomes so far, by the index of the case; ``interrupted`` if it was stopped by hand.

    ``costs`` are there at the end, for the flights whose cost is known.
    """

    cases: Sequence[Case]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    interrupted: bool = False
    files: list[Path] = field(default_factory=list)
    costs: list[CostRow] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        """The rows done, in the order of the cases, with the payload that each recovery costs."""
        return with_penalties(self.outcomes[index].row for index in sorted(self.outcomes))

    @property
    def verified(self) -> bool:
        """Whether every case was solved and verified."""
        return len(self.outcomes) == len(self.cases) and all(row.verified for row in self.rows)


def default_jobs() -> int:
    """Two workers, or one on a single core: each holds a compiled model of about a gigabyte."""
    return min(2, os.cpu_count() or 1)


def compare(
    cases: Sequence[Case],
    out: Path | None = None,
    *,
    jobs: int = 0,
    on_row: Callable[[int, Outcome], None] | None = None,
    fly: Fly = fly_or_fail,
) -> Comparison:
    """Solve every case and write what comes of it.

    Args:
        cases: what to fly; an unsolved case keeps its row, not verified.
        out: folder for vehicles.csv, vehicles.md, figures/ and trajectories/; nothing is written without it.
        jobs: worker processes; 0 solves in this process.
        on_row: called with the case's index and outcome as each ends.
        fly: solves one case; with workers it must be importable by name.

    An interrupt (Ctrl-C) ends the comparison, not the caller: look at ``interrupted``. With workers it is heeded at
    once; inside this process a native solver may answer it by giving up the one flight.
    """
    comparison = Comparison(cases)
    order = sorted(range(len(cases)), key=lambda index: -cases[index].effort)
    try:
        with closing(_solved(cases, order, jobs, fly)) as solved:
            for index, outcome in solved:
                comparison.outcomes[index] = outcome
                if out is not None:
                    _write_tables(comparison, out)
                    _write_trajectory(comparison, outcome, out)
                if on_row is not None:
                    on_row(index, outcome)
    except KeyboardInterrupt:
        comparison.interrupted = True
    if out is not None and comparison.outcomes:
        _write_tables(comparison, out)
        _write_figures(comparison, out)
        _write_costs(comparison, out)
    return comparison


def _solved(
    cases: Sequence[Case], order: Sequence[int], jobs: int, fly: Fly
) -> Generator[tuple[int, Outcome], None, None]:
    if jobs == 0:
        for index in order:
            yield index, fly(cases[index])
        return
    with closing(work(fly, [cases[index] for index in order], min(jobs, len(order)))) as finished:
        for done in finished:
            index = order[done.place]
            yield index, done.answer if done.answer is not None else unsolved(cases[index], done.error)


def _write_tables(comparison: Comparison, out: Path) -> None:
    rows = comparison.rows
    write_csv(rows, out / "vehicles.csv")
    write_whole(out / "vehicles.md", markdown(rows))
    _note(comparison, out / "vehicles.csv", out / "vehicles.md")


def _write_trajectory(comparison: Comparison, outcome: Outcome, out: Path) -> None:
    path = out / "trajectories" / f"{outcome.row.vehicle}_{outcome.row.recovery}.nc"
    if outcome.trajectory is None:
        path.unlink(missing_ok=True)  # of an earlier comparison: it is not this row's flight
        return
    save_trajectory(outcome, path)
    _note(comparison, path)


def _write_figures(comparison: Comparison, out: Path) -> None:
    """A picture for every vehicle with a converged flight."""
    from hoverslam.studies.comparison.pictures import save_figure

    flown: dict[str, list[Outcome]] = {}
    for index in sorted(comparison.outcomes):
        outcome = comparison.outcomes[index]
        if outcome.trajectory is not None and outcome.converged:
            flown.setdefault(outcome.row.vehicle, []).append(outcome)
    for vehicle, outcomes in flown.items():
        path = out / "figures" / f"{vehicle}.png"
        save_figure([with_budget(o) for o in outcomes], outcomes[0].title, path)
        _note(comparison, path)


def _write_costs(comparison: Comparison, out: Path) -> None:
    """What the flights cost, once all are there: a row is compared with its expendable twin."""
    rows = comparison.rows
    of_cases = zip(rows, (comparison.outcomes[index] for index in sorted(comparison.outcomes)), strict=True)
    found = [cost_row(row, rows, outcome.exchange) for row, outcome in of_cases]
    comparison.costs = [row for row in found if row is not None]
    if comparison.costs:
        _note(comparison, *write_costs(comparison.costs, out))


def _note(comparison: Comparison, *paths: Path) -> None:
    comparison.files += [path for path in paths if path not in comparison.files]
