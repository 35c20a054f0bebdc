"""Sobol indices of groups of dispersions: the share of an output's variance that each group causes.

The first-order index of a group is the share of the variance that would vanish if the group were known. Its total index is the
share that would remain if all other groups were known. The first-order indices of groups without interaction add up to one;
the total index exceeds the first-order index by the group's part in interactions.

Flights come in sets of G + 2, one set for each pair of independent samples. The first flight uses the first sample (a), the
second flight the second sample (b), and each of the G others the first sample with the columns of one group taken from the
second (ab). By Saltelli et al. 2010, Computer Physics Communications 181(2), with outputs less their mean and variance V,

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

_REPLICATES = 1000  # replicates of the bootstrap
_NO_VARIANCE = 1e-9  # a replicate with a smaller share of the variance contains rounding errors only
_AT_ONCE = 2**22  # entries of a weight matrix: bounds the memory of the bootstrap


class GroupDesign:
    """Which columns of which sample make up each flight of a sensitivity campaign.

    Flight r has place r % (G + 2) in set r // (G + 2). Place 0 is the first sample of the pair, place 1 the second,
    place 2 + i the first sample with the columns of group i from the second. A campaign can therefore be continued with
    more flights. Pair j consists of samples 2 j and 2 j + 1, which must be independent: draw them with the scheme
    ``random``. Neighbours in a Sobol sequence are not independent, nor are equal numbers of two scramblings.

    Attributes:
        groups: names of the groups, in order.
        flights_a_set: G + 2.
    """

    def __init__(self, columns: Mapping[str, ArrayLike]):
        """Make a design.

        Args:
            columns: column numbers of each group in a sample's vector. A column of no group adds to the variance but to
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
        """Return the number of flights of ``sets`` sets."""
        return sets * self.flights_a_set

    def samples(self, flights: ArrayLike) -> Numbers:
        """Return the numbers of the two samples of each flight's pair, ``(n, 2)``."""
        pair = np.asarray(flights, dtype=np.int64) // self.flights_a_set
        return np.stack([2 * pair, 2 * pair + 1], axis=-1)

    def mixed(self, flights: ArrayLike, vectors: Callable[[Numbers], Floats]) -> Floats:
        """Return the vectors of flights.

        Args:
            flights: ``(n,)`` numbers, in any order.
            vectors: function that returns the vectors ``(m, columns)`` of samples ``(m,)`` by number, such as
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
        mean, variance: mean and variance of the output.
        sets: number of sample pairs.
        confidence: confidence of the intervals.
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
        """One row a group, the largest total index first."""
        import pandas as pd

        names = ("first", "first_low", "first_high", "total", "total_low", "total_high")
        rows = pd.DataFrame({"group": self.groups, **{name: getattr(self, name) for name in names}})
        return rows.sort_values("total", ascending=False, ignore_index=True)


def sobol_indices(groups: Sequence[str], outputs: ArrayLike, confidence: float = 0.9, seed: int = 0) -> SobolIndices:
    """Return Sobol indices from the outputs of a design's flights.

    Args:
        groups: names of the groups, in the order of the design.
        outputs: ``(flights,)`` finite outputs of flights 0, 1, 2, ... of a :class:`GroupDesign`, in whole sets. A yes-or-no
            output counts as 1 or 0.
        confidence: confidence of the bootstrap intervals (percentiles of the replicates).
        seed: seed of the bootstrap.

    Raises:
        ValueError: for outputs that are not whole sets, fewer than two sets, an output that is not finite, outputs that are
            all equal, or a confidence outside 0 to 1.
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence = {confidence:g}: give a share between 0 and 1, such as 0.9 for 90 %")
    flown = _sets(outputs, len(groups) + 2)
    mean = float(flown[:, :2].mean())
    moments = _moments(flown - mean)
    first, total, variance = _indices(moments.mean(axis=0), len(groups))
    firsts, totals, variances = _indices(_bootstrapped(moments, np.random.default_rng(seed)), len(groups))
    usable = variances > _NO_VARIANCE * variance  # a replicate that repeats a single set has no variance
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
    """Return the outputs by set, ``(sets, flights_a_set)``."""
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
        raise ValueError(f"outputs: {flown[0]:g} in every sample: its variance is zero: give another output")
    return by_set


def _moments(flown: Floats) -> Floats:
    """Return, for each set, the terms whose averages give the indices: ``(sets, 2 + 3 G)``."""
    a, b, ab = flown[:, :1], flown[:, 1:2], flown[:, 2:]
    return np.hstack([a + b, a**2 + b**2, b * (ab - a), (a - ab) ** 2, ab - a])


def _indices(averages: Floats, groups: int) -> tuple[Floats, Floats, Floats]:
    """Return first-order and total indices ``(..., G)`` and variance ``(...)`` from averages of the moments."""
    mean = averages[..., 0] / 2.0
    variance = averages[..., 1] / 2.0 - mean**2
    product, square, change = np.split(averages[..., 2:], [groups, 2 * groups], axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = (product - mean[..., None] * change) / variance[..., None]
        total = square / (2.0 * variance[..., None])
    return first, total, variance


def _bootstrapped(moments: Floats, rng: np.random.Generator) -> Floats:
    """Return averages of the moments over sets drawn with replacement, ``(replicates, ...)``."""
    sets = len(moments)
    averages = np.empty((_REPLICATES, moments.shape[1]))
    at_once = max(1, _AT_ONCE // sets)
    for start in range(0, _REPLICATES, at_once):
        count = min(at_once, _REPLICATES - start)
        drawn = rng.integers(sets, size=(count, sets)) + sets * np.arange(count)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=count * sets).reshape(count, sets)
        averages[start : start + count] = weights @ moments / sets
    return averages
