"""Checks of the arguments of the statistical functions."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def whole_counts(events: ArrayLike, trials: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return counts of events and trials, broadcast to one shape.

    Raises:
        ValueError: for counts that are not whole, fewer than one trial, or events outside 0 to the number of trials.
    """
    found, tried = np.broadcast_arrays(events, trials)
    for name, values in (("events", found), ("trials", tried)):
        if not np.issubdtype(values.dtype, np.integer):
            raise ValueError(f"{name}: {values.dtype}: give whole numbers")
    if tried.size and tried.min() < 1:
        raise ValueError(f"trials = {tried.min()}: give at least one")
    outside = found[(found < 0) | (found > tried)]
    if outside.size:
        raise ValueError(f"events = {outside[0]}: give 0 to the number of trials")
    return found.astype(np.int64), tried.astype(np.int64)


def sample_values(name: str, given: ArrayLike) -> Floats:
    """Return a sample ``(n,)`` of at least one value; plus infinity is allowed.

    Raises:
        ValueError: for another shape, no value, NaN or minus infinity.
    """
    values = np.asarray(given, dtype=np.float64)
    if values.ndim != 1 or not values.size:
        raise ValueError(f"{name}: shape {values.shape}: give a list of one value a sample")
    wrong = np.flatnonzero(np.isnan(values) | np.isneginf(values))
    if wrong.size:
        raise ValueError(f"{name}[{wrong[0]}] = {values[wrong[0]]:g}: give a number, or inf for a lost sample")
    return values


def require_level(name: str, level: float) -> None:
    """Raise ValueError unless ``level`` lies between 0 and 1, neither included."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"{name} = {level:g}: give a share between 0 and 1, such as 0.9 for 90 %")
