"""A figure: a number with its unit, its uncertainty and where it comes from.

Nothing here is a bare number. A vehicle file states for each figure how well it is known (`status`) and who says so
(`source`); `Figure.si` hands the value on to the equations of motion in SI.
"""

from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, StringConstraints, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from hoverslam.data.errors import shown
from hoverslam.data.units import si_factor, unit_of

Status = Literal["published", "secondary", "derived", "estimate", "target"]
STATUSES: tuple[str, ...] = get_args(Status)

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

_EXAMPLE = 'status = "estimate", source = "who says so" }'


class Section(BaseModel):
    """A table of a data file: frozen, no unknown keys, no silent conversion between types, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Figure(Section):
    """A value in the unit of its key, with an optional band, the status of the knowledge and its source."""

    value: float
    low: float | None = None
    high: float | None = None
    unit: str = ""
    status: Status
    source: Text

    @property
    def si(self) -> float:
        """The value in SI units (kg, N, m, s, rad, Pa, m/s2, W/m2; percent as a fraction)."""
        return self.value * si_factor(self.unit)

    @property
    def low_si(self) -> float:
        """The low end of the band in SI units; the value itself where no low end is stated."""
        return (self.value if self.low is None else self.low) * si_factor(self.unit)

    @property
    def high_si(self) -> float:
        """The high end of the band in SI units; the value itself where no high end is stated."""
        return (self.value if self.high is None else self.high) * si_factor(self.unit)

    def __str__(self) -> str:
        band = ""
        if self.low is not None or self.high is not None:
            low, high = ("" if end is None else f"{end:g}" for end in (self.low, self.high))
            band = f" ({low} to {high})"
        return f"{self.value:g}{band} {self.unit}".rstrip()


@dataclass(frozen=True)
class Range:
    """Marks a figure's accepted range, in the unit of its key. The low end is excluded unless `closed`."""

    low: float
    high: float
    closed: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_wrap_validator_function(self._validate, handler(source))

    def text(self, unit: str = "") -> str:
        """The range in words: `more than 0 and at most 500 t`."""
        start = "at least" if self.closed else "more than"
        return f"must be {start} {self.low:g} and at most {self.high:g} {unit}".rstrip()

    def holds(self, number: float) -> bool:
        return (number >= self.low if self.closed else number > self.low) and number <= self.high

    def _validate(self, raw: Any, handler: core_schema.ValidatorFunctionWrapHandler, info: ValidationInfo) -> Figure:
        unit = unit_of(info.field_name or "")
        if isinstance(raw, (int, float)) and not isinstance(raw, bool):
            fix = f"a figure carries its source: write {{ value = {shown(raw)}, {_EXAMPLE}"
            raise mistakes(("", shown(raw), fix))
        if isinstance(raw, dict):
            if "unit" in raw:
                raise mistakes((".unit", shown(raw["unit"]), f"remove it: the key says the unit ({unit or 'none'})"))
            raw = {**raw, "unit": unit}
        elif not isinstance(raw, Figure):
            raise mistakes(("", shown(raw), f"must be a figure: {{ value = 1.0, {_EXAMPLE}"))
        figure: Figure = handler(raw)
        found = list(self._out_of_range(figure, unit)) or list(_out_of_order(figure))
        if found:
            raise mistakes(*found)
        return figure

    def _out_of_range(self, figure: Figure, unit: str) -> "list[tuple[str, str, str]]":
        numbers = {"": figure.value, ".low": figure.low, ".high": figure.high}
        return [
            (name, shown(number), self.text(unit))
            for name, number in numbers.items()
            if number is not None and not (isfinite(number) and self.holds(number))
        ]


def _out_of_order(figure: Figure) -> "list[tuple[str, str, str]]":
    """A band the wrong way round, or one that its own value lies outside of."""
    low = figure.value if figure.low is None else figure.low
    high = figure.value if figure.high is None else figure.high
    if figure.low is not None and figure.high is not None and low > high:
        return [(".low", shown(low), f"low must not exceed high ({high:g})")]
    if not low <= figure.value <= high:
        return [("", shown(figure.value), f"must lie within its own band, {low:g} to {high:g}")]
    return []


@dataclass(frozen=True)
class Whole:
    """Marks the accepted range of a plain whole number, both ends included."""

    low: int
    high: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._validate, handler(source))

    def _validate(self, raw: Any, handler: core_schema.ValidatorFunctionWrapHandler) -> int:
        if not isinstance(raw, int) or isinstance(raw, bool) or not self.low <= raw <= self.high:
            raise mistakes(("", shown(raw), f"must be a whole number from {self.low} to {self.high}"))
        return int(handler(raw))


def mistakes(*found: tuple[str, str, str]) -> PydanticCustomError:
    """Several mistakes (key below the field, value shown, fix) as one pydantic error, which the reader takes apart."""
    return PydanticCustomError("mistakes", "mistakes", {"found": found})
