"""Figures that the reading of telemetry and the fits assume, beside the vehicle file and the mission.

They describe webcast overlays, Falcon 9 and the habits of its operator. ``files/assumptions.toml`` states each with its
source; numerical settings of the algorithms are constants of the modules that use them.
"""

from functools import cache
from pathlib import Path
from typing import Annotated

from hoverslam.data.figures import Figure, Range, Section
from hoverslam.data.reading import checked, read_toml

FILES = Path(__file__).parent / "files"

_Seconds = Annotated[Figure, Range(0, 1000)]
_Ratio = Annotated[Figure, Range(0, 2)]


class Overlay(Section):
    """Behaviour of the display of speed and altitude in a webcast.

    Attributes:
        resting_time_s: A value shown for longer is one at which the display rests.
        glide_time_max_s: Longest animation between two values at which the display rests.
        glide_time_constant_s: Time constant of that animation; its standard error is ``glide_time_constant_error_s``.
        transition_error_s: Standard error of the moment at which a display changes its value.
        altitude_lowest_m: Lowest altitude shown other than zero.
        altitude_fine_max_m: Last altitude shown in fine steps.
        altitude_coarse_min_m: First altitude shown in coarse steps.
        liftoff_creep_s: Time after first motion in which the display does not follow the speed.
        touchdown_creep_s: Time before touchdown in which the display does not follow the speed.
    """

    resting_time_s: _Seconds
    glide_time_max_s: _Seconds
    glide_time_constant_s: _Seconds
    glide_time_constant_error_s: _Seconds
    transition_error_s: _Seconds
    altitude_lowest_m: Annotated[Figure, Range(0, 10_000)]
    altitude_fine_max_m: Annotated[Figure, Range(0, 1e6)]
    altitude_coarse_min_m: Annotated[Figure, Range(0, 1e6)]
    liftoff_creep_s: _Seconds
    touchdown_creep_s: _Seconds


class ResidualErrors(Section):
    """Standard errors that are added to those of the display, because the model leaves wind and weather unexplained."""

    speed_m_s: Annotated[Figure, Range(0, 1000)]
    altitude_m: Annotated[Figure, Range(0, 10_000)]
    turning_stage_speed_m_s: Annotated[Figure, Range(0, 1000)]


class AscentHabits(Section):
    """Time after lift-off (s) at full thrust, and the lowest throttle that a fit may find afterwards."""

    full_thrust_s: _Seconds
    throttle_min: _Ratio


class BurnThrottles(Section):
    """Throttles of the returning stage: the highest that a fit may find, and the mean of each burn where it starts."""

    throttle_max: _Ratio
    boostback_throttle_mean: _Ratio
    entry_throttle_mean: _Ratio
    landing_throttle_mean: _Ratio

    def mean(self, segment: str) -> float:
        """Return the mean throttle of a burn with which the guess is made; 0 for a segment without a burn."""
        figure: Figure | None = getattr(self, f"{segment}_throttle_mean", None)
        return 0.0 if figure is None else figure.si


class PriorFigures(Section):
    """Prior knowledge that no vehicle file or mission states: most probable value with bounds, and standard error."""

    altitude_lead_s: Annotated[Figure, Range(-10, 10)]
    altitude_lead_error_s: _Seconds
    air_factor: _Ratio
    air_factor_error: _Ratio
    descent_axial_factor: _Ratio
    descent_axial_factor_error: _Ratio


class OperatorHabits(Section):
    """Limits of a predicted flight that are habits of the operator, not limits of the vehicle."""

    gravity_turn_deg: Annotated[Figure, Range(0, 90)]
    climb_thrust_min: _Ratio
    entry_burn_max_s: _Seconds


class UpperStageHabits(Section):
    """How Falcon 9's upper stage is flown, where its display does not show it, and errors that no vehicle file states.

    Attributes:
        ignition_after_cutoff_s: From first-stage cut-off to ignition; its standard error is ``ignition_error_s``.
        first_burn_s: Duration of the first burn; its standard error is ``first_burn_error_s``.
        fairing_altitude_m: Altitude at which the fairing is dropped; its standard error is ``fairing_altitude_error_m``.
        fairing_after_ignition_s: Time of it after ignition from which a fit starts; standard error ``fairing_time_error_s``.
        specific_impulse_error_s: Standard error of the specific impulse, which the vehicle file states without a band.
    """

    ignition_after_cutoff_s: _Seconds
    ignition_error_s: _Seconds
    first_burn_s: _Seconds
    first_burn_error_s: _Seconds
    fairing_altitude_m: Annotated[Figure, Range(0, 1e6)]
    fairing_altitude_error_m: Annotated[Figure, Range(0, 1e6)]
    fairing_after_ignition_s: _Seconds
    fairing_time_error_s: _Seconds
    specific_impulse_error_s: _Seconds


class EarlierReading(Section):
    """Assumptions of the energy method, which read the same traces before the fits."""

    dry_mass_t: Annotated[Figure, Range(0, 1000)]
    landing_burn_t: Annotated[Figure, Range(0, 1000)]
    specific_impulse_s: _Seconds


class CommunityFigures(Section):
    """What observers have published."""

    propellant_held_t: Annotated[Figure, Range(0, 1000)]


class Assumptions(Section):
    """All figures of ``files/assumptions.toml``."""

    overlay: Overlay
    residuals: ResidualErrors
    ascent: AscentHabits
    burns: BurnThrottles
    priors: PriorFigures
    habits: OperatorHabits
    upper_stage: UpperStageHabits
    earlier_reading: EarlierReading
    community: CommunityFigures


@cache
def assumptions() -> Assumptions:
    """Return the figures, read once and checked."""
    name = "assumptions.toml"
    return checked(Assumptions, read_toml(FILES / name, name), name)
