"""Derivatives at one collocation point, built once per kind of phase and mapped over all points.

At a point the transcription needs ``h (tf - t0) f`` and the path constraints ``c`` as functions of the variables at the
point: its states, the control nodes around it, the two times of its arc and the free parameters. First and second
derivatives are taken by state, control, parameters and time only. Their dependence on control nodes and arc times, and
the factor of the time step, are linear algebra, written out below, so that no derivative is taken twice.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import casadi as ca
import jax
import jax.numpy as jnp
import numpy as np

from hoverslam.ocp.statement.functions import telling
from hoverslam.ocp.statement.names import Named, scalars, split
from hoverslam.ocp.statement.phase import Phase
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.carried import carried
from hoverslam.ocp.transcription.compiled import MachineCode
from hoverslam.ocp.transcription.stored_functions import StoredFunctions, stored_or_made
from hoverslam.ocp.transcription.structure import StructureCache, traced_key
from hoverslam.ocp.transcription.translate import telling_translation, translate


@dataclass(frozen=True)
class LocalFunctions(StoredFunctions):
    """CasADi functions of one point.

    Arguments of each are ``z`` (state, ``k`` blocks of controls, t0, tf, free parameters), ``d`` (interval width and
    place of the point as fractions of the arc, the time from which t0 and tf are counted, then ``k`` control weights)
    and ``q`` (the flattened inputs); ``hessian`` takes the multipliers of the rows as well. Rows are the state rates
    times step, then the path constraints. ``rates`` takes state, control, inputs, free parameters and time and gives the
    bare rates and constraints.
    """

    rates: ca.Function
    value: ca.Function
    jacobian: ca.Function
    hessian: ca.Function
    jacobian_sparsity: ca.Sparsity
    hessian_sparsity: ca.Sparsity

    @cached_property
    def code(self) -> MachineCode:
        """The functions for calls with numbers. Compiled ones have no derivatives."""
        return MachineCode(self.digest, (self.rates, self.value, self.jacobian, self.hessian))


def inputs_of(problem: Problem, phase: Phase, given: Any) -> Any:
    """Return the phase's inputs as a pytree, from the flat vector of given parameters (free ones left out)."""
    if phase.inputs is None:
        return given
    with telling(f"phase {phase.name!r}, inputs"):
        return phase.inputs(Named(zip(problem.given, scalars(given, len(problem.given)), strict=True)))


def flat_inputs(problem: Problem, phase: Phase, given: Any) -> Any:
    """Return the phase's inputs, and behind them the numbers that its functions carry, as one flat vector.

    It is a NumPy array, or a JAX array where ``given`` is traced.
    """
    leaves = jax.tree_util.tree_leaves(inputs_of(problem, phase, given))
    # NumPy is several times faster than JAX where nothing is traced.
    xp: Any = jnp if any(isinstance(leaf, jax.core.Tracer) for leaf in leaves) else np
    flat = [xp.ravel(xp.asarray(leaf, dtype=float)) for leaf in leaves]
    return xp.concatenate([*flat, carried(phase.functions).numbers])


def point_function(problem: Problem, phase: Phase) -> Callable[..., jax.Array]:
    """Return the JAX function ``(x, u, q, free, time) -> (rates, path constraints)``, all flat."""
    given = np.array(list(problem.given.values()))
    template = inputs_of(problem, phase, given)
    leaves, tree = jax.tree_util.tree_flatten(template)
    shapes = [np.shape(leaf) for leaf in leaves]
    lengths = [int(np.prod(shape)) for shape in shapes]
    own, length = carried(phase.functions), sum(lengths)

    def evaluate(x: jax.Array, u: jax.Array, q: jax.Array, free: jax.Array, time: jax.Array) -> jax.Array:
        if phase.inputs is None:
            inputs: Any = problem.parameters(free, q[:length])
        else:
            pieces = [piece.reshape(s) for piece, s in zip(split(q[:length], lengths), shapes, strict=True)]
            inputs = jax.tree_util.tree_unflatten(tree, pieces)
        state, control = phase.states.unflatten(x), phase.controls.unflatten(u)
        now = phase.with_functions(own.rebuild(q[length:]))
        rates = now.rates(state, control, inputs, time[0])
        limits = now.limits(state, control, inputs, time[0])
        return jnp.concatenate([rates, jnp.stack(limits)]) if limits else rates

    return evaluate


def _selection(blocks: int, width: int, weights: ca.SX) -> ca.SX:
    """Return the matrix that takes ``blocks`` stacked control vectors to their weighted sum."""
    return ca.horzcat(*[weights[b] * ca.SX.eye(width) for b in range(blocks)])


def local_functions(problem: Problem, phase: Phase, blocks: int) -> LocalFunctions:
    """Translate the phase's dynamics and path constraints and differentiate them twice."""
    nx, nu, nf = phase.states.length, phase.controls.length, len(problem.free)
    given = np.array(list(problem.given.values()))
    nq = int(flat_inputs(problem, phase, given).shape[0])
    z, d, q = ca.SX.sym("z", nx + blocks * nu + 2 + nf), ca.SX.sym("d", 3 + blocks), ca.SX.sym("q", nq)
    x, u, free, time = ca.SX.sym("x", nx), ca.SX.sym("u", nu), ca.SX.sym("free", nf), ca.SX.sym("t")
    step, y = ca.SX.sym("step"), ca.vertcat(x, u, free, time)

    with telling_translation(f"phase {phase.name!r}, dynamics or path constraints"):
        g = translate(point_function(problem, phase), x, u, q, free, time)
    f, c = ca.vertsplit(g, [0, nx, g.shape[0]])
    multipliers = ca.SX.sym("lam", g.shape[0])
    lam_f, lam_c = ca.vertsplit(multipliers, [0, nx, g.shape[0]])
    weighted = ca.dot(lam_f, f) * step + ca.dot(lam_c, c)
    curvature, slope_f = ca.hessian(weighted, y)[0], ca.jacobian(f, y)
    slope = ca.vertcat(step * slope_f, ca.jacobian(c, y))

    # y = B z, without the time step: y has the states, free parameters, and weighted sums of control nodes and arc times.
    width, place, origin, weights = d[0], d[1], d[2], d[3:]
    at = nx + blocks * nu
    to_y = ca.SX(y.shape[0], z.shape[0])
    to_y[:nx, :nx] = ca.SX.eye(nx)
    if nu:
        to_y[nx : nx + nu, nx:at] = _selection(blocks, nu, weights)
    if nf:
        to_y[nx + nu : -1, at + 2 :] = ca.SX.eye(nf)
    to_y[y.shape[0] - 1, at], to_y[y.shape[0] - 1, at + 1] = 1.0 - place, place
    step_slope = ca.SX(1, z.shape[0])
    step_slope[0, at], step_slope[0, at + 1] = -width, width

    value = ca.vertcat(step * f, c)
    jacobian = ca.mtimes(slope, to_y) + ca.vertcat(ca.mtimes(f, step_slope), ca.SX(c.shape[0], z.shape[0]))
    cross = ca.mtimes(ca.mtimes(ca.transpose(to_y), ca.mtimes(slope_f.T, lam_f)), step_slope)
    hessian = ca.tril(ca.mtimes(ca.mtimes(to_y.T, curvature), to_y) + cross + cross.T)

    actual = [x, u, free, time, step]
    u_value = ca.mtimes(_selection(blocks, nu, weights), z[nx:at]) if nu else ca.SX(0, 1)
    t_value = origin + (1.0 - place) * z[at] + place * z[at + 1]
    values = [z[:nx], u_value, z[at + 2 :], t_value, width * (z[at + 1] - z[at])]
    value, jacobian, hessian = ca.substitute([value, jacobian, hessian], actual, values)
    value, jacobian, hessian = ca.cse([value, jacobian, hessian])
    return LocalFunctions(
        ca.Function("rates", [x, u, q, free, time], [f, c]),
        ca.Function("value", [z, d, q], [value]),
        ca.Function("jacobian", [z, d, q], [ca.vec(jacobian.nz[:])]),
        ca.Function("hessian", [z, d, q, multipliers], [ca.vec(hessian.nz[:])]),
        jacobian.sparsity(),
        hessian.sparsity(),
    )


TRANSLATED: StructureCache[LocalFunctions] = StructureCache()  # of the process: like phases are translated once


def kept_functions(problem: Problem, phase: Phase, blocks: int, key: Hashable) -> LocalFunctions:
    """Return the local functions of a phase, from disk where an earlier process kept them.

    Args:
        problem: The problem.
        phase: One of its phases.
        blocks: Control nodes that a collocation point depends on.
        key: The key from :func:`phase_key`.
    """
    return stored_or_made(LocalFunctions, key, lambda: local_functions(problem, phase, blocks))


def phase_key(problem: Problem, phase: Phase, blocks: int) -> Hashable:
    """Return a key that is equal for phases whose local functions are the same.

    Where the functions refer to something that may change unseen, what they compute now is part of the key.

    Args:
        problem: The problem.
        phase: One of its phases.
        blocks: Control nodes that a collocation point depends on.
    """
    given = np.array(list(problem.given.values()))
    leaves, tree = jax.tree_util.tree_flatten(inputs_of(problem, phase, given))
    own = carried(phase.functions)
    return (
        own.key,
        None if own.certain else traced_key(point_function(problem, phase), *_point_shapes(problem, phase, given)),
        tuple(phase.integrals),
        tuple(phase.states.labels()),
        tuple(phase.controls.labels()),
        tuple(v.name for v in problem.free),
        tuple(problem.given) if phase.inputs is None else (tree, tuple(np.shape(leaf) for leaf in leaves)),
        blocks,
    )


def _point_shapes(problem: Problem, phase: Phase, given: Any) -> list[jax.ShapeDtypeStruct]:
    """Return the shapes of the arguments of :func:`point_function`."""
    q = flat_inputs(problem, phase, given).shape[0]
    lengths = (phase.states.length, phase.controls.length, q, len(problem.free), 1)
    return [jax.ShapeDtypeStruct((length,), np.float64) for length in lengths]
