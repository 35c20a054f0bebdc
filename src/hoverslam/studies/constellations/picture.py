"""The picture of a demand: satellites in orbit over time at the launch rates that are planned, and the milestones."""

import datetime
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hoverslam.economics.inputs.constellations import Constellation, load_constellations
from hoverslam.economics.inputs.loading import cost_vehicles
from hoverslam.economics.model.fleet import DAYS_PER_YEAR
from hoverslam.economics.questions.demand import satellites_in_orbit
from hoverslam.reports.pictures import COLOURS, plain_axis
from hoverslam.studies.constellations.need_row import MOST, TOGETHER, NeedRow
from hoverslam.studies.constellations.prospects import best_modes
from hoverslam.studies.constellations.verdict import of_goal

_MOST_LINES = 6
_LEAST = 0.01  # share of the constellation; a vehicle that keeps fewer satellites gets no line


def names_to_draw(rows: Sequence[NeedRow]) -> list[str]:
    """Return the constellations that have a deadline and at least one line to draw."""
    return [name for name in dict.fromkeys(row.constellation for row in rows) if _drawn(rows, name)]


def draw_constellations(rows: Sequence[NeedRow]) -> Figure:
    """Return a picture with a panel a constellation and two lines a vehicle: the likeliest and the highest planned rate.

    Raises:
        ValueError: Where there is nothing to draw.
    """
    names = names_to_draw(rows)
    if not names:
        raise ValueError("no flight serves a constellation with a deadline: there is nothing to draw")
    figure = Figure(figsize=(7.2 * len(names), 6.2), layout="constrained")
    for axis, name in zip(np.atleast_1d(figure.subplots(1, len(names))), names, strict=True):
        _panel(axis, load_constellations()[name], _drawn(rows, name))
    figure.suptitle("Satellites in orbit if every launch planned were for this constellation", fontweight="bold")
    figure.supxlabel(
        "each vehicle as it carries most; solid: the high end of the launch rates planned, dotted: the likeliest; "
        "red: what must be in orbit by when",
        fontsize=10,
    )
    return figure


def _drawn(rows: Sequence[NeedRow], name: str) -> list[NeedRow]:
    """Return the rows to draw: all vehicles together, and those that bring most a year, each in the mode with most payload."""
    last = [row for row in of_goal(rows, name) if row.satellites_per_year_high is not None]
    worth_a_line = [row for row in best_modes(last) if (row.most_kept_high or 0.0) > _LEAST * row.satellites]
    best = sorted(worth_a_line, key=lambda row: -(row.satellites_per_year_high or 0.0))
    return [row for row in last if row.vehicle == TOGETHER and row.recovery == MOST] + best[:_MOST_LINES]


def _panel(axis: Axes, found: Constellation, drawn: Sequence[NeedRow]) -> None:
    start, goals = found.in_orbit_date, found.every_milestone
    years = np.linspace(0.0, (goals[-1].deadline - start).days / DAYS_PER_YEAR + 0.5, 600)
    begin, ends = _year(start), []
    for row, colour in zip(drawn, _colours(drawn), strict=True):
        likely, high = (_alive(found, row, end, years) for end in ("mode", "high"))
        if row.vehicle == TOGETHER:
            axis.fill_between(begin + years, likely, high, color=colour, alpha=0.1, linewidth=0)
        axis.plot(begin + years, high, color=colour, linewidth=2.0)
        axis.plot(begin + years, likely, color=colour, linewidth=1.1, linestyle=":")
        rates = f"{row.planned_per_year_mode:,.0f} to {row.planned_per_year_high:,.0f} a year"
        ends.append((float(high[-1]), f"{row.vehicle.replace('_', ' ')}\n{rates}", colour))
    for goal in goals:
        _goal(axis, _year(goal.deadline), goal.satellites, near=_year(goal.deadline) - begin < 0.1 * years[-1])
    axis.set_yscale("log")
    axis.set_ylim(100, max(2.0 * goals[-1].satellites, 1.2 * max(height for height, _, _ in ends)))
    axis.set_xlim(begin, begin + years[-1])
    _label_ends(axis, ends, begin + years[-1])
    axis.set_title(f"{found.name}: {found.satellites:,} by {found.deadline}", fontsize=12, loc="left")
    axis.set_xlabel("year")
    axis.set_ylabel("satellites in orbit")
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    plain_axis(axis)


def _year(date: datetime.date) -> float:
    return date.year + date.timetuple().tm_yday / DAYS_PER_YEAR


def _colours(drawn: Sequence[NeedRow]) -> list[str]:
    """Return a colour a row: black for all together, and for each vehicle the same colour in every panel."""
    known = sorted(cost_vehicles())
    return ["#222222" if row.vehicle == TOGETHER else COLOURS[known.index(row.vehicle) % len(COLOURS)] for row in drawn]


def _goal(axis: Axes, when: float, satellites: int, near: bool) -> None:
    axis.plot(when, satellites, "D", color="#bb0000", markersize=7, zorder=5)
    axis.annotate(
        f"{satellites:,}", (when, satellites), (9 if near else -9, 3), textcoords="offset points", zorder=6,
        ha="left" if near else "right", color="#bb0000", fontsize=10, fontweight="bold",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 1},
    )  # fmt: skip


def _alive(found: Constellation, row: NeedRow, end: str, years: NDArray[np.float64]) -> NDArray[np.float64]:
    rate = float(getattr(row, f"satellites_per_year_{end}"))
    launches = [rate] * int(np.ceil(years[-1]))
    return satellites_in_orbit(years, launches, 1.0, found.life_years.mode, in_orbit=found.in_orbit)


def _label_ends(axis: Axes, ends: Sequence[tuple[float, str, str]], right: float) -> None:
    """Write the names beside the ends of the lines, moved apart where they would overlap."""
    bottom, top = axis.get_ylim()
    apart = (top / bottom) ** 0.075  # on a log scale a factor is a distance
    below = np.inf
    for height, text, colour in sorted(ends, reverse=True):
        below = min(height, below / apart)
        axis.annotate(
            text, (right, below), (6, 0), textcoords="offset points", va="center", color=colour, fontsize=9,
            annotation_clip=False,
        )  # fmt: skip
