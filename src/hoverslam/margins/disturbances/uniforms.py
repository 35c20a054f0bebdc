"""Uniform numbers for samples: random, Sobol or Latin hypercube designs.

The vector of a sample depends on the seed, the scheme and the sample number alone. The same sample number gives the same bits
in every batch and order, and in another process.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import qmc

from hoverslam.data.errors import did_you_mean, shown
from hoverslam.margins.choices import SCHEMES, Scheme
from hoverslam.margins.disturbances.columns import COLUMNS

Floats = NDArray[np.float64]

_SOBOL_BITS = 30  # the most that scipy's direction numbers allow in steps of one
_LATIN_MOST = 2**20  # with more samples the slices of all columns take over a gigabyte of memory


def standard_vectors(
    seed: int, numbers: ArrayLike, scheme: Scheme = "random", total: int | None = None, columns: int = COLUMNS
) -> Floats:
    """Return the uniform numbers of the samples with the given sample numbers.

    Args:
        seed: Seed of the whole campaign, 0 to 2^64 - 1.
        numbers: Sample numbers ``(n,)``, whole, from 0, in any order.
        scheme: ``random``: independent samples, from a Philox generator (Salmon et al. 2011) keyed by the seed whose counter
            starts at the sample number. ``sobol``: a Sobol sequence scrambled by matrices and a shift (Matousek 1998), which
            more points may extend; best with powers of two; sample numbers below 2^30. ``latin``: a Latin hypercube of
            ``total`` samples, one in each of ``total`` equal slices of every column.
        total: Samples of the whole campaign. ``latin`` needs it, at most 2^20. If given, every number is below it.
        columns: Numbers in a sample.

    Returns:
        Numbers ``(n, columns)`` strictly between 0 and 1; :func:`hoverslam.margins.disturbances.columns.column_names` names
        the columns.

    Raises:
        ValueError: For an argument that cannot be used; the message says which values can.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"scheme: {shown(scheme)}: unknown, {did_you_mean(str(scheme), SCHEMES)}")
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**64:
        raise ValueError(f"seed: {shown(seed)}: give a whole number from 0 to 2^64 - 1")
    wanted = _sample_numbers(numbers, scheme, total)
    if scheme == "sobol":
        return _sobol(int(seed), wanted, columns)
    raw = _raw(int(seed), wanted, columns)
    if total is not None and scheme == "latin":
        # 32 bits: the position within the slice is not rounded up into the next slice.
        within = ((raw >> np.uint64(32)).astype(np.float64) + 0.5) * 2.0**-32
        return (_strata(int(seed), total, columns)[wanted].astype(np.float64) + within) / float(total)
    return ((raw >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def _sample_numbers(numbers: ArrayLike, scheme: Scheme, total: int | None) -> NDArray[np.int64]:
    """Return the sample numbers as integers. Raises ValueError for numbers that the scheme does not have."""
    found = np.asarray(numbers)
    if found.ndim != 1 or (found.size and not np.issubdtype(found.dtype, np.integer)):
        raise ValueError(f"numbers: {found.dtype} of shape {found.shape}: give a list of whole sample numbers")
    most = {"random": 2**63 - 1, "sobol": 2**_SOBOL_BITS, "latin": _LATIN_MOST}[scheme]
    if total is None and scheme == "latin":
        raise ValueError("total: missing: a Latin hypercube is of a fixed number of samples: give it, or take sobol")
    if total is not None:
        if isinstance(total, bool) or not isinstance(total, (int, np.integer)) or not 1 <= total <= most:
            raise ValueError(f"total: {shown(total)}: give a whole number from 1 to {most} for scheme {scheme}")
        most = int(total)
    outside = found[(found < 0) | (found >= most)]
    if outside.size:
        hint = " (a Latin hypercube cannot be extended; sobol can)" if scheme == "latin" else ""
        raise ValueError(f"numbers: {outside[0]}: must be at least 0 and below {most}{hint}")
    return found.astype(np.int64)


def _raw(seed: int, numbers: NDArray[np.int64], columns: int) -> NDArray[np.uint64]:
    """Return random words ``(n, columns)``: those of ``Philox(key=seed, counter=[0, number, 0, 0])``, from one generator."""
    generator = np.random.Philox(key=seed)
    state = generator.state
    words = np.empty((len(numbers), columns), np.uint64)
    for row, number in enumerate(numbers):
        state["state"]["counter"][1] = number
        generator.state = state
        words[row] = generator.random_raw(columns)
    return words


def _sobol(seed: int, numbers: NDArray[np.int64], columns: int) -> Floats:
    """Return the points of the scrambled sequence, each moved from the edge to the middle of the finest cell."""
    sequence = qmc.Sobol(columns, scramble=True, bits=_SOBOL_BITS, seed=np.random.default_rng(seed))
    distinct, places = np.unique(numbers, return_inverse=True)
    points = np.empty((len(distinct), columns))
    for start, stop in _runs(distinct):
        if distinct[start] > sequence.num_generated:
            sequence.fast_forward(int(distinct[start]) - sequence.num_generated)
        # The first point is drawn alone, because scipy warns of a first batch whose length is not a power of two.
        alone = 1 if sequence.num_generated == 0 else 0
        points[start : start + alone] = sequence.random(alone)
        points[start + alone : stop] = sequence.random(stop - start - alone)
    moved: Floats = points[places] + 2.0 ** -(_SOBOL_BITS + 1)  # never 0, whose normal number is infinite
    return moved


def _runs(numbers: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield where runs of consecutive numbers begin and end."""
    breaks = [int(n) for n in np.flatnonzero(np.diff(numbers) != 1) + 1]
    if len(numbers):
        yield from zip([0, *breaks], [*breaks, len(numbers)], strict=True)


@lru_cache(maxsize=1)  # of the campaign that is drawn
def _strata(seed: int, total: int, columns: int) -> NDArray[np.int32]:
    """Return the slice of each sample in each column, ``(total, columns)``."""
    strata = np.empty((total, columns), np.int32)
    for column in range(columns):
        # The last counter word separates the streams of the permutations from those of the samples.
        generator = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, column, 1]))
        strata[:, column] = generator.permutation(total)
    strata.flags.writeable = False
    return strata
