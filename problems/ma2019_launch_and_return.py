"""Ascent, upper stage and returning booster as one problem, against the published case of Ma et al. (2019).

Y. Ma, X. Wang, Z. Shao, Z. Song, L. T. Biegler, Engineering Optimization 51(4), 2019, doi
10.1080/0305215X.2018.1472774: nine-engine first stage, 131.4 s at full thrust over a spherical Earth that does not
turn. Then the upper stage flies to a stated orbit (five elements) while one engine, always lit, brings the booster
back to the pad within 80 kPa. The mass in orbit is maximised: 17,286 kg on meshes that resolve the booster (17,310 kg
in the paper).

Only :mod:`hoverslam.ocp` is used: the case shows how a problem of one's own is stated. The solver starts from straight
lines between a rough staging point, a rough point of injection and the pad.
"""

import argparse
import json

import jax.numpy as jnp
import numpy as np

from hoverslam.ocp import Options, PathConstraint, Problem, Solution, Tolerances, Variable, solve

GRAVITATIONAL_PARAMETER = 3.986012e14  # m3/s2
RADIUS = 6378145.0  # m
SEA_LEVEL_DENSITY, SCALE_HEIGHT = 1.225, 7200.0  # kg/m3, m
DRAG_AREA = 0.5 * 4.0 * np.pi  # m2, drag coefficient times area
EXHAUST_SPEED = 340.0 * 9.80665  # m/s
ENGINE = 934e3  # N
LIFT_OFF, UPPER_STACK, BOOSTER_DRY = 539.1e3, 107.5e3, 22.1e3  # kg
STAGING = 131.4  # s
LEAST_THROTTLE = 0.38
PRESSURE_LIMIT = 80e3  # Pa
LATITUDE = np.radians(28.5)
SEMI_MAJOR_AXIS, ECCENTRICITY = 6593145.0, 0.0076
INCLINATION, NODE, PERIGEE = np.radians([28.5, 269.8, 130.5])


CENTRE = np.array([0.0, 0.0, -RADIUS])  # of the Earth, in the pad's axes: east, north, up
OPTIONS = Options(tolerance=1e-8, tolerances=Tolerances(objective=1e-5), max_passes=20)  # published to six digits


def target_orbit() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Angular momentum (m2/s) and the unit vectors to the perigee and a quarter turn later, in the pad's axes."""
    to_pad = np.array(
        [
            [0.0, 1.0, 0.0],
            [-np.sin(LATITUDE), 0.0, np.cos(LATITUDE)],
            [np.cos(LATITUDE), 0.0, np.sin(LATITUDE)],
        ]
    )
    node = np.array([np.cos(NODE), np.sin(NODE), 0.0])
    normal = np.array([np.sin(INCLINATION) * np.sin(NODE), -np.sin(INCLINATION) * np.cos(NODE), np.cos(INCLINATION)])
    perigee = np.cos(PERIGEE) * node + np.sin(PERIGEE) * np.cross(normal, node)
    size = np.sqrt(GRAVITATIONAL_PARAMETER * SEMI_MAJOR_AXIS * (1.0 - ECCENTRICITY**2))
    return size * (to_pad @ normal), to_pad @ perigee, to_pad @ np.cross(normal, perigee)


def density(position):
    """Air density (kg/m3)."""
    centre = position - CENTRE
    return SEA_LEVEL_DENSITY * jnp.exp(-(jnp.sqrt(centre @ centre) - RADIUS) / SCALE_HEIGHT)


def dynamic_pressure(state, control, inputs):
    """Dynamic pressure (Pa)."""
    return 0.5 * density(state.position) * (state.velocity @ state.velocity)


def rates(thrust):
    """Equations of motion under ``thrust(control)`` (N), ``pitch`` above the pad's horizon to the east, ``yaw`` north."""

    def dynamics(state, control, inputs):
        pitch, yaw = control.pitch, control.yaw
        direction = jnp.stack([jnp.cos(yaw) * jnp.cos(pitch), jnp.sin(yaw), jnp.cos(yaw) * jnp.sin(pitch)])
        centre = state.position - CENTRE
        gravity = -GRAVITATIONAL_PARAMETER / (centre @ centre) ** 1.5 * centre
        speed = jnp.sqrt(state.velocity @ state.velocity + 1e-4)
        drag = -0.5 * DRAG_AREA * density(state.position) * speed * state.velocity
        force = jnp.asarray(thrust(control))
        return {
            "position": state.velocity,
            "velocity": gravity + (force * direction + drag) / state.mass,
            "mass": -force / EXHAUST_SPEED,
        }

    return dynamics


PAD, REST = (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
STAGED = (100e3, 0.0, 65e3), (2000.0, 0.0, 900.0), LIFT_OFF - 9.0 * ENGINE / EXHAUST_SPEED * STAGING
INJECTED = (1500e3, 0.0, 0.0), (7500.0, 0.0, -1500.0), 18e3  # rough: where straight lines go


def states(first, last, initial=(None, None, None), final=(None, None, None)):
    """Position, velocity and mass, guessed on the line from ``first`` to ``last``."""
    names = (("position", 3, "m", -np.inf), ("velocity", 3, "m/s", -np.inf), ("mass", None, "kg", 1e3))
    return [
        Variable(name, size, unit, lower, initial=initial[k], final=final[k], guess=(first[k], last[k]))
        for k, (name, size, unit, lower) in enumerate(names)
    ]


def angles(first, last):
    """Direction of thrust, its pitch (rad) guessed from ``first`` to ``last``."""
    return [
        Variable("pitch", None, "rad", -1.5, 4.5, guess=(first, last)),
        Variable("yaw", None, "rad", -1.0, 1.0, guess=0.0),
    ]


def ma2019_problem(dry=BOOSTER_DRY, landed=None) -> Problem:
    """The problem, with a booster of ``dry`` kg that lands with ``landed`` kg or more (by default when it is dry).

    Both are given parameters. A heavier booster makes the rocket heavier at lift-off; a heavier landing does not.
    """
    problem = Problem("Ma et al. 2019, launch and return")
    problem.parameter("dry", value=dry, unit="kg")
    problem.parameter("landed", value=dry if landed is None else landed, unit="kg")
    booster = STAGED[2] - UPPER_STACK
    problem.phase(
        "ascent",
        states=states((PAD, REST, LIFT_OFF), STAGED, initial=(PAD, REST, None)),
        controls=angles(np.pi / 2, 0.6),
        dynamics=rates(lambda control: 9.0 * ENGINE),
        initial_time=0.0,
        final_time=STAGING,
    )
    problem.phase(
        "upper",
        states=states((*STAGED[:2], UPPER_STACK), INJECTED, initial=(None, None, UPPER_STACK)),
        controls=angles(0.3, -0.3),
        dynamics=rates(lambda control: ENGINE),
        initial_time=STAGING,
        duration=(200.0, 400.0),
    )
    problem.phase(
        "booster",
        states=states((*STAGED[:2], booster), (PAD, REST, BOOSTER_DRY), final=(PAD, REST, ("landed", np.inf))),
        controls=[*angles(2.8, 1.5), Variable("throttle", None, "", LEAST_THROTTLE, 1.0, guess=(1.0, 0.5))],
        dynamics=rates(lambda control: ENGINE * control.throttle),
        path=[PathConstraint("dynamic pressure", dynamic_pressure, upper=PRESSURE_LIMIT, unit="Pa")],
        initial_time=STAGING,
        duration=(200.0, 700.0),
    )
    problem.constrain("lift-off mass", lambda e, p: e.ascent.initial.mass - (LIFT_OFF - BOOSTER_DRY) - p.dry, unit="kg")
    for branch in ("upper", "booster"):
        problem.link("ascent", branch, states=("position", "velocity"), time=False)
    problem.constrain("staged mass", lambda e, p: e.ascent.final.mass - UPPER_STACK - e.booster.initial.mass, unit="kg")
    momentum, perigee, quarter = target_orbit()

    def momentum_error(e, p):
        last = e.upper.final
        return jnp.cross(last.position - CENTRE, last.velocity) - momentum

    def eccentricity_error(e, p):
        last = e.upper.final
        centre = last.position - CENTRE
        turned = jnp.cross(last.velocity, jnp.cross(centre, last.velocity)) / GRAVITATIONAL_PARAMETER
        vector = turned - centre / jnp.sqrt(centre @ centre)
        return jnp.stack([vector @ perigee - ECCENTRICITY, vector @ quarter])

    problem.constrain("angular momentum of the orbit", momentum_error, unit="m2/s")
    problem.constrain("eccentricity vector of the orbit", eccentricity_error)
    problem.maximize(lambda e, p: e.upper.final.mass, unit="kg")
    return problem


def solve_ma2019(report=None) -> Solution:
    """Solve and verify the problem as published."""
    return solve(ma2019_problem(), OPTIONS, report)


def staging_figures(solution: Solution) -> dict[str, float]:
    """Altitude (km) and speed (m/s) at main-engine cut-off."""
    last = solution["ascent"].final
    return {
        "altitude_km": (float(np.linalg.norm(last.position - CENTRE)) - RADIUS) / 1e3,
        "speed_m_s": float(np.linalg.norm(last.velocity)),
    }


def main() -> int:
    """Solve, print, and answer 0 if the solution is verified."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    solution = solve_ma2019(None if arguments.json else print)
    check = solution.verification
    verified = check is not None and check.passed
    staged = staging_figures(solution)
    figures = {
        "mass_in_orbit_kg": solution.objective,
        "published_kg": 17310.0,
        "injection_s": float(solution["upper"].time[1]),
        "landing_s": float(solution["booster"].time[1]),
        "staging": staged,
        "refly_error": check.refly_error if check else None,
        "path_violation": check.path_violation if check else None,
        "verified": verified,
        "seconds": solution.seconds,
    }
    if arguments.json:
        print(json.dumps(figures, indent=2))
    else:
        print(f"{solution.problem.name}: {solution.status}, {'verified' if verified else 'NOT verified'}")
        print(f"mass in orbit  {solution.objective:10.1f} kg   (published 17310, finer meshes 17286)")
        print(f"injection      {figures['injection_s']:10.2f} s    landing {figures['landing_s']:.1f} s")
        print(f"staging        {staged['altitude_km']:10.2f} km   {staged['speed_m_s']:.1f} m/s")
    return 0 if verified else 1


if __name__ == "__main__":
    raise SystemExit(main())
