"""The coefficients of TRANSCOST, as the data file states them.

D. E. Koelle, Handbook of Cost Engineering, TRANSCOST 8.2, 2013, in the form of Vernacchia and Mathesius, IAC-18-D2.4.3, 2018.
"""

import datetime
import functools
import math
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from hoverslam.data.errors import shown
from hoverslam.data.figures import Band, Section, Sourced, mistakes
from hoverslam.data.reading import checked, read_toml
from hoverslam.economics.inputs.errors import CostInputError, CostQuestionError
from hoverslam.economics.inputs.loading import DATA

Provider = Literal["large", "medium", "lean"]
Positive = Annotated[float, Field(gt=0)]
TABLE_END = 12  # launches a year at which the table of indirect cost ends
Row = Annotated[tuple[Positive, ...], Field(strict=False)]
ROW_REMEDY = f"must hold {TABLE_END} numbers, one for each of 1 to {TABLE_END} launches a year"
LEAST_RATE = 3.0  # launches a year, the lowest rate in the fit of the ground operations


class Element(Sourced):
    """The cost relations of one kind of element, a M^x (WYr), with the dry mass M in kg.

    Attributes:
        name: Name for readers.
        development_a: Factor a of the development cost.
        development_x: Exponent x of the development cost.
        production_a: Factor a of the production cost of unit 1.
        production_x: Exponent x of the production cost of unit 1.
        production_a_low: Lower 95 % limit of the fitted factor.
        production_a_high: Upper 95 % limit of the fitted factor.
        experience_in_fit: Whether the production fit includes industrial practice, so that the factor f10 does not apply.
    """

    name: str
    development_a: Positive
    development_x: Positive
    production_a: Positive
    production_x: Positive
    production_a_low: Positive | None = None
    production_a_high: Positive | None = None
    experience_in_fit: bool = False

    @model_validator(mode="after")
    def _check_fit(self) -> Self:
        low, high = self.production_a_low, self.production_a_high
        if (low is None) != (high is None) or not (low or 0.0) <= self.production_a <= (high or math.inf):
            remedy = f"give both ends of the fit, in order (low {low}, high {high})"
            raise mistakes((".production_a", shown(self.production_a), remedy))
        return self


class WorkYear(Band):
    """The cost of one work-year (M USD) on a date."""

    date: datetime.date


class IndirectOperations(Sourced):
    """Indirect operations (WYr per launch) at 1, 2, ... 12 launches a year, by class of provider."""

    large: Row
    medium: Row
    lean: Row

    @model_validator(mode="after")
    def _check_rows(self) -> Self:
        rows = {name: getattr(self, name) for name in get_args(Provider)}
        if found := [(f".{name}", shown(list(row)), ROW_REMEDY) for name, row in rows.items() if len(row) != TABLE_END]:
            raise mistakes(*found)
        return self


class StageFactors(Sourced):
    """Weights Q of stages in the cost of mission operations: expended, returned, and small solid boosters."""

    expended: Positive
    returned: Positive
    small_solid: Positive


class PropellantCost(Sourced):
    """The cost of propellants (WYr/kg)."""

    values: dict[str, Positive]


class Productivity(Sourced):
    """Work-years needed relative to the USA (f8), by country."""

    values: dict[str, Positive]


class TranscostData(Section):
    """Everything in ``inputs/files/transcost.toml``."""

    work_year_MUSD: WorkYear
    productivity: Productivity
    indirect_operations: IndirectOperations
    boil_off: dict[str, Band]
    propellant_wyr_per_kg: PropellantCost
    refurbishment: dict[str, Band]
    stage_factors: StageFactors
    elements: dict[str, Element]


@functools.cache
def load_transcost() -> TranscostData:
    """Return the TRANSCOST coefficients that come with the package."""
    path = DATA / "transcost.toml"
    return checked(TranscostData, read_toml(path, path.name, CostInputError), path.name, CostInputError)


def work_years_to_MUSD(work_years: float) -> float:
    """Return M USD of 2018 for WYr of US aerospace, at the mode of the packaged rate."""
    return work_years * load_transcost().work_year_MUSD.mode


def country_productivity(country: str) -> float:
    """Return the productivity factor f8 of a country.

    Raises:
        CostQuestionError: For a country that is not listed.
    """
    values = load_transcost().productivity.values
    if country not in values:
        raise CostQuestionError(f"no productivity for {country!r}; there are {', '.join(values)}")
    return values[country]


def element_named(name: str, mass_kg: float) -> Element:
    """Return the relations of an element.

    Args:
        name: Kind of element, as in the data file.
        mass_kg: Dry mass (kg).

    Raises:
        CostQuestionError: For an unknown element, or a dry mass that is not above zero.
    """
    elements = load_transcost().elements
    if name not in elements:
        raise CostQuestionError(f"no TRANSCOST element {name!r}; there are {', '.join(elements)}")
    if not (math.isfinite(mass_kg) and mass_kg > 0.0):
        raise CostQuestionError(f"mass_kg = {mass_kg} of {name}: give a dry mass above 0 kg")
    return elements[name]
