"""The unit of length changes neither the answer nor the way there: all scaling follows from the problem."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "problems" / "optimal_control"))

import mars_landing
import soft_landing

from hoverslam.ocp.solved import solve
from hoverslam.ocp.statement.options import Options, Tolerances

UNITS = {"metres": 1.0, "kilometres": 1e3, "feet": 0.3048}


@pytest.fixture(scope="module", params=[soft_landing, mars_landing], ids=["soft_landing", "mars_landing"])
def solutions(request):
    """One problem stated in each unit of length, by unit."""
    options = Options(tolerance=1e-10, tolerances=Tolerances(mesh=1e-9))
    return {unit: solve(request.param.problem(length=length), options) for unit, length in UNITS.items()}


def test_same_length_is_another_number_in_another_unit(solutions):
    start = {unit: solution["descent"].states[0, 0] for unit, solution in solutions.items()}
    assert start["kilometres"] * 1e3 == pytest.approx(start["metres"], rel=1e-12)
    assert start["feet"] * 0.3048 == pytest.approx(start["metres"], rel=1e-12)


@pytest.mark.parametrize("unit", ["kilometres", "feet"])
def test_answer_is_the_same_in_any_unit_of_length(solutions, unit):
    metres, other = solutions["metres"], solutions[unit]
    assert metres.verification.passed
    assert other.verification.passed
    assert other.objective == pytest.approx(metres.objective, rel=1e-8)
    assert other["descent"].duration == pytest.approx(metres["descent"].duration, rel=1e-6)


@pytest.mark.parametrize("unit", ["kilometres", "feet"])
def test_solver_takes_as_many_iterations_in_any_unit_of_length(solutions, unit):
    metres, other = solutions["metres"].iterations, solutions[unit].iterations
    assert abs(other - metres) <= max(5, 0.2 * metres)
    assert len(solutions[unit].passes) == len(solutions["metres"].passes)
