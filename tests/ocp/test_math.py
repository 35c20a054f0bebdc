"""Norms, roots, selections, smooth tables: finite to second order in JAX and after translation, and solved with."""

import casadi
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from hoverslam.ocp import math as om
from hoverslam.ocp.smooth_table import SmoothTable
from hoverslam.ocp.solved import solve
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.options import Options, Tolerances
from hoverslam.ocp.statement.phase import PathConstraint
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.structure import structure_of
from hoverslam.ocp.transcription.translate import translate

X, Y = np.array([0.0, 1.0, 2.5, 4.0]), np.array([-1.0, 0.5, 2.0])
VALUES = np.add.outer(np.sin(X), Y**2) + 0.3 * np.multiply.outer(X, Y)
TABLE, PLANE = SmoothTable(X, np.cos(X)), SmoothTable(X, Y, VALUES)

# Each takes a vector of two entries.
FUNCTIONS = {
    "root": lambda x: om.root(x),
    "rounded root": lambda x: om.root(x, 1e-2),
    "norm": lambda x: om.norm(x),
    "rounded norm": lambda x: om.norm(x, 1e-2),
    "plain norm": lambda x: jnp.linalg.norm(x),
    "plain root of a square": lambda x: jnp.sqrt(x @ x),
    "absolute": lambda x: om.absolute(x, 1e-2),
    "positive": lambda x: om.positive(x, 1e-2),
    "step": lambda x: om.step(x, 0.0, 0.5),
    "select": lambda x: om.select(x > 0.0, jnp.log, jnp.exp, x, 1.0),
    "table": lambda x: TABLE(x[0]),
    "table of two axes": lambda x: PLANE(x[0], x[1]),
}
PLACES = [(0.0, 0.0), (0.0, 0.3), (0.3, -0.4), (1e-9, 0.0), (-2.0, 5.0), (1.0, 0.5), (0.25, -0.25)]
IN_JAX_TOO = [name for name in FUNCTIONS if not name.startswith("plain")]


def translated(function):
    x = casadi.SX.sym("x", 2)
    y = translate(function, x)
    weights = casadi.SX.sym("w", y.numel())
    hessian = casadi.hessian(casadi.dot(weights, y), x)[0]
    made = casadi.Function("f", [x, weights], [y, casadi.jacobian(y, x), hessian])
    return lambda at: [np.asarray(part) for part in made(at, np.ones(made.size1_in(1)))]


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("place", PLACES)
def test_value_slope_and_curvature_are_finite_everywhere(name, place):
    for part in translated(FUNCTIONS[name])(place):
        assert np.all(np.isfinite(part))


@pytest.mark.parametrize("name", IN_JAX_TOO)
@pytest.mark.parametrize("place", PLACES)
def test_jax_and_the_translation_agree_in_value_slope_and_curvature(name, place):
    function, at = FUNCTIONS[name], jnp.asarray(place)
    value, slope, curvature = translated(function)(place)
    total = lambda x: jnp.sum(function(x))  # noqa: E731
    expected = [jnp.ravel(function(at)), jax.jacrev(function)(at).reshape(-1, 2), jax.hessian(total)(at)]
    for actual, wanted in zip((value.ravel(), slope, curvature), expected, strict=True):
        size = max(1.0, float(np.max(np.abs(wanted))))
        np.testing.assert_allclose(actual, np.asarray(wanted), rtol=0.0, atol=1e-10 * size)


def test_values_are_those_of_the_plain_functions_away_from_zero():
    x = jnp.asarray([3.0, -4.0])
    assert float(om.norm(x)) == 5.0
    assert float(om.norm(x, 1e-3)) == pytest.approx(5.0 * (1.0 - 0.5e-6 / 25.0), rel=1e-12)
    assert float(om.root(9.0)) == 3.0
    assert float(om.root(9.0, 1e-3)) == pytest.approx(3.0 * (1.0 - 0.25e-6 / 81.0), rel=1e-12)
    assert float(om.root(-1.0)) == 0.0
    assert float(om.root(-9.0, 1e-9)) == pytest.approx(-3.0)
    assert float(om.absolute(-2.0, 1e-6)) == pytest.approx(2.0, rel=1e-12)
    assert float(om.positive(0.0, 1e-3)) == pytest.approx(5e-4)
    assert [float(om.step(x, 1.0, 0.2)) for x in (0.9, 1.0, 1.1)] == pytest.approx([0.0, 0.5, 1.0])


@pytest.mark.parametrize(
    "call", [lambda: om.root(1.0, -1.0), lambda: om.absolute(1.0, 0.0), lambda: om.step(1.0, 0.0, 0.0)]
)
def test_a_rounding_that_cannot_be_is_refused(call):
    with pytest.raises(ValueError, match=r"must be (zero or )?positive"):
        call()


# ---- tables ----------------------------------------------------------------------------------------------------------


def test_a_table_of_two_axes_is_the_tensor_product_of_natural_splines():
    for x in np.linspace(0.0, 4.0, 7):
        row = CubicSpline(X, VALUES, bc_type="natural")(x)
        for y in np.linspace(-1.0, 2.0, 5):
            assert float(PLANE(x, y)) == pytest.approx(float(CubicSpline(Y, row, bc_type="natural")(y)), abs=1e-12)


def test_beyond_its_ends_a_table_keeps_its_last_values():
    assert float(TABLE(1e6)) == pytest.approx(np.cos(4.0), rel=1e-12)
    for x, y, i, j in ((99.0, 99.0, -1, -1), (-99.0, 99.0, 0, -1), (99.0, -99.0, -1, 0)):
        assert float(PLANE(x, y)) == pytest.approx(VALUES[i, j], abs=1e-12)
    line = SmoothTable([0.0, 1.0], [0.0, 2.0], beyond="line")
    assert float(line(3.0)) == pytest.approx(6.0)


def test_a_table_of_vectors_returns_vectors():
    winds = SmoothTable(X, np.stack([np.sin(X), np.cos(X), X], axis=1))
    assert winds(2.5).shape == (3,)
    assert SmoothTable(X, Y, VALUES[..., None])(1.0, 0.5).shape == (1,)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (([0.0, 1.0, 1.0], [1.0] * 3), r"axis 0 must increase: 1 \(entry 1\) is repeated"),
        (([0.0, 2.0, 1.0], [1.0] * 3), r"axis 0 must increase: 2 \(entry 1\) is followed by the smaller 1"),
        ((X, [1.0, 0.0], np.zeros((4, 2))), r"axis 1 must increase"),
        ((X, Y, np.zeros((3, 4))), r"shape \(3, 4\), expected \(4, 3\)"),
        ((X, [1.0, 2.0, np.nan, 3.0]), r"value at \(2,\) is not a finite number"),
        ((X,), r"expected the points of each axis"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(arguments, match):
    with pytest.raises(ValueError, match=match) as refusal:
        SmoothTable(*arguments)
    assert "\n" not in str(refusal.value)


def test_a_table_called_with_the_wrong_arguments_says_what_it_expects():
    with pytest.raises(ValueError, match="expected 2 scalars"):
        PLANE(1.0)
    with pytest.raises(ValueError, match=r"jax\.vmap"):
        TABLE(X)


def test_equal_tables_share_a_translation_and_others_do_not():
    assert structure_of(SmoothTable(X, np.cos(X))) == structure_of(TABLE)
    assert structure_of(SmoothTable(X, np.sin(X))) != structure_of(TABLE)


# ---- solved with -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", [jnp.linalg.norm, om.norm])
def test_a_norm_that_is_zero_at_the_guess_is_solved_with(norm):
    # From (0, 0) to (3, 4) in least time with a speed of at most one: 5 s along the straight line.
    problem = Problem("straight")
    problem.phase(
        "go",
        states=[Variable("x", 2, initial=(0.0, 0.0), final=(3.0, 4.0))],
        controls=[Variable("u", 2, lower=-1.0, upper=1.0)],
        dynamics=lambda s, c, p: {"x": c.u},
        path=[PathConstraint("speed", lambda s, c, p: norm(c.u), upper=1.0)],
        initial_time=0.0,
        final_time=(1.0, 20.0),
    )
    problem.minimize(lambda e, p: e.go.final_time)
    solution = solve(problem)
    assert solution.verification.passed
    assert solution.objective == pytest.approx(5.0, rel=1e-6)


def test_drag_along_a_velocity_that_ends_at_zero_is_solved_with():
    problem = Problem("drag")
    problem.phase(
        "brake",
        states=[Variable("v", 2, initial=(1.2, 1.6), final=(0.0, 0.0))],
        controls=[Variable("u", 2, lower=-2.0, upper=2.0)],
        dynamics=lambda s, c, p: {"v": c.u - 0.5 * s.v * jnp.linalg.norm(s.v)},
        integrals={"effort": lambda s, c, p: c.u @ c.u},
        initial_time=0.0,
        final_time=2.0,
    )
    problem.minimize(lambda e, p: e.brake.final.effort)
    solution = solve(problem)
    assert solution.verification.passed
    along = solution["brake"].states[:, :2] @ np.array([0.8, -0.6])  # the flight stays on its line
    assert np.abs(along).max() < 1e-7


def test_a_tank_that_empties_through_a_root_is_solved_with():
    # x' = -sqrt(x) from 1: x = (1 - t / 2)^2, empty after 2 s.
    problem = Problem("tank")
    problem.phase(
        "drain",
        states=[Variable("x", initial=1.0, final=0.0, lower=0.0)],
        dynamics=lambda s, c, p: {"x": -jnp.sqrt(s.x)},
        initial_time=0.0,
        final_time=(0.1, 10.0),
    )
    problem.minimize(lambda e, p: e.drain.final_time)
    solution = solve(problem)
    assert solution.verification.passed
    assert solution.objective == pytest.approx(2.0, rel=1e-6)


def test_thrust_from_a_smooth_table_is_solved_with():
    # v' = u f(v) with f = 1 + v / 2, the line that the table keeps: v = 2 (exp(t / 2) - 1) at full thrust.
    thrust = SmoothTable([0.0, 1.0, 2.0, 5.0], [1.0, 1.5, 2.0, 3.5])
    problem = Problem("thrust")
    problem.phase(
        "go",
        states=[Variable("v", initial=0.0)],
        controls=[Variable("u", lower=-1.0, upper=1.0)],
        dynamics=lambda s, c, p: {"v": c.u * thrust(s.v)},
        initial_time=0.0,
        final_time=2.0,
    )
    problem.maximize(lambda e, p: e.go.final.v)
    solution = solve(problem)
    assert solution.verification.passed
    assert solution.objective == pytest.approx(2.0 * (np.e - 1.0), rel=1e-7)


def test_a_failure_beside_a_root_of_zero_names_its_place_and_the_remedy():
    # The optimum of sqrt(x) is at x = 0, where no slope of it vanishes.
    def problem(root):
        stated = Problem("root")
        stated.phase(
            "go",
            states=[Variable("x", initial=1.0, lower=0.0)],
            controls=[Variable("u", lower=-1.0, upper=1.0)],
            dynamics=lambda s, c, p: {"x": c.u},
            initial_time=0.0,
            final_time=2.0,
        )
        stated.minimize(lambda e, p: root(e.go.final.x))
        return stated

    message = solve(problem(jnp.sqrt)).message
    assert "the objective by final x of phase 'go'" in message
    assert "hoverslam.ocp.math (norm, root, absolute; rounding=...)" in message
    # Every way down to zero is optimal: the control is not determined, and its error is estimated as if it were.
    rounded = solve(problem(lambda x: om.root(x, rounding=1e-3)), Options(tolerances=Tolerances(objective=1e-5)))
    assert rounded.verification.passed
    assert rounded.objective == pytest.approx(0.0, abs=1e-6)


def test_a_condition_that_a_norm_is_zero_is_solved_with_a_rounded_norm():
    # From (3, 4) to the origin in 10 s with least integral of u^2: 25 / 10.
    problem = Problem("home")
    problem.phase(
        "go",
        states=[Variable("x", 2, initial=(3.0, 4.0))],
        controls=[Variable("u", 2)],
        dynamics=lambda s, c, p: {"x": c.u},
        integrals={"effort": lambda s, c, p: c.u @ c.u},
        initial_time=0.0,
        final_time=10.0,
    )
    problem.constrain("distance", lambda e, p: om.norm(e.go.final.x, rounding=1.0))
    problem.minimize(lambda e, p: e.go.final.effort)
    solution = solve(problem)
    assert solution.verification.passed
    assert solution.objective == pytest.approx(2.5, rel=1e-3)
