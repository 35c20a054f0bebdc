"""What an example script does after it has stated its problem: solve, print tables or JSON, return the exit code."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from hoverslam.reports.console import console, say
from hoverslam.reports.exit_codes import WRONG_INPUT, exit_code
from hoverslam.reports.interrupts import leave_on_interrupt
from hoverslam.reports.json_text import Json, json_text
from hoverslam.studies.outcome import Outcome, outcome_of

if TYPE_CHECKING:
    from hoverslam.flights.launch.result import LaunchResult


class Reported(Protocol):
    """A solved flight with a report of its own: a landing or a hop."""

    @property
    def verified(self) -> bool:
        """Whether the re-flight confirms the flight."""
        ...

    def report(self) -> str:
        """Return the flight as text for a person."""
        ...

    def as_json(self) -> dict[str, Json]:
        """Return the flight as plain values for a program."""
        ...


def print_launch(flight: "LaunchResult | Outcome", explain: bool = False) -> None:
    """Print a launch joined with its cost, as tables on the terminal.

    Args:
        flight: A solved launch, or its outcome.
        explain: Whether the arithmetic of the cost is printed as well.
    """
    outcome = flight if isinstance(flight, Outcome) else outcome_of(flight)
    for part in outcome.tables(explain):
        console().print(part)


def run_script(solve: "Callable[[], LaunchResult | Reported]", description: str | None = None) -> int:
    """Solve, print the flight (as JSON with ``--json``) and return the exit code.

    A launch is joined with its cost. Wrong input is stated on standard error, one line a mistake.

    Args:
        solve: Function that returns the solved flight.
        description: Description of the script for ``--help``.
    """
    from hoverslam.flights.launch.result import LaunchResult

    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    as_json = parser.parse_args().json
    try:
        with leave_on_interrupt():
            solved = solve()
            result = outcome_of(solved) if isinstance(solved, LaunchResult) else solved
    except ValueError as error:
        say(str(error))
        return WRONG_INPUT
    if as_json:
        print(json_text(result.as_json()))
    elif isinstance(result, Outcome):
        print_launch(result)
    else:
        print(result.report())
    return exit_code(result.verified)
