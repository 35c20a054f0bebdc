"""What users call: :func:`solve` and :func:`load`, and the solution with verbs that both return.

:class:`Solved` is the record :class:`hoverslam.ocp.solution.Solution` with what can be asked of it: costates, derivatives,
a solution for other values, tables, pictures and files.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hoverslam.ocp.answers.prediction import Prediction, predicted, vector_sizes
from hoverslam.ocp.answers.sensitivity import (
    Stated,
    objective_derivatives,
    output_covariance,
    output_derivatives,
    restated_objective,
)
from hoverslam.ocp.answers.store import dataset, load_record, save_netcdf
from hoverslam.ocp.answers.tables import nodes_frame, plot_phases
from hoverslam.ocp.checks.costates import costates
from hoverslam.ocp.solution import Costates, Solution
from hoverslam.ocp.solving.known import KnownPoint
from hoverslam.ocp.solving.solver import diagnose_record, resolve_record, solve_from_record, solve_record
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.options import Options, Report
from hoverslam.ocp.statement.problem import Problem
from hoverslam.reports.json_text import Json, plain
from hoverslam.reports.results import Result, write_netcdf

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

Output = Callable[[Named, Named], Any]  # a scalar function of (ends, parameters), in JAX


@dataclass
class Solved(Solution, Result):
    """A solution with verbs; look at ``converged`` and ``verification.passed`` before using it.

    The attributes are those of :class:`hoverslam.ocp.Solution`.
    """

    @classmethod
    def of(cls, record: Solution) -> "Solved":
        """Return the solution of a record. Arrays are shared, not copied."""
        return cls(**{field.name: getattr(record, field.name) for field in fields(Solution)})

    def costates(self, phase: str) -> Costates:
        """Return costates, Hamiltonian and path multipliers of a phase.

        Raises:
            ValueError: If the solution did not converge.
        """
        return costates(self, phase)

    def sensitivities(self) -> dict[str, float]:
        """Return the derivative of the optimal objective by every given parameter and setting, in their units.

        Raises:
            ValueError: If the solution did not converge.
        """
        return objective_derivatives(self)

    def predict(self, changes: Mapping[str, float]) -> Prediction:
        """Return, to first order, the optimal objective for other values; nothing is solved.

        The derivatives are computed once, at the first call; later ones take microseconds.

        Args:
            changes: New values of given parameters and settings by name, as for :meth:`resolve`.

        Raises:
            KeyError: For a name that is neither a given parameter nor a setting.
            ValueError: If the solution did not converge.
        """
        return predicted(self.objective, self._slopes, self.values, changes, vector_sizes(self.values))

    @cached_property
    def _slopes(self) -> dict[str, float]:
        return objective_derivatives(self)

    def derivatives(self, **outputs: Output) -> dict[str, dict[str, float]]:
        """Return the derivative of each output by every given parameter and setting.

        Args:
            outputs: Scalar functions of ``(ends, parameters)`` by name.

        Returns:
            ``{output: {parameter: derivative}}``.

        Raises:
            ValueError: If the solution did not converge.
        """
        return output_derivatives(self, outputs)

    def restated(self, problem: Problem) -> float:
        """Return, to first order, the optimal objective of another statement of the problem; nothing is solved.

        Args:
            problem: A statement with the same variables and constraints, such as one with a limit moved a little.

        Raises:
            ValueError: If the solution did not converge, or the statement has other variables or constraints.
        """
        return restated_objective(self, problem, self._stated)

    @cached_property
    def _stated(self) -> Stated:
        return Stated.of(self)

    def covariance(self, **outputs: Output) -> np.ndarray:
        """Return the covariance ``(n, n)`` of ``n`` outputs of a fit; see :meth:`Problem.measure`.

        Args:
            outputs: Scalar functions of ``(ends, parameters)`` by name.

        Raises:
            ValueError: If the solution did not converge, or its objective is maximised.
        """
        return output_covariance(self, outputs)

    def resolve(
        self,
        changes: Mapping[str, float] | None = None,
        options: Options | None = None,
        verify: bool = True,
        problem: Problem | None = None,
    ) -> "Solved":
        """Solve again from this solution for other values, on the same mesh; nothing is translated again.

        Args:
            changes: New values of given parameters and settings by name, such as
                ``{"thrust": 8e5, "descent.initial.h": 5100.0}``.
            options: Options of the solver; those of mesh passes have no effect.
            verify: Whether to verify the new solution.
            problem: Another statement of the problem, with the same variables and constraints, to solve instead.

        Raises:
            StatementError: For a name that is neither a given parameter nor a setting.
            ValueError: For a statement with other variables or constraints.
        """
        return Solved.of(resolve_record(self, changes or {}, options, verify, problem))

    def dataset(self, phase: str) -> "xr.Dataset":
        """Return a phase as labelled arrays with units: states, controls, costates, path multipliers, Hamiltonian."""
        return dataset(self, phase)

    def report(self) -> str:
        """Return the outcome, the objective, the phases and the verification as text."""
        unit = f" {self.problem.objective_unit}" if self.problem.objective_unit else ""
        lines = [
            self.message,
            f"objective {self.objective:.10g}{unit} in {self.iterations} iterations, {self.seconds:.1f} s",
        ]
        lines += [
            f"phase {name}: {part.time[0]:.6g} to {part.time[1]:.6g} s, {len(part.states)} nodes"
            for name, part in self.phases.items()
        ]
        lines += [f"{v.name} = {float(self.parameters[v.name]):.10g} {v.unit}".rstrip() for v in self.problem.free]
        return "\n".join(lines if self.verification is None else [*lines, "", self.verification.report()])

    def as_json(self) -> dict[str, Json]:
        """Return objective, outcome, values, free parameters, phase times and verification as plain values."""
        free = {v.name: float(self.parameters[v.name]) for v in self.problem.free}
        phases = {name: {"start_s": float(p.time[0]), "end_s": float(p.time[1])} for name, p in self.phases.items()}
        return {
            "problem": self.problem.name,
            "outcome": self.outcome.name.lower(),
            "message": self.message,
            "objective": plain(self.objective),
            "objective_unit": self.problem.objective_unit,
            "values": plain(self.values),
            "free_parameters": plain(free),
            "phases": plain(phases),
            "mesh_error": plain(self.mesh_error),
            "iterations": self.iterations,
            "seconds": self.seconds,
            "verification": None if self.verification is None else self.verification.as_json(),
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return a table with one row a state node: phase, time, states and controls, with units in the headings."""
        return nodes_frame(self)

    def plot(self) -> "Figure":
        """Return a picture of every state and control over time, with a colour for each phase."""
        return plot_phases(self)

    def _writers(self) -> Mapping[str, Callable[[Path], None]]:
        return {**super()._writers(), ".nc": write_netcdf(lambda path: save_netcdf(self, path))}


def solve(
    problem: Problem, options: Options | None = None, report: Report | None = None, near: Solution | None = None
) -> Solved:
    """Solve ``problem`` from its phases' guesses and verify the solution by independent re-flight.

    Passes over finer meshes follow until the tolerances are met or ``max_passes`` is reached. If no finer mesh
    converges, the last converged solution is returned and its ``passes`` show the failures.

    Args:
        problem: The problem.
        options: Options of the solver.
        report: Receives one line for each pass; by default lines go to standard error if that is a terminal.
        near: A solution of the same problem on other meshes. The first pass starts from its variables and multipliers; if
            that fails, from the guesses.

    Raises:
        StatementError: If the problem is stated wrongly, or a function or its slope is not finite at the guess.
    """
    return Solved.of(solve_record(problem, options, report, near))


def diagnosed(failed: Solution, options: Options | None = None, report: Report | None = None) -> Solved:
    """Search for a feasible trajectory of a problem whose first pass failed, and solve the problem from it.

    It goes on where :func:`solve` without ``diagnose`` has ended. Where no trajectory is found, the result says which limits
    cannot be met together.

    Args:
        failed: The result of the first pass.
        options: Options of the solver.
        report: Receives one line for each pass; by default lines go to standard error if that is a terminal.
    """
    return Solved.of(diagnose_record(failed, options, report))


def solve_from(
    problem: Problem, point: KnownPoint, options: Options | None = None, report: Report | None = None
) -> Solved:
    """Solve ``problem`` from a known point and on its meshes, then on finer meshes as :func:`solve` does.

    The first passes start from the multipliers of the point too, if they belong to a programme of the same shape. If none
    of them converges within few iterations, the same mesh is solved from the variables alone.

    Args:
        problem: The problem, with the phases of the point.
        point: The point, such as ``KnownPoint.of(solution)`` of a problem with other values or limits.
        options: Options of the solver.
        report: Receives one line for each pass; by default lines go to standard error if that is a terminal.

    Raises:
        StatementError: If the point lacks a phase or a variable of the problem.
    """
    return Solved.of(solve_from_record(problem, point, options, report))


def load(path: str | Path, problem: Problem) -> Solved:
    """Return the solution that :meth:`Solved.save` wrote to a netCDF file, with the values of the file.

    Args:
        path: The file.
        problem: The same problem, stated again: functions cannot be stored.

    Raises:
        StoreError: If the file holds no solution, or one of another problem; the message names what differs.
    """
    return Solved.of(load_record(path, problem))
