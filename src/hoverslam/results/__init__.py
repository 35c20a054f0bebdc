"""Results: a flight and its cost joined into rows, tables, figures and files.

``outcome_of(flight)`` joins a solved launch with what it costs; ``compare`` does so for many cases at once. Everything
here reads finished numbers: nothing in this room knows how a flight is solved or a cost is made.
"""

from hoverslam.results.cases import Case, default_cases, fly
from hoverslam.results.comparison import Comparison, compare
from hoverslam.results.outcome import Event, LimitReached, Outcome, failed_outcome, outcome_of
from hoverslam.results.report import launch_json, print_launch, run_script
from hoverslam.results.rows import COLUMNS, Row, with_penalties
from hoverslam.results.tables import markdown, read_csv, write_csv

__all__ = [
    "COLUMNS",
    "Case",
    "Comparison",
    "Event",
    "LimitReached",
    "Outcome",
    "Row",
    "compare",
    "default_cases",
    "failed_outcome",
    "fly",
    "launch_json",
    "markdown",
    "outcome_of",
    "print_launch",
    "read_csv",
    "run_script",
    "with_penalties",
    "write_csv",
]
