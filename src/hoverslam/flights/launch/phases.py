"""The base of all phases of a launch: states, controls, and the addition of a phase with its limits."""

from collections.abc import Callable
from typing import Any

from hoverslam.flights.craft.limits import FlightLimits
from hoverslam.flights.launch.guess import LaunchGuess
from hoverslam.flights.launch.limits import limits_of_phase, path_constraints, uses_parameters, with_parameters
from hoverslam.flights.launch.plan import LaunchPlan
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.phase import PathConstraint
from hoverslam.ocp.statement.problem import Problem
from hoverslam.physics.motion import Flight
from hoverslam.vehicles.models import Vehicle, operations_of
from hoverslam.vehicles.operations import Operations

STATES = (Variable("position", 3, "m"), Variable("velocity", 3, "m/s"), Variable("mass", None, "kg", lower=1.0))

# Bounds that only keep the search of the solver finite; no optimum has touched them.
PITCH_BOUND, YAW_BOUND = 7.0, 1.3  # rad


class PhaseBuilder:
    """Base of the builders of the parts of a launch.

    Attributes:
        plan: The plan of the launch.
        guess: First guess of each phase.
        vehicle: The vehicle.
        flights: Equations of motion by regime: ``ascent``, ``descent``, ``turning``.
        limits: Quantities that can be limited, by regime.
        problem: The problem that the phases are added to.
    """

    plan: LaunchPlan
    guess: LaunchGuess
    vehicle: Vehicle
    flights: dict[str, Flight]
    limits: dict[str, FlightLimits]
    problem: Problem

    @property
    def operations(self) -> Operations:
        """Operators' habits that hold for the vehicle."""
        return operations_of(self.vehicle)

    def phase(
        self,
        name: str,
        regime: str,
        inputs: Callable[..., Any],
        duration: float | tuple[float, float],
        controls: tuple[Variable, ...] = (),
        path: tuple[PathConstraint, ...] = (),
        mesh: Mesh | None = None,
        initial_time: float | None = None,
    ) -> None:
        """Add one phase with the limits that the plan has for it.

        Args:
            name: Name of the phase.
            regime: ``ascent``, ``descent`` or ``turning``.
            inputs: Inputs of the equations of motion as a function of the given parameters.
            duration: Duration (s), or bounds of it.
            controls: Controls; without any the engines are off and the body flies ballistically.
            path: Limits beside those of the plan.
            mesh: Mesh.
            initial_time: Time at the start (s), if it is fixed.
        """
        flight = self.flights[regime]
        limits = limits_of_phase(self.plan.limits, name)
        self.problem.phase(
            name,
            states=STATES,
            controls=controls,
            dynamics=flight.rates if controls else flight.coast_rates,
            inputs=with_parameters(inputs) if uses_parameters(limits) else inputs,
            path=(*path_constraints(limits, self.limits[regime]), *path),
            duration=duration,
            initial_time=initial_time,
            mesh=mesh,
            guess=self.guess.phases[name],
        )

    def search_range(self, phase: str, low: float, high: float, least: float = 0.0) -> tuple[float, float]:
        """Return bounds of a duration (s) that only keep the search finite, wider where the plan says so.

        Args:
            phase: Name of the phase.
            low: Lower bound (s).
            high: Upper bound (s).
            least: Lower bound (s) that the flight has, if it has one; it is not widened.
        """
        times = self.plan.widened.get(phase, 0)
        return max(low / 4.0**times, least), high * 2.0**times


def angle_controls(
    throttle: tuple[float, float], rate: float | None, pitch: tuple[float, float] = (-PITCH_BOUND, PITCH_BOUND)
) -> tuple[Variable, ...]:
    """Return pitch and yaw in the launch frame, with limited rate (rad/s), and the throttle."""
    low, high = throttle
    return (
        Variable("pitch", None, "rad", *pitch, rate=rate),
        Variable("yaw", None, "rad", -YAW_BOUND, YAW_BOUND, rate=rate),
        Variable("throttle", None, "", low, high),
    )
