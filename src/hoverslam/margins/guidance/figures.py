"""Figures of guidance that describe a booster's actuators or an operator's habit, from ``files/guidance.toml``."""

from pathlib import Path
from typing import Annotated

from hoverslam.data.figures import Figure, Range, Section
from hoverslam.data.reading import checked, read_toml

_FILE = Path(__file__).parent / "files" / "guidance.toml"

_Time = Annotated[Figure, Range(0, 5)]
_Fraction = Annotated[Figure, Range(0, 1, closed=True)]
_Tilt = Annotated[Figure, Range(0, 45)]


class Actuators(Section):
    """Time constants of a booster's engines and attitude control."""

    throttle_lag_s: _Time
    attitude_lag_s: _Time


class BoostbackFigures(Section):
    """Limits of the boostback burn."""

    lateral_thrust_max: _Fraction


class EntryBurnFigures(Section):
    """When the entry burn may end."""

    energy_above: _Fraction
    energy_below: _Fraction
    lowest_height: _Fraction


class LandingBurnFigures(Section):
    """Ignition, touchdown and limits of the landing burn."""

    ignition_margin: _Fraction
    touchdown_speed_m_s: Annotated[Figure, Range(0, 6)]
    tilt_at_touchdown_deg: _Tilt
    tilt_rate_deg_s: _Tilt
    tilt_margin_deg: _Tilt
    full_angle_of_attack_kPa: Annotated[Figure, Range(0, 100)]
    glide_slope: _Fraction
    planned_tilt_deg: _Tilt
    planned_tilt_rate_deg_s: _Tilt
    planned_angle_of_attack: _Fraction
    throttle_margin: _Fraction
    final_throttle_margin: _Fraction


class GuidanceFigures(Section):
    """All figures of guidance."""

    actuators: Actuators
    boostback: BoostbackFigures
    entry_burn: EntryBurnFigures
    landing_burn: LandingBurnFigures


FIGURES = checked(GuidanceFigures, read_toml(_FILE, _FILE.name), _FILE.name)
"""The figures of every guided flight. The compiled guidance laws hold their values."""
