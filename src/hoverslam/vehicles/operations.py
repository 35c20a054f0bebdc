"""Operators' habits and assumed hardware (``operations.toml``): figures that hold for a vehicle whose file states no other.

A vehicle file may override single figures in a section ``[operations]``; ``operations_of`` in
:mod:`hoverslam.vehicles.models` returns those of a vehicle.
"""

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator

from hoverslam.data.figures import Figure, Range, Section
from hoverslam.data.reading import checked, read_toml
from hoverslam.vehicles.errors import VehicleError

FILE = Path(__file__).parent / "files" / "operations.toml"

_Share = Annotated[Figure, Range(0, 1, closed=True)]


class Operations(Section):
    """How a launch is flown, and what a stage is assumed to have.

    Attributes:
        staging_coast_s: First-stage cut-off to upper-stage thrust.
        two_burn_altitude_km: Perigee above which a restartable upper stage injects by burn, coast, burn.
        pitch_rate_max_deg_s: Rate of pitch and yaw under thrust on ascent and upper stage.
        coast_altitude_min_km: Lowest altitude, and lowest perigee, of an unpowered orbital flight.
        staging_dynamic_pressure_max_kPa: Dynamic pressure where the first stage separates.
        booster_separation_dynamic_pressure_max_kPa: Dynamic pressure where side boosters separate.
        staging_q_alpha_max_kPa_deg: Dynamic pressure times angle of attack where a body separates under thrust.
        return_acceleration_max_m_s2: Non-gravitational acceleration of a body that comes home, landing burn excepted.
        ascent_heating_max_kW_m2: Convective heating of the stack on ascent, with the radius of its reference area.
        booster_settling_s: Cut-off to the beginning of the booster's turn.
        flip_rate_deg_s: Rate of the booster's turn where its file states none.
        boostback_dynamic_pressure_max_kPa: Dynamic pressure while the booster turns and burns against its flight.
        boostback_pitch_rate_max_deg_s: Rate of pitch and yaw in the boostback burn.
        descent_angle_rate_max_deg_s: Rate of the angles from the flow on the way down.
        entry_end_altitude_min_km: Lowest altitude at the end of the entry burn.
        landing_acceleration_max_m_s2: Non-gravitational acceleration in the landing burn.
        landing_angle_of_attack_max_deg: Angle from the flow in the landing burn.
        landing_burn_min_s: Shortest burn of each engine count.
        touchdown_tilt_max_deg: Tilt of the body axis at touchdown.
        descent_axial_factor: Factor of the axial-force curve on the way down, where the file states none.
        preserved_drag_fraction: Share of the drag that remains behind a plume, where the file states none.
        gimbal_deg: Gimbal range where the file states none.
        gimbal_rate_deg_s: Rate of the gimbal.
        throttle_rate_per_s: Rate of the throttle.
        thrust_lag_fraction: Time constant of the thrust over the ignition lead.
        dry_centre_fraction: Centre of the dry mass from the gimbal plane, over the length of the stage.
        pressure_centre_fraction: Centre of pressure, engines first, over the length.
        tank_floor_fraction: Bottom of the propellant over the length.
        propellant_density_kg_m3: Mean density of both propellants.
        fin_pair_area_m2: Area of two grid fins.
        fin_force_slope: Normal-force coefficient of a fin per rad.
        fin_deflection_max_deg: Largest deflection of a fin.
        fin_rate_max_deg_s: Rate of a fin.
        cold_gas_thrust_kN: Thrust of the cold-gas thrusters on one side.
    """

    staging_coast_s: Annotated[Figure, Range(0, 60)]
    two_burn_altitude_km: Annotated[Figure, Range(100, 2_000)]
    pitch_rate_max_deg_s: Annotated[Figure, Range(0, 30)]
    coast_altitude_min_km: Annotated[Figure, Range(80, 300)]
    staging_dynamic_pressure_max_kPa: Annotated[Figure, Range(0, 50)]
    booster_separation_dynamic_pressure_max_kPa: Annotated[Figure, Range(0, 80)]
    staging_q_alpha_max_kPa_deg: Annotated[Figure, Range(0, 200)]
    return_acceleration_max_m_s2: Annotated[Figure, Range(10, 150)]
    ascent_heating_max_kW_m2: Annotated[Figure, Range(1, 1_000)]
    booster_settling_s: Annotated[Figure, Range(0, 30, closed=True)]
    flip_rate_deg_s: Annotated[Figure, Range(0, 30)]
    boostback_dynamic_pressure_max_kPa: Annotated[Figure, Range(0, 50)]
    boostback_pitch_rate_max_deg_s: Annotated[Figure, Range(0, 30)]
    descent_angle_rate_max_deg_s: Annotated[Figure, Range(0, 30)]
    entry_end_altitude_min_km: Annotated[Figure, Range(0, 80, closed=True)]
    landing_acceleration_max_m_s2: Annotated[Figure, Range(10, 100)]
    landing_angle_of_attack_max_deg: Annotated[Figure, Range(0, 45)]
    landing_burn_min_s: Annotated[Figure, Range(0, 30)]
    touchdown_tilt_max_deg: Annotated[Figure, Range(0, 10)]
    descent_axial_factor: Annotated[Figure, Range(0, 3)]
    preserved_drag_fraction: _Share
    gimbal_deg: Annotated[Figure, Range(0, 30)]
    gimbal_rate_deg_s: Annotated[Figure, Range(0, 90)]
    throttle_rate_per_s: Annotated[Figure, Range(0, 10)]
    thrust_lag_fraction: _Share
    dry_centre_fraction: _Share
    pressure_centre_fraction: _Share
    tank_floor_fraction: _Share
    propellant_density_kg_m3: Annotated[Figure, Range(50, 2_000)]
    fin_pair_area_m2: Annotated[Figure, Range(0, 20)]
    fin_force_slope: Annotated[Figure, Range(0, 10)]
    fin_deflection_max_deg: Annotated[Figure, Range(0, 60)]
    fin_rate_max_deg_s: Annotated[Figure, Range(0, 180)]
    cold_gas_thrust_kN: Annotated[Figure, Range(0, 50)]


@cache
def default_operations() -> Operations:
    """Return the figures of ``operations.toml``."""
    return checked(Operations, read_toml(FILE, FILE.name, VehicleError), FILE.name, VehicleError)


def _over_defaults(stated: object) -> object:
    """Return the figures that a vehicle file states, with all others from ``operations.toml``."""
    if not isinstance(stated, dict):
        return stated
    defaults = default_operations()
    return {name: getattr(defaults, name) for name in Operations.model_fields} | stated


OwnOperations = Annotated[Operations, BeforeValidator(_over_defaults)]
"""The type of a vehicle's section ``[operations]``, in which any key may be missing."""
