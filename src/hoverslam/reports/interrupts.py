"""Ctrl-C and the other signals that end a command: one plain line, the exit code of the signal, nothing unfinished left."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread
from types import FrameType
from typing import Any

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_WORDS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "the terminal was closed"}

Handler = Callable[[int, FrameType | None], None]


class Stopped:
    """Whether a signal asked a command to stop, and what is done then.

    Attributes:
        signal: Number of the first signal; 0 if there was none.
        stops: Whether a signal stops the command, which then writes what it has. If not, it ends the process at once.
        kept: What is kept if the process ends at once, for its line.
    """

    signal = 0
    stops = True
    kept = ""

    @property
    def word(self) -> str:
        """What happened, as ``interrupted``."""
        return word_of(self.signal or signal.SIGINT)

    @property
    def exit_code(self) -> int:
        """Exit code of the signal, as shells report it."""
        return 128 + (self.signal or signal.SIGINT)


def word_of(number: int) -> str:
    """Return what a signal did, in a word or two."""
    return _WORDS.get(signal.Signals(number).name, "ended by a signal")


@contextmanager
def leave_on_interrupt(kept: Callable[[], str] | None = None) -> Iterator[None]:
    """End the process at once on Ctrl-C, with the exit code of the signal and one line on standard error.

    Inside its native solvers CasADi turns a KeyboardInterrupt into an ordinary failure to converge. The failure would be
    shown as a result minutes later.

    Args:
        kept: Returns what is kept, to follow the word ``interrupted``, or nothing.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        told = kept() if kept is not None else ""
        leave_now(128 + number, f"{word_of(number)}: {told}" if told else word_of(number))

    with _handled(leave):
        yield


def leave_on_interrupt_from_now() -> None:
    """Do what :func:`leave_on_interrupt` does until the process ends."""
    _install(_leave)


def ignore_signals_from_now() -> None:
    """Let no signal end the process any more: what it was asked for is done, and its exit code is known."""
    _install(signal.SIG_IGN)


def _leave(number: int, frame: FrameType | None) -> None:
    leave_now(128 + number, word_of(number))


@contextmanager
def stop_on_interrupt() -> Iterator[Stopped]:
    """Raise KeyboardInterrupt at the first signal, for a command that then writes what it has; a second one ends the process.

    Yield what tells whether there was a signal.
    """
    stopped = Stopped()

    def stop(number: int, frame: FrameType | None) -> None:
        again, stopped.signal = stopped.signal, stopped.signal or number
        if again or not stopped.stops:
            leave_now(stopped.exit_code, f"{stopped.word}: {stopped.kept}" if stopped.kept else stopped.word)
        raise KeyboardInterrupt(number)

    with _handled(stop):
        yield stopped


def leave_now(code: int, line: str = "") -> None:
    """End the process at once: no unfinished file is left, and the terminal shows its cursor.

    Args:
        code: Exit code.
        line: Line on standard error, if any.
    """
    writing = sys.modules.get(
        "hoverslam.data.writing"
    )  # not imported here: the signal may come in the middle of an import
    with suppress(Exception):
        writing.discard_unfinished()  # type: ignore[union-attr]
    with suppress(Exception):  # also where the signal came in the middle of a line
        sys.stdout.flush()
    with suppress(Exception):
        start = (
            "\r\x1b[2K\x1b[?25h" if line and os.isatty(2) else ""
        )  # clear the line of a progress bar, show the cursor
        os.write(2, f"{start}{line}\n".encode() if line else b"")
    os._exit(code)


@contextmanager
def _handled(handler: Handler) -> Iterator[None]:
    """Install a handler for the signals that are not ignored, as they are behind ``nohup``; restore those before."""
    before = _install(handler)
    try:
        yield
    finally:
        for number, found in before.items():
            signal.signal(number, found)


def _install(handler: Handler | signal.Handlers) -> dict[int, Any]:
    """Install a handler; return what was there before, by signal. Only the main thread can, others change nothing."""
    if current_thread() is not main_thread():
        return {}
    found = {number: signal.getsignal(number) for number in SIGNALS}
    taken = {number: before for number, before in found.items() if before is not None and before != signal.SIG_IGN}
    for number in taken:
        signal.signal(number, handler)
    return taken
