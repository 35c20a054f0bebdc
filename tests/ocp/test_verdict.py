"""The verdict on an optimum: the estimated error of the objective, the pass that is returned, unstable dynamics."""

from dataclasses import replace

import numpy as np
import pytest

from hoverslam.ocp.checks.objective_error import objective_error
from hoverslam.ocp.checks.verify import verify
from hoverslam.ocp.solution import SolveOutcome
from hoverslam.ocp.solved import solve
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.options import Options, Tolerances
from hoverslam.ocp.statement.phase import PathConstraint
from hoverslam.ocp.statement.problem import Problem

TOLERANCE = Tolerances().objective


def least_time(q, v):
    """The double integrator to rest at zero in least time, and the time that the switching curve gives."""
    problem = Problem("least time")
    problem.phase(
        "go",
        states=(Variable("q", initial=q, final=0.0), Variable("v", initial=v, final=0.0)),
        controls=(Variable("u", lower=-1.0, upper=1.0),),
        dynamics=lambda s, c, p: {"q": s.v, "v": c.u},
        initial_time=0.0,
        final_time=(1.0, 100.0),
    )
    problem.minimize(lambda e, p: e.go.final_time)
    side = np.sign(q + v * abs(v) / 2.0)
    return problem, side * v + 2.0 * np.sqrt(v * v / 2.0 + side * q)


def bryson_denham(limit):
    """Least effort below a limit on the position; the optimum is 4 / (9 limit) for limits up to 1/6."""
    problem = Problem("Bryson-Denham")
    problem.phase(
        "go",
        states=(Variable("x", initial=0.0, final=0.0, upper=limit), Variable("v", initial=1.0, final=-1.0)),
        controls=(Variable("u"),),
        dynamics=lambda s, c, p: {"x": s.v, "v": c.u},
        integrals={"effort": lambda s, c, p: 0.5 * c.u**2},
        initial_time=0.0,
        final_time=1.0,
    )
    problem.minimize(lambda e, p: e.go.final.effort)
    return problem


def unstable():
    """Least effort with x' = x + u over 20 s: errors at the start grow by exp(20)."""
    problem = Problem("unstable")
    problem.phase(
        "go",
        states=(Variable("x", initial=1.0, final=0.5),),
        controls=(Variable("u"),),
        dynamics=lambda s, c, p: {"x": s.x + c.u},
        integrals={"effort": lambda s, c, p: 0.5 * c.u**2},
        initial_time=0.0,
        final_time=20.0,
    )
    problem.minimize(lambda e, p: e.go.final.effort)
    return problem


@pytest.mark.parametrize("start", [(2.0, -1.9999), (2.0, -2.001), (1.0, 2.0)])
def test_a_least_time_start_with_one_short_arc_is_within_the_tolerance_that_the_verdict_judges(start):
    problem, right = least_time(*start)
    solution = solve(problem)
    assert solution.verification.passed, solution.verification.report()
    assert solution.objective == pytest.approx(right, rel=TOLERANCE)


def test_a_mesh_that_does_not_resolve_the_control_is_not_verified():
    problem, right = least_time(2.0, -1.9999)
    coarse = solve(problem, Options(max_passes=1))
    assert coarse.objective > 1.03 * right
    assert not coarse.verification.passed
    assert coarse.verification.failures == ("objective (estimate)",)
    assert coarse.outcome is SolveOutcome.NOT_VERIFIED
    assert "not verified" in coarse.report().splitlines()[0]


@pytest.mark.parametrize("limit", [1.0 / 9.0, 0.04])
def test_the_estimated_error_of_the_objective_covers_the_true_one(limit):
    coarse, fine = (solve(bryson_denham(limit), Options(max_passes=passes)) for passes in (1, 16))
    for solution in (coarse, fine):
        assert abs(solution.objective - 4.0 / (9.0 * limit)) < objective_error(solution).total
    assert objective_error(coarse).total < 20.0 * abs(coarse.objective - 4.0 / (9.0 * limit))


def test_tighter_tolerances_give_no_worse_an_optimum():
    loose = solve(bryson_denham(1.0 / 9.0))
    tight = solve(bryson_denham(1.0 / 9.0), Options(tolerances=Tolerances(mesh=1e-9, path=1e-6)))
    assert loose.verification.passed
    assert abs(tight.objective - 4.0) <= abs(loose.objective - 4.0) + 1e-7


def test_unstable_dynamics_are_verified_by_flying_intervals_from_their_own_nodes():
    solution = solve(unstable())
    shift = 0.5 * np.exp(-20.0) - 1.0
    assert solution.objective == pytest.approx(shift**2 / (1.0 - np.exp(-40.0)), rel=1e-8)
    assert solution.verification.passed, solution.verification.report()


def test_wrong_states_of_unstable_dynamics_are_not_verified():
    solution = solve(unstable())
    part = solution["go"]
    states = part.states.copy()
    states[len(states) // 2 :, 0] += 1e-4
    spoilt = verify(replace(solution, phases={"go": replace(part, states=states)}))
    assert "re-flight, worst phase end" in spoilt.failures


def test_a_hamiltonian_that_depends_on_time_is_judged_without_its_drift():
    problem = Problem("driven")
    problem.phase(
        "go",
        states=(Variable("x", initial=0.0, final=1.0),),
        controls=(Variable("u"),),
        dynamics=lambda s, c, p, t: {"x": c.u * (1.0 + t)},
        integrals={"effort": lambda s, c, p: 0.5 * c.u**2},
        initial_time=0.0,
        final_time=1.0,
    )
    problem.minimize(lambda e, p: e.go.final.effort)
    solution = solve(problem)
    costates = solution.costates("go")
    assert solution.objective == pytest.approx(0.5 / (7.0 / 3.0), rel=1e-8)  # u = (1 + t) / integral of (1 + t)^2
    assert np.ptp(costates.hamiltonian) > 0.1 * np.max(costates.terms)
    assert 0.0 < solution.verification.optimality.hamiltonian < 1e-6


def test_an_equation_to_zero_along_a_phase_is_judged_by_the_size_of_its_terms():
    # Least time over 5 m with a push of length one: push and slack are bound by an equation whose value is its own violation.
    problem = Problem("pushed")
    problem.phase(
        "go",
        states=[
            Variable("r", 2, initial=(0.0, 0.0), final=(3.0, 4.0)),
            Variable("v", 2, initial=(0.0, 0.0), final=(0.0, 0.0)),
        ],
        controls=[Variable("u", 2, lower=-1.5, upper=1.5), Variable("size", lower=0.2, upper=1.0)],
        dynamics=lambda s, c, p: {"r": s.v, "v": c.u},
        path=[PathConstraint("length", lambda s, c, p: c.u @ c.u - c.size**2, 0.0, 0.0)],
        initial_time=0.0,
    )
    problem.minimize(lambda e, p: e.go.duration)
    solution = solve(problem)
    assert solution.verification.passed
    assert solution.objective == pytest.approx(2.0 * np.sqrt(5.0), rel=1e-6)
