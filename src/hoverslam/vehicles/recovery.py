"""How a first stage returns: recovery modes, engines of each burn, limits and landing reserves."""

from typing import Annotated, Literal

from pydantic import Field

from hoverslam.data.figures import Figure, Range, Section, Text
from hoverslam.vehicles.quantities import EngineCount, Share, Throttle, UnburnedPropellant

RecoveryMode = Literal["expendable", "downrange", "return_to_launch_site"]
MODES: tuple[RecoveryMode, ...] = ("expendable", "downrange", "return_to_launch_site")
FREE = "free"
"""The ``downrange_site`` of a landing ship or pad whose distance is optimised."""


class Recovery(Section):
    """How the first stage returns. Values are those that an operator plans with, not the limits of the hardware.

    Attributes:
        modes: Recovery modes other than ``expendable``; empty for a test article.
        landing_engines: Engine counts of the landing burn in their order, such as (3, 1).
        entry_engines: Engines lit in the entry burn.
        boostback_engines: Engines lit in the boostback burn.
        boostback_throttle_max: Throttle ceiling of the boostback burn.
        entry_throttle_max: Throttle ceiling of the entry burn.
        landing_throttle_max: Throttle ceiling of the landing burn.
        landing_throttle_min: Throttle floor of the landing burn; that of the engine if it is left out.
        flip_rate_deg_s: Rate at which the booster turns after separation.
        ignition_lead_s: Time from the command of ignition to full thrust.
        angle_of_attack_max_deg: Largest angle of attack in the glide.
        approach_angle_max_deg: Largest angle between flow and vertical at ignition of the landing burn.
        dynamic_pressure_max_kPa: Largest dynamic pressure in the descent.
        heating_max_kW_m2: Largest stagnation-point heating in the descent.
        landing_ignition_altitude_min_km: Lowest altitude of ignition of the landing burn.
        landing_reserve_t: Propellant left at touchdown in the nominal flight.
        reserve_probability: Probability that the reserve suffices in a disturbed flight; ``hoverslam margin`` computes it.
        return_reserve_t: Landing reserve of returns to the launch site, where it differs.
        return_reserve_probability: Probability that it suffices.
        expendable_dry_mass_saving_t: Mass of the recovery hardware that an expendable flight leaves off.
        landing_site: Id of the site of returns to the launch site.
        downrange_site: Id of the downrange landing site, or ``free``.
    """

    modes: tuple[Literal["downrange", "return_to_launch_site"], ...] = Field(strict=False)
    landing_engines: tuple[EngineCount, ...] = Field(strict=False)
    entry_engines: EngineCount | None = None
    boostback_engines: EngineCount | None = None
    boostback_throttle_max: Throttle | None = None
    entry_throttle_max: Throttle | None = None
    landing_throttle_max: Throttle
    landing_throttle_min: Throttle | None = None
    flip_rate_deg_s: Annotated[Figure, Range(0, 30)] | None = None
    ignition_lead_s: Annotated[Figure, Range(0, 10, closed=True)]
    angle_of_attack_max_deg: Annotated[Figure, Range(0, 45, closed=True)]
    approach_angle_max_deg: Annotated[Figure, Range(0, 90)] | None = None
    dynamic_pressure_max_kPa: Annotated[Figure, Range(1, 300)]
    heating_max_kW_m2: Annotated[Figure, Range(1, 2_000)] | None = None
    landing_ignition_altitude_min_km: Annotated[Figure, Range(0, 20)] | None = None
    landing_reserve_t: UnburnedPropellant
    reserve_probability: Share | None = None
    return_reserve_t: UnburnedPropellant | None = None
    return_reserve_probability: Share | None = None
    expendable_dry_mass_saving_t: UnburnedPropellant | None = None
    landing_site: Text | None = None
    downrange_site: Text | None = None

    def reserve_key(self, recovery: str) -> str:
        """Return the key of the landing reserve of a recovery mode."""
        own = recovery == "return_to_launch_site" and self.return_reserve_t is not None
        return "return_reserve_t" if own else "landing_reserve_t"

    def reserve(self, recovery: str) -> tuple[Figure, Figure | None]:
        """Return the landing reserve of a recovery mode, and the probability that it suffices if that was computed."""
        if recovery == "return_to_launch_site" and self.return_reserve_t is not None:
            return self.return_reserve_t, self.return_reserve_probability
        return self.landing_reserve_t, self.reserve_probability
