"""Rows of cells as files: CSV for programs, Markdown for the repository."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO


def csv_text(headings: Sequence[str], cells: Iterable[Sequence[str]]) -> str:
    """CSV with one line of headings."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(cells)
    return out.getvalue()


def markdown_text(headings: Sequence[str], right: Sequence[bool], cells: Iterable[Sequence[str]]) -> str:
    """One Markdown table, columns set right where ``right`` says so; ends in a new line."""
    lines = [headings, ["---:" if each else "---" for each in right], *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
