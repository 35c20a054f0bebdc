"""VTVL-1's hop of 2024-09-11: 10 km up, 3.2 km downrange, engine off for some 40 s, lit again near the speed of sound.

It is solved as flown and in least propellant. Published (SpaceNews, CGTN, China Daily, 2024-09-11/12): cut-off at T+113 s,
apogee 10,002 m, about 40 s unpowered, relight at 4,640 m near sonic speed, 200 s in all (200.7 in one source), landing 3.2 km
away. "About 40 s" is taken as 35 to 45, "near sonic" as Mach 0.85 to 1; heights count from the pad.
"""

import hoverslam as hs


def fly() -> hs.HopResult:
    """Solve the hop as flown, with the figures of the vehicle identified within their bands, and the cheapest one."""
    events = hs.HopEvents(
        apogee=10_002.0,
        distance=3_200.0,
        cutoff_time=113.0,
        coast_time=(40.0, 5.0),
        relight_height=4_640.0,
        relight_mach=(0.925, 0.075),
        total_time=(200.35, 0.35),
    )
    return hs.Hop("vtvl1", events).solve()


if __name__ == "__main__":
    raise SystemExit(hs.run_script(fly, __doc__))
