"""Zhuque-3, first block, to 450 km, its booster landing on the pad 390 km downrange."""

from hoverslam import LaunchResult, load_vehicle, run_script, solve_launch


def fly() -> LaunchResult:
    """The flight of greatest payload; change any figure of the vehicle by its key in the data file."""
    vehicle = load_vehicle("zhuque3", {"recovery.landing_reserve_t": 4.72})
    return solve_launch(vehicle, recovery="downrange", orbit="leo450")


if __name__ == "__main__":
    raise SystemExit(run_script(fly, __doc__))
