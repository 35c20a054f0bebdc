"""The result of a sweep: its points, and their table, text, file and picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, overload

import numpy as np

from hoverslam.data.writing import NotWritten
from hoverslam.reports.json_text import Json, plain, record
from hoverslam.reports.results import Result
from hoverslam.studies.sweeps.changes import Changes, in_words

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class FigurePoint:
    """One point of a sweep: the changed figures and what was found for them.

    Attributes:
        changes: Values of the changed figures by key, in the unit of the key.
        outputs: What was found, by name with unit, such as ``payload_kg``; NaN where there is nothing.
        verified: Whether the flight of the point is verified.
        message: The outcome in words.
        seconds: Time that it took (s).
    """

    changes: Mapping[str, float]
    outputs: Mapping[str, float]
    verified: bool
    message: str
    seconds: float

    @property
    def key(self) -> Changes:
        """The changed figures as a key."""
        return tuple(self.changes.items())

    def line(self) -> str:
        """Return changes, main output, time and outcome as one line of text."""
        name, value = next(iter(self.outputs.items()))
        return f"{in_words(self.key)}: {name} {value:,.6g}, {self.seconds:.1f} s, {self.message}"

    def as_json(self) -> dict[str, Json]:
        """Return the point as plain values; NaN becomes null."""
        return record(vars(self))


@dataclass(frozen=True, eq=False)
class FigureSweep(Result, Sequence[FigurePoint]):
    """The points of a sweep in the order in which they were asked for; a sequence of :class:`FigurePoint`.

    Attributes:
        title: What was swept, for a person.
        points: The points; those that are done, where the sweep was interrupted.
        asked: Number of points that were asked for.
        grid: Whether the points are all combinations of the values.
        interrupted: Whether the sweep was interrupted (Ctrl-C).
        unwritten: Files of points that could not be written, and where they are kept instead.
    """

    title: str
    points: tuple[FigurePoint, ...]
    asked: int
    grid: bool = True
    interrupted: bool = False
    unwritten: tuple[NotWritten, ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.points)

    @overload
    def __getitem__(self, index: int) -> FigurePoint: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[FigurePoint]: ...
    def __getitem__(self, index: int | slice) -> FigurePoint | Sequence[FigurePoint]:
        """Return a point, or several for a slice."""
        return self.points[index]

    @property
    def verified(self) -> bool:
        """Whether every point that was asked for is done and verified."""
        return len(self.points) == self.asked and all(point.verified for point in self.points)

    def report(self) -> str:
        """Return one line a point, with the number of verified points."""
        good = sum(point.verified for point in self.points)
        ended = f"{good} of {self.asked} points verified" + (", interrupted" if self.interrupted else "")
        return "\n".join([self.title, *(point.line() for point in self.points), ended])

    def as_json(self) -> dict[str, Json]:
        """Return every point as plain values, with the number of points asked for."""
        return {
            "title": self.title,
            "points": [plain(point.as_json()) for point in self.points],
            "asked": self.asked,
            "interrupted": self.interrupted,
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a point: a column a changed figure, a column an output, ``verified``, ``message``, ``seconds``."""
        import pandas as pd  # slow to import

        about = ("verified", "message", "seconds")
        rows = [{**p.changes, **p.outputs, **{name: getattr(p, name) for name in about}} for p in self.points]
        return pd.DataFrame(rows)

    def plot(self) -> "Figure":
        """Return a picture of the first output over the changed figures; points that are not verified are left out.

        One figure gives a line. A grid of two gives a family of lines, or contours where there are many lines. Otherwise
        each figure has a panel.
        """
        from hoverslam.studies.sweeps.picture import draw_sweep  # matplotlib is slow to import

        keys = list(dict.fromkeys(key for point in self.points for key in point.changes))
        quantity = next((name for point in self.points for name in point.outputs), "")
        rows = [[*p.changes.values(), p.outputs[quantity]] for p in self.points if p.verified]
        return draw_sweep(self.title, keys, quantity, np.array(rows).reshape(-1, len(keys) + 1), self.grid)
