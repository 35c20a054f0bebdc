"""What an optimum will be for slightly other values, to first order, without solving: for sliders and quick looks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

RANGE = 0.02
"""Relative change of a value up to which a first-order answer is meant: twice that for which its accuracy was measured."""

STEP = 1e-4  # of a value: far above rounding; the error of a central difference is of the order of its square
SMALLEST = 1e-3  # least value that the step is a share of, for values that are zero


@dataclass(frozen=True)
class Prediction:
    """A first-order answer. It is never verified: solve again to be sure.

    Attributes:
        value: The predicted optimum.
        change: Its difference from the known optimum.
        beyond: Names of the values that change by more than ``RANGE`` of their size, so that a first order may mislead.
    """

    value: float
    change: float
    beyond: tuple[str, ...]

    @property
    def within_range(self) -> bool:
        """Whether all changes are small enough for a first order."""
        return not self.beyond

    def __float__(self) -> float:
        """Return the predicted optimum."""
        return self.value


def predicted(
    optimum: float,
    slopes: Mapping[str, float],
    known: Mapping[str, float],
    changes: Mapping[str, float],
    sizes: Mapping[str, float] | None = None,
) -> Prediction:
    """Return the optimum for changed values, to first order.

    Args:
        optimum: The known optimum.
        slopes: Its derivative by each value.
        known: The values of the known optimum.
        changes: New values by name.
        sizes: What changes are compared with, by name; the values themselves if left out.

    Raises:
        KeyError: For a name without a slope.
    """
    steps = {name: value - known[name] for name, value in changes.items()}
    change = sum(slopes[name] * step for name, step in steps.items())
    beyond = tuple(name for name, step in steps.items() if abs(step) > RANGE * abs((sizes or known)[name]))
    return Prediction(optimum + change, change, beyond)


def vector_sizes(known: Mapping[str, float], separator: str = "[") -> dict[str, float]:
    """Return the size of each value: of an entry of a vector the length of the vector, since an entry may be zero.

    Args:
        known: The values by name.
        separator: What stands between the name of a vector and its entry, as in ``position[1]``.
    """
    squares: dict[str, float] = {}
    for name, value in known.items():
        vector = name.rpartition(separator)[0] or name
        squares[vector] = squares.get(vector, 0.0) + value**2
    return {name: squares[name.rpartition(separator)[0] or name] ** 0.5 for name in known}


def central_slope(optimum: Callable[[float], float], value: float) -> float:
    """Return the derivative at ``value`` of an optimum that is known to first order, as from :meth:`Solved.restated`."""
    step = STEP * max(abs(value), SMALLEST)
    return (optimum(value + step) - optimum(value - step)) / (2.0 * step)
