"""Angles and rates that are given in radians: degrees are recognised where they are beyond what is possible.

Files state angles in degrees, with the unit in the key. Functions and classes take SI units, which for an angle is the radian.
A number beyond the physical range of its angle is refused, with the word "radians" in the message and the value that the same
number of degrees has.
"""

from math import degrees, pi, radians

import numpy as np
from numpy.typing import ArrayLike

MOST_TURN_RATE = 0.5 * pi
"""Largest rate of the axis of a stage (rad/s), 90 degrees a second: no stage turns so fast."""
MOST_BODY_RATE = pi
"""Largest angular velocity of a rigid body (rad/s), 180 degrees a second."""
MOST_ACTUATOR_RATE = 2.0 * pi
"""Largest rate of a gimbal or a fin (rad/s), 360 degrees a second."""
FULL_TURN = 2.0 * pi
RIGHT_ANGLE = 0.5 * pi


def check_angle(what: str, name: str, value: ArrayLike | None, low: float, high: float) -> None:
    """Check that an angle lies within a range in radians.

    Args:
        what: What the angle belongs to, as messages call it.
        name: Its name.
        value: A number or an array (rad); None is accepted.
        low: Least angle (rad).
        high: Greatest angle (rad).

    Raises:
        ValueError: If it does not, or is not a number.
    """
    _check(what, name, value, low, high, "radians", "degrees")


def check_rate(what: str, name: str, value: ArrayLike | None, most: float) -> None:
    """Check that a rate is not larger than ``most``, whatever its sign; None and infinity, which mean no limit, are accepted.

    Args:
        what: What the rate belongs to, as messages call it.
        name: Its name.
        value: A number or an array (rad/s).
        most: Largest rate (rad/s).

    Raises:
        ValueError: If it is larger, or not a number.
    """
    if value is not None and not np.all(np.isposinf(np.asarray(value, dtype=float))):
        _check(what, name, value, -most, most, "radians a second", "degrees a second")


def _check(what: str, name: str, value: ArrayLike | None, low: float, high: float, unit: str, mistaken: str) -> None:
    if value is None:
        return
    numbers = np.atleast_1d(np.asarray(value, dtype=float)).ravel()
    wrong = numbers[~((numbers >= low) & (numbers <= high))]
    if len(wrong) == 0:
        return
    first = float(wrong[0])
    remedy = f"; {first:g} {mistaken} are {radians(first):.4g}" if np.isfinite(first) and first != 0.0 else ""
    ends = f"from {low:.4g} to {high:.4g} ({degrees(low):.4g} to {degrees(high):.4g} degrees)"
    raise ValueError(f"{what}: {name} is {first:g}: give {unit} {ends}{remedy}")
