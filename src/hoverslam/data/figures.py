"""A figure: a number with its unit, its uncertainty and its source; and the base class of all data models.

Data files hold no bare numbers. A file states for each figure how well it is known (``status``) and where it comes from
(``source``). The unit is the suffix of the key, such as ``dry_mass_t``; ``Figure.si`` is the value in SI.
"""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import isfinite, isinf
from typing import Annotated, ClassVar, Literal, Self, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    StringConstraints,
    ValidationInfo,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from hoverslam.data.errors import shown
from hoverslam.data.units import si_factor, unit_of

Status = Literal["published", "secondary", "derived", "estimate", "target"]
STATUSES: tuple[str, ...] = get_args(Status)

NAME_FORM = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""What a name that becomes part of a file's name may look like."""


def _on_one_line(text: str) -> str:
    """Return the text; raise an error if it holds a line break or another control character."""
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text):
        raise mistakes(("", shown(text), "must be one line of text, without line breaks and control characters"))
    return text


def _as_name(text: str) -> str:
    """Return the name; raise an error if it could not be part of a file's name on every system."""
    if not NAME_FORM.fullmatch(text):
        fix = "must be 1 to 64 of the characters a-z, 0-9, _ and -, of which the first is a letter or a digit"
        raise mistakes(("", shown(text), fix))
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_on_one_line)]
Name = Annotated[str, AfterValidator(_as_name)]
"""An id: of a vehicle, site, orbit, mission or recovery mode. It may become part of a file's name."""

_EXAMPLE = 'status = "estimate", source = "who says so" }'

_READ: ContextVar[set[int] | None] = ContextVar("figures read", default=None)


@contextmanager
def figures_read() -> Iterator[set[int]]:
    """Yield the ids of the figures whose value in SI units is read inside the context."""
    seen: set[int] = set()
    token = _READ.set(seen)
    try:
        yield seen
    finally:
        _READ.reset(token)


class Section(BaseModel):
    """Base class of everything read from a data file: one table of the file.

    Sections are frozen. They accept no unknown keys, no silent conversion between types, no NaN and no infinity.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Sourced(Section):
    """A table of a data file that states how well its content is known and where it comes from.

    Attributes:
        status: How well the content is known.
        source: Author or publisher and date, or the method.
    """

    status: Status
    source: Text


class Figure(Section):
    """A value in the unit of its key, with an optional band, a status and a source.

    Attributes:
        value: The value, in ``unit``.
        low: Low end of the band; None if none is stated.
        high: High end of the band; None if none is stated.
        unit: The unit that the key states, such as ``kN``; empty for a dimensionless figure.
        status: How well the value is known.
        source: Author or publisher and date, or the method.
    """

    set_by_key: ClassVar[frozenset[str]] = frozenset({"unit"})
    """Fields that the key of the figure determines; a file does not state them."""

    value: float
    low: float | None = None
    high: float | None = None
    unit: str = ""
    status: Status
    source: Text

    @property
    def si(self) -> float:
        """Value in SI units (kg, N, m, s, rad, Pa, m/s2, W/m2); a percentage as a fraction."""
        seen = _READ.get()
        if seen is not None:
            seen.add(id(self))
        return self.value * si_factor(self.unit)

    @property
    def ends(self) -> tuple[float, float]:
        """Low and high end of the band in ``unit``; the value itself in place of an end that is not stated."""
        return self.value if self.low is None else self.low, self.value if self.high is None else self.high

    @property
    def low_si(self) -> float:
        """Low end of the band in SI units; the value itself if no low end is stated."""
        return self.ends[0] * si_factor(self.unit)

    @property
    def high_si(self) -> float:
        """High end of the band in SI units; the value itself if no high end is stated."""
        return self.ends[1] * si_factor(self.unit)

    def __str__(self) -> str:
        band = ""
        if self.low is not None or self.high is not None:
            low, high = ("" if end is None else f"{end:g}" for end in (self.low, self.high))
            band = f" ({low} to {high})"
        return f"{self.value:g}{band} {self.unit}".rstrip()


class Band(Figure):
    """A figure whose band is stated: the value is the most likely one, ``low`` and ``high`` are its limits.

    Attributes:
        low: Least value, in ``unit``.
        high: Greatest value, in ``unit``.
    """

    low: float
    high: float

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        """Return the band; raise an error if its ends and its value are not in order."""
        if found := _out_of_order(self):
            raise mistakes(*found)
        return self

    @property
    def mode(self) -> float:
        """Most likely value: the mode of the distribution that the band is sampled from."""
        return self.value


@dataclass(frozen=True)
class Range:
    """Accepted range of a figure, for use in an annotation: ``Annotated[Figure, Range(0, 500)]``.

    Attributes:
        low: Low end, in the unit of the key; excluded unless ``closed``.
        high: High end, in the unit of the key; included.
        closed: Whether the low end is included.
        reason: Why the range ends where it does; messages state it.
    """

    low: float
    high: float
    closed: bool = False
    reason: str = ""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema by which pydantic reads the annotated field."""
        return core_schema.with_info_wrap_validator_function(self._validate, handler(source))

    def text(self, unit: str = "") -> str:
        """Return the range in words, such as ``must be more than 0 and at most 500 t``."""
        start = "at least" if self.closed else "more than"
        end = "" if isinf(self.high) else f" and at most {self.high:g}"
        why = f" ({self.reason})" if self.reason else ""
        return f"must be {start} {self.low:g}{end} {unit}".rstrip() + why

    def holds(self, number: float) -> bool:
        """Return whether a number lies within the range."""
        return (number >= self.low if self.closed else number > self.low) and number <= self.high

    def _validate(self, raw: object, handler: core_schema.ValidatorFunctionWrapHandler, info: ValidationInfo) -> Figure:
        """Return the figure of the annotated field; raise an error that holds all mistakes in it."""
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

    def _out_of_range(self, figure: Figure, unit: str) -> list[tuple[str, str, str]]:
        """Return the numbers of a figure that are outside the range."""
        numbers = {"": figure.value, ".low": figure.low, ".high": figure.high}
        return [
            (name, shown(number), self.text(unit))
            for name, number in numbers.items()
            if number is not None and not (isfinite(number) and self.holds(number))
        ]


def _out_of_order(figure: Figure) -> list[tuple[str, str, str]]:
    """Return the mistake of a band whose low end exceeds its high end, or that does not contain its value."""
    low, high = figure.ends
    if figure.low is not None and figure.high is not None and low > high:
        return [(".low", shown(low), f"low must not exceed high ({high:g})")]
    if not low <= figure.value <= high:
        return [("", shown(figure.value), f"must lie within its own band, {low:g} to {high:g}")]
    return []


@dataclass(frozen=True)
class Whole:
    """Accepted range of a whole number, both ends included: ``Annotated[int, Whole(1, 50)]``."""

    low: int
    high: int

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema by which pydantic reads the annotated field."""
        return core_schema.no_info_wrap_validator_function(self._validate, handler(source))

    def _validate(self, raw: object, handler: core_schema.ValidatorFunctionWrapHandler) -> int:
        """Return the number; raise an error if it is not a whole number or outside the range."""
        if not isinstance(raw, int) or isinstance(raw, bool) or not self.low <= raw <= self.high:
            raise mistakes(("", shown(raw), f"must be a whole number from {self.low} to {self.high}"))
        return int(handler(raw))


def mistakes(*found: tuple[str, str, str]) -> PydanticCustomError:
    """Return several mistakes as one pydantic error, which ``complaints`` in :mod:`hoverslam.data.reading` separates again.

    Args:
        *found: For each mistake the key below the validated field or model (``.low``; empty for the field itself), the
            value as messages show it, and the remedy.
    """
    return PydanticCustomError("mistakes", "mistakes", {"found": found})


AnySection = TypeVar("AnySection", bound=Section)


def figures_of(section: Section, prefix: str = "") -> Iterator[tuple[str, Figure]]:
    """Yield every figure below ``section`` with its dotted key; entries of a list are numbered from 0."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Figure):
            yield prefix + name, value
        elif isinstance(value, Section):
            yield from figures_of(value, f"{prefix}{name}.")
        elif isinstance(value, tuple):
            for number, entry in enumerate(value):
                if isinstance(entry, Section):
                    yield from figures_of(entry, f"{prefix}{name}[{number}].")


def with_figure(section: AnySection, key: str, value: float) -> AnySection:
    """Return a copy of a section with the value of one figure replaced, in the unit of its key.

    The new value is not checked against the range or the band, so that derivatives by finite differences can step over
    their ends.

    Args:
        section: A section, such as a vehicle.
        key: Dotted key of the figure, such as ``stage1.dry_mass_t``.
        value: The new value.

    Raises:
        KeyError: If no figure has that key.
    """
    name, _, rest = key.partition(".")
    old = getattr(section, name, None)
    if isinstance(old, Figure) and not rest:
        return section.model_copy(update={name: old.model_copy(update={"value": value})})
    if not (isinstance(old, Section) and rest):
        raise KeyError(key)
    return section.model_copy(update={name: with_figure(old, rest, value)})
