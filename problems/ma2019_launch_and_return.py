"""Ascent, upper stage and returning booster as one problem, against the published case of Ma et al. (2019).

Y. Ma, X. Wang, Z. Shao, Z. Song, L. T. Biegler, Engineering Optimization 51(4), 2019, doi
10.1080/0305215X.2018.1472774: nine-engine first stage, 131.4 s at full thrust over a spherical Earth that does not
turn. Then the upper stage flies to a stated orbit (five elements) while one engine, always lit, brings the booster
back to the pad within 80 kPa. The mass in orbit is maximised: 17,286 kg on meshes that resolve the booster (17,310 kg
in the paper).

Only :mod:`hoverslam.ocp` is used: the case shows how a problem of one's own is stated.
"""

import argparse
import json
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares

from hoverslam.ocp import (
    Guess,
    Mesh,
    Options,
    PathConstraint,
    PhaseSolution,
    Problem,
    Solution,
    Variable,
    guess_from,
    solve,
)

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
OPTIONS = Options(smoothing=1e-6, max_iterations=300, ipopt={"mu_strategy": "monotone", "mu_init": 1e-4})


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


def acceleration(position, velocity, mass, thrust, pitch, yaw, xp=jnp):
    """Acceleration (m/s2): thrust (N) ``pitch`` above the pad's horizon towards east and ``yaw`` to the north."""
    direction = xp.stack([xp.cos(yaw) * xp.cos(pitch), xp.sin(yaw), xp.cos(yaw) * xp.sin(pitch)])
    centre = position - CENTRE
    radius = xp.sqrt(centre @ centre)
    speed = xp.sqrt(velocity @ velocity + 1e-4)
    density = SEA_LEVEL_DENSITY * xp.exp(-(radius - RADIUS) / SCALE_HEIGHT)
    drag = -0.5 * DRAG_AREA * density * speed * velocity
    return -GRAVITATIONAL_PARAMETER / radius**3 * centre + (thrust * direction + drag) / mass


def dynamic_pressure(state, control, inputs):
    """Dynamic pressure (Pa)."""
    centre = state.position - CENTRE
    height = jnp.sqrt(centre @ centre) - RADIUS
    return 0.5 * SEA_LEVEL_DENSITY * jnp.exp(-height / SCALE_HEIGHT) * (state.velocity @ state.velocity)


def rates(state, thrust, control):
    """State rates under ``thrust`` (N)."""
    turned = acceleration(state.position, state.velocity, state.mass, thrust, control.pitch, control.yaw)
    return {"position": state.velocity, "velocity": turned, "mass": -thrust / EXHAUST_SPEED}


def ascent_rates(state, control, inputs):
    """Nine engines at full thrust."""
    return rates(state, 9.0 * ENGINE, control)


def upper_rates(state, control, inputs):
    """The upper stage's engine at full thrust."""
    return rates(state, ENGINE, control)


def booster_rates(state, control, inputs):
    """One throttled engine."""
    return rates(state, ENGINE * control.throttle, control)


# ---- a first idea by simulation ------------------------------------------------------------


def _fly(start, seconds, thrust, steering, samples=200):
    """Integrate from ``start`` (position, velocity, mass); ``steering(t, y)`` gives pitch and throttle."""

    def slope(t, y):
        pitch, throttle = steering(t, y)
        force = thrust * throttle
        mass = max(y[6], 1e3)
        turned = acceleration(y[:3], y[3:6], mass, force, pitch, 0.0, np)
        return np.concatenate([y[3:6], turned, [-force / EXHAUST_SPEED]])

    times = np.linspace(0.0, seconds, samples)
    flown = solve_ivp(slope, (0.0, seconds), start, t_eval=times, rtol=1e-6, atol=1e-3, max_step=5.0).y.T
    commands = np.array([steering(t, y) for t, y in zip(times, flown, strict=True)])
    return times, flown, commands


def _as_guess(start, flown):
    times, y, commands = flown
    states = {"position": y[:, :3], "velocity": y[:, 3:6], "mass": y[:, 6]}
    controls = {"pitch": commands[:, 0], "yaw": np.zeros(len(times)), "throttle": commands[:, 1]}
    return Guess(start + times, states, controls)


def _ascent(kick):
    """Straight up for ten seconds, a tilt of ``kick`` (rad), then along the flow."""

    def steering(t, y):
        if t < 10.0:
            return np.pi / 2, 1.0
        along_flow = np.arctan2(y[5], y[3])
        return (np.pi / 2 - kick, 1.0) if t < 20.0 else (along_flow, 1.0)

    start = np.concatenate([np.zeros(6), [LIFT_OFF]])
    return _fly(start, STAGING, 9.0 * ENGINE, steering)


def _upper(staged, tangent, slope, seconds):
    """The tangent of pitch falls linearly from ``tangent`` by ``slope`` a second."""
    start = np.concatenate([staged[:6], [UPPER_STACK]])
    return _fly(start, seconds, ENGINE, lambda t, y: (np.arctan(tangent - slope * t), 1.0))


def _home(staged, tilt, boost, duration):
    """Full thrust towards the pad ``tilt`` above its horizon for ``boost`` s, then a time-to-go law to rest on the pad.

    The law is the cubic path to the pad and to rest in the time left (``duration`` in all); thrust stays within limits.
    """

    def steering(t, y):
        if t < boost:
            return np.pi - tilt, 1.0
        left = max(duration - t, 8.0)
        mass = max(y[6], BOOSTER_DRY)
        wanted = -6.0 * y[:3] / left**2 - 4.0 * y[3:6] / left - acceleration(y[:3], y[3:6], mass, 0.0, 0.0, 0.0, np)
        throttle = np.clip(mass * np.hypot(wanted[0], wanted[2]) / ENGINE, LEAST_THROTTLE, 1.0)
        return np.arctan2(max(wanted[2], 0.0), wanted[0]), throttle

    start = np.concatenate([staged[:6], [staged[6] - UPPER_STACK]])
    return _fly(start, duration, ENGINE, steering)


def guesses():
    """Simulated ascent, upper stage and booster as guesses."""
    kick = least_squares(lambda k: _ascent(k[0])[1][-1, 2] / 65e3 - 1.0, [0.06], bounds=(0.01, 0.3)).x[0]
    ascent = _ascent(kick)
    staged = ascent[1][-1]

    def miss(unknown):
        last = _upper(staged, unknown[0], 1e-3 * unknown[1], 100.0 * unknown[2])[1][-1]
        centre = last[:3] - CENTRE
        radius = np.linalg.norm(centre)
        climb = last[3:6] @ centre / radius
        return [(radius - RADIUS) / 170e3 - 1.0, climb / 300.0, np.linalg.norm(last[3:6]) / 7830.0 - 1.0]

    found = least_squares(miss, [0.6, 2.0, 3.2]).x
    upper = _upper(staged, found[0], 1e-3 * found[1], 100.0 * found[2])
    home = _home(staged, 0.3, 170.0, 439.0)
    return _as_guess(0.0, ascent), _as_guess(STAGING, upper), _as_guess(STAGING, home)


# ---- the problem ------------------------------------------------------------

STATES = (Variable("position", 3, "m"), Variable("velocity", 3, "m/s"), Variable("mass", None, "kg", lower=1e3))
ANGLES = (Variable("pitch", None, "rad", -1.5, 4.5), Variable("yaw", None, "rad", -1.0, 1.0))


def add_launch(problem, ascent, upper):
    """Ascent and upper stage, from rest on the pad to the orbit."""
    momentum, perigee, quarter = target_orbit()
    problem.phase(
        "ascent",
        states=STATES,
        controls=ANGLES,
        dynamics=ascent_rates,
        initial_time=0.0,
        final_time=STAGING,
        mesh=Mesh.uniform(12),
        guess=ascent,
    )
    problem.phase(
        "upper",
        states=STATES,
        controls=ANGLES,
        dynamics=upper_rates,
        initial_time=STAGING,
        duration=(200.0, 400.0),
        mesh=Mesh.uniform(12),
        guess=upper,
    )
    problem.constrain("starts on the pad", lambda e, p: e.ascent.initial.position / 1e3, unit="km")
    problem.constrain("starts at rest", lambda e, p: e.ascent.initial.velocity, unit="m/s")
    problem.constrain("lift-off mass", lambda e, p: e.ascent.initial.mass / LIFT_OFF - 1.0)
    problem.link("ascent", "upper", states=("position", "velocity"))
    problem.constrain("upper stack", lambda e, p: e.upper.initial.mass / UPPER_STACK - 1.0)

    def momentum_error(e, p):
        last = e.upper.final
        return (jnp.cross(last.position - CENTRE, last.velocity) - momentum) / np.linalg.norm(momentum)

    def eccentricity_error(e, p):
        last = e.upper.final
        centre = last.position - CENTRE
        turned = jnp.cross(last.velocity, jnp.cross(centre, last.velocity)) / GRAVITATIONAL_PARAMETER
        vector = turned - centre / jnp.sqrt(centre @ centre)
        return jnp.stack([vector @ perigee - ECCENTRICITY, vector @ quarter])

    problem.constrain("angular momentum of the orbit", momentum_error)
    problem.constrain("eccentricity vector of the orbit", eccentricity_error)


def add_booster(problem, home, mesh):
    """The booster from staging to rest on the pad."""
    problem.phase(
        "booster",
        states=STATES,
        controls=(*ANGLES, Variable("throttle", None, "", LEAST_THROTTLE, 1.0)),
        dynamics=booster_rates,
        path=(PathConstraint("dynamic pressure", dynamic_pressure, upper=PRESSURE_LIMIT, unit="Pa"),),
        initial_time=STAGING,
        duration=(200.0, 700.0),
        mesh=mesh,
        guess=home,
    )
    problem.constrain("lands on the pad", lambda e, p: e.booster.final.position / 1e3, unit="km")
    problem.constrain("lands at rest", lambda e, p: e.booster.final.velocity, unit="m/s")


def launch_problem(ascent, upper):
    """The launch alone."""
    problem = Problem("Ma et al. 2019, launch")
    add_launch(problem, ascent, upper)
    problem.maximize(lambda e, p: e.upper.final.mass, unit="kg")
    return problem


def booster_problem(home):
    """The return alone, from the state its guess starts in, landing as heavy as possible."""
    problem = Problem("Ma et al. 2019, return")
    add_booster(problem, home, Mesh.uniform(40))
    first = {name: np.asarray(values)[0] for name, values in home.states.items()}
    for name, size in {"position": 1e4, "velocity": 1e3, "mass": 1e5}.items():
        problem.constrain(f"staged {name}", lambda e, p, n=name, s=size: (e.booster.initial[n] - first[n]) / s)
    problem.maximize(lambda e, p: e.booster.final.mass, unit="kg")
    return problem


def joint_problem(ascent, upper, home, mesh):
    """Launch and return as one problem: two branches part at staging."""
    problem = Problem("Ma et al. 2019, launch and return")
    add_launch(problem, ascent, upper)
    add_booster(problem, home, mesh)
    problem.link("ascent", "booster", states=("position", "velocity"))
    problem.constrain(
        "staged mass", lambda e, p: (e.ascent.final.mass - UPPER_STACK - e.booster.initial.mass) / BOOSTER_DRY
    )
    problem.constrain("dry mass", lambda e, p: e.booster.final.mass / BOOSTER_DRY, lower=1.0, upper=np.inf)
    problem.maximize(lambda e, p: e.upper.final.mass, unit="kg")
    return problem


def mesh_for(part: PhaseSolution, intervals: int) -> Mesh:
    """A mesh that follows the throttle: half of its intervals evenly spread, half where the throttle changes."""
    fractions = np.linspace(0.0, 1.0, 2001)
    _, control = part.sample(part.time[0] + fractions * part.duration)
    change = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(control.throttle)))])
    spread = 0.5 * fractions + 0.5 * change / change[-1]
    edges = np.interp(np.linspace(0.0, 1.0, intervals + 1), spread, fractions)
    return Mesh((0.0, *edges[1:-1], 1.0), points=4)


def solve_ma2019(report=None) -> Solution:
    """Solve and verify the joint problem: launch alone, return alone, both together, and again on a mesh to suit."""
    quick = replace(OPTIONS, verify=False)
    fine = replace(OPTIONS, smoothing=1e-8)  # the jumps of throttle would cost a kilogram at 1e-6
    ascent, upper, home = guesses()
    launched = solve(launch_problem(ascent, upper), quick)
    if report:
        report(
            f"launch alone: {launched.status}, {launched.iterations} iterations, {launched.objective:.1f} kg in orbit"
        )
    returned = solve(booster_problem(home), quick)
    if report:
        report(f"return alone: {returned.status}, {returned.iterations} iterations, {returned.objective:.1f} kg landed")
    parts = (launched["ascent"], launched["upper"], returned["booster"])
    joint = solve(joint_problem(*map(guess_from, parts), returned["booster"].mesh), quick)
    for options in (replace(fine, verify=False), fine):
        if report:
            report(f"both together: {joint.status}, {joint.iterations} iterations, {joint.objective:.1f} kg in orbit")
        parts = [guess_from(joint[name]) for name in ("ascent", "upper", "booster")]
        joint = solve(joint_problem(*parts, mesh_for(joint["booster"], 140)), options, report)
    return joint


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
