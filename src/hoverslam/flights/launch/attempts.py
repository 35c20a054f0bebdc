"""Options with which a launch is solved from a guess, tried in turn until one converges."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from hoverslam.ocp.solved import Solved, solve
from hoverslam.ocp.statement.options import Options, Tolerances
from hoverslam.ocp.statement.problem import Problem

# The defaults, 1e-7 on the mesh error and 1e-5 on the objective, would cost passes that change the payload by grams: limits
# may be exceeded by 1e-3 between nodes, which alone is worth up to 1e-4 of the payload.
TOLERANCES = Tolerances(mesh=1e-6, objective=1e-4)
LONGEST_PASS = 60.0  # s: a mesh pass that converges takes 2 to 20

# The first attempt stays close to the guess: a small barrier parameter keeps the solver near what was simulated. The
# others start from further away.
_COMMON = Options(
    max_iterations=250, max_passes=8, tolerances=TOLERANCES, diagnose=False, ipopt={"max_cpu_time": LONGEST_PASS}
)
ATTEMPTS = (
    replace(_COMMON, smoothing=1e-6, ipopt={**_COMMON.ipopt, "mu_init": 1e-4}),
    replace(_COMMON, smoothing=1e-4, ipopt={**_COMMON.ipopt, "mu_init": 1e-2}),
    replace(_COMMON, smoothing=1e-4, max_iterations=400, ipopt={**_COMMON.ipopt, "mu_strategy": "adaptive"}),
)

SMOOTHING = 1e-9
"""Weight of squared control rates in the accepted flight: it costs less than 0.05 % of the payload."""
FINAL = replace(ATTEMPTS[0], smoothing=SMOOTHING)
"""Options of the accepted flight, which starts from a point close to it."""
AGAIN = Options(tolerances=TOLERANCES, max_iterations=30)
"""Options of a launch solved again with other figures: a change of some per cent takes 1 to 15 iterations."""


def solve_patiently(
    problem: Problem, report: Callable[[str], None] | None, attempts: Sequence[Options] = ATTEMPTS
) -> Solved:
    """Return the solution of the first attempt that converges, or of the last one.

    Args:
        problem: The problem.
        report: Receives one line for each mesh pass, and one where an attempt fails.
        attempts: Options of the solver, tried in turn; at least one.
    """
    for number, options in enumerate(attempts, 1):
        solution = solve(problem, options, report)
        if solution.converged or number == len(attempts):
            return solution
        if report is not None:
            report(f"attempt {number} of {len(attempts)} ended with {solution.status}: trying again from further away")
    raise AssertionError("there is at least one attempt")
