"""What customers pay: list prices and tenders. Nothing here enters a cost; a cost is what the operator spends."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from hoverslam.economics.inputs.models import Frozen, Sourced
from hoverslam.economics.inputs.quantities import Quantity, checked_payload

Positive = Annotated[float, Field(gt=0)]


class ListPrice(Sourced):
    """A published price of a launch (M USD) and the payload (kg) it is quoted against."""

    name: str
    price_MUSD: Positive
    payload_kg: Positive
    date: datetime.date

    @property
    def usd_per_kg(self) -> float:
        return float(price_per_kilogram(1e6 * self.price_MUSD, self.payload_kg))


class Lot(Frozen):
    """A number of like launches in a tender: satellites on each, and the price of each (M CNY)."""

    launches: Annotated[int, Field(ge=1)]
    satellites: Annotated[int, Field(ge=1)]
    price_MCNY: Positive


class Tender(Sourced):
    """A request for launches with ceiling prices. Its budget must be the sum of its lots."""

    name: str
    budget_MCNY: Positive
    lots: tuple[Lot, ...]
    date: datetime.date

    @field_validator("lots", mode="before")
    @classmethod
    def _as_tuple(cls, lots: Any) -> Any:
        return tuple(lots) if isinstance(lots, list) else lots

    @model_validator(mode="after")
    def _adds_up(self) -> Tender:
        total = sum(lot.launches * lot.price_MCNY for lot in self.lots)
        if abs(total - self.budget_MCNY) > 1e-9 * total:
            raise ValueError(f"the lots sum to {total:g} and the budget is {self.budget_MCNY:g}; make them agree")
        return self


def price_per_kilogram(price: Quantity, payload_kg: Quantity) -> Quantity:
    """Return the price of a launch divided by the payload (kg) it is quoted against, in the currency given per kg."""
    return price / checked_payload(payload_kg)
