"""The limits that the check of a flown launch applies: those of the problem, and the same limits in the phases it omits.

The problem of a launch states a limit only where an optimum can reach it. The check applies it in every phase in which it
holds physically.
"""

import numpy as np

from hoverslam.flights.launch.limits import LaunchLimit, home_of, landing_acceleration, vehicle_limits
from hoverslam.flights.launch.structure import PREFIXES, Branch, Segment, Structure
from hoverslam.vehicles.models import Vehicle, operations_of
from hoverslam.vehicles.upper_recovery import UpperRecovery


def checked_limits(vehicle: Vehicle, structure: Structure) -> list[LaunchLimit]:
    """Return all limits that hold along the phases of a launch.

    Args:
        vehicle: The vehicle.
        structure: The branches of the launch.
    """
    stated = vehicle_limits(vehicle)
    missing = [
        limit
        for branch in structure.branches
        for segment in branch.segments
        for limit in _physical(vehicle, branch, segment)
        if not any(known.quantity == limit.quantity and known.holds_in(segment.name) for known in stated)
    ]
    return [*stated, *missing]


def limits_at_separation(vehicle: Vehicle, segment: Segment) -> list[LaunchLimit]:
    """Return the limits at the end of a segment at which bodies separate; none for another segment."""
    habits = operations_of(vehicle)
    if segment.kind not in ("ascent", "boosted"):
        return []
    calm = habits.staging_dynamic_pressure_max_kPa
    if segment.kind == "boosted":
        calm = habits.booster_separation_dynamic_pressure_max_kPa
    return [
        LaunchLimit("dynamic_pressure", segment.name, upper=calm.si, unit="Pa"),
        LaunchLimit("q_alpha", segment.name, upper=habits.staging_q_alpha_max_kPa_deg.si, unit="Pa rad"),
    ]


def _physical(vehicle: Vehicle, branch: Branch, segment: Segment) -> list[LaunchLimit]:
    """Return the limits that hold in one segment."""
    name, ground = segment.name, LaunchLimit("altitude", segment.name, lower=0.0, unit="m")
    if branch.body in PREFIXES:
        return [ground, *_on_the_way_home(vehicle, branch.body, segment)]
    own, habits = vehicle.limits, operations_of(vehicle)
    heating = LaunchLimit("heating", name, upper=habits.ascent_heating_max_kW_m2.si, unit="W/m2")
    pressure = LaunchLimit("dynamic_pressure", name, upper=own.dynamic_pressure_max_kPa.si, unit="Pa")
    hot = own.free_molecular_heating_max_W_m2
    if segment.kind == "orbit_coast" or segment.name == "staging_2":  # the fairing is gone
        bare = LaunchLimit("free_molecular_heating", name, upper=hot.si if hot else np.inf, unit="W/m2")
        return [ground, pressure, heating, bare]
    if segment.kind == "staging":
        return [ground, pressure, heating]
    axial = own.axial_acceleration_max_g
    if branch.body != "stack":
        axial = own.upper_axial_acceleration_max_g or axial
    return [
        ground,
        pressure,
        heating,
        LaunchLimit("q_alpha", name, upper=own.q_alpha_max_kPa_deg.si, unit="Pa rad"),
        LaunchLimit("axial_acceleration", name, upper=axial.si, unit="m/s2"),
    ]


def _on_the_way_home(vehicle: Vehicle, body: str, segment: Segment) -> list[LaunchLimit]:
    """Return the limits of a body that comes home in one of its segments."""
    name, home = segment.name, home_of(vehicle, body)
    assert home is not None
    hot, steady = home.heating_max_kW_m2, operations_of(vehicle).return_acceleration_max_m_s2.si
    if isinstance(home, UpperRecovery):
        steady = home.axial_acceleration_max_g.si
    if segment.kind in ("ignition", "landing"):
        steady = landing_acceleration(vehicle, segment.engines, body)
    return [
        LaunchLimit("dynamic_pressure", name, upper=home.dynamic_pressure_max_kPa.si, unit="Pa"),
        LaunchLimit("heating", name, upper=hot.si if hot else np.inf, unit="W/m2"),
        LaunchLimit("axial_acceleration", name, upper=steady, unit="m/s2"),
    ]
