"""Parallel work on a list of items; if a process ends unexpectedly, only the item that it worked on is lost.

A solver in native code may end its process. A usual pool of processes then fails as a whole and loses all its items. Here each
process is a pool of its own. A process handles many items, so that it compiles the model only once.
Processes end with the one that started them.
"""

import os
import re
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from itertools import count
from typing import Any, Generic, TypeVar

from loky.process_executor import (  # type: ignore[import-untyped]
    BrokenProcessPool,
    ProcessPoolExecutor,
    TerminatedWorkerError,
)

from hoverslam.data.counts import MOST_PROCESSES, checked_count
from hoverslam.reports.workers import prepare_worker, starting_workers

Item = TypeVar("Item")
Answer = TypeVar("Answer")

# Each process uses one thread, since the processes share the cores. It uses no accelerator: each process would reserve all of
# the accelerator's memory, and the problems are too small to gain from it. It is not restarted when its memory grows, since
# compilation makes it grow.
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu",
    "LOKY_MAX_MEMORY_LEAK_SIZE": "1e12",
}  # fmt: skip


@dataclass(frozen=True)
class Done(Generic[Answer]):
    """A finished item.

    Attributes:
        place: Place of the item in the list.
        answer: Answer of the function; None if there is none.
        error: Why there is no answer; empty if there is one.
    """

    place: int
    answer: Answer | None
    error: str


def default_jobs() -> int:
    """Return the number of processes that is used if none is given: 2, or 1 on a single core.

    Each process holds a compiled model of about a gigabyte.
    """
    return min(2, os.cpu_count() or 1)


def checked_jobs(jobs: int | None) -> int:
    """Return a number of processes: the default for None, else the number itself; 0 stands for this process.

    Raises:
        ValueError: For a negative or too large number.
    """
    if jobs is None:
        return default_jobs()
    return checked_count("jobs", jobs, 0, MOST_PROCESSES, "each process needs about a gigabyte")


def work(
    function: Callable[[Item], Answer], items: Sequence[Item], workers: int
) -> Generator[Done[Answer], None, None]:
    """Call ``function`` on every item in ``workers`` processes, in the order of the items; yield each as it ends.

    An exception of the function is an error of its item. Closing the generator kills the processes.

    Args:
        function: Picklable function of one item.
        items: Picklable items.
        workers: Number of processes.
    """
    waiting = list(enumerate(items))[::-1]
    return _work(function, [waiting] * min(workers, len(items)), workers)


def work_along(
    function: Callable[[Item], Answer], stretches: Sequence[Sequence[Item]], workers: int
) -> Generator[Done[Answer], None, None]:
    """Call ``function`` on the items of each stretch in their order, all in one process; yield each as it ends.

    A process may keep what it found for the next items of its stretch, and takes another stretch at the end. Places count
    through all stretches. For errors, see :func:`work`.

    Args:
        function: Picklable function of one item.
        stretches: Picklable items.
        workers: Number of processes.
    """
    places = count()
    return _work(function, [[(next(places), item) for item in stretch][::-1] for stretch in stretches], workers)


def _work(
    function: Callable[[Item], Answer], queues: Sequence[list[tuple[int, Item]]], workers: int
) -> Generator[Done[Answer], None, None]:
    """Call ``function`` on the items of all queues, the last item of a queue first; each queue stays in one process."""
    waiting = list(queues)[::-1]
    idle = [(_process(), waiting.pop()) for _ in range(min(workers, len(queues)))]
    busy: dict[Future[Answer], tuple[int, ProcessPoolExecutor, list[tuple[int, Item]]]] = {}
    try:
        while any(queues) or busy:
            for entry in idle[:]:
                process, queue = entry
                if not queue and waiting:
                    queue = waiting.pop()
                if not queue:
                    continue
                idle.remove(entry)
                place, item = queue.pop()
                with starting_workers():
                    busy[process.submit(function, item)] = place, process, queue
            for future in wait(busy, return_when=FIRST_COMPLETED).done:
                place, process, queue = busy.pop(future)
                done: Done[Answer] = _done(place, future)
                if isinstance(future.exception(), BrokenProcessPool):
                    process.shutdown(kill_workers=True)
                    process = _process()
                idle.append((process, queue))
                yield done
    finally:
        for process in [*(process for process, _ in idle), *(process for _, process, _ in busy.values())]:
            process.shutdown(kill_workers=True)


def _process() -> ProcessPoolExecutor:
    """Return a pool of one process, which starts with its first item. What the user has set in the environment stays."""
    added = {name: value for name, value in _ENVIRONMENT.items() if name not in os.environ}
    with starting_workers():
        return ProcessPoolExecutor(1, initializer=_prepare, env=added)


def _prepare() -> None:
    prepare_worker()
    os.dup2(2, 1)  # output of a solver must not be mixed with the results on standard output


def _done(place: int, future: "Future[Any]") -> Done[Any]:
    error = future.exception()
    if error is None:
        return Done(place, future.result(), "")
    if isinstance(error, TerminatedWorkerError):
        status = re.search(r"\((-?\d+)\)", str(error))
        return Done(place, None, f"the worker died, exit status {status.group(1) if status else 'unknown'}")
    return Done(place, None, f"{type(error).__name__}: {error}")
