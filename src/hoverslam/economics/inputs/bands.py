"""The bands that cost inputs are made of: money, rates and fractions with their accepted ranges.

A band is a figure with a low, a most likely and a high value, a status and a source (:class:`hoverslam.data.figures.Band`).
Money stays in the currency that it was published in: in a file the key ends in the currency, ``_MCNY`` or ``_MUSD``.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel

from hoverslam.data.figures import Band, Figure, Range
from hoverslam.data.reading import model_of

Currency = Literal["CNY", "USD"]
ENDINGS: dict[str, Currency] = {"_MCNY": "CNY", "_MUSD": "USD"}
"""The endings of the keys of money, and the currency that each states."""


class Money(Band):
    """A band in millions of ``currency``."""

    set_by_key: ClassVar[frozenset[str]] = frozenset({"unit", "currency"})

    currency: Currency


CNY_IN_A_USD = 7.0  # for the ends of accepted ranges only; a cost is converted at the dated exchange rate


@dataclass(frozen=True)
class MoneyRange(Range):
    """Accepted range of money. The ends are in millions of US dollars; for yuan they are multiplied by ``CNY_IN_A_USD``."""

    def _out_of_range(self, figure: Figure, unit: str) -> list[tuple[str, str, str]]:
        """Return the numbers of a band of money that are outside the range, in the currency of the band."""
        assert isinstance(figure, Money)
        factor = 1.0 if figure.currency == "USD" else CNY_IN_A_USD
        own = Range(factor * self.low, factor * self.high, self.closed, self.reason)
        return own._out_of_range(figure, f"M {figure.currency}")


def _cash(high: float, reason: str) -> MoneyRange:
    """Return the range of money from 0, included, to ``high`` (M USD)."""
    return MoneyRange(0.0, high, closed=True, reason=reason)


Hardware = Annotated[Money, _cash(2000.0, "a whole SLS costs 2,200 M USD a flight: NASA OIG, IG-22-003")]
Work = Annotated[Money, _cash(200.0, "twice the list price of a whole Falcon Heavy flight")]
Propellants = Annotated[Money, _cash(50.0, "2,000 t of hydrogen and oxygen cost less")]
YearlyCost = Annotated[Money, _cash(10_000.0, "the Space Shuttle cost about 5,000 M USD a year")]
Development = Annotated[Money, _cash(100_000.0, "four times what SLS took to its first flight")]
LaunchPrice = Annotated[Money, _cash(5000.0, "no launch was ever sold for so much")]
PriceOfKilogram = Annotated[
    Band, Range(100.0, 10_000_000.0, reason="propellant alone costs about 80 CNY/kg, Pegasus 650,000 CNY/kg")
]
Rate = Annotated[Band, Range(0.0, 2000.0, reason="the busiest launcher flew 165 times in 2025")]
Uses = Annotated[Band, Range(1.0, 1000.0, closed=True, reason="the most flown booster has flown about 40 times")]
Years = Annotated[Band, Range(0.0, 100.0, reason="no launcher has been in service for longer")]
Mass = Annotated[Band, Range(0.0, 100_000.0, reason="in kg: no launcher lifts a satellite of more than 100 t")]
Satellites = Annotated[Band, Range(1.0, 1000.0, closed=True, reason="the most satellites on a launch were 143")]
Fraction = Annotated[Band, Range(0.0, 1.0, closed=True, reason="a fraction, not per cent")]
Probability = Annotated[Band, Range(0.0, 1.0, reason="a fraction, not per cent")]
Slope = Annotated[Band, Range(0.5, 1.0, reason="cost of the doubled rate over that of the single one")]


@dataclass(frozen=True)
class Aim:
    """The direction in which an input lowers the cost of a kilogram, for use in an annotation.

    Attributes:
        better: The end of the band at which a kilogram costs less.
        best: The best value that a target may ask for, in the unit of the band; None if a target does not ask for it.
    """

    better: Literal["low", "high"]
    best: float | None = None


def aims_of(model: type[BaseModel]) -> dict[str, Aim]:
    """Return the aim of every field of a model that states one, in the order of the fields."""
    return {
        name: mark
        for name, field in model.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Aim)
    }  # fmt: skip


def money_fields(model: type[BaseModel]) -> frozenset[str]:
    """Return the fields of a model that hold money."""
    return frozenset(name for name, field in model.model_fields.items() if model_of(field.annotation) is Money)


def unit_of_input(name: str, band: Band) -> str:
    """Return the unit of an input as tables show it: ``M CNY``, ``M CNY/yr``, ``1/yr``, ``flights``, ``yr`` or ``1``."""
    per_year = name.endswith("_per_year")
    if isinstance(band, Money):
        return f"M {band.currency}{'/yr' if per_year else ''}"
    if per_year:
        return "1/yr"
    if name.endswith(("_uses", "_flights")):
        return "flights"
    return "yr" if name.endswith("_years") else "1"
