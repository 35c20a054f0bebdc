"""The convex powered descent, solved for many boosters at once: a primal-dual interior point written for its structure.

Thrust acceleration ``u`` and its relaxed size ``s >= |u|`` are held over ``N`` equal steps, as in
:mod:`hoverslam.flights.references.convex` (lossless convexification, Acikmese and Ploen, JGCD 30(5), 2007). Three things are stated for
guidance that plans again and again. The mass at each step is given, from the plan before, so that thrust bounds are bounds on
``s``. The effect of ``u`` is a matrix a step, because in air a lean turns thrust one way and lift the other. And the ends
are met at a price: miss and wrong velocity at touchdown and height missing under the glide slope cost so much that they are
zero where they can be, and where they cannot the plan is the least wrong one, which says that there is none.

Eliminating steps one by one leaves a system of three rows a node that is watched: the ends and the glide slope. So an
iteration costs little more than one small Cholesky factorisation, whatever ``N``. Nesterov-Todd scaling and Mehrotra's
corrector as in Vandenberghe, The CVXOPT linear and quadratic cone program solvers, 2010. Vectors stand with their
components first, which XLA turns into vector instructions over steps and flights.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import hoverslam.physics  # noqa: F401 - for its double precision

PRICE = 20.0  # of ends and glide slope missed, in g: their multipliers are of the order of one
CENTRE = 0.3  # complementarity at the start
ITERATIONS = 30  # most; feasible plans take 12 to 16
GAP = 1e-8  # relative to the cost, at which a plan counts as optimal
FAR = 1e-6  # of g T^2 or g T: an end further off is missed
LOOSE = 1e-2  # the gap at which a plan that misses its ends by far is known to miss them
BACK = 0.99  # of the way to the edge of the cones
WATCHED = 3  # inner nodes that keep the glide slope
SOLVED, MISSED, UNDECIDED = 0, 1, 2  # a plan's status


class DescentCase(NamedTuple):
    """A descent to be planned; SI, axes (downrange, left, up) with the pad at ``pad``.

    Attributes:
        position, velocity: at the start, ``(3,)``.
        mass: at the middle of each step, ``(N,)`` (kg).
        flight_time: (s).
        acceleration: of everything but ``u``, held over each step, ``(N, 3)`` (m/s2); gravity included.
        effect: of ``u`` on the acceleration, ``(N, 3, 3)``; the identity without air.
        thrust_min, thrust_max: ``(N,)`` (N).
        exhaust_velocity: (m/s).
        axis, cos_angle: ``u`` stays within an angle of ``axis`` ``(N, 3)``, its cosine ``(N,)``.
        cot_glide_slope: of the least elevation seen from the pad.
        pad, touchdown_velocity: ``(3,)``.
    """

    position: Any
    velocity: Any
    mass: Any
    flight_time: Any
    acceleration: Any
    effect: Any
    thrust_min: Any
    thrust_max: Any
    exhaust_velocity: Any
    axis: Any
    cos_angle: Any
    cot_glide_slope: Any
    pad: Any
    touchdown_velocity: Any


class DescentPlan(NamedTuple):
    """A plan: ``N`` steps, ``N + 1`` nodes.

    Attributes:
        acceleration: ``u``, ``(N, 3)`` (m/s2); size: ``s``, ``(N,)``.
        position, velocity: at the nodes, ``(N + 1, 3)``.
        propellant: burned (kg).
        miss: distance from the pad plus flight time times the error in velocity plus height missing (m).
        status: 0 solved, 1 the ends cannot be met, 2 undecided.
        gap: relative duality gap left.
        time_derivative: of the propellant by the flight time (kg/s), the multipliers' own.
        iterations: taken.
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


@lru_cache
def _lever(steps: int, watched: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows ``(R, N)``: what a unit acceleration in a step does to the position at watched nodes and end, and to the velocity.

    In flight times; also the times ``(R - 1,)`` of those nodes.
    """
    nodes = np.unique(np.round(np.linspace(0, steps, watched + 2)).astype(int)[1:])  # the last is the end
    h = 1.0 / steps
    begins = np.arange(steps) * h
    times = nodes * h
    rows = np.where(begins < times[:, None] - 0.5 * h, h * (times[:, None] - begins - 0.5 * h), 0.0)
    return np.concatenate([rows, np.full((1, steps), h)]), times


class _Cones(NamedTuple):
    """Elements of the cones: second-order ones ``(4, N + 2 + W)``, axis first, and numbers above zero ``(3N + W,)``.

    Second-order: thrust of each step ``(s, u)``, the two ends ``(miss, error)``, watched nodes ``(reach, across, 0)``.
    Numbers: below the upper bound, above the lower one, within the angle, slack of the watched nodes.
    """

    quad: Array
    line: Array


class _Point(NamedTuple):
    """An iterate: variables ``(4, N + 2 + W)``, multipliers of the cones, multipliers ``(R, 3)`` of the rows.

    Variables are ``(s, u)`` of each step, ``(miss, error)`` of position and velocity at the end, ``(slack, position)`` of each
    watched node.
    """

    x: Array
    z: _Cones
    y: Array


class _Data(NamedTuple):
    """The programme without units: time in flight times ``T``, accelerations in ``g``."""

    cost: Array
    upper: Array
    lower: Array
    axis: Array
    cosine: Array
    effect: Array
    cot: Array
    target: Array
    lever: np.ndarray
    mix: np.ndarray


def plan_descent(
    case: DescentCase, iterations: int = ITERATIONS, watched: int = WATCHED, least_gap: float = GAP
) -> DescentPlan:
    """The plan of least propellant for one case; to be mapped over many.

    Args:
        case: what to plan.
        iterations: most that are taken.
        watched: how many inner nodes keep the glide slope, evenly spread.
        least_gap: relative duality gap at which a plan counts as optimal.
    """
    data = _data(case, watched)
    start = _start(data)
    worst = jnp.asarray(np.inf)

    def goes_on(carry: tuple[_Point, _Point, Array, Array, Array]) -> Array:
        _, _, gap, count, fine = carry
        return (gap > least_gap) & (count < iterations) & fine

    def body(
        carry: tuple[_Point, _Point, Array, Array, Array],
    ) -> tuple[_Point, _Point, Array, Array, Array]:
        point, best, gap, count, _ = carry
        point, now = _iterate(data, point)
        better = now < gap
        best = jax.tree.map(lambda a, b: jnp.where(better, a, b), point, best)
        return point, best, jnp.where(better, now, gap), count + 1, jnp.isfinite(now)

    _, best, gap, count, _ = jax.lax.while_loop(goes_on, body, (start, start, worst, jnp.asarray(0), jnp.asarray(True)))
    return _plan(case, data, best, gap, count, least_gap)


def _gravity(case: DescentCase) -> Array:
    """The unit of acceleration: what the free fall of the middle of the flight makes of it."""
    return jnp.sqrt(jnp.mean(case.acceleration[:, 2]) ** 2 + 1.0)


def _free(case: DescentCase, flight_time: Array, watched: int) -> Array:
    """What thrust has to add at watched nodes and ends ``(R, 3)``, in ``g T^2`` and ``g T``."""
    lever, times = _lever(case.acceleration.shape[0], watched)
    g, span = _gravity(case), flight_time
    moved = jnp.asarray(lever) @ (case.acceleration / g)
    where = (case.position + times[:, None] * span * case.velocity - case.pad) / (g * span**2)
    speed = (case.velocity - case.touchdown_velocity) / (g * span)
    return -(jnp.concatenate([where, speed[None]]) + moved)


def _data(case: DescentCase, watched: int) -> _Data:
    g, steps = _gravity(case), case.acceleration.shape[0]
    lever, _ = _lever(steps, watched)
    mix = np.einsum("ik,jk->ijk", lever, lever).reshape(-1, steps)
    upper, lower = case.thrust_max / case.mass / g, case.thrust_min / case.mass / g
    return _Data(
        case.mass / case.mass[0] / steps, upper, lower, case.axis.T, case.cos_angle, case.effect, case.cot_glide_slope,
        _free(case, case.flight_time, watched), lever, mix,
    )  # fmt: skip


def _sizes(data: _Data) -> tuple[int, int]:
    """Numbers of steps and of watched nodes."""
    return data.upper.shape[0], data.target.shape[0] - 2


def _start(data: _Data) -> _Point:
    """Thrust in the middle and along the axis, small misses; multipliers that centre it, and pay the price of the misses."""
    _, watched = _sizes(data)
    middle = 0.5 * (data.upper + data.lower)
    thrust = jnp.concatenate([middle[None], 0.5 * (1.0 + data.cosine) * middle * data.axis])
    ends = jnp.zeros((4, 2)).at[0].set(CENTRE / PRICE)
    nodes = jnp.zeros((4, watched)).at[0].set(CENTRE / (PRICE - 1.0)).at[3].set(10.0 * CENTRE / data.cot)
    x = jnp.concatenate([thrust, ends, nodes], axis=1)
    s = _slacks(data, x)
    z = _Cones(CENTRE * _flipped(s.quad) / _lorentz(s.quad), CENTRE / s.line)
    return _Point(x, z, jnp.zeros((watched + 2, 3)))


# ---- the programme: variables to cones and rows, and back ----------------------------------------------------------------
def _moved(data: _Data, x: Array) -> _Cones:
    """What variables do to the cones: the slacks, but for their constants."""
    steps, _ = _sizes(data)
    size, thrust, nodes = x[0, :steps], x[1:, :steps], x[:, steps + 2 :]
    reach = jnp.stack([data.cot * nodes[3] + nodes[0], nodes[1], nodes[2], 0.0 * nodes[0]])
    within = jnp.sum(data.axis * thrust, axis=0) - data.cosine * size
    line = jnp.concatenate([-size, size, within, nodes[0]])
    return _Cones(jnp.concatenate([x[:, : steps + 2], reach], axis=1), line)


def _slacks(data: _Data, x: Array) -> _Cones:
    cones = _moved(data, x)
    steps, watched = _sizes(data)
    constants = jnp.concatenate([data.upper, -data.lower, jnp.zeros(steps + watched)])
    return cones._replace(line=cones.line + constants)


def _pulled(data: _Data, z: _Cones) -> Array:
    """The transpose of :func:`_moved`."""
    steps, _ = _sizes(data)
    up, low, within = (z.line[i * steps : (i + 1) * steps] for i in range(3))
    own = jnp.concatenate([(low - up - data.cosine * within)[None], data.axis * within])
    reach, slack = z.quad[:, steps + 2 :], z.line[3 * steps :]
    nodes = jnp.stack([reach[0] + slack, reach[1], reach[2], data.cot * reach[0]])
    return jnp.concatenate([z.quad[:, :steps] + own, z.quad[:, steps : steps + 2], nodes], axis=1)


def _rows(data: _Data, x: Array) -> Array:
    """Left-hand sides ``(R, 3)``: where thrust leads, less where the watched nodes and the ends say they are."""
    steps, _ = _sizes(data)
    effective = jnp.sum(data.effect * x[1:, :steps].T[:, None, :], axis=2)
    said = jnp.concatenate([x[1:, steps + 2 :], x[1:, steps : steps + 2]], axis=1)
    return jnp.asarray(data.lever) @ effective - said.T


def _rows_pulled(data: _Data, y: Array) -> Array:
    """The transpose of :func:`_rows`."""
    _, watched = _sizes(data)
    u = jnp.sum(data.effect * (jnp.asarray(data.lever).T @ y)[:, :, None], axis=1).T
    below = jnp.concatenate([u, -y[watched:].T, -y[:watched].T], axis=1)
    return jnp.concatenate([jnp.zeros((1, below.shape[1])), below])


def _costs(data: _Data) -> Array:
    """Gradient of the objective."""
    first = jnp.concatenate([data.cost, jnp.full(data.target.shape[0], PRICE)])
    return jnp.zeros((4, first.shape[0])).at[0].set(first)


# ---- cones -------------------------------------------------------------------------------------------------------------
def _flipped(a: Array) -> Array:
    return jnp.concatenate([a[:1], -a[1:]])


def _lorentz(a: Array) -> Array:
    return a[0] ** 2 - jnp.sum(a[1:] ** 2, axis=0)


def _scaling(s: _Cones, z: _Cones) -> tuple[Array, Array, Array]:
    """Nesterov-Todd point: size, direction ``w`` ``(4, .)`` such that ``W z = W^-1 s``; roots of ``s / z`` of numbers."""
    ls, lz = jnp.sqrt(_lorentz(s.quad)), jnp.sqrt(_lorentz(z.quad))
    a, b = s.quad / ls, z.quad / lz
    half = jnp.sqrt(0.5 * (1.0 + jnp.sum(a * b, axis=0)))
    return jnp.sqrt(ls / lz), (a + _flipped(b)) / (2.0 * half), jnp.sqrt(s.line / z.line)


def _scaled(scale: tuple[Array, Array, Array], x: _Cones, inverse: bool = False) -> _Cones:
    """``W x``, or ``W^-1 x``."""
    size, w, root = scale
    size, root, sign = (1.0 / size, 1.0 / root, -1.0) if inverse else (size, root, 1.0)
    across = jnp.sum(w[1:] * x.quad[1:], axis=0)
    first = w[0] * x.quad[0] + sign * across
    tail = x.quad[1:] + w[1:] * (sign * x.quad[0] + across / (1.0 + w[0]))
    return _Cones(size * jnp.concatenate([first[None], tail]), root * x.line)


def _product(a: _Cones, b: _Cones) -> _Cones:
    first = jnp.sum(a.quad * b.quad, axis=0)
    tail = a.quad[0] * b.quad[1:] + b.quad[0] * a.quad[1:]
    return _Cones(jnp.concatenate([first[None], tail]), a.line * b.line)


def _quotient(a: _Cones, d: _Cones) -> _Cones:
    """The ``x`` whose product with ``a`` is ``d``."""
    first = jnp.sum(_flipped(a.quad) * d.quad, axis=0) / _lorentz(a.quad)
    tail = (d.quad[1:] - first * a.quad[1:]) / a.quad[0]
    return _Cones(jnp.concatenate([first[None], tail]), d.line / a.line)


def _room(x: _Cones, d: _Cones) -> Array:
    """How far ``x + step d`` stays in the cones, ``1e3`` at most."""
    a, c = _lorentz(d.quad), _lorentz(x.quad)
    b = jnp.sum(_flipped(x.quad) * d.quad, axis=0)
    # The smallest positive root of a t^2 + 2 b t + c, in the form that does not cancel; and of the axis' own zero.
    root = jnp.sqrt(jnp.maximum(b**2 - a * c, 0.0))
    bent = jnp.where(b**2 >= a * c, c / jnp.maximum(root - b, 1e-300), 1e3)
    bent = jnp.where((a >= 0.0) & (b >= 0.0), 1e3, bent)
    return jnp.minimum(jnp.min(bent), jnp.minimum(_first_zero(x.quad[0], d.quad[0]), _first_zero(x.line, d.line)))


def _first_zero(x: Array, d: Array) -> Array:
    return jnp.min(jnp.where(d < 0.0, -x / jnp.minimum(d, -1e-300), 1e3))


# ---- one iteration -------------------------------------------------------------------------------------------------------
def _hessian(data: _Data, scale: tuple[Array, Array, Array]) -> Array:
    """The Hessian of the reduced system, a four by four block for each step, end and watched node: ``(4, 4, .)``."""
    size, w, root = scale
    steps, _ = _sizes(data)
    flipped = _flipped(w)
    signs = np.diag([-1.0, 1.0, 1.0, 1.0])[:, :, None]
    blocks = (2.0 * flipped[:, None] * flipped[None] + signs) / size**2
    weight = 1.0 / root**2
    up, low, within = (weight[i * steps : (i + 1) * steps] for i in range(3))
    tilt = jnp.concatenate([-data.cosine[None], data.axis])
    own = (within * tilt[:, None] * tilt[None]).at[0, 0].add(up + low)
    # A watched node's (slack, x, y, z) in its cone: the reach is slack + cot z.
    into = jnp.eye(3, 4).at[0, 3].set(data.cot)
    nodes = jnp.einsum("ai,abn,bj->ijn", into, blocks[:3, :3, steps + 2 :], into)
    nodes = nodes.at[0, 0].add(weight[3 * steps :])
    return jnp.concatenate([blocks[:, :, :steps] + own, blocks[:, :, steps : steps + 2], nodes], axis=2)


def _inverse(m: Array) -> Array:
    """Inverses of symmetric positive definite matrices ``(4, 4, .)``, by pivoting on each diagonal entry in turn."""
    for k in range(m.shape[0]):
        pivot, column = m[k, k], m[k]
        row = (column / pivot).at[k].set(-1.0 / pivot)
        m = m - column[:, None] * column[None] / pivot
        m = m.at[k].set(row).at[:, k].set(row)
    return -m


def _times(m: Array, x: Array) -> Array:
    return jnp.sum(m * x[None], axis=1)


def _factor(data: _Data, inverse: Array) -> Array:
    """Inverse of the lower Cholesky factor ``(3R, 3R)`` of the rows' Schur complement."""
    rows, (steps, _) = data.target.shape[0], _sizes(data)
    own = inverse[1:, 1:].transpose(2, 0, 1)
    half = jnp.sum(data.effect[:, :, :, None] * own[:steps, None], axis=2)
    through = jnp.sum(half[:, :, None, :] * data.effect[:, None, :, :], axis=3)
    full = (jnp.asarray(data.mix) @ through.reshape(steps, 9)).reshape(rows, rows, 3, 3)
    said = jnp.concatenate([own[steps + 2 :], own[steps : steps + 2]])
    full = full + jnp.eye(rows)[:, :, None, None] * said[:, None]
    lower = jnp.linalg.cholesky(full.transpose(0, 2, 1, 3).reshape(3 * rows, 3 * rows))
    return jax.scipy.linalg.solve_triangular(lower, jnp.eye(3 * rows), lower=True)


def _iterate(data: _Data, point: _Point) -> tuple[_Point, Array]:
    """One predictor and corrector; the new point, and its relative gap and residual."""
    s, cost = _slacks(data, point.x), _costs(data)
    scale = _scaling(s, point.z)
    level = _scaled(scale, point.z)
    inverse = _inverse(_hessian(data, scale))
    factor = _factor(data, inverse)
    off_x = cost - _pulled(data, point.z) + _rows_pulled(data, point.y)
    off_y = _rows(data, point.x) - data.target
    count = s.quad.shape[1] + s.line.shape[0]
    middle = _dot(s, point.z) / count

    def direction(asked: _Cones) -> tuple[Array, _Cones, Array]:
        ahead = _scaled(scale, _quotient(level, asked), inverse=True)
        f = _pulled(data, ahead) - off_x
        right = (_rows(data, _times(inverse, f)) + off_y).reshape(-1)
        dy = (factor.T @ (factor @ right)).reshape(off_y.shape)
        dx = _times(inverse, f - _rows_pulled(data, dy))
        pushed = _scaled(scale, _scaled(scale, _moved(data, dx), inverse=True), inverse=True)
        return dx, jax.tree.map(jnp.subtract, ahead, pushed), dy

    def room(dx: Array, dz: _Cones) -> Array:
        return jnp.minimum(_room(s, _moved(data, dx)), _room(point.z, dz))

    plain = jax.tree.map(jnp.negative, _product(level, level))
    dx, dz, _ = direction(plain)
    centre = (1.0 - jnp.minimum(1.0, room(dx, dz))) ** 3 * middle
    bent = _product(_scaled(scale, _moved(data, dx), inverse=True), _scaled(scale, dz))
    quad = plain.quad - bent.quad
    dx, dz, dy = direction(_Cones(quad.at[0].add(centre), plain.line - bent.line + centre))
    step = jnp.minimum(1.0, BACK * room(dx, dz))
    new = _Point(point.x + step * dx, jax.tree.map(lambda a, b: a + step * b, point.z, dz), point.y + step * dy)
    gap = _dot(_slacks(data, new.x), new.z) / jnp.maximum(jnp.sum(cost * new.x), 1e-9)
    return new, gap + jnp.max(jnp.abs(_rows(data, new.x) - data.target))


def _dot(a: _Cones, b: _Cones) -> Array:
    return jnp.sum(a.quad * b.quad) + jnp.sum(a.line * b.line)


def _plan(case: DescentCase, data: _Data, point: _Point, gap: Array, count: Array, least_gap: float) -> DescentPlan:
    """The iterate in SI, and what it is worth."""
    g, span, steps = _gravity(case), case.flight_time, case.acceleration.shape[0]
    size, u = g * point.x[0, :steps], g * point.x[1:, :steps].T
    h = span / steps
    total = jnp.einsum("kab,kb->ka", case.effect, u) + case.acceleration
    velocity = jnp.concatenate([case.velocity[None], case.velocity + h * jnp.cumsum(total, axis=0)])
    strides = h * velocity[:-1] + 0.5 * h**2 * total
    position = jnp.concatenate([case.position[None], case.position + jnp.cumsum(strides, axis=0)])
    missed = jnp.sum(point.x[0, steps:])
    propellant = jnp.sum(case.mass * size) * h / case.exhaust_velocity
    settled = gap < jnp.where(missed > 1e2 * FAR, LOOSE, 1e2 * least_gap)
    status = jnp.where(settled, jnp.where(missed < FAR, SOLVED, MISSED), UNDECIDED)
    slope = jax.jvp(lambda t: _free(case, t, data.target.shape[0] - 2), (span,), (jnp.ones_like(span),))[1]
    worth = case.mass[0] * g / case.exhaust_velocity
    derivative = propellant / span - worth * span * jnp.sum(point.y * slope)
    return DescentPlan(
        u, size, position, velocity, propellant, missed * g * span**2, status, gap, derivative, count
    )  # fmt: skip
