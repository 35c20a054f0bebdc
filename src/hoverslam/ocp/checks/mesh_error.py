"""Error of a solution between its nodes, estimated without a re-flight; it controls the mesh passes.

In each interval the interpolated states and controls go through the equations of motion on a finer set of Radau points;
the integral of those rates should equal the interpolated states (Patterson and Rao, ACM TOMS 41(1), 2014, section 5).
"""

from dataclasses import dataclass

import numpy as np

from hoverslam.ocp.solution import PhaseSolution, Solution
from hoverslam.ocp.statement.mesh import differentiation_matrix, radau_points
from hoverslam.ocp.statement.options import Tolerances
from hoverslam.ocp.transcription.programme import Programme
from hoverslam.ocp.transcription.scaling import ROUNDING

EXTRA = 3  # points of the finer set beyond those of the interval
BETWEEN = 9  # evenly spaced points an interval at which limits are checked


@dataclass(frozen=True)
class PhaseError:
    """Errors of a phase by interval.

    Attributes:
        states: Relative error of the states ``(intervals,)``.
        limits: Worst relative violation of any limit ``(intervals,)``.
        objective: Contribution to the relative error of the objective ``(intervals,)``, times the number of all intervals
            so that their mean is the error; zero where it is not estimated.
    """

    states: np.ndarray
    limits: np.ndarray
    objective: np.ndarray

    def excess(self, tolerances: Tolerances) -> np.ndarray:
        """Return the largest of the errors over their tolerances ``(intervals,)``."""
        met = np.maximum(self.states / tolerances.mesh, self.limits / tolerances.path)
        return np.maximum(met, self.objective / tolerances.objective)


def state_sizes(part: PhaseSolution, scale: np.ndarray) -> np.ndarray:
    """Return the size ``(nx,)`` of each state, to which its errors are relative.

    The size is the largest value over the phase; for a vector, the largest length. Where a state stays at zero, so that
    only rounding is left, it is a millionth of its ``scale`` in the programme.
    """
    sizes = np.ones(part.states.shape[1])
    for variable in part.phase.states.variables:
        columns = part.phase.states.slices[variable.name]
        reach = float(np.max(np.linalg.norm(part.states[:, columns], axis=1)))
        least = 1e-6 * float(np.max(scale[columns]))
        sizes[columns] = reach if reach > least else least  # also where it is not a number
    return sizes


def estimate(programme: Programme, solution: Solution) -> dict[str, PhaseError]:
    """Return the errors of every phase by interval, without those of the objective."""
    return {name: _phase_error(programme, solution, part) for name, part in solution.phases.items()}


def _phase_error(programme: Programme, solution: Solution, part: PhaseSolution) -> PhaseError:
    problem, phase, mesh = programme.problem, part.phase, part.mesh
    rates = programme.local[phase.name].rates
    q = programme.inputs(phase.name)
    free = np.array([solution.parameters[v.name] for v in problem.free])
    sizes, error = state_sizes(part, solution.state_scale[phase.name]), np.zeros(mesh.intervals)

    def evaluate(intervals: np.ndarray, local: np.ndarray) -> tuple[np.ndarray, ...]:
        each = np.repeat(intervals, len(local))
        x, u = part.sample_local(each, np.tile(local, len(intervals)))
        times = part.edge_times[each] + np.tile(local, len(intervals)) * (mesh.widths * part.duration)[each]
        f, c = (np.asarray(v).T for v in rates(x.T, u.T, q, free, times[None, :]))
        shape = (len(intervals), len(local), -1)
        return x.reshape(shape), u.reshape(*shape[:2], u.shape[1]), f.reshape(shape), c.reshape(*shape[:2], c.shape[1])

    for count, intervals in mesh.by_count():
        finer = min(count + EXTRA, 20)
        x, _, f, _ = evaluate(intervals, radau_points(finer))
        integrate = np.linalg.inv(differentiation_matrix(finer)[:, 1:])
        steps = (mesh.widths[intervals] * part.duration)[:, None, None]
        starts = part.states[mesh.starts[intervals]][:, None, :]
        integrated = starts + steps * np.einsum("mk,nkj->nmj", integrate, f)
        error[intervals] = np.max(np.abs(integrated - x) / sizes, axis=(1, 2), initial=0.0)
    x, u, _, c = evaluate(np.arange(mesh.intervals), np.linspace(0.0, 1.0, BETWEEN))
    violation = limit_violation(solution, part, x, u, c)
    return PhaseError(np.where(np.isfinite(error), error, np.inf), violation, np.zeros(mesh.intervals))


def limit_violation(solution: Solution, part: PhaseSolution, x: np.ndarray, u: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Return the worst relative violation of any limit in each interval ``(intervals,)``; see :func:`limits_of`."""
    worst = np.zeros(len(x))
    for _, low, high, size, samples in limits_of(solution, part, x, u, c):
        worst = np.fmax(worst, np.max(np.maximum(low - samples, samples - high), axis=1) / size)
    return worst


def limits_of(solution: Solution, part: PhaseSolution, x: np.ndarray, u: np.ndarray, c: np.ndarray):  # type: ignore[no-untyped-def]
    """Yield name, lower and upper bound, size and samples of every limit along a phase.

    Args:
        solution: The solution.
        part: One of its phases.
        x: States ``(intervals, samples, nx)``.
        u: Controls ``(intervals, samples, nu)``.
        c: Path constraints ``(intervals, samples, path)``.
    """
    values, programme = solution.values, solution.programme
    rows = programme.layouts[part.phase.name].path
    for j, constraint in enumerate(part.phase.path):
        low, high = constraint.bounds(values)
        reach = float(np.max(np.abs(c[..., j]), initial=0.0))
        size = constraint.size(values) or 0.0
        if not size > ROUNDING * reach:
            # All that an equation to zero reaches is its violation: its size is what states and controls change it by.
            size = 1.0 / float(programme.row_scale[rows[0, j]]) if low == high else reach
        yield constraint.name, low, high, size or 1.0, c[..., j]
    for layout, samples in ((part.phase.controls, u), (part.phase.states, x)):
        lower, upper = layout.bounds(values)
        for j, label in enumerate(layout.labels()):
            finite = [abs(b) for b in (lower[j], upper[j]) if np.isfinite(b)]
            if finite:
                size = max(finite) or float(np.max(np.abs(samples[..., j]))) or 1.0
                yield label, lower[j], upper[j], size, samples[..., j]
