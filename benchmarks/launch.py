"""How long a launch takes, from a cold process to a slider: ``python benchmarks/launch.py``.

Each figure is the median of several runs with its range. ``--old FOLDER`` times another checkout of the project in the same
run, taking turns, and prints the ratio. The machine should be idle.

- *new user*: a process that finds neither stored flights of the user nor anything translated or compiled before;
- *cold*: a process of a user who has solved launches before: translated and compiled functions are on disk;
- *warm*: the same launch again in the same process;
- *without stored flights*: the whole search from simulated guesses (``--search``, some minutes a run);
- *re-solve* and *predict*: every figure of the vehicle that enters the launch, changed by one per cent (``--figures N`` takes
  the first N of them). Predictions are compared with the verified re-solves.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent
ONE = """
import json, resource, sys, time
began = time.perf_counter()
import hoverslam as hs
imported = time.perf_counter()
vehicle, recovery, store = sys.argv[1], sys.argv[2], sys.argv[3] == "stored"
seconds = []
for _ in range(int(sys.argv[4])):
    start = time.perf_counter()
    flight = hs.solve_launch(vehicle, recovery, store=store)
    seconds.append(time.perf_counter() - start)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"import": imported - began, "solves": seconds, "payload": flight.payload,
    "verified": bool(flight.verified), "peak": peak}))
"""
SHARE = 0.01  # by which every figure is changed


def process(source: Path, cache: Path, *arguments: str, script: str = ONE) -> dict[str, Any]:
    """Run a script in a process on a checkout; return what it printed and its own duration (s)."""
    names = {"HOVERSLAM_SOLUTIONS": "", "HOVERSLAM_CACHE": str(cache), "PYTHONPATH": str(source / "src")}
    environment = {**os.environ, **names, "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "process": seconds}


def spread(values: list[float]) -> str:
    """Return median and range in words."""
    return f"{statistics.median(values):7.2f} s  ({min(values):.2f} to {max(values):.2f})"


def print_times(kinds: Collection[str], sources: Collection[str], times: dict[tuple[str, str], list[float]]) -> None:
    """Print the times of each kind of process for each checkout, and their ratio where there are two checkouts."""
    for kind in kinds:
        for name in sources:
            print(f"{kind:24s} {name:4s} {spread(times[name, kind])}")
        if "old" in sources:
            old, new = (statistics.median(times[name, kind]) for name in ("old", "new"))
            print(f"{kind:24s} old over new {old / new:.1f}")


def time_processes(case: tuple[str, str], runs: int, sources: dict[str, Path], search: bool) -> None:
    """Print times of new, cold and warm processes of each checkout, in turns."""
    kinds = ["new user", "cold", "warm"] + (["without stored flights"] if search else [])
    times: dict[tuple[str, str], list[float]] = {(s, k): [] for s in sources for k in kinds}
    peak: dict[str, float] = dict.fromkeys(sources, 0.0)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(runs):
            for name, source in sources.items():
                fresh, kept = Path(folder) / f"{name}-{number}", Path(folder) / name
                times[name, "new user"].append(process(source, fresh, *case, "stored", "1")["process"])
                if not number:
                    process(source, kept, *case, "stored", "1")
                found = process(source, kept, *case, "stored", "3")
                times[name, "cold"].append(found["process"] - sum(found["solves"][1:]))
                times[name, "warm"].append(found["solves"][-1])
                if search:
                    searched = process(source, kept, *case, "none", "1")
                    times[name, "without stored flights"].append(searched["process"])
                peak[name] = max(peak[name], found["peak"])
                print(f"  run {number + 1} of {runs}, {name}: {found['payload']:,.1f} kg, verified {found['verified']}")
    print_times(kinds, sources, times)
    print("peak memory: " + ", ".join(f"{name} {mb:,.0f} MB" for name, mb in peak.items()))


def time_changes(case: tuple[str, str], runs: int, most: int | None) -> None:
    """Print times of re-solves and predictions in this process, and how well predictions are met."""
    import hoverslam as hs

    flight = hs.solve_launch(*case)
    figures = {key: figure.value for key, figure in flight.plan.vehicle.figures()}
    keys = [key for key in hs.payload_slopes(flight).ranked() if figures[key]][:most]
    verified, quick, predictions, misses, failed = [], [], [], [], []
    for key in keys:
        change = {key: figures[key] * (1.0 + SHARE)}
        start = time.perf_counter()
        again = flight.resolve(change)
        verified.append(time.perf_counter() - start)
        for _ in range(runs):
            start = time.perf_counter()
            flight.resolve(change, verify=False)
            quick.append(time.perf_counter() - start)
            start = time.perf_counter()
            predicted = flight.predict(change)
            predictions.append(time.perf_counter() - start)
        if again.verified:
            misses.append(abs(predicted.value / again.payload - 1.0))
        else:
            failed.append(key)
        print(
            f"  {key:48s} {flight.payload:,.1f} -> {again.payload:,.1f} kg, predicted {predicted.value:,.1f}, "
            f"{verified[-1]:.2f} s{'' if again.verified else ', not verified'}",
            flush=True,
        )
    print(f"re-solve, verified       {spread(verified)}; {len(keys) - len(failed)} of {len(keys)} figures verified")
    print(f"re-solve, not verified   {spread(quick)}")
    print(
        f"predict                  {1e3 * statistics.median(predictions):7.2f} ms (most {1e3 * max(predictions):.2f})"
    )
    print(f"predict, error           median {statistics.median(misses):.1e}, largest {max(misses):.1e} of the payload")


def main() -> int:
    """Time what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vehicle", default="zhuque3")
    parser.add_argument("--recovery", default="downrange")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--old", type=Path, help="another checkout, timed in turns")
    parser.add_argument("--search", action="store_true", help="also the search without stored flights")
    parser.add_argument("--figures", type=int, help="only so many figures, those with the largest effect first")
    parser.add_argument("--only", choices=("processes", "changes"), help="only one half")
    arguments = parser.parse_args()
    case = (arguments.vehicle, arguments.recovery)
    sources = ({"old": arguments.old.resolve()} if arguments.old else {}) | {"new": HERE}
    if arguments.only != "changes":
        time_processes(case, arguments.runs, sources, arguments.search)
    if arguments.only != "processes":
        time_changes(case, arguments.runs, arguments.figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
