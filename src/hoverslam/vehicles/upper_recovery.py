"""How the last upper stage returns from orbit: base first through the air, and to the ground under thrust."""

from typing import Annotated

from pydantic import Field

from hoverslam.data.figures import Figure, Range, Section
from hoverslam.vehicles.places import Place
from hoverslam.vehicles.quantities import Diameter, EngineCount, Throttle, UnburnedPropellant
from hoverslam.vehicles.stages import Engine


class UpperRecovery(Section):
    """How the last upper stage returns. Values are those that an operator plans with, not the limits of the hardware.

    Attributes:
        landing_engine: Engines of the landing burn, described at sea level.
        landing_engines: Engine counts of the landing burn in their order.
        landing_throttle_max: Throttle ceiling of the landing burn.
        landing_throttle_min: Throttle floor of the landing burn; that of the engine if it is left out.
        ignition_lead_s: Time from the command of ignition to full thrust.
        base_diameter_m: Diameter of the base that meets the air.
        axial_factor: Factor of the axial-force curve of an engines-first descent.
        angle_of_attack_max_deg: Largest angle of attack.
        dynamic_pressure_max_kPa: Largest dynamic pressure.
        heating_max_kW_m2: Largest stagnation-point heating.
        axial_acceleration_max_g: Largest axial acceleration outside the landing burn.
        landing_reserve_t: Propellant left at touchdown in the nominal flight.
        landing_site: Id of the landing site, or the site by its values.
    """

    landing_engine: Engine
    landing_engines: tuple[EngineCount, ...] = Field(strict=False)
    landing_throttle_max: Throttle
    landing_throttle_min: Throttle | None = None
    ignition_lead_s: Annotated[Figure, Range(0, 10, closed=True)]
    base_diameter_m: Diameter
    axial_factor: Annotated[Figure, Range(0, 5)]
    angle_of_attack_max_deg: Annotated[Figure, Range(0, 45, closed=True)]
    dynamic_pressure_max_kPa: Annotated[Figure, Range(1, 300)]
    heating_max_kW_m2: Annotated[Figure, Range(1, 5_000)]
    axial_acceleration_max_g: Annotated[Figure, Range(1, 20)]
    landing_reserve_t: UnburnedPropellant
    landing_site: Place | None = None
