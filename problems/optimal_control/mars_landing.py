"""Powered descent to a point on Mars in least propellant: the case of Acikmese and Ploen (JGCD 30(5), 2007).

Thrust between 30 and 80 % of six canted engines, no drag, no rotation; a glide slope above the pad if asked for. With the
time free the optimum burns 387.896364525 kg; with a glide slope of 4 degrees, 398.07348 kg.
"""

import jax.numpy as jnp
import numpy as np
from _show import main

import hoverslam as hs

WET, DRY = 1905.0, 1505.0  # kg
CANT = np.cos(np.radians(27.0))
GIVEN = {
    "isp": 225.0, "gravity": 3.7114, "m0": WET, "thrust_min": 6 * 0.3 * 3100.0 * CANT, "thrust_max": 6 * 0.8 * 3100.0 * CANT
}  # fmt: skip


def rates(length):
    """Equations of motion in units of ``length`` metres; x is up."""

    def dynamics(s, c, p):
        thrust = jnp.sqrt(c.T @ c.T)
        gravity = p.gravity * jnp.array([1.0, 0.0, 0.0])
        return {"r": s.v, "v": c.T / length / s.m - gravity, "m": -thrust / (p.isp * 9.807 * CANT)}

    return dynamics


def problem(
    glide_slope=None,
    duration=(20.0, 150.0),
    start=((1500.0, 0.0, 2000.0), (-75.0, 0.0, 100.0)),
    length=1.0,
    **changes,
):
    """The problem, with a ``glide_slope`` (rad above the ground) if given; ``changes`` replace values of ``GIVEN``.

    All arguments are in metres; what is stated to the solver is in units of ``length`` metres.
    """
    problem = hs.ocp.Problem("Mars landing")
    for name, value in (GIVEN | changes).items():
        problem.parameter(name, value=value / length if name == "gravity" else value)
    position, velocity = (tuple(x / length for x in each) for each in start)
    path = [hs.ocp.PathConstraint("thrust", lambda s, c, p: jnp.sqrt(c.T @ c.T), "thrust_min", "thrust_max", "N")]
    if glide_slope is not None:
        steep = np.tan(glide_slope)
        aside = lambda r: jnp.sqrt(r[1] ** 2 + r[2] ** 2 + (1e-3 / length) ** 2) - 1e-3 / length  # noqa: E731 - smooth
        above = lambda s, c, p: s.r[0] - steep * aside(s.r)  # noqa: E731
        path.append(hs.ocp.PathConstraint("glide slope", above, 0.0, unit="m"))
    problem.phase(
        "descent",
        states=[
            hs.ocp.Variable("r", 3, "m", initial=position, final=(0.0, 0.0, 0.0)),
            hs.ocp.Variable("v", 3, "m/s", initial=velocity, final=(0.0, 0.0, 0.0)),
            hs.ocp.Variable("m", None, "kg", lower=DRY, initial="m0"),
        ],
        controls=[hs.ocp.Variable("T", 3, "N", guess=(7000.0, 0.0, 0.0))],
        dynamics=rates(length),
        path=path,
        initial_time=0.0,
        final_time=duration,
    )
    problem.minimize(lambda e, p: e.descent.initial.m - e.descent.final.m, unit="kg")
    return problem


if __name__ == "__main__":
    raise SystemExit(main(problem(), 387.896364525, "kg"))
