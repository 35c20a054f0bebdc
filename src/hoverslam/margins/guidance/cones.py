"""Algebra of the cones of the powered-descent programme: second-order cones of dimension four, and positive numbers.

The operations are those of a primal-dual interior-point method with Nesterov-Todd scaling (Vandenberghe, The CVXOPT linear and
quadratic cone program solvers, 2010). Components come first, cones second, which XLA turns into vector instructions.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

LONGEST_STEP = 1e3  # multiple of a step, at which the search for the boundary of the cones ends
SMALLEST_DIVISOR = 1e-300  # replaces zero divisors in branches that are not selected


class Cones(NamedTuple):
    """Elements of the cones, for ``N`` steps and ``W`` nodes with the glide slope.

    Attributes:
        quad: Second-order cones ``(4, N + 2 + W)``, axis first: thrust of each step ``(s, u)``, the two terminal conditions
            ``(size, error)``, the nodes ``(reach, horizontal position, 0)``.
        line: Numbers above zero ``(3N + W,)``: distance to the upper thrust bound, to the lower one, to the edge of the
            thrust cone, and the slack of the nodes.
    """

    quad: Array
    line: Array


def reflected(a: Array) -> Array:
    """Return elements ``(4, n)`` with the sign of all components but the axis changed."""
    return jnp.concatenate([a[:1], -a[1:]])


def lorentz_norm(a: Array) -> Array:
    """Return the squared axis less the squared other components of elements ``(4, n)``: positive inside the cone."""
    return a[0] ** 2 - jnp.sum(a[1:] ** 2, axis=0)


def scaling_of(s: Cones, z: Cones) -> tuple[Array, Array, Array]:
    """Return the Nesterov-Todd scaling ``W``, for which ``W z = W^-1 s``.

    Returns:
        Size ``(n,)`` and direction ``(4, n)`` of the scaling of second-order cones; factors on the numbers.
    """
    ls, lz = jnp.sqrt(lorentz_norm(s.quad)), jnp.sqrt(lorentz_norm(z.quad))
    a, b = s.quad / ls, z.quad / lz
    half = jnp.sqrt(0.5 * (1.0 + jnp.sum(a * b, axis=0)))
    return jnp.sqrt(ls / lz), (a + reflected(b)) / (2.0 * half), jnp.sqrt(s.line / z.line)


def scaled(scale: tuple[Array, Array, Array], x: Cones, inverse: bool = False) -> Cones:
    """Return ``W x``, or ``W^-1 x``."""
    size, w, root = scale
    size, root, sign = (1.0 / size, 1.0 / root, -1.0) if inverse else (size, root, 1.0)
    across = jnp.sum(w[1:] * x.quad[1:], axis=0)
    first = w[0] * x.quad[0] + sign * across
    tail = x.quad[1:] + w[1:] * (sign * x.quad[0] + across / (1.0 + w[0]))
    return Cones(size * jnp.concatenate([first[None], tail]), root * x.line)


def product(a: Cones, b: Cones) -> Cones:
    """Return the Jordan product."""
    first = jnp.sum(a.quad * b.quad, axis=0)
    tail = a.quad[0] * b.quad[1:] + b.quad[0] * a.quad[1:]
    return Cones(jnp.concatenate([first[None], tail]), a.line * b.line)


def quotient(a: Cones, d: Cones) -> Cones:
    """Return the ``x`` whose product with ``a`` is ``d``."""
    first = jnp.sum(reflected(a.quad) * d.quad, axis=0) / lorentz_norm(a.quad)
    tail = (d.quad[1:] - first * a.quad[1:]) / a.quad[0]
    return Cones(jnp.concatenate([first[None], tail]), d.line / a.line)


def longest_step(x: Cones, d: Cones) -> Array:
    """Return the longest ``step`` for which ``x + step d`` is in the cones, at most ``LONGEST_STEP``."""
    a, c = lorentz_norm(d.quad), lorentz_norm(x.quad)
    b = jnp.sum(reflected(x.quad) * d.quad, axis=0)
    # The smallest positive root of a t^2 + 2 b t + c, in the form without cancellation; then the zero of the axis.
    root = jnp.sqrt(jnp.maximum(b**2 - a * c, 0.0))
    bent = jnp.where(b**2 >= a * c, c / jnp.maximum(root - b, SMALLEST_DIVISOR), LONGEST_STEP)
    bent = jnp.where((a >= 0.0) & (b >= 0.0), LONGEST_STEP, bent)
    return jnp.minimum(jnp.min(bent), jnp.minimum(_first_zero(x.quad[0], d.quad[0]), _first_zero(x.line, d.line)))


def _first_zero(x: Array, d: Array) -> Array:
    """Return the smallest step at which a component of ``x + step d`` becomes zero."""
    return jnp.min(jnp.where(d < 0.0, -x / jnp.minimum(d, -SMALLEST_DIVISOR), LONGEST_STEP))


def dot(a: Cones, b: Cones) -> Array:
    """Return the sum of the products of all components."""
    return jnp.sum(a.quad * b.quad) + jnp.sum(a.line * b.line)
