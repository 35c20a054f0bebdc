"""Landing in six degrees of freedom in least time: a well-posed variant of Szmuk and Acikmese (AIAA 2018-0617).

Everything non-dimensional; up, east, north. Thrust vector in the body's axes with a gimbal limit, quaternion attitude
(scalar first), tilt, glide slope and body-rate limits. With the start velocity (-1, -4, 0) the least time is 2.868522.
"""

import jax.numpy as jnp
import numpy as np
from _show import main

import hoverslam as hs

INERTIA, ARM, FLOW = 0.01, 0.01, 0.01
THRUST = (0.3, 5.0)
GIMBAL, TILT, GLIDE, RATE = np.radians([20.0, 90.0, 20.0, 60.0])


def rotation(q):
    """Matrix from the body's axes to the ground's, from a unit quaternion."""
    w, x, y, z = q
    return jnp.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def rates(s, c, p):
    """Equations of motion."""
    w, x, y, z = s.q
    a, b, d = s.omega
    turn = 0.5 * jnp.stack(
        [-x * a - y * b - z * d, w * a + y * d - z * b, w * b + z * a - x * d, w * d + x * b - y * a]
    )
    torque = jnp.stack([jnp.zeros(()), ARM * c.T[2], -ARM * c.T[1]])
    return {
        "m": -FLOW * jnp.sqrt(c.T @ c.T),
        "r": s.v,
        "v": rotation(s.q) @ c.T / s.m - jnp.array([1.0, 0.0, 0.0]),
        "q": turn,
        "omega": torque / INERTIA,  # a ball of inertia has no gyroscopic torque
    }


def aside(r):
    """Distance from the vertical, smooth at the apex of the cone."""
    return jnp.sqrt(r[1] ** 2 + r[2] ** 2 + 1e-8) - 1e-4


PATH = [
    hs.ocp.PathConstraint("thrust", lambda s, c, p: jnp.sqrt(c.T @ c.T), *THRUST),
    hs.ocp.PathConstraint("gimbal", lambda s, c, p: c.T[0] - np.cos(GIMBAL) * jnp.sqrt(c.T @ c.T), 0.0),
    hs.ocp.PathConstraint("tilt", lambda s, c, p: 1 - 2 * (s.q[2] ** 2 + s.q[3] ** 2), np.cos(TILT)),
    hs.ocp.PathConstraint("glide slope", lambda s, c, p: s.r[0] - np.tan(GLIDE) * aside(s.r), 0.0),
    hs.ocp.PathConstraint("body rate", lambda s, c, p: s.omega @ s.omega, upper=RATE**2),
]


def problem(velocity=(-1.0, -4.0, 0.0), least="time"):
    """The problem from a start ``velocity``, in least ``"time"`` or ``"propellant"``."""
    problem = hs.ocp.Problem("6-DoF landing")
    problem.phase(
        "descent",
        states=[
            hs.ocp.Variable("m", lower=1.0, upper=2.0, initial=2.0, guess=(2.0, 1.8)),
            hs.ocp.Variable("r", 3, initial=(4.0, 4.0, 0.0), final=(0.0, 0.0, 0.0)),
            hs.ocp.Variable("v", 3, initial=velocity, final=(-0.1, 0.0, 0.0)),
            hs.ocp.Variable("q", 4, lower=-1.1, upper=1.1, final=(1.0, 0.0, 0.0, 0.0), guess=(1.0, 0.0, 0.0, 0.0)),
            hs.ocp.Variable("omega", 3, initial=(0.0, 0.0, 0.0), final=(0.0, 0.0, 0.0)),
        ],
        controls=[hs.ocp.Variable("T", 3, lower=(0.0, -5.0, -5.0), upper=5.0, guess=(2.0, 0.0, 0.0))],
        dynamics=rates,
        path=PATH,
        initial_time=0.0,
        final_time=(1.0, 10.0),
    )
    if least == "time":
        problem.minimize(lambda e, p: e.descent.final_time)
    else:
        problem.maximize(lambda e, p: e.descent.final.m)
    return problem


if __name__ == "__main__":
    raise SystemExit(main(problem(), 2.868522, ""))
