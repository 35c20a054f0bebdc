"""Rows of the demand: one vehicle in one recovery mode against one milestone of a constellation.

What the milestone asks (launches, boosters, money) is computed at the launch rate that meets it; what comes of the
launch rate that is planned for the vehicle stands beside it. A value that does not exist is None, a blank cell.
"""

import datetime
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import load_cost_inputs
from hoverslam.economics.model.fleet import DAYS_PER_YEAR
from hoverslam.economics.questions.demand import (
    Constellation,
    LaunchService,
    Milestone,
    MilestoneOutcome,
    deployment,
    launch_service,
    launches_to_deploy,
    load_constellations,
    satellites_in_orbit,
    satellites_per_launch_band,
    steady_launches_per_year,
    years_until,
)
from hoverslam.economics.questions.estimate import Quantiles, estimate_cost
from hoverslam.vehicles.loading import load_vehicle

if TYPE_CHECKING:
    from hoverslam.studies.cases import Case
    from hoverslam.studies.outcome import Outcome

NEVER = "never"
TOGETHER, MOST, RETURNING = "all together", "as it carries most", "coming back if it can"
FIT = "ok"


@dataclass(frozen=True)
class NeedRow:
    """One milestone on one vehicle. Units are in the names.

    ``needed`` is at the constant launch rate that meets the milestone, ``kept`` at the one that holds its number for
    ever; ``mode`` and ``high`` are of the band of launch rates planned for the vehicle. ``status`` is "ok", or says why
    the rest is blank. Costs are what the operator spends, in CNY.
    """

    constellation: str
    vehicle: str
    recovery: str
    orbit: str
    satellites: int
    deadline: str | None = None
    status: str = FIT
    verified: bool = False
    payload_kg: float | None = None
    satellites_per_launch: int | None = None
    satellites_per_launch_low: int | None = None
    satellites_per_launch_high: int | None = None
    limited_by: str | None = None
    mission_success: float | None = None
    launches: int | None = None
    launches_per_year_needed: float | None = None
    launches_per_year_kept: float | None = None
    landing_probability: float | None = None
    flights_per_booster: float | None = None
    boosters_built_per_year_needed: float | None = None
    upper_stages_built_per_year_needed: float | None = None
    boosters_in_fleet_needed: float | None = None
    boosters_built_per_year_kept: float | None = None
    upper_stages_built_per_year_kept: float | None = None
    boosters_in_fleet_kept: float | None = None
    cost_per_launch_cny_p10: float | None = None
    cost_per_launch_cny_p50: float | None = None
    cost_per_launch_cny_p90: float | None = None
    cost_per_satellite_cny_p10: float | None = None
    cost_per_satellite_cny_p50: float | None = None
    cost_per_satellite_cny_p90: float | None = None
    cost_to_deadline_cny_p10: float | None = None
    cost_to_deadline_cny_p50: float | None = None
    cost_to_deadline_cny_p90: float | None = None
    cost_per_year_kept_cny_p10: float | None = None
    cost_per_year_kept_cny_p50: float | None = None
    cost_per_year_kept_cny_p90: float | None = None
    planned_per_year_mode: float | None = None
    planned_per_year_high: float | None = None
    satellites_per_year_mode: float | None = None
    satellites_per_year_high: float | None = None
    in_orbit_at_deadline_mode: float | None = None
    in_orbit_at_deadline_high: float | None = None
    met_mode: bool | None = None
    met_high: bool | None = None
    date_met_mode: str | None = None
    date_met_high: str | None = None
    most_kept_mode: float | None = None
    most_kept_high: float | None = None
    missing_per_year_mode: float | None = None
    missing_per_year_high: float | None = None
    times_planned_mode: float | None = None
    times_planned_high: float | None = None
    solve_s: float | None = None


COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(NeedRow))


def need_rows(name: str, case: "Case", outcome: "Outcome") -> list[NeedRow]:
    """A row for each milestone of the constellation, the whole of it last; one without a date where it has no deadline."""
    constellation = load_constellations()[name]
    flown = outcome.row
    base = NeedRow(name, flown.vehicle, flown.recovery, flown.orbit, constellation.satellites, solve_s=flown.solve_s)
    service = None
    if flown.verified and flown.payload_kg is not None:
        base = replace(base, verified=True, payload_kg=flown.payload_kg)
        base, service = _served(base, constellation, reserve_suffices(case))
    else:
        base = replace(base, status=f"no verified flight: {_why(outcome)}")
    goals: Sequence[Milestone | None] = constellation.every_milestone or (None,)
    rows = []
    for goal in goals:
        aimed = base if goal is None else replace(base, satellites=goal.satellites, deadline=f"{goal.deadline}")
        if service is not None:
            aimed = _needing(aimed, constellation, goal, service, reserve_suffices(case))
            aimed = aimed if goal is None else _planned(aimed, constellation, goal)
        rows.append(aimed)
    return rows


def _why(outcome: "Outcome") -> str:
    """Why a flight is not verified: the solver's word, or what the re-flight found."""
    row = outcome.row
    if not outcome.converged or row.refly_error is None or row.path_violation is None:
        return outcome.status
    return f"re-flight error {row.refly_error:.1e}, path violation {row.path_violation:.1e}"


def reserve_suffices(case: "Case") -> float:
    """Probability that the landing reserve the case is flown with suffices; 1 where that was never computed."""
    vehicle = load_vehicle(case.vehicle, case.overrides)
    if vehicle.recovery is None or case.recovery == "expendable":
        return 1.0
    known = vehicle.recovery.reserve(case.recovery)[1]
    return 1.0 if known is None else known.value


def _served(row: NeedRow, constellation: Constellation, suffices: float) -> tuple[NeedRow, LaunchService | None]:
    """What one launch carries, and the vehicle as a launch service; without one the row says why."""
    payload, most = row.payload_kg or 0.0, constellation.most(row.vehicle)
    try:
        low, high = satellites_per_launch_band(payload, constellation, most)
    except CostQuestionError:
        return replace(row, status="carries no satellite"), None
    row = replace(row, satellites_per_launch_low=low, satellites_per_launch_high=high)
    try:
        service = launch_service(row.vehicle, row.recovery, payload, constellation, reserve_probability=suffices)
    except CostQuestionError as error:
        heavy = "carries no satellite" in str(error)
        return replace(row, status="carries no satellite of the likeliest mass" if heavy else str(error)), None
    row = replace(
        row,
        satellites_per_launch=service.satellites_per_launch,
        limited_by="fairing" if service.satellites_per_launch == most else "payload",
        mission_success=service.mission_success,
        landing_probability=None if row.recovery == "expendable" else service.landing_probability,
    )
    return row, service


# ---- what a milestone asks -------------------------------------------------------------------------------------------
def _needing(
    row: NeedRow, constellation: Constellation, goal: Milestone | None, service: LaunchService, suffices: float
) -> NeedRow:
    """The row with launches, rates, fleets and costs of its number of satellites, by its date where it has one."""
    per_launch, success = service.satellites_per_launch, service.mission_success
    kept = steady_launches_per_year(row.satellites, per_launch, constellation.life_years.mode, success)
    left = max(row.satellites - constellation.in_orbit, 0)
    row = replace(row, launches=launches_to_deploy(left, per_launch, success), **_fleet(service, kept, "kept"))
    plan = None if goal is None else deployment(constellation, service, goal)
    steady = launch = _launch_cost(row, kept, suffices)
    if plan is not None and plan.build_out.launches > 0.0:
        rate = plan.build_out.launches
        launch = _launch_cost(row, rate, suffices)
        row = replace(row, **_fleet(service, rate, "needed"))
        row = replace(row, **_costs("cost_to_deadline_cny", launch, rate * plan.years_left))
    return replace(
        row,
        flights_per_booster=kept / service.fleet_at(kept).boosters_built,
        **_costs("cost_per_launch_cny", launch, 1.0),
        **_costs("cost_per_satellite_cny", launch, 1.0 / (per_launch * success)),
        **_costs("cost_per_year_kept_cny", steady, kept),
    )


def _fleet(service: LaunchService, launches_per_year: float, when: str) -> dict[str, Any]:
    """Columns of the launches, boosters and upper stages of a year; an expended vehicle has no fleet."""
    need = service.fleet_at(launches_per_year)
    return {
        f"launches_per_year_{when}": need.launches,
        f"boosters_built_per_year_{when}": need.boosters_built,
        f"upper_stages_built_per_year_{when}": need.upper_stages_built,
        f"boosters_in_fleet_{when}": need.boosters_in_fleet if service.landing_probability > 0.0 else None,
    }


def _launch_cost(row: NeedRow, launches_per_year: float, suffices: float) -> Quantiles:
    """Cost of a launch (CNY) at a launch rate; what is not known of the vehicle is sampled, the rate is given."""
    inputs = load_cost_inputs(row.vehicle).replace("the rate of the plan", launches_per_year=launches_per_year)
    payload = row.payload_kg or 0.0
    estimate = estimate_cost(row.vehicle, row.recovery, payload, reserve_probability=suffices, inputs=inputs)
    return estimate.cost_per_launch_cny


def _costs(name: str, cost: Quantiles, factor: float) -> dict[str, Any]:
    return {f"{name}_{level}": factor * getattr(cost, level) for level in ("p10", "p50", "p90")}


# ---- what comes of the launches that are planned -----------------------------------------------------------------------
class Prospect(NamedTuple):
    """What a constant number of satellites a year, launched from the date of the count, comes to at a milestone."""

    in_orbit: float
    met: bool
    date_met: str
    most_kept: float


def prospect(constellation: Constellation, satellites_per_year: float, goal: Milestone) -> Prospect:
    """The number in orbit at the milestone, whether that meets it, when it is first met, and the number kept for ever."""
    life, start = constellation.life_years.mode, constellation.in_orbit_date
    years = (goal.deadline - start).days / DAYS_PER_YEAR
    alive = satellites_in_orbit(
        years, [satellites_per_year] * math.ceil(years), 1.0, life, in_orbit=constellation.in_orbit
    )
    until = years_until(goal.satellites, satellites_per_year, 1.0, life, in_orbit=constellation.in_orbit)
    date = NEVER if math.isinf(until) else f"{start + datetime.timedelta(days=math.ceil(until * DAYS_PER_YEAR))}"
    outcome = MilestoneOutcome(goal, float(alive[0]))
    return Prospect(outcome.in_orbit, outcome.met, date, satellites_per_year * life)


def _planned(row: NeedRow, constellation: Constellation, goal: Milestone) -> NeedRow:
    """The row with what the vehicle's planned launch rates give, all its launches taken for this constellation."""
    band = load_cost_inputs(row.vehicle).operations.launches_per_year
    delivered = (row.satellites_per_launch or 0) * (row.mission_success or 0.0)
    needed = row.launches_per_year_needed or 0.0
    columns: dict[str, Any] = {}
    for end, launches in (("mode", band.mode), ("high", band.high)):
        columns |= _prospects(constellation, launches * delivered, goal, end)
        columns[f"planned_per_year_{end}"] = launches
        columns[f"missing_per_year_{end}"] = max(needed - launches, 0.0)
        columns[f"times_planned_{end}"] = needed / launches
    return replace(row, **columns)


def _prospects(constellation: Constellation, satellites_per_year: float, goal: Milestone, end: str) -> dict[str, Any]:
    found = prospect(constellation, satellites_per_year, goal)
    return {
        f"satellites_per_year_{end}": satellites_per_year,
        f"in_orbit_at_deadline_{end}": found.in_orbit,
        f"met_{end}": found.met,
        f"date_met_{end}": found.date_met,
        f"most_kept_{end}": found.most_kept,
    }


def best_modes(rows: Iterable[NeedRow], returning: bool = False) -> list[NeedRow]:
    """Of each vehicle the row that carries most satellites, in the order of the vehicles; rows of one milestone.

    ``returning`` leaves out what is expended of the vehicles that can come back.
    """
    carrying = [row for row in rows if row.satellites_per_launch is not None and row.vehicle != TOGETHER]
    able = {row.vehicle for row in carrying if row.recovery != "expendable"} if returning else set()
    best: dict[str, NeedRow] = {}
    for row in carrying:
        if row.vehicle in able and row.recovery == "expendable":
            continue
        known = best.setdefault(row.vehicle, row)
        if (row.satellites_per_launch or 0) > (known.satellites_per_launch or 0):
            best[row.vehicle] = row
    return list(best.values())


def together(rows: Sequence[NeedRow]) -> list[NeedRow]:
    """Rows for all vehicles that can be hired at once, every launch they plan taken for one constellation.

    Two a milestone: each vehicle as it carries most, and each coming back if it can. ``rows`` are those of one
    constellation; nothing comes of fewer than two vehicles.
    """
    found = []
    for goal in load_constellations()[rows[0].constellation].every_milestone if rows else ():
        of_goal = [row for row in rows if row.deadline == f"{goal.deadline}"]
        for how, returning in ((MOST, False), (RETURNING, True)):
            row = _together(best_modes(of_goal, returning), how, goal)
            found += [] if row is None else [row]
    return found


def _together(fleet: Sequence[NeedRow], how: str, goal: Milestone) -> NeedRow | None:
    if not fleet:
        return None
    name, orbit = fleet[0].constellation, fleet[0].orbit
    constellation = load_constellations()[name]
    fleet = [row for row in fleet if row.vehicle not in constellation.for_scale]
    if len(fleet) < 2:
        return None
    columns: dict[str, Any] = {}
    for end in ("mode", "high"):
        columns[f"planned_per_year_{end}"] = sum(getattr(row, f"planned_per_year_{end}") for row in fleet)
        satellites = sum(getattr(row, f"satellites_per_year_{end}") for row in fleet)
        columns |= _prospects(constellation, satellites, goal, end)
    return NeedRow(name, TOGETHER, how, orbit, goal.satellites, f"{goal.deadline}", verified=True, **columns)


# ---- the check -------------------------------------------------------------------------------------------------------
class CheckRow(NamedTuple):
    """A year of launches that happened, beside what the model carries to one orbit."""

    constellation: str
    year: int
    vehicle: str
    recovery: str
    orbit: str
    launches: int
    satellites: int
    payload_kg: float | None
    model_low: int | None
    model: int | None
    model_high: int | None
    status: str

    @property
    def flown(self) -> float:
        """Satellites a launch as flown."""
        return self.satellites / self.launches

    @property
    def within(self) -> bool:
        """Whether what was flown lies within the model's band, to the whole satellite."""
        if self.model_low is None or self.model_high is None:
            return False
        return self.model_low <= round(self.flown) <= self.model_high


def check_rows(name: str, case: "Case", outcome: "Outcome") -> list[CheckRow]:
    """A row for each year that this vehicle launched the constellation in this mode; none if it did not."""
    constellation = load_constellations()[name]
    flown = outcome.row
    rows = need_rows(name, case, outcome)[-1:]
    return [
        CheckRow(
            name, year.year, flown.vehicle, flown.recovery, flown.orbit, year.launches, year.satellites, row.payload_kg,
            row.satellites_per_launch_low, row.satellites_per_launch, row.satellites_per_launch_high, row.status,
        )
        for year in constellation.launched
        if (year.vehicle, year.recovery) == (flown.vehicle, flown.recovery)
        for row in rows
    ]  # fmt: skip
