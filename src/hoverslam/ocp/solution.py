"""What a solve returns: the trajectory as named arrays, evaluated with the transcription's own interpolant."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from hoverslam.ocp.mesh import Mesh, interpolation_matrix, radau_points
from hoverslam.ocp.names import Named
from hoverslam.ocp.problem import Phase, Problem

if TYPE_CHECKING:
    from hoverslam.ocp.verify import Verification


@dataclass(frozen=True)
class PhaseSolution:
    """One phase's nodes.

    Attributes:
        phase, mesh: what was transcribed.
        time: ``(2,)`` start and end (s).
        states: ``(state nodes, nx)`` physical values.
        controls: ``(control nodes, nu)`` physical values.
    """

    phase: Phase
    mesh: Mesh
    time: np.ndarray
    states: np.ndarray
    controls: np.ndarray

    @property
    def duration(self) -> float:
        """Seconds from start to end."""
        return float(self.time[1] - self.time[0])

    @property
    def node_times(self) -> np.ndarray:
        """Times of the state nodes (s)."""
        return self.time[0] + self.mesh.state_nodes * self.duration

    def interval_states(self) -> np.ndarray:
        """States by interval, ``(intervals, points + 1, nx)``, each interval with its own start."""
        k = self.mesh.points
        return np.stack([self.states[i * k : i * k + k + 1] for i in range(self.mesh.intervals)])

    def interval_controls(self) -> np.ndarray:
        """Control coefficients by interval, ``(intervals, control nodes of an interval, nu)``."""
        return (
            self.controls[self.mesh.control_indices()] if self.controls.size else np.zeros((self.mesh.intervals, 1, 0))
        )

    def sample(self, times: np.ndarray) -> tuple[Named, Named]:
        """States and controls at ``times`` ``(n,)`` (s) by the transcription's own polynomials."""
        fractions = np.clip((np.asarray(times, dtype=float) - self.time[0]) / max(self.duration, 1e-300), 0.0, 1.0)
        edges = np.asarray(self.mesh.edges)
        interval = np.clip(np.searchsorted(edges, fractions, side="right") - 1, 0, self.mesh.intervals - 1)
        local = (fractions - edges[interval]) / self.mesh.widths[interval]
        x_nodes, u_nodes = np.concatenate([[0.0], radau_points(self.mesh.points)]), self.mesh.control_basis()
        x = np.einsum("tk,tkn->tn", interpolation_matrix(x_nodes, local), self.interval_states()[interval])
        blocks = self.interval_controls()[interval]
        weights = interpolation_matrix(u_nodes, local) if blocks.shape[2] else np.zeros((len(local), 1))
        u = np.einsum("tk,tkn->tn", weights, blocks)
        return self.phase.states.unflatten(x), self.phase.controls.unflatten(u)

    @property
    def initial(self) -> Named:
        """State at the start."""
        return self.phase.states.unflatten(self.states[0])

    @property
    def final(self) -> Named:
        """State at the end."""
        return self.phase.states.unflatten(self.states[-1])


@dataclass
class Solution:
    """A solved (or unsolved: look at ``converged``) problem.

    Attributes:
        problem: what was solved.
        status: the solver's own word, such as ``Solve_Succeeded``.
        converged: whether the solver met its tolerances.
        objective: value of the stated objective, in its unit.
        phases: trajectory by phase name.
        parameters: free and given parameters.
        iterations, seconds: solver effort over all mesh passes.
        passes: one record a mesh pass.
        worst_row: the constraint row violated most at the end: phase, what, amount over its size.
        boundary_scale: what each boundary row is multiplied by to be of the order of one.
        verification: filled by :func:`hoverslam.ocp.verify.verify`.
    """

    problem: Problem
    status: str
    converged: bool
    objective: float
    phases: dict[str, PhaseSolution]
    parameters: Named
    iterations: int
    seconds: float
    passes: list[dict[str, Any]] = field(default_factory=list)
    worst_row: tuple[str, str, float] = ("", "", 0.0)
    verification: "Verification | None" = None
    boundary_scale: np.ndarray | None = None
    primal: np.ndarray | None = None
    dual: np.ndarray | None = None

    def __getitem__(self, phase: str) -> PhaseSolution:
        return self.phases[phase]
