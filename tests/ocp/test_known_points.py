"""Known points: a problem started from the solution of an earlier one, on its mesh and with its multipliers."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "problems" / "optimal_control"))

import goddard
import soft_landing

from hoverslam.ocp.checks.verify import verify
from hoverslam.ocp.solved import solve, solve_from
from hoverslam.ocp.solving import solver
from hoverslam.ocp.solving.known import KnownPoint, shape_of
from hoverslam.ocp.solving.solver import known_programme
from hoverslam.ocp.statement.options import Options
from hoverslam.ocp.statement.phase import PathConstraint, StatementError


@pytest.fixture(scope="module")
def landed():
    return solve(soft_landing.problem())


def test_the_same_problem_is_solved_again_in_one_pass_of_few_iterations(landed):
    again = solve_from(soft_landing.problem(), KnownPoint.of(landed))
    assert again.verification.passed
    assert len(again.passes) == 1
    assert again.iterations <= 5
    assert again.iterations < landed.iterations / 3
    assert again.objective == pytest.approx(landed.objective, rel=1e-8)


def test_a_known_point_has_the_variables_and_multipliers_of_its_solution(landed):
    point, old = KnownPoint.of(landed), landed.programme
    programme = known_programme(soft_landing.problem(), point)
    start = point.start(programme)
    assert np.allclose(start.x * programme.scale, landed.primal * old.scale, rtol=1e-12, atol=1e-9)
    rows = landed.dual * old.row_scale / old.objective_scale
    assert np.allclose(start.row_multipliers * programme.row_scale / programme.objective_scale, rows, rtol=1e-12)
    bounds = landed.bound_dual / old.scale / old.objective_scale
    assert np.allclose(start.bound_multipliers / programme.scale / programme.objective_scale, bounds, rtol=1e-12)


def test_a_point_satisfies_its_own_problem_and_not_one_with_another_start(landed):
    point, problem = KnownPoint.of(landed), soft_landing.problem()
    assert point.excess(known_programme(problem, point)) < 1e-7
    with problem.holding({"h0": 1.01 * problem.values["h0"]}):
        assert point.excess(known_programme(problem, point)) > 1e-3


def test_a_problem_with_another_value_reaches_the_optimum_of_a_solve_from_scratch(landed):
    problem = soft_landing.problem()
    with problem.holding({"h0": 1.05 * problem.values["h0"]}):
        scratch = solve(problem)
        again = solve_from(problem, KnownPoint.of(landed))
    assert again.verification.passed
    assert again.objective == pytest.approx(scratch.objective, rel=1e-7)
    assert again.objective != pytest.approx(landed.objective, rel=1e-4)


def test_a_further_limit_leaves_the_variables_as_a_start_and_drops_the_multipliers(landed):
    point, problem = KnownPoint.of(landed), soft_landing.problem()
    phase = problem.phases["descent"]
    limit = PathConstraint("height", lambda s, c, p: s.h, -1.0, 1e9, "m")
    problem.phases["descent"] = replace(phase, path=(*phase.path, limit))
    start = point.start(known_programme(problem, point))
    assert start.row_multipliers is None
    again = solve_from(problem, point)
    assert again.verification.passed
    assert again.objective == pytest.approx(landed.objective, rel=1e-7)


def test_multipliers_of_a_wrong_shape_are_not_used(landed):
    point = replace(KnownPoint.of(landed), shape="another")
    assert point.start(landed.programme).row_multipliers is None
    assert shape_of(landed.programme) != "another"


def test_a_solve_goes_on_without_multipliers_that_lead_nowhere(landed):
    point = KnownPoint.of(landed)
    misled = replace(point, rows=np.full_like(point.rows, np.nan))
    again = solve_from(soft_landing.problem(), misled)
    assert again.verification.passed
    assert again.objective == pytest.approx(landed.objective, rel=1e-7)
    assert len(again.passes) == 3  # kept, moved off its bounds, without multipliers


def test_a_point_of_another_problem_is_refused(landed):
    with pytest.raises(StatementError, match="different phases"):
        solve_from(goddard.problem(), KnownPoint.of(landed))


def test_a_solution_on_a_coarse_mesh_is_the_start_of_a_finer_one_and_leads_to_the_same_optimum(landed):
    coarse = solve(soft_landing.problem(), Options(max_passes=1, verify=False))
    again = solve(soft_landing.problem(), near=coarse)
    assert again.verification.passed
    assert again.passes[0]["iterations"] < landed.passes[0]["iterations"] / 2
    assert again.objective == pytest.approx(landed.objective, rel=1e-9)


def test_where_a_start_from_a_coarse_mesh_fails_the_guess_is_the_start(landed, monkeypatch):
    coarse = solve(soft_landing.problem(), Options(max_passes=1, verify=False))
    monkeypatch.setattr(solver, "WARM_ITERATIONS", 0)
    again = solve(soft_landing.problem(), Options(max_passes=1), near=coarse)
    assert [each["status"] for each in again.passes] == ["Maximum_Iterations_Exceeded", "Solve_Succeeded"]
    assert again.passes[1]["iterations"] == landed.passes[0]["iterations"]


def test_the_error_of_the_objective_is_estimated_only_where_something_depends_on_it(landed, monkeypatch):
    again = verify(landed)
    assert again.objective_error == landed.verification.objective_error
    monkeypatch.setattr(solver, "with_objective", lambda *_: pytest.fail("estimated"))
    assert solve(soft_landing.problem(), Options(max_passes=1, verify=False)).converged
