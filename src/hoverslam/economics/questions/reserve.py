"""The landing reserve at which a kilogram to orbit costs least.

A larger reserve loses fewer boosters and carries less payload. Three inputs determine the optimum: the propellant that
disturbed flights use (from a Monte Carlo of the landing), the payload that a kilogram of reserve costs (the exchange ratio),
and the value of a landed booster (from the launch cost). One standard deviation more than the optimum costs little; one less
costs much.
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
    """Return the probability Pr(D <= reserve) as a function of the reserve (kg), for a normally distributed propellant use D.

    The actual propellant use is skewed. ``lognormal_success`` or, with thousands of runs, ``empirical_success`` fit it better.

    Args:
        mean_kg: Mean of the propellant use (kg).
        sd_kg: Standard deviation of the propellant use (kg).
    """
    if not sd_kg > 0.0:
        raise CostQuestionError(f"sd_kg = {sd_kg}: give a standard deviation above 0 kg")
    return lambda reserve_kg: float(stats.norm.cdf(reserve_kg, mean_kg, sd_kg))


def lognormal_success(propellant_used_kg: Sequence[float] | NDArray[np.float64]) -> SuccessCurve:
    """Return the probability Pr(D <= reserve) as a function of the reserve (kg), for a fitted lognormal propellant use D.

    The fit is by maximum likelihood. Beyond the worst run, the tail is an assumption of the lognormal law.

    Args:
        propellant_used_kg: Propellant use of disturbed flights ``(n,)`` (kg).

    Raises:
        CostQuestionError: For fewer than two different finite values, a value that is not above 0, or an infinite one.
    """
    used = _checked(propellant_used_kg)
    if not np.all(np.isfinite(used)):
        raise CostQuestionError("propellant_used_kg holds infinite values, which no law fits: use empirical_success")
    logs = np.log(used)
    mean, sd = float(np.mean(logs)), float(np.std(logs))
    return lambda reserve_kg: float(stats.norm.cdf(math.log(reserve_kg), mean, sd)) if reserve_kg > 0.0 else 0.0


def empirical_success(propellant_used_kg: Sequence[float] | NDArray[np.float64]) -> SuccessCurve:
    """Return the probability Pr(D <= reserve) as a function of the reserve (kg), counted in disturbed flights.

    It is i/(n + 1) at the i-th smallest propellant use (order statistic), linear between these points, and never exceeds
    n/(n + 1).

    Args:
        propellant_used_kg: Propellant use of disturbed flights ``(n,)`` (kg). For a flight that ran out of propellant, give
            the use with a reserve that would have sufficed, or infinity.

    Raises:
        CostQuestionError: For fewer than two different finite values, or a value that is not above 0.
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

    Attributes:
        factors: Cost factors.
        success: Maps a reserve (kg) to the probability that it suffices.
        mean_kg: Mean propellant used (kg); with ``sd_kg``, its standard deviation, it gives the scale of sigmas.
        payload_kg: Payload with ``nominal_reserve_kg`` on board (kg).
        reserve_per_payload: Kilograms K of reserve that cost one kilogram of payload.
        max_flights: Flight after which a booster is retired.
        other_probability: Probability that nothing but propellant prevents the landing.
        intact_probability: Probability that a landed booster is undamaged.
        mission_success: Probability that the payload arrives.
        load_factor: Mean share of the payload that is used.
        residual_kg: Propellant that cannot be burnt (kg).
    """

    factors: CostFactors
    success: SuccessCurve
    mean_kg: float
    sd_kg: float
    payload_kg: float
    nominal_reserve_kg: float
    reserve_per_payload: float
    max_flights: float
    other_probability: float
    intact_probability: float
    mission_success: float
    load_factor: float
    residual_kg: float = 0.0

    def __post_init__(self) -> None:
        for name in ("sd_kg", "payload_kg", "reserve_per_payload"):
            if not getattr(self, name) > 0.0:
                raise CostQuestionError(f"{name} = {getattr(self, name)}: give a number above 0")
        for name in ("other_probability", "intact_probability"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise CostQuestionError(f"{name} = {getattr(self, name)}: a probability lies in [0, 1]")

    def at(self, reserve_kg: float) -> ReservePoint:
        """Return the outcome of a reserve.

        Raises:
            CostQuestionError: If the reserve leaves no payload.
        """
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
        """Return how much the cost of a launch falls per unit of p_margin, at that p_margin."""
        step = 1e-5 * max(min(margin_probability, 1.0 - margin_probability), 1e-3)
        low, high = max(margin_probability - step, 0.0), min(margin_probability + step, 1.0)
        costs = [self._flights_and_launch(margin)[1] for margin in (low, high)]
        return (costs[0] - costs[1]) / (high - low)

    def reserve_at(self, sigma: float) -> float:
        """Return the reserve (kg) that many standard deviations above the mean use, residual included."""
        return self.mean_kg + sigma * self.sd_kg + self.residual_kg

    def sigma_of(self, reserve_kg: float) -> float:
        """Return how many standard deviations a reserve (kg) lies above the mean use, residual excluded."""
        return (reserve_kg - self.residual_kg - self.mean_kg) / self.sd_kg

    def _flights_and_launch(self, margin: float) -> tuple[float, float]:
        """Return the flights per booster and the cost of a launch with this probability that the reserve suffices."""
        survival = margin * self.other_probability * self.intact_probability
        flights = float(expected_flights(survival, self.max_flights))
        age = refurbishment_age(survival, self.max_flights)
        return flights, float(cost_per_launch(self.factors, flights, age).total)


@dataclass(frozen=True, slots=True)
class ReservePoint:
    """A reserve and its outcome; ``sigma`` is in standard deviations above the mean propellant used."""

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
    """The reserve of least cost, its neighbours, and the first-order solution.

    Attributes:
        best: The reserve at which a kilogram costs least.
        thinner: One standard deviation less.
        fatter: One standard deviation more.
        interior: Whether the least cost lies inside the search. If not, no reserve is worth its payload, or the success
            curve still rises at its end.
        booster_value: How much the cost of a launch falls per unit of p_margin.
        first_order_sigma: The closed form; None if it has no optimum.
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

    A grid first, so that a local minimum is not taken for the optimum, then Brent's method between grid points. The search is
    limited to reserves of 0 or more that leave a payload.

    Raises:
        CostQuestionError: If that leaves nothing to search.
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

    At the optimum, one more kilogram of reserve costs as much payload as it saves boosters. Exact if c and V are those at the
    optimum.

    Args:
        sd_kg: Standard deviation s of the propellant use (kg).
        cost_per_payload_kg: Launch cost c per kilogram of payload.
        reserve_per_payload: Kilograms K of reserve per kilogram of payload.
        booster_value: Value V of a landed booster.

    Returns:
        z, or None if no reserve is worth its payload (the argument of the logarithm is 1 or more).
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
