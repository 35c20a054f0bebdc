"""Tables of one launch for a terminal: payload and cost, events, limits, the arithmetic of the cost, the verdict."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from hoverslam.flights.outcome.verdict import verdict
from hoverslam.reports.fitting_table import FittingTable
from hoverslam.studies.events import FlightEvent
from hoverslam.studies.rows import Row

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hoverslam.economics.model.explained import ExplainRow
    from hoverslam.flights.outcome.limits_reached import LimitReached

ACTIVE = 0.999  # share of a limit from which on it is shown as active

# SI unit -> unit for a person, and the factor between them.
_SHOWN_IN = {
    "Pa": ("kPa", 1e-3),
    "Pa rad": ("kPa deg", 57.29577951308232e-3),
    "m/s2": ("g", 1 / 9.80665),
    "rad": ("deg", 57.29577951308232),
    "W/m2": ("W/m²", 1.0),
    "m": ("km", 1e-3),
}


def heading(row: Row, title: str, inclination_deg: float | None, stopped: object) -> "list[RenderableType]":
    """Return the lines above the tables; ``stopped`` if the solver did not converge."""
    plane = "" if inclination_deg is None else f" at {inclination_deg:.1f}°"
    first = Text(title, style="bold").append(f", {row.recovery.replace('_', ' ')}, to {row.orbit}{plane}", "not bold")
    if not stopped:
        return [first]
    return [first, Text("The solver did not converge. These are its last numbers, not a flight.", style="red")]


def numbers_table(row: Row, budget: Mapping[str, float]) -> FittingTable:
    """Return payload, first-stage propellant by use (kg), landing probability and cost."""
    table = FittingTable(show_header=False)
    table.add_column("what", style="bold")
    table.add_column("value", justify="right")
    table.add_column("unit")

    def add(what: str, value: float | None, unit: str, how: str = ",.0f", note: str = "", factor: float = 1.0) -> None:
        if value is not None:
            table.add_row(what, format(factor * value, how), f"{unit}{note}")

    add("payload", row.payload_kg, "kg")
    add("published payload", row.payload_published_kg, "kg", note=f" ({row.payload_published_status})")
    for use, mass in budget.items():
        add(f"first-stage propellant, {use}", mass, "kg")
    add("booster lands", row.landing_probability, "% (margin times landing record)", ".0f", factor=100.0)
    add("flights per booster", row.flights_per_booster, "", ".1f")
    add("cost per launch", row.cost_per_launch_cny, "M CNY", ",.1f", factor=1e-6)
    band = f" (10 to 90 %: {row.cost_per_kg_cny_p10 or 0:,.0f} to {row.cost_per_kg_cny_p90 or 0:,.0f})"
    add("cost per kilogram", row.cost_per_kg_cny_p50, "CNY", note=band)
    add("", row.cost_per_kg_usd_p50, "USD")
    add("operator's target", row.target_cny_per_kg, "CNY per kilogram")
    return table


def events_table(events: Iterable[FlightEvent]) -> FittingTable:
    """Return the events, one row each."""
    table = FittingTable("event", "time, s", "speed, m/s", "altitude, km", "downrange, km", header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    for event in events:
        table.add_row(event.name, *(f"{value:,.1f}" for value in event[1:]))
    return table


def limits_table(limits: "Sequence[LimitReached]") -> FittingTable:
    """Return each limit with the most that the flight reached of it; active limits are bold."""
    table = FittingTable("limit", "allowed", "reached", "unit", "where", header_style="bold")
    table.columns[1].justify = table.columns[2].justify = "right"
    for limit in _tightest(limits):
        unit, factor = _SHOWN_IN.get(limit.unit, (limit.unit, 1.0))
        allowed, reached = _short(limit.limit * factor), _short(limit.reached * factor)
        active = "bold" if limit.reached >= ACTIVE * limit.limit else ""
        where = f"{limit.phase.replace('_', ' ')}, {limit.time:.1f} s"
        table.add_row(limit.name.replace("_", " "), allowed, reached, unit, where, style=active)
    return table


def cost_table(rows: "Iterable[ExplainRow]") -> FittingTable:
    """Return the arithmetic of the cost."""
    table = FittingTable("cost, at the most likely inputs", "value", "formula", header_style="bold")
    table.columns[1].justify = "right"
    for row in rows:
        table.add_row(row.component.replace("_", " "), _short(row.value), row.formula)
    return table


def verdict_line(row: Row, status: str, iterations: int | None, converged: bool) -> Text:
    """Return the verdict of the re-flight with the solver's effort, in one line."""
    style = "green" if row.verified else "red"
    if iterations is None:
        return Text(f"not solved: {status}", style=style)
    effort = f"{iterations} iterations, {row.solve_s:.1f} s" if row.solve_s is not None else ""
    errors = f"re-flight error {row.refly_error:.1e}, path violation {row.path_violation:.1e}"
    return Text(f"{verdict(converged, row.verified).heading}: {status}, {errors}; {effort}", style=style)


def _short(value: float) -> str:
    """Return four digits, without an exponent between 1e3 and 1e9."""
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e9 else f"{value:.4g}"


def _tightest(limits: "Sequence[LimitReached]") -> "list[LimitReached]":
    """Return, of phases that share a limit, the one that came closest to it."""
    found: dict[tuple[str, float], LimitReached] = {}
    for limit in limits:
        key = (limit.name, limit.limit)
        if key not in found or limit.reached > found[key].reached:
            found[key] = limit
    return list(found.values())
