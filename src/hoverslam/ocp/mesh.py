"""Meshes: where a phase is collocated, and how its controls vary between nodes.

States are polynomials through an interval's start and its Legendre-Gauss-Radau points (the last of which is the end of
the interval). Controls are either polynomials through the same points (``control_degree=None``, free to jump between
intervals, spectral accuracy) or continuous piecewise linear (``control_degree=1``): then bounds and rate limits that hold
at the nodes hold everywhere, the states stay smooth inside each interval, and no control can ring between nodes.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.special import roots_jacobi


@lru_cache(maxsize=64)
def radau_points(count: int) -> np.ndarray:
    """The ``count`` Legendre-Gauss-Radau points of [0, 1] that include 1, increasing."""
    if count == 1:
        return np.array([1.0])
    inner, _ = roots_jacobi(count - 1, 1.0, 0.0)
    return np.concatenate([(np.sort(inner) + 1.0) / 2.0, [1.0]])


@lru_cache(maxsize=64)
def radau_weights(count: int) -> np.ndarray:
    """Quadrature weights of :func:`radau_points`, exact for degree 2 count - 2."""
    points = radau_points(count)
    powers = np.arange(count)
    return np.linalg.solve(points[None, :] ** powers[:, None], 1.0 / (powers + 1.0))


def barycentric_weights(nodes: np.ndarray) -> np.ndarray:
    """Weights of barycentric Lagrange interpolation on ``nodes`` (Berrut and Trefethen 2004, eq. 3.2)."""
    gaps = nodes[:, None] - nodes[None, :]
    np.fill_diagonal(gaps, 1.0)
    return 1.0 / gaps.prod(axis=1)


def interpolation_matrix(nodes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Matrix ``(len(points), len(nodes))`` that takes values at ``nodes`` to the interpolant's values at ``points``."""
    gaps = points[:, None] - nodes[None, :]
    hits = np.abs(gaps) < 1e-14
    terms = barycentric_weights(nodes) / np.where(hits, 1.0, gaps)
    on_node = hits.any(axis=1, keepdims=True)
    terms = np.where(on_node, hits, terms)
    return terms / terms.sum(axis=1, keepdims=True)


@lru_cache(maxsize=64)
def differentiation_matrix(count: int) -> np.ndarray:
    """Matrix ``(count, count + 1)``: values at 0 and the Radau points to the derivative at the Radau points."""
    nodes = np.concatenate([[0.0], radau_points(count)])
    weights = barycentric_weights(nodes)
    gaps = nodes[:, None] - nodes[None, :]
    np.fill_diagonal(gaps, 1.0)
    full = weights[None, :] / weights[:, None] / gaps
    np.fill_diagonal(full, 0.0)
    np.fill_diagonal(full, -full.sum(axis=1))
    return full[1:]


@dataclass(frozen=True)
class Mesh:
    """Intervals of a phase as fractions of its duration, and the number of collocation points in each.

    Attributes:
        edges: increasing fractions from 0 to 1, one more than there are intervals.
        points: collocation points in every interval.
        control_degree: 1 for continuous piecewise linear controls, None for the collocation polynomial.
    """

    edges: tuple[float, ...]
    points: int = 4
    control_degree: int | None = 1

    @classmethod
    def uniform(cls, intervals: int, points: int = 4, control_degree: int | None = 1) -> "Mesh":
        """``intervals`` equal intervals."""
        return cls(tuple(np.linspace(0.0, 1.0, intervals + 1)), points, control_degree)

    def __post_init__(self) -> None:
        if len(self.edges) < 2 or self.edges[0] != 0.0 or self.edges[-1] != 1.0 or np.any(np.diff(self.edges) <= 0):
            raise ValueError(f"mesh edges must increase from 0 to 1: {self.edges}")
        if not 1 <= self.points <= 20:
            raise ValueError(f"collocation points per interval must be 1 to 20, not {self.points}")
        if self.control_degree not in (None, 1):
            raise ValueError(f"control_degree must be 1 or None, not {self.control_degree}")

    @property
    def intervals(self) -> int:
        """Number of intervals."""
        return len(self.edges) - 1

    @property
    def widths(self) -> np.ndarray:
        """Fraction of the phase that each interval takes."""
        return np.diff(self.edges)

    @property
    def state_nodes(self) -> np.ndarray:
        """Fractions where states live: the start, then every collocation point."""
        starts = np.asarray(self.edges[:-1])
        inside = starts[:, None] + self.widths[:, None] * radau_points(self.points)
        return np.concatenate([[0.0], inside.ravel()])

    @property
    def control_nodes(self) -> np.ndarray:
        """Fractions where controls live: the edges, or every collocation point."""
        return np.asarray(self.edges) if self.control_degree == 1 else self.state_nodes[1:]

    def control_stencil(self) -> tuple[np.ndarray, np.ndarray]:
        """Control nodes and weights that give the control at each collocation point.

        Returns:
            indices and weights, both ``(points, k)``.
        """
        if self.control_degree == 1:
            local = np.tile(radau_points(self.points), self.intervals)
            left = np.repeat(np.arange(self.intervals), self.points)
            return np.stack([left, left + 1], axis=1), np.stack([1.0 - local, local], axis=1)
        count = self.intervals * self.points
        return np.arange(count)[:, None], np.ones((count, 1))

    def control_basis(self) -> np.ndarray:
        """Nodes within one interval of [0, 1] that its control polynomial goes through."""
        return np.array([0.0, 1.0]) if self.control_degree == 1 else radau_points(self.points)

    def control_indices(self) -> np.ndarray:
        """Control nodes of each interval, shape ``(intervals, len(control_basis()))``."""
        if self.control_degree == 1:
            left = np.arange(self.intervals)
            return np.stack([left, left + 1], axis=1)
        return np.arange(self.intervals * self.points).reshape(self.intervals, self.points)

    def split(self, parts: np.ndarray) -> "Mesh":
        """Cut interval ``i`` into ``parts[i]`` equal pieces."""
        edges = [0.0]
        for left, right, count in zip(self.edges[:-1], self.edges[1:], parts, strict=True):
            edges += list(left + (right - left) * np.arange(1, count + 1) / count)
        edges[-1] = 1.0
        return replace(self, edges=tuple(edges))
