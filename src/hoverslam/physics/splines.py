"""Cubic splines that are cheap to differentiate twice, in JAX and after translation.

A table written as a sum over all its knots makes a Hessian of thousands of instructions. Here the interval is found by
comparing with each interior knot; the comparisons (whose derivative is zero) pick the interval's own coefficients, and
what is differentiated is one cubic polynomial. Beyond the ends the curve goes on as a straight line, and natural end
conditions make that join twice continuously differentiable.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline


class Spline(eqx.Module):
    """Natural cubic spline of one or more curves over shared knots; C2 everywhere, linear beyond the ends.

    Attributes:
        knots: ``(n,)`` increasing abscissae of the pieces; piece ``i`` starts at ``knots[i]``.
        first: ``(1 + 4 c,)`` start and coefficients (cubic first) of the piece that reaches down to minus infinity.
        jumps: ``(n, 1 + 4 c)`` what is added to ``first`` on passing each knot.
    """

    knots: np.ndarray
    first: np.ndarray
    jumps: np.ndarray

    def __init__(self, abscissa: ArrayLike, ordinates: ArrayLike):
        """Fit through ``ordinates`` ``(n,)`` or ``(n, c)`` at ``abscissa`` ``(n,)``.

        Raises:
            ValueError: if the abscissae do not increase or the lengths differ.
        """
        x = np.asarray(abscissa, dtype=float)
        y = np.asarray(ordinates, dtype=float).reshape(len(x), -1)
        fit = CubicSpline(x, y, bc_type="natural")
        inner = np.moveaxis(fit.c, 0, -1)  # (n - 1, c, 4), cubic coefficient first
        below, above = np.zeros((1, y.shape[1], 4)), np.zeros((1, y.shape[1], 4))
        below[0, :, 2], below[0, :, 3] = fit(x[0], 1), y[0]
        above[0, :, 2], above[0, :, 3] = fit(x[-1], 1), y[-1]
        pieces = np.concatenate([below, inner, above]).reshape(len(x) + 1, -1)
        starts = np.concatenate([x[:1], x])[:, None]
        rows = np.concatenate([starts, pieces], axis=1)
        self.knots, self.first, self.jumps = x, rows[0], np.diff(rows, axis=0)

    def __call__(self, x: Array) -> Array:
        """The curves at scalar ``x``: shape ``(c,)``, or a scalar for a single curve."""
        passed = jnp.where(x >= self.knots, 1.0, 0.0)
        row = self.first + passed @ self.jumps
        distance = x - row[0]
        cubic = row[1:].reshape(-1, 4)
        value = ((cubic[:, 0] * distance + cubic[:, 1]) * distance + cubic[:, 2]) * distance + cubic[:, 3]
        return value[0] if value.shape[0] == 1 else value
