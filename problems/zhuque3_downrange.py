"""Zhuque-3, first block, to 450 km, its booster landing on the pad 390 km downrange."""

from hoverslam import LaunchResult, load_vehicle, run_script, solve_launch

CHANGED: dict[str, float] = {}  # figures by their keys in the vehicle file, such as "recovery.landing_reserve_t": 5.0


def fly() -> LaunchResult:
    """The flight of greatest payload, with the figures of the vehicle file."""
    return solve_launch(load_vehicle("zhuque3", CHANGED), recovery="downrange", orbit="leo450")


if __name__ == "__main__":
    raise SystemExit(run_script(fly, __doc__))
