"""Zhuque-3's landing burn with five engines, then three, then one, as flight Y2 flew it, beside three to one.

The state at which the choice is made is an estimate: gliding 6 km above the pad at Minqin at 335 m/s with 9 t of propellant
aboard. Least propellant within the throttle that the vehicle file plans with. One engine alone cannot stop it from there:
at 0.8 of its thrust it lifts the stage with 1.3 times its weight only.
"""

import numpy as np

from hoverslam import Lander, Landing, LandingLimits, LandingResult, Start, load_site, load_vehicle, run_script
from hoverslam.physics import LaunchFrame

PROPELLANT = 9e3  # kg aboard at the start


def fly() -> LandingResult:
    """Change the sequences to see what another choice costs."""
    vehicle = load_vehicle("zhuque3")
    home, pad = vehicle.recovery, load_site("minqin_zq3")
    assert home is not None
    lander = Lander.of(vehicle, [(5, 3, 1), (3, 1)]).throttled(
        vehicle.stage1.engine.throttle_min.si, home.landing_throttle_max.si
    )
    start = Start(position=(-600.0, 0.0, 6000.0), velocity=(60.0, 0.0, -330.0), mass=lander.dry_mass + PROPELLANT)
    limits = LandingLimits(
        angle_of_attack=home.angle_of_attack_max_deg.si,
        dynamic_pressure=home.dynamic_pressure_max_kPa.si,
        tilt=np.radians(20.0),
        tilt_at_touchdown=np.radians(1.0),
        glide_slope=np.radians(45.0),
        shortest_burn=1.5,
    )
    ground = LaunchFrame(pad.latitude, pad.longitude, pad.elevation, azimuth=np.radians(133.8))
    return Landing(lander, start, limits, ground=ground).solve()


if __name__ == "__main__":
    raise SystemExit(run_script(fly, __doc__))
