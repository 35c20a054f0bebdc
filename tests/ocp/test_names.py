"""Names of a statement: what can be read as an attribute and saved, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from hoverslam.ocp.solved import load, solve
from hoverslam.ocp.statement.functions import StatementError
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.options import Options
from hoverslam.ocp.statement.phase import PathConstraint
from hoverslam.ocp.statement.problem import Problem

AWKWARD = ("v/vmax", "/", "100 % a\\b:c", "größe", ".hidden", "time")


def named(state="x", control="u", limit="speed", phase="go", boundary="gap"):
    """From rest to rest over 1 m in 2 s with least integral of u^2: u = 3/2 - 3 t/2, integral 1.5."""
    problem = Problem("named")
    problem.phase(
        phase,
        states=[Variable(state, initial=0.0), Variable("v", initial=0.0, final=0.0)],
        controls=[Variable(control)],
        dynamics=lambda s, c, p: {state: s.v, "v": c[control]},
        path=[PathConstraint(limit, lambda s, c, p: s.v, upper=10.0)],
        integrals={"effort": lambda s, c, p: c[control] ** 2},
        initial_time=0.0,
        final_time=2.0,
    )
    problem.constrain(boundary, lambda e, p: e[phase].final[state] - 1.0)
    problem.minimize(lambda e, p: e[phase].final.effort)
    return problem


@pytest.mark.parametrize("name", AWKWARD)
def test_every_accepted_name_is_saved_and_loaded_with_the_same_numbers(name, tmp_path):
    stated = {"state": name, "control": f"{name} c", "limit": name, "phase": name, "boundary": name}
    solution = solve(named(**stated))
    assert solution.objective == pytest.approx(1.5, rel=1e-7)
    again = load(solution.save(tmp_path / "named.nc"), named(**stated))
    assert again.objective == solution.objective
    np.testing.assert_array_equal(again[name].states, solution[name].states)
    np.testing.assert_array_equal(again.costates(name).path, solution.costates(name).path)


def test_the_file_keeps_a_name_that_it_cannot_hold_as_an_attribute(tmp_path):
    path = solve(named(limit="v/vmax")).save(tmp_path / "named.nc")
    with xr.open_dataset(path, group="phases/go") as phase:
        assert phase["multiplier_v%2Fvmax"].attrs["name"] == "multiplier_v/vmax"


def test_a_limit_of_the_name_of_a_bounded_state_hides_neither():
    problem = named(limit="v")
    layout = problem.phases["go"].states
    layout.variables = tuple(replace(v, upper=0.7) if v.name == "v" else v for v in layout.variables)
    solution = solve(problem, Options(max_passes=1))
    assert set(solution.dataset("go")["v"].dims) == {"time"}
    data = solution.verification.phases["go"]
    assert data.reached["v"].upper == 10.0
    assert data.reached["v_"].upper == 0.7


@pytest.mark.parametrize("name", ["values", "items", "", " x", "a\nb", "__x", 3])
@pytest.mark.parametrize("place", ["state", "control", "limit", "phase", "boundary"])
def test_names_that_cannot_be_read_are_refused_with_the_reason(name, place):
    with pytest.raises(StatementError, match="the name"):
        named(**{place: name})


def test_parameter_names_are_checked_too():
    with pytest.raises(StatementError, match=r"parameter 'get': the name is a method"):
        Problem("p").parameter("get", value=1.0)


@pytest.mark.parametrize(
    ("statement", "match"),
    [
        (lambda: named(state="u", control="u"), r"'u' is declared as a state and as a control"),
        (lambda: named(state="v"), r"phase 'go': declared twice: v"),
        (lambda: named(state="effort"), r"phase 'go': declared twice: effort"),
        (lambda: named().constrain("gap", lambda e, p: e.go.duration), r"'gap' is stated twice"),
    ],
)
def test_a_name_for_two_things_is_refused(statement, match):
    with pytest.raises(StatementError, match=match):
        statement()


def test_two_path_constraints_of_one_name_are_refused():
    problem = Problem("twice")
    limit = PathConstraint("load", lambda s, c, p: s.x, upper=1.0)
    with pytest.raises(StatementError, match=r"path constraint 'load' is declared twice"):
        problem.phase("go", states=[Variable("x")], dynamics=lambda s, c, p: {"x": s.x}, path=[limit, limit])
