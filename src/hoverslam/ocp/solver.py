"""Solving: IPOPT on the transcription, then mesh passes until an independent re-flight agrees."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import casadi as ca
import numpy as np

from hoverslam.ocp._nlp import LocalCache, Programme
from hoverslam.ocp.mesh import Mesh
from hoverslam.ocp.problem import Guess, Problem
from hoverslam.ocp.solution import PhaseSolution, Solution
from hoverslam.ocp.verify import Tolerances, Verification, verify

Report = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """How hard to try.

    Attributes:
        tolerance: IPOPT's tolerance on the scaled optimality conditions.
        max_iterations: IPOPT's limit, a pass.
        max_passes: mesh passes, the first included.
        tolerances: what the re-flight must meet for the mesh to be called fine enough.
        verify: whether to re-fly the solution (and refine the mesh where that fails); without it, one pass.
        smoothing: weight on squared control rates added to the scaled objective; zero adds nothing. Small values
            (1e-6) settle controls that hardly matter; the reported objective never includes it.
        print_level: IPOPT's own output (0 to 12).
        ipopt: further IPOPT options by their own names.
    """

    tolerance: float = 1e-8
    max_iterations: int = 1000
    max_passes: int = 4
    tolerances: Tolerances = field(default_factory=Tolerances)
    verify: bool = True
    smoothing: float = 0.0
    print_level: int = 0
    ipopt: dict[str, Any] = field(default_factory=dict)


def _ipopt(programme: Programme, options: Options, warm: bool) -> ca.Function:
    settings = {
        "tol": options.tolerance,
        "constr_viol_tol": options.tolerance,
        "acceptable_iter": 0,
        "max_iter": options.max_iterations,
        "print_level": options.print_level,
        "sb": "yes",
        "nlp_scaling_method": "none",
        "bound_relax_factor": 0.0,
        "mu_strategy": "adaptive",
        "mu_max": 1.0,
        # At its default pivoting MUMPS miscounts the inertia of these systems, and IPOPT crawls over false curvature.
        "mumps_pivtol": 1e-2,
        "perturb_always_cd": "yes",
        **options.ipopt,
    }
    if warm:
        settings |= {
            # Stay where the coarser mesh ended. Its multipliers do not fit this mesh; IPOPT estimates them itself.
            "mu_strategy": "monotone",
            "mu_init": 1e-6,
            "bound_push": 1e-8,
            "bound_frac": 1e-8,
            "slack_bound_push": 1e-8,
            "slack_bound_frac": 1e-8,
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
            "ipopt": settings,
        },
    )


def solve(problem: Problem, options: Options | None = None, report: Report | None = None) -> Solution:
    """Solve ``problem`` from its phases' guesses and verify the answer by independent re-flight.

    Passes over finer meshes follow until :class:`Tolerances` are met or ``max_passes`` is reached; if a finer mesh
    fails to converge, the last converged solution is returned. ``report`` receives one line a pass.
    """
    options = options or Options()
    cache, best = LocalCache(), None
    meshes = {name: phase.mesh for name, phase in problem.phases.items()}
    original = {name: phase.guess for name, phase in problem.phases.items()}
    records: list[dict[str, Any]] = []
    try:
        for number in range(1, options.max_passes + 1):
            solution = _solve_once(problem, meshes, cache, options, warm=best is not None)
            if not options.verify:
                return solution
            check = verify(solution, options.tolerances)
            solution.verification = check
            records.append(_record(number, solution, check))
            if report is not None:
                report(_line(records[-1]))
            if not solution.converged and best is not None:
                break
            best = solution
            if check.passed or not solution.converged or number == options.max_passes:
                break
            meshes = check.refined_meshes(solution)
            _carry_over(problem, solution)
    finally:
        for name, phase in problem.phases.items():
            phase.guess = original[name]
    assert best is not None
    best.passes = records
    best.iterations = sum(r["iterations"] for r in records)
    best.seconds = sum(r["seconds"] for r in records)
    return best


def _record(number: int, solution: Solution, check: Verification) -> dict[str, Any]:
    nodes = sum(len(p.states) for p in solution.phases.values())
    return {
        "pass": number,
        "status": solution.status,
        "nodes": nodes,
        "iterations": solution.iterations,
        "seconds": solution.seconds,
        "refly_error": check.refly_error,
        "path_violation": check.path_violation,
        "objective": solution.objective,
    }


def _line(r: dict[str, Any]) -> str:
    return (
        f"pass {r['pass']}: {r['status']}, {r['nodes']} nodes, {r['iterations']} iterations, {r['seconds']:.1f} s, "
        f"re-flight {r['refly_error']:.1e}, violation {r['path_violation']:.1e}, objective {r['objective']:.8g}"
    )


def guess_from(part: PhaseSolution) -> Guess:
    """A solved phase as a guess: its nodes, and its controls at them."""
    edges = part.time[0] + np.asarray(part.mesh.edges) * part.duration
    times = np.unique(np.concatenate([part.node_times, edges]))
    states, controls = part.sample(times)
    return Guess(times, states, controls)


def _carry_over(problem: Problem, solution: Solution) -> None:
    """Make the solution the guess of the next pass."""
    for name, phase in problem.phases.items():
        phase.guess = guess_from(solution[name])


def _solve_once(problem: Problem, meshes: dict[str, Mesh], cache: LocalCache, options: Options, warm: bool) -> Solution:
    start = time.perf_counter()
    programme = Programme(problem, meshes, cache, options.smoothing)
    solver = _ipopt(programme, options if not warm else replace(options, max_iterations=300), warm)
    result = solver(
        x0=programme.pack_guess(),
        p=programme.parameter_vector(),
        lbx=programme.lower,
        ubx=programme.upper,
        lbg=programme.row_lower,
        ubg=programme.row_upper,
    )
    stats = solver.stats()
    if stats["return_status"] == "NonIpopt_Exception_Thrown":
        raise KeyboardInterrupt  # an interrupt while IPOPT runs comes back as this status
    return unpack(programme, result, stats, time.perf_counter() - start)


def unpack(programme: Programme, result: dict[str, Any], stats: dict[str, Any], seconds: float) -> Solution:
    """Named physical arrays from IPOPT's flat scaled answer."""
    problem = programme.problem
    scaled = np.asarray(result["x"]).ravel()
    values = scaled * programme.scale
    phases = {
        name: PhaseSolution(lay.phase, lay.mesh, values[lay.times], values[lay.states], values[lay.controls])
        for name, lay in programme.layouts.items()
    }
    rows = np.asarray(result["g"]).ravel()
    excess = np.maximum(programme.row_lower - rows, rows - programme.row_upper)
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
    )
