"""CSV files of benchmark rows that grow by one row at a time, so that a run goes on where an earlier one ended."""

import csv
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any


def append_row(path: Path, row: Any) -> None:
    """Add a row, which is a dataclass, to a CSV file; a new file gets a header first."""
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(row)])
        if new:
            writer.writeheader()
        writer.writerow(asdict(row))
