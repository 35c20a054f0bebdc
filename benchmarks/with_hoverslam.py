"""Solve one of the problems with hoverslam: ``python with_hoverslam.py {mars,landing6,delta3}``.

The solve includes the verification by re-flight. Where there is an optimum the mesh is hoverslam's own choice, refined
until its tolerances are met; ``landing6`` has none (see README.md) and gets the one mesh that the peers get.
"""

import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

from measure import Run
from problem_data import PROBLEMS, Elementary, Phase, Problem

run = Run("hoverslam", sys.argv[1])
with run.timed("import"):
    import jax.numpy as jnp
    import numpy as np

    from hoverslam import ocp

ELEMENTARY = Elementary(jnp.sqrt, jnp.exp, jnp.arccos)
FIXED_MESH = ("landing6",)


def flat(named: Any) -> list[Any]:
    """Entries in the order of their declaration."""
    return list(named.values())


def variables(letter: str, boxes: Sequence[tuple[float, float]], **ends: Any) -> list[ocp.Variable]:
    """One scalar variable for each box, so that each has a size of its own."""
    return [
        ocp.Variable(f"{letter}{i}", None, "", *box, **{which: values[i] for which, values in ends.items()})
        for i, box in enumerate(boxes)
    ]


def add_phase(problem: ocp.Problem, name: str, phase: Phase, mesh: ocp.Mesh | None) -> None:
    """A phase in hoverslam's terms; limits at an end that repeat the limits at all times change nothing."""

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
    """The problem in hoverslam's terms."""
    problem = ocp.Problem("benchmark")
    names = [f"phase{p}" for p in range(len(stated.phases))]
    for name, phase in zip(names, stated.phases, strict=True):
        mesh = ocp.Mesh.uniform(*phase.mesh) if run.problem in FIXED_MESH else None
        add_phase(problem, name, phase, mesh)
    for before, after in zip(names[:-1], names[1:], strict=True):
        problem.link(before, after, states=[f"x{i}" for i in range(stated.linked)], time=False)
    if stated.event_values:
        goal = np.array(stated.event_values)

        def events(e: Any, p: Any) -> Any:
            return jnp.stack(stated.events(flat(e[names[0]].initial), flat(e[names[-1]].final), ELEMENTARY)) - goal

        problem.constrain("events", events)
    problem.maximize(lambda e, p: e[names[-1]].final[f"x{stated.objective}"])
    return problem


def checked(solution: ocp.Solution) -> str:
    """What the re-flight found."""
    found = solution.verification
    assert found is not None
    verdict = "passed" if found.passed else "not passed"
    numbers = f"end error {found.refly_error:.1e}, limits {found.path_violation:.1e}"
    return f"{verdict}: {numbers}, boundary {found.boundary_violation:.1e}"


def verdict(solution: ocp.Solution) -> str:
    """ "solved", or what went wrong; on a fixed mesh the re-flight is reported but not asked to pass."""
    if not solution.converged:
        return solution.status
    assert solution.verification is not None
    if solution.verification.passed or run.problem in FIXED_MESH:
        return "solved"
    return f"verification {checked(solution)}"


def main() -> None:
    """State, solve, solve again from the solution, report."""
    options = ocp.Options(max_passes=1) if run.problem in FIXED_MESH else ocp.Options()
    with run.timed("setup"):
        stated = PROBLEMS[run.problem]()
        problem = state(stated)
    with run.timed("solve"):
        solution = ocp.solve(problem, options)
    status = verdict(solution)
    if status != "solved":
        run.report(version("hoverslam"), None, status)
        return
    with run.timed("warm"):
        again = solution.resolve(options=options)
    status = verdict(again)
    answer = solution.objective * stated.answer_scale
    run.report(
        version("hoverslam"),
        answer,
        status if status == "solved" else f"warm re-solve: {status}",
        verification=checked(solution),
        passes=len(solution.passes),
        iterations=solution.iterations,
    )


if __name__ == "__main__":
    main()
