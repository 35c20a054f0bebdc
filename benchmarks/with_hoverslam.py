"""Solve one of the problems with hoverslam: ``python with_hoverslam.py {mars,landing6,delta3} [auto]``.

The mesh is the fixed one of the other tools, in one pass; with ``auto`` hoverslam chooses meshes and refines them until its
tolerances are met. Every solve, cold or warm, ends with the verification by re-flight. With ``auto`` it must pass to count
as solved. A fixed mesh holds the limits at its own points only; there the verification is reported beside the answer.
"""

import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import pairwise
from typing import Any

from measure import Run
from problem_data import PROBLEMS, Elementary, Phase, Problem

AUTO = "auto" in sys.argv[2:]
run = Run("hoverslam-auto" if AUTO else "hoverslam", sys.argv[1])
with run.timed("import"):
    import jax.numpy as jnp
    import numpy as np

    from hoverslam import ocp

    solve = ocp.solve  # the package imports its parts where they are first named: that belongs to the import

ELEMENTARY = Elementary(jnp.sqrt, jnp.exp, jnp.arccos)


def flat(named: Any) -> list[Any]:
    """Return the entries in the order of their declaration."""
    return list(named.values())


def variables(letter: str, boxes: Sequence[tuple[float, float]], **ends: Any) -> list[ocp.Variable]:
    """Return one scalar variable for each box, so that each is scaled separately."""
    return [
        ocp.Variable(f"{letter}{i}", None, "", *box, **{which: values[i] for which, values in ends.items()})
        for i, box in enumerate(boxes)
    ]


def add_phase(problem: ocp.Problem, name: str, phase: Phase, mesh: ocp.Mesh | None) -> None:
    """Add a phase to a problem of hoverslam."""

    def dynamics(s: Any, c: Any, p: Any) -> dict[str, Any]:
        return dict(zip(s, phase.dynamics(flat(s), flat(c), ELEMENTARY), strict=True))

    def limit(i: int) -> Callable[..., Any]:
        return lambda s, c, p: phase.path(flat(s), flat(c), ELEMENTARY)[i]

    guess = phase.guess
    problem.phase(
        name,
        states=variables("x", phase.state, initial=phase.initial, final=phase.final),
        controls=variables("u", phase.control),
        dynamics=dynamics,
        path=[ocp.PathConstraint(f"path{i}", limit(i), *box) for i, box in enumerate(phase.path_box)],
        initial_time=phase.start,
        final_time=phase.end,
        mesh=mesh,
        guess=ocp.Guess(
            np.array(guess.time),
            {f"x{i}": np.array(row) for i, row in enumerate(guess.states)},
            {f"u{i}": np.array(row) for i, row in enumerate(guess.controls)},
        ),
    )


def state(stated: Problem) -> ocp.Problem:
    """Return the problem as hoverslam states it."""
    problem = ocp.Problem("benchmark")
    names = [f"phase{p}" for p in range(len(stated.phases))]
    for name, phase in zip(names, stated.phases, strict=True):
        add_phase(problem, name, phase, None if AUTO else ocp.Mesh.uniform(*phase.mesh))
    for before, after in pairwise(names):
        problem.link(before, after, states=[f"x{i}" for i in range(stated.linked)], time=False)
    if stated.event_values:
        goal = np.array(stated.event_values)

        def events(e: Any, p: Any) -> Any:
            return jnp.stack(stated.events(flat(e[names[0]].initial), flat(e[names[-1]].final), ELEMENTARY)) - goal

        problem.constrain("events", events)
    problem.maximize(lambda e, p: e[names[-1]].final[f"x{stated.objective}"])
    return problem


def checked(solution: ocp.Solution) -> str:
    """Return the verdict of the re-flight, with the worst relative error at a phase end and violation of a limit."""
    found = solution.verification
    assert found is not None
    verdict = "passed" if found.passed else "not passed"
    return f"{verdict}: ends {max(found.refly_error, found.boundary_violation):.0e}, limits {found.path_violation:.0e}"


def outcome(solution: ocp.Solution) -> str:
    """Return ``solved``, or the reason why not."""
    if not solution.converged:
        return solution.status
    assert solution.verification is not None
    return "solved" if solution.verification.passed or not AUTO else f"verification {checked(solution)}"


def main() -> None:
    """State, solve, solve again from the solution, and report."""
    options = ocp.Options() if AUTO else ocp.Options(max_passes=1)
    with run.timed("setup"):
        stated = PROBLEMS[run.problem]()
        problem = state(stated)
    with run.timed("solve"):
        solution = solve(problem, options)
    status = outcome(solution)
    if status != "solved":
        run.report(version("hoverslam"), None, status)
        return
    with run.timed("warm"):
        again = solution.resolve(options=options)
    if outcome(again) != "solved":
        status = f"warm re-solve: {outcome(again)}"
    answer = solution.objective * stated.answer_scale
    effort = {"passes": len(solution.passes), "iterations": solution.iterations, "warm_iterations": again.iterations}
    run.report(version("hoverslam"), answer, status, verification=checked(solution), **effort)


if __name__ == "__main__":
    main()
