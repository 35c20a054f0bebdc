"""Costates, path multipliers and the Hamiltonian of a solved phase, from the multipliers of the transcribed problem.

A costate is the derivative of the optimal objective, as stated, to the state at that time. The multiplier of a defect at
a collocation point is minus the costate times the point's quadrature weight (Garg et al., Automatica 46(11), 2010); that
of a path constraint is minus the derivative of the objective to its bound, per second, times weight and step.
"""

import numpy as np

from hoverslam.ocp.solution import Costates, Solution
from hoverslam.ocp.statement.mesh import differentiation_matrix, radau_weights
from hoverslam.ocp.transcription.local import flat_inputs
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
        q = np.asarray(flat_inputs(problem, lay.phase, np.array(list(problem.given.values()))))
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
