"""The transcription: a stated problem and its meshes become one sparse nonlinear programme.

All nonlinear functions are evaluated at collocation points (``local.py``) and at phase ends. The programme's Jacobian and
Hessian are gathered from those small dense blocks by constant sparse matrices, so the solver gets exact sparse
derivatives from one evaluation of each block, and a new mesh needs no new differentiation.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import casadi as ca
import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse as sp

from hoverslam.ocp.statement.functions import StatementError, telling
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.names import Bound, Named, split
from hoverslam.ocp.statement.phase import Guess
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.compiled import collect_compiled
from hoverslam.ocp.transcription.costs import Terms, terms_of
from hoverslam.ocp.transcription.ends import end_functions
from hoverslam.ocp.transcription.frame import Frame, PhaseLayout, Scales
from hoverslam.ocp.transcription.local import LocalFunctions, flat_inputs
from hoverslam.ocp.transcription.sparse import Entries, constant, gather, to_scipy
from hoverslam.ocp.transcription.structure import Reading, StructureCache, read
from hoverslam.ocp.transcription.translate import Traced, telling_translation

INFINITE = 1e30  # second derivatives at or above this are taken for infinite
# Of the process: objective and boundary constraints as traced, with the lengths of the constraints.
_TRACED_ENDS: StructureCache[tuple[Traced, list[int]]] = StructureCache()
MOVED = 0.1  # scaled distance by which a guess is moved away from them


class Programme(Frame):
    """The nonlinear programme of a problem on given meshes, with CasADi functions for IPOPT.

    Attributes:
        functions: CasADi functions by name: those that IPOPT calls and those for derivatives of optima. Those that IPOPT
            calls have no further derivatives where they are compiled; see :meth:`differentiable`.
        solvers: Solvers built so far, by their options.
        smoothing: See :class:`hoverslam.ocp.Options`.

    Functions and solvers are those of the programme ``like`` where only parameters and bounds differ from it.
    """

    def __init__(
        self,
        problem: Problem,
        meshes: Mapping[str, Mesh],
        guesses: Mapping[str, Guess],
        cache: StructureCache[LocalFunctions],
        smoothing: float = 0.0,
        scales: Scales | None = None,
        origin: float | None = None,
        like: "Programme | None" = None,
    ):
        super().__init__(problem, meshes, guesses, cache, scales, origin)
        self.smoothing = smoothing
        self.functions: dict[str, ca.Function] = {}
        self.solvers: dict[Any, ca.Function] = {}
        self._endpoints()
        collect_compiled()
        self._codes = {name: local.code.functions for name, local in self.local.items()}
        self._compiled = {name for name, local in self.local.items() if local.code.is_ready}
        self.terms = terms_of(self)
        if self.terms and problem.sense < 0.0:
            raise StatementError(f"problem {problem.name!r}: measurements and roughness need an objective to minimise")
        self._set_row_scales()
        if like is not None and self._computes_like(like):
            self.functions, self.solvers = like.functions, like.solvers
        else:
            self._assemble()

    def _computes_like(self, other: "Programme") -> bool:
        """Return whether the functions of another programme serve this one: they differ in parameters and bounds alone."""
        same = (
            self.ends is other.ends
            and all(self.local[name] is other.local.get(name) for name in self.local)
            and self._compiled == other._compiled
            and self.smoothing == other.smoothing
            and not (self.terms or other.terms)
            and self.meshes == other.meshes
        )
        return (
            same
            and all(
                np.array_equal(getattr(self, name), getattr(other, name))
                for name in ("scale", "row_scale", "objective_scale")
            )
            and (self.linear != other.linear).nnz == 0
        )

    def is_outdated(self) -> bool:
        """Return whether a function of the problem refers to other values now than when it was translated."""
        return self.phase_keys != self.present_phase_keys() or self._ends_key != self._present_ends_key()

    def _present_ends_key(self) -> Hashable:
        own = self._read_ends()
        return own.key if own.certain else (own.key, self.trace_ends()[0].key)

    # ---- phase ends ------------------------------------------------------------------------------------------------
    def _endpoints(self) -> None:
        """Build objective and boundary constraints as functions of the variables at the phases' ends."""
        blocks = []
        for lay in self.layouts.values():
            ends = [lay.states[0], lay.states[-1]]
            ends += [lay.controls[0], lay.controls[-1]] if lay.controls.size else [np.zeros(0, int)] * 2
            blocks.append(np.concatenate([*ends, lay.times[[0, -1]]]))
        self.end_indices = np.concatenate([*blocks, self.free_indices])
        with telling_translation(f"problem {self.problem.name!r}, objective or boundary constraints"):
            own = self._read_ends()
            self.traced_ends, self.boundary_lengths = self._traced_end_function(own)
            self._ends_key = own.key if own.certain else (own.key, self.traced_ends.key)
            self.ends = end_functions(self.traced_ends, len(self.end_indices), len(self.problem.given))
        self.boundary_bounds, names = self._boundary_bounds()
        self.labels += names

    def _traced_end_function(self, functions: Reading) -> tuple[Traced, list[int]]:
        """Return objective and boundary constraints as traced, and the lengths of the constraints.

        A statement that differs in bounds and parameters alone has been traced before.

        Args:
            functions: Their reading, from :meth:`_read_ends`.
        """
        if not functions.certain:
            return self.trace_ends()
        phases = tuple(
            (name, tuple(lay.phase.states.labels()), tuple(lay.phase.controls.labels()))
            for name, lay in self.layouts.items()
        )
        names = tuple(v.name for v in self.problem.free), tuple(self.problem.given)
        return _TRACED_ENDS.get((functions.key, phases, names, self.problem.sense, self.origin), self.trace_ends)

    def trace_ends(self) -> tuple[Traced, list[int]]:
        """Trace objective and boundary constraints, also where like ones have been traced before."""
        lengths: list[int] = []
        traced = Traced(self._end_function(lengths), len(self.end_indices), len(self.problem.given))
        return traced, lengths

    def _read_ends(self) -> Reading:
        """Return the key of objective, boundary constraints and measurements."""
        problem = self.problem
        limits, measured = problem.boundary, problem.measurements
        return read([problem.objective, *(c.function for c in limits), *(m.function for m in measured)])

    def _end_function(self, lengths: list[int]) -> Callable[..., Any]:
        """Return objective and boundary constraints as one flat function, which sets the ``lengths`` of the constraints."""
        problem = self.problem
        if problem.objective is None:
            raise StatementError(f"problem {problem.name!r} has no objective: call minimize() or maximize()")

        def evaluate(flat: Any, given: Any) -> Any:
            ends, p = self._unpacked_ends(flat, given)
            with telling(f"problem {problem.name!r}, objective"):
                values = [jnp.ravel(jnp.asarray(problem.sense * problem.objective(ends, p), dtype=float))]  # type: ignore[misc]
            if values[0].shape != (1,):
                shape = f"{values[0].shape[0]} numbers"
                raise StatementError(f"problem {problem.name!r}, objective: returned {shape}, expected one")
            for c in problem.boundary:
                with telling(f"problem {problem.name!r}, boundary constraint {c.name!r}"):
                    values.append(jnp.ravel(jnp.asarray(c.function(ends, p), dtype=float)))
            lengths[:] = [int(v.shape[0]) for v in values[1:]]
            return jnp.concatenate(values)

        return evaluate

    def _unpacked_ends(self, flat: Any, given: Any) -> tuple[Named, Named]:
        """Return phase ends and parameters by name, from the physical variables ``end_indices``."""
        lengths = [
            length
            for lay in self.layouts.values()
            for length in (lay.states.shape[1],) * 2 + (lay.controls.shape[1],) * 2 + (1, 1)
        ]
        pieces = iter(split(flat, [*lengths, len(self.problem.free)]))
        ends = Named()
        for name, lay in self.layouts.items():
            first, last, first_control, last_control = (next(pieces) for _ in range(4))
            times = [next(pieces).reshape(()) for _ in range(2)]
            ends[name] = lay.phase.ends(first, last, first_control, last_control, times, origin=self.origin)
        return ends, self.problem.parameters(next(pieces), given)

    def of_ends(self, output: Callable[[Named, Named], Any]) -> Callable[[Any, Any], Any]:
        """Return a scalar function of ``(ends, parameters)`` as one of ``end_indices`` and given parameters."""
        return lambda flat, given: jnp.asarray(output(*self._unpacked_ends(flat, given)), dtype=float)

    def _boundary_bounds(self) -> tuple[list[tuple[Bound, Bound]], list[tuple[str, str]]]:
        bounds: list[tuple[Bound, Bound]] = []
        names: list[tuple[str, str]] = []
        for c, length in zip(self.problem.boundary, self.boundary_lengths, strict=True):
            bounds += c.bounds_of(length)
            names += [("", c.name)] * length
        return bounds, names

    # ---- the programme ---------------------------------------------------------------------------------------------
    def _set_row_scales(self) -> None:
        """Set number and scales of all rows and the scale of the objective, and check the start."""
        self.rows = self.rows_before_boundary + len(self.boundary_bounds)
        if self._scales is not None:  # of a solved programme: it starts from that solution, not from the guess
            _, self.row_scale, self.objective_scale = self._scales
            return
        start = self.start(self.guesses)
        gradient, boundary = self.ends.jacobian(self.scale[self.end_indices] * start[self.end_indices], self.given)
        self.row_scale = np.concatenate([self.row_scale, self._sizes(self.ends.jacobian_sparsity, boundary, 1)])
        self.objective_scale = float(self._sizes(self.ends.gradient_sparsity, gradient, 1)[0])
        if self.problem.measurements:  # each measured value adds about one half to the objective
            self.objective_scale = 1.0 / sum(len(m.times) for m in self.problem.measurements)
        self.objective_scale *= self.enlargement
        self._check_start(start)

    def _assemble(self) -> None:
        """Build the functions that IPOPT calls."""
        w, p = self._symbols()
        lam, sigma = ca.MX.sym("lam", self.rows), ca.MX.sym("sigma")
        physical = self.scale * w
        pieces = [self._phase_block(lay, physical, p, lam, at) for lay, at in self._input_slices()]
        ends, p_given = physical[self.end_indices], p[: len(self.problem.given)]
        penalty = self._smoothing_matrix
        f, g = self._objective_and_rows(w, p, [(piece.scatter, piece.value) for piece in pieces])
        costs = [(terms, p[at]) for terms, at in self._term_slices(p.shape[0])]

        jac = self._jacobian(self._scaled_linear, pieces, ends, p_given)
        hess = self._hessian(pieces, ends, p_given, sigma, lam) + sigma * ca.triu(penalty)
        grad = self._gradient(ends, p_given) + penalty @ w
        for terms, d in costs:
            slope = self.objective_scale * terms.mapped(terms.gradient, physical, d, p_given)
            grad = grad + ca.densify(gather((1, self.size), terms.gradient_entries(self.scale), slope)).T
            curvature = sigma * self.objective_scale * terms.mapped(terms.hessian, physical, d, p_given)
            hess = hess + gather((self.size, self.size), terms.hessian_entries(self.scale), curvature)
        self.functions = {
            "nlp": ca.Function("nlp", {"x": w, "p": p, "f": f, "g": g}, ["x", "p"], ["f", "g"]),
            "grad_f": ca.Function("nlp_grad_f", [w, p], [f, grad], ["x", "p"], ["f", "grad_f_x"]),
            "jac_g": ca.Function("nlp_jac_g", [w, p], [g, jac], ["x", "p"], ["g", "jac_g_x"]),
            "hess_lag": ca.Function(
                "nlp_hess_l", [w, p, sigma, lam], [hess], ["x", "p", "lam_f", "lam_g"], ["triu_hess_gamma_x_x"]
            ),
        }

    def differentiable(self) -> ca.Function:
        """Return ``(x, p) -> (f, g)``, as in ``functions["nlp"]``, without compiled functions: CasADi can differentiate it."""
        if "differentiable" not in self.functions:
            w, p = self._symbols()
            physical, values = self.scale * w, []
            for lay, at in self._input_slices():
                columns, *arguments = self._local_arguments(lay, physical, p[at])
                value = _mapped(self.local[lay.phase.name].value, len(columns), *arguments)
                values.append((self._scatter(lay), value))
            f, g = self._objective_and_rows(w, p, values)
            self.functions["differentiable"] = ca.Function("differentiable", [w, p], [f, g])
        return self.functions["differentiable"]

    def _symbols(self) -> tuple[ca.MX, ca.MX]:
        return ca.MX.sym("w", self.size), ca.MX.sym("p", self.parameter_vector().size)

    @cached_property
    def _scaled_linear(self) -> Any:
        """The matrix of the linear parts of all rows before the boundary constraints."""
        rows = self.row_scale[: self.rows_before_boundary]
        return sp.diags_array(rows) @ self.linear @ sp.diags_array(self.scale)

    def _objective_and_rows(self, w: Any, p: Any, values: list[tuple[Any, Any]]) -> tuple[Any, Any]:
        """Return objective and rows, from the values of all points of each phase and the matrix that adds them to rows."""
        physical, p_given, stop = self.scale * w, p[: len(self.problem.given)], self.rows_before_boundary
        objective, constraints = self.ends.value(physical[self.end_indices], p_given)
        linear = self._scaled_linear
        local = sum((constant(place, place.shape) @ value for place, value in values), ca.MX(stop, 1))
        g = ca.vertcat(constant(linear, linear.shape) @ w + local, self.row_scale[stop:] * constraints)
        costs = [(terms, p[at]) for terms, at in self._term_slices(p.shape[0])]
        squares = sum((ca.sum1(t.mapped(t.function, physical, d, p_given)) for t, d in costs), ca.MX(0.0))
        return self.objective_scale * (objective + squares) + 0.5 * ca.dot(w, self._smoothing_matrix @ w), g

    @cached_property
    def _smoothing_matrix(self) -> ca.DM:
        """Twice ``smoothing`` times the integral of the squared control rates over each phase, in its unit of time.

        Where a control hardly changes the objective (steering in thin air), this term gives the Hessian curvature.
        """
        rows, columns, values = [], [], []
        for lay in self.layouts.values():
            if self.smoothing == 0.0 or lay.mesh.control_degree != 1 or not lay.controls.size:
                continue
            for left, right, width in zip(lay.controls[:-1], lay.controls[1:], lay.mesh.widths, strict=True):
                weight = np.full(len(left), 2.0 * self.smoothing * self.enlargement / width)
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
        """Return a factor for each row: one over its largest scaled entry, so that the row is of the order of one."""
        matrix = to_scipy(sparsity, np.asarray(values).ravel())
        scaled = abs(matrix @ sp.diags_array(self.scale[self.end_indices])).tocsr()
        largest = scaled.max(axis=1).toarray().ravel() if scaled.shape[0] else np.zeros(0)
        return 1.0 / np.where(largest > 1e-12, largest, floor)

    def _input_slices(self) -> list[tuple[PhaseLayout, slice]]:
        at, slices = len(self.problem.given), []
        for lay in self.layouts.values():
            length = len(self.inputs(lay.phase.name))
            slices.append((lay, slice(at, at + length)))
            at += length
        return slices

    def _term_slices(self, size: int) -> list[tuple[Terms, slice]]:
        """Return the slices of the data of each kind of term at the end of a parameter vector of ``size``."""
        at, slices = size - sum(t.fixed.size for t in self.terms), []
        for terms in self.terms:
            slices.append((terms, slice(at, at + terms.fixed.size)))
            at += terms.fixed.size
        return slices

    def parameter_vector(self) -> np.ndarray:
        """Return the programme's parameters: the given ones, each phase's flattened inputs, the data of terms.

        The inputs are computed anew: what their functions refer to may have changed since they were last asked for.
        """
        self._inputs.clear()
        return np.concatenate([self.given, *map(self.inputs, self.layouts), *(t.data.ravel() for t in self.terms)])

    def _points(self, lay: PhaseLayout) -> tuple[np.ndarray, np.ndarray]:
        """Return programme variables ``(points, nz)`` and data ``(points, nd)`` of the local functions at each point."""
        mesh = lay.mesh
        stencil, weights = mesh.control_stencil()
        blocks, arcs = stencil.shape[1] if lay.controls.size else 0, mesh.arc_of[mesh.interval_of]
        touched = [lay.states[1:]]
        if blocks:
            touched.append(lay.controls[stencil].reshape(len(stencil), -1))
        touched += [lay.times[np.stack([arcs, arcs + 1], axis=1)], np.tile(self.free_indices, (len(stencil), 1))]
        place = mesh.within_arc(mesh.state_nodes[1:], arcs)
        width = mesh.arc_widths[mesh.interval_of]
        return np.concatenate(touched, axis=1), np.column_stack(
            [width, place, np.full(len(width), self.origin), weights[:, :blocks]]
        )

    def _local_arguments(self, lay: PhaseLayout, physical: Any, inputs: Any) -> tuple[Any, ...]:
        """Return programme variables ``(points, nz)`` and the three arguments of the local functions at all points."""
        columns, data = self._points(lay)
        return columns, ca.reshape(physical[columns.ravel()], columns.shape[1], len(columns)), ca.DM(data.T), inputs

    def _scatter(self, lay: PhaseLayout) -> sp.csc_array:
        """Return the matrix that adds the values of the local functions at all points to the rows."""
        nx, count = lay.states.shape[1], len(lay.defects)
        target = np.concatenate([lay.defects, lay.path], axis=1).ravel()
        factor = np.tile(self._sign(lay), count) * self.row_scale[target]
        return sp.csc_array(
            (factor, (target, np.arange(len(target)))), (self.rows_before_boundary, count * (nx + lay.path.shape[1]))
        )

    @staticmethod
    def _sign(lay: PhaseLayout) -> np.ndarray:
        # A defect is (differentiated states) - (step times rates): the local part enters with a minus sign.
        return np.concatenate([-np.ones(lay.states.shape[1]), np.ones(lay.path.shape[1])])

    def _phase_block(self, lay: PhaseLayout, physical: Any, p: Any, lam: Any, inputs: slice) -> "_Block":
        code = self._codes[lay.phase.name]
        columns, *arguments = self._local_arguments(lay, physical, p[inputs])
        row_of, scatter = np.concatenate([lay.defects, lay.path], axis=1), self._scatter(lay)
        count, rows = row_of.shape
        local_lam = ca.reshape(
            constant(scatter.T.tocsc(), scatter.T.shape) @ lam[: self.rows_before_boundary], rows, count
        )
        return _Block(
            scatter,
            _mapped(code["value"], count, *arguments),
            _mapped(code["jacobian"], count, *arguments),
            _mapped(code["hessian"], count, *arguments, local_lam),
            columns,
            row_of,
            self._sign(lay),
            self.local[lay.phase.name],
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
        sparsity = self.ends.jacobian_sparsity
        r, c = (np.array(a, dtype=int) for a in (sparsity.row(), sparsity.get_col()))
        r, c = r + self.rows_before_boundary, self.end_indices[c]
        rows, columns, sources = [*rows, r], [*columns, c], [*sources, offset + np.arange(len(r))]
        factors.append(self.row_scale[r] * self.scale[c])
        values.append(self.ends.jacobian(ends, given)[1])
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
        values.append(self.ends.hessian(ends, given, sigma * self.objective_scale, self.row_scale[stop:] * lam[stop:]))
        sparsity = self.ends.hessian_sparsity
        r, c = (self.end_indices[np.array(a, dtype=int)] for a in (sparsity.row(), sparsity.get_col()))
        rows, columns = [*rows, np.minimum(r, c)], [*columns, np.maximum(r, c)]
        sources.append(offset + np.arange(len(r)))
        factors.append(self.scale[r] * self.scale[c])
        entries = Entries(*(np.concatenate(a) for a in (rows, columns, sources, factors)))
        return gather((self.size, self.size), entries, ca.vertcat(*values))

    def _gradient(self, ends: Any, given: Any) -> Any:
        sparsity = self.ends.gradient_sparsity
        columns = self.end_indices[np.array(sparsity.get_col(), dtype=int)]
        values = self.objective_scale * self.ends.jacobian(ends, given)[0]
        zeros = np.zeros(len(columns), dtype=int)
        entries = Entries(zeros, columns, np.arange(len(columns)), self.scale[columns])
        row = gather((1, self.size), entries, values)
        return ca.densify(row).T

    def objective(self, w: np.ndarray) -> float:
        """Return the stated objective in its own unit at the scaled point ``w``."""
        ends, given = self.scale[self.end_indices] * w[self.end_indices], self.given
        at = ca.DM(self.scale * w)
        squares = [float(ca.sum1(t.mapped(t.function, at, ca.DM(t.data.ravel()), given))) for t in self.terms]
        return self.problem.sense * float(self.ends.value(ends, given)[0]) + sum(squares)

    def start(self, guesses: Mapping[str, Guess]) -> np.ndarray:
        """Return the scaled vector sampled from ``guesses``, moved away from points where a second derivative is infinite.

        A norm is such a point where its vector is zero, which is the middle of symmetric bounds. The variables that take
        part are moved by a tenth of their size.
        """
        start = self.pack(guesses)
        at = self._without_curvature(start)
        lower, upper = self.variable_bounds(self.problem.values)
        moved = np.where(start[at] + MOVED <= upper[at], start[at] + MOVED, start[at] - MOVED)
        start[at] = np.clip(moved, lower[at], upper[at])
        return start

    def _without_curvature(self, start: np.ndarray) -> np.ndarray:
        """Return the indices of the variables with an infinite second derivative at a scaled point."""
        values, found = start * self.scale, [np.zeros(0, int)]
        given = self.given
        for lay in self.layouts.values():
            columns, data = self._points(lay)
            local = self.local[lay.phase.name]
            q = self.inputs(lay.phase.name)
            ones = np.ones(lay.states.shape[1] + lay.path.shape[1])
            table = np.asarray(local.hessian(values[columns].T, data.T, q, ones))
            entries, points = np.nonzero(np.abs(table) >= INFINITE)
            pattern = local.hessian_sparsity
            for side in (pattern.row(), pattern.get_col()):
                found.append(columns[points, np.array(side, dtype=int)[entries]])
        pattern = self.ends.hessian_sparsity
        ones = np.ones(len(self.boundary_bounds))
        ends = np.asarray(self.ends.hessian(values[self.end_indices], given, 1.0, ones)).ravel()
        entries = np.flatnonzero(np.abs(ends) >= INFINITE)
        found += [self.end_indices[np.array(side, dtype=int)[entries]] for side in (pattern.row(), pattern.get_col())]
        times = np.concatenate([lay.times for lay in self.layouts.values()])
        return np.setdiff1d(np.concatenate(found), times)

    def sharpest(self, scaled: np.ndarray) -> tuple[float, str]:
        """Return the largest scaled second derivative at a scaled point, and its function, variables and place in words."""
        values, given = scaled * self.scale, self.given
        worst = (0.0, "")
        for lay in self.layouts.values():
            worst = max(worst, self._sharpest_of(lay, values), key=lambda found: found[0])
        rows, columns = (
            np.array(a, dtype=int) for a in (self.ends.hessian_sparsity.row(), self.ends.hessian_sparsity.get_col())
        )
        sizes = self.scale[self.end_indices[rows]] * self.scale[self.end_indices[columns]]
        stop, count = self.rows_before_boundary, len(self.boundary_bounds)
        names = ["the objective", *(what for _, what in self.labels[stop:])]
        weights = np.concatenate([[self.objective_scale], self.row_scale[stop:]])
        for k, (name, weight) in enumerate(zip(names, weights, strict=True)):
            lam = np.eye(count + 1)[k] * weight
            entries = np.asarray(self.ends.hessian(values[self.end_indices], given, lam[0], lam[1:])).ravel()
            size = np.nan_to_num(np.abs(entries) * sizes, nan=INFINITE)
            if size.max(initial=0.0) > worst[0]:
                entry = int(np.argmax(size))
                by = dict.fromkeys([self._end_labels()[rows[entry]], self._end_labels()[columns[entry]]])
                worst = float(size.max()), f"{name} by {' and '.join(by)}"
        return worst

    def _end_labels(self) -> list[str]:
        """Return a name for each of ``end_indices``."""
        labels = []
        for name, lay in self.layouts.items():
            for layout in (lay.phase.states, lay.phase.controls):
                labels += [
                    f"{which} {label} of phase {name!r}" for which in ("initial", "final") for label in layout.labels()
                ]
            labels += [f"{which} time of phase {name!r}" for which in ("initial", "final")]
        return [*labels, *(v.name for v in self.problem.free)]

    def _sharpest_of(self, lay: PhaseLayout, values: np.ndarray) -> tuple[float, str]:
        columns, data = self._points(lay)
        local, phase = self.local[lay.phase.name], lay.phase
        q = self.inputs(phase.name)
        row_of = np.concatenate([lay.defects, lay.path], axis=1)
        rows, other = (np.array(a, dtype=int) for a in (local.hessian_sparsity.row(), local.hessian_sparsity.get_col()))
        sizes = (self.scale[columns[:, rows]] * self.scale[columns[:, other]]).T
        whats = [f"the rate of {label!r}" for label in phase.states.labels()]
        whats += [f"path constraint {c.name!r}" for c in phase.path]
        labels = [*phase.states.labels(), *phase.controls.labels()]
        worst = (0.0, "")
        for k, what in enumerate(whats):
            lam = np.outer(np.eye(len(whats))[k], self.row_scale[row_of[:, k]])
            table = np.asarray(local.hessian(values[columns].T, data.T, q, lam))
            size = np.nan_to_num(np.abs(table) * sizes, nan=INFINITE)
            entry, point = np.unravel_index(np.argmax(size), size.shape) if size.size else (0, 0)
            if size.size and size[entry, point] > worst[0]:
                time = self.origin + values[lay.times[0]] + lay.mesh.state_nodes[point + 1] * np.ptp(values[lay.times])
                names = {labels[i] for i in (rows[entry], other[entry]) if i < len(labels)}
                by = f" by {' and '.join(sorted(names))}" if names else ""
                worst = float(size[entry, point]), f"phase {phase.name!r}: {what}{by} at {time:.4g} s"
        return worst

    def _check_start(self, start: np.ndarray) -> None:
        """Raise an error that names the place if a function or its slope is not finite at the start of the solver."""
        values = start * self.scale
        given = self.given
        for lay in self.layouts.values():
            self._check_phase_start(lay, values)
        ends = values[self.end_indices]
        objective, constraints = (np.asarray(v).ravel() for v in self.ends.value(ends, given))
        labels = [what for _, what in self.labels[self.rows_before_boundary :]]
        for what, value in zip(["the objective", *labels], np.concatenate([objective, constraints]), strict=True):
            if not np.isfinite(value):
                raise StatementError(f"problem {self.problem.name!r}: {what} is {value} at the guess")

    def _check_phase_start(self, lay: PhaseLayout, values: np.ndarray) -> None:
        columns, data = self._points(lay)
        local, phase = self.local[lay.phase.name], lay.phase
        q = self.inputs(phase.name)
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
                time = self.origin + values[lay.times[0]] + lay.mesh.state_nodes[k + 1] * np.ptp(values[lay.times])
                remedy = "; a root or a norm at zero: write it with hoverslam.ocp.math.root or norm" if kind else ""
                raise StatementError(
                    f"phase {phase.name!r}: {what}{kind} is {row[k]} at the guess, at {time:g} s, where "
                    + ", ".join(f"{n} = {v:g}" for n, v in named)
                    + remedy
                )

    def parameter_jacobian(self) -> np.ndarray:
        """Return the derivative of :meth:`parameter_vector` by the given parameters, ``(parameters, given)``."""
        given = jnp.asarray(list(self.problem.given.values()))

        def all_inputs(values: jax.Array) -> jax.Array:
            phases = [lay.phase for lay in self.layouts.values()]
            return jnp.concatenate([values, *(flat_inputs(self.problem, phase, values) for phase in phases)])

        slope = np.asarray(jax.jacfwd(all_inputs)(given))
        return np.vstack([slope, np.zeros((sum(t.fixed.size for t in self.terms), slope.shape[1]))])


def _mapped(function: ca.Function, count: int, *arguments: Any) -> Any:
    """Return the results at all points in one column; the third argument is the same at every point."""
    return ca.vec(function.map(function.name(), "serial", count, [2], [])(*arguments))


@dataclass(frozen=True)
class _Block:
    """One phase's contributions: values, Jacobian and Hessian entries of all its points, with their places."""

    scatter: Any
    value: Any
    jacobian: Any
    hessian: Any
    columns: np.ndarray
    row_of: np.ndarray
    sign: np.ndarray
    local: LocalFunctions

    def jacobian_entries(self, row_scale: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return row, column, source position and factor of every Jacobian entry."""
        sparsity = self.local.jacobian_sparsity
        r, c = np.array(sparsity.row(), dtype=int), np.array(sparsity.get_col(), dtype=int)
        rows, columns = self.row_of[:, r].ravel(), self.columns[:, c].ravel()
        sign = np.tile(self.sign[r], len(self.columns))
        return rows, columns, np.arange(len(rows)), sign * row_scale[rows] * scale[columns]

    def hessian_entries(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return row, column (upper triangle) and source position of every Hessian entry."""
        sparsity = self.local.hessian_sparsity
        r, c = np.array(sparsity.row(), dtype=int), np.array(sparsity.get_col(), dtype=int)
        a, b = self.columns[:, r].ravel(), self.columns[:, c].ravel()
        return np.minimum(a, b), np.maximum(a, b), np.arange(len(a))
