"""Layout of the transcribed problem: its variables and rows, their scales and bounds, and the linear rows.

Variables are, phase after phase, the states at the state nodes, the controls at the control nodes and the times at which
arcs meet, then the free parameters. Rows are defects and path constraints, phase after phase, then the rows linear in the
variables (durations, control rates, smoothness), then the boundary constraints.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from hoverslam.ocp.statement.functions import StatementError
from hoverslam.ocp.statement.mesh import Mesh, differentiation_matrix, highest_modes
from hoverslam.ocp.statement.names import Bound, resolve
from hoverslam.ocp.statement.phase import Guess, Phase
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.statement.times import time_bounds
from hoverslam.ocp.transcription import scaling as _scaling
from hoverslam.ocp.transcription.local import LocalFunctions, flat_inputs, phase_key
from hoverslam.ocp.transcription.structure import StructureCache
from hoverslam.ocp.transcription.translated import translated

Scales = tuple[np.ndarray, np.ndarray, float]  # of variables, rows and the objective
LARGE = 1000  # collocation points: a programme with more is solved in another way
USUAL = 200  # collocation points of a programme whose objective is of the order of one


@dataclass(frozen=True)
class PhaseLayout:
    """Indices of a phase's variables and rows in the programme."""

    phase: Phase
    mesh: Mesh
    states: np.ndarray  # (state nodes, nx) variable indices
    controls: np.ndarray  # (control nodes, nu)
    times: np.ndarray  # (arcs + 1,)
    defects: np.ndarray  # (collocation points, nx) row indices
    path: np.ndarray  # (collocation points, path constraints)


def _blocks(lay: PhaseLayout) -> int:
    """Return the number of control nodes that a collocation point depends on."""
    return lay.mesh.control_stencil()[0].shape[1] if lay.controls.size else 0


class Frame:
    """Layout, linear rows, scales and bounds of a problem on given meshes: ``physical = scale * variable``.

    Times are counted from ``origin`` (s).
    """

    rows: int  # all of them; set once the boundary constraints are known
    boundary_bounds: list[tuple[Bound, Bound]]

    def __init__(
        self,
        problem: Problem,
        meshes: Mapping[str, Mesh],
        guesses: Mapping[str, Guess],
        cache: StructureCache[LocalFunctions],
        scales: Scales | None = None,
        origin: float | None = None,
    ):
        self.origin = _scaling.time_origin(guesses) if origin is None else origin
        self.problem, self.meshes, self.cache, self.guesses = problem, dict(meshes), cache, dict(guesses)
        self._scales = scales
        self.layouts: dict[str, PhaseLayout] = {}
        self.labels: list[tuple[str, str]] = []  # (phase or "", what) of each row
        self._inputs: dict[str, tuple[bytes, np.ndarray]] = {}
        self._lay_out()
        self.phase_keys = self.present_phase_keys()
        self.local = {name: self._local_functions(lay) for name, lay in self.layouts.items()}
        self._linear_rows()
        self._scale()

    def _local_functions(self, lay: PhaseLayout) -> LocalFunctions:
        return translated(self.problem, lay.phase, _blocks(lay), self.phase_keys[lay.phase.name], self.cache)

    def present_phase_keys(self) -> dict[str, Hashable]:
        """Return the keys of all phases, with what their functions refer to at present."""
        return {name: phase_key(self.problem, lay.phase, _blocks(lay)) for name, lay in self.layouts.items()}

    @property
    def points(self) -> int:
        """Number of collocation points of all phases."""
        return sum(len(lay.defects) for lay in self.layouts.values())

    @property
    def is_large(self) -> bool:
        """Whether there are so many points that they change how the programme is scaled and solved."""
        return self.points > LARGE

    @property
    def enlargement(self) -> float:
        """Factor of the scaled objective: one unless the programme is large.

        The multipliers of a point are proportional to its share of the phase, but the barrier of an interior point method is
        as high at every point. With more points it would outweigh the objective: the last barrier shifts the optimum, and the
        second derivatives, which the multipliers weight, become so small beside the other entries of the linear systems that
        these are singular to the solver.
        """
        return self.points / USUAL if self.is_large else 1.0

    @property
    def given(self) -> np.ndarray:
        """The present values of the problem's given parameters."""
        return np.array(list(self.problem.given.values()))

    def inputs(self, phase: str) -> np.ndarray:
        """Return the flattened inputs of a phase for the present values of the problem's given parameters."""
        values = self.given
        known = self._inputs.get(phase)
        if known is None or known[0] != values.tobytes():
            found = np.asarray(flat_inputs(self.problem, self.layouts[phase].phase, values))
            known = self._inputs[phase] = values.tobytes(), found
        return known[1]

    # ---- layout ----------------------------------------------------------------------------------------------------
    def _lay_out(self) -> None:
        variables = rows = 0
        for name, phase in self.problem.phases.items():
            mesh = self.meshes[name]
            shapes = [
                (len(mesh.state_nodes), phase.states.length),
                (len(mesh.control_nodes) if phase.controls.length else 0, phase.controls.length),
                (len(mesh.knots) + 2,),
            ]
            blocks: list[np.ndarray] = []
            for shape in shapes:
                size = int(np.prod(shape))
                blocks.append(np.arange(variables, variables + size).reshape(shape))
                variables += size
            states, controls, times = blocks
            points = int(mesh.counts.sum())
            defects = np.arange(rows, rows + points * phase.states.length).reshape(points, -1)
            rows += defects.size
            self.labels += [(name, f"dynamics of {label}") for label in phase.states.labels()] * points
            path = np.arange(rows, rows + points * len(phase.path)).reshape(points, len(phase.path))
            rows += path.size
            self.labels += [(name, c.name) for c in phase.path] * points
            self.layouts[name] = PhaseLayout(phase, mesh, states, controls, times, defects, path)
        self.free_indices = np.arange(variables, variables + len(self.problem.free))
        self.size = variables + len(self.problem.free)
        self.local_rows = rows

    def _linear_rows(self) -> None:
        """Build the rows linear in the physical variables: differentiation of states, durations and control rates."""
        rows, columns, data = [], [], []
        self.linear_bounds: list[tuple[Any, Any]] = []
        for lay in self.layouts.values():
            for count, intervals in lay.mesh.by_count():
                matrix = differentiation_matrix(count)
                at = lay.mesh.starts[intervals][:, None] + np.arange(count)
                target = lay.defects[at]  # (intervals, count, nx)
                source = lay.states[lay.mesh.state_indices(intervals, count)]  # (intervals, count + 1, nx)
                shape = (len(intervals), count, count + 1, lay.states.shape[1])
                rows.append(np.broadcast_to(target[:, :, None, :], shape).ravel())
                columns.append(np.broadcast_to(source[:, None, :, :], shape).ravel())
                data.append(np.broadcast_to(matrix[None, :, :, None], shape).ravel())
        row = self.local_rows
        for name, lay in self.layouts.items():
            entries: list[tuple[int, int, float]] = []
            row = self._duration_rows(name, lay, entries, row)
            row = self._rate_rows(name, lay, entries, row)
            row = self._mode_rows(name, lay, entries, row)
            r, c, d = np.array(entries).reshape(-1, 3).T
            rows, columns, data = [*rows, r.astype(int)], [*columns, c.astype(int)], [*data, d]
        self.rows_before_boundary = row
        triples = (np.concatenate(data), (np.concatenate(rows), np.concatenate(columns)))
        self.linear = sp.csc_array(triples, (row, self.size))

    def _duration_rows(self, name: str, lay: PhaseLayout, entries: list[tuple[int, int, float]], row: int) -> int:
        """Add rows that bound the duration, unless both ends are fixed, and those that keep arcs from negative duration."""
        fixed = all(isinstance(b[0], str) and b[0] == b[1] for b in (lay.phase.initial_time, lay.phase.final_time))
        stated = lay.phase.duration != (0.0, np.inf)
        pairs = [(lay.times[0], lay.times[-1], lay.phase.duration)] if stated or not fixed else []
        if len(lay.times) > 2:
            pairs += [(a, b, (0.0, np.inf)) for a, b in zip(lay.times[:-1], lay.times[1:], strict=True)]
        for start, end, bounds in pairs:
            entries += [(row, end, 1.0), (row, start, -1.0)]
            self.linear_bounds.append(bounds)
            self.labels.append((name, "duration"))
            row += 1
        return row

    def _rate_rows(self, name: str, lay: PhaseLayout, entries: list[tuple[int, int, float]], row: int) -> int:
        mesh = lay.mesh
        for variable in lay.phase.controls.variables:
            if variable.rate is None:
                continue
            if mesh.control_degree != 1:
                raise StatementError(f"phase {name!r}, control {variable.name!r}: a rate limit needs control_degree=1")
            columns = lay.controls[:, lay.phase.controls.slices[variable.name]]
            for interval, (width, arc) in enumerate(zip(mesh.arc_widths, mesh.arc_of, strict=True)):
                for column in range(columns.shape[1]):
                    for sign in (1.0, -1.0):
                        entries += [
                            (row, columns[interval + 1, column], sign),
                            (row, columns[interval, column], -sign),
                            (row, lay.times[arc + 1], -variable.rate * width),
                            (row, lay.times[arc], variable.rate * width),
                        ]
                        self.linear_bounds.append((-np.inf, 0.0))
                        self.labels.append((name, f"rate of {variable.name}"))
                        row += 1
        return row

    def _mode_rows(self, name: str, lay: PhaseLayout, entries: list[tuple[int, int, float]], row: int) -> int:
        """Add rows that set the highest modes of each control polynomial to zero; ``Mesh.spare`` is their number."""
        mesh, lower_upper = lay.mesh, lay.phase.controls.bounds(self.problem.values)
        if mesh.control_degree == 1 or not mesh.spare or not lay.controls.size:
            return row
        linear = self._linear_controls(lay)
        still = {(pin.index, pin.arc) for pin in mesh.pins if pin.kind == "control"}
        for interval, (count, arc) in enumerate(zip(mesh.counts, mesh.arc_of, strict=True)):
            modes = highest_modes(int(count), min(mesh.spare, int(count) - 1))
            nodes = lay.controls[mesh.starts[interval] : mesh.starts[interval + 1]]
            for j, label in enumerate(lay.phase.controls.labels()):
                if (j, int(arc)) in still or j not in linear or lower_upper[0][j] == lower_upper[1][j]:
                    continue
                for mode in modes:
                    entries += [(row, int(c), float(d)) for c, d in zip(nodes[:, j], mode, strict=True)]
                    self.linear_bounds.append((0.0, 0.0))
                    self.labels.append((name, f"smoothness of {label}"))
                    row += 1
        return row

    def _linear_controls(self, lay: PhaseLayout) -> set[int]:
        """Return controls that enter the rates linearly and no path constraint: those that can be singular."""
        local, nx, nu = self.local[lay.phase.name], lay.states.shape[1], lay.controls.shape[1]
        bent = {
            int(j) - nx
            for pair in zip(local.hessian_sparsity.row(), local.hessian_sparsity.get_col(), strict=True)
            if all(nx <= j < nx + nu for j in pair)
            for j in pair
        }
        return set(range(nu)) - bent - set(local.rates.jac_sparsity(1, 1).get_col())

    # ---- scaling and bounds ----------------------------------------------------------------------------------------
    def _scale(self) -> None:
        """Set the scales of the variables and of the rows before those of the boundary constraints."""
        if self._scales is not None:
            self.scale, self.row_scale = self._scales[0], self._scales[1][: self.rows_before_boundary]
            return
        problem, values = self.problem, self.problem.values
        scale, rows = np.ones(self.size), np.ones(self.rows_before_boundary)
        free = np.array([problem.free_guess[v.name] for v in problem.free])
        seconds = _scaling.time_scale(self.guesses)
        for name, lay in self.layouts.items():
            scales = _scaling.phase_scales(
                lay.phase, self.guesses[name], values, self.local[name].rates, self.inputs(name), free
            )
            scale[lay.states], scale[lay.controls], scale[lay.times] = scales.state, scales.control, seconds
            rows[lay.defects] = 1.0 / scales.state
            rows[lay.path] = 1.0 / scales.path
        scale[self.free_indices] = _scaling.parameter_scales(problem)
        linear = abs(self.linear @ sp.diags_array(scale)).tocsr()[self.local_rows :]
        if linear.shape[0]:
            rows[self.local_rows :] = 1.0 / linear.max(axis=1).toarray().ravel()
        self.scale, self.row_scale = scale, rows

    def bounds(self, values: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return scaled lower and upper bounds of the variables, then of the rows, for given parameters and settings."""
        return *self.variable_bounds(values), *self._row_bounds(values)

    def variable_bounds(self, values: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
        """Return scaled lower and upper bounds of the variables."""
        lower, upper = np.full(self.size, -np.inf), np.full(self.size, np.inf)
        for lay in self.layouts.values():
            phase = lay.phase
            lower[lay.states], upper[lay.states] = phase.states.bounds(values)
            for node, which in ((0, "initial"), (-1, "final")):
                lower[lay.states[node]], upper[lay.states[node]] = phase.states.end_bounds(which, values)
            lower[lay.controls], upper[lay.controls] = phase.controls.bounds(values)
            self._pin(lay, ("control",), lay.controls, lower, upper)
            for index, bounds in zip(lay.times[[0, -1]], time_bounds(phase, values), strict=True):
                lower[index], upper[index] = np.subtract(bounds, self.origin)
        for index, variable in zip(self.free_indices, self.problem.free, strict=True):
            lower[index], upper[index] = (b[0] for b in variable.bounds(values))
        return lower / self.scale, upper / self.scale

    def _row_bounds(self, values: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
        low, high = np.zeros(self.rows), np.zeros(self.rows)
        for lay in self.layouts.values():
            for j, c in enumerate(lay.phase.path):
                low[lay.path[:, j]], high[lay.path[:, j]] = c.bounds(values)
            self._pin(lay, ("path", "touch"), lay.path, low, high)
        for row, bounds in enumerate([*self.linear_bounds, *self.boundary_bounds], self.local_rows):
            low[row], high[row] = (resolve(b, values) for b in bounds)
        return low * self.row_scale, high * self.row_scale

    @staticmethod
    def _pin(lay: PhaseLayout, kinds: tuple[str, ...], places: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
        """Fix pinned variables or rows at their active bounds."""
        arcs = lay.mesh.arc_of[lay.mesh.interval_of]
        for pin in lay.mesh.pins:
            if pin.kind in kinds:
                here = np.flatnonzero(arcs == pin.arc)
                at = places[here[-1:] if pin.kind == "touch" else here, pin.index]
                if pin.upper:
                    low[at] = high[at]
                else:
                    high[at] = low[at]

    def pack(self, guesses: Mapping[str, Guess]) -> np.ndarray:
        """Return the scaled vector sampled from ``guesses``, inside the bounds."""
        lower, upper = self.variable_bounds(self.problem.values)
        return np.clip(self.sampled(guesses), lower, upper)

    def sampled(self, guesses: Mapping[str, Guess]) -> np.ndarray:
        """Return the scaled vector sampled from ``guesses``, which may be outside the bounds."""
        w = np.zeros(self.size)
        for name, lay in self.layouts.items():
            guess = guesses[name]
            span = guess.time[-1] - guess.time[0]
            w[lay.times] = guess.time[0] - self.origin + lay.mesh.arc_edges * span
            for nodes, layout, samples, index in (
                (lay.mesh.state_nodes, lay.phase.states, guess.states, lay.states),
                (lay.mesh.control_nodes, lay.phase.controls, guess.controls, lay.controls),
            ):
                seconds = guess.time[0] + nodes * span
                for variable in layout.variables:
                    values = np.asarray(samples[variable.name], dtype=float).reshape(len(guess.time), -1)
                    columns = index[:, layout.slices[variable.name]]
                    for j in range(values.shape[1]):
                        w[columns[:, j]] = np.interp(seconds, guess.time, values[:, j])
        w[self.free_indices] = [self.problem.free_guess[v.name] for v in self.problem.free]
        return w / self.scale
