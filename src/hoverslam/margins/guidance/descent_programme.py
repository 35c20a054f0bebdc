"""The powered-descent programme of guidance: its data without units, and its linear maps.

Thrust acceleration ``u`` and its relaxed size ``s >= |u|`` are constant in each of ``N`` equal steps, as in
:mod:`hoverslam.flights.references.convex` (lossless convexification, Acikmese and Ploen, JGCD 30(5), 2007). There are three
differences, because guidance solves the programme repeatedly. The mass in each step is given, from the plan before, so that
thrust bounds are bounds on ``s``. The effect of ``u`` in each step is a matrix, because in air a lean turns thrust to one side
and lift acts to the other. Terminal conditions and glide slope are penalised instead of imposed: if a feasible plan exists,
the violations are zero; otherwise the plan has the least violation.

Variables are arranged as ``(4, N + 2 + W)``, components first: ``(s, u)`` of each step, ``(size, error)`` of the terminal
position and velocity, ``(slack, position)`` of each of the ``W`` inner nodes at which the glide slope is imposed. Rows
``(R, 3)`` with ``R = W + 2`` are the positions at those nodes, the terminal position and the terminal velocity.
"""

from functools import lru_cache
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

import hoverslam.physics  # noqa: F401 - for its double precision
from hoverslam.margins.guidance.cones import Cones

PRICE = 20.0  # of violations, in g: above the multipliers of a feasible plan, which are of the order of one


class DescentCase(NamedTuple):
    """A descent to be planned; SI, axes (downrange, left, up).

    Attributes:
        position: At the start, ``(3,)`` (m).
        velocity: At the start, ``(3,)`` (m/s).
        mass: At the middle of each step, ``(N,)`` (kg).
        flight_time: (s).
        acceleration: Of everything but thrust, gravity included, constant in each step, ``(N, 3)`` (m/s2).
        effect: Of ``u`` on the acceleration, ``(N, 3, 3)``; the identity without air.
        thrust_min: ``(N,)`` (N).
        thrust_max: ``(N,)`` (N).
        exhaust_velocity: (m/s).
        axis: Axis of the thrust cone of each step, ``(N, 3)``.
        cos_angle: Cosine of the half-angle of the thrust cone, ``(N,)``.
        cot_glide_slope: Cotangent of the smallest elevation seen from the pad.
        pad: ``(3,)`` (m).
        touchdown_velocity: ``(3,)`` (m/s).
    """

    position: Array
    velocity: Array
    mass: Array
    flight_time: Array
    acceleration: Array
    effect: Array
    thrust_min: Array
    thrust_max: Array
    exhaust_velocity: Array | float
    axis: Array
    cos_angle: Array
    cot_glide_slope: Array
    pad: Array
    touchdown_velocity: Array


@lru_cache(maxsize=8)  # numbers of steps and nodes that a process uses
def lever_arms(steps: int, watched: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the effect of a unit acceleration in each step on the rows.

    Returns:
        Rows ``(R, N)`` in flight times: positions at the nodes with the glide slope and at the end, and the terminal
        velocity; and the times ``(R - 1,)`` of those nodes and of the end.
    """
    nodes = np.unique(np.round(np.linspace(0, steps, watched + 2)).astype(int)[1:])  # the last is the end
    h = 1.0 / steps
    begins = np.arange(steps) * h
    times = nodes * h
    rows = np.where(begins < times[:, None] - 0.5 * h, h * (times[:, None] - begins - 0.5 * h), 0.0)
    return np.concatenate([rows, np.full((1, steps), h)]), times


class DescentProgramme(NamedTuple):
    """The programme without units: time in flight times ``T``, accelerations in ``g``; see :class:`DescentCase`."""

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


def unit_of_acceleration(case: DescentCase) -> Array:
    """Return the unit of acceleration ``g`` (m/s2): the mean vertical acceleration without thrust, bounded away from zero."""
    return jnp.sqrt(jnp.mean(case.acceleration[:, 2]) ** 2 + 1.0)


def required_of_thrust(case: DescentCase, flight_time: Array, watched: int) -> Array:
    """Return the change that thrust has to make in each row ``(R, 3)``, in ``g T^2`` and ``g T``."""
    lever, times = lever_arms(case.acceleration.shape[0], watched)
    g, span = unit_of_acceleration(case), flight_time
    moved = jnp.asarray(lever) @ (case.acceleration / g)
    where = (case.position + times[:, None] * span * case.velocity - case.pad) / (g * span**2)
    speed = (case.velocity - case.touchdown_velocity) / (g * span)
    return -(jnp.concatenate([where, speed[None]]) + moved)


def programme_of(case: DescentCase, watched: int) -> DescentProgramme:
    """Return the programme of a descent with ``watched`` inner nodes at which the glide slope is imposed."""
    g, steps = unit_of_acceleration(case), case.acceleration.shape[0]
    lever, _ = lever_arms(steps, watched)
    mix = np.einsum("ik,jk->ijk", lever, lever).reshape(-1, steps)
    upper, lower = case.thrust_max / case.mass / g, case.thrust_min / case.mass / g
    return DescentProgramme(
        case.mass / case.mass[0] / steps, upper, lower, case.axis.T, case.cos_angle, case.effect, case.cot_glide_slope,
        required_of_thrust(case, case.flight_time, watched), lever, mix,
    )  # fmt: skip


def sizes_of(data: DescentProgramme) -> tuple[int, int]:
    """Return the numbers of steps and of inner nodes with the glide slope."""
    return data.upper.shape[0], data.target.shape[0] - 2


def cone_map(data: DescentProgramme, x: Array) -> Cones:
    """Return the linear part of the slacks of the cones."""
    steps, _ = sizes_of(data)
    size, thrust, nodes = x[0, :steps], x[1:, :steps], x[:, steps + 2 :]
    reach = jnp.stack([data.cot * nodes[3] + nodes[0], nodes[1], nodes[2], 0.0 * nodes[0]])
    within = jnp.sum(data.axis * thrust, axis=0) - data.cosine * size
    line = jnp.concatenate([-size, size, within, nodes[0]])
    return Cones(jnp.concatenate([x[:, : steps + 2], reach], axis=1), line)


def slacks_of(data: DescentProgramme, x: Array) -> Cones:
    """Return the slacks of the cones."""
    cones = cone_map(data, x)
    steps, watched = sizes_of(data)
    constants = jnp.concatenate([data.upper, -data.lower, jnp.zeros(steps + watched)])
    return cones._replace(line=cones.line + constants)


def cone_map_transposed(data: DescentProgramme, z: Cones) -> Array:
    """Return the transpose of :func:`cone_map` applied to multipliers."""
    steps, _ = sizes_of(data)
    up, low, within = (z.line[i * steps : (i + 1) * steps] for i in range(3))
    own = jnp.concatenate([(low - up - data.cosine * within)[None], data.axis * within])
    reach, slack = z.quad[:, steps + 2 :], z.line[3 * steps :]
    nodes = jnp.stack([reach[0] + slack, reach[1], reach[2], data.cot * reach[0]])
    return jnp.concatenate([z.quad[:, :steps] + own, z.quad[:, steps : steps + 2], nodes], axis=1)


def row_map(data: DescentProgramme, x: Array) -> Array:
    """Return the left-hand sides ``(R, 3)``: the effect of thrust less the variables of nodes and terminal conditions."""
    steps, _ = sizes_of(data)
    effective = jnp.sum(data.effect * x[1:, :steps].T[:, None, :], axis=2)
    said = jnp.concatenate([x[1:, steps + 2 :], x[1:, steps : steps + 2]], axis=1)
    return jnp.asarray(data.lever) @ effective - said.T


def row_map_transposed(data: DescentProgramme, y: Array) -> Array:
    """Return the transpose of :func:`row_map` applied to multipliers ``(R, 3)``."""
    _, watched = sizes_of(data)
    u = jnp.sum(data.effect * (jnp.asarray(data.lever).T @ y)[:, :, None], axis=1).T
    below = jnp.concatenate([u, -y[watched:].T, -y[:watched].T], axis=1)
    return jnp.concatenate([jnp.zeros((1, below.shape[1])), below])


def cost_gradient(data: DescentProgramme) -> Array:
    """Return the gradient of the objective."""
    first = jnp.concatenate([data.cost, jnp.full(data.target.shape[0], PRICE)])
    return jnp.zeros((4, first.shape[0])).at[0].set(first)
