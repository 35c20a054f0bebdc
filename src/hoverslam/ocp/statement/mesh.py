"""Meshes: the points at which a phase is collocated, and how its controls vary between nodes.

States are polynomials through an interval's start and its Legendre-Gauss-Radau points (the last of which is the end of
the interval). Controls are either polynomials through the same points (``control_degree=None``, free to jump between
intervals, spectral accuracy) or continuous piecewise linear (``control_degree=1``): then bounds and rate limits that hold
at the nodes hold everywhere, the states are smooth inside each interval, and controls cannot oscillate between nodes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.special import roots_jacobi


@lru_cache(maxsize=64)
def radau_points(count: int) -> np.ndarray:
    """Return the ``count`` Legendre-Gauss-Radau points of [0, 1] that include 1, increasing."""
    if count == 1:
        return np.array([1.0])
    inner, _ = roots_jacobi(count - 1, 1.0, 0.0)
    return np.concatenate([(np.sort(inner) + 1.0) / 2.0, [1.0]])


@lru_cache(maxsize=64)
def radau_weights(count: int) -> np.ndarray:
    """Return the quadrature weights of :func:`radau_points`, exact up to degree 2 count - 2."""
    points = radau_points(count)
    powers = np.arange(count)
    return np.linalg.solve(points[None, :] ** powers[:, None], 1.0 / (powers + 1.0))


def barycentric_weights(nodes: np.ndarray) -> np.ndarray:
    """Return the weights of barycentric Lagrange interpolation on ``nodes`` (Berrut and Trefethen 2004, eq. 3.2)."""
    gaps = nodes[:, None] - nodes[None, :]
    np.fill_diagonal(gaps, 1.0)
    return 1.0 / gaps.prod(axis=1)


def interpolation_matrix(nodes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the matrix ``(len(points), len(nodes))`` from values at ``nodes`` to interpolated values at ``points``."""
    gaps = points[:, None] - nodes[None, :]
    hits = np.abs(gaps) < 1e-14
    terms = barycentric_weights(nodes) / np.where(hits, 1.0, gaps)
    on_node = hits.any(axis=1, keepdims=True)
    terms = np.where(on_node, hits, terms)
    return terms / terms.sum(axis=1, keepdims=True)


@lru_cache(maxsize=64)
def highest_modes(count: int, modes: int) -> np.ndarray:
    """Return rows ``(modes, count)`` that give the highest Legendre coefficients of values at the Radau points."""
    matrix = np.polynomial.legendre.legvander(2.0 * radau_points(count) - 1.0, count - 1)
    return np.linalg.inv(matrix)[count - modes :]


@lru_cache(maxsize=64)
def differentiation_matrix(count: int) -> np.ndarray:
    """Return the matrix ``(count, count + 1)`` from values at 0 and the Radau points to derivatives at the Radau points."""
    nodes = np.concatenate([[0.0], radau_points(count)])
    weights = barycentric_weights(nodes)
    gaps = nodes[:, None] - nodes[None, :]
    np.fill_diagonal(gaps, 1.0)
    full = weights[None, :] / weights[:, None] / gaps
    np.fill_diagonal(full, 0.0)
    np.fill_diagonal(full, -full.sum(axis=1))
    return full[1:]


@dataclass(frozen=True)
class Pin:
    """A control or a path constraint that is held at its bound over a whole arc, or only at the end of the arc.

    Attributes:
        kind: ``"control"`` or ``"path"`` over the whole arc; ``"touch"`` for a path constraint at its end.
        index: Index of the control or path constraint in the phase.
        arc: Index of the arc in the mesh.
        upper: Whether the bound is the upper one.
    """

    kind: str
    index: int
    arc: int
    upper: bool


@dataclass(frozen=True)
class Mesh:
    """Intervals of a phase as fractions of its duration, and the number of collocation points in each.

    Attributes:
        edges: increasing fractions from 0 to 1, one more than there are intervals.
        points: collocation points in every interval, or one number an interval.
        control_degree: 1 for continuous piecewise linear controls, None for the collocation polynomial.
        knots: positions in ``edges`` of inner edges that the solver may move, to a switch of a control. The part between
            two knots is an arc; edges inside an arc stay at the same fraction of it.
        pins: controls and path constraints that are held at a bound over whole arcs.
        spare: number of degrees by which a control polynomial is lower than its nodes allow. A collocated control has as
            many degrees of freedom as there are points at which its effect is integrated. Where the optimum hardly
            depends on the control (singular arcs), its highest modes can oscillate undetected by the quadrature.
    """

    edges: tuple[float, ...]
    points: int | tuple[int, ...] = 4
    control_degree: int | None = None
    knots: tuple[int, ...] = ()
    pins: tuple[Pin, ...] = ()
    spare: int = 0

    @classmethod
    def uniform(cls, intervals: int, points: int = 4, control_degree: int | None = None) -> "Mesh":
        """Return a mesh of equal intervals.

        Args:
            intervals: Number of intervals.
            points: Collocation points in each interval.
            control_degree: 1 for continuous piecewise linear controls, None for the collocation polynomial.
        """
        return cls(tuple(np.linspace(0.0, 1.0, intervals + 1).tolist()), points, control_degree)

    def __post_init__(self) -> None:
        if len(self.edges) < 2 or self.edges[0] != 0.0 or self.edges[-1] != 1.0 or np.any(np.diff(self.edges) <= 0):
            raise ValueError(f"mesh edges must increase from 0 to 1: {self.edges}")
        if len(self.counts) != self.intervals or not all(1 <= n <= 20 for n in self.counts):
            raise ValueError(f"collocation points per interval must be 1 to 20, one number or one each: {self.points}")
        if self.control_degree not in (None, 1):
            raise ValueError(f"control_degree must be 1 or None, not {self.control_degree}")
        if any(not 0 < k < self.intervals for k in self.knots) or list(self.knots) != sorted(set(self.knots)):
            raise ValueError(f"knots must be increasing positions of inner edges: {self.knots}")

    @property
    def intervals(self) -> int:
        """Number of intervals."""
        return len(self.edges) - 1

    @property
    def counts(self) -> np.ndarray:
        """Collocation points of each interval."""
        return np.full(self.intervals, self.points) if isinstance(self.points, int) else np.array(self.points)

    @property
    def starts(self) -> np.ndarray:
        """State node at which each interval starts, followed by the last node."""
        return np.concatenate([[0], np.cumsum(self.counts)])

    @property
    def widths(self) -> np.ndarray:
        """Fraction of the phase that each interval takes."""
        return np.diff(self.edges)

    @property
    def arc_edges(self) -> np.ndarray:
        """Fractions of the phase at which arcs start and end."""
        return np.asarray(self.edges)[[0, *self.knots, self.intervals]]

    @property
    def arc_of(self) -> np.ndarray:
        """Arc that each interval belongs to."""
        return np.searchsorted(np.array(self.knots, dtype=int), np.arange(self.intervals), side="right")

    @property
    def arc_widths(self) -> np.ndarray:
        """Fraction of its arc that each interval takes."""
        return self.widths / np.diff(self.arc_edges)[self.arc_of]

    def within_arc(self, fractions: np.ndarray, arcs: np.ndarray) -> np.ndarray:
        """Convert fractions of the phase to fractions of ``arcs``."""
        edges = self.arc_edges
        return (fractions - edges[arcs]) / (edges[arcs + 1] - edges[arcs])

    @property
    def interval_of(self) -> np.ndarray:
        """Interval of each collocation point."""
        return np.repeat(np.arange(self.intervals), self.counts)

    def by_count(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield each number of collocation points in use with the intervals that have it."""
        counts = self.counts
        for count in np.unique(counts):
            yield int(count), np.flatnonzero(counts == count)

    @property
    def local_points(self) -> np.ndarray:
        """Each collocation point as a fraction of its interval."""
        return np.concatenate([radau_points(n) for n in self.counts])

    @property
    def weights(self) -> np.ndarray:
        """Quadrature weight of each collocation point as a fraction of the phase."""
        return np.concatenate([w * radau_weights(n) for w, n in zip(self.widths, self.counts, strict=True)])

    @property
    def state_nodes(self) -> np.ndarray:
        """State nodes as fractions of the phase: the start, then every collocation point."""
        at = self.interval_of
        inside = np.asarray(self.edges)[at] + self.widths[at] * self.local_points
        inside[self.starts[1:] - 1] = self.edges[1:]
        return np.concatenate([[0.0], inside])

    @property
    def control_nodes(self) -> np.ndarray:
        """Control nodes as fractions of the phase: the edges, or every collocation point."""
        return np.asarray(self.edges) if self.control_degree == 1 else self.state_nodes[1:]

    def control_stencil(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the control nodes and weights that give the control at each collocation point.

        Returns:
            Indices and weights, both ``(points, k)``.
        """
        if self.control_degree == 1:
            local, left = self.local_points, self.interval_of
            return np.stack([left, left + 1], axis=1), np.stack([1.0 - local, local], axis=1)
        count = int(self.counts.sum())
        return np.arange(count)[:, None], np.ones((count, 1))

    def control_basis(self, count: int) -> np.ndarray:
        """Return the nodes in [0, 1] of the control polynomial of an interval with ``count`` points."""
        return np.array([0.0, 1.0]) if self.control_degree == 1 else radau_points(count)

    def control_indices(self, intervals: np.ndarray, count: int) -> np.ndarray:
        """Return the control nodes of ``intervals`` with ``count`` points each, shape ``(len(intervals), basis)``."""
        if self.control_degree == 1:
            return np.stack([intervals, intervals + 1], axis=1)
        return self.starts[intervals][:, None] + np.arange(count)

    def state_indices(self, intervals: np.ndarray, count: int) -> np.ndarray:
        """Return the state nodes of ``intervals`` with ``count`` points each, starts included: ``(n, count + 1)``."""
        return self.starts[intervals][:, None] + np.arange(count + 1)

    def moved(self, times: np.ndarray) -> "Mesh":
        """Return the mesh with its arcs between ``times`` (start, knots, end); edges inside an arc keep their fraction."""
        if not self.knots:
            return self
        edges, arcs = np.asarray(self.edges), np.append(self.arc_of, len(self.knots))
        new = (times - times[0]) / (times[-1] - times[0])
        moved = new[arcs] + self.within_arc(edges, arcs) * (new[arcs + 1] - new[arcs])
        moved[[0, -1]] = 0.0, 1.0
        if np.any(np.diff(moved) <= 0.0):  # the edges of arcs of zero length stay increasing
            ordered = np.maximum.accumulate(np.clip(moved, 0.0, 1.0))
            moved = (1.0 - 1e-9) * ordered + 1e-9 * np.linspace(0.0, 1.0, len(moved))
        return replace(self, edges=(0.0, *moved[1:-1].tolist(), 1.0))

    def split(self, parts: np.ndarray) -> "Mesh":
        """Cut interval ``i`` into ``parts[i]`` equal pieces with as many points each."""
        edges, counts = [0.0], []
        for left, right, count, points in zip(self.edges[:-1], self.edges[1:], parts, self.counts, strict=True):
            edges += (left + (right - left) * np.arange(1, count + 1) / count).tolist()
            counts += [int(points)] * int(count)
        edges[-1] = 1.0
        at = np.concatenate([[0], np.cumsum(parts)])
        knots = tuple(int(at[k]) for k in self.knots)
        return replace(self, edges=tuple(edges), points=tuple(counts), knots=knots)
