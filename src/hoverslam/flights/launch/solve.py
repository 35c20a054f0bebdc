"""The whole launch as one optimisation: ascent, upper stage and returning booster, payload maximised.

:func:`solve_launch` settles the plan, simulates a guess and improves it branch by branch, and solves the problem that
``launch_problem.py`` states.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.launch.guess import LaunchGuess, Plan, circularise, fly_home, simulate_launch
from hoverslam.flights.launch.problem import SETTLING, LaunchBuilder
from hoverslam.flights.launch.result import LaunchResult, summarise
from hoverslam.flights.launch.simulation import Simulator
from hoverslam.ocp.checks.verify import Tolerances
from hoverslam.ocp.solution import Solution
from hoverslam.ocp.solving.solver import Options, guess_from, solve
from hoverslam.ocp.statement.problem import Problem
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import Orbit, load_site

STAGING_COAST = 8.0  # s from first-stage cut-off to upper-stage thrust: 8 to 11 s in Falcon 9 webcasts
TWO_BURN_ALTITUDE = 300e3  # m: above this a restartable upper stage injects by burn, coast, burn


def make_plan(vehicle: Vehicle, recovery: str, orbit: Orbit) -> Plan:
    """Settle frame, target and sequence of one case.

    Raises:
        VehicleError: if the vehicle does not fly that recovery mode.
    """
    if recovery not in vehicle.modes:
        known = ", ".join(vehicle.modes) or "no orbital flight"
        raise VehicleError([f"{vehicle.name}: recovery: {recovery!r}: has {known}"])
    frame, home, target = vehicle_parameters.pad_frame(vehicle, orbit), vehicle.recovery, None
    if home is not None and recovery != "expendable":
        place = home.downrange_site if recovery == "downrange" else home.landing_site
        if place not in (None, "free"):
            site = load_site(place)
            target = frame.place(site.latitude, site.longitude, site.elevation)
    two_burns = (
        vehicle.stage2 is not None
        and vehicle.stage2.engine.restartable
        and orbit.perigee_altitude > TWO_BURN_ALTITUDE
        and orbit.apogee_altitude - orbit.perigee_altitude < 1e3
    )
    return Plan(
        vehicle, recovery, orbit, frame, vehicle_parameters.launch_parameters(vehicle, recovery), two_burns,
        STAGING_COAST, SETTLING + 0.9 * np.pi / vehicle_parameters.flip_rate(vehicle), target,
    )  # fmt: skip


def launch_problem(plan: Plan, guess: LaunchGuess) -> Problem:
    """The whole launch of ``plan`` as an optimal-control problem, starting from ``guess``."""
    return LaunchBuilder(plan, guess).build_launch()


def solve_launch(
    vehicle: Vehicle | str,
    recovery: str = "expendable",
    orbit: Orbit | str | None = None,
    *,
    options: Options | None = None,
    report: Callable[[str], None] | None = None,
) -> LaunchResult:
    """Maximise the payload of ``vehicle`` to ``orbit`` with the booster flown home by ``recovery``.

    Args:
        vehicle: a vehicle or the name of a known one.
        recovery: ``expendable``, ``downrange`` or ``return_to_launch_site``.
        orbit: an orbit or its id; the vehicle's default if left out.
        options: of the optimal-control solver.
        report: receives one line a mesh pass.

    Returns:
        The flight with payload, masses, events, verification and trajectory; look at ``verified`` before using it.

    Raises:
        VehicleError: for an unknown vehicle, orbit or mode, or an orbit the site does not reach.
    """
    vehicle = load_vehicle(vehicle) if isinstance(vehicle, str) else vehicle
    plan = make_plan(vehicle, recovery, vehicle.orbit(orbit, recovery))
    problem = launch_problem(plan, guess_launch(plan, report))
    if options is not None:
        return summarise(plan, solve(problem, options, report))
    return summarise(plan, solve_patiently(problem, report))


def guess_launch(plan: Plan, report: Callable[[str], None] | None = None) -> LaunchGuess:
    """A guess for the whole launch: simulated, and for a returning booster improved branch by branch.

    The way up is optimised with a simulated booster's propellant kept, the booster flown home from where that stages
    and optimised in turn. Each part is a small problem; together they put the whole close to a good optimum.
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


def _first_home(plan: Plan) -> str:
    return "flip" if plan.recovery == "return_to_launch_site" else "coast"


# Close to the guess first (a small barrier keeps the solver near what was simulated), then from further away.
_FLOWN = Options(max_iterations=250, max_passes=8, tolerances=Tolerances(mesh=1e-6), diagnose=False)
ATTEMPTS = (
    replace(_FLOWN, smoothing=1e-6, ipopt={"mu_init": 1e-4}),
    replace(_FLOWN, smoothing=1e-4, ipopt={"mu_init": 1e-2}),
    replace(_FLOWN, smoothing=1e-4, max_iterations=400, diagnose=True, ipopt={"mu_strategy": "adaptive"}),
)


def solve_patiently(
    problem: Problem, report: Callable[[str], None] | None, attempts: Sequence[Options] = ATTEMPTS
) -> Solution:
    """The first attempt that converges, or the last one."""
    for number, options in enumerate(attempts, 1):
        solution = solve(problem, options, report)
        if solution.converged or number == len(attempts):
            return solution
        if report is not None:
            report(f"attempt {number} of {len(attempts)} ended with {solution.status}: trying again from further away")
    raise AssertionError("there is at least one attempt")
