"""Progress on standard error; nothing is shown where standard error is not a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hoverslam.studies.outcome import Outcome


@contextmanager
def status(first: str) -> Iterator[Callable[[str], None]]:
    """Show one line that states the current step. Yield a function that replaces the line."""
    from hoverslam.reports.console import console

    terminal = console(stderr=True)
    if not terminal.is_terminal:
        yield lambda line: None
        return
    with terminal.status(first) as line:
        yield line.update


@contextmanager
def flights_bar(total: int) -> "Iterator[Callable[[int, Outcome], None]]":
    """Show a bar with count and time, and a line for each flight as it ends. Yield a function that adds a flight."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from hoverslam.reports.console import console

    terminal = console(stderr=True)
    if not terminal.is_terminal:
        yield lambda index, outcome: None
        return
    columns = (TextColumn("flights"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=terminal, transient=True) as bar:
        task = bar.add_task("flights", total=total)

        def on_row(index: int, outcome: "Outcome") -> None:
            bar.console.print(row_line(outcome))
            bar.advance(task)

        yield on_row


def row_line(outcome: "Outcome") -> str:
    """Return a finished flight as one line."""
    row = outcome.row
    payload = "no payload" if row.payload_kg is None else f"{row.payload_kg:8,.0f} kg"
    verdict = "verified" if row.verified else f"NOT VERIFIED ({outcome.status})"
    return f"{row.vehicle:18} {row.recovery:22} {payload:>12}  {row.solve_s or 0.0:5.0f} s  {verdict}"
