"""Solve time over the number of mesh intervals: ``python benchmarks/size.py``, with ``--figure FILE`` for the picture.

The Mars landing of ``problems/optimal_control`` is solved on even meshes of 4 points an interval, each in one pass from the
same guess; large meshes start from coarser ones, which is part of the time. Timed apart are the last mesh (building its
programme, evaluating its functions, the rest of IPOPT, which is mostly linear algebra) and the verification.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np

from hoverslam.ocp import Mesh, Options, solve
from hoverslam.ocp.checks.verify import verify
from hoverslam.ocp.transcription.guess import guesses
from hoverslam.ocp.transcription.local import TRANSLATED
from hoverslam.ocp.transcription.programme import Programme

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "problems" / "optimal_control"))
from mars_landing import problem

SIZES = (10, 30, 100, 300, 1000, 3000, 5000)
POINTS, SMALLEST = 4, 30  # points an interval, least size that the fits use
REPEATS, ONCE = 3, 1000  # runs of each size, and the size from which one run is enough
KNOWN = 387.896364525  # kg
HEADS = ("build s", "solve s", "verification s", "iterations", "functions ms", "rest ms", "less known kg")
BUILD, SOLVE, VERIFY, ITERATIONS, FUNCTIONS, REST, ERROR = range(len(HEADS))


def once(intervals: int) -> list[float]:
    """Return the figures of ``HEADS``: iterations and their parts are those of the last mesh."""
    mars = problem()
    (phase,) = mars.phases.values()
    phase.mesh = Mesh.uniform(intervals, POINTS)
    start = time.perf_counter()
    solution = solve(mars, Options(max_passes=1, verify=False, diagnose=False), report=lambda line: None)
    solved = time.perf_counter() - start
    if not solution.converged:
        raise SystemExit(f"{intervals} intervals: {solution.message}")
    start = time.perf_counter()
    verify(solution)
    verified = time.perf_counter() - start
    start = time.perf_counter()
    Programme(mars, {phase.name: phase.mesh}, guesses(mars), TRANSLATED)
    built = time.perf_counter() - start
    (solver,) = solution.programme.solvers.values()
    last = solution.passes[-1]
    functions = sum(seconds for name, seconds in solver.stats().items() if name.startswith("t_wall_nlp_"))
    rest = last["seconds"] - built - functions
    iterations = last["iterations"]
    each = (1e3 * functions / iterations, 1e3 * rest / iterations)
    return [built, solved, verified, float(iterations), *each, solution.objective - KNOWN]


def medians(intervals: int) -> list[float]:
    """Return the medians of some runs, and report them on standard error."""
    runs = [once(intervals) for _ in range(REPEATS if intervals < ONCE else 1)]
    found = [statistics.median(column) for column in zip(*runs, strict=True)]
    print(
        f"{intervals} intervals: {found[SOLVE]:.2f} s, verification {found[VERIFY]:.2f} s", file=sys.stderr, flush=True
    )
    return found


def slope(x: np.ndarray, y: np.ndarray) -> float:
    """Return the exponent of ``y`` over ``x``, by least squares in the logarithms."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def table(sizes: np.ndarray, found: np.ndarray) -> str:
    """Return medians by size, and the exponents, in Markdown."""
    formats = ("{:.3f}", "{:.2f}", "{:.2f}", "{:.0f}", "{:.2f}", "{:.1f}", "{:.1e}")
    lines = ["| intervals | " + " | ".join(HEADS) + " |", "|---:" * (len(HEADS) + 1) + "|"]
    for intervals, row in zip(sizes, found, strict=True):
        cells = " | ".join(form.format(value) for form, value in zip(formats, row, strict=True))
        lines.append(f"| {intervals:.0f} | {cells} |")
    large = sizes >= SMALLEST
    if np.count_nonzero(large) < 2:
        return "\n".join(lines)
    lines += ["", f"Exponent of time against size from {SMALLEST} intervals on:", ""]
    lines += ["| time | n | n log n |", "|---|---:|---:|"]
    for column in (BUILD, SOLVE, VERIFY, FUNCTIONS, REST):
        n, times = sizes[large], found[large, column]
        name = HEADS[column].rpartition(" ")[0]
        lines.append(f"| {name} | {slope(n, times):.2f} | {slope(n * np.log(n), times):.2f} |")
    return "\n".join(lines)


def draw(sizes: np.ndarray, found: np.ndarray, path: Path) -> None:
    """Draw the time of an iteration and of a solve over size, and write the picture."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9.0, 3.8), layout="constrained")
    left.loglog(sizes, found[:, REST], "s-", color="#ca6702", label="IPOPT and its linear systems")
    left.loglog(sizes, found[:, FUNCTIONS], "^-", color="#5a9a78", label="functions and derivatives")
    at = int(np.argmin(np.abs(sizes - 100)))
    left.loglog(sizes, sizes * found[at, REST] / sizes[at], ":", color="0.45", label="proportional to the size")
    left.set(ylabel="ms an iteration", title="One iteration on the last mesh")
    right.loglog(sizes, found[:, SOLVE], "o-", color="#1b4965", label="solve")
    right.loglog(sizes, found[:, VERIFY], "s-", color="#ca6702", label="verification")
    right.loglog(sizes, found[:, BUILD], "^-", color="#7a5195", label="of the solve, building the last mesh")
    right.set(ylabel="s", title="From the guess to the optimum")
    for axes in (left, right):
        axes.set(xlabel=f"intervals of {POINTS} points")
        axes.grid(True, which="major", color="0.88")
        axes.set_xticks(sizes, [f"{n:,.0f}" for n in sizes], rotation=45, ha="right", rotation_mode="anchor")
        axes.minorticks_off()
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8.5)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure, print the table, and draw the picture if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of intervals")
    parser.add_argument("--figure", type=Path, help="where to write the picture")
    options = parser.parse_args()
    once(min(options.sizes))  # translates the dynamics, which later solves share
    sizes = np.array(options.sizes, dtype=float)
    found = np.array([medians(n) for n in options.sizes])
    print(table(sizes, found))
    if options.figure:
        draw(sizes, found, options.figure)


if __name__ == "__main__":
    main()
