"""When reuse pays: ULA's reuse index, the break-even number of uses, the dearest refurbishment that still pays.

The index and Musk's rule of "even with two flights, ahead with three" are one equation with different inputs: how
much payload recovery costs, how large a share of the launch is recovered, and whether building fewer makes each
dearer.
"""

from __future__ import annotations

import math

from hoverslam.economics.inputs.errors import CostQuestionError


def reuse_index(
    uses: float,
    *,
    payload_ratio: float,
    recovered_share: float,
    recovery_hardware: float = 0.0,
    recovery_and_refurbishment: float = 0.0,
    learning_slope: float = 1.0,
) -> float:
    """Return the cost per kilogram of the reusable vehicle over that of the expendable one; below 1, reuse is cheaper.

        I(n) = (k (F(n) (1 + h)/n + r) + 1 - k)/p,    F(n) = n^(-log2 s)

    ``payload_ratio`` p is reusable payload over expendable, ``recovered_share`` k the recovered part's share of the
    expendable launch cost; ``recovery_hardware`` h and ``recovery_and_refurbishment`` r (per flight) are fractions of
    the recovered part's cost; ``learning_slope`` s makes a part dearer when 1/n as many are built. Ragab, Cheatwood,
    Hughes and Lowry, AIAA 2015-4490, section 7; refurbishment is counted on every flight, the first included, as they
    do. Raises ``CostQuestionError`` for uses below 1, a ratio that is not positive, or a share outside [0, 1].
    """
    if not (uses >= 1.0 and payload_ratio > 0.0 and 0.0 <= recovered_share <= 1.0 and learning_slope > 0.0):
        raise CostQuestionError(
            f"uses = {uses}, payload_ratio = {payload_ratio}, recovered_share = {recovered_share}, learning_slope = "
            f"{learning_slope}: give uses >= 1, payload_ratio > 0, 0 <= recovered_share <= 1, learning_slope > 0"
        )
    dearer = uses ** -math.log2(learning_slope)
    recovered = dearer * (1.0 + recovery_hardware) / uses + recovery_and_refurbishment
    return (recovered_share * recovered + 1.0 - recovered_share) / payload_ratio


def break_even_uses(
    *,
    payload_ratio: float,
    recovered_share: float,
    recovery_hardware: float = 0.0,
    recovery_and_refurbishment: float = 0.0,
    learning_slope: float = 1.0,
    most: int = 1000,
) -> int | None:
    """Return the least number of uses at which ``reuse_index`` is 1 or less; None if that takes more than ``most``."""
    for uses in range(1, most + 1):
        index = reuse_index(
            uses,
            payload_ratio=payload_ratio,
            recovered_share=recovered_share,
            recovery_hardware=recovery_hardware,
            recovery_and_refurbishment=recovery_and_refurbishment,
            learning_slope=learning_slope,
        )
        if index <= 1.0:
            return uses
    return None
