"""The plan of a launch: the data that guess and problem share, fixed before anything is simulated or solved."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.launch.limits import LaunchLimit, check_added, vehicle_limits
from hoverslam.physics.earth import LaunchFrame
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.models import Vehicle, operations_of
from hoverslam.vehicles.places import Orbit, load_site
from hoverslam.vehicles.recovery import FREE

CIRCULAR = 1e3  # m: an orbit whose apogee and perigee differ by less is treated as a circle


@dataclass(frozen=True)
class LaunchPlan:
    """One case with its frame, parameters and sequence.

    Attributes:
        vehicle: The vehicle.
        recovery: The recovery mode.
        orbit: The target orbit.
        frame: Launch frame.
        values: Given parameters (SI).
        two_burns: Whether the upper stage burns, coasts and burns again.
        staging_coast: Time from cut-off to upper-stage ignition (s).
        flip: Time that the first guess takes from cut-off to the boostback burn (s).
        target: Landing pad in the launch frame ``(3,)`` (m), or None where the distance is free.
        constraints: Limits that the user adds to those of the vehicle.
    """

    vehicle: Vehicle
    recovery: str
    orbit: Orbit
    frame: LaunchFrame
    values: dict[str, float]
    two_burns: bool
    staging_coast: float
    flip: float
    target: NDArray[np.float64] | None
    constraints: tuple[LaunchLimit, ...] = ()

    @property
    def limits(self) -> list[LaunchLimit]:
        """All limits along the phases: the vehicle's, then the user's."""
        return [*vehicle_limits(self.vehicle), *self.constraints]

    @property
    def phases(self) -> tuple[str, ...]:
        """Names of all phases of the launch."""
        home = self.vehicle.recovery
        names = ["rise", *(["solids"] if self.vehicle.strap_ons else []), "ascent", "staging", "shrouded", "upper"]
        names += ["orbit_coast", "second_burn"] if self.two_burns else []
        if home is None or self.recovery == "expendable":
            return tuple(names)
        names += ["flip", "boostback"] if self.recovery == "return_to_launch_site" else []
        return (*names, "coast", "entry", "glide", "ignition", *(f"landing_{n}" for n in home.landing_engines))


def make_plan(vehicle: Vehicle, recovery: str, orbit: Orbit, constraints: Sequence[LaunchLimit] = ()) -> LaunchPlan:
    """Return the plan of one case.

    Args:
        vehicle: The vehicle.
        recovery: One of its recovery modes.
        orbit: The target orbit.
        constraints: Limits beside those of the vehicle.

    Raises:
        VehicleError: If the vehicle does not fly that recovery mode.
        ValueError: If a constraint names a phase that the launch does not have, or a name that its phase has already.
    """
    if recovery not in vehicle.modes:
        known = ", ".join(vehicle.modes) or "no orbital flight"
        raise VehicleError([f"{vehicle.name}: recovery: {recovery!r}: has {known}"])
    habits, frame, home = operations_of(vehicle), vehicle_parameters.pad_frame(vehicle, orbit), vehicle.recovery
    target = None
    if home is not None and recovery != "expendable":
        place = home.downrange_site if recovery == "downrange" else home.landing_site
        if place not in (None, FREE):
            site = load_site(place)
            target = frame.place(site.latitude, site.longitude, site.elevation)
    two_burns = (
        vehicle.stage2 is not None
        and vehicle.stage2.engine.restartable
        and orbit.perigee_altitude > habits.two_burn_altitude_km.si
        and orbit.apogee_altitude - orbit.perigee_altitude < CIRCULAR
    )
    plan = LaunchPlan(
        vehicle,
        recovery,
        orbit,
        frame,
        vehicle_parameters.launch_parameters(vehicle, recovery),
        two_burns,
        habits.staging_coast_s.si,
        habits.booster_settling_s.si + 0.9 * np.pi / vehicle_parameters.flip_rate(vehicle),
        target,
        tuple(constraints),
    )
    check_added(plan.constraints, vehicle_limits(vehicle), plan.phases)
    return plan
