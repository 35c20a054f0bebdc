"""What customers pay: list prices and tenders. They never enter a cost, which is what the operator spends."""

import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from hoverslam.data.figures import Section, Sourced, Text, mistakes
from hoverslam.economics.inputs.quantities import Quantity, checked_payload

Positive = Annotated[float, Field(gt=0)]


class ListPrice(Sourced):
    """A published price of a launch (M USD) and the payload (kg) for which it is quoted."""

    name: Text
    price_MUSD: Positive
    payload_kg: Positive
    date: datetime.date

    @property
    def usd_per_kg(self) -> float:
        """Price of a kilogram of the payload for which the launch is quoted (USD)."""
        return float(price_per_kilogram(1e6 * self.price_MUSD, self.payload_kg))


class Lot(Section):
    """Launches of one kind in a tender: their number, the satellites on each, and the price of each (M CNY)."""

    launches: Annotated[int, Field(ge=1)]
    satellites: Annotated[int, Field(ge=1)]
    price_MCNY: Positive


class Tender(Sourced):
    """A request for launches with ceiling prices. Its budget must be the sum of its lots."""

    name: Text
    budget_MCNY: Positive
    lots: Annotated[tuple[Lot, ...], Field(strict=False)]
    date: datetime.date

    @model_validator(mode="after")
    def _check_sum(self) -> Self:
        total = sum(lot.launches * lot.price_MCNY for lot in self.lots)
        if abs(total - self.budget_MCNY) > 1e-9 * total:
            raise mistakes((".budget_MCNY", f"{self.budget_MCNY:g}", f"must be the sum of the lots, {total:g}"))
        return self


def price_per_kilogram(price: Quantity, payload_kg: Quantity) -> Quantity:
    """Return the price of a launch divided by the payload (kg) for which it is quoted, in the currency given per kg.

    Args:
        price: Price of a launch, in any currency.
        payload_kg: Payload for which it is quoted (kg).
    """
    return price / checked_payload(payload_kg)
