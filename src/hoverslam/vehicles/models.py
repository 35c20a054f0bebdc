"""The vehicle: what a data file becomes once it has been read and checked.

A ``Vehicle`` is a frozen tree of sections (``stage1.engine``, ``limits``, ``recovery``) whose leaves are ``Figure`` objects
in the unit of their key. Quantities without a unit in the name (``dry_mass``, ``mass_flow``, ``base_area``) are in SI.
"""

from collections.abc import Iterator
from math import pi
from typing import Annotated, Literal

from pydantic import Field

from hoverslam.data.figures import Figure, Name, Range, Section, Text, figures_of
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.operations import Operations, OwnOperations, default_operations
from hoverslam.vehicles.places import Orbit, OrbitLike, Place, Site, load_orbit, load_site
from hoverslam.vehicles.quantities import Diameter, Inclination, Seconds, Share
from hoverslam.vehicles.recovery import Recovery, RecoveryMode
from hoverslam.vehicles.stages import SideBoosters, Stage, StrapOns, UpperStage
from hoverslam.vehicles.upper_recovery import UpperRecovery


class Fairing(Section):
    """The payload fairing, both halves together.

    Attributes:
        mass_t: Mass.
        diameter_m: Diameter.
    """

    mass_t: Annotated[Figure, Range(0, 50)]
    diameter_m: Diameter


class Payload(Section):
    """The structure that carries the payload.

    Attributes:
        adapter_kg: Mass of the payload adapter, which reaches orbit with the payload.
    """

    adapter_kg: Annotated[Figure, Range(0, 5_000, closed=True)]


class Aero(Section):
    """Aerodynamic figures; the drag curves they refer to are in :mod:`hoverslam.physics.aerodynamics`.

    Attributes:
        diameter_m: Diameter of the reference area.
        drag_factor: Factor of the ascent drag curve.
        descent_axial_factor: Factor of the axial-force curve of the descent.
        normal_side_area_ratio: Side area over base area, for the normal force.
        preserved_drag_fraction: Fraction of the axial force that remains behind an exhaust plume.
        grid_fins: Whether the first stage has grid fins.
    """

    diameter_m: Diameter
    drag_factor: Annotated[Figure, Range(0, 3)]
    descent_axial_factor: Annotated[Figure, Range(0, 3)] | None = None
    normal_side_area_ratio: Annotated[Figure, Range(0, 60)] | None = None
    preserved_drag_fraction: Share | None = None
    grid_fins: bool

    @property
    def reference_area(self) -> float:
        """Reference area of the ascent drag curve (m2)."""
        return pi / 4.0 * self.diameter_m.si**2


class Limits(Section):
    """Limits of the ascent.

    Attributes:
        dynamic_pressure_max_kPa: Dynamic pressure.
        q_alpha_max_kPa_deg: Dynamic pressure times angle of attack.
        axial_acceleration_max_g: Axial acceleration of the first stage.
        upper_axial_acceleration_max_g: Axial acceleration of the upper stage; the first stage's limit if it is left out.
        vertical_rise_s: Duration of the vertical rise.
        free_molecular_heating_max_W_m2: Free-molecular heating below which the fairing is released.
    """

    dynamic_pressure_max_kPa: Annotated[Figure, Range(5, 200)]
    q_alpha_max_kPa_deg: Annotated[Figure, Range(1, 1_000)]
    axial_acceleration_max_g: Annotated[Figure, Range(1, 20)]
    upper_axial_acceleration_max_g: Annotated[Figure, Range(0.5, 20)] | None = None
    vertical_rise_s: Seconds
    free_molecular_heating_max_W_m2: Annotated[Figure, Range(0, 50_000)] | None = None


class PublishedPayload(Section):
    """A payload that the operator or others state for an orbit and recovery mode.

    Attributes:
        orbit: Id of the orbit, or a text of its values.
        recovery: Recovery mode.
        payload_t: Payload.
        inclination_deg: Inclination of the orbit, if it is stated.
    """

    orbit: Text
    recovery: RecoveryMode
    payload_t: Annotated[Figure, Range(0, 300)]
    inclination_deg: Inclination | None = None


PUBLISHED = ("payload_published", "liftoff_mass_published_t", "event_published", "liftoff_thrust_published_kN")
"""Keys of a vehicle file with published numbers, which no flight reads."""


class PublishedEvent(Section):
    """What the operator or others state about an event of a flight; it states a time, a distance, or both.

    Attributes:
        event: ``stage_separation`` or ``touchdown`` of the first stage.
        flight: The flight, such as ``Y2``.
        orbit: Orbit of the optimal flight that it is compared with: its id, or a text of its values.
        recovery: Recovery mode of that flight.
        time_s: Time since lift-off.
        downrange_km: Distance over the ground from the pad.
    """

    event: Literal["stage_separation", "touchdown"]
    flight: Text
    orbit: Text
    recovery: RecoveryMode
    time_s: Annotated[Figure, Range(0, 20_000)] | None = None
    downrange_km: Annotated[Figure, Range(0, 20_000, closed=True)] | None = None


class Vehicle(Section):
    """A launch vehicle or test article. A section is None if the vehicle has no such part.

    Attributes:
        name: Id of the vehicle.
        title: Name for readers.
        operator: Who builds and flies it.
        site: Launch site: its id, a text of values such as ``28.56x-80.58x5`` (deg, deg, m), or a table ``[site]``.
        status: Whether it has flown, is in development, or is a test article.
        default_orbit: Orbit if a study names none: its id, or a text of values such as ``500x500x97.4`` (km, km, deg).
        inclination_deg: Inclination of orbits that state none.
        liftoff_mass_published_t: Published lift-off mass.
        liftoff_thrust_published_kN: Published thrust of the whole vehicle at lift-off, where it is stated apart from that of
            one engine.
        stage1: First stage.
        stage2: Upper stage.
        stage3: Third stage, which burns after the second.
        strap_ons: Boosters, solid or liquid, that burn until they are empty.
        side_boosters: Liquid boosters that may return.
        fairing: Payload fairing; left out for a payload bay that stays with the upper stage.
        payload: Payload adapter.
        aero: Aerodynamic figures.
        limits: Limits of the ascent.
        recovery: Return of the first stage.
        upper_recovery: Return of the last upper stage from orbit.
        own_modes: Recovery modes of the vehicle beside ``expendable``; those of ``recovery.modes`` if left out.
        operations: Operators' habits and assumed hardware that differ from the defaults.
        payload_published: Published payloads.
        event_published: Published events of flights.
    """

    name: Name
    title: Text
    operator: Text
    site: Place
    status: Literal["flown", "in development", "test article"]
    default_orbit: Text | None = None
    inclination_deg: Inclination | None = None
    liftoff_mass_published_t: Annotated[Figure, Range(0, 10_000)] | None = None
    liftoff_thrust_published_kN: Annotated[Figure, Range(0, 200_000)] | None = None
    stage1: Stage
    stage2: UpperStage | None = None
    stage3: UpperStage | None = None
    strap_ons: StrapOns | None = None
    side_boosters: SideBoosters | None = None
    fairing: Fairing | None = None
    payload: Payload | None = None
    aero: Aero
    limits: Limits
    recovery: Recovery | None = None
    upper_recovery: UpperRecovery | None = None
    own_modes: tuple[RecoveryMode, ...] | None = Field(default=None, strict=False)
    operations: OwnOperations | None = None
    payload_published: tuple[PublishedPayload, ...] = Field(default=(), strict=False)
    event_published: tuple[PublishedEvent, ...] = Field(default=(), strict=False)

    @property
    def modes(self) -> tuple[RecoveryMode, ...]:
        """Recovery modes of flights to orbit, ``expendable`` first; empty for a test article."""
        if self.stage2 is None:
            return ()
        if self.own_modes is not None:
            return ("expendable", *self.own_modes)
        return ("expendable", *(self.recovery.modes if self.recovery else ()))

    @property
    def two_stages_in_line(self) -> bool:
        """Whether the vehicle has no third stage, no side boosters and no upper stage that returns."""
        return self.stage3 is None and self.side_boosters is None and self.upper_recovery is None

    @property
    def launch_site(self) -> Site:
        """Launch pad."""
        return load_site(self.site)

    @property
    def liftoff_thrust(self) -> float:
        """Thrust of first stage, strap-ons and side boosters at sea level and full throttle (N)."""
        thrust = self.stage1.engine.count * self.stage1.engine.thrust_sea_level
        if self.strap_ons:
            thrust += self.strap_ons.count * self.strap_ons.thrust_sea_level_kN.si
        if self.side_boosters:
            thrust += (
                self.side_boosters.count * self.side_boosters.engine.count * self.side_boosters.engine.thrust_sea_level
            )
        return thrust

    def liftoff_mass(self, payload_kg: float = 0.0) -> float:
        """Return the mass of the whole vehicle on the pad with a payload of ``payload_kg`` (kg)."""
        mass = payload_kg + self.stage1.dry_mass + self.stage1.propellant
        if self.strap_ons:
            mass += self.strap_ons.count * (self.strap_ons.dry_mass_t.si + self.strap_ons.propellant_t.si)
        if self.side_boosters:
            mass += self.side_boosters.count * (self.side_boosters.dry_mass + self.side_boosters.propellant)
        for stage in (self.stage2, self.stage3):
            mass += stage.dry_mass + stage.propellant if stage else 0.0
        mass += self.fairing.mass_t.si if self.fairing else 0.0
        return mass + (self.payload.adapter_kg.si if self.payload else 0.0)

    def published_payload(self, orbit: str, recovery: str) -> PublishedPayload | None:
        """Return the published payload to an orbit (its name) in a recovery mode, or None if none is published."""
        matches = (p for p in self.payload_published if p.recovery == recovery and load_orbit(p.orbit).name == orbit)
        return next(matches, None)

    def orbit(self, orbit: OrbitLike | None = None, recovery: str = "expendable") -> Orbit:
        """Return a target orbit with its inclination.

        The inclination is the first that is stated of these: with the published payload of that orbit and mode, by the
        orbit, by the vehicle's ``inclination_deg``. If none is stated, it is the lowest that the launch site reaches.

        Args:
            orbit: An orbit, or what ``load_orbit`` makes one of; the vehicle's default orbit if it is left out.
            recovery: The recovery mode, which selects the published payload.

        Raises:
            VehicleError: If the orbit is unknown, or if the launch site does not reach the inclination without a dog-leg.
        """
        chosen = orbit if orbit is not None else self.default_orbit
        if chosen is None:
            raise VehicleError([f"{self.name}: default_orbit: missing: a test article flies to no orbit"])
        found = load_orbit(chosen)
        stated = self.published_payload(found.name, recovery)
        lowest = self.launch_site.lowest_inclination
        inclination = (stated and stated.inclination_deg) or found.inclination_deg or self.inclination_deg or lowest
        if min(inclination.value, 180.0 - inclination.value) < lowest.value:
            ends = f"{lowest.value:.1f} to {180.0 - lowest.value:.1f}"
            reach = f"{self.launch_site.name} reaches inclinations from {ends} deg only"
            raise VehicleError([f"orbit {found.name}: inclination_deg: {inclination.value:g}: {reach}"])
        return found.with_inclination(inclination)

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """Yield every figure of the vehicle with its dotted key, in the order of the schema."""
        return figures_of(self)


def operations_of(vehicle: Vehicle) -> Operations:
    """Return the operator's habits and assumed hardware: the vehicle's section ``[operations]``, or the defaults."""
    return vehicle.operations or default_operations()
