"""Limits of landings and hops where neither the user nor the vehicle file states them, from ``files/default_limits.toml``."""

from functools import cache
from pathlib import Path
from typing import Annotated

from hoverslam.data.figures import Figure, Range, Section
from hoverslam.data.reading import checked, read_toml

FILES = Path(__file__).parent / "files"

_Seconds = Annotated[Figure, Range(0, 1000)]
_Angle = Annotated[Figure, Range(0, 90)]
_Rate = Annotated[Figure, Range(0, 100)]
_Pressure = Annotated[Figure, Range(0, 1000)]


class LandingDefaults(Section):
    """Defaults of :class:`hoverslam.LandingLimits`, which says what each figure limits."""

    angle_of_attack_from_kPa: _Pressure
    turn_rate_deg_s: _Rate
    shortest_burn_s: _Seconds
    longest_burn_s: _Seconds


class HopDefaults(Section):
    """Defaults of :class:`hoverslam.HopLimits`, which says what each figure limits."""

    rise_s: _Seconds
    tilt_deg: _Angle
    tilt_at_touchdown_deg: _Angle
    turn_rate_deg_s: _Rate
    throttle_rate_per_s: _Rate
    angle_of_attack_deg: _Angle
    angle_of_attack_from_kPa: _Pressure
    shortest_coast_s: _Seconds


class DefaultLimits(Section):
    """All figures of ``files/default_limits.toml``."""

    landing: LandingDefaults
    hop: HopDefaults


@cache
def default_limits() -> DefaultLimits:
    """Return the figures, read once and checked."""
    name = "default_limits.toml"
    return checked(DefaultLimits, read_toml(FILES / name, name), name)
