"""Keeps the README's table equal to ``results/vehicles.csv``: ``python -m hoverslam.studies.readme``.

The README quotes a few columns between two markers. Only what stands between them is replaced.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from hoverslam.studies.comparison.tables import SUMMARY, markdown_table, read_csv, verdict, write_whole
from hoverslam.studies.rows import Row

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"
_QUOTED = {
    "vehicle",
    "recovery",
    "payload, kg",
    "published, kg",
    "payload lost, %",
    "booster lands, %",
    "cost per kg, CNY",
    "against expendable",
}


def section(rows: Sequence[Row]) -> str:
    """What stands between the markers."""
    table = markdown_table(rows, [view for view in SUMMARY if view.heading in _QUOTED])
    return f"{BEGIN}\n{table}\n{verdict(rows)}.\n{END}"


def refreshed(text: str, rows: Sequence[Row]) -> str:
    """The README with its table made anew. Raises ValueError if the markers are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the README has no section between {BEGIN} and {END}")
    return before + section(rows) + after


def main(folder: Path = Path()) -> int:
    """Refresh README.md in ``folder`` from results/vehicles.csv there."""
    table, readme = folder / "results" / "vehicles.csv", folder / "README.md"
    try:
        text = refreshed(readme.read_text(encoding="utf-8"), read_csv(table))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    write_whole(readme, text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
