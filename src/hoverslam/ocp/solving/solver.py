"""Solving: IPOPT on the transcription, mesh passes until the answer is as good as asked, then verification."""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import casadi as ca
import numpy as np

from hoverslam.ocp.checks.mesh_error import PhaseError, estimate
from hoverslam.ocp.checks.verify import Tolerances, verify
from hoverslam.ocp.solution import PhaseSolution, Solution
from hoverslam.ocp.solving.carry import Start, carried
from hoverslam.ocp.solving.diagnosis import diagnose
from hoverslam.ocp.solving.refine import next_meshes, scouting_mesh, sharpened_meshes
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.problem import Guess, Problem
from hoverslam.ocp.transcription.guess import guesses
from hoverslam.ocp.transcription.local import LocalCache
from hoverslam.ocp.transcription.programme import Programme

Report = Callable[[str], None]
WARM = 1e-7  # barrier parameter that a start from another mesh's solution goes on with
AGAIN = (
    1e-9  # the same for a start on the same mesh: its multipliers belong to a solved problem, and one barrier is enough
)
PATIENCE = 3  # passes that do not halve the error before another way is tried
WARM_ITERATIONS = 200  # a pass that starts near its optimum and takes longer has lost its way
CACHE = LocalCache()  # shared by all solves of the process: the same functions are translated once


@dataclass(frozen=True)
class Options:
    """How hard to try.

    Attributes:
        tolerance: IPOPT's tolerance on the scaled optimality conditions.
        max_iterations: IPOPT's limit, a pass.
        max_passes: mesh passes, the first included.
        tolerances: what the solution must meet; passes over finer meshes follow until it does.
        verify: whether to re-fly the solution (and refine the mesh where that fails).
        smoothing: weight on squared control rates added to the scaled objective of piecewise linear controls; zero adds
            nothing. Small values (1e-6) settle controls that hardly matter; the reported objective never includes it.
        diagnose: whether to ask, when nothing is found, which limits cannot be met (an elastic solve).
        print_level: IPOPT's own output (0 to 12).
        ipopt: further IPOPT options by their own names.
    """

    tolerance: float = 1e-8
    max_iterations: int = 1000
    max_passes: int = 16
    tolerances: Tolerances = field(default_factory=Tolerances)
    verify: bool = True
    smoothing: float = 0.0
    diagnose: bool = True
    print_level: int = 0
    ipopt: dict[str, Any] = field(default_factory=dict)


def ipopt_settings(options: Options) -> dict[str, Any]:
    """IPOPT's options for a start from a guess."""
    return {
        "tol": options.tolerance,
        "constr_viol_tol": options.tolerance,
        "acceptable_iter": 0,
        "max_iter": options.max_iterations,
        "print_level": options.print_level,
        "sb": "yes",
        "nlp_scaling_method": "none",
        "bound_relax_factor": 0.0,
        "mu_strategy": "monotone",
        "mu_max": 1.0,
        # At its default pivoting MUMPS miscounts the inertia of these systems, and IPOPT crawls over false curvature.
        "mumps_pivtol": 1e-2,
        "perturb_always_cd": "yes",
        **options.ipopt,
    }


def ipopt(programme: Programme, options: Options, barrier: float | None = None) -> ca.Function:
    """IPOPT on a programme; ``barrier`` (parameter) starts warm, from multipliers and close to bounds."""
    settings = ipopt_settings(options)
    if barrier is not None:
        settings |= {
            "mu_strategy": "monotone",
            "mu_init": barrier,
            "warm_start_init_point": "yes",
            "warm_start_bound_push": 1e-9,
            "warm_start_bound_frac": 1e-9,
            "warm_start_slack_bound_push": 1e-9,
            "warm_start_slack_bound_frac": 1e-9,
            "warm_start_mult_bound_push": 1e-9,
        }
    functions = programme.functions
    return ca.nlpsol(
        "solver",
        "ipopt",
        functions["nlp"],
        {
            "print_time": False,
            "grad_f": functions["grad_f"],
            "jac_g": functions["jac_g"],
            "hess_lag": functions["hess_lag"],
            "error_on_fail": False,
            "calc_lam_x": False,
            "calc_lam_p": False,
            "calc_f": False,
            "show_eval_warnings": False,
            "ipopt": settings,
        },
    )


def run(programme: Programme, options: Options, start: Start, barrier: float = WARM) -> Solution:
    """One IPOPT run on a built programme, for the problem's values as they are now."""
    began = time.perf_counter()
    warm = start.row_multipliers is not None
    used = barrier if warm else None
    key = (used, options.tolerance, options.max_iterations, options.print_level, repr(sorted(options.ipopt.items())))
    if key not in programme.solvers:
        programme.solvers[key] = ipopt(programme, options, used)
    solver = programme.solvers[key]
    lower, upper, low, high = programme.bounds(programme.problem.values)
    arguments = {"x0": start.x, "p": programme.parameter_vector(), "lbx": lower, "ubx": upper, "lbg": low, "ubg": high}
    if start.row_multipliers is not None and start.bound_multipliers is not None:
        arguments |= {"lam_x0": start.bound_multipliers, "lam_g0": start.row_multipliers}
    result = solver(**arguments)
    stats = solver.stats()
    if stats["return_status"] == "NonIpopt_Exception_Thrown":
        raise KeyboardInterrupt  # an interrupt while IPOPT runs comes back as this status
    return unpack(programme, result, stats, time.perf_counter() - began)


def unpack(programme: Programme, result: dict[str, Any], stats: dict[str, Any], seconds: float) -> Solution:
    """Named physical arrays from IPOPT's flat scaled answer."""
    problem = programme.problem
    scaled = np.asarray(result["x"]).ravel()
    values = scaled * programme.scale
    phases = {}
    for name, lay in programme.layouts.items():
        times = values[lay.times]
        mesh = lay.mesh.moved(times)
        phases[name] = PhaseSolution(lay.phase, mesh, times[[0, -1]], values[lay.states], values[lay.controls])
    rows = np.asarray(result["g"]).ravel()
    _, _, low, high = programme.bounds(problem.values)
    excess = np.maximum(low - rows, rows - high)
    worst = int(np.argmax(excess))
    given = np.array(list(problem.given.values()))
    return Solution(
        problem,
        stats["return_status"],
        bool(stats["success"]),
        programme.objective(scaled),
        phases,
        problem.parameters(values[programme.free_indices], given),
        int(stats["iter_count"]),
        seconds,
        worst_row=(*programme.labels[worst], float(max(excess[worst], 0.0))),
        boundary_scale=programme.row_scale[programme.rows_before_boundary :],
        primal=scaled,
        dual=np.asarray(result["lam_g"]).ravel(),
        bound_dual=np.asarray(result["lam_x"]).ravel(),
        row_values=rows,
        state_scale={name: programme.scale[lay.states[0]] for name, lay in programme.layouts.items()},
        programme=programme,
        values=problem.values,
    )


def guess_from(part: PhaseSolution, mesh: Mesh | None = None) -> Guess:
    """A solved phase as a guess: sampled at its own nodes, or at those of ``mesh``."""
    if mesh is None:
        times = np.unique(np.concatenate([part.node_times, part.edge_times]))
    else:
        nodes = np.unique(np.concatenate([mesh.state_nodes, mesh.control_nodes]))
        times = part.time[0] + nodes * part.duration
    states, controls = part.sample(times)
    return Guess(times, states, controls)


def solve(problem: Problem, options: Options | None = None, report: Report | None = None) -> Solution:
    """Solve ``problem`` from its phases' guesses and verify the answer by independent re-flight.

    Passes over finer meshes follow until :class:`Tolerances` are met or ``max_passes`` is reached; if a finer mesh
    fails to converge, the last converged solution is returned and its ``passes`` say so. ``report`` receives one line
    a pass; by default they go to the standard error stream if that is a terminal.
    """
    options = options or Options()
    report = report or _to_terminal
    first = {name: phase.mesh or scouting_mesh(problem, phase) for name, phase in problem.phases.items()}
    log = _Log(options, report)
    scout, errors = log.add(*_pass(problem, first, None, options))
    best, met = scout, False
    if not scout.converged and options.diagnose:
        scout, errors = _diagnosed(problem, scout, errors, options, log)
        best = scout
    if scout.converged:
        scouted = any(phase.mesh is None for phase in problem.phases.values())
        best, met = _refined(problem, scout, errors, scouted, log)
        if scouted and not met:
            smooth, met = _sharpened(problem, scout, errors, log)
            best = smooth if met or log.worth(smooth) < log.worth(best) else best
    if options.verify:
        best.verification = verify(best, options.tolerances)
        if met and not best.verification.passed:
            best = _tightened(problem, best, log)
    best.passes, best.iterations = log.records, sum(r["iterations"] for r in log.records)
    best.seconds = sum(r["seconds"] for r in log.records)
    return best


def _diagnosed(
    problem: Problem, failed: Solution, errors: dict[str, PhaseError], options: Options, log: "_Log"
) -> tuple[Solution, dict[str, PhaseError]]:
    """Ask the elastic problem why the first pass failed, and start again from its trajectory if there is one."""
    diagnosis = diagnose(failed.programme, options, failed.programme.pack(guesses(problem)))
    failed.diagnosis = diagnosis
    log.report(f"not solved ({failed.status}): {diagnosis.message}")
    if diagnosis.shortfalls or not diagnosis.conclusive:
        return failed, errors
    began = time.perf_counter()
    again = run(failed.programme, options, Start(diagnosis.trajectory.primal))
    errors = estimate(failed.programme, again)
    again.mesh_error = max(float(np.max(e.states)) for e in errors.values())
    again.seconds = time.perf_counter() - began
    again.diagnosis = None if again.converged else diagnosis
    return log.add(again, errors)


class _Log:
    """The passes so far: records for the report, how far each was from the tolerances, and how many are left."""

    def __init__(self, options: Options, report: Report):
        self.options, self.report = options, report
        self.records: list[dict[str, Any]] = []
        self._worth: dict[int, float] = {}

    @property
    def left(self) -> int:
        return self.options.max_passes - len(self.records)

    def add(self, solution: Solution, errors: dict[str, PhaseError]) -> tuple[Solution, dict[str, PhaseError]]:
        """Note a pass and say so."""
        self.records.append(_record(len(self.records) + 1, solution, errors))
        self.report(_line(self.records[-1]))
        t = self.options.tolerances
        worst = max(max(np.max(e.states) / t.mesh, np.max(e.limits) / t.path) for e in errors.values())
        self._worth[id(solution)] = float(worst) if solution.converged else np.inf
        return solution, errors

    def worth(self, solution: Solution) -> float:
        """Error over tolerance: below one is good enough."""
        return self._worth[id(solution)]


def _refined(
    problem: Problem, best: Solution, errors: dict[str, PhaseError], scouted: bool, log: _Log
) -> tuple[Solution, bool]:
    """The best solution over finer meshes, and whether the tolerances are met; gives up where passes gain nothing."""
    candidates = next_meshes(best.programme, best, errors, log.options.tolerances, scouted)
    idle, least = 0, np.inf
    patience = PATIENCE if scouted else 2 * PATIENCE  # there is no other way for meshes that the problem states
    while candidates and log.left > 0 and idle < patience:
        solution, errors = log.add(*_pass(problem, candidates.pop(0), best, log.options))
        if not solution.converged:
            idle += 1
            continue
        best = solution
        idle, least = (0, log.worth(best)) if log.worth(best) < 0.5 * least else (idle + 1, least)
        candidates = next_meshes(best.programme, best, errors, log.options.tolerances, False)
    return best, best.converged and (not candidates or log.worth(best) <= 1.0)


def _tightened(problem: Problem, best: Solution, log: _Log) -> Solution:
    """Go on where the estimate is content but the flight is not: with the mesh held to a tenth, twice at most."""
    t = log.options.tolerances
    for factor in (0.1, 0.01):
        asked = replace(t, mesh=factor * t.mesh, path=0.3 * t.path)
        errors = estimate(best.programme, best)
        for meshes in next_meshes(best.programme, best, errors, asked, False)[:1]:
            if log.left <= 0:
                return best
            finer, _ = log.add(*_pass(problem, meshes, best, log.options))
            if not finer.converged:
                return best
            finer.verification = verify(finer, t)
            best = finer
            if finer.verification.passed:
                return best
    return best


def _sharpened(problem: Problem, best: Solution, errors: dict[str, PhaseError], log: _Log) -> tuple[Solution, bool]:
    """The best solution over meshes sharpened where controls jump, and whether the tolerances are met."""
    candidates = sharpened_meshes(best, errors, log.options.tolerances)
    while candidates and log.left > 0:
        solution, errors = log.add(*_pass(problem, candidates.pop(0), best, log.options))
        if not solution.converged:
            break
        best, candidates = solution, sharpened_meshes(solution, errors, log.options.tolerances)
    return best, log.worth(best) <= 1.0


def resolve(
    solution: Solution,
    changes: Mapping[str, float],
    options: Options | None = None,
    verify_it: bool = True,
    problem: Problem | None = None,
) -> Solution:
    """Solve a solved problem again for other values, warm, on its mesh; see :meth:`Solution.resolve`."""
    options = options or Options()
    began, programme = time.perf_counter(), solution.programme
    values = solution.values | dict(changes)
    if problem is not None:
        programme, values = restated_programme(solution, problem), problem.values | dict(changes)
    with programme.problem.holding(values):
        lower, upper = programme.variable_bounds(values)
        start = Start(np.clip(solution.primal, lower, upper), solution.bound_dual, solution.dual)
        again = run(programme, options, start, AGAIN)
        if not again.converged:  # multipliers of another active set mislead: once more without
            again = run(programme, options, Start(start.x))
        errors = estimate(programme, again)
        again.mesh_error = max(float(np.max(e.states)) for e in errors.values())
        if verify_it:
            again.verification = verify(again, options.tolerances)
    again.passes = [_record(1, again, errors)]
    again.seconds = time.perf_counter() - began
    return again


def restated_programme(solution: Solution, problem: Problem) -> Programme:
    """The programme of another statement of a solved problem, on the mesh and with the scales of the solution.

    Raises:
        ValueError: if it has other variables or constraints.
    """
    own = solution.programme
    if _shape(problem) != _shape(own.problem):
        raise ValueError(f"{problem.name}: stated with other variables or constraints than {own.problem.name}")
    scales = (own.scale, own.row_scale, own.objective_scale)
    meshes = {name: lay.mesh for name, lay in own.layouts.items()}
    return Programme(problem, meshes, guesses(problem), CACHE, own.smoothing, scales)


def _shape(problem: Problem) -> tuple[object, ...]:
    """Names of all variables and constraints of a statement, in order."""
    phases = [
        (n, tuple(p.states.labels()), tuple(p.controls.labels()), tuple(c.name for c in p.path), tuple(p.integrals))
        for n, p in problem.phases.items()
    ]
    return *phases, tuple(c.name for c in problem.boundary), tuple(v.name for v in problem.free), tuple(problem.given)


def _pass(
    problem: Problem, meshes: Mapping[str, Mesh], best: Solution | None, options: Options
) -> tuple[Solution, dict[str, PhaseError]]:
    """Solve on ``meshes``, from the problem's guesses or from the ``best`` solution so far."""
    began = time.perf_counter()
    starts = guesses(problem)
    if best is not None:
        starts = {name: guess_from(part, meshes[name]) for name, part in best.phases.items()}
    programme = Programme(problem, meshes, starts, CACHE, options.smoothing)
    if best is None:
        solution = run(programme, options, Start(programme.pack(starts)))
    else:
        brief = replace(options, max_iterations=min(options.max_iterations, WARM_ITERATIONS))
        solution = run(programme, brief, carried(best, programme, starts))
    errors = estimate(programme, solution)
    solution.mesh_error = max(float(np.max(e.states)) for e in errors.values())
    solution.seconds = time.perf_counter() - began
    return solution, errors


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


def _line(r: dict[str, Any]) -> str:
    return (
        f"pass {r['pass']}: {r['status']}, {r['nodes']} nodes, {r['iterations']} iterations, {r['seconds']:.1f} s, "
        f"error {r['mesh_error']:.1e}, violation {r['path_violation']:.1e}, objective {r['objective']:.10g}"
    )
