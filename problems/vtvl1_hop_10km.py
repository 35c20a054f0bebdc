"""VTVL-1's hop of 2024-09-11: 10 km up, 3.2 km over, engine off for some 40 s, lit again near the speed of sound.

As flown, and in least propellant. Published (SpaceNews, CGTN, China Daily, 2024-09-11/12): cut-off at T+113 s, apogee
10,002 m, about 40 s unpowered, relight at 4,640 m near sonic speed, 200 s in all (200.7 in one source), landing 3.2 km
away. "About 40 s" is taken as 35 to 45, "near sonic" as Mach 0.85 to 1; heights count from the pad.
"""

from hoverslam import Hop, HopEvents, HopResult, run_script


def fly() -> HopResult:
    """The hop as flown, the vehicle's figures found within their bands, and the cheapest one beside it."""
    events = HopEvents(
        apogee=10_002.0,
        distance=3_200.0,
        cutoff_time=113.0,
        coast_time=(40.0, 5.0),
        relight_height=4_640.0,
        relight_mach=(0.925, 0.075),
        total_time=(200.35, 0.35),
    )
    return Hop("vtvl1", events).solve()


if __name__ == "__main__":
    raise SystemExit(run_script(fly, __doc__))
