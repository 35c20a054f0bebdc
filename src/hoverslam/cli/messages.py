"""Messages of the command line: mistakes of input, JSON, files that were written."""

import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from hoverslam.data.writing import NotWritten, OutputError, check_folder
from hoverslam.reports.exit_codes import NOT_WRITTEN, WRONG_INPUT


def wrong_input(lines: Iterable[str]) -> int:
    """Print one line a mistake on standard error, and return the exit code of wrong input."""
    for line in lines:
        say(line)
    return WRONG_INPUT


def not_written(failures: Sequence[NotWritten]) -> int:
    """Print one line a file that could not be written on standard error, and return the exit code of it."""
    for failure in failures:
        say(str(failure))
    return NOT_WRITTEN


def say(line: str) -> None:
    """Print one line on standard error at once; a standard error that is closed or full is no reason to stop."""
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def check_store() -> None:
    """Print one line on standard error if solved flights cannot be kept for later solves; nothing else depends on it."""
    from hoverslam.flights.local_store import local_folder

    try:
        folder = local_folder()
        if folder is not None:
            check_folder(folder)
    except OutputError as error:
        say(f"solved flights are not kept for later: {error}")


def say_outside_bands(vehicle: str, changed: Sequence[str] | None) -> None:
    """Print a remark on standard error for each ``--set`` outside the band of the vehicle file."""
    from hoverslam.vehicles.loading import outside_bands

    for line in outside_bands(vehicle, tuple(changed or ())):
        say(f"note: --set: {line}")


def print_json(content: object) -> None:
    """Print JSON on standard output."""
    from hoverslam.reports.json_text import json_text

    print(json_text(content))


def print_files(paths: Iterable[Path], failures: Sequence[NotWritten] = ()) -> None:
    """Print the files that were written, without those that failed."""
    failed = {failure.path for failure in failures}
    for path in paths:
        if path not in failed:
            print(f"wrote {path}")
