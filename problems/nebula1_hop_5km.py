"""The hop of the Nebula-1 test article of 2024-09-22: to 5 km and back in 179 s, up on three engines, down on one.

It is solved as planned and in least propellant. Published (Deep Blue Aerospace; CGTN, 2024-09-26): 179 s, about 5 km, some
200 m sideways, three engines at lift-off, one at landing (which shut down too high, so that the article fell the last metres).

The lift-off mass is not published, and the 45 to 52 t of the vehicle's data cannot have flown this. Without drag a flight from
rest to rest in 179 s takes a delta-v of g x 179 s = 1,755 m/s, whatever the path, and leaves 51 % of the mass. An engine of
195 kN then lands a lift-off mass of at most 39 t, and 31 t at the planned throttle of 0.8. The script takes 31 t, within 8 t.
"""

import hoverslam as hs


def fly() -> hs.HopResult:
    """Solve the hop as planned, with the figures of the vehicle identified within their bands, and the cheapest one."""
    events = hs.HopEvents(apogee=(5_000.0, 250.0), distance=200.0, total_time=(179.0, 0.5))
    return hs.Hop("nebula1_vtvl", events, liftoff_mass=(31e3, 8e3)).solve()


if __name__ == "__main__":
    raise SystemExit(hs.run_script(fly, __doc__))
