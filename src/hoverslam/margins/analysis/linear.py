"""Linear covariance: mean, scatter and its shares from some five hundred flights instead of thousands of samples.

A flight is a function of independent standard normals (:func:`hoverslam.margins.disturbances.draws.perturbations_at`). Its derivatives are
central differences along orthogonal directions d_j, the rows of a Hadamard matrix, each of which moves every normal by one
standard deviation one way or the other (Plackett and Burman 1946, Biometrika 33(4), folded over):

    slope_i = sum_j d_ji (f(d_j) - f(-d_j))/(2 N),    sigma^2 = sum_i slope_i^2.

Differences along single normals would be the same derivatives, but of flights that hardly leave the plan, where loops that end
in whole steps and decisions taken one way or the other weigh more than what is looked for; and each slope would rest on two
flights instead of on all. These directions are as long as samples are, sqrt(COLUMNS). Directions beyond the number of
normals are left for noise: their slopes would be zero in a linear flight, and what they are is taken off the variance. The
mean over all flights is exact for polynomials of third degree, joint terms included; less the flight at rest it is the
shift that curvature brings. For linear covariance of flights see Christensen and Geller 2014, J. Guidance, Control and
Dynamics 37(6).

What it leaves out: limits that only flights far out run into, the shape of the tails, and an engine out, which no
derivative sees: it is switched off. Uniform dispersions (two time constants) count for 18 % more than they are. Sizes such
as miss, drift and tilt have a kink at zero: their estimates mean little.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import hadamard
from scipy.special import ndtri

from hoverslam.margins.disturbances.dispersions import DispersionTable
from hoverslam.margins.disturbances.draws import COLUMNS, Perturbations, column_groups, column_names, perturbations_at

Floats = NDArray[np.float64]

DIRECTIONS = 1 << COLUMNS.bit_length()  # Hadamard matrices of powers of two; at least one is left for noise
FLIGHTS = 2 * DIRECTIONS + 1
"""Flights of an estimate."""


class Flies(Protocol):
    """What is needed of a :class:`hoverslam.margins.campaigns.flyer.Flyer`."""

    @property
    def table(self) -> DispersionTable:
        """Its dispersions."""

    def fly(self, perturbations: Perturbations) -> dict[str, np.ndarray]:
        """Columns ``(n,)`` by name."""


@dataclass(frozen=True, eq=False)
class LinearEstimate:
    """Mean and scatter of every column of a flight, by derivatives.

    Attributes:
        undisturbed: each column with all normals at rest.
        mean: of each column.
        slopes: change of each column for one standard deviation of each normal, ``(COLUMNS,)``, in its unit.
        noise: standard error of a slope, from the directions of no normal.
        curvature: standard deviation of what is even in the normals, which no slope sees: small beside ``sigma`` where the
            estimate is good.
        groups: numbers of the normals of each group.
    """

    undisturbed: dict[str, float]
    mean: dict[str, float]
    slopes: dict[str, Floats] = field(repr=False)
    noise: dict[str, float] = field(repr=False)
    curvature: dict[str, float] = field(repr=False)
    groups: Mapping[str, NDArray[np.int64]] = field(repr=False)

    @property
    def sigma(self) -> dict[str, float]:
        """Standard deviation of each column."""
        return {name: float(np.sqrt(max(0.0, self._variances(name).sum()))) for name in self.slopes}

    def quantile(self, name: str, probability: ArrayLike) -> Floats:
        """Quantiles of a column at those probabilities, of their shape, as if it were normal.

        Raises:
            ValueError: for an unknown column, or a probability not between 0 and 1.
        """
        self._require(name)
        levels = np.asarray(probability, dtype=float)
        if not np.all((levels > 0.0) & (levels < 1.0)):
            raise ValueError(f"probability = {levels}: give numbers between 0 and 1, neither included")
        return np.asarray(self.mean[name] + self.sigma[name] * ndtri(levels))[()]

    def by_group(self, name: str) -> dict[str, float]:
        """Share of a column's variance that comes from each group; all zero where nothing moves it."""
        self._require(name)
        variances = self._variances(name)
        parts = {group: max(0.0, float(variances[columns].sum())) for group, columns in self.groups.items()}
        whole = sum(parts.values()) or 1.0
        return {group: part / whole for group, part in parts.items()}

    def largest(self, name: str, count: int = 10) -> dict[str, float]:
        """Slopes of the normals that move a column most, the largest first."""
        self._require(name)
        names, slopes = column_names(), self.slopes[name]
        order = np.argsort(-np.abs(slopes), kind="stable")[:count]
        return {names[i]: float(slopes[i]) for i in order}

    def as_json(self) -> dict[str, Any]:
        """Mean, sigma and shares of every column."""
        sigma = self.sigma
        return {
            name: {
                "undisturbed": rest,
                "mean": self.mean[name],
                "sigma": sigma[name],
                "curvature": self.curvature[name],
                "by_group": self.by_group(name),
            }
            for name, rest in self.undisturbed.items()
        }

    def _variances(self, name: str) -> Floats:
        """Of each normal, less what noise adds to a squared slope on the average."""
        return self.slopes[name] ** 2 - self.noise[name] ** 2

    def _require(self, name: str) -> None:
        if name not in self.slopes:
            raise ValueError(f"column {name!r}: unknown: there is {', '.join(self.slopes)}")


def linear_estimate(flyer: Flies) -> LinearEstimate:
    """Derivatives of all columns of a closed-loop flight by its standard normals, from :data:`FLIGHTS` flights in one batch.

    Args:
        flyer: flies given perturbations and has a dispersion table.

    Raises:
        ValueError: where a flight is not a number or does not come down: it has no derivative.
    """
    matrix = hadamard(DIRECTIONS).astype(float)
    idle, directions = np.split(matrix, [DIRECTIONS - COLUMNS], axis=1)
    rows = perturbations_at(flyer.table, np.vstack([np.zeros((1, COLUMNS)), directions, -directions]))
    nowhere = np.zeros_like(rows.engine_out_burn)
    flown = flyer.fly(rows._replace(engine_out_burn=nowhere, engine_out_share=np.zeros(len(nowhere))))
    columns = {name: np.asarray(values, dtype=float) for name, values in flown.items()}
    _require_landed(columns)
    columns.pop("down", None)
    mean, slopes, noise, curvature = {}, {}, {}, {}
    for name, values in columns.items():
        forth, back = values[1 : DIRECTIONS + 1], values[DIRECTIONS + 1 :]
        odd, even = 0.5 * (forth - back), 0.5 * (forth + back)
        mean[name], curvature[name] = float(even.mean()), float(even.std())
        slopes[name] = directions.T @ odd / DIRECTIONS
        noise[name] = float(np.sqrt(np.mean((idle.T @ odd / DIRECTIONS) ** 2)))
    undisturbed = {name: float(values[0]) for name, values in columns.items()}
    return LinearEstimate(undisturbed, mean, slopes, noise, curvature, column_groups(flyer.table))


def _require_landed(columns: Mapping[str, Floats]) -> None:
    """Every flight is a number, and came down where the columns tell."""
    fine = np.all([np.isfinite(values) for values in columns.values()], axis=0)
    if "down" in columns:
        fine &= columns["down"] > 0.0
    if not fine.all():
        lost = int((~fine).sum())
        raise ValueError(
            f"flights: {lost} of {len(fine)} are not a number or did not come down, and have no derivative: "
            "take smaller dispersions, such as scale = 0.5, or Monte Carlo"
        )
