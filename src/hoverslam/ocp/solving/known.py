"""Points known before a solve, in physical units: the meshes, variables and multipliers of a problem solved earlier.

Such a point does not depend on how the problem was scaled. It can be written to a file, and later start a solve of the same
problem, or of another one with the same phases, on its own meshes.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoverslam.ocp.solution import Solution
from hoverslam.ocp.solving.carry import Start
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.phase import Guess
from hoverslam.ocp.transcription.programme import Programme

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class KnownPoint:
    """A point of a transcribed problem in physical units.

    Attributes:
        meshes: Mesh of each phase, with knots at their solved times.
        guesses: States and controls of each phase at its nodes.
        free: Free parameters by name.
        rows: Multipliers of all rows, objective unit over unit of the row; None if they are not known.
        bounds: Multipliers of the bounds of all variables; None if they are not known.
        shape: Shape of the programme that the multipliers belong to, from :func:`shape_of`.
    """

    meshes: dict[str, Mesh]
    guesses: dict[str, Guess]
    free: dict[str, float]
    rows: FloatArray | None = None
    bounds: FloatArray | None = None
    shape: str = ""

    @classmethod
    def of(cls, solution: Solution) -> "KnownPoint":
        """Return the point of a solution. At a jump of a control between intervals, the value before it is kept."""
        programme = solution.programme
        guesses = {}
        for name, part in solution.phases.items():
            layout, times = part.phase.controls, part.control_times
            controls = [np.interp(part.node_times, times, column) for column in part.controls.T]
            controls_at_nodes = np.reshape(controls, (layout.length, len(part.node_times))).T
            states = part.phase.states.unflatten(part.states)
            guesses[name] = Guess(part.node_times, states, layout.unflatten(controls_at_nodes))
        return cls(
            {name: part.mesh for name, part in solution.phases.items()},
            guesses,
            {variable.name: float(solution.parameters[variable.name]) for variable in solution.problem.free},
            solution.dual * programme.row_scale / programme.objective_scale,
            solution.bound_dual / programme.scale / programme.objective_scale,
            shape_of(programme),
        )

    def start(self, programme: Programme) -> Start:
        """Return the start of IPOPT for a programme on the meshes of the point.

        It has multipliers if they are known and belong to a programme of the same shape. Free parameters that the point
        does not have start from their guess.
        """
        x = np.clip(self.primal(programme), *programme.variable_bounds(programme.problem.values))
        if self.rows is None or self.bounds is None or self.shape != shape_of(programme):
            return Start(x)
        return Start(
            x,
            self.bounds * programme.scale * programme.objective_scale,
            self.rows * programme.objective_scale / programme.row_scale,
        )

    def primal(self, programme: Programme) -> FloatArray:
        """Return the scaled variables of a programme on the meshes of the point, as they are: not moved to the bounds."""
        x = programme.sampled(self.guesses)
        for index, variable in zip(programme.free_indices, programme.problem.free, strict=True):
            if variable.name in self.free:
                x[index] = self.free[variable.name] / programme.scale[index]
        return x

    def excess(self, programme: Programme) -> float:
        """Return by how much the point violates rows or bounds of a programme on its meshes: the largest, scaled."""
        x, values = self.primal(programme), programme.problem.values
        _, rows = programme.functions["nlp"](x, programme.parameter_vector())
        lower, upper, low, high = programme.bounds(values)
        found = np.concatenate([x, np.asarray(rows).ravel()])
        least, most = np.concatenate([lower, low]), np.concatenate([upper, high])
        return float(np.max(np.maximum(least - found, found - most), initial=0.0))


def shape_of(programme: Programme) -> str:
    """Return a hash of the names of all rows and of the numbers of variables: equal where multipliers can be transferred."""
    sizes = [(name, lay.states.shape, lay.controls.shape, lay.times.shape) for name, lay in programme.layouts.items()]
    free = [variable.name for variable in programme.problem.free]
    return hashlib.sha256(repr((programme.labels, sizes, free)).encode()).hexdigest()[:16]
