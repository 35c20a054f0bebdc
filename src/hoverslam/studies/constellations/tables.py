"""The demand as tables: constellations.csv for programs, and the columns of the page and the terminal."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from hoverslam.reports import tables
from hoverslam.reports.tables import Column
from hoverslam.studies.constellations.checks import CheckRow
from hoverslam.studies.constellations.need_row import COLUMNS, FIT, NeedRow

if TYPE_CHECKING:
    from rich.table import Table

MILLION, BILLION = 1e-6, 1e-9

CSV = tables.csv_columns(
    NeedRow,
    ".2f",
    {"landing_probability": ".4f", "mission_success": ".4f"} | {name: ".0f" for name in COLUMNS if "_cny_" in name},
)


def csv_text(rows: Sequence[NeedRow]) -> str:
    """Return the rows as CSV; blank where a value does not exist."""
    return tables.csv_text(rows, CSV)


# ---- cells -----------------------------------------------------------------------------------------------------------
def span(name: str, how: str = ",.0f") -> Callable[[NeedRow], str]:
    """Return a cell with the value at the mode of the planned launch rates, and at their high end."""

    def cell(row: NeedRow) -> str:
        low, high = getattr(row, f"{name}_mode"), getattr(row, f"{name}_high")
        return "" if low is None or high is None else f"{format(low, how)} to {format(high, how)}"

    return cell


def cost_band(name: str, factor: float, how: str = ",.0f") -> Callable[[NeedRow], str]:
    """Return a cell with the median and, in brackets, the 10th and 90th percentile."""

    def cell(row: NeedRow) -> str:
        p10, p50, p90 = (getattr(row, f"{name}_cny_{level}") for level in ("p10", "p50", "p90"))
        if p50 is None:
            return ""
        return f"{format(p50 * factor, how)} ({format(p10 * factor, how)} to {format(p90 * factor, how)})"

    return cell


def dates(row: NeedRow) -> str:
    """Return the dates on which the milestone is met, at the likeliest and at the highest launch rate planned."""
    likely, high = row.date_met_mode, row.date_met_high
    if likely is None or high is None or likely == high:
        return likely or ""
    return f"{likely}; {high} at the high end"


def _carried(row: NeedRow) -> str:
    number, low, high = row.satellites_per_launch, row.satellites_per_launch_low, row.satellites_per_launch_high
    if low is None or high is None:
        return ""
    band = "" if low == high else f" ({low} to {high})"
    return f"{number}{band}" if number is not None else f"0{band}"


# ---- columns for a person --------------------------------------------------------------------------------------------
_WHO: tuple[Column[NeedRow], ...] = (
    Column("vehicle", right=False),
    Column("recovery", right=False, cell=lambda row: row.recovery.replace("_", " ")),
)
_KEPT_RATE: Column[NeedRow] = Column("launches_per_year_kept", "a year, to keep it", format=",.0f")
_NEEDED_RATE: Column[NeedRow] = Column("launches_per_year_needed", "a year, to the deadline", format=",.0f")
_PER_SATELLITE: Column[NeedRow] = Column(
    "cost_per_satellite_cny_p50", "a satellite", "M CNY", cell=cost_band("cost_per_satellite", MILLION, ",.1f")
)
_FIRST_MET: Column[NeedRow] = Column("date_met_mode", "first met on", right=False, cell=dates)
_STATUS: Column[NeedRow] = Column(
    "status", "not flown because", right=False, cell=lambda row: "" if row.status == FIT else row.status
)

CARRIES: tuple[Column[NeedRow], ...] = (
    *_WHO,
    Column("payload_kg", "payload", "kg", ",.0f"),
    Column("satellites_per_launch", "satellites a launch", cell=_carried),
    Column("limited_by", "limit", right=False),
    Column("launches", format=",.0f"),
)
NEEDS: tuple[Column[NeedRow], ...] = (
    *CARRIES,
    _NEEDED_RATE,
    _KEPT_RATE,
    Column("boosters_built_per_year_needed", "boosters built a year", format=",.0f"),
    Column("upper_stages_built_per_year_needed", "upper stages a year", format=",.0f"),
    Column("boosters_in_fleet_needed", "boosters in the fleet", format=",.0f"),
    _STATUS,
)
KEEPS: tuple[Column[NeedRow], ...] = (
    *CARRIES,
    _KEPT_RATE,
    Column("boosters_built_per_year_kept", "boosters built a year", format=",.0f"),
    Column("upper_stages_built_per_year_kept", "upper stages a year", format=",.0f"),
    Column("boosters_in_fleet_kept", "boosters in the fleet", format=",.0f"),
    _STATUS,
)
COSTS: tuple[Column[NeedRow], ...] = (
    *_WHO,
    Column("cost_per_launch_cny_p50", "a launch", "M CNY", cell=cost_band("cost_per_launch", MILLION)),
    _PER_SATELLITE,
    Column(
        "cost_to_deadline_cny_p50", "to the deadline", "bn CNY", cell=cost_band("cost_to_deadline", BILLION, ",.1f")
    ),
    Column(
        "cost_per_year_kept_cny_p50", "a year to keep it", "bn CNY",
        cell=cost_band("cost_per_year_kept", BILLION, ",.1f"),
    ),
)  # fmt: skip
PLANS: tuple[Column[NeedRow], ...] = (
    *_WHO,
    Column("planned_per_year_mode", "launches a year", cell=span("planned_per_year")),
    Column("satellites_per_year_mode", "satellites a year", cell=span("satellites_per_year")),
    Column("in_orbit_at_deadline_mode", "in orbit at the deadline", cell=span("in_orbit_at_deadline")),
    Column("most_kept_mode", "most ever kept", cell=span("most_kept")),
    _FIRST_MET,
    Column("missing_per_year_mode", "launches a year missing", cell=span("missing_per_year")),
    Column("times_planned_mode", "times its rate", cell=span("times_planned", ",.1f")),
)
SUMMARY: tuple[Column[NeedRow], ...] = (
    *CARRIES[:4],
    _NEEDED_RATE,
    _KEPT_RATE,
    Column("boosters_built_per_year_needed", "boosters a year", format=",.0f"),
    _PER_SATELLITE,
    Column("planned_per_year_mode", "planned a year", cell=span("planned_per_year")),
    Column("in_orbit_at_deadline_mode", "in orbit then", cell=span("in_orbit_at_deadline")),
    _FIRST_MET,
    _STATUS,
)


def _payload(row: CheckRow) -> str:
    return "" if row.payload_kg is None else f"{row.payload_kg:,.0f}"


def _model(row: CheckRow) -> str:
    return row.status if row.model is None else f"{row.model} ({row.model_low} to {row.model_high})"


CHECKS: tuple[Column[CheckRow], ...] = (
    Column("constellation", right=False),
    Column("year", right=False),
    Column("launches"),
    Column("satellites", format=","),
    Column("flown", "flown a launch", format=".1f"),
    Column("vehicle", right=False, cell=lambda row: f"{row.vehicle} {row.recovery}"),
    Column("orbit", right=False),
    Column("payload_kg", "payload", "kg", cell=_payload),
    Column("model", "model carries", cell=_model),
    Column("within", right=False, cell=lambda row: "yes" if row.within else "NO"),
)


def rich_table(rows: Sequence[NeedRow], title: str = "") -> "Table":
    """Return the rows of one milestone as a table for a terminal, with a rule between vehicles."""
    return tables.rich_table(rows, SUMMARY, title, group=lambda row: row.vehicle, warned=lambda row: not row.verified)


def check_line(row: CheckRow) -> str:
    """Return one check as a line for a terminal."""
    model = row.status if row.model is None else f"the model carries {_model(row)}"
    flown = f"{row.constellation} {row.year}: {row.satellites:,} satellites on {row.launches} launches, {row.flown:.1f} each"
    return f"check: {flown}; {row.vehicle} {row.recovery} to {row.orbit}: {model}, {'met' if row.within else 'NOT MET'}"
