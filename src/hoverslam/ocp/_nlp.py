"""The transcription: a stated problem and its meshes become one sparse nonlinear programme.

Everything nonlinear happens at collocation points (``_local.py``) and at phase ends. The programme's Jacobian and
Hessian are gathered from those small dense blocks by constant sparse matrices, so the solver gets exact sparse
derivatives at the price of one evaluation of each block, and a new mesh costs no new differentiation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import casadi as ca
import jax.numpy as jnp
import numpy as np
import scipy.sparse as sp

from hoverslam.ocp import _scaling
from hoverslam.ocp._local import LocalFunctions, flat_inputs, local_functions
from hoverslam.ocp._translate import translate
from hoverslam.ocp.mesh import Mesh, differentiation_matrix
from hoverslam.ocp.names import Named
from hoverslam.ocp.problem import Phase, Problem, StatementError


@dataclass(frozen=True)
class PhaseLayout:
    """Where a phase's variables and rows sit in the programme (physical order, before scaling)."""

    phase: Phase
    mesh: Mesh
    states: np.ndarray  # (state nodes, nx) variable indices
    controls: np.ndarray  # (control nodes, nu)
    times: np.ndarray  # (2,)
    defects: np.ndarray  # (collocation points, nx) row indices
    path: np.ndarray  # (collocation points, path constraints)


class LocalCache:
    """Local functions by what they are made of, so that phases of one kind and finer meshes share them."""

    def __init__(self) -> None:
        self._made: dict[Any, LocalFunctions] = {}

    def get(self, problem: Problem, phase: Phase, blocks: int) -> LocalFunctions:
        """The local functions of ``phase`` for ``blocks`` control nodes a point."""

        def identity(function: Callable[..., Any]) -> tuple[int, int]:
            owner = getattr(function, "__self__", None)
            return id(owner), id(getattr(function, "__func__", function))

        key = (
            identity(phase.dynamics),
            tuple((c.name, *identity(c.function)) for c in phase.path),
            tuple(phase.states.labels()),
            tuple(phase.controls.labels()),
            phase.inputs is None,
            blocks,
        )
        if key not in self._made:
            self._made[key] = local_functions(problem, phase, blocks)
        return self._made[key]


class Programme:
    """The nonlinear programme of a problem on given meshes, with CasADi functions for IPOPT.

    Variables and rows are scaled: ``physical = scale * variable``. Rows are defects, path constraints, linear rows
    (durations, control rates) and boundary constraints, in that order.
    """

    def __init__(self, problem: Problem, meshes: dict[str, Mesh], cache: LocalCache, smoothing: float = 0.0):
        self.problem, self.meshes, self.cache, self.smoothing = problem, meshes, cache, smoothing
        self.layouts: dict[str, PhaseLayout] = {}
        self._check_guesses()
        self.labels: list[tuple[str, str]] = []  # (phase or "", what) of each row
        self._lay_out()
        self._linear_rows()
        self._scale()
        self._endpoints()
        self._assemble()

    def _check_guesses(self) -> None:
        for name, phase in self.problem.phases.items():
            if phase.guess is None:
                raise StatementError(f"phase {name!r} has no guess")
            for layout, samples in ((phase.states, phase.guess.states), (phase.controls, phase.guess.controls)):
                missing = [v.name for v in layout.variables if v.name not in samples]
                if missing:
                    raise StatementError(f"phase {name!r}: the guess lacks {', '.join(map(repr, missing))}")

    # ---- layout ----------------------------------------------------------------------------------------------------
    def _lay_out(self) -> None:
        variables = rows = 0
        for name, phase in self.problem.phases.items():
            mesh = self.meshes[name]
            shapes = [
                (len(mesh.state_nodes), phase.states.length),
                (len(mesh.control_nodes) if phase.controls.length else 0, phase.controls.length),
                (2,),
            ]
            blocks: list[np.ndarray] = []
            for shape in shapes:
                size = int(np.prod(shape))
                blocks.append(np.arange(variables, variables + size).reshape(shape))
                variables += size
            states, controls, times = blocks
            points = mesh.intervals * mesh.points
            defects = np.arange(rows, rows + points * phase.states.length).reshape(points, -1)
            rows += defects.size
            self.labels += [(name, f"dynamics of {label}") for _ in range(points) for label in phase.states.labels()]
            path = np.arange(rows, rows + points * len(phase.path)).reshape(points, len(phase.path))
            rows += path.size
            self.labels += [(name, c.name) for _ in range(points) for c in phase.path]
            self.layouts[name] = PhaseLayout(phase, mesh, states, controls, times, defects, path)
        self.free_indices = np.arange(variables, variables + len(self.problem.free))
        self.size = variables + len(self.problem.free)
        self.local_rows = rows

    def _linear_rows(self) -> None:
        """Differentiation of the states, phase durations and control rates: rows linear in the physical variables."""
        entries: list[tuple[int, int, float]] = []
        self.linear_bounds: list[tuple[float, float]] = []
        row = self.local_rows
        for name, lay in self.layouts.items():
            matrix = differentiation_matrix(lay.mesh.points)
            for interval in range(lay.mesh.intervals):
                first = interval * lay.mesh.points
                for k in range(lay.mesh.points):
                    for node in range(lay.mesh.points + 1):
                        for r, c in zip(lay.defects[first + k], lay.states[first + node], strict=True):
                            entries.append((r, c, matrix[k, node]))
            entries += [(row, lay.times[1], 1.0), (row, lay.times[0], -1.0)]
            self.linear_bounds.append(lay.phase.duration)
            self.labels.append((name, "duration"))
            row += 1
            row = self._rate_rows(name, lay, entries, row)
        self.rows_before_boundary = row
        triples = np.array(entries).T
        self.linear = sp.csc_array((triples[2], (triples[0].astype(int), triples[1].astype(int))), (row, self.size))

    def _rate_rows(self, name: str, lay: PhaseLayout, entries: list[tuple[int, int, float]], row: int) -> int:
        for variable in lay.phase.controls.variables:
            if variable.rate is None:
                continue
            if lay.mesh.control_degree != 1:
                raise StatementError(f"phase {name!r}, control {variable.name!r}: a rate limit needs control_degree=1")
            columns = lay.controls[:, lay.phase.controls.slices[variable.name]]
            for interval, width in enumerate(lay.mesh.widths):
                for column in range(columns.shape[1]):
                    for sign in (1.0, -1.0):
                        entries += [
                            (row, columns[interval + 1, column], sign),
                            (row, columns[interval, column], -sign),
                            (row, lay.times[1], -variable.rate * width),
                            (row, lay.times[0], variable.rate * width),
                        ]
                        self.linear_bounds.append((-np.inf, 0.0))
                        self.labels.append((name, f"rate of {variable.name}"))
                        row += 1
        return row

    # ---- scaling and bounds ----------------------------------------------------------------------------------------
    def _scale(self) -> None:
        scale, rows = np.ones(self.size), np.ones(self.rows_before_boundary)
        lower, upper = np.full(self.size, -np.inf), np.full(self.size, np.inf)
        seconds = _scaling.time_scale(self.problem)
        for lay in self.layouts.values():
            scales = _scaling.phase_scales(lay.phase)
            scale[lay.states], scale[lay.controls], scale[lay.times] = scales.state, scales.control, seconds
            lower[lay.states], upper[lay.states] = lay.phase.states.bounds()
            lower[lay.controls], upper[lay.controls] = lay.phase.controls.bounds()
            lower[lay.times[0]], upper[lay.times[0]] = lay.phase.initial_time
            lower[lay.times[1]], upper[lay.times[1]] = lay.phase.final_time
            rows[lay.defects] = 1.0 / scales.state
            rows[lay.path] = [1.0 / c.scale for c in lay.phase.path]
        for index, variable in zip(self.free_indices, self.problem.free, strict=True):
            lower[index], upper[index] = variable.bounds()[0][0], variable.bounds()[1][0]
        scale[self.free_indices] = _scaling.parameter_scales(self.problem)
        linear = abs(self.linear @ sp.diags_array(scale)).tocsr()[self.local_rows :]
        if linear.shape[0]:
            rows[self.local_rows :] = 1.0 / linear.max(axis=1).toarray().ravel()
        self.scale, self.row_scale = scale, rows
        self.lower, self.upper = lower / scale, upper / scale

    def _row_bounds(self) -> None:
        low, high = np.zeros(self.rows), np.zeros(self.rows)
        for lay in self.layouts.values():
            for j, c in enumerate(lay.phase.path):
                low[lay.path[:, j]], high[lay.path[:, j]] = c.lower, c.upper
        stop = self.rows_before_boundary
        if self.linear_bounds:
            low[self.local_rows : stop], high[self.local_rows : stop] = np.array(self.linear_bounds).T
        low[stop:], high[stop:] = self.boundary_bounds.T
        self.row_lower, self.row_upper = low * self.row_scale, high * self.row_scale

    # ---- phase ends ------------------------------------------------------------------------------------------------
    def _endpoints(self) -> None:
        """Objective and boundary constraints as functions of what they touch at the phases' ends."""
        blocks = []
        for lay in self.layouts.values():
            ends = [lay.states[0], lay.states[-1]]
            ends += [lay.controls[0], lay.controls[-1]] if lay.controls.size else [np.zeros(0, int)] * 2
            blocks.append(np.concatenate([*ends, lay.times]))
        self.end_indices = np.concatenate([*blocks, self.free_indices])
        given = ca.SX.sym("p", len(self.problem.given))
        ends_symbol = ca.SX.sym("e", len(self.end_indices))
        outputs = translate(self._end_function(), ends_symbol, given)
        objective, constraints = outputs[0], outputs[1:]
        self.boundary_bounds, names = self._boundary_bounds()
        self.labels += names
        multipliers, weight = ca.SX.sym("lam", constraints.shape[0]), ca.SX.sym("sigma")
        gradient, jacobian = ca.jacobian(objective, ends_symbol), ca.jacobian(constraints, ends_symbol)
        hessian = ca.tril(ca.hessian(weight * objective + ca.dot(multipliers, constraints), ends_symbol)[0])
        self.end_value = ca.Function("ends", [ends_symbol, given], ca.cse([objective, constraints]))
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
            ends, at = Named(), 0
            for name, lay in self.layouts.items():
                parts = []
                for length in (lay.states.shape[1],) * 2 + (lay.controls.shape[1],) * 2 + (2,):
                    parts.append(flat[at : at + length])
                    at += length
                ends[name] = lay.phase.ends(*parts)
            p = problem.parameters(flat[at:], given)
            values = [jnp.ravel(jnp.asarray(problem.sense * problem.objective(ends, p), dtype=float))]  # type: ignore[misc]
            for c in problem.boundary:
                values.append(jnp.ravel(jnp.asarray(c.function(ends, p), dtype=float)))
            self._boundary_lengths = [int(v.shape[0]) for v in values[1:]]
            return jnp.concatenate(values)

        return evaluate

    def _boundary_bounds(self) -> tuple[np.ndarray, list[tuple[str, str]]]:
        bounds, names = [], []
        for c, length in zip(self.problem.boundary, self._boundary_lengths, strict=True):
            bounds += [(c.lower, c.upper)] * length
            names += [("", c.name)] * length
        return np.array(bounds).reshape(-1, 2), names

    # ---- the programme ---------------------------------------------------------------------------------------------
    def _assemble(self) -> None:
        problem = self.problem
        self.rows = self.rows_before_boundary + len(self.boundary_bounds)
        given = np.array(list(problem.given.values()))
        start = self.pack_guess()
        gradient, boundary = self.end_jacobian(self.scale[self.end_indices] * start[self.end_indices], given)
        self.row_scale = np.concatenate([self.row_scale, self._sizes(self.end_sparsities[1], boundary, 1)])
        self.objective_scale = float(self._sizes(self.end_sparsities[0], gradient, 1)[0])
        self._row_bounds()

        w, p = ca.MX.sym("w", self.size), ca.MX.sym("p", self.parameter_vector().size)
        lam, sigma = ca.MX.sym("lam", self.rows), ca.MX.sym("sigma")
        physical = self.scale * w
        pieces = [self._phase_block(lay, physical, p, lam, at) for lay, at in self._input_slices()]
        ends, p_given = physical[self.end_indices], p[: len(given)]
        objective, constraints = self.end_value(ends, p_given)
        stop = self.rows_before_boundary
        scaled_linear = sp.diags_array(self.row_scale[:stop]) @ self.linear @ sp.diags_array(self.scale)
        local = sum((_constant(b.place, b.place.shape) @ b.value for b in pieces), ca.MX(stop, 1))
        g = ca.vertcat(_constant(scaled_linear, scaled_linear.shape) @ w + local, self.row_scale[stop:] * constraints)
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
        """Twice ``smoothing`` times the integral over each phase, in its own unit of time, of the squared control rates.

        Where a control hardly matters (steering in thin air) this gives the Hessian its missing curvature.
        """
        rows, columns, values = [], [], []
        for lay in self.layouts.values():
            if self.smoothing == 0.0 or lay.mesh.control_degree != 1 or not lay.controls.size:
                continue
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
        return _constant(matrix, matrix.shape)

    def _sizes(self, sparsity: ca.Sparsity, values: ca.DM, floor: int) -> np.ndarray:
        """One over the largest scaled entry of each row: boundary rows and the objective of the order of one."""
        matrix = _to_scipy(sparsity, np.asarray(values).ravel())
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

    def _phase_block(self, lay: PhaseLayout, physical: Any, p: Any, lam: Any, inputs: slice) -> "_Block":
        mesh = lay.mesh
        stencil, weights = mesh.control_stencil()
        blocks = stencil.shape[1] if lay.controls.size else 0
        local = self.cache.get(self.problem, lay.phase, blocks)
        count, nx, rows = len(stencil), lay.states.shape[1], lay.states.shape[1] + lay.path.shape[1]
        touched = [lay.states[1:]]
        if blocks:
            touched.append(lay.controls[stencil].reshape(count, -1))
        touched += [np.tile(lay.times, (count, 1)), np.tile(self.free_indices, (count, 1))]
        columns = np.concatenate(touched, axis=1)  # (count, nz) programme variable of each local variable
        data = np.concatenate([np.repeat(mesh.widths, mesh.points)[:, None], weights[:, :blocks]], axis=1)
        row_of = np.concatenate([lay.defects, lay.path], axis=1)
        # A defect is (differentiated states) - (step times rates): the local part enters with a minus sign.
        sign = np.concatenate([-np.ones(nx), np.ones(rows - nx)])
        target = row_of.ravel()
        factor = np.tile(sign, count) * self.row_scale[target]
        place = sp.csc_array((factor, (target, np.arange(len(target)))), (self.rows_before_boundary, count * rows))

        z = ca.reshape(physical[columns.ravel()], columns.shape[1], count)
        q = p[inputs]
        arguments: list[Any] = [z, ca.DM(data.T), q]
        local_lam = ca.reshape(
            _constant(place.T.tocsc(), place.T.shape) @ lam[: self.rows_before_boundary], rows, count
        )

        def mapped(function: ca.Function, *more: Any) -> Any:
            return ca.vec(function.map(function.name(), "serial", count, [2], [])(*arguments, *more))

        return _Block(
            place,
            mapped(local.value),
            mapped(local.jacobian),
            mapped(local.hessian, local_lam),
            columns,
            row_of,
            sign,
            local,
        )

    def _jacobian(self, linear: Any, pieces: list["_Block"], ends: Any, given: Any) -> Any:
        constant = linear.tocoo()
        rows, columns = [constant.row], [constant.col]
        sources, offset = [np.full(len(constant.row), -1)], 0
        factors, values = [constant.data], []
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
        entries = _Entries(*(np.concatenate(a) for a in (rows, columns, sources, factors)))
        return _gather((self.rows, self.size), entries, ca.vertcat(*values))

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
        entries = _Entries(*(np.concatenate(a) for a in (rows, columns, sources, factors)))
        return _gather((self.size, self.size), entries, ca.vertcat(*values))

    def _gradient(self, ends: Any, given: Any) -> Any:
        sparsity = self.end_sparsities[0]
        columns = self.end_indices[np.array(sparsity.get_col(), dtype=int)]
        values = self.objective_scale * self.end_jacobian(ends, given)[0]
        zeros = np.zeros(len(columns), dtype=int)
        entries = _Entries(zeros, columns, np.arange(len(columns)), self.scale[columns])
        row = _gather((1, self.size), entries, values)
        return ca.densify(row).T

    def objective(self, w: np.ndarray) -> float:
        """The stated objective in its own unit at the scaled point ``w``."""
        ends = self.scale[self.end_indices] * w[self.end_indices]
        return self.problem.sense * float(self.end_value(ends, np.array(list(self.problem.given.values())))[0])

    # ---- guess -----------------------------------------------------------------------------------------------------
    def pack_guess(self) -> np.ndarray:
        """Scaled start vector from the phases' guesses, inside the bounds."""
        w = np.zeros(self.size)
        for lay in self.layouts.values():
            guess = lay.phase.guess
            assert guess is not None
            w[lay.times] = guess.time[0], guess.time[-1]
            for nodes, layout, samples, index in (
                (lay.mesh.state_nodes, lay.phase.states, guess.states, lay.states),
                (lay.mesh.control_nodes, lay.phase.controls, guess.controls, lay.controls),
            ):
                seconds = guess.time[0] + nodes * (guess.time[-1] - guess.time[0])
                for variable in layout.variables:
                    values = np.asarray(samples[variable.name], dtype=float).reshape(len(guess.time), -1)
                    columns = index[:, layout.slices[variable.name]]
                    for j in range(values.shape[1]):
                        w[columns[:, j]] = np.interp(seconds, guess.time, values[:, j])
        w[self.free_indices] = [self.problem.free_guess[v.name] for v in self.problem.free]
        return np.clip(w / self.scale, self.lower, self.upper)


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


def _to_scipy(sparsity: ca.Sparsity, values: np.ndarray) -> Any:
    return sp.csc_array((values, np.array(sparsity.row()), np.array(sparsity.colind())), sparsity.shape)


def _constant(matrix: Any, shape: tuple[int, int]) -> ca.DM:
    """SciPy sparse matrix as a CasADi constant."""
    m = matrix.tocsc()
    m.sort_indices()
    return ca.DM(ca.Sparsity(shape[0], shape[1], m.indptr.tolist(), m.indices.tolist()), m.data)


class _Entries(NamedTuple):
    """Terms of a sparse matrix: row, column, which value (-1 for the constant one), factor."""

    rows: np.ndarray
    columns: np.ndarray
    sources: np.ndarray
    factors: np.ndarray


def _gather(shape: tuple[int, int], terms: _Entries, values: Any) -> Any:
    """Sparse matrix whose entries are sums of ``factor * values[source]``."""
    rows, columns, sources, factors = terms
    order = np.lexsort((rows, columns))
    rows, columns, sources, factors = rows[order], columns[order], sources[order], factors[order]
    new = np.concatenate([[True], (np.diff(rows) != 0) | (np.diff(columns) != 0)]) if len(rows) else np.zeros(0, bool)
    slot = np.cumsum(new) - 1
    count = int(slot[-1]) + 1 if len(slot) else 0
    fixed = sources < 0
    constant = np.bincount(slot[fixed], weights=factors[fixed], minlength=count)
    scatter = sp.csc_array((factors[~fixed], (slot[~fixed], sources[~fixed])), (count, values.shape[0]))
    entries = _constant(scatter, scatter.shape) @ values
    if fixed.any():
        entries = entries + constant
    colind = np.concatenate([[0], np.cumsum(np.bincount(columns[new], minlength=shape[1]))])
    sparsity = ca.Sparsity(shape[0], shape[1], colind.tolist(), rows[new].tolist())
    return ca.MX(sparsity, ca.densify(entries))
