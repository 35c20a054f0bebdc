"""The azimuth of a launch: both that lead to an orbit, and the one that range safety allows."""

import math

import pytest

from hoverslam.flights.craft.vehicle_parameters import launch_azimuth, orbit_frame, pad_frame, perigee_speed
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.places import load_orbit, load_site

CAPE = "28.56x-80.58x5"
SPACE_STATION = load_orbit("420x420x51.6")


def azimuth_deg(site, orbit=SPACE_STATION, **choice):
    return math.degrees(orbit_frame(load_site(site), orbit, **choice).azimuth)


def inclination_deg(site, azimuth, speed):
    """Inclination (deg) reached by adding the rotation of the Earth to an Earth-relative azimuth (rad) at that speed."""
    east, north = speed * math.sin(azimuth), speed * math.cos(azimuth)
    east += 7.292115e-5 * 6378137.0 * math.cos(site.latitude)
    return math.degrees(math.acos(math.cos(site.latitude) * east / math.hypot(east, north)))


def relative_speed(site, azimuth, inertial):
    """Earth-relative speed (m/s) whose inertial sum with the rotation of the Earth is ``inertial``."""
    ground = 7.292115e-5 * 6378137.0 * math.cos(site.latitude) * math.sin(azimuth)
    square = (7.292115e-5 * 6378137.0 * math.cos(site.latitude)) ** 2
    return -ground + math.sqrt(ground**2 - square + inertial**2)


@pytest.mark.parametrize("text", ["420x420x51.6", "200x35786x28.6", "550xSSO", "500x500x140"])
@pytest.mark.parametrize("south", [True, False])
def test_both_azimuths_lead_to_the_plane_of_the_orbit(text, south):
    site, orbit = load_site(CAPE), load_orbit(text)
    inertial = perigee_speed(orbit.perigee_altitude, orbit.apogee_altitude)
    azimuth = orbit_frame(site, orbit, towards_south=south).azimuth
    assert (math.cos(azimuth) < 0.0) == south
    found = inclination_deg(site, azimuth, relative_speed(site, azimuth, inertial))
    assert found == pytest.approx(orbit.inclination_deg.value, abs=1e-6)


def test_a_launch_goes_south_unless_the_site_allows_only_the_north():
    assert azimuth_deg(CAPE) == pytest.approx(137.2, abs=1.0)
    assert azimuth_deg(CAPE, towards_south=False) == pytest.approx(42.8, abs=1.0)
    assert azimuth_deg(f"{CAPE}x35x120") == azimuth_deg(CAPE, towards_south=False)
    assert azimuth_deg(f"{CAPE}x120x200", towards_south=False) == azimuth_deg(CAPE)
    assert azimuth_deg(f"{CAPE}x0x360") == azimuth_deg(CAPE)
    assert azimuth_deg(f"{CAPE}x350x90") == azimuth_deg(CAPE, towards_south=False)


def test_a_launch_that_neither_azimuth_allows_is_refused_with_both_of_them():
    told = r"^site 28.56x-80.58x5x35x120: azimuth_min_deg, azimuth_max_deg: 35 deg to 120 deg: the orbit 550x550xSSO "
    told += r"\(97.5929 deg\) needs 19\d\.\d or 34\d\.\d deg: choose another inclination or site$"
    with pytest.raises(VehicleError, match=told):
        orbit_frame(load_site(f"{CAPE}x35x120"), load_orbit("550xSSO"))


def test_the_frame_of_a_pad_uses_the_limits_of_the_vehicles_site():
    vehicle = load_vehicle("falcon9", {"site": f"{CAPE}x35x120"})
    frame = pad_frame(vehicle, vehicle.orbit("420x420x51.6"))
    assert math.degrees(frame.azimuth) == pytest.approx(azimuth_deg(CAPE, towards_south=False))


def test_a_launch_due_east_needs_a_site_that_allows_east():
    orbit = load_vehicle("falcon9").orbit("leo200")
    site = load_site("28.56x-80.58x5x80x100")
    speed = perigee_speed(orbit.perigee_altitude, orbit.apogee_altitude)
    assert math.degrees(launch_azimuth(site, orbit.inclination, speed)) == pytest.approx(90.0)
    assert math.degrees(orbit_frame(site, orbit).azimuth) == pytest.approx(90.0)
