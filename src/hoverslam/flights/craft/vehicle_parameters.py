"""From a vehicle's data to the numbers that a flight problem needs: given parameters in SI, and the inputs of each phase.

The figures enter the problem as named given parameters (``stage1.dry_mass``), never as literals in the equations. A built
problem can then be solved again for other figures, and the optimum differentiated by each of them.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from hoverslam.data.figures import Figure
from hoverslam.data.radians import check_angle
from hoverslam.physics.constants import EARTH_EQUATORIAL_RADIUS, EARTH_GRAVITATIONAL_PARAMETER, EARTH_ROTATION_RATE
from hoverslam.physics.earth import LaunchFrame
from hoverslam.physics.motion import Inputs, Shape
from hoverslam.physics.propulsion import Propulsion
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.models import Vehicle, operations_of
from hoverslam.vehicles.places import Orbit, Site
from hoverslam.vehicles.stages import SideBoosters
from hoverslam.vehicles.upper_recovery import UpperRecovery

Values = Mapping[str, Any]  # parameters by name: numbers, or symbols of the solver


def launch_parameters(vehicle: Vehicle, recovery: str) -> dict[str, float]:
    """Return every figure that the launch problem depends on, in SI, by dotted name.

    ``stage1.dry_mass`` is the mass with empty tanks; residual propellant is ``stage1.residual``.
    """
    one, two, aero = vehicle.stage1, vehicle.stage2, vehicle.aero
    assert two is not None
    home = vehicle.recovery
    saving = 0.0
    if recovery == "expendable" and home is not None and home.expendable_dry_mass_saving_t is not None:
        saving = home.expendable_dry_mass_saving_t.si
    values = {
        "stage1.dry_mass": one.dry_mass - saving,
        "stage1.propellant": one.propellant,
        "stage1.residual": one.residual,
        "stage1.thrust_sea_level": one.engine.thrust_sea_level,
        "stage1.isp_sea_level": one.engine.specific_impulse_sea_level_s.si,
        "stage1.isp_vacuum": one.engine.specific_impulse_vacuum_s.si,
        "stage1.base_area": one.base_area,
        "stage2.dry_mass": two.dry_mass,
        "stage2.propellant": two.propellant,
        "stage2.residual": two.residual,
        "stage2.performance_reserve": two.performance_reserve,
        "stage2.thrust_vacuum": two.engine.thrust_vacuum,
        "stage2.isp_vacuum": two.engine.specific_impulse_vacuum_s.si,
        "fairing.mass": vehicle.fairing.mass_t.si if vehicle.fairing else 0.0,
        "payload.adapter": vehicle.payload.adapter_kg.si if vehicle.payload else 0.0,
        "aero.reference_area": aero.reference_area,
        "aero.drag_factor": aero.drag_factor.si,
        "aero.side_area_ratio": side_area_ratio(vehicle),
        "aero.descent_axial_factor": descent_axial_factor(vehicle),
        "aero.preserved_drag": preserved_drag(vehicle),
        "landing.reserve": home.reserve(recovery)[0].si if home is not None and recovery != "expendable" else 0.0,
    }
    if vehicle.stage3 is not None:
        three = vehicle.stage3
        values |= {
            "stage3.dry_mass": three.dry_mass,
            "stage3.propellant": three.propellant,
            "stage3.residual": three.residual,
            "stage3.performance_reserve": three.performance_reserve,
            "stage3.thrust_vacuum": three.engine.thrust_vacuum,
            "stage3.isp_vacuum": three.engine.specific_impulse_vacuum_s.si,
        }
    if vehicle.side_boosters is not None:
        values |= _side_booster_parameters(vehicle.side_boosters, recovery, aero.reference_area)
    if vehicle.upper_recovery is not None:
        values |= _upper_return_parameters(vehicle.upper_recovery, two.length_m.si)
    if vehicle.strap_ons is not None:
        solids = vehicle.strap_ons
        values |= {
            "strap_ons.dry_mass": solids.count * solids.dry_mass_t.si,
            "strap_ons.propellant": solids.count * solids.propellant_t.si,
            "strap_ons.thrust_vacuum": solids.count * solids.thrust_vacuum,
            "strap_ons.mass_flow": solids.count * solids.mass_flow,
            "strap_ons.exit_area": solids.count * solids.exit_area,
        }
    return values


def _side_booster_parameters(side: SideBoosters, recovery: str, reference_area: float) -> dict[str, float]:
    """Return the parameters of the side boosters: masses and thrust of one of them, and their number."""
    home, engine = side.recovery, side.engine
    reserve = home.reserve(recovery)[0].si if home is not None else 0.0
    return {
        "side_boosters.count": float(side.count),
        "side_boosters.engines": float(engine.count),
        "side_boosters.dry_mass": side.dry_mass,
        "side_boosters.propellant": side.propellant,
        "side_boosters.residual": side.residual,
        "side_boosters.thrust_sea_level": engine.thrust_sea_level,
        "side_boosters.isp_sea_level": engine.specific_impulse_sea_level_s.si,
        "side_boosters.isp_vacuum": engine.specific_impulse_vacuum_s.si,
        "side_boosters.base_area": side.base_area,
        "side_boosters.side_area_ratio": float(side.length_m.si / side.diameter_m.si * 4 / np.pi),
        "side_boosters.reserve": reserve,
        "aero.boosted_reference_area": reference_area + side.count * side.base_area,
    }


def _upper_return_parameters(home: UpperRecovery, length: float) -> dict[str, float]:
    """Return the parameters of an upper stage that comes home; ``length`` (m) is that of the stage."""
    engine, diameter = home.landing_engine, home.base_diameter_m.si
    return {
        "upper_stage.thrust_sea_level": engine.thrust_sea_level,
        "upper_stage.isp_sea_level": engine.specific_impulse_sea_level_s.si,
        "upper_stage.isp_vacuum": engine.specific_impulse_vacuum_s.si,
        "upper_stage.base_area": float(np.pi / 4.0 * diameter**2),
        "upper_stage.axial_factor": home.axial_factor.si,
        "upper_stage.side_area_ratio": float(length / diameter * 4 / np.pi),
        "upper_stage.reserve": home.landing_reserve_t.si,
    }


# ---- figures that a vehicle file may leave out ---------------------------------------------------------------------
def side_area_ratio(vehicle: Vehicle) -> float:
    """Return the side area of the first stage over its base area; that of a cylinder where the file states none."""
    stated, stage = vehicle.aero.normal_side_area_ratio, vehicle.stage1
    return stated.si if stated is not None else float(stage.length_m.si / stage.diameter_m.si * 4 / np.pi)


def descent_axial_factor(vehicle: Vehicle) -> float:
    """Return the factor of the axial-force curve on the way down."""
    return _stated(vehicle.aero.descent_axial_factor, operations_of(vehicle).descent_axial_factor)


def preserved_drag(vehicle: Vehicle) -> float:
    """Return the share of the drag that remains behind a plume."""
    return _stated(vehicle.aero.preserved_drag_fraction, operations_of(vehicle).preserved_drag_fraction)


def flip_rate(vehicle: Vehicle) -> float:
    """Return the rate at which the booster turns around (rad/s)."""
    home = vehicle.recovery
    return _stated(home.flip_rate_deg_s if home is not None else None, operations_of(vehicle).flip_rate_deg_s)


def _stated(figure: Figure | None, default: Figure) -> float:
    """Return the value of a figure in SI, or of the default where the vehicle file does not state it."""
    return figure.si if figure is not None else default.si


# ---- inputs of the equations of motion -----------------------------------------------------------------------------
def ascent_inputs(engines: int, boosters: str = "") -> Callable[[Values], Inputs]:
    """Return the inputs of a nose-first phase of the whole stack as a function of the parameters.

    Args:
        engines: Number of first-stage engines that are lit.
        boosters: Boosters that burn beside them: ``strap_ons``, ``side_boosters``, or empty for none.
    """

    def inputs(p: Values) -> Inputs:
        if boosters == "strap_ons":
            fixed = Propulsion(p["strap_ons.thrust_vacuum"], p["strap_ons.mass_flow"], p["strap_ons.exit_area"])
        elif boosters == "side_boosters":
            return Inputs(
                _cluster(p, "stage1", engines),
                _cluster(p, boosters, p["side_boosters.count"] * p["side_boosters.engines"]),
                _ascent_shape(p, "aero.boosted_reference_area"),
            )
        else:
            fixed = Propulsion.off()
        return Inputs(_cluster(p, "stage1", engines), fixed, _ascent_shape(p))

    return inputs


def upper_inputs(engines: int, stage: str = "stage2") -> Callable[[Values], Inputs]:
    """Return the inputs of an upper-stage phase as a function of the parameters.

    Its drag, where the air still matters, follows the curve of the ascent.

    Args:
        engines: Number of lit engines; 0 in a coast.
        stage: ``stage2`` or ``stage3``.
    """

    def inputs(p: Values) -> Inputs:
        burning = Propulsion.vacuum(engines, p[f"{stage}.thrust_vacuum"], p[f"{stage}.isp_vacuum"])
        return Inputs(burning, Propulsion.off(), _ascent_shape(p))

    return inputs


def descent_inputs(engines: int, body: str = "stage1") -> Callable[[Values], Inputs]:
    """Return the inputs of an engines-first phase as a function of the parameters.

    Args:
        engines: Number of lit engines; 0 in a glide.
        body: The body that comes home: ``stage1``, ``side_boosters`` or ``upper_stage``.
    """

    def inputs(p: Values) -> Inputs:
        burning = _cluster(p, body, engines) if engines else Propulsion.off()
        axial = "upper_stage.axial_factor" if body == "upper_stage" else "aero.descent_axial_factor"
        side = "aero.side_area_ratio" if body == "stage1" else f"{body}.side_area_ratio"
        return Inputs(
            burning, Propulsion.off(), Shape(p[f"{body}.base_area"], p[axial], p[side], p["aero.preserved_drag"])
        )

    return inputs


def deorbit_inputs(engines: int, stage: str) -> Callable[[Values], Inputs]:
    """Return the inputs of an upper stage that burns in orbit on its way home, as a function of the parameters."""

    def inputs(p: Values) -> Inputs:
        burning = Propulsion.vacuum(engines, p[f"{stage}.thrust_vacuum"], p[f"{stage}.isp_vacuum"])
        return burning_shape(burning, descent_inputs(0, "upper_stage")(p))

    def burning_shape(burning: Propulsion, coasting: Inputs) -> Inputs:
        return Inputs(burning, Propulsion.off(), coasting.shape)

    return inputs


def _cluster(p: Values, body: str, engines: Any) -> Propulsion:
    """Return that many engines of a body whose engines are described at sea level and in vacuum."""
    return Propulsion.cluster(
        engines, p[f"{body}.thrust_sea_level"], p[f"{body}.isp_sea_level"], p[f"{body}.isp_vacuum"]
    )


def _ascent_shape(p: Values, area: str = "aero.reference_area") -> Shape:
    return Shape(p[area], p["aero.drag_factor"], p["aero.side_area_ratio"], 1.0)


# ---- masses ----------------------------------------------------------------------------------------------------------
def liftoff_mass(p: Values) -> Any:
    """Return the mass on the pad (kg), payload included."""
    boosters = p["strap_ons.dry_mass"] + p["strap_ons.propellant"] if "strap_ons.dry_mass" in p else 0.0
    if "side_boosters.count" in p:
        boosters = p["side_boosters.count"] * (p["side_boosters.dry_mass"] + p["side_boosters.propellant"])
    return p["stage1.dry_mass"] + _loaded(p, "stage1") + boosters + upper_stack_mass(p)


def upper_stack_mass(p: Values, stage: str = "stage2") -> Any:
    """Return the mass on the pad (kg) of an upper stage and all that it carries, the payload included.

    Args:
        p: The parameters.
        stage: ``stage2``, which carries the fairing, or ``stage3``.
    """
    above = p["payload.adapter"] + p["payload"]
    if "stage3.dry_mass" in p:
        above = p["stage3.dry_mass"] + p["stage3.propellant"] + above
    if stage == "stage3":
        return above
    return p["stage2.dry_mass"] + _loaded(p, "stage2") + p["fairing.mass"] + above


def _loaded(p: Values, stage: str) -> Any:
    """Return the propellant in a stage on the pad (kg): the load of its tanks, less what an optimum leaves out."""
    return p[f"{stage}.propellant"] - p.get(f"{stage}.unloaded", 0.0)


def injected_mass(p: Values) -> Any:
    """Return the mass in orbit (kg): dry last stage, residual, performance reserve, adapter, payload."""
    stage = last_stage(p)
    kept = p[f"{stage}.residual"] + p[f"{stage}.performance_reserve"]
    return p[f"{stage}.dry_mass"] + kept + p["payload.adapter"] + p["payload"]


def last_stage(p: Values) -> str:
    """Return the name of the stage that reaches the orbit."""
    return "stage3" if "stage3.dry_mass" in p else "stage2"


def side_booster_mass(p: Values, time: Any) -> Any:
    """Return the mass of one side booster (kg) after a time (s) at full thrust from lift-off."""
    flow = _cluster(p, "side_boosters", p["side_boosters.engines"]).mass_flow
    return p["side_boosters.dry_mass"] + p["side_boosters.propellant"] - flow * time


# ---- orbit and launch frame ----------------------------------------------------------------------------------------
def launch_azimuth(site: Site, inclination: float, speed: float, towards_south: bool = True) -> float:
    """Return the azimuth (rad) of the Earth-relative velocity that leads to an orbit.

    Args:
        site: The launch pad.
        inclination: Inclination of the orbit (rad).
        speed: Inertial speed at injection (m/s).
        towards_south: Which of the two azimuths; the ranges of the known pads use the southward one for anything but due
            east.

    Raises:
        ValueError: For an inclination that cannot be in radians.
    """
    check_angle("launch azimuth", "inclination", inclination, 0.0, np.pi)
    cosine = np.clip(np.cos(inclination) / np.cos(site.latitude), -1.0, 1.0)
    inertial = np.arcsin(cosine)
    if towards_south:
        inertial = np.pi - inertial
    ground = EARTH_ROTATION_RATE * EARTH_EQUATORIAL_RADIUS * np.cos(site.latitude)
    return float(np.arctan2(speed * np.sin(inertial) - ground, speed * np.cos(inertial)) % (2 * np.pi))


def perigee_speed(perigee_altitude: float, apogee_altitude: float) -> float:
    """Return the inertial speed (m/s) at the perigee of an orbit given by its altitudes (m)."""
    perigee = EARTH_EQUATORIAL_RADIUS + perigee_altitude
    apogee = EARTH_EQUATORIAL_RADIUS + apogee_altitude
    return float(np.sqrt(EARTH_GRAVITATIONAL_PARAMETER * (2.0 / perigee - 2.0 / (perigee + apogee))))


def pad_frame(vehicle: Vehicle, orbit: Orbit) -> LaunchFrame:
    """Return the launch frame on the vehicle's pad along an azimuth of the orbit; see :func:`orbit_frame`."""
    return orbit_frame(vehicle.launch_site, orbit)


def orbit_frame(site: Site, orbit: Orbit, towards_south: bool = True) -> LaunchFrame:
    """Return the launch frame on a pad, along one of the two azimuths of the orbit.

    Args:
        site: The launch pad.
        orbit: The target orbit.
        towards_south: Which azimuth is chosen if the site allows both; otherwise the allowed one is chosen.

    Raises:
        VehicleError: If both azimuths are outside the limits of the site.
    """
    speed = perigee_speed(orbit.perigee_altitude, orbit.apogee_altitude)
    azimuths = [launch_azimuth(site, orbit.inclination, speed, south) for south in (towards_south, not towards_south)]
    for azimuth in azimuths:
        if site.allows_azimuth(azimuth):
            return LaunchFrame(site.latitude, site.longitude, site.elevation, azimuth)
    needed = " or ".join(f"{np.degrees(azimuth):.1f}" for azimuth in azimuths)
    fix = f"the orbit {orbit.name} ({orbit.inclination_deg}) needs {needed} deg: choose another inclination or site"
    limits = f"{site.azimuth_min_deg} to {site.azimuth_max_deg}"
    raise VehicleError([f"site {site.name}: azimuth_min_deg, azimuth_max_deg: {limits}: {fix}"])
