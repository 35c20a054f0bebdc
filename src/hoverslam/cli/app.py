"""The application: the commands, the version, and the conversion of errors into messages and exit codes."""

import errno
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from hoverslam import __version__
from hoverslam.cli import compare, cost, demand, infer, margin, orbits, reconstruct, sites, solve, validate, vehicles
from hoverslam.cli.messages import check_store, not_written, say, wrong_input
from hoverslam.data.errors import DataError
from hoverslam.data.writing import NotWritten, reason_of
from hoverslam.reports.exit_codes import NOT_WRITTEN, VERIFIED
from hoverslam.reports.interrupts import word_of

_SOLVING = {"solve", "compare", "demand", "validate", "margin", "cost", "infer", "reconstruct"}


class _Commands(TyperGroup):
    """The commands; a KeyboardInterrupt that leaves one of them is told, where typer ends without a word."""

    def invoke(self, ctx: Any) -> object:
        """Run the command that was asked for, and return its exit code."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            number = stop.args[0] if stop.args else signal.SIGINT
            say(word_of(number))
            return 128 + number


app = typer.Typer(
    name="hoverslam", cls=_Commands, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)
app.add_typer(vehicles.app, name="vehicles")
for _listing in (orbits.orbits, sites.sites):
    app.command()(_listing)
for _verb in (
    solve.solve,
    compare.compare,
    demand.demand,
    validate.validate,
    margin.margin,
    cost.cost,
    infer.infer,
    reconstruct.reconstruct,
):
    app.command()(_verb)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Wrong input gives one line a mistake on standard error, without a traceback; so does a file that cannot be written.

    Args:
        arguments: Arguments behind the name of the program; those of the process if left out.
    """
    try:
        code = app(args=list(arguments) if arguments is not None else None, standalone_mode=False)
        sys.stdout.flush()
    except DataError as error:
        return wrong_input(error.mistakes)
    except NotWritten as failure:
        return not_written([failure])
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ENOSPC, errno.EIO) or error.filename is not None:
            raise
        return _output_closed(error)
    except Exception as error:
        # A wrong argument. Its class belongs to the parser inside typer, which is not public.
        if not hasattr(error, "format_message"):
            raise
        return wrong_input([f"hoverslam: {' '.join(error.format_message().split())}"])
    return code if isinstance(code, int) else VERIFIED


def _output_closed(error: OSError) -> int:
    """Return the exit code where standard output ended before the command, and keep Python from trying it again."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno != errno.EPIPE:  # a reader such as ``head`` may end early; a full disk is told
        say(f"standard output: cannot be written: {reason_of(error)}")
    return NOT_WRITTEN


def _version(asked: bool) -> None:
    if asked:
        print(f"hoverslam {__version__}")
        raise typer.Exit()


@app.callback(invoke_without_command=True)
def _hoverslam(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """If this booster comes back, what does a kilogram to orbit cost, and how sure are we?

    Solve optimal launches and landings, fly disturbed recoveries, and estimate the cost of a kilogram to orbit.
    """
    if context.invoked_subcommand is None:
        print(context.get_help())
    elif context.invoked_subcommand in _SOLVING:
        check_store()
