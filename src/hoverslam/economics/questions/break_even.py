"""When reuse pays: ULA's reuse index, the break-even number of uses, the dearest refurbishment that still pays.

The index and Musk's rule of "even with two flights, ahead with three" are one equation with different inputs: how
much payload recovery costs, how large a share of the launch is recovered, and whether building fewer makes each
dearer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.optimize import brentq

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.model.fleet import DAYS_PER_YEAR, expected_flights


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


def refurbishment_cost_ceiling(
    *, stage1_cost: float, common_cost: float, flights_per_booster: float, payload_ratio: float
) -> float:
    """Return the dearest recovery and refurbishment per flight at which reuse still pays per kilogram.

    From (C_common + C_ref + C1/N)/P_r <= (C_common + C1)/P_e: the ceiling is (C_common + C1) p - C_common - C1/N, in
    the currency of the costs. A negative ceiling says that no refurbishment is cheap enough.
    """
    if not (flights_per_booster >= 1.0 and payload_ratio > 0.0):
        raise CostQuestionError(
            f"flights_per_booster = {flights_per_booster}, payload_ratio = {payload_ratio}: give >= 1 and > 0"
        )
    return (common_cost + stage1_cost) * payload_ratio - common_cost - stage1_cost / flights_per_booster


def refurbishment_ceiling_with_losses(
    *,
    stage1_cost: float,
    common_cost: float,
    payload_ratio: float,
    landing_probability: float,
    max_flights: float,
    retirement_probability: float = 0.0,
    fixed_cost_per_year: float = 0.0,
    launches_per_year: float = 1.0,
) -> float:
    """Return the dearest recovery and refurbishment per flight at which reuse pays although boosters are lost.

    As ``refurbishment_cost_ceiling`` with N = (1 - q^Nmax)/(1 - q), q = p_land (1 - p_retire), and a fixed cost F/L
    on both sides, which weighs on the vehicle with the smaller payload.
    """
    if not (launches_per_year > 0.0 and fixed_cost_per_year >= 0.0):
        raise CostQuestionError(
            f"launches_per_year = {launches_per_year}, fixed_cost_per_year = {fixed_cost_per_year}: give > 0 and >= 0"
        )
    survival = landing_probability * (1.0 - retirement_probability)
    return refurbishment_cost_ceiling(
        stage1_cost=stage1_cost,
        common_cost=common_cost + fixed_cost_per_year / launches_per_year,
        flights_per_booster=float(expected_flights(survival, max_flights)),
        payload_ratio=payload_ratio,
    )


def break_even_landing_probability(
    *,
    stage1_cost: float,
    common_cost: float,
    refurbishment_cost: float,
    payload_ratio: float,
    max_flights: float,
    retirement_probability: float = 0.0,
    fixed_cost_per_year: float = 0.0,
    launches_per_year: float = 1.0,
) -> float | None:
    """Return the least landing probability at which reuse pays per kilogram; None if even certain landings do not.

    0 where reuse pays without a single landing (recovery costs no payload and no money).
    """

    def spare(landing_probability: float) -> float:
        ceiling = refurbishment_ceiling_with_losses(
            stage1_cost=stage1_cost,
            common_cost=common_cost,
            payload_ratio=payload_ratio,
            landing_probability=landing_probability,
            max_flights=max_flights,
            retirement_probability=retirement_probability,
            fixed_cost_per_year=fixed_cost_per_year,
            launches_per_year=launches_per_year,
        )
        return ceiling - refurbishment_cost

    if spare(1.0) < 0.0:
        return None
    if spare(0.0) >= 0.0:
        return 0.0
    return float(brentq(spare, 0.0, 1.0, xtol=1e-15, rtol=1e-14))


def longest_turnaround(
    launches_per_year: float,
    boosters: float,
    *,
    utilisation: float = 0.7,
    down: float = 0.0,
    landing_probability: float = 1.0,
    replacement_days: float = 0.0,
) -> float:
    """Return the longest turnaround (days, 95th percentile) with which a fleet keeps its launch rate.

        t <= 365 u (B (1 - d) - S)/L,    S = 1 + L (1 - p_land) T_replace/365

    ``down`` d is the share of the B ``boosters`` that are grounded, ``utilisation`` u of the rest is planned for, and
    S keeps one spare and one for each loss until it is replaced. 0 or less: the fleet is too small at any turnaround.
    """
    if not (launches_per_year > 0.0 and boosters >= 0.0 and 0.0 < utilisation <= 1.0 and 0.0 <= down <= 1.0) or not (
        0.0 <= landing_probability <= 1.0 and replacement_days >= 0.0
    ):
        raise CostQuestionError(
            f"launches_per_year = {launches_per_year}, boosters = {boosters}, utilisation = {utilisation}, down = {down}, "
            f"landing_probability = {landing_probability}, replacement_days = {replacement_days}: give a rate above 0, "
            "shares and probabilities within [0, 1], the rest 0 or more"
        )
    spares = 1.0 + launches_per_year * (1.0 - landing_probability) * replacement_days / DAYS_PER_YEAR
    return DAYS_PER_YEAR * utilisation * (boosters * (1.0 - down) - spares) / launches_per_year


def savings_present_value(
    cost_ratio: float, launches_per_year: float, *, interest: float = 0.20, years: float = 20.0
) -> float:
    """Return the present value of what reuse saves, in units of one expendable flight's cost.

        PV = (1 - ratio) (1 - (1 + i)^(-L T))/i (1 + i),    i = r/L

    An annuity due with one saving each launch. ``cost_ratio`` is the reusable cost per flight over the expendable.
    Reuse pays its development back when this exceeds it: 8 to 60 flights' cost. Vernacchia and Mathesius, IAC-18-D2.4.3.
    """
    if not (cost_ratio >= 0.0 and launches_per_year > 0.0 and interest >= 0.0 and years >= 0.0):
        raise CostQuestionError(
            f"cost_ratio = {cost_ratio}, launches_per_year = {launches_per_year}, interest = {interest}, years = {years}: "
            "give a rate above 0 and the rest 0 or more"
        )
    flights, rate = launches_per_year * years, interest / launches_per_year
    if flights * rate < 1e-15:  # no discount that double precision could show, and the quotient would lose its digits
        return (1.0 - cost_ratio) * flights
    return (1.0 - cost_ratio) * -math.expm1(-flights * math.log1p(rate)) / rate * (1.0 + rate)


def payback_table(
    cost_ratios: Sequence[float],
    launches_per_year: Sequence[float],
    *,
    interest: float = 0.20,
    years: float = 20.0,
) -> dict[float, dict[float, float]]:
    """Return ``savings_present_value`` by cost ratio and launch rate: the dearest development that each repays."""
    return {
        ratio: {rate: savings_present_value(ratio, rate, interest=interest, years=years) for rate in launches_per_year}
        for ratio in cost_ratios
    }
