"""A few processes that work through a list, one item at a time, and survive each other.

Python's own pools hang or give up altogether when a worker dies; a solver in native code may take its process with it.
Here a death costs the one item that the worker had, and a fresh worker goes on. Workers live through many items, so
that what one item compiled serves the next.
"""

import os
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

# One thread a worker: the workers share the cores among themselves. And no accelerator: each process would claim all
# of its memory, for problems too small to gain from it.
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}


@dataclass(frozen=True)
class Done(Generic[Answer]):
    """An item of the list that is finished: its place in the list, and the answer or what went wrong."""

    place: int
    answer: Answer | None
    error: str


class _Worker:
    """A process and the pipe to it. Spawned, not forked: JAX does not survive a fork."""

    def __init__(self, function: Callable[[Any], Any]):
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, function), daemon=True)
        with _environment():
            self.process.start()
        theirs.close()  # so that the death of the process ends the pipe
        self.place = -1

    def give(self, place: int, item: Any) -> None:
        self.place = place
        self.pipe.send(item)

    def answer(self) -> Done[Any]:
        try:
            answer, error = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            return Done(self.place, None, f"the worker died, exit status {self.process.exitcode}")
        return Done(self.place, answer, error)

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def work(
    function: Callable[[Item], Answer], items: Sequence[Item], workers: int
) -> Generator[Done[Answer], None, None]:
    """Call ``function`` on every item in ``workers`` processes, first items first; yield each as it ends.

    ``function`` and the items must be picklable. Closing the iterator ends the processes at once.
    """
    waiting = list(enumerate(items))[::-1]
    crew: dict[Connection, _Worker] = {}
    try:
        while waiting or crew:
            while waiting and len(crew) < workers:
                worker = _Worker(function)
                crew[worker.pipe] = worker
                worker.give(*waiting.pop())
            for pipe in wait(list(crew)):
                assert isinstance(pipe, Connection)
                worker = crew[pipe]
                done = worker.answer()
                if worker.process.exitcode is None and waiting:
                    worker.give(*waiting.pop())
                else:
                    crew.pop(pipe).end()
                yield done
    finally:
        for worker in crew.values():
            worker.end()


def _serve(pipe: Connection, function: Callable[[Any], Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; who started us decides
    os.dup2(2, 1)  # what a solver prints must not end up among the results
    while True:
        try:
            item = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            reply = function(item), ""
        except Exception as error:
            reply = None, f"{type(error).__name__}: {error}"
        pipe.send(reply)


@contextmanager
def _environment() -> Iterator[None]:
    """The environment of a worker while it starts; what the user has set stays."""
    added = {name: value for name, value in _ENVIRONMENT.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
