"""Cubic splines whose second derivative is cheap to evaluate, in JAX and after translation to CasADi.

A spline that is evaluated as a sum over all its knots has a Hessian of thousands of instructions. Here the interval is found
by comparing the abscissa with each knot. The comparisons, whose derivative is zero, select the coefficients of the interval,
so that only one cubic polynomial is differentiated. Natural end conditions make the spline twice continuously differentiable
at its ends as well, whichever way it continues there.
"""

from typing import Any, Literal, cast

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicHermiteSpline, CubicSpline

Beyond = Literal["hold", "line"]
"""How a curve continues beyond an end: with its last value, or as a straight line."""

# The way from the slope at an end to the value held is as long as half the last interval. It consists of three cubics.
_FADE_LENGTH, _FADE_PIECES = 0.5, 3


class Spline(eqx.Module):
    """Natural cubic spline of one or more curves over shared knots; C2 everywhere.

    Beyond an end that holds, the curve goes back to its last value within half the length of the last interval, and is
    constant from there on. On the way it exceeds the last value by at most 0.112 times that interval and the slope at the end.

    Attributes:
        knots: Increasing abscissae ``(n,)`` of the pieces; piece ``i`` starts at ``knots[i]``.
        first: Start and coefficients (cubic first) ``(1 + 4 c,)`` of the piece below the first knot, for ``c`` curves.
        jumps: Change of start and coefficients ``(n, 1 + 4 c)`` at each knot.
        holds: Whether the lower and the upper end hold their value.
    """

    knots: NDArray[np.float64]
    first: NDArray[np.float64]
    jumps: NDArray[np.float64]
    holds: tuple[bool, bool] = eqx.field(static=True)

    def __init__(self, abscissa: ArrayLike, ordinates: ArrayLike, beyond: Beyond | tuple[Beyond, Beyond] = "hold"):
        """Fit the spline.

        Args:
            abscissa: Increasing abscissae ``(n,)``, two or more.
            ordinates: Ordinates of one curve ``(n,)`` or of several ``(n, c)``.
            beyond: How the curves continue: ``"hold"`` or ``"line"``, or a pair of these for the lower and the upper end.

        Raises:
            ValueError: If the abscissae do not increase, a number is not finite, or the lengths differ; the message names
                the place.
        """
        x = increasing(abscissa)
        y = _ordinates(ordinates, len(x))
        lower, upper = (beyond, beyond) if isinstance(beyond, str) else beyond
        fit = CubicSpline(x, y, bc_type="natural")
        slopes = fit(x[[0, -1]], 1)
        before, after = _fade(x[::-1], y[0], slopes[0], lower), _fade(x, y[-1], slopes[1], upper)
        below, above = _outer(y[0], slopes[0], lower), _outer(y[-1], slopes[1], upper)
        knots = np.concatenate([before[0][:0:-1], x, after[0][1:]])
        pieces = [
            below,
            *_cubics(*(part[::-1] for part in before)),
            *np.moveaxis(fit.c, 0, -1),
            *_cubics(*after),
            above,
        ]
        starts = np.concatenate([knots[:1], knots])[:, None]
        rows = np.concatenate([starts, np.reshape(pieces, (len(knots) + 1, -1))], axis=1)
        self.knots, self.first, self.jumps = knots, rows[0], np.diff(rows, axis=0)
        self.holds = (lower == "hold", upper == "hold")

    def __call__(self, x: Array) -> Array:
        """Return the curves at scalar ``x``: shape ``(c,)``, or a scalar for a single curve."""
        if self.holds[0]:  # so that no rounding error grows with the distance from the end
            x = jnp.maximum(x, self.knots[0])
        if self.holds[1]:
            x = jnp.minimum(x, self.knots[-1])
        passed = jnp.where(x >= self.knots, 1.0, 0.0)
        row = cast(Array, self.first + passed @ self.jumps)
        distance = x - row[0]
        cubic = row[1:].reshape(-1, 4)
        value = ((cubic[:, 0] * distance + cubic[:, 1]) * distance + cubic[:, 2]) * distance + cubic[:, 3]
        return value[0] if value.shape[0] == 1 else value


def increasing(abscissa: ArrayLike, what: str = "abscissae") -> NDArray[np.float64]:
    """Return abscissae ``(n,)`` as an array of floats.

    Args:
        abscissa: The abscissae.
        what: What they are called in a message.

    Raises:
        ValueError: If there are fewer than two, one is not finite, or they do not increase; the message names the place.
    """
    x = np.asarray(abscissa, dtype=float)
    if x.ndim != 1 or len(x) < 2:
        raise ValueError(f"{what}: expected two or more in a row, not the shape {x.shape}")
    if not np.all(np.isfinite(x)):
        raise ValueError(f"{what}: entry {int(np.argmin(np.isfinite(x)))} is not a finite number")
    wrong = np.flatnonzero(np.diff(x) <= 0.0)
    if len(wrong):
        at = int(wrong[0])
        how = "is repeated" if x[at] == x[at + 1] else f"is followed by the smaller {x[at + 1]:g}"
        raise ValueError(
            f"{what} must increase: {x[at]:g} (entry {at}) {how}; sort the points and keep one at each place"
        )
    return x


def _ordinates(ordinates: ArrayLike, length: int) -> NDArray[np.float64]:
    y = np.asarray(ordinates, dtype=float)
    if y.ndim not in (1, 2) or len(y) != length:
        raise ValueError(f"ordinates: the shape is {y.shape} for {length} abscissae")
    if not np.all(np.isfinite(y)):
        raise ValueError(f"ordinates: entry {int(np.argwhere(~np.isfinite(y))[0][0])} is not a finite number")
    return y.reshape(length, -1)


def _fade(x: NDArray[np.float64], last: Any, slope: Any, beyond: Beyond) -> tuple[NDArray[np.float64], ...]:
    """Return knots, values and slopes from an end (first) to where the curve is constant; the end alone for a line.

    Args:
        x: Abscissae, the end last.
        last: Values ``(c,)`` at the end.
        slope: Slopes ``(c,)`` at the end.
        beyond: How the curve continues.
    """
    if beyond not in ("hold", "line"):
        raise ValueError(f"beyond: expected 'hold' or 'line', not {beyond!r}")
    count = _FADE_PIECES if beyond == "hold" and np.any(slope != 0.0) else 0
    at = np.linspace(0.0, 1.0, _FADE_PIECES + 1)[: count + 1]
    length = _FADE_LENGTH * (x[-1] - x[-2])  # negative towards the lower end
    return x[-1] + at * length, last + np.outer(_FADE(at), slope * length), np.outer(_FADE(at, 1), slope)


def _cubics(knots: Any, values: Any, slopes: Any) -> Any:
    """Return the coefficients ``(pieces, c, 4)`` of cubics with stated values and slopes at their ends."""
    return np.moveaxis(CubicHermiteSpline(knots, values, slopes).c, 0, -1) if len(knots) > 1 else ()


def _outer(value: Any, slope: Any, beyond: Beyond) -> NDArray[np.float64]:
    """Return the coefficients ``(c, 4)`` of a piece without an end: constant, or a line."""
    piece = np.zeros((len(value), 4))
    piece[:, 2], piece[:, 3] = slope if beyond == "line" else 0.0, value
    return piece


def _fade_curve() -> CubicHermiteSpline:
    """Return the curve on (0, 1) of slope one and curvature zero at 0, and with nothing of either left at 1.

    It is ``s + a s^3 + b (s - 1/3)^3 + c (s - 2/3)^3``, each cube only where it is positive: C2, and zero at both ends.
    """
    knots = np.linspace(0.0, 1.0, _FADE_PIECES + 1)
    left = 1.0 - knots[:-1]
    weights = np.linalg.solve(np.stack([left**3, 3.0 * left**2, 6.0 * left]), [-1.0, -1.0, 0.0])
    past = np.maximum(knots[:, None] - knots[:-1], 0.0)
    return CubicHermiteSpline(knots, knots + past**3 @ weights, 1.0 + 3.0 * past**2 @ weights)


_FADE = _fade_curve()
