"""The columns of a sample: the independent uniform numbers that belong to each dispersion.

Every sample is one vector of independent uniform numbers. The layout of the vector follows from the declarations of
:class:`hoverslam.margins.disturbances.dispersions.DispersionTable`: dispersions of one number first, then those of several,
the engine failure, and the profiles. Profiles come last, because the first columns of a Sobol sequence are its most even
ones.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hoverslam.margins.disturbances.dispersions import DispersionTable, count_of, entry_kinds, single_numbers
from hoverslam.margins.disturbances.entries import GROUPS, Dispersion

PROFILE_STEP = 1e3  # m between the altitudes of a profile; shorter than every correlation length of the data file
ALTITUDES: NDArray[np.float64] = PROFILE_STEP * np.arange(61.0)
"""Altitudes (m) at which profiles of density and wind are given, ``(61,)``: up to 60 km, above which air exerts no force."""


class Block(NamedTuple):
    """Consecutive columns of a sample.

    Attributes:
        entry: The dispersion in the table that they belong to.
        name: Name of the numbers, such as ``wind_east``.
        width: How many.
    """

    entry: str
    name: str
    width: int


@lru_cache(maxsize=8)  # the table, and tables that a test or a user derives from it
def blocks_of(table: type[DispersionTable] = DispersionTable) -> tuple[Block, ...]:
    """Return the blocks of columns of a sample, in their order."""
    single = single_numbers(table)
    several = [name for name, kind in entry_kinds(table).items() if issubclass(kind, Dispersion) and name not in single]
    return (
        *(Block(name, name, 1) for name in single),
        *(Block(name, name, count_of(table, name)) for name in several),
        Block("engine_out", "engine_out_burn", 1),
        Block("engine_out", "engine_out_share", 1),
        Block("density", "density", len(ALTITUDES)),
        Block("wind", "wind_east", len(ALTITUDES)),
        Block("wind", "wind_north", len(ALTITUDES)),
    )


def column_count(table: type[DispersionTable] = DispersionTable) -> int:
    """Return how many uniform numbers a sample of a table takes."""
    return sum(block.width for block in blocks_of(table))


COLUMNS = column_count()
"""Uniform numbers in a sample of the table."""


def column_names(table: type[DispersionTable] = DispersionTable) -> tuple[str, ...]:
    """Return the name of each column of a sample, such as ``thrust`` or ``engine_thrust[3]``."""
    return tuple(
        block.name if block.width == 1 else f"{block.name}[{number}]"
        for block in blocks_of(table)
        for number in range(block.width)
    )


def column_groups(table: DispersionTable) -> dict[str, NDArray[np.int64]]:
    """Return the columns of each group, in the order of the groups; groups without a dispersion are left out.

    Columns are independent. Of two correlated dispersions the one that comes first in the table is its own column, and the
    other follows it in part. So a change of the columns of ``impulse`` also changes the propellant at cut-off.
    """
    entries = dict(table.entries())
    of_column = np.array([entries[block.entry].group for block in blocks_of(type(table)) for _ in range(block.width)])
    return {group: np.flatnonzero(of_column == group) for group in GROUPS if group in of_column}
