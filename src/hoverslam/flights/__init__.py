"""The flight problems: what a vehicle engineer solves."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hoverslam.flights.hop import EventFlown, Hop, HopFlight, HopResult, Unknown
    from hoverslam.flights.hop_problem import HopEvents, HopLimits, Hopper
    from hoverslam.flights.lander import Lander
    from hoverslam.flights.landing import Alternative, Landing, LandingOutcome, LandingResult
    from hoverslam.flights.landing_problem import Gate, LandingLimits, Start
    from hoverslam.flights.launch import LaunchResult, solve_launch
    from hoverslam.flights.reachability import Footprint, footprint
    from hoverslam.flights.reached import LimitReached, limits_reached, limits_table
    from hoverslam.flights.rigid_lander import RigidLander

__all__ = [
    "Alternative",
    "EventFlown",
    "Footprint",
    "Gate",
    "Hop",
    "HopEvents",
    "HopFlight",
    "HopLimits",
    "HopResult",
    "Hopper",
    "Lander",
    "Landing",
    "LandingLimits",
    "LandingOutcome",
    "LandingResult",
    "LaunchResult",
    "LimitReached",
    "RigidLander",
    "Start",
    "Unknown",
    "footprint",
    "limits_reached",
    "limits_table",
    "solve_launch",
]

# Imported when first asked for: a landing need not wait for what a launch imports.
_PLACES = {
    "reachability": ("Footprint", "footprint"),
    "hop": ("EventFlown", "Hop", "HopFlight", "HopResult", "Unknown"),
    "hop_problem": ("HopEvents", "HopLimits", "Hopper"),
    "lander": ("Lander",),
    "landing": ("Alternative", "Landing", "LandingOutcome", "LandingResult"),
    "landing_problem": ("Gate", "LandingLimits", "Start"),
    "launch": ("LaunchResult", "solve_launch"),
    "reached": ("LimitReached", "limits_reached", "limits_table"),
    "rigid_lander": ("RigidLander",),
}
_MODULE_OF = {name: module for module, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = found  # asked for once
    return found
