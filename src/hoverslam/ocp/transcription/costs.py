"""Sums of squares in the objective: residuals of measurements, and changes of controls with a stated roughness.

Both are sums of many small terms, each a function of a few of the programme's variables. They are transcribed like the
dynamics: each kind of term has one function, which is differentiated once and mapped over all terms. Measured values are
parameters of the programme: for other values at the same times nothing is built again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import casadi as ca
import jax.numpy as jnp
import numpy as np

from hoverslam.ocp.statement.functions import StatementError, telling
from hoverslam.ocp.statement.mesh import radau_points
from hoverslam.ocp.statement.phase import Measurement
from hoverslam.ocp.transcription.frame import Frame, PhaseLayout
from hoverslam.ocp.transcription.sparse import Entries
from hoverslam.ocp.transcription.translate import telling_translation, translate


@dataclass(frozen=True)
class Terms:
    """Terms of one kind: one function, evaluated for the variables and data of each term.

    Attributes:
        columns: Indices of the variables of each term ``(count, nz)``.
        fixed: Data of each term ``(count, nd)``; with a ``measurement``, the fourth column is replaced by its values.
        function: The term as a function of physical variables ``z``, data ``d`` and the given parameters.
        gradient, hessian: Derivatives of ``function`` by ``z``.
        hessian_sparsity: Sparsity pattern of the Hessian.
        measurement: Measurement whose present values are used; None for a control's roughness.
        chosen: Indices of the terms' values in ``measurement``.
    """

    columns: np.ndarray
    fixed: np.ndarray
    function: ca.Function
    gradient: ca.Function
    hessian: ca.Function
    hessian_sparsity: ca.Sparsity
    measurement: Measurement | None = None
    chosen: np.ndarray | None = None

    @property
    def data(self) -> np.ndarray:
        """Data of all terms ``(count, nd)`` as they are now."""
        if self.measurement is None:
            return self.fixed
        now = self.fixed.copy()
        now[:, 3] = self.measurement.values[self.chosen]
        return now

    @classmethod
    def of(
        cls, columns: np.ndarray, data: np.ndarray, symbols: tuple[ca.SX, ca.SX, ca.SX], cost: ca.SX, **source: Any
    ) -> "Terms":
        """Differentiate ``cost``, a function of the ``symbols`` z, d, p, twice."""
        z, d, p = symbols
        hessian, gradient = ca.hessian(cost, z)
        hessian = ca.tril(hessian)
        value, gradient, entries = ca.cse([cost, ca.densify(gradient), ca.vec(hessian.nz[:])])
        return cls(
            columns,
            data,
            ca.Function("term", [z, d, p], [value]),
            ca.Function("term_gradient", [z, d, p], [gradient]),
            ca.Function("term_hessian", [z, d, p], [entries]),
            hessian.sparsity(),
            **source,
        )

    def mapped(self, function: ca.Function, physical: Any, data: Any, given: Any) -> Any:
        """Return ``function`` of all terms, stacked."""
        count = len(self.columns)
        z = ca.reshape(physical[self.columns.ravel()], self.columns.shape[1], count)
        d = ca.reshape(data, self.fixed.shape[1], count)
        return ca.vec(function.map(function.name(), "serial", count, [2], [])(z, d, given))

    def gradient_entries(self, scale: np.ndarray) -> Entries:
        """Return the entries of the gradient."""
        at = self.columns.ravel()
        return Entries(np.zeros(len(at), dtype=int), at, np.arange(len(at)), scale[at])

    def hessian_entries(self, scale: np.ndarray) -> Entries:
        """Return the entries of the Hessian, upper triangle."""
        r, c = (np.array(a, dtype=int) for a in (self.hessian_sparsity.row(), self.hessian_sparsity.get_col()))
        a, b = self.columns[:, r].ravel(), self.columns[:, c].ravel()
        return Entries(np.minimum(a, b), np.maximum(a, b), np.arange(len(a)), scale[a] * scale[b])


def terms_of(frame: Frame) -> list[Terms]:
    """Return all sums of squares of a problem on its meshes.

    Raises:
        StatementError: For a measurement outside its phase, or a roughness where controls are not piecewise linear.
    """
    found: list[Terms] = []
    for measurement in frame.problem.measurements:
        found += _measured(frame, measurement)
    for lay in frame.layouts.values():
        found += _roughness(frame, lay)
    return found


def _measured(frame: Frame, measurement: Measurement) -> Iterator[Terms]:
    """Yield terms ``((function(state) - value) / sigma)^2 / 2``, one kind for each number of points in an interval."""
    lay, mesh = frame.layouts[measurement.phase], frame.layouts[measurement.phase].mesh
    if mesh.knots:
        raise StatementError(f"{_where(measurement)}: the phase's mesh has movable knots; state a mesh without")
    time = frame.guesses[measurement.phase].time
    fraction = (measurement.times - time[0]) / (time[-1] - time[0])
    slack = float(np.max(mesh.widths))
    for t, s in zip(measurement.times, fraction, strict=True):
        if not -slack <= s <= 1.0 + slack:
            raise StatementError(
                f"{_where(measurement)}: {t:g} s lies outside the phase, {time[0]:g} to {time[-1]:g} s"
            )
    edges = np.asarray(mesh.edges)
    interval = np.clip(np.searchsorted(edges, fraction, side="right") - 1, 0, mesh.intervals - 1)
    counts = mesh.counts[interval]
    for count in np.unique(counts):
        here = np.flatnonzero(counts == count)
        yield _measured_terms(frame, lay, measurement, int(count), here, interval[here])


def _measured_terms(
    frame: Frame, lay: PhaseLayout, measurement: Measurement, count: int, here: np.ndarray, interval: np.ndarray
) -> Terms:
    nodes = np.concatenate([[0.0], radau_points(count)])
    nx, nf, given = lay.states.shape[1], len(frame.problem.free), len(frame.problem.given)
    z, d, p = ca.SX.sym("z", (count + 1) * nx + 2 + nf), ca.SX.sym("d", 5), ca.SX.sym("p", given)
    start, end, free = z[(count + 1) * nx], z[(count + 1) * nx + 1], z[(count + 1) * nx + 2 :]
    local = ((d[2] - start) / (end - start) - d[0]) / d[1]
    state = ca.SX.zeros(nx)
    for j, node in enumerate(nodes):
        others = np.delete(nodes, j)
        weight = ca.SX(1.0)
        for other in others:
            weight *= (local - other) / (node - other)
        state += weight * z[j * nx : (j + 1) * nx]

    def evaluate(x: Any, f: Any, q: Any) -> Any:
        with telling(_where(measurement)):
            value = measurement.function(lay.phase.states.unflatten(x), frame.problem.parameters(f, q))
            return jnp.reshape(jnp.asarray(value, dtype=float), (1,))

    x, f = ca.SX.sym("x", nx), ca.SX.sym("f", nf)
    with telling_translation(_where(measurement)):
        h = ca.Function("h", [x, f, p], [translate(evaluate, x, f, p)])(state, free, p)
    touched = lay.states[lay.mesh.state_indices(interval, count)].reshape(len(here), -1)
    columns = np.concatenate(
        [touched, np.tile(lay.times[[0, -1]], (len(here), 1)), np.tile(frame.free_indices, (len(here), 1))], axis=1
    )
    edges = np.asarray(lay.mesh.edges)
    data = np.column_stack(
        [edges[interval], lay.mesh.widths[interval], measurement.times[here] - frame.origin, measurement.values[here],
         measurement.sigmas[here]]
    )  # fmt: skip
    return Terms.of(columns, data, (z, d, p), 0.5 * ((h - d[3]) / d[4]) ** 2, measurement=measurement, chosen=here)


def _roughness(frame: Frame, lay: PhaseLayout) -> Iterator[Terms]:
    """Yield terms ``(change / roughness)^2 / (2 seconds)`` of each interval and control (a random walk)."""
    z, d, p = ca.SX.sym("z", 4), ca.SX.sym("d", 2), ca.SX.sym("p", len(frame.problem.given))
    for variable in lay.phase.controls.variables:
        if variable.roughness is None:
            continue
        if lay.mesh.control_degree != 1 or lay.mesh.knots:
            raise StatementError(
                f"phase {lay.phase.name!r}, control {variable.name!r}: a roughness needs a mesh with control_degree=1"
            )
        at = lay.controls[:, lay.phase.controls.slices[variable.name]].T
        ends = np.tile(lay.times[[0, -1]], (lay.mesh.intervals, 1))
        columns = np.concatenate([np.column_stack([own[:-1], own[1:], ends]) for own in at])
        widths = np.tile(lay.mesh.widths, len(at))
        data = np.column_stack([widths, np.full(len(widths), variable.roughness)])
        cost = 0.5 * ((z[1] - z[0]) / d[1]) ** 2 / (d[0] * (z[3] - z[2]))
        yield Terms.of(columns, data, (z, d, p), cost)


def _where(measurement: Measurement) -> str:
    return f"phase {measurement.phase!r}, measurement {measurement.name!r}"
