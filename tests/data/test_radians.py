"""Angles in radians: degrees that are taken for radians are refused by every class and function that takes an angle."""

from dataclasses import replace

import numpy as np
import pytest

from hoverslam.data.radians import RIGHT_ANGLE, check_angle, check_rate
from hoverslam.flights.craft.rigid_lander import RigidLander
from hoverslam.flights.craft.vehicle_parameters import launch_azimuth
from hoverslam.flights.hop.case import HopLimits
from hoverslam.flights.landing.case import Gate, LandingLimits, LandingStart
from hoverslam.flights.landing.footprint.edge import footprint_edge
from hoverslam.flights.launch.limits import LaunchLimit
from hoverslam.flights.references.gravity_turn import gravity_turn_landing
from hoverslam.margins.disturbances.touchdown import TouchdownLimits
from hoverslam.physics.earth import LaunchFrame
from hoverslam.physics.winds import percentile_wind
from hoverslam.vehicles.places import load_site

GATE = Gate(height=10.0, tilt=0.1, rate=0.1, gimbal=0.1, speed=5.0, cone=1.0)
FALCON = RigidLander.of("falcon9")


@pytest.mark.parametrize(
    "given_in_degrees",
    [
        lambda: LaunchFrame(28.49, -80.54, 3.0, azimuth=90.0),
        lambda: LaunchFrame(0.497, -1.406, 3.0, azimuth=90.0),
        lambda: LaunchFrame(0.497, -80.54, 3.0, azimuth=1.57),
        lambda: LaunchFrame(0.497, -1.406, 3.0, 1.57).place(28.49, -1.406, 3.0),
        lambda: LandingLimits(tilt=20.0),
        lambda: LandingLimits(tilt_at_touchdown=2.0),
        lambda: LandingLimits(glide_slope=45.0),
        lambda: LandingLimits(angle_of_attack=10.0),
        lambda: LandingLimits(turn_rate=8.0),
        lambda: LandingLimits(body_rate=60.0),
        lambda: LandingLimits(rate_at_touchdown=5.0),
        lambda: LandingStart((0.0, 0.0, 1e3), (0.0, 0.0, -50.0), 2e4, rate=(0.0, 10.0, 0.0)),
        lambda: replace(GATE, tilt=5.0),
        lambda: replace(GATE, cone=60.0),
        lambda: replace(GATE, gimbal=5.0),
        lambda: replace(GATE, rate=10.0),
        lambda: HopLimits(tilt=20.0),
        lambda: HopLimits(turn_rate=8.0),
        lambda: replace(FALCON, gimbal=5.0),
        lambda: replace(FALCON, gimbal_rate=10.0),
        lambda: replace(FALCON, fin_deflection=20.0),
        lambda: replace(FALCON, fin_rate=25.0),
        lambda: percentile_wind(95, towards=90.0),
        lambda: launch_azimuth(load_site("slc40"), 28.5, 7800.0),
        lambda: footprint_edge(None, [0.0, 45.0, 90.0]),
        lambda: TouchdownLimits(tilt=5.0),
        lambda: LaunchLimit("angle_of_attack", "ascent", upper=10.0),
        lambda: gravity_turn_landing(speed=100.0, angle_from_vertical=20.0, thrust_ratio=2.0, gravity=9.81),
    ],
)
def test_an_angle_or_rate_in_degrees_is_refused_with_the_word_radians(given_in_degrees):
    with pytest.raises(ValueError, match="radians"):
        given_in_degrees()


@pytest.mark.parametrize(
    ("altitude", "said"), [(3e6, "give metres"), (np.nan, "give metres"), (-5e3, "give metres from -1,000 to 100,000")]
)
def test_a_pad_in_the_sky_or_deep_below_ground_is_refused(altitude, said):
    with pytest.raises(ValueError, match=said):
        LaunchFrame(0.5, -1.4, altitude, 1.2)


@pytest.mark.parametrize("unit", ["kPa", "kN", "km", "g", "kW/m2", "deg", "kPa deg"])
def test_a_limit_of_a_launch_in_another_unit_than_si_is_refused(unit):
    with pytest.raises(ValueError, match="in SI"):
        LaunchLimit("dynamic_pressure", "ascent", upper=35.0, unit=unit)


def test_a_limit_on_the_cosine_of_the_tilt_that_cannot_be_met_is_refused():
    with pytest.raises(ValueError, match="cosine"):
        LaunchLimit("upright", "landing_1", lower=5.0)


def test_the_ends_of_a_range_none_and_no_limit_are_accepted():
    check_angle("it", "angle", [0.0, RIGHT_ANGLE], 0.0, RIGHT_ANGLE)
    check_angle("it", "angle", None, 0.0, RIGHT_ANGLE)
    check_rate("it", "rate", -1.0, 1.0)
    check_rate("it", "rate", None, 1.0)
    check_rate("it", "rate", np.inf, 1.0)
    with pytest.raises(ValueError, match=r"it: angle is nan: give radians from 0 to 1.571 \(0 to 90 degrees\)$"):
        check_angle("it", "angle", np.nan, 0.0, RIGHT_ANGLE)
    with pytest.raises(ValueError, match=r"; 10 degrees a second are 0.1745"):
        check_rate("it", "rate", [0.1, 10.0], 1.0)
