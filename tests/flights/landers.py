"""Landers of the literature, stated once for the tests."""

import numpy as np

from hoverslam.flights.craft.lander import Lander
from hoverslam.flights.craft.rigid_lander import RigidLander
from hoverslam.flights.landing.case import Gate, LandingLimits, LandingStart
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.rigid_body import Ellipsoid, FixedBody, SolidCylinder

DEGREE = np.pi / 180.0
CANT = np.cos(27.0 * DEGREE)

# Acikmese and Ploen, JGCD 30(5), 2007: six engines, canted; x is up there, the third axis here
MARS = Lander.simple("Mars lander", 1505.0, 6 * 3100.0 * CANT, 225.0 * 9.807 * CANT, (0.3, 0.8))
MARS_GROUND = FlatGround(3.7114)
MARS_START = LandingStart((2000.0, 0.0, 1500.0), (100.0, 0.0, -75.0), 1905.0)
MARS_CONE = LandingLimits(glide_slope=4.0 * DEGREE, glide_slope_depth=1e-3)

# a booster of Falcon 9's size without air, for Meditch's closed form
BOOSTER = Lander.simple("Booster", 20e3, 845e3, 282.0 * STANDARD_GRAVITY, (0.4, 1.0))
BOOSTER_START = LandingStart((0.0, 0.0, 5000.0), (0.0, 0.0, -300.0), 28e3)

# Szmuk and Acikmese, AIAA 2018-0617, without dimensions: up, east, north there, (east, north, up) here
SZMUK = RigidLander(
    "Szmuk", 1.0, 5.0, 100.0 / STANDARD_GRAVITY, 100.0 / STANDARD_GRAVITY, (0.06, 1.0),
    body=FixedBody((0.01, 0.01, 0.01), -0.01, 0.0), gimbal=20.0 * DEGREE,
)  # fmt: skip
SZMUK_LIMITS = LandingLimits(
    glide_slope=20.0 * DEGREE, glide_slope_depth=1e-4, tilt=90.0 * DEGREE, body_rate=60.0 * DEGREE
)

# Kamath et al., arXiv 2212.00375: belly first, flip, three engines, one engine, a gate at 100 m
FLIP = RigidLander(
    "Flip", 85e3, 2200e3, 330.0 * 9.81 / STANDARD_GRAVITY, 330.0 * 9.81 / STANDARD_GRAVITY, (0.4, 1.0), 3, ((3, 1),),
    body=SolidCylinder(4.5, 50.0, -20.0, 10.0), coast_body=SolidCylinder(4.5, 50.0, -20.0, 0.0), gimbal=10.0 * DEGREE,
    gimbal_rate=15.0 * DEGREE, throttle_rate=50.0, ellipsoid=Ellipsoid(1.225 * 545.0, (0.4068, 0.4068, 0.0522)),
)  # fmt: skip
FLIP_START = LandingStart(
    (100.0, 0.0, 1000.0), (0.0, 0.0, -90.0), 100e3, attitude=(np.sqrt(0.5), 0.0, -np.sqrt(0.5), 0.0)
)
FLIP_GATE = Gate(100.0, 5.0 * DEGREE, 2.5 * DEGREE, 1.0 * DEGREE, 20.0, 5.0 * DEGREE)

CAPE = LaunchFrame(28.48583 * DEGREE, -80.54444 * DEGREE, 3.0, 90.0 * DEGREE)
FALCON_START = LandingStart((-300.0, 100.0, 5000.0), (40.0, 0.0, -300.0), 35.5e3)
FALCON_LIMITS = LandingLimits(
    angle_of_attack=10.0 * DEGREE, tilt=20.0 * DEGREE, tilt_at_touchdown=1.0 * DEGREE, glide_slope=45.0 * DEGREE
)
