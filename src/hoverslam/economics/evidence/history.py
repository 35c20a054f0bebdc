"""Landing attempts one by one and by year: the data to which reliability growth is fitted."""

from __future__ import annotations

import datetime
import functools
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, model_validator

from hoverslam.data.errors import shown
from hoverslam.data.figures import Section, Sourced, mistakes
from hoverslam.data.reading import checked, read_toml
from hoverslam.economics.inputs.errors import CostInputError
from hoverslam.economics.inputs.loading import DATA

FailureKind = Literal["propellant", "engine", "hydraulics", "touchdown", "guidance"]
Count = Annotated[int, Field(ge=0)]
Month = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]


class Year(Section):
    """Landing attempts and successes of one calendar year."""

    year: int
    attempts: Count
    successes: Count

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.successes > self.attempts:
            raise mistakes((".successes", shown(self.successes), f"must not exceed the attempts ({self.attempts})"))
        return self


class Years(Sourced):
    """A landing record by calendar year, without gaps."""

    rows: Annotated[tuple[Year, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _consecutive(self) -> Self:
        years = [row.year for row in self.rows]
        if years != list(range(years[0], years[0] + len(years))):
            raise mistakes((".rows", shown(years), "years must be consecutive: sort them and fill the gaps"))
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


class FalconLandings(Section):
    """The Falcon record: totals by year, each failure, each booster lost after it had landed."""

    name: str
    years: Years
    failures: Annotated[tuple[LandingFailure, ...], Field(strict=False)]
    lost_after_landing: Annotated[tuple[LostAfterLanding, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        """Check that the failures listed for each year agree with its attempts and successes."""
        first = 1
        for row in self.years.rows:
            last = first + row.attempts - 1
            listed = sum(first <= failure.attempt <= last for failure in self.failures)
            dated = sum(int(failure.date[:4]) == row.year for failure in self.failures)
            if not listed == dated == row.attempts - row.successes:
                remedy = (
                    f"{row.year} (attempts {first} to {last}) has {row.attempts - row.successes} failures, and the list "
                    f"holds {listed} by number and {dated} by date: make them agree"
                )
                raise mistakes((".failures", "", remedy))
            first = last + 1
        return self

    @property
    def attempts(self) -> int:
        """Number of landing attempts."""
        return sum(row.attempts for row in self.years.rows)

    @property
    def failure_attempts(self) -> tuple[int, ...]:
        """The attempt numbers that failed, ascending."""
        return tuple(sorted(failure.attempt for failure in self.failures))


class LandingAttempt(Sourced):
    """One landing attempt. ``intact`` states whether the stage could have flown again, as far as reported."""

    vehicle: str
    flight: str
    date: datetime.date
    landed: bool
    intact: bool
    recovery: str
    cause: str

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.intact and not self.landed:
            raise mistakes((".intact", "true", f"must be false: {self.flight} did not land"))
        return self


class NotAnAttempt(Sourced):
    """A flight that is often counted as a landing attempt, and the reason why it is not counted here."""

    flight: str
    date: datetime.date
    reason: str


class ChineseLandings(Section):
    """The Chinese record, attempt by attempt, and the flights that do not count."""

    name: str
    attempts: Annotated[tuple[LandingAttempt, ...], Field(strict=False)]
    not_attempts: Annotated[tuple[NotAnAttempt, ...], Field(strict=False)]


AnySection = TypeVar("AnySection", bound=Section)


@functools.cache
def load_falcon_landings() -> FalconLandings:
    """Return the Falcon landings that come with the package."""
    return _read(FalconLandings, "falcon")


@functools.cache
def load_chinese_landings() -> ChineseLandings:
    """Return the Chinese landing attempts that come with the package."""
    return _read(ChineseLandings, "china")


def _read(model: type[AnySection], table: str) -> AnySection:
    path = DATA / "landings.toml"
    content = read_toml(path, path.name, CostInputError).get(table, {})
    return checked(model, content, f"{path.name}: {table}", CostInputError)
