"""Messages of the command line: mistakes of input, JSON, files that were written."""

import sys
from collections.abc import Iterable
from pathlib import Path

from hoverslam.reports.exit_codes import WRONG_INPUT


def wrong_input(lines: Iterable[str]) -> int:
    """Print one line a mistake on standard error, and return the exit code of wrong input."""
    for line in lines:
        print(line, file=sys.stderr, flush=True)
    return WRONG_INPUT


def not_a_folder(option: str, path: Path | None) -> str:
    """Return the mistake of an option that should name a folder and names a file; empty if there is none."""
    return f"{option}: {path}: not a folder" if path is not None and path.exists() and not path.is_dir() else ""


def print_json(content: object) -> None:
    """Print JSON on standard output."""
    from hoverslam.reports.json_text import json_text

    print(json_text(content))


def print_files(paths: Iterable[Path]) -> None:
    """Print the files that were written."""
    for path in paths:
        print(f"wrote {path}")
