"""Records of a solved problem: phases as named arrays, costates, the diagnosis of a failure, and the solution.

These classes hold values and look them up; they neither solve nor verify. :mod:`hoverslam.ocp.solved` has the solution with
verbs that users get.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np

from hoverslam.ocp.statement.mesh import Mesh, interpolation_matrix, radau_points
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.phase import Phase
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.programme import Programme
from hoverslam.ocp.verification import Verification


@dataclass(frozen=True)
class PhaseSolution:
    """The solution of one phase at its nodes.

    Attributes:
        phase: the phase as stated.
        mesh: the mesh, with knots at their solved times.
        clock: ``(2,)`` start and end (s), counted from ``origin``.
        states: ``(state nodes, nx)`` physical values.
        controls: ``(control nodes, nu)`` physical values.
        origin: time (s) from which the clock counts; zero unless the times of the problem are far from zero.
    """

    phase: Phase
    mesh: Mesh
    clock: np.ndarray
    states: np.ndarray
    controls: np.ndarray
    origin: float = 0.0

    @property
    def time(self) -> np.ndarray:
        """Start and end ``(2,)`` (s)."""
        return self.origin + self.clock

    @property
    def duration(self) -> float:
        """Time from start to end (s)."""
        return float(self.clock[1] - self.clock[0])

    @property
    def node_times(self) -> np.ndarray:
        """Times of the state nodes (s)."""
        return self.time[0] + self.mesh.state_nodes * self.duration

    @property
    def edge_times(self) -> np.ndarray:
        """Times of the interval edges (s)."""
        return self.time[0] + np.asarray(self.mesh.edges) * self.duration

    @property
    def control_times(self) -> np.ndarray:
        """Times of the control nodes (s)."""
        return self.time[0] + self.mesh.control_nodes * self.duration

    def sample(self, times: np.ndarray) -> tuple[Named, Named]:
        """Return states and controls at ``times`` ``(n,)`` (s), from the polynomials of the transcription.

        At an edge where a control jumps, the value before the jump is returned.
        """
        x, u = self.sample_flat(np.asarray(times, dtype=float))
        return self.phase.states.unflatten(x), self.phase.controls.unflatten(u)

    def sample_flat(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the same as flat arrays ``(n, nx)`` and ``(n, nu)``."""
        fractions = np.clip((times - self.time[0]) / max(self.duration, 1e-300), 0.0, 1.0)
        edges = np.asarray(self.mesh.edges)
        interval = np.clip(np.searchsorted(edges, fractions - 1e-12, side="right") - 1, 0, self.mesh.intervals - 1)
        local = np.clip((fractions - edges[interval]) / self.mesh.widths[interval], 0.0, 1.0)
        return self.sample_local(interval, local)

    def sample_local(self, interval: np.ndarray, local: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return states ``(n, nx)`` and controls ``(n, nu)`` at fractions ``local`` ``(n,)`` of the intervals ``interval``."""
        x, u = np.zeros((len(local), self.states.shape[1])), np.zeros((len(local), self.controls.shape[1]))
        counts = self.mesh.counts[interval]
        for count in np.unique(counts):
            here = np.flatnonzero(counts == count)
            nodes = np.concatenate([[0.0], radau_points(int(count))])
            values = self.states[self.mesh.state_indices(interval[here], int(count))]
            x[here] = np.einsum("tk,tkn->tn", interpolation_matrix(nodes, local[here]), values)
            if u.shape[1]:
                values = self.controls[self.mesh.control_indices(interval[here], int(count))]
                weights = interpolation_matrix(self.mesh.control_basis(int(count)), local[here])
                u[here] = np.einsum("tk,tkn->tn", weights, values)
        return x, u

    @property
    def initial(self) -> Named:
        """State at the start."""
        return self.phase.states.unflatten(self.states[0])

    @property
    def final(self) -> Named:
        """State at the end."""
        return self.phase.states.unflatten(self.states[-1])

    @property
    def ends(self) -> Named:
        """Both ends of the phase, as boundary constraints and objectives get them."""
        first, last = (self.controls[0], self.controls[-1]) if self.controls.size else (_nothing(), _nothing())
        return self.phase.ends(self.states[0], self.states[-1], first, last, self.clock, self.origin)


def _nothing() -> np.ndarray:
    return np.zeros(0)


class SolveOutcome(Enum):
    """How a solve ended; the value is a phrase for the reader."""

    SOLVED = "solved"
    NOT_VERIFIED = "not verified"
    NOT_FEASIBLE = "no feasible point found from this guess"
    TIME = "time limit"
    ITERATIONS = "iteration limit"
    FAILED = "the solver failed"


@dataclass(frozen=True)
class Costates:
    """Costates, Hamiltonian and path multipliers of one phase.

    Attributes:
        costate: ``(nodes, nx)`` derivative of the objective to each state, objective unit over state unit.
        hamiltonian: ``(nodes - 1,)`` costates times rates at the collocation points, objective unit per second.
        terms: ``(nodes - 1,)`` sum of the sizes of its terms, against which its changes are judged.
        path: ``(nodes - 1, path)`` derivative of the objective to each active bound, per second.
    """

    costate: np.ndarray
    hamiltonian: np.ndarray
    terms: np.ndarray
    path: np.ndarray


@dataclass(frozen=True)
class Shortfall:
    """A limit that cannot be met.

    Attributes:
        phase: where ("" for a constraint between phases).
        limit: its name, such as ``final h`` or ``dynamic pressure``.
        amount: by how much it is missed, in ``unit``; above it if positive, below it if negative.
        unit: of the amount.
        time: when it is missed most (s), NaN where there is no single time.
        weight: the amount over the size of the limit.
    """

    phase: str
    limit: str
    amount: float
    unit: str
    time: float
    weight: float

    def __str__(self) -> str:
        where = f"phase {self.phase!r}, " if self.phase else ""
        when = f" at {self.time:.4g} s" if np.isfinite(self.time) else ""
        unit = f" {self.unit}" if self.unit else ""
        return f"{where}{self.limit}: missed by {self.amount:+.6g}{unit}{when}"


@dataclass(frozen=True)
class Diagnosis:
    """The result of the elastic problem.

    Attributes:
        shortfalls: limits that cannot be met, the worst first; empty if a feasible trajectory exists.
        trajectory: the trajectory with the smallest violations, as a solution that has not converged.
        conclusive: whether the elastic problem itself was solved.
        tried: number of starts of the elastic problem.
    """

    shortfalls: tuple[Shortfall, ...]
    trajectory: "Solution"
    conclusive: bool
    tried: int = 1

    @property
    def rank(self) -> tuple[bool, float]:
        """Order of diagnoses of one problem: the first has the smallest violations."""
        return not self.conclusive, sum(s.weight for s in self.shortfalls)

    @property
    def message(self) -> str:
        """The result in words, with the limits that are missed most."""
        if not self.conclusive:
            return "no verdict: the elastic problem did not converge either"
        if not self.shortfalls:
            return (
                "a feasible trajectory exists (diagnosis.trajectory), but the optimiser did not converge from it either"
            )
        where = "" if self.tried == 1 else f" (of {self.tried} starts)"
        return f"nearest to feasible{where}: " + "; ".join(str(s) for s in self.shortfalls[:4])


@dataclass
class Solution:
    """The solution of a problem, or the last point of a solver that failed: look at ``converged``.

    Attributes:
        problem: the problem.
        status: status that IPOPT returns, such as ``Solve_Succeeded``.
        converged: whether IPOPT met its tolerance.
        objective: value of the stated objective, in its unit.
        phases: trajectory by phase name.
        parameters: free and given parameters by name.
        iterations, seconds: iterations and time of all mesh passes.
        passes: one record for each mesh pass.
        worst_row: the constraint row violated most at the end: phase, what, amount over its size.
        boundary_scale: what each boundary row is multiplied by to be of the order of one.
        primal, dual, bound_dual, row_values: the transcribed problem's variables, multipliers of rows and of bounds,
            and rows, all scaled.
        programme: the transcribed problem.
        state_scale: size of one scaled unit of each state, by phase.
        mesh_error: worst relative error of the states between nodes, estimated.
        values: given parameters and settings for which it was solved.
        diagnosis: why the first pass failed, if it did and a diagnosis was asked for.
        sharp: where it then ended beside a very large second derivative, in words; empty if nowhere.
        verification: the verification, if one was made.
        time_limit_reached: whether the time limit ended the solve before its tolerances were met.
    """

    problem: Problem
    status: str
    converged: bool
    objective: float
    phases: dict[str, PhaseSolution]
    parameters: Named
    iterations: int
    seconds: float
    programme: Programme = field(repr=False, kw_only=True)
    passes: list[dict[str, Any]] = field(default_factory=list)
    worst_row: tuple[str, str, float] = ("", "", 0.0)
    verification: Verification | None = None
    boundary_scale: np.ndarray = field(default_factory=_nothing)
    primal: np.ndarray = field(default_factory=_nothing)
    dual: np.ndarray = field(default_factory=_nothing)
    bound_dual: np.ndarray = field(default_factory=_nothing)
    row_values: np.ndarray = field(default_factory=_nothing)
    state_scale: dict[str, np.ndarray] = field(default_factory=dict)
    mesh_error: float = np.nan
    values: dict[str, float] = field(default_factory=dict)
    diagnosis: "Diagnosis | None" = None
    time_limit_reached: bool = False
    sharp: str = ""

    @property
    def outcome(self) -> SolveOutcome:
        """How the solve ended."""
        if self.time_limit_reached:
            return SolveOutcome.TIME
        if self.converged:
            passed = self.verification is None or self.verification.passed
            return SolveOutcome.SOLVED if passed else SolveOutcome.NOT_VERIFIED
        if self.diagnosis is not None and self.diagnosis.shortfalls and self.diagnosis.conclusive:
            return SolveOutcome.NOT_FEASIBLE
        known = {
            "Maximum_Iterations_Exceeded": SolveOutcome.ITERATIONS,
            "Infeasible_Problem_Detected": SolveOutcome.NOT_FEASIBLE,
        }
        return known.get(self.status, SolveOutcome.FAILED)

    @property
    def message(self) -> str:
        """The outcome in words; without a feasible point with the limits that are missed, the place and the amount."""
        why = "" if self.diagnosis is None else f": {self.diagnosis.message}"
        if self.sharp and not self.converged:
            remedy = "round it with hoverslam.ocp.math (norm, root, absolute; rounding=...) or a SmoothTable"
            why += f"; a second derivative is very large, as at a root or a norm of zero: {self.sharp}: {remedy}"
        advice = "" if self.converged else self._advice()
        if self.outcome is SolveOutcome.NOT_VERIFIED and self.verification is not None:
            why = f": above its tolerance: {', '.join(self.verification.failures)}"
        return f"{self.problem.name}: {self.outcome.value}{why}{advice}"

    def _advice(self) -> str:
        """Return which states have no bounds; such bounds often decide whether a long transfer is solved."""
        unbounded = []
        for name, phase in self.problem.phases.items():
            low, high = phase.states.bounds(self.values)
            own = [v for v in phase.states.variables if v.name not in phase.integrals]
            limited = np.isfinite(low) & np.isfinite(high)
            free = [v.name for v in own if not limited[phase.states.slices[v.name]].all()]
            if free:
                unbounded.append(f"{name}: {', '.join(free)}")
        if not unbounded:
            return ""
        return f"; state wide bounds of states that have none ({'; '.join(unbounded)}), or a better guess"

    @property
    def ends(self) -> Named:
        """The ends of all phases by name: the first argument of objectives, boundary constraints and outputs."""
        return Named((name, part.ends) for name, part in self.phases.items())

    def __getitem__(self, phase: str) -> PhaseSolution:
        return self.phases[phase]
