"""Solving a launch as one optimisation: ascent, upper stage and returning booster, payload maximised.

:func:`solve_launch` makes the plan, simulates a guess, improves the guess branch by branch, and solves the problem that
:mod:`hoverslam.flights.launch.problem` states.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from hoverslam.flights.launch.guess import LaunchGuess, circularise, fly_home, simulate_launch
from hoverslam.flights.launch.limits import LaunchLimit
from hoverslam.flights.launch.plan import LaunchPlan, make_plan
from hoverslam.flights.launch.problem import LaunchBuilder, launch_problem
from hoverslam.flights.launch.result import TOLERANCES, LaunchResult, summarise
from hoverslam.flights.launch.simulation import Simulator
from hoverslam.ocp.solved import Solved, solve
from hoverslam.ocp.solving.carry import guess_from
from hoverslam.ocp.statement.options import Options
from hoverslam.ocp.statement.problem import Problem
from hoverslam.vehicles.loading import as_vehicle
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import Orbit

# The first attempt stays close to the guess: a small barrier parameter keeps the solver near what was simulated. The
# others start from further away.
_COMMON = Options(max_iterations=250, max_passes=8, tolerances=TOLERANCES, diagnose=False)
ATTEMPTS = (
    replace(_COMMON, smoothing=1e-6, ipopt={"mu_init": 1e-4}),
    replace(_COMMON, smoothing=1e-4, ipopt={"mu_init": 1e-2}),
    replace(_COMMON, smoothing=1e-4, max_iterations=400, diagnose=True, ipopt={"mu_strategy": "adaptive"}),
)


def solve_launch(
    vehicle: Vehicle | str | os.PathLike[str],
    recovery: str = "expendable",
    orbit: Orbit | str | None = None,
    *,
    constraints: Sequence[LaunchLimit] = (),
    options: Options | None = None,
    report: Callable[[str], None] | None = None,
) -> LaunchResult:
    """Maximise the payload of a vehicle to an orbit, with the booster flown home.

    Args:
        vehicle: A vehicle, the name of a known one, or the path of a vehicle file.
        recovery: ``expendable``, ``downrange`` or ``return_to_launch_site``.
        orbit: An orbit or its id; the vehicle's default if left out.
        constraints: Limits beside those of the vehicle, each along any phases of the launch.
        options: Options of the optimal-control solver.
        report: Receives one line for each mesh pass.

    Returns:
        The flight with payload, masses, events, verification and trajectory; look at ``verified`` before using it.

    Raises:
        VehicleError: For an unknown vehicle, orbit or mode, or an orbit that the site does not reach.
        ValueError: If a constraint names a phase that the launch does not have, or a name that its phase has already.
    """
    vehicle = as_vehicle(vehicle)
    plan = make_plan(vehicle, recovery, vehicle.orbit(orbit, recovery), constraints)
    problem = launch_problem(plan, guess_launch(plan, report))
    if options is not None:
        return summarise(plan, solve(problem, options, report))
    return summarise(plan, solve_patiently(problem, report))


def guess_launch(plan: LaunchPlan, report: Callable[[str], None] | None = None) -> LaunchGuess:
    """Return a guess of the whole launch: simulated, and for a returning booster improved branch by branch.

    The way up is optimised with the propellant that a simulated booster needs kept at cut-off. From that cut-off the
    booster is simulated, and its way home optimised in turn. Each part is a small problem, and together they start the
    whole problem close to a good optimum.

    Args:
        plan: The plan of the launch.
        report: Receives one line for each part.
    """
    sim, kept = Simulator(plan.frame), 0.0
    guess = simulate_launch(plan, sim)
    if plan.recovery == "expendable" and not plan.two_burns:
        return guess
    quick = replace(ATTEMPTS[0], verify=False, max_passes=1, tolerance=1e-5)
    if plan.recovery != "expendable":
        full = float(guess.phases[_first_home(plan)].states["mass"][0])
        kept = full - plan.values["stage1.dry_mass"] - plan.values["stage1.residual"]
    up = solve(LaunchBuilder(plan, guess).build_way_up(kept), quick)
    if report is not None:
        report(f"guess: way up {up.status} in {up.iterations} iterations")
    if up.converged:
        guess.phases |= {name: guess_from(part) for name, part in up.phases.items()}
        guess.payload = float(up.parameters.payload)
        guess.phases |= (
            circularise(plan, sim, float(up["upper"].time[1]), up["upper"].states[-1]) if plan.two_burns else {}
        )
    if plan.recovery == "expendable":
        return guess
    if up.converged:
        guess.phases |= fly_home(plan, sim, float(up["ascent"].time[1]), up["ascent"].states[-1])
    ascent = guess.phases["ascent"]
    start = np.concatenate(
        [ascent.time[-1:], ascent.states["position"][-1], ascent.states["velocity"][-1], ascent.controls["pitch"][-1:]]
    )
    home = solve(LaunchBuilder(plan, guess).build_way_home(start), quick)
    if home.converged:
        guess.phases |= {name: guess_from(part) for name, part in home.phases.items()}
    if report is not None:
        report(f"guess: way home {home.status} in {home.iterations} iterations")
    return guess


def _first_home(plan: LaunchPlan) -> str:
    """Return the first phase of the booster."""
    return "flip" if plan.recovery == "return_to_launch_site" else "coast"


def solve_patiently(
    problem: Problem, report: Callable[[str], None] | None, attempts: Sequence[Options] = ATTEMPTS
) -> Solved:
    """Return the solution of the first attempt that converges, or of the last one.

    Args:
        problem: The problem.
        report: Receives one line for each mesh pass, and one where an attempt fails.
        attempts: Options of the solver, tried in turn; at least one.
    """
    for number, options in enumerate(attempts, 1):
        solution = solve(problem, options, report)
        if solution.converged or number == len(attempts):
            return solution
        if report is not None:
            report(f"attempt {number} of {len(attempts)} ended with {solution.status}: trying again from further away")
    raise AssertionError("there is at least one attempt")
