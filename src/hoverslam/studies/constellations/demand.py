"""What a constellation needs: vehicles flown to its orbit, and the launches, fleets, money and dates that follow.

The flights are solved as a comparison solves them; tables are written again after each, so whatever ends a run early
leaves what was done.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from hoverslam.economics.questions.demand import Constellation, load_constellations
from hoverslam.studies.cases import Case, default_cases, fly_or_fail
from hoverslam.studies.comparison.compare import Fly, compare
from hoverslam.studies.comparison.tables import write_whole
from hoverslam.studies.constellations.page import csv_text, page
from hoverslam.studies.constellations.rows import CheckRow, NeedRow, check_rows, need_rows, together
from hoverslam.studies.outcome import Outcome
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.models import FREE


@dataclass(frozen=True)
class Asked:
    """One flight for one constellation; of a ``check`` only the satellites it carries are held against those flown."""

    constellation: str
    case: Case
    check: bool = False


@dataclass
class Demand:
    """Flights asked for, outcomes so far and their rows by the index of the flight; ``interrupted`` if stopped by hand."""

    asked: Sequence[Asked]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    flown: dict[int, list[NeedRow]] = field(default_factory=dict)
    checked: dict[int, list[CheckRow]] = field(default_factory=dict)
    interrupted: bool = False
    files: list[Path] = field(default_factory=list)

    def add(self, index: int, outcome: Outcome) -> None:
        """Keep what a flight came to."""
        asked = self.asked[index]
        self.outcomes[index] = replace(outcome, trajectory=None)  # dozens of them would only fill the memory
        if asked.check:
            self.checked[index] = check_rows(asked.constellation, asked.case, outcome)
        else:
            self.flown[index] = need_rows(asked.constellation, asked.case, outcome)

    @property
    def rows(self) -> list[NeedRow]:
        """The rows done, by constellation and vehicle, and last of each constellation all its vehicles together."""
        rows = []
        for name in dict.fromkeys(asked.constellation for asked in self.asked):
            done = [i for i in sorted(self.flown) if self.asked[i].constellation == name]
            of_it = [row for index in done for row in self.flown[index]]
            rows += of_it + together(of_it)
        return rows

    @property
    def checks(self) -> list[CheckRow]:
        """What was launched, beside what the model carries."""
        return [row for index in sorted(self.checked) for row in self.checked[index]]

    def as_json(self) -> dict[str, Any]:
        """Everything as plain types; blanks are null."""
        return {
            "rows": [asdict(row) for row in self.rows],
            "checks": [row._asdict() | {"flown": row.flown, "within": row.within} for row in self.checks],
            "verified": sum(outcome.row.verified for outcome in self.outcomes.values()),
            "flights": len(self.asked),
            "interrupted": self.interrupted,
            "files": [str(path) for path in self.files],
        }

    @property
    def verified(self) -> bool:
        """Whether every flight was solved and verified."""
        return len(self.outcomes) == len(self.asked) and all(o.row.verified for o in self.outcomes.values())


def asked_for(name: str | None = None, vehicles: Iterable[str] | None = None) -> list[Asked]:
    """The flights of one constellation, or of all that have a deadline: every recovery mode of the vehicles given.

    The constellations that have been launched are the check, flown as they were. Raises VehicleError with one line a
    mistake for what is unknown, does not fly to orbit, or does not reach the orbit's plane.
    """
    known = load_constellations()
    if name is not None and name not in known:
        raise VehicleError([f'constellation: "{name}": unknown, known: {", ".join(known)}'])
    vehicles = None if vehicles is None else list(vehicles)
    cases = default_cases(vehicles)
    wanted = [key for key, found in known.items() if (found.deadline is not None if name is None else key == name)]
    asked = [Asked(key, _to(known[key].orbit, case)) for key in wanted for case in cases]
    checks = known if name is None else {name: known[name]}
    asked += [Asked(key, case, check=True) for key, found in checks.items() for case in _as_launched(found, cases)]
    mistakes: list[str] = []
    for each in asked:
        try:
            each.case.checked()
        except VehicleError as error:
            mistakes.extend(error.mistakes)
    if mistakes:
        raise VehicleError(list(dict.fromkeys(mistakes)))
    return asked


def _to(orbit: str, case: Case) -> Case:
    """The case flown to the orbit; a landing place that is fixed lies under another plane and gives way to a free one."""
    home = load_vehicle(case.vehicle).recovery
    fixed = case.recovery == "downrange" and home is not None and home.downrange_site != FREE
    return replace(case, orbit=orbit, overrides=(f"recovery.downrange_site={FREE}",) if fixed else ())


def _as_launched(constellation: Constellation, cases: Sequence[Case]) -> list[Case]:
    """The flights that launched it, to its orbit and to where its satellites are let go."""
    ways = {(year.vehicle, year.recovery) for year in constellation.launched}
    orbits = [orbit for orbit in (constellation.orbit, constellation.release_orbit) if orbit is not None]
    return [_to(orbit, c) for c in cases if (c.vehicle, c.recovery) in ways for orbit in orbits]


def demand(
    asked: Sequence[Asked],
    out: Path | None = None,
    *,
    jobs: int = 0,
    on_row: Callable[[int, Outcome], None] | None = None,
    fly: Fly = fly_or_fail,
) -> Demand:
    """Fly what is asked for and write constellations.csv, constellations.md and figures/constellations.png into ``out``.

    The other arguments, and an interrupt, are as in `compare`; a flight that fails keeps its rows, which say so.
    """
    found = Demand(asked)

    def keep(index: int, outcome: Outcome) -> None:
        found.add(index, outcome)
        if out is not None:
            _write_tables(found, out)
        if on_row is not None:
            on_row(index, outcome)

    found.interrupted = compare([each.case for each in asked], jobs=jobs, on_row=keep, fly=fly).interrupted
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
    from hoverslam.studies.constellations.picture import save_constellations

    path = out / "figures" / "constellations.png"
    if save_constellations(found.rows, path):
        _note(found, path)


def _note(found: Demand, *paths: Path) -> None:
    found.files += [path for path in paths if path not in found.files]
