"""From a vehicle's data to the numbers that a flight problem needs: given parameters in SI, and the inputs of each phase.

The figures enter the problem as named given parameters (``stage1.dry_mass``), never as literals in the equations. A built
problem can then be solved again for other figures, and the optimum differentiated by each of them.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from hoverslam.data.figures import Figure
from hoverslam.physics.constants import EARTH_EQUATORIAL_RADIUS, EARTH_GRAVITATIONAL_PARAMETER, EARTH_ROTATION_RATE
from hoverslam.physics.earth import LaunchFrame
from hoverslam.physics.motion import Inputs, Shape
from hoverslam.physics.propulsion import Propulsion
from hoverslam.vehicles.models import Vehicle, operations_of
from hoverslam.vehicles.places import Orbit, Site

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
def ascent_inputs(engines: int, strap_ons: bool) -> Callable[[Values], Inputs]:
    """Return the inputs of a nose-first phase as a function of the parameters.

    Args:
        engines: Number of first-stage engines that are lit.
        strap_ons: Whether the strap-on boosters still burn.
    """

    def inputs(p: Values) -> Inputs:
        fixed = Propulsion.off()
        if strap_ons:
            fixed = Propulsion(p["strap_ons.thrust_vacuum"], p["strap_ons.mass_flow"], p["strap_ons.exit_area"])
        return Inputs(_first_stage(p, engines), fixed, _ascent_shape(p))

    return inputs


def upper_inputs(engines: int) -> Callable[[Values], Inputs]:
    """Return the inputs of an upper-stage phase as a function of the parameters.

    Its drag, where the air still matters, follows the curve of the ascent.
    """

    def inputs(p: Values) -> Inputs:
        burning = Propulsion.vacuum(engines, p["stage2.thrust_vacuum"], p["stage2.isp_vacuum"])
        return Inputs(burning, Propulsion.off(), _ascent_shape(p))

    return inputs


def descent_inputs(engines: int) -> Callable[[Values], Inputs]:
    """Return the inputs of an engines-first phase with ``engines`` lit (0 in a glide) as a function of the parameters."""

    def inputs(p: Values) -> Inputs:
        burning = _first_stage(p, engines) if engines else Propulsion.off()
        shape = Shape(
            p["stage1.base_area"], p["aero.descent_axial_factor"], p["aero.side_area_ratio"], p["aero.preserved_drag"]
        )
        return Inputs(burning, Propulsion.off(), shape)

    return inputs


def _first_stage(p: Values, engines: int) -> Propulsion:
    return Propulsion.cluster(engines, p["stage1.thrust_sea_level"], p["stage1.isp_sea_level"], p["stage1.isp_vacuum"])


def _ascent_shape(p: Values) -> Shape:
    return Shape(p["aero.reference_area"], p["aero.drag_factor"], p["aero.side_area_ratio"], 1.0)


# ---- masses ----------------------------------------------------------------------------------------------------------
def liftoff_mass(p: Values) -> Any:
    """Return the mass on the pad (kg), payload included."""
    solids = p["strap_ons.dry_mass"] + p["strap_ons.propellant"] if "strap_ons.dry_mass" in p else 0.0
    return p["stage1.dry_mass"] + p["stage1.propellant"] + solids + upper_stack_mass(p)


def upper_stack_mass(p: Values) -> Any:
    """Return the mass above the first stage at separation (kg): upper stage, fairing, adapter, payload."""
    return p["stage2.dry_mass"] + p["stage2.propellant"] + p["fairing.mass"] + p["payload.adapter"] + p["payload"]


def injected_mass(p: Values) -> Any:
    """Return the mass in orbit (kg): dry upper stage, residual, performance reserve, adapter, payload."""
    kept = p["stage2.residual"] + p["stage2.performance_reserve"]
    return p["stage2.dry_mass"] + kept + p["payload.adapter"] + p["payload"]


# ---- orbit and launch frame ----------------------------------------------------------------------------------------
def launch_azimuth(site: Site, inclination: float, speed: float, towards_south: bool = True) -> float:
    """Return the azimuth (rad) of the Earth-relative velocity that leads to an orbit.

    Args:
        site: The launch pad.
        inclination: Inclination of the orbit (rad).
        speed: Inertial speed at injection (m/s).
        towards_south: Which of the two azimuths; the ranges of the known pads use the southward one for anything but due
            east.
    """
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
    """Return the launch frame on the vehicle's pad, along the southward azimuth of the orbit."""
    return orbit_frame(vehicle.launch_site, orbit)


def orbit_frame(site: Site, orbit: Orbit, towards_south: bool = True) -> LaunchFrame:
    """Return the launch frame on a pad, along one of the two azimuths of the orbit."""
    speed = perigee_speed(orbit.perigee_altitude, orbit.apogee_altitude)
    azimuth = launch_azimuth(site, orbit.inclination, speed, towards_south)
    return LaunchFrame(site.latitude, site.longitude, site.elevation, azimuth)
