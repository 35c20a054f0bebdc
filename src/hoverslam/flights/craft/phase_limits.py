"""A limit along phases of a flight: what launches and landings share of the limits that a user adds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from jax import Array

from hoverslam.data.errors import suggestion
from hoverslam.data.radians import FULL_TURN, check_angle
from hoverslam.flights.craft.limits import FlightLimits
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.phase import PathConstraint

Quantity = Callable[[Named, Named, Any], Array]

DECIMAL_MULTIPLES = frozenset({"kPa", "kN", "km", "km/s", "km/h", "t", "g", "kW/m2", "MPa", "MN"})
"""Units that are not SI units but multiples of them, and the standard gravity: the bounds would be taken as SI."""


@dataclass(frozen=True)
class PhaseLimit:
    """A limit ``lower <= quantity <= upper`` along phases of a flight.

    The classes of launches and landings say what their quantities may be and name all attributes.

    Raises:
        ValueError: For an unknown quantity, bounds out of order, a unit that is not SI, or an angle in degrees.
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
                f"limit {self.label}: quantity {self.quantity!r} is unknown; {suggestion(str(self.quantity), known)}"
            )
        if not self.lower <= self.upper:
            raise ValueError(f"limit {self.label}: lower bound {self.lower:g} is above upper bound {self.upper:g}")
        if "deg" in self.unit or self.unit in DECIMAL_MULTIPLES:
            raise ValueError(
                f"limit {self.label}: unit {self.unit!r}: give bounds and unit in SI: rad, Pa, N, m, kg, W/m2"
            )
        if self.quantity == "angle_of_attack" or (self.unit == "rad" and callable(self.quantity)):
            for name, bound in (("lower", self.lower), ("upper", self.upper)):
                if np.isfinite(bound):
                    check_angle(f"limit {self.label}", name, bound, -FULL_TURN, FULL_TURN)
        if self.quantity == "upright" and max(self.lower, -self.upper) > 1.0:
            raise ValueError(f"limit {self.label}: upright is the cosine of the tilt: give bounds from -1 to 1")

    @property
    def label(self) -> str:
        """Name in reports."""
        return self.name or (self.quantity if isinstance(self.quantity, str) else self.quantity.__name__)

    @property
    def patterns(self) -> tuple[str, ...]:
        """Names and patterns of the phases."""
        return (self.phases,) if isinstance(self.phases, str) else tuple(self.phases)

    def holds_in(self, phase: str) -> bool:
        """Return whether the limit holds along a phase."""
        return any(fnmatchcase(phase, pattern) for pattern in self.patterns)

    def path_constraint(self, known: FlightLimits) -> PathConstraint:
        """Return the limit as a path constraint of a phase with the quantities ``known``."""
        function = getattr(known, self.quantity) if isinstance(self.quantity, str) else self._function
        return PathConstraint(self.label, function, self.lower, self.upper, self.unit)

    @property
    def _function(self) -> Quantity:
        """The quantity, where it is a function, as the phase calls it."""
        assert not isinstance(self.quantity, str)
        return self.quantity


def check_added(added: Sequence[PhaseLimit], others: Iterable[PhaseLimit], phases: Sequence[str], flight: str) -> None:
    """Check limits that a user adds to ``others`` of a flight with these phases.

    Args:
        added: The limits that the user adds.
        others: The limits that the flight has already.
        phases: Names of the phases of the flight.
        flight: What the flight is called in a message, such as ``launch``.

    Raises:
        ValueError: For a phase that the flight does not have, or a name that a limit of the same phase has already.
    """
    taken = {(phase, limit.label) for limit in others for phase in phases if limit.holds_in(phase)}
    for limit in added:
        for pattern in limit.patterns:
            if not any(fnmatchcase(phase, pattern) for phase in phases):
                raise ValueError(f"limit {limit.label}: no phase {pattern!r}; this {flight} has {', '.join(phases)}")
        for phase in filter(limit.holds_in, phases):
            if (phase, limit.label) in taken:
                raise ValueError(f"limit {limit.label}: phase {phase!r} has a limit of that name: give another name=")
            taken.add((phase, limit.label))
