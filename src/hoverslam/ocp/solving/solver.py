"""Solving a problem: passes over finer meshes until the tolerances are met, then verification.

The first pass starts from the guesses of the phases. Every later pass starts from the variables and multipliers of the
best solution so far. The functions of this module return :class:`hoverslam.ocp.solution.Solution`, the bare record;
:func:`hoverslam.ocp.solved.solve` is what users call.
"""

import math
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hoverslam.ocp.checks.mesh_error import PhaseError, estimate
from hoverslam.ocp.checks.objective_error import with_objective
from hoverslam.ocp.checks.verify import verify
from hoverslam.ocp.solution import Diagnosis, Solution
from hoverslam.ocp.solving.carry import Start, carried, guess_from
from hoverslam.ocp.solving.diagnosis import diagnose
from hoverslam.ocp.solving.feasibility import attempts
from hoverslam.ocp.solving.ipopt import AT_BOUNDS, run
from hoverslam.ocp.solving.known import KnownPoint
from hoverslam.ocp.solving.refine import coarser_meshes, even_meshes, next_meshes, scouting_mesh, sharpened_meshes
from hoverslam.ocp.statement.functions import StatementError
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.options import Options, Report
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.guess import checked_guess, guesses
from hoverslam.ocp.transcription.local import TRANSLATED
from hoverslam.ocp.transcription.programme import Programme
from hoverslam.ocp.verification import ObjectiveError

# Barrier parameter of a start on the same mesh. Its multipliers belong to a solved problem, so that one barrier is enough.
AGAIN = 1e-9
# Attempts from a known point with its multipliers. A point that nearly satisfies the problem is kept where it is. A point of
# another case is moved away from its bounds first: the steps of an interior point that sits on them are cut short. Attempts
# that take more iterations seldom converge at all.
STAY_ITERATIONS, MOVE_ITERATIONS, MOVED = 15, 60, 1e-3
SATISFIED = 1e-3  # largest scaled violation of a point that is kept where it is
MOST_NODES = 2500  # of a refined mesh: beyond, passes take long and the error is no longer one of the mesh
PATIENCE = 3  # passes that do not halve the error before the search on this kind of mesh ends
LEAST_TIME = 1e-3  # s; IPOPT takes no time limit of zero
SHARP = 1e4  # ratio of second derivatives, last point to start, from which a message names their place
WARM_ITERATIONS = 200  # a pass that starts near its optimum and takes more iterations than this does not converge


@dataclass(frozen=True)
class _Pass:
    """One solved mesh: the solution, its errors by phase, its largest error over its tolerance, the objective's error.

    The error of the objective is None where it was not estimated.
    """

    solution: Solution
    errors: dict[str, PhaseError]
    excess: float
    objective_error: ObjectiveError | None = None

    @property
    def objective(self) -> float:
        """The relative error of the objective; infinite where it is not known."""
        if self.objective_error is None or not np.isfinite(self.excess):
            return np.inf
        return self.objective_error.relative

    @property
    def met(self) -> bool:
        """Whether all errors are within their tolerances."""
        return self.excess <= 1.0

    @property
    def rank(self) -> tuple[bool, float, float]:
        """Order of passes: the first is best. Of those within tolerance it is the one with the best objective."""
        return not self.met, self.objective if self.met else self.excess, self.objective


class _Log:
    """The passes so far: one record each for the report, and how many passes are left."""

    def __init__(self, options: Options, report: Report):
        self._options, self.report = options, report
        self.records: list[dict[str, Any]] = []
        self.repeated = 0  # passes that solved the first mesh again
        self.ends = time.perf_counter() + options.time_limit

    @property
    def options(self) -> Options:
        """The options, with the time that is left as the time limit."""
        left = max(self.ends - time.perf_counter(), LEAST_TIME)
        return replace(self._options, time_limit=left) if math.isfinite(left) else self._options

    @property
    def time_is_up(self) -> bool:
        """Whether the time limit has passed."""
        return time.perf_counter() >= self.ends

    @property
    def left(self) -> int:
        """Number of passes that are left; none when the time is up."""
        return 0 if self.time_is_up else self._more

    @property
    def _more(self) -> int:
        """Number of passes that are left, whatever the time is."""
        return self._options.max_passes + self.repeated - len(self.records)

    def add(self, solution: Solution, errors: dict[str, PhaseError]) -> _Pass:
        """Record a pass and report one line."""
        self.records.append(_record(len(self.records) + 1, solution, errors))
        self.report(_line(self.records[-1]))
        if not solution.converged:
            return _Pass(solution, errors, np.inf)
        asked = self.options.tolerances
        worst = max(float(np.max(e.states / asked.mesh)) for e in errors.values())
        worst = max(worst, *(float(np.max(e.limits / asked.path)) for e in errors.values()))
        is_needed = self._options.verify or self._more or len(self.records) > 1
        if not is_needed:  # nothing depends on the error of the objective
            return _Pass(solution, errors, worst)
        errors, found = with_objective(errors, solution, asked.objective)
        worst = max(worst, found.relative / asked.objective)
        return _Pass(solution, errors, worst if np.isfinite(worst) else np.inf, found)


def solve_record(
    problem: Problem, options: Options | None = None, report: Report | None = None, near: Solution | None = None
) -> Solution:
    """Solve ``problem`` from its phases' guesses and verify the solution by independent re-flight.

    Passes over finer meshes follow until the tolerances are met or ``max_passes`` is reached. If no finer mesh
    converges, the last converged solution is returned and its ``passes`` show the failures.

    Args:
        problem: The problem.
        options: Options of the solver.
        report: Receives one line for each pass; by default lines go to standard error if that is a terminal.
        near: A solution of the same problem on other meshes. The first pass starts from its variables and multipliers; if
            that fails, from the guesses.
    """
    options = options or Options()
    log = _Log(options, report or _to_terminal)
    first = {name: phase.mesh or scouting_mesh(problem, phase) for name, phase in problem.phases.items()}
    scout = _first(problem, first, log, near)
    if not scout.solution.converged and options.diagnose:
        scout = _diagnosed(problem, scout, log)
    return _completed(problem, scout, log)


def diagnose_record(failed: Solution, options: Options | None = None, report: Report | None = None) -> Solution:
    """Search for a feasible trajectory of a problem whose first pass failed, and solve the problem from it.

    It goes on where :func:`solve_record` without ``diagnose`` has ended.

    Args:
        failed: The result of the first pass.
        options: Options of the solver.
        report: Receives one line for each pass; by default lines go to standard error if that is a terminal.
    """
    log = _Log(options or Options(), report or _to_terminal)
    problem = failed.problem
    return _completed(problem, _diagnosed(problem, log.add(failed, _estimated(failed)), log), log)


def _completed(problem: Problem, scout: _Pass, log: _Log) -> Solution:
    """Return the solution after all passes over finer meshes, verified if that was asked for."""
    best = scout
    if scout.solution.converged:
        scouted = any(phase.mesh is None for phase in problem.phases.values())
        best = _refined(problem, scout, scouted, log)
        for other in (_sharpened, _even) if scouted else ():
            if not best.met:
                best = min(best, other(problem, scout, log), key=lambda each: each.rank)
    return _finished(problem, best, log)


def _first(problem: Problem, meshes: Mapping[str, Mesh], log: _Log, near: Solution | None) -> _Pass:
    """Return the first pass on ``meshes``, started from ``near``, or from the solution on coarser meshes where they are large.

    From a guess, the number of iterations grows with the mesh; from a solution on another mesh it hardly does.
    """
    for coarser in coarser_meshes(meshes) if near is None else ():
        found = log.add(*_solve_mesh(problem, coarser, near, log.options))
        log.repeated += 1  # it has another mesh than was asked for
        if not found.solution.converged:
            break
        near = found.solution
    made = log.add(*_solve_mesh(problem, meshes, near, log.options))
    if made.solution.converged or near is None or log.time_is_up:
        return made
    log.repeated += 1
    return log.add(*_solve_mesh(problem, meshes, None, log.options))


def solve_from_record(
    problem: Problem, point: KnownPoint, options: Options | None = None, report: Report | None = None
) -> Solution:
    """Solve ``problem`` from a known point and on its meshes, then on finer meshes as :func:`solve_record` does.

    The first passes start from the multipliers of the point too, if they belong to a programme of the same shape. If none
    of them converges within few iterations, the same mesh is solved from the variables alone.

    Args:
        problem: The problem, with the phases of the point.
        point: The point.
        options: Options of the solver.
        report: Receives one line for each pass; by default lines go to standard error if that is a terminal.

    Raises:
        StatementError: If the point lacks a phase or a variable of the problem.
    """
    options = options or Options()
    log = _Log(options, report or _to_terminal)
    began, programme = time.perf_counter(), known_programme(problem, point, options.smoothing)
    start = point.start(programme)
    for asked, at, barrier, push in _ways_to_start(options, start, point.excess(programme) < SATISFIED):
        asked = replace(asked, time_limit=log.options.time_limit)
        first = _added(run(programme, asked, at, barrier, push), began, log)
        if first.solution.converged or log.time_is_up:
            break
        began = time.perf_counter()
    best = _refined(problem, first, False, log) if first.solution.converged else first
    return _finished(problem, best, log)


def _ways_to_start(options: Options, start: Start, stay: bool) -> list[tuple[Options, Start, float, float]]:
    """Return options, start, barrier parameter and push of the attempts from a known point, to be tried in turn."""
    cold = (options, Start(start.x), AGAIN, AT_BOUNDS)
    if start.row_multipliers is None:
        return [cold]
    kept = (replace(options, max_iterations=STAY_ITERATIONS), start, AGAIN, AT_BOUNDS)
    moved = (replace(options, max_iterations=MOVE_ITERATIONS), start, AGAIN, MOVED)
    return [kept, moved, cold] if stay else [moved, cold]


def known_programme(problem: Problem, point: KnownPoint, smoothing: float = 0.0) -> Programme:
    """Return the programme of a problem on the meshes of a known point, scaled by its values.

    Raises:
        StatementError: If the point lacks a phase or a variable of the problem, or has another phase.
    """
    if set(problem.phases) != set(point.meshes):
        different = ", ".join(sorted(set(problem.phases) ^ set(point.meshes)))
        raise StatementError(f"problem {problem.name!r} and the known point have different phases: {different}")
    starts = {name: checked_guess(phase, point.guesses[name]) for name, phase in problem.phases.items()}
    return Programme(problem, point.meshes, starts, TRANSLATED, smoothing)


def _added(solution: Solution, began: float, log: _Log) -> _Pass:
    """Estimate the errors of a solution whose pass began at ``began`` (s), and record the pass."""
    errors = _estimated(solution)
    solution.seconds = time.perf_counter() - began
    return log.add(solution, errors)


def _finished(problem: Problem, best: _Pass, log: _Log) -> Solution:
    """Return the solution of the best pass, verified if that was asked for, with the records of all passes."""
    solution, options = best.solution, log.options
    if options.verify:
        solution.verification = verify(solution, options.tolerances, log.ends, best.objective_error)
        if best.met and not solution.verification.passed:
            solution = _tightened(problem, solution, log)
    if log.time_is_up:
        passed = solution.verification is None or solution.verification.passed
        solution.time_limit_reached = not (solution.converged and best.met and passed)
    solution.passes, solution.iterations = log.records, sum(r["iterations"] for r in log.records)
    solution.seconds = sum(r["seconds"] for r in log.records)
    return solution


def _diagnosed(problem: Problem, failed: _Pass, log: _Log) -> _Pass:
    """Search for a feasible trajectory after the first pass has failed, and start again from each that is found.

    Where none leads to a solution, the failed pass gets the diagnosis with the smallest violations.
    """
    best: Diagnosis | None = None
    solution, tried = failed.solution, 0
    for attempt in attempts(problem, solution.programme):
        if log.time_is_up:
            break
        tried, began = tried + 1, time.perf_counter()
        diagnosis = diagnose(attempt.programme, log.options, attempt.start, attempt.windows, attempt.most)
        best = diagnosis if best is None or diagnosis.rank < best.rank else best
        if diagnosis.shortfalls or not diagnosis.conclusive:
            continue
        log.repeated += 1
        again = _added(run(attempt.programme, log.options, Start(diagnosis.trajectory.primal)), began, log)
        if again.solution.converged:
            return again
    solution.sharp = _sharp(solution)
    if best is not None:
        solution.diagnosis = replace(best, tried=tried)
        log.report(f"not solved ({solution.status}): {solution.diagnosis.message}")
    return failed


def _sharp(solution: Solution) -> str:
    """Return the place where a second derivative is very much larger at the last point than at the start; empty if none.

    This is a root, a norm or an absolute value near zero, or a table with a kink.
    """
    programme = solution.programme
    start, _ = programme.sharpest(programme.start(programme.guesses))
    largest, place = programme.sharpest(solution.primal)
    return place if largest > SHARP * max(start, 1.0) else ""


def _refined(problem: Problem, first: _Pass, scouted: bool, log: _Log) -> _Pass:
    """Return the best pass over finer meshes; stop where passes gain nothing."""
    best = now = first
    tolerances = log.options.tolerances
    candidates = next_meshes(now.solution.programme, now.solution, now.errors, tolerances, scouted)
    idle, least = 0, np.inf
    patience = PATIENCE if scouted else 2 * PATIENCE  # meshes that the problem states have no second kind of refinement
    while candidates and log.left > 0 and idle < patience:
        # The last candidate cuts intervals: corners of active limits do not converge with more points.
        meshes = candidates.pop(0 if idle == 0 else -1)
        if _nodes(meshes) > MOST_NODES:
            break
        found = log.add(*_solve_mesh(problem, meshes, now.solution, log.options))
        if not found.solution.converged:
            idle += 1
            continue
        now, best = found, min(best, found, key=lambda each: each.rank)
        idle, least = (0, now.excess) if now.excess < 0.5 * least else (idle + 1, least)
        candidates = next_meshes(now.solution.programme, now.solution, now.errors, tolerances, False)
    return best


def _nodes(meshes: Mapping[str, Mesh]) -> int:
    """Return the number of collocation points of the meshes of all phases."""
    return sum(int(np.sum(mesh.counts)) for mesh in meshes.values())


def _sharpened(problem: Problem, first: _Pass, log: _Log) -> _Pass:
    """Return the best pass over meshes cut where controls jump and where errors are."""
    best = now = first
    while not now.met and log.left > 0:
        meshes = sharpened_meshes(now.solution, now.errors, log.options.tolerances)
        if not meshes or _nodes(meshes[0]) > MOST_NODES:
            break
        now = log.add(*_solve_mesh(problem, meshes[0], now.solution, log.options))
        if not now.solution.converged:
            break
        best = min(best, now, key=lambda each: each.rank)
    return best


def _even(problem: Problem, scout: _Pass, log: _Log) -> _Pass:
    """Return the best pass over even meshes of collocation polynomials, refined where errors are."""
    if log.left <= 0:
        return scout
    first = log.add(*_solve_mesh(problem, even_meshes(scout.solution), scout.solution, log.options))
    return _refined(problem, first, False, log) if first.solution.converged else first


def _tightened(problem: Problem, best: Solution, log: _Log) -> Solution:
    """Refine a solution whose estimated errors pass and whose re-flight fails: at most twice, with smaller tolerances."""
    t, now = log.options.tolerances, best
    for factor in (0.1, 0.01):
        asked = replace(t, mesh=factor * t.mesh, path=0.3 * t.path)
        errors = estimate(now.programme, now)
        for meshes in next_meshes(now.programme, now, errors, asked, False)[:1]:
            if log.left <= 0:
                return best
            finer = log.add(*_solve_mesh(problem, meshes, now, log.options)).solution
            if not finer.converged:
                return best
            finer.verification = verify(finer, t, log.ends)
            if finer.verification.passed:
                return finer
            now = finer
    return best


def resolve_record(
    solution: Solution,
    changes: Mapping[str, float],
    options: Options | None = None,
    verify_it: bool = True,
    problem: Problem | None = None,
) -> Solution:
    """Solve a solved problem again for other values, from its solution and on its mesh.

    Args:
        solution: The solution to start from.
        changes: New values of given parameters and settings by name.
        options: Options of the solver; those of mesh passes have no effect.
        verify_it: Whether to verify the new solution.
        problem: Another statement of the problem, with the same variables and constraints.

    Raises:
        StatementError: For a name that is neither a given parameter nor a setting.
        ValueError: For a statement with other variables or constraints.
    """
    log = _Log(options or Options(), lambda line: None)
    began, programme = time.perf_counter(), solution.programme
    values = solution.values | dict(changes)
    if problem is not None:
        programme, values = restated_programme(solution, problem), problem.values | dict(changes)
    elif programme.is_outdated():  # a constant that its functions read was changed since
        programme = restated_programme(solution, programme.problem)
    with programme.problem.holding(values):
        lower, upper = programme.variable_bounds(values)
        start = Start(np.clip(solution.primal, lower, upper), solution.bound_dual, solution.dual)
        for asked, at, barrier, push in _ways_to_start(log.options, start, True):
            again = run(programme, replace(asked, time_limit=log.options.time_limit), at, barrier, push)
            if again.converged or log.time_is_up:
                break
        errors = _estimated(again)
        if verify_it:
            again.verification = verify(again, log.options.tolerances, log.ends)
    again.time_limit_reached = log.time_is_up and not again.converged
    again.passes = [_record(1, again, errors)]
    again.seconds = time.perf_counter() - began
    return again


def restated_programme(solution: Solution, problem: Problem) -> Programme:
    """Return the programme of another statement of a solved problem, with the mesh and the scales of the solution.

    Raises:
        ValueError: If the statement has other variables or constraints.
    """
    own = solution.programme
    if statement_shape(problem) != statement_shape(own.problem):
        raise ValueError(f"{problem.name}: stated with other variables or constraints than {own.problem.name}")
    scales = (own.scale, own.row_scale, own.objective_scale)
    meshes = {name: lay.mesh for name, lay in own.layouts.items()}
    return Programme(problem, meshes, guesses(problem), TRANSLATED, own.smoothing, scales, own.origin, own)


def statement_shape(problem: Problem) -> tuple[object, ...]:
    """Return the names of all variables and constraints of a statement, in order: equal where one can replace the other."""
    phases = [
        (n, tuple(p.states.labels()), tuple(p.controls.labels()), tuple(c.name for c in p.path), tuple(p.integrals))
        for n, p in problem.phases.items()
    ]
    return *phases, tuple(c.name for c in problem.boundary), tuple(v.name for v in problem.free), tuple(problem.given)


def _solve_mesh(
    problem: Problem, meshes: Mapping[str, Mesh], best: Solution | None, options: Options
) -> tuple[Solution, dict[str, PhaseError]]:
    """Solve on ``meshes``, from the problem's guesses or from the ``best`` solution so far."""
    began = time.perf_counter()
    starts = guesses(problem)
    if best is not None:
        starts = {name: guess_from(part, meshes[name]) for name, part in best.phases.items()}
    programme = Programme(problem, meshes, starts, TRANSLATED, options.smoothing)
    if best is None:
        solution = run(programme, options, Start(programme.start(starts)))
    else:
        brief = replace(options, max_iterations=min(options.max_iterations, WARM_ITERATIONS))
        solution = run(programme, brief, carried(best, programme, starts))
    errors = _estimated(solution)
    solution.seconds = time.perf_counter() - began
    return solution, errors


def _estimated(solution: Solution) -> dict[str, PhaseError]:
    """Return the errors of a solution by phase, and set its ``mesh_error``."""
    errors = estimate(solution.programme, solution)
    solution.mesh_error = max(float(np.max(e.states)) for e in errors.values())
    return errors


def _to_terminal(line: str) -> None:
    if sys.stderr.isatty():
        print(line, file=sys.stderr, flush=True)


def _record(number: int, solution: Solution, errors: Mapping[str, PhaseError]) -> dict[str, Any]:
    return {
        "pass": number,
        "status": solution.status,
        "nodes": sum(len(p.states) for p in solution.phases.values()),
        "iterations": solution.iterations,
        "seconds": solution.seconds,
        "mesh_error": solution.mesh_error,
        "path_violation": max(float(np.max(e.limits)) for e in errors.values()),
        "objective": solution.objective,
    }


def _line(r: Mapping[str, Any]) -> str:
    return (
        f"pass {r['pass']}: {r['status']}, {r['nodes']} nodes, {r['iterations']} iterations, {r['seconds']:.1f} s, "
        f"error {r['mesh_error']:.1e}, violation {r['path_violation']:.1e}, objective {r['objective']:.10g}"
    )
