"""IPOPT on a transcribed problem: its settings, one run, and its flat answer unpacked into a solution."""

import math
import time
from typing import Any

import casadi as ca
import numpy as np

from hoverslam.ocp.solution import PhaseSolution, Solution
from hoverslam.ocp.solving.carry import Start
from hoverslam.ocp.statement.functions import StatementError
from hoverslam.ocp.statement.options import Options
from hoverslam.ocp.transcription.compiled import note_solve
from hoverslam.ocp.transcription.programme import Programme

WARM = 1e-7  # barrier parameter of a start from the solution on another mesh
# Of large programmes. Estimates of the first multipliers grow with the number of points. IPOPT drops those above 1e3: all
# second derivatives are then zero, and the linear system of the first iteration is singular. In a singular system MUMPS
# delays the pivots of all controls into one dense front, which takes minutes; with its default tolerance it accepts some of
# them. Its own choice of an order of elimination takes as long as several factorisations; QAMD is as good and much faster.
LARGE_SETTINGS = {"constr_mult_init_max": 1e8, "mumps_pivtol": 1e-6, "mumps_pivot_order": 6}
AT_BOUNDS = 1e-9  # share of the distance between bounds by which a warm start is kept away from them


def ipopt_settings(options: Options) -> dict[str, Any]:
    """Return IPOPT's options for a start from a guess."""
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
        # With its default pivoting tolerance MUMPS returns a wrong inertia for these systems, and IPOPT takes tiny steps.
        "mumps_pivtol": 1e-2,
        "perturb_always_cd": "yes",
        **({"max_wall_time": options.time_limit} if math.isfinite(options.time_limit) else {}),
        **options.ipopt,
    }


def ipopt(programme: Programme, options: Options, barrier: float | None = None, push: float = AT_BOUNDS) -> ca.Function:
    """Return IPOPT for a programme; with a ``barrier`` parameter it starts from multipliers, ``push`` away from bounds."""
    settings = ipopt_settings(options)
    if programme.is_large:
        settings |= LARGE_SETTINGS | options.ipopt
    if barrier is not None:
        settings |= {
            "mu_strategy": "monotone",
            "mu_init": barrier,
            "warm_start_init_point": "yes",
            "warm_start_bound_push": push,
            "warm_start_bound_frac": push,
            "warm_start_slack_bound_push": push,
            "warm_start_slack_bound_frac": push,
            "warm_start_mult_bound_push": push,
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
            "no_nlp_grad": True,  # of the Lagrangian by parameters too: nothing here asks the solver for it
            "show_eval_warnings": False,
            "inputs_check": False,  # its message about more equations than variables says nothing: IPOPT judges that itself
            "ipopt": settings,
        },
    )


def run(
    programme: Programme, options: Options, start: Start, barrier: float = WARM, push: float = AT_BOUNDS
) -> Solution:
    """Run IPOPT once on a programme, for the current values of its problem.

    Args:
        programme: The programme.
        options: Options of the solver.
        start: Where it starts, warm if it has multipliers.
        barrier: Barrier parameter of a warm start.
        push: Share of the distance between bounds by which a warm start is moved away from them.
    """
    began = time.perf_counter()
    warm = start.row_multipliers is not None
    used = barrier if warm else None
    key = (
        used,
        push,
        options.tolerance,
        options.max_iterations,
        options.print_level,
        options.time_limit,
        repr(sorted(options.ipopt.items())),
    )
    if key not in programme.solvers:
        programme.solvers[key] = ipopt(programme, options, used, push)
    solver = programme.solvers[key]
    lower, upper, low, high = programme.bounds(programme.problem.values)
    _check_order(programme, lower, upper, low, high)
    arguments = {"x0": start.x, "p": programme.parameter_vector(), "lbx": lower, "ubx": upper, "lbg": low, "ubg": high}
    if start.row_multipliers is not None and start.bound_multipliers is not None:
        arguments |= {"lam_x0": start.bound_multipliers, "lam_g0": start.row_multipliers}
    result = solver(**arguments)
    stats = solver.stats()
    if stats["return_status"] == "NonIpopt_Exception_Thrown":
        raise KeyboardInterrupt  # an interrupt while IPOPT runs comes back as this status
    seconds = time.perf_counter() - began
    note_solve([local.code for local in programme.local.values()], seconds)
    return unpack(programme, result, stats, seconds)


def _check_order(programme: Programme, lower: np.ndarray, upper: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """Check that no lower bound of a variable, or of a row, is above its upper bound.

    Raises:
        StatementError: With the place and the two bounds. Present values of given parameters can cross bounds.
    """
    for index in np.flatnonzero(lower > upper):
        size, place = programme.scale[index], _place(programme, int(index))
        raise StatementError(
            f"{programme.problem.name}: {place}: lower bound {lower[index] * size:g} is above upper bound "
            f"{upper[index] * size:g}"
        )
    for row in np.flatnonzero(low > high):
        (phase, label), size = programme.labels[row], programme.row_scale[row]
        raise StatementError(
            f"{programme.problem.name}: phase {phase!r}, {label}: lower bound {low[row] / size:g} is above upper bound "
            f"{high[row] / size:g}"
        )


def _place(programme: Programme, index: int) -> str:
    """Return phase and name of a variable of the programme."""
    for name, lay in programme.layouts.items():
        for variables, labels in ((lay.states, lay.phase.states.labels()), (lay.controls, lay.phase.controls.labels())):
            at = np.argwhere(variables == index)
            if len(at):
                return f"phase {name!r}, {labels[at[0][1]]}"
        if index in lay.times:
            return f"phase {name!r}, time"
    return f"parameter {programme.problem.free[int(np.flatnonzero(programme.free_indices == index)[0])].name!r}"


def unpack(programme: Programme, result: dict[str, Any], stats: dict[str, Any], seconds: float) -> Solution:
    """Return the solution with named physical arrays from IPOPT's flat scaled result."""
    problem = programme.problem
    scaled = np.asarray(result["x"]).ravel()
    values = scaled * programme.scale
    phases = {}
    for name, lay in programme.layouts.items():
        times = values[lay.times]
        mesh = lay.mesh.moved(times)
        phases[name] = PhaseSolution(
            lay.phase, mesh, times[[0, -1]], values[lay.states], values[lay.controls], programme.origin
        )
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
