"""The state of a running campaign: the blocks that are done, and how long the flown ones took."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hoverslam.data.writing import NotWritten
from hoverslam.margins.campaigns.blocks import (
    BlockFailed,
    CampaignError,
    Columns,
    FlownBlock,
    Flyer,
    Numbers,
    block_numbers,
)
from hoverslam.margins.campaigns.progress import Progress
from hoverslam.margins.campaigns.store import BlockStore


@dataclass
class CampaignRun:
    """A running campaign.

    Attributes:
        flyer: Flies the samples.
        size: Samples in a block.
        store: Keeps the blocks; None if nothing is kept.
        report: Receives one line on each problem that does not end the campaign.
        done: Columns of the blocks that are done, by index.
        flown: Timing of the blocks that were flown, in the order in which they ended.
        found: How many blocks the folder held.
        unwritten: Files of blocks that could not be written.
    """

    flyer: Flyer
    size: int
    store: BlockStore | None
    report: Callable[[str], None]
    done: dict[int, Columns] = field(default_factory=dict)
    flown: list[FlownBlock] = field(default_factory=list)
    found: int = 0
    unwritten: list[NotWritten] = field(default_factory=list)

    def fetch(self, indices: Sequence[int]) -> list[int]:
        """Read the blocks that the folder holds; return the indices of the others."""
        for index in indices:
            columns = None if self.store is None else self.store.load(index, self.report)
            if columns is not None:
                self.done[index] = columns
        self.found = len(self.done)
        return [index for index in indices if index not in self.done]

    def keep(self, index: int, columns: Columns) -> None:
        """Keep a block that was flown. One that cannot be written is told, and the flights go on."""
        self.done[index] = columns
        if self.store is None:
            return
        try:
            self.store.save(index, columns)
        except NotWritten as failure:
            self.unwritten.append(failure)
            self.report(str(failure))

    def failed(self, index: int, error: Exception) -> BlockFailed:
        """Return the error of a block whose flyer raised ``error``."""
        numbers = block_numbers(index, self.size)
        first, last = int(numbers[0]), int(numbers[-1])
        return BlockFailed(f"samples {first} to {last}: {type(error).__name__}: {error}{self.kept()}", first, last)

    def kept(self) -> str:
        """Return the number of samples that the folder keeps, as text; empty without a folder."""
        if self.store is None:
            return ""
        return f" ({(len(self.done) - len(self.unwritten)) * self.size} samples are kept in {self.store.folder})"

    def rate(self) -> float | None:
        """Return flights per second with all workers busy; None if only calls that compiled have ended."""
        warm = [block.seconds for block in self.flown if not block.cold]
        return self.flown[-1].concurrent * self.size * len(warm) / sum(warm) if warm else None

    def progress(self, samples: int, elapsed: float) -> Progress:
        """Return the progress after ``elapsed`` seconds of a campaign of ``samples`` samples."""
        count = -(-samples // self.size)
        present = list(self.done)  # a copy, because other threads add to it
        done = sum(min(self.size, samples - index * self.size) for index in present)
        rate, missing = self.rate(), count - len(present)
        left = 0.0 if missing == 0 else None if rate is None else missing * self.size / rate
        return Progress(done, samples, elapsed, rate, left)


def joined(done: Mapping[int, Columns], size: int, samples: int, fingerprint: str) -> tuple[Numbers, Columns]:
    """Return sample numbers and columns of blocks in ascending order, without samples beyond those asked for.

    Raises:
        CampaignError: If two blocks have different columns.
    """
    indices = sorted(done)
    if not indices:
        return np.arange(0), {}
    first = indices[0]
    for index in indices:
        if _shapes(done[index]) != _shapes(done[first]):
            message = f"{fingerprint}: blocks {first} and {index} have unlike columns"
            raise CampaignError(f"{message}: give unlike flyers different fingerprints, and use another folder")
    numbers = np.concatenate([block_numbers(index, size) for index in indices])
    asked = numbers < samples
    columns = {name: np.concatenate([done[index][name] for index in indices])[asked] for name in done[first]}
    return numbers[asked], columns


def _shapes(columns: Columns) -> dict[str, tuple[str | int, ...]]:
    return {name: (values.dtype.kind, *values.shape[1:]) for name, values in columns.items()}
