"""Translate JAX functions into CasADi expressions, one jaxpr equation at a time.

The physics of the project is written once, in JAX. An optimal control solver wants the same functions as CasADi
expressions, because those give it exact sparse Jacobians and Hessians and a compiled evaluation in which nothing calls
back into Python during a solve. This module traces a JAX function to its jaxpr and re-evaluates that jaxpr on
:class:`casadi.SX`, so the two never drift apart.

A value met on the way is either a NumPy array (known: folded as numbers) or a :class:`_Symbolic` (a dense SX column of
the entries in row-major order, with its array shape). An elementwise primitive is one vectorised SX operation; a
structural one (reshape, slice, gather ...) is worked out on integer positions and applied as one indexing operation.
SX folds constants, sums with zero and products with zero or one entry by entry, so constant matrices that are mostly
zeros stay cheap.

What carries over, and what differs from JAX:

* Selections (``jnp.where``, ``lax.cond`` on a traced predicate) evaluate every branch, but the branch that is not
  taken is masked out and not multiplied by zero: ``where(x > 0, sqrt(x), 0)`` and its derivatives of every order are
  finite for negative ``x``, where JAX itself returns a NaN gradient. The mask carries over to both derivative modes.
* Derivatives are those of the translated function: the rules of ``custom_jvp`` and ``custom_vjp`` are not consulted.
* At kinks the subgradient may differ from the one that JAX picks (ties of ``max``, ``min``, ``clamp``), and ``max``
  and ``min`` ignore a NaN operand instead of spreading it.
* ``pow`` with a traced exponent differentiates as ``log(base) * base**exponent`` and so needs a positive base.
* SX assumes that no symbol is NaN or infinite: ``x != x`` (``jnp.isnan``) folds to false and ``0 * x`` to zero.
* ``stop_gradient`` is refused, as an expression cannot hold it; ``logsumexp`` and ``softmax`` use it, ``logaddexp``
  does not.
* Integers are carried as doubles: exact up to 2**53, without wrap-around.
* Positions must be known: gather, scatter and dynamic slices take constant indices, and loops constant trip counts.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, NoReturn

import casadi
import jax
import numpy as np
from jax.extend import core

if not jax.config.read("jax_enable_x64"):
    jax.config.update("jax_enable_x64", True)

__all__ = ["TranslationError", "to_casadi", "translate"]


class TranslationError(NotImplementedError):
    """A JAX function uses something that has no CasADi counterpart."""


class _Untranslatable(Exception):
    """Raised by a rule, without a location; the evaluator adds the primitive, the function and the source line."""


@dataclass(frozen=True)
class _Symbolic:
    """An array of SX entries: a dense column in row-major order, and the shape of the array."""

    column: casadi.SX
    shape: tuple[int, ...]


Value = np.ndarray | _Symbolic
Result = np.ndarray | _Symbolic | casadi.SX
Rule = Callable[["_Evaluator", core.JaxprEqn, list[Value]], Sequence[Result]]


# ---------------------------------------------------------------------------------------------------------------------
# Public interface
# ---------------------------------------------------------------------------------------------------------------------


def translate(function: Callable[..., Any], *arguments: casadi.SX) -> Any:
    """Evaluate a JAX function on CasADi SX column vectors.

    Args:
        function: A JAX function of flat float64 vectors. It returns an array or a pytree of arrays.
        arguments: One SX column per argument of the function; their lengths are the traced shapes.

    Returns:
        The pytree that the function returns, each array replaced by a dense SX column of its entries (row-major).

    Raises:
        TranslationError: The function uses a primitive, or a use of one, that cannot be translated. The message names
            the primitive, the function and the source line.
    """
    for position, argument in enumerate(arguments):
        if not isinstance(argument, casadi.SX) or not argument.is_column():
            raise TypeError(f"argument {position} of {_name_of(function)} must be a casadi.SX column vector")
    shapes = [jax.ShapeDtypeStruct((argument.numel(),), np.float64) for argument in arguments]
    closed, structure = jax.make_jaxpr(function, return_shape=True)(*shapes)
    inputs = [_settle(argument, shape) for argument, shape in zip(arguments, shapes, strict=True)]
    with np.errstate(all="ignore"):
        outputs = _Evaluator(_name_of(function)).run(closed, inputs)
    columns = [_column(output) for output in outputs]
    return jax.tree_util.tree_unflatten(jax.tree_util.tree_structure(structure), columns)


def to_casadi(
    function: Callable[..., Any], shapes: Sequence[int], name: str, argument_names: Sequence[str] | None = None
) -> casadi.Function:
    """Translate a JAX function into a :class:`casadi.Function` with one output per array that it returns.

    Args:
        function: A JAX function of flat float64 vectors.
        shapes: The length of each argument.
        name: The name of the CasADi function.
        argument_names: Names of the inputs; ``x0``, ``x1`` ... by default.
    """
    names = [f"x{i}" for i in range(len(shapes))] if argument_names is None else list(argument_names)
    symbols = [casadi.SX.sym(label, length) for label, length in zip(names, shapes, strict=True)]
    outputs = jax.tree_util.tree_leaves(translate(function, *symbols))
    return casadi.Function(name, symbols, outputs, names, [f"y{i}" for i in range(len(outputs))])


def _name_of(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", None) or repr(function)


# ---------------------------------------------------------------------------------------------------------------------
# Values
# ---------------------------------------------------------------------------------------------------------------------


def _is_known(value: Value) -> bool:
    return isinstance(value, np.ndarray)


def _column(value: Value, shape: tuple[int, ...] | None = None) -> casadi.SX:
    """The entries of a value as a dense SX column, repeated by NumPy's broadcasting to fill ``shape``."""
    if isinstance(value, _Symbolic):
        column = value.column
    else:
        column = casadi.SX(casadi.DM(np.asarray(value, dtype=np.float64).reshape(-1, 1)))
    if shape is not None and value.shape != shape:
        column = _entries(column, np.broadcast_to(_positions(value.shape), shape))
    return column


def _settle(value: Result, aval: Any) -> Value:
    """Give a result its shape and dtype; one in which no symbol is left becomes numbers again."""
    if isinstance(value, np.ndarray):
        return np.asarray(value, dtype=aval.dtype).reshape(aval.shape)
    column = casadi.densify(value.column if isinstance(value, _Symbolic) else value)
    if column.is_constant():
        return casadi.evalf(column).full().reshape(aval.shape).astype(aval.dtype)
    return _Symbolic(column, tuple(aval.shape))


def _positions(shape: Sequence[int]) -> np.ndarray:
    """The row-major position of every entry of an array."""
    return np.arange(math.prod(shape)).reshape(tuple(shape))


def _entries(column: casadi.SX, positions: np.ndarray) -> casadi.SX:
    flat = positions.ravel().tolist()
    return column[flat, 0] if flat else casadi.SX(0, 1)


def _take(value: Value, positions: np.ndarray) -> Value:
    """The array of the entries of ``value`` at the given flat positions."""
    if isinstance(value, np.ndarray):
        return value.reshape(-1)[positions]
    return _Symbolic(_entries(value.column, positions), positions.shape)


def _pool(values: Sequence[Value]) -> Value:
    """The entries of several values one after another, as a vector."""
    known = [value for value in values if isinstance(value, np.ndarray)]
    if len(known) == len(values):
        return np.concatenate([value.reshape(-1) for value in known])
    column = casadi.vertcat(*[_column(value) for value in values])
    return _Symbolic(column, (column.numel(),))


def _pool_positions(values: Sequence[Value]) -> list[np.ndarray]:
    """For each of several values, the positions of its entries in their pool."""
    sizes = [math.prod(value.shape) for value in values]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    return [int(start) + _positions(value.shape) for start, value in zip(starts, values, strict=False)]


def _matrix(value: Value) -> casadi.SX | casadi.DM:
    """A rank-two value as a CasADi matrix; a known one drops its zeros."""
    if isinstance(value, np.ndarray):
        return casadi.sparsify(casadi.DM(np.asarray(value, dtype=np.float64)))
    rows, columns = value.shape
    return casadi.reshape(value.column, columns, rows).T


def _known(value: Value, what: str) -> np.ndarray:
    if isinstance(value, _Symbolic):
        raise _Untranslatable(f"needs {what} that do not depend on the variables")
    return value


# ---------------------------------------------------------------------------------------------------------------------
# The evaluator
# ---------------------------------------------------------------------------------------------------------------------


class _Evaluator:
    """Runs jaxprs on known and symbolic values."""

    def __init__(self, function_name: str) -> None:
        self.function_name = function_name
        self.stack: list[core.JaxprEqn] = []  # the equations under evaluation, outermost first

    def run(self, closed: core.ClosedJaxpr | core.Jaxpr, inputs: Sequence[Value]) -> list[Value]:
        """Evaluate a jaxpr, equation by equation."""
        jaxpr: core.Jaxpr = closed.jaxpr if isinstance(closed, core.ClosedJaxpr) else closed
        constants = closed.consts if isinstance(closed, core.ClosedJaxpr) else []
        environment: dict[Any, Value] = dict(zip(jaxpr.constvars, map(np.asarray, constants), strict=True))
        environment.update(zip(jaxpr.invars, inputs, strict=True))

        def read(atom: Any) -> Value:
            aval = atom.aval
            return np.asarray(atom.val, dtype=aval.dtype) if isinstance(atom, core.Literal) else environment[atom]

        for equation in jaxpr.eqns:
            self.stack.append(equation)
            outputs = self.apply(equation, [read(atom) for atom in equation.invars])
            environment.update(zip(equation.outvars, outputs, strict=True))
            self.stack.pop()
        return [read(atom) for atom in jaxpr.outvars]

    def apply(self, equation: core.JaxprEqn, values: list[Value]) -> list[Value]:
        """Evaluate one equation by its rule, or in JAX itself if there is none and every operand is known."""
        name = equation.primitive.name
        try:
            if (name not in _RULES or name in _LEFT_TO_JAX) and all(map(_is_known, values)):
                return _bind(equation, values)
            if name not in _RULES:
                raise _Untranslatable("has no translation")
            outputs = _RULES[name](self, equation, values)
            return [_settle(output, var.aval) for output, var in zip(outputs, equation.outvars, strict=True)]
        except _Untranslatable as reason:
            self.fail(equation, str(reason))

    def fail(self, equation: core.JaxprEqn, reason: str) -> NoReturn:
        """Raise the error that names the primitive, the function and the innermost source line known."""
        lines = [line for line in map(_source_line, reversed(self.stack)) if line]
        where = lines[0] if lines else "an unknown source line"
        message = f"JAX primitive '{equation.primitive.name}' in {self.function_name} {reason}"
        raise TranslationError(f"{message} (at {where})") from None


def _source_line(equation: core.JaxprEqn) -> str:
    """The user's source line of an equation; empty inside JAX's own jitted functions."""
    try:
        from jax._src import source_info_util

        return source_info_util.summarize(equation.source_info)
    except Exception:  # a private module: its absence must not hide the error being reported
        return ""


def _bind(equation: core.JaxprEqn, values: Sequence[Value]) -> list[Value]:
    """Evaluate an equation of known operands in JAX."""
    outputs = equation.primitive.bind(*map(jax.numpy.asarray, values), **equation.params)
    return [np.asarray(output) for output in (outputs if equation.primitive.multiple_results else [outputs])]


# ---------------------------------------------------------------------------------------------------------------------
# Elementwise primitives
# ---------------------------------------------------------------------------------------------------------------------


def _dtype(equation: core.JaxprEqn) -> np.dtype:
    """The dtype of the first operand of an equation."""
    operand: Any = equation.invars[0].aval
    return np.dtype(operand.dtype)


def _elementwise(symbolic: Callable[..., Any], numeric: Callable[..., Any] | None = None) -> Rule:
    """The rule of an elementwise primitive; without a NumPy function, known operands are left to JAX."""

    def rule(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
        if all(map(_is_known, values)):
            return _bind(equation, values) if numeric is None else [numeric(*values)]
        result: Any = equation.outvars[0].aval
        return [symbolic(*[_column(value, tuple(result.shape)) for value in values])]

    return rule


def _truncate(x: casadi.SX) -> casadi.SX:
    return casadi.sign(x) * casadi.floor(casadi.fabs(x))


def _logistic(x: casadi.SX) -> casadi.SX:
    return 1 / (1 + casadi.exp(casadi.fmin(-x, 700.0)))  # capped: an infinite exp has NaN derivatives


def _cbrt(x: casadi.SX) -> casadi.SX:
    return casadi.sign(x) * casadi.power(casadi.fabs(x), 1 / 3)


def _clamp(low: casadi.SX, x: casadi.SX, high: casadi.SX) -> casadi.SX:
    return casadi.fmin(casadi.fmax(x, low), high)


def _is_finite(x: casadi.SX) -> casadi.SX:
    return casadi.fabs(x) < math.inf


def _divide(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Division; that of integers truncates towards zero."""
    if np.issubdtype(_dtype(equation), np.floating):
        return _elementwise(operator.truediv, np.divide)(evaluator, equation, values)
    return _elementwise(lambda x, y: _truncate(x / y))(evaluator, equation, values)


def _logical(symbolic: Callable[..., Any], numeric: Callable[..., Any]) -> Rule:
    """A logical primitive: bitwise on integers, which only known operands allow."""
    rule = _elementwise(symbolic, numeric)

    def guarded(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
        if _dtype(equation) != np.bool_ and not all(map(_is_known, values)):
            raise _Untranslatable("is translated for booleans only, not bit by bit")
        return rule(evaluator, equation, values)

    return guarded


def _integer_pow(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """An integer power: SX expands a constant integer exponent into products."""
    exponent = equation.params["y"]
    return _elementwise(lambda x: casadi.power(x, exponent))(evaluator, equation, values)


def _convert(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Change of dtype: every dtype is carried as a double, so only narrowing ones do something."""
    source, target = _dtype(equation), np.dtype(equation.params["new_dtype"])
    (value,) = values
    if isinstance(value, np.ndarray):
        return [value.astype(target)]
    if target == np.bool_ and source != np.bool_:
        return [value.column != 0]
    if np.issubdtype(source, np.floating) and np.issubdtype(target, np.integer):
        return [_truncate(value.column)]
    if np.issubdtype(target, np.floating) and target != np.float64 and source == np.float64:
        raise _Untranslatable(f"rounds to {target.name}, and expressions carry float64 only")
    if np.issubdtype(target, np.complexfloating):
        raise _Untranslatable("makes a complex number, and expressions are real")
    return [value]


def _round(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Rounding to the nearest integer, with ties to even or away from zero."""
    if equation.params["rounding_method"] == jax.lax.RoundingMethod.TO_NEAREST_EVEN:
        return _elementwise(lambda x: x - casadi.remainder(x, 1.0))(evaluator, equation, values)
    return _elementwise(lambda x: casadi.sign(x) * casadi.floor(casadi.fabs(x) + 0.5))(evaluator, equation, values)


def _select_n(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    which, *cases = values
    return [_select(which, cases)]


def _select(which: Value, cases: Sequence[Value]) -> Result:
    """Entry by entry, the case that ``which`` names (a boolean, or an index); the others are masked out."""
    shape = cases[0].shape
    if isinstance(which, np.ndarray):
        positions = np.stack(_pool_positions(cases))
        chosen = np.broadcast_to(which.astype(np.int64), shape)
        return _take(_pool(cases), np.take_along_axis(positions, chosen[None], axis=0)[0])
    selector = _column(which, shape)
    columns = [_column(case) for case in cases]
    if len(columns) == 2:
        return casadi.if_else(selector, columns[1], columns[0], False)
    return reduce(operator.add, [casadi.if_else(selector == k, column, 0, False) for k, column in enumerate(columns)])


# ---------------------------------------------------------------------------------------------------------------------
# Structural primitives: worked out on the positions of the entries
# ---------------------------------------------------------------------------------------------------------------------


def _structural(move: Callable[[np.ndarray, dict[str, Any]], np.ndarray]) -> Rule:
    """The rule of a primitive that only moves the entries of its operand, given what it does to their positions."""

    def rule(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
        (value,) = values
        return [_take(value, move(_positions(value.shape), equation.params))]

    return rule


def _identity(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    return values


def _stop_gradient(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    if not all(map(_is_known, values)):
        raise _Untranslatable("has no counterpart: an expression is differentiated through and through")
    return values


def _broadcast_in_dim(positions: np.ndarray, params: dict[str, Any]) -> np.ndarray:
    aligned = [1] * len(params["shape"])
    for axis, target in enumerate(params["broadcast_dimensions"]):
        aligned[target] = positions.shape[axis]
    return np.broadcast_to(positions.reshape(aligned), params["shape"])


def _reshape(positions: np.ndarray, params: dict[str, Any]) -> np.ndarray:
    order = params.get("dimensions")
    return (positions if order is None else positions.transpose(order)).reshape(params["new_sizes"])


def _slice(positions: np.ndarray, params: dict[str, Any]) -> np.ndarray:
    strides = params["strides"] or (1,) * positions.ndim
    bounds = zip(params["start_indices"], params["limit_indices"], strides, strict=True)
    return positions[tuple(slice(*bound) for bound in bounds)]


def _tile(positions: np.ndarray, params: dict[str, Any]) -> np.ndarray:
    return np.tile(positions, params["reps"])


def _split(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    cuts = np.cumsum(equation.params["sizes"])[:-1]
    pieces = np.split(_positions(values[0].shape), cuts, axis=equation.params["axis"])
    return [_take(values[0], piece) for piece in pieces]


def _concatenate(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    positions = np.concatenate(_pool_positions(values), axis=equation.params["dimension"])
    return [_take(_pool(values), positions)]


def _stack(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    return [_take(_pool(values), np.stack(_pool_positions(values), axis=equation.params["axis"]))]


def _unstack(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    return [_take(values[0], piece) for piece in np.moveaxis(_positions(values[0].shape), equation.params["axis"], 0)]


def _pad(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    operand, _ = values
    positions, filler = _pool_positions(values)
    sources = []
    for size, (low, high, interior) in zip(operand.shape, equation.params["padding_config"], strict=True):
        length = size + max(size - 1, 0) * interior
        place = np.arange(-low, length + high)
        inside = (place >= 0) & (place < length) & (place % (interior + 1) == 0)
        sources.append(np.where(inside, place // (interior + 1), -1))
    grid = np.meshgrid(*sources, indexing="ij")
    outside = reduce(operator.or_, [axis < 0 for axis in grid])
    extended = np.append(positions.ravel(), filler)  # the index of the last entry is that of the padding value
    inner = np.ravel_multi_index([np.maximum(axis, 0) for axis in grid], operand.shape, mode="clip")
    return [_take(_pool(values), extended[np.where(outside, -1, inner)])]


def _iota(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    shape, dimension = equation.params["shape"], equation.params["dimension"]
    return [np.indices(shape)[dimension]]


def _window(starts: Sequence[Value], shape: Sequence[int], sizes: Sequence[int]) -> tuple[slice, ...]:
    """The slices of a dynamic window, which JAX moves to lie inside the array."""
    known = [int(_known(start, "start indices")) for start in starts]
    begins = [min(max(k, 0), n - size) for k, n, size in zip(known, shape, sizes, strict=True)]
    return tuple(slice(begin, begin + size) for begin, size in zip(begins, sizes, strict=True))


def _dynamic_slice(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    operand, *starts = values
    window = _window(starts, operand.shape, equation.params["slice_sizes"])
    return [_take(operand, _positions(operand.shape)[window])]


def _dynamic_update_slice(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    operand, update, *starts = values
    positions, new = _pool_positions([operand, update])
    positions[_window(starts, operand.shape, update.shape)] = new
    return [_take(_pool([operand, update]), positions)]


def _gather(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Gathering at known indices: JAX gathers the positions, and minus one where it would fill."""
    operand, indices = values
    names = ("dimension_numbers", "slice_sizes", "unique_indices", "indices_are_sorted", "mode")
    options = {name: equation.params[name] for name in names}
    known = _known(indices, "indices")
    positions = np.asarray(jax.lax.gather(_positions(operand.shape), known, fill_value=-1, **options))
    if not (positions < 0).any():
        return [_take(operand, positions)]
    filler = equation.params["fill_value"]
    missing = np.asarray(math.nan if filler is None else filler, dtype=np.float64)
    return [_take(_pool([operand, missing]), positions)]  # minus one is the last entry of the pool


def _scatter_options(equation: core.JaxprEqn) -> dict[str, Any]:
    names = ("dimension_numbers", "indices_are_sorted", "unique_indices", "mode")
    return {name: equation.params[name] for name in names}


def _scatter(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Overwriting at known indices: JAX scatters the positions of the updates."""
    operand, indices, updates = values
    positions, new = _pool_positions([operand, updates])
    moved = jax.lax.scatter(positions, _known(indices, "indices"), new, **_scatter_options(equation))
    return [_take(_pool([operand, updates]), np.asarray(moved))]


def _scatter_with(combine: Callable[..., Any]) -> Rule:
    """The rule of a scatter that combines: where each update lands is found by scattering one at a time."""

    def rule(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
        operand, indices, updates = values
        known, count = _known(indices, "indices"), math.prod(updates.shape)

        def land(update: Any) -> jax.Array:
            blank = jax.numpy.zeros(operand.shape)
            return jax.lax.scatter_add(blank, known, update, **_scatter_options(equation))

        landed = np.asarray(jax.vmap(land)(np.eye(count).reshape(count, *updates.shape)))
        entries, new = casadi.vertsplit(_column(operand)), casadi.vertsplit(_column(updates))
        for source, target in zip(*np.nonzero(landed.reshape(count, -1)), strict=True):
            entries[target] = combine(entries[target], new[source])
        return [casadi.vertcat(*entries)]

    return rule


# ---------------------------------------------------------------------------------------------------------------------
# Reductions and products
# ---------------------------------------------------------------------------------------------------------------------


def _lanes(value: Value, axes: Sequence[int]) -> tuple[casadi.SX, int]:
    """The entries as a matrix with one row per kept position and one column per reduced one, and their number."""
    kept = [axis for axis in range(len(value.shape)) if axis not in axes]
    length = math.prod(value.shape[axis] for axis in axes)
    positions = _positions(value.shape).transpose([*axes, *kept])
    column = _entries(_column(value), positions)
    return casadi.reshape(column, math.prod(value.shape[axis] for axis in kept), length), length


def _reduction(combine: Callable[..., Any], start: float, numeric: Any) -> Rule:
    """The rule of a reduction over axes, from left to right."""

    def rule(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
        (value,) = values
        axes = tuple(equation.params["axes"])
        if isinstance(value, np.ndarray):
            return [numeric(value, axis=axes)]
        lanes, length = _lanes(value, axes)
        if not length:
            return [casadi.SX(casadi.DM.ones(lanes.rows(), 1)) * start]
        return [reduce(combine, casadi.horzsplit(lanes))]

    return rule


def _arg_extremum(exceeds: Callable[..., Any]) -> Rule:
    """The rule of the position of the first extreme entry along one axis, found by comparing in turn."""

    def rule(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
        best, *others = casadi.horzsplit(_lanes(values[0], tuple(equation.params["axes"]))[0])
        place = casadi.SX(casadi.DM.zeros(best.rows(), 1))
        for k, other in enumerate(others, start=1):
            better = exceeds(other, best)
            place = casadi.if_else(better, k, place, False)
            best = casadi.if_else(better, other, best, False)
        return [place]

    return rule


def _cumulative(combine: Callable[..., Any]) -> Rule:
    """The rule of a cumulative operation along one axis."""

    def rule(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
        (value,) = values
        axis, reverse = equation.params["axis"], equation.params["reverse"]
        lanes, length = _lanes(value, (axis,))
        steps = casadi.horzsplit(lanes)[:: -1 if reverse else 1]
        for k in range(1, length):
            steps[k] = combine(steps[k - 1], steps[k])
        moved = np.moveaxis(_positions(value.shape), axis, 0)  # entry of the result held by each entry of the steps
        return [_entries(casadi.vertcat(*steps[:: -1 if reverse else 1]), np.argsort(moved.ravel()))]

    return rule


def _dot_general(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """A product summed over the contracted axes, one matrix product per batch entry."""
    (left_sum, right_sum), (left_batch, right_batch) = equation.params["dimension_numbers"]
    left, right = values
    left_free = [k for k in range(len(left.shape)) if k not in (*left_sum, *left_batch)]
    right_free = [k for k in range(len(right.shape)) if k not in (*right_sum, *right_batch)]
    batch, summed = (math.prod(left.shape[k] for k in axes) for axes in (left_batch, left_sum))
    rows, columns = (math.prod(v.shape[k] for k in free) for v, free in ((left, left_free), (right, right_free)))
    left_order = _positions(left.shape).transpose([*left_batch, *left_free, *left_sum]).reshape(batch, rows, summed)
    right_order = _positions(right.shape).transpose([*right_batch, *right_sum, *right_free])
    right_order = right_order.reshape(batch, summed, columns)
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        return [np.matmul(left.reshape(-1)[left_order], right.reshape(-1)[right_order])]
    products = [
        casadi.mtimes(_matrix(_take(left, left_order[k])), _matrix(_take(right, right_order[k]))) for k in range(batch)
    ]
    return [casadi.vertcat(*[casadi.vec(casadi.densify(product).T) for product in products])]


# ---------------------------------------------------------------------------------------------------------------------
# Higher-order primitives
# ---------------------------------------------------------------------------------------------------------------------


def _call(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """A call: the body is evaluated in place. Custom derivative rules are not used."""
    for key in ("jaxpr", "call_jaxpr", "fun_jaxpr"):
        if key in equation.params:
            return evaluator.run(equation.params[key], values)
    raise _Untranslatable("carries no body that could be translated")


def _cond(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """A branch: the one taken if the index is known, otherwise all of them and a selection."""
    index, *operands = values
    branches = equation.params["branches"]
    if isinstance(index, np.ndarray):
        return evaluator.run(branches[min(max(int(index), 0), len(branches) - 1)], operands)
    outcomes = [evaluator.run(branch, operands) for branch in branches]
    if len(branches) > 2:  # JAX clamps an index; of two branches, the predicate is a boolean
        index = _Symbolic(_clamp(casadi.SX(0), index.column, casadi.SX(len(branches) - 1)), index.shape)
    return [_select(index, cases) for cases in zip(*outcomes, strict=True)]


def _scan(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """A loop of a known number of steps, unrolled."""
    params = equation.params
    length, num_consts, num_carry = params["length"], params["num_consts"], params["num_carry"]
    constants, scanned = values[:num_consts], values[num_consts + num_carry :]
    carry = values[num_consts : num_consts + num_carry]
    stacked: list[list[Value]] = [[] for _ in equation.outvars[num_carry:]]
    for k in reversed(range(length)) if params["reverse"] else range(length):
        slices = [_take(value, _positions(value.shape)[k]) for value in scanned]
        results = evaluator.run(params["jaxpr"], [*constants, *carry, *slices])
        carry = results[:num_carry]
        for stack, result in zip(stacked, results[num_carry:], strict=True):
            stack.append(result)
    for stack in stacked if params["reverse"] else []:
        stack.reverse()
    return [*carry, *[_pool(stack) if stack else np.zeros(0) for stack in stacked]]


def _while(evaluator: _Evaluator, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """A loop whose condition stays known, run step by step."""
    split = equation.params["cond_nconsts"]
    start = split + equation.params["body_nconsts"]
    condition_constants, body_constants, carry = values[:split], values[split:start], values[start:]
    while True:
        (condition,) = evaluator.run(equation.params["cond_jaxpr"], [*condition_constants, *carry])
        if not _known(condition, "conditions"):
            return carry
        carry = evaluator.run(equation.params["body_jaxpr"], [*body_constants, *carry])


# ---------------------------------------------------------------------------------------------------------------------
# The table of primitives
# ---------------------------------------------------------------------------------------------------------------------

_CALLS = (
    *("jit", "pjit", "core_call", "call", "closed_call", "core_closed_call", "remat", "remat2", "checkpoint"),
    *("custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr"),
)
_IDENTITIES = ("copy", "copy_p", "name", "optimization_barrier", "device_put", "sharding_constraint", "pvary")

_RULES: dict[str, Rule] = {
    "add": _elementwise(operator.add, np.add),
    "add_any": _elementwise(operator.add, np.add),
    "sub": _elementwise(operator.sub, np.subtract),
    "mul": _elementwise(operator.mul, np.multiply),
    "div": _divide,
    "rem": _elementwise(casadi.fmod, np.fmod),
    "neg": _elementwise(operator.neg, np.negative),
    "abs": _elementwise(casadi.fabs, np.abs),
    "sign": _elementwise(casadi.sign, np.sign),
    "sqrt": _elementwise(casadi.sqrt, np.sqrt),
    "rsqrt": _elementwise(lambda x: 1 / casadi.sqrt(x)),
    "cbrt": _elementwise(_cbrt, np.cbrt),
    "square": _elementwise(lambda x: x * x, np.square),
    "integer_pow": _integer_pow,
    "pow": _elementwise(casadi.power, np.power),
    "exp": _elementwise(casadi.exp, np.exp),
    "exp2": _elementwise(lambda x: casadi.power(2.0, x), np.exp2),
    "expm1": _elementwise(casadi.expm1, np.expm1),
    "log": _elementwise(casadi.log, np.log),
    "log1p": _elementwise(casadi.log1p, np.log1p),
    "sin": _elementwise(casadi.sin, np.sin),
    "cos": _elementwise(casadi.cos, np.cos),
    "tan": _elementwise(casadi.tan, np.tan),
    "asin": _elementwise(casadi.asin, np.arcsin),
    "acos": _elementwise(casadi.acos, np.arccos),
    "atan": _elementwise(casadi.atan, np.arctan),
    "atan2": _elementwise(casadi.atan2, np.arctan2),
    "sinh": _elementwise(casadi.sinh, np.sinh),
    "cosh": _elementwise(casadi.cosh, np.cosh),
    "tanh": _elementwise(casadi.tanh, np.tanh),
    "asinh": _elementwise(casadi.asinh, np.arcsinh),
    "acosh": _elementwise(casadi.acosh, np.arccosh),
    "atanh": _elementwise(casadi.atanh, np.arctanh),
    "logistic": _elementwise(_logistic),
    "erf": _elementwise(casadi.erf),
    "erfc": _elementwise(lambda x: 1 - casadi.erf(x)),
    "max": _elementwise(casadi.fmax, np.maximum),
    "min": _elementwise(casadi.fmin, np.minimum),
    "clamp": _elementwise(_clamp),
    "floor": _elementwise(casadi.floor, np.floor),
    "ceil": _elementwise(casadi.ceil, np.ceil),
    "round": _round,
    "is_finite": _elementwise(_is_finite, np.isfinite),
    "eq": _elementwise(operator.eq, np.equal),
    "ne": _elementwise(operator.ne, np.not_equal),
    "lt": _elementwise(operator.lt, np.less),
    "le": _elementwise(operator.le, np.less_equal),
    "gt": _elementwise(operator.gt, np.greater),
    "ge": _elementwise(operator.ge, np.greater_equal),
    "eq_to": _elementwise(operator.eq),
    "lt_to": _elementwise(operator.lt),
    "le_to": _elementwise(operator.le),
    "and": _logical(casadi.logic_and, np.bitwise_and),
    "or": _logical(casadi.logic_or, np.bitwise_or),
    "xor": _logical(operator.ne, np.bitwise_xor),
    "not": _logical(casadi.logic_not, np.bitwise_not),
    "select_n": _select_n,
    "convert_element_type": _convert,
    "stop_gradient": _stop_gradient,
    "broadcast_in_dim": _structural(_broadcast_in_dim),
    "reshape": _structural(_reshape),
    "squeeze": _structural(lambda positions, params: positions.squeeze(tuple(params["dimensions"]))),
    "expand_dims": _structural(lambda positions, params: np.expand_dims(positions, tuple(params["dimensions"]))),
    "transpose": _structural(lambda positions, params: positions.transpose(params["permutation"])),
    "rev": _structural(lambda positions, params: np.flip(positions, params["dimensions"])),
    "slice": _structural(_slice),
    "tile": _structural(_tile),
    "split": _split,
    "concatenate": _concatenate,
    "stack": _stack,
    "unstack": _unstack,
    "pad": _pad,
    "iota": _iota,
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update_slice,
    "gather": _gather,
    "scatter": _scatter,
    "scatter-add": _scatter_with(operator.add),
    "scatter_add": _scatter_with(operator.add),
    "scatter-mul": _scatter_with(operator.mul),
    "scatter_mul": _scatter_with(operator.mul),
    "scatter-sub": _scatter_with(operator.sub),
    "scatter-min": _scatter_with(casadi.fmin),
    "scatter_min": _scatter_with(casadi.fmin),
    "scatter-max": _scatter_with(casadi.fmax),
    "scatter_max": _scatter_with(casadi.fmax),
    "reduce_sum": _reduction(operator.add, 0.0, np.sum),
    "reduce_prod": _reduction(operator.mul, 1.0, np.prod),
    "reduce_max": _reduction(casadi.fmax, -math.inf, np.max),
    "reduce_min": _reduction(casadi.fmin, math.inf, np.min),
    "reduce_and": _reduction(casadi.logic_and, 1.0, np.all),
    "reduce_or": _reduction(casadi.logic_or, 0.0, np.any),
    "argmax": _arg_extremum(operator.gt),
    "argmin": _arg_extremum(operator.lt),
    "cumsum": _cumulative(operator.add),
    "cumprod": _cumulative(operator.mul),
    "cummax": _cumulative(casadi.fmax),
    "cummin": _cumulative(casadi.fmin),
    "dot_general": _dot_general,
    "cond": _cond,
    "scan": _scan,
    "while": _while,
    **dict.fromkeys(_CALLS, _call),
    **dict.fromkeys(_IDENTITIES, _identity),
}

# With every operand known, JAX itself evaluates these: loops, which it compiles, and searches.
_LEFT_TO_JAX = frozenset(
    {"scan", "while", "gather", "argmax", "argmin", "cumsum", "cumprod", "cummax", "cummin"}
    | {name for name in _RULES if name.startswith("scatter")}
)
