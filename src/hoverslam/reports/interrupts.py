"""Ctrl-C while a native solver runs."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from hoverslam.reports.console import console, say
from hoverslam.reports.exit_codes import INTERRUPTED


@contextmanager
def leave_on_interrupt() -> Iterator[None]:
    """End the process at once on Ctrl-C, with the exit code of an interrupt.

    Inside its native solvers CasADi turns a KeyboardInterrupt into an ordinary failure to converge. The failure would be
    shown as a result minutes later.
    """

    def leave(signal_number: int, frame: object) -> None:
        console(stderr=True).show_cursor()
        say("interrupted")
        os._exit(INTERRUPTED)

    try:
        before = signal.signal(signal.SIGINT, leave)
    except ValueError:  # only the main thread can set a signal handler
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
