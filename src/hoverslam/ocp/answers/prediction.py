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
    optimum: float, slopes: Mapping[str, float], known: Mapping[str, float], changes: Mapping[str, float]
) -> Prediction:
    """Return the optimum for changed values, to first order.

    Args:
        optimum: The known optimum.
        slopes: Its derivative by each value.
        known: The values of the known optimum.
        changes: New values by name.

    Raises:
        KeyError: For a name without a slope.
    """
    steps = {name: value - known[name] for name, value in changes.items()}
    change = sum(slopes[name] * step for name, step in steps.items())
    beyond = tuple(name for name, step in steps.items() if abs(step) > RANGE * _size(name, known))
    return Prediction(optimum + change, change, beyond)


def _size(name: str, known: Mapping[str, float]) -> float:
    """Return the size of a value; that of the whole vector for an entry such as ``position[1]``, which may be zero."""
    vector, bracket, _ = name.partition("[")
    if not bracket:
        return abs(known[name])
    return float(sum(value**2 for other, value in known.items() if other.startswith(f"{vector}[")) ** 0.5)


def central_slope(optimum: Callable[[float], float], value: float) -> float:
    """Return the derivative at ``value`` of an optimum that is known to first order, as from :meth:`Solved.restated`."""
    step = STEP * max(abs(value), SMALLEST)
    return (optimum(value + step) - optimum(value - step)) / (2.0 * step)
