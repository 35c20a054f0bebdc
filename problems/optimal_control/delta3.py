"""Delta III to a transfer orbit in four phases: the ascent of Betts (Practical Methods for Optimal Control, 2010).

Six of nine solids burn with the first stage, then the other three, then the first stage alone, then the second stage to
a stated orbit (five elements). Published optimum: 7529.712287 kg in orbit.
"""

import jax.numpy as jnp
import numpy as np
from _show import main

import hoverslam as hs

MU, RADIUS, SPIN = 3.986012e14, 6378145.0, 7.29211585e-5  # m3/s2, m, rad/s
DENSITY, SCALE_HEIGHT, AREA, DRAG, G0 = 1.225, 7200.0, 4.0 * np.pi, 0.5, 9.80665
SOLID, STAGE1, STAGE2 = (19290.0, 17010.0), (104380.0, 95550.0), (19300.0, 16820.0)  # kg: gross, propellant
BURN_SOLID, BURN1, BURN2 = 75.2, 261.0, 700.0  # s
PAYLOAD = 4164.0  # kg
AXIS, ECCENTRICITY = 24361140.0, 0.7308
INCLINATION, NODE, PERIGEE = np.radians([28.5, 269.8, 130.5])
ENDS = (0.0, BURN_SOLID, 2 * BURN_SOLID, BURN1, BURN1 + BURN2)
GIVEN = {
    "thrust_solid": 628.5e3, "thrust1": 1083.1e3, "thrust2": 110094.0,
    "isp_solid": 628.5e3 * BURN_SOLID / (G0 * SOLID[1]), "isp1": 1083.1e3 * BURN1 / (G0 * STAGE1[1]),
    "isp2": 110094.0 * BURN2 / (G0 * STAGE2[1]),
    "dry_solid": SOLID[0] - SOLID[1], "dry1": STAGE1[0] - STAGE1[1], "dry2": STAGE2[0] - STAGE2[1],
}  # fmt: skip
SOLIDS = {"six_solids": 6, "three_solids": 3, "stage1": 0}


def orbit(elements):
    """Position and velocity (m, m/s) at the perigee of the target, and its momentum and eccentricity vectors."""
    axis, e, i, node, perigee = elements
    p = axis * (1 - e**2)
    nodes = np.array([np.cos(node), np.sin(node), 0.0])
    normal = np.array([np.sin(i) * np.sin(node), -np.sin(i) * np.cos(node), np.cos(i)])
    to_perigee = np.cos(perigee) * nodes + np.sin(perigee) * np.cross(normal, nodes)
    across = np.cross(normal, to_perigee)
    position, velocity = axis * (1 - e) * to_perigee, np.sqrt(MU / p) * (1 + e) * across
    return position, velocity, np.sqrt(MU * p) * normal, e * to_perigee, across


def rates(thrust, flow):
    """Equations of motion under ``thrust(p)`` (N) and mass flow ``flow(p)`` (kg/s)."""

    def dynamics(s, c, p):
        distance = jnp.sqrt(s.r @ s.r)
        wind = s.v - SPIN * jnp.stack([-s.r[1], s.r[0], jnp.zeros(())])
        drag = (
            -0.5 * DENSITY * jnp.exp(-(distance - RADIUS) / SCALE_HEIGHT) * AREA * DRAG * jnp.sqrt(wind @ wind) * wind
        )
        return {"r": s.v, "v": -MU / distance**3 * s.r + (thrust(p) * c.u + drag) / s.m, "m": -flow(p)}

    return dynamics


def problem(**changes):
    """The problem; ``changes`` replace values of ``GIVEN``."""
    goal = orbit((AXIS, ECCENTRICITY, INCLINATION, NODE, PERIGEE))
    start = RADIUS * np.array([np.cos(np.radians(28.5)), 0.0, np.sin(np.radians(28.5))])
    problem = hs.ocp.Problem("Delta III")
    for name, value in (GIVEN | changes).items():
        problem.parameter(name, value=value)
    unit = hs.ocp.PathConstraint("direction", lambda s, c, p: c.u @ c.u, 1.0, 1.0)
    burn = {}
    for name, lit in SOLIDS.items():
        burn[name] = rates(
            lambda p, n=lit: p.thrust1 + n * p.thrust_solid,
            lambda p, n=lit: (p.thrust1 / p.isp1 + n * p.thrust_solid / p.isp_solid) / G0,
        )
    burn["stage2"] = rates(lambda p: p.thrust2, lambda p: p.thrust2 / p.isp2 / G0)
    early = (start, SPIN * np.array([0.0, start[0], 0.0]))
    for number, name in enumerate(burn):
        speeds = [early[1] + k / 4 * (goal[1] - early[1]) for k in (number, number + 1)]
        problem.phase(
            name,
            states=[
                hs.ocp.Variable(
                    "r", 3, "m", initial=start if number == 0 else None, guess=start if number < 2 else goal[0]
                ),
                hs.ocp.Variable("v", 3, "m/s", initial=early[1] if number == 0 else None, guess=speeds),
                hs.ocp.Variable("m", None, "kg", lower=100.0, guess=(301454.0, 171863.0, 79623.0, 32294.0)[number]),
            ],
            controls=[
                hs.ocp.Variable("u", 3, "", -1.1, 1.1, guess=(1.0, 0.0, 0.0) if number == 0 else (0.0, 1.0, 0.0))
            ],
            dynamics=burn[name],
            path=[unit],
            initial_time=ENDS[number],
            final_time=ENDS[number + 1] if number < 3 else (ENDS[3] + 1.0, ENDS[4]),
        )

    def full(p):
        return 9 * (SOLID[1] + p.dry_solid) + STAGE1[1] + p.dry1 + STAGE2[1] + p.dry2 + PAYLOAD

    problem.constrain("lift-off mass", lambda e, p: e.six_solids.initial.m - full(p), unit="kg")
    drops = {
        "six_solids": lambda p: 6 * p.dry_solid,
        "three_solids": lambda p: 3 * p.dry_solid,
        "stage1": lambda p: p.dry1,
    }
    for before, after in zip(list(burn)[:-1], list(burn)[1:], strict=True):
        problem.link(before, after, states=("r", "v"), time=False)
        problem.constrain(
            f"{before}: drop", lambda e, p, a=after, b=before: e[a].initial.m - e[b].final.m + drops[b](p), unit="kg"
        )

    def momentum(e, p):
        return jnp.cross(e.stage2.final.r, e.stage2.final.v) - goal[2]

    def eccentricity(e, p):
        r, v = e.stage2.final.r, e.stage2.final.v
        vector = jnp.cross(v, jnp.cross(r, v)) / MU - r / jnp.sqrt(r @ r)
        return jnp.stack([vector @ goal[3] / ECCENTRICITY - ECCENTRICITY, vector @ goal[4]])

    problem.constrain("momentum", momentum, unit="m2/s")
    problem.constrain("eccentricity", eccentricity)
    problem.maximize(lambda e, p: e.stage2.final.m, unit="kg")
    return problem


if __name__ == "__main__":
    raise SystemExit(main(problem(), 7529.712287, "kg"))
