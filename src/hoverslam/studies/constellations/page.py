"""The demand as a Markdown page: the verdict first, then needs, costs, the results of the plans, and how to read them."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from hoverslam.data.figures import Band
from hoverslam.economics.inputs.constellations import Constellation, load_constellations
from hoverslam.economics.inputs.loading import load_cost_inputs, load_exchange_rate
from hoverslam.economics.questions.demand import LaunchService
from hoverslam.reports.markdown import markdown_page
from hoverslam.reports.tables import Column
from hoverslam.studies.constellations import tables
from hoverslam.studies.constellations.checks import CheckRow
from hoverslam.studies.constellations.need_row import FIT, MOST, TOGETHER, NeedRow
from hoverslam.studies.constellations.tables import dates, span
from hoverslam.studies.constellations.verdict import flight_name, of_goal, verdict
from hoverslam.vehicles.places import load_orbit

PAGE = Path(__file__).parent / "files" / "constellations.md.jinja"


class MilestoneLine(NamedTuple):
    """A line of the table of milestones; every value is text."""

    satellites: str
    deadline: str
    nearest: str
    in_orbit: str
    together: str
    first_met: str


MILESTONES: tuple[Column[MilestoneLine], ...] = (
    Column("satellites"),
    Column("deadline", "by", right=False),
    Column("nearest", "nearest vehicle alone", right=False),
    Column("in_orbit", "in orbit then"),
    Column("together", "all together"),
    Column("first_met", "first met together on", right=False),
)


class PageSection(NamedTuple):
    """What the page states of one constellation."""

    found: Constellation
    sentences: list[str]
    orbit: str
    source: str
    bound_by_fairing: str
    single: list[NeedRow]
    able: list[NeedRow]
    planned: list[NeedRow]
    milestones: list[MilestoneLine]


def page(rows: Sequence[NeedRow], checks: Sequence[CheckRow]) -> str:
    """Return the page.

    Args:
        rows: All rows of the demand.
        checks: Years that were launched, beside what the model carries.
    """
    names = list(dict.fromkeys(row.constellation for row in rows))
    flown = {(r.vehicle, r.recovery, r.orbit): r.verified for r in rows if r.vehicle != TOGETHER}
    defaults = {field.name: field.default for field in dataclasses.fields(LaunchService)}
    return markdown_page(
        PAGE,
        verified=sum(flown.values()),
        flights=len(flown),
        sections=[_section(rows, name) for name in names],
        dated=any(row.deadline for row in rows),
        checks=checks,
        release_orbit=_release_orbit(checks),
        turnaround_days=defaults["turnaround_days"],
        utilisation=defaults["utilisation"],
        rate=load_exchange_rate(),
        plans=_plans(rows),
        MILESTONES=MILESTONES,
        **{name: getattr(tables, name) for name in ("NEEDS", "KEEPS", "COSTS", "PLANS", "CHECKS")},
    )


def _section(rows: Sequence[NeedRow], name: str) -> PageSection:
    found = load_constellations()[name]
    last = of_goal(rows, name)
    single = [row for row in last if row.vehicle != TOGETHER]
    return PageSection(
        found=found,
        sentences=verdict(rows, name),
        orbit=load_orbit(found.orbit).title,
        source=found.source[:1].upper() + found.source[1:],
        bound_by_fairing=_bound_by_fairing(single, found.satellite_mass_kg.mode),
        single=single,
        able=[row for row in single if row.status == FIT],
        planned=[row for row in last if row.status == FIT],
        milestones=list(_milestones(rows, found, name)),
    )


def _bound_by_fairing(rows: Sequence[NeedRow], mass: float) -> str:
    """Return, in words, the flights whose limit is the fairing, with the payload that they leave unused."""
    return ", ".join(
        f"{flight_name(row)} ({row.satellites_per_launch} satellites of "
        f"{(row.satellites_per_launch or 0) * mass / 1e3:.1f} t on {(row.payload_kg or 0.0) / 1e3:.1f} t of payload)"
        for row in rows
        if row.limited_by == "fairing"
    )


def _milestones(rows: Sequence[NeedRow], found: Constellation, name: str) -> Iterator[MilestoneLine]:
    """Yield a line for each milestone: the nearest vehicle with its plan, and all vehicles together."""
    for goal in found.every_milestone:
        of_it = of_goal(rows, name, f"{goal.deadline}")
        hired = [r for r in of_it if r.vehicle not in (TOGETHER, *found.for_scale) and r.met_high is not None]
        if not hired:
            continue
        best = max(hired, key=lambda row: row.in_orbit_at_deadline_high or 0.0)
        every = next((row for row in of_it if row.vehicle == TOGETHER and row.recovery == MOST), None)
        plan = f"{span('planned_per_year')(best)} of {best.launches_per_year_needed:,.0f} a year needed"
        yield MilestoneLine(
            satellites=f"{goal.satellites:,}",
            deadline=f"{goal.deadline}",
            nearest=f"{flight_name(best)}, {plan}",
            in_orbit=span("in_orbit_at_deadline")(best),
            together="" if every is None else span("in_orbit_at_deadline")(every),
            first_met="" if every is None else dates(every),
        )


def _release_orbit(checks: Sequence[CheckRow]) -> str:
    """Return the orbit in which satellites are released, if it is below their own; empty if it is not."""
    released = load_constellations()[checks[0].constellation].release_orbit if checks else None
    return "" if released is None else load_orbit(released).title.split(",")[0]


def _plans(rows: Sequence[NeedRow]) -> list[tuple[str, Band]]:
    """Return the vehicles whose plans are used, each with its band of launches a year."""
    vehicles = dict.fromkeys(row.vehicle for row in rows if row.planned_per_year_mode is not None)
    return [(v, load_cost_inputs(v).operations.launches_per_year) for v in vehicles if v != TOGETHER]
