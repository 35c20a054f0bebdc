"""How much landing propellant to carry: the reserve at which a kilogram to orbit costs least.

More reserve lands more boosters and lifts less payload. A Monte Carlo of the landing says how much propellant the
dispersed flights used, an exchange ratio what a kilogram of reserve costs in payload, and the launch cost what a lost
booster costs. The optimum is flat: one standard deviation too much is nearly free, one too little is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import minimize_scalar

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.model.fleet import expected_flights, refurbishment_age
from hoverslam.economics.model.launch_cost import CostFactors, cost_per_kilogram, cost_per_launch

SuccessCurve = Callable[[float], float]
SIGMAS = (-4.0, 8.0)  # the reserves searched, in standard deviations from the mean propellant used
GRID = 241


def normal_success(mean_kg: float, sd_kg: float) -> SuccessCurve:
    """Return Pr(D <= reserve) for normally distributed propellant use: a textbook curve, thin in the upper tail.

    Propellant use is skewed: prefer ``lognormal_success`` or, with thousands of runs, ``empirical_success``.
    """
    if not sd_kg > 0.0:
        raise CostQuestionError(f"sd_kg = {sd_kg}: give a standard deviation above 0 kg")
    return lambda reserve_kg: float(stats.norm.cdf(reserve_kg, mean_kg, sd_kg))


def lognormal_success(propellant_used_kg: Sequence[float] | NDArray[np.float64]) -> SuccessCurve:
    """Return Pr(D <= reserve) of a lognormal law fitted to dispersed flights' propellant use (maximum likelihood).

    Says something about the tail beyond the worst run, on the strength of the law alone.
    """
    used = _checked(propellant_used_kg)
    if not np.all(np.isfinite(used)):
        raise CostQuestionError("propellant_used_kg holds infinite values, which no law fits: use empirical_success")
    logs = np.log(used)
    mean, sd = float(np.mean(logs)), float(np.std(logs))
    return lambda reserve_kg: float(stats.norm.cdf(math.log(reserve_kg), mean, sd)) if reserve_kg > 0.0 else 0.0


def empirical_success(propellant_used_kg: Sequence[float] | NDArray[np.float64]) -> SuccessCurve:
    """Return Pr(D <= reserve) as counted in dispersed flights: i/(n + 1) at the i-th least use, linear between.

    Never above n/(n + 1): what n runs did not show, they do not promise. Give flights that ran dry the use of a
    reserve that would have landed them, or leave them in as infinite.
    """
    used = np.sort(_checked(propellant_used_kg))
    levels = np.arange(1, used.size + 1) / (used.size + 1.0)
    finite = np.isfinite(used)
    return lambda reserve_kg: float(np.interp(reserve_kg, used[finite], levels[finite], left=0.0))


def _checked(propellant_used_kg: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    used = np.asarray(propellant_used_kg, dtype=float)
    finite = used[np.isfinite(used)]
    if finite.size < 2 or np.any(np.isnan(used)) or not np.all(used > 0.0) or np.ptp(finite) == 0.0:
        raise CostQuestionError(
            f"propellant_used_kg holds {finite.size} finite values: give two or more that differ, all above 0 kg"
        )
    return used


@dataclass(frozen=True, slots=True)
class ReserveCase:
    """What the choice of a landing reserve depends on.

    ``success`` maps a reserve (kg) to the probability that it suffices; ``mean_kg`` and ``sd_kg`` of the propellant
    used only give the scale of sigmas. ``payload_kg`` is lifted with ``nominal_reserve_kg`` on board, and each
    ``reserve_per_payload`` K kilograms of reserve cost one of payload. ``residual_kg`` cannot be burnt.
    ``other_probability`` is that nothing but propellant prevents the landing.
    """

    factors: CostFactors
    success: SuccessCurve
    mean_kg: float
    sd_kg: float
    payload_kg: float
    nominal_reserve_kg: float
    reserve_per_payload: float
    max_flights: float
    other_probability: float = 1.0
    intact_probability: float = 1.0
    mission_success: float = 1.0
    load_factor: float = 1.0
    residual_kg: float = 0.0

    def __post_init__(self) -> None:
        for name in ("sd_kg", "payload_kg", "reserve_per_payload"):
            if not getattr(self, name) > 0.0:
                raise CostQuestionError(f"{name} = {getattr(self, name)}: give a number above 0")
        for name in ("other_probability", "intact_probability"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise CostQuestionError(f"{name} = {getattr(self, name)}: a probability lies in [0, 1]")

    def at(self, reserve_kg: float) -> ReservePoint:
        """Return what this reserve leads to. Raises ``CostQuestionError`` where it leaves no payload."""
        margin = float(self.success(reserve_kg - self.residual_kg))
        flights, launch = self._flights_and_launch(margin)
        payload = self.payload_kg - (reserve_kg - self.nominal_reserve_kg) / self.reserve_per_payload
        return ReservePoint(
            reserve_kg=reserve_kg,
            sigma=self.sigma_of(reserve_kg),
            margin_probability=margin,
            landing_probability=margin * self.other_probability,
            flights_per_booster=flights,
            payload_kg=payload,
            cost_per_launch=launch,
            cost_per_kg=float(cost_per_kilogram(launch, payload, self.mission_success, self.load_factor)),
        )

    def booster_value(self, margin_probability: float) -> float:
        """Return what a landing is worth at that margin: how much a launch's cost falls per unit of p_margin."""
        step = 1e-5 * max(min(margin_probability, 1.0 - margin_probability), 1e-3)
        low, high = max(margin_probability - step, 0.0), min(margin_probability + step, 1.0)
        costs = [self._flights_and_launch(margin)[1] for margin in (low, high)]
        return (costs[0] - costs[1]) / (high - low)

    def reserve_at(self, sigma: float) -> float:
        """Return the reserve (kg) that many standard deviations above the mean use, with the residual."""
        return self.mean_kg + sigma * self.sd_kg + self.residual_kg

    def sigma_of(self, reserve_kg: float) -> float:
        """Return how many standard deviations a reserve (kg) lies above the mean use, the residual taken off."""
        return (reserve_kg - self.residual_kg - self.mean_kg) / self.sd_kg

    def _flights_and_launch(self, margin: float) -> tuple[float, float]:
        """Return the flights per booster and the cost of a launch with this probability that the reserve suffices."""
        survival = margin * self.other_probability * self.intact_probability
        flights = float(expected_flights(survival, self.max_flights))
        age = refurbishment_age(survival, self.max_flights)
        return flights, float(cost_per_launch(self.factors, flights, age).total)


@dataclass(frozen=True, slots=True)
class ReservePoint:
    """One reserve and what it leads to; ``sigma`` counts standard deviations above the mean propellant used."""

    reserve_kg: float
    sigma: float
    margin_probability: float
    landing_probability: float
    flights_per_booster: float
    payload_kg: float
    cost_per_launch: float
    cost_per_kg: float


@dataclass(frozen=True, slots=True)
class ReserveOptimum:
    """The cheapest reserve, its neighbours one standard deviation thinner and fatter, and the first-order answer.

    ``interior`` is False where the least cost lies at an end of the search: landing is then not worth any reserve, or
    the success curve still rises at its end. ``first_order_sigma`` is None where the closed form has no optimum.
    """

    best: ReservePoint
    thinner: ReservePoint
    fatter: ReservePoint
    interior: bool
    booster_value: float
    first_order_sigma: float | None

    @property
    def penalty_thinner(self) -> float:
        """The cost per kilogram that one standard deviation less adds, as a fraction."""
        return self.thinner.cost_per_kg / self.best.cost_per_kg - 1.0

    @property
    def penalty_fatter(self) -> float:
        """The cost per kilogram that one standard deviation more adds, as a fraction."""
        return self.fatter.cost_per_kg / self.best.cost_per_kg - 1.0


def optimal_reserve(case: ReserveCase) -> ReserveOptimum:
    """Return the reserve at which a kilogram costs least, searched from 4 sigma below the mean use to 8 above.

    A grid first, so that a local minimum cannot pass for the optimum, then Brent's method between grid points. The
    search ends where the payload does, and starts at no reserve at the least. Raises ``CostQuestionError`` where that
    leaves nothing to search.
    """
    most = case.nominal_reserve_kg + case.reserve_per_payload * case.payload_kg
    low = max(SIGMAS[0], case.sigma_of(0.0))
    high = min(SIGMAS[1], case.sigma_of(most) - 1.0 - 1e-9)  # one more standard deviation must leave a payload too
    if not low < high:
        raise CostQuestionError(
            f"payload_kg = {case.payload_kg} is gone with a reserve of {most:g} kg, {case.sigma_of(most):.2f} sigma: "
            "give a payload that the reserve leaves room for"
        )
    sigmas = np.linspace(low, high, GRID)
    costs = np.array([case.at(case.reserve_at(float(sigma))).cost_per_kg for sigma in sigmas])
    least = int(np.argmin(costs))
    around = (sigmas[max(least - 1, 0)], sigmas[min(least + 1, GRID - 1)])
    found = minimize_scalar(
        lambda sigma: case.at(case.reserve_at(float(sigma))).cost_per_kg,
        bounds=around,
        method="bounded",
        options={"xatol": 1e-7},
    )
    sigma = float(found.x) if found.fun <= costs[least] else float(sigmas[least])
    best = case.at(case.reserve_at(sigma))
    value = case.booster_value(best.margin_probability)
    return ReserveOptimum(
        best=best,
        thinner=case.at(case.reserve_at(sigma - 1.0)),
        fatter=case.at(case.reserve_at(sigma + 1.0)),
        interior=0 < least < GRID - 1,
        booster_value=value,
        first_order_sigma=first_order_sigma(
            sd_kg=case.sd_kg,
            cost_per_payload_kg=best.cost_per_launch / best.payload_kg,
            reserve_per_payload=case.reserve_per_payload,
            booster_value=value,
        ),
    )


def first_order_sigma(
    *, sd_kg: float, cost_per_payload_kg: float, reserve_per_payload: float, booster_value: float
) -> float | None:
    """Return the optimal reserve in standard deviations above the mean, for a normal law of propellant use.

        phi(z) = s c/(K V),    z = sqrt(-2 ln(sqrt(2 pi) s c/(K V)))

    s the standard deviation (kg), c the launch cost per kilogram of payload, K kilograms of reserve per kilogram of
    payload, V the value of a landed booster. What one more kilogram of reserve costs in payload equals what it saves in
    boosters. Exact where c and V are those at the optimum. None where no reserve is worth its payload (the bracket is 1
    or more).
    """
    if not (sd_kg > 0.0 and cost_per_payload_kg > 0.0 and reserve_per_payload > 0.0):
        raise CostQuestionError(
            f"sd_kg = {sd_kg}, cost_per_payload_kg = {cost_per_payload_kg}, reserve_per_payload = {reserve_per_payload}: "
            "give numbers above 0"
        )
    if not booster_value > 0.0:
        return None
    density = math.sqrt(2.0 * math.pi) * sd_kg * cost_per_payload_kg / (reserve_per_payload * booster_value)
    return math.sqrt(-2.0 * math.log(density)) if density < 1.0 else None
