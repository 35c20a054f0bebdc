"""Needs: launches, rates, fleets and costs of one vehicle for every milestone of a constellation."""

from collections.abc import Sequence
from dataclasses import replace

from hoverslam.economics.evidence.reliability import BetaBelief
from hoverslam.economics.inputs.constellations import Constellation, Milestone, load_constellations
from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import load_cost_inputs
from hoverslam.economics.inputs.sampling import Quantiles
from hoverslam.economics.questions.demand import (
    LaunchService,
    deployment,
    launch_service,
    launches_to_deploy,
    satellites_per_launch_band,
    steady_launches_per_year,
)
from hoverslam.economics.questions.estimate import estimate_cost
from hoverslam.economics.study import margin_belief
from hoverslam.margins.study.curve import load_margin_curve
from hoverslam.studies.cases import Case
from hoverslam.studies.constellations.need_row import Columns, NeedRow
from hoverslam.studies.constellations.prospects import with_plan
from hoverslam.studies.outcome import Outcome


def need_rows(name: str, case: Case, outcome: Outcome) -> list[NeedRow]:
    """Return a row for each milestone of a constellation, the whole constellation last.

    A constellation without a deadline gives one row without a date.

    Args:
        name: Key of the constellation.
        case: The case that was flown.
        outcome: Its outcome.
    """
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
        rows.append(
            aimed if service is None else _reaching(aimed, constellation, goal, service, reserve_suffices(case))
        )
    return rows


def _why(outcome: Outcome) -> str:
    """Return why a flight is not verified: the solver's status, or the errors of the re-flight."""
    row = outcome.row
    if not outcome.converged or row.refly_error is None or row.path_violation is None:
        return outcome.status
    return f"re-flight error {row.refly_error:.1e}, path violation {row.path_violation:.1e}"


def reserve_suffices(case: Case) -> float | BetaBelief:
    """Return the probability that the case's landing reserve suffices, or what is believed of it without a margin curve."""
    vehicle = case.loaded()
    known = None if vehicle.recovery is None else vehicle.recovery.reserve(case.recovery)[1]
    curve = load_margin_curve(vehicle.name, case.recovery)
    if case.recovery != "expendable" and known is not None and curve is not None and curve.belongs_to(vehicle):
        return known.si  # computed from the flights of that curve
    return margin_belief(vehicle, case.recovery, curve)[0]


def _mean(probability: float | BetaBelief) -> float:
    return float(probability.mean) if isinstance(probability, BetaBelief) else probability


def _served(
    row: NeedRow, constellation: Constellation, suffices: float | BetaBelief
) -> tuple[NeedRow, LaunchService | None]:
    """Return the row with the satellites of a launch, and the launch service; None if there is none, as the status states."""
    payload, most = row.payload_kg or 0.0, constellation.most(row.vehicle)
    try:
        low, high = satellites_per_launch_band(payload, constellation, most)
    except CostQuestionError:
        return replace(row, status="carries no satellite"), None
    row = replace(row, satellites_per_launch_low=low, satellites_per_launch_high=high)
    try:
        service = launch_service(row.vehicle, row.recovery, payload, constellation, reserve_probability=_mean(suffices))
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


def _reaching(
    row: NeedRow,
    constellation: Constellation,
    goal: Milestone | None,
    service: LaunchService,
    suffices: float | BetaBelief,
) -> NeedRow:
    """Return the row with what it needs and with the plan; where no launcher can fly so often, with that as its status."""
    try:
        needing = _needing(row, constellation, goal, service, suffices)
        return needing if goal is None else with_plan(needing, constellation, goal)
    except CostQuestionError as error:  # a launch rate beyond the cost model
        return replace(row, status=str(error).splitlines()[0])


# ---- requirements of a milestone -------------------------------------------------------------------------------------------
def _needing(
    row: NeedRow,
    constellation: Constellation,
    goal: Milestone | None,
    service: LaunchService,
    suffices: float | BetaBelief,
) -> NeedRow:
    """Return the row with launches, rates, fleets and costs for its number of satellites, and for its date if it has one."""
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


def _fleet(service: LaunchService, launches_per_year: float, when: str) -> Columns:
    """Return the columns of launches, boosters and upper stages a year; an expended vehicle has no fleet."""
    need = service.fleet_at(launches_per_year)
    return {
        f"launches_per_year_{when}": need.launches,
        f"boosters_built_per_year_{when}": need.boosters_built,
        f"upper_stages_built_per_year_{when}": need.upper_stages_built,
        f"boosters_in_fleet_{when}": need.boosters_in_fleet if service.landing_probability > 0.0 else None,
    }


def _launch_cost(row: NeedRow, launches_per_year: float, suffices: float | BetaBelief) -> Quantiles:
    """Return the cost of a launch (CNY) at a given launch rate; the uncertain cost inputs are sampled."""
    inputs = load_cost_inputs(row.vehicle).replace("the rate of the plan", launches_per_year=launches_per_year)
    payload = row.payload_kg or 0.0
    estimate = estimate_cost(row.vehicle, row.recovery, payload, reserve_probability=suffices, inputs=inputs)
    return estimate.cost_per_launch_cny


def _costs(name: str, cost: Quantiles, factor: float) -> Columns:
    return {f"{name}_{level}": factor * getattr(cost, level) for level in ("p10", "p50", "p90")}
