"""Residuals of the optimality conditions: those of the transcribed problem and those of the continuous problem."""

from functools import lru_cache

import casadi as ca
import numpy as np

from hoverslam.ocp.checks.costates import costates, hamiltonian_without_drift, held_states
from hoverslam.ocp.solution import Costates, PhaseSolution, Solution
from hoverslam.ocp.statement.mesh import differentiation_matrix, interpolation_matrix, radau_points
from hoverslam.ocp.transcription.programme import Programme
from hoverslam.ocp.verification import Optimality

EXTRA = 2  # the costate equation is evaluated at this many points more than the interval has


def optimality(solution: Solution) -> Optimality:
    """Return the residuals of a converged solution; NaN for one that did not converge."""
    if not solution.converged:
        return Optimality(*[np.nan] * 4)
    programme = solution.programme
    residual = stationarity(programme, solution)
    size = max(1.0, float(np.max(np.abs(solution.dual), initial=0.0)))
    ends = np.concatenate(
        [np.concatenate([lay.states[0], lay.states[-1], lay.times]) for lay in programme.layouts.values()]
        + [programme.free_indices]
    )
    worst_costate, worst_hamiltonian = 0.0, np.nan
    for name, part in solution.phases.items():
        found = costates(solution, name)
        worst_costate = max(worst_costate, _costate_residual(programme, solution, part, found))
        conserved = hamiltonian_without_drift(solution, part, found)
        if conserved is not None:
            spread = float(np.ptp(conserved)) / max(float(np.max(found.terms)), 1e-300)
            worst_hamiltonian = float(np.fmax(worst_hamiltonian, spread))
    return Optimality(
        float(np.max(np.abs(residual))) / size,
        float(np.max(np.abs(residual[ends]), initial=0.0)) / size,
        worst_costate,
        worst_hamiltonian,
    )


def stationarity(programme: Programme, solution: Solution) -> np.ndarray:
    """Return the gradient of the scaled Lagrangian ``(variables,)``; zero for fixed variables, whose multiplier is free."""
    with programme.problem.holding(solution.values):
        p = programme.parameter_vector()
        lower, upper = programme.variable_bounds(programme.problem.values)
    gradient = np.asarray(programme.functions["grad_f"](solution.primal, p)[1]).ravel()
    jacobian = programme.functions["jac_g"](solution.primal, p)[1].sparse()
    total = gradient + jacobian.T @ solution.dual + solution.bound_dual
    return np.where(lower == upper, 0.0, total)


def _costate_residual(programme: Programme, solution: Solution, part: PhaseSolution, found: Costates) -> float:
    """Return the worst error of the costate equation between nodes, estimated like that of the states.

    Intervals in which a limit on the states alone is active are left out, because costates jump there.
    """
    problem, phase, mesh = solution.problem, part.phase, part.mesh
    adjoint = _adjoint(programme.local[phase.name].rates)
    with problem.holding(solution.values):
        q = programme.inputs(phase.name)
    free = np.array([solution.parameters[v.name] for v in problem.free])
    sizes = np.max(np.abs(found.costate), axis=0)
    sizes = np.where(sizes > 1e-12 * np.max(sizes), sizes, np.inf)
    skipped, worst = held_states(solution, phase.name), 0.0
    for count, intervals in mesh.by_count():
        own, finer = radau_points(count), radau_points(min(count + EXTRA, 20))
        integrate = np.linalg.inv(differentiation_matrix(len(finer))[:, 1:])
        onto = interpolation_matrix(own, finer)
        kept = intervals[~skipped[intervals]]
        if not len(kept):
            continue
        at = mesh.starts[kept][:, None] + np.arange(count)
        p = np.einsum("mk,ikn->imn", onto, found.costate[at + 1])
        mu = np.einsum("mk,ikn->imn", onto, found.path[at])
        x, u = part.sample_local(np.repeat(kept, len(finer)), np.tile(finer, len(kept)))
        steps = (mesh.widths * part.duration)[kept]
        times = part.edge_times[kept][:, None] + steps[:, None] * finer
        each = (p.reshape(x.shape).T, mu.reshape(len(x), mu.shape[2]).T)
        slope = np.asarray(adjoint(x.T, u.T, q, free, times.reshape(1, -1), *each)).T.reshape(p.shape)
        start = np.einsum("mk,ikn->imn", interpolation_matrix(own, np.zeros(1)), found.costate[at + 1])
        misfit = p - (start - steps[:, None, None] * np.einsum("mk,ikn->imn", integrate, slope))
        worst = max(worst, float(np.max(np.abs(misfit) / sizes, initial=0.0)))
    return worst


@lru_cache(maxsize=64)
def _adjoint(rates: ca.Function) -> ca.Function:
    """Return ``(x, u, q, free, t, costate, path multiplier) -> minus the rate of the costate``; it is built once."""
    symbols = [ca.SX.sym(f"a{i}", rates.size1_in(i)) for i in range(5)]
    f, c = rates(*symbols)
    p, mu = ca.SX.sym("p", f.shape[0]), ca.SX.sym("mu", c.shape[0])
    # A bound's derivative is minus the Lagrangian's multiplier, so the constraint enters with a minus sign.
    total = ca.jtimes(f, symbols[0], p, True) - (ca.jtimes(c, symbols[0], mu, True) if c.shape[0] else 0.0)
    return ca.Function("adjoint", [*symbols, p, mu], [total])
