"""Values in a translation: NumPy arrays (known) and :class:`Symbolic` arrays, with what every rule needs of them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import casadi
import jax
import numpy as np
from jax.extend import core


class Untranslatable(Exception):
    """Raised by a rule, without a location; the evaluator adds the primitive, the function and the source line."""


@dataclass(frozen=True)
class Symbolic:
    """An array of SX entries: a dense column in row-major order, and the shape of the array."""

    column: casadi.SX
    shape: tuple[int, ...]


Value = np.ndarray | Symbolic
Result = np.ndarray | Symbolic | casadi.SX


class Walk(Protocol):
    """The evaluation of a function, as far as rules need it."""

    def run(self, closed: core.ClosedJaxpr | core.Jaxpr, inputs: Sequence[Value]) -> list[Value]:
        """Return the outputs of a jaxpr for known or symbolic inputs."""


Rule = Callable[[Walk, core.JaxprEqn, list[Value]], Sequence[Result]]


def is_known(value: Value) -> bool:
    """Return whether a value is a NumPy array, without symbols."""
    return isinstance(value, np.ndarray)


def column_of(value: Value, shape: tuple[int, ...] | None = None) -> casadi.SX:
    """Return the entries of a value as a dense SX column, repeated by NumPy's broadcasting to fill ``shape``."""
    if isinstance(value, Symbolic):
        column = value.column
    else:
        column = casadi.SX(casadi.DM(np.asarray(value, dtype=np.float64).reshape(-1, 1)))
    if shape is not None and value.shape != shape:
        column = entries_at(column, np.broadcast_to(positions_of(value.shape), shape))
    return column


def settle(value: Result, aval: Any) -> Value:
    """Give a result its shape and dtype; one without symbols becomes numbers."""
    if isinstance(value, np.ndarray):
        return np.asarray(value, dtype=aval.dtype).reshape(aval.shape)
    column = casadi.densify(value.column if isinstance(value, Symbolic) else value)
    if column.is_constant():
        return casadi.evalf(column).full().reshape(aval.shape).astype(aval.dtype)
    return Symbolic(column, tuple(aval.shape))


def positions_of(shape: Sequence[int]) -> np.ndarray:
    """Return the row-major position of every entry of an array."""
    return np.arange(math.prod(shape)).reshape(tuple(shape))


def entries_at(column: casadi.SX, positions: np.ndarray) -> casadi.SX:
    """Return the entries of a column at the given positions, as a column."""
    flat = positions.ravel().tolist()
    return column[flat, 0] if flat else casadi.SX(0, 1)


def take(value: Value, positions: np.ndarray) -> Value:
    """Return the array of the entries of ``value`` at the given flat positions."""
    if isinstance(value, np.ndarray):
        return value.reshape(-1)[positions]
    return Symbolic(entries_at(value.column, positions), positions.shape)


def pool(values: Sequence[Value]) -> Value:
    """Return the entries of several values one after another, as a vector."""
    known = [value for value in values if isinstance(value, np.ndarray)]
    if len(known) == len(values):
        return np.concatenate([value.reshape(-1) for value in known])
    column = casadi.vertcat(*[column_of(value) for value in values])
    return Symbolic(column, (column.numel(),))


def pool_positions(values: Sequence[Value]) -> list[np.ndarray]:
    """Return, for each of several values, the positions of its entries in their pool."""
    sizes = [math.prod(value.shape) for value in values]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    return [int(start) + positions_of(value.shape) for start, value in zip(starts, values, strict=False)]


def matrix_of(value: Value) -> casadi.SX | casadi.DM:
    """Return a rank-two value as a CasADi matrix; a known one drops its zeros."""
    if isinstance(value, np.ndarray):
        return casadi.sparsify(casadi.DM(np.asarray(value, dtype=np.float64)))
    rows, columns = value.shape
    return casadi.reshape(value.column, columns, rows).T


def known_value(value: Value, what: str) -> np.ndarray:
    """Return a value that must be known; raise Untranslatable with ``what`` it is used for if it is symbolic."""
    if isinstance(value, Symbolic):
        raise Untranslatable(f"needs {what} that do not depend on the variables")
    return value


def bind(equation: core.JaxprEqn, values: Sequence[Value]) -> list[Value]:
    """Evaluate an equation of known operands in JAX."""
    outputs = equation.primitive.bind(*map(jax.numpy.asarray, values), **equation.params)
    return [np.asarray(output) for output in (outputs if equation.primitive.multiple_results else [outputs])]
