"""A table that a narrow terminal shows in another way, instead of cutting its cells."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

_INDENT = 2  # characters before the heading of a cell


class FittingTable(Table):
    """A table whose words are never cut or broken. It has the usual frame and padding.

    Where the terminal is too narrow for the longest words of all columns side by side, each row becomes a block of lines: the
    first cell, and below it the headings and cells of the others, wrapped between words.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table, or the blocks of lines."""
        cells = [[_plain(cell) for cell in (column.header, *column.cells)] for column in self.columns]
        room = options.max_width - 3 * len(cells) - 1  # three characters between two columns
        widths = _widths(cells, room)
        if not self.rows or widths is not None:
            for column, width in zip(self.columns, widths or (), strict=False):
                column.width = width
            yield from super().__rich_console__(console, options)
            return
        yield from self._blocks(cells, options.max_width)

    def _blocks(self, cells: Sequence[Sequence[str]], width: int) -> Iterator[Text]:
        column = _INDENT + max((len(heading) for heading, *_ in cells[1:]), default=0) + 2
        if self.title:
            yield Text(_plain(self.title))
        for place, row in enumerate(self.rows, start=1):
            yield Text(cells[0][place], style="bold", overflow="fold")
            for heading, cell in ((values[0], values[place]) for values in cells[1:]):
                if cell:
                    yield Text(_lines(heading, cell, column, width), style=str(row.style or ""), overflow="fold")
            yield Text()


def _widths(cells: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Return the widths of the columns, each at least its longest word; None if there is no room for them.

    What is left goes to the columns whose lines are longer, the narrowest first.
    """
    least = [max(cell_len(word) for cell in column for word in [*cell.split(), ""]) for column in cells]
    most = [max(cell_len(line) for cell in column for line in [*cell.splitlines(), ""]) for column in cells]
    if sum(least) > room:
        return None
    widths = list(least)
    while sum(widths) < room and (growing := [i for i, width in enumerate(widths) if width < most[i]]):
        widths[min(growing, key=lambda i: widths[i])] += 1
    return widths


def _lines(heading: str, cell: str, column: int, width: int) -> str:
    """Return a heading and its cell, whose further lines begin below its first one."""
    start = f"{' ' * _INDENT}{heading}".ljust(column)
    if max(map(cell_len, cell.split()), default=0) > width - column:  # the cell begins on a line of its own
        return f"{start.rstrip()}\n{' ' * 2 * _INDENT}{_hanging(cell, width, 2 * _INDENT)}"
    return start + _hanging(cell, width, column)


def _hanging(cell: str, width: int, column: int) -> str:
    lines = textwrap.wrap(cell, max(width - column, 10), break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * column}".join(lines)


def _plain(value: Any) -> str:
    """Return a heading or a cell as plain text."""
    return Text.from_markup(value).plain if isinstance(value, str) else str(value)
