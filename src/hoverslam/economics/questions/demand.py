"""Demand of a constellation for launches: to deploy and to maintain it, the fleet required, and the date.

Each satellite works for a life T and is then replaced. If A(t) satellites have been launched by time t, A(t) - A(t - T) are in
orbit. The other formulas follow from this one.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoverslam.data.figures import Band
from hoverslam.economics.evidence.reliability import NOTHING_COUNTED
from hoverslam.economics.inputs.constellations import Constellation, Milestone
from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import load_cost_inputs, load_exchange_rate
from hoverslam.economics.inputs.models import CostInputs
from hoverslam.economics.inputs.quantities import checked_payload
from hoverslam.economics.model.factors import booster_life, cost_factors, landing_belief
from hoverslam.economics.model.fleet import DAYS_PER_YEAR, FleetNeed, fleet_need, refurbishment_age
from hoverslam.economics.model.launch_cost import CostFactors, cost_per_launch


def satellites_per_launch(
    payload_kg: float, satellite_mass_kg: float, *, dispenser_fraction: float = 0.0, most: int | None = None
) -> int:
    """Return how many satellites a payload to their orbit carries: floor(m (1 - d)/m_sat), at most ``most``.

    Args:
        payload_kg: Payload m (kg).
        satellite_mass_kg: Launch mass of a satellite (kg).
        dispenser_fraction: Share d of the payload that is no satellite.
        most: Satellites that fit under the fairing; None for no limit.

    Raises:
        CostQuestionError: If the payload carries none.
    """
    checked_payload(payload_kg)
    if not (satellite_mass_kg > 0.0 and 0.0 <= dispenser_fraction < 1.0):
        raise CostQuestionError(
            f"satellite_mass_kg = {satellite_mass_kg}, dispenser_fraction = {dispenser_fraction}: give > 0 and within [0, 1)"
        )
    number = math.floor(payload_kg * (1.0 - dispenser_fraction) / satellite_mass_kg * (1.0 + 1e-12))
    number = number if most is None else min(number, most)
    if number < 1:
        raise CostQuestionError(f"payload_kg = {payload_kg:g} carries no satellite of {satellite_mass_kg:g} kg")
    return number


def satellites_per_launch_band(payload_kg: float, constellation: Constellation, most: int) -> tuple[int, int]:
    """Return the fewest and the most satellites on a launch over the bands of satellite mass and dispenser.

    Args:
        payload_kg: Payload (kg).
        constellation: The constellation.
        most: Satellites that fit under the fairing.

    Returns:
        The fewest, which may be 0, and the most.

    Raises:
        CostQuestionError: If not even the lightest satellite is carried.
    """
    mass, dispenser = constellation.satellite_mass_kg, constellation.dispenser_fraction
    greatest = satellites_per_launch(payload_kg, mass.low, dispenser_fraction=dispenser.low, most=most)
    try:
        return satellites_per_launch(payload_kg, mass.high, dispenser_fraction=dispenser.high, most=most), greatest
    except CostQuestionError:
        return 0, greatest


def launches_to_deploy(satellites: float, per_launch: float, mission_success: float = 1.0) -> int:
    """Return the launches that put a number of satellites into orbit: N/(n p), rounded up.

    Args:
        satellites: Number N of satellites.
        per_launch: Satellites n on a launch.
        mission_success: Probability p that the payload arrives.
    """
    delivered = _delivered(satellites, per_launch, mission_success)
    return math.ceil(satellites / delivered * (1.0 - 1e-12))


def _delivered(satellites: float, per_launch: float, mission_success: float) -> float:
    """Return the satellites that a launch delivers on average, after a check of all three numbers."""
    if not (satellites >= 0.0 and per_launch > 0.0 and 0.0 < mission_success <= 1.0):
        raise CostQuestionError(
            f"satellites = {satellites}, per_launch = {per_launch}, mission_success = {mission_success}: give >= 0, > 0, "
            "and within (0, 1]"
        )
    return per_launch * mission_success


def steady_launches_per_year(
    satellites: float, per_launch: float, life_years: float, mission_success: float = 1.0
) -> float:
    """Return the launches per year that keep a constellation at its number: N/(n p T).

    Args:
        satellites: Number N of satellites.
        per_launch: Satellites n on a launch.
        life_years: Life T of a satellite (years).
        mission_success: Probability p that the payload arrives.
    """
    if not life_years > 0.0:
        raise CostQuestionError(f"life_years = {life_years}: give a life above 0")
    return satellites / (_delivered(satellites, per_launch, mission_success) * life_years)


def launches_per_year_by(
    satellites: float,
    per_launch: float,
    years: float,
    life_years: float,
    *,
    in_orbit: float = 0.0,
    mission_success: float = 1.0,
) -> float:
    """Return the constant launch rate with which a number of satellites is in orbit after ``years``.

    The rate is (N - survivors)/(n p min(T, years)), or 0 if the survivors suffice. After one life T, the satellites that were
    ``in_orbit`` at the start have reached the end of their life, and those launched first must be replaced.

    Args:
        satellites: Number N of satellites.
        per_launch: Satellites n on a launch.
        years: Time from the start (years).
        life_years: Life T of a satellite (years).
        in_orbit: Satellites in orbit at the start.
        mission_success: Probability p that the payload arrives.
    """
    if not (years > 0.0 and life_years > 0.0 and in_orbit >= 0.0):
        raise CostQuestionError(
            f"years = {years}, life_years = {life_years}, in_orbit = {in_orbit}: give > 0, > 0, >= 0"
        )
    delivered = _delivered(satellites, per_launch, mission_success)
    survivors = in_orbit if years < life_years else 0.0
    return max(satellites - survivors, 0.0) / (delivered * min(life_years, years))


def years_until(
    satellites: float,
    launches_per_year: float,
    per_launch: float,
    life_years: float,
    *,
    in_orbit: float = 0.0,
    mission_success: float = 1.0,
) -> float:
    """Return the years after which a number of satellites is first in orbit at a constant launch rate; inf for never.

    The number in orbit rises for one life T, to L n p T. A number that is not reached by then is never reached, since from
    then on satellites reach the end of their life as fast as they are launched.

    Args:
        satellites: Number of satellites that is to be in orbit.
        launches_per_year: Launch rate L.
        per_launch: Satellites n on a launch.
        life_years: Life T of a satellite (years).
        in_orbit: Satellites in orbit at the start.
        mission_success: Probability p that the payload arrives.
    """
    delivered = launches_per_year * _delivered(in_orbit, per_launch, mission_success)
    if not (launches_per_year >= 0.0 and life_years > 0.0):
        raise CostQuestionError(
            f"launches_per_year = {launches_per_year}, life_years = {life_years}: give >= 0 and > 0"
        )
    missing = max(satellites - in_orbit, 0.0)
    if missing == 0.0:
        return 0.0
    # After exactly one life, the satellites that were in orbit at the start no longer count: that moment is included only if
    # there were none.
    last = life_years * (1.0 + 1e-12) if in_orbit == 0.0 else math.nextafter(life_years, 0.0)
    return missing / delivered if missing <= delivered * last else math.inf


def satellites_in_orbit(
    years: float | Sequence[float] | NDArray[np.float64],
    launches: Sequence[float],
    per_launch: float,
    life_years: float,
    *,
    in_orbit: float = 0.0,
    mission_success: float = 1.0,
) -> NDArray[np.float64]:
    """Return the satellites in orbit ``years`` after the start, given the launches of the first, second, ... year.

    This is A(t) - A(t - T), plus those ``in_orbit`` at the start while t < T. Launches are spread evenly over each year; after
    the last given year there are no launches.

    Args:
        years: Times from the start ``(n,)`` (years).
        launches: Launches of each year.
        per_launch: Satellites on a launch.
        life_years: Life T of a satellite (years).
        in_orbit: Satellites in orbit at the start.
        mission_success: Probability that the payload arrives.

    Returns:
        Satellites in orbit ``(n,)``.
    """
    rates = np.asarray(launches, dtype=float)
    if rates.ndim != 1 or rates.size == 0 or not np.all(rates >= 0.0):
        raise CostQuestionError(f"launches = {list(launches)}: give the launches of one year or more, each 0 or more")
    delivered = _delivered(in_orbit, per_launch, mission_success)
    if not life_years > 0.0:
        raise CostQuestionError(f"life_years = {life_years}: give a life above 0")
    times = np.atleast_1d(np.asarray(years, dtype=float))
    ends, total = np.arange(rates.size + 1.0), np.concatenate(([0.0], np.cumsum(rates * delivered)))
    alive = np.interp(times, ends, total) - np.interp(times - life_years, ends, total)
    return np.asarray(alive + np.where(times < life_years, in_orbit, 0.0))


@dataclass(frozen=True, slots=True)
class MilestoneOutcome:
    """Satellites in orbit at a milestone, against the number required."""

    milestone: Milestone
    in_orbit: float

    @property
    def met(self) -> bool:
        """Whether the required number is in orbit."""
        return self.in_orbit >= self.milestone.satellites * (1.0 - 1e-12)

    @property
    def missing(self) -> float:
        """Satellites that lack, 0 if the milestone is met."""
        return max(self.milestone.satellites - self.in_orbit, 0.0)


@dataclass(frozen=True, slots=True)
class LaunchService:
    """A vehicle that launches a constellation: satellites per launch, cost factors and the life of its boosters.

    An expendable vehicle has ``landing_probability`` 0. Money is in the currency of the factors.
    """

    name: str
    factors: CostFactors
    satellites_per_launch: int
    mission_success: float
    landing_probability: float = 0.0
    intact_probability: float = 1.0
    max_flights: float = 1.0
    turnaround_days: float = 60.0
    utilisation: float = 0.7

    def fleet_at(self, launches_per_year: float) -> FleetNeed:
        """Return boosters and stages to build, the fleet and its losses at a launch rate."""
        return fleet_need(
            launches_per_year,
            landing_probability=self.landing_probability,
            intact_probability=self.intact_probability,
            max_flights=self.max_flights,
            turnaround_days=self.turnaround_days if self.landing_probability > 0.0 else 0.0,
            utilisation=self.utilisation,
        )

    def cost_per_launch_at(self, launches_per_year: float) -> float:
        """Return the cost of a launch at a launch rate, on which fixed cost and learning depend."""
        need = self.fleet_at(launches_per_year)
        factors = dataclasses.replace(self.factors, launches_per_year=launches_per_year)
        age = refurbishment_age(self.landing_probability * self.intact_probability, self.max_flights)
        return float(cost_per_launch(factors, launches_per_year / need.boosters_built, age).total)


def launch_service(
    vehicle: str,
    recovery: str,
    payload_kg: float,
    constellation: Constellation,
    *,
    inputs: CostInputs | None = None,
    reserve_probability: float | None = None,
    turnaround_days: float = 60.0,
    dispenser_fraction: float | None = None,
    most: int | None = None,
) -> LaunchService:
    """Return a vehicle with cost inputs as a launch service for a constellation, in CNY, every band at its mode.

    Args:
        vehicle: Name of the vehicle.
        recovery: Recovery mode.
        payload_kg: Payload to the orbit of the constellation with this recovery mode (kg).
        constellation: The constellation.
        inputs: Cost inputs in place of those that come with the package.
        reserve_probability: Probability that the landing reserve suffices; multiplies that of the landing record. If left
            out, nothing is known of it, and the mean of ``NOTHING_COUNTED`` is taken.
        turnaround_days: Time from a launch until its booster can fly again (days).
        dispenser_fraction: Share of the payload that is no satellite; that of the constellation if None.
        most: Satellites that fit under the fairing; that of the constellation if None.

    Raises:
        CostQuestionError: As ``estimate_cost`` and ``satellites_per_launch``.
    """
    if reserve_probability is None:
        reserve_probability = float(NOTHING_COUNTED.mean)
    if not 0.0 <= reserve_probability <= 1.0:
        raise CostQuestionError(f"reserve_probability = {reserve_probability}: a probability lies in [0, 1]")
    inputs = load_cost_inputs(vehicle) if inputs is None else inputs
    factors = cost_factors(inputs, recovery, load_exchange_rate())
    dispenser = constellation.dispenser_fraction.mode if dispenser_fraction is None else dispenser_fraction
    life = None
    if recovery != "expendable":
        life = booster_life(inputs, recovery, reserve_probability * landing_belief(inputs).mean)
    landing = 0.0 if life is None else float(life.landing_probability)
    return LaunchService(
        name=inputs.name,
        factors=factors,
        satellites_per_launch=satellites_per_launch(
            payload_kg,
            constellation.satellite_mass_kg.mode,
            dispenser_fraction=dispenser,
            most=constellation.most(vehicle) if most is None else most,
        ),
        mission_success=inputs.operations.mission_success_probability.mode,
        landing_probability=landing,
        intact_probability=_mode(inputs.operations.intact_probability) if life is not None else 1.0,
        max_flights=_mode(inputs.operations.max_flights) if life is not None else 1.0,
        turnaround_days=turnaround_days,
    )


def _mode(band: Band | None) -> float:
    return 1.0 if band is None else band.mode


@dataclass(frozen=True, slots=True)
class Deployment:
    """Deployment and upkeep of a constellation on one vehicle.

    Costs are in the currency of the factors of the service, each at its own launch rate.

    Attributes:
        launches: Launches to deploy it.
        years_left: Years from the count in orbit to the deadline.
        build_out: The fleet at the rate that meets the deadline.
        steady: The fleet that replaces satellites at the end of their life.
        cost_to_deadline: Cost of all launches to the deadline.
        cost_per_year_steady: Cost of the launches of a year in steady state.
        cost_per_satellite: Launch cost of a satellite in steady state.
    """

    launches: int
    years_left: float
    build_out: FleetNeed
    steady: FleetNeed
    cost_to_deadline: float
    cost_per_year_steady: float
    cost_per_satellite: float


def deployment(constellation: Constellation, service: LaunchService, milestone: Milestone | None = None) -> Deployment:
    """Return the deployment of a constellation by its deadline on one vehicle, and its upkeep.

    Args:
        constellation: The constellation.
        service: The vehicle.
        milestone: Number and date in place of the whole constellation at its deadline.

    Raises:
        CostQuestionError: For a constellation without a deadline, or a milestone that is not after the count in orbit.
    """
    if milestone is None and constellation.deadline is None:
        raise CostQuestionError(f"{constellation.name} has no deadline: give it one to plan its deployment")
    goal = constellation.every_milestone[-1] if milestone is None else milestone
    years = (goal.deadline - constellation.in_orbit_date).days / DAYS_PER_YEAR
    per_launch, success = service.satellites_per_launch, service.mission_success
    life = constellation.life_years.mode
    rate = launches_per_year_by(
        goal.satellites, per_launch, years, life, in_orbit=constellation.in_orbit, mission_success=success
    )
    steady = steady_launches_per_year(goal.satellites, per_launch, life, success)
    steady_cost = service.cost_per_launch_at(steady)
    return Deployment(
        launches=launches_to_deploy(max(goal.satellites - constellation.in_orbit, 0), per_launch, success),
        years_left=years,
        build_out=service.fleet_at(rate),
        steady=service.fleet_at(steady),
        cost_to_deadline=rate * years * service.cost_per_launch_at(rate) if rate > 0.0 else 0.0,
        cost_per_year_steady=steady * steady_cost,
        cost_per_satellite=steady_cost / (per_launch * success),
    )
