"""Sweeps: one problem for many values of its parameters; each solve starts from the last verified one.

Points are independent: each has the values of the problem as it is stated, with its own changes. Only the start of the
solver is taken from an earlier point.

A point that fails is marked and the sweep continues. Each of several processes solves neighbouring points and builds the
problem once. Ctrl-C keeps the points that are done.
"""

import pickle
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from hoverslam.ocp.solution import Solution
from hoverslam.ocp.solving.solver import resolve_record, solve_record
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.options import Options, Report
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.programme import Programme
from hoverslam.reports.json_text import Json, plain
from hoverslam.reports.results import Result
from hoverslam.reports.workers import prepare_worker, starting_workers

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Outputs = Mapping[str, Callable[[Named, Named], Any]]


@dataclass(frozen=True)
class SweepPoint:
    """One point of a sweep: the changed values and the result; NaN where it failed.

    Attributes:
        changes: parameters and settings by name.
        objective: of the optimum, in its unit.
        outputs: further figures of the optimum by name.
        verified: whether the optimum passed verification.
        message: the outcome in words.
        iterations, seconds: effort.
    """

    changes: Mapping[str, float]
    objective: float
    outputs: Mapping[str, float] = field(default_factory=dict)
    verified: bool = False
    message: str = ""
    iterations: int = 0
    seconds: float = 0.0


class Sweep(Result, Sequence[SweepPoint]):
    """The points of a sweep, in their order; a sequence of :class:`SweepPoint`.

    Args:
        points: The points.
    """

    def __init__(self, points: Sequence[SweepPoint]) -> None:
        self.points = tuple(points)

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.points)

    @overload
    def __getitem__(self, index: int) -> SweepPoint: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SweepPoint]: ...
    def __getitem__(self, index: int | slice) -> SweepPoint | Sequence[SweepPoint]:
        """Return a point, or several for a slice."""
        return self.points[index]

    def report(self) -> str:
        """Return one line a point: changes, objective, and the outcome where it is not verified."""
        return "\n".join(map(_line, self.points))

    def as_json(self) -> dict[str, Json]:
        """Return every point as plain values."""
        return {"points": [plain(asdict(point)) for point in self.points]}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a point: a column a change, ``objective``, a column an output, and ``verified``."""
        import pandas as pd

        rows = [{**p.changes, "objective": p.objective, **p.outputs, "verified": p.verified} for p in self.points]
        return pd.DataFrame(rows)

    def plot(self) -> "Figure":
        """Return a picture of the objective over each changed value; points that are not verified are left out."""
        from matplotlib.figure import Figure

        from hoverslam.reports.pictures import COLOURS, plain_axis

        names = list(dict.fromkeys(name for point in self.points for name in point.changes))
        figure = Figure(figsize=(4.5 * max(len(names), 1), 3.2), layout="constrained")
        for axis, name in zip(figure.subplots(1, max(len(names), 1), squeeze=False)[0], names, strict=False):
            good = [(p.changes[name], p.objective) for p in self.points if p.verified and name in p.changes]
            plain_axis(axis).plot(*np.array(good).reshape(-1, 2).T, color=COLOURS[0], marker="o")
            axis.set_xlabel(name)
            axis.set_ylabel("objective")
        return figure


def _line(point: SweepPoint) -> str:
    at = ", ".join(f"{name} = {value:g}" for name, value in point.changes.items())
    return f"{at}: {point.objective:.8g}{'' if point.verified else f' ({point.message})'}"


def sweep(
    problem: Problem | Callable[[], Problem],
    points: Sequence[Mapping[str, float]],
    *,
    outputs: Outputs | None = None,
    options: Options | None = None,
    processes: int = 1,
    report: Report | None = None,
) -> Sweep:
    """Solve a problem at every point, in order, each from the last verified solution.

    A value that a point does not change is that of the problem, whatever the points before it changed.

    Args:
        problem: The problem, or a function that returns it. Several processes need a function that is defined in an
            importable module.
        points: Changes of given parameters and settings by name.
        outputs: Scalar functions of ``(ends, parameters)`` to evaluate at each optimum.
        options: Options of the solver.
        processes: Number of processes.
        report: Receives one line for each point.

    Returns:
        One entry a point, in their order; fewer if interrupted.

    Raises:
        ValueError: If several processes are asked for and the problem or the outputs cannot be sent to them.
    """
    outputs, options = dict(outputs or {}), options or Options()
    if processes == 1:
        stated = problem if isinstance(problem, Problem) else problem()
        done: list[SweepPoint] = []
        try:
            _run(stated, points, outputs, options, done, report)
        except KeyboardInterrupt:
            if report is not None:
                report(f"interrupted after {len(done)} of {len(points)} points")
        return Sweep(done)
    try:
        pickle.dumps((problem, outputs))
    except Exception as error:
        what = "several processes need a function that states the problem, and outputs, from an importable module"
        raise ValueError(f"processes={processes}: {what} ({error})") from None
    return Sweep(_shared(problem, points, outputs, options, processes, report))


def _shared(
    problem: Any, points: Sequence[Mapping[str, float]], outputs: Outputs, options: Options, processes: int,
    report: Report | None,
) -> list[SweepPoint]:  # fmt: skip
    stretches = [list(map(int, part)) for part in np.array_split(np.arange(len(points)), processes) if len(part)]
    done: dict[int, SweepPoint] = {}
    # JAX does not work after a fork.
    pool = ProcessPoolExecutor(len(stretches), mp_context=get_context("spawn"), initializer=prepare_worker)
    try:
        with starting_workers():
            jobs = {pool.submit(_stretch, problem, [points[i] for i in s], outputs, options): s for s in stretches}
        for job in as_completed(jobs):
            done |= dict(zip(jobs[job], job.result(), strict=True))
            if report is not None:
                report(f"{len(done)} of {len(points)} points")
    except KeyboardInterrupt:
        if report is not None:
            report(f"interrupted after {len(done)} of {len(points)} points")
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return [done[i] for i in sorted(done)]


def _stretch(build: Callable[[], Problem], points: Any, outputs: Outputs, options: Options) -> list[SweepPoint]:
    done: list[SweepPoint] = []
    _run(build(), points, outputs, options, done, None)
    return done


def _run(
    problem: Problem, points: Sequence[Mapping[str, float]], outputs: Outputs, options: Options,
    done: list[SweepPoint], report: Report | None,
) -> None:  # fmt: skip
    stated = problem.values
    last: Solution | None = None
    for changes in points:
        solution = None if last is None else resolve_record(last, stated | dict(changes), options)
        if solution is None or not _good(solution):
            with problem.holding(changes):
                solution = solve_record(problem, options, lambda line: None)
        if _good(solution):
            last = solution
        done.append(_point(solution, changes, outputs))
        if report is not None:
            report(_line(done[-1]))


def _good(solution: Solution) -> bool:
    return solution.verification is not None and solution.verification.passed


def _point(solution: Solution, changes: Mapping[str, float], outputs: Outputs) -> SweepPoint:
    verified, nothing = _good(solution), dict.fromkeys(outputs, np.nan)
    if not solution.converged:
        return SweepPoint(
            dict(changes), np.nan, nothing, False, solution.message, solution.iterations, solution.seconds
        )
    programme: Programme = solution.programme
    ends = (programme.scale * solution.primal)[programme.end_indices]
    given = np.array([solution.values[name] for name in solution.problem.given])
    figures = {name: float(programme.of_ends(output)(ends, given)) for name, output in outputs.items()}
    message = solution.message if verified else f"{solution.problem.name}: solved, not verified"
    return SweepPoint(
        dict(changes), solution.objective, figures, verified, message, solution.iterations, solution.seconds
    )
