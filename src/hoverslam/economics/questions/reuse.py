"""Whether reuse pays for one vehicle, by its own figures: with how many uses, how many landings, what refurbishment.

The reusable vehicle and its expendable twin are compared by the kilogram with every band at its mode and with everything
the cost model knows: learning, hardware that only a returning stage has, refurbishment that grows, fixed cost. ULA's
index of the same inputs stands beside it, which leaves some of that out (``break_even``).
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
    """When reuse pays per kilogram, every band at its mode. Money in CNY per launch.

    ``cost_ratio`` is the cost of a kilogram over the expendable twin's. ``uses`` is the least number of flights a booster
    must make, if all did, ``uses_by_index`` the same by ULA's index; ``landing`` the least landing probability with the
    vehicle's intact probability and maximum flights. None where nothing suffices. ``refurbishment_ceiling`` is the dearest
    recovery and refurbishment a launch at which reuse still pays, ``refurbishment`` what they are; a negative ceiling says
    that none is cheap enough.
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
        return self.cost_ratio < 1.0


def reuse_verdict(
    inputs: CostInputs, recovery: str, payload_kg: float, twin_payload_kg: float, landing_probability: float
) -> ReuseVerdict:
    """Return whether and when reuse pays. ``twin_payload_kg`` is what the vehicle lifts without recovery.

    Raises ``CostQuestionError`` for an expendable recovery, or payloads that are not above zero.
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
    """Least flights of a booster that always lands at which a launch costs no more than ``allowed``."""
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
