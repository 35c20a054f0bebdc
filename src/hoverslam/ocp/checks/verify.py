"""Verification that shares nothing with the transcription: each phase flown again by an adaptive integrator.

The JAX functions as they were written and the solution's own control polynomials go through SciPy's Dormand-Prince
8(5,3) at tolerances far below the transcription's. From one continuous flight of each phase come the error at its end
and, sampled densely, the worst violation of every path constraint, control bound and state bound between nodes. Beside
that stand the conditions of optimality: the residual of the discrete ones, and of the continuous ones that they stand for.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from hoverslam.ocp.checks.flying import boundary_values, fly, path_values, phase_inputs
from hoverslam.ocp.checks.mesh_error import limits_of, state_sizes
from hoverslam.ocp.checks.optimality import Optimality, optimality
from hoverslam.ocp.solution import PhaseSolution, Solution
from hoverslam.ocp.statement.names import resolve


@dataclass(frozen=True)
class Tolerances:
    """What a verified solution meets, all relative.

    Attributes:
        refly: error of an independent re-flight at every phase end, and of boundary constraints.
        path: violation of any limit, between nodes too.
        mesh: error of the states in any interval; passes over finer meshes go on until it is met.
        kkt: residual of the optimality conditions of the transcribed problem.
    """

    refly: float = 1e-6
    path: float = 1e-3
    mesh: float = 1e-7
    kkt: float = 1e-6


class Extremes(NamedTuple):
    """How far one limited quantity went along a phase, in its unit: its bounds, least and most, and when (s)."""

    lower: float
    upper: float
    least: float
    least_time: float
    most: float
    most_time: float


@dataclass(frozen=True)
class PhaseCheck:
    """One phase re-flown.

    Attributes:
        errors: end error of each state, relative to its largest size in the phase.
        limits: worst violation of each limit, relative to the limit's size, with its time: name -> (violation, s).
        reached: extremes of each path constraint and of each bounded control and state, by name.
        interval_violations: ``(intervals,)`` worst violation inside each interval.
        times, states: the re-flown trajectory, sampled.
    """

    errors: dict[str, float]
    limits: dict[str, tuple[float, float]]
    reached: dict[str, Extremes]
    interval_violations: np.ndarray
    times: np.ndarray
    states: np.ndarray

    @property
    def refly_error(self) -> float:
        """Worst relative end error."""
        return _worst(self.errors.values())

    @property
    def path_violation(self) -> float:
        """Worst relative violation."""
        return _worst(v for v, _ in self.limits.values())


@dataclass(frozen=True)
class Verification:
    """All phases re-flown, and the verdict."""

    phases: dict[str, PhaseCheck]
    tolerances: Tolerances
    solver_converged: bool
    boundary_violation: float = 0.0
    mesh_error: float = 0.0
    optimality: Optimality = field(default_factory=lambda: Optimality(*[np.nan] * 4))

    @property
    def refly_error(self) -> float:
        """Worst relative error at any phase end."""
        return _worst(c.refly_error for c in self.phases.values())

    @property
    def path_violation(self) -> float:
        """Worst relative violation of any limit anywhere between nodes."""
        return _worst(c.path_violation for c in self.phases.values())

    @property
    def passed(self) -> bool:
        """Whether the solver converged and all errors are within tolerance; a NaN is a failure."""
        t = self.tolerances
        flown = self.refly_error < t.refly and self.boundary_violation < t.refly
        return self.solver_converged and flown and self.path_violation < t.path and self.optimality.kkt < t.kkt

    def report(self) -> str:
        """The whole verdict as text: each figure beside its tolerance."""
        t, o = self.tolerances, self.optimality
        rows = [
            ("re-flight, worst phase end", self.refly_error, t.refly),
            ("boundary constraints", self.boundary_violation, t.refly),
            ("limits between nodes", self.path_violation, t.path),
            ("states between nodes (estimate)", self.mesh_error, t.mesh),
            ("optimality (KKT)", o.kkt, t.kkt),
            ("  at phase ends (transversality)", o.transversality, t.kkt),
            ("  costate equation", o.costate, None),
            ("  Hamiltonian, spread", o.hamiltonian, None),
        ]
        lines = [
            f"{what:34s} {value:9.1e}" + ("" if limit is None else f"   {'<' if value < limit else '>'} {limit:.0e}")
            for what, value, limit in rows
        ]
        worst = [
            f"{'  ' + name + ': ' + limit:34s} {violation:9.1e}   at {when:.4g} s"
            for name, check in self.phases.items()
            for limit, (violation, when) in check.limits.items()
            if violation >= t.path
        ]
        verdict = "verified" if self.passed else "NOT verified"
        solver = "" if self.solver_converged else " (the solver did not converge)"
        return "\n".join([*lines, *worst, verdict + solver])


def _worst(values: Any) -> float:
    worst = 0.0
    for value in values:
        worst = value if not value <= worst else worst
    return worst


def verify(solution: Solution, tolerances: Tolerances | None = None) -> Verification:
    """Fly every phase of ``solution`` again and judge it."""
    with solution.problem.holding(solution.values):
        checks = {name: _check(solution, part) for name, part in solution.phases.items()}
        boundary = _boundary_violation(solution)
    return Verification(
        checks, tolerances or Tolerances(), solution.converged, boundary, solution.mesh_error, optimality(solution)
    )


def _boundary_violation(solution: Solution) -> float:
    """Worst violation of any boundary constraint or link, in the scaling that makes each of the order of one."""
    scales, at, worst = solution.boundary_scale, 0, 0.0
    values = boundary_values(solution.problem, solution.ends, solution.parameters)
    for c, value in zip(solution.problem.boundary, values, strict=True):
        scale = scales[at : at + len(value)]
        at += len(value)
        low, high = (resolve(b, solution.values) for b in (c.lower, c.upper))
        excess = np.max(np.maximum(low - value, value - high) * scale, initial=0.0)
        worst = excess if not excess <= worst else worst
    return float(worst)


def _check(solution: Solution, part: PhaseSolution) -> PhaseCheck:
    inputs = phase_inputs(solution.problem, part.phase, solution.parameters)
    sizes = state_sizes(part, solution.state_scale[part.phase.name])
    times, flown = fly(part, inputs, sizes)
    error = np.abs(flown[-1, -1] - part.states[-1]) / sizes
    errors = {v.name: float(np.max(error[part.phase.states.slices[v.name]])) for v in part.phase.states.variables}
    limits, reached, violations = _limits(solution, part, inputs, times, flown)
    return PhaseCheck(errors, limits, reached, violations, times.ravel(), flown.reshape(-1, len(sizes)))


def _limits(
    solution: Solution, part: PhaseSolution, inputs: Any, times: np.ndarray, flown: np.ndarray
) -> tuple[Any, Any, np.ndarray]:
    """Worst violation of every limit on the re-flown trajectory, by limit and by interval."""
    intervals, samples = times.shape
    local = np.tile(np.linspace(0.0, 1.0, samples), intervals)
    _, u = part.sample_local(np.repeat(np.arange(intervals), samples), local)
    c = path_values(part, inputs, times.ravel(), flown.reshape(times.size, -1), u)
    shaped_u, shaped_c = (a.reshape(intervals, samples, a.shape[1]) for a in (u, c))
    limits, reached, worst = {}, {}, np.zeros(intervals)
    for name, low, high, size, values in limits_of(part, flown, shaped_u, shaped_c, solution.values):
        excess = np.maximum(low - values, values - high) / size
        where = np.unravel_index(np.argmax(excess), excess.shape)
        limits[name] = (max(float(excess[where]), 0.0), float(times[where]))
        worst = np.maximum(worst, excess.max(axis=1))
        least, most = (np.unravel_index(find(values), values.shape) for find in (np.argmin, np.argmax))
        reached[name] = Extremes(
            low, high, float(values[least]), float(times[least]), float(values[most]), float(times[most])
        )
    return limits, reached, worst
