"""Norms, roots and selections whose value and first two derivatives are finite everywhere, zero included.

A solver that uses second derivatives stops at a point where one is infinite: the length of a thrust vector of zero, the root
of an emptied tank. The functions here are written for JAX, and their translation to CasADi has the same values and
derivatives. Two kinds are offered. Without ``rounding`` a function is exact, and its derivatives at the point of no slope are
zero: enough where a path passes through that point. With ``rounding`` (in the unit of the argument) it is infinitely often
differentiable and deviates near that point only: needed where the optimum lies there.
"""

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

__all__ = ["absolute", "norm", "positive", "root", "select", "step"]


def root(x: ArrayLike, rounding: float = 0.0) -> Array:
    """Return the square root of ``x``; negative arguments give zero, or with rounding the odd continuation.

    With rounding ``r`` it is ``x / (x^2 + r^2)^(1/4)``. That has the slope ``1 / sqrt(r)`` at zero and a relative error of
    ``r^2 / (4 x^2)`` away from it.

    Args:
        x: Argument, of any shape.
        rounding: Size of the argument below which the root is rounded, in the unit of ``x``; zero for the exact root.

    Raises:
        ValueError: If the rounding is negative.
    """
    _check(rounding)
    value = jnp.asarray(x, dtype=float)
    if rounding > 0.0:
        return value / jnp.sqrt(jnp.sqrt(value**2 + rounding**2))
    inside = value > 0.0
    return jnp.where(inside, jnp.sqrt(jnp.where(inside, value, 1.0)), 0.0)


def norm(vector: ArrayLike, rounding: float = 0.0) -> Array:
    """Return the Euclidean length of a vector, a scalar.

    With rounding ``r`` it is ``|v|^2 / sqrt(|v|^2 + r^2)``: zero at zero, with a relative error of ``r^2 / (2 |v|^2)``.

    Args:
        vector: Vector ``(n,)``.
        rounding: Length below which it is rounded, in the unit of the vector; zero for the exact length.

    Raises:
        ValueError: If the rounding is negative.
    """
    _check(rounding)
    value = jnp.asarray(vector, dtype=float)
    square = jnp.sum(value * value)
    return square / jnp.sqrt(square + rounding**2) if rounding > 0.0 else root(square)


def absolute(x: ArrayLike, rounding: float) -> Array:
    """Return the absolute value of ``x``, rounded at zero: ``x^2 / sqrt(x^2 + r^2)``.

    Args:
        x: Argument, of any shape.
        rounding: Size of the argument below which it is rounded, in the unit of ``x``.

    Raises:
        ValueError: If the rounding is not positive.
    """
    _check(rounding, positive=True)
    value = jnp.asarray(x, dtype=float)
    return value * value / jnp.sqrt(value * value + rounding**2)


def positive(x: ArrayLike, rounding: float) -> Array:
    """Return the positive part of ``x``, rounded at zero: ``(x + sqrt(x^2 + r^2)) / 2``, at most ``r / 2`` too large.

    Args:
        x: Argument, of any shape.
        rounding: Size of the argument below which it is rounded, in the unit of ``x``.

    Raises:
        ValueError: If the rounding is not positive.
    """
    _check(rounding, positive=True)
    value = jnp.asarray(x, dtype=float)
    return 0.5 * (value + jnp.sqrt(value * value + rounding**2))


def step(x: ArrayLike, edge: float, width: float) -> Array:
    """Return 0 below and 1 above an edge, with a transition of ``width`` around it that is twice differentiable.

    ``below + (above - below) * step(x, edge, width)`` joins two branches smoothly. The transition is the polynomial
    ``s^3 (10 - 15 s + 6 s^2)``, whose first two derivatives are zero at both ends.

    Args:
        x: Argument, of any shape.
        edge: Middle of the transition.
        width: Length of the transition, in the unit of ``x``.

    Raises:
        ValueError: If the width is not positive.
    """
    _check(width, positive=True, what="width")
    s = jnp.clip((jnp.asarray(x, dtype=float) - edge) / width + 0.5, 0.0, 1.0)
    return s**3 * (10.0 - 15.0 * s + 6.0 * s**2)


def select(
    condition: ArrayLike,
    on_true: Callable[[Array], Array],
    on_false: Callable[[Array], Array],
    argument: ArrayLike,
    safe: ArrayLike,
) -> Array:
    """Return one of two functions of an argument; the one that is not taken affects neither value nor derivative.

    ``jnp.where(x > 0, jnp.log(x), 0)`` has a derivative that is not a number at ``x = 0`` in JAX's reverse mode, since the
    logarithm is evaluated there. Here the function that is not taken is evaluated at ``safe``.

    Args:
        condition: Whether the first function is taken.
        on_true: The first function.
        on_false: The second function.
        argument: Their argument.
        safe: A value of the argument at which both functions and their derivatives are finite.
    """
    taken, value = jnp.asarray(condition), jnp.asarray(argument, dtype=float)
    return jnp.where(taken, on_true(jnp.where(taken, value, safe)), on_false(jnp.where(taken, safe, value)))


def _check(size: float, positive: bool = False, what: str = "rounding") -> None:
    if not size >= 0.0 or (positive and size == 0.0):
        raise ValueError(f"the {what} is {size}: it must be {'positive' if positive else 'zero or positive'}")
