"""A quantity of the cost model, a number or an array of samples, and the check of a payload."""

import numpy as np
from numpy.typing import NDArray

from hoverslam.economics.inputs.errors import CostQuestionError

MILLION = 1e6
MOST_PAYLOAD_KG = 1e6
"""Largest payload (kg) for which a cost is computed: seven times that of Saturn V."""

Quantity = float | NDArray[np.float64]
"""A number, or one number for each sample, shape ``(samples,)``."""


def checked_payload(payload_kg: Quantity) -> Quantity:
    """Return the payload (kg).

    Raises:
        CostQuestionError: If it is zero, negative, NaN, infinite, or above ``MOST_PAYLOAD_KG``.
    """
    values = np.asarray(payload_kg, dtype=float)
    bad = ~((values > 0.0) & (values <= MOST_PAYLOAD_KG))
    if np.any(bad):
        raise CostQuestionError(
            f"payload_kg = {values[bad].flat[0]:g}: a cost per kilogram needs a payload above 0 kg and of at most "
            f"{MOST_PAYLOAD_KG:,.0f} kg"
        )
    return payload_kg
