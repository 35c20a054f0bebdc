"""Solve one of the problems with YAPSS: ``python with_yapss.py {mars,landing6,delta3}``."""

import sys
from importlib.metadata import version

from measure import Run
from problem_data import PROBLEMS, Elementary, Problem

run = Run("yapss", sys.argv[1])
with run.timed("import"):
    import numpy as np
    import yapss
    from yapss.math import arccos, exp, sqrt

ELEMENTARY = Elementary(sqrt, exp, arccos)


def state(problem: Problem) -> yapss.Problem:
    """Return the problem as YAPSS states it: Legendre-Gauss-Lobatto points, exact second derivatives."""
    phases, linked = problem.phases, problem.linked
    links = (len(phases) - 1) * linked
    ocp = yapss.Problem(
        name="benchmark",
        nx=[len(phase.state) for phase in phases],
        nu=[len(phase.control) for phase in phases],
        nh=[len(phase.path_box) for phase in phases],
        nd=links + len(problem.event_values),
    )

    def objective(arg: yapss.ObjectiveArg) -> None:
        arg.objective = arg.phase[len(phases) - 1].final_state[problem.objective]

    def continuous(arg: yapss.ContinuousArg) -> None:
        for p in arg.phase_list:
            x, u = arg.phase[p].state, arg.phase[p].control
            arg.phase[p].dynamics[:] = phases[p].dynamics(x, u, ELEMENTARY)
            arg.phase[p].path[:] = phases[p].path(x, u, ELEMENTARY)

    def discrete(arg: yapss.DiscreteArg) -> None:
        ends = [(arg.phase[p].initial_state, arg.phase[p].final_state) for p in range(len(phases))]
        for p in range(len(phases) - 1):
            arg.discrete[linked * p : linked * (p + 1)] = ends[p][1][:linked] - ends[p + 1][0][:linked]
        arg.discrete[links:] = problem.events(ends[0][0], ends[-1][1], ELEMENTARY)

    ocp.sense = "maximize"
    ocp.functions.objective, ocp.functions.continuous = objective, continuous
    ocp.scale.objective = phases[0].state_scale[problem.objective]
    if ocp.nd:
        ocp.functions.discrete = discrete
        ocp.bounds.discrete.lower[:] = ocp.bounds.discrete.upper[:] = [*links * [0.0], *problem.event_values]
        ocp.scale.discrete[:] = [*(len(phases) - 1) * list(phases[0].state_scale[:linked]), *problem.event_scale]
    for p, phase in enumerate(phases):
        box, guess, scale, mesh = ocp.bounds.phase[p], ocp.guess.phase[p], ocp.scale.phase[p], ocp.mesh.phase[p]
        box.initial_time.lower = box.initial_time.upper = phase.start
        box.final_time.lower, box.final_time.upper = phase.end
        for part, limits in (
            (box.state, phase.state),
            (box.initial_state, phase.initial),
            (box.final_state, phase.final),
            (box.control, phase.control),
            (box.path, phase.path_box),
        ):
            part.lower[:], part.upper[:] = np.transpose(limits)
        guess.time, guess.state, guess.control = phase.guess.time, phase.guess.states, phase.guess.controls
        scale.time, scale.state[:], scale.dynamics[:] = phase.time_scale, phase.state_scale, phase.state_scale
        scale.path[:] = phase.path_scale
        intervals, points = phase.mesh
        mesh.collocation_points, mesh.fraction = intervals * (points,), intervals * (1.0 / intervals,)
    ocp.derivatives.method, ocp.derivatives.order, ocp.spectral_method = "auto", "second", "lgl"
    ocp.ipopt_options.max_iter, ocp.ipopt_options.print_level, ocp.ipopt_options.sb = 1000, 0, "yes"
    return ocp


def main() -> None:
    """State, solve, solve again from the solution, and report."""
    with run.timed("setup"):
        problem = PROBLEMS[run.problem]()
        ocp = state(problem)
    with run.timed("solve"):
        solution = ocp.solve()
    if solution.nlp_info.ipopt_status != 0:
        run.report(version("yapss"), None, str(solution.nlp_info.ipopt_status_message))
        return
    ocp.guess(solution)
    with run.timed("warm"):
        again = ocp.solve().nlp_info
    status = "solved" if again.ipopt_status == 0 else f"warm re-solve: {again.ipopt_status_message}"
    run.report(version("yapss"), float(solution.objective) * problem.answer_scale, status)


if __name__ == "__main__":
    main()
