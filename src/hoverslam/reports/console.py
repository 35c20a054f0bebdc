"""The terminal: consoles, plain text from tables, and lines on standard error."""

import sys
from collections.abc import Iterable
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from rich.console import RenderableType

WIDE = 220  # characters; fits the widest table, so that a file or a pipe gets whole lines


def console(stderr: bool = False) -> Console:
    """Return a console on standard output or standard error; without a terminal it is ``WIDE`` characters wide.

    Square brackets are shown as they are: titles and sources from data files may hold any.
    """
    found = Console(stderr=stderr, highlight=False, markup=False)
    return found if found.is_terminal else Console(stderr=stderr, highlight=False, markup=False, width=WIDE)


def text_of(parts: "Iterable[RenderableType]", width: int = WIDE) -> str:
    """Return tables and lines as plain text, without colours, trailing blanks or a trailing new line.

    Args:
        parts: Tables and lines.
        width: Width in characters.
    """
    out = StringIO()
    plain = Console(file=out, highlight=False, markup=False, width=width, color_system=None, force_terminal=False)
    for part in parts:
        plain.print(part)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def say(line: str) -> None:
    """Print one line on standard error at once."""
    print(line, file=sys.stderr, flush=True)
