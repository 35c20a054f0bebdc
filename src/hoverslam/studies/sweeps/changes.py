"""The points of a sweep from lists of values: all combinations, or one point an index; checked before anything is solved."""

from collections.abc import Iterable, Mapping
from itertools import product
from math import isfinite
from typing import Any

from hoverslam.data.errors import Mistake, shown
from hoverslam.data.overrides import as_number

Changes = tuple[tuple[str, float], ...]
"""The changed figures of one point: key and value of each, in the order in which they were given."""

EXAMPLE = 'such as {"stage1.dry_mass_t": [40, 42, 44]}'


class SweepError(ValueError):
    """Figures or values that cannot be swept; one line for each mistake: the key, the value and the remedy."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        super().__init__("\n".join(mistake.line("sweep") for mistake in mistakes))


def changes_of(figures: Mapping[str, Iterable[float]], grid: bool) -> list[Changes]:
    """Return the points of a sweep.

    Args:
        figures: Values by key of a figure.
        grid: Whether all combinations are points. Otherwise the lists have one length, and each index is one point.

    Raises:
        SweepError: If there is no key or no value, a value is no finite number, or lists have unequal lengths without a grid.
    """
    if not isinstance(figures, Mapping) or not figures:
        raise SweepError([Mistake("figures", "", f"must give values by key, {EXAMPLE}")])
    mistakes: list[Mistake] = []
    lists = {str(key): _numbers(str(key), values, mistakes) for key, values in figures.items()}
    lengths = {key: len(values) for key, values in lists.items()}
    if not mistakes and not grid and len(set(lengths.values())) > 1:
        told = ", ".join(f"{key} {count}" for key, count in lengths.items())
        fix = "without a grid, give lists of one length; or leave grid=True for all combinations"
        mistakes.append(Mistake("numbers of values", told, fix))
    if mistakes:
        raise SweepError(mistakes)
    rows = product(*lists.values()) if grid else zip(*lists.values(), strict=True)
    return [tuple(zip(lists, row, strict=True)) for row in rows]


def in_words(changes: Changes) -> str:
    """Return changed figures as text, such as ``stage1.dry_mass_t = 42``."""
    return ", ".join(f"{key} = {value:.10g}" for key, value in changes)


def _numbers(key: str, values: Any, mistakes: list[Mistake]) -> list[float]:
    """Return the values of one key as numbers; what is wrong with them is appended to ``mistakes``."""
    if isinstance(values, str | Mapping) or not isinstance(values, Iterable):
        mistakes.append(Mistake(key, shown(values), f"must be a list of numbers, {EXAMPLE}"))
        return []
    found = [as_number(value) for value in values]
    if not found:
        mistakes.append(Mistake(key, "[]", "give at least one value"))
    wrong = [x for x in found if isinstance(x, bool) or not isinstance(x, int | float) or not isfinite(x)]
    mistakes += [Mistake(key, shown(value), "must be a finite number, in the unit of the key") for value in wrong]
    return [] if wrong else [float(value) for value in found]
