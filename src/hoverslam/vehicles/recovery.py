"""How a first stage returns: recovery modes, engines of each burn, limits and landing reserves."""

from typing import Annotated

from pydantic import AfterValidator, Field

from hoverslam.data.errors import shown, suggestion
from hoverslam.data.figures import Figure, Range, Section, mistakes
from hoverslam.vehicles.places import Place
from hoverslam.vehicles.quantities import EngineCount, Share, Throttle, UnburnedPropellant
from hoverslam.vehicles.recovery_modes import list_modes, load_mode


def _known_mode(name: str) -> str:
    if name not in list_modes():
        raise mistakes(("", shown(name), f"must be a recovery mode, {suggestion(name, list_modes())}"))
    return name


RecoveryMode = Annotated[str, AfterValidator(_known_mode)]
"""Id of a recovery mode of ``recovery_modes.toml``."""
FREE = "free"
"""The ``downrange_site`` of a landing ship or pad whose distance is optimised."""


class Recovery(Section):
    """How the first stage returns. Values are those that an operator plans with, not the limits of the hardware.

    Attributes:
        modes: Recovery modes other than ``expendable``; empty for a test article, for side boosters and for a vehicle that
            lists its modes in ``own_modes``.
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
        ship_speed_m_s: Speed of the landing ship under way.
        ship_heading_deg: Heading of the ship, clockwise from north; the launch azimuth if it is left out.
        catch_height_m: Height above the ground at which a tower or a net catches the booster.
        expendable_dry_mass_saving_t: Mass of the recovery hardware that an expendable flight leaves off.
        landing_site: Site of returns to the launch site: its id, a text of values, or a table.
        downrange_site: Downrange landing site, given in the same way, or ``free``.
    """

    modes: tuple[RecoveryMode, ...] = Field(default=(), strict=False)
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
    ship_speed_m_s: Annotated[Figure, Range(0, 20, closed=True)] | None = None
    ship_heading_deg: Annotated[Figure, Range(0, 360, closed=True)] | None = None
    catch_height_m: Annotated[Figure, Range(0, 200)] | None = None
    expendable_dry_mass_saving_t: UnburnedPropellant | None = None
    landing_site: Place | None = None
    downrange_site: Place | None = None

    def reserve_key(self, recovery: str) -> str:
        """Return the key of the landing reserve of a recovery mode."""
        own = _back_at_the_pad(recovery) and self.return_reserve_t is not None
        return "return_reserve_t" if own else "landing_reserve_t"

    def reserve(self, recovery: str) -> tuple[Figure, Figure | None]:
        """Return the landing reserve of a recovery mode, and the probability that it suffices if that was computed."""
        if _back_at_the_pad(recovery) and self.return_reserve_t is not None:
            return self.return_reserve_t, self.return_reserve_probability
        return self.landing_reserve_t, self.reserve_probability


def _back_at_the_pad(recovery: str) -> bool:
    """Return whether a body of that mode comes back to the launch site."""
    return load_mode(recovery).cost_like == "return_to_launch_site"
