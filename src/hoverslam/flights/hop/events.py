"""The events that are known of a hop, such as its apogee and the time of cut-off."""

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True)
class HopEvent:
    """A stated figure of a flight.

    Attributes:
        value: The stated value (SI).
        within: How far the flight may be from it (SI); zero holds it exactly.
    """

    value: float
    within: float = 0.0

    @property
    def range(self) -> tuple[float, float]:
        """Least and greatest value that the flight may have."""
        return self.value - self.within, self.value + self.within


Stated = HopEvent | float | tuple[float, float]
UNIT_OF_EVENT = {
    "apogee": "m", "distance": "m", "total_time": "s", "cutoff_time": "s", "coast_time": "s", "relight_height": "m",
    "relight_mach": "", "cutoff_height": "m", "cutoff_speed": "m/s", "relight_speed": "m/s",
}  # fmt: skip
WITH_COAST = tuple(name for name in UNIT_OF_EVENT if name.startswith(("cutoff", "coast", "relight")))


@dataclass(frozen=True)
class HopEvents:
    """Stated events of a hop. Each is a number, which is held exactly, or a pair of value and allowed distance from it.

    Times count from lift-off, heights from the pad.

    Attributes:
        apogee: Greatest height (m).
        distance: From the pad to the touchdown (m).
        total_time: From lift-off to touchdown (s).
        cutoff_time: Cut-off of the climbing engines (s).
        cutoff_height: Height at cut-off (m).
        cutoff_speed: Speed at cut-off (m/s).
        coast_time: From cut-off to relight (s).
        relight_height: Height at which the landing engines are lit (m).
        relight_speed: Speed at relight (m/s).
        relight_mach: Mach number at relight.

    Raises:
        ValueError: For a value out of range, or events in an impossible order.
    """

    apogee: Stated
    distance: Stated
    total_time: Stated | None = None
    cutoff_time: Stated | None = None
    cutoff_height: Stated | None = None
    cutoff_speed: Stated | None = None
    coast_time: Stated | None = None
    relight_height: Stated | None = None
    relight_speed: Stated | None = None
    relight_mach: Stated | None = None

    def __post_init__(self) -> None:
        for each in fields(self):
            stated = getattr(self, each.name)
            if stated is not None:
                object.__setattr__(self, each.name, stated_event(each.name, stated))
        self._in_order("cutoff_time", "total_time", "the engines are cut off before touchdown")
        self._in_order("relight_height", "apogee", "the engines are lit again below the apogee")
        self._in_order("cutoff_height", "apogee", "the engines are cut off below the apogee")

    def _in_order(self, first: str, second: str, why: str) -> None:
        a, b = getattr(self, first), getattr(self, second)
        if a is not None and b is not None and a.range[0] >= b.range[1]:
            raise ValueError(f"hop: {first} is {a.value:g}, {second} {b.value:g}: {why}: make {first} the smaller")

    def stated(self) -> dict[str, HopEvent]:
        """Return every stated event, by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}


def stated_event(name: str, stated: Stated) -> HopEvent:
    """Return an event from a number, or from a pair of value and allowed distance.

    Raises:
        ValueError: For a value that is not finite, not positive (a distance may be zero), or a negative distance from it.
    """
    if not isinstance(stated, HopEvent):
        pair = tuple(stated) if isinstance(stated, tuple | list) else (stated, 0.0)
        if len(pair) != 2:
            raise ValueError(f"hop: {name} is {stated!r}: give a number, or value and how far off it may be")
        stated = HopEvent(float(pair[0]), float(pair[1]))
    zero_too = name == "distance"
    if not np.isfinite(stated.value) or stated.value < 0.0 or (stated.value == 0.0 and not zero_too):
        fix = "give a number from zero" if zero_too else "give a positive number"
        raise ValueError(f"hop: {name} is {stated.value:g}: {fix}")
    if not (np.isfinite(stated.within) and stated.within >= 0.0):
        raise ValueError(f"hop: {name} within {stated.within:g}: say how far off it may be, zero or more")
    return stated
