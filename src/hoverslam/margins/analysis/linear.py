"""Linear covariance: mean, standard deviation and shares of the variance from some five hundred flights.

A flight is a function of independent standard normal variables
(:func:`~hoverslam.margins.disturbances.draws.perturbations_at`). Its derivatives are central differences along orthogonal
directions d_j, the rows of a Hadamard matrix; each direction moves every variable by one standard deviation up or down
(Plackett and Burman 1946, Biometrika 33(4), with fold-over):

    slope_i = sum_j d_ji (f(d_j) - f(-d_j))/(2 N),    sigma^2 = sum_i slope_i^2.

Differences along single variables have two disadvantages. They stay near the undisturbed flight, where the fixed
control step and discrete decisions hide the derivative, and each slope rests on two flights instead of all. The
directions used here are as long as a typical sample, sqrt(COLUMNS). More directions exist than variables; the slopes
along the others would be zero in a linear flight, so they measure noise, which is subtracted from the variance. The
mean over all flights is exact for polynomials of third degree, mixed terms included; the mean less the undisturbed
flight is the shift caused by curvature. For linear covariance of flights see Christensen and Geller 2014, J. Guidance,
Control and Dynamics 37(6).

The method leaves out limits that only extreme flights reach, the shape of the tails, and engine failures (switched off,
since they have no derivative). Uniform dispersions (two time constants) count for 18 % more than their standard
deviation. Miss distance, drift and tilt have a kink at zero; their estimates are not usable.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import hadamard
from scipy.special import ndtri

from hoverslam.margins.analysis.recovery_model import RecoveryModel
from hoverslam.margins.disturbances.columns import COLUMNS, column_groups, column_names
from hoverslam.margins.disturbances.draws import perturbations_at
from hoverslam.reports.json_text import Json, plain

Floats = NDArray[np.float64]

DIRECTIONS = 1 << COLUMNS.bit_length()  # Hadamard matrices of powers of two; at least one is left for noise
FLIGHTS = 2 * DIRECTIONS + 1
"""Number of flights behind an estimate."""


@dataclass(frozen=True, eq=False)
class LinearEstimate:
    """Mean and standard deviation of every column of a flight, from derivatives.

    Attributes:
        undisturbed: value of each column without dispersions.
        mean: mean of each column.
        slopes: change of each column for one standard deviation of each variable, ``(COLUMNS,)``, in its unit.
        noise: standard error of a slope, from the directions that belong to no variable.
        curvature: standard deviation of the even part of the response, which slopes do not contain; the estimate is good
            where it is small against ``sigma``.
        groups: column numbers of the variables of each group.
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
        """Return quantiles of a column, of the shape of ``probability``, for a normal distribution.

        Raises:
            ValueError: for an unknown column, or a probability not between 0 and 1.
        """
        self._require(name)
        levels = np.asarray(probability, dtype=float)
        if not np.all((levels > 0.0) & (levels < 1.0)):
            raise ValueError(f"probability = {levels}: give numbers between 0 and 1, neither included")
        return np.asarray(self.mean[name] + self.sigma[name] * ndtri(levels))[()]

    def by_group(self, name: str) -> dict[str, float]:
        """Return the share of a column's variance that each group causes; all zero for a column that does not vary."""
        self._require(name)
        variances = self._variances(name)
        parts = {group: max(0.0, float(variances[columns].sum())) for group, columns in self.groups.items()}
        whole = sum(parts.values()) or 1.0
        return {group: part / whole for group, part in parts.items()}

    def largest(self, name: str, count: int = 10) -> dict[str, float]:
        """Return the variables with the largest slopes of a column, the largest first."""
        self._require(name)
        names, slopes = column_names(), self.slopes[name]
        order = np.argsort(-np.abs(slopes), kind="stable")[:count]
        return {names[i]: float(slopes[i]) for i in order}

    def as_json(self) -> dict[str, Json]:
        """Return mean, standard deviation and shares of every column."""
        sigma = self.sigma
        return {
            name: {
                "undisturbed": rest,
                "mean": self.mean[name],
                "sigma": sigma[name],
                "curvature": self.curvature[name],
                "by_group": plain(self.by_group(name)),
            }
            for name, rest in self.undisturbed.items()
        }

    def _variances(self, name: str) -> Floats:
        """Return the variance caused by each variable, less the mean contribution of noise to a squared slope."""
        return self.slopes[name] ** 2 - self.noise[name] ** 2

    def _require(self, name: str) -> None:
        if name not in self.slopes:
            raise ValueError(f"column {name!r}: unknown: known are {', '.join(self.slopes)}")


def linear_estimate(flyer: RecoveryModel) -> LinearEstimate:
    """Return derivatives of all columns of a closed-loop flight by its standard normal variables.

    :data:`FLIGHTS` flights are flown in one batch.

    Args:
        flyer: flies recoveries for given perturbations.

    Raises:
        ValueError: if a flight contains NaN or does not reach the ground, since it has no derivative.
    """
    matrix = hadamard(DIRECTIONS).astype(float)
    idle, directions = np.split(matrix, [DIRECTIONS - COLUMNS], axis=1)
    rows = perturbations_at(flyer.table, np.vstack([np.zeros((1, COLUMNS)), directions, -directions]))
    no_failure = np.zeros_like(rows.engine_out_burn)
    flown = flyer.fly(rows._replace(engine_out_burn=no_failure, engine_out_share=np.zeros(len(no_failure))))
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
    """Raise ValueError unless every flight is finite and reached the ground."""
    fine = np.all([np.isfinite(values) for values in columns.values()], axis=0)
    if "down" in columns:
        fine &= columns["down"] > 0.0
    if not fine.all():
        lost = int((~fine).sum())
        raise ValueError(
            f"flights: {lost} of {len(fine)} contain NaN or did not reach the ground, so that they have no derivative: "
            "use smaller dispersions, such as scale = 0.5, or Monte Carlo"
        )
