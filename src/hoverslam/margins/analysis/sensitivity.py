"""Which group of dispersions the scatter comes from: first-order and total Sobol indices of groups of inputs.

The first-order index of a group is the share of the output's variance that would go if the group were known; its total
index the share that would stay if all the others were. Indices of groups that do not act together add up to one; what the
total has beyond the first order is the group's part in joint effects.

Flights come in sets of G + 2, a set for each pair of independent samples: the first sample a, the second b, and for each
of G groups the first with this group's columns from the second. By Saltelli et al. 2010, Computer Physics Communications
181(2), with outputs less their mean and V their variance,

    first order  mean(f(b) (f(ab) - f(a)))/V,    total  mean((f(a) - f(ab))^2)/(2 V)  (Jansen 1999).

Intervals are bootstraps over the sets.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

_REPLICATES = 1000  # of the bootstrap
_NO_VARIANCE = 1e-9  # share of the variance below which what a replicate has left is rounding
_AT_ONCE = 2**22  # entries of a matrix of weights


class GroupDesign:
    """Which columns of which sample each flight of a sensitivity campaign is made of.

    Flight r is the place r % (G + 2) of set r // (G + 2): place 0 the first sample of the pair, 1 the second, 2 + i the
    first with group i from the second. So more flights go on where fewer ended. Pair j is of samples 2 j and 2 j + 1, which
    must be independent: draw them with the scheme ``random``. (Neighbours in a Sobol sequence, and equal numbers of two
    scramblings of one, depend on each other in every column.)

    Attributes:
        groups: their names, in their order.
        flights_a_set: G + 2.
    """

    def __init__(self, columns: Mapping[str, ArrayLike]):
        """
        Args:
            columns: of each group, their numbers in a sample's vector. A column of no group adds to the variance and to
                no index.

        Raises:
            ValueError: without a group, for a group without columns, or for a column in two groups.
        """
        self._columns = {name: np.atleast_1d(np.asarray(of, dtype=np.int64)) for name, of in columns.items()}
        if not self._columns:
            raise ValueError("columns: no group: give at least one, such as {'wind': [0, 1]}")
        of_column: dict[int, str] = {}
        for name, found in self._columns.items():
            if not found.size:
                raise ValueError(f"columns[{name!r}]: empty: give its columns, or leave the group out")
            for column in found.tolist():
                if column in of_column:
                    raise ValueError(
                        f"columns[{name!r}]: column {column} is in {of_column[column]!r} too: give it once"
                    )
                of_column[column] = name
        self.groups: tuple[str, ...] = tuple(self._columns)
        self.flights_a_set = len(self.groups) + 2

    def flights(self, sets: int) -> int:
        """How many flights so many sets take."""
        return sets * self.flights_a_set

    def samples(self, flights: ArrayLike) -> Numbers:
        """Numbers of the two samples of each flight's pair, ``(n, 2)``."""
        pair = np.asarray(flights, dtype=np.int64) // self.flights_a_set
        return np.stack([2 * pair, 2 * pair + 1], axis=-1)

    def mixed(self, flights: ArrayLike, vectors: Callable[[Numbers], Floats]) -> Floats:
        """The vectors of those flights.

        Args:
            flights: ``(n,)`` numbers, in any order.
            vectors: gives the vectors ``(m, columns)`` of samples ``(m,)`` by number, such as
                ``lambda numbers: standard_vectors(seed, numbers)``.

        Returns:
            ``(n, columns)``.
        """
        asked = np.asarray(flights, dtype=np.int64)
        needed, where = np.unique(self.samples(asked), return_inverse=True)
        drawn = np.asarray(vectors(needed))
        first, second = where.reshape(-1, 2).T
        place = asked % self.flights_a_set
        mixture = drawn[np.where(place == 1, second, first)]
        for number, of_group in enumerate(self._columns.values()):
            rows = np.flatnonzero(place == 2 + number)
            mixture[np.ix_(rows, of_group)] = drawn[np.ix_(second[rows], of_group)]
        return mixture


@dataclass(frozen=True, eq=False)
class SobolIndices:
    """Sobol indices of groups; arrays ``(G,)`` in the order of ``groups``.

    Attributes:
        groups: names.
        first, first_low, first_high: first-order index and its bootstrap interval.
        total, total_low, total_high: total index and its bootstrap interval.
        mean, variance: of the output.
        sets: pairs of samples behind them.
        confidence: of the intervals.
    """

    groups: tuple[str, ...]
    first: Floats
    first_low: Floats
    first_high: Floats
    total: Floats
    total_low: Floats
    total_high: Floats
    mean: float
    variance: float
    sets: int
    confidence: float

    @cached_property
    def table(self) -> "pd.DataFrame":
        """A row a group, the greatest total first."""
        import pandas as pd

        names = ("first", "first_low", "first_high", "total", "total_low", "total_high")
        rows = pd.DataFrame({"group": self.groups, **{name: getattr(self, name) for name in names}})
        return rows.sort_values("total", ascending=False, ignore_index=True)


def sobol_indices(groups: Sequence[str], outputs: ArrayLike, confidence: float = 0.9, seed: int = 0) -> SobolIndices:
    """Sobol indices from the outputs of a design's flights.

    Args:
        groups: names, in the order of the design.
        outputs: ``(flights,)`` of flights 0, 1, 2, ... of a :class:`GroupDesign`, whole sets; finite. A yes or no counts
            as 1 or 0.
        confidence: of the bootstrap intervals, between the percentiles of the replicates.
        seed: of the bootstrap.

    Raises:
        ValueError: for outputs that are no whole sets, fewer than two sets, an output that is not finite or never differs,
            or a confidence outside 0 to 1.
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence = {confidence:g}: give a share between 0 and 1, such as 0.9 for 90 %")
    flown = _sets(outputs, len(groups) + 2)
    mean = float(flown[:, :2].mean())
    moments = _moments(flown - mean)
    first, total, variance = _indices(moments.mean(axis=0), len(groups))
    firsts, totals, variances = _indices(_bootstrapped(moments, np.random.default_rng(seed)), len(groups))
    usable = variances > _NO_VARIANCE * variance  # a replicate of one set again and again has no indices
    ends = (0.5 - confidence / 2.0, 0.5 + confidence / 2.0)
    first_low, first_high = np.quantile(firsts[usable], ends, axis=0)
    total_low, total_high = np.quantile(totals[usable], ends, axis=0)
    return SobolIndices(
        groups=tuple(groups),
        first=first,
        first_low=first_low,
        first_high=first_high,
        total=total,
        total_low=total_low,
        total_high=total_high,
        mean=mean,
        variance=float(variance),
        sets=len(flown),
        confidence=confidence,
    )


def _sets(outputs: ArrayLike, flights_a_set: int) -> Floats:
    """Outputs by set, ``(sets, flights_a_set)``."""
    flown = np.asarray(outputs, dtype=np.float64)
    if flown.ndim != 1 or flown.size % flights_a_set or flown.size < 2 * flights_a_set:
        raise ValueError(
            f"outputs: shape {flown.shape}: give two or more whole sets of {flights_a_set} flights, one number a flight"
        )
    wrong = np.flatnonzero(~np.isfinite(flown))
    if wrong.size:
        raise ValueError(
            f"outputs[{wrong[0]}] = {flown[wrong[0]]:g}: give finite numbers, such as the propellant used whatever came of "
            "the flight, or 1 for success and 0 for loss"
        )
    by_set = flown.reshape(-1, flights_a_set)
    if np.ptp(by_set[:, :2]) == 0.0:
        raise ValueError(
            f"outputs: {flown[0]:g} in every sample: there is no variance to share out: give another output"
        )
    return by_set


def _moments(flown: Floats) -> Floats:
    """Of each set, what the indices are averages of: ``(sets, 2 + 3 G)``."""
    a, b, ab = flown[:, :1], flown[:, 1:2], flown[:, 2:]
    return np.hstack([a + b, a**2 + b**2, b * (ab - a), (a - ab) ** 2, ab - a])


def _indices(averages: Floats, groups: int) -> tuple[Floats, Floats, Floats]:
    """First-order and total indices ``(..., G)`` and variance ``(...)`` from averages of the moments."""
    mean = averages[..., 0] / 2.0
    variance = averages[..., 1] / 2.0 - mean**2
    product, square, change = np.split(averages[..., 2:], [groups, 2 * groups], axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = (product - mean[..., None] * change) / variance[..., None]
        total = square / (2.0 * variance[..., None])
    return first, total, variance


def _bootstrapped(moments: Floats, rng: np.random.Generator) -> Floats:
    """Averages of the moments over as many sets drawn with replacement, ``(replicates, ...)``."""
    sets = len(moments)
    averages = np.empty((_REPLICATES, moments.shape[1]))
    at_once = max(1, _AT_ONCE // sets)
    for start in range(0, _REPLICATES, at_once):
        count = min(at_once, _REPLICATES - start)
        drawn = rng.integers(sets, size=(count, sets)) + sets * np.arange(count)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=count * sets).reshape(count, sets)
        averages[start : start + count] = weights @ moments / sets
    return averages
