"""The cost inputs of one vehicle, as its data file states them.

A file has four groups. ``cost`` is what the operator spends, ``operations`` is how the vehicle is flown, ``price`` is what
customers pay or are promised (shown for comparison, never added to a cost), and ``landing`` names the landing record from
which the landing probability is inferred. Bands that only a returning booster needs are optional: a file without them
describes an expendable vehicle.

A new element of cost takes a field here and a component in :mod:`hoverslam.economics.model.launch_cost`.
"""

import datetime
from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from hoverslam.data.errors import shown
from hoverslam.data.figures import Band, Section, Sourced, Text, mistakes
from hoverslam.data.reading import complaints
from hoverslam.economics.inputs.bands import (
    ENDINGS,
    Aim,
    Currency,
    Development,
    Fraction,
    Hardware,
    LaunchPrice,
    Money,
    PriceOfKilogram,
    Probability,
    Propellants,
    Rate,
    Slope,
    Uses,
    Work,
    YearlyCost,
    Years,
    money_fields,
)
from hoverslam.economics.inputs.errors import CostQuestionError

LESS = Aim("low")
NOTHING = Aim("low", best=0.0)
MORE = Aim("high")
ALWAYS = Aim("high", best=1.0)


class Costs(Section):
    """What the operator spends. Money is in millions of the currency in which a file states it (CNY or USD).

    Attributes:
        stage1_unit_cost: Cost of a first stage, recovery hardware included.
        upper_stage_unit_cost: Cost of an upper stage.
        fixed_cost_per_year: Fixed cost of a year.
        refurbishment_fraction: First refurbishment of a booster over the cost of the stage.
        mission_operations: Mission operations of a launch.
        pad_and_range: Pad and range of a launch.
        fairing_cost: Cost of a fairing.
        fairing_uses: Flights of a fairing.
        propellant: Propellant of a launch.
        insurance_rate: Insurance over all other costs of a launch except development.
        learning_slope: Factor on the unit cost for each doubling of the production rate.
        reference_units_per_year: Production rate at which ``stage1_unit_cost`` holds (1/yr).
        upper_stage_reference_units_per_year: Production rate at which ``upper_stage_unit_cost`` holds (1/yr); without it, that
            cost does not change with the rate.
        recovery_hardware_fraction: Recovery hardware over the cost of the stage without it.
        refurbishment_growth: Increase of the cost from one refurbishment to the next, over the cost of the first.
        recovery_operations_downrange: Recovery operations of a launch with a downrange landing.
        recovery_operations_return_to_launch_site: Recovery operations of a launch with a return to the launch site.
        development_cost: Development cost of the vehicle.
        development_share: Share of the development cost that launches must earn back; a state has paid the rest, or it is
            written off.
        programme_years: Time in which they earn it back (yr).
    """

    stage1_unit_cost: Annotated[Hardware, NOTHING]
    upper_stage_unit_cost: Annotated[Hardware, NOTHING]
    fixed_cost_per_year: Annotated[YearlyCost, NOTHING]
    refurbishment_fraction: Annotated[Fraction | None, NOTHING] = None
    mission_operations: Annotated[Work, NOTHING]
    pad_and_range: Annotated[Work, NOTHING]
    fairing_cost: Annotated[Work, NOTHING]
    fairing_uses: Annotated[Uses, MORE]
    propellant: Annotated[Propellants, LESS]
    insurance_rate: Annotated[Fraction, LESS]
    learning_slope: Slope
    reference_units_per_year: Rate
    upper_stage_reference_units_per_year: Rate | None = None
    recovery_hardware_fraction: Fraction | None = None
    refurbishment_growth: Annotated[Fraction | None, LESS] = None
    recovery_operations_downrange: Annotated[Work | None, LESS] = None
    recovery_operations_return_to_launch_site: Annotated[Work | None, LESS] = None
    development_cost: Annotated[Development | None, LESS] = None
    development_share: Annotated[Fraction | None, LESS] = None
    programme_years: Annotated[Years | None, MORE] = None

    @model_validator(mode="after")
    def _check_development(self) -> Self:
        bands = {
            "development_cost_MCNY": self.development_cost,
            "development_share": self.development_share,
            "programme_years": self.programme_years,
        }
        missing = [key for key, band in bands.items() if band is None]
        if 0 < len(missing) < len(bands):
            remedy = f"lacks {' and '.join(missing)}: give {', '.join(bands)} together or none of them"
            raise mistakes(("", "", f"development {remedy}"))
        return self


class OperationsInputs(Section):
    """How the vehicle is flown.

    Attributes:
        launches_per_year: Launch rate (1/yr).
        max_flights: Flight after which a booster is retired.
        intact_probability: Probability that a landed booster is undamaged.
        load_factor: Mean share of the payload that is used.
        mission_success_probability: Probability that the payload arrives.
    """

    launches_per_year: Annotated[Rate, Aim("high", best=300.0)]
    max_flights: Annotated[Uses | None, Aim("high", best=100.0)] = None
    intact_probability: Annotated[Fraction | None, ALWAYS] = None
    load_factor: Annotated[Probability, ALWAYS]
    mission_success_probability: Annotated[Probability, ALWAYS]


class Prices(Section):
    """Prices, for comparison with the cost. No price enters a cost.

    Attributes:
        market_cny_per_kg: Price of a kilogram on the market (CNY/kg).
        target_cny_per_kg: Price of a kilogram that the operator has promised (CNY/kg).
        list_price: Published price of a launch (millions of its currency).
    """

    market_cny_per_kg: PriceOfKilogram
    target_cny_per_kg: PriceOfKilogram | None = None
    list_price: LaunchPrice | None = None

    @model_validator(mode="after")
    def _check_target(self) -> Self:
        target = self.target_cny_per_kg
        if target is not None and target.status != "target":
            raise mistakes((".target_cny_per_kg.status", shown(target.status), 'a target has status = "target"'))
        return self


class LandingInputs(Section):
    """The landing record of the vehicle, and the discounted record of another one that serves as its prior.

    Attributes:
        record: Key of the landing record.
        prior_record: Key of the record of another vehicle.
        prior_discount: Weight of an attempt in that record, relative to an attempt of the vehicle.
    """

    record: Text
    prior_record: Text | None = None
    prior_discount: Probability | None = None

    @model_validator(mode="after")
    def _check_pair(self) -> Self:
        if (self.prior_record is None) != (self.prior_discount is None):
            raise mistakes(("", "", "prior_record and prior_discount belong together: give both or neither"))
        return self


GROUPS: dict[str, type[Section]] = {
    "cost": Costs,
    "operations": OperationsInputs,
    "price": Prices,
    "landing": LandingInputs,
}
MONEY_FIELDS = {group: money_fields(model) for group, model in GROUPS.items()}
"""The fields of each group whose keys end in a currency."""


class CostInputs(Section):
    """All inputs of the cost model for one vehicle.

    Attributes:
        vehicle: Name of the vehicle.
        name: Name for readers.
        evidence_date: Date of the sources.
        cost: What the operator spends.
        operations: How the vehicle is flown.
        price: Prices for comparison.
        landing: Landing record; None for a vehicle that does not land.
    """

    vehicle: Text
    name: Text
    evidence_date: datetime.date
    cost: Costs
    operations: OperationsInputs
    price: Prices
    landing: LandingInputs | None = None

    def bands(self) -> dict[str, Band]:
        """Return the bands of costs and operations that the file states, by name."""
        found = {**dict(self.cost), **dict(self.operations)}
        return {name: band for name, band in found.items() if band is not None}

    def keys(self) -> list[str]:
        """Return the keys of ``bands()`` as the file states them: those of money end in their currency."""
        return [f"{name}_M{band.currency}" if isinstance(band, Money) else name for name, band in self.bands().items()]

    def replace(self, source: str = "set by the caller", **values: float | Sequence[float]) -> "CostInputs":
        """Return a copy with some bands of ``cost`` and ``operations`` replaced. It is checked like a file.

        Args:
            source: What the replaced bands state as their source.
            **values: One number, or (low, most likely, high), by the key of the band as a file states it, such as
                ``launches_per_year`` or ``stage1_unit_cost_MUSD``. The key of money ends in its currency, ``_MUSD`` or
                ``_MCNY``, in which a file need not have stated it; without the ending it is in the currency of the band.

        Raises:
            CostQuestionError: For a name that is no band of the vehicle, or values that the band cannot have.
        """
        known, changed = self.bands(), self
        for key, value in values.items():
            name = name_and_currency(key)[0]
            if name not in known:
                raise CostQuestionError(f"{self.vehicle} has no cost input {key!r}; it has {', '.join(self.keys())}")
            group = "cost" if name in Costs.model_fields else "operations"
            section = _with_band(getattr(changed, group), key, value, source)
            changed = changed.model_copy(update={group: section})
        return changed


def name_and_currency(key: str) -> tuple[str, Currency | None]:
    """Return the name of the field behind a key, and the currency in which the key ends; None for a key without one."""
    name, currency = key[:-5], ENDINGS.get(key[-5:])
    if currency is not None and any(name in fields for fields in MONEY_FIELDS.values()):
        return name, currency
    return key, None


def _with_band(section: Section, key: str, value: float | Sequence[float], source: str) -> Section:
    """Return a copy of a section with one band replaced and checked."""
    name, currency = name_and_currency(key)
    numbers = [float(value)] * 3 if isinstance(value, (int, float)) else [float(x) for x in value]
    if len(numbers) != 3:
        raise CostQuestionError(f"{key} = {value!r}: give one number or three (low, most likely, high)")
    band = getattr(section, name).model_dump(exclude={"unit"})
    band |= {"low": numbers[0], "value": numbers[1], "high": numbers[2], "status": "estimate", "source": source}
    if currency is not None:
        band["currency"] = currency
    try:
        return type(section).model_validate(dict(section) | {name: band})
    except ValidationError as error:
        found = complaints(error, type(section))
        if isinstance(value, (int, float)):  # one number stands for the whole band: one line is enough
            found = found[:1]
        lines = [mistake._replace(key=mistake.key.replace(name, key, 1)).line(source) for mistake in found]
        raise CostQuestionError("\n".join(lines)) from None


class ExchangeRate(Band):
    """Yuan per US dollar on a date."""

    date: datetime.date


class LandingRecord(Sourced):
    """Landing attempts of one vehicle, or of a family of vehicles.

    Attributes:
        name: Name for readers.
        successes: Landings that succeeded.
        attempts: Landing attempts.
        date: Date up to which they are counted.
    """

    name: Text
    successes: Annotated[int, Field(ge=0)]
    attempts: Annotated[int, Field(ge=0)]
    date: datetime.date

    @model_validator(mode="after")
    def _check_counts(self) -> Self:
        if self.successes > self.attempts:
            raise mistakes((".successes", shown(self.successes), f"must not exceed the attempts ({self.attempts})"))
        return self

    @property
    def failures(self) -> int:
        """Attempts that did not succeed."""
        return self.attempts - self.successes
