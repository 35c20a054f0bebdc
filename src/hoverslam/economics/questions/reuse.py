"""Whether reuse lowers the cost of a kilogram, from the figures of one vehicle: uses, landings and refurbishment required.

The reusable vehicle and its expendable twin are compared by the cost of a kilogram, every band at its mode, with the whole
cost model: learning, recovery hardware, refurbishment that grows, fixed cost. ULA's index of the same inputs, which omits
some of these (``break_even``), is given for comparison.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy.optimize import brentq

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import load_exchange_rate
from hoverslam.economics.inputs.models import CostInputs
from hoverslam.economics.inputs.quantities import checked_payload
from hoverslam.economics.model.factors import booster_life, cost_factors
from hoverslam.economics.model.fleet import refurbishment_age
from hoverslam.economics.model.launch_cost import CostFactors, cost_per_launch
from hoverslam.economics.questions.break_even import break_even_uses

MOST_USES = 1000


@dataclass(frozen=True, slots=True)
class ReuseVerdict:
    """When reuse lowers the cost of a kilogram, every band at its mode. Money in CNY per launch.

    Attributes:
        payload_ratio: Payload over that of the expendable twin.
        recovered_share: Share of the first stage in the cost of the expendable launch.
        cost_ratio: Cost of a kilogram over that of the expendable twin.
        uses: Least number of flights that each booster must make; None if no number suffices.
        uses_by_index: The same by ULA's index.
        landing: Least landing probability, with the vehicle's intact probability and maximum flights; None if no
            probability suffices.
        refurbishment_ceiling: Greatest cost of recovery and refurbishment at which reuse still pays; below 0 if none is
            small enough.
        refurbishment: Cost of recovery and refurbishment.
    """

    payload_ratio: float
    recovered_share: float
    cost_ratio: float
    uses: int | None
    uses_by_index: int | None
    landing: float | None
    refurbishment_ceiling: float
    refurbishment: float

    @property
    def pays(self) -> bool:
        """Whether reuse lowers the cost of a kilogram."""
        return self.cost_ratio < 1.0


def reuse_verdict(
    inputs: CostInputs, recovery: str, payload_kg: float, twin_payload_kg: float, landing_probability: float
) -> ReuseVerdict:
    """Return whether and when reuse lowers the cost of a kilogram.

    Args:
        inputs: Cost inputs of the vehicle.
        recovery: Recovery mode.
        payload_kg: Payload with recovery (kg).
        twin_payload_kg: Payload without recovery (kg).
        landing_probability: Probability of landing.

    Raises:
        CostQuestionError: For an expendable flight, or payloads that are not above zero.
    """
    if recovery == "expendable":
        raise CostQuestionError("recovery = expendable: there is nothing to compare it with; name another recovery")
    ratio = float(checked_payload(payload_kg)) / float(checked_payload(twin_payload_kg))
    exchange = load_exchange_rate()
    factors, twin = (cost_factors(inputs, mode, exchange) for mode in (recovery, "expendable"))
    expended = float(cost_per_launch(twin, 1.0).total)
    life = booster_life(inputs, recovery, landing_probability)
    assert life is not None
    now, share = cost_per_launch(factors, life.flights, life.refurbishment_age), float(twin.stage1_unit_cost) / expended
    insured = 1.0 + float(factors.insurance_rate)
    spent = float(now.refurbishment + now.recovery_operations)
    return ReuseVerdict(
        payload_ratio=ratio,
        recovered_share=share,
        cost_ratio=float(now.total) / expended / ratio,
        uses=_least_uses(factors, expended * ratio),
        uses_by_index=_by_index(factors, share, expended, ratio),
        landing=_least_landing(inputs, recovery, factors, expended * ratio),
        refurbishment_ceiling=spent + (expended * ratio - float(now.total)) / insured,
        refurbishment=spent,
    )


def _least_uses(factors: CostFactors, allowed: float) -> int | None:
    """Return the least flights of a booster that always lands at which a launch costs no more than ``allowed``."""
    for uses in range(1, MOST_USES + 1):
        if float(cost_per_launch(factors, float(uses), float(refurbishment_age(1.0, uses))).total) <= allowed:
            return uses
    return None


def _by_index(factors: CostFactors, share: float, expended: float, ratio: float) -> int | None:
    refurbished = float(factors.refurbishment_fraction) * float(factors.stage1_unit_cost)
    return break_even_uses(
        payload_ratio=ratio,
        recovered_share=share,
        recovery_hardware=float(factors.recovery_hardware_fraction),
        recovery_and_refurbishment=(refurbished + float(factors.recovery_operations)) / (share * expended),
        learning_slope=float(factors.learning_slope),
        most=MOST_USES,
    )


def _least_landing(inputs: CostInputs, recovery: str, factors: CostFactors, allowed: float) -> float | None:
    def spare(landing: float) -> float:
        life = booster_life(inputs, recovery, landing)
        assert life is not None
        return allowed - float(cost_per_launch(factors, life.flights, life.refurbishment_age).total)

    if spare(1.0) < 0.0:
        return None
    return 0.0 if spare(0.0) >= 0.0 else float(brentq(spare, 0.0, 1.0, xtol=1e-12))
