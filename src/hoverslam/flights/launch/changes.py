"""A solved launch stated again for other figures of the vehicle file, with the variables and constraints it had."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from hoverslam.data.figures import with_figure
from hoverslam.flights.launch.guess import LaunchGuess
from hoverslam.flights.launch.limits import LaunchLimit
from hoverslam.flights.launch.plan import LaunchPlan, make_plan
from hoverslam.flights.launch.problem import LaunchBuilder
from hoverslam.ocp.answers.prediction import SMALLEST, STEP, central_slope
from hoverslam.ocp.solved import Solved
from hoverslam.ocp.statement.problem import Problem
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import OrbitLike

ROUNDING = 1e-9  # of the payload: a difference below it is rounding and counts as no derivative


def changed_plan(
    plan: LaunchPlan,
    changes: Mapping[str, float] | None = None,
    *,
    vehicle: Vehicle | None = None,
    orbit: OrbitLike | None = None,
    constraints: Sequence[LaunchLimit] | None = None,
) -> LaunchPlan:
    """Return the plan with another vehicle, other figures, another orbit or other limits, and the same structure.

    Args:
        plan: The plan.
        changes: New values of figures by key, such as ``stage1.dry_mass_t``, in the unit of the key.
        vehicle: Another vehicle; that of the plan if left out.
        orbit: Another orbit; that of the plan if left out.
        constraints: Limits beside those of the vehicle; those of the plan if left out.

    Raises:
        KeyError: For a key that is no figure of the vehicle.
        VehicleError: For a vehicle without the recovery mode, or an orbit out of its reach.
    """
    changed = vehicle or plan.vehicle
    for key, value in (changes or {}).items():
        changed = with_figure(changed, key, value)
    made = make_plan(
        changed,
        plan.recovery,
        plan.asked if orbit is None else orbit,
        plan.constraints if constraints is None else constraints,
        plan.structure.choice,
        plan.objective,
    )
    made = replace(made, widened=plan.widened)
    same = np.array_equal(made.frame.rotation, plan.frame.rotation)
    return replace(made, frame=plan.frame) if same else made


def restated(solution: Solved, changed: LaunchPlan, payload: float) -> Problem:
    """Return the problem of a changed plan that has the variables and constraints of a solved one.

    Args:
        solution: The solution of another plan of the same launch.
        changed: The plan to state, from :func:`changed_plan`.
        payload: First guess of the payload (kg).
    """
    solved = solution.problem
    guess = LaunchGuess({name: phase.guess for name, phase in solved.phases.items() if phase.guess}, payload)
    return LaunchBuilder(changed, guess).build_launch()


def payload_slope(solution: Solved, plan: LaunchPlan, payload: float, key: str) -> float:
    """Return the derivative of the optimal payload by one figure of the vehicle (kg per unit of the key).

    The launch is stated with the figure moved a little either way, and the Lagrangians of both statements are taken at the
    solution: to first order their difference is that of the optima.

    Args:
        solution: The solution of the plan.
        plan: The plan.
        payload: Its payload (kg).
        key: Key of the figure.

    Raises:
        KeyError: For a key that is no figure of the vehicle.
        ValueError: If the launch did not converge.
    """

    def optimum(value: float) -> float:
        return solution.restated(restated(solution, changed_plan(plan, {key: value}), payload))

    figures = dict(plan.vehicle.figures())
    slope = central_slope(optimum, figures[key].value)
    return 0.0 if abs(slope) * STEP * max(abs(figures[key].value), SMALLEST) < ROUNDING * payload else slope
