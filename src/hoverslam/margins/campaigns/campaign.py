"""Campaigns: many samples flown in blocks, on the cores of this machine or on a Dask cluster, each block kept as it ends.

The bits of a sample depend on its number and on the block size. They do not depend on the number of samples, the order, the
number of workers or the number of runs. (With another block size, or on another machine, JAX compiles other instructions, and
the last bits of a flyer in JAX may differ.)

With a folder, a block that has ended is never flown again. A campaign that was killed continues where it stopped, and a larger
campaign flies only the missing blocks.
"""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, current_thread, main_thread
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hoverslam.data.counts import MOST_BLOCK, MOST_FLIGHTS, MOST_PROCESSES, checked_count
from hoverslam.data.writing import NotWritten, write_whole
from hoverslam.margins.campaigns.blocks import Columns, Flyer, Numbers
from hoverslam.margins.campaigns.executors import default_workers, fly_blocks
from hoverslam.margins.campaigns.progress import Progress
from hoverslam.margins.campaigns.run import CampaignRun, joined
from hoverslam.margins.campaigns.store import BlockStore
from hoverslam.reports.escaping import csv_of_frame
from hoverslam.reports.json_text import Json
from hoverslam.reports.results import Result, write_netcdf

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

_BINS = 40  # of the histogram of a column


@dataclass(frozen=True)
class Campaign(Result):
    """The flights of a campaign.

    Attributes:
        fingerprint: Of the flyer.
        numbers: Sample numbers ``(n,)``, ascending; after an interrupt there may be gaps.
        columns: Arrays by name, whose first axis is that of ``numbers``.
        interrupted: Whether the user stopped the campaign.
        seconds: Duration (s).
        flown: Flights flown now, not read from the folder: whole blocks.
        first_block_seconds: Duration of the first block flown, which compiles (s); None if none was flown.
        rate: Flights per second with all workers busy, without calls that compiled; None if only those were made.
        unwritten: Files of blocks that could not be written into the folder, and where they are kept instead.
    """

    fingerprint: str
    numbers: Numbers
    columns: Columns
    interrupted: bool
    seconds: float
    flown: int
    first_block_seconds: float | None
    rate: float | None
    unwritten: tuple[NotWritten, ...] = ()

    def report(self) -> str:
        """Return the number of flights, how fast they flew, and mean and standard deviation of every column of numbers."""
        pace = "" if self.rate is None else f", {self.rate:.3g} a second once compiled"
        stopped = " (interrupted)" if self.interrupted else ""
        lines = [f"{len(self.numbers):,} flights{stopped}, {self.flown:,} flown now in {self.seconds:.1f} s{pace}"]
        lines += [
            f"  {name:20s} mean {np.mean(values):12.6g}   standard deviation {np.std(values):12.6g}"
            for name, values in self._numeric().items()
            if len(values)
        ]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Json]:
        """Return all fields as plain values, the columns as lists."""
        columns: dict[str, Json] = {name: values.tolist() for name, values in self.columns.items()}
        return {
            "fingerprint": self.fingerprint,
            "interrupted": self.interrupted,
            "duration_s": self.seconds,
            "flights_flown": self.flown,
            "first_block_s": self.first_block_seconds,
            "flights_per_second": self.rate,
            "sample": self.numbers.tolist(),
            "columns": columns,
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a sample, by sample number; a column of vectors becomes ``name_0``, ``name_1``, ..."""
        import pandas as pd  # slow to import

        return pd.DataFrame(self._flat(), index=pd.Index(self.numbers, name="sample"))

    def to_dataset(self) -> "xr.Dataset":
        """Return labelled arrays over ``sample``; further axes of a column are ``name_axis_1``, ``name_axis_2``, ..."""
        import xarray as xr  # slow to import

        variables = {
            name: (("sample", *(f"{name}_axis_{axis}" for axis in range(1, values.ndim))), values)
            for name, values in self.columns.items()
        }
        return xr.Dataset(variables, {"sample": self.numbers}, {"fingerprint": self.fingerprint})

    def plot(self) -> "Figure":
        """Return a histogram of every column of numbers."""
        from matplotlib.figure import Figure  # slow to import

        from hoverslam.reports.pictures import COLOURS, plain_axis

        numeric = self._numeric() or {"no numbers": np.empty(0)}
        rows = -(-len(numeric) // 4)
        figure = Figure(figsize=(12.0, 2.6 * rows), layout="constrained")
        for place, (name, values) in enumerate(numeric.items(), start=1):
            axis = figure.add_subplot(rows, min(4, len(numeric)), place)
            axis.hist(np.asarray(values, dtype=float), bins=_BINS, color=COLOURS[0])
            axis.set_xlabel(name)
            plain_axis(axis)
        return figure

    def _writers(self) -> Mapping[str, Callable[[Path], None]]:
        def write_csv(path: Path) -> None:
            write_whole(path, csv_of_frame(self.to_frame(), index=True))

        return {
            **super()._writers(),
            ".csv": write_csv,
            ".nc": write_netcdf(lambda path: self.to_dataset().to_netcdf(path)),
        }

    def _flat(self) -> dict[str, NDArray[Any]]:
        """Return the columns with one number a sample; a column of vectors becomes several."""
        flat: dict[str, NDArray[Any]] = {}
        for name, values in self.columns.items():
            if values.ndim == 1:
                flat[name] = values
            else:
                flat |= {"_".join(map(str, (name, *at))): values[:, *at] for at in np.ndindex(values.shape[1:])}
        return flat

    def _numeric(self) -> dict[str, NDArray[Any]]:
        return {name: values for name, values in self._flat().items() if values.dtype.kind in "biuf"}


def run_campaign(
    flyer: Flyer,
    samples: int,
    *,
    folder: Path | None,
    block: int = 250,
    workers: int | None = None,
    scheduler: str | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    report: Callable[[str], None] | None = None,
) -> Campaign:
    """Fly the samples 0 to ``samples`` - 1, except those that the folder holds.

    Ctrl-C ends the campaign, not the caller: look at ``interrupted``. Unfinished blocks are not waited for. With one worker
    the last block is still kept when it ends; Python waits for it before the process exits, unless Ctrl-C is pressed again.
    Several workers and a cluster drop their unfinished blocks.

    Args:
        flyer: Flies the samples. On a cluster it is unpickled once in each process, and the workers need the same version of
            hoverslam.
        samples: How many. If the folder holds more, the first ones are read.
        folder: Where blocks are kept, made if missing; None keeps nothing.
        block: Samples in a call and in a file. Blocks are flown whole, so the last one may fly more than was asked for.
        workers: Processes, each with a flyer of its own, at most one for each block to fly; :func:`default_workers` if not
            given. One worker flies in the calling process, which is right for an accelerator.
        scheduler: Address of a Dask cluster, such as ``tcp://10.0.0.5:8786``, whose workers fly instead. The folder is
            written by this process.
        on_progress: Called at the start and after each block, in the calling thread.
        report: Receives one line on each damaged file that is flown again and on a cluster without workers; standard error
            if not given.

    Raises:
        ValueError: If ``samples``, ``block`` or ``workers`` is not positive, or workers are given beside a scheduler.
        CampaignError: If the folder holds another campaign, or the cluster cannot be reached.
        BlockFailed: If a block raises an exception; the blocks that ended before are in the folder.
    """
    _check_arguments(samples, block, workers, scheduler)
    start = time.perf_counter()
    store = None if folder is None else BlockStore(folder, flyer.fingerprint, block, getattr(flyer, "inputs", None))
    run = CampaignRun(flyer, block, store, report or _to_standard_error)
    interrupted = False

    def tell() -> None:
        if on_progress is not None:
            on_progress(run.progress(samples, time.perf_counter() - start))

    try:
        missing = run.fetch(range(-(-samples // block)))
        tell()
        if missing:
            executor = fly_blocks(run, missing, workers or default_workers(), scheduler)
            with _remembered_interrupt() as interrupt, closing(executor) as flown:
                for one in flown:
                    run.flown.append(one)
                    tell()
                    if interrupt.is_set():
                        raise KeyboardInterrupt
    except KeyboardInterrupt:
        interrupted = True
    return _campaign(run, samples, interrupted, time.perf_counter() - start)


def _campaign(run: CampaignRun, samples: int, interrupted: bool, seconds: float) -> Campaign:
    done = dict(run.done)  # a copy: after an interrupt, other threads may still add to it
    numbers, columns = joined(done, run.size, samples, run.flyer.fingerprint)
    flown = run.size * (len(done) - run.found)
    first = run.flown[0].seconds if run.flown else None
    unwritten = tuple(run.unwritten)
    return Campaign(run.flyer.fingerprint, numbers, columns, interrupted, seconds, flown, first, run.rate(), unwritten)


@contextmanager
def _remembered_interrupt() -> Iterator[Event]:
    """Yield an event that Ctrl-C sets beside what the caller does with it, such as raising KeyboardInterrupt.

    The exception alone is lost if it is raised in a callback of the garbage collector.
    """
    asked, before = Event(), signal.getsignal(signal.SIGINT)
    if not callable(before) or current_thread() is not main_thread():  # Ctrl-C is ignored, or goes elsewhere
        yield asked
        return

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()
        before(number, frame)

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _to_standard_error(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _check_arguments(samples: int, block: int, workers: int | None, scheduler: str | None) -> None:
    checked_count("samples", samples, 1, MOST_FLIGHTS, "more take months")
    checked_count("block", block, 1, MOST_BLOCK, "a block is in memory as a whole")
    if workers is not None:
        checked_count("workers", workers, 1, MOST_PROCESSES, "each process needs about a gigabyte")
    if workers is not None and scheduler is not None:
        raise ValueError(f"workers={workers}: are processes here, {scheduler} has workers of its own: leave one out")
