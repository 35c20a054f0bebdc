"""Blocks of samples, the flyer that flies them, and the errors of a campaign.

Sample k belongs to block k // size, however many samples are asked for, and every block is flown whole. So every call of the
flyer has the same length.
"""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Columns = Mapping[str, NDArray[Any]]

OWN_NAMES = ("numbers", "fingerprint")
"""Names that the file of a block uses beside the columns."""


class CampaignError(ValueError):
    """A campaign that cannot start or continue because its folder, flyer or cluster does not fit."""


class BlockFailed(RuntimeError):
    """The flyer raised an exception, or returned arrays of the wrong shape.

    Attributes:
        first: Number of the first sample of the block.
        last: Number of the last sample of the block.
    """

    def __init__(self, message: str, first: int, last: int) -> None:
        super().__init__(message)
        self.first = first
        self.last = last


class Flyer(Protocol):
    """The protocol of a flyer, which flies samples. It can be pickled, and gives the same result for a sample every time.

    It is called in other threads or processes than the one that started the campaign, where no context manager of JAX is
    active.
    """

    @property
    def fingerprint(self) -> str:
        """A text that differs if the answers may: vehicle, dispersions, seed, guidance, version of the code.

        A flyer may have ``inputs`` as well: a mapping from names to plain values, from which the fingerprint follows. A folder
        keeps them, and a message that refuses another campaign names those that differ.
        """

    def __call__(self, numbers: Numbers) -> Columns:
        """Fly the samples with these numbers ``(n,)``; return arrays by name, whose first axis is that of the numbers."""


class FlownBlock(NamedTuple):
    """The timing of a block.

    Attributes:
        seconds: Duration of the call (s).
        cold: Whether it was the first call of the flyer in its process, which compiles.
        concurrent: Number of blocks that fly at the same time.
    """

    seconds: float
    cold: bool
    concurrent: int


def block_numbers(index: int, size: int) -> Numbers:
    """Return the sample numbers ``(size,)`` of the block ``index``."""
    return np.arange(index * size, (index + 1) * size)


class TimedFlyer:
    """A flyer whose answers are checked and whose calls are timed; the first call is cold."""

    def __init__(self, flyer: Flyer) -> None:
        self.flyer = flyer
        self._warm = False

    def __call__(self, index: int, size: int) -> tuple[Columns, float, bool]:
        """Fly a block; return its columns, the duration (s), and whether the call was cold.

        Raises:
            ValueError: If the flyer returns something else than columns of the block's length.
        """
        start, cold = time.perf_counter(), not self._warm
        columns = _checked(self.flyer(block_numbers(index, size)), size)
        self._warm = True
        return columns, time.perf_counter() - start, cold


def _checked(answer: Columns, size: int) -> Columns:
    columns = {name: np.asarray(values) for name, values in answer.items()}
    if not columns:
        raise ValueError("the flyer gave no columns: return a dict of arrays")
    for name, values in columns.items():
        if name in OWN_NAMES:
            raise ValueError(f"column {name!r}: the name is taken by the campaign's files: use another")
        if values.shape[:1] != (size,):
            raise ValueError(f"column {name!r} has shape {values.shape}: its first axis must be the {size} samples'")
        if values.dtype.kind not in "biufcSU":
            raise ValueError(f"column {name!r} has dtype {values.dtype}: give numbers, booleans or text")
    return columns
