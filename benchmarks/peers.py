"""Time hoverslam and other tools side by side on the same problems: ``python benchmarks/peers.py``.

Each tool runs in its own virtual environment, made once beside this file. Every run is a fresh process, the tools take
turns, and one process runs at a time. A table of medians is printed in Markdown.
"""

import argparse
import contextlib
import datetime
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from problem_data import PROBLEMS

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE / ".environments"

# Packages of each tool's environment; hoverslam runs in the environment of this file. The part after a dash is an argument of
# the adapter: "hoverslam-auto" is ``with_hoverslam.py PROBLEM auto``.
TOOLS: dict[str, tuple[str, ...]] = {
    "hoverslam": (),
    "hoverslam-auto": (),
    "yapss": ("yapss==0.2.3", "casadi==3.7.2", "numpy==2.4.6", "scipy==1.17.1", "matplotlib==3.11.2"),
    "maptor": ("maptor==0.2.1", "casadi==3.8.2", "numpy==2.4.6", "scipy==1.17.1", "matplotlib==3.11.2"),
    "openscvx": (
        *("openscvx==0.5.2", "cvxpy==1.8.1", "qoco==0.2.7", "jax==0.8.3", "jaxlib==0.8.3", "diffrax==0.7.2"),
        *("equinox==0.13.8", "numpy==2.4.6", "scipy==1.17.1", "matplotlib==3.11.2"),
    ),
}

# Columns that are compared: heading, function of a run, digits.
MEASURES: dict[str, tuple[Callable[[dict[str, Any]], float], int]] = {
    "process s": (lambda run: run["total_s"], 2),
    "cold s": (lambda run: run["import_s"] + run["setup_s"] + run["solve_s"], 2),
    "solve s": (lambda run: run["solve_s"], 2),
    "warm s": (lambda run: run["warm_s"], 3),
    "peak MB": (lambda run: run["peak_mb"], 0),
}


@dataclass
class Record:
    """Runs of one tool on one problem, up to the first failure."""

    runs: list[dict[str, Any]] = field(default_factory=list)
    failure: str = ""


def say(text: str) -> None:
    """Print progress on standard error, apart from the table."""
    print(text, file=sys.stderr, flush=True)


def interpreter(tool: str, packages: Sequence[str]) -> Path:
    """Return the Python of a tool; its environment is made first if it is missing or has other versions."""
    if not packages:
        return Path(sys.executable)
    folder = ENVIRONMENTS / tool
    python, installed = folder / "bin" / "python", folder / "installed.txt"
    if installed.exists() and installed.read_text().split() == list(packages):
        return python
    say(f"making the environment of {tool}: {' '.join(packages)}")

    def call(*command: str | Path) -> None:
        subprocess.run(command, check=True, stdout=sys.stderr)

    shutil.rmtree(folder, ignore_errors=True)
    try:
        call(sys.executable, "-m", "venv", folder)
    except subprocess.CalledProcessError:  # Debian's python may lack ensurepip
        call(sys.executable, "-m", "venv", "--clear", "--without-pip", folder)
        call(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "pip")
    call(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages)
    installed.write_text("\n".join(packages) + "\n")
    return python


def run_once(python: Path, tool: str, problem: str, timeout: float) -> dict[str, Any]:
    """Return the result of one fresh process.

    Raises:
        RuntimeError: If it does not end with a solution; the message says why.
    """
    name, *more = tool.split("-")
    script = HERE / f"with_{name}.py"
    if not script.exists():
        raise RuntimeError(f"{script.name} is missing")
    process = subprocess.Popen(
        [python, script, problem, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "MPLBACKEND": "Agg"},
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=timeout)
    except BaseException as reason:  # also on a keyboard interrupt, which would leave the process running
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(reason, subprocess.TimeoutExpired):
            raise RuntimeError(f"no answer after {timeout:g} s") from None
        raise
    lines = [line for line in output.splitlines() if line.startswith("{")]
    if process.returncode != 0 or not lines:
        words = errors.strip().splitlines() or ["no output"]
        raise RuntimeError(f"exit code {process.returncode}: {words[-1]}")
    run = json.loads(lines[-1])
    if run["status"] != "solved":
        raise RuntimeError(run["status"])
    return run


def measure(
    tools: Sequence[str], problems: Sequence[str], repeats: int, timeout: float
) -> dict[str, dict[str, Record]]:
    """Return runs by problem and tool. The tools take turns; an interrupt ends with the runs made so far."""
    records = {problem: {tool: Record() for tool in tools} for problem in problems}
    try:
        pythons = {}
        for tool in tools:
            try:
                pythons[tool] = interpreter(tool, TOOLS[tool])
            except (subprocess.CalledProcessError, OSError) as reason:
                for problem in problems:
                    records[problem][tool].failure = f"no environment: {reason}"
        for problem in problems:
            for turn in range(repeats):
                for tool, record in records[problem].items():
                    if record.failure:
                        continue
                    start = time.perf_counter()
                    try:
                        record.runs.append(run_once(pythons[tool], tool, problem, timeout))
                    except RuntimeError as reason:
                        record.failure = " ".join(str(reason).split())
                    seconds = time.perf_counter() - start
                    say(f"{problem} {turn + 1}/{repeats} {tool}: {seconds:.1f} s {record.failure}")
    except KeyboardInterrupt:
        say("interrupted: the table holds the runs that ended")
    return records


def spread(values: Sequence[float], digits: int) -> str:
    """Return the median, and in brackets the range."""
    text = f"{statistics.median(values):.{digits}f}"
    return text if len(values) == 1 else f"{text} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def row(problem: str, tool: str, record: Record) -> str:
    """Return a tool's row of the table."""
    if not record.runs:
        reason = record.failure[:160].replace("|", "/") or "not run"
        reason = reason if reason.startswith("not ") else f"failed: {reason}"
        return f"| {problem} | {tool} | {reason} |" + " |" * (len(MEASURES) + 2)
    stated, runs = PROBLEMS[problem](), record.runs
    cells = {heading: spread([read(run) for run in runs], digits) for heading, (read, digits) in MEASURES.items()}
    peak = cells.pop("peak MB")
    worst = max((run["answer"] - stated.reference for run in runs), key=abs)
    runs_text = f"{len(runs)}" + f", then failed: {record.failure[:160]}" * bool(record.failure)
    error = f"{worst:+.1e} {stated.unit}".strip()
    checked = runs[-1].get("verification", "none")
    cells = [problem, f"{tool} {runs[0]['version']}", runs_text, *cells.values(), error, checked, peak]
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def ratios(problem: str, records: dict[str, Record]) -> Iterator[str]:
    """Yield the medians of hoverslam, on either kind of mesh, over those of the best other tool in each column."""
    peers = {tool: record for tool, record in records.items() if not tool.startswith("hoverslam") and record.runs}
    for ours, record in records.items():
        if ours in peers or not record.runs or not peers:
            continue
        parts = []
        for heading, (read, _) in MEASURES.items():
            medians = {tool: statistics.median(read(run) for run in peer.runs) for tool, peer in peers.items()}
            best = min(medians, key=medians.__getitem__)
            ratio = statistics.median(read(run) for run in record.runs) / medians[best]
            parts.append(f"{heading.split()[0]} {ratio:.2f} ({best})")
        yield f"- {problem}, {ours}: " + ", ".join(parts)


def processor() -> str:
    """Return the model of the processor."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def table(records: dict[str, dict[str, Record]]) -> str:
    """Return the report in Markdown."""
    times = [heading for heading in MEASURES if heading != "peak MB"]
    heads = ["problem", "tool", "runs", *times, "answer less reference", "re-flight", "peak MB"]
    stamp = f"{datetime.date.today()}, {processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    lines = [f"{stamp}. Medians (least to most).", "", "| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    lines += [row(problem, tool, record) for problem, tools in records.items() for tool, record in tools.items()]
    compared = [line for problem, tools in records.items() for line in ratios(problem, tools)]
    if compared:
        lines += ["", "hoverslam / best peer (below 1: hoverslam is faster or smaller):", "", *compared]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the arguments, run, and print the table."""

    def names(known: Sequence[str]) -> Callable[[str], list[str]]:
        def parse(text: str) -> list[str]:
            chosen = text.split(",")
            if unknown := set(chosen) - set(known):
                raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))} not in {', '.join(known)}")
            return chosen

        return parse

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=names(list(PROBLEMS)), default=list(PROBLEMS), help="a,b,c (all)")
    parser.add_argument("--tools", type=names(list(TOOLS)), default=list(TOOLS), help="a,b,c (all)")
    parser.add_argument("--repeats", type=int, default=5, help="processes per tool and problem (5)")
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds a process may take (300)")
    parser.add_argument("--output", type=Path, help="markdown file to write the table to as well")
    options = parser.parse_args()
    text = table(measure(options.tools, options.problems, options.repeats, options.timeout))
    if options.output:
        options.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
