"""Cost of a kilogram after a number of landing attempts, if the vehicle learns to land as Falcon did.

The power law of Falcon's landing failures (``growth``) gives the landing probability of attempt n; it replaces the one
inferred from the vehicle's own record. This is a projection, not a forecast: others may learn faster or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hoverslam.economics.evidence.growth import CrowAmsaa, crow_amsaa
from hoverslam.economics.evidence.history import load_falcon_landings
from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.models import CostInputs
from hoverslam.economics.inputs.sampling import Quantiles
from hoverslam.economics.questions.estimate import estimate_cost

ATTEMPTS = (5, 10, 20, 50, 100, 200)


@dataclass(frozen=True, slots=True)
class Projected:
    """The cost at one landing attempt.

    Attributes:
        attempt: Number of the attempt.
        landing_probability: Probability that it lands, the reserve included.
        flights_per_booster: Mean flights of a booster.
        cost_cny_per_kg: Cost of a kilogram (CNY).
    """

    attempt: int
    landing_probability: float
    flights_per_booster: float
    cost_cny_per_kg: Quantiles


def falcon_growth() -> CrowAmsaa:
    """Return the power law of Falcon's landing failures."""
    record = load_falcon_landings()
    return crow_amsaa(record.failure_attempts, record.attempts)


def cost_after_attempts(
    inputs: CostInputs,
    recovery: str,
    payload_kg: float,
    *,
    margin_probability: float,
    attempts: Sequence[int] = ATTEMPTS,
    samples: int = 1000,
    seed: int = 0,
) -> list[Projected]:
    """Return the cost of a kilogram at given landing attempts; only the landing probability changes between them.

    Args:
        inputs: Cost inputs of the vehicle.
        recovery: Recovery mode, other than ``expendable``.
        payload_kg: Payload with this recovery mode (kg).
        margin_probability: Probability that the landing reserve suffices.
        attempts: Numbers of the landing attempts, from 1.
        samples: Number of samples.
        seed: Seed of the samples.

    Raises:
        CostQuestionError: For an expendable recovery, attempts below 1, and as ``estimate_cost``.
    """
    if recovery == "expendable":
        raise CostQuestionError("recovery = expendable: nothing lands; name another recovery")
    growth, found = falcon_growth(), []
    for attempt in attempts:
        landing = margin_probability * float(growth.landing_probability(attempt))
        cost = estimate_cost(
            inputs.vehicle, recovery, payload_kg, landing_probability=landing, inputs=inputs, samples=samples, seed=seed
        )
        found.append(Projected(attempt, landing, cost.flights_per_booster_mean, cost.cost_cny_per_kg))
    return found
