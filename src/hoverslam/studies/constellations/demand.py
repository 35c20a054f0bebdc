"""The demand of a constellation: vehicles flown to its orbit, and the launches, fleets, costs and dates that follow.

The flights are solved as in a comparison. Tables are written again after each flight, so that finished rows are kept when a
run is interrupted.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hoverslam.data.writing import NotWritten, check_folder, kept_failures, write_whole
from hoverslam.reports.json_text import Json, record
from hoverslam.reports.results import Result
from hoverslam.studies.cases import fly_or_fail
from hoverslam.studies.comparison.compare import Fly, OnRow, solve_cases
from hoverslam.studies.constellations.asked import FILES, Asked, asked_for
from hoverslam.studies.constellations.checks import CheckRow, check_rows
from hoverslam.studies.constellations.need_row import NeedRow
from hoverslam.studies.constellations.needs import need_rows
from hoverslam.studies.constellations.page import page
from hoverslam.studies.constellations.prospects import together
from hoverslam.studies.constellations.tables import check_line, csv_text, rich_table
from hoverslam.studies.constellations.verdict import of_goal, verdict
from hoverslam.studies.outcome import Outcome
from hoverslam.vehicles.models import Vehicle

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType


@dataclass
class Demand(Result):
    """Flights and the rows that follow from them.

    Attributes:
        asked: What was to be flown.
        outcomes: Outcomes so far, by the index of the flight, without trajectories.
        needs: Rows of the flights so far, by the index of the flight.
        checked: Rows of the checks so far, by the index of the flight.
        interrupted: Whether the run was interrupted (Ctrl-C).
        files: Files that were written.
        unwritten: Files that could not be written, and where they are kept instead.
    """

    asked: Sequence[Asked]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    needs: dict[int, list[NeedRow]] = field(default_factory=dict)
    checked: dict[int, list[CheckRow]] = field(default_factory=dict)
    interrupted: bool = False
    files: list[Path] = field(default_factory=list)
    unwritten: list[NotWritten] = field(default_factory=list)

    def add(self, index: int, outcome: Outcome) -> None:
        """Keep the outcome of a flight, and compute its rows."""
        asked = self.asked[index]
        self.outcomes[index] = replace(outcome, trajectory=None)  # not needed, and large
        if asked.check:
            self.checked[index] = check_rows(asked.constellation, asked.case, outcome)
        else:
            self.needs[index] = need_rows(asked.constellation, asked.case, outcome)

    @property
    def rows(self) -> list[NeedRow]:
        """The rows so far by constellation and vehicle; each constellation ends with all its vehicles together."""
        rows = []
        for name in dict.fromkeys(asked.constellation for asked in self.asked):
            done = [i for i in sorted(self.needs) if self.asked[i].constellation == name]
            of_it = [row for index in done for row in self.needs[index]]
            rows += of_it + together(of_it)
        return rows

    @property
    def checks(self) -> list[CheckRow]:
        """Years that were launched, beside what the model carries."""
        return [row for index in sorted(self.checked) for row in self.checked[index]]

    @property
    def verified(self) -> bool:
        """Whether every flight was solved and verified."""
        return len(self.outcomes) == len(self.asked) and all(o.row.verified for o in self.outcomes.values())

    def tables(self) -> "list[RenderableType]":
        """Return a table and the verdict of each constellation, and the checks, for a terminal."""
        rows = self.rows
        parts: list[RenderableType] = []
        for name in dict.fromkeys(row.constellation for row in rows):
            parts += [rich_table(of_goal(rows, name), name), *verdict(rows, name)]
        return [*parts, *map(check_line, self.checks)]

    def report(self) -> str:
        """Return tables, verdicts and checks as text, with the number of verified flights."""
        from hoverslam.reports.console import text_of

        return text_of([*self.tables(), self.verdict()])

    def verdict(self) -> str:
        """Return how many of the flights are verified."""
        return f"{sum(o.row.verified for o in self.outcomes.values())} of {len(self.asked)} flights verified"

    def as_json(self) -> dict[str, Json]:
        """Return rows and checks as JSON types; a blank is null."""
        return record(
            {
                "rows": [asdict(row) for row in self.rows],
                "checks": [row._asdict() | {"flown": row.flown, "within": row.within} for row in self.checks],
                "verified": sum(outcome.row.verified for outcome in self.outcomes.values()),
                "flights": len(self.asked),
                "interrupted": self.interrupted,
                "files": [str(path) for path in self.files],
            }
        )

    def to_frame(self) -> "pd.DataFrame":
        """Return the rows as a data frame, one row a vehicle, recovery mode and milestone."""
        from hoverslam.reports.tables import frame_of

        return frame_of(self.rows, NeedRow)

    def plot(self) -> "Figure":
        """Return the picture of satellites in orbit over time.

        Raises:
            ValueError: Where no flight serves a constellation with a deadline.
        """
        from hoverslam.studies.constellations.picture import draw_constellations

        return draw_constellations(self.rows)

    def save(self, path: str | Path) -> Path:
        """Write the demand into a file by its suffix or, for a path without one, everything into a folder.

        The folder gets constellations.csv, constellations.md and ``figures``.

        Raises:
            ValueError: For an unknown suffix.
            OSError: If a file cannot be written.
        """
        path = Path(path)
        if path.suffix and not path.is_dir():
            return super().save(path)
        _write_tables(self, path)
        _write_figure(self, path)
        return path


def demand(
    constellation: str | None = None,
    vehicles: "Iterable[Vehicle | str | os.PathLike[str]] | None" = None,
    *,
    out: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    on_row: OnRow | None = None,
) -> Demand:
    """Compute what a constellation needs of each vehicle, and whether planned launch rates meet its deadline.

    Args:
        constellation: Key of a constellation; all that have a deadline if left out.
        vehicles: Vehicles, names or paths; all that come with the package and fly to orbit if left out.
        out: Folder for tables and picture, written as the flights end; nothing is written if left out.
        jobs: Worker processes; 0 solves in this process. 2 if left out, 1 on a single core.
        on_row: Called with the index of the flight and its outcome as each ends.

    Returns:
        The demand. An interrupt (Ctrl-C) ends the run, not the caller, and sets ``interrupted``. A flight that is not solved
        keeps its rows, which state why.

    Raises:
        VehicleError: As :func:`hoverslam.studies.constellations.asked.asked_for`.
        OutputError: If the folder cannot be written; nothing is solved.
    """
    folder = None if out is None else Path(out)
    return fly_demand(asked_for(constellation, vehicles), folder, jobs=jobs, on_row=on_row)


def fly_demand(
    asked: Sequence[Asked],
    out: Path | None = None,
    *,
    jobs: int | None = None,
    on_row: OnRow | None = None,
    fly: Fly = fly_or_fail,
) -> Demand:
    """Fly what is asked for and write the results; the arguments are those of :func:`demand`.

    Args:
        asked: What to fly.
        out: Folder for tables and picture.
        jobs: Worker processes.
        on_row: Called as each flight ends.
        fly: Solves one case; with workers it must be picklable.
    """
    if out is not None:
        check_folder(out, FILES)
    found = Demand(asked)

    def keep(index: int, outcome: Outcome) -> None:
        found.add(index, outcome)
        if out is not None:
            _write_tables(found, out)
        if on_row is not None:
            on_row(index, outcome)

    with kept_failures() as found.unwritten:
        found.interrupted = solve_cases([each.case for each in asked], keep, jobs, fly)
        if out is not None and found.outcomes:
            _write_tables(found, out)
            _write_figure(found, out)
    return found


def _write_tables(found: Demand, out: Path) -> None:
    rows = found.rows
    write_whole(out / "constellations.csv", csv_text(rows))
    write_whole(out / "constellations.md", page(rows, found.checks))
    _note(found, out / "constellations.csv", out / "constellations.md")


def _write_figure(found: Demand, out: Path) -> None:
    from hoverslam.reports.pictures import write_picture
    from hoverslam.studies.constellations.picture import draw_constellations, names_to_draw

    path, rows = out / "figures" / "constellations.png", found.rows
    if names_to_draw(rows):
        write_picture(draw_constellations(rows), path)
        _note(found, path)


def _note(found: Demand, *paths: Path) -> None:
    found.files += [path for path in paths if path not in found.files]
