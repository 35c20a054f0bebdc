"""A body that comes home from a launch: what differs between a first stage, side boosters and an upper stage."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jax import Array
from numpy.typing import NDArray

from hoverslam.flights.launch.structure import PREFIXES
from hoverslam.ocp.statement.names import Named
from hoverslam.vehicles.recovery import Recovery
from hoverslam.vehicles.upper_recovery import UpperRecovery


@dataclass(frozen=True)
class Returner:
    """A body that comes home.

    Attributes:
        body: ``stage1``, ``side_boosters`` or ``upper_stage``.
        home: How it comes home.
        dry: Names of the parameters whose sum is left of it without propellant to burn.
        reserve: Name of the parameter with the propellant left at touchdown.
        target: Where it lands in the launch frame ``(3,)`` (m); None where the distance is free.
        target_velocity: Velocity of the target ``(3,)`` (m/s); zero for a pad.
    """

    body: str
    home: Recovery | UpperRecovery
    dry: tuple[str, ...]
    reserve: str
    target: NDArray[np.float64] | None
    target_velocity: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))

    @property
    def prefix(self) -> str:
        """Beginning of the names of its phases."""
        return PREFIXES[self.body]

    @property
    def least_mass(self) -> Callable[[Named], Array]:
        """The mass (kg) at touchdown with the reserve left, as a function of the parameters."""
        names = (*self.dry, self.reserve)
        return lambda p: sum(p[name] for name in names)
