"""ULA's reuse index and the number of uses at which reuse breaks even.

The index and Musk's rule ("even with two flights, ahead with three") follow from one equation with different inputs: the
payload lost to recovery, the share of the launch cost that is recovered, and the learning slope of the production.
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

    Ragab, Cheatwood, Hughes and Lowry, AIAA 2015-4490, section 7. As there, refurbishment is counted on every flight, the
    first included.

    Args:
        uses: Number of uses n.
        payload_ratio: Reusable payload over expendable payload, p.
        recovered_share: Share k of the recovered part in the cost of the expendable launch.
        recovery_hardware: Recovery hardware h over the cost of the recovered part.
        recovery_and_refurbishment: Recovery and refurbishment r per flight over the cost of the recovered part.
        learning_slope: Slope s by which a part costs more if 1/n as many are built.

    Raises:
        CostQuestionError: For uses below 1, a ratio that is not positive, or a share outside [0, 1].
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
    """Return the least number of uses at which ``reuse_index`` is 1 or less; None if that takes more than ``most``.

    Args:
        payload_ratio: Reusable payload over expendable payload.
        recovered_share: Share of the recovered part in the cost of the expendable launch.
        recovery_hardware: Recovery hardware over the cost of the recovered part.
        recovery_and_refurbishment: Recovery and refurbishment per flight over the cost of the recovered part.
        learning_slope: Slope by which a part costs more if fewer are built.
        most: Largest number of uses that is tried.
    """
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
