"""Stating a problem: what is wrong is refused before the solver starts, with its place; what is right is understood."""

import re

import jax.numpy as jnp
import numpy as np
import pytest

from hoverslam.ocp.solved import solve
from hoverslam.ocp.statement.functions import StatementError
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.options import Options
from hoverslam.ocp.statement.phase import Guess, PathConstraint
from hoverslam.ocp.statement.problem import Problem

SHARP = Options(tolerance=1e-10)
FREE = (Variable("x"), Variable("v"))
FREE_END = (Variable("x", initial=1.0), Variable("v", initial=0.0, final=0.5))
TIMES, ZEROS = np.linspace(0.0, 2.0, 5), np.zeros(5)


def stated(**changes):
    """The double integrator in least time, its phase changed."""
    problem = Problem("double integrator")
    phase = {
        "states": [Variable("x", initial=1.0, final=0.0), Variable("v", initial=0.0, final=0.0)],
        "controls": [Variable("u", lower=-1.0, upper=1.0)],
        "dynamics": lambda s, c, p: {"x": s.v, "v": c.u},
        "initial_time": 0.0,
        "final_time": (0.1, 10.0),
    }
    problem.phase("go", **phase | changes)
    problem.minimize(lambda e, p: e.go.final_time)
    return problem


def limit(**bounds):
    return {"path": [PathConstraint("height", lambda s, c, p: s.x, **bounds)]}


def states(**of_x):
    return {"states": [Variable("x", **of_x), Variable("v")]}


def refused(statement, places):
    """Whether a statement is refused with a message that has all of ``places`` in it."""
    with pytest.raises(StatementError) as refusal:
        statement()
    missing = [place for place in places if place not in str(refusal.value)]
    assert not missing, f"{missing} not in: {refusal.value}"


# ---- refused as soon as the phase is stated ------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        (states(lower=2.0, upper=1.0), ("'go'", "'x'", "2", "above 1")),
        (states(initial=(2.0, 1.0)), ("'go'", "initial x", "2", "above")),
        ({"final_time": (3.0, 1.0)}, ("'go'", "final_time", "3", "above")),
        ({"duration": (3.0, 1.0)}, ("'go'", "duration", "3", "above")),
        (limit(lower=2.0, upper=1.0), ("'go'", "'height'", "2", "above")),
    ],
    ids=["state", "initial", "final time", "duration", "path"],
)
def test_crossed_bounds_are_refused(changes, places):
    refused(lambda: stated(**changes), places)


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        (states(upper=0.5, initial=1.0), ("'go'", "initial x", "outside", "0.5")),
        (states(lower=0.5, final=(0.0, 0.4)), ("'go'", "final x", "outside", "0.5")),
        (
            {"states": [Variable("x", 2, lower=(0.0, 5.0), initial=(1.0, 1.0)), Variable("v")]},
            ("'go'", "initial x[1]", "outside", "5"),
        ),
    ],
    ids=["start", "end", "entry of a vector"],
)
def test_ends_outside_the_bounds_are_refused(changes, places):
    refused(lambda: stated(**changes), places)


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        (states(upper="top"), ("'go'", "'x'", "'top'", "no given parameter")),
        (states(initial="start"), ("'go'", "initial x", "'start'", "no given parameter")),
        ({"final_time": "end"}, ("'go'", "final_time", "'end'", "no given parameter")),
        (limit(upper="ceiling"), ("'go'", "'height'", "'ceiling'", "no given parameter")),
    ],
    ids=["bound", "initial", "time", "path"],
)
def test_bound_that_names_no_given_parameter_is_refused(changes, places):
    refused(lambda: stated(**changes), places)


def test_bound_may_not_name_a_parameter_that_is_to_be_found():
    problem = Problem("free")
    problem.parameter("top", guess=1.0)
    refused(
        lambda: problem.phase("go", states=(Variable("x", upper="top"),), dynamics=lambda s, c, p: {"x": s.x}),
        ("'top'",),
    )


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({"states": [Variable("x", rate=1.0), Variable("v")]}, ("'go'", "state 'x'", "only controls take a rate")),
        ({"controls": [Variable("u", initial=0.0)]}, ("'go'", "control 'u'", "initial_control")),
        ({"controls": [Variable("u", final=0.0)]}, ("'go'", "control 'u'")),
        ({"states": [Variable("x", 3, initial=(1.0, 2.0)), Variable("v")]}, ("'go'", "'x'", "initial has 2", "3")),
        ({"states": [Variable("x", 3, lower=(1.0, 2.0)), Variable("v")]}, ("'go'", "'x'", "2 bounds for 3")),
        ({"states": []}, ("'go'", "no states")),
    ],
    ids=["rate of a state", "start of a control", "end of a control", "short initial", "short bounds", "no states"],
)
def test_what_a_variable_cannot_have_is_refused(changes, places):
    refused(lambda: stated(**changes), places)


@pytest.mark.parametrize("how", [{}, {"value": 1.0, "guess": 1.0}], ids=["neither", "both"])
def test_parameter_is_either_given_or_to_be_found(how):
    refused(lambda: Problem("p").parameter("gain", **how), ("'gain'", "value=", "guess="))


# ---- refused when it is to be solved ------------------------------------------------------------


@pytest.mark.parametrize(
    ("guess", "places"),
    [
        (Guess(TIMES, {"x": ZEROS}, {"u": ZEROS}), ("'go'", "guess lacks 'v'")),
        (Guess(TIMES, {"x": ZEROS, "v": ZEROS}), ("'go'", "guess lacks 'u'")),
        (Guess(TIMES, {"x": ZEROS, "v": ZEROS[:3]}, {"u": ZEROS}), ("'go'", "'v'", "(3,)", "(5,)")),
        (Guess(TIMES, {"x": ZEROS, "v": np.zeros((5, 2))}, {"u": ZEROS}), ("'go'", "'v'", "(5, 2)", "(5,)")),
        (Guess(TIMES, {"x": ZEROS * np.nan, "v": ZEROS}, {"u": ZEROS}), ("'go'", "'x'", "not finite")),
        (Guess(TIMES[::-1], {"x": ZEROS, "v": ZEROS}, {"u": ZEROS}), ("'go'", "run backwards")),
    ],
    ids=["no state", "no control", "too few", "too wide", "not a number", "backwards"],
)
def test_wrong_guess_is_refused(guess, places):
    refused(lambda: solve(stated(guess=guess), SHARP), places)


def test_guess_of_a_name_that_is_none_is_refused():
    guess = Guess(TIMES, {"x": ZEROS, "v": ZEROS, "speed": ZEROS}, {"u": ZEROS})
    refused(lambda: solve(stated(guess=guess), SHARP), ("'go'", "'speed'"))


def test_guess_of_a_vector_needs_all_its_entries():
    wrong = [Variable("x", 3, guess=(1.0, 2.0))]
    dynamics = lambda s, c, p: {"x": s.x}  # noqa: E731
    refused(lambda: solve(stated(states=wrong, dynamics=dynamics), SHARP), ("'go'", "'x'"))


@pytest.mark.parametrize(
    ("rates", "places"),
    [
        (lambda s, c, p: {"x": s.v}, ("'go'", "dynamics", "wrong or missing: v")),
        (lambda s, c, p: {"x": s.v, "v": c.u, "w": c.u}, ("'go'", "dynamics", "wrong or missing: w")),
        (lambda s, c, p: {"x": jnp.stack([s.v, s.v]), "v": c.u}, ("'go'", "dynamics", "x has shape (2,)")),
    ],
    ids=["missing", "unknown", "shape"],
)
def test_wrong_rates_are_refused(rates, places):
    refused(lambda: solve(stated(dynamics=rates), SHARP), places)


def test_name_that_the_state_lacks_is_answered_with_those_it_has():
    with pytest.raises(Exception, match=r"'w'.*x, v"):
        solve(stated(dynamics=lambda s, c, p: {"x": s.w, "v": c.u}), SHARP)


# ---- numbers that are none where the solver starts ------------------------------------------------------------


def test_rate_that_is_not_a_number_at_the_guess_is_named_with_its_time():
    # The guess falls from one to zero over the 5.05 s amid the bounds: below one half the root is no number.
    wrong = stated(dynamics=lambda s, c, p: {"x": s.v, "v": c.u * jnp.sqrt(s.x - 0.5)})
    with pytest.raises(StatementError, match="'go': the rate of 'v' is nan") as refusal:
        solve(wrong, SHARP)
    when = float(re.search(r"at ([\d.]+) s", str(refusal.value)).group(1))
    assert 2.5 < when < 3.0


def test_slope_that_is_infinite_at_the_guess_is_named():
    wrong = stated(dynamics=lambda s, c, p: {"x": s.v, "v": c.u + jnp.cbrt(c.u)})
    refused(lambda: solve(wrong, SHARP), ("'go'", "rate of 'v'", "slope", " s,", "u = 0", "hoverslam.ocp.math"))


def test_guess_at_a_root_of_zero_is_moved_to_where_the_slope_is_finite():
    problem = stated(controls=[Variable("u", lower=0.0, upper=1.0, guess=0.0)], states=FREE_END)
    problem.phases["go"].dynamics = lambda s, c, p: {"x": s.v, "v": c.u + jnp.sqrt(c.u) - 1.0}
    assert solve(problem, SHARP).verification.passed


def test_path_constraint_that_is_not_a_number_at_the_guess_is_named():
    wrong = stated(path=[PathConstraint("depth", lambda s, c, p: jnp.log(s.x - 2.0), upper=1.0)])
    refused(lambda: solve(wrong, SHARP), ("'go'", "'depth'", "nan", " s,"))


def test_objective_and_boundary_constraints_that_are_not_numbers_are_named():
    problem = stated()
    problem.minimize(lambda e, p: jnp.sqrt(-e.go.final_time))
    refused(lambda: solve(problem, SHARP), ("double integrator", "objective", "nan"))
    problem = stated()
    problem.constrain("odd", lambda e, p: jnp.log(e.go.final.x - 1.0))
    refused(lambda: solve(problem, SHARP), ("double integrator", "odd", "nan"))


# ---- links ------------------------------------------------------------


def two_phases():
    problem = stated()
    problem.phase("rest", states=[Variable("x")], dynamics=lambda s, c, p: {"x": jnp.zeros(())}, duration=(0.1, 1.0))
    return problem


def test_link_of_a_state_that_one_phase_lacks_is_refused():
    refused(lambda: two_phases().link("go", "rest"), ("go -> rest", "'v'"))
    refused(lambda: two_phases().link("go", "rest", states=("x", "w")), ("go -> rest", "'w'"))
    refused(lambda: two_phases().link("go", "nowhere"), ("go -> nowhere", "'nowhere'"))


def test_link_of_a_control_that_one_phase_lacks_is_refused():
    refused(lambda: two_phases().link("go", "rest", states=("x",), controls=("u",)), ("go -> rest", "'u'"))


# ---- understood ------------------------------------------------------------


def test_dynamics_with_a_fourth_argument_get_the_time():
    problem = Problem("cosine")
    problem.phase(
        "go",
        states=[Variable("x", initial=0.0)],
        dynamics=lambda s, c, p, t: {"x": jnp.cos(t)},
        initial_time=0.5,
        final_time=2.0,
    )
    problem.maximize(lambda e, p: e.go.final.x)
    solution = solve(problem, SHARP)
    assert solution.verification.passed
    assert solution.objective == pytest.approx(np.sin(2.0) - np.sin(0.5), abs=1e-9)


def test_integrals_are_those_of_the_closed_form():
    # From zero to one in 2 s with least integral of u^2: u = 1/2, x = t/2.
    problem = Problem("steady")
    problem.phase(
        "go",
        states=[Variable("x", initial=0.0, final=1.0)],
        controls=[Variable("u")],
        dynamics=lambda s, c, p: {"x": c.u},
        integrals={"effort": lambda s, c, p: c.u**2, "moment": lambda s, c, p, t: t * s.x},
        initial_time=0.0,
        final_time=2.0,
    )
    problem.minimize(lambda e, p: e.go.final.effort)
    solution = solve(problem, SHARP)
    assert solution.verification.passed
    assert solution.objective == pytest.approx(0.5, rel=1e-9)
    assert solution["go"].final.moment == pytest.approx(4.0 / 3.0, rel=1e-8)
    assert solution["go"].initial.moment == 0.0


def test_path_constraint_with_a_fourth_argument_gets_the_time():
    # A ceiling that falls with time, x <= 2 - t, holds x down to zero at 2 s.
    problem = Problem("ceiling")
    problem.phase(
        "go",
        states=[Variable("x", initial=0.0)],
        controls=[Variable("u", lower=-3.0, upper=3.0)],
        dynamics=lambda s, c, p: {"x": c.u},
        path=[PathConstraint("ceiling", lambda s, c, p, t: s.x + t, upper=2.0)],
        initial_time=0.0,
        final_time=2.0,
    )
    problem.maximize(lambda e, p: e.go.final.x)
    assert solve(problem, SHARP).objective == pytest.approx(0.0, abs=1e-6)


def test_numbers_that_fix_something_become_settings_by_name():
    problem = stated(
        states=[Variable("x", 2, initial=(1.0, None), final=((0.0, 1.0), 2.0)), Variable("v", initial=0.5)],
        final_time=(1.0, 9.0),
    )
    assert problem.settings == {
        "go.initial_time": 0.0,
        "go.initial.x[0]": 1.0,
        "go.final.x[1]": 2.0,
        "go.initial.v": 0.5,
    }


def test_end_that_names_a_parameter_follows_it_and_is_no_setting():
    problem = Problem("named")
    problem.parameter("start", value=2.0)
    problem.phase(
        "go",
        states=[Variable("x", initial="start")],
        dynamics=lambda s, c, p: {"x": -s.x},
        initial_time=0.0,
        final_time=1.0,
    )
    problem.minimize(lambda e, p: e.go.final.x)
    assert "go.initial.x" not in problem.settings
    with problem.holding({"start": 3.0, "go.final_time": 2.0}):
        assert solve(problem, SHARP).objective == pytest.approx(3.0 * np.exp(-2.0), rel=1e-7)
    assert solve(problem, SHARP).objective == pytest.approx(2.0 * np.exp(-1.0), rel=1e-7)


def test_change_of_a_name_that_is_neither_parameter_nor_setting_is_refused():
    def change():
        with stated().holding({"go.final.w": 1.0}):
            pass

    refused(change, ("go.final.w", "go.final.x"))


def test_a_parameter_that_crosses_two_bounds_is_refused_with_the_place():
    problem = Problem("narrow")
    problem.parameter("most", value=1.0)
    problem.phase(
        "go",
        states=[Variable("x", initial=0.0, final=0.5, lower=-1.0, upper="most")],
        controls=[Variable("u", lower=-1.0, upper=1.0)],
        dynamics=lambda s, c, p: {"x": c.u},
        initial_time=0.0,
        final_time=2.0,
    )
    problem.minimize(lambda e, p: e.go.final.x)
    with pytest.raises(StatementError, match="narrow: phase 'go', x: lower bound -1 is above upper bound -2"):
        solve(problem).resolve({"most": -2.0})


def test_more_equations_than_variables_print_nothing_of_the_solver(capfd):
    problem = Problem("overdetermined")
    problem.phase("go", states=[Variable("x", initial=0.0, final=1.0)], dynamics=lambda s, c, p: {"x": 1.0 + 0.0 * s.x},
                  initial_time=0.0, final_time=1.0)  # fmt: skip
    problem.minimize(lambda e, p: e.go.final.x)
    solve(problem)
    assert "overconstrained" not in "".join(capfd.readouterr())
