"""Rows of the demand: one vehicle in one recovery mode against one milestone of a constellation.

Launches, boosters and costs are computed at the launch rate that meets the milestone. The row also holds the result of the
launch rate that is planned for the vehicle. A value that does not exist is None and becomes an empty cell.
"""

from dataclasses import dataclass, fields
from typing import Any, TypeAlias

NEVER = "never"  # in place of a date
TOGETHER, MOST, RETURNING = "all together", "as it carries most", "coming back if it can"
FIT = "ok"  # status of a row that has all its numbers


@dataclass(frozen=True)
class NeedRow:
    """One milestone on one vehicle. The names carry the units.

    ``needed`` holds at the constant launch rate that meets the milestone, ``kept`` at the one that keeps its number of
    satellites; ``mode`` and ``high`` hold at the mode and the high end of the launch rates planned for the vehicle.
    ``status`` is "ok", or states why the other values are None. Costs are what the operator spends, in CNY.
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


Columns: TypeAlias = dict[str, Any]  # values of different types by the names of fields of a row
COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(NeedRow))
