"""The comparison as files and tables: vehicles.csv for programs, vehicles.md for a person, the same cells in a terminal.

The CSV is rounded to the significance of the numbers. Written, read and written again it is the same file.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hoverslam.data.writing import write_whole
from hoverslam.reports import tables
from hoverslam.reports.markdown import markdown_page
from hoverslam.reports.tables import Column
from hoverslam.studies.rows import Row, expendable_twin

if TYPE_CHECKING:
    from rich.table import Table

CSV = tables.csv_columns(
    Row,
    ".1f",
    {
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
    },
)
PAGE = Path(__file__).parent / "files" / "vehicles.md.jinja"


# ---- CSV -------------------------------------------------------------------------------------------------------------
def csv_text(rows: Iterable[Row]) -> str:
    """Return the rows as CSV; blank where a value does not exist."""
    return tables.csv_text(rows, CSV)


def write_csv(rows: Iterable[Row], path: Path) -> None:
    """Write the rows as CSV; a reader never sees half a file.

    Args:
        rows: Rows of the comparison.
        path: The CSV file.
    """
    write_whole(path, csv_text(rows))


def read_csv(path: Path) -> list[Row]:
    """Return the rows that :func:`write_csv` wrote.

    Raises:
        ValueError: If the columns are not those of :class:`Row`.
        OSError: If the file cannot be read.
    """
    return tables.read_rows(path, Row, "a comparison")


# ---- columns for a person --------------------------------------------------------------------------------------------
def _published(row: Row) -> str:
    if row.payload_published_kg is None:
        return ""
    return f"{row.payload_published_kg:,.0f} ({row.payload_published_status})"


def _per_kg(row: Row) -> str:
    if row.cost_per_kg_cny_p50 is None:
        return ""
    return f"{row.cost_per_kg_cny_p50:,.0f} ({row.cost_per_kg_cny_p10:,.0f} to {row.cost_per_kg_cny_p90:,.0f})"


def _against_twin(row: Row, rows: Sequence[Row]) -> str:
    """Return the cost per kilogram against the same vehicle flown without recovery."""
    twin = expendable_twin(row, rows)
    if twin is None or row.cost_per_kg_cny_p50 is None or not twin.cost_per_kg_cny_p50:
        return ""
    return f"{100.0 * (row.cost_per_kg_cny_p50 / twin.cost_per_kg_cny_p50 - 1.0):+.0f} %"


_WHO: tuple[Column[Row], ...] = (
    Column("vehicle", right=False),
    Column("recovery", right=False, cell=lambda row: row.recovery.replace("_", " ")),
)

FLIGHT: tuple[Column[Row], ...] = (
    *_WHO,
    Column("staging_time_s", "staging", "s", ".0f"),
    Column("staging_speed_m_s", "at", "m/s", ",.0f"),
    Column("staging_altitude_km", "at", "km", ".1f"),
    Column("boostback_propellant_kg", "boostback", "kg", ",.0f"),
    Column("entry_propellant_kg", "entry burn", "kg", ",.0f"),
    Column("landing_propellant_kg", "landing burn", "kg", ",.0f"),
    Column("landing_reserve_kg", "landing reserve", "kg", ",.0f"),
    Column("refly_error", "re-flight error", format=".1e"),
    Column("path_violation", "path violation", format=".1e"),
    Column("solve_s", "solved in", "s", ".0f"),
)


def summary_columns(rows: Sequence[Row]) -> tuple[Column[Row], ...]:
    """Return the columns of payload and cost.

    Args:
        rows: All rows of the comparison; the expendable twin of a row is looked up in them.
    """
    return (
        *_WHO,
        Column("orbit", right=False),
        Column("payload_kg", "payload", "kg", ",.0f"),
        Column("payload_published_kg", "published", "kg", cell=_published),
        Column("payload_penalty_percent", "payload lost", "%", ".1f"),
        Column("landing_probability", "booster lands", "%", ".0f", 100.0),
        Column("flights_per_booster", "flights per booster", format=".1f"),
        Column("cost_per_launch_cny", "cost per launch", "M CNY", ",.0f", 1e-6),
        Column("cost_per_kg_cny_p50", "cost per kg", "CNY", cell=_per_kg, no_wrap=True),
        Column("cost_per_kg_usd_p50", "cost per kg", "USD", ",.0f"),
        Column("against_expendable", "against expendable", cell=lambda row: _against_twin(row, rows)),
        Column("target_cny_per_kg", "target", "CNY per kg", ",.0f"),
        Column("verified", cell=lambda row: "yes" if row.verified else "NO"),
    )


# ---- page and terminal -----------------------------------------------------------------------------------------------
def markdown(rows: Sequence[Row]) -> str:
    """Return the comparison as a Markdown page: payload and cost, the flights, and how to read both."""
    from hoverslam.economics.inputs.loading import load_exchange_rate

    return markdown_page(
        PAGE, rows=rows, verdict=verdict(rows), rate=load_exchange_rate(), SUMMARY=summary_columns(rows), FLIGHT=FLIGHT
    )


def rich_table(rows: Sequence[Row], title: str = "") -> "Table":
    """Return payload and cost as a table for a terminal, with a rule between vehicles.

    Args:
        rows: Rows of the comparison.
        title: Title above the table.
    """
    return tables.rich_table(
        rows, summary_columns(rows), title, group=lambda row: row.vehicle, warned=lambda row: not row.verified
    )


def verdict(rows: Sequence[Row]) -> str:
    """Return how many of the rows an independent re-flight confirms."""
    return f"{sum(row.verified for row in rows)} of {len(rows)} rows verified"
