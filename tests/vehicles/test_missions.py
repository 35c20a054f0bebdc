"""Missions: prior knowledge of flights with telemetry."""

import pytest

from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import list_vehicles
from hoverslam.vehicles.missions import list_missions, load_mission


def test_every_mission_loads_and_names_places_that_exist() -> None:
    for name in list_missions():
        mission = load_mission(name)
        assert mission.vehicle in list_vehicles()
        assert mission.launch_site.kind == "launch pad"
        assert mission.landing is None or mission.landing.kind == "landing pad"
        assert mission.orbit.perigee_altitude <= mission.orbit.apogee_altitude


def test_an_unknown_mission_gets_a_suggestion() -> None:
    with pytest.raises(VehicleError, match="crs11"):
        load_mission("crs12")


def test_the_list_of_vehicles_has_no_missions() -> None:
    assert "missions" not in list_vehicles()
