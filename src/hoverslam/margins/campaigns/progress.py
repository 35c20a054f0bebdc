"""Progress of a campaign, and a bar that shows it on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Progress of a campaign.

    Attributes:
        done: Samples done, of those asked for. Samples that the folder held at the start are included.
        total: Samples asked for.
        elapsed: Time since the start (s).
        rate: Flights per second with all workers busy, without calls that compiled; None before it is known.
        left: Estimate of the time left (s) at that rate; None before it is known, zero at the end.
    """

    done: int
    total: int
    elapsed: float
    rate: float | None
    left: float | None


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """Yield a function for ``on_progress`` that draws a bar on standard error; it draws nothing if that is no terminal."""
    from rich.console import Console  # slow to import
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda progress: None
        return
    speed = TextColumn("{task.fields[pace]}")
    columns = (TextColumn("flights"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), speed)
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("flights", total=None, pace="")
        yield lambda progress: bar.update(task, completed=progress.done, total=progress.total, pace=pace(progress))


def pace(progress: Progress) -> str:
    """Return flights per second and time left as text; empty before they are known."""
    if progress.rate is None or progress.left is None:
        return ""
    minutes, seconds = divmod(round(progress.left), 60)
    return f"{progress.rate:.3g} a second, {minutes}:{seconds:02} left"
