"""What lands: the figures of a stage, or of any lander, that a landing or a hop depends on.

Everything is in SI. A vehicle's first stage becomes one with :meth:`Lander.of`; a lander of the literature is stated directly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from hoverslam.flights.craft.vehicle_parameters import or_else
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.models import Vehicle


@dataclass(frozen=True)
class Lander:
    """A body that lands on its engines.

    Attributes:
        name: for messages and tables.
        dry_mass: what is left when nothing more can be burned, residuals included (kg).
        thrust: of one engine at sea level and full throttle (N).
        isp, isp_vacuum: specific impulse at sea level and in vacuum (s); the same where air does not matter.
        throttle: least and greatest throttle of a lit engine.
        engines: how many are mounted.
        sequences: engine counts lit one after the other that a landing may choose from.
        base_area: cross-section (m2); zero without air.
        axial_factor, side_area_ratio, preserved_drag: see :class:`hoverslam.physics.Shape`.
    """

    name: str
    dry_mass: float
    thrust: float
    isp: float
    isp_vacuum: float
    throttle: tuple[float, float]
    engines: int = 1
    sequences: tuple[tuple[int, ...], ...] = ((1,),)
    base_area: float = 0.0
    axial_factor: float = 1.0
    side_area_ratio: float = 0.0
    preserved_drag: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type == "float" and not np.isfinite(value):
                raise ValueError(f"lander {self.name!r}: {field.name} is {value}: give a finite number")
        for name in ("dry_mass", "thrust", "isp", "isp_vacuum"):
            if getattr(self, name) <= 0.0:
                raise ValueError(f"lander {self.name!r}: {name} is {getattr(self, name):g}: it must be positive")
        low, high = self.throttle
        if not 0.0 <= low <= high or high <= 0.0:
            raise ValueError(
                f"lander {self.name!r}: throttle is {low:g} to {high:g}: give least and greatest, above zero"
            )
        for sequence in self.sequences:
            if not sequence or min(sequence) < 1 or max(sequence) > self.engines:
                raise ValueError(
                    f"lander {self.name!r}: sequence {sequence}: engine counts run from 1 to {self.engines}"
                )

    @classmethod
    def simple(
        cls, name: str, dry_mass: float, thrust: float, exhaust_speed: float, throttle: tuple[float, float]
    ) -> "Lander":
        """A point mass with one engine, without air: ``thrust`` (N) at full throttle, ``exhaust_speed`` (m/s)."""
        isp = exhaust_speed / STANDARD_GRAVITY
        return cls(name, dry_mass, thrust, isp, isp, throttle)

    @classmethod
    def of(cls, vehicle: Vehicle | str, sequences: Sequence[Sequence[int]] | None = None) -> "Lander":
        """The first stage of a vehicle, landing on any of ``sequences``; by default on what the vehicle plans.

        Raises:
            VehicleError: for an unknown vehicle or one that does not land.
        """
        vehicle = load_vehicle(vehicle) if isinstance(vehicle, str) else vehicle
        stage, aero, home = vehicle.stage1, vehicle.aero, vehicle.recovery
        if home is None:
            raise VehicleError([f"{vehicle.name}: recovery: missing: its first stage does not land"])
        chosen = sequences if sequences is not None else [home.landing_engines]
        slender = stage.length_m.si / stage.diameter_m.si * 4.0 / np.pi
        return cls(
            vehicle.title,
            stage.dry_mass + stage.residual,
            stage.engine.thrust_sea_level,
            stage.engine.specific_impulse_sea_level_s.si,
            stage.engine.specific_impulse_vacuum_s.si,
            (stage.engine.throttle_min.si, stage.engine.throttle_max.si),
            stage.engine.count,
            tuple(tuple(s) for s in chosen),
            stage.base_area,
            or_else(aero.descent_axial_factor, 1.0),
            or_else(aero.normal_side_area_ratio, slender),
            or_else(aero.preserved_drag_fraction, 0.1),
        )

    def throttled(self, low: float, high: float) -> "Lander":
        """The same with another range of throttle, as an operator plans it."""
        return replace(self, throttle=(low, high))

    @property
    def has_air(self) -> bool:
        """Whether the air acts on it."""
        return self.base_area > 0.0

    @property
    def exhaust_speed(self) -> float:
        """At sea level (m/s)."""
        return self.isp * STANDARD_GRAVITY

    @property
    def mass_flow(self) -> float:
        """Of one engine at full throttle (kg/s)."""
        return self.thrust / self.exhaust_speed

    def parameters(self) -> dict[str, float]:
        """The figures as given parameters of a problem, named as those of a launch are."""
        return {
            "stage1.burnout_mass": self.dry_mass,
            "stage1.thrust_sea_level": self.thrust,
            "stage1.isp_sea_level": self.isp,
            "stage1.isp_vacuum": self.isp_vacuum,
            "stage1.throttle_min": self.throttle[0],
            "stage1.throttle_max": self.throttle[1],
            "stage1.base_area": self.base_area,
            "aero.side_area_ratio": self.side_area_ratio,
            "aero.descent_axial_factor": self.axial_factor,
            "aero.preserved_drag": self.preserved_drag,
        }
