"""Rules of linear algebra: ``jnp.linalg.solve``, ``inv`` and ``det`` of small matrices, such as a tensor of inertia."""

from collections.abc import Sequence
from typing import Any

import casadi
import numpy as np
from jax.extend import core

from hoverslam.ocp.transcription.rules.values import (
    Result,
    Rule,
    Symbolic,
    Untranslatable,
    Value,
    Walk,
    column_of,
    matrix_of,
)

UNUSED = np.zeros(0)
MOST_UNKNOWNS = 400  # of one linear system: a system of symbols is solved entry by entry


def operands_of(equation: core.JaxprEqn) -> list[Any]:
    """Return the operands that the rule of an equation reads; the evaluator puts :data:`UNUSED` for the others."""
    if equation.primitive.name != "custom_linear_solve":
        return list(equation.invars)
    lengths = equation.params["const_lengths"]
    return [*equation.invars[: lengths.matvec], *equation.invars[sum(lengths) :]]


def _linear_solve(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Solve the system whose product with a vector the equation carries; the matrix is that of the product."""
    lengths, product = equation.params["const_lengths"], equation.params["jaxprs"].matvec
    constants, right_sides = values[: lengths.matvec], values[sum(lengths) :]
    sizes = [int(np.prod(side.shape)) for side in right_sides]
    count = sum(sizes)
    if count > MOST_UNKNOWNS:
        raise Untranslatable(f"has {count} unknowns: at most {MOST_UNKNOWNS} can be translated")
    ends = np.cumsum(sizes)[:-1]
    columns = []
    for unit in np.eye(count):
        parts = [part.reshape(side.shape) for part, side in zip(np.split(unit, ends), right_sides, strict=True)]
        columns.append(casadi.vertcat(*map(column_of, evaluator.run(product, [*constants, *parts]))))
    matrix = casadi.sparsify(casadi.horzcat(*columns))
    right = casadi.vertcat(*map(column_of, right_sides))
    known = matrix.is_constant()
    solution = casadi.SX(casadi.inv(casadi.evalf(matrix))) @ right if known else casadi.solve(matrix, right)
    return list(casadi.vertsplit(casadi.densify(solution), [0, *map(int, np.cumsum(sizes))]))


def _lu(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Return both triangles without exchange of rows: pivots that are zero give values that are not finite."""
    (value,) = values
    if len(value.shape) != 2 or value.shape[0] != value.shape[1]:
        raise Untranslatable("is translated for one square matrix")
    matrix, n = casadi.SX(matrix_of(value)), value.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            matrix[i, k] = matrix[i, k] / matrix[k, k]
            for j in range(k + 1, n):
                matrix[i, j] -= matrix[i, k] * matrix[k, j]
    return [Symbolic(casadi.vec(casadi.densify(matrix).T), value.shape), np.arange(n), np.arange(n)]


LINEAR_ALGEBRA: dict[str, Rule] = {"custom_linear_solve": _linear_solve, "lu": _lu}
