"""How high a sounding rocket flies: Goddard's problem in the form of Bryson, with a singular arc of partial thrust.

Full thrust, then the thrust that balances drag against weight, then none. Nobody tells the solver. Known: 18550.8718638 ft.
"""

import jax.numpy as jnp
from _show import main

from hoverslam.ocp import Problem, Variable

SIGMA, HEIGHT, EXHAUST, GRAVITY = 5.49153484923381e-5, 23800.0, 1580.9425279876559, 32.174  # slug/ft, ft, ft/s, ft/s2


def rates(s, c, p):
    """Equations of motion."""
    drag = SIGMA * s.v**2 * jnp.exp(-s.h / HEIGHT)
    return {"h": s.v, "v": (c.T - drag) / s.m - GRAVITY, "m": -c.T / EXHAUST}


def problem():
    """The problem, in feet, slugs and pounds."""
    problem = Problem("Goddard")
    problem.phase(
        "flight",
        states=[
            Variable("h", None, "ft", initial=0.0),
            Variable("v", None, "ft/s", initial=0.0),
            Variable("m", None, "slug", initial=3.0, final=1.0),
        ],
        controls=[Variable("T", None, "lbf", lower=0.0, upper=193.044)],
        dynamics=rates,
        initial_time=0.0,
        final_time=(1.0, 100.0),
    )
    problem.maximize(lambda e, p: e.flight.final.h, unit="ft")
    return problem


if __name__ == "__main__":
    raise SystemExit(main(problem(), 18550.8718638, "ft"))
