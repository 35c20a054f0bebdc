"""Derivatives at one collocation point, built once per kind of phase and mapped over all points.

At a point the transcription needs ``h (tf - t0) f`` and the path constraints ``c`` as functions of what the point
touches: its states, the control nodes around it, the phase's two times and the free parameters. First and second
derivatives are taken with respect to state, control and parameters only; how those depend on control nodes and how the
time step multiplies them is linear algebra, written out below, so that no derivative is taken twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import casadi as ca
import jax
import jax.numpy as jnp
import numpy as np

from hoverslam.ocp._translate import translate
from hoverslam.ocp.names import Named
from hoverslam.ocp.problem import Phase, Problem, StatementError


@dataclass(frozen=True)
class LocalFunctions:
    """CasADi functions of one point.

    Arguments of each are ``z`` (state, ``k`` blocks of controls, t0, tf, free parameters), ``d`` (interval width, then
    ``k`` control weights) and ``q`` (the flattened inputs); ``hessian`` takes the multipliers of the rows as well.
    Rows are the state rates times step, then the path constraints.
    """

    value: ca.Function
    jacobian: ca.Function
    hessian: ca.Function
    jacobian_sparsity: ca.Sparsity
    hessian_sparsity: ca.Sparsity


def inputs_of(problem: Problem, phase: Phase, given: Any) -> Any:
    """The phase's inputs as a pytree, from the flat vector of given parameters (free ones left out)."""
    if phase.inputs is None:
        return given
    return phase.inputs(Named((name, given[i]) for i, name in enumerate(problem.given)))


def flat_inputs(problem: Problem, phase: Phase, given: Any) -> jax.Array:
    """The phase's inputs as one flat vector."""
    leaves = jax.tree_util.tree_leaves(inputs_of(problem, phase, given))
    flat = [jnp.ravel(jnp.asarray(leaf, dtype=float)) for leaf in leaves]
    return jnp.concatenate(flat) if flat else jnp.zeros(0)


def point_function(problem: Problem, phase: Phase) -> Callable[..., jax.Array]:
    """JAX function ``(x, u, q, free) -> (rates, path constraints)``, all flat."""
    given = jnp.asarray(list(problem.given.values()))
    template = inputs_of(problem, phase, given)
    leaves, tree = jax.tree_util.tree_flatten(template)
    shapes = [np.shape(leaf) for leaf in leaves]
    stops = np.cumsum([int(np.prod(shape)) for shape in shapes])

    def evaluate(x: jax.Array, u: jax.Array, q: jax.Array, free: jax.Array) -> jax.Array:
        if phase.inputs is None:
            inputs: Any = problem.parameters(free, q)
        else:
            pieces = [q[stop - int(np.prod(s)) : stop].reshape(s) for s, stop in zip(shapes, stops, strict=True)]
            inputs = jax.tree_util.tree_unflatten(tree, pieces)
        state, control = phase.states.unflatten(x), phase.controls.unflatten(u)
        rates = phase.states.flatten(phase.dynamics(state, control, inputs), f"phase {phase.name!r}, dynamics")
        limits = [_scalar(phase, c.name, c.function(state, control, inputs)) for c in phase.path]
        return jnp.concatenate([rates, jnp.stack(limits)]) if limits else rates

    return evaluate


def _scalar(phase: Phase, name: str, value: Any) -> jax.Array:
    value = jnp.asarray(value, dtype=float)
    if value.shape != ():
        raise StatementError(
            f"phase {phase.name!r}, path constraint {name!r}: returns shape {value.shape}, not a scalar"
        )
    return value


def _selection(blocks: int, width: int, weights: ca.SX) -> ca.SX:
    """Matrix that takes ``blocks`` stacked control vectors to their weighted sum."""
    return ca.horzcat(*[weights[b] * ca.SX.eye(width) for b in range(blocks)])


def local_functions(problem: Problem, phase: Phase, blocks: int) -> LocalFunctions:
    """Translate the phase's dynamics and path constraints and differentiate them twice."""
    nx, nu, nf = phase.states.length, phase.controls.length, len(problem.free)
    given = jnp.asarray(list(problem.given.values()))
    nq = int(flat_inputs(problem, phase, given).shape[0])
    z, d, q = ca.SX.sym("z", nx + blocks * nu + 2 + nf), ca.SX.sym("d", 1 + blocks), ca.SX.sym("q", nq)
    x, u, free = ca.SX.sym("x", nx), ca.SX.sym("u", nu), ca.SX.sym("free", nf)
    step, y = ca.SX.sym("step"), ca.vertcat(x, u, free)

    g = translate(point_function(problem, phase), x, u, q, free)
    f, c = g[:nx], g[nx:]
    multipliers = ca.SX.sym("lam", g.shape[0])
    weighted = ca.dot(multipliers[:nx], f) * step + ca.dot(multipliers[nx:], c)
    curvature, slope_f = ca.hessian(weighted, y)[0], ca.jacobian(f, y)
    slope = ca.vertcat(step * slope_f, ca.jacobian(c, y))

    # y = B z apart from the time step: states and free parameters directly, controls through their weights.
    weights, width = d[1:], d[0]
    to_y = ca.SX(y.shape[0], z.shape[0])
    to_y[:nx, :nx] = ca.SX.eye(nx)
    if nu:
        to_y[nx : nx + nu, nx : nx + blocks * nu] = _selection(blocks, nu, weights)
    if nf:
        to_y[nx + nu :, nx + blocks * nu + 2 :] = ca.SX.eye(nf)
    step_slope = ca.SX(1, z.shape[0])
    at = nx + blocks * nu
    step_slope[0, at], step_slope[0, at + 1] = -width, width

    value = ca.vertcat(step * f, c)
    jacobian = ca.mtimes(slope, to_y) + ca.vertcat(ca.mtimes(f, step_slope), ca.SX(c.shape[0], z.shape[0]))
    cross = ca.mtimes(ca.mtimes(ca.transpose(to_y), ca.mtimes(slope_f.T, multipliers[:nx])), step_slope)
    hessian = ca.tril(ca.mtimes(ca.mtimes(to_y.T, curvature), to_y) + cross + cross.T)

    actual = [x, u, free, step]
    u_value = ca.mtimes(_selection(blocks, nu, weights), z[nx:at]) if nu else ca.SX(0, 1)
    values = [z[:nx], u_value, z[at + 2 :], width * (z[at + 1] - z[at])]
    value, jacobian, hessian = ca.substitute([value, jacobian, hessian], actual, values)
    value, jacobian, hessian = ca.cse([value, jacobian, hessian])
    label = "".join(ch if ch.isalnum() else "_" for ch in phase.name)
    return LocalFunctions(
        ca.Function(f"value_{label}", [z, d, q], [value]),
        ca.Function(f"jacobian_{label}", [z, d, q], [ca.vec(jacobian.nz[:])]),
        ca.Function(f"hessian_{label}", [z, d, q, multipliers], [ca.vec(hessian.nz[:])]),
        jacobian.sparsity(),
        hessian.sparsity(),
    )
