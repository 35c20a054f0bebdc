"""A solved launch stated again for other figures of the vehicle file, with the variables and constraints it had."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial

import numpy as np

from hoverslam.data.figures import figures_read, with_figure
from hoverslam.flights.launch.guess import LaunchGuess
from hoverslam.flights.launch.limits import LaunchLimit
from hoverslam.flights.launch.plan import LaunchPlan, make_plan
from hoverslam.flights.launch.problem import LaunchBuilder
from hoverslam.ocp.answers.prediction import SMALLEST, STEP, central_slope
from hoverslam.ocp.solved import Solved
from hoverslam.ocp.solving.solver import restated_programme
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.structure import lasting_text
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


class PayloadSlope:
    """The derivative of an optimal payload by any figure of the vehicle; call it with the figure's key.

    Most figures enter the launch as given parameters only: all their derivatives come from one evaluation of the Lagrangian.
    A figure that the statement itself reads, such as a limit, is moved a little either way, and the Lagrangians of both
    statements are taken at the solution. To first order their difference is that of the optima.

    Args:
        solution: The solution of the plan.
        plan: The plan.
        payload: Its payload (kg).
    """

    def __init__(self, solution: Solved, plan: LaunchPlan, payload: float) -> None:
        self._solution, self._plan, self._payload = solution, plan, payload
        self._figures = dict(plan.vehicle.figures())
        self._known: dict[str, float] = {}

    def __call__(self, key: str) -> float:
        """Return the derivative (kg per unit of the key).

        Raises:
            KeyError: For a key that is no figure of the vehicle.
            ValueError: If the launch did not converge.
        """
        if key not in self._known:
            value = self._figures[key].value
            slope = central_slope(partial(self._optimum, key), value)
            rounded = abs(slope) * STEP * max(abs(value), SMALLEST) < ROUNDING * self._payload
            self._known[key] = 0.0 if rounded else slope
        return self._known[key]

    def _optimum(self, key: str, value: float) -> float:
        """Return the optimal payload for another value of a figure, to first order."""
        changed = changed_plan(self._plan, {key: value})
        moved = self.moved_parameters([key], changed)
        if moved is None:
            return self._solution.restated(restated(self._solution, changed, self._payload))
        return self._solution.objective + sum(
            self._by_parameter[name] * (new - self._plan.values[name]) for name, new in moved.items()
        )

    def moved_parameters(self, keys: Iterable[str], changed: LaunchPlan) -> dict[str, float] | None:
        """Return the new values of the given parameters of a changed plan, if nothing else of its statement has changed.

        Args:
            keys: Keys of the figures that were changed.
            changed: The changed plan.

        Returns:
            The parameters that differ, by name (SI); None where the launch has to be stated again.
        """
        if self._in_statement is None or not self._in_statement.isdisjoint(keys):
            return None
        if not _differs_in_values(changed, self._plan):
            return None
        return {name: new for name, new in changed.values.items() if new != self._plan.values[name]}

    @cached_property
    def _by_parameter(self) -> dict[str, float]:
        return self._solution.sensitivities()

    @cached_property
    def _in_statement(self) -> frozenset[str] | None:
        """Keys of the figures that the statement reads; None where a function along a phase may read any of them.

        The objective and the constraints at phase ends are traced to see what they read. A function along a phase whose key
        has a meaning in other processes holds no figure at all.
        """
        with figures_read() as seen:
            problem = restated(self._solution, self._plan, self._payload)
            programme = restated_programme(self._solution, problem)
            programme.trace_ends()
        if any(lasting_text(key) is None for key in programme.phase_keys.values()):
            return None
        return frozenset(key for key, figure in self._figures.items() if id(figure) in seen)


def _differs_in_values(changed: LaunchPlan, plan: LaunchPlan) -> bool:
    """Return whether two plans of like vehicles differ in their given parameters alone."""
    same = changed.frame is plan.frame and changed.structure == plan.structure
    times = (changed.staging_coast, changed.flip) == (plan.staging_coast, plan.flip)
    place, before = (np.zeros(0) if target is None else target for target in (changed.target, plan.target))
    return same and times and np.array_equal(place, before)
