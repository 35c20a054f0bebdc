"""How high a sounding rocket flies: Goddard's problem in the form of Bryson, with a singular arc of partial thrust.

Full thrust, then the thrust that balances drag against weight, then none. The solver is not told of these arcs. Known
optimum: 18550.8718638 ft. Stated once as one flight, and once as three phases with free times between them.
"""

import jax.numpy as jnp
from _show import main

import hoverslam as hs

SIGMA, HEIGHT, EXHAUST, GRAVITY = 5.49153484923381e-5, 23800.0, 1580.9425279876559, 32.174  # slug/ft, ft, ft/s, ft/s2


def rates(s, c, p):
    """Equations of motion."""
    drag = SIGMA * s.v**2 * jnp.exp(-s.h / HEIGHT)
    return {"h": s.v, "v": (c.T - drag) / s.m - GRAVITY, "m": -c.T / EXHAUST}


def problem():
    """The problem, in feet, slugs and pounds."""
    problem = hs.ocp.Problem("Goddard")
    problem.phase(
        "flight",
        states=[
            hs.ocp.Variable("h", None, "ft", initial=0.0),
            hs.ocp.Variable("v", None, "ft/s", initial=0.0),
            hs.ocp.Variable("m", None, "slug", initial=3.0, final=1.0),
        ],
        controls=[hs.ocp.Variable("T", None, "lbf", lower=0.0, upper=193.044)],
        dynamics=rates,
        initial_time=0.0,
        final_time=(1.0, 100.0),
    )
    problem.maximize(lambda e, p: e.flight.final.h, unit="ft")
    return problem


def in_three_phases():
    """The problem with the structure of its optimum: thrust is given on the first and the last phase, free between them."""
    problem = hs.ocp.Problem("Goddard in three phases")
    arcs = {"full": 193.044, "partial": None, "coast": 0.0}
    heights, speeds, masses = (0.0, 4e3, 1e4, 18e3), (0.0, 700.0, 800.0, 0.0), (3.0, 2.0, 1.0, 1.0)
    for k, (name, thrust) in enumerate(arcs.items()):
        problem.phase(
            name,
            states=[
                hs.ocp.Variable("h", None, "ft", initial=0.0 if k == 0 else None, guess=heights[k : k + 2]),
                hs.ocp.Variable("v", None, "ft/s", initial=0.0 if k == 0 else None, guess=speeds[k : k + 2]),
                hs.ocp.Variable("m", None, "slug", initial=3.0 if k == 0 else None, guess=masses[k : k + 2]),
            ],
            controls=[hs.ocp.Variable("T", None, "lbf", lower=0.0, upper=193.044)] if thrust is None else [],
            dynamics=rates if thrust is None else lambda s, c, p, *, given=thrust: rates(s, hs.ocp.Named(T=given), p),
            initial_time=0.0 if k == 0 else None,
            duration=(1.0, 60.0),
        )
    problem.link("full", "partial")
    problem.link("partial", "coast")
    problem.constrain("empty", lambda e, p: e.coast.final.m - 1.0, unit="slug")
    problem.maximize(lambda e, p: e.coast.final.h, unit="ft")
    return problem


if __name__ == "__main__":
    raise SystemExit(main(problem(), 18550.8718638, "ft"))
