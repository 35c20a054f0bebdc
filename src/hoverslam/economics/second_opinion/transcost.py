"""TRANSCOST: what a launch vehicle costs judged by its dry masses, as a second opinion beside the bottom-up cost.

Koelle's relations are fits to decades of programmes, in work-years (WYr), so that neither inflation nor exchange rates
enter. They know no particular vehicle: agreement within a factor of 1.5 is what they promise. The coefficients are in
``data/transcost.toml`` with their sources. D. E. Koelle, Handbook of Cost Engineering, TRANSCOST 8.2, 2013, in the form
of Vernacchia and Mathesius, IAC-18-D2.4.3, 2018.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args

import numpy as np
from pydantic import Field, field_validator, model_validator

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import DATA, read_table, validated
from hoverslam.economics.inputs.models import Band, Frozen, Sourced
from hoverslam.economics.model.launch_cost import mean_learning_factor

Provider = Literal["large", "medium", "lean"]
Positive = Annotated[float, Field(gt=0)]
TABLE_END = 12  # launches a year at which the table of indirect cost ends
LEAST_RATE = 3.0  # launches a year below which the ground operations were never fitted


class Element(Sourced):
    """The relations of one kind of element: development a M^x and production of unit 1 a M^x (WYr, M dry in kg).

    ``experience_in_fit`` says that the production fit holds industrial practice already, and takes no f10.
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
    def _ordered(self) -> Element:
        low, high = self.production_a_low, self.production_a_high
        if (low is None) != (high is None) or not (low or 0.0) <= self.production_a <= (high or math.inf):
            raise ValueError(f"production_a {low}, {self.production_a}, {high}: give both ends of the fit, in order")
        return self


class WorkYear(Band):
    """The cost of one work-year (M USD) on a date."""

    date: datetime.date


class IndirectOperations(Sourced):
    """Indirect operations (WYr per launch) at 1, 2, ... 12 launches a year, by class of provider."""

    large: tuple[Positive, ...]
    medium: tuple[Positive, ...]
    lean: tuple[Positive, ...]

    @field_validator("large", "medium", "lean", mode="before")
    @classmethod
    def _twelve(cls, row: Any) -> Any:
        if not isinstance(row, list) or len(row) != TABLE_END:
            raise ValueError(
                f"{row!r} is no row of {TABLE_END} numbers; give one for each of 1 to {TABLE_END} launches"
            )
        return tuple(row)


class Share(Frozen):
    """A low, a most likely and a high fraction; the table around it names the source."""

    low: float
    mode: float
    high: float


class BoilOff(Sourced):
    """Propellant lost on the ground, as a fraction of the tank fill, by propellant."""

    values: dict[str, Share]


class PropellantCost(Sourced):
    """The cost of propellants (WYr/kg)."""

    values: dict[str, Positive]


class Productivity(Sourced):
    """Work-years needed relative to the USA (f8), by country."""

    values: dict[str, Positive]


class TranscostData(Frozen):
    """Everything in ``data/transcost.toml``."""

    work_year_MUSD: WorkYear
    productivity: Productivity
    indirect_operations: IndirectOperations
    boil_off: BoilOff
    propellant_wyr_per_kg: PropellantCost
    refurbishment: dict[str, Band]
    elements: dict[str, Element]


@functools.cache
def load_transcost() -> TranscostData:
    """Return the TRANSCOST coefficients that come with the package."""
    path = DATA / "transcost.toml"
    return validated(TranscostData, read_table(path), path.name, "")


def work_years_to_MUSD(work_years: float) -> float:
    """Return M USD of 2018 for WYr of US aerospace, at the mode of the packaged rate."""
    return work_years * load_transcost().work_year_MUSD.mode


def country_productivity(country: str) -> float:
    """Return the productivity factor f8 of a country. Raises ``CostQuestionError`` for one that is not listed."""
    values = load_transcost().productivity.values
    if country not in values:
        raise CostQuestionError(f"no productivity for {country!r}; there are {', '.join(values)}")
    return values[country]


def _element(name: str, mass_kg: float) -> Element:
    elements = load_transcost().elements
    if name not in elements:
        raise CostQuestionError(f"no TRANSCOST element {name!r}; there are {', '.join(elements)}")
    if not (math.isfinite(mass_kg) and mass_kg > 0.0):
        raise CostQuestionError(f"mass_kg = {mass_kg} of {name}: give a dry mass above 0 kg")
    return elements[name]


def engine_quality_factor(qualification_firings: float) -> float:
    """Return the technical quality factor f2 of a turbopump engine: 0.026 (ln N_Q)^2."""
    if not qualification_firings >= 1.0:
        raise CostQuestionError(f"qualification_firings = {qualification_firings}: give 1 or more")
    return 0.026 * math.log(qualification_firings) ** 2


def element_development(
    element: str,
    mass_kg: float,
    *,
    novelty: float = 1.0,
    quality: float = 1.0,
    team: float = 1.0,
    productivity: float = 1.0,
    experience: float = 1.0,
    oversight: float = 1.0,
) -> float:
    """Return the development of one element (WYr): H = a M^x f1 f2 f3 f8 f10 f11.

    ``novelty`` f1 is 0.4-0.6 for a variant, 0.9-1.1 standard, 1.3-1.4 first of its kind; ``quality`` f2 is for engines
    ``engine_quality_factor``; ``team`` f3 is 0.7-0.8 very experienced to 1.3-1.4 new; ``experience`` f10 is 0.75-1
    and ``oversight`` f11 0.45-0.55 for a commercial company without government oversight.
    """
    fit = _element(element, mass_kg)
    factors = novelty * quality * team * productivity * experience * oversight
    return fit.development_a * mass_kg**fit.development_x * factors


def vehicle_development(
    elements: float, stages: int, *, schedule: float = 1.0, contractors: int = 1, country_change: float = 1.0
) -> float:
    """Return the development of a vehicle (WYr) from the sum of its elements: 1.04^N (sum H) f6 f7 f8.

    ``schedule`` f6 is 1 to 1.5 away from the best schedule, f7 = n^0.2 for n parallel ``contractors``. The country's
    productivity is already in each element: ``country_change`` f8 stays 1 unless they were given without.
    """
    if not (stages >= 1 and contractors >= 1):
        raise CostQuestionError(f"stages = {stages}, contractors = {contractors}: give 1 or more of each")
    return 1.04**stages * elements * schedule * contractors**0.2 * country_change


def element_production(
    element: str,
    mass_kg: float,
    *,
    first_unit: int = 1,
    last_unit: int = 1,
    slope: float = 1.0,
    productivity: float = 1.0,
    experience: float = 1.0,
    oversight: float = 1.0,
) -> float:
    """Return the mean production cost of units ``first_unit`` to ``last_unit`` (WYr): F = a M^x f4 f8 f10 f11.

    ``slope`` p is the learning factor for each doubling: 0.80-0.85 SpaceX-like, 0.90 Ariane-like, 0.96 Saturn.
    """
    fit = _element(element, mass_kg)
    f10 = 1.0 if fit.experience_in_fit else experience
    learned = mean_learning_factor(first_unit, last_unit, slope)
    return fit.production_a * mass_kg**fit.production_x * learned * productivity * f10 * oversight


def vehicle_production(elements: float, stages: int, *, management: float = 1.025, contracting: float = 1.02) -> float:
    """Return the production of a vehicle (WYr): f0^N (sum n F) f9; f0 is 1.02-1.03, f9 1.01-1.07 for subcontracts."""
    return management**stages * elements * contracting


def ground_operations(
    liftoff_t: float,
    launches_per_year: float,
    stages: float,
    *,
    vehicle: float = 0.8,
    assembly: float = 0.7,
    learned: float = 1.0,
    productivity: float = 1.0,
    oversight: float = 1.0,
) -> float:
    """Return pre-launch ground operations (WYr per launch): 8 M0^0.67 L^-0.9 N^0.7 f_v f_c f4 f8 f11.

    ``vehicle`` f_v is 1 for cryogenic expendables, 0.8 storable or kerosene, 0.3 solid, 0.7 automated and reusable;
    ``assembly`` f_c is 1 upright on the pad, 0.7 upright and rolled out, 0.5 horizontal. Raises ``CostQuestionError``
    below 3 launches a year, where the relation does not hold.
    """
    if not launches_per_year >= LEAST_RATE:
        raise CostQuestionError(
            f"launches_per_year = {launches_per_year}: the relation of ground operations holds from 3 a year up"
        )
    if not (liftoff_t > 0.0 and stages > 0):
        raise CostQuestionError(f"liftoff_t = {liftoff_t}, stages = {stages}: give both above 0")
    rates = liftoff_t**0.67 * launches_per_year**-0.9 * stages**0.7
    return 8.0 * rates * vehicle * assembly * learned * productivity * oversight


def mission_operations(
    stage_sum: float, launches_per_year: float, *, learned: float = 1.0, productivity: float = 1.0
) -> float:
    """Return launch and mission operations (WYr per launch): 20 (sum Q) L^-0.65 f4 f8.

    Q is 0.4 for each expendable liquid stage or large booster, 1 for a stage that returns, 0.15 for a small solid, 2
    for a reusable orbital vehicle.
    """
    _check_rate(launches_per_year)
    return 20.0 * stage_sum * launches_per_year**-0.65 * learned * productivity


def sea_recovery(
    recovered_t: float, launches_per_year: float, *, productivity: float = 1.0, oversight: float = 1.0
) -> float:
    """Return recovery at sea (WYr per launch): 1.5/L (7 L^0.7 + M^0.83) f8 f11."""
    _check_rate(launches_per_year)
    fleet = 7.0 * launches_per_year**0.7 + recovered_t**0.83
    return 1.5 / launches_per_year * fleet * productivity * oversight


def refurbishment(fraction: float, uses: float, first_unit_cost: float, count: int = 1) -> float:
    """Return refurbishment (WYr per flight) of an element used n times: count (0.5 f5 + 0.01 f5 n) F_1.

    It grows with age and is ``fraction`` f5 of the first unit's cost at 50 uses.
    """
    if not (fraction >= 0.0 and uses >= 1.0):
        raise CostQuestionError(f"fraction = {fraction}, uses = {uses}: give fraction >= 0, uses >= 1")
    return count * (0.5 + 0.01 * uses) * fraction * first_unit_cost


def indirect_operations(launches_per_year: float, provider: Provider = "lean") -> float:
    """Return indirect operations (WYr per launch), linear between whole launches a year, constant beyond 12."""
    _check_rate(launches_per_year)
    if provider not in get_args(Provider):
        raise CostQuestionError(f"unknown provider {provider!r}; it is one of {', '.join(get_args(Provider))}")
    row = getattr(load_transcost().indirect_operations, provider)
    return float(np.interp(launches_per_year, np.arange(1, TABLE_END + 1), row))


def propellant_cost(tank_fill_kg: Mapping[str, float]) -> float:
    """Return the propellant of a launch (WYr) from the tank fill (kg) by propellant, and what boils off (modes).

    Raises ``CostQuestionError`` for a propellant without a price.
    """
    prices, losses = load_transcost().propellant_wyr_per_kg.values, load_transcost().boil_off.values
    unknown = sorted(set(tank_fill_kg) - set(prices))
    if unknown:
        raise CostQuestionError(f"no price for propellant {unknown[0]!r}; there are {', '.join(prices)}")
    return sum(
        mass * (1.0 + (losses[name].mode if name in losses else 0.0)) * prices[name]
        for name, mass in tank_fill_kg.items()
    )


def _check_rate(launches_per_year: float) -> None:
    if not launches_per_year > 0.0:
        raise CostQuestionError(f"launches_per_year = {launches_per_year}: give a rate above 0")


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of element on a vehicle: dry mass of each (kg), how many, flights each makes, and its learning.

    A stage's mass is without its engines. ``uses`` may be an expected number of flights, not whole.
    ``refurbishment_fraction`` f5 counts only where it is above 1. ``fit`` places the production cost in the scatter of the
    programmes it was fitted to (1: on the curve).
    """

    element: str
    mass_kg: float
    count: int = 1
    uses: float = 1
    refurbishment_fraction: float = 0.0
    slope: float = 0.85
    experience: float = 1.0
    oversight: float = 1.0
    fit: float = 1.0


@dataclass(frozen=True, slots=True)
class TranscostVehicle:
    """A vehicle in plain numbers, for ``transcost_per_flight``.

    ``stage_sum`` is the sum of the stage factors Q of ``mission_operations``; ``recovered_t`` the mass brought home
    by sea (0: none); ``propellant_kg`` the tank fill by propellant; ``insurance_wyr`` and ``fees_wyr`` per launch.
    """

    parts: Mapping[str, Part]
    stages: int
    liftoff_t: float
    launches_per_year: float
    stage_sum: float
    vehicle_factor: float = 0.8
    assembly_factor: float = 0.7
    operations_slope: float = 0.85
    operations_oversight: float = 1.0
    productivity: float = 1.0
    management: float = 1.025
    contracting: float = 1.02
    provider: Provider = "lean"
    recovered_t: float = 0.0
    propellant_kg: Mapping[str, float] = field(default_factory=dict)
    insurance_wyr: float = 2.0
    fees_wyr: float = 0.0


@dataclass(frozen=True, slots=True)
class TranscostBreakdown:
    """The cost of one flight by TRANSCOST, in WYr. The components, in this order, sum to ``total``."""

    production: float
    refurbishment: float
    ground_operations: float
    mission_operations: float
    recovery: float
    propellant: float
    indirect_operations: float
    insurance: float
    fees: float

    @property
    def total(self) -> float:
        return sum(getattr(self, each.name) for each in dataclasses.fields(self))

    @property
    def total_MUSD(self) -> float:
        return work_years_to_MUSD(self.total)


def transcost_per_flight(
    vehicle: TranscostVehicle, flights: tuple[int, int] = (1, 1), launches: tuple[int, int] | None = None
) -> TranscostBreakdown:
    """Return the mean cost per flight (WYr) over a vehicle's flights from ``flights[0]`` to ``flights[1]``.

    An element of n uses is unit ceil(flight/n) and is charged 1/n of its cost on each flight; an element of which a
    vehicle carries several runs down its learning curve as many times faster. ``launches`` are the launch numbers that
    the operations have learned from, where they differ (a new block of an old launcher). Raises ``CostQuestionError``
    for an unknown element, a mass or rate that cannot be, or fewer than 3 launches a year.
    """
    first, last = launches or flights
    learned = mean_learning_factor(first, last, vehicle.operations_slope)
    rate, f8, f11 = vehicle.launches_per_year, vehicle.productivity, vehicle.operations_oversight
    shares = sum(part_share(part, flights, f8) for part in vehicle.parts.values())
    return TranscostBreakdown(
        production=vehicle_production(
            shares, vehicle.stages, management=vehicle.management, contracting=vehicle.contracting
        ),
        refurbishment=sum(_refurbished(part, f8) for part in vehicle.parts.values()),
        ground_operations=ground_operations(
            vehicle.liftoff_t,
            rate,
            vehicle.stages,
            vehicle=vehicle.vehicle_factor,
            assembly=vehicle.assembly_factor,
            learned=learned,
            productivity=f8,
            oversight=f11,
        ),
        mission_operations=mission_operations(vehicle.stage_sum, rate, learned=learned, productivity=f8),
        recovery=sea_recovery(vehicle.recovered_t, rate, productivity=f8, oversight=f11)
        if vehicle.recovered_t
        else 0.0,
        propellant=propellant_cost(vehicle.propellant_kg),
        indirect_operations=indirect_operations(rate, vehicle.provider),
        insurance=vehicle.insurance_wyr,
        fees=vehicle.fees_wyr,
    )


def transcost_price(cost_per_flight: float, profit: float, development: float, share: float, flights: float) -> float:
    """Return the price per flight: C (1 + profit) + C_dev share / N, all in one unit.

    ``share`` is the part of the development that the customers of N ``flights`` repay.
    """
    if not flights > 0.0:
        raise CostQuestionError(f"flights = {flights}: give the flights of the programme, above 0")
    return cost_per_flight * (1.0 + profit) + development * share / flights


def part_production(part: Part, flights: tuple[int, int], productivity: float = 1.0) -> float:
    """Return the mean cost (WYr) of one unit of a part among those that make these flights of the vehicle."""
    if not (part.count >= 1 and part.uses >= 1):
        raise CostQuestionError(f"count = {part.count}, uses = {part.uses} of {part.element}: give 1 or more of each")
    if not 1 <= flights[0] <= flights[1]:
        raise CostQuestionError(f"flights {flights[0]} to {flights[1]}: give 1 <= first <= last")
    vehicles = [math.ceil(flight / part.uses) for flight in flights]
    return part.fit * element_production(
        part.element,
        part.mass_kg,
        first_unit=(vehicles[0] - 1) * part.count + 1,
        last_unit=vehicles[1] * part.count,
        slope=part.slope,
        productivity=productivity,
        experience=part.experience,
        oversight=part.oversight,
    )


def part_share(part: Part, flights: tuple[int, int], productivity: float = 1.0) -> float:
    """Return what a part adds to one flight (WYr): the mean cost of its units over the flights each makes."""
    return part.count * part_production(part, flights, productivity) / part.uses


def _refurbished(part: Part, productivity: float) -> float:
    if part.uses == 1:
        return 0.0
    first_unit = part_production(dataclasses.replace(part, count=1), (1, 1), productivity)
    return refurbishment(part.refurbishment_fraction, part.uses, first_unit, part.count)
