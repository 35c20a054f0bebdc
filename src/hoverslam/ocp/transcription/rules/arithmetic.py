"""Rules of elementwise primitives: arithmetic, comparisons, logic, changes of dtype and selections."""

import math
import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import casadi
import jax
import numpy as np
from jax.extend import core

from hoverslam.ocp.transcription.rules.values import (
    Result,
    Rule,
    Untranslatable,
    Value,
    Walk,
    bind,
    column_of,
    is_known,
    pool,
    pool_positions,
    take,
)

# Added under a root. It changes no argument above 1e-184 by a single bit; the second derivative at zero is 1e300 / 4.
_UNDER_ROOT = 1e-200


def _dtype(equation: core.JaxprEqn) -> np.dtype:
    """Return the dtype of the first operand of an equation."""
    operand: Any = equation.invars[0].aval
    return np.dtype(operand.dtype)


def elementwise(symbolic: Callable[..., Any], numeric: Callable[..., Any] | None = None) -> Rule:
    """Return the rule of an elementwise primitive; without a NumPy function, known operands are left to JAX."""

    def rule(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
        if all(map(is_known, values)):
            return bind(equation, values) if numeric is None else [numeric(*values)]
        result: Any = equation.outvars[0].aval
        return [symbolic(*[column_of(value, tuple(result.shape)) for value in values])]

    return rule


def _truncate(x: casadi.SX) -> casadi.SX:
    return casadi.sign(x) * casadi.floor(casadi.fabs(x))


def _logistic(x: casadi.SX) -> casadi.SX:
    return 1 / (1 + casadi.exp(casadi.fmin(-x, 700.0)))  # capped: an infinite exp has NaN derivatives


def _sqrt(x: casadi.SX) -> casadi.SX:
    """Return the square root with derivatives that are finite at exactly zero: inside a norm its slope is then zero."""
    return casadi.sqrt(x + _UNDER_ROOT)


def _cbrt(x: casadi.SX) -> casadi.SX:
    return casadi.sign(x) * casadi.power(casadi.fabs(x), 1 / 3)


def clamp(low: casadi.SX, x: casadi.SX, high: casadi.SX) -> casadi.SX:
    """Return ``x`` limited to the range from ``low`` to ``high``."""
    return casadi.fmin(casadi.fmax(x, low), high)


def _is_finite(x: casadi.SX) -> casadi.SX:
    return casadi.fabs(x) < math.inf


def _divide(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Divide; a division of integers truncates towards zero."""
    if np.issubdtype(_dtype(equation), np.floating):
        return elementwise(operator.truediv, np.divide)(evaluator, equation, values)
    return elementwise(lambda x, y: _truncate(x / y))(evaluator, equation, values)


def _logical(symbolic: Callable[..., Any], numeric: Callable[..., Any]) -> Rule:
    """Return the rule of a logical primitive; on integers it is bitwise, and only known operands are translated."""
    rule = elementwise(symbolic, numeric)

    def guarded(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
        if _dtype(equation) != np.bool_ and not all(map(is_known, values)):
            raise Untranslatable("is translated for booleans only, not bit by bit")
        return rule(evaluator, equation, values)

    return guarded


def _integer_pow(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Raise to an integer power; SX expands a constant integer exponent into products."""
    exponent = equation.params["y"]
    return elementwise(lambda x: casadi.power(x, exponent))(evaluator, equation, values)


def _convert(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Change the dtype; every dtype is a double here, so that only narrowing changes values."""
    source, target = _dtype(equation), np.dtype(equation.params["new_dtype"])
    (value,) = values
    if isinstance(value, np.ndarray):
        return [value.astype(target)]
    if target == np.bool_ and source != np.bool_:
        return [value.column != 0]
    if np.issubdtype(source, np.floating) and np.issubdtype(target, np.integer):
        return [_truncate(value.column)]
    if np.issubdtype(target, np.floating) and target != np.float64 and source == np.float64:
        raise Untranslatable(f"rounds to {target.name}, and expressions carry float64 only")
    if np.issubdtype(target, np.complexfloating):
        raise Untranslatable("makes a complex number, and expressions are real")
    return [value]


def _round(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Round to the nearest integer, with ties to even or away from zero."""
    if equation.params["rounding_method"] == jax.lax.RoundingMethod.TO_NEAREST_EVEN:
        return elementwise(lambda x: x - casadi.remainder(x, 1.0))(evaluator, equation, values)
    return elementwise(lambda x: casadi.sign(x) * casadi.floor(casadi.fabs(x) + 0.5))(evaluator, equation, values)


def _select_n(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    which, *cases = values
    return [select(which, cases)]


def select(which: Value, cases: Sequence[Value]) -> Result:
    """Return, entry by entry, the case that ``which`` names (a boolean or an index); the others are masked out."""
    shape = cases[0].shape
    if isinstance(which, np.ndarray):
        positions = np.stack(pool_positions(cases))
        chosen = np.broadcast_to(which.astype(np.int64), shape)
        return take(pool(cases), np.take_along_axis(positions, chosen[None], axis=0)[0])
    selector = column_of(which, shape)
    columns = [column_of(case) for case in cases]
    if len(columns) == 2:
        return casadi.if_else(selector, columns[1], columns[0], False)
    return reduce(operator.add, [casadi.if_else(selector == k, column, 0, False) for k, column in enumerate(columns)])


ARITHMETIC: dict[str, Rule] = {
    "add": elementwise(operator.add, np.add),
    "add_any": elementwise(operator.add, np.add),
    "sub": elementwise(operator.sub, np.subtract),
    "mul": elementwise(operator.mul, np.multiply),
    "div": _divide,
    "rem": elementwise(casadi.fmod, np.fmod),
    "neg": elementwise(operator.neg, np.negative),
    "abs": elementwise(casadi.fabs, np.abs),
    "sign": elementwise(casadi.sign, np.sign),
    "sqrt": elementwise(_sqrt, np.sqrt),
    "rsqrt": elementwise(lambda x: 1 / casadi.sqrt(x)),
    "cbrt": elementwise(_cbrt, np.cbrt),
    "square": elementwise(lambda x: x * x, np.square),
    "integer_pow": _integer_pow,
    "pow": elementwise(casadi.power, np.power),
    "exp": elementwise(casadi.exp, np.exp),
    "exp2": elementwise(lambda x: casadi.power(2.0, x), np.exp2),
    "expm1": elementwise(casadi.expm1, np.expm1),
    "log": elementwise(casadi.log, np.log),
    "log1p": elementwise(casadi.log1p, np.log1p),
    "sin": elementwise(casadi.sin, np.sin),
    "cos": elementwise(casadi.cos, np.cos),
    "tan": elementwise(casadi.tan, np.tan),
    "asin": elementwise(casadi.asin, np.arcsin),
    "acos": elementwise(casadi.acos, np.arccos),
    "atan": elementwise(casadi.atan, np.arctan),
    "atan2": elementwise(casadi.atan2, np.arctan2),
    "sinh": elementwise(casadi.sinh, np.sinh),
    "cosh": elementwise(casadi.cosh, np.cosh),
    "tanh": elementwise(casadi.tanh, np.tanh),
    "asinh": elementwise(casadi.asinh, np.arcsinh),
    "acosh": elementwise(casadi.acosh, np.arccosh),
    "atanh": elementwise(casadi.atanh, np.arctanh),
    "logistic": elementwise(_logistic),
    "erf": elementwise(casadi.erf),
    "erfc": elementwise(lambda x: 1 - casadi.erf(x)),
    "max": elementwise(casadi.fmax, np.maximum),
    "min": elementwise(casadi.fmin, np.minimum),
    "clamp": elementwise(clamp),
    "floor": elementwise(casadi.floor, np.floor),
    "ceil": elementwise(casadi.ceil, np.ceil),
    "round": _round,
    "is_finite": elementwise(_is_finite, np.isfinite),
    "eq": elementwise(operator.eq, np.equal),
    "ne": elementwise(operator.ne, np.not_equal),
    "lt": elementwise(operator.lt, np.less),
    "le": elementwise(operator.le, np.less_equal),
    "gt": elementwise(operator.gt, np.greater),
    "ge": elementwise(operator.ge, np.greater_equal),
    "eq_to": elementwise(operator.eq),
    "lt_to": elementwise(operator.lt),
    "le_to": elementwise(operator.le),
    "and": _logical(casadi.logic_and, np.bitwise_and),
    "or": _logical(casadi.logic_or, np.bitwise_or),
    "xor": _logical(operator.ne, np.bitwise_xor),
    "not": _logical(casadi.logic_not, np.bitwise_not),
    "select_n": _select_n,
    "convert_element_type": _convert,
}
