"""What a cost input is: a band with a status and a source, and the groups of bands that one vehicle needs.

A vehicle's file has four groups. ``cost`` is what the operator spends, ``operations`` is how the vehicle is flown,
``price`` is what customers pay or are promised (kept for comparison, never added to a cost), and ``landing`` names
the landing record to learn from. Money stays in the currency it was published in. Bands that only a returning booster
needs are optional: a file without them describes an expendable vehicle.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from hoverslam.economics.inputs.errors import CostQuestionError

Recovery = Literal["expendable", "downrange", "return_to_launch_site"]
RECOVERIES: tuple[Recovery, ...] = ("expendable", "downrange", "return_to_launch_site")

Status = Literal["published", "secondary", "derived", "estimate", "target"]
Currency = Literal["CNY", "USD"]


class Frozen(BaseModel):
    """Immutable, strict, and closed to unknown keys: the base of everything read from a data file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Sourced(Frozen):
    """A figure that says how well it is known and where it comes from."""

    status: Status
    source: str

    @field_validator("source")
    @classmethod
    def _named(cls, source: str) -> str:
        if not source.strip():
            raise ValueError("the source is empty; name author or publisher, and date")
        return source


class Band(Sourced):
    """A low, a most likely and a high value, in the unit of its key."""

    low: float
    mode: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Band:
        if not self.low <= self.mode <= self.high:
            raise ValueError(f"low {self.low:g}, mode {self.mode:g}, high {self.high:g} are out of order; sort them")
        return self


class Money(Band):
    """A band in millions of ``currency``. In a file the currency is the key's ending: ``_MCNY`` or ``_MUSD``."""

    currency: Currency


def _limits(low: float, high: float, *, open_low: bool = False) -> AfterValidator:
    """Return a validator that keeps a band within [low, high], or (low, high] when ``open_low``."""

    def check(band: Band) -> Band:
        too_low = band.low <= low if open_low else band.low < low
        if too_low or band.high > high:
            accepted = f"{'(' if open_low else '['}{low:g}, {high:g}{')' if math.isinf(high) else ']'}"
            raise ValueError(f"{band.low:g} to {band.high:g} leaves the accepted range; keep it within {accepted}")
        return band

    return AfterValidator(check)


Cash = Annotated[Money, _limits(0.0, math.inf)]
Positive = Annotated[Band, _limits(0.0, math.inf, open_low=True)]
AtLeastOne = Annotated[Band, _limits(1.0, math.inf)]
Fraction = Annotated[Band, _limits(0.0, 1.0)]
Probability = Annotated[Band, _limits(0.0, 1.0, open_low=True)]
Slope = Annotated[Band, _limits(0.5, 1.0, open_low=True)]


class Costs(Frozen):
    """What the operator spends. ``stage1_unit_cost`` is the stage as built to return, recovery hardware included.

    ``refurbishment_fraction`` is a booster's first refurbishment over the cost of the stage; each later one is dearer
    by ``refurbishment_growth`` of the first. ``development_share`` of ``development_cost`` is what launches must earn
    back in ``programme_years``; the rest was paid by a state or written off. Upper stages learn as boosters do where
    ``upper_stage_reference_units_per_year`` says for which rate their cost is meant: one is built for every launch.
    """

    stage1_unit_cost: Cash
    upper_stage_unit_cost: Cash
    fairing_cost: Cash
    fairing_uses: AtLeastOne
    pad_and_range: Cash
    mission_operations: Cash
    propellant: Cash
    fixed_cost_per_year: Cash
    insurance_rate: Fraction
    learning_slope: Slope
    reference_units_per_year: Positive
    upper_stage_reference_units_per_year: Positive | None = None
    recovery_hardware_fraction: Fraction | None = None
    refurbishment_fraction: Fraction | None = None
    refurbishment_growth: Fraction | None = None
    recovery_operations_downrange: Cash | None = None
    recovery_operations_return_to_launch_site: Cash | None = None
    development_cost: Cash | None = None
    development_share: Fraction | None = None
    programme_years: Positive | None = None

    @model_validator(mode="after")
    def _whole_development(self) -> Costs:
        bands = {
            "development_cost_MCNY": self.development_cost,
            "development_share": self.development_share,
            "programme_years": self.programme_years,
        }
        missing = [key for key, band in bands.items() if band is None]
        if 0 < len(missing) < len(bands):
            raise ValueError(
                f"development lacks {' and '.join(missing)}; give {', '.join(bands)} together or none of them"
            )
        return self


class Operations(Frozen):
    """How the vehicle is flown. ``max_flights`` is the flight after which a booster is retired."""

    launches_per_year: Positive
    mission_success_probability: Probability
    load_factor: Probability
    max_flights: AtLeastOne | None = None
    intact_probability: Fraction | None = None


class Prices(Frozen):
    """What customers pay (market, list) or are promised (target). Shown beside a cost, never part of one."""

    market_cny_per_kg: Positive
    target_cny_per_kg: Positive | None = None
    list_price: Cash | None = None

    @field_validator("target_cny_per_kg")
    @classmethod
    def _is_a_target(cls, band: Band | None) -> Band | None:
        if band is not None and band.status != "target":
            raise ValueError(f'a target has the status "{band.status}"; write status = "target"')
        return band


class Landing(Frozen):
    """Which landing record the vehicle is judged by, and the discounted record of another that serves as its prior."""

    record: str
    prior_record: str | None = None
    prior_discount: Probability | None = None

    @model_validator(mode="after")
    def _paired(self) -> Landing:
        if (self.prior_record is None) != (self.prior_discount is None):
            raise ValueError("prior_record and prior_discount belong together; give both or neither")
        return self


GROUPS: dict[str, type[Frozen]] = {"cost": Costs, "operations": Operations, "price": Prices, "landing": Landing}
MONEY_FIELDS = {
    "cost": frozenset(
        {
            "stage1_unit_cost",
            "upper_stage_unit_cost",
            "fairing_cost",
            "pad_and_range",
            "mission_operations",
            "propellant",
            "fixed_cost_per_year",
            "recovery_operations_downrange",
            "recovery_operations_return_to_launch_site",
            "development_cost",
        }
    ),
    "price": frozenset({"list_price"}),
}


class CostInputs(Frozen):
    """Everything the cost model knows about one vehicle."""

    vehicle: str
    name: str
    evidence_date: datetime.date
    cost: Costs
    operations: Operations
    price: Prices
    landing: Landing | None = None

    def replace(self, source: str = "set by the caller", **values: float | Sequence[float]) -> CostInputs:
        """Return a copy with some bands replaced, to ask "what if".

        ``values`` maps the name of a band (``launches_per_year``, ``stage1_unit_cost``) to one number or to
        (low, mode, high), in the band's own unit: money in millions of its own currency. The copy is validated like a
        file. Raises ``CostQuestionError`` for a name that is no band of ``cost`` or ``operations``.
        """
        data = self.model_dump()
        for name, value in values.items():
            group = next((key for key in ("cost", "operations") if data[key].get(name)), None)
            if group is None:
                known = [key for part in ("cost", "operations") for key, band in data[part].items() if band]
                raise CostQuestionError(f"{self.vehicle} has no cost input {name!r}; it has {', '.join(known)}")
            data[group][name] |= _as_band(name, value) | {"status": "estimate", "source": source}
        try:
            return CostInputs.model_validate(data)
        except ValidationError as error:
            lines = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
            raise CostQuestionError("\n".join(lines)) from error


def _as_band(name: str, value: float | Sequence[float]) -> dict[str, Any]:
    numbers = [float(value)] * 3 if isinstance(value, (int, float)) else [float(x) for x in value]
    if len(numbers) != 3:
        raise CostQuestionError(f"{name} = {value!r}: give one number or three (low, mode, high)")
    return dict(zip(("low", "mode", "high"), numbers, strict=True))


class ExchangeRate(Band):
    """Yuan per US dollar on a date."""

    date: datetime.date


class LandingRecord(Sourced):
    """Landing attempts of one vehicle, or of a family, up to ``date``."""

    name: str
    successes: Annotated[int, Field(ge=0)]
    attempts: Annotated[int, Field(ge=0)]
    date: datetime.date

    @model_validator(mode="after")
    def _possible(self) -> LandingRecord:
        if self.successes > self.attempts:
            raise ValueError(
                f"{self.successes} successes in {self.attempts} attempts; successes cannot exceed attempts"
            )
        return self

    @property
    def failures(self) -> int:
        return self.attempts - self.successes
