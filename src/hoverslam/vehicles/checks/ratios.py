"""Ratios of figures of a vehicle file, and what they may be."""

from collections.abc import Callable, Iterator, Sequence

from hoverslam.data.errors import Mistake, shown
from hoverslam.vehicles.documents import Document


def numbers(document: Document, keys: Sequence[str]) -> list[float] | None:
    """Return the figures at several dotted keys, in the units of the keys; None if one is missing or wrong.

    A key that ends in ``count`` is a whole number, not a figure.
    """
    found: list[float] = []
    for key in keys:
        counts = document.counts(key) if key.endswith(".count") else []
        value = float(counts[0]) if counts else document.number(key)
        if value is None:
            return None
        found.append(value)
    return found


def outside(
    document: Document,
    keys: Sequence[str],
    formula: Callable[..., float],
    low: float,
    high: float,
    reason: str,
) -> Iterator[Mistake]:
    """Yield a mistake at the first of the keys if a ratio of figures is outside its range.

    Args:
        document: The vehicle file.
        keys: Dotted keys of the figures, in the order of the arguments of ``formula``.
        formula: Returns the ratio.
        low: Least ratio.
        high: Greatest ratio.
        reason: What is wrong and what to do; ``{found}``, ``{low}`` and ``{high}`` are filled in.
    """
    figures = numbers(document, keys)
    if figures is None:
        return
    try:
        found = formula(*figures)
    except (ZeroDivisionError, OverflowError, ValueError):
        return
    if not low <= found <= high:
        text = reason.format(found=f"{found:.3g}", low=f"{low:g}", high=f"{high:g}")
        value = shown(int(figures[0]) if keys[0].endswith(".count") else figures[0])
        yield Mistake(keys[0], value, text)
