"""Falcon 9 to 200 km, its booster turning round and flying back to the landing pad beside the launch site."""

from hoverslam import LaunchResult, run_script, solve_launch


def fly() -> LaunchResult:
    """The flight of greatest payload with boostback, entry and landing burn."""
    return solve_launch("falcon9", recovery="return_to_launch_site", orbit="leo200")


if __name__ == "__main__":
    raise SystemExit(run_script(fly, __doc__))
