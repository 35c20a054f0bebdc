"""Smooth tables: functions through tabulated values that a solver with second derivatives can use.

``jnp.interp`` and the interpolants of NumPy and SciPy either cannot be translated or have kinks. :class:`SmoothTable` is
twice continuously differentiable everywhere, in JAX and in the translation, and beyond its ends it keeps its last value
unless it is told otherwise.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from hoverslam.physics.splines import Beyond, Spline, increasing


class SmoothTable(eqx.Module):
    """Natural cubic spline through tabulated values over one or more axes (a tensor product); C2 everywhere.

    Call it with one scalar for each axis: ``thrust = SmoothTable(mach, altitude, values)``, then ``thrust(m, h)``.

    Between the points of a table with steep changes a cubic spline may swing past them; add points there. Beyond an end it
    goes back from the slope at the end to the last value within half the last interval, and is constant from there on.

    Attributes:
        splines: For one axis the spline of the values; for more, of each axis, those of the weights of its points.
        values: Tabulated values ``(n1, n2, ..., c)`` of more than one axis; None for one axis.
        scalar: Whether the table has one value at each point.
    """

    splines: tuple[Spline, ...]
    values: np.ndarray | None
    scalar: bool = eqx.field(static=True)

    def __init__(self, *axes_and_values: ArrayLike, beyond: Beyond = "hold"):
        """Fit the table.

        Args:
            axes_and_values: Increasing points of each axis ``(n1,)``, ``(n2,)`` ..., then the values ``(n1, n2, ...)``, or
                ``(n1, n2, ..., c)`` for a table of vectors.
            beyond: ``"hold"`` keeps the last value beyond the ends, ``"line"`` continues as a straight line.

        Raises:
            ValueError: If the points of an axis do not increase (a repeated or a descending level is named), a number is
                not finite, or the shapes do not fit.
        """
        *axes, last = axes_and_values
        if not axes:
            raise ValueError("SmoothTable: expected the points of each axis, then the values")
        points = [increasing(axis, f"SmoothTable: axis {i}") for i, axis in enumerate(axes)]
        values, lengths = np.asarray(last, dtype=float), tuple(len(axis) for axis in points)
        if values.shape[: len(lengths)] != lengths or values.ndim > len(lengths) + 1:
            raise ValueError(f"SmoothTable: the values have the shape {values.shape}, expected {lengths}")
        if not np.all(np.isfinite(values)):
            at = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
            raise ValueError(f"SmoothTable: the value at {at} is not a finite number")
        self.scalar = values.ndim == len(lengths)
        if len(points) == 1:
            self.splines, self.values = (Spline(points[0], values, beyond),), None
        else:
            self.splines = tuple(Spline(axis, np.eye(len(axis)), beyond) for axis in points)
            self.values = values

    def __call__(self, *at: ArrayLike) -> Array:
        """Return the value at one scalar for each axis: a scalar, or a vector ``(c,)``.

        Raises:
            ValueError: If there are more or fewer arguments than axes, or one is not a scalar.
        """
        places = [jnp.asarray(x, dtype=float) for x in at]
        if len(places) != len(self.splines) or any(x.ndim for x in places):
            shapes = ", ".join(str(x.shape) for x in places)
            raise ValueError(
                f"SmoothTable: expected {len(self.splines)} scalars, not the shapes {shapes}; for many points use jax.vmap"
            )
        if self.values is None:
            value = self.splines[0](places[0])
            return value if self.scalar else jnp.atleast_1d(value)
        reduced = jnp.asarray(self.values)
        for spline, x in zip(self.splines, places, strict=True):
            reduced = jnp.tensordot(spline(x), reduced, axes=1)
        return reduced
