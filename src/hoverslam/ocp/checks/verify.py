"""Verification that shares nothing with the transcription: each phase flown again by an adaptive integrator.

The JAX functions as they were written and the solution's own control polynomials go through SciPy's Dormand-Prince
8(5,3) at tolerances far below the transcription's. From one continuous flight of each phase come the error at its end
and, sampled densely, the worst violation of every path constraint, control bound and state bound between nodes. The
residuals of the discrete and of the continuous optimality conditions are added.
"""

import math
from typing import Any

import numpy as np

from hoverslam.ocp.checks.flying import Compiled, boundary_values, compiled, fly, path_values, phase_inputs
from hoverslam.ocp.checks.mesh_error import limits_of, state_sizes
from hoverslam.ocp.checks.objective_error import objective_error
from hoverslam.ocp.checks.optimality import optimality
from hoverslam.ocp.solution import PhaseSolution, Solution
from hoverslam.ocp.statement.names import resolve
from hoverslam.ocp.statement.options import Tolerances
from hoverslam.ocp.verification import Extremes, ObjectiveError, PhaseCheck, Verification

AMPLIFIED = 1e3  # growth of errors over a phase above which intervals are judged one by one


def verify(
    solution: Solution,
    tolerances: Tolerances | None = None,
    until: float = math.inf,
    estimated: ObjectiveError | None = None,
) -> Verification:
    """Fly every phase of ``solution`` again and return the errors with the verdict.

    Args:
        solution: The solution.
        tolerances: Errors that it must not exceed; by default those of :class:`Tolerances`.
        until: Reading of ``time.perf_counter`` (s) at which flights that have not ended are given up, as failures.
        estimated: The error of its objective, where :func:`with_objective` has estimated it before.
    """
    asked = tolerances or Tolerances()
    with solution.problem.holding(solution.values):
        checks = {name: _check(solution, part, asked.refly, until) for name, part in solution.phases.items()}
        boundary = _boundary_violation(solution)
    return Verification(
        checks,
        asked,
        solution.converged,
        boundary,
        solution.mesh_error,
        optimality(solution),
        estimated or objective_error(solution),
    )


def _boundary_violation(solution: Solution) -> float:
    """Return the worst violation of any boundary constraint or link, scaled to the order of one."""
    scales, at, worst = solution.boundary_scale, 0, 0.0
    values = boundary_values(solution)
    for c, value in zip(solution.problem.boundary, values, strict=True):
        scale = scales[at : at + len(value)]
        at += len(value)
        pairs = c.bounds_of(len(value))
        low, high = (np.array([resolve(pair[i], solution.values) for pair in pairs]) for i in (0, 1))
        excess = np.max(np.maximum(low - value, value - high) * scale, initial=0.0)
        worst = excess if not excess <= worst else worst
    return float(worst)


def _check(solution: Solution, part: PhaseSolution, tolerance: float, until: float) -> PhaseCheck:
    """Fly a phase from its first state; where that misses its end, add the gaps between intervals flown from their nodes.

    The sum of the gaps is by how much the states fail to obey the equations of motion. It is the error of the phase where
    unstable dynamics amplify it beyond use: more than ``AMPLIFIED`` times. Otherwise the flight from the first state counts.
    """
    inputs = phase_inputs(solution.problem, part.phase, solution.parameters)
    sizes = state_sizes(part, solution.state_scale[part.phase.name])
    bounds = part.phase.states.bounds(solution.values)
    function = compiled(part.phase, inputs)
    again = fly(part, function, sizes, until, bounds)
    flown, error = again.joined, np.abs(again.joined[-1, -1] - part.states[-1]) / sizes
    if part.duration > 0.0 and not np.max(error) < tolerance:
        gaps = np.sum(np.abs(again.apart[:, -1] - part.states[part.mesh.starts[1:]]) / sizes, axis=0)
        if np.all(np.isfinite(gaps)) and not np.max(error) <= AMPLIFIED * np.max(gaps):
            flown, error = again.apart, gaps
    errors = {v.name: float(np.max(error[part.phase.states.slices[v.name]])) for v in part.phase.states.variables}
    limits, reached, violations = _limits(solution, part, function, again.times, flown)
    return PhaseCheck(errors, limits, reached, violations, again.times.ravel(), flown.reshape(-1, len(sizes)))


def _limits(
    solution: Solution, part: PhaseSolution, function: Compiled, times: np.ndarray, flown: np.ndarray
) -> tuple[Any, Any, np.ndarray]:
    """Return the worst violation of every limit on the re-flown trajectory, by limit and by interval."""
    intervals, samples = times.shape
    local = np.tile(np.linspace(0.0, 1.0, samples), intervals)
    _, u = part.sample_local(np.repeat(np.arange(intervals), samples), local)
    c = path_values(part, function, times.ravel(), flown.reshape(times.size, -1), u)
    shaped_u, shaped_c = (a.reshape(intervals, samples, a.shape[1]) for a in (u, c))
    limits, reached, worst = {}, {}, np.zeros(intervals)
    for name, low, high, size, values in limits_of(solution, part, flown, shaped_u, shaped_c):
        excess = np.maximum(low - values, values - high) / size
        where = np.unravel_index(np.argmax(excess), excess.shape)
        violation = (max(float(excess[where]), 0.0), float(times[where]))
        while name in limits:  # a path constraint and a state may have the same name
            name += "_"
        limits[name] = violation
        worst = np.maximum(worst, excess.max(axis=1))
        least, most = (np.unravel_index(find(values), values.shape) for find in (np.argmin, np.argmax))
        reached[name] = Extremes(
            low, high, float(values[least]), float(times[least]), float(values[most]), float(times[most])
        )
    return limits, reached, worst
