"""The effects of drawn numbers on a flight, declared beside each dispersion in the table.

A dispersion of one number declares its effects on figures of the booster: the nominal figure is multiplied
(:class:`Scales`), divided (:class:`Divides`), increased (:class:`Adds`) or increased by a fraction of a figure
(:class:`AddsFractionOf`). A dispersion whose numbers belong to a vector, such as the cut-off position, declares its
components of that vector (:class:`ComponentsOf`).

    throttle_floor: Annotated[Relative, Scales("throttle_floor")]

in :class:`hoverslam.margins.disturbances.dispersions.DispersionTable`, and a section ``[throttle_floor]`` in
``files/dispersions.toml``, are all that a new dispersion of one number takes: the column of the sample vector, its name, its
group and its effect follow.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

CUT_OFF_MASS = "cut_off_mass"
"""The one figure beside those of the booster: mass at first-stage cut-off (kg)."""


@dataclass(frozen=True)
class DispersionEffect(ABC):
    """An effect of a dispersion of one number on one figure.

    Attributes:
        figure: Name of the figure: a field of :class:`hoverslam.margins.disturbances.booster.Booster`, or ``CUT_OFF_MASS``.
    """

    rank: ClassVar[int]
    """Effects on the same figure apply in ascending rank: factors, divisors, terms. Rounding depends on that order."""

    figure: str

    @abstractmethod
    def applied(self, value: Any, drawn: Any, nominal: Mapping[str, Any]) -> Any:
        """Return the figure after the effect.

        Args:
            value: The figure after the effects before this one.
            drawn: The number drawn for the dispersion.
            nominal: All figures without dispersions.
        """


@dataclass(frozen=True)
class Scales(DispersionEffect):
    """The figure is multiplied by one plus the drawn number."""

    rank = 0

    def applied(self, value: Any, drawn: Any, nominal: Mapping[str, Any]) -> Any:
        """Return the scaled figure."""
        return value * (1.0 + drawn)


@dataclass(frozen=True)
class Divides(DispersionEffect):
    """The figure is divided by one plus the drawn number."""

    rank = 1

    def applied(self, value: Any, drawn: Any, nominal: Mapping[str, Any]) -> Any:
        """Return the divided figure."""
        return value / (1.0 + drawn)


@dataclass(frozen=True)
class Adds(DispersionEffect):
    """The drawn number is added to the figure."""

    rank = 2

    def applied(self, value: Any, drawn: Any, nominal: Mapping[str, Any]) -> Any:
        """Return the sum."""
        return value + drawn


@dataclass(frozen=True)
class AddsFractionOf(DispersionEffect):
    """The drawn number times the nominal figure ``of`` is added to the figure."""

    rank = 3

    of: str

    def applied(self, value: Any, drawn: Any, nominal: Mapping[str, Any]) -> Any:
        """Return the sum."""
        return value + drawn * nominal[self.of]


@dataclass(frozen=True)
class ComponentsOf:
    """The drawn numbers are components of a vector of :class:`hoverslam.margins.disturbances.draws.Perturbations`.

    Attributes:
        vector: Name of the vector.
        components: Indices of the components, one for each number that is drawn.
    """

    vector: str
    components: tuple[int, ...]


Effects = Mapping[str, tuple[DispersionEffect, ...]]
"""The effects of each dispersion of one number, by the name of the dispersion."""


def with_effects(nominal: Mapping[str, Any], drawn: Mapping[str, Any], effects: Effects) -> dict[str, Any]:
    """Return the figures of a disturbed flight.

    Args:
        nominal: Figures without dispersions, by name.
        drawn: The number drawn for each dispersion, by name.
        effects: The effects of each dispersion.
    """
    disturbed = dict(nominal)
    in_order = sorted(
        ((effect, name) for name, own in effects.items() for effect in own), key=lambda pair: pair[0].rank
    )
    for effect, name in in_order:
        disturbed[effect.figure] = effect.applied(disturbed[effect.figure], drawn[name], nominal)
    return disturbed
