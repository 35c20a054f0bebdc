"""Conditions and small pieces that the problems of launches, landings and hops have in common."""

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.problem import Problem


def norm(vector: Array) -> Array:
    """Return the length of a vector ``(n,)``; its derivative is infinite at zero."""
    return jnp.sqrt(vector @ vector)


def final_control(phase: str, control: str) -> Callable[[Named, Named], Array]:
    """Return the function of phase ends and parameters that gives a control at the end of a phase."""
    return lambda e, p: e[phase].final_control[control]


def keep_upright_at_touchdown(problem: Problem, last: str, tangent: float, what: str = "touchdown") -> None:
    """Bound both angles from the flow at the end of phase ``last`` by the tangent of the tilt allowed there.

    At rest the body axis is vertical where both angles are zero, so this bounds the tilt. The bounds are linear in the
    tilt; the derivative of the cosine is zero at zero tilt.
    """
    for angle in ("alpha", "beta"):
        problem.constrain(f"{what}: {angle}", final_control(last, angle), -tangent, tangent)


def linear_control_mesh(intervals: int, points: int = 4) -> Mesh:
    """Return even intervals with piecewise linear controls, whose rate limits hold everywhere if they hold at the nodes."""
    return Mesh.uniform(intervals, points, control_degree=1)
