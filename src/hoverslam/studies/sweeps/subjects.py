"""What a sweep solves at each point: what all subjects have in common, and the landing."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hoverslam.data.errors import Mistake, shown, suggestion
from hoverslam.flights.landing.case import check_start
from hoverslam.flights.landing.changes import changed_case, landing_figures
from hoverslam.flights.landing.result import LandingOutcome, LandingResult
from hoverslam.reports.json_text import Json
from hoverslam.studies.sweeps.changes import Changes, SweepError, in_words
from hoverslam.studies.sweeps.files import content_of


@dataclass(frozen=True)
class Answer:
    """What was found at a point.

    Attributes:
        outputs: Figures by name with unit, the main one first.
        verified: Whether the flight is verified.
        message: The outcome in words.
        flight: The flight from which neighbouring points may start; None if it is not verified.
    """

    outputs: Mapping[str, float]
    verified: bool
    message: str
    flight: Any = None


class Subject(ABC):
    """What is solved at each point of a sweep."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What is swept, for a person."""

    @property
    @abstractmethod
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs, the main one first."""

    @abstractmethod
    def nominal(self, keys: Sequence[str]) -> Changes:
        """Return the figures as they are stated.

        Raises:
            SweepError: For a key that is no figure.
        """

    @abstractmethod
    def check(self, changes: Changes) -> None:
        """Raise an error if a point cannot be stated; nothing is solved.

        Raises:
            SweepError: With one line for each mistake.
        """

    @abstractmethod
    def content(self, changes: Changes) -> Json:
        """Return everything that a point depends on."""

    @abstractmethod
    def solve(self, changes: Changes, near: Any) -> Answer:
        """Solve a point; errors of the solver are passed on.

        Args:
            changes: The changed figures.
            near: The flight of the nearest solved point; None without one.
        """

    @abstractmethod
    def begin(self) -> Any:
        """Return the flight of the figures as they are stated, from which a walk begins; None if there is none."""


@dataclass(frozen=True)
class Landings(Subject):
    """Landings with other numbers, with the engine sequence of a solved one.

    Attributes:
        solved: The solved landing.
    """

    solved: LandingResult

    @property
    def title(self) -> str:
        """What is swept, for a person."""
        return f"{self.solved.case.lander.name}, landing"

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs, the main one first."""
        return ("propellant_kg", "flight_time_s", "ignition_height_m", "ignition_speed_m_s")

    def nominal(self, keys: Sequence[str]) -> Changes:
        """Return the values of the solved landing."""
        known = landing_figures(self.solved.case)
        wrong = [key for key in keys if key not in known]
        if wrong:
            raise SweepError(
                Mistake(key, "", f"no number of this landing; {suggestion(key, known)} (SI)") for key in wrong
            )
        return tuple((key, known[key]) for key in keys)

    def check(self, changes: Changes) -> None:
        """Raise an error for a start from which there is nothing to land."""
        if self.solved.outcome is not LandingOutcome.ON_PAD:
            fix = f"only a verified landing on the pad is solved again; this one: {self.solved.message}"
            raise SweepError([Mistake("landing", "", fix)])
        try:
            case = changed_case(self.solved.case, dict(changes))
            check_start(case.lander, case.start)
        except ValueError as error:
            raise SweepError([Mistake(in_words(changes), "", str(error))]) from None

    def content(self, changes: Changes) -> Json:
        """Return the statement of the changed landing, and its engine sequence."""
        return [content_of(changed_case(self.solved.case, dict(changes))), list(self.solved.sequence)]

    def begin(self) -> Any:
        """Return the solved landing."""
        return self.solved

    def solve(self, changes: Changes, near: Any) -> Answer:
        """Solve a landing from the nearest one."""
        found = near.resolve(self._figures(changes))
        figures = (found.propellant, found.flight_time, found.ignition_height, found.ignition_speed)
        outputs = dict(zip(self.outputs, figures if found.lands else [float("nan")] * len(figures), strict=True))
        start = found if found.outcome is LandingOutcome.ON_PAD else None
        return Answer(outputs, found.verified, found.message, start)

    def _figures(self, changes: Changes) -> dict[str, float]:
        """Return the swept figures and those of the solved landing: the nearest landing has other changes."""
        return landing_figures(self.solved.case) | dict(changes)


def refuse_unknown(given: Mapping[str, Any], known: Sequence[str], what: str) -> None:
    """Raise an error for an option that a sweep does not take.

    Raises:
        SweepError: With one line for each unknown option.
    """
    wrong = [name for name in given if name not in known]
    if wrong:
        raise SweepError(
            Mistake(name, shown(given[name]), f"no option of a sweep of this kind ({what}); {suggestion(name, known)}")
            for name in wrong
        )
