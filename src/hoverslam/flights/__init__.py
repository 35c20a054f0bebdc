"""The flight problems: what a vehicle engineer solves."""

from hoverslam.flights.launch import LaunchResult, solve_launch

__all__ = ["LaunchResult", "solve_launch"]
