"""Translate JAX functions into CasADi expressions, one jaxpr equation at a time.

The physics of the project is written once, in JAX. The solver needs the same functions as CasADi expressions, which give
exact sparse Jacobians and Hessians and are evaluated without calls into Python during a solve. This module traces a JAX
function to its jaxpr and re-evaluates that jaxpr on :class:`casadi.SX`, so that both forms are always the same function.

A value in the translation is either a NumPy array (known: folded as numbers) or a :class:`Symbolic` (a dense SX column of
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
* ``stop_gradient`` is refused, because CasADi has no counterpart; ``logsumexp`` and ``softmax`` use it, ``logaddexp``
  does not.
* Integers are carried as doubles: exact up to 2**53, without wrap-around.
* ``jnp.linalg.solve``, ``inv`` and ``det`` are translated; other decompositions are not. ``det`` exchanges no rows.
* Positions must be known: gather, scatter and dynamic slices take constant indices, and loops constant trip counts.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import casadi
import jax
import numpy as np
from jax.extend import core

from hoverslam.ocp.transcription.rules.arithmetic import ARITHMETIC
from hoverslam.ocp.transcription.rules.control_flow import CONTROL_FLOW
from hoverslam.ocp.transcription.rules.linear_algebra import LINEAR_ALGEBRA, UNUSED, operands_of
from hoverslam.ocp.transcription.rules.reductions import REDUCTIONS
from hoverslam.ocp.transcription.rules.shapes import SHAPES
from hoverslam.ocp.transcription.rules.values import (
    Rule,
    Untranslatable,
    Value,
    bind,
    column_of,
    is_known,
    settle,
)
from hoverslam.ocp.transcription.structure import key_of_traced

# Primitives of a look-up at a position that depends on the variables, as in jnp.interp and jnp.searchsorted.
_LOOKUPS = ("dynamic_slice", "gather", "while", "sort", "scatter", "argmin", "argmax")
_TABLE_REMEDY = ": for a table, such as jnp.interp, write hoverslam.ocp.SmoothTable(x, y)"

if not jax.config.read("jax_enable_x64"):
    jax.config.update("jax_enable_x64", True)


class TranslationError(NotImplementedError):
    """A JAX function uses something that has no CasADi counterpart."""


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
    return Traced(function, *(argument.numel() for argument in arguments)).translated(*arguments)


class Traced:
    """A JAX function of flat float64 vectors as JAX has traced it: its operations and constants.

    Args:
        function: The function. It returns an array or a pytree of arrays.
        lengths: The length of each argument.

    Attributes:
        key: The operations and constants: equal for functions that compute the same.
    """

    def __init__(self, function: Callable[..., Any], *lengths: int) -> None:
        self._name = _name_of(function)
        self._shapes = [jax.ShapeDtypeStruct((length,), np.float64) for length in lengths]
        self._closed, self._structure = jax.make_jaxpr(function, return_shape=True)(*self._shapes)
        self.key = key_of_traced(self._closed)

    def __call__(self, *arguments: Any) -> Any:
        """Evaluate the function by JAX."""
        outputs = core.jaxpr_as_fun(self._closed)(*arguments)
        return jax.tree_util.tree_unflatten(jax.tree_util.tree_structure(self._structure), outputs)

    def translated(self, *arguments: casadi.SX) -> Any:
        """Return the function's pytree on CasADi SX columns, each array replaced by a column; see :func:`translate`.

        Raises:
            TranslationError: The function uses a primitive, or a use of one, that cannot be translated.
        """
        inputs = [settle(argument, shape) for argument, shape in zip(arguments, self._shapes, strict=True)]
        with np.errstate(all="ignore"):
            outputs = _Evaluator(self._name).run(self._closed, inputs)
        columns = [column_of(output) for output in outputs]
        return jax.tree_util.tree_unflatten(jax.tree_util.tree_structure(self._structure), columns)


@contextmanager
def telling_translation(where: str) -> Iterator[None]:
    """Add the phase and a remedy to the error of a function that cannot be translated.

    Raises:
        TranslationError: If the context raises one.
    """
    try:
        yield
    except TranslationError as error:
        remedy = _TABLE_REMEDY if any(f"'{name}'" in str(error) for name in _LOOKUPS) else ""
        raise TranslationError(f"{where}: {error}{remedy}") from None


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
            if isinstance(atom, core.Literal):
                return np.asarray(atom.val, dtype=aval.dtype)
            return environment.get(atom, UNUSED)  # what no needed equation computes is an operand that no rule reads

        for equation in _needed(jaxpr):
            self.stack.append(equation)
            outputs = self.apply(equation, [read(atom) for atom in equation.invars])
            environment.update(zip(equation.outvars, outputs, strict=True))
            self.stack.pop()
        return [read(atom) for atom in jaxpr.outvars]

    def apply(self, equation: core.JaxprEqn, values: list[Value]) -> list[Value]:
        """Evaluate one equation by its rule, or in JAX itself if there is none and every operand is known."""
        name = equation.primitive.name
        try:
            if (name not in _RULES or name in _LEFT_TO_JAX) and all(map(is_known, values)):
                return bind(equation, values)
            if name not in _RULES:
                raise Untranslatable("has no translation")
            outputs = _RULES[name](self, equation, values)
            return [settle(output, var.aval) for output, var in zip(outputs, equation.outvars, strict=True)]
        except Untranslatable as reason:
            self.fail(equation, str(reason))

    def fail(self, equation: core.JaxprEqn, reason: str) -> NoReturn:
        """Raise the error that names the primitive, the function and the innermost source line known."""
        lines = [line for line in map(_source_line, reversed(self.stack)) if line]
        where = lines[0] if lines else "an unknown source line"
        message = f"JAX primitive '{equation.primitive.name}' in {self.function_name} {reason}"
        raise TranslationError(f"{message} (at {where})") from None


def _needed(jaxpr: core.Jaxpr) -> list[core.JaxprEqn]:
    """Return the equations on which the outputs depend, in order.

    A linear system is solved from its product: the factors that JAX computed before it are not needed.
    """
    wanted, kept = set(_variables(jaxpr.outvars)), []
    for equation in reversed(jaxpr.eqns):
        if not wanted.isdisjoint(equation.outvars):
            wanted.update(_variables(operands_of(equation)))
            kept.append(equation)
    return kept[::-1]


def _variables(atoms: Sequence[Any]) -> list[Any]:
    return [atom for atom in atoms if not isinstance(atom, core.Literal)]


def _source_line(equation: core.JaxprEqn) -> str:
    """Return the user's source line of an equation; empty inside JAX's own jitted functions."""
    try:
        from jax._src import source_info_util

        return source_info_util.summarize(equation.source_info)
    except Exception:  # a private module: its absence must not hide the error being reported
        return ""


_RULES: dict[str, Rule] = {**ARITHMETIC, **SHAPES, **REDUCTIONS, **CONTROL_FLOW, **LINEAR_ALGEBRA}

# With every operand known, JAX itself evaluates these: loops, which it compiles, and searches.
_LEFT_TO_JAX = frozenset(
    {"scan", "while", "gather", "argmax", "argmin", "cumsum", "cumprod", "cummax", "cummin", "lu"}
    | {name for name in _RULES if name.startswith("scatter")}
)
