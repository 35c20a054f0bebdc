"""A lander with attitude: the distribution of its mass, and the actuators that turn it.

Little is published about the actuators of a stage. :meth:`RigidLander.of` takes gimbal range, size and masses from the
vehicle file, and everything else from ``operations.toml``, where each figure has its source.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from hoverslam.data.radians import MOST_ACTUATOR_RATE, RIGHT_ANGLE, check_angle, check_rate
from hoverslam.flights.craft.lander import Lander
from hoverslam.physics.rigid_body import Body, Ellipsoid, Fins, TankBody
from hoverslam.vehicles.loading import as_vehicle
from hoverslam.vehicles.models import Vehicle, operations_of


@dataclass(frozen=True)
class RigidLander(Lander):
    """A :class:`Lander` that must turn to steer.

    Attributes:
        body: Mass properties and stations.
        gimbal: Largest angle of the thrust from the nose (rad).
        gimbal_rate: Rate of the gimbal (rad/s). None, together with ``throttle_rate``, lets both jump.
        throttle_rate: Rate of the throttle (1/s).
        lag: Time constant of the thrust (s).
        fins: Grid fins, or None.
        fin_deflection: Largest deflection of the fins (rad).
        fin_rate: Rate of the fins (rad/s).
        cold_gas: Largest torque about each body axis ``(3,)`` (N m), or None.
        ellipsoid: Air force of constant coefficients instead of the atmosphere, as in the literature, or None.
        coast_body: The body in the coast, where flaps trim it; None for ``body``.
    """

    body: Body | None = None
    gimbal: float = np.radians(5.0)
    gimbal_rate: float | None = None
    throttle_rate: float | None = None
    lag: float = 0.0
    fins: Fins | None = None
    fin_deflection: float = 0.0
    fin_rate: float = np.inf
    cold_gas: tuple[float, float, float] | None = None
    ellipsoid: Ellipsoid | None = None
    coast_body: Body | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.body is None:
            raise ValueError(f"lander {self.name!r}: body: missing: give a Body, such as TankBody or FixedBody")
        if (self.gimbal_rate is None) != (self.throttle_rate is None):
            raise ValueError(f"lander {self.name!r}: give gimbal_rate and throttle_rate, or neither")
        if self.lag and not self.gimballed:
            raise ValueError(
                f"lander {self.name!r}: lag {self.lag:g}: thrust that lags needs gimbal_rate and throttle_rate"
            )
        what = f"lander {self.name!r}"
        check_angle(what, "gimbal", self.gimbal, np.nextafter(0.0, 1.0), np.nextafter(RIGHT_ANGLE, 0.0))
        check_angle(what, "fin_deflection", self.fin_deflection, 0.0, RIGHT_ANGLE)
        check_rate(what, "gimbal_rate", self.gimbal_rate, MOST_ACTUATOR_RATE)
        check_rate(what, "fin_rate", self.fin_rate, MOST_ACTUATOR_RATE)

    @property
    def gimballed(self) -> bool:
        """Whether throttle and gimbal are separate controls with limited rates."""
        return self.gimbal_rate is not None

    @property
    def has_air(self) -> bool:
        """Whether the atmosphere acts on the lander."""
        return self.base_area > 0.0 and self.ellipsoid is None

    @classmethod
    def of(
        cls, vehicle: Vehicle | str | os.PathLike[str], sequences: Sequence[Sequence[int]] | None = None
    ) -> "RigidLander":
        """Return the first stage of a vehicle.

        Args:
            vehicle: A vehicle, the name of a known one, or the path of a vehicle file.
            sequences: Engine counts, lit one after the other, to choose from; by default the counts that the vehicle
                plans.

        Raises:
            VehicleError: For an unknown vehicle or one that does not land.
        """
        vehicle = as_vehicle(vehicle)
        point, stage, assumed = Lander.of(vehicle, sequences), vehicle.stage1, operations_of(vehicle)
        length, radius = stage.length_m.si, 0.5 * stage.diameter_m.si
        home = vehicle.recovery
        assert home is not None  # Lander.of raises otherwise
        dry_centre = assumed.dry_centre_fraction.si
        body = TankBody(
            dry_mass=point.burnout_mass,
            dry_centre=dry_centre * length,
            length=length,
            radius=radius,
            floor=assumed.tank_floor_fraction.si * length,
            density=assumed.propellant_density_kg_m3.si,
            pressure_station=assumed.pressure_centre_fraction.si * length,
            engine_station=0.0,
        )
        arm, cold_gas = (1.0 - dry_centre) * length, assumed.cold_gas_thrust_kN.si
        fins = Fins(length, assumed.fin_pair_area_m2.si, assumed.fin_force_slope.si, radius)
        return cls(
            **{f.name: getattr(point, f.name) for f in fields(point)},
            body=body,
            gimbal=(stage.engine.gimbal_deg or assumed.gimbal_deg).si,
            gimbal_rate=assumed.gimbal_rate_deg_s.si,
            throttle_rate=assumed.throttle_rate_per_s.si,
            lag=assumed.thrust_lag_fraction.si * home.ignition_lead_s.si,
            fins=fins if vehicle.aero.grid_fins else None,
            fin_deflection=assumed.fin_deflection_max_deg.si,
            fin_rate=assumed.fin_rate_max_deg_s.si,
            cold_gas=(cold_gas * arm, cold_gas * arm, cold_gas * radius),
        )

    def point_mass(self) -> Lander:
        """Return the same lander without attitude."""
        return Lander(**{f.name: getattr(self, f.name) for f in fields(Lander)})
