"""What the optimum of a launch is about: the greatest payload, or the least propellant or lift-off mass for a given one."""

from dataclasses import dataclass
from typing import Literal

Goal = Literal["payload", "propellant", "liftoff_mass"]


@dataclass(frozen=True)
class Objective:
    """The objective of a launch.

    Attributes:
        goal: ``payload``: the greatest payload. ``propellant``: the least propellant loaded for a given payload.
            ``liftoff_mass``: the least lift-off mass of a vehicle that is scaled for a given payload.
        payload: The given payload (kg); None for the greatest.
    """

    goal: Goal = "payload"
    payload: float | None = None

    def __post_init__(self) -> None:
        if self.goal not in ("payload", "propellant", "liftoff_mass"):
            raise ValueError(f"objective {self.goal!r}: choose payload, propellant or liftoff_mass")
        if (self.payload is None) != (self.goal == "payload"):
            need = "takes no payload" if self.goal == "payload" else "needs the payload (kg) that is to be carried"
            raise ValueError(f"objective {self.goal}: {need}")
        if self.payload is not None and not 0.0 < self.payload < 1e6:
            raise ValueError(f"objective {self.goal}: payload {self.payload:g} kg: must lie between 0 and 1,000,000 kg")
