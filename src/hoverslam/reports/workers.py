"""Worker processes: they end with the process that started them, and a terminal's Ctrl-C is for that process alone."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux, see prctl(2)
_LOOK_EVERY = 1.0  # s between looks for the parent, where the system does not tell of its end


def prepare_worker() -> None:
    """Prepare this process as a worker; to be called first in it, such as by the initializer of a pool.

    The worker ignores Ctrl-C, which a terminal sends to all processes. It ends when its parent ends in whatever way, also by a
    signal that cannot be caught.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    Thread(target=_end_after, args=(parent,), name="watches the parent", daemon=True).start()


def _end_after(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    os._exit(1)


@contextmanager
def starting_workers() -> Iterator[None]:
    """Hold back Ctrl-C while pools are made, or worker processes are started, inside the block.

    A process that starts inherits this. So a worker that is still importing does not end with a traceback on Ctrl-C. The
    process itself receives the signal after the block.
    """
    _start_quiet_trackers()
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_quiet_trackers() -> None:
    """Start the processes that remove the semaphores of a process that was killed, without the warnings that they print."""
    from multiprocessing import resource_tracker as python_tracker

    from loky.backend import resource_tracker as loky_tracker  # type: ignore[import-untyped]

    before, quiet = os.environ.get("PYTHONWARNINGS"), "ignore:resource_tracker"
    os.environ["PYTHONWARNINGS"] = quiet if not before else f"{before},{quiet}"
    try:
        loky_tracker.ensure_running()
        python_tracker.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before
