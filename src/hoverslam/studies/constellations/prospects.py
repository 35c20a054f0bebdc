"""Prospects: the satellites in orbit at a milestone, if the launches that are planned for a vehicle all serve it."""

import datetime
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from hoverslam.economics.inputs.constellations import Constellation, Milestone, load_constellations
from hoverslam.economics.inputs.loading import load_cost_inputs
from hoverslam.economics.model.fleet import DAYS_PER_YEAR
from hoverslam.economics.questions.demand import MilestoneOutcome, satellites_in_orbit, years_until
from hoverslam.studies.constellations.need_row import FIT, MOST, NEVER, RETURNING, TOGETHER, Columns, NeedRow


class Prospect(NamedTuple):
    """The result, at a milestone, of a constant number of satellites a year from the date of the count in orbit.

    Attributes:
        in_orbit: Satellites in orbit at the milestone.
        met: Whether that meets the milestone.
        date_met: Date on which the milestone's number is first in orbit, or "never".
        most_kept: Number that this rate keeps in orbit.
    """

    in_orbit: float
    met: bool
    date_met: str
    most_kept: float


def prospect(constellation: Constellation, satellites_per_year: float, goal: Milestone) -> Prospect:
    """Return the prospect of a constellation at a milestone, with the satellites' life at its mode.

    Args:
        constellation: The constellation.
        satellites_per_year: Satellites launched per year.
        goal: The milestone.
    """
    life, start = constellation.life_years.mode, constellation.in_orbit_date
    years = (goal.deadline - start).days / DAYS_PER_YEAR
    alive = satellites_in_orbit(
        years, [satellites_per_year] * math.ceil(years), 1.0, life, in_orbit=constellation.in_orbit
    )
    until = years_until(goal.satellites, satellites_per_year, 1.0, life, in_orbit=constellation.in_orbit)
    date = NEVER if math.isinf(until) else f"{start + datetime.timedelta(days=math.ceil(until * DAYS_PER_YEAR))}"
    outcome = MilestoneOutcome(goal, float(alive[0]))
    return Prospect(outcome.in_orbit, outcome.met, date, satellites_per_year * life)


def with_plan(row: NeedRow, constellation: Constellation, goal: Milestone) -> NeedRow:
    """Return the row with the result of the vehicle's planned launch rates, if all its launches serve this constellation."""
    band = load_cost_inputs(row.vehicle).operations.launches_per_year
    delivered = (row.satellites_per_launch or 0) * (row.mission_success or 0.0)
    needed = row.launches_per_year_needed or 0.0
    columns: Columns = {}
    for end, launches in (("mode", band.mode), ("high", band.high)):
        columns |= _prospects(constellation, launches * delivered, goal, end)
        columns[f"planned_per_year_{end}"] = launches
        columns[f"missing_per_year_{end}"] = max(needed - launches, 0.0)
        columns[f"times_planned_{end}"] = needed / launches
    return replace(row, **columns)


def _prospects(constellation: Constellation, satellites_per_year: float, goal: Milestone, end: str) -> Columns:
    """Return the columns of a prospect; ``end`` is the end of the band of launch rates, "mode" or "high"."""
    found = prospect(constellation, satellites_per_year, goal)
    return {
        f"satellites_per_year_{end}": satellites_per_year,
        f"in_orbit_at_deadline_{end}": found.in_orbit,
        f"met_{end}": found.met,
        f"date_met_{end}": found.date_met,
        f"most_kept_{end}": found.most_kept,
    }


def best_modes(rows: Iterable[NeedRow], returning: bool = False) -> list[NeedRow]:
    """Return, for each vehicle, the row with most satellites a launch, in the order of the vehicles.

    Args:
        rows: Rows of one milestone.
        returning: Whether a vehicle that can come back is only taken with a recovery.
    """
    carrying = [
        row for row in rows if row.status == FIT and row.satellites_per_launch is not None and row.vehicle != TOGETHER
    ]
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
    """Return rows for all available vehicles together, if every launch that they plan serves one constellation.

    There are two rows a milestone: one with each vehicle in the recovery mode that carries most, and one with each vehicle
    recovered if it can be. Fewer than two vehicles give no row.

    Args:
        rows: Rows of one constellation.
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
    columns: Columns = {}
    for end in ("mode", "high"):
        columns[f"planned_per_year_{end}"] = sum(getattr(row, f"planned_per_year_{end}") for row in fleet)
        satellites = sum(getattr(row, f"satellites_per_year_{end}") for row in fleet)
        columns |= _prospects(constellation, satellites, goal, end)
    return NeedRow(name, TOGETHER, how, orbit, goal.satellites, f"{goal.deadline}", verified=True, **columns)
