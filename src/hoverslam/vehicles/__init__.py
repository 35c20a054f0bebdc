"""Vehicles, launch sites and orbits: the figures, where they come from, and how well they are known.

`load_vehicle("falcon9")` returns a frozen `Vehicle` whose leaves are `Figure`s (value, band, unit, status, source). A
file that cannot be used raises `VehicleError`, which tells every mistake in one line each.
"""

from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.figures import Figure
from hoverslam.vehicles.loading import check_file, figure_rows, list_vehicles, load_vehicle
from hoverslam.vehicles.missions import Mission, list_missions, load_mission
from hoverslam.vehicles.models import (
    FREE,
    MODES,
    Aero,
    Engine,
    Fairing,
    Limits,
    Payload,
    PublishedPayload,
    Recovery,
    RecoveryMode,
    Stage,
    StrapOns,
    UpperEngine,
    UpperStage,
    Vehicle,
    with_figure,
)
from hoverslam.vehicles.places import Orbit, Site, list_orbits, list_sites, load_orbit, load_site

__all__ = [
    "FREE",
    "MODES",
    "Aero",
    "Engine",
    "Fairing",
    "Figure",
    "Limits",
    "Mission",
    "Orbit",
    "Payload",
    "PublishedPayload",
    "Recovery",
    "RecoveryMode",
    "Site",
    "Stage",
    "StrapOns",
    "UpperEngine",
    "UpperStage",
    "Vehicle",
    "VehicleError",
    "check_file",
    "figure_rows",
    "list_missions",
    "list_orbits",
    "list_sites",
    "list_vehicles",
    "load_mission",
    "load_orbit",
    "load_site",
    "load_vehicle",
    "with_figure",
]
