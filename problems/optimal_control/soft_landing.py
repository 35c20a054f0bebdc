"""Vertical soft landing with depleting mass in least propellant: Meditch (IEEE Trans. Automatic Control 9(4), 1964).

No drag, constant gravity: the optimum coasts, then burns at full thrust to rest on the ground. A booster of the size of
Falcon 9's, from 5 km at 300 m/s down, burns 4746.809282749813 kg (closed form, 40 digits).
"""

from _show import main

import hoverslam as hs

EARTH = {"h0": 5000.0, "v0": -300.0, "m0": 28000.0, "thrust": 845e3, "isp": 282.0, "gravity": 9.80665}
MARS = {
    "h0": 2000.0, "v0": -50.0, "m0": 1905.0,
    "thrust": 13258.177079922916, "isp": 1966.072721110948 / 9.80665, "gravity": 3.7114,
}  # fmt: skip
MOON = {"h0": 1.0, "v0": -0.783, "m0": 1.0, "thrust": 1.227, "isp": 2.349 / 9.80665, "gravity": 1.0}


def problem(case=None, length=1.0, duration=None, **changes):
    """The problem for a ``case`` (a dict like ``EARTH``) with ``changes``, stated in units of ``length`` metres."""
    given = (case or EARTH) | changes
    problem = hs.ocp.Problem("soft landing")
    for name, value in given.items():
        scale = length if name in ("h0", "v0", "gravity") else 1.0
        problem.parameter(name, value=value / scale)
    fall = given["h0"] / abs(given["v0"])
    problem.phase(
        "descent",
        states=[
            hs.ocp.Variable("h", initial="h0", final=0.0, unit="m"),
            hs.ocp.Variable("v", initial="v0", final=0.0, unit="m/s"),
            hs.ocp.Variable("m", initial="m0", lower=0.05 * given["m0"], unit="kg"),
        ],
        controls=[hs.ocp.Variable("throttle", lower=0.0, upper=1.0)],
        dynamics=lambda s, c, p: {
            "h": s.v,
            "v": c.throttle * p.thrust / length / s.m - p.gravity,
            "m": -c.throttle * p.thrust / (p.isp * 9.80665),
        },
        initial_time=0.0,
        final_time=duration or (0.2 * fall, 5.0 * fall),
    )
    problem.minimize(lambda e, p: e.descent.initial.m - e.descent.final.m, unit="kg")
    return problem


if __name__ == "__main__":
    raise SystemExit(main(problem(), 4746.809282749813, "kg"))
