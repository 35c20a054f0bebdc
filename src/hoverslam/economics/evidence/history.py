"""Landings attempt by attempt and year by year: the evidence that reliability growth is fitted to."""

from __future__ import annotations

import datetime
import functools
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from hoverslam.economics.inputs.loading import DATA, read_table, validated
from hoverslam.economics.inputs.models import Frozen, Sourced

FailureKind = Literal["propellant", "engine", "hydraulics", "touchdown", "guidance"]
Count = Annotated[int, Field(ge=0)]
Month = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]


class Year(Frozen):
    """Landing attempts and successes of one calendar year."""

    year: int
    attempts: Count
    successes: Count

    @model_validator(mode="after")
    def _possible(self) -> Year:
        if self.successes > self.attempts:
            raise ValueError(
                f"{self.year}: {self.successes} successes in {self.attempts} attempts; correct one of them"
            )
        return self


class Years(Sourced):
    """A landing record by calendar year, without gaps."""

    rows: tuple[Year, ...]

    @field_validator("rows", mode="before")
    @classmethod
    def _as_tuple(cls, rows: Any) -> Any:
        return _tuple(rows)

    @model_validator(mode="after")
    def _consecutive(self) -> Years:
        years = [row.year for row in self.rows]
        if years != list(range(years[0], years[0] + len(years))):
            raise ValueError(f"years {years} are not consecutive; sort them and fill the gaps")
        return self


class LandingFailure(Sourced):
    """One failed landing: its attempt number, the month, and what failed."""

    attempt: Annotated[int, Field(ge=1)]
    date: Month
    flight: str
    kind: FailureKind
    cause: str


class LostAfterLanding(Sourced):
    """A booster that landed and was lost before it could fly again."""

    date: Month
    booster: str
    cause: str


class FalconLandings(Frozen):
    """The Falcon record: totals by year, each failure, each booster lost after it had landed."""

    name: str
    years: Years
    failures: tuple[LandingFailure, ...]
    lost_after_landing: tuple[LostAfterLanding, ...]

    @field_validator("failures", "lost_after_landing", mode="before")
    @classmethod
    def _as_tuple(cls, rows: Any) -> Any:
        return _tuple(rows)

    @model_validator(mode="after")
    def _agrees(self) -> FalconLandings:
        """Each year must hold as many failures as its attempts and successes say."""
        first = 1
        for row in self.years.rows:
            last = first + row.attempts - 1
            listed = sum(first <= failure.attempt <= last for failure in self.failures)
            dated = sum(int(failure.date[:4]) == row.year for failure in self.failures)
            if not listed == dated == row.attempts - row.successes:
                raise ValueError(
                    f"{row.year} (attempts {first} to {last}) has {row.attempts - row.successes} failures, and the list "
                    f"holds {listed} by number and {dated} by date; make them agree"
                )
            first = last + 1
        return self

    @property
    def attempts(self) -> int:
        return sum(row.attempts for row in self.years.rows)

    @property
    def failure_attempts(self) -> tuple[int, ...]:
        """The attempt numbers that failed, ascending."""
        return tuple(sorted(failure.attempt for failure in self.failures))

    def failure_shares(self) -> dict[str, float]:
        """Return the share of each kind of failure."""
        kinds = [failure.kind for failure in self.failures]
        return {kind: kinds.count(kind) / len(kinds) for kind in sorted(set(kinds))}


class LandingAttempt(Sourced):
    """One landing attempt; ``intact`` says whether the stage could have flown again, as far as reported."""

    vehicle: str
    flight: str
    date: datetime.date
    landed: bool
    intact: bool
    recovery: str
    cause: str

    @model_validator(mode="after")
    def _possible(self) -> LandingAttempt:
        if self.intact and not self.landed:
            raise ValueError(f"{self.flight} is intact and did not land; set intact = false")
        return self


class NotAnAttempt(Sourced):
    """A flight that is often counted as a landing attempt, and the reason why it is none here."""

    flight: str
    date: datetime.date
    reason: str


class ChineseLandings(Frozen):
    """The Chinese record, attempt by attempt, and the flights that do not count."""

    name: str
    attempts: tuple[LandingAttempt, ...]
    not_attempts: tuple[NotAnAttempt, ...]

    @field_validator("attempts", "not_attempts", mode="before")
    @classmethod
    def _as_tuple(cls, rows: Any) -> Any:
        return _tuple(rows)


@functools.cache
def load_falcon_landings() -> FalconLandings:
    """Return the Falcon landings that come with the package."""
    path = DATA / "landings.toml"
    return validated(FalconLandings, read_table(path).get("falcon", {}), path.name, "falcon")


@functools.cache
def load_chinese_landings() -> ChineseLandings:
    """Return the Chinese landing attempts that come with the package."""
    path = DATA / "landings.toml"
    return validated(ChineseLandings, read_table(path).get("china", {}), path.name, "china")


def _tuple(rows: Any) -> Any:
    return tuple(rows) if isinstance(rows, list) else rows
