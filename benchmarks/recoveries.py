"""Guided recoveries per second, cold and warm, beside flights of RocketPy: ``python benchmarks/recoveries.py``.

    python benchmarks/recoveries.py [VEHICLE] [--recovery MODE] [--samples 10000] [--alone]

The optimum is solved first and not timed. *Cold* starts with processes that have not imported or compiled anything; *warm*
is the same campaign with another seed in the same processes. RocketPy simulates a sounding rocket, which is another problem:
it gives the order of magnitude. The table is printed in Markdown.
"""

import argparse
import json
import os
import platform
import subprocess
from pathlib import Path

import jax
from peers import interpreter, say

from hoverslam import solve_launch
from hoverslam.margins.campaigns.executors import default_workers
from hoverslam.margins.choices import GUIDANCE
from hoverslam.margins.guidance.reference import reference_of
from hoverslam.margins.study.margin import study_margin

ROCKETPY = ("rocketpy==1.13.0",)
ROCKETPY_FLIGHTS = 30


def measured(vehicle: str, recovery: str, samples: int) -> list[tuple[str, int, float, float]]:
    """Return rows: what was flown, number of flights, total time (s), flights per second after compilation."""
    say(f"{vehicle}, {recovery}: the optimal flight")
    reference = reference_of(solve_launch(vehicle, recovery))
    rows = []
    for guidance in GUIDANCE:
        for seed, state in enumerate(("cold", "warm")):
            say(f"{samples:,} flights, {guidance}, {state}")
            study = study_margin(vehicle, recovery, samples, seed, guidance=guidance, reference=reference)
            found = study.campaign
            rows.append((f"{guidance}, {state}", samples, found.seconds, found.rate or samples / found.seconds))
    return rows


def rocketpy() -> tuple[str, int, float, float]:
    """Return the row of RocketPy, from its own environment."""
    python = interpreter("rocketpy", ROCKETPY)
    script = Path(__file__).with_name("with_rocketpy.py")
    run = subprocess.run([python, script, str(ROCKETPY_FLIGHTS)], check=True, capture_output=True, text=True)
    found = json.loads(run.stdout)
    flights, seconds = found["flights"], found["seconds_a_flight"]
    return "RocketPy, up and down, one process, warm", flights, seconds * flights, 1.0 / seconds


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vehicle", nargs="?", default="falcon9")
    parser.add_argument("--recovery", default="return_to_launch_site")
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--alone", action="store_true", help="leave RocketPy out")
    asked = parser.parse_args()
    rows = measured(asked.vehicle, asked.recovery, asked.samples)
    rows += [] if asked.alone else [rocketpy()]
    device = jax.devices()[0]
    where = platform.processor() or platform.machine() if device.platform == "cpu" else device.device_kind
    print(
        f"{asked.vehicle}, {asked.recovery}; double precision; {where}, {default_workers()} of {os.cpu_count()} cores\n"
    )
    print("| what flies | flights | seconds in all | flights a second, compiled |\n|---|---:|---:|---:|")
    for what, flights, seconds, rate in rows:
        print(f"| {what} | {flights:,} | {seconds:.1f} | {rate:,.1f} |")


if __name__ == "__main__":
    main()
