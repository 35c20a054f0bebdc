"""A lander with attitude: where its mass is, and what turns it.

Of what a stage's actuators can do little is published. :meth:`RigidLander.of` takes gimbal range, size and masses from the
vehicle file; the rest are the estimates below, each with where it comes from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from hoverslam.flights.craft.lander import Lander
from hoverslam.physics.rigid_body import Body, Ellipsoid, Fins, TankBody
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.models import Vehicle

DRY_CENTRE = 0.34  # of the length, from the gimbal plane: RETALT1 has 22.06 of 64.7 m (CEAS Space Journal, 2022)
PRESSURE_CENTRE = 0.5  # of the length, engines first: between base and mid-body (estimate), behind the centre of mass
TANK_FLOOR = 0.06  # of the length (estimate)
PROPELLANT_DENSITY = 1000.0  # kg/m3, mixed: 835 for subcooled methane, 1030 for kerosene with oxygen (estimates)
GIMBAL_RATE = np.radians(10.0)  # rad/s: 4 (TU Munich, 2025) to 20 (SCPToolbox)
THROTTLE_RATE = 0.7  # 1/s: 27.1 of 40.6 kN in a second (TU Munich, 2025)
LAG = 0.25  # of the ignition lead: after four time constants the thrust is there to 2 %
FIN_AREA, FIN_SLOPE = 3.0, 2.3  # m2 a pair, 1/rad: open simulators of Falcon 9: 1.5 m2 each, 0.8 at 20 degrees
FIN_DEFLECTION, FIN_RATE = np.radians(20.0), np.radians(25.0)  # the same: 20 degrees, 20 to 30 degrees/s
COLD_GAS = 800.0  # N, of the thrusters on one side (estimate)


@dataclass(frozen=True)
class RigidLander(Lander):
    """A :class:`Lander` that must turn to steer.

    Attributes:
        body: mass properties and stations.
        gimbal: largest angle of the thrust from the nose (rad).
        gimbal_rate, throttle_rate: how fast they change (rad/s, 1/s); None for both leaves them free to jump.
        lag: time constant of the thrust (s).
        fins: grid fins, or None.
        cold_gas: largest torque about each body axis ``(3,)`` (N m), or None.
        ellipsoid: the air of the literature instead of the atmosphere, or None.
        coast_body: the body while it coasts, where flaps trim it there.
    """

    body: Body | None = None
    gimbal: float = np.radians(5.0)
    gimbal_rate: float | None = None
    throttle_rate: float | None = None
    lag: float = 0.0
    fins: Fins | None = None
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
        if not 0.0 < self.gimbal < np.pi / 2:
            raise ValueError(f"lander {self.name!r}: gimbal is {self.gimbal:g} rad: give an angle between 0 and pi/2")

    @property
    def gimballed(self) -> bool:
        """Whether throttle and gimbal are controls of their own, with rates."""
        return self.gimbal_rate is not None

    @property
    def has_air(self) -> bool:
        """Whether the atmosphere acts on it."""
        return self.base_area > 0.0 and self.ellipsoid is None

    @classmethod
    def of(cls, vehicle: Vehicle | str, sequences: Sequence[Sequence[int]] | None = None) -> "RigidLander":
        """The first stage of a vehicle.

        Raises:
            VehicleError: for an unknown vehicle or one that does not land.
        """
        vehicle = load_vehicle(vehicle) if isinstance(vehicle, str) else vehicle
        point, stage = Lander.of(vehicle, sequences), vehicle.stage1
        length, radius = stage.length_m.si, 0.5 * stage.diameter_m.si
        home = vehicle.recovery
        assert home is not None  # or there would be no Lander
        body = TankBody(
            dry_mass=point.dry_mass, dry_centre=DRY_CENTRE * length, length=length, radius=radius, floor=TANK_FLOOR * length,
            density=PROPELLANT_DENSITY, pressure_station=PRESSURE_CENTRE * length,
            engine_station=0.0,
        )  # fmt: skip
        arm = (1.0 - DRY_CENTRE) * length
        return cls(
            **{f.name: getattr(point, f.name) for f in fields(point)},
            body=body,
            gimbal=stage.engine.gimbal_deg.si if stage.engine.gimbal_deg else np.radians(5.0),
            gimbal_rate=GIMBAL_RATE,
            throttle_rate=THROTTLE_RATE,
            lag=LAG * home.ignition_lead_s.si,
            fins=Fins(length, FIN_AREA, FIN_SLOPE, radius) if vehicle.aero.grid_fins else None,
            cold_gas=(COLD_GAS * arm, COLD_GAS * arm, COLD_GAS * radius),
        )

    def point_mass(self) -> Lander:
        """The same without attitude."""
        return Lander(**{f.name: getattr(self, f.name) for f in fields(Lander)})

    def without_air(self) -> "RigidLander":
        """The same in vacuum."""
        return replace(self, base_area=0.0, fins=None, ellipsoid=None)
