"""The statement of a hop: the vehicle, the limits and the case that the guess and the problem are built from."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

import jax.numpy as jnp
import numpy as np
from jax import Array

from hoverslam.data.radians import MOST_TURN_RATE, RIGHT_ANGLE, check_angle, check_rate
from hoverslam.flights.craft.lander import Lander
from hoverslam.flights.hop.events import HopEvents, Stated, stated_event
from hoverslam.flights.landing.default_limits import default_limits
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.winds import Wind
from hoverslam.vehicles.loading import as_vehicle
from hoverslam.vehicles.models import Vehicle

_DEFAULTS = default_limits().hop
LIFTOFF_MASS = "liftoff_mass"
FLOOR = "stage1.throttle_min"
FREED = (
    "stage1.thrust_sea_level",
    "stage1.isp_sea_level",
    "stage1.isp_vacuum",
    FLOOR,
    "aero.drag_factor",
    "aero.descent_axial_factor",
    "aero.preserved_drag",
)
UNITS = {"stage1.thrust_sea_level": "N", "stage1.isp_sea_level": "s", "stage1.isp_vacuum": "s", LIFTOFF_MASS: "kg"}


@dataclass(frozen=True)
class HopLimits:
    """Limits that a hop respects. None leaves a limit out; ``default_limits.toml`` in ``landing/files`` has the defaults.

    Attributes:
        rise: Time of vertical flight after lift-off (s).
        tilt: Largest angle of the body axis from the vertical, in the climb and under landing thrust (rad).
        tilt_at_touchdown: Largest angle of the body axis from the vertical at touchdown (rad).
        turn_rate: Largest rate of the body axis (rad/s); in the descent it counts against the flow.
        throttle_rate: Largest rate of the throttle of lit engines (1/s).
        angle_of_attack: Largest angle of attack (rad): in the descending coast, and under landing thrust where the
            dynamic pressure is above ``angle_of_attack_from``.
        angle_of_attack_from: Dynamic pressure above which the angle of attack is limited under landing thrust (Pa).
        dynamic_pressure: Largest dynamic pressure in the climb (Pa).
        dynamic_pressure_down: Largest dynamic pressure in the descent (Pa).
        q_alpha: Largest dynamic pressure times angle of attack in the climb (Pa rad).
        acceleration: Largest acceleration along the body axis, without gravity (m/s2).
        shortest_coast: Least time from cut-off to apogee, and from apogee to relight (s).

    Raises:
        ValueError: If an angle is outside 0 to pi/2, the rate cannot be in radians a second, or another limit is not positive.
    """

    rise: float = _DEFAULTS.rise_s.si
    tilt: float = _DEFAULTS.tilt_deg.si
    tilt_at_touchdown: float = _DEFAULTS.tilt_at_touchdown_deg.si
    turn_rate: float = _DEFAULTS.turn_rate_deg_s.si
    throttle_rate: float = _DEFAULTS.throttle_rate_per_s.si
    angle_of_attack: float = _DEFAULTS.angle_of_attack_deg.si
    angle_of_attack_from: float = _DEFAULTS.angle_of_attack_from_kPa.si
    dynamic_pressure: float | None = None
    dynamic_pressure_down: float | None = None
    q_alpha: float | None = None
    acceleration: float | None = None
    shortest_coast: float = _DEFAULTS.shortest_coast_s.si

    def __post_init__(self) -> None:
        for name in ("tilt", "tilt_at_touchdown", "angle_of_attack"):
            check_angle("hop limits", name, getattr(self, name), 0.0, np.nextafter(RIGHT_ANGLE, 0.0))
        check_rate("hop limits", "turn_rate", self.turn_rate, MOST_TURN_RATE)
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None and each.name not in ("tilt_at_touchdown", "angle_of_attack") and not value > 0.0:
                raise ValueError(f"hop limits: {each.name} is {value:g}: it must be positive")

    @classmethod
    def of(cls, vehicle: Vehicle | str | os.PathLike[str]) -> "HopLimits":
        """Return the limits that the data of a vehicle state, and the defaults for the rest.

        Raises:
            VehicleError: For an unknown vehicle.
        """
        vehicle = as_vehicle(vehicle)
        up, home = vehicle.limits, vehicle.recovery
        return cls(
            rise=up.vertical_rise_s.si,
            dynamic_pressure=up.dynamic_pressure_max_kPa.si,
            q_alpha=up.q_alpha_max_kPa_deg.si,
            acceleration=up.axial_acceleration_max_g.si,
            angle_of_attack=home.angle_of_attack_max_deg.si if home is not None else cls.angle_of_attack,
            dynamic_pressure_down=home.dynamic_pressure_max_kPa.si if home is not None else None,
        )


@dataclass(frozen=True)
class Hopper:
    """A vehicle that hops.

    Attributes:
        lander: Its figures as a lander.
        liftoff_mass: Mass at lift-off (kg).
        engines: How many engines lift it, and how many land it.
        drag_factor: Multiplier on the ascent drag curve.
        bands: Low and high end (SI) of every uncertain figure, by parameter name. Those named in :data:`FREED` and
            ``liftoff_mass`` are identified with the flight.

    Raises:
        ValueError: For engine counts or masses out of range, bands that do not contain their figure, or engines that
            cannot lift the vehicle.
    """

    lander: Lander
    liftoff_mass: float
    engines: tuple[int, int] = (1, 1)
    drag_factor: float = 1.0
    bands: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        craft, mounted = self.lander, self.lander.engines
        if len(self.engines) != 2 or not all(1 <= n <= mounted for n in self.engines):
            raise ValueError(
                f"hopper {craft.name!r}: engines is {self.engines}: give counts up and down, from 1 to {mounted}"
            )
        if not self.liftoff_mass > craft.burnout_mass:
            dry = f"more than the {craft.burnout_mass:,.0f} kg dry"
            raise ValueError(f"hopper {craft.name!r}: liftoff_mass is {self.liftoff_mass:,.0f} kg: give {dry}")
        values = self.parameters()
        for name, (low, high) in self.bands.items():
            if name not in values:
                raise ValueError(f"hopper {craft.name!r}: bands names {name!r}: choose from {', '.join(values)}")
            if not low <= values[name] <= high:
                fix = f"make it contain {values[name]:g}"
                raise ValueError(f"hopper {craft.name!r}: bands: {name} is {low:g} to {high:g}: {fix}")
        push = self._most("stage1.thrust_sea_level") * craft.throttle[1] * self.engines[0] / STANDARD_GRAVITY
        lightest = self.bands.get(LIFTOFF_MASS, (self.liftoff_mass,))[0]
        if push <= lightest:
            fix = f"{self.engines[0]} engines lift at most {push:,.0f} kg: take off mass or light more"
            raise ValueError(f"hopper {craft.name!r}: liftoff_mass is {lightest:,.0f} kg: {fix}")

    def _most(self, name: str) -> float:
        return self.bands.get(name, (0.0, self.parameters()[name]))[1]

    @classmethod
    def of(cls, vehicle: Vehicle | str | os.PathLike[str]) -> "Hopper":
        """Return a test article, or the first stage of a launch vehicle alone, lifted by all its engines.

        Raises:
            VehicleError: For an unknown vehicle, or one that does not land.
        """
        vehicle = as_vehicle(vehicle)
        engine, aero, full = vehicle.stage1.engine, vehicle.aero, vehicle.stage1.dry_mass + vehicle.stage1.propellant
        # The published lift-off mass of a launch vehicle includes upper stages and payload, which do not hop.
        mass = vehicle.liftoff_mass_published_t if vehicle.stage2 is None else None
        stated = {
            "stage1.thrust_sea_level": engine.thrust_sea_level_kN,
            "stage1.isp_sea_level": engine.specific_impulse_sea_level_s,
            "stage1.isp_vacuum": engine.specific_impulse_vacuum_s,
            FLOOR: engine.throttle_min,
            "aero.drag_factor": aero.drag_factor,
            "aero.descent_axial_factor": aero.descent_axial_factor,
            "aero.preserved_drag": aero.preserved_drag_fraction,
            LIFTOFF_MASS: mass,
        }
        bands = {n: (f.low_si, f.high_si) for n, f in stated.items() if f is not None and f.low_si < f.high_si}
        dry, rest = vehicle.stage1.dry_mass_t, vehicle.stage1.residual_t
        bands["stage1.burnout_mass"] = (dry.low_si + rest.low_si, dry.high_si + rest.high_si)
        lander = Lander.of(vehicle)
        return cls(
            lander,
            full if mass is None else mass.si,
            (engine.count, lander.sequences[0][-1]),
            aero.drag_factor.si,
            bands,
        )

    def parameters(self) -> dict[str, float]:
        """Return every figure that the flight depends on (SI), by parameter name."""
        return self.lander.parameters() | {
            "aero.reference_area": self.lander.base_area,
            "aero.drag_factor": self.drag_factor,
            LIFTOFF_MASS: self.liftoff_mass,
        }

    def lifting(self, mass: Stated) -> "Hopper":
        """Return the same hopper with another mass at lift-off (kg); given with a band, the mass is identified."""
        event = stated_event(LIFTOFF_MASS, mass)
        bands = {n: b for n, b in self.bands.items() if n != LIFTOFF_MASS}
        bands |= {LIFTOFF_MASS: event.range} if event.within else {}
        return replace(self, liftoff_mass=event.value, bands=bands)

    @property
    def unknown(self) -> dict[str, tuple[float, float]]:
        """Bands of the figures that are identified with the flight, by parameter name."""
        return {n: b for n, b in self.bands.items() if n in (*FREED, LIFTOFF_MASS) and b[0] < b[1]}


@dataclass(frozen=True)
class HopCase:
    """The statement of a hop; see :class:`hoverslam.flights.hop.solve.Hop`.

    Attributes:
        hopper: The vehicle that hops.
        events: Stated events of the flight.
        limits: The limits that it respects.
        relight: Whether the engines are off over the apogee.
        ground: The frame at the pad.
        wind: Wind profile, or None for still air.
    """

    hopper: Hopper
    events: HopEvents
    limits: HopLimits
    relight: bool
    ground: FlatGround | LaunchFrame
    wind: Wind | None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the phases, in order."""
        return ("rise", "climb", "coast_up", "coast_down", "landing") if self.relight else ("rise", "climb", "landing")

    @property
    def top(self) -> str:
        """Name of the phase that ends at the apogee."""
        return "coast_up" if self.relight else "climb"

    def height(self, position: Array) -> Array:
        """Return the height above the pad (m) of a position ``(3,)`` (m)."""
        return self.ground.altitude(position) - self.ground.altitude(jnp.zeros(3))
