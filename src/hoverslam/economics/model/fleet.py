"""Flights of a booster, boosters to build each year, and boosters in the loop of flight and turnaround, in closed form.

Landings may fail, every booster is retired after a maximum number of flights, and a booster that has landed cannot fly
during its turnaround. The tests compare these formulas with a fleet that is simulated launch by launch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.quantities import Quantity

DAYS_PER_YEAR = 365.0


def expected_flights(survival: Quantity, max_flights: Quantity) -> Quantity:
    """Return the expected flights of a booster, its first included: (1 - q^N)/(1 - q).

    This is the sum of the geometric survival 1 + q + ... + q^(N-1). It is exactly N at q = 1 and exact to rounding near it.

    Args:
        survival: Probability q that a flown booster can fly again (landed and intact).
        max_flights: Flight N after which it is retired; not necessarily whole if it is sampled.

    Raises:
        ValueError: Outside 0 <= q <= 1 or N >= 1.
    """
    q, n = np.broadcast_arrays(np.asarray(survival, dtype=float), np.asarray(max_flights, dtype=float))
    if not np.all((q >= 0.0) & (q <= 1.0)):
        raise ValueError(f"survival probability must lie in [0, 1], and is {q[~((q >= 0.0) & (q <= 1.0))].flat[0]}")
    if not np.all(n >= 1.0):
        raise ValueError(f"max_flights must be 1 or more, and is {n[~(n >= 1.0)].flat[0]}")
    with np.errstate(divide="ignore", invalid="ignore"):  # log 0 gives the right limit 1; 0/0 is replaced below
        flights = -np.expm1(n * np.log(q)) / (1.0 - q)
    flights = np.clip(np.where(q == 1.0, n, flights), 1.0, n)
    return float(flights) if flights.ndim == 0 else flights


def expected_flights_slopes(survival: float, max_flights: float) -> tuple[float, float]:
    """Return the derivatives of ``expected_flights`` by survival q and by maximum flights N.

        dF/dq = (1 - q^N - N q^(N-1) (1 - q))/(1 - q)^2,    dF/dN = -q^N ln q/(1 - q)

    At q = 1 they are N(N - 1)/2 and 1. Near it, where the quotient cancels, the first is summed as a series in 1 - q.

    Args:
        survival: Probability q that a flown booster can fly again.
        max_flights: Flight N after which it is retired; not necessarily whole.

    Raises:
        ValueError: As ``expected_flights``.
    """
    expected_flights(survival, max_flights)  # for its checks
    q, n, loss = float(survival), float(max_flights), 1.0 - float(survival)
    if loss * n < 0.05:
        term, by_survival = n * (n - 1.0) / 2.0, 0.0
        for k in range(2, 14):  # sum of (k - 1) C(N, k) (-loss)^(k-2): each term is 0.05/k or less of the one before
            by_survival += (k - 1.0) * term
            term *= -loss * (n - k) / (k + 1.0)
    elif q == 0.0:
        by_survival = 1.0 if n >= 2.0 else (math.inf if n > 1.0 else 0.0)
    else:
        by_survival = (1.0 - q**n - n * q ** (n - 1.0) * loss) / loss**2
    by_life = 1.0 if loss == 0.0 else (-(q**n) * math.log(q) / loss if q > 0.0 else 0.0)
    return by_survival, by_life


# B_2k/(2k)!, the coefficients of 1/(e^x - 1) = 1/x - 1/2 + x/12 - x^3/720 + ...: enough of them for x < SERIES_BELOW
BERNOULLI = (
    1 / 12,
    -1 / 720,
    1 / 30240,
    -1 / 1209600,
    1 / 47900160,
    -691 / 1307674368000,
    1 / 74724249600,
    -3617 / 10670622842880000,
)
SERIES_BELOW = 0.5


def refurbishment_age(survival: Quantity, max_flights: Quantity) -> Quantity:
    """Return the mean number of earlier refurbishments of a booster that is refurbished.

        A = sum_j j q^j/sum_j q^j = q/(1 - q) - M q^M/(1 - q^M),    j = 0 .. M - 1,  M = N - 1

    The refurbishment before flight k has k - 2 before it, and happens with probability q^(k - 1). A cost that starts at c and
    grows by g c a flight therefore averages c (1 + g A), and is paid on 1 - 1/F of the launches. A is 0 if there is no second
    refurbishment (N <= 2) and (M - 1)/2 at q = 1; near it, where the quotients cancel, a series in x = -ln q is used.

    Args:
        survival: Probability q that a flown booster can fly again.
        max_flights: Flight N after which it is retired; not necessarily whole.

    Raises:
        ValueError: As ``expected_flights``.
    """
    expected_flights(survival, max_flights)  # for its checks
    q, n = np.broadcast_arrays(np.asarray(survival, dtype=float), np.asarray(max_flights, dtype=float))
    m = np.maximum(n - 1.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):  # log 0 and 0/0: each on the side that is not taken
        x = -np.log(q)
        direct = q / (1.0 - q) - m * q**m / (1.0 - q**m)
        near = m * x < SERIES_BELOW
    x = np.where(near, x, 0.0)
    series = (m - 1.0) / 2.0
    for k, coefficient in enumerate(BERNOULLI, 1):
        series = series - coefficient * (m * (m * x) ** (2 * k - 1) - x ** (2 * k - 1))
    age = np.where(m > 1.0, np.maximum(np.where(near, series, direct), 0.0), 0.0)  # of two flights exactly none
    return float(age) if age.ndim == 0 else age


def refurbishment_age_slopes(survival: float, max_flights: float) -> tuple[float, float]:
    """Return the derivatives of ``refurbishment_age`` by survival q and by maximum flights N.

        dA/dq = 1/(1 - q)^2 - M^2 q^(M-1)/(1 - q^M)^2,    dA/dN = -q^M/(1 - q^M) - M ln q q^M/(1 - q^M)^2

    At q = 1 they are (M^2 - 1)/12 and 1/2; near it the series of ``refurbishment_age`` is used. Below two flights they are 0;
    at two flights, where A begins to rise, the slope is that towards more flights.

    Args:
        survival: Probability q that a flown booster can fly again.
        max_flights: Flight N after which it is retired; not necessarily whole.

    Raises:
        ValueError: As ``expected_flights``.
    """
    expected_flights(survival, max_flights)  # for its checks
    q, m = float(survival), float(max_flights) - 1.0
    if m < 1.0:
        return 0.0, 0.0
    x = -math.log(q) if q > 0.0 else math.inf
    if m * x < SERIES_BELOW:
        by_x, by_life = 0.0, 0.5
        for k, coefficient in enumerate(BERNOULLI, 1):
            by_x -= coefficient * (2 * k - 1) * (m**2 * (m * x) ** (2 * k - 2) - x ** (2 * k - 2))
            by_life -= coefficient * 2 * k * (m * x) ** (2 * k - 1)
        return -by_x / q, by_life
    kept = q**m
    by_survival = 1.0 / (1.0 - q) ** 2 - m**2 * q ** (m - 1.0) / (1.0 - kept) ** 2
    by_life = -kept / (1.0 - kept) + m * x * kept / (1.0 - kept) ** 2 if kept > 0.0 else 0.0
    return by_survival, by_life


@dataclass(frozen=True, slots=True)
class FleetNeed:
    """What a launch rate requires of production and of the fleet, per year in steady state.

    Attributes:
        launches: Launches.
        boosters_built: Boosters built; they replace those lost at landing, lost after landing and retired.
        upper_stages_built: Upper stages built.
        boosters_in_fleet: B = L t/(365 u) + spares: boosters in turnaround at utilisation u, and spares.
        lost_at_landing: Boosters lost at landing.
        lost_after_landing: Boosters that landed and were damaged.
        retired: Boosters retired after their maximum number of flights.
    """

    launches: float
    boosters_built: float
    upper_stages_built: float
    boosters_in_fleet: float
    lost_at_landing: float
    lost_after_landing: float
    retired: float


def fleet_need(
    launches_per_year: float,
    *,
    landing_probability: float,
    max_flights: float,
    turnaround_days: float,
    intact_probability: float = 1.0,
    utilisation: float = 1.0,
    spares: float = 0.0,
) -> FleetNeed:
    """Return boosters and upper stages to build, boosters in the fleet and losses, per year in steady state.

    Args:
        launches_per_year: Launch rate L.
        landing_probability: Probability of landing; 0 for an expendable vehicle.
        max_flights: Flight after which a booster is retired.
        turnaround_days: Mean time from a launch until its booster can fly again (days).
        intact_probability: Probability that a landed booster is undamaged.
        utilisation: Share of its time that a booster spends in the loop of flight and turnaround (0.6 to 0.8 in planning).
        spares: Boosters kept as spares.

    Raises:
        CostQuestionError: For a rate, turnaround or spares below 0, or a utilisation outside (0, 1].
        ValueError: As ``expected_flights``.
    """
    if not (launches_per_year >= 0.0 and turnaround_days >= 0.0 and spares >= 0.0 and 0.0 < utilisation <= 1.0):
        raise CostQuestionError(
            f"launches_per_year = {launches_per_year}, turnaround_days = {turnaround_days}, spares = {spares}, "
            f"utilisation = {utilisation}: give numbers of 0 or more, and a utilisation in (0, 1]"
        )
    survival = landing_probability * intact_probability
    built = launches_per_year / float(expected_flights(survival, max_flights))
    return FleetNeed(
        launches=launches_per_year,
        boosters_built=built,
        upper_stages_built=launches_per_year,
        boosters_in_fleet=launches_per_year * turnaround_days / DAYS_PER_YEAR / utilisation + spares,
        lost_at_landing=launches_per_year * (1.0 - landing_probability),
        lost_after_landing=launches_per_year * landing_probability * (1.0 - intact_probability),
        retired=built * survival**max_flights,
    )
