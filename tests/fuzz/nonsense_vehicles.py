"""Vehicles whose figures are wrong as people get them wrong: how many are refused with a reason, and which fly absurdly.

    python tests/fuzz/nonsense_vehicles.py --count 1000
    python tests/fuzz/nonsense_vehicles.py --count 1000 --solve 12

Each vehicle is one of the package with one to three mistakes: a figure times 10^U(-3, 3), two figures of the file swapped, a
unit confused (t and kg, kN and N, m and cm, s and min, pounds, feet, fractions and per cent), one engine's thrust taken for
all, or the masses of two stages exchanged. ``--solve`` also solves the first of those that are accepted, and judges their
flights with :func:`absurdities`.
"""

import argparse
import random
import sys
import time
import tomllib
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

import hoverslam
from hoverslam.data.constants import STANDARD_GRAVITY
from hoverslam.flights.launch.result import LaunchResult
from hoverslam.studies.cases import Case
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import _checked, list_vehicles
from hoverslam.vehicles.models import Vehicle

FILES = Path(hoverslam.__file__).parent / "vehicles" / "files"
_NOT_OF_THE_FLIGHT = ("payload_published", "liftoff_mass_published_t", "probability", "gimbal")
_UNITS = (
    1e3,
    1e-3,
    60.0,
    1.0 / 60.0,
    2.2046,
    0.4536,
    3.2808,
    0.3048,
    100.0,
    0.01,
    STANDARD_GRAVITY,
    1.0 / STANDARD_GRAVITY,
)


def figures_in(content: Any, prefix: str = "") -> dict[str, dict[str, Any]]:
    """Return the figures of a file's content that decide a flight, by dotted key."""
    found: dict[str, dict[str, Any]] = {}
    for key, value in content.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and not any(word in name for word in _NOT_OF_THE_FLIGHT):
            found |= {name: value} if "value" in value else figures_in(value, f"{name}.")
    return found


def set_value(figure: dict[str, Any], value: float) -> None:
    """Set a figure without its band."""
    figure["value"] = value
    figure.pop("low", None)
    figure.pop("high", None)


def drawn(number: int, seed: int) -> tuple[str, dict[str, Any], list[str]]:
    """Return the name, the content and the mistakes of a vehicle; most mistakes change a figure by two or more times."""
    chance = random.Random(f"{seed}-{number}")
    name = chance.choice([name for name in list_vehicles() if "vtvl" not in name])
    content = deepcopy(tomllib.loads((FILES / f"{name}.toml").read_text(encoding="utf-8")))
    figures, told = figures_in(content), []
    for _ in range(20):
        if len(told) >= chance.choice((1, 1, 1, 2, 3)):
            break
        key = chance.choice(list(figures))
        what = chance.randrange(4)
        if what == 0:
            factor = 10.0 ** chance.uniform(-3.0, 3.0)
            if 0.5 < factor < 2.0:  # within what figures of this kind vary by
                factor = factor**10
            set_value(figures[key], figures[key]["value"] * factor)
            told.append(f"{key} times {factor:.3g}")
        elif what == 1:
            one = figures[key]["value"]
            unlike = [k for k, figure in figures.items() if not 0.5 < figure["value"] / (one or 1.0) < 2.0]
            alike = [k for k in unlike if k.rsplit("_", 1)[-1] == key.rsplit("_", 1)[-1]]
            if not alike:
                continue
            other = chance.choice(alike)
            two = figures[other]["value"]
            set_value(figures[key], two)
            set_value(figures[other], one)
            told.append(f"{key} and {other} swapped")
        elif what == 2:
            factor = chance.choice(_UNITS)
            set_value(figures[key], figures[key]["value"] * factor)
            told.append(f"{key} in another unit (times {factor:.4g})")
        elif not any("exchanged" in mistake for mistake in told):
            for mass in ("dry_mass_t", "propellant_t"):
                one, two = content["stage1"][mass], content["stage2"][mass]
                content["stage1"][mass], content["stage2"][mass] = two, one
            told.append("masses of stage1 and stage2 exchanged")
    return name, content, told


def reason_of(content: dict[str, Any]) -> tuple[str, Vehicle | None]:
    """Return why a vehicle is refused before a solve, and the vehicle; the reason is empty if it is accepted."""
    try:
        vehicle = _checked(content, "mine.toml", ())
        Case(vehicle, "downrange" if "downrange" in vehicle.modes else "expendable").checked()
    except VehicleError as error:
        return error.mistakes[0], None
    return "", vehicle


def absurdities(flight: LaunchResult, vehicle: Vehicle) -> list[str]:
    """Return what is absurd about a solved flight; empty for a believable one.

    The limits: a payload of 0.01 to 7 % of the lift-off mass; a staging speed of 0.5 to 5 km/s; a staging altitude of 25 to
    200 km; a landing burn of less than 15 % of the first stage's load; no negative mass of propellant.
    """
    share = flight.payload / vehicle.liftoff_mass(flight.payload)
    burned = (flight.landing_propellant or 0.0) / vehicle.stage1.propellant  # an expended stage does not land
    checks = (
        (1e-4 <= share <= 0.07, f"payload is {share:.2%} of the lift-off mass"),
        (500.0 <= flight.staging_speed <= 5e3, f"staging speed {flight.staging_speed:,.0f} m/s"),
        (25e3 <= flight.staging_altitude <= 200e3, f"staging altitude {flight.staging_altitude / 1e3:,.0f} km"),
        (-1e-3 <= burned <= 0.15, f"the landing burn takes {burned:.1%} of the first stage's load"),
        (min(flight.propellant.values(), default=0.0) > -1.0, "a negative mass of propellant"),
    )
    return [text for good, text in checks if not good]


def run(count: int, seed: int, solve: int = 0) -> Counter[str]:
    """Judge ``count`` vehicles, and solve the first ``solve`` of those that are accepted. Return the counts of outcomes."""
    found: Counter[str] = Counter()
    for number in range(count):
        name, content, told = drawn(number, seed)
        reason, vehicle = reason_of(content)
        found["accepted" if vehicle is not None else "refused with a reason" if reason.strip() else "refused"] += 1
        if vehicle is None or found["solved"] >= solve:
            continue
        found["solved"] += 1
        began = time.process_time()
        recovery = "downrange" if "downrange" in vehicle.modes else "expendable"
        flight = hoverslam.solve_launch(vehicle, recovery, effort="quick", store=False)
        absurd = absurdities(flight, vehicle) if flight.converged else []
        verdict = "not verified" if not flight.verified else "absurd" if absurd else "believable"
        found[verdict] += 1
        spent = time.process_time() - began
        print(
            f"{number} {name} {recovery}: {'; '.join(told)}: {flight.payload:,.0f} kg, {verdict} {absurd}, {spent:.0f} s",
            flush=True,
        )
    return found


def main() -> int:
    """Read the command line, run, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--solve", type=int, default=0)
    parser.add_argument("--accepted", action="store_true", help="list the mistakes that are accepted")
    given = parser.parse_args()
    if given.accepted:
        for number in range(given.count):
            name, content, told = drawn(number, given.seed)
            if reason_of(content)[1] is not None:
                print(number, name, "; ".join(told))
        return 0
    for outcome, number in sorted(run(given.count, given.seed, given.solve).items()):
        print(f"{outcome:22} {number:6}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
