"""Several optima of one problem: solved from many guesses and structures, distinct verified optima ranked.

The first start is the problem's own guess; the others are drawn (:mod:`hoverslam.ocp.transcription.starts`). The same seed
gives the same starts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, overload

import numpy as np

from hoverslam.ocp.solution import Solution
from hoverslam.ocp.solved import Solved, solve
from hoverslam.ocp.solving.carry import guess_from
from hoverslam.ocp.statement.options import Options, Report
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.starts import drawn_start, with_guesses
from hoverslam.reports.json_text import Json, plain
from hoverslam.reports.results import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

ALIKE = 3e-4  # relative difference of objectives below which two optima are one; phase times may differ 30 times more
COARSELY_ALIKE = 2e-3  # the same for solutions of the first, coarse pass
MOST_COARSE_ITERATIONS = 300  # of a coarse solve: a start that needs more is abandoned


@dataclass
class Optimum:
    """A distinct optimum.

    Attributes:
        solution: The solution.
        structure: Name of the structure of the problem that it belongs to.
        found: Number of starts that ended in it.
    """

    solution: Solved
    structure: str
    found: int = 1

    @property
    def objective(self) -> float:
        """The objective of the solution, in its unit."""
        return self.solution.objective


class Optima(Result, Sequence[Optimum]):
    """Distinct verified optima, the best first; a sequence of :class:`Optimum`.

    Args:
        optima: The optima, the best first.
    """

    def __init__(self, optima: Sequence[Optimum]) -> None:
        self.optima = tuple(optima)

    def __len__(self) -> int:
        """Return the number of optima."""
        return len(self.optima)

    @overload
    def __getitem__(self, index: int) -> Optimum: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Optimum]: ...
    def __getitem__(self, index: int | slice) -> Optimum | Sequence[Optimum]:
        """Return an optimum by rank from 0, or several for a slice."""
        return self.optima[index]

    def report(self) -> str:
        """Return a table: rank, objective, number of starts, structure, phase durations."""
        lines = ["rank     objective  found  structure, durations (s)"]
        for rank, optimum in enumerate(self.optima, 1):
            durations = ", ".join(f"{n} {p.duration:.4g}" for n, p in optimum.solution.phases.items())
            lines.append(f"{rank:4d} {optimum.objective:13.8g} {optimum.found:6d}  {optimum.structure}: {durations}")
        return "\n".join(lines)

    def _rows(self) -> list[dict[str, object]]:
        return [
            {
                "rank": rank,
                "objective": optimum.objective,
                "found": optimum.found,
                "structure": optimum.structure,
                **{f"{name}_s": part.duration for name, part in optimum.solution.phases.items()},
            }
            for rank, optimum in enumerate(self.optima, 1)
        ]

    def as_json(self) -> dict[str, Json]:
        """Return every optimum as plain values; phase durations in seconds."""
        return {"optima": [plain(row) for row in self._rows()]}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row an optimum: rank, objective, number of starts, structure, and the duration of each phase (s)."""
        import pandas as pd

        return pd.DataFrame(self._rows())

    def plot(self) -> "Figure":
        """Return a picture of the objective of each optimum, labelled with its structure and number of starts."""
        from matplotlib.figure import Figure

        from hoverslam.reports.pictures import COLOURS, plain_axis

        figure = Figure(figsize=(6.4, 0.5 * len(self.optima) + 1.2), layout="constrained")
        axis = plain_axis(figure.subplots())
        labels = [f"{o.structure}, {o.found} start{'s' * (o.found != 1)}" for o in self.optima]
        axis.plot([o.objective for o in self.optima], range(len(labels)), "o", color=COLOURS[0])
        axis.set_yticks(range(len(labels)), labels)
        axis.set_ylim(len(labels) - 0.5, -0.5)
        units = [o.solution.problem.objective_unit for o in self.optima][:1]
        axis.set_xlabel(f"objective ({units[0]})" if any(units) else "objective")
        return figure


def multistart(
    problem: Problem | Mapping[str, Problem],
    starts: int = 12,
    *,
    seed: int = 0,
    options: Options | None = None,
    report: Report | None = None,
) -> Optima:
    """Search for distinct verified optima from several starts.

    Args:
        problem: The problem, or several structures of it by name (such as different numbers of lit engines).
        starts: Coarse solves of each structure, the first from its own guess; distinct ones are then solved in full.
        seed: Seed of the random draws.
        options: Options of the full solves.
        report: Receives one line for each start.

    Returns:
        The distinct verified optima, the best first. Ctrl-C ends the search and returns those found so far.

    Raises:
        StatementError: If a problem is stated wrongly, or a function or its slope is not finite at a guess.
    """
    structures = {problem.name: problem} if isinstance(problem, Problem) else dict(problem)
    options = options or Options()
    found: list[Optimum] = []
    try:
        for name, each in structures.items():
            for scout in _scouted(name, each, starts, seed, options, report):
                solution = solve(_from(each, scout.solution), options, lambda line: None)
                verified = solution.verification is not None and solution.verification.passed
                if report is not None:
                    was = f"{name}: {scout.solution.objective:.6g} (from {scout.found} starts)"
                    report(f"{was} becomes {solution.objective:.8g}{'' if verified else ', not verified: left out'}")
                if verified:
                    _add(found, Optimum(solution, name, scout.found), ALIKE)
    except KeyboardInterrupt:
        if report is not None:
            report("interrupted: these are the optima found so far")
    return Optima(sorted(found, key=lambda o: o.objective * o.solution.problem.sense))


def _scouted(
    name: str, problem: Problem, starts: int, seed: int, options: Options, report: Report | None
) -> list[Optimum]:
    """Return the distinct optima of the first, coarse pass from every start."""
    scouted: list[Optimum] = []
    most = min(options.max_iterations, MOST_COARSE_ITERATIONS)
    quick = replace(options, max_passes=1, verify=False, diagnose=False, max_iterations=most)
    for start in range(starts):
        random = np.random.default_rng([seed, start])
        solution = solve(drawn_start(problem, random) if start else problem, quick, lambda line: None)
        if report is not None:
            outcome = f"{solution.objective:.6g}" if solution.converged else solution.outcome.value
            report(f"{name}, start {start + 1} of {starts}: {outcome}")
        if solution.converged:
            _add(scouted, Optimum(solution, name), COARSELY_ALIKE)
    return scouted


def _from(problem: Problem, solution: Solution) -> Problem:
    """Return the problem with a solution as its guess."""
    free = {variable.name: float(solution.parameters[variable.name]) for variable in problem.free}
    return with_guesses(problem, {name: guess_from(part) for name, part in solution.phases.items()}, free)


def _add(found: list[Optimum], new: Optimum, tolerance: float) -> None:
    """Add an optimum, or count it to the one that it equals and keep the better of the two."""
    for known in found:
        if known.structure == new.structure and _alike(known.solution, new.solution, tolerance):
            known.found += new.found
            sense = new.solution.problem.sense
            if new.objective * sense < known.objective * sense:
                known.solution = new.solution
            return
    found.append(new)


def _alike(one: Solution, other: Solution, tolerance: float) -> bool:
    times = [np.concatenate([p.time for p in s.phases.values()]) for s in (one, other)]
    longest = max(float(np.max(np.abs(times[0]))), 1e-300)
    apart = abs(one.objective - other.objective) / max(abs(one.objective), 1e-300)
    return apart < tolerance and float(np.max(np.abs(times[0] - times[1]))) < 30 * tolerance * longest
