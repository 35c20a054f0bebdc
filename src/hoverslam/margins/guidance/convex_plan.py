"""The convex powered descent, solved for many boosters at once by a primal-dual interior-point method.

The programme is in :mod:`hoverslam.margins.guidance.descent_programme`. Eliminating the steps one by one leaves a system of
three rows for each node with a constraint: terminal conditions and glide slope. An iteration therefore costs little more than
one small Cholesky factorisation, whatever the number of steps. Scaling and corrector are those of Nesterov and Todd and of
Mehrotra, as in Vandenberghe, The CVXOPT linear and quadratic cone program solvers, 2010.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from hoverslam.margins.guidance.cones import (
    Cones,
    dot,
    longest_step,
    lorentz_norm,
    product,
    quotient,
    reflected,
    scaled,
    scaling_of,
)
from hoverslam.margins.guidance.descent_programme import (
    PRICE,
    DescentCase,
    DescentProgramme,
    cone_map,
    cone_map_transposed,
    cost_gradient,
    programme_of,
    required_of_thrust,
    row_map,
    row_map_transposed,
    sizes_of,
    slacks_of,
    unit_of_acceleration,
)

CENTRE = 0.3  # complementarity at the start: cost and violations of a typical plan are of this order
ITERATIONS = 30  # most; feasible plans take 12 to 16
GAP = 1e-8  # relative to the cost, at which a plan counts as optimal
VIOLATED = 1e-6  # of g T^2 or g T: a terminal condition with a larger error is violated
LOOSE_GAP = 1e-2  # gap at which a plan with a large violation is known to have one
TO_BOUNDARY = 0.99  # fraction of the step to the boundary of the cones
WATCHED = 3  # inner nodes at which the glide slope is imposed
SOLVED, MISSED, UNDECIDED = 0, 1, 2  # status of a plan


class DescentPlan(NamedTuple):
    """A plan of ``N`` steps and ``N + 1`` nodes.

    Attributes:
        acceleration: Of thrust, ``u``, ``(N, 3)`` (m/s2).
        size: Its relaxed size ``s``, ``(N,)`` (m/s2).
        position: At the nodes, ``(N + 1, 3)`` (m).
        velocity: At the nodes, ``(N + 1, 3)`` (m/s).
        propellant: Burned (kg).
        miss: Distance from the pad, plus flight time times the error of the velocity, plus height missing (m).
        status: ``SOLVED``, ``MISSED`` (the terminal conditions cannot be met) or ``UNDECIDED``.
        gap: Relative duality gap left.
        time_derivative: Of the propellant by the flight time, from the multipliers (kg/s).
        iterations: Number of iterations.
    """

    acceleration: Array
    size: Array
    position: Array
    velocity: Array
    propellant: Array
    miss: Array
    status: Array
    gap: Array
    time_derivative: Array
    iterations: Array


class Iterate(NamedTuple):
    """An iterate.

    Attributes:
        x: Variables ``(4, N + 2 + W)``.
        z: Multipliers of the cones.
        y: Multipliers ``(R, 3)`` of the rows.
    """

    x: Array
    z: Cones
    y: Array


def plan_descent(
    case: DescentCase, iterations: int = ITERATIONS, watched: int = WATCHED, least_gap: float = GAP
) -> DescentPlan:
    """Return the plan of least propellant for one case; works under ``jax.vmap``.

    Args:
        case: The descent.
        iterations: Most iterations.
        watched: Number of inner nodes at which the glide slope is imposed, evenly spaced.
        least_gap: Relative duality gap at which a plan counts as optimal.
    """
    data = programme_of(case, watched)
    start = _start(data)
    worst = jnp.asarray(np.inf)

    def unfinished(carry: tuple[Iterate, Iterate, Array, Array, Array]) -> Array:
        _, _, gap, count, fine = carry
        return (gap > least_gap) & (count < iterations) & fine

    def body(
        carry: tuple[Iterate, Iterate, Array, Array, Array],
    ) -> tuple[Iterate, Iterate, Array, Array, Array]:
        point, best, gap, count, _ = carry
        point, now = _iterate(data, point)
        better = now < gap
        best = jax.tree.map(lambda a, b: jnp.where(better, a, b), point, best)
        return point, best, jnp.where(better, now, gap), count + 1, jnp.isfinite(now)

    _, best, gap, count, _ = jax.lax.while_loop(
        unfinished, body, (start, start, worst, jnp.asarray(0), jnp.asarray(True))
    )
    return _plan_of(case, data, best, gap, count, least_gap)


def _start(data: DescentProgramme) -> Iterate:
    """Return the start: mean thrust near the axis of its cone, small violations, and multipliers on the central path."""
    _, watched = sizes_of(data)
    middle = 0.5 * (data.upper + data.lower)
    thrust = jnp.concatenate([middle[None], 0.5 * (1.0 + data.cosine) * middle * data.axis])
    ends = jnp.zeros((4, 2)).at[0].set(CENTRE / PRICE)
    nodes = jnp.zeros((4, watched)).at[0].set(CENTRE / (PRICE - 1.0)).at[3].set(10.0 * CENTRE / data.cot)
    x = jnp.concatenate([thrust, ends, nodes], axis=1)
    s = slacks_of(data, x)
    z = Cones(CENTRE * reflected(s.quad) / lorentz_norm(s.quad), CENTRE / s.line)
    return Iterate(x, z, jnp.zeros((watched + 2, 3)))


def _hessian(data: DescentProgramme, scale: tuple[Array, Array, Array]) -> Array:
    """Return the Hessian of the reduced system: a block ``(4, 4)`` for each step, terminal condition and node; blocks last."""
    size, w, root = scale
    steps, _ = sizes_of(data)
    flipped = reflected(w)
    signs = np.diag([-1.0, 1.0, 1.0, 1.0])[:, :, None]
    blocks = (2.0 * flipped[:, None] * flipped[None] + signs) / size**2
    weight = 1.0 / root**2
    up, low, within = (weight[i * steps : (i + 1) * steps] for i in range(3))
    tilt = jnp.concatenate([-data.cosine[None], data.axis])
    own = (within * tilt[:, None] * tilt[None]).at[0, 0].add(up + low)
    # The cone of a node has (reach, x, y), and reach = slack + cot z.
    into = jnp.eye(3, 4).at[0, 3].set(data.cot)
    nodes = jnp.einsum("ai,abn,bj->ijn", into, blocks[:3, :3, steps + 2 :], into)
    nodes = nodes.at[0, 0].add(weight[3 * steps :])
    return jnp.concatenate([blocks[:, :, :steps] + own, blocks[:, :, steps : steps + 2], nodes], axis=2)


def _inverse(m: Array) -> Array:
    """Return the inverses of symmetric positive definite matrices ``(4, 4, n)``, by pivoting on each diagonal entry."""
    for k in range(m.shape[0]):
        pivot, column = m[k, k], m[k]
        row = (column / pivot).at[k].set(-1.0 / pivot)
        m = m - column[:, None] * column[None] / pivot
        m = m.at[k].set(row).at[:, k].set(row)
    return -m


def _times(m: Array, x: Array) -> Array:
    """Return the products of matrices ``(4, 4, n)`` and vectors ``(4, n)``."""
    return jnp.sum(m * x[None], axis=1)


def _factor(data: DescentProgramme, inverse: Array) -> Array:
    """Return the inverse of the lower Cholesky factor ``(3R, 3R)`` of the Schur complement of the rows."""
    rows, (steps, _) = data.target.shape[0], sizes_of(data)
    own = inverse[1:, 1:].transpose(2, 0, 1)
    half = jnp.sum(data.effect[:, :, :, None] * own[:steps, None], axis=2)
    through = jnp.sum(half[:, :, None, :] * data.effect[:, None, :, :], axis=3)
    full = (jnp.asarray(data.mix) @ through.reshape(steps, 9)).reshape(rows, rows, 3, 3)
    said = jnp.concatenate([own[steps + 2 :], own[steps : steps + 2]])
    full = full + jnp.eye(rows)[:, :, None, None] * said[:, None]
    lower = jnp.linalg.cholesky(full.transpose(0, 2, 1, 3).reshape(3 * rows, 3 * rows))
    return jax.scipy.linalg.solve_triangular(lower, jnp.eye(3 * rows), lower=True)


def _iterate(data: DescentProgramme, point: Iterate) -> tuple[Iterate, Array]:
    """Return the iterate after one predictor and corrector step, and the sum of its relative gap and residual."""
    s, cost = slacks_of(data, point.x), cost_gradient(data)
    scale = scaling_of(s, point.z)
    level = scaled(scale, point.z)
    inverse = _inverse(_hessian(data, scale))
    factor = _factor(data, inverse)
    off_x = cost - cone_map_transposed(data, point.z) + row_map_transposed(data, point.y)
    off_y = row_map(data, point.x) - data.target
    count = s.quad.shape[1] + s.line.shape[0]
    middle = dot(s, point.z) / count

    def direction(asked: Cones) -> tuple[Array, Cones, Array]:
        ahead = scaled(scale, quotient(level, asked), inverse=True)
        f = cone_map_transposed(data, ahead) - off_x
        right = (row_map(data, _times(inverse, f)) + off_y).reshape(-1)
        dy = (factor.T @ (factor @ right)).reshape(off_y.shape)
        dx = _times(inverse, f - row_map_transposed(data, dy))
        pushed = scaled(scale, scaled(scale, cone_map(data, dx), inverse=True), inverse=True)
        return dx, jax.tree.map(jnp.subtract, ahead, pushed), dy

    def room(dx: Array, dz: Cones) -> Array:
        return jnp.minimum(longest_step(s, cone_map(data, dx)), longest_step(point.z, dz))

    plain = jax.tree.map(jnp.negative, product(level, level))
    dx, dz, _ = direction(plain)
    centre = (1.0 - jnp.minimum(1.0, room(dx, dz))) ** 3 * middle
    bent = product(scaled(scale, cone_map(data, dx), inverse=True), scaled(scale, dz))
    quad = plain.quad - bent.quad
    dx, dz, dy = direction(Cones(quad.at[0].add(centre), plain.line - bent.line + centre))
    step = jnp.minimum(1.0, TO_BOUNDARY * room(dx, dz))
    new = Iterate(point.x + step * dx, jax.tree.map(lambda a, b: a + step * b, point.z, dz), point.y + step * dy)
    gap = dot(slacks_of(data, new.x), new.z) / jnp.maximum(jnp.sum(cost * new.x), 1e-9)
    return new, gap + jnp.max(jnp.abs(row_map(data, new.x) - data.target))


def _plan_of(
    case: DescentCase, data: DescentProgramme, point: Iterate, gap: Array, count: Array, least_gap: float
) -> DescentPlan:
    """Return the plan of an iterate in SI, with its status."""
    g, span, steps = unit_of_acceleration(case), case.flight_time, case.acceleration.shape[0]
    size, u = g * point.x[0, :steps], g * point.x[1:, :steps].T
    h = span / steps
    total = jnp.einsum("kab,kb->ka", case.effect, u) + case.acceleration
    velocity = jnp.concatenate([case.velocity[None], case.velocity + h * jnp.cumsum(total, axis=0)])
    strides = h * velocity[:-1] + 0.5 * h**2 * total
    position = jnp.concatenate([case.position[None], case.position + jnp.cumsum(strides, axis=0)])
    missed = jnp.sum(point.x[0, steps:])
    propellant = jnp.sum(case.mass * size) * h / case.exhaust_velocity
    settled = gap < jnp.where(missed > 1e2 * VIOLATED, LOOSE_GAP, 1e2 * least_gap)
    status = jnp.where(settled, jnp.where(missed < VIOLATED, SOLVED, MISSED), UNDECIDED)
    slope = jax.jvp(lambda t: required_of_thrust(case, t, data.target.shape[0] - 2), (span,), (jnp.ones_like(span),))[1]
    worth = case.mass[0] * g / case.exhaust_velocity
    derivative = propellant / span - worth * span * jnp.sum(point.y * slope)
    return DescentPlan(
        u, size, position, velocity, propellant, missed * g * span**2, status, gap, derivative, count
    )  # fmt: skip
