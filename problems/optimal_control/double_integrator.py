"""Two problems of a few lines: the double integrator in least time, and a moon lander of constant mass.

From rest at one to rest at zero with an acceleration of at most one takes 2 s, switching at 1 s. The lander of the GPOPS
examples, from 10 at 2 down in a gravity of 1.5 with up to 3 of thrust, needs an integral of thrust of sqrt 68.
"""

from _show import main

import hoverslam as hs


def problem():
    """The double integrator in least time."""
    problem = hs.ocp.Problem("double integrator")
    problem.phase(
        "go",
        states=[hs.ocp.Variable("x", initial=1.0, final=0.0), hs.ocp.Variable("v", initial=0.0, final=0.0)],
        controls=[hs.ocp.Variable("u", lower=-1.0, upper=1.0)],
        dynamics=lambda s, c, p: {"x": s.v, "v": c.u},
        initial_time=0.0,
        final_time=(0.1, 10.0),
    )
    problem.minimize(lambda e, p: e.go.final_time)
    return problem


def moon_lander():
    """The lander in least effort: the integral of its thrust."""
    problem = hs.ocp.Problem("massless moon lander")
    problem.phase(
        "descent",
        states=[hs.ocp.Variable("h", initial=10.0, final=0.0), hs.ocp.Variable("v", initial=-2.0, final=0.0)],
        controls=[hs.ocp.Variable("u", lower=0.0, upper=3.0)],
        dynamics=lambda s, c, p: {"h": s.v, "v": c.u - 1.5},
        integrals={"effort": lambda s, c, p: c.u},
        initial_time=0.0,
        final_time=(0.1, 20.0),
    )
    problem.minimize(lambda e, p: e.descent.final.effort)
    return problem


if __name__ == "__main__":
    raise SystemExit(main(problem(), 2.0, "s"))
