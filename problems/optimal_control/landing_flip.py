"""Belly-first fall, flip and landing in four phases: Kamath, Elango, Yu, Acikmese and Carson (arXiv 2212.00375, 2023).

Planar; x is up. Coast, three engines, one engine, and a tight terminal phase below 100 m. Several local optima: 6144.7 kg
when powered phases may be as short as 0.2 s, 6599.3 kg when each lasts 3 s or more, and another at 6526.8 kg.
"""

import jax.numpy as jnp
import numpy as np
from _show import main

import hoverslam as hs

G0, ISP, RADIUS, HEIGHT = 9.81, 330.0, 4.5, 50.0  # m/s2, s, m, m
ARM, PRESSURE_ARM = 0.4 * HEIGHT, 0.2 * HEIGHT
DRAG = 0.5 * 1.225 * 545.0 * np.array([0.0522, 0.4068])
ENGINE = (880e3, 2200e3)  # N
GIMBAL, GIMBAL_RATE = np.radians([10.0, 15.0])
ENGINES = {"coast": 0, "flip": 3, "brake": 1, "terminal": 1}


def rates(engines):
    """Equations of motion with so many engines lit."""

    def dynamics(s, c, p):
        cos, sin = jnp.cos(s.theta), jnp.sin(s.theta)
        body = jnp.stack([cos * s.v[0] - sin * s.v[1], sin * s.v[0] + cos * s.v[1]])
        air = -jnp.sqrt(s.v @ s.v + 1e-4) * DRAG * body
        force = jnp.stack([cos * air[0] + sin * air[1], -sin * air[0] + cos * air[1]])
        turn, flow, gimbal = 0.0, jnp.zeros(()), {}
        if engines:
            thrust = engines * c.thrust
            force = force + thrust * jnp.stack([jnp.cos(s.theta + s.delta), -jnp.sin(s.theta + s.delta)])
            turn, flow = -thrust * jnp.sin(s.delta) * ARM - air[1] * PRESSURE_ARM, thrust / (ISP * G0)
            gimbal = {"delta": c.swing}
        inertia = s.m * (RADIUS**2 / 4 + HEIGHT**2 / 12)
        return {
            "m": -flow,
            "r": s.v,
            "v": force / s.m - jnp.array([G0, 0.0]),
            "theta": s.omega,
            "omega": turn / inertia,
            **gimbal,
        }

    return dynamics


TERMINAL = [
    hs.ocp.PathConstraint("left of the cone", lambda s, c, p: s.r[0] * np.tan(np.radians(5.0)) - s.r[1], 0.0, unit="m"),
    hs.ocp.PathConstraint(
        "right of the cone", lambda s, c, p: s.r[0] * np.tan(np.radians(5.0)) + s.r[1], 0.0, unit="m"
    ),
    hs.ocp.PathConstraint("speed", lambda s, c, p: s.v @ s.v, upper=400.0, unit="m2/s2"),
]


def problem(shortest=0.2, at_most=10.0):
    """The problem with powered phases of ``shortest`` to ``at_most`` seconds."""
    problem = hs.ocp.Problem("landing flip")
    tight = np.radians([5.0, 2.5, 1.0])  # tilt, its rate, gimbal in the terminal phase
    heights, speeds = (1000.0, 500.0, 250.0, 100.0, 0.0), (-90.0, -85.0, -60.0, -20.0, 0.0)
    places = [(height, 0.1 * height) for height in heights]
    for k, (name, engines) in enumerate(ENGINES.items()):
        first, last, narrow = k == 0, name == "terminal", name == "terminal"
        tilt, spin, gimbal = tight if narrow else (np.pi, 2.0, GIMBAL)
        states = [
            hs.ocp.Variable("m", None, "kg", lower=85e3, initial=100e3 if first else None, guess=100e3),
            hs.ocp.Variable("r", 2, "m", initial=(1000.0, 100.0) if first else (100.0, None) if last else None,
                     final=(0.0, 0.0) if last else None, guess=places[k : k + 2]),
            hs.ocp.Variable("v", 2, "m/s", initial=(-90.0, 0.0) if first else None, final=(0.0, 0.0) if last else None,
                     guess=((speeds[k], 0.0), (speeds[k + 1], 0.0))),
            hs.ocp.Variable("theta", None, "rad", -tilt, tilt, initial=np.pi / 2 if first else None,
                     final=0.0 if last else None, guess=np.pi / 2 if k < 1 else (np.pi / 2, 0.0) if k == 1 else 0.0),
            hs.ocp.Variable("omega", None, "rad/s", -spin, spin, initial=0.0 if first else None, final=0.0 if last else None),
        ]  # fmt: skip
        controls = []
        if engines:
            states.append(hs.ocp.Variable("delta", None, "rad", -gimbal, gimbal))
            controls = [
                hs.ocp.Variable("thrust", None, "N", *ENGINE),
                hs.ocp.Variable("swing", None, "rad/s", -GIMBAL_RATE, GIMBAL_RATE),
            ]
        problem.phase(
            name,
            states=states,
            controls=controls,
            dynamics=rates(engines),
            path=TERMINAL if narrow else (),
            initial_time=0.0 if first else None,
            duration=(0.2, 30.0) if first else (shortest, at_most),
        )
    problem.link("coast", "flip", states=("m", "r", "v", "theta", "omega"))
    problem.link("flip", "brake")
    problem.link("brake", "terminal")
    problem.minimize(lambda e, p: e.coast.initial.m - e.terminal.final.m, unit="kg")
    return problem


if __name__ == "__main__":
    # The optimum is known to a few tenths of a kilogram.
    to_digits = hs.ocp.Options(tolerance=1e-8, tolerances=hs.ocp.Tolerances(mesh=1e-6, objective=1e-4))
    raise SystemExit(main(problem(), 6144.7, "kg", to_digits, starts=6))
