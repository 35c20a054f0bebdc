"""The translation of JAX functions into CasADi: values and derivatives, primitive by primitive."""

import casadi
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.ad_checkpoint import checkpoint_name

from hoverslam.ocp.transcription.translate import TranslationError, to_casadi, translate

TOLERANCE = 1e-12
A = np.random.default_rng(0).normal(size=(3, 4))
T = np.random.default_rng(1).normal(size=(2, 3, 4))
KNOTS = np.array([0.0, 0.4, 0.9, 1.3, 2.0])


def cube(x):
    return jnp.concatenate([x, x * x, jnp.sin(x), jnp.cos(2 * x)]).reshape(2, 2, 4)


def custom_square():
    @jax.custom_jvp
    def square(x):
        return x * x * x[0]

    square.defjvp(lambda primals, tangents: jax.jvp(lambda x: x * x * x[0], primals, tangents))
    return square


def custom_cube():
    @jax.custom_vjp
    def power(x):
        return x**3

    power.defvjp(lambda x: (x**3, x), lambda x, seed: (3 * x**2 * seed,))
    return power


def scanned(x, reverse=False):
    def step(carry, item):
        carry = carry * item + jnp.sin(item)
        return carry, (carry, jnp.stack([item, carry]))

    last, (carries, pairs) = lax.scan(step, x[0], x * A[0], reverse=reverse)
    return jnp.concatenate([last[None], carries, pairs.ravel()])


def cubic_lookup(x):
    """A piecewise cubic as a base plus jumps at the knots, evaluated by Horner."""
    jumps = np.zeros((len(KNOTS), 4))
    jumps[1, 0], jumps[2, 1], jumps[3, 3], jumps[4, 2] = 0.7, -1.1, 2.0, 0.3
    coefficients = np.array([0.2, -0.5, 1.5, 0.9]) + (x[:, None] >= KNOTS).astype(float) @ jumps
    c = coefficients.T
    return ((c[3] * x + c[2]) * x + c[1]) * x + c[0]


# Each function takes a vector of four entries, drawn from (0.1, 0.9).
SMOOTH = {
    "add_sub_mul_div": lambda x: (x + 2.0) * x[0] - x / x[::-1] + 3.0 / x,
    "neg_abs_sign": lambda x: -x * jnp.abs(x - 0.5) + jnp.sign(x - 0.5) * x,
    "sqrt": jnp.sqrt,
    "rsqrt": lax.rsqrt,
    "cbrt": lambda x: jnp.cbrt(x) + jnp.cbrt(-x - 0.1) * x[1],
    "exp": jnp.exp,
    "exp2": jnp.exp2,
    "log": jnp.log,
    "log1p": jnp.log1p,
    "expm1": jnp.expm1,
    "pow_constant": lambda x: x**2.7 + x**-1.5 + jnp.power(x, np.array([0.0, 1.0, 2.0, 0.5])),
    "pow_traced": lambda x: x ** x[::-1],
    "integer_pow": lambda x: (x - 0.5) ** 2 + (x - 0.5) ** 5 + x**-3 + (x - 0.5) ** 1,
    "square": lambda x: jnp.square(x) + lax.square(x[0]),
    "sin": jnp.sin,
    "cos": jnp.cos,
    "tan": jnp.tan,
    "asin": jnp.arcsin,
    "acos": jnp.arccos,
    "atan": jnp.arctan,
    "atan2": lambda x: jnp.arctan2(x, x[::-1] - 0.5),
    "sinh": jnp.sinh,
    "cosh": jnp.cosh,
    "tanh": jnp.tanh,
    "asinh": jnp.arcsinh,
    "acosh": lambda x: jnp.arccosh(x + 1.2),
    "atanh": jnp.arctanh,
    "logistic": lambda x: jax.nn.sigmoid(5 * x - 2),
    "erf": lax.erf,
    "erfc": lax.erfc,
    "max_min": lambda x: jnp.maximum(x, x[::-1] ** 2) * jnp.minimum(x, 0.5),
    "clamp": lambda x: lax.clamp(0.3, x, 0.6) * x + jnp.clip(x, 0.2, x[0]),
    "floor_ceil_round": lambda x: x * jnp.floor(5 * x) + x * jnp.ceil(3 * x) + x * jnp.round(9 * x),
    "round_away": lambda x: x * lax.round(7 * x - 3),
    "rem": lambda x: lax.rem(5 * x - 2.5, 0.7 + x[0]) + jnp.mod(x * 3 - 1, 0.4),
    "comparisons": lambda x: x * (x > 0.5) + (x[0] <= x) * x**2 + (x < 0.3) + x * (x >= 0.2) + x[0] * (x == x[1]),
    "not_equal": lambda x: x * (x != x[0]),
    "logic": lambda x: x * ((x > 0.3) & (x < 0.7)) + x**2 * ((x < 0.2) | ~(x < 0.8)) + x**3 * ((x > 0.4) ^ (x > 0.6)),
    "select": lambda x: jnp.where(x > 0.5, jnp.sin(x), x**2) + jnp.where(np.arange(4) > 1, x, 3.0),
    "select_scalar_predicate": lambda x: lax.select(x[0] > x[1], jnp.sin(x), x * x),
    "select_many": lambda x: lax.select_n(jnp.floor(3 * x).astype(jnp.int32), x, x**2, jnp.sin(x)),
    "piecewise": lambda x: jnp.select([x < 0.3, x < 0.6], [x, x**2], x**3),
    "convert_integer": lambda x: x * (9 * x - 4).astype(int) + x * (x - 0.5).astype(bool),
    "integer_division": lambda x: x * ((30 * x - 15).astype(int) // 4) + lax.div((9 * x).astype(int), 2),
    "is_finite": lambda x: x * jnp.isfinite(x),
    "copy": lambda x: jnp.array(x, copy=True) * 2,
    "reduce_sum": lambda x: jnp.concatenate([cube(x).sum(axis=(0, 2)), cube(x).sum(axis=1).ravel(), x.mean()[None]]),
    "reduce_prod": lambda x: jnp.concatenate([cube(x).prod(axis=1).ravel(), jnp.prod(x)[None]]),
    "reduce_max_min": lambda x: cube(x).max(axis=(0, 1)) * cube(x).min(axis=2)[0, 1] + x.max(),
    "reduce_logic": lambda x: x * jnp.any(x > 0.6) + x**2 * jnp.all(x > 0.2),
    "argmax_argmin": lambda x: x * jnp.argmin(x) + jnp.argmax(cube(x), axis=1).ravel()[:4] * x**2,
    "cumsum": lambda x: jnp.cumsum(cube(x), axis=1).ravel() + lax.cumsum(x, reverse=True)[1],
    "cumprod": lambda x: jnp.cumprod(cube(x), axis=2).ravel() + lax.cumprod(x, reverse=True)[1],
    "cummax_cummin": lambda x: lax.cummax(x) * lax.cummin(x[::-1]),
    "norm": lambda x: x / jnp.linalg.norm(x) + jnp.hypot(x, x[0]),
    "cross": lambda x: jnp.cross(x[:3], jnp.sin(x[1:])),
    "matrix_vector": lambda x: A @ x,
    "vector_matrix": lambda x: x[:3] @ A,
    "matrix_matrix": lambda x: (cube(x)[0] @ cube(x)[1].T).ravel(),
    "inner_outer": lambda x: jnp.dot(x, x[::-1]) + jnp.outer(x, x**2).ravel(),
    "dot_batched": lambda x: jnp.einsum("bij,bkj->bik", cube(x), T).ravel(),
    "dot_general": lambda x: jnp.einsum("bij,bij,j->ib", cube(x), cube(x) ** 2, x).ravel(),
    "tensordot": lambda x: jnp.tensordot(cube(x), cube(x), axes=([1, 2], [1, 2])).ravel(),
    "vmap": lambda x: jax.vmap(lambda a, b: jnp.sin(a) @ b.T)(cube(x), cube(x) * 2).ravel(),
    "solve": lambda x: jnp.linalg.solve(jnp.diag(x) + jnp.outer(x[::-1], x), jnp.sin(x)),
    "solve_constant": lambda x: jnp.linalg.solve(np.eye(4) * 3.0 + 0.2, x),
    "solve_exchanged_rows": lambda x: jnp.linalg.solve(jnp.array([[0.0, 1.0], [1.0, 0.0]]) * x[0], x[:2]),
    "solve_several": lambda x: jnp.linalg.solve(np.eye(4) * 3.0 + jnp.outer(x, x), jnp.outer(x, x[:2])).ravel(),
    "inverse": lambda x: (jnp.linalg.inv(np.eye(4) + jnp.outer(x, x)) @ x) * jnp.linalg.inv(np.eye(2) * 4.0)[0, 0],
    "determinant": lambda x: x * jnp.linalg.det(np.eye(4) + jnp.outer(x, x**2)),
    "reshape_transpose": lambda x: (cube(x).transpose(2, 0, 1) * cube(x).reshape(4, 2, 2)).ravel(),
    "broadcast": lambda x: (x[:, None] + x[None, :3] * jnp.broadcast_to(x[0], (4, 3))).ravel(),
    "squeeze_expand": lambda x: jnp.squeeze(jnp.expand_dims(x, (0, 2)), 0)[:, 0] * lax.expand_dims(x, (0,))[0],
    "slice": lambda x: cube(x)[1, ::-1, 1:4:2].ravel() * lax.slice(x, (0,), (4,), (3,))[1],
    "reverse": lambda x: jnp.flip(cube(x), (0, 2)).ravel(),
    "concatenate": lambda x: jnp.concatenate([cube(x), np.ones((2, 1, 4)), cube(x) ** 2], axis=1).ravel(),
    "stack_split": lambda x: jnp.stack(jnp.split(cube(x), 2, axis=2)).ravel() * sum(jnp.split(x, [1, 2])[1]),
    "tile_repeat_roll": lambda x: jnp.tile(x, 2) * jnp.repeat(x, 2) + jnp.tile(jnp.roll(x, 1), 2),
    "pad": lambda x: lax.pad(cube(x), x[0], ((1, 0, 1), (-1, 2, 0), (0, -1, 2))).ravel(),
    "iota": lambda x: x * jnp.arange(4) + lax.broadcasted_iota(float, (2, 4), 0).sum(),
    "dynamic_slice": lambda x: lax.dynamic_slice(cube(x), (1, 5, 0), (1, 1, 3)).ravel(),
    "dynamic_update_slice": lambda x: lax.dynamic_update_slice(cube(x), x.reshape(1, 2, 2) ** 3, (1, 0, 1)).ravel(),
    "gather": lambda x: cube(x)[np.array([0, 1, 1]), :, np.array([3, 0, 2])].ravel() * x[np.array([2])],
    "gather_fill": lambda x: x.at[np.array([0, 3, 9])].get(mode="fill", fill_value=2.0),
    "gather_clip": lambda x: x.at[np.array([0, 3, 9])].get(mode="clip"),
    "take": lambda x: jnp.take(cube(x), np.array([[1, 0], [3, 2]]), axis=2).ravel(),
    "scatter": lambda x: cube(x).at[:, 1, np.array([0, 2])].set(x[:2] ** 3).ravel(),
    "scatter_add": lambda x: cube(x).at[1, :, np.array([0, 2, 2])].add(jnp.sin(x[:2])).ravel(),
    "scatter_multiply": lambda x: (
        x.at[np.array([0, 2])].multiply(x[1:3] ** 2, unique_indices=True) + x.at[1].max(0.5) + x.at[2].min(0.4)
    ),
    "scatter_subtract": lambda x: x.at[np.array([1, 1])].subtract(x[:2] ** 2),
    "unstack": lambda x: sum(jnp.unstack(cube(x), axis=1)).ravel(),
    "identities": lambda x: sum(lax.optimization_barrier((checkpoint_name(x * x, "y"), jnp.sin(x)))),
    "scatter_into_zeros": lambda x: jnp.zeros((3, 3)).at[np.triu_indices(3)].set(jnp.tile(x, 2)[:6]).ravel(),
    "sort_constant": lambda x: x * jnp.sort(A[0]) + x[jnp.argsort(A[1])] * jnp.argmax(A[2]),
    "constant_fold": lambda x: x * lax.fori_loop(0, 3, lambda i, c: c + i, 1.0) + jax.scipy.special.gammaln(3.5),
    "diag_trace": lambda x: jnp.diag(x).ravel() + jnp.trace(cube(x)[0]),
    "jit": lambda x: jax.jit(lambda y: jnp.sin(y) * y[0])(x),
    "checkpoint": lambda x: jax.checkpoint(lambda y: jnp.sin(y) * y[0])(x),
    "custom_jvp": custom_square(),
    "custom_vjp": custom_cube(),
    "relu_softplus": lambda x: jax.nn.relu(x - 0.5) + jax.nn.softplus(3 * x) + jnp.logaddexp(x, 2 * x[0] + 1),
    "cond_known": lambda x: lax.cond(np.array(True), jnp.sin, jnp.cos, x),
    "cond_traced": lambda x: lax.cond(x[0] > 0.5, lambda y: jnp.sin(y), lambda y: y**2, x),
    "switch_traced": lambda x: lax.switch((9 * x[0]).astype(int) - 2, [jnp.sin, jnp.cos, jnp.exp], x),
    "switch_known": lambda x: lax.switch(7, [jnp.sin, jnp.cos, jnp.exp], x),
    "scan": scanned,
    "scan_reverse": lambda x: scanned(x, reverse=True),
    "fori_loop": lambda x: lax.fori_loop(0, 4, lambda i, c: jnp.sin(c) * x[i], x),
    "map": lambda x: lax.map(lambda row: row @ x, cube(x)[0]),
    "derivative": lambda x: jax.jacfwd(lambda y: jnp.sin(y) * y[::-1])(x).ravel(),
    "cubic_lookup": lambda x: cubic_lookup(2 * x),
    "constant_output": lambda x: jnp.arange(3.0) + 0 * x[0],
}


def assert_close(actual, expected):
    actual, expected = np.asarray(actual), np.asarray(expected)
    scale = max(1.0, np.abs(expected).max(initial=0.0))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=TOLERANCE * scale)


def derivatives(function):
    """The translation of a function, its Jacobian, and the Hessian of a weighted sum of its outputs."""
    x = casadi.SX.sym("x", 4)
    y = translate(function, x)
    weights = casadi.SX.sym("w", y.numel())
    hessian, _ = casadi.hessian(casadi.dot(weights, y), x)
    return casadi.Function("f", [x, weights], [y, casadi.jacobian(y, x), hessian])


@pytest.mark.parametrize("name", SMOOTH)
def test_value_jacobian_and_hessian(name):
    function = SMOOTH[name]
    random = np.random.default_rng(list(map(ord, name)))
    forward = jax.jacrev if name == "custom_vjp" else jax.jacfwd

    @jax.jit
    def reference(x, w):
        hessian = forward(jax.jacrev(lambda x: w @ function(x)))
        return function(x), forward(function)(x), hessian(x)

    translation = derivatives(function)
    for _ in range(3):
        x, w = random.uniform(0.1, 0.9, 4), random.normal(size=translation.size1_in(1))
        value, jacobian, hessian = (output.full() for output in translation(x, w))
        for actual, expected in zip((value.ravel(), jacobian, hessian), reference(x, w), strict=True):
            assert_close(actual, expected)


@pytest.mark.parametrize("name", SMOOTH)
def test_known_arguments_give_numbers(name):
    point = np.random.default_rng(2).uniform(0.1, 0.9, 4)
    output = translate(SMOOTH[name], casadi.SX(point))
    assert output.is_constant()
    assert_close(casadi.evalf(output).full().ravel(), jax.jit(SMOOTH[name])(point))


def test_while_with_known_condition():
    def function(x):
        return lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, jnp.sin(c[1]) * x), (0, x))[1]

    x = np.array([0.2, 0.5, 0.7, 0.3])
    y, first, _ = derivatives(function)(x, np.ones(4))
    assert_close(y.full().ravel(), function(x))
    assert_close(first, jax.jacfwd(function)(x))


def test_argument_shapes_and_output_structure():
    def function(x, y):
        return {"sum": x.sum() + y, "pair": (jnp.outer(x, y), np.array([1.0, 2.0]))}

    x, y = casadi.SX.sym("x", 2), casadi.SX.sym("y", 1)
    outputs = translate(function, x, y)
    assert set(outputs) == {"sum", "pair"}
    assert outputs["sum"].shape == (1, 1)
    assert outputs["pair"][0].shape == (2, 1)
    assert outputs["pair"][1].is_constant()
    assert np.array_equal(casadi.evalf(outputs["pair"][1]).full().ravel(), [1.0, 2.0])


def test_expressions_as_arguments():
    x = casadi.SX.sym("x", 4)
    y = translate(lambda a, b: a * b[0], x[:3] ** 2, casadi.vertcat(x[3], 1))
    assert_close(casadi.Function("f", [x], [y])([1.0, 2.0, 3.0, 4.0]).full().ravel(), [4.0, 16.0, 36.0])


def test_function_names():
    function = to_casadi(lambda state, control: (state * control[0], state.sum()), [3, 1], "rate", ["state", "control"])
    assert function.name() == "rate"
    assert function.name_in() == ["state", "control"]
    assert function.n_out() == 2
    assert_close(function([1.0, 2.0, 3.0], 2.0)[0].full().ravel(), [2.0, 4.0, 6.0])


def test_arguments_must_be_columns():
    with pytest.raises(TypeError, match="argument 0"):
        translate(jnp.sin, casadi.SX.sym("x", 2, 2))


@pytest.mark.parametrize(
    ("guarded", "outside"),
    [
        (lambda x: jnp.where(x > 0, jnp.sqrt(x), 0.0), -1.0),
        (lambda x: jnp.where(x > 0, jnp.log(x), 7.0), 0.0),
        (lambda x: lax.cond(x[0] > 0, lambda y: jnp.sqrt(y), lambda y: 2 * y, x), -1.0),
    ],
)
def test_masked_branch_outside_its_domain(guarded, outside):
    """Neither the value nor a derivative in either mode sees the branch that is not taken."""
    x, seed = casadi.SX.sym("x"), casadi.SX.sym("s")
    y = translate(guarded, x)
    derivative = casadi.jacobian(y, x)
    outputs = [derivative, casadi.jtimes(y, x, seed, True), casadi.jtimes(y, x, seed), casadi.hessian(y, x)[0]]
    function = casadi.Function("f", [x, seed], [y, *outputs])
    value, *slopes = (float(output) for output in function(outside, 1.0))
    assert value == float(guarded(jnp.array([outside]))[0])
    assert np.isfinite(slopes).all()
    assert slopes[0] == slopes[1] == slopes[2] == (2.0 if value == -2.0 else 0.0)
    assert_close(float(function(0.25, 1.0)[1]), jax.jacfwd(guarded)(jnp.array([0.25]))[0, 0])


def test_logistic_does_not_overflow():
    x = casadi.SX.sym("x")
    y = translate(jax.nn.sigmoid, x)
    function = casadi.Function("f", [x], [y, casadi.jacobian(y, x), casadi.hessian(y, x)[0]])
    for point in (-1e4, -600.0, 600.0, 1e4):
        assert np.isfinite([float(output) for output in function(point)]).all()


@pytest.mark.parametrize(
    ("function", "primitive"),
    [
        (lambda x: jnp.abs(jnp.fft.rfft(x)), "fft"),
        (lambda x: jnp.linalg.qr(x.reshape(2, 2))[1], "qr"),
        (lambda x: jax.scipy.special.gammaln(x), "lgamma"),
        (jnp.sort, "sort"),
        (lambda x: x[(3 * x[0]).astype(int)] * x, "dynamic_slice"),
        (lambda x: jnp.take(x, (3 * x).astype(int)), "gather"),
        (lambda x: jnp.zeros(4).at[(3 * x).astype(int)].add(1.0), "scatter-add"),
        (lambda x: lax.while_loop(lambda c: c[0] < 3.0, lambda c: c * 2, x), "while"),
        (lambda x: x.astype(np.float32), "convert_element_type"),
        (lambda x: (9 * x).astype(int) & 1, "and"),
        (lambda x: lax.stop_gradient(x), "stop_gradient"),
    ],
)
def test_untranslatable_primitive_is_named(function, primitive):
    def offending(x):
        return function(x)

    with pytest.raises(TranslationError, match=f"'{primitive}'") as caught:
        translate(offending, casadi.SX.sym("x", 4))
    assert "offending" in str(caught.value)
    assert "test_translate.py" in str(caught.value)


def test_piecewise_cubic_is_exact_at_and_between_knots():
    points = np.concatenate([KNOTS, np.nextafter(KNOTS, -np.inf), np.linspace(-0.5, 2.5, 13)])
    function = to_casadi(cubic_lookup, [points.size], "lookup")
    np.testing.assert_allclose(function(points).full().ravel(), cubic_lookup(points), rtol=1e-15, atol=1e-15)


def test_zeros_of_constant_matrices_cost_nothing():
    matrix = np.zeros((50, 50))
    matrix[3, 7], matrix[8, 1], matrix[9, 9] = 2.0, 1.0, -1.5
    sparse = to_casadi(lambda x: matrix @ x, [50], "sparse")
    assert sparse.n_instructions() <= 50 + 3 * 4  # 50 outputs, and an input, a constant, a product for each entry
    assert sparse.jac_sparsity(0, 0).nnz() == 3
    dense_lookup = to_casadi(cubic_lookup, [1], "lookup")
    assert dense_lookup.n_instructions() < 60


def test_zero_and_one_fold_entry_by_entry():
    x = casadi.SX.sym("x", 2)
    y = translate(lambda x: jnp.array([0.0, 1.0]) * jnp.sin(x) + jnp.array([1.0, 0.0]), x)
    assert y[0].is_constant()
    assert str(y[1]) == "sin(x_1)"
