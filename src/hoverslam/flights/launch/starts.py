"""Guesses of a whole launch to start the solver from: simulated, then improved branch by branch."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from hoverslam.flights.launch.attempts import ATTEMPTS
from hoverslam.flights.launch.guess import LaunchGuess, circularise, fly_home, simulate_launch
from hoverslam.flights.launch.plan import LaunchPlan
from hoverslam.flights.launch.problem import LaunchBuilder
from hoverslam.flights.launch.simulation import Simulator
from hoverslam.ocp.solved import Solved, solve
from hoverslam.ocp.solving.carry import guess_from

# Parts that converge take 34 to 90 iterations. One without a solution, such as a way home from where the simulated booster
# cannot land, does not converge in hundreds: its simulated guess stays.
_QUICK = replace(
    ATTEMPTS[0], verify=False, max_passes=1, tolerance=1e-5, max_iterations=90,
    ipopt={**ATTEMPTS[0].ipopt, "max_cpu_time": 15.0},
)  # fmt: skip


def guess_launch(plan: LaunchPlan, report: Callable[[str], None] | None = None, lofted: float = 1.0) -> LaunchGuess:
    """Return a guess of the whole launch: simulated, and improved branch by branch.

    The way up is optimised with the propellant that simulated bodies need kept where they separate. From there each body
    is simulated, and its way home optimised in turn. Each part is a small problem, and together they start the whole
    problem close to a good optimum.

    Args:
        plan: The plan of the launch.
        report: Receives one line for each part.
        lofted: Factor on the typical path angle at staging.
    """
    sim = Simulator(plan.frame)
    guess = simulate_launch(plan, sim, lofted)
    if report is not None:
        report(f"guess: simulated, {guess.payload:,.0f} kg")
    if not plan.structure.returning and not plan.two_burns:
        return guess
    up = solve(LaunchBuilder(plan, guess).build_way_up(*_kept(plan, guess)), _QUICK)
    if report is not None:
        report(f"guess: way up {up.status} in {up.iterations} iterations")
    if up.converged:
        guess.phases |= {name: guess_from(part) for name, part in up.phases.items()}
        guess.payload = float(up.parameters.payload)
        last = up[[name for name in plan.structure.upper[-1].names if name in up.phases][-1]]
        if plan.two_burns:
            guess.phases |= circularise(plan, sim, float(last.time[1]), last.states[-1])
    for branch in plan.structure.returning:
        _improve_way_home(plan, sim, guess, branch.body, up, report)
    return guess


def _kept(plan: LaunchPlan, guess: LaunchGuess) -> tuple[float, float]:
    """Return the propellant (kg) that the guess keeps in first stage and side boosters, beside the residual."""
    kept = []
    for body in ("stage1", "side_boosters"):
        branch = plan.structure.branch(body)
        if branch is None:
            kept.append(0.0)
            continue
        full = float(guess.phases[branch.names[0]].states["mass"][0])
        kept.append(full - plan.values[f"{body}.dry_mass"] - plan.values[f"{body}.residual"])
    return kept[0], kept[1]


def _improve_way_home(
    plan: LaunchPlan,
    sim: Simulator,
    guess: LaunchGuess,
    body: str,
    up: Solved,
    report: Callable[[str], None] | None,
) -> None:
    """Simulate and optimise the way home of one body from where the guess lets it separate."""
    branch = plan.structure.branch(body)
    assert branch is not None
    if up.converged and branch.after in up.phases:
        at = up[branch.after]
        guess.phases |= fly_home(plan, sim, float(at.time[1]), at.states[-1], body)
    before = guess.phases[branch.after]
    pitch = before.controls["pitch"][-1:] if "pitch" in before.controls else np.zeros(1)
    start = np.concatenate([before.time[-1:], before.states["position"][-1], before.states["velocity"][-1], pitch])
    home = solve(LaunchBuilder(plan, guess).build_way_home(start, body), _QUICK)
    if home.converged:
        guess.phases |= {name: guess_from(part) for name, part in home.phases.items()}
    if report is not None:
        report(f"guess: way home of {body} {home.status} in {home.iterations} iterations")
