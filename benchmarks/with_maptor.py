"""Solve one of the problems with MAPTOR: ``python with_maptor.py {mars,landing6,delta3}``.

MAPTOR refines its mesh until an error estimate meets a tolerance: its default, 1e-6, where that is reached. ``landing6``
does not reach it in 100 s; with 1e-3 it has the accuracy of the other tools' fixed meshes. MAPTOR has no warm start: the
second solve is given the mesh and the solution of the first as its guess.
"""

import sys
from importlib.metadata import version
from itertools import pairwise
from math import inf
from typing import Any

from measure import Run
from problem_data import PROBLEMS, Elementary, Problem

run = Run("maptor", sys.argv[1])
with run.timed("import"):
    import casadi as ca
    import maptor
    import numpy as np

ELEMENTARY = Elementary(ca.sqrt, ca.exp, ca.acos)
FIRST_MESH = {"mars": (8, 5), "landing6": (6, 5), "delta3": (2, 4)}  # intervals, degree
TOLERANCE = {"mars": 1e-6, "landing6": 1e-3, "delta3": 1e-6}


def limits(box: tuple[float, float], scale: float) -> Any:
    """Return a box as MAPTOR takes it: a number if both ends are equal, None for an infinite end."""
    low, high = (None if abs(end) == inf else end / scale for end in box)
    return low if low == high else (low, high)


def relations(value: ca.MX, box: tuple[float, float], scale: float) -> list[ca.MX]:
    """Return a limit on an expression as one or two relations for MAPTOR."""
    low, high = box
    if low == high:
        return [value / scale == low / scale]
    return [value / scale >= low / scale] * (low > -inf) + [value / scale <= high / scale] * (high < inf)


def state(problem: Problem) -> tuple[maptor.Problem, list[Any]]:
    """Return the problem and its phases as MAPTOR states them. It does not scale, so states are divided by their scales.

    A limit at an end that repeats the limit at all times is left out: stated twice, it prevents IPOPT from converging.
    """
    ocp, arcs, ends = maptor.Problem("benchmark"), [], []
    for p, phase in enumerate(problem.phases):
        arc, scale, states = ocp.set_phase(p + 1), phase.state_scale, []
        arc.time(initial=phase.start, final=limits(phase.end, 1.0))
        for i, (box, first, last) in enumerate(zip(phase.state, phase.initial, phase.final, strict=True)):
            initial = None if first == box else limits(first, scale[i])
            if p and i < problem.linked:
                initial = ends[-1][1][i]
            final = None if last == box else limits(last, scale[i])
            states.append(arc.state(f"x{i}", initial=initial, final=final, boundary=limits(box, scale[i])))
        x = [variable * size for variable, size in zip(states, scale, strict=True)]
        u = [arc.control(f"u{i}", boundary=box) for i, box in enumerate(phase.control)]
        rates = phase.dynamics(x, u, ELEMENTARY)
        arc.dynamics({variable: rate / size for variable, rate, size in zip(states, rates, scale, strict=True)})
        path = zip(phase.path(x, u, ELEMENTARY), phase.path_box, phase.path_scale, strict=True)
        arc.path_constraints(*[relation for limit in path for relation in relations(*limit)])
        ends.append(([variable.initial for variable in states], [variable.final for variable in states]))
        arcs.append(arc)
    first = [end * size for end, size in zip(ends[0][0], problem.phases[0].state_scale, strict=True)]
    last = [end * size for end, size in zip(ends[-1][1], problem.phases[-1].state_scale, strict=True)]
    events = zip(problem.events(first, last, ELEMENTARY), problem.event_values, problem.event_scale, strict=True)
    for value, target, size in events:
        arcs[-1].event_constraints(*relations(value, (target, target), size))
    ocp.minimize(-ends[-1][1][problem.objective])
    return ocp, arcs


def guess(problem: Problem, arcs: list[Any], intervals: int, degree: int) -> None:
    """Give each phase its first mesh and the problem's guess, interpolated on it."""
    for arc, phase in zip(arcs, problem.phases, strict=True):
        times = phase.guess.time
        edges = np.linspace(times[0], times[-1], intervals + 1)
        nodes = [np.linspace(low, high, degree + 1) for low, high in pairwise(edges)]
        states = [row / np.float64(size) for row, size in zip(phase.guess.states, phase.state_scale, strict=True)]
        arc.mesh(intervals * [degree], np.linspace(-1, 1, intervals + 1))
        arc.guess(
            [np.array([np.interp(node, times, row) for row in states]) for node in nodes],
            [np.array([np.interp(node[:-1], times, row) for row in phase.guess.controls]) for node in nodes],
            times[0],
            times[-1],
        )


def guess_from(solution: Any, arcs: list[Any]) -> None:
    """Give each phase the mesh of a solution and the solution as its guess."""
    for p, arc in enumerate(arcs, start=1):
        data = solution.phases[p]
        degrees, names = data["mesh"]["polynomial_degrees"], data["variables"]
        states = np.array([solution[(p, name)] for name in names["state_names"]])
        controls = np.array([solution[(p, name)] for name in names["control_names"]])
        cuts = np.cumsum(degrees)[:-1]
        arc.mesh(degrees, data["mesh"]["mesh_nodes"])
        arc.guess(
            np.split(states, cuts + np.arange(1, len(degrees)), axis=1),  # both ends of every interval
            np.split(controls, cuts, axis=1),  # not the last
            data["times"]["initial"],
            data["times"]["final"],
        )


def solve(ocp: maptor.Problem) -> Any:
    """Solve adaptively, as the examples of MAPTOR do, without output."""
    return maptor.solve_adaptive(
        ocp,
        error_tolerance=TOLERANCE[run.problem],
        max_iterations=20,
        min_polynomial_degree=3,
        max_polynomial_degree=8,
        nlp_options={"ipopt.max_iter": 1000, "ipopt.print_level": 0, "ipopt.sb": "yes", "print_time": 0},
        show_summary=False,
    )


def main() -> None:
    """State, solve, solve again from the solution, and report."""
    with run.timed("setup"):
        problem = PROBLEMS[run.problem]()
        ocp, arcs = state(problem)
        guess(problem, arcs, *FIRST_MESH[run.problem])
    with run.timed("solve"):
        solution = solve(ocp)
    if not solution.status["success"]:
        run.report(version("maptor"), None, str(solution.status["message"]))
        return
    ocp, arcs = state(problem)  # a new object: solving the same one again would link its phases twice
    guess_from(solution, arcs)
    with run.timed("warm"):
        again = solve(ocp)
    scale = problem.phases[-1].state_scale[problem.objective] * problem.answer_scale
    status = "solved" if again.status["success"] else f"warm re-solve: {again.status['message']}"
    run.report(version("maptor"), -solution.status["objective"] * scale, status)


if __name__ == "__main__":
    main()
