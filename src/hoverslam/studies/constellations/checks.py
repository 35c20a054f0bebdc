"""The check of the demand: years of launches that happened, beside what the model carries."""

from typing import NamedTuple

from hoverslam.economics.inputs.constellations import load_constellations
from hoverslam.studies.cases import Case
from hoverslam.studies.constellations.needs import need_rows
from hoverslam.studies.outcome import Outcome


class CheckRow(NamedTuple):
    """A year of launches that happened, beside the satellites that the model carries to one orbit."""

    constellation: str
    year: int
    vehicle: str
    recovery: str
    orbit: str
    launches: int
    satellites: int
    payload_kg: float | None
    model_low: int | None
    model: int | None
    model_high: int | None
    status: str

    @property
    def flown(self) -> float:
        """Satellites a launch, as flown."""
        return self.satellites / self.launches

    @property
    def within(self) -> bool:
        """Whether what was flown lies within the model's band, to the whole satellite."""
        if self.model_low is None or self.model_high is None:
            return False
        return self.model_low <= round(self.flown) <= self.model_high


def check_rows(name: str, case: Case, outcome: Outcome) -> list[CheckRow]:
    """Return a row for each year in which this vehicle launched the constellation in this recovery mode.

    Args:
        name: Key of the constellation.
        case: The case that was flown.
        outcome: Its outcome.
    """
    constellation = load_constellations()[name]
    flown = outcome.row
    rows = need_rows(name, case, outcome)[-1:]
    return [
        CheckRow(
            name, year.year, flown.vehicle, flown.recovery, flown.orbit, year.launches, year.satellites, row.payload_kg,
            row.satellites_per_launch_low, row.satellites_per_launch, row.satellites_per_launch_high, row.status,
        )
        for year in constellation.launched
        if (year.vehicle, year.recovery) == (flown.vehicle, flown.recovery)
        for row in rows
    ]  # fmt: skip
