"""How long a landing takes from the start of a process to the verified answer: ``python benchmarks/landing.py``.

Each figure is the median of several runs with its range. ``--old FOLDER`` times another checkout of the project in the same
run, taking turns, and prints the ratio. The machine should be idle.

- *nothing kept*: a process that finds nothing translated or compiled before;
- *cold*: a process of a user who has solved the landing before (``PREPARED`` processes of three landings each): translated
  and compiled functions are on disk;
- *warm*: the same landing again in the same process.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from launch import HERE, print_times, process

PREPARED = 2
ONE = """
import json, sys, time
began = time.perf_counter()
import hoverslam as hs
hs.Landing
imported = time.perf_counter()
START = hs.LandingStart((-300.0, 0.0, 5000.0), (40.0, 0.0, -300.0), 35e3)
LIMITS = hs.LandingLimits(angle_of_attack=0.17, tilt=0.35)

def falcon(*sequences):
    return hs.Landing(hs.Lander.of("falcon9", list(sequences)), START, LIMITS)

def mars():
    from hoverslam.physics.earth import FlatGround
    lander = hs.Lander.simple("Mars lander", 1505.0, 16573.0, 1966.0, (0.3, 0.8))
    start = hs.LandingStart((2000.0, 0.0, 1500.0), (100.0, 0.0, -75.0), 1905.0)
    return hs.Landing(lander, start, hs.LandingLimits(glide_slope=0.07), ground=FlatGround(3.7114), coast=None)

SEQUENCES = {"one": [(1,)], "three_then_one": [(3, 1)], "both": [(1,), (3, 1)]}
case, seconds = sys.argv[1], []
landing = mars() if case == "mars" else falcon(*SEQUENCES[case])
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    result = landing.solve(report=lambda line: None)
    seconds.append(time.perf_counter() - start)
print(json.dumps({"import": imported - began, "solves": seconds, "propellant": result.propellant,
    "verified": bool(result.verified)}))
"""
CASES = {
    "both": "Falcon 9, one engine or three and then one, with limits",
    "three_then_one": "Falcon 9, three engines and then one, with limits",
    "one": "Falcon 9, one engine, with limits",
    "mars": "point mass on Mars, without air",
}


def time_case(case: str, runs: int, sources: dict[str, Path]) -> None:
    """Print times of processes of each checkout, in turns, for one landing."""
    kinds = ("nothing kept", "cold", "import", "warm")
    times: dict[tuple[str, str], list[float]] = {(s, k): [] for s in sources for k in kinds}
    answers: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(runs):
            for name, source in sources.items():
                fresh, kept = Path(folder) / f"{name}-{number}", Path(folder) / name
                times[name, "nothing kept"].append(process(source, fresh, case, "1", script=ONE)["process"])
                for _ in range(0 if number else PREPARED):
                    process(source, kept, case, "3", script=ONE)
                times[name, "cold"].append(process(source, kept, case, "1", script=ONE)["process"])
                found = process(source, kept, case, "2", script=ONE)
                times[name, "import"].append(found["import"])
                times[name, "warm"].append(found["solves"][-1])
                answers[name] = f"{found['propellant']:.6f} kg, {'verified' if found['verified'] else 'NOT verified'}"
    print(f"{CASES[case]}: " + "; ".join(f"{name} {answer}" for name, answer in answers.items()))
    print_times(kinds, sources, times)


def main() -> int:
    """Time the landings that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=CASES, action="append", help="a landing; by default all of them")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--old", type=Path, help="another checkout, timed in turns")
    arguments = parser.parse_args()
    sources = ({"old": arguments.old.resolve()} if arguments.old else {}) | {"new": HERE}
    for case in arguments.case or CASES:
        time_case(case, arguments.runs, sources)
    return 0


if __name__ == "__main__":
    sys.exit(main())
