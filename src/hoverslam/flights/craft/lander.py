"""A lander as a point mass: the figures of a stage, or of any lander, that a landing or a hop depends on.

All figures are in SI. :meth:`Lander.of` makes one from a vehicle's first stage; a lander of the literature is stated
directly.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from numbers import Integral

import numpy as np

from hoverslam.flights.craft.vehicle_parameters import descent_axial_factor, preserved_drag, side_area_ratio
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import as_vehicle
from hoverslam.vehicles.models import Vehicle

_EXAMPLE = (
    "give a list of sequences, such as [(3, 1)] for three engines and then one, or [(1,), (3, 1)] to choose between"
)


@dataclass(frozen=True)
class Lander:
    """A body that lands on its engines.

    Attributes:
        name: Name in messages and tables.
        burnout_mass: Mass when no more propellant can be burned, residuals included (kg): the parameter
            ``stage1.burnout_mass`` of a problem.
        thrust: Thrust of one engine at sea level and full throttle (N).
        isp: Specific impulse at sea level (s).
        isp_vacuum: Specific impulse in vacuum (s); equal to ``isp`` where air does not matter.
        throttle: Least and greatest throttle of a lit engine.
        engines: Number of engines that are mounted.
        sequences: Engine counts, lit one after the other, that a landing may choose from.
        base_area: Cross-section (m2); zero without air.
        axial_factor: Factor of the axial-force curve; see :class:`hoverslam.physics.Shape`.
        side_area_ratio: Side area over base area.
        preserved_drag: Share of the drag that remains behind a plume.
    """

    name: str
    burnout_mass: float
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
        for name in ("burnout_mass", "thrust", "isp", "isp_vacuum"):
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
        cls, name: str, burnout_mass: float, thrust: float, exhaust_speed: float, throttle: tuple[float, float]
    ) -> "Lander":
        """Return a point mass with one engine, without air.

        Args:
            name: Name in messages and tables.
            burnout_mass: Mass when no more propellant can be burned (kg).
            thrust: Thrust at full throttle (N).
            exhaust_speed: Thrust over mass flow (m/s).
            throttle: Least and greatest throttle.

        Raises:
            ValueError: For a value outside its range.
        """
        isp = exhaust_speed / STANDARD_GRAVITY
        return cls(name, burnout_mass, thrust, isp, isp, throttle)

    @classmethod
    def of(
        cls, vehicle: Vehicle | str | os.PathLike[str], sequences: Sequence[Sequence[int]] | None = None
    ) -> "Lander":
        """Return the first stage of a vehicle.

        Args:
            vehicle: A vehicle, the name of a known one, or the path of a vehicle file.
            sequences: Sequences of engine counts to choose from, such as ``[(1,), (3, 1)]``: one engine, or three and
                then one. By default the one sequence that the vehicle plans.

        Raises:
            VehicleError: For an unknown vehicle or one that does not land.
            ValueError: For engine counts that are not a sequence of sequences, or out of range.
        """
        vehicle = as_vehicle(vehicle)
        stage, home = vehicle.stage1, vehicle.recovery
        if home is None:
            raise VehicleError([f"{vehicle.name}: recovery: missing: its first stage does not land"])
        chosen = [home.landing_engines] if sequences is None else sequences
        return cls(
            vehicle.title,
            stage.dry_mass + stage.residual,
            stage.engine.thrust_sea_level,
            stage.engine.specific_impulse_sea_level_s.si,
            stage.engine.specific_impulse_vacuum_s.si,
            (stage.engine.throttle_min.si, stage.engine.throttle_max.si),
            stage.engine.count,
            _sequences(chosen),
            stage.base_area,
            descent_axial_factor(vehicle),
            side_area_ratio(vehicle),
            preserved_drag(vehicle),
        )

    def throttled(self, low: float, high: float) -> "Lander":
        """Return the same lander with another range of throttle, as an operator plans it."""
        return replace(self, throttle=(low, high))

    @property
    def has_air(self) -> bool:
        """Whether the air acts on the lander."""
        return self.base_area > 0.0

    @property
    def exhaust_speed(self) -> float:
        """Exhaust speed at sea level (m/s)."""
        return self.isp * STANDARD_GRAVITY

    @property
    def mass_flow(self) -> float:
        """Mass flow of one engine at full throttle (kg/s)."""
        return self.thrust / self.exhaust_speed

    def parameters(self) -> dict[str, float]:
        """Return the figures as given parameters of a problem, with the names that a launch uses."""
        return {
            "stage1.burnout_mass": self.burnout_mass,
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


def _sequences(chosen: object) -> tuple[tuple[int, ...], ...]:
    """Return sequences of engine counts as tuples.

    Raises:
        ValueError: If a sequence is a plain number, or a count is not a whole number.
    """
    if isinstance(chosen, str) or not isinstance(chosen, Iterable):
        raise ValueError(f"lander: sequences is {chosen!r}: {_EXAMPLE}")
    found = []
    for sequence in chosen:
        if isinstance(sequence, str) or not isinstance(sequence, Iterable):
            raise ValueError(f"lander: sequences is {chosen!r}, which holds {sequence!r}: {_EXAMPLE}")
        counts = tuple(sequence)
        if not all(isinstance(n, Integral) and not isinstance(n, bool) for n in counts):
            raise ValueError(f"lander: sequence {counts}: engine counts are whole numbers: {_EXAMPLE}")
        found.append(tuple(int(n) for n in counts))
    if not found:
        raise ValueError(f"lander: sequences is empty: {_EXAMPLE}")
    return tuple(found)
