"""Limits that a user adds to those of a landing.

low = hs.LandingLimit(lambda state, control, inputs: state.position[0], "burn_*", lower=-50.0, unit="m", name="not short")
landing = hs.Landing("falcon9", start, added=[low])
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from jax import Array

from hoverslam.flights.craft.limits import FlightLimits
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.phase import PathConstraint
from hoverslam.physics.motion import Flight

Quantity = Callable[[Named, Named, Any], Array]


@dataclass(frozen=True)
class LandingLimit:
    """A limit ``lower <= quantity <= upper`` along phases of a landing.

    It is held at the nodes of the solve, checked between them in the verification, and listed among the limits of the
    result.

    Attributes:
        quantity: Either the name of a method of :class:`hoverslam.flights.craft.limits.FlightLimits`, such as
            ``dynamic_pressure`` (Pa), ``axial_acceleration`` (m/s2) or ``speed`` (m/s). Or a JAX function of state
            (``position``, ``velocity``, ``mass``), control (``alpha``, ``beta``, ``throttle`` in air, ``thrust`` without;
            none in a coast that is not steered) and the inputs of the phase, all in SI, that returns a scalar.
        phases: Names of the phases, such as ``coast`` or ``burn_1``, or patterns, such as ``burn_*``: one or several.
        lower: Lower bound (SI).
        upper: Upper bound (SI).
        unit: SI unit of the quantity, for reports.
        name: Name in reports; unique among the added limits. The name of the quantity if left out.

    Raises:
        ValueError: For an unknown quantity, or a lower bound above the upper one.
    """

    quantity: str | Quantity
    phases: str | Sequence[str] = "*"
    lower: float = -np.inf
    upper: float = np.inf
    unit: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.quantity, str) and not hasattr(FlightLimits, self.quantity):
            known = [name for name, value in vars(FlightLimits).items() if callable(value) and name[0] != "_"]
            raise ValueError(
                f"landing limit {self.label}: quantity {self.quantity!r} is unknown; known: {', '.join(known)}"
            )
        if not self.lower <= self.upper:
            raise ValueError(
                f"landing limit {self.label}: lower bound {self.lower:g} is above upper bound {self.upper:g}"
            )

    @property
    def label(self) -> str:
        """Name in reports."""
        return self.name or (self.quantity if isinstance(self.quantity, str) else self.quantity.__name__)

    def holds_in(self, phase: str) -> bool:
        """Return whether the limit holds along a phase."""
        patterns = (self.phases,) if isinstance(self.phases, str) else self.phases
        return any(fnmatchcase(phase, pattern) for pattern in patterns)

    def path_constraint(self, flight: Flight) -> PathConstraint:
        """Return the limit as a path constraint of a phase with these equations of motion."""
        function = getattr(FlightLimits(flight), self.quantity) if isinstance(self.quantity, str) else self.quantity
        return PathConstraint(self.label, function, self.lower, self.upper, self.unit)


def check_added(added: Sequence[LandingLimit], phases: Sequence[str]) -> None:
    """Check limits that a user adds to a landing with these phases.

    Raises:
        ValueError: For a limit whose phases the landing does not have, or two limits of one name.
    """
    for limit in added:
        if not any(limit.holds_in(phase) for phase in phases):
            raise ValueError(
                f"landing limit {limit.label}: phases {limit.phases!r}: the landing has {', '.join(dict.fromkeys(phases))}"
            )
    labels = [limit.label for limit in added]
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise ValueError(f"landing limit {twice}: two added limits have this name: give each its own name")
