"""The command line: one short file per command, which calls the public functions of the other rooms.

Results go to standard output, as tables or with ``--json`` as JSON; progress and messages go to standard error. The exit codes
are those of :mod:`hoverslam.reports.exit_codes`. Modules that are slow to import are imported inside the commands, so that
help and lists appear at once.
"""

import os
import signal

TYPE_CHECKING = False  # that of ``typing`` takes longer to import than all that is needed before Ctrl-C is handled
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Run the command line and return its exit code.

    Ctrl-C during the imports ends the process as at any other moment: with one line and exit code 130.

    Args:
        arguments: Arguments behind the name of the program; those of the process if left out.
    """
    if arguments is None:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _leave_early)
        return _run_process()
    from hoverslam.reports.interrupts import leave_on_interrupt

    with leave_on_interrupt():
        return _run(arguments)


def _leave_early(number: int, frame: object) -> None:
    """End the process on Ctrl-C while the handler of all signals is still being imported."""
    os.write(2, b"interrupted\n")
    os._exit(128 + number)


def _run_process() -> int:
    from hoverslam.reports.interrupts import ignore_signals_from_now, leave_now, leave_on_interrupt_from_now

    leave_on_interrupt_from_now()
    code = _run(None)
    ignore_signals_from_now()  # all is written and told: a signal while Python ends changes nothing
    if code > 128:
        leave_now(code)  # threads that still fly are not waited for
    return code


def _run(arguments: "Sequence[str] | None") -> int:
    from hoverslam.cli.app import run

    return run(arguments)
