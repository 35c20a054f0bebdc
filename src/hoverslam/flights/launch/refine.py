"""A launch solved to its tolerances from a point that is close to the optimum: a scout, or the optimum of a similar case."""

from collections.abc import Callable
from dataclasses import replace

from hoverslam.flights.launch.attempts import FINAL
from hoverslam.flights.launch.guess import LaunchGuess
from hoverslam.flights.launch.plan import LaunchPlan
from hoverslam.flights.launch.problem import launch_problem
from hoverslam.flights.launch.result import LaunchResult, at_search_bounds, summarise
from hoverslam.ocp.solved import solve_from
from hoverslam.ocp.solving.known import KnownPoint

WIDENINGS = 3  # how often bounds of durations that only help the search are widened before a flight is given up


def refined(plan: LaunchPlan, point: KnownPoint, report: Callable[[str], None] | None = None) -> LaunchResult:
    """Return the launch of a plan on a mesh that meets the tolerances, with bounds of durations wide enough.

    Args:
        plan: The plan.
        point: A flight with the same phases: the start of the solver, and its first mesh.
        report: Receives one line for each step.

    Returns:
        The launch; look at ``verified`` before using it.
    """
    for widening in range(WIDENINGS + 1):
        problem = launch_problem(plan, LaunchGuess.at(point))
        solution = solve_from(problem, point, FINAL, report)
        narrow = at_search_bounds(plan, solution) if solution.converged else ()
        if not narrow or widening == WIDENINGS:
            return summarise(plan, solution)
        if report is not None:
            report(f"bounds of the search are active in {', '.join(narrow)}: widened")
        plan = replace(plan, widened={**plan.widened, **{n: plan.widened.get(n, 0) + 1 for n in narrow}})
        point = KnownPoint.of(solution)
    raise AssertionError("the last round returns")
