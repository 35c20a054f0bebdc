"""Solve time over the number of mesh intervals: ``python benchmarks/size.py``, with ``--figure FILE`` for the picture.

The Mars landing of ``problems/optimal_control`` is solved on even meshes of 4 points an interval, for 3 iterations from one
guess. Timed are building the programme, evaluating its functions, and the rest of IPOPT, which is mostly linear algebra.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np

from hoverslam.ocp import Mesh, Options, solve
from hoverslam.ocp.solving.carry import Start
from hoverslam.ocp.solving.ipopt import run
from hoverslam.ocp.transcription.guess import guesses
from hoverslam.ocp.transcription.local import TRANSLATED
from hoverslam.ocp.transcription.programme import Programme

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "problems" / "optimal_control"))
from mars_landing import problem

SIZES = (10, 20, 50, 100, 200, 300, 500, 700)
POINTS, SMALLEST = 4, 50  # points an interval, least size that the fits use
REPEATS, ONCE = 3, 200  # runs of each size, and the size from which one run is enough
MOST = 3  # iterations: enough to time one, and the same number on every mesh
BUILD, SOLVE, ITERATIONS, FUNCTIONS, REST, EACH = range(6)


def once(intervals: int) -> list[float]:
    """Return time to build and to solve (s, building included), iterations, and ms an iteration: functions, rest, both."""
    mars = problem()
    (phase,) = mars.phases.values()
    phase.mesh = Mesh.uniform(intervals, POINTS)
    options = Options(max_passes=1, verify=False, diagnose=False, max_iterations=MOST)
    start = time.perf_counter()
    solution = solve(mars, options, report=lambda line: None)
    solved = time.perf_counter()
    starts = guesses(mars)
    begin = time.perf_counter()
    programme = Programme(mars, {phase.name: phase.mesh}, starts, TRANSLATED)
    built = time.perf_counter()
    programme.solvers = solution.programme.solvers  # compiled already, so that only IPOPT is timed
    ready = time.perf_counter()
    iterations = run(programme, options, Start(programme.pack(starts))).iterations
    iterated = time.perf_counter() - ready
    (solver,) = programme.solvers.values()
    functions = sum(seconds for name, seconds in solver.stats().items() if name.startswith("t_wall_nlp_"))
    parts = [1e3 * seconds / iterations for seconds in (functions, iterated - functions)]
    return [built - begin, solved - start, float(iterations), *parts, sum(parts)]


def slope(x: np.ndarray, y: np.ndarray) -> float:
    """Return the exponent of ``y`` over ``x``, by least squares in the logarithms."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def table(found: np.ndarray) -> str:
    """Return medians by size, and the exponents, in Markdown."""
    heads = ["intervals", "build s", "solve s", "iterations", "functions ms", "rest ms", "iteration ms"]
    lines = ["| " + " | ".join(heads) + " |", "|---:" * len(heads) + "|"]
    for intervals, row in zip(SIZES, found, strict=True):
        cells = [
            f"{row[BUILD]:.3f}",
            f"{row[SOLVE]:.2f}",
            f"{row[ITERATIONS]:.0f}",
            *(f"{v:.2f}" for v in row[FUNCTIONS:]),
        ]
        lines.append(f"| {intervals} | " + " | ".join(cells) + " |")
    sizes = np.array(SIZES, dtype=float)
    large = sizes >= SMALLEST
    lines += ["", f"Exponent of time against size from {SMALLEST} intervals on:", ""]
    lines += ["| time | n | n log n |", "|---|---:|---:|"]
    for name, column in (("build", BUILD), ("functions", FUNCTIONS), ("rest", REST), ("iteration", EACH)):
        n, times = sizes[large], found[large, column]
        lines.append(f"| {name} | {slope(n, times):.2f} | {slope(n * np.log(n), times):.2f} |")
    return "\n".join(lines)


def draw(found: np.ndarray, path: Path) -> None:
    """Draw the time of an iteration and of a solve over size, and write the picture."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    sizes = np.array(SIZES, dtype=float)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.0, 3.8), layout="constrained")
    left.loglog(sizes, found[:, EACH], "o-", color="#1b4965", label="iteration")
    left.loglog(sizes, found[:, REST], "s-", color="#ca6702", label="of it IPOPT and its linear systems")
    left.loglog(sizes, found[:, FUNCTIONS], "^-", color="#5a9a78", label="of it functions and derivatives")
    line = sizes * np.log(sizes)
    at = SIZES.index(100)
    left.loglog(sizes, line * found[at, EACH] / line[at], ":", color="0.45", label="n log n through 100 intervals")
    left.set(ylabel="ms an iteration", title="One iteration")
    right.loglog(sizes, found[:, SOLVE], "o-", color="#1b4965", label="both")
    right.loglog(sizes, found[:, ITERATIONS] * found[:, EACH] / 1e3, "s-", color="#ca6702", label="iterations")
    right.loglog(sizes, found[:, BUILD], "^-", color="#7a5195", label="building")
    right.set(ylabel="s", title="Building and three iterations")
    for axes in (left, right):
        axes.set(xlabel=f"intervals of {POINTS} points")
        axes.grid(True, which="major", color="0.88")
        axes.set_xticks(SIZES, [str(n) for n in SIZES])
        axes.minorticks_off()
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8.5)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure, print the table, and draw the picture if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figure", type=Path, help="where to write the picture")
    options = parser.parse_args()
    once(SIZES[0])  # translates the dynamics, which later solves share
    found = np.array(
        [
            [statistics.median(c) for c in zip(*(once(n) for _ in range(REPEATS if n < ONCE else 1)), strict=True)]
            for n in SIZES
        ]
    )
    print(table(found))
    if options.figure:
        draw(found, options.figure)


if __name__ == "__main__":
    main()
