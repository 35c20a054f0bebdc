"""The launch as an optimal-control problem: the phases of every branch of its structure, and how they join."""

import numpy as np
from numpy.typing import NDArray

from hoverslam.flights.craft.limits import FlightLimits
from hoverslam.flights.launch.ascent import AscentBuilder
from hoverslam.flights.launch.booster import BoosterBuilder
from hoverslam.flights.launch.guess import LaunchGuess
from hoverslam.flights.launch.plan import LaunchPlan
from hoverslam.flights.launch.upper_stage import UpperStageBuilder
from hoverslam.ocp.statement.problem import Problem
from hoverslam.physics.motion import Flight

UNLOADED = ("stage1", "stage2")
"""Stages that may be filled less where the objective is the least propellant."""


class LaunchBuilder(AscentBuilder, UpperStageBuilder, BoosterBuilder):
    """Adds the phases of one launch to a problem."""

    def __init__(self, plan: LaunchPlan, guess: LaunchGuess):
        """Start a problem of a plan that has a guess for each of its phases."""
        self.plan, self.guess, self.vehicle = plan, guess, plan.vehicle
        self.flights = {regime: Flight(plan.frame, regime) for regime in ("ascent", "descent", "turning")}
        self.limits = {regime: FlightLimits(flight) for regime, flight in self.flights.items()}
        self.problem = Problem(f"{plan.vehicle.name} {plan.recovery} {plan.orbit.name}")
        for name, value in plan.values.items():
            self.problem.parameter(name, value=value)
        given = plan.objective.payload
        low, high = (0.0, 5.0 * guess.payload) if given is None else (given, given)
        self.problem.parameter(
            "payload", guess=guess.payload if given is None else given, lower=low, upper=high, unit="kg"
        )

    def build_launch(self) -> Problem:
        """Return the whole problem with the objective of the plan."""
        if self.plan.objective.goal == "propellant":
            for stage in UNLOADED:
                most = 0.5 * self.plan.values[f"{stage}.propellant"]
                self.problem.parameter(f"{stage}.unloaded", guess=0.02 * most, lower=0.0, upper=most, unit="kg")
        self._way_up()
        if self.plan.structure.branch("stage1") is None:
            self.keep_at_cutoff(0.0)
        for branch in self.plan.structure.returning:
            self.way_home(branch)
        if self.plan.objective.goal == "propellant":
            self.problem.maximize(lambda e, p: sum(p[f"{stage}.unloaded"] for stage in UNLOADED), unit="kg")
        else:
            self.problem.maximize(lambda e, p: p.payload, unit="kg")
        return self.problem

    def _way_up(self, impulsive: bool = False) -> None:
        trunk, *_ = self.plan.structure.branches
        self.ascent(trunk)
        for branch in self.plan.structure.upper:
            self.upper_stage(branch, impulsive)

    def build_way_up(self, kept: float, side_kept: float = 0.0) -> Problem:
        """Return the way up alone, with propellant still in the first stage at cut-off and in the side boosters.

        Args:
            kept: Propellant in the first stage (kg), beside the residual.
            side_kept: Propellant in each side booster at its separation (kg), beside the residual.
        """
        self._way_up(impulsive=True)
        self.keep_at_cutoff(kept)
        if side_kept > 0.0:
            self.keep_in_side_boosters(side_kept)
        self.problem.maximize(lambda e, p: p.payload, unit="kg")
        return self.problem

    def build_way_home(self, start: NDArray[np.float64], body: str = "stage1") -> Problem:
        """Return one body alone, with as little propellant as possible.

        Args:
            start: Time (s), position (m), velocity (m/s) and pitch (rad) at cut-off ``(8,)``.
            body: The body that comes home.
        """
        branch = self.plan.structure.branch(body)
        assert branch is not None
        self.way_home(branch, start)
        first = branch.names[0]
        self.problem.minimize(lambda e, p: e[first].initial.mass, unit="kg")
        return self.problem


def launch_problem(plan: LaunchPlan, guess: LaunchGuess) -> Problem:
    """Return the whole launch of a plan as an optimal-control problem that starts from a guess."""
    return LaunchBuilder(plan, guess).build_launch()
