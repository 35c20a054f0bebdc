"""Estimate of the error of the objective: what the mesh, the control and tolerated violations may have cost.

The estimate is the sum of four first-order terms, each zero at an optimum of the continuous problem:

- *control*: the integral over time of how much a better control at the same state would lower the Hamiltonian (Pontryagin's
  principle). For a convex problem it bounds the distance to the optimum; see Polak, Optimization, 1997, section 4.2.
  Intervals in and beside which a limit on the states alone is active are left out: the limit sets the control there, and
  the costates jump at nodes.
- *nodes*: what moving the edges of the mesh by half an interval would gain. The derivative of the objective to the time of
  an edge is the jump of the Hamiltonian there (Betts, Practical Methods for Optimal Control, 2010, section 4.7).
- *dynamics*: the defect of the equations of motion between nodes, weighted by the costate (Becker and Rannacher, Acta
  Numerica 10, 2001, equation 2.23).
- *limits*: violations between nodes, weighted by the multipliers of the limits.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import casadi as ca
import numpy as np

from hoverslam.ocp.checks.costates import costates, hamiltonian_without_drift, held_states
from hoverslam.ocp.checks.mesh_error import BETWEEN, PhaseError, limits_of
from hoverslam.ocp.solution import Costates, PhaseSolution, Solution
from hoverslam.ocp.statement.mesh import barycentric_weights, interpolation_matrix, radau_points, radau_weights
from hoverslam.ocp.verification import ObjectiveError

POINTS = 12  # quadrature points of an interval; the integrand has kinks where a better control jumps
FROM_ELSEWHERE = 12  # controls of other times of the phase that are tried at each point
MOST_CORNERS = 4  # controls of which all combinations of bounds are tried; of more controls each bound alone is
CLOSE = 1e-3  # of its bound: a path constraint that is nearer is not approached by a Newton step
STEPS = (1.0, 0.5, 0.25, 0.0625)  # shares of a Newton step of the Hamiltonian that are tried
LEAST = 1e-2  # of the change of the objective that the solver's scaling makes one: an objective may be zero
SAFE = 2.0  # price of a violation by a tried control, over the largest multiplier of the limit


@dataclass(frozen=True)
class _Points:
    """Quadrature points of a phase, all flat ``(n, ...)``: interval, step weight (s), and what holds there."""

    interval: np.ndarray
    weight: np.ndarray
    times: np.ndarray
    states: np.ndarray
    slopes: np.ndarray
    controls: np.ndarray
    costates: np.ndarray


def objective_error(solution: Solution) -> ObjectiveError:
    """Return the estimate for a converged solution, in the unit of the objective; NaN for one that did not converge."""
    if not solution.converged:
        return ObjectiveError.unknown()
    return _sum([interval_errors(solution, name) for name in solution.phases], solution)


def with_objective(
    errors: Mapping[str, PhaseError], solution: Solution, tolerance: float
) -> tuple[dict[str, PhaseError], ObjectiveError]:
    """Return the errors of a converged solution with those of its objective, and the estimate for the whole.

    The errors of the objective are left at zero where their relative sum is within ``tolerance``.
    """
    parts = {name: interval_errors(solution, name) for name in solution.phases}
    whole = _sum(list(parts.values()), solution)
    if not whole.relative > tolerance:
        return dict(errors), whole
    count = sum(len(part.total) for part in parts.values())
    each = {name: count * part.total / whole.size for name, part in parts.items()}
    return {name: replace(errors[name], objective=each[name]) for name in parts}, whole


def _sum(parts: list["IntervalErrors"], solution: Solution) -> ObjectiveError:
    programme = solution.programme
    size = max(abs(solution.objective), LEAST * programme.enlargement / programme.objective_scale)
    control, nodes, dynamics, limits = (
        float(sum(np.sum(getattr(part, what)) for part in parts)) for what in ("control", "nodes", "dynamics", "limits")
    )
    return ObjectiveError(control, nodes, dynamics, limits, size)


@dataclass(frozen=True)
class IntervalErrors:
    """Contributions of each interval of a phase to the error of the objective ``(intervals,)``, in its unit.

    Attributes:
        control, nodes, dynamics, limits: See the module.
    """

    control: np.ndarray
    nodes: np.ndarray
    dynamics: np.ndarray
    limits: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """Sum of the contributions ``(intervals,)``."""
        return self.control + self.nodes + self.dynamics + self.limits


def interval_errors(solution: Solution, phase: str) -> IntervalErrors:
    """Return the contributions of each interval of a phase of a converged solution."""
    part, found = solution[phase], costates(solution, phase)
    count = part.mesh.intervals
    if not part.duration > 0.0:
        return IntervalErrors(*np.zeros((4, count)))
    with solution.problem.holding(solution.values):
        model = _Model(solution, part, found)
        points = _points(part, found)
        rates = model.rates(points, points.controls)[0]
        defect = points.weight * np.einsum("nk,nk->n", points.costates, points.slopes - rates)
        gain = points.weight * model.gain(points) * ~held_states(solution, phase)[points.interval]
        limits = _limits(solution, part)
    steps = part.mesh.widths * part.duration
    return IntervalErrors(
        np.bincount(points.interval, gain, count),
        _nodes(solution, part, found, steps),
        np.abs(np.bincount(points.interval, defect, count)),
        limits,
    )


def _points(part: PhaseSolution, found: Costates) -> _Points:
    """Return the quadrature points of all intervals, with costates from the collocation points of their interval."""
    mesh, pieces = part.mesh, []
    local, weights = radau_points(POINTS), radau_weights(POINTS)
    for count, intervals in mesh.by_count():
        own = radau_points(count)
        nodes = np.concatenate([[0.0], own])
        at = mesh.starts[intervals][:, None] + np.arange(count)
        p = np.einsum("mk,ikn->imn", interpolation_matrix(own, local), found.costate[at + 1])
        slope = interpolation_matrix(nodes, local) @ _differentiation(nodes)
        steps = (mesh.widths * part.duration)[intervals]
        x_dot = (
            np.einsum("mk,ikn->imn", slope, part.states[mesh.state_indices(intervals, count)]) / steps[:, None, None]
        )
        each = np.repeat(intervals, POINTS)
        x, u = part.sample_local(each, np.tile(local, len(intervals)))
        times = part.edge_times[intervals][:, None] + steps[:, None] * local
        pieces.append(
            (each, np.outer(steps, weights).ravel(), times.ravel(), x, x_dot.reshape(x.shape), u, p.reshape(x.shape))
        )
    return _Points(*(np.concatenate(arrays) for arrays in zip(*pieces, strict=True)))


def _differentiation(nodes: np.ndarray) -> np.ndarray:
    """Return the square matrix from values at ``nodes`` to derivatives at them."""
    weights = barycentric_weights(nodes)
    gaps = nodes[:, None] - nodes[None, :]
    np.fill_diagonal(gaps, 1.0)
    matrix = weights[None, :] / weights[:, None] / gaps
    np.fill_diagonal(matrix, 0.0)
    np.fill_diagonal(matrix, -matrix.sum(axis=1))
    return np.asarray(matrix)


class _Model:
    """The Hamiltonian of a phase, to be minimised over the controls that may jump."""

    def __init__(self, solution: Solution, part: PhaseSolution, found: Costates):
        problem, self.part = solution.problem, part
        self.sense = problem.sense
        local = solution.programme.local[part.phase.name]
        self.local, self.fast = local.rates, local.code.functions["rates"]
        self.q = solution.programme.inputs(part.phase.name)
        self.free = np.array([solution.parameters[v.name] for v in problem.free])
        self.lower, self.upper = part.phase.controls.bounds(solution.values)
        self.path = np.array([c.bounds(solution.values) for c in part.phase.path]).reshape(-1, 2)
        self.price = SAFE * np.max(np.abs(found.path), axis=0, initial=0.0)
        # The rate of these controls is limited or has a cost: they cannot jump to another value.
        slow = [v.rate is not None or v.roughness is not None for v in part.phase.controls.variables]
        smoothed = solution.programme.smoothing > 0.0 and part.mesh.control_degree == 1
        self.jumps = np.zeros(part.phase.controls.length, dtype=bool)
        for variable, held in zip(part.phase.controls.variables, slow, strict=True):
            self.jumps[part.phase.controls.slices[variable.name]] = not (held or smoothed)

    def rates(self, at: _Points, controls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return state rates ``(n, nx)`` and path constraints ``(n, path)`` with other controls at the same states."""
        f, c = self.fast(at.states.T, controls.T, self.q, self.free, at.times[None, :])
        return np.asarray(f).T, np.asarray(c).T.reshape(len(at.times), -1)

    def cost(self, at: _Points, controls: np.ndarray, allowed: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Return the Hamiltonian with the price of violations beyond the ``allowed`` ones, and the violations."""
        f, c = self.rates(at, controls)
        value = self.sense * np.einsum("nk,nk->n", at.costates, f)
        excess = np.maximum(np.maximum(self.path[:, 0] - c, c - self.path[:, 1]), 0.0)
        if allowed is not None:
            value = value + np.maximum(excess - allowed, 0.0) @ self.price
        return np.where(np.isfinite(value), value, np.inf), excess

    def gain(self, at: _Points) -> np.ndarray:
        """Return by how much the best of the tried controls lowers the Hamiltonian at each point ``(n,)``."""
        if not np.any(self.jumps):
            return np.zeros(len(at.times))
        now, allowed = self.cost(at, at.controls, None)
        best, control = now.copy(), at.controls.copy()
        for tried in self._tried(at):
            value, _ = self.cost(at, tried, allowed)
            better = value < best
            best[better], control[better] = value[better], tried[better]
        for tried in self._newton(at, at.controls):
            best = np.minimum(best, self.cost(at, tried, allowed)[0])
        return now - best

    def _tried(self, at: _Points) -> Iterator[np.ndarray]:
        """Yield controls at all points: bounds, and the controls of other times of the phase."""
        free = np.flatnonzero(self.jumps)
        bounded = [j for j in free if np.isfinite(self.lower[j]) and np.isfinite(self.upper[j])]
        single = [(j,) for j in free]
        for columns in single if len(bounded) > MOST_CORNERS or not bounded else [*single, tuple(bounded)]:
            ends = [[b for b in (self.lower[j], self.upper[j]) if np.isfinite(b)] for j in columns]
            for corner in np.array(np.meshgrid(*ends)).reshape(len(columns), -1).T:
                tried = at.controls.copy()
                tried[:, list(columns)] = corner
                yield tried
        known = self.part.controls
        for k in np.unique(np.linspace(0, len(known) - 1, min(FROM_ELSEWHERE, len(known))).astype(int)):
            tried = at.controls.copy()
            tried[:, free] = np.clip(known[k, free], self.lower[free], self.upper[free])
            yield tried

    def _newton(self, at: _Points, controls: np.ndarray) -> Iterator[np.ndarray]:
        """Yield shares of a Newton step of the Hamiltonian along the active path constraints."""
        free, (first, second) = np.flatnonzero(self.jumps), _derivatives(self.local)
        n, nu = controls.shape
        inputs = (at.states.T, controls.T, self.q, self.free, at.times[None, :], self.sense * at.costates.T)
        gradient, slopes, c = (np.asarray(v) for v in first(*inputs))
        g = gradient.T[:, free]
        a = slopes.reshape(len(self.path), n, nu).transpose(1, 0, 2)[:, :, free]
        a = a * self._active(c.T.reshape(n, -1))[:, :, None]
        multipliers = -np.einsum("npk,nk->np", np.linalg.pinv(a.transpose(0, 2, 1)), g)
        h = np.asarray(second(*inputs, multipliers.T)).reshape(nu, n, nu).transpose(1, 0, 2)[:, free][:, :, free]
        step = _steps(g, h, a)
        for share in STEPS:
            tried = controls.copy()
            tried[:, free] = np.clip(tried[:, free] + share * step, self.lower[free], self.upper[free])
            yield tried

    def _active(self, c: np.ndarray) -> np.ndarray:
        """Return which path constraints ``(n, path)`` are so near a bound that a step must not approach it."""
        size = np.max(np.where(np.isfinite(self.path), np.abs(self.path), 0.0), axis=1, initial=0.0)
        close = CLOSE * np.where(size > 0.0, size, np.max(np.abs(c), axis=0, initial=0.0))
        return np.minimum(c - self.path[:, 0], self.path[:, 1] - c) < close


@lru_cache(maxsize=64)
def _derivatives(rates: ca.Function) -> tuple[ca.Function, ca.Function]:
    """Return first derivatives by the controls of Hamiltonian and path constraints, and second ones of their sum.

    They are built once for the rates of a kind of phase.
    """
    symbols = [ca.SX.sym(f"a{i}", rates.size1_in(i)) for i in range(5)]
    f, c = rates(*symbols)
    p, mu, u = ca.SX.sym("p", f.shape[0]), ca.SX.sym("mu", c.shape[0]), symbols[1]
    slopes = ca.densify(ca.jacobian(c, u)) if c.shape[0] else ca.SX(0, u.shape[0])
    curved = ca.densify(ca.hessian(ca.dot(p, f) + ca.dot(mu, c), u)[0])
    return (
        ca.Function("first", [*symbols, p], [ca.densify(ca.jtimes(f, u, p, True)), slopes, ca.densify(c)]),
        ca.Function("second", [*symbols, p, mu], [curved]),
    )


def _steps(g: np.ndarray, h: np.ndarray, a: np.ndarray) -> np.ndarray:
    """Return Newton steps ``(n, nu)`` to lower a function along the null space of constraints.

    Args:
        g: Gradients ``(n, nu)``.
        h: Second derivatives ``(n, nu, nu)``. Negative curvature counts as positive, so that the function falls.
        a: Slopes of the constraints ``(n, m, nu)``; rows of zeros constrain nothing.
    """
    along = np.eye(g.shape[1]) - np.linalg.pinv(a) @ a
    bent = along @ h @ along
    if not np.all(np.isfinite(bent)):
        return np.zeros_like(g)
    values, vectors = np.linalg.eigh(0.5 * (bent + bent.transpose(0, 2, 1)))
    values = np.abs(values)
    kept = values > 1e-9 * np.max(values, axis=1, keepdims=True, initial=0.0)
    inverse = np.where(kept, 1.0 / np.where(kept, values, 1.0), 0.0)
    step = np.einsum("nij,nj,nkj,nlk,nl->ni", vectors, inverse, vectors, along, g)
    return -np.einsum("nij,nj->ni", along, step)


def _nodes(solution: Solution, part: PhaseSolution, found: Costates, steps: np.ndarray) -> np.ndarray:
    """Return what moving each edge by half the shorter interval beside it would gain, by the interval before it."""
    gain, mesh = np.zeros(part.mesh.intervals), part.mesh
    conserved = hamiltonian_without_drift(solution, part, found)
    if conserved is None:
        return gain
    mean = np.bincount(mesh.interval_of, conserved * mesh.weights) / mesh.widths
    gain[:-1] = np.abs(np.diff(mean)) * 0.5 * np.minimum(steps[:-1], steps[1:])
    return gain


def _limits(solution: Solution, part: PhaseSolution) -> np.ndarray:
    """Return the worst violation of each limit in each interval times the multipliers of that limit there, summed."""
    mesh, lay = part.mesh, solution.programme.layouts[part.phase.name]
    count, local = mesh.intervals, np.linspace(0.0, 1.0, BETWEEN)
    each = np.repeat(np.arange(count), BETWEEN)
    x, u = part.sample_local(each, np.tile(local, count))
    times = (part.edge_times[:-1, None] + (mesh.widths * part.duration)[:, None] * local).ravel()
    programme, problem = solution.programme, solution.problem
    q = programme.inputs(part.phase.name)
    free = np.array([solution.parameters[v.name] for v in problem.free])
    c = np.asarray(programme.local[part.phase.name].rates(x.T, u.T, q, free, times[None, :])[1]).T
    rows = np.abs(solution.dual * programme.row_scale / programme.objective_scale)
    bounds = np.abs(solution.bound_dual / programme.scale / programme.objective_scale)
    prices = {c.name: _by_interval(part, rows[lay.path[:, j]]) for j, c in enumerate(part.phase.path)}
    for j, label in enumerate(part.phase.controls.labels()):
        prices[label] = _by_interval(part, bounds[lay.controls[:, j]])
    for j, label in enumerate(part.phase.states.labels()):
        prices[label] = _by_interval(part, bounds[lay.states[1:, j]])
    x, u, c = (a.reshape(count, BETWEEN, -1) for a in (x, u, c.reshape(len(x), -1)))
    lost = np.zeros(count)
    for name, low, high, _, values in limits_of(solution, part, x, u, c):
        lost += prices[name] * np.maximum(np.max(np.maximum(low - values, values - high), axis=1), 0.0)
    return lost


def _by_interval(part: PhaseSolution, multipliers: np.ndarray) -> np.ndarray:
    """Return the sum of multipliers at the nodes of each interval, both ends included."""
    if len(multipliers) == part.mesh.intervals + 1:
        return multipliers[:-1] + multipliers[1:]
    inside = np.bincount(part.mesh.interval_of, multipliers, part.mesh.intervals)
    ends = multipliers[part.mesh.starts[1:-1] - 1]
    return inside + np.concatenate([[0.0], ends])
