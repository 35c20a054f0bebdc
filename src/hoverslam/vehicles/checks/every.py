"""Every check between the figures of a vehicle file.

The checks read the raw document, not the finished vehicle. So they also run if other keys of the file are wrong, and one
error holds all mistakes of the file. A check ignores a key that is already known to be wrong.

The limits of the checks are wide. They refuse what no rocket is, such as a unit that was confused, and leave room for designs
that nobody has built.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hoverslam.data.errors import Mistake
from hoverslam.vehicles.checks import engines, masses, orders, parts, performance, places, returns, shape, usual
from hoverslam.vehicles.documents import Document

Check = Callable[[Document], Iterator[Mistake]]

_FIRST: tuple[Check, ...] = (
    *orders.CHECKS,
    performance.lift_off,
    returns.engine_counts,
    performance.burns,
    *places.CHECKS,
    *parts.CHECKS,
)
_OF_SENSE: tuple[Check, ...] = (
    *performance.CHECKS,
    *returns.CHECKS,
    *engines.CHECKS,
    *masses.CHECKS,
    *shape.CHECKS,
    *usual.CHECKS,
)
"""Ratios of figures. They say nothing about figures that are out of order, and run once the first checks find nothing."""


def cross_checks(
    content: Mapping[str, Any], bad: frozenset[str], out_of_reach: frozenset[str] = frozenset()
) -> list[Mistake]:
    """Return the mistakes between the keys of a vehicle file.

    Args:
        content: The content of the file.
        bad: Dotted keys that are known to be wrong by themselves.
        out_of_reach: Keys of inclinations and orbits that the launch site need not reach.
    """
    document, of_the_site = Document(content, bad), Document(content, bad | out_of_reach)
    found = [mistake for check in _FIRST for mistake in check(document)]
    found += places.inclinations(of_the_site)
    return found or [mistake for check in _OF_SENSE for mistake in check(document)]
