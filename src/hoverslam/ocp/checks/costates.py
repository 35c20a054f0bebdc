"""Costates, path multipliers and the Hamiltonian of a solved phase, from the multipliers of the transcribed problem.

A costate is the derivative of the optimal objective, as stated, to the state at that time. The multiplier of a defect at
a collocation point is minus the costate times the point's quadrature weight (Garg et al., Automatica 46(11), 2010); that
of a path constraint is minus the derivative of the objective to its bound, per second, times weight and step.
"""

import casadi as ca
import numpy as np

from hoverslam.ocp.solution import Costates, PhaseSolution, Solution
from hoverslam.ocp.statement.mesh import differentiation_matrix, radau_weights
from hoverslam.ocp.transcription.programme import Programme


def local_weights(programme: Programme, phase: str) -> np.ndarray:
    """Return the quadrature weight of each collocation point as a fraction of its interval."""
    return np.concatenate([radau_weights(int(n)) for n in programme.layouts[phase].mesh.counts])


def costates(solution: Solution, phase: str) -> Costates:
    """Return the costates of a phase.

    Raises:
        ValueError: If the solution did not converge: its multipliers are then not those of an optimum.
    """
    if not solution.converged:
        raise ValueError(f"{solution.problem.name}: not converged ({solution.status}), so there are no costates")
    programme, problem = solution.programme, solution.problem
    lay, part = programme.layouts[phase], solution[phase]
    physical = problem.sense * solution.dual * programme.row_scale / programme.objective_scale
    weights = local_weights(programme, phase)
    defects = physical[lay.defects]
    inner = -defects / weights[:, None]
    first = int(part.mesh.counts[0])
    start = differentiation_matrix(first)[:, 0] @ defects[:first]
    with problem.holding(solution.values):
        q = programme.inputs(phase)
    free = np.array([solution.parameters[v.name] for v in problem.free])
    times = part.node_times[1:]
    u = part.sample_flat(times)[1]
    f = np.asarray(programme.local[phase].rates(part.states[1:].T, u.T, q, free, times[None, :])[0]).T
    steps = (part.mesh.widths * part.duration)[part.mesh.interval_of]
    return Costates(
        np.concatenate([start[None], inner]),
        np.einsum("kj,kj->k", inner, f),
        np.einsum("kj,kj->k", np.abs(inner), np.abs(f)),
        -physical[lay.path] / (weights * steps)[:, None],
    )


def hamiltonian_without_drift(solution: Solution, part: PhaseSolution, found: Costates) -> np.ndarray | None:
    """Return at each collocation point the Hamiltonian minus the integral of its derivative by time: constant at an optimum.

    None where the Hamiltonian of the record is not the whole one: with measurements along the phase, and with controls whose
    rate is limited or has a cost, which are states in truth.
    """
    phase, mesh, programme, problem = part.phase, part.mesh, solution.programme, solution.problem
    slow = any(v.rate is not None or v.roughness is not None for v in phase.controls.variables)
    smoothed = programme.smoothing > 0.0 and mesh.control_degree == 1
    if slow or smoothed or any(m.phase == phase.name for m in problem.measurements) or not part.duration > 0.0:
        return None
    if not phase.takes_time:
        return found.hamiltonian
    rates = programme.local[phase.name].rates
    symbols = [ca.SX.sym(f"a{i}", rates.size1_in(i)) for i in range(5)]
    p, mu = (ca.SX.sym(name, rates.size1_out(i)) for i, name in enumerate(("p", "mu")))
    f, c = rates(*symbols)
    # A bound's derivative is minus the Lagrangian's multiplier, so the constraint enters with a minus sign.
    total = ca.jtimes(ca.dot(p, f) - ca.dot(mu, c), symbols[4], 1.0)
    drift = ca.Function("drift", [*symbols, p, mu], [total])
    with problem.holding(solution.values):
        q = programme.inputs(phase.name)
    free = np.array([solution.parameters[v.name] for v in problem.free])
    times = part.node_times[1:]
    u = part.sample_flat(times)[1]
    slope = np.asarray(
        drift(part.states[1:].T, u.T, q, free, times[None, :], found.costate[1:].T, found.path.T)
    ).ravel()
    drifted, at = np.zeros(len(times)), 0.0
    for i, count in enumerate(mesh.counts):
        here = mesh.starts[i] + np.arange(count)
        step = mesh.widths[i] * part.duration
        drifted[here] = at + step * np.linalg.inv(differentiation_matrix(int(count))[:, 1:]) @ slope[here]
        at = drifted[here[-1]]
    return np.asarray(found.hamiltonian - drifted)


def held_states(solution: Solution, phase: str) -> np.ndarray:
    """Return the intervals in or beside which a limit on the states alone is active."""
    programme = solution.programme
    lay = programme.layouts[phase]
    mesh = lay.mesh
    held = np.any(np.abs(solution.bound_dual[lay.states[1:]]) > 1e-6, axis=1)
    held[-1] = False  # the end may be fixed by a boundary condition
    if lay.path.shape[1]:
        steered = set(programme.local[phase].rates.jac_sparsity(1, 1).row()) if lay.controls.size else set()
        alone = [j for j in range(lay.path.shape[1]) if j not in steered]
        held |= np.any(np.abs(solution.dual[lay.path[:, alone]]) > 1e-6, axis=1)
    intervals = np.bincount(mesh.interval_of, held, mesh.intervals) > 0
    return intervals | np.append(intervals[1:], False) | np.insert(intervals[:-1], 0, False)
