"""Payload against orbit altitude and against figures of the vehicle: is it smooth and monotone?

    python benchmarks/smooth_payload.py sweep.csv                         # Falcon 9, Zhuque-3 and Long March 12A
    python benchmarks/smooth_payload.py sweep.csv --vehicles falcon9 --keys altitude_km stage1.dry_mass_t
    python benchmarks/smooth_payload.py sweep.csv --picture sweep.png

The nominal flight comes from ``solve_launch``. From there each figure is moved in steps across its band, or 3 % either way
where it has none, and the altitude of a circular orbit from 180 to 800 km. Each flight is solved anew from the one beside
it, with the structure of the nominal flight, to the tolerances of every launch. A second call goes on where the first one
stopped.

``roughness`` is the largest distance of a payload from the cubic through its four neighbours, as a share of the payload.
A jump from one optimum to another shows as a roughness far above the tolerance of the mesh.
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Picture
from numpy.typing import NDArray

from hoverslam import LaunchResult, solve_launch
from hoverslam.flights.launch.changes import changed_plan
from hoverslam.flights.launch.plan import LaunchPlan, make_plan
from hoverslam.flights.launch.refine import refined
from hoverslam.ocp.solving.known import KnownPoint
from hoverslam.reports.pictures import plain_axis

CASES = {"falcon9": "downrange", "zhuque3": "downrange", "longmarch12a": "expendable"}
ALTITUDE = "altitude_km"
KEYS = (
    ALTITUDE, "stage1.dry_mass_t", "stage1.propellant_t", "stage1.engine.thrust_sea_level_kN",
    "stage1.engine.specific_impulse_vacuum_s", "stage2.dry_mass_t", "stage2.propellant_t",
    "stage2.engine.thrust_vacuum_kN", "stage2.engine.specific_impulse_vacuum_s", "fairing.mass_t", "aero.drag_factor",
)  # fmt: skip
LOWEST, HIGHEST, STEPS = 180.0, 800.0, 20
SHARE = 0.03  # of the value of a figure without band, either way
FIELDS = ("vehicle", "recovery", "key", "value", "payload_kg", "verified", "nodes")


def values_of(plan: LaunchPlan, key: str) -> tuple[float, list[float]]:
    """Return the nominal value and the values at which the payload is wanted, in the unit of the key."""
    if key == ALTITUDE:
        return plan.orbit.perigee_altitude / 1e3, np.linspace(LOWEST, HIGHEST, STEPS + 1).tolist()
    figure = dict(plan.vehicle.figures())[key]
    low = figure.value * (1.0 - SHARE) if figure.low is None else figure.low
    high = figure.value * (1.0 + SHARE) if figure.high is None else figure.high
    return figure.value, np.linspace(low, high, STEPS + 1).tolist()


def plan_at(plan: LaunchPlan, key: str, value: float) -> LaunchPlan:
    """Return the plan with one figure moved."""
    if key != ALTITUDE:
        return changed_plan(plan, {key: value})
    orbit = plan.orbit.with_altitudes(value * 1e3, value * 1e3)
    return make_plan(plan.vehicle, plan.recovery, orbit, plan.constraints, plan.structure.choice)


def walk(nominal: LaunchResult, key: str) -> Iterator[tuple[float, LaunchResult]]:
    """Yield the flights at all values, from the nominal one outwards on each side."""
    centre, values = values_of(nominal.plan, key)
    for side in (sorted(v for v in values if v >= centre), sorted((v for v in values if v < centre), reverse=True)):
        before = nominal
        for value in side:
            found = refined(plan_at(nominal.plan, key, value), KnownPoint.of(before.solution))
            yield value, found
            before = found if found.verified else before


def run(path: Path, vehicles: Sequence[str], keys: Sequence[str]) -> None:
    """Add the rows that the file does not hold yet."""
    done = set()
    if path.exists():
        counted = pd.read_csv(path).groupby(["vehicle", "key"]).size()
        done = {pair for pair, count in counted.items() if count == STEPS + 1}
    for vehicle in vehicles:
        if all((vehicle, key) in done for key in keys):
            continue
        nominal = solve_launch(vehicle, CASES[vehicle])
        print(f"{nominal.title}: {nominal.payload:,.1f} kg, {nominal.structure}", flush=True)
        for key in keys:
            if (vehicle, key) not in done:
                _add(path, nominal, key)


def _add(path: Path, nominal: LaunchResult, key: str) -> None:
    rows = []
    for value, found in walk(nominal, key):
        nodes = sum(len(phase.states) for phase in found.solution.phases.values())
        case = (nominal.plan.vehicle.name, nominal.plan.recovery, key, value)
        rows.append((*case, found.payload if found.verified else None, bool(found.verified), nodes))
        print(f"  {key} = {value:g}: {found.payload:,.2f} kg{'' if found.verified else ', NOT VERIFIED'}", flush=True)
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(FIELDS)
        writer.writerows(sorted(rows))


def roughness(payload: NDArray[np.float64]) -> float:
    """Return the largest distance of an inner value from the cubic through two neighbours on each side, relative."""
    inner = (-payload[:-4] + 4.0 * payload[1:-3] + 4.0 * payload[3:-1] - payload[4:]) / 6.0
    return float(np.max(np.abs(inner - payload[2:-2]) / payload[2:-2]))


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return range, roughness and whether the payload is monotone, one row for each vehicle and figure."""
    found = []
    for (vehicle, recovery, key), part in rows.groupby(["vehicle", "recovery", "key"], sort=False):
        payload = part.sort_values("value")["payload_kg"].to_numpy()
        steps = np.diff(payload)
        found.append(
            {
                "vehicle": vehicle,
                "recovery": recovery,
                "key": key,
                "from_kg": payload[0],
                "to_kg": payload[-1],
                "verified": f"{part['verified'].sum()} of {len(part)}",
                "monotone": bool(np.all(steps > 0.0) or np.all(steps < 0.0)),
                "roughness_percent": 100.0 * roughness(payload),
            }
        )
    return pd.DataFrame(found)


def picture(rows: pd.DataFrame) -> Picture:
    """Return one panel for each figure, with the payload relative to its mean, one line for each vehicle."""
    keys = list(dict.fromkeys(rows["key"]))
    columns = min(3, len(keys))
    lines = -(-len(keys) // columns)
    drawn = Picture(figsize=(4.2 * columns, 2.8 * lines), layout="constrained")
    axes = np.atleast_1d(drawn.subplots(lines, columns)).ravel()
    styles = dict(zip(CASES, (("-", "o"), ("--", "s"), (":", "^")), strict=True))
    for axis, key in zip(axes, keys, strict=False):
        plain_axis(axis)
        for (vehicle, recovery), part in rows[rows["key"] == key].groupby(["vehicle", "recovery"], sort=False):
            line, marker = styles[str(vehicle)]
            across = part.sort_values("value")
            label = f"{vehicle} {recovery}"
            values = across["value"] if key == ALTITUDE else across["value"] / across["value"].mean()
            axis.plot(values, across["payload_kg"] / 1e3, line, marker=marker, markersize=3.0, label=label)
        unit = "altitude of the circular orbit, km" if key == ALTITUDE else f"{key}, of the middle of the band"
        axis.set(xlabel=unit, ylabel="payload, t")
    for axis in axes[len(keys) :]:
        axis.set_visible(False)
    axes[0].legend(fontsize=7)
    return drawn


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and do as it says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="CSV file of the flights; created or continued")
    parser.add_argument("--vehicles", nargs="+", choices=list(CASES), default=list(CASES), help="vehicles to fly")
    parser.add_argument("--keys", nargs="+", default=list(KEYS), help=f"figures to move, or {ALTITUDE}")
    parser.add_argument("--picture", type=Path, help="draw what the file holds, and solve nothing")
    given = parser.parse_args(arguments)
    if given.picture is None:
        run(given.file, given.vehicles, given.keys)
    rows = pd.read_csv(given.file)
    print(summary(rows).to_string(index=False))
    if given.picture is not None:
        picture(rows).savefig(given.picture, dpi=150)


if __name__ == "__main__":
    main()
