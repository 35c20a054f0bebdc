"""The validity of flights as files: validity.csv for programs, one row a phase, and validity.md for a person."""

from collections.abc import Callable, Sequence
from pathlib import Path

from hoverslam.data.writing import write_whole
from hoverslam.flights.launch.flight_check import FlightCheck, PhaseCheck, ValidityRow
from hoverslam.reports import tables
from hoverslam.reports.markdown import markdown_page
from hoverslam.reports.tables import Column

CSV = tables.csv_columns(
    ValidityRow,
    ".4g",
    {
        "lowest_altitude_km": ".3f",
        "perigee_km": ".3f",
        "axial_acceleration_g": ".3f",
        "axial_acceleration_limit_g": ".3f",
        "refly_error": ".1e",
    },
)
PAGE = Path(__file__).parent / "files" / "validity.md.jinja"


def validity_csv(rows: Sequence[ValidityRow]) -> str:
    """Return the rows as CSV, with numbers rounded to their significance; blank where a value or limit does not exist."""
    return tables.csv_text(rows, CSV)


def read_validity(path: Path) -> list[ValidityRow]:
    """Return the rows that :func:`validity_csv` wrote.

    Raises:
        ValueError: If the columns are not those of :class:`ValidityRow`.
        OSError: If the file cannot be read.
    """
    return tables.read_rows(path, ValidityRow, "a table of validity")


# ---- cells -----------------------------------------------------------------------------------------------------------
def _with_limit(name: str, unit: str, decimals: int | None = None) -> Callable[[ValidityRow], str]:
    """Return a cell with a value and, in brackets, its limit; three digits where no number of ``decimals`` is given."""

    def cell(row: ValidityRow) -> str:
        value, limit = getattr(row, f"{name}_{unit}"), getattr(row, f"{name}_limit_{unit}")
        if value is None:
            return ""
        text = _three_digits(value) if decimals is None else f"{value:,.{decimals}f}"
        return text if limit is None else f"{text} ({limit:,.4g})"

    return cell


def _three_digits(value: float) -> str:
    """Return a number with three digits, as an integer from 100 on, and as 0 below a thousandth."""
    return f"{value:,.0f}" if abs(value) >= 100.0 or abs(value) < 1e-3 else f"{value:.3g}"


_WHO: tuple[Column[ValidityRow], ...] = (
    Column("phase", right=False, cell=lambda row: row.phase.replace("_", " ")),
    Column("body", right=False, cell=lambda row: row.body.replace("_", " ")),
)
_ALTITUDE: Column[ValidityRow] = Column(
    "lowest_altitude_km", "lowest altitude", "km", cell=_with_limit("lowest_altitude", "km", 1)
)

PHASES: tuple[Column[ValidityRow], ...] = (
    *_WHO,
    _ALTITUDE,
    Column("dynamic_pressure_kPa", "dynamic pressure", "kPa", cell=_with_limit("dynamic_pressure", "kPa")),
    Column("q_alpha_kPa_deg", "q-alpha", "kPa deg", cell=_with_limit("q_alpha", "kPa_deg")),
    Column("heating_kW_m2", "heating", "kW/m2", cell=_with_limit("heating", "kW_m2")),
    Column(
        "free_molecular_heating_W_m2", "free-molecular heating", "W/m2",
        cell=lambda row: "" if row.free_molecular_heating_limit_W_m2 is None
        else _with_limit("free_molecular_heating", "W_m2", 0)(row),
    ),
    Column("axial_acceleration_g", "axial acceleration", "g", cell=_with_limit("axial_acceleration", "g", 2)),
    Column(
        "separation_dynamic_pressure_kPa", "dynamic pressure at separation", "kPa",
        cell=_with_limit("separation_dynamic_pressure", "kPa"),
    ),
    Column(
        "separation_q_alpha_kPa_deg", "q-alpha at separation", "kPa deg", cell=_with_limit("separation_q_alpha", "kPa_deg")
    ),
    Column("valid", cell=lambda row: "yes" if row.valid else "NO"),
)  # fmt: skip
UNPOWERED: tuple[Column[ValidityRow], ...] = (
    Column("vehicle", right=False),
    Column("recovery", right=False, cell=lambda row: row.recovery.replace("_", " ")),
    *_WHO,
    _ALTITUDE,
    Column("perigee_km", "perigee", "km", cell=_with_limit("perigee", "km", 1)),
)


def _largest(check: FlightCheck, quantity: str, factor: float, how: str) -> str:
    """Return the largest value of a quantity in any phase, with the phase."""
    found = [(e.value * factor, phase.phase) for phase in check.phases if (e := phase.extreme(quantity)) is not None]
    if not found:
        return ""
    value, phase = max(found)
    return f"{value:{how}} ({phase.replace('_', ' ')})"


def _coast(check: FlightCheck) -> str:
    """Return the lowest altitude of the unpowered orbital flight; blank without any."""
    coasts = [phase for phase in check.phases if phase.phase.startswith("orbit_coast")]
    return f"{min(_altitude(phase) for phase in coasts) / 1e3:,.1f}" if coasts else ""


def _altitude(phase: PhaseCheck) -> float:
    found = phase.extreme("altitude")
    assert found is not None
    return found.value


FLIGHTS: tuple[Column[FlightCheck], ...] = (
    Column("vehicle", right=False),
    Column("recovery", right=False, cell=lambda check: check.recovery.replace("_", " ")),
    Column("orbit", right=False, cell=lambda check: check.orbit.target.name),
    Column("coast", "lowest orbital coast", "km", cell=_coast),
    Column("pressure", "dynamic pressure", "kPa", cell=lambda check: _largest(check, "dynamic_pressure", 1e-3, ",.1f")),
    Column("heating", "heating", "kW/m2", cell=lambda check: _largest(check, "heating", 1e-3, ",.1f")),
    Column(
        "load", "axial acceleration", "g", cell=lambda check: _largest(check, "axial_acceleration", 1 / 9.80665, ".2f")
    ),
    Column("error", "difference", cell=lambda check: f"{max(phase.refly_error for phase in check.phases):.0e}"),
    Column("valid", cell=lambda check: "yes" if check.passed else "NO"),
)


# ---- page and files --------------------------------------------------------------------------------------------------
def validity_page(checks: Sequence[FlightCheck]) -> str:
    """Return the validity as a Markdown page: a line a flight, what fails, the unpowered arcs, every phase."""
    return markdown_page(
        PAGE, checks=checks, FLIGHTS=FLIGHTS, UNPOWERED=UNPOWERED, PHASES=PHASES,
        unpowered=[row for check in checks for row in check.rows() if not row.powered],
        failed=[check for check in checks if not check.passed],
    )  # fmt: skip


def write_validity(checks: Sequence[FlightCheck], out: Path) -> list[Path]:
    """Write validity.csv and validity.md into a folder, and return their paths.

    Args:
        checks: Checks of the flights, in the order of the tables.
        out: The folder.

    Raises:
        OSError: If a file cannot be written.
    """
    paths = [out / "validity.csv", out / "validity.md"]
    write_whole(paths[0], validity_csv([row for check in checks for row in check.rows()]))
    write_whole(paths[1], validity_page(checks))
    return paths
