"""The command line: one short file per command, which calls the public functions of the other rooms.

Results go to standard output, as tables or with ``--json`` as JSON; progress and messages go to standard error. The exit codes
are those of :mod:`hoverslam.reports.exit_codes`. Modules that are slow to import are imported inside the commands, so that
help and lists appear at once.
"""

from hoverslam.cli.app import main

__all__ = ["main"]
