"""Powered descent to a point on Mars in least propellant: the case of Acikmese and Ploen (JGCD 30(5), 2007).

Six canted engines at 30 to 80 %, no air, a glide slope of 4 degrees, time free: 398.073 kg. Without the glide slope (and
without the ground, below which the optimum then passes) it is 387.896 kg.
"""

import numpy as np

from hoverslam import Lander, Landing, LandingLimits, LandingResult, Start, run_script
from hoverslam.physics import FlatGround

CANT = np.cos(np.radians(27.0))
LANDER = Lander.simple(
    "Mars lander", 1505.0, 6 * 3100.0 * CANT, exhaust_speed=225.0 * 9.807 * CANT, throttle=(0.3, 0.8)
)
START = Start(position=(2000.0, 0.0, 1500.0), velocity=(100.0, 0.0, -75.0), mass=1905.0)


def fly() -> LandingResult:
    """Change the start, the cone or the lander and look again."""
    limits = LandingLimits(glide_slope=np.radians(4.0), glide_slope_depth=0.01)
    return Landing(LANDER, START, limits, ground=FlatGround(3.7114), coast=None).solve()


if __name__ == "__main__":
    raise SystemExit(run_script(fly, __doc__))
