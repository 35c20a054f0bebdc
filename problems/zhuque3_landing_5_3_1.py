"""Zhuque-3's landing burn with five engines, then three, then one, as flight Y2 flew it, beside three to one.

The state at which the choice is made is an estimate: a glide 6 km above the pad at Minqin at 335 m/s with 9 t of propellant
aboard. The landing minimises propellant within the throttle that the vehicle file plans with. One engine alone cannot stop
the stage from there: at 0.8 of its thrust it gives only 1.3 times the weight of the stage.
"""

import numpy as np

import hoverslam as hs

PROPELLANT = 9e3  # kg aboard at the start


def fly() -> hs.LandingResult:
    """Solve the landing with each sequence; change the sequences to see what another choice costs."""
    vehicle = hs.load_vehicle("zhuque3")
    home, pad = vehicle.recovery, hs.load_site("minqin_zq3")
    assert home is not None
    lander = hs.Lander.of(vehicle, [(5, 3, 1), (3, 1)]).throttled(
        vehicle.stage1.engine.throttle_min.si, home.landing_throttle_max.si
    )
    start = hs.LandingStart(
        position=(-600.0, 0.0, 6000.0), velocity=(60.0, 0.0, -330.0), mass=lander.burnout_mass + PROPELLANT
    )
    limits = hs.LandingLimits(
        angle_of_attack=home.angle_of_attack_max_deg.si,
        dynamic_pressure=home.dynamic_pressure_max_kPa.si,
        tilt=np.radians(20.0),
        tilt_at_touchdown=np.radians(1.0),
        glide_slope=np.radians(45.0),
        shortest_burn=1.5,
    )
    ground = hs.physics.LaunchFrame(pad.latitude, pad.longitude, pad.elevation, azimuth=np.radians(133.8))
    return hs.Landing(lander, start, limits, ground=ground).solve()


if __name__ == "__main__":
    raise SystemExit(hs.run_script(fly, __doc__))
