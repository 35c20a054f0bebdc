"""Records of a verification: each phase flown again, residuals of the optimality conditions, and the verdict."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hoverslam.ocp.statement.options import Tolerances
from hoverslam.reports.json_text import Json, plain
from hoverslam.reports.results import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Optimality:
    """Relative residuals of the optimality conditions.

    Attributes:
        kkt: Residual of the stationarity of the transcribed problem, relative to its largest multiplier.
        transversality: The same residual, only for phase ends, times and free parameters.
        costate: Residual of the costate equation between nodes, relative to the largest costate.
        hamiltonian: Spread over a phase of the Hamiltonian minus the integral of its derivative by time, relative to the
            size of its terms; the largest of all phases. NaN if no phase has a Hamiltonian that can be judged: those with
            measurements or with controls whose rate is limited or has a cost have none.
    """

    kkt: float
    transversality: float
    costate: float
    hamiltonian: float


@dataclass(frozen=True)
class ObjectiveError:
    """Estimated error of the objective, to first order, in its unit; zero at an optimum of the continuous problem.

    Attributes:
        control: What better controls at the same states would gain (Pontryagin's principle).
        nodes: What moving the edges of the mesh would gain (the Hamiltonian is not constant).
        dynamics: Errors of the states between nodes, weighted by the costates.
        limits: Violations between nodes, weighted by the multipliers of the limits.
        size: What the error is relative to: the absolute value of the objective, or a hundredth of the scale of the
            transcribed problem if that is more (an objective may be zero).
    """

    control: float
    nodes: float
    dynamics: float
    limits: float
    size: float

    @classmethod
    def unknown(cls) -> "ObjectiveError":
        """Return an estimate that is not a number."""
        return cls(*[np.nan] * 5)

    @property
    def total(self) -> float:
        """Sum of the four contributions, in the unit of the objective."""
        return self.control + self.nodes + self.dynamics + self.limits

    @property
    def relative(self) -> float:
        """The sum relative to ``size``."""
        return self.total / max(self.size, 1e-300)


class Extremes(NamedTuple):
    """Bounds, least and greatest value of a limited quantity along a phase, in its unit, with their times (s)."""

    lower: float
    upper: float
    least: float
    least_time: float
    most: float
    most_time: float


@dataclass(frozen=True)
class PhaseCheck:
    """The check of one re-flown phase.

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
class Verification(Result):
    """The verification of a solution; ``passed`` is the verdict.

    Attributes:
        phases: Check of each re-flown phase, by name.
        tolerances: Errors that the solution must not exceed.
        solver_converged: Whether the solver converged.
        boundary_violation: Worst violation of a boundary constraint or link, relative.
        mesh_error: Worst error of the states between nodes, estimated, relative.
        optimality: Residuals of the optimality conditions.
        objective_error: Estimated error of the objective, by source.
    """

    phases: dict[str, PhaseCheck]
    tolerances: Tolerances
    solver_converged: bool
    boundary_violation: float = 0.0
    mesh_error: float = 0.0
    optimality: Optimality = field(default_factory=lambda: Optimality(*[np.nan] * 4))
    objective_error: ObjectiveError = field(default_factory=ObjectiveError.unknown)

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
        return self.solver_converged and not self.failures

    @property
    def failures(self) -> tuple[str, ...]:
        """Names of the figures that are not below their tolerance."""
        return tuple(what.strip() for what, value, limit in self._figures() if limit is not None and not value < limit)

    def _figures(self) -> list[tuple[str, float, float | None]]:
        """Return every figure with its tolerance; None where it is for information."""
        t, o = self.tolerances, self.optimality
        return [
            ("re-flight, worst phase end", self.refly_error, t.refly),
            ("boundary constraints", self.boundary_violation, t.refly),
            ("limits between nodes", self.path_violation, t.path),
            ("states between nodes (estimate)", self.mesh_error, t.mesh),
            ("objective (estimate)", self.objective_error.relative, t.objective),
            ("optimality (KKT)", o.kkt, t.kkt),
            ("  at phase ends (transversality)", o.transversality, t.kkt),
            ("  costate equation", o.costate, None),
            ("  Hamiltonian, spread", o.hamiltonian, None),
        ]

    def report(self) -> str:
        """Return the verdict as text, with each figure beside its tolerance."""
        lines = [
            f"{what:34s} {value:9.1e}" + ("" if limit is None else f"   {'<' if value < limit else '>'} {limit:.0e}")
            for what, value, limit in self._figures()
            if limit is not None or np.isfinite(value)
        ]
        worst = [
            f"{'  ' + name + ': ' + limit:34s} {violation:9.1e}   at {when:.4g} s"
            for name, check in self.phases.items()
            for limit, (violation, when) in check.limits.items()
            if violation >= self.tolerances.path
        ]
        verdict = "verified" if self.passed else "NOT verified"
        solver = "" if self.solver_converged else " (the solver did not converge)"
        return "\n".join([*lines, *worst, verdict + solver])

    def as_json(self) -> dict[str, Json]:
        """Return the verdict, every figure with its tolerance, and the worst violation of each limit by phase."""
        limits = {
            name: {what: violation for what, (violation, _) in c.limits.items()} for name, c in self.phases.items()
        }
        figures = {what.strip(): {"value": value, "tolerance": limit} for what, value, limit in self._figures()}
        return {
            "passed": self.passed,
            "solver_converged": self.solver_converged,
            "figures": plain(figures),
            "objective_error": plain(self.objective_error.total),
            "limit_violations": plain(limits),
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a figure: ``figure``, ``value`` and ``tolerance``, both relative."""
        import pandas as pd

        rows = [(what.strip(), value, limit) for what, value, limit in self._figures()]
        return pd.DataFrame(rows, columns=["figure", "value", "tolerance"])

    def plot(self) -> "Figure":
        """Return a picture of every figure that has a tolerance, over that tolerance: it passes left of one."""
        from matplotlib.figure import Figure

        from hoverslam.reports.pictures import COLOURS, plain_axis

        judged = [(what.strip(), value / limit) for what, value, limit in self._figures() if limit is not None]
        figure = Figure(figsize=(6.4, 2.8), layout="constrained")
        axis = plain_axis(figure.subplots())
        names, ratios = zip(*judged, strict=True)
        axis.plot(np.maximum(ratios, 1e-9), range(len(names)), "o", color=COLOURS[0])
        axis.axvline(1.0, color=COLOURS[1], linestyle="--")
        axis.set_xscale("log")
        axis.set_yticks(range(len(names)), names)
        axis.set_ylim(len(names) - 0.5, -0.5)
        axis.set_xlabel("error over tolerance")
        return figure


def _worst(values: Iterable[float]) -> float:
    worst = 0.0
    for value in values:
        worst = value if not value <= worst else worst
    return worst
