"""The plan of a launch: the data that guess and problem share, fixed before anything is simulated or solved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from hoverslam.data.errors import suggestion
from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.phase_limits import check_added
from hoverslam.flights.launch.limits import LaunchLimit, vehicle_limits
from hoverslam.flights.launch.objective import Objective
from hoverslam.flights.launch.returner import Returner
from hoverslam.flights.launch.structure import Choice, Structure, choices_of, core_recipe, structure_of
from hoverslam.physics.earth import LaunchFrame
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.models import Vehicle, operations_of
from hoverslam.vehicles.places import Orbit, OrbitLike, load_site
from hoverslam.vehicles.recovery import FREE, Recovery
from hoverslam.vehicles.recovery_modes import RecoveryRecipe, load_mode


@dataclass(frozen=True)
class LaunchPlan:
    """One case with its frame, parameters and sequence.

    Attributes:
        vehicle: The vehicle.
        recovery: The recovery mode.
        asked: The target orbit as it was asked for: the inclination may still depend on the vehicle.
        orbit: The target orbit with its inclination.
        frame: Launch frame.
        values: Given parameters (SI).
        structure: Branches and segments of the launch.
        staging_coast: Time from cut-off to upper-stage ignition (s).
        flip: Time that the first guess takes from cut-off to the boostback burn (s).
        target: Landing pad of the first stage in the launch frame ``(3,)`` (m), or None where the distance is free.
        constraints: Limits that the user adds to those of the vehicle.
        objective: What the optimum is about.
        widened: How often the bounds of a duration that only help the search were doubled, by phase.
    """

    vehicle: Vehicle
    recovery: str
    asked: OrbitLike | None
    orbit: Orbit
    frame: LaunchFrame
    values: dict[str, float]
    structure: Structure
    staging_coast: float
    flip: float
    target: NDArray[np.float64] | None
    constraints: tuple[LaunchLimit, ...] = ()
    objective: Objective = field(default_factory=Objective)
    widened: Mapping[str, int] = field(default_factory=dict)

    @property
    def limits(self) -> list[LaunchLimit]:
        """All limits along the phases: the vehicle's, then the user's."""
        return [*vehicle_limits(self.vehicle), *self.constraints]

    @property
    def boosters(self) -> str:
        """Boosters beside the first stage: ``strap_ons``, ``side_boosters``, or empty for none."""
        vehicle = self.vehicle
        return (
            "strap_ons"
            if vehicle.strap_ons is not None
            else "side_boosters"
            if vehicle.side_boosters is not None
            else ""
        )

    @property
    def two_burns(self) -> bool:
        """Whether the last stage burns, coasts and burns again."""
        return self.structure.choice.burns > 1

    def with_choice(self, choice: Choice) -> "LaunchPlan":
        """Return the plan with another choice of what is flown."""
        return replace(self, structure=structure_of(self.vehicle, self.recovery, choice), widened={})

    def returner(self, body: str) -> Returner:
        """Return a body that comes home: ``stage1``, ``side_boosters`` or ``upper_stage``."""
        vehicle = self.vehicle
        if body == "stage1":
            assert vehicle.recovery is not None
            left = ("stage1.dry_mass", "stage1.residual")
            drift = _drift(vehicle.recovery, core_recipe(self.recovery), self.frame, self.target)
            return Returner(body, vehicle.recovery, left, "landing.reserve", self.target, drift)
        if body == "side_boosters":
            assert vehicle.side_boosters is not None
            home = vehicle.side_boosters.recovery
            assert home is not None
            place = landing_place(home, load_mode(self.recovery).recipe("side_boosters"), self.frame)
            left = ("side_boosters.dry_mass", "side_boosters.residual")
            return Returner(body, home, left, "side_boosters.reserve", place)
        assert vehicle.upper_recovery is not None
        return Returner(
            body, vehicle.upper_recovery, ("stage2.dry_mass", "stage2.residual"), "upper_stage.reserve", None
        )

    @property
    def phases(self) -> tuple[str, ...]:
        """Names of all phases of the launch."""
        return self.structure.phases


def landing_place(home: Recovery, recipe: RecoveryRecipe | None, frame: LaunchFrame) -> NDArray[np.float64] | None:
    """Return where a body lands in the launch frame ``(3,)`` (m), or None where the distance is free.

    Args:
        home: How the body comes home.
        recipe: The recovery that it flies.
        frame: The launch frame.
    """
    if recipe is None:
        return None
    place = home.landing_site if recipe.target == "landing_site" else home.downrange_site
    if place in (None, FREE):
        return None
    site = load_site(place)
    above = home.catch_height_m.si if recipe.name == "tower_catch" and home.catch_height_m is not None else 0.0
    return frame.place(site.latitude, site.longitude, site.elevation + above)


def _drift(
    home: Recovery, recipe: RecoveryRecipe | None, frame: LaunchFrame, target: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Return the velocity of the landing place in the launch frame ``(3,)`` (m/s): that of a ship under way, or zero."""
    if recipe is None or recipe.name != "moving_ship" or home.ship_speed_m_s is None:
        return np.zeros(3)
    heading = home.ship_heading_deg.si if home.ship_heading_deg is not None else frame.azimuth
    east, north = (np.asarray(v) for v in frame.east_north(jnp.zeros(3) if target is None else jnp.asarray(target)))
    return np.asarray(home.ship_speed_m_s.si * (np.sin(heading) * east + np.cos(heading) * north))


def make_plan(
    vehicle: Vehicle,
    recovery: str,
    orbit: OrbitLike | None,
    constraints: Sequence[LaunchLimit] = (),
    choice: Choice | None = None,
    objective: Objective | None = None,
) -> LaunchPlan:
    """Return the plan of one case.

    Args:
        vehicle: The vehicle.
        recovery: One of its recovery modes.
        orbit: The target orbit, or what ``load_orbit`` makes one of; the vehicle's default if None.
        constraints: Limits beside those of the vehicle.
        choice: What is flown where there are several ways; the usual one if left out.
        objective: What the optimum is about; the greatest payload if left out.

    Raises:
        VehicleError: If the vehicle does not fly that recovery mode, or if the orbit is unknown or out of reach.
        ValueError: If a constraint names a phase that the launch does not have, or a name that its phase has already.
    """
    if recovery not in vehicle.modes:
        raise VehicleError([f"{vehicle.name}: recovery: {recovery!r}: {suggestion(recovery, vehicle.modes)}"])
    aim, habits, home = vehicle.orbit(orbit, recovery), operations_of(vehicle), vehicle.recovery
    frame = vehicle_parameters.pad_frame(vehicle, aim)
    plan = LaunchPlan(
        vehicle,
        recovery,
        orbit,
        aim,
        frame,
        vehicle_parameters.launch_parameters(vehicle, recovery),
        structure_of(vehicle, recovery, choice or choices_of(vehicle, recovery, aim)[0]),
        habits.staging_coast_s.si,
        habits.booster_settling_s.si + 0.9 * np.pi / vehicle_parameters.flip_rate(vehicle),
        None if home is None else landing_place(home, core_recipe(recovery), frame),
        tuple(constraints),
        objective or Objective(),
    )
    check_added(plan.constraints, vehicle_limits(vehicle), plan.phases, "launch")
    return plan
