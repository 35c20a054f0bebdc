"""One launch told to a person or to a program: what it lifts, what it reached, what it costs and why."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console
from rich.table import Table

from hoverslam.studies.outcome import LimitReached, Outcome, outcome_of

if TYPE_CHECKING:
    from hoverslam.flights.launch.solve import LaunchResult

VERIFIED, NOT_VERIFIED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130
"""Exit codes of every command and script."""

# SI unit -> unit for a person, and what to multiply by.
_SHOWN_IN = {
    "Pa": ("kPa", 1e-3),
    "Pa rad": ("kPa deg", 57.29577951308232e-3),
    "m/s2": ("g", 1 / 9.80665),
    "rad": ("deg", 57.29577951308232),
    "W/m2": ("W/m²", 1.0),
    "m": ("km", 1e-3),
}


def console(stderr: bool = False) -> Console:
    """A console; wide where nobody's terminal sets the width, so that a pipe gets whole lines."""
    found = Console(stderr=stderr, highlight=False)
    return found if found.is_terminal else Console(stderr=stderr, highlight=False, width=220)


def exit_code(outcome: Outcome) -> int:
    """0 for a solved and verified flight, 1 for anything less."""
    return VERIFIED if outcome.row.verified else NOT_VERIFIED


# ---- for a program ---------------------------------------------------------------------------------------------------
def launch_json(outcome: Outcome) -> dict[str, Any]:
    """The columns of the row, and what stands behind them, as JSON types."""
    return _plain(
        outcome.row.as_json()
        | {
            "title": outcome.title,
            "inclination_deg": outcome.inclination_deg,
            "converged": outcome.converged,
            "status": outcome.status,
            "iterations": outcome.iterations,
            "events": [event._asdict() for event in outcome.events],
            "first_stage_propellant_kg": outcome.budget or {},
            "limits": [limit._asdict() for limit in outcome.limits],
            "cost": [row._asdict() for row in outcome.cost],
        }
    )


def dump_json(content: Any) -> str:
    """JSON that every parser takes: what is not finite is null."""
    return json.dumps(_plain(content), indent=2, allow_nan=False, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if hasattr(value, "item"):  # a numpy scalar
        value = value.item()
    return None if isinstance(value, float) and (value != value or abs(value) == float("inf")) else value


# ---- for a person ----------------------------------------------------------------------------------------------------
def print_launch(outcome: Outcome, to: Console | None = None, explain: bool = False) -> None:
    """Print the flight as tables; ``explain`` adds the arithmetic of its cost."""
    to = to or console()
    row = outcome.row
    plane = "" if outcome.inclination_deg is None else f" at {outcome.inclination_deg:.1f}°"
    to.print(f"[bold]{outcome.title}[/bold], {row.recovery.replace('_', ' ')}, to {row.orbit}{plane}")
    if outcome.iterations is not None and not outcome.converged:
        to.print("The solver did not converge: what follows is where it stopped, not a flight.", style="red")
    to.print(_numbers(outcome))
    if outcome.events:
        to.print(_events(outcome))
    if outcome.limits:
        to.print(_limits(outcome.limits))
    if explain and outcome.cost:
        to.print(_cost(outcome))
    to.print(_judgement(outcome), style="green" if row.verified else "red")


def _judgement(outcome: Outcome) -> str:
    row = outcome.row
    if outcome.iterations is None:
        return f"not solved: {outcome.status}"
    effort = f"{outcome.iterations} iterations, {row.solve_s:.1f} s" if row.solve_s is not None else ""
    errors = f"re-flight error {row.refly_error:.1e}, path violation {row.path_violation:.1e}"
    verdict = "verified" if row.verified else "NOT VERIFIED" if outcome.converged else "NOT CONVERGED"
    return f"{verdict}: {outcome.status}, {errors}; {effort}"


def _numbers(outcome: Outcome) -> Table:
    row, table = outcome.row, Table(show_header=False)
    table.add_column("what", style="bold")
    table.add_column("value", justify="right")
    table.add_column("unit")

    def add(what: str, value: float | None, unit: str, how: str = ",.0f", note: str = "") -> None:
        if value is not None:
            table.add_row(what, format(value, how), f"{unit}{note}")

    add("payload", row.payload_kg, "kg")
    add("published payload", row.payload_published_kg, "kg", note=f" ({row.payload_published_status})")
    for use, mass in (outcome.budget or {}).items():
        add(f"first-stage propellant, {use}", mass, "kg")
    add("booster lands", _percent(row.landing_probability), "% (landing record)", ".0f")
    add("flights per booster", row.flights_per_booster, "", ".1f")
    add("cost per launch", _millions(row.cost_per_launch_cny), "M CNY", ",.1f")
    band = f" (10 to 90 %: {row.cost_per_kg_cny_p10 or 0:,.0f} to {row.cost_per_kg_cny_p90 or 0:,.0f})"
    add("cost per kilogram", row.cost_per_kg_cny_p50, "CNY", note=band)
    add("", row.cost_per_kg_usd_p50, "USD")
    add("operator's target", row.target_cny_per_kg, "CNY per kilogram")
    return table


def _percent(value: float | None) -> float | None:
    return None if value is None else 100.0 * value


def _millions(value: float | None) -> float | None:
    return None if value is None else value / 1e6


def _events(outcome: Outcome) -> Table:
    headings = ("event", "time, s", "speed, m/s", "altitude, km", "downrange, km")
    table = Table(*headings, header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    for event in outcome.events:
        table.add_row(event.name, *(f"{value:,.1f}" for value in event[1:]))
    return table


def _limits(limits: tuple[LimitReached, ...]) -> Table:
    table = Table("limit", "allowed", "reached", "unit", "where", header_style="bold")
    table.columns[1].justify = table.columns[2].justify = "right"
    for limit in _tightest(limits):
        unit, factor = _SHOWN_IN.get(limit.unit, (limit.unit, 1.0))
        allowed, reached = _short(limit.limit * factor), _short(limit.reached * factor)
        # A limit the optimum rests on is what a designer would want to move.
        active = "bold" if limit.reached >= 0.999 * limit.limit else ""
        table.add_row(limit.name.replace("_", " "), allowed, reached, unit, _where(limit), style=active)
    return table


def _short(value: float) -> str:
    """Four digits, and never an exponent for a number that can be read."""
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e9 else f"{value:.4g}"


def _where(limit: LimitReached) -> str:
    return f"{limit.phase.replace('_', ' ')}, {limit.time_s:.1f} s"


def _tightest(limits: tuple[LimitReached, ...]) -> list[LimitReached]:
    """Of the phases that share a limit, the one that came closest to it."""
    found: dict[tuple[str, float], LimitReached] = {}
    for limit in limits:
        key = (limit.name, limit.limit)
        if key not in found or limit.reached > found[key].reached:
            found[key] = limit
    return list(found.values())


def _cost(outcome: Outcome) -> Table:
    table = Table("cost, at the likeliest inputs", "value", "made of", header_style="bold")
    table.columns[1].justify = "right"
    for row in outcome.cost:
        table.add_row(row.component.replace("_", " "), _short(row.value), row.formula)
    return table


# ---- scripts ---------------------------------------------------------------------------------------------------------
@contextmanager
def leave_on_interrupt() -> Iterator[None]:
    """Ctrl-C ends the process at once, with the exit code of an interrupt.

    Inside its native solvers CasADi turns a KeyboardInterrupt into an ordinary failure to converge, and minutes later
    that would be shown as a result.
    """

    def leave(signal_number: int, frame: object) -> None:
        console(stderr=True).show_cursor()
        print("interrupted", file=sys.stderr, flush=True)
        os._exit(INTERRUPTED)

    try:
        before = signal.signal(signal.SIGINT, leave)
    except ValueError:  # not in the main thread, which alone receives signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Reported(Protocol):
    """A solved flight that says itself what there is to print."""

    @property
    def verified(self) -> bool:
        """Whether the re-flight agrees."""
        ...

    def report(self) -> str:
        """For a person."""
        ...

    def as_json(self) -> dict[str, Any]:
        """For a program."""
        ...


def run_script(solve: "Callable[[], LaunchResult | Reported]", description: str | None = None) -> int:
    """Solve, print the flight (as JSON with ``--json``) and return the exit code: the body of a script's end.

    Wrong input is told in one line a mistake on standard error.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    arguments = parser.parse_args()
    try:
        with leave_on_interrupt():
            solved: Any = solve()
            flight = None if hasattr(solved, "report") else outcome_of(solved)
    except ValueError as error:
        print(error, file=sys.stderr)
        return WRONG_INPUT
    if flight is None:
        print(dump_json(solved.as_json()) if arguments.json else solved.report())
        return VERIFIED if solved.verified else NOT_VERIFIED
    if arguments.json:
        print(dump_json(launch_json(flight)))
    else:
        print_launch(flight)
    return exit_code(flight)
