"""Derivatives of an optimum by all given values, from the optimality conditions; nothing is solved again.

The derivative of the optimal objective by a parameter is the derivative of the Lagrangian. The derivative of any other
output needs the derivative of the solution, which follows from the implicit function theorem. The optimality conditions
with the active limits fixed are factorised once for all parameters (Fiacco 1983; Pirnay, Lopez-Negrete and Biegler 2012).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import casadi as ca
import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from hoverslam.ocp.solution import Solution
from hoverslam.ocp.solving.solver import restated_programme
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.programme import Programme


def objective_derivatives(solution: Solution) -> dict[str, float]:
    """Return the derivative of the optimal objective by each given parameter and setting, in their units.

    Raises:
        ValueError: If the solution did not converge.
    """
    programme = _converged(solution)
    with programme.problem.holding(solution.values):
        p = programme.parameter_vector()
        slope = np.asarray(_lagrangian(programme)(solution.primal, p, solution.dual)[0]).ravel()
        given = slope @ programme.parameter_jacobian()
        moved = _moved_bounds(programme, solution.values)
        bounds, rows = _multipliers(programme, solution, p)
    total = dict.fromkeys(solution.values, 0.0) | dict(zip(programme.problem.given, given, strict=True))
    for name, (lower, upper, low, high) in moved.items():
        total[name] -= _pull(bounds, lower, upper) + _pull(rows, low, high)
    factor = programme.problem.sense / programme.objective_scale
    return {name: float(factor * value) for name, value in total.items()}


def restated_objective(solution: Solution, problem: Problem, known: "Stated | None" = None) -> float:
    """Return the optimal objective of a slightly different statement of the solved problem, to first order.

    This is the Lagrangian of the other statement at this solution, with the changes of its bounds. A literal in a
    statement (a limit, a target) can therefore be varied without solving again. Half the difference of two such values is
    a central difference of the Lagrangian. Its error comes from the curvature of the statement, not from that of the
    optimum.

    Args:
        solution: A converged solution.
        problem: A problem with the same phases, variables and constraints in the same order.
        known: What was computed for the solution before.

    Raises:
        ValueError: If the solution did not converge, or the statements are not alike.
    """
    programme, other = _converged(solution), restated_programme(solution, problem)
    after = _values(other, solution, other.parameter_vector()), other.bounds(problem.values)
    before = known or Stated.of(solution)
    with np.errstate(invalid="ignore"):
        moves = [np.nan_to_num(new - old) for new, old in zip(after[1], before.limits, strict=True)]
    change = after[0] - before.value - _pull(before.bounds, moves[0], moves[1]) - _pull(before.rows, moves[2], moves[3])
    return solution.objective + programme.problem.sense / programme.objective_scale * change


@dataclass(frozen=True)
class Stated:
    """What other statements of a solved problem are compared with.

    Attributes:
        value: The Lagrangian without the bounds, scaled.
        limits: Lower and upper bounds of the variables, then of the rows.
        bounds: Multipliers of the variables.
        rows: Multipliers of the rows.
    """

    value: float
    limits: tuple[np.ndarray, ...]
    bounds: np.ndarray
    rows: np.ndarray

    @classmethod
    def of(cls, solution: Solution) -> "Stated":
        """Return it for a converged solution."""
        programme = _converged(solution)
        with programme.problem.holding(solution.values):
            own = programme.parameter_vector()
            value, limits = _values(programme, solution, own), programme.bounds(solution.values)
            return cls(value, limits, *_multipliers(programme, solution, own))


def _values(programme: Programme, solution: Solution, p: np.ndarray) -> float:
    """Return the Lagrangian at the solution, without the bounds."""
    f, g = programme.functions["nlp"](solution.primal, p)
    return float(f) + float(solution.dual @ np.asarray(g).ravel())


def output_derivatives(
    solution: Solution, outputs: Mapping[str, Callable[[Named, Named], Any]]
) -> dict[str, dict[str, float]]:
    """Return the derivative of each output by each given parameter and setting.

    Args:
        solution: A converged solution.
        outputs: Scalar functions of ``(ends, parameters)``, as objectives are, by name.

    Returns:
        ``{output: {parameter: derivative}}``.

    Raises:
        ValueError: If the solution did not converge.
    """
    programme = _converged(solution)
    problem = programme.problem
    with problem.holding(solution.values):
        p = programme.parameter_vector()
        system = _System(programme, solution, p)
        jacobian = programme.parameter_jacobian()
        moved = _moved_bounds(programme, solution.values)
        directions = {}
        for i, name in enumerate(solution.values):
            dp = jacobian[:, i] if i < len(problem.given) else np.zeros(len(p))
            directions[name] = system.direction(dp, moved.get(name))
        given = np.array(list(problem.given.values()))
        at = programme.scale * solution.primal
    found: dict[str, dict[str, float]] = {}
    for label, output in outputs.items():
        by_ends, by_given = jax.grad(programme.of_ends(output), argnums=(0, 1))(at[programme.end_indices], given)
        found[label] = {}
        for i, name in enumerate(solution.values):
            along = (programme.scale * directions[name])[programme.end_indices]
            direct = float(by_given[i]) if i < len(problem.given) else 0.0
            found[label][name] = float(np.asarray(by_ends) @ along) + direct
    return found


def output_covariance(solution: Solution, outputs: Mapping[str, Callable[[Named, Named], Any]]) -> np.ndarray:
    """Return the covariance ``(n, n)`` of ``n`` outputs of a fit whose objective is minus the logarithm of the probability.

    Near the optimum the probability is approximated by a Gaussian whose inverse covariance is the Hessian of the Lagrangian
    on the linearised constraints (Laplace's approximation). Each output needs one solve of the optimality conditions.

    Args:
        solution: A converged solution of a fit.
        outputs: Scalar functions of ``(ends, parameters)`` by name.

    Raises:
        ValueError: If the solution did not converge, or its objective is not minimised.
    """
    programme = _converged(solution)
    if programme.problem.sense < 0.0:
        raise ValueError(
            f"{programme.problem.name}: a maximised objective is no minus log-probability: it has no covariance"
        )
    with programme.problem.holding(solution.values):
        system = _System(programme, solution, programme.parameter_vector())
        given = np.array(list(programme.problem.given.values()))
        at = programme.scale * solution.primal
        functions = [programme.of_ends(output) for output in outputs.values()]
        together = jax.jit(jax.jacrev(lambda flat: jnp.stack([f(flat, given) for f in functions])))
        gradients, slopes = np.asarray(together(at[programme.end_indices])), np.zeros((len(outputs), programme.size))
        for row, gradient in zip(slopes, gradients, strict=True):
            np.add.at(row, programme.end_indices, gradient)
    slopes = (slopes * programme.scale)[:, system.loose]
    rows = np.zeros((len(system.active), len(outputs)))
    moves = system.factor.solve(np.vstack([slopes.T, rows]))[: len(system.loose)]
    covariance: np.ndarray = programme.objective_scale * slopes @ moves
    return 0.5 * (covariance + covariance.T)


def _converged(solution: Solution) -> Programme:
    if not solution.converged:
        raise ValueError(f"{solution.problem.name}: not converged ({solution.status}), so it has no derivatives")
    assert isinstance(solution.programme, Programme)
    return solution.programme


def _lagrangian(programme: Programme) -> ca.Function:
    """Return ``(x, p, lam) -> gradients of the Lagrangian by p and by x``, built once."""
    if "lagrangian" not in programme.functions:
        x, p, lam = (
            ca.MX.sym(n, size)
            for n, size in (("x", programme.size), ("p", len(programme.parameter_vector())), ("l", programme.rows))
        )
        f, g = programme.differentiable()(x, p)
        total = f + ca.dot(lam, g)
        programme.functions["lagrangian"] = ca.Function(
            "lagrangian", [x, p, lam], [ca.densify(ca.gradient(total, p)), ca.densify(ca.gradient(total, x))]
        )
    return programme.functions["lagrangian"]


def _moved_bounds(programme: Programme, values: Mapping[str, float]) -> dict[str, tuple[np.ndarray, ...]]:
    """Return the derivatives of all bounds by each given value that changes a bound.

    For each value: lower and upper bounds of the variables, lower and upper bounds of the rows.
    """
    base, moved = programme.bounds(values), {}
    for name, value in values.items():
        step = max(abs(value), 1.0)  # bounds are linear in the values they name: any step gives the exact slope
        changed = programme.bounds({**values, name: value + step})
        with np.errstate(invalid="ignore"):
            slopes = tuple(np.nan_to_num((new - old) / step) for new, old in zip(changed, base, strict=True))
        if any(np.any(s) for s in slopes):
            moved[name] = slopes
    return moved


def _multipliers(programme: Programme, solution: Solution, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return multipliers of variables (fixed ones included) and of rows."""
    lower, upper, _, _ = programme.bounds(solution.values)
    gradient = np.asarray(_lagrangian(programme)(solution.primal, p, solution.dual)[1]).ravel()
    return np.where(lower == upper, -gradient, solution.bound_dual), solution.dual


def _pull(multipliers: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """Return the sum of the changes of bounds times their multipliers; a negative one belongs to the lower bound."""
    return float(np.minimum(multipliers, 0.0) @ low + np.maximum(multipliers, 0.0) @ high)


class _System:
    """The optimality conditions with the active limits fixed, factorised once."""

    def __init__(self, programme: Programme, solution: Solution, p: np.ndarray):
        self.programme, self.x, self.p, self.lam = programme, solution.primal, p, solution.dual
        lower, upper, low, high = programme.bounds(solution.values)
        bounds, rows = _multipliers(programme, solution, p)
        self.bound_sides = _active(solution.primal, lower, upper, bounds)
        self.row_sides = _active(solution.row_values, low, high, rows)
        self.held, self.active = np.flatnonzero(self.bound_sides), np.flatnonzero(self.row_sides)
        self.loose = np.flatnonzero(self.bound_sides == 0)
        upper_half = programme.functions["hess_lag"](self.x, p, 1.0, self.lam).sparse()
        hessian = (upper_half + sp.triu(upper_half, 1).T).tocsc()
        self.jacobian = programme.functions["jac_g"](self.x, p)[1].sparse().tocsr()[self.active].tocsc()
        self.hessian = hessian
        a = self.jacobian[:, self.loose]
        matrix = sp.bmat(
            [[hessian[self.loose][:, self.loose], a.T], [a, -1e-14 * sp.eye(len(self.active))]], format="csc"
        )
        self.factor = splu(matrix)
        self.cross = self._cross()

    def _cross(self) -> ca.Function:
        programme = self.programme
        if "cross" not in programme.functions:
            x, lam = ca.MX.sym("x", programme.size), ca.MX.sym("l", programme.rows)
            p, dp = ca.MX.sym("p", len(self.p)), ca.MX.sym("dp", len(self.p))
            gradient = _lagrangian(programme)(x, p, lam)[1]
            g = programme.differentiable()(x, p)[1]
            out = [ca.densify(ca.jtimes(gradient, p, dp)), ca.densify(ca.jtimes(g, p, dp))]
            programme.functions["cross"] = ca.Function("cross", [x, p, lam, dp], out)
        return programme.functions["cross"]

    def direction(self, dp: np.ndarray, moved: tuple[np.ndarray, ...] | None) -> np.ndarray:
        """Return the change of the scaled variables per unit of a parameter: ``p`` by ``dp``, bounds by ``moved``."""
        gradient, rows = (np.asarray(v).ravel() for v in self.cross(self.x, self.p, self.lam, dp))
        step, target = np.zeros(self.programme.size), -rows[self.active]
        if moved is not None:
            lower, upper, low, high = moved
            step[self.held] = np.where(self.bound_sides > 0, upper, lower)[self.held]
            target = target + np.where(self.row_sides > 0, high, low)[self.active]
        first = -gradient[self.loose] - (self.hessian @ step)[self.loose]
        second = target - self.jacobian @ step
        step[self.loose] = self.factor.solve(np.concatenate([first, second]))[: len(self.loose)]
        return step


def _active(value: np.ndarray, low: np.ndarray, high: np.ndarray, multiplier: np.ndarray) -> np.ndarray:
    """Return -1, 1 or 0: active at the lower bound, at the upper one (equations included), or free."""
    up = (high - value < multiplier) | (low == high)
    return np.where(up, 1, np.where(value - low < -multiplier, -1, 0))
