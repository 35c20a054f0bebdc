"""A quantity of the cost model, a number or an array of samples, and the check of a payload."""

import numpy as np
from numpy.typing import NDArray

from hoverslam.economics.inputs.errors import CostQuestionError

MILLION = 1e6

Quantity = float | NDArray[np.float64]
"""A number, or one number for each sample, shape ``(samples,)``."""


def checked_payload(payload_kg: Quantity) -> Quantity:
    """Return the payload (kg).

    Raises:
        CostQuestionError: If it is zero, negative, infinite or NaN.
    """
    values = np.asarray(payload_kg, dtype=float)
    bad = ~(np.isfinite(values) & (values > 0.0))
    if np.any(bad):
        raise CostQuestionError(f"payload_kg = {values[bad].flat[0]:g}: a cost per kilogram needs a payload above 0 kg")
    return payload_kg
