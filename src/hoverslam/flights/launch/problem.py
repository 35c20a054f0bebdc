"""The launch as an optimal-control problem: which phases it has, and how the parts join.

The phases form a tree. The ascent ends at staging, where two branches of one problem begin: the upper stage (coast, burn
with fairing, burn without, perhaps coast and burn again) and the booster (flip and boostback where the mode has them,
coast, entry burn, glide, ignition, one landing phase for each engine count).
"""

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


class LaunchBuilder(AscentBuilder, UpperStageBuilder, BoosterBuilder):
    """Adds the phases of one launch to a problem."""

    def __init__(self, plan: LaunchPlan, guess: LaunchGuess):
        """Start a problem of a plan that has a guess for each of its phases."""
        self.plan, self.guess, self.vehicle = plan, guess, plan.vehicle
        self.flights = {regime: Flight(plan.frame, regime) for regime in ("ascent", "descent", "vacuum")}
        self.limits = {regime: FlightLimits(flight) for regime, flight in self.flights.items()}
        self.problem = Problem(f"{plan.vehicle.name} {plan.recovery} {plan.orbit.name}")
        for name, value in plan.values.items():
            self.problem.parameter(name, value=value)
        self.problem.parameter("payload", guess=guess.payload, lower=0.0, upper=5.0 * guess.payload, unit="kg")

    def build_launch(self) -> Problem:
        """Return the whole problem: payload as large as possible."""
        self.ascent()
        self.upper_stage()
        if self.plan.recovery == "expendable":
            self.keep_at_cutoff(0.0)
        else:
            self.booster()
        self.problem.maximize(lambda e, p: p.payload, unit="kg")
        return self.problem

    def build_way_up(self, kept: float) -> Problem:
        """Return ascent and upper stage alone, with ``kept`` propellant (kg) still in the first stage at cut-off."""
        self.ascent()
        self.upper_stage(impulsive=True)
        self.keep_at_cutoff(kept)
        self.problem.maximize(lambda e, p: p.payload, unit="kg")
        return self.problem

    def build_way_home(self, start: NDArray[np.float64]) -> Problem:
        """Return the booster alone, with as little propellant as possible.

        Args:
            start: Time (s), position (m), velocity (m/s) and pitch (rad) at cut-off ``(8,)``.
        """
        self.booster(start)
        first = next(iter(self.problem.phases))
        self.problem.minimize(lambda e, p: e[first].initial.mass, unit="kg")
        return self.problem


def launch_problem(plan: LaunchPlan, guess: LaunchGuess) -> Problem:
    """Return the whole launch of a plan as an optimal-control problem that starts from a guess."""
    return LaunchBuilder(plan, guess).build_launch()
