"""Rules of reductions, cumulative operations and products."""

import math
import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import casadi
import numpy as np
from jax.extend import core

from hoverslam.ocp.transcription.rules.values import (
    Result,
    Rule,
    Value,
    Walk,
    column_of,
    entries_at,
    matrix_of,
    positions_of,
    take,
)


def _lanes(value: Value, axes: Sequence[int]) -> tuple[casadi.SX, int]:
    """Return the entries as a matrix with one row per kept position and one column per reduced one, and their number."""
    kept = [axis for axis in range(len(value.shape)) if axis not in axes]
    length = math.prod(value.shape[axis] for axis in axes)
    positions = positions_of(value.shape).transpose([*axes, *kept])
    column = entries_at(column_of(value), positions)
    return casadi.reshape(column, math.prod(value.shape[axis] for axis in kept), length), length


def _reduction(combine: Callable[..., Any], start: float, numeric: Any) -> Rule:
    """Return the rule of a reduction over axes, from left to right."""

    def rule(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
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
    """Return the rule of the position of the first extreme entry along one axis, found by comparing in turn."""

    def rule(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
        best, *others = casadi.horzsplit(_lanes(values[0], tuple(equation.params["axes"]))[0])
        place = casadi.SX(casadi.DM.zeros(best.rows(), 1))
        for k, other in enumerate(others, start=1):
            better = exceeds(other, best)
            place = casadi.if_else(better, k, place, False)
            best = casadi.if_else(better, other, best, False)
        return [place]

    return rule


def _cumulative(combine: Callable[..., Any]) -> Rule:
    """Return the rule of a cumulative operation along one axis."""

    def rule(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
        (value,) = values
        axis, reverse = equation.params["axis"], equation.params["reverse"]
        lanes, length = _lanes(value, (axis,))
        steps = casadi.horzsplit(lanes)[:: -1 if reverse else 1]
        for k in range(1, length):
            steps[k] = combine(steps[k - 1], steps[k])
        moved = np.moveaxis(positions_of(value.shape), axis, 0)  # entry of the result held by each entry of the steps
        return [entries_at(casadi.vertcat(*steps[:: -1 if reverse else 1]), np.argsort(moved.ravel()))]

    return rule


def _dot_general(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Return the product summed over the contracted axes, one matrix product per batch entry."""
    (left_sum, right_sum), (left_batch, right_batch) = equation.params["dimension_numbers"]
    left, right = values
    left_free = [k for k in range(len(left.shape)) if k not in (*left_sum, *left_batch)]
    right_free = [k for k in range(len(right.shape)) if k not in (*right_sum, *right_batch)]
    batch, summed = (math.prod(left.shape[k] for k in axes) for axes in (left_batch, left_sum))
    rows, columns = (math.prod(v.shape[k] for k in free) for v, free in ((left, left_free), (right, right_free)))
    left_order = positions_of(left.shape).transpose([*left_batch, *left_free, *left_sum]).reshape(batch, rows, summed)
    right_order = positions_of(right.shape).transpose([*right_batch, *right_sum, *right_free])
    right_order = right_order.reshape(batch, summed, columns)
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        return [np.matmul(left.reshape(-1)[left_order], right.reshape(-1)[right_order])]
    products = [
        casadi.mtimes(matrix_of(take(left, left_order[k])), matrix_of(take(right, right_order[k])))
        for k in range(batch)
    ]
    return [casadi.vertcat(*[casadi.vec(casadi.densify(product).T) for product in products])]


REDUCTIONS: dict[str, Rule] = {
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
}
