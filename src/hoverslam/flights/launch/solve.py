"""Solving a launch as one optimisation: ascent, upper stages and returning bodies, payload maximised.

:func:`solve_launch` searches. It lists the structures that apply to the case, starts each of them from stored flights or
from a simulated one, solves all on a coarse mesh, refines the best, and returns the best verified flight.
"""

import os
from collections.abc import Callable, Sequence

from hoverslam.flights.launch.limits import LaunchLimit
from hoverslam.flights.launch.objective import Goal, Objective
from hoverslam.flights.launch.plan import make_plan
from hoverslam.flights.launch.problem import launch_problem
from hoverslam.flights.launch.result import LaunchResult, summarise
from hoverslam.flights.launch.search import Effort, LaunchSearch
from hoverslam.flights.launch.sizing import size_for_payload
from hoverslam.flights.launch.starts import guess_launch
from hoverslam.flights.launch.stored import keep
from hoverslam.flights.launch.structure import Choice, choices_of
from hoverslam.ocp.solved import solve
from hoverslam.ocp.statement.options import Options
from hoverslam.vehicles.impossible import refuse_impossible
from hoverslam.vehicles.loading import as_vehicle
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import OrbitLike


def solve_launch(
    vehicle: Vehicle | str | os.PathLike[str],
    recovery: str = "expendable",
    orbit: OrbitLike | None = None,
    *,
    constraints: Sequence[LaunchLimit] = (),
    objective: Goal = "payload",
    payload: float | None = None,
    choice: Choice | None = None,
    effort: Effort = "standard",
    store: bool = True,
    options: Options | None = None,
    report: Callable[[str], None] | None = None,
) -> LaunchResult:
    """Maximise the payload of a vehicle to an orbit, with the bodies that the recovery mode names flown home.

    Args:
        vehicle: A vehicle, the name of a known one, or the path of a vehicle file.
        recovery: A recovery mode, such as ``expendable``, ``downrange`` or ``return_to_launch_site``.
        orbit: An orbit, its id, or its values as text or mapping; the vehicle's default if left out.
        constraints: Limits beside those of the vehicle, each along any phases of the launch.
        objective: ``payload``: the greatest payload. ``propellant``: the least propellant loaded in the two stages for a given
            ``payload``. ``liftoff_mass``: the least lift-off mass for a given ``payload`` of the vehicle scaled by the rule
            of :mod:`hoverslam.flights.launch.sizing`.
        payload: Payload to be carried (kg), for the other objectives.
        choice: What is flown where there are several ways; all that apply are tried if left out.
        effort: How many starts are tried: ``quick``, ``standard`` or ``thorough``.
        store: Whether stored flights may start the search, and whether the flight found is kept.
        options: Options of the optimal-control solver: one structure is then solved from one simulated start.
        report: Receives one line for each step.

    Returns:
        The flight with payload, masses, events, verification and trajectory; look at ``verified`` before using it.

    Raises:
        VehicleError: For an unknown vehicle, orbit or mode, an orbit that the site does not reach, or a flight that closed
            forms exclude: thrust to weight, speed to the orbit, range to the landing site. Nothing is solved then.
        ValueError: If a constraint names a phase that the launch does not have, or a name that its phase has already.
    """
    vehicle = as_vehicle(vehicle)
    aim = Objective(objective, payload)
    plan = make_plan(vehicle, recovery, orbit, constraints, choice, aim)
    refuse_impossible(vehicle, recovery, plan.orbit, (payload or 0.0) if aim.goal == "propellant" else 0.0)
    if options is not None:
        return summarise(plan, solve(launch_problem(plan, guess_launch(plan, report)), options, report))
    if aim.goal == "liftoff_mass":
        assert payload is not None
        found = solve_launch(
            vehicle,
            recovery,
            orbit,
            constraints=constraints,
            choice=choice,
            effort=effort,
            store=store,
            report=report,
        )
        return size_for_payload(found, payload, report)
    choices = (choice,) if choice is not None else choices_of(vehicle, recovery, plan.orbit)
    search = LaunchSearch(plan, choices, effort, store, report)
    found = search.best()
    if store and not search.is_stored:
        keep(found)
    return found
