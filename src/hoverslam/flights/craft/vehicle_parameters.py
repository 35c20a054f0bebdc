"""From a vehicle's data to the numbers a flight problem needs: given parameters in SI, and each phase's inputs.

The figures enter the problem as named given parameters (``stage1.dry_mass``), never as literals in the equations, so
that a built problem can be solved again for other figures and the optimum differentiated with respect to each.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from hoverslam.physics.constants import EARTH_EQUATORIAL_RADIUS, EARTH_GRAVITATIONAL_PARAMETER, EARTH_ROTATION_RATE
from hoverslam.physics.earth import LaunchFrame
from hoverslam.physics.motion import Inputs, Propulsion, Shape
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import Orbit, Site


def launch_parameters(vehicle: Vehicle, recovery: str) -> dict[str, float]:
    """Every figure the launch problem depends on, SI, by dotted name."""
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
        "aero.side_area_ratio": or_else(aero.normal_side_area_ratio, one.length_m.si / one.diameter_m.si * 4 / np.pi),
        "aero.descent_axial_factor": or_else(aero.descent_axial_factor, 1.0),
        "aero.preserved_drag": or_else(aero.preserved_drag_fraction, 0.1),
        "landing.reserve": home.reserve(recovery)[0].si if home is not None and recovery != "expendable" else 0.0,
    }
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


def or_else(figure: Any, default: float) -> float:
    """A figure in SI, or what stands in for one that the vehicle does not state."""
    return figure.si if figure is not None else float(default)


def ascent_inputs(engines: int, strap_ons: bool) -> Callable[[Any], Inputs]:
    """Inputs of a nose-first phase with ``engines`` of the first stage lit, and the strap-ons if they still burn."""

    def inputs(p: Any) -> Inputs:
        fixed = Propulsion.off()
        if strap_ons:
            fixed = Propulsion(p["strap_ons.thrust_vacuum"], p["strap_ons.mass_flow"], p["strap_ons.exit_area"])
        shape = Shape(p["aero.reference_area"], p["aero.drag_factor"], p["aero.side_area_ratio"], 1.0)
        return Inputs(_first_stage(p, engines), fixed, shape)

    return inputs


def upper_inputs(engines: int) -> Callable[[Any], Inputs]:
    """Inputs of an upper-stage burn; its drag, where the air still counts, is the ascent curve's."""

    def inputs(p: Any) -> Inputs:
        burning = Propulsion.vacuum(engines, p["stage2.thrust_vacuum"], p["stage2.isp_vacuum"])
        shape = Shape(p["aero.reference_area"], p["aero.drag_factor"], p["aero.side_area_ratio"], 1.0)
        return Inputs(burning, Propulsion.off(), shape)

    return inputs


def descent_inputs(engines: int) -> Callable[[Any], Inputs]:
    """Inputs of an engines-first phase with ``engines`` lit (0 while gliding)."""

    def inputs(p: Any) -> Inputs:
        burning = _first_stage(p, engines) if engines else Propulsion.off()
        shape = Shape(
            p["stage1.base_area"], p["aero.descent_axial_factor"], p["aero.side_area_ratio"], p["aero.preserved_drag"]
        )
        return Inputs(burning, Propulsion.off(), shape)

    return inputs


def _first_stage(p: Any, engines: int) -> Propulsion:
    return Propulsion.cluster(engines, p["stage1.thrust_sea_level"], p["stage1.isp_sea_level"], p["stage1.isp_vacuum"])


def liftoff_mass(p: Any) -> Any:
    """Everything on the pad (kg), payload included."""
    solids = p["strap_ons.dry_mass"] + p["strap_ons.propellant"] if "strap_ons.dry_mass" in p else 0.0
    return p["stage1.dry_mass"] + p["stage1.propellant"] + solids + upper_stack_mass(p)


def upper_stack_mass(p: Any) -> Any:
    """Mass above the first stage at separation (kg): upper stage, fairing, adapter, payload."""
    return p["stage2.dry_mass"] + p["stage2.propellant"] + p["fairing.mass"] + p["payload.adapter"] + p["payload"]


def injected_mass(p: Any) -> Any:
    """Mass in orbit (kg): dry upper stage, residual, performance reserve, adapter, payload."""
    kept = p["stage2.residual"] + p["stage2.performance_reserve"]
    return p["stage2.dry_mass"] + kept + p["payload.adapter"] + p["payload"]


def launch_azimuth(site: Site, inclination: float, speed: float, towards_south: bool = True) -> float:
    """Azimuth (rad) of the Earth-relative velocity that leads to ``inclination`` (rad) at inertial ``speed`` (m/s).

    Of the two, the southward one unless told otherwise: what the ranges here use for anything but due east.
    """
    cosine = np.clip(np.cos(inclination) / np.cos(site.latitude), -1.0, 1.0)
    inertial = np.arcsin(cosine)
    if towards_south:
        inertial = np.pi - inertial
    ground = EARTH_ROTATION_RATE * EARTH_EQUATORIAL_RADIUS * np.cos(site.latitude)
    return float(np.arctan2(speed * np.sin(inertial) - ground, speed * np.cos(inertial)) % (2 * np.pi))


def flip_rate(vehicle: Vehicle) -> float:
    """How fast the booster turns around (rad/s); 5 degrees a second where the vehicle does not say."""
    home = vehicle.recovery
    return home.flip_rate_deg_s.si if home is not None and home.flip_rate_deg_s else float(np.radians(5.0))


def perigee_speed(perigee_altitude: float, apogee_altitude: float) -> float:
    """Inertial speed (m/s) at the perigee of an orbit given by its altitudes (m)."""
    perigee = EARTH_EQUATORIAL_RADIUS + perigee_altitude
    apogee = EARTH_EQUATORIAL_RADIUS + apogee_altitude
    return float(np.sqrt(EARTH_GRAVITATIONAL_PARAMETER * (2.0 / perigee - 2.0 / (perigee + apogee))))


def pad_frame(vehicle: Vehicle, orbit: Orbit) -> LaunchFrame:
    """The launch frame on the vehicle's pad, along the azimuth of the orbit."""
    return orbit_frame(vehicle.launch_site, orbit)


def orbit_frame(site: Site, orbit: Orbit, towards_south: bool = True) -> LaunchFrame:
    """The launch frame on a pad, along one of the two azimuths of the orbit."""
    speed = perigee_speed(orbit.perigee_altitude, orbit.apogee_altitude)
    azimuth = launch_azimuth(site, orbit.inclination, speed, towards_south)
    return LaunchFrame(site.latitude, site.longitude, site.elevation, azimuth)
