"""A number with the arithmetic that gives it and the sources of its factors."""

from typing import NamedTuple


class ExplainRow(NamedTuple):
    """One number of a cost and how it is computed.

    Attributes:
        component: What the number is; the name ends in its unit, such as ``stage1_MCNY``.
        value: The number.
        formula: The arithmetic with the numbers filled in; it evaluates to ``value``.
        sources: The bands behind the numbers and their sources.
    """

    component: str
    value: float
    formula: str
    sources: tuple[str, ...]
