"""The typed vehicle: what a data file becomes once it has been read and found in order.

A `Vehicle` is a frozen tree of sections (`stage1.engine`, `limits`, `recovery`, …) whose leaves are `Figure`s in the
unit of their key. Quantities without a unit suffix (`dry_mass`, `mass_flow`, `base_area`) are properties in SI.
"""

from collections.abc import Iterator
from math import pi
from typing import Annotated, Literal

from pydantic import Field

from hoverslam.data.constants import SEA_LEVEL_PRESSURE, STANDARD_GRAVITY
from hoverslam.data.figures import Figure, Range, Section, Text, Whole, figures_of
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.operations import Operations, OwnOperations, default_operations
from hoverslam.vehicles.places import Orbit, Site, load_orbit, load_site

RecoveryMode = Literal["expendable", "downrange", "return_to_launch_site"]
MODES: tuple[RecoveryMode, ...] = ("expendable", "downrange", "return_to_launch_site")
FREE = "free"
"""The `downrange_site` of a landing ship (or pad) whose distance the optimiser chooses."""

Throttle = Annotated[Figure, Range(0, 1.2)]
Share = Annotated[Figure, Range(0, 1, closed=True)]
Impulse = Annotated[Figure, Range(100, 500)]
Thrust = Annotated[Figure, Range(0, 20_000)]
DryMass = Annotated[Figure, Range(0, 500)]
Propellant = Annotated[Figure, Range(0, 5_000)]
Leftover = Annotated[Figure, Range(0, 200, closed=True)]
Diameter = Annotated[Figure, Range(0, 20)]
Length = Annotated[Figure, Range(0, 150)]
Seconds = Annotated[Figure, Range(0, 60, closed=True)]
EngineCount = Annotated[int, Whole(1, 50)]


class Engine(Section):
    """A first-stage engine, `count` of which are mounted; thrust is per engine at full (1.0) throttle."""

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
        """Propellant flow of one engine at full throttle, kg/s: thrust / (g0 × specific impulse), at sea level."""
        return self.thrust_sea_level_kN.si / (STANDARD_GRAVITY * self.specific_impulse_sea_level_s.si)

    @property
    def thrust_sea_level(self) -> float:
        """Thrust of one engine at sea level and full throttle, N."""
        return self.thrust_sea_level_kN.si

    @property
    def thrust_vacuum(self) -> float:
        """Thrust of one engine in vacuum at full throttle, N: mass flow × g0 × vacuum specific impulse."""
        return self.mass_flow * STANDARD_GRAVITY * self.specific_impulse_vacuum_s.si

    @property
    def exit_area(self) -> float:
        """Nozzle area that makes thrust(p) = thrust_vacuum - p × exit_area pass through both thrusts, m2."""
        return (self.thrust_vacuum - self.thrust_sea_level) / SEA_LEVEL_PRESSURE


class UpperEngine(Section):
    """An upper-stage engine, described in vacuum only."""

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
        """Propellant flow of one engine at full throttle, kg/s: vacuum thrust / (g0 × vacuum specific impulse)."""
        return self.thrust_vacuum_kN.si / (STANDARD_GRAVITY * self.specific_impulse_vacuum_s.si)

    @property
    def thrust_vacuum(self) -> float:
        """Thrust of one engine in vacuum at full throttle, N."""
        return self.thrust_vacuum_kN.si

    @property
    def exit_area(self) -> float:
        """Zero: the engine is lit above 60 km, where pressure takes less than a thousandth off its thrust."""
        return 0.0


class _Tanks(Section):
    """What both stages have. `propellant_t` is the whole load, `residual_t` the part of it that never burns."""

    dry_mass_t: DryMass
    propellant_t: Propellant
    residual_t: Leftover
    diameter_m: Diameter
    length_m: Length

    @property
    def dry_mass(self) -> float:
        """Mass with empty tanks, kg; recovery hardware included."""
        return self.dry_mass_t.si

    @property
    def propellant(self) -> float:
        """Propellant loaded, kg."""
        return self.propellant_t.si

    @property
    def residual(self) -> float:
        """Propellant still in tanks and lines when the engines run dry, kg."""
        return self.residual_t.si

    @property
    def usable_propellant(self) -> float:
        """Propellant that can be burned, kg: load less residual (reserves not taken off)."""
        return self.propellant - self.residual

    @property
    def base_area(self) -> float:
        """Cross-section of the body, m2: the reference area of the engines-first descent."""
        return pi / 4.0 * self.diameter_m.si**2


class Stage(_Tanks):
    """The first stage."""

    engine: Engine


class UpperStage(_Tanks):
    """The second stage; `performance_reserve_percent` of its propellant is held back for dispersions."""

    performance_reserve_percent: Annotated[Figure, Range(0, 20, closed=True)]
    engine: UpperEngine

    @property
    def performance_reserve(self) -> float:
        """Propellant held back for flight performance, kg (beyond the residual)."""
        return self.performance_reserve_percent.si * self.propellant


class StrapOns(Section):
    """Solid boosters that burn beside the core from lift-off; masses, thrust and size are for one of `count`."""

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
        """Mean propellant flow of one booster, kg/s: load / burn time, so that the whole load is burned."""
        return self.propellant_t.si / self.burn_time_s.si

    @property
    def thrust_vacuum(self) -> float:
        """Thrust of one booster in vacuum, N: mass flow × g0 × vacuum specific impulse."""
        return self.mass_flow * STANDARD_GRAVITY * self.specific_impulse_vacuum_s.si

    @property
    def exit_area(self) -> float:
        """Nozzle area, m2, from the difference of vacuum and sea-level specific impulse at the mean flow."""
        difference = self.specific_impulse_vacuum_s.si - self.specific_impulse_sea_level_s.si
        return self.mass_flow * STANDARD_GRAVITY * difference / SEA_LEVEL_PRESSURE


class Fairing(Section):
    """The payload fairing, both halves together."""

    mass_t: Annotated[Figure, Range(0, 50)]
    diameter_m: Diameter


class Payload(Section):
    """What carries the payload and reaches orbit with it."""

    adapter_kg: Annotated[Figure, Range(0, 5_000, closed=True)]


class Aero(Section):
    """How this vehicle differs from the generic drag curves, which live with the equations of motion."""

    diameter_m: Diameter
    drag_factor: Annotated[Figure, Range(0, 3)]
    descent_axial_factor: Annotated[Figure, Range(0, 3)] | None = None
    normal_side_area_ratio: Annotated[Figure, Range(0, 60)] | None = None
    preserved_drag_fraction: Share | None = None
    grid_fins: bool

    @property
    def reference_area(self) -> float:
        """Reference area of the ascent drag curve, m2."""
        return pi / 4.0 * self.diameter_m.si**2


class Limits(Section):
    """What the ascent must respect. `upper_axial_acceleration_max_g` defaults to the first stage's limit."""

    dynamic_pressure_max_kPa: Annotated[Figure, Range(5, 200)]
    q_alpha_max_kPa_deg: Annotated[Figure, Range(1, 1_000)]
    axial_acceleration_max_g: Annotated[Figure, Range(1, 20)]
    upper_axial_acceleration_max_g: Annotated[Figure, Range(0.5, 20)] | None = None
    vertical_rise_s: Seconds
    free_molecular_heating_max_W_m2: Annotated[Figure, Range(0, 50_000)] | None = None


class Recovery(Section):
    """How the first stage comes home, with the values an operator plans with rather than the hardware's extremes.

    `modes` holds the ways home beyond `expendable` (empty for a test article); `landing_engines` the engines lit one
    after the other in the landing burn, such as (3, 1); `landing_throttle_min` is the engine's unless stated;
    `approach_angle_max_deg` bounds the flow's angle from the vertical where the landing burn is lit; `downrange_site` is a
    site's id, or `free`. `landing_reserve_t` is
    the propellant left in a flight as planned, `reserve_probability` the probability that it suffices in one that is
    disturbed; `return_...` the same of returns to the launch site, where they differ. `hoverslam margin` computes both.
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
    landing_reserve_t: Leftover
    reserve_probability: Annotated[Figure, Range(0, 1, closed=True)] | None = None
    return_reserve_t: Leftover | None = None
    return_reserve_probability: Annotated[Figure, Range(0, 1, closed=True)] | None = None
    expendable_dry_mass_saving_t: Leftover | None = None
    landing_site: Text | None = None
    downrange_site: Text | None = None

    def reserve_key(self, recovery: str) -> str:
        """The key of the landing reserve that a recovery mode keeps."""
        own = recovery == "return_to_launch_site" and self.return_reserve_t is not None
        return "return_reserve_t" if own else "landing_reserve_t"

    def reserve(self, recovery: str) -> tuple[Figure, Figure | None]:
        """Landing reserve of a recovery mode, and the probability that it suffices where that was computed."""
        if self.reserve_key(recovery) == "return_reserve_t":
            assert self.return_reserve_t is not None
            return self.return_reserve_t, self.return_reserve_probability
        return self.landing_reserve_t, self.reserve_probability


class PublishedPayload(Section):
    """A payload somebody has stated for an orbit and recovery mode: what results are compared with."""

    orbit: Text
    recovery: RecoveryMode
    payload_t: Annotated[Figure, Range(0, 300)]
    inclination_deg: Annotated[Figure, Range(0, 180, closed=True)] | None = None


class Vehicle(Section):
    """A launch vehicle or test article. Optional sections are absent where the vehicle has no such part."""

    name: Text
    title: Text
    operator: Text
    site: Text
    status: Literal["flown", "in development", "test article"]
    default_orbit: Text | None = None
    inclination_deg: Annotated[Figure, Range(0, 180, closed=True)] | None = None
    liftoff_mass_published_t: Annotated[Figure, Range(0, 10_000)] | None = None
    stage1: Stage
    stage2: UpperStage | None = None
    strap_ons: StrapOns | None = None
    fairing: Fairing | None = None
    payload: Payload | None = None
    aero: Aero
    limits: Limits
    recovery: Recovery | None = None
    operations: OwnOperations | None = None
    payload_published: tuple[PublishedPayload, ...] = Field(default=(), strict=False)

    @property
    def modes(self) -> tuple[RecoveryMode, ...]:
        """The recovery modes it can fly to orbit in, `expendable` first; empty for a test article."""
        if self.stage2 is None:
            return ()
        return ("expendable", *(self.recovery.modes if self.recovery else ()))

    @property
    def launch_site(self) -> Site:
        """The launch pad."""
        return load_site(self.site)

    @property
    def liftoff_thrust(self) -> float:
        """Thrust of all engines and strap-ons at sea level and full (1.0) throttle, N."""
        thrust = self.stage1.engine.count * self.stage1.engine.thrust_sea_level
        if self.strap_ons:
            thrust += self.strap_ons.count * self.strap_ons.thrust_sea_level_kN.si
        return thrust

    def liftoff_mass(self, payload_kg: float = 0.0) -> float:
        """Everything on the pad with `payload_kg` of payload, kg."""
        mass = payload_kg + self.stage1.dry_mass + self.stage1.propellant
        if self.strap_ons:
            mass += self.strap_ons.count * (self.strap_ons.dry_mass_t.si + self.strap_ons.propellant_t.si)
        if self.stage2:
            mass += self.stage2.dry_mass + self.stage2.propellant
        mass += self.fairing.mass_t.si if self.fairing else 0.0
        return mass + (self.payload.adapter_kg.si if self.payload else 0.0)

    def published_payload(self, orbit: str, recovery: str) -> PublishedPayload | None:
        """The stated payload to `orbit` (id) in recovery mode `recovery`, or None where nobody has stated one."""
        matches = (p for p in self.payload_published if p.orbit == orbit and p.recovery == recovery)
        return next(matches, None)

    def orbit(self, orbit: str | Orbit | None = None, recovery: str = "expendable") -> Orbit:
        """The orbit (an id, or from `load_orbit`; the default orbit if left out), its inclination settled.

        In order: the inclination stated with the published payload of that orbit and mode, the orbit's own, the
        vehicle's `inclination_deg`, the least the launch site reaches. Raises VehicleError for an unknown orbit and
        for a plane that the launch site does not reach without a dog-leg.
        """
        chosen = orbit if orbit is not None else self.default_orbit
        if chosen is None:
            raise VehicleError([f"{self.name}: default_orbit: missing: a test article flies to no orbit"])
        found = chosen if isinstance(chosen, Orbit) else load_orbit(chosen)
        stated = self.published_payload(found.name, recovery)
        lowest = self.launch_site.lowest_inclination
        inclination = (stated and stated.inclination_deg) or found.inclination_deg or self.inclination_deg or lowest
        if min(inclination.value, 180.0 - inclination.value) < lowest.value:
            reach = f"{self.site} reaches inclinations from {lowest.value:.1f} deg only"
            raise VehicleError([f"orbit {found.name}: inclination_deg: {inclination.value:g}: {reach}"])
        return found.with_inclination(inclination)

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """Every figure of the vehicle with its dotted key, in the order of the schema."""
        return figures_of(self)


def operations_of(vehicle: Vehicle) -> Operations:
    """Return operators' habits and assumed hardware of a vehicle: its own section ``[operations]``, or the defaults."""
    return vehicle.operations or default_operations()
