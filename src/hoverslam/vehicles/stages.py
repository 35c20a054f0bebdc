"""Stages, their engines and strap-on boosters, as vehicle files describe them.

Figures are in the unit of their key. Quantities without a unit in the name (``dry_mass``, ``mass_flow``) are in SI.
"""

from math import pi
from typing import Annotated

from hoverslam.data.constants import SEA_LEVEL_PRESSURE, STANDARD_GRAVITY
from hoverslam.data.figures import Figure, Range, Section, Text, Whole
from hoverslam.vehicles.quantities import (
    Diameter,
    DryMass,
    EngineCount,
    Impulse,
    Length,
    Propellant,
    Throttle,
    Thrust,
    UnburnedPropellant,
)
from hoverslam.vehicles.recovery import Recovery


class Engine(Section):
    """The engines of the first stage.

    Attributes:
        name: Designation of the engine.
        count: Number of mounted engines.
        thrust_sea_level_kN: Thrust of one engine at sea level and full throttle (1.0).
        specific_impulse_sea_level_s: Specific impulse at sea level.
        specific_impulse_vacuum_s: Specific impulse in vacuum.
        throttle_min: Throttle floor.
        throttle_max: Highest throttle; it may exceed 1.
        gimbal_deg: Largest gimbal angle.
    """

    name: Text
    count: EngineCount
    thrust_sea_level_kN: Thrust
    specific_impulse_sea_level_s: Impulse
    specific_impulse_vacuum_s: Impulse
    throttle_min: Throttle
    throttle_max: Throttle
    gimbal_deg: Annotated[Figure, Range(0, 30)] | None = None

    @property
    def mass_flow(self) -> float:
        """Propellant flow of one engine at full throttle (kg/s): thrust / (g0 × specific impulse), both at sea level."""
        return self.thrust_sea_level_kN.si / (STANDARD_GRAVITY * self.specific_impulse_sea_level_s.si)

    @property
    def thrust_sea_level(self) -> float:
        """Thrust of one engine at sea level and full throttle (N)."""
        return self.thrust_sea_level_kN.si

    @property
    def thrust_vacuum(self) -> float:
        """Thrust of one engine in vacuum at full throttle (N): mass flow × g0 × vacuum specific impulse."""
        return self.mass_flow * STANDARD_GRAVITY * self.specific_impulse_vacuum_s.si

    @property
    def exit_area(self) -> float:
        """Nozzle area (m2) with which thrust(p) = thrust_vacuum - p × exit_area gives both stated thrusts."""
        return (self.thrust_vacuum - self.thrust_sea_level) / SEA_LEVEL_PRESSURE


class UpperEngine(Section):
    """The engines of the upper stage, described in vacuum only.

    Attributes:
        name: Designation of the engine.
        count: Number of mounted engines.
        thrust_vacuum_kN: Thrust of one engine in vacuum and at full throttle (1.0).
        specific_impulse_vacuum_s: Specific impulse in vacuum.
        throttle_min: Throttle floor.
        throttle_max: Highest throttle.
        restartable: Whether the engine can be lit again after a coast.
        gimbal_deg: Largest gimbal angle.
    """

    name: Text
    count: EngineCount
    thrust_vacuum_kN: Thrust
    specific_impulse_vacuum_s: Impulse
    throttle_min: Throttle
    throttle_max: Throttle
    restartable: bool
    gimbal_deg: Annotated[Figure, Range(0, 30)] | None = None

    @property
    def mass_flow(self) -> float:
        """Propellant flow of one engine at full throttle (kg/s): vacuum thrust / (g0 × vacuum specific impulse)."""
        return self.thrust_vacuum_kN.si / (STANDARD_GRAVITY * self.specific_impulse_vacuum_s.si)

    @property
    def thrust_vacuum(self) -> float:
        """Thrust of one engine in vacuum at full throttle (N)."""
        return self.thrust_vacuum_kN.si

    @property
    def exit_area(self) -> float:
        """Nozzle area (m2), set to zero: the engine is lit above 60 km, where back pressure is below 0.1 % of the thrust."""
        return 0.0


class _StageMasses(Section):
    """Masses and size of a stage.

    Attributes:
        dry_mass_t: Mass with empty tanks, recovery hardware included.
        propellant_t: Whole load of propellant.
        residual_t: Part of the load that remains in tanks and lines when the engines stop.
        diameter_m: Diameter.
        length_m: Length.
    """

    dry_mass_t: DryMass
    propellant_t: Propellant
    residual_t: UnburnedPropellant
    diameter_m: Diameter
    length_m: Length

    @property
    def dry_mass(self) -> float:
        """Mass with empty tanks (kg); recovery hardware included, residual excluded."""
        return self.dry_mass_t.si

    @property
    def propellant(self) -> float:
        """Propellant loaded (kg)."""
        return self.propellant_t.si

    @property
    def residual(self) -> float:
        """Propellant that remains in tanks and lines when the engines stop (kg)."""
        return self.residual_t.si

    @property
    def usable_propellant(self) -> float:
        """Propellant that can be burned (kg): load less residual. Reserves are not subtracted."""
        return self.propellant - self.residual

    @property
    def base_area(self) -> float:
        """Cross-section of the body (m2): the reference area of the engines-first descent."""
        return pi / 4.0 * self.diameter_m.si**2


class Stage(_StageMasses):
    """The first stage; see the attributes of its masses and its engines."""

    engine: Engine


class UpperStage(_StageMasses):
    """The upper stage.

    Attributes:
        performance_reserve_percent: Share of its propellant that is held back for dispersions.
        engine: Its engines.
    """

    performance_reserve_percent: Annotated[Figure, Range(0, 20, closed=True)]
    engine: UpperEngine

    @property
    def performance_reserve(self) -> float:
        """Propellant held back for dispersions (kg), in addition to the residual."""
        return self.performance_reserve_percent.si * self.propellant


class SideBoosters(_StageMasses):
    """Liquid boosters that burn beside the first stage at full throttle from lift-off; they may return.

    Masses, size and engines are those of one booster.

    Attributes:
        count: Number of boosters.
        engine: Engines of one booster.
        recovery: How each booster returns; None if they are always expended.
    """

    count: Annotated[int, Whole(2, 6)]
    engine: Engine
    recovery: Recovery | None = None


class StrapOns(Section):
    """Boosters, solid or liquid, that burn beside the first stage from lift-off until they are empty, at constant thrust.

    Masses, thrust and size are those of one booster.

    Attributes:
        name: Designation.
        count: Number of boosters.
        dry_mass_t: Mass of the empty booster.
        propellant_t: Load of propellant.
        thrust_sea_level_kN: Thrust at sea level.
        specific_impulse_sea_level_s: Specific impulse at sea level.
        specific_impulse_vacuum_s: Specific impulse in vacuum.
        burn_time_s: Burn time.
        diameter_m: Diameter.
    """

    name: Text
    count: EngineCount
    dry_mass_t: DryMass
    propellant_t: Propellant
    thrust_sea_level_kN: Thrust
    specific_impulse_sea_level_s: Impulse
    specific_impulse_vacuum_s: Impulse
    burn_time_s: Annotated[Figure, Range(1, 300)]
    diameter_m: Diameter

    @property
    def mass_flow(self) -> float:
        """Mean propellant flow of one booster (kg/s): load / burn time, so that the whole load is burned."""
        return self.propellant_t.si / self.burn_time_s.si

    @property
    def thrust_vacuum(self) -> float:
        """Thrust of one booster in vacuum (N): mass flow × g0 × vacuum specific impulse."""
        return self.mass_flow * STANDARD_GRAVITY * self.specific_impulse_vacuum_s.si

    @property
    def exit_area(self) -> float:
        """Nozzle area (m2), from the difference of vacuum and sea-level specific impulse at the mean flow."""
        difference = self.specific_impulse_vacuum_s.si - self.specific_impulse_sea_level_s.si
        return self.mass_flow * STANDARD_GRAVITY * difference / SEA_LEVEL_PRESSURE
