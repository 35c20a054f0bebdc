"""Transfer of a solution to another mesh: variables are sampled, multipliers are transferred as densities in time.

A multiplier of a row at a collocation point is the continuous multiplier times the quadrature weight of the point. Their
quotient does not depend on the mesh. Rows without a counterpart (control rates, smoothness) start from zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hoverslam.ocp.solution import PhaseSolution, Solution
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.phase import Guess
from hoverslam.ocp.transcription.frame import PhaseLayout
from hoverslam.ocp.transcription.programme import Programme


@dataclass(frozen=True)
class Start:
    """The start of IPOPT: scaled variables, and multipliers of bounds and rows if known."""

    x: np.ndarray
    bound_multipliers: np.ndarray | None = None
    row_multipliers: np.ndarray | None = None


def guess_from(part: PhaseSolution, mesh: Mesh | None = None) -> Guess:
    """Return a solved phase as a guess, sampled at its own nodes or at those of ``mesh``."""
    if mesh is None:
        times = np.unique(np.concatenate([part.node_times, part.edge_times]))
    else:
        nodes = np.unique(np.concatenate([mesh.state_nodes, mesh.control_nodes]))
        times = part.time[0] + nodes * part.duration
    states, controls = part.sample(times)
    return Guess(times, states, controls)


def carried(solution: Solution, programme: Programme, guesses: Mapping[str, Guess]) -> Start:
    """Return ``solution`` as a start for ``programme``, whose variables are sampled from ``guesses``."""
    old = solution.programme
    rows_physical = solution.dual * old.row_scale / old.objective_scale
    bounds_physical = solution.bound_dual / old.scale / old.objective_scale
    rows, bounds = np.zeros(programme.rows), np.zeros(programme.size)
    for name, lay in programme.layouts.items():
        before = old.layouts[name]
        for target, source in ((lay.defects, before.defects), (lay.path, before.path)):
            _densities(rows, target, lay, rows_physical, source, before)
        _densities(bounds, lay.states[1:], lay, bounds_physical, before.states[1:], before)
        for node in (0, -1):  # ends have multipliers of their own
            bounds[lay.states[node]] = bounds_physical[before.states[node]]
        if lay.controls.size and lay.mesh.control_degree is None and before.mesh.control_degree is None:
            _densities(bounds, lay.controls, lay, bounds_physical, before.controls, before)
        bounds[lay.times[[0, -1]]] = bounds_physical[before.times[[0, -1]]]
    bounds[programme.free_indices] = bounds_physical[old.free_indices]
    rows[programme.rows_before_boundary :] = rows_physical[old.rows_before_boundary :]
    return Start(
        programme.pack(guesses),
        bounds * programme.scale * programme.objective_scale,
        rows * programme.objective_scale / programme.row_scale,
    )


def _densities(
    new: np.ndarray, target: np.ndarray, lay: PhaseLayout, old: np.ndarray, source: np.ndarray, before: PhaseLayout
) -> None:
    """Set ``new[target]`` from ``old[source]``, both ``(points, n)``, per quadrature weight."""
    nodes, known = lay.mesh.state_nodes[1:], before.mesh.state_nodes[1:]
    for j in range(target.shape[1]):
        density = old[source[:, j]] / before.mesh.weights
        new[target[:, j]] = np.interp(nodes, known, density) * lay.mesh.weights
