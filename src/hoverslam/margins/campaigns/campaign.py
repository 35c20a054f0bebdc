"""Campaigns: many samples flown in blocks, on the cores of this machine or on a Dask cluster, each block kept as it ends.

Sample k belongs to block k // block, whatever is asked for, and every block is flown whole, the last one too. So every call
of the flyer has the same length: JAX compiles once, and the bits of a sample depend on its number and on ``block``, never
on how many samples were asked for, in which order, by how many workers or in how many runs. (Another ``block`` is another
shape and another machine has other instructions: a flyer in JAX may then differ in the last bits.)

With a folder, a block that has ended is in one file there, written whole or not at all, and is never flown again: a
campaign that was killed goes on where it was, and more samples later add only what is missing. Nothing is locked. Two
processes may fly into one folder at the same time: they write the same bits under the same names, each file in one move,
and lose nothing but the time of what both flew.
"""

import hashlib
import importlib
import json
import os
import pickle
import signal
import sys
import time
import zipfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from threading import Event, Lock, current_thread, main_thread
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]
    import xarray as xr

Numbers = NDArray[np.int64]
Columns = Mapping[str, NDArray[Any]]

LAYOUT = 1  # of the files
MANIFEST = "campaign.json"
OWN_NAMES = ("numbers", "fingerprint")  # in a block's file, beside the columns
_DIGEST = 64  # hexadecimal digits of a SHA-256
_STALE = 3600.0  # s; a write takes a fraction of a second, so an older part of a file is what a killed run left
_RETRIES = 2  # of a block on a cluster
_PATIENCE = 10.0  # s, for a cluster to answer
_LINGER = 60.0  # s, that idle processes wait for another campaign
# Of such a process: a core of its own, and no restart because it grew, as one that compiles does.
_OWN_CORE = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LOKY_MAX_MEMORY_LEAK_SIZE": "1e12"
}  # fmt: skip


class CampaignError(ValueError):
    """A campaign that cannot begin or go on: its folder, its flyer or its cluster does not fit; the message says how."""


class BlockFailed(RuntimeError):
    """The flyer raised an exception, or gave arrays of the wrong shape.

    Attributes:
        first, last: the sample numbers of the block.
    """

    def __init__(self, message: str, first: int, last: int) -> None:
        super().__init__(message)
        self.first = first
        self.last = last


class Flyer(Protocol):
    """What flies samples: picklable, and the same answer for a number every time.

    It is called in other threads or processes than the one that started the campaign, where no context manager of JAX is
    in force.
    """

    @property
    def fingerprint(self) -> str:
        """Tells apart all that changes the answers: vehicle, dispersions, seed, guidance, version of the code."""

    def __call__(self, numbers: Numbers) -> Columns:
        """Fly the samples of these numbers ``(n,)``; arrays by name, whose first axis is that of the numbers."""


@dataclass(frozen=True)
class Progress:
    """How far a campaign is.

    Attributes:
        done, total: samples, of those asked for; what the folder held at the start counts as done.
        elapsed: since the start (s).
        rate: flights a second with all workers at it, without the calls that compiled; None before that is known.
        left: estimate of the time left (s) at that rate; None before it is known, zero at the end.
    """

    done: int
    total: int
    elapsed: float
    rate: float | None
    left: float | None


@dataclass(frozen=True)
class Campaign:
    """What came of a campaign.

    Attributes:
        fingerprint: of the flyer.
        numbers: ``(n,)`` of the samples, ascending; where interrupted, there may be gaps.
        columns: by name, the first axis that of ``numbers``.
        interrupted: whether it was stopped by hand.
        seconds: from start to end (s).
        flown: flights flown now, not read from the folder: whole blocks.
        first_block_seconds: of the first block flown (s), which compiles; None where nothing was flown.
        rate: flights a second with all workers at it, without the calls that compiled; None if only those were flown.
    """

    fingerprint: str
    numbers: Numbers
    columns: Columns
    interrupted: bool
    seconds: float
    flown: int
    first_block_seconds: float | None
    rate: float | None

    def to_frame(self) -> "pd.DataFrame":
        """A row a sample, by sample number; a column of several values a sample becomes ``name_0``, ``name_1``, ..."""
        import pandas as pd

        flat: dict[str, NDArray[Any]] = {}
        for name, values in self.columns.items():
            if values.ndim == 1:
                flat[name] = values
            else:
                flat |= {"_".join(map(str, (name, *at))): values[:, *at] for at in np.ndindex(values.shape[1:])}
        return pd.DataFrame(flat, index=pd.Index(self.numbers, name="sample"))

    def to_dataset(self) -> "xr.Dataset":
        """Labelled arrays over ``sample``; further axes of a column are ``name_axis_1``, ``name_axis_2``, ..."""
        import xarray as xr

        variables = {
            name: (("sample", *(f"{name}_axis_{axis}" for axis in range(1, values.ndim))), values)
            for name, values in self.columns.items()
        }
        return xr.Dataset(variables, {"sample": self.numbers}, {"fingerprint": self.fingerprint})

    def save_csv(self, path: str | Path) -> None:
        """Write :meth:`to_frame`; a reader never sees half a file, and reads the same doubles."""
        _write_whole(Path(path), self.to_frame().to_csv(lineterminator="\n").encode())

    def save_netcdf(self, path: str | Path) -> None:
        """Write :meth:`to_dataset` to a netCDF file."""
        self.to_dataset().to_netcdf(path)


def default_workers() -> int:
    """One a core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
    """Fly the samples 0 to ``samples`` - 1, less those that the folder holds.

    Ctrl-C ends the campaign, not the caller: look at ``interrupted``. The blocks in the air are not waited for. With one
    worker the last one still lands in the folder when it ends, for which Python waits before the process exits (with a second
    Ctrl-C it does not); several workers and a cluster drop theirs.

    Args:
        flyer: what flies them. On a cluster it is unpickled once a process, and the workers need the same hoverslam.
        samples: how many; fewer than the folder holds reads the first ones.
        folder: for the blocks, made if missing; None keeps nothing.
        block: samples a call and a file; a call is whole, so the last one may fly more than was asked for.
        workers: processes, each with a flyer of its own, as many as there are blocks to fly at most;
            :func:`default_workers` unless given. One flies in the calling process, which is right for an accelerator.
        scheduler: address of a Dask cluster, such as ``tcp://10.0.0.5:8786``, whose workers fly instead. The folder is
            written from here.
        on_progress: called at the start and after each block, in the calling thread.
        report: receives one line on each damaged file that is flown again and on a cluster without workers; standard
            error unless given.

    Raises:
        ValueError: if ``samples``, ``block`` or ``workers`` is not positive, or workers are given beside a scheduler.
        CampaignError: if the folder holds another campaign, or the cluster cannot be reached.
        BlockFailed: if a block raises an exception; the blocks that ended before are in the folder.
    """
    _check_arguments(samples, block, workers, scheduler)
    start = time.perf_counter()
    run = _Run(flyer, block, None if folder is None else _Store(folder, flyer.fingerprint, block), report or _say)
    interrupted = False

    def tell() -> None:
        if on_progress is not None:
            on_progress(run.progress(samples, time.perf_counter() - start))

    try:
        missing = run.fetch(range(-(-samples // block)))
        tell()
        if missing:
            flights = _flights(run, missing, workers or default_workers(), scheduler)
            with _remembered_interrupt() as interrupt, closing(flights) as laps:
                for lap in laps:
                    run.laps.append(lap)
                    tell()
                    if interrupt.is_set():
                        raise KeyboardInterrupt
    except KeyboardInterrupt:
        interrupted = True
    return run.campaign(samples, interrupted, time.perf_counter() - start)


@contextmanager
def _remembered_interrupt() -> Iterator[Event]:
    """Set by Ctrl-C, beside the usual exception: that one is lost where it meets a callback of the garbage collector."""
    asked = Event()

    def ask(number: int, frame: object) -> None:
        asked.set()
        signal.default_int_handler(number, frame)  # type: ignore[arg-type]

    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not usual or current_thread() is not main_thread():  # somebody else's business
        yield asked
        return
    signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """What ``on_progress`` needs for a bar on standard error; it shows nothing where nobody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda progress: None
        return
    pace = TextColumn("{task.fields[pace]}")
    columns = (TextColumn("flights"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), pace)
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("flights", total=None, pace="")
        yield lambda progress: bar.update(task, completed=progress.done, total=progress.total, pace=_pace(progress))


def _pace(progress: Progress) -> str:
    if progress.rate is None or progress.left is None:
        return ""
    minutes, seconds = divmod(round(progress.left), 60)
    return f"{progress.rate:.3g} a second, {minutes}:{seconds:02} left"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _check_arguments(samples: int, block: int, workers: int | None, scheduler: str | None) -> None:
    for name, value in (("samples", samples), ("block", block), ("workers", workers)):
        if value is not None and value < 1:
            raise ValueError(f"{name}={value}: give 1 or more")
    if workers is not None and scheduler is not None:
        raise ValueError(f"workers={workers}: are processes here, {scheduler} has workers of its own: leave one out")


# ---- One run ---------------------------------------------------------------------------------------------------------
class _Lap(NamedTuple):
    """A block that was flown: in how long (s), whether the flyer was called for the first time, how many fly at once."""

    seconds: float
    cold: bool
    abreast: int


@dataclass
class _Run:
    """The blocks that there are so far, by their place, and what the flown ones took."""

    flyer: Flyer
    block: int
    store: "_Store | None"
    report: Callable[[str], None]
    done: dict[int, Columns] = field(default_factory=dict)
    laps: list[_Lap] = field(default_factory=list)
    found: int = 0

    def fetch(self, places: Sequence[int]) -> list[int]:
        """Take what the folder holds of these blocks; those that it does not hold."""
        for place in places:
            columns = None if self.store is None else self.store.load(place, self.report)
            if columns is not None:
                self.done[place] = columns
        self.found = len(self.done)
        return [place for place in places if place not in self.done]

    def keep(self, place: int, columns: Columns) -> None:
        if self.store is not None:
            self.store.save(place, columns)
        self.done[place] = columns

    def failed(self, place: int, error: Exception) -> BlockFailed:
        numbers = block_numbers(place, self.block)
        first, last = int(numbers[0]), int(numbers[-1])
        return BlockFailed(f"samples {first} to {last}: {type(error).__name__}: {error}{self.kept()}", first, last)

    def kept(self) -> str:
        return "" if self.store is None else f" ({len(self.done) * self.block} samples are kept in {self.store.folder})"

    def rate(self) -> float | None:
        warm = [lap.seconds for lap in self.laps if not lap.cold]
        return self.laps[-1].abreast * self.block * len(warm) / sum(warm) if warm else None

    def progress(self, samples: int, elapsed: float) -> Progress:
        count = -(-samples // self.block)
        present = list(self.done)  # other threads add to it
        done = sum(min(self.block, samples - place * self.block) for place in present)
        rate, missing = self.rate(), count - len(present)
        left = 0.0 if missing == 0 else None if rate is None else missing * self.block / rate
        return Progress(done, samples, elapsed, rate, left)

    def campaign(self, samples: int, interrupted: bool, seconds: float) -> Campaign:
        done = dict(self.done)  # after an interrupt, other threads may still add to it
        numbers, columns = self._joined(done, samples)
        flown = self.block * (len(done) - self.found)
        first = self.laps[0].seconds if self.laps else None
        return Campaign(self.flyer.fingerprint, numbers, columns, interrupted, seconds, flown, first, self.rate())

    def _joined(self, done: Mapping[int, Columns], samples: int) -> tuple[Numbers, Columns]:
        """The blocks end to end, without what the last one has beyond the samples asked for."""
        places = sorted(done)
        if not places:
            return np.arange(0), {}
        first = places[0]
        for place in places:
            if _shapes(done[place]) != _shapes(done[first]):
                message = f"{self.flyer.fingerprint}: blocks {first} and {place} have unlike columns"
                raise CampaignError(f"{message}: let the fingerprint tell them apart, and use another folder")
        numbers = np.concatenate([block_numbers(place, self.block) for place in places])
        asked = numbers < samples
        columns = {name: np.concatenate([done[place][name] for place in places])[asked] for name in done[first]}
        return numbers[asked], columns


def _shapes(columns: Columns) -> dict[str, tuple[Any, ...]]:
    return {name: (values.dtype.kind, *values.shape[1:]) for name, values in columns.items()}


def block_numbers(place: int, block: int) -> Numbers:
    """The sample numbers ``(block,)`` of a block."""
    return np.arange(place * block, (place + 1) * block)


# ---- Flying ----------------------------------------------------------------------------------------------------------
class _Timed:
    """A flyer whose answers are checked and whose calls are timed; cold until a first call has ended."""

    def __init__(self, flyer: Flyer) -> None:
        self.flyer = flyer
        self.warm = False

    def __call__(self, place: int, block: int) -> tuple[Columns, float, bool]:
        start, cold = time.perf_counter(), not self.warm
        columns = _checked(self.flyer(block_numbers(place, block)), block)
        self.warm = True
        return columns, time.perf_counter() - start, cold


def _checked(answer: Columns, block: int) -> Columns:
    columns = {name: np.asarray(values) for name, values in answer.items()}
    if not columns:
        raise ValueError("the flyer gave no columns: return a dict of arrays")
    for name, values in columns.items():
        if name in OWN_NAMES:
            raise ValueError(f"column {name!r}: the name is taken by the campaign's files: use another")
        if values.shape[:1] != (block,):
            raise ValueError(f"column {name!r} has shape {values.shape}: its first axis must be the {block} samples'")
        if values.dtype.kind not in "biufcSU":
            raise ValueError(f"column {name!r} has dtype {values.dtype}: give numbers, booleans or text")
    return columns


def _flights(run: _Run, places: Sequence[int], workers: int, scheduler: str | None) -> Generator[_Lap, None, None]:
    if scheduler is not None:
        return _on_cluster(run, places, scheduler)
    return _here(run, places) if min(workers, len(places)) == 1 else _in_processes(run, places, workers)


def _here(run: _Run, places: Sequence[int]) -> Generator[_Lap, None, None]:
    """In this process: a flyer need not be picklable, and what it compiled stays with it."""
    timed = _Timed(run.flyer)

    def fly(place: int) -> _Lap:
        columns, seconds, cold = timed(place, run.block)
        run.keep(place, columns)
        return _Lap(seconds, cold, 1)

    # In a thread, so that a Ctrl-C ends the wait and the block in the air still lands.
    pool = ThreadPoolExecutor(1, thread_name_prefix="campaign")
    try:
        for place in places:
            yield _landed(run, pool.submit(fly, place), place)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _in_processes(run: _Run, places: Sequence[int], workers: int) -> Generator[_Lap, None, None]:
    """In processes of this machine, each compiling for itself; they live on a while and serve the next campaign."""
    from loky import get_reusable_executor  # type: ignore[import-untyped]

    parcel, abreast = _parcel(run.flyer), min(workers, len(places))
    pool = get_reusable_executor(abreast, timeout=_LINGER, initializer=_deaf, env=_OWN_CORE)
    ended = False
    try:
        # One each and no queue: should this process be killed, each of the others ends after the block it flies.
        waiting, jobs = list(places)[::-1], dict[Any, int]()
        while waiting or jobs:
            while waiting and len(jobs) < abreast:
                place = waiting.pop()
                jobs[pool.submit(_fly_remotely, parcel, run.flyer.fingerprint, place, run.block)] = place
            for job in wait(jobs, return_when=FIRST_COMPLETED).done:
                place = jobs.pop(job)
                columns, seconds, cold = _landed(run, job, place)
                run.keep(place, columns)
                yield _Lap(seconds, cold, abreast)
        ended = True
    finally:
        if not ended:
            pool.shutdown(wait=False, kill_workers=True)


def _deaf() -> None:
    """Ctrl-C reaches every process of a terminal; who asked for the flights decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _landed(run: _Run, job: Any, place: int) -> Any:
    try:
        return job.result()
    except Exception as error:
        raise run.failed(place, error) from error


def _on_cluster(run: _Run, places: Sequence[int], scheduler: str) -> Generator[_Lap, None, None]:
    distributed = _distributed(scheduler)
    parcel = _parcel(run.flyer)
    client = _client(distributed, scheduler)
    try:
        if not client.nthreads():
            run.report(f"{scheduler}: has no workers yet: waiting; start some with: dask worker {scheduler}")
        # Not pure: what failed on the cluster before must be tried again, not remembered.
        jobs = {
            client.submit(_fly_remotely, parcel, run.flyer.fingerprint, place, run.block, retries=_RETRIES, pure=False):
            place for place in places
        }  # fmt: skip
        for job in distributed.as_completed(jobs, loop=client.loop):
            if job.cancelled():  # nobody here cancels
                raise CampaignError(f"scheduler {scheduler!r}: lost on the way{run.kept()}: start it and run again")
            columns, seconds, cold = _landed(run, job, jobs[job])
            job.release()  # the cluster need not hold it any longer
            run.keep(jobs[job], columns)
            yield _Lap(seconds, cold, min(len(places), _threads(client)))
    finally:
        client.close()  # the cluster drops what nobody waits for


def _distributed(scheduler: str) -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError:
        fix = "needs Dask: pip install 'hoverslam[cluster]', or leave the scheduler out"
        raise CampaignError(f"scheduler {scheduler!r}: {fix}") from None


def _threads(client: Any) -> int:
    try:
        return max(1, sum(client.nthreads().values()))
    except OSError:
        return 1  # the cluster is gone, which the next block will tell


def _parcel(flyer: Flyer) -> bytes:
    """The flyer in bytes, functions of a script included, which are not importable elsewhere."""
    try:
        parcel: bytes = importlib.import_module("cloudpickle").dumps(flyer)
    except Exception as error:
        raise CampaignError(f"{flyer.fingerprint}: a flyer must be picklable to go to a cluster ({error})") from error
    return parcel


def _client(distributed: Any, scheduler: str) -> Any:
    try:
        return distributed.Client(scheduler, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        fix = "start one with: dask scheduler, and give the address that it prints, such as tcp://10.0.0.5:8786"
        raise CampaignError(f"scheduler {scheduler!r}: no Dask cluster answers there ({error}): {fix}") from error


_ONE_AT_A_TIME = Lock()


@lru_cache(maxsize=4)
def _unpacked_flyer(parcel: bytes) -> _Timed:
    return _Timed(pickle.loads(parcel))


def _fly_remotely(parcel: bytes, fingerprint: str, place: int, block: int) -> tuple[Columns, float, bool]:
    """A block on a worker. The flyer is unpickled once a process, so that it compiles once."""
    with _ONE_AT_A_TIME:
        timed = _unpacked_flyer(parcel)
    if timed.flyer.fingerprint != fingerprint:
        what = f"the flyer is {timed.flyer.fingerprint} on this worker, not {fingerprint}"
        raise CampaignError(f"{what}: install the same version of hoverslam on every worker")
    return timed(place, block)


# ---- Store -----------------------------------------------------------------------------------------------------------
class _Store:
    """A folder of blocks: one npz file a block with its columns, numbers and fingerprint, and a manifest."""

    def __init__(self, folder: Path, fingerprint: str, block: int) -> None:
        self.folder, self.fingerprint, self.block = Path(folder), fingerprint, block
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise CampaignError(f"{folder}: is a file: name a folder") from None
        manifest = self.folder / MANIFEST
        if manifest.exists():
            self._compare(manifest)
        else:
            about = {"layout": LAYOUT, "fingerprint": fingerprint, "block": block}
            _write_whole(manifest, json.dumps(about, indent=1).encode())
        for part in self.folder.glob(".*.part"):
            if time.time() - part.stat().st_mtime > _STALE:
                part.unlink(missing_ok=True)

    def _compare(self, manifest: Path) -> None:
        try:
            about = json.loads(manifest.read_bytes())
            layout, fingerprint, block = about["layout"], about["fingerprint"], about["block"]
        except (ValueError, KeyError, TypeError) as error:
            message = f"{manifest}: not the manifest of a campaign ({type(error).__name__}: {error})"
            raise CampaignError(f"{message}: put it back, or use another folder") from None
        if layout != LAYOUT:
            raise CampaignError(f"{manifest}: layout {layout}, expected {LAYOUT}: use another folder")
        if fingerprint != self.fingerprint:
            raise self._foreign(self.folder, fingerprint)
        if block != self.block:
            fix = f"give block={block}, or use another folder"
            raise CampaignError(f"{self.folder}: holds blocks of {block} samples, not {self.block}: {fix}")

    def _foreign(self, where: Path, fingerprint: str) -> CampaignError:
        fix = "use another folder, or delete this one"
        return CampaignError(f"{where}: holds the campaign {fingerprint}, not {self.fingerprint}: {fix}")

    def path(self, place: int) -> Path:
        return self.folder / f"block_{place:06}.npz"

    def save(self, place: int, columns: Columns) -> None:
        own = {"numbers": block_numbers(place, self.block), "fingerprint": np.array(self.fingerprint)}
        _write_whole(self.path(place), _packed({**own, **columns}))

    def load(self, place: int, report: Callable[[str], None]) -> Columns | None:
        """A block, or None where there is none; a damaged file is reported and counts as none."""
        path = self.path(place)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            columns = _unpacked(content)
            numbers, fingerprint = columns.pop("numbers"), str(columns.pop("fingerprint"))
            if not np.array_equal(numbers, block_numbers(place, self.block)):
                raise ValueError("it holds other samples")
        except ValueError as error:
            report(f"{path}: damaged, flown again: {error}")
            return None
        if fingerprint != self.fingerprint:
            raise self._foreign(path, fingerprint)
        return columns


def _packed(columns: Columns) -> bytes:
    """An npz archive whose comment is the digest of what comes before it: a zip's own checksums miss its directory."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.comment = bytes(_DIGEST)
        for name, values in columns.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, values, allow_pickle=False)
    archived = content.getvalue()[:-_DIGEST]
    return archived + hashlib.sha256(archived).hexdigest().encode()


def _unpacked(content: bytes) -> dict[str, NDArray[Any]]:
    if hashlib.sha256(content[:-_DIGEST]).hexdigest().encode() != content[-_DIGEST:]:
        raise ValueError("it does not match its checksum")
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _write_whole(path: Path, content: bytes) -> None:
    """Write beside ``path``, wait until it is on the disk, and move it there: whatever happens, ``path`` is whole."""
    part = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
