"""Solve one of the problems with OpenSCvx: ``python with_openscvx.py {mars,landing6}``. It cannot link phases: no delta3.

OpenSCvx solves by successive convexification; limits hold between nodes too, within a tolerance on the integral of their
violation. ``mars`` has the settings of its 3-DoF example. With those of its 6-DoF example the flight misses the pad; README.md
says by how much and what was changed. OpenSCvx judges convergence by the last step and the defects between nodes. The adapter
therefore flies the control again, and a flight that ends more than ``MISS`` from the pad does not count as solved. This
check is not timed.
"""

import contextlib
import math
import sys
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from measure import Run
from problem_data import PROBLEMS, Elementary, Phase, Problem

run = Run("openscvx", sys.argv[1])
with run.timed("import"):
    import numpy as np
    import openscvx as ox

SYMBOLIC = Elementary(ox.Sqrt, ox.Exp, ox.Acos)
NUMBERS = Elementary(math.sqrt, math.exp, math.acos)
MISS = 1e-3  # of the units of problem_data.py: 1 m, 0.1 m/s on Mars
PATIENCE = 60.0  # s, for one solve


@dataclass(frozen=True)
class Settings:
    """Settings of OpenSCvx; all others have their defaults."""

    nodes: int
    algorithm: dict[str, Any]
    more: dict[str, Any]  # for ox.Problem
    state_unit: tuple[float, ...]  # of one unit in problem_data.py; OpenSCvx scales no quantity up, so metres, not km
    control_unit: float
    position: slice
    velocity: slice
    miss_units: tuple[tuple[float, str], tuple[float, str]]  # factors and units of messages: position and velocity
    one_budget: bool  # one integral of the violation for all limits, instead of one for each
    least_scaled: dict[int, float] = field(default_factory=dict)  # lower end of a state's range for scaling
    final: dict[int, float] = field(default_factory=dict)  # end values in place of an event


SETTINGS = {
    "mars": Settings(
        nodes=10,
        algorithm={
            "autotuner": ox.RampProximalWeight(ramp_factor=1.04, lam_prox_max=1e2),
            "lam_cost": 1 / 3,
            "lam_vc": 2.0,
            "lam_prox": 2 / 15,
        },
        more={"discretizer": {"ode_solver": "Dopri8"}},
        state_unit=(*3 * [1000.0], *3 * [100.0], 1000.0),
        control_unit=1000.0,
        position=slice(0, 3),
        velocity=slice(3, 6),
        miss_units=((1000.0, " m"), (100.0, " m/s")),
        one_budget=False,
        least_scaled={6: 1700.0},
    ),
    "landing6": Settings(
        nodes=20,
        algorithm={
            "autotuner": ox.RampProximalWeight(ramp_factor=1.04, lam_prox_max=1e2),
            "lam_cost": 5.0,
            "lam_vc": 100.0,
            "lam_prox": 1.0,
            "ep_vc": 1e-6,
        },
        more={"float_dtype": "float64"},
        state_unit=14 * (1.0,),
        control_unit=1.0,
        position=slice(1, 4),
        velocity=slice(4, 7),
        miss_units=((1.0, ""), (1.0, "")),
        one_budget=True,
        final={10: 1.0},  # the norm of the quaternion is constant, so a unit norm at the end holds at the start
    ),
}


def state(problem: Problem, settings: Settings) -> ox.Problem:
    """Return the problem as OpenSCvx states it: a vector of states, and one of controls, constant between nodes."""
    phase, nodes = problem.phases[0], settings.nodes
    unit, control_unit = np.array(settings.state_unit), settings.control_unit
    x = ox.State("x", shape=(len(unit),))
    u = ox.Control("u", shape=(len(phase.control),), parameterization="ZOH")
    x.min, x.max = np.transpose(phase.state) * unit
    u.min, u.max = np.transpose(phase.control) * control_unit
    x.scaling_min, x.scaling_max = x.min.copy(), x.max
    for i, value in settings.least_scaled.items():
        x.scaling_min[i] = value
    instants = np.linspace(phase.guess.time[0], phase.guess.time[-1], nodes)

    def on_nodes(rows: Any) -> Any:
        return np.transpose([np.interp(instants, phase.guess.time, row) for row in rows])

    x.guess, u.guess = on_nodes(phase.guess.states) * unit, on_nodes(phase.guess.controls) * control_unit
    final = [(settings.final[i],) * 2 if i in settings.final else box for i, box in enumerate(phase.final)]

    def end(boxes: Any, guess: Any) -> list[Any]:
        return [low * unit[i] if low == high else ox.Free(float(guess[i])) for i, (low, high) in enumerate(boxes)]

    x.initial, last = end(phase.initial, x.guess[0]), end(final, x.guess[-1])
    last[problem.objective] = ox.Maximize(float(x.guess[-1, problem.objective]))
    x.final = last
    xs = [x[i] if size == 1 else x[i] / float(size) for i, size in enumerate(unit)]
    us = [u[i] if control_unit == 1 else u[i] / control_unit for i in range(len(phase.control))]
    rates = [
        rate if size == 1 else rate * float(size)
        for rate, size in zip(phase.dynamics(xs, us, SYMBOLIC), unit, strict=True)
    ]
    limits = [ox.ctcs(x <= x.max, idx=0), ox.ctcs(x.min <= x, idx=0)]
    for i, (value, (low, high)) in enumerate(zip(phase.path(xs, us, SYMBOLIC), phase.path_box, strict=True)):
        budget = 0 if settings.one_budget else i + 1
        limits += [ox.ctcs(low <= value, idx=budget)] * (low > -math.inf)
        limits += [ox.ctcs(value <= high, idx=budget)] * (high < math.inf)
    ocp = ox.Problem(
        dynamics={"x": ox.Concat(*rates)},
        states=[x],
        controls=[u],
        time=ox.Time(initial=phase.start, final=ox.Free(phase.guess.time[-1]), min=0.0, max=phase.end[1]),
        constraints=limits,
        N=nodes,
        algorithm=settings.algorithm,
        **settings.more,
    )
    ocp.settings.dev.printing = False
    return ocp


def fly(phase: Phase, result: Any, settings: Settings) -> tuple[Any, float]:
    """Return the end of the flight with the control of a result, and the worst relative violation of a limit."""
    from scipy.integrate import solve_ivp

    controls = result.nodes["u"] / settings.control_unit
    steps = result.nodes["_time_dilation"][:-1, 0] / (settings.nodes - 1)
    boxes = [*phase.path_box, *phase.state, *phase.control]
    end, values = result.nodes["x"][0] / settings.state_unit, []
    for step, control in zip(steps, controls, strict=False):
        u = [float(value) for value in control]
        flight = solve_ivp(
            lambda _, y, u=u: phase.dynamics([float(value) for value in y], u, NUMBERS),
            (0.0, step),
            end,
            method="DOP853",
            rtol=1e-10,
            atol=1e-12,
            t_eval=np.linspace(0.0, step, 25),
        )
        if not flight.success:
            return np.full(len(end), np.nan), math.nan
        end = flight.y[:, -1]
        values += [[*phase.path(list(y), u, NUMBERS), *y, *u] for y in flight.y.T]
    violation = 0.0
    for (low, high), series in zip(boxes, np.transpose(values), strict=True):
        size = max((abs(end) for end in (low, high) if end not in (0.0, math.inf, -math.inf)), default=0.0)
        excess = max(low - series.min(), series.max() - high) / (size or np.abs(series).max())
        violation = max(violation, float(excess))
    return end, violation


def judge(problem: Problem, settings: Settings, result: Any) -> tuple[str, str]:
    """Return ``solved`` or the reason why not, and the worst relative miss and violation of the re-flight."""
    phase = problem.phases[0]
    end, violation = fly(phase, result, settings)
    size = np.abs(result.nodes["x"] / settings.state_unit).max(axis=0)
    held = [i for i, (low, high) in enumerate(phase.final) if low == high]
    miss = np.abs(end - [low for low, _ in phase.final])
    checked = f"ends {(miss / np.maximum(size, MISS))[held].max():.0e}, limits {violation:.0e}"
    if result.converged and (miss[held] < MISS).all():
        return "solved", checked
    parts = zip((settings.position, settings.velocity), settings.miss_units, strict=True)
    words = " and ".join(f"{np.linalg.norm(miss[part]) * scale:.2g}{name}" for part, (scale, name) in parts)
    verdict = "says converged" if result.converged else f"not converged in {len(result.X) - 1} iterations"
    return f"not solved: {verdict}; flown again, misses the pad by {words}", checked


def main() -> None:
    """State, solve, solve again from the solution, and report."""
    if run.problem not in SETTINGS:
        run.report(version("openscvx"), None, "not stated: OpenSCvx links no phases")
        return
    settings = SETTINGS[run.problem]
    with contextlib.redirect_stdout(sys.stderr):
        with run.timed("setup"):
            problem = PROBLEMS[run.problem]()
            ocp = state(problem, settings)
            ocp.initialize()
        with run.timed("solve"):
            result = ocp.solve(time_limit=PATIENCE)
        status, checked = judge(problem, settings, result)
        if status == "solved":
            for variable in (*ocp.symbolic.states, *ocp.symbolic.controls):
                variable.guess = result.nodes[variable.name]
            with run.timed("warm"):
                ocp.reset()
                again = ocp.solve(time_limit=PATIENCE)
            warm, _ = judge(problem, settings, again)
            status = "solved" if warm == "solved" else f"warm re-solve: {warm}"
    mass = float(result.nodes["x"][-1, problem.objective]) / settings.state_unit[problem.objective]
    effort = {"iterations": len(result.X) - 1}
    if run.seconds["warm_s"] is not None:
        effort["warm_iterations"] = len(again.X) - 1
    run.report(version("openscvx"), mass * problem.answer_scale, status, verification=checked, **effort)


if __name__ == "__main__":
    main()
