"""Nebula-1 to 200 km, its booster landing at sea, as far out as suits the payload best."""

from hoverslam import LaunchResult, run_script, solve_launch


def fly() -> LaunchResult:
    """The flight of greatest payload; the distance of the landing is free."""
    return solve_launch("nebula1", recovery="downrange", orbit="leo200")


if __name__ == "__main__":
    raise SystemExit(run_script(fly, __doc__))
