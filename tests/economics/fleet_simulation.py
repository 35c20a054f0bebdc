"""A fleet flown launch by launch: boosters are lost, toppled, turned round, retired, and built when needed.

The closed forms of ``fleet`` are its long run; the simulation adds what they leave out: the first years, the spread
from one history to the next, and how many boosters are really away at once.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.model.fleet import DAYS_PER_YEAR


@dataclass(frozen=True, slots=True)
class Fleet:
    """How a fleet is flown: launches at equal intervals, the booster longest ready first.

    ``turnaround_days`` is the mean time from a launch until its booster can fly again, ``turnaround_variation`` its
    coefficient of variation (0: always the mean; otherwise lognormal). A launch that finds no booster ready flies a
    new one.
    """

    launches_per_year: float
    turnaround_days: float
    landing_probability: float
    max_flights: int
    intact_probability: float = 1.0
    turnaround_variation: float = 0.0

    def __post_init__(self) -> None:
        for name in ("landing_probability", "intact_probability"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise CostQuestionError(f"{name} = {value}: a probability lies in [0, 1]")
        if not (self.launches_per_year > 0.0 and self.turnaround_days >= 0.0 and self.turnaround_variation >= 0.0):
            raise CostQuestionError(
                f"launches_per_year = {self.launches_per_year}, turnaround_days = {self.turnaround_days}, "
                f"turnaround_variation = {self.turnaround_variation}: give a rate above 0 and times of 0 or more"
            )
        if not (self.max_flights >= 1 and self.max_flights == int(self.max_flights)):
            raise CostQuestionError(f"max_flights = {self.max_flights}: give a whole number of 1 or more")


@dataclass(frozen=True, slots=True)
class FleetHistory:
    """What became of the boosters, one entry a replication, shape (replications,).

    ``built`` = ``lost_at_landing`` + ``lost_after_landing`` + ``retired`` + those still alive at the end.
    ``first_booster_flights`` are the flights of the first booster, and ``first_booster_ended`` whether that was its
    whole life. ``mean_away`` is the mean number of boosters away, seen at the launches of the second half.
    """

    built: NDArray[np.int64]
    lost_at_landing: NDArray[np.int64]
    lost_after_landing: NDArray[np.int64]
    retired: NDArray[np.int64]
    alive: NDArray[np.int64]
    first_booster_flights: NDArray[np.int64]
    first_booster_ended: NDArray[np.bool_]
    mean_away: NDArray[np.float64]


def simulate_fleet(fleet: Fleet, launches: int, *, replications: int = 1000, seed: int = 0) -> FleetHistory:
    """Fly a fleet from nothing for a number of launches, many times over.

    Each replication has a random stream of its own, spawned from ``seed`` by its number: the same in any order and in
    any number of replications. Raises ``CostQuestionError`` for fewer than one launch or replication.
    """
    if not (launches >= 1 and replications >= 1):
        raise CostQuestionError(f"launches = {launches}, replications = {replications}: give 1 or more of each")
    rows = [
        _one_history(fleet, launches, np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,))))
        for number in range(replications)
    ]
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return FleetHistory(*columns)


Row = tuple[int, int, int, int, int, int, bool, float]


def _one_history(fleet: Fleet, launches: int, generator: np.random.Generator) -> Row:
    landed = (generator.random(launches) < fleet.landing_probability).tolist()
    intact = (generator.random(launches) < fleet.intact_probability).tolist()
    turnarounds = _turnarounds(fleet, launches, generator)
    interval = DAYS_PER_YEAR / fleet.launches_per_year
    ready: list[tuple[float, int]] = []  # (day from which it can fly, booster), the longest ready first
    flights: list[int] = []
    lost = toppled = retired = 0
    first_ended = False
    away = 0
    for launch in range(launches):
        now = launch * interval
        if 2 * launch >= launches:
            away += sum(day > now for day, _ in ready)
        if ready and ready[0][0] <= now * (1.0 + 1e-12):  # ready on the day itself, whatever the rounding
            _, booster = heapq.heappop(ready)
        else:
            booster = len(flights)
            flights.append(0)
        flights[booster] += 1
        flown = flights[booster]
        if not landed[launch]:
            lost += 1
        elif not intact[launch]:
            toppled += 1
        elif flown >= fleet.max_flights:
            retired += 1
        else:
            heapq.heappush(ready, (now + turnarounds[launch], booster))
            continue
        first_ended = first_ended or booster == 0
    seen = launches - (launches + 1) // 2
    mean_away = away / seen if seen else 0.0
    return len(flights), lost, toppled, retired, len(ready), flights[0], first_ended, mean_away


def _turnarounds(fleet: Fleet, launches: int, generator: np.random.Generator) -> list[float]:
    if fleet.turnaround_variation == 0.0:
        return [fleet.turnaround_days] * launches
    variance = np.log1p(fleet.turnaround_variation**2)  # of the logarithm; the mean stays turnaround_days
    factors = np.exp(np.sqrt(variance) * generator.standard_normal(launches) - variance / 2.0)
    return [float(days) for days in fleet.turnaround_days * factors]
