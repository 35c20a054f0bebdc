"""Functions of a statement: every way to take the time, and clear refusals of what cannot be called or traced."""

import functools
import math

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from hoverslam.ocp.solved import solve
from hoverslam.ocp.statement.functions import StatementError
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.phase import Guess, PathConstraint
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.translate import TranslationError


def pushed(dynamics=None, states=None, objective=None, **phase):
    """x' = u t with u of at most 1, over 2 s from zero: the largest x is 2."""
    problem = Problem("pushed")
    problem.phase(
        "go",
        **{
            "states": states or [Variable("x", initial=0.0)],
            "controls": [Variable("u", lower=0.0, upper=1.0)],
            "dynamics": dynamics or (lambda s, c, p, t: {"x": c.u * t}),
            "initial_time": 0.0,
            "final_time": 2.0,
            **phase,
        },
    )
    problem.maximize(objective or (lambda e, p: e.go.final.x))
    return problem


class Pusher:
    def position(self, s, c, p, t):
        return {"x": c.u * t}

    def default(self, s, c, p, t=0.0):
        return {"x": c.u * t}

    def keyword(self, s, c, p, *, time):
        return {"x": c.u * time}

    def __call__(self, s, c, p, time=None):
        return {"x": c.u * time}


def keyword(s, c, p, *, t):
    return {"x": c.u * t}


def keyword_with_default(s, c, p, *, time=None, gain=1.0):
    return {"x": gain * c.u * time}


def positional_only(s, c, p, t=0.0, /):
    return {"x": c.u * t}


def scaled(gain, s, c, p, t=0.0):
    return {"x": gain * c.u * t}


FORMS = {
    "t": lambda s, c, p, t: {"x": c.u * t},
    "another name without a default": lambda s, c, p, tau: {"x": c.u * tau},
    "t=0.0": lambda s, c, p, t=0.0: {"x": c.u * t},
    "time=None": lambda s, c, p, time=None: {"x": c.u * time},
    "keyword": keyword,
    "keyword with a default": keyword_with_default,
    "positional only": positional_only,
    "method": Pusher().position,
    "method with a default": Pusher().default,
    "method with a keyword": Pusher().keyword,
    "callable object": Pusher(),
    "partial": functools.partial(scaled, 1.0),
    "partial with a keyword": functools.partial(keyword_with_default, gain=1.0),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_time_is_passed_in_every_form(form):
    solution = solve(pushed(FORMS[form]))
    assert solution.verification.passed
    assert solution.objective == pytest.approx(2.0, abs=1e-7)
    assert solution.problem.phases["go"].takes_time


def test_limits_and_integrals_take_the_time_by_keyword_too():
    problem = pushed(
        lambda s, c, p: {"x": c.u},
        path=[PathConstraint("ramp", lambda s, c, p, *, t=0.0: s.x - 0.5 * t, upper=0.0)],
        integrals={"moment": lambda s, c, p, time=0.0: time},
        objective=lambda e, p: e.go.final.x + 0.0 * e.go.final.moment,
    )
    solution = solve(problem)
    assert solution.objective == pytest.approx(1.0, abs=1e-6)
    assert solution["go"].final.moment == pytest.approx(2.0, rel=1e-9)


def starred(*arguments):
    return {"x": arguments[1].u * arguments[3]}


def more_starred(s, c, p, *rest):
    return {"x": c.u * rest[0]}


def by_keywords(s, c, p, **more):
    return {"x": c.u * more.get("t", 0.0)}


def unknown_keyword(s, c, p, *, gain):
    return {"x": c.u * gain}


@pytest.mark.parametrize(
    ("function", "match"),
    [
        (starred, r"'go', .*: the function takes \*arguments"),
        (more_starred, r"\*rest"),
        (by_keywords, r"\*more"),
        (unknown_keyword, r"nothing gives the argument 'gain'"),
        (lambda s, c, p, gain=2.0: {"x": c.u * gain}, r"fourth argument 'gain' has a default.*\*, gain="),
        (lambda s, c: {"x": c.u}, r"takes \(s, c\), expected \(state, control, inputs, t\)"),
        (lambda s, c, p, t, more: {"x": c.u}, r"takes \(s, c, p, t, more\)"),
        ({"x": 1.0}, r"expected a function"),
    ],
)
@pytest.mark.parametrize("place", ["dynamics", "integral", "path"])
def test_a_signature_that_does_not_tell_the_time_is_refused(function, match, place):
    changes = {
        "dynamics": {"dynamics": function},
        "integral": {"integrals": {"effort": function}},
        "path": {"path": [PathConstraint("load", function, upper=1.0)]},
    }[place]
    with pytest.raises(StatementError, match=match):
        pushed(**changes)


@pytest.mark.parametrize(
    "statement",
    [
        lambda: pushed(objective=lambda e: e.go.final.x),
        lambda: pushed(objective=3.0),
        lambda: pushed().constrain("end", lambda e: e.go.final.x),
        lambda: pushed().measure("x", "go", lambda s, c, p: s.x, [1.0], [1.0], [1.0]),
        lambda: pushed(inputs=lambda: 1.0),
    ],
)
def test_functions_of_ends_measurements_and_inputs_are_inspected_as_well(statement):
    with pytest.raises(StatementError, match="expected"):
        statement()


# ---- what cannot be traced: one line with phase and remedy ------------------------------------------------------


def by_list(s, c, p):
    return [c.u]


TABLE = CubicSpline([0.0, 1.0, 3.0], [1.0, 2.0, 1.0])
X, Y = np.array([0.0, 1.0, 3.0]), np.array([1.0, 2.0, 1.0])


@pytest.mark.parametrize(
    ("dynamics", "words"),
    [
        (lambda s, c, p: {"x": np.sin(s.x)}, ("jnp instead of np",)),
        (lambda s, c, p: {"x": math.sin(s.x)}, ("jnp instead of np or math",)),
        (lambda s, c, p: {"x": float(s.x)}, ("float()",)),
        (lambda s, c, p: {"x": 1.0 if s.x > 1.0 else 2.0}, ("if", "jnp.where")),
        (lambda s, c, p: {"x": max(s.x, c.u)}, ("if", "jnp.where")),
        (lambda s, c, p: {"x": TABLE(s.x)}, ("SmoothTable",)),
        (lambda s, c, p: {"x": np.interp(s.x, X, Y)}, ("SmoothTable",)),
        (lambda s, c, p: {"x": Y[int(s.x)]}, ("float(), int()", "SmoothTable")),
        (by_list, ("returned list", "{'x': ...}")),
        (lambda s, c, p: None, ("returned NoneType", "{'x': ...}")),
        (lambda s, c, p: {"x": s.y}, ("no 'y' here",)),
        (lambda s, c, p: {"x": {}["k"]}, ("KeyError: 'k'",)),
        (lambda s, c, p: {"x": "fast"}, ("ValueError",)),
    ],
)
def test_what_goes_wrong_in_the_dynamics_is_told_with_phase_and_remedy(dynamics, words):
    with pytest.raises(StatementError) as refusal:
        solve(pushed(dynamics))
    message = str(refusal.value)
    assert "phase 'go'" in message
    assert "\n" not in message
    assert not [word for word in words if word not in message], message


@pytest.mark.parametrize("lookup", [lambda x: jnp.interp(x, X, Y), lambda x: jnp.asarray(Y)[jnp.searchsorted(X, x)]])
def test_a_table_that_cannot_be_translated_names_the_smooth_one(lookup):
    with pytest.raises(TranslationError, match=r"phase 'go'.*SmoothTable\(x, y\)") as refusal:
        solve(pushed(lambda s, c, p: {"x": lookup(s.x) * c.u}))
    assert "test_calling_forms.py" in str(refusal.value)


def test_ends_limits_and_inputs_tell_their_place():
    with pytest.raises(StatementError, match=r"'pushed', objective: NumPy or SciPy"):
        solve(pushed(objective=lambda e, p: np.sin(e.go.final.x)))
    problem = pushed()
    problem.constrain("end", lambda e, p: 1.0 if e.go.final.x > 1 else 0.0)
    with pytest.raises(StatementError, match=r"boundary constraint 'end': Python's if"):
        solve(problem)
    with pytest.raises(StatementError, match=r"'go', path constraint 'load': NumPy"):
        solve(pushed(path=[PathConstraint("load", lambda s, c, p: np.exp(s.x), upper=1.0)]))
    with pytest.raises(StatementError, match=r"'go', inputs: no 'g' here"):
        solve(pushed(inputs=lambda p: p.g))
    with pytest.raises(StatementError, match=r"objective: returned 2 numbers"):
        solve(pushed(objective=lambda e, p: jnp.stack([e.go.final.x, e.go.final.x])))


@pytest.mark.parametrize(
    "changes",
    [
        {"guess": lambda t: t},
        {"guess": {"x": X}},
        {"states": [Variable("x", guess=lambda t: t)]},
        {"guess": Guess(X, {"x": lambda t: t}, {"u": Y})},
        {"guess": Guess(X, {"x": ["a", "b", "c"]}, {"u": Y})},
        {"states": [Variable("x", guess="fast")]},
    ],
)
def test_a_guess_that_is_no_array_is_refused_in_one_line(changes):
    with pytest.raises(StatementError, match=r"'go'.*guess") as refusal:
        solve(pushed(**changes))
    assert "\n" not in str(refusal.value)


# ---- bounds as numbers, names, sequences and arrays --------------------------------------------------------------


def vector(lower, upper):
    """The nearest point of a box to (3, 4) in 10 s with least integral of u^2, which is the distance^2 over 10."""
    problem = Problem("vector")
    problem.parameter("wall", value=2.5)
    problem.phase(
        "go",
        states=[Variable("x", 2, initial=np.array([3.0, 4.0]))],
        controls=[Variable("u", 2, lower=np.array([-1.0, -1.0]), upper=[1, 1])],
        dynamics=lambda s, c, p: {"x": c.u},
        integrals={"effort": lambda s, c, p: c.u @ c.u},
        initial_time=np.array(0.0),
        final_time=np.float32(10.0),
    )
    problem.constrain("box", lambda e, p: e.go.final.x, lower, upper)
    problem.minimize(lambda e, p: e.go.final.effort)
    return problem


@pytest.mark.parametrize("kind", [list, tuple, np.array, jnp.array])
def test_a_vector_constraint_takes_one_bound_for_each_entry(kind):
    solution = solve(vector(kind([0.0, 2.0]), kind([1.0, 2.5])))
    assert solution.verification.passed
    assert solution.objective == pytest.approx((2.0**2 + 1.5**2) / 10.0, rel=1e-7)


def test_bounds_of_entries_may_name_parameters_and_follow_them():
    problem = vector((0.0, "wall"), [1, "wall"])
    solution = solve(problem)
    assert solution.objective == pytest.approx((2.0**2 + 1.5**2) / 10.0, rel=1e-7)
    assert solution.resolve({"wall": 3.0}).objective == pytest.approx((2.0**2 + 1.0) / 10.0, rel=1e-7)
    assert solution.sensitivities()["wall"] == pytest.approx(-2.0 * 1.5 / 10.0, rel=1e-6)


@pytest.mark.parametrize(
    ("lower", "upper", "match"),
    [
        ([0.0, 3.0], [1.0, 2.0], "lower bound 3 is above upper bound 2"),
        ([0.0, 1.0], [1.0, "roof"], "'roof' is no given parameter"),
        ([0.0, None], 1.0, "not None"),
        (np.nan, 1.0, "nan"),
        ([0.0, 1.0, 2.0], [1.0, 2.0], "2 bounds for 3 entries"),
    ],
)
def test_wrong_bounds_of_a_vector_constraint_are_refused_when_they_are_stated(lower, upper, match):
    with pytest.raises(StatementError, match=rf"'box'.*{match}"):
        vector(lower, upper)


def test_bounds_for_another_number_of_entries_are_refused():
    with pytest.raises(StatementError, match=r"'box': 3 bounds for 2 entries"):
        solve(vector([0.0, 0.0, 0.0], 1.0))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"states": [Variable("x", 2, initial=3.0)]}, "initial has one entry, expected 2"),
        ({"states": [Variable("x", initial=np.array([1.0, 2.0, 3.0]))]}, "initial: expected a number or a pair"),
        ({"states": [Variable("x", lower=[0.0, "floor"])]}, "2 bounds for 1 entries|'floor'"),
        ({"states": [Variable("x", 2, lower=[0.0, "floor"])]}, "'floor' is no given parameter"),
        ({"states": ["x"]}, "expected a Variable"),
        ({"final_time": [1.0, 2.0, 3.0]}, "final_time: expected a number or a pair"),
        ({"final_time": {}}, "final_time"),
        ({"path": [PathConstraint("load", lambda s, c, p: s.x, upper=[1.0, 2.0])]}, "'load'"),
    ],
)
def test_bounds_of_the_wrong_shape_are_refused_in_one_line(changes, match):
    with pytest.raises(StatementError, match=match) as refusal:
        pushed(**changes)
    assert "\n" not in str(refusal.value)
