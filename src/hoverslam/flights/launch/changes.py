"""A solved launch stated again for other figures of the vehicle file, with the variables and constraints it had."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from hoverslam.data.figures import with_figure
from hoverslam.flights.launch.guess import LaunchGuess
from hoverslam.flights.launch.plan import LaunchPlan, make_plan
from hoverslam.flights.launch.problem import LaunchBuilder
from hoverslam.ocp.solved import Solved
from hoverslam.ocp.statement.problem import Problem


def changed_plan(plan: LaunchPlan, changes: Mapping[str, float]) -> LaunchPlan:
    """Return the plan with figures of the vehicle set to other values.

    Args:
        plan: The plan.
        changes: New values by key, such as ``stage1.dry_mass_t``, in the unit of the key.

    Raises:
        KeyError: For a key that is no figure of the vehicle.
    """
    for key, value in changes.items():
        vehicle = with_figure(plan.vehicle, key, value)
        changed = make_plan(vehicle, plan.recovery, plan.asked, plan.constraints, plan.structure.choice, plan.objective)
        changed = replace(changed, widened=plan.widened)
        same = np.array_equal(changed.frame.rotation, plan.frame.rotation)
        plan = replace(changed, frame=plan.frame) if same else changed
    return plan


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
