"""Every check between the figures of a vehicle file.

The checks read the raw document, not the finished vehicle. So they also run if other keys of the file are wrong, and one
error holds all mistakes of the file. A check ignores a key that is already known to be wrong.

The limits of the checks are wide. They refuse what no rocket is, such as a unit that was confused, and leave room for designs
that nobody has built.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hoverslam.data.errors import Mistake
from hoverslam.vehicles.checks import engines, masses, orders, parts, performance, places, returns, shape
from hoverslam.vehicles.documents import Document

_CHECKS: tuple[Callable[[Document], Iterator[Mistake]], ...] = (
    *orders.CHECKS,
    *performance.CHECKS,
    *returns.CHECKS,
    *places.CHECKS,
    *parts.CHECKS,
    *engines.CHECKS,
    *masses.CHECKS,
    *shape.CHECKS,
)


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
    found = [mistake for check in _CHECKS for mistake in check(document)]
    return [*found, *places.inclinations(of_the_site)]
