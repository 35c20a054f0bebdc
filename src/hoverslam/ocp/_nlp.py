"""The transcription: a stated problem and its meshes become one sparse nonlinear programme.

Everything nonlinear happens at collocation points (``_local.py``) and at phase ends. The programme's Jacobian and
Hessian are gathered from those small dense blocks by constant sparse matrices, so the solver gets exact sparse
derivatives at the price of one evaluation of each block, and a new mesh costs no new differentiation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import casadi as ca
import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse as sp

from hoverslam.ocp import _scaling
from hoverslam.ocp._local import LocalCache, LocalFunctions, flat_inputs
from hoverslam.ocp._sparse import Entries, constant, gather, to_scipy
from hoverslam.ocp._translate import translate
from hoverslam.ocp.mesh import Mesh, differentiation_matrix, highest_modes
from hoverslam.ocp.names import Bound, Named, resolve
from hoverslam.ocp.problem import Guess, Phase, Problem, StatementError

DAMPING = 1e-6  # see Programme._smoothing_matrix


@dataclass(frozen=True)
class PhaseLayout:
    """Where a phase's variables and rows sit in the programme (physical order, before scaling)."""

    phase: Phase
    mesh: Mesh
    states: np.ndarray  # (state nodes, nx) variable indices
    controls: np.ndarray  # (control nodes, nu)
    times: np.ndarray  # (arcs + 1,)
    defects: np.ndarray  # (collocation points, nx) row indices
    path: np.ndarray  # (collocation points, path constraints)


class Programme:
    """The nonlinear programme of a problem on given meshes, with CasADi functions for IPOPT.

    Variables and rows are scaled: ``physical = scale * variable``. Rows are defects, path constraints, linear rows
    (durations, control rates) and boundary constraints, in that order.
    """

    def __init__(
        self,
        problem: Problem,
        meshes: Mapping[str, Mesh],
        guesses: Mapping[str, Guess],
        cache: LocalCache,
        smoothing: float = 0.0,
        scales: tuple[np.ndarray, np.ndarray, float] | None = None,
    ):
        self.problem, self.meshes, self.cache, self.smoothing = problem, dict(meshes), cache, smoothing
        self.guesses, self._scales = dict(guesses), scales  # scales of variables, rows and objective, if known
        self.solvers: dict[Any, ca.Function] = {}  # built on first use, by their options
        self.layouts: dict[str, PhaseLayout] = {}
        self.labels: list[tuple[str, str]] = []  # (phase or "", what) of each row
        self._lay_out()
        self.local = {name: self._local_functions(lay) for name, lay in self.layouts.items()}
        self._linear_rows()
        self._scale()
        self._endpoints()
        self._assemble()

    def _local_functions(self, lay: PhaseLayout) -> LocalFunctions:
        blocks = lay.mesh.control_stencil()[0].shape[1] if lay.controls.size else 0
        return self.cache.get(self.problem, lay.phase, blocks)

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
        """Differentiation of the states, durations and control rates: rows linear in the physical variables."""
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
        """The phase's duration within its bounds, unless both of its ends are fixed; no arc shorter than nothing."""
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
        """The highest modes of each control polynomial are zero, as many as the mesh spares."""
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
        """Controls that the rates are linear in and no path constraint sees: those that can be singular."""
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
        problem, values = self.problem, self.problem.values
        scale, rows = np.ones(self.size), np.ones(self.rows_before_boundary)
        free = np.array([problem.free_guess[v.name] for v in problem.free])
        given = jnp.asarray(list(problem.given.values()))
        seconds = _scaling.time_scale(self.guesses)
        self.path_scale: dict[str, np.ndarray] = {}
        for name, lay in self.layouts.items():
            q = np.asarray(flat_inputs(problem, lay.phase, given))
            scales = _scaling.phase_scales(lay.phase, self.guesses[name], values, self.local[name].rates, q, free)
            scale[lay.states], scale[lay.controls], scale[lay.times] = scales.state, scales.control, seconds
            rows[lay.defects] = 1.0 / scales.state
            rows[lay.path] = 1.0 / scales.path
            self.path_scale[name] = scales.path
        scale[self.free_indices] = _scaling.parameter_scales(problem)
        linear = abs(self.linear @ sp.diags_array(scale)).tocsr()[self.local_rows :]
        if linear.shape[0]:
            rows[self.local_rows :] = 1.0 / linear.max(axis=1).toarray().ravel()
        self.scale, self.row_scale = scale, rows
        if self._scales is not None:
            self.scale, self.row_scale = self._scales[0], self._scales[1][: len(rows)]

    def bounds(self, values: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Scaled lower and upper bounds of the variables, then of the rows, for given parameters and settings."""
        return *self.variable_bounds(values), *self._row_bounds(values)

    def variable_bounds(self, values: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
        """Scaled lower and upper bounds of the variables."""
        lower, upper = np.full(self.size, -np.inf), np.full(self.size, np.inf)
        for lay in self.layouts.values():
            phase = lay.phase
            lower[lay.states], upper[lay.states] = phase.states.bounds(values)
            for node, which in ((0, "initial"), (-1, "final")):
                lower[lay.states[node]], upper[lay.states[node]] = phase.states.end_bounds(which, values)
            lower[lay.controls], upper[lay.controls] = phase.controls.bounds(values)
            self._pin(lay, ("control",), lay.controls, lower, upper)
            for index, bounds in ((lay.times[0], phase.initial_time), (lay.times[-1], phase.final_time)):
                lower[index], upper[index] = (resolve(b, values) for b in bounds)
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
        """Close the bounds of what is pinned on the bound that it rides."""
        arcs = lay.mesh.arc_of[lay.mesh.interval_of]
        for pin in lay.mesh.pins:
            if pin.kind in kinds:
                here = np.flatnonzero(arcs == pin.arc)
                at = places[here[-1:] if pin.kind == "touch" else here, pin.index]
                if pin.upper:
                    low[at] = high[at]
                else:
                    high[at] = low[at]

    # ---- phase ends ------------------------------------------------------------------------------------------------
    def _endpoints(self) -> None:
        """Objective and boundary constraints as functions of what they touch at the phases' ends."""
        blocks = []
        for lay in self.layouts.values():
            ends = [lay.states[0], lay.states[-1]]
            ends += [lay.controls[0], lay.controls[-1]] if lay.controls.size else [np.zeros(0, int)] * 2
            blocks.append(np.concatenate([*ends, lay.times[[0, -1]]]))
        self.end_indices = np.concatenate([*blocks, self.free_indices])
        given = ca.SX.sym("p", len(self.problem.given))
        ends_symbol = ca.SX.sym("e", len(self.end_indices))
        try:
            outputs = translate(self._end_function(), ends_symbol, given)
        except AttributeError as error:
            raise StatementError(
                f"problem {self.problem.name!r}, objective or boundary constraints: {error}"
            ) from error
        objective, constraints = ca.vertsplit(outputs, [0, 1, outputs.shape[0]])
        self.boundary_bounds, names = self._boundary_bounds()
        self.labels += names
        multipliers, weight = ca.SX.sym("lam", constraints.shape[0]), ca.SX.sym("sigma")
        gradient, jacobian = ca.jacobian(objective, ends_symbol), ca.jacobian(constraints, ends_symbol)
        hessian = ca.tril(ca.hessian(weight * objective + ca.dot(multipliers, constraints), ends_symbol)[0])
        self.end_value = ca.Function("ends", [ends_symbol, given], list(ca.cse([objective, constraints])))
        self.end_jacobian = ca.Function(
            "ends_jacobian", [ends_symbol, given], ca.cse([ca.vec(gradient.nz[:]), ca.vec(jacobian.nz[:])])
        )
        self.end_hessian = ca.Function(
            "ends_hessian", [ends_symbol, given, weight, multipliers], ca.cse([ca.vec(hessian.nz[:])])
        )
        self.end_sparsities = (gradient.sparsity(), jacobian.sparsity(), hessian.sparsity())

    def _end_function(self) -> Callable[..., Any]:
        problem = self.problem
        if problem.objective is None:
            raise StatementError(f"problem {problem.name!r} has no objective: call minimize() or maximize()")

        def evaluate(flat: Any, given: Any) -> Any:
            ends, p = self._unpacked_ends(flat, given)
            values = [jnp.ravel(jnp.asarray(problem.sense * problem.objective(ends, p), dtype=float))]  # type: ignore[misc]
            for c in problem.boundary:
                values.append(jnp.ravel(jnp.asarray(c.function(ends, p), dtype=float)))
            self.boundary_lengths = [int(v.shape[0]) for v in values[1:]]
            return jnp.concatenate(values)

        return evaluate

    def _unpacked_ends(self, flat: Any, given: Any) -> tuple[Named, Named]:
        """Phase ends and parameters by name, from what they touch of the programme's (physical) variables."""
        ends, at = Named(), 0
        for name, lay in self.layouts.items():
            parts = []
            for length in (lay.states.shape[1],) * 2 + (lay.controls.shape[1],) * 2 + (2,):
                parts.append(flat[at : at + length])
                at += length
            ends[name] = lay.phase.ends(*parts)
        return ends, self.problem.parameters(flat[at:], given)

    def of_ends(self, output: Callable[[Named, Named], Any]) -> Callable[[Any, Any], Any]:
        """A scalar function of ``(ends, parameters)`` as one of the variables ``end_indices`` and the given parameters."""
        return lambda flat, given: jnp.asarray(output(*self._unpacked_ends(flat, given)), dtype=float)

    def _boundary_bounds(self) -> tuple[list[tuple[Bound, Bound]], list[tuple[str, str]]]:
        bounds: list[tuple[Bound, Bound]] = []
        names: list[tuple[str, str]] = []
        for c, length in zip(self.problem.boundary, self.boundary_lengths, strict=True):
            bounds += [(c.lower, c.upper)] * length
            names += [("", c.name)] * length
        return bounds, names

    # ---- the programme ---------------------------------------------------------------------------------------------
    def _assemble(self) -> None:
        problem = self.problem
        self.rows = self.rows_before_boundary + len(self.boundary_bounds)
        given = np.array(list(problem.given.values()))
        start = self.pack(self.guesses)
        gradient, boundary = self.end_jacobian(self.scale[self.end_indices] * start[self.end_indices], given)
        self.row_scale = np.concatenate([self.row_scale, self._sizes(self.end_sparsities[1], boundary, 1)])
        self.objective_scale = float(self._sizes(self.end_sparsities[0], gradient, 1)[0])
        if self._scales is not None:
            _, self.row_scale, self.objective_scale = self._scales
        self._check_start(start)

        w, p = ca.MX.sym("w", self.size), ca.MX.sym("p", self.parameter_vector().size)
        lam, sigma = ca.MX.sym("lam", self.rows), ca.MX.sym("sigma")
        physical = self.scale * w
        pieces = [self._phase_block(lay, physical, p, lam, at) for lay, at in self._input_slices()]
        ends, p_given = physical[self.end_indices], p[: len(given)]
        objective, constraints = self.end_value(ends, p_given)
        stop = self.rows_before_boundary
        scaled_linear = sp.diags_array(self.row_scale[:stop]) @ self.linear @ sp.diags_array(self.scale)
        local = sum((constant(b.place, b.place.shape) @ b.value for b in pieces), ca.MX(stop, 1))
        g = ca.vertcat(constant(scaled_linear, scaled_linear.shape) @ w + local, self.row_scale[stop:] * constraints)
        penalty = self._smoothing_matrix()
        f = self.objective_scale * objective + 0.5 * ca.dot(w, penalty @ w)

        jac = self._jacobian(scaled_linear, pieces, ends, p_given)
        hess = self._hessian(pieces, ends, p_given, sigma, lam) + sigma * ca.triu(penalty)
        grad = self._gradient(ends, p_given) + penalty @ w
        self.functions = {
            "nlp": ca.Function("nlp", {"x": w, "p": p, "f": f, "g": g}, ["x", "p"], ["f", "g"]),
            "grad_f": ca.Function("nlp_grad_f", [w, p], [f, grad], ["x", "p"], ["f", "grad_f_x"]),
            "jac_g": ca.Function("nlp_jac_g", [w, p], [g, jac], ["x", "p"], ["g", "jac_g_x"]),
            "hess_lag": ca.Function(
                "nlp_hess_l", [w, p, sigma, lam], [hess], ["x", "p", "lam_f", "lam_g"], ["triu_hess_gamma_x_x"]
            ),
        }

    def _smoothing_matrix(self) -> ca.DM:
        """Curvature added to the scaled objective where controls hardly matter.

        For piecewise linear controls twice ``smoothing`` times the integral over each phase, in its own unit of time, of
        the squared control rates. For collocation polynomials twice ``DAMPING`` times the squares of their two highest
        modes: a solution that is resolved has none to speak of, while modes that ring unseen get a curvature.
        """
        rows, columns, values = [], [], []
        for lay in self.layouts.values():
            if not lay.controls.size:
                continue
            if lay.mesh.control_degree is None:
                for i, (count, width) in enumerate(zip(lay.mesh.counts, lay.mesh.widths, strict=True)):
                    modes = highest_modes(int(count), min(2, int(count) - 1))
                    block = 2.0 * DAMPING * width * modes.T @ modes
                    nodes = lay.controls[lay.mesh.starts[i] : lay.mesh.starts[i + 1]]
                    for each in nodes.T:
                        rows.append(np.repeat(each, len(each)))
                        columns.append(np.tile(each, len(each)))
                        values.append(block.ravel())
            elif self.smoothing:
                for left, right, width in zip(lay.controls[:-1], lay.controls[1:], lay.mesh.widths, strict=True):
                    weight = np.full(len(left), 2.0 * self.smoothing / width)
                    rows += [left, right, left, right]
                    columns += [left, right, right, left]
                    values += [weight, weight, -weight, -weight]
        if not rows:
            return ca.DM(self.size, self.size)
        matrix = sp.coo_array(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), (self.size,) * 2
        )
        return constant(matrix, matrix.shape)

    def _sizes(self, sparsity: ca.Sparsity, values: ca.DM, floor: int) -> np.ndarray:
        """One over the largest scaled entry of each row: boundary rows and the objective of the order of one."""
        matrix = to_scipy(sparsity, np.asarray(values).ravel())
        scaled = abs(matrix @ sp.diags_array(self.scale[self.end_indices])).tocsr()
        largest = scaled.max(axis=1).toarray().ravel() if scaled.shape[0] else np.zeros(0)
        return 1.0 / np.where(largest > 1e-12, largest, floor)

    def _input_slices(self) -> list[tuple[PhaseLayout, slice]]:
        at, slices = len(self.problem.given), []
        for lay in self.layouts.values():
            length = int(flat_inputs(self.problem, lay.phase, jnp.asarray(list(self.problem.given.values()))).shape[0])
            slices.append((lay, slice(at, at + length)))
            at += length
        return slices

    def parameter_vector(self, given: np.ndarray | None = None) -> np.ndarray:
        """The programme's parameters: the given ones, then each phase's flattened inputs."""
        values = np.array(list(self.problem.given.values())) if given is None else np.asarray(given, dtype=float)
        inputs = [np.asarray(flat_inputs(self.problem, lay.phase, values)) for lay in self.layouts.values()]
        return np.concatenate([values, *inputs])

    def _points(self, lay: PhaseLayout) -> tuple[np.ndarray, np.ndarray]:
        """Programme variables ``(points, nz)`` and data ``(points, nd)`` that the local functions take at each point."""
        mesh = lay.mesh
        stencil, weights = mesh.control_stencil()
        blocks, arcs = stencil.shape[1] if lay.controls.size else 0, mesh.arc_of[mesh.interval_of]
        touched = [lay.states[1:]]
        if blocks:
            touched.append(lay.controls[stencil].reshape(len(stencil), -1))
        touched += [lay.times[np.stack([arcs, arcs + 1], axis=1)], np.tile(self.free_indices, (len(stencil), 1))]
        place = mesh.within_arc(mesh.state_nodes[1:], arcs)
        width = mesh.arc_widths[mesh.interval_of]
        return np.concatenate(touched, axis=1), np.column_stack([width, place, weights[:, :blocks]])

    def _phase_block(self, lay: PhaseLayout, physical: Any, p: Any, lam: Any, inputs: slice) -> "_Block":
        local = self.local[lay.phase.name]
        columns, data = self._points(lay)
        count, nx, rows = len(columns), lay.states.shape[1], lay.states.shape[1] + lay.path.shape[1]
        row_of = np.concatenate([lay.defects, lay.path], axis=1)
        # A defect is (differentiated states) - (step times rates): the local part enters with a minus sign.
        sign = np.concatenate([-np.ones(nx), np.ones(rows - nx)])
        target = row_of.ravel()
        factor = np.tile(sign, count) * self.row_scale[target]
        scatter = sp.csc_array((factor, (target, np.arange(len(target)))), (self.rows_before_boundary, count * rows))

        z = ca.reshape(physical[columns.ravel()], columns.shape[1], count)
        q = p[inputs]
        arguments: list[Any] = [z, ca.DM(data.T), q]
        local_lam = ca.reshape(
            constant(scatter.T.tocsc(), scatter.T.shape) @ lam[: self.rows_before_boundary], rows, count
        )

        def mapped(function: ca.Function, *more: Any) -> Any:
            return ca.vec(function.map(function.name(), "serial", count, [2], [])(*arguments, *more))

        return _Block(
            scatter,
            mapped(local.value),
            mapped(local.jacobian),
            mapped(local.hessian, local_lam),
            columns,
            row_of,
            sign,
            local,
        )

    def _jacobian(self, linear: Any, pieces: list["_Block"], ends: Any, given: Any) -> Any:
        fixed = linear.tocoo()
        rows, columns = [fixed.row], [fixed.col]
        sources, offset = [np.full(len(fixed.row), -1)], 0
        factors, values = [fixed.data], []
        for piece in pieces:
            r, c, where, factor = piece.jacobian_entries(self.row_scale, self.scale)
            rows, columns, sources = [*rows, r], [*columns, c], [*sources, where + offset]
            factors.append(factor)
            values.append(piece.jacobian)
            offset += piece.jacobian.shape[0]
        sparsity = self.end_sparsities[1]
        r, c = (np.array(a, dtype=int) for a in (sparsity.row(), sparsity.get_col()))
        r, c = r + self.rows_before_boundary, self.end_indices[c]
        rows, columns, sources = [*rows, r], [*columns, c], [*sources, offset + np.arange(len(r))]
        factors.append(self.row_scale[r] * self.scale[c])
        values.append(self.end_jacobian(ends, given)[1])
        entries = Entries(*(np.concatenate(a) for a in (rows, columns, sources, factors)))
        return gather((self.rows, self.size), entries, ca.vertcat(*values))

    def _hessian(self, pieces: list["_Block"], ends: Any, given: Any, sigma: Any, lam: Any) -> Any:
        rows: list[np.ndarray] = []
        columns: list[np.ndarray] = []
        sources: list[np.ndarray] = []
        factors: list[np.ndarray] = []
        values, offset = [], 0
        for piece in pieces:
            r, c, where = piece.hessian_entries()
            rows, columns, sources = [*rows, r], [*columns, c], [*sources, where + offset]
            factors.append(self.scale[r] * self.scale[c])
            values.append(piece.hessian)
            offset += piece.hessian.shape[0]
        stop = self.rows_before_boundary
        values.append(self.end_hessian(ends, given, sigma * self.objective_scale, self.row_scale[stop:] * lam[stop:]))
        sparsity = self.end_sparsities[2]
        r, c = (self.end_indices[np.array(a, dtype=int)] for a in (sparsity.row(), sparsity.get_col()))
        rows, columns = [*rows, np.minimum(r, c)], [*columns, np.maximum(r, c)]
        sources.append(offset + np.arange(len(r)))
        factors.append(self.scale[r] * self.scale[c])
        entries = Entries(*(np.concatenate(a) for a in (rows, columns, sources, factors)))
        return gather((self.size, self.size), entries, ca.vertcat(*values))

    def _gradient(self, ends: Any, given: Any) -> Any:
        sparsity = self.end_sparsities[0]
        columns = self.end_indices[np.array(sparsity.get_col(), dtype=int)]
        values = self.objective_scale * self.end_jacobian(ends, given)[0]
        zeros = np.zeros(len(columns), dtype=int)
        entries = Entries(zeros, columns, np.arange(len(columns)), self.scale[columns])
        row = gather((1, self.size), entries, values)
        return ca.densify(row).T

    def objective(self, w: np.ndarray) -> float:
        """The stated objective in its own unit at the scaled point ``w``."""
        ends = self.scale[self.end_indices] * w[self.end_indices]
        return self.problem.sense * float(self.end_value(ends, np.array(list(self.problem.given.values())))[0])

    # ---- guess -----------------------------------------------------------------------------------------------------
    def pack(self, guesses: Mapping[str, Guess]) -> np.ndarray:
        """Scaled vector sampled from ``guesses``, inside the bounds."""
        w = np.zeros(self.size)
        for name, lay in self.layouts.items():
            guess = guesses[name]
            span = guess.time[-1] - guess.time[0]
            w[lay.times] = guess.time[0] + lay.mesh.arc_edges * span
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
        lower, upper = self.variable_bounds(self.problem.values)
        return np.clip(w / self.scale, lower, upper)

    def _check_start(self, start: np.ndarray) -> None:
        """Refuse a problem whose functions or their slopes are not finite where the solver starts, naming the place."""
        values = start * self.scale
        given = np.array(list(self.problem.given.values()))
        for lay in self.layouts.values():
            self._check_phase_start(lay, values, given)
        ends = values[self.end_indices]
        objective, constraints = (np.asarray(v).ravel() for v in self.end_value(ends, given))
        labels = [what for _, what in self.labels[self.rows_before_boundary :]]
        for what, value in zip(["the objective", *labels], np.concatenate([objective, constraints]), strict=True):
            if not np.isfinite(value):
                raise StatementError(f"problem {self.problem.name!r}: {what} is {value} at the guess")

    def _check_phase_start(self, lay: PhaseLayout, values: np.ndarray, given: np.ndarray) -> None:
        columns, data = self._points(lay)
        local, phase = self.local[lay.phase.name], lay.phase
        q = np.asarray(flat_inputs(self.problem, phase, given))
        z = values[columns].T
        value, slope = np.asarray(local.value(z, data.T, q)), np.asarray(local.jacobian(z, data.T, q))
        rows = np.array(local.jacobian_sparsity.row(), dtype=int)
        whats = [f"the rate of {label!r}" for label in phase.states.labels()]
        whats += [f"path constraint {c.name!r}" for c in phase.path]
        for kind, table, names in (
            ("", value, whats),
            (" has a slope that", slope, [whats[r] for r in rows]),
        ):
            for what, row in zip(names, table, strict=True):
                if np.all(np.isfinite(row)):
                    continue
                k = int(np.argmin(np.isfinite(row)))
                nx, nu = phase.states.length, phase.controls.length
                named = zip([*phase.states.labels(), *phase.controls.labels()], z[: nx + nu, k], strict=False)
                time = values[lay.times[0]] + lay.mesh.state_nodes[k + 1] * np.ptp(values[lay.times])
                raise StatementError(
                    f"phase {phase.name!r}: {what}{kind} is {row[k]} at the guess, at {time:g} s, where "
                    + ", ".join(f"{n} = {v:g}" for n, v in named)
                )

    def parameter_jacobian(self) -> np.ndarray:
        """Derivative of :meth:`parameter_vector` to the given parameters, ``(parameters, given)``."""
        given = jnp.asarray(list(self.problem.given.values()))
        inputs = [lambda g, lay=lay: flat_inputs(self.problem, lay.phase, g) for lay in self.layouts.values()]
        return np.asarray(jax.jacfwd(lambda g: jnp.concatenate([g, *(f(g) for f in inputs)]))(given))


@dataclass(frozen=True)
class _Block:
    """One phase's contributions: values, Jacobian and Hessian entries of all its points, and where they go."""

    place: Any
    value: Any
    jacobian: Any
    hessian: Any
    columns: np.ndarray
    row_of: np.ndarray
    sign: np.ndarray
    local: LocalFunctions

    def jacobian_entries(self, row_scale: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, ...]:
        """Row, column, source position and factor of every Jacobian entry."""
        sparsity = self.local.jacobian_sparsity
        r, c = np.array(sparsity.row(), dtype=int), np.array(sparsity.get_col(), dtype=int)
        rows, columns = self.row_of[:, r].ravel(), self.columns[:, c].ravel()
        sign = np.tile(self.sign[r], len(self.columns))
        return rows, columns, np.arange(len(rows)), sign * row_scale[rows] * scale[columns]

    def hessian_entries(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Row, column (upper triangle) and source position of every Hessian entry."""
        sparsity = self.local.hessian_sparsity
        r, c = np.array(sparsity.row(), dtype=int), np.array(sparsity.get_col(), dtype=int)
        a, b = self.columns[:, r].ravel(), self.columns[:, c].ravel()
        return np.minimum(a, b), np.maximum(a, b), np.arange(len(a))
