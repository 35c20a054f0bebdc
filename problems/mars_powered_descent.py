"""Powered descent to a point on Mars in least propellant: the case of Acikmese and Ploen (JGCD 30(5), 2007).

Six canted engines at 30 to 80 %, no air, a glide slope of 4 degrees, time free: 398.073 kg. Without the glide slope, and
without the ground, which the optimum then passes below, it is 387.896 kg.
"""

import numpy as np

import hoverslam as hs

CANT = np.cos(np.radians(27.0))
LANDER = hs.Lander.simple(
    "Mars lander", 1505.0, 6 * 3100.0 * CANT, exhaust_speed=225.0 * 9.807 * CANT, throttle=(0.3, 0.8)
)
START = hs.LandingStart(position=(2000.0, 0.0, 1500.0), velocity=(100.0, 0.0, -75.0), mass=1905.0)


def fly() -> hs.LandingResult:
    """Solve the landing; change the start, the glide slope or the lander to see their effect."""
    limits = hs.LandingLimits(glide_slope=np.radians(4.0), glide_slope_depth=0.01)
    return hs.Landing(LANDER, START, limits, ground=hs.physics.FlatGround(3.7114), coast=None).solve()


if __name__ == "__main__":
    raise SystemExit(hs.run_script(fly, __doc__))
