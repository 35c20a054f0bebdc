"""Progress on standard error: one changing line or a bar on a terminal, plain lines elsewhere.

Plain lines appear for what takes longer than ``QUIET`` seconds, and not more often than that. A finished flight is a line at
once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from hoverslam.cli.messages import say

if TYPE_CHECKING:
    from hoverslam.margins.campaigns.progress import Progress
    from hoverslam.studies.outcome import Outcome

QUIET = 2.0  # s


@contextmanager
def status(first: str) -> Iterator[Callable[[str], None]]:
    """Show one line that states the current step. Yield a function that replaces the line."""
    from rich.text import Text

    from hoverslam.reports.console import console

    terminal = console(stderr=True)
    if terminal.is_terminal:
        with terminal.status(Text(first)) as line:
            yield lambda text: line.update(Text(text))
        return
    with _plain_lines(first) as show:
        yield show


@contextmanager
def _plain_lines(first: str) -> Iterator[Callable[[str], None]]:
    """Print the current step every ``QUIET`` seconds if it has changed. Yield a function that replaces it."""
    current, ended = [first], Event()

    def tell() -> None:
        told = ""
        while not ended.wait(QUIET):
            if current[0] and current[0] != told:
                told = current[0]
                say(told)

    def show(line: str) -> None:
        current[0] = line

    Thread(target=tell, name="progress", daemon=True).start()
    try:
        yield show
    finally:
        ended.set()


@contextmanager
def flights_bar(total: int) -> "Iterator[Callable[[int, Outcome], None]]":
    """Show a bar with count and time, and a line for each flight as it ends. Yield a function that adds a flight.

    Where standard error is not a terminal, the lines appear without the bar.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from hoverslam.reports.console import console

    terminal = console(stderr=True)
    if not terminal.is_terminal:
        with _plain_lines(f"flights to solve: {total}") as show:

            def on_line(index: int, outcome: "Outcome") -> None:
                show("")
                say(row_line(outcome))

            yield on_line
        return
    columns = (TextColumn("flights"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=terminal, transient=True) as bar:
        task = bar.add_task("flights", total=total)

        def on_row(index: int, outcome: "Outcome") -> None:
            bar.console.print(row_line(outcome), soft_wrap=True)
            bar.advance(task)

        yield on_row


@contextmanager
def campaign_progress(show: Callable[[str], None]) -> "Iterator[Callable[[Progress], None]]":
    """Show the progress of a campaign: as a bar on a terminal, elsewhere as lines through ``show``."""
    from hoverslam.margins.campaigns.progress import pace, progress_bar
    from hoverslam.reports.console import console

    if console(stderr=True).is_terminal:
        with progress_bar() as on_progress:
            yield on_progress
        return

    def tell(progress: "Progress") -> None:
        known = pace(progress)
        show(f"flights: {progress.done:,} of {progress.total:,}" + (f", {known}" if known else ""))

    yield tell


def row_line(outcome: "Outcome") -> str:
    """Return a finished flight as one line."""
    row = outcome.row
    payload = "no payload" if row.payload_kg is None else f"{row.payload_kg:8,.0f} kg"
    verdict = "verified" if row.verified else f"NOT VERIFIED ({outcome.status})"
    return f"{row.vehicle:18} {row.recovery:22} {payload:>12}  {row.solve_s or 0.0:5.0f} s  {verdict}"
