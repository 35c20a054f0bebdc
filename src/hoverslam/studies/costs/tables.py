"""The costs as files and tables: costs.csv for programs, costs.md for a person, the same cells in a terminal."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hoverslam.data.writing import write_whole
from hoverslam.reports import tables
from hoverslam.reports.markdown import markdown_page
from hoverslam.reports.tables import Column
from hoverslam.studies.costs.rows import CostRow

if TYPE_CHECKING:
    from rich.table import Table

_FOUR_DIGITS = (
    "payload_per_reserve", "payload_per_dry_mass", "margin_probability", "other_probability", "landing_probability",
    "landing_probability_p05", "landing_probability_p95", "flights_per_booster", "against_expendable",
    "break_even_landing_probability", "needs_landing_probability", "needs_dry_mass_t",
)  # fmt: skip
CSV = tables.csv_columns(CostRow, ".1f", dict.fromkeys(_FOUR_DIGITS, ".4f"))
PAGE = Path(__file__).parent / "files" / "costs.md.jinja"


def costs_csv(rows: Iterable[CostRow]) -> str:
    """Return the rows as CSV, with numbers rounded to their significance."""
    return tables.csv_text(rows, CSV)


def read_costs(path: Path) -> list[CostRow]:
    """Return the rows that :func:`costs_csv` wrote.

    Raises:
        ValueError: If the columns are not those of :class:`CostRow`.
        OSError: If the file cannot be read.
    """
    return tables.read_rows(path, CostRow, "a table of costs")


# ---- cells -----------------------------------------------------------------------------------------------------------
def _band(name: str, factor: float = 1.0) -> Callable[[CostRow], str]:
    """Return a cell with the median and, in brackets, the 10th and 90th percentile."""

    def cell(row: CostRow) -> str:
        low, middle, high = (factor * getattr(row, f"{name}_{end}") for end in ("p10", "p50", "p90"))
        return f"{middle:,.0f} ({low:,.0f} to {high:,.0f})"

    return cell


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f}"


def _lands(row: CostRow) -> str:
    if row.landing_probability is None:
        return ""
    low, high = _percent(row.landing_probability_p05), _percent(row.landing_probability_p95)
    return f"{_percent(row.landing_probability)} ({low} to {high})"


def _against(row: CostRow) -> str:
    return "" if row.against_expendable is None else f"{100 * row.against_expendable:+.0f} %"


def _break_even(name: str, factor: float = 1.0) -> Callable[[CostRow], str]:
    """Return a cell with the value from which reuse costs less; "never" where there is none."""

    def cell(row: CostRow) -> str:
        value = getattr(row, name)
        return "" if row.against_expendable is None else "never" if value is None else f"{factor * value:.0f}"

    return cell


def _needed(name: str, how: str = ",.0f", factor: float = 1.0, of_landing: bool = False) -> Callable[[CostRow], str]:
    """Return a cell with the value that meets the target; ``of_landing`` for an input that expendable flights do not have."""

    def cell(row: CostRow) -> str:
        if row.target_per_kg is None or (of_landing and row.recovery == "expendable"):
            return ""
        if row.cost_per_kg_p50 <= row.target_per_kg:
            return "met"
        value = getattr(row, name)
        return "not enough" if value is None else format(factor * value, how)

    return cell


def _at_best_ends(row: CostRow) -> str:
    value = row.needs_launches_per_year_at_best_ends
    if row.target_per_kg is None:
        return ""
    if value is None:
        return "not enough"
    return f"{value:,.0f} (as now)" if value <= row.launches_per_year else f"{value:,.0f}"


# ---- columns for a person --------------------------------------------------------------------------------------------
_WHO: tuple[Column[CostRow], ...] = (
    Column("vehicle", right=False),
    Column("recovery", right=False, cell=lambda row: row.recovery.replace("_", " ")),
)
_PER_KG: Column[CostRow] = Column("cost_per_kg_p50", "cost per kg", "CNY", cell=_band("cost_per_kg"))
_TARGET: Column[CostRow] = Column("target_per_kg", "target", "CNY per kg", ",.0f")

COST: tuple[Column[CostRow], ...] = (
    *_WHO,
    Column("payload_kg", "payload", "kg", ",.0f"),
    Column("landing_probability", "booster lands", "%", cell=_lands),
    Column("flights_per_booster", "flights per booster", format=".1f"),
    Column("cost_per_launch_p50", "cost per launch", "M CNY", cell=_band("cost_per_launch", 1e-6)),
    _PER_KG,
    Column("cost_per_kg_usd_p50", "cost per kg", "USD", cell=_band("cost_per_kg_usd")),
    Column("transcost_per_kg_p50", "TRANSCOST", "CNY per kg", cell=_band("transcost_per_kg")),
    Column("basis"),
    _TARGET,
    Column("market_price_per_kg", "market price", "CNY per kg", ",.0f"),
    Column("verified", cell=lambda row: "yes" if row.verified else "NO"),
)
REUSE: tuple[Column[CostRow], ...] = (
    *_WHO,
    Column("margin_probability", "reserve suffices", "%", ".1f", 100.0),
    Column("other_probability", "nothing else fails", "%", ".0f", 100.0),
    Column("against_expendable", "against expendable", cell=_against),
    Column("break_even_uses", "pays from uses", cell=_break_even("break_even_uses")),
    Column(
        "break_even_landing_probability", "pays from landings", "%",
        cell=_break_even("break_even_landing_probability", 100.0),
    ),
    Column("reserve_kg", "reserve kept", "kg", ",.0f"),
    Column("cheapest_reserve_kg", "cheapest reserve", "kg", ",.0f"),
    Column("one_sigma_less_percent", "one sigma less", "%", "+.1f"),
    Column("one_sigma_more_percent", "one sigma more", "%", "+.1f"),
)  # fmt: skip
TARGET: tuple[Column[CostRow], ...] = (
    *_WHO,
    _PER_KG,
    _TARGET,
    Column("launches_per_year", "launches a year now", format=",.0f"),
    Column("needs_launches_per_year", "launches a year", cell=_needed("needs_launches_per_year")),
    Column("needs_max_flights", "flights a booster", cell=_needed("needs_max_flights", of_landing=True)),
    Column(
        "needs_landing_probability", "landings", "%",
        cell=_needed("needs_landing_probability", factor=100.0, of_landing=True),
    ),
    Column("needs_dry_mass_t", "dry mass", "t", cell=_needed("needs_dry_mass_t", ".1f")),
    Column(
        "needs_launches_per_year_at_best_ends", "launches a year, all else at best ends", cell=_at_best_ends
    ),
)  # fmt: skip

# Shown in the table of the comparison above, or on the page.
_NOT_IN_TERMINAL = ("payload_kg", "cost_per_kg_usd_p50", "market_price_per_kg", "verified")


# ---- page, terminal, files -------------------------------------------------------------------------------------------
def costs_page(rows: Sequence[CostRow]) -> str:
    """Return the costs as a Markdown page: cost of a kilogram, whether reuse pays, and what the targets require."""
    from hoverslam.economics.inputs.loading import load_exchange_rate

    return markdown_page(
        PAGE, rows=rows, rate=load_exchange_rate(), COST=COST, REUSE=REUSE, TARGET=TARGET,
        returning=[row for row in rows if row.recovery != "expendable"],
        with_target=[row for row in rows if row.target_per_kg is not None],
    )  # fmt: skip


def rich_costs(rows: Sequence[CostRow]) -> "Table":
    """Return the costs as a table for a terminal, with a rule between vehicles."""
    shown = [column for column in COST if column.name not in _NOT_IN_TERMINAL]
    shown = [replace(column, no_wrap=place >= 3) for place, column in enumerate(shown)]
    title = "What a kilogram costs: median, 10 to 90 %"
    return tables.rich_table(rows, shown, title, group=lambda row: row.vehicle, warned=lambda row: not row.verified)


def write_costs(rows: Sequence[CostRow], out: Path) -> list[Path]:
    """Write costs.csv, costs.md and figures/cost_per_kg.png into a folder, and return their paths.

    Args:
        rows: Rows of the costs.
        out: The folder.
    """
    from hoverslam.reports.pictures import write_picture
    from hoverslam.studies.costs.pictures import draw_costs

    paths = [out / "costs.csv", out / "costs.md", out / "figures" / "cost_per_kg.png"]
    write_whole(paths[0], costs_csv(rows))
    write_whole(paths[1], costs_page(rows))
    write_picture(draw_costs(rows), paths[2])
    return paths
