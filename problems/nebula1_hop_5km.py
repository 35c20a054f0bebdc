"""The Nebula-1 test article's hop of 2024-09-22: to 5 km and back in 179 s, up on three engines, down on one.

As planned, and in least propellant. Published (Deep Blue Aerospace; CGTN, 2024-09-26): 179 s, about 5 km, some 200 m
sideways, three engines at lift-off, one at landing (it shut down above the design height and fell the last metres).

The lift-off mass is not published, and the 45 to 52 t of the vehicle's data cannot have flown this: from rest to rest in
179 s costs g x 179 s = 1,755 m/s whatever the path, air aside, and leaves 51 % of the mass; 195 kN then hold up a
lift-off mass of 39 t at most, and 31 t at the planned throttle of 0.8. So it starts from 31 t, within 8 t.
"""

from hoverslam import Hop, HopEvents, HopResult, run_script


def fly() -> HopResult:
    """The hop as planned, the vehicle's figures found within their bands, and the cheapest one beside it."""
    events = HopEvents(apogee=(5_000.0, 250.0), distance=200.0, total_time=(179.0, 0.5))
    return Hop("nebula1_vtvl", events, liftoff_mass=(31e3, 8e3)).solve()


if __name__ == "__main__":
    raise SystemExit(run_script(fly, __doc__))
