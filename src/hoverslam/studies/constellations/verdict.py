"""The verdict on a constellation: whether the launch rates that are planned meet its deadline, in a few sentences."""

from collections.abc import Sequence

from hoverslam.economics.inputs.constellations import Constellation, load_constellations
from hoverslam.studies.constellations.need_row import NEVER, TOGETHER, NeedRow
from hoverslam.studies.constellations.tables import BILLION, MILLION, cost_band


def of_goal(rows: Sequence[NeedRow], name: str, deadline: str | None = None) -> list[NeedRow]:
    """Return the rows of a constellation at one of its dates.

    Args:
        rows: Rows of any constellations.
        name: Key of the constellation.
        deadline: The date; if left out the last date, or no date for a constellation without one.
    """
    of_it = [row for row in rows if row.constellation == name]
    if deadline is None and of_it:
        deadline = max((row.deadline for row in of_it if row.deadline is not None), default=None)
    return [row for row in of_it if row.deadline == deadline]


def verdict(rows: Sequence[NeedRow], name: str) -> list[str]:
    """Return sentences that state whether the launch rates that are planned meet the constellation's deadline.

    There are none for a constellation without a deadline, and where no vehicle that can be hired is among the rows.

    Args:
        rows: Rows of the demand.
        name: Key of the constellation.
    """
    constellation = load_constellations()[name]
    last = of_goal(rows, name)
    judged = [
        row for row in last if row.vehicle not in (TOGETHER, *constellation.for_scale) and row.met_high is not None
    ]
    if not judged or last[0].deadline is None:
        return []
    lines = [_asked(constellation, last[0])]
    met = [row for row in judged if row.met_high]
    if met:
        lines.append(f"Met in time by {_names(met)}, at the high end of the launch rates planned.")
    else:
        lines.append(_unmet(judged))
    least = min(judged, key=lambda row: row.launches_per_year_needed or 0.0)
    lines.append(
        f"Fewest launches: {flight_name(least)}, {least.launches_per_year_needed:,.0f} launches a year with "
        f"{least.satellites_per_launch} satellites each."
    )
    cheapest = min(judged, key=lambda row: row.cost_to_deadline_cny_p50 or 0.0)
    lines.append(
        f"Least cost, without satellites: {flight_name(cheapest)}, "
        f"{cost_band('cost_to_deadline', BILLION)(cheapest)} bn CNY to the deadline, "
        f"{cost_band('cost_per_satellite', MILLION, ',.1f')(cheapest)} M CNY a satellite."
    )
    return lines + [_all(row) for row in last if row.vehicle == TOGETHER]


def _asked(constellation: Constellation, row: NeedRow) -> str:
    life = constellation.life_years.mode
    return (
        f"{row.satellites:,} satellites by {row.deadline}, of which {constellation.in_orbit:,} were in orbit on "
        f"{constellation.in_orbit_date}. With a life of {life:g} years, {row.satellites / life:,.0f} a year must be "
        "launched to keep that number."
    )


def _unmet(judged: Sequence[NeedRow]) -> str:
    best = max(judged, key=lambda row: row.in_orbit_at_deadline_high or 0.0)
    return (
        f"Not met by any vehicle alone at any launch rate planned. The nearest is {flight_name(best)}: at "
        f"{best.planned_per_year_high:,.0f} launches a year it has {best.in_orbit_at_deadline_high:,.0f} in orbit at "
        f"the deadline and never keeps more than {best.most_kept_high:,.0f}. The deadline needs "
        f"{best.times_planned_high:,.1f} times that rate: {best.missing_per_year_high:,.0f} launches a year are missing."
    )


def _all(row: NeedRow) -> str:
    """Return a sentence on the number in orbit if all available vehicles serve this constellation together."""
    end = f"{row.in_orbit_at_deadline_high:,.0f} in orbit at the deadline at the high end of all plans"
    share = 100.0 * (row.in_orbit_at_deadline_high or 0.0) / row.satellites
    outcome = (
        "the number is never met" if row.date_met_high == NEVER else f"the number is first met on {row.date_met_high}"
    )
    rates = f"{row.planned_per_year_high:,.0f} launches a year, {share:.0f} %"
    return (
        f"All available vehicles together, each {row.recovery}, with every launch they plan: {end} ({rates}), {outcome}; "
        f"{row.in_orbit_at_deadline_mode:,.0f} at the most likely rates ({row.planned_per_year_mode:,.0f} a year)."
    )


def flight_name(row: NeedRow) -> str:
    """Return vehicle and recovery mode for a person."""
    return f"{row.vehicle} {row.recovery.replace('_', ' ')}"


def _names(rows: Sequence[NeedRow]) -> str:
    return ", ".join(flight_name(row) for row in rows)
