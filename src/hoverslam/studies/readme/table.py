"""The README's table: a few columns of ``results/vehicles.csv`` between two markers. Only the text between them changes."""

from collections.abc import Sequence
from pathlib import Path

from hoverslam.data.writing import write_whole
from hoverslam.reports.console import say
from hoverslam.reports.exit_codes import VERIFIED, WRONG_INPUT
from hoverslam.reports.markdown import markdown_table
from hoverslam.studies.comparison.tables import read_csv, summary_columns, verdict
from hoverslam.studies.readme.quotes import quoting_pages, requoted
from hoverslam.studies.rows import Row

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"
_QUOTED = {
    "vehicle",
    "recovery",
    "payload_kg",
    "payload_published_kg",
    "payload_penalty_percent",
    "landing_probability",
    "cost_per_kg_cny_p50",
    "against_expendable",
}


def section(rows: Sequence[Row]) -> str:
    """Return the text between the markers, with the markers."""
    table = markdown_table(rows, [column for column in summary_columns(rows) if column.name in _QUOTED])
    return f"{BEGIN}\n{table}\n{verdict(rows)}.\n{END}"


def refreshed(text: str, rows: Sequence[Row]) -> str:
    """Return the text of a README with its table made from the rows.

    Args:
        text: Text of the README.
        rows: Rows of the comparison.

    Raises:
        ValueError: If the markers are missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the README has no section between {BEGIN} and {END}")
    return before + section(rows) + after


def write_readme(folder: Path = Path()) -> int:
    """Refresh the table of README.md in ``folder``, and all numbers that README and ``docs`` quote; return the exit code.

    Args:
        folder: The checkout; its folder ``results`` holds the tables.
    """
    rewritten: dict[Path, str] = {}
    for page in quoting_pages(folder):
        try:
            rewritten[page] = page_of_today(page, folder)
        except (OSError, ValueError) as error:
            say(f"{page}: {error}")
            return WRONG_INPUT
    for page, text in rewritten.items():
        if text != page.read_text(encoding="utf-8"):
            write_whole(page, text)
    return VERIFIED


def page_of_today(page: Path, folder: Path) -> str:
    """Return the text of a page with its quotes, and the README's table, taken from the tables of today.

    Args:
        page: The page.
        folder: The checkout.

    Raises:
        OSError: If the page or a table cannot be read.
        ValueError: If a marker is missing or a quote cannot be answered.
    """
    text = requoted(page.read_text(encoding="utf-8"), folder)
    return refreshed(text, read_csv(folder / "results" / "vehicles.csv")) if page.name == "README.md" else text
