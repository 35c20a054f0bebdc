"""The bands that cost inputs are made of: money, rates and fractions with their accepted ranges.

A band is a figure with a low, a most likely and a high value, a status and a source (:class:`hoverslam.data.figures.Band`).
Money stays in the currency that it was published in: in a file the key ends in the currency, ``_MCNY`` or ``_MUSD``.
"""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel

from hoverslam.data.figures import Band, Range
from hoverslam.data.reading import model_of

Currency = Literal["CNY", "USD"]


class Money(Band):
    """A band in millions of ``currency``."""

    set_by_key: ClassVar[frozenset[str]] = frozenset({"unit", "currency"})

    currency: Currency


Cash = Annotated[Money, Range(0.0, math.inf, closed=True)]
Positive = Annotated[Band, Range(0.0, math.inf)]
AtLeastOne = Annotated[Band, Range(1.0, math.inf, closed=True)]
Fraction = Annotated[Band, Range(0.0, 1.0, closed=True)]
Probability = Annotated[Band, Range(0.0, 1.0)]
Slope = Annotated[Band, Range(0.5, 1.0)]


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
