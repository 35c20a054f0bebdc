"""Meshes of a thousand intervals and more: scaled with their number of points, and started from coarser meshes."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "problems" / "optimal_control"))

import goddard

from hoverslam.ocp.checks.costates import costates
from hoverslam.ocp.solved import solve
from hoverslam.ocp.solving.refine import coarser_meshes
from hoverslam.ocp.statement.mesh import Mesh, Pin
from hoverslam.ocp.statement.options import Options


def test_goddard_on_a_thousand_intervals_is_solved_and_verified_to_the_known_height():
    problem = goddard.problem()
    problem.phases["flight"].mesh = Mesh.uniform(1000, 3, control_degree=1)
    solution = solve(problem, Options(max_passes=1))
    assert solution["flight"].mesh.intervals == 1000
    assert solution.verification.passed, solution.verification.report()
    assert solution.objective == pytest.approx(18550.8718638, rel=1e-7)
    # The objective is the final height: multipliers are those of the stated objective, not of the enlarged one.
    assert costates(solution, "flight").costate[-1, 0] == pytest.approx(1.0, rel=1e-6)
    again = solution.resolve(options=Options(verify=False))
    assert again.iterations <= 5
    assert again.objective == pytest.approx(solution.objective, rel=1e-9)


def test_coarser_meshes_keep_edges_of_arcs_pins_and_degree():
    mesh = replace(Mesh.uniform(1000, 3), knots=(100, 333), pins=(Pin("control", 0, 1, True),), spare=2)
    coarsest, *_ = coarser_meshes({"flight": mesh})
    coarse = coarsest["flight"]
    np.testing.assert_allclose(coarse.arc_edges, mesh.arc_edges)
    assert coarse.intervals < 1000 / 6
    assert (coarse.pins, coarse.spare) == (mesh.pins, mesh.spare)
    assert set(coarse.counts) == {3}


def test_small_meshes_have_no_coarser_ones():
    assert coarser_meshes({"flight": Mesh.uniform(200, 4)}) == []
