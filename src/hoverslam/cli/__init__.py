"""The command line: one short file per command, which calls the public functions of the other rooms.

Results go to standard output, as tables or with ``--json`` as JSON; progress and messages go to standard error. The exit codes
are those of :mod:`hoverslam.reports.exit_codes`. Modules that are slow to import are imported inside the commands, so that
help and lists appear at once.
"""

from collections.abc import Sequence

from hoverslam.reports.interrupts import leave_now, leave_on_interrupt, leave_on_interrupt_from_now

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Ctrl-C during the imports ends the process as at any other moment: with one line and exit code 130.

    Args:
        arguments: Arguments behind the name of the program; those of the process if left out.
    """
    if arguments is not None:
        with leave_on_interrupt():
            return _run(arguments)
    leave_on_interrupt_from_now()
    code = _run(None)
    if code > 128:
        leave_now(code)  # threads that still fly are not waited for
    return code


def _run(arguments: Sequence[str] | None) -> int:
    from hoverslam.cli.app import run

    return run(arguments)
