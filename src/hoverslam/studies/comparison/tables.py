"""The comparison as tables: CSV for programs, Markdown for the repository, the same cells in a terminal.

The CSV is rounded to what the numbers are worth; written, read and written again it is the same file.
"""

import csv
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hoverslam.reports import tables as grid
from hoverslam.studies.rows import COLUMNS, TEXTS, Row, expendable_twin

if TYPE_CHECKING:
    from rich.table import Table

_FORMATS = {
    "payload_penalty_percent": ".2f",
    "staging_altitude_km": ".2f",
    "landing_probability": ".4f",
    "flights_per_booster": ".3f",
    "cost_per_launch_cny": ".0f",
    "cost_per_kg_cny_p10": ".0f",
    "cost_per_kg_cny_p50": ".0f",
    "cost_per_kg_cny_p90": ".0f",
    "cost_per_kg_usd_p50": ".0f",
    "target_cny_per_kg": ".0f",
    "refly_error": ".2e",
    "path_violation": ".2e",
}  # fmt: skip


# ---- CSV -------------------------------------------------------------------------------------------------------------
def csv_text(rows: Iterable[Row]) -> str:
    """The rows as CSV with the columns of `COLUMNS`, in that order; blank where a value does not exist."""
    return grid.csv_text(COLUMNS, ([_cell(name, getattr(row, name)) for name in COLUMNS] for row in rows))


def write_csv(rows: Iterable[Row], path: Path) -> None:
    """Write the rows; a reader never sees half a file."""
    write_whole(path, csv_text(rows))


def read_csv(path: Path) -> list[Row]:
    """Read what `write_csv` wrote. Raises ValueError if the columns are not those of `COLUMNS`."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file)
        if tuple(lines.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{path}: not a comparison: its columns are not those of this version")
        return [Row(**{name: _value(name, text) for name, text in line.items()}) for line in lines]


def write_whole(path: Path, text: str) -> None:
    """Write ``text`` beside ``path`` and move it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if name in TEXTS else format(value, _FORMATS.get(name, ".1f"))


def _value(name: str, text: str) -> Any:
    if name == "verified":
        return text == "true"
    if text == "":
        return None
    return text if name in TEXTS else float(text)


# ---- for a person ----------------------------------------------------------------------------------------------------
class View(NamedTuple):
    """One column for a person: its heading, and the cell of a row among the others."""

    heading: str
    cell: Callable[[Row, Sequence[Row]], str]
    right: bool = True


def _number(name: str, how: str = ",.0f", factor: float = 1.0) -> Callable[[Row, Sequence[Row]], str]:
    def cell(row: Row, rows: Sequence[Row]) -> str:
        value = getattr(row, name)
        return "" if value is None else format(value * factor, how)

    return cell


def _text(name: str) -> Callable[[Row, Sequence[Row]], str]:
    return lambda row, rows: (getattr(row, name) or "").replace("_", " " if name == "recovery" else "_")


def _published(row: Row, rows: Sequence[Row]) -> str:
    if row.payload_published_kg is None:
        return ""
    return f"{row.payload_published_kg:,.0f} ({row.payload_published_status})"


def _per_kg(row: Row, rows: Sequence[Row]) -> str:
    if row.cost_per_kg_cny_p50 is None:
        return ""
    return f"{row.cost_per_kg_cny_p50:,.0f} ({row.cost_per_kg_cny_p10:,.0f} to {row.cost_per_kg_cny_p90:,.0f})"


def _against_twin(row: Row, rows: Sequence[Row]) -> str:
    """Cost per kilogram against the same vehicle flown without recovery."""
    twin = expendable_twin(row, rows)
    if twin is None or row.cost_per_kg_cny_p50 is None or not twin.cost_per_kg_cny_p50:
        return ""
    return f"{100.0 * (row.cost_per_kg_cny_p50 / twin.cost_per_kg_cny_p50 - 1.0):+.0f} %"


def _verdict(row: Row, rows: Sequence[Row]) -> str:
    return "yes" if row.verified else "NO"


_WHO = (View("vehicle", _text("vehicle"), False), View("recovery", _text("recovery"), False))

SUMMARY: tuple[View, ...] = (
    *_WHO,
    View("orbit", _text("orbit"), False),
    View("payload, kg", _number("payload_kg")),
    View("published, kg", _published),
    View("payload lost, %", _number("payload_penalty_percent", ".1f")),
    View("booster lands, %", _number("landing_probability", ".0f", 100.0)),
    View("flights per booster", _number("flights_per_booster", ".1f")),
    View("cost per launch, M CNY", _number("cost_per_launch_cny", ",.0f", 1e-6)),
    View("cost per kg, CNY", _per_kg),
    View("cost per kg, USD", _number("cost_per_kg_usd_p50")),
    View("against expendable", _against_twin),
    View("target, CNY per kg", _number("target_cny_per_kg")),
    View("verified", _verdict),
)

FLIGHT: tuple[View, ...] = (
    *_WHO,
    View("staging, s", _number("staging_time_s", ".0f")),
    View("at, m/s", _number("staging_speed_m_s")),
    View("at, km", _number("staging_altitude_km", ".1f")),
    View("boostback, kg", _number("boostback_propellant_kg")),
    View("entry burn, kg", _number("entry_propellant_kg")),
    View("landing burn, kg", _number("landing_propellant_kg")),
    View("landing reserve, kg", _number("landing_reserve_kg")),
    View("re-flight error", _number("refly_error", ".1e")),
    View("path violation", _number("path_violation", ".1e")),
    View("solved in, s", _number("solve_s", ".0f")),
)


def markdown_table(rows: Sequence[Row], views: Sequence[View]) -> str:
    """One Markdown table; ends in a new line."""
    cells = ([view.cell(row, rows) for view in views] for row in rows)
    return grid.markdown_text([view.heading for view in views], [view.right for view in views], cells)


def markdown(rows: Sequence[Row]) -> str:
    """The comparison as a page: what it costs, how it flies, and how to read both."""
    from hoverslam.economics.inputs.loading import load_exchange_rate

    rate = load_exchange_rate()
    return f"""# Vehicles and recovery modes

Payload, cost and flight of every vehicle in every recovery mode, each beside its own expendable twin.
{verdict(rows)}. The same numbers for a program: [vehicles.csv](vehicles.csv).

## What it lifts and what it costs

{markdown_table(rows, SUMMARY)}
- **Payload** is the optimum of the model; **published** is what the operator or others state, and how well it is known.
- **Booster lands** is the probability that the landing reserve suffices (thousands of guided landings) times the mean of what
  the landing record lets believe of everything else; **flights per booster** follows from it.
- Costs in full, with what they hang on: [costs.md](costs.md).
- **Cost** is what the operator spends, not a price: the median, in brackets the 10th and 90th percentile over the
  uncertain inputs. Dollars at {rate.mode:g} CNY ({rate.date}). **Target** is what the operator has promised.
- A blank is a value that does not exist. It is not zero.

## How it flies

{markdown_table(rows, FLIGHT)}
- Speeds are relative to the rotating Earth. **Verified** means that the solver converged and that an independent
  integrator, flying the solved controls, ends every phase within 1e-6 and holds every limit within 0.1 % between nodes.
"""


def rich_table(rows: Sequence[Row], views: Sequence[View] = SUMMARY, title: str = "") -> "Table":
    """The same cells for a terminal, a rule between vehicles."""
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", header_style="bold")
    for view in views:
        table.add_column(view.heading, justify="right" if view.right else "left", no_wrap=view.cell is _per_kg)
    for place, row in enumerate(rows):
        last = place + 1 == len(rows) or rows[place + 1].vehicle != row.vehicle
        table.add_row(*(view.cell(row, rows) for view in views), style="" if row.verified else "red", end_section=last)
    return table


def verdict(rows: Sequence[Row]) -> str:
    """How many of the rows an independent re-flight confirmed."""
    return f"{sum(row.verified for row in rows)} of {len(rows)} rows verified"
