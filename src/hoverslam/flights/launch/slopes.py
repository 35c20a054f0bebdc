"""What one unit more of every figure of the vehicle file does to the payload of a solved launch; nothing is solved again.

Masses, thrusts and impulses enter the launch problem as given parameters, limits and throttles as literals of its
statement. Both are varied alike: the launch is stated again with the figure moved a little either way, and the
Lagrangian of both statements taken at the solution. To first order its difference is that of the optima (the envelope
theorem; Fiacco 1983), limits at work and limits at rest told apart by their multipliers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hoverslam.data.figures import Figure, with_figure
from hoverslam.flights.launch.guess import LaunchGuess, Plan
from hoverslam.flights.launch.problem import LaunchBuilder
from hoverslam.flights.launch.solve import make_plan
from hoverslam.ocp.statement.problem import Problem

if TYPE_CHECKING:
    from hoverslam.flights.launch.result import LaunchResult

STEP = 1e-4  # of a figure's value: far above rounding, and the error of a central difference is its square
ELSEWHERE = ("payload_published", "liftoff_mass_published_t")  # figures that say something about a flight, not make it


def payload_slopes(
    flight: "LaunchResult", keys: Iterable[str] | None = None, report: Callable[[str], None] | None = None
) -> dict[str, float]:
    """Derivative of the optimal payload (kg) by figures of the vehicle file, per unit of each figure's key.

    Args:
        flight: a solved launch.
        keys: figures by their keys, such as ``stage1.dry_mass_t``; all that move the launch if left out.
        report: receives a line a figure.

    Returns:
        kg per unit, in the order of the keys; without ``keys``, figures that do not move the payload are left out.

    Raises:
        KeyError: for a key that is no figure of the vehicle.
        ValueError: if the launch did not converge.
    """
    known = dict(flight.plan.vehicle.figures())
    wanted = [key for key in known if not key.startswith(ELSEWHERE)] if keys is None else list(keys)
    slopes = {}
    for key in wanted:
        if report is not None:
            report(f"payload by {key}")
        slopes[key] = _slope(flight, key, known[key])
    return slopes if keys is not None else {key: slope for key, slope in slopes.items() if slope != 0.0}


def payload_with(flight: "LaunchResult", changes: Mapping[str, float]) -> float:
    """Payload (kg) solved again on the same mesh with figures of the vehicle file set to ``changes``, in their units.

    Not verified: for finite steps beside :func:`payload_slopes`. Raises ValueError where it does not converge.
    """
    plan = flight.plan
    for key, value in changes.items():
        plan = _moved(plan, key, value)
    again = flight.solution.resolve(verify=False, problem=_stated(flight, plan))
    if not again.converged:
        raise ValueError(f"{plan.vehicle.name} {plan.recovery} with {dict(changes)}: {again.status}")
    return float(again.objective)


def _slope(flight: "LaunchResult", key: str, figure: Figure) -> float:
    step = STEP * max(abs(figure.value), 1e-3)
    moved = [_moved(flight.plan, key, figure.value + sign * step) for sign in (1.0, -1.0)]
    up, down = (flight.solution.restated(_stated(flight, plan)) for plan in moved)
    slope = (up - down) / (2.0 * step)
    # A difference of rounding is no derivative: the payload is known to some 1e-9 of itself.
    return 0.0 if abs(up - down) < 1e-9 * flight.payload else slope


def _moved(plan: Plan, key: str, value: float) -> Plan:
    vehicle = with_figure(plan.vehicle, key, value)
    orbit = vehicle.orbit(plan.orbit.name, plan.recovery)
    moved = make_plan(vehicle, plan.recovery, orbit)
    same = np.array_equal(moved.frame.rotation, plan.frame.rotation)
    return replace(moved, frame=plan.frame) if same else moved


def _stated(flight: "LaunchResult", plan: Plan) -> Problem:
    solved = flight.solution.problem
    guess = LaunchGuess({n: phase.guess for n, phase in solved.phases.items() if phase.guess}, flight.payload)
    like = solved if plan.frame is flight.plan.frame else None
    return LaunchBuilder(plan, guess, like).build_launch()
