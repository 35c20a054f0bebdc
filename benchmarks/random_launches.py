"""Random launches: how often the search finds a verified flight, and how often it finds the best one.

    python benchmarks/random_launches.py launches.csv --count 200
    python benchmarks/random_launches.py launches.csv --count 200 --method one_start
    python benchmarks/random_launches.py launches.csv --summary

A case is a vehicle of the package, one of its recovery modes and one of its orbits. Each figure of the vehicle that has a
band is drawn evenly inside it. Each case has its own stream of random numbers: case 12 is the same whatever else is solved.
The file gets one row for each case and method. A second call goes on where the first one stopped.

Methods are those of ``solve_launch``: ``quick``, ``standard`` and ``thorough``. ``one_start`` is what the first version of
hoverslam did: the usual structure, one simulated start, three attempts. Nothing is kept from one case to the next: all
start from the flights that come with the package.

The best payload of a case is the best verified one of any method in the file.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
from row_files import append_row

from hoverslam import LaunchResult, Vehicle, list_vehicles, load_vehicle, solve_launch
from hoverslam.data.figures import with_figure
from hoverslam.flights.launch.attempts import solve_patiently
from hoverslam.flights.launch.plan import make_plan
from hoverslam.flights.launch.problem import launch_problem
from hoverslam.flights.launch.result import summarise
from hoverslam.flights.launch.search import Effort
from hoverslam.flights.launch.slopes import NOT_OF_THE_FLIGHT
from hoverslam.flights.launch.starts import guess_launch

METHODS = ("quick", "standard", "thorough", "one_start")
ALIKE = 1e-3  # relative: payloads that differ by less are one optimum


@dataclass(frozen=True)
class Row:
    """One case solved by one method."""

    case: int
    vehicle: str
    recovery: str
    orbit: str
    method: str
    verified: bool
    payload_kg: float | None
    structure: str
    cpu_s: float
    problem: str


def draw(number: int) -> tuple[Vehicle, str, str]:
    """Return vehicle, recovery mode and orbit of a case."""
    chance = np.random.default_rng([2026, number])
    vehicles = [load_vehicle(name) for name in list_vehicles()]
    vehicle = chance.choice(np.array([v for v in vehicles if v.modes and v.default_orbit is not None], dtype=object))
    recovery = str(chance.choice(vehicle.modes))
    published = {p.orbit for p in vehicle.payload_published if p.recovery in ("expendable", recovery)}
    orbit = str(chance.choice(sorted({vehicle.default_orbit, *published})))
    for key, figure in list(vehicle.figures()):
        if figure.low is not None and figure.high is not None and not key.startswith(NOT_OF_THE_FLIGHT):
            vehicle = with_figure(vehicle, key, float(chance.uniform(figure.low, figure.high)))
    return vehicle, recovery, orbit


def solved(vehicle: Vehicle, recovery: str, orbit: str, method: str) -> LaunchResult:
    """Return the launch of a case found by a method."""
    if method == "one_start":
        plan = make_plan(vehicle, recovery, orbit)
        return summarise(plan, solve_patiently(launch_problem(plan, guess_launch(plan)), None))
    return solve_launch(vehicle, recovery, orbit, effort=cast(Effort, method))


def row_of(number: int, method: str) -> Row:
    """Return the row of a case and method."""
    vehicle, recovery, orbit = draw(number)
    began, verified, payload, structure, problem = time.process_time(), False, None, "", ""
    try:
        found = solved(vehicle, recovery, orbit, method)
        verified, structure = bool(found.verified), found.structure
        payload = float(found.payload) if found.converged else None
        problem = "" if verified else found.status
    except (ValueError, ArithmeticError) as error:
        problem = f"{type(error).__name__}: {error}"
    cpu = round(time.process_time() - began, 1)
    return Row(number, vehicle.name, recovery, orbit, method, verified, payload, structure, cpu, problem)


def summary(rows: pd.DataFrame) -> str:
    """Return the shares of verified and of best flights for each method, and the largest shortfall."""
    good = rows[rows["verified"]]
    best = good.groupby("case")["payload_kg"].max()
    lines = []
    for method, part in rows.groupby("method"):
        payload = part["payload_kg"].where(part["verified"])
        short = 1.0 - payload / part["case"].map(best)
        found, worst = part["case"].isin(best.index), "-"
        if short.notna().any():
            worst = f"case {part['case'].iloc[int(np.nanargmax(short))]}"
        lines.append(
            f"{method}: {len(part)} cases, verified {part['verified'].mean():.1%}; of {found.sum()} cases with a flight "
            f"{(short[found] < ALIKE).mean():.1%} within {ALIKE:.1%} of the best, worst shortfall {short.max():.1%} "
            f"({worst}); processor time a case: median {part['cpu_s'].median():.0f} s, longest {part['cpu_s'].max():.0f} s"
        )
    lines.append(f"no verified flight by any method: {sorted(set(rows['case']) - set(best.index)) or 'none'}")
    return "\n".join(lines)


def run(path: Path, cases: Sequence[int], method: str) -> None:
    """Solve those cases that the file does not hold yet, and add their rows."""
    done = set()
    if path.exists():
        known = pd.read_csv(path)
        done = set(known["case"][known["method"] == method])
    for number in cases:
        if number in done:
            continue
        row = row_of(number, method)
        append_row(path, row)
        payload = "nothing" if row.payload_kg is None else f"{row.payload_kg:,.1f} kg"
        what = payload if row.verified else f"{payload}, NOT VERIFIED: {row.problem}"
        print(f"{number} {row.vehicle} {row.recovery} {row.orbit}: {what} in {row.cpu_s:.0f} s", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and do as it says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="CSV file of the rows; created or continued")
    parser.add_argument("--count", type=int, default=200, help="number of cases")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--method", choices=METHODS, default="standard", help="how each case is solved")
    parser.add_argument("--summary", action="store_true", help="only summarise the file")
    given = parser.parse_args(arguments)
    os.environ["HOVERSLAM_SOLUTIONS"] = ""  # neither reads nor keeps flights of the user
    if not given.summary:
        run(given.file, range(given.first, given.first + given.count), given.method)
    if not given.file.exists():
        sys.exit(f"{given.file}: there is no such file")
    print(summary(pd.read_csv(given.file)))


if __name__ == "__main__":
    main()
