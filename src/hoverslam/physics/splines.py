"""Cubic splines whose second derivative is cheap to evaluate, in JAX and after translation to CasADi.

A spline that is evaluated as a sum over all its knots has a Hessian of thousands of instructions. Here the interval is found
by comparing the abscissa with each knot. The comparisons, whose derivative is zero, select the coefficients of the interval,
so that only one cubic polynomial is differentiated. Beyond the ends the curve continues as a straight line. Natural end
conditions make it twice continuously differentiable there as well.
"""

from typing import cast

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline


class Spline(eqx.Module):
    """Natural cubic spline of one or more curves over shared knots; C2 everywhere, linear beyond the ends.

    Attributes:
        knots: Increasing abscissae ``(n,)`` of the pieces; piece ``i`` starts at ``knots[i]``.
        first: Start and coefficients (cubic first) ``(1 + 4 c,)`` of the piece below the first knot, for ``c`` curves.
        jumps: Change of start and coefficients ``(n, 1 + 4 c)`` at each knot.
    """

    knots: NDArray[np.float64]
    first: NDArray[np.float64]
    jumps: NDArray[np.float64]

    def __init__(self, abscissa: ArrayLike, ordinates: ArrayLike):
        """Fit the spline.

        Args:
            abscissa: Increasing abscissae ``(n,)``.
            ordinates: Ordinates of one curve ``(n,)`` or of several ``(n, c)``.

        Raises:
            ValueError: If the abscissae do not increase or the lengths differ.
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
        """Return the curves at scalar ``x``: shape ``(c,)``, or a scalar for a single curve."""
        passed = jnp.where(x >= self.knots, 1.0, 0.0)
        row = cast(Array, self.first + passed @ self.jumps)
        distance = x - row[0]
        cubic = row[1:].reshape(-1, 4)
        value = ((cubic[:, 0] * distance + cubic[:, 1]) * distance + cubic[:, 2]) * distance + cubic[:, 3]
        return value[0] if value.shape[0] == 1 else value
