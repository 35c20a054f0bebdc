"""Random command lines: each ends with a documented exit code and lines of plain text, before anything is solved.

    python tests/fuzz/random_commands.py --count 2000 --seed 0 --processes 30

The command lines are put together from commands, options and values, right ones and wrong ones. In this process the solver,
the campaign of landings and the validation are replaced by functions that stop: a command line that reaches one of them is
in order. ``--processes`` also runs some as processes of their own, of those that ask for no solve. Printed are the counts,
and every command line that gave a traceback, took more than five seconds, or left a file outside its folder.
"""

import argparse
import contextlib
import io
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

import hoverslam
from hoverslam.cli import main as command_line

SLOW = 5.0  # s
PACKAGE = Path(hoverslam.__file__).parent
CODES = (0, 1, 2, 130)
ODD = (
    "",
    " ",
    "../../victim",
    "nan",
    "inf",
    "-1",
    "1e400",
    "=1",
    "\u202e",
    "x" * 300,
    "[red]",
    "/proc/x",
    "/dev/null",
    "a|b",
    "-",
    "--",
)
VEHICLES = (
    "falcon9",
    "zhuque3",
    "nova",
    "falcn9",
    "Falcon9",
    "vtvl1",
    "mine.toml",
    "twin.toml",
    "none.toml",
    "in/mine.toml",
    *ODD,
)
MODES = ("expendable", "downrange", "return_to_launch_site", "rtls", "downrnge", "DOWNRANGE", *ODD)
ORBITS = (
    "leo200",
    "LEO200",
    "gto",
    "500x500x97.4",
    "550xSSO",
    "550",
    "9x9x9",
    "500x500x145",
    "nanxnan",
    "200x1e9x28",
    *ODD,
)
CHANGES = (
    "stage1.dry_mass_t=25", "stage1.dry_mass_t=1e9", "stage1.dry_mas_t=25", "site=slc4e", "site=28.56x-80.58x5", "site=91x0x0",
    "name=zhuque3", "recovery.landing_site=jiuquan_return", "stage2.engine.thrust_vacuum_kN=1",
    "recovery.landing_engines=[1, 9, 1]",
    "x", "=", "a=b=c", "operations.staging_coast_s=nan", "default_orbit=gto", "own_modes=[]", *ODD,
)  # fmt: skip
COSTS = (
    "launches_per_year=20",
    "launches_per_year=nan",
    "stage1_unit_cost=30",
    "x=1",
    "=",
    "launches_per_year=-1",
    *ODD,
)
DISPERSIONS = ("wind.sigma_m_s=6", "scale=0.5", "scale=9", "scale=nan", "x=1", "wind.sigma_m_s=", *ODD)
NUMBERS = ("1", "100", "0", "-5", "1e3", "abc", "0.5", "99999999999999999999", *ODD)
FILES = ("out", "mine.toml", "out/new.json", "none/x.csv", "x.bmpp", "x.png", *ODD)
_VALUES: dict[str, Sequence[str]] = {
    "--recovery": MODES, "--orbit": ORBITS, "--set": CHANGES, "--save": FILES, "--out": FILES, "--vehicle": VEHICLES,
    "--jobs": NUMBERS, "--cost": COSTS, "--inputs": FILES, "--margin": FILES, "--payload": NUMBERS, "--seed": NUMBERS,
    "--figure": FILES, "--dispersion": DISPERSIONS, "--probability": NUMBERS, "--confidence": NUMBERS, "--batch": NUMBERS,
    "--guidance": ("convex", "hover_slam", "convx", *ODD), "--scheme": ("random", "sobol", "latn", *ODD),
    "--also": ("linear", "reach", "liner", *ODD), "--curve": FILES, "--mission": ("crs11", "nrol76", "crs12", *ODD),
    "--samples": ("100", "200", "99", "1000000000", "-1", "abc"), "--explain": (), "--json": (), "--csv": (), "--help": (),
}  # fmt: skip
COMMANDS: dict[tuple[str, ...], tuple[Sequence[str], Sequence[str]]] = {
    # command: values of its argument, its options
    ("solve",): (VEHICLES, ("--recovery", "--orbit", "--set", "--save", "--explain", "--json", "--help")),
    ("cost",): (
        VEHICLES,
        ("--recovery", "--orbit", "--set", "--cost", "--inputs", "--margin", "--payload", "--samples", "--seed", "--figure",
         "--explain", "--json"),
    ),
    ("compare",): ((), ("--out", "--vehicle", "--orbit", "--jobs", "--json")),
    ("demand",): (("guowang", "starlink", "guowan", *ODD), ("--out", "--vehicle", "--jobs", "--json")),
    ("validate",): ((), ("--out", "--mission", "--json")),
    ("margin",): (
        VEHICLES,
        ("--recovery", "--samples", "--seed", "--batch", "--guidance", "--scheme", "--probability", "--confidence",
         "--dispersion", "--orbit", "--set", "--out", "--also", "--figure", "--curve", "--json"),
    ),
    ("vehicles",): ((), ("--json", "--csv")),
    ("vehicles", "show"): (VEHICLES, ("--json", "--csv")),
    ("vehicles", "check"): (VEHICLES, ("--help",)),
    ("orbits",): (ORBITS, ("--json", "--csv")),
    ("sites",): (("slc40", "28.56x-80.58x5", "slc", "1x2", *ODD), ("--json", "--csv")),
    ("slove",): (VEHICLES, ("--json",)),
}  # fmt: skip
NOT_SOLVED = (("vehicles",), ("vehicles", "show"), ("vehicles", "check"), ("orbits",), ("sites",), ("slove",))


class SolverReachedError(Exception):
    """The command line is in order: the next step would be to solve."""


def _stop(*_: object, **__: object) -> None:
    raise SolverReachedError


def _stop_cases(*_: object, **__: object) -> Iterator[object]:
    raise SolverReachedError
    yield


SEAMS = (
    ("hoverslam.flights.launch.solve.solve_launch", _stop),
    ("hoverslam.studies.comparison.compare._solved", _stop_cases),
    ("hoverslam.margins.study.margin.solve_launch", _stop),
    ("hoverslam.studies.validation.validate", _stop),
)


def drawn(chance: random.Random) -> list[str]:
    """Return a random command line."""
    command = chance.choice(list(COMMANDS))
    arguments, options = COMMANDS[command]
    line = list(command)
    if arguments and chance.random() < 0.95:
        line.append(chance.choice(arguments) if chance.random() < 0.6 else arguments[0])
    for _ in range(chance.randint(0, 4)):
        option = chance.choice(options if chance.random() < 0.97 else list(_VALUES))
        line.append(option)
        if _VALUES[option] and chance.random() < 0.98:
            values = _VALUES[option]
            line.append(values[0] if chance.random() < 0.3 else chance.choice(values))
    return line


def in_process(line: Sequence[str]) -> tuple[str, str]:
    """Run a command line with the solver replaced. Return exit code or ``solver``, and what was printed; tracebacks raise."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.ExitStack() as stack:
        for name, stand_in in SEAMS:
            stack.enter_context(patch(name, stand_in))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        try:
            code = str(command_line(line))
        except SolverReachedError:
            code = "solver"
    return code, out.getvalue() + err.getvalue()


def as_process(line: Sequence[str], folder: Path) -> tuple[str, str]:
    """Run a command line as a process of its own; the answer is that of :func:`in_process`."""
    done = subprocess.run(
        [sys.executable, "-m", "hoverslam", *line], cwd=folder, capture_output=True, timeout=300, check=False
    )
    return str(done.returncode), (done.stdout + done.stderr).decode("utf-8", "replace")


def prepared(root: Path) -> Path:
    """Return a folder with vehicle files of one name, in which command lines are run; ``root`` must stay as it is."""
    folder = root / "work"
    (folder / "in").mkdir(parents=True)
    text = (PACKAGE / "vehicles" / "files" / "falcon9.toml").read_text(encoding="utf-8")
    own = text.replace('name = "falcon9"', 'name = "mine"', 1)
    (folder / "mine.toml").write_text(own, encoding="utf-8")
    (folder / "in" / "mine.toml").write_text(own, encoding="utf-8")
    (folder / "twin.toml").write_text(own.replace("value = 27.9", "value = 27.8", 1), encoding="utf-8")
    return folder


def verdict(line: Sequence[str], run: Callable[[Sequence[str]], tuple[str, str]], root: Path) -> tuple[str, str]:
    """Return the exit code of a command line, or ``failed``, and what went wrong."""
    began = time.process_time()
    try:
        code, told = run(line)
    except BaseException:
        return "failed", traceback.format_exc()
    spent = time.process_time() - began
    if code != "solver" and int(code) not in CODES:
        return "failed", f"exit code {code}: {told[-2000:]}"
    if "Traceback" in told:
        return "failed", told[-2000:]
    if code == "2" and not told.strip():
        return "failed", "exit code 2 without a message"
    if spent > SLOW:
        return "failed", f"took {spent:.1f} s of processor time"
    if [entry.name for entry in root.iterdir()] != ["work"]:
        return "failed", f"files outside the folder: {list(root.iterdir())}"
    return code, ""


def run(count: int, seed: int, processes: int = 0, show: Callable[[str], object] = print) -> Counter[str]:
    """Run ``count`` random command lines here, and ``processes`` as processes. Return the number of each exit code."""
    found: Counter[str] = Counter()
    package = sorted(path for path in PACKAGE.rglob("*") if path.suffix != ".pyc" and path.name != "__pycache__")
    with tempfile.TemporaryDirectory() as top:
        root = Path(top) / "root"
        folder, here = prepared(root), Path.cwd()
        os.chdir(folder)
        try:
            for number in range(count):
                line = drawn(random.Random(f"{seed}-{number}"))
                code, why = verdict(line, in_process, root)
                found[code] += 1
                if code == "failed":
                    show(f"command line {number} of seed {seed}: {line}: {why}")
            others = (drawn(random.Random(f"{seed}-process-{number}")) for number in range(100 * processes))
            chosen = [line for line in others if tuple(line[:1]) in NOT_SOLVED][:processes]
            for line in chosen:
                code, why = verdict(line, lambda each: as_process(each, folder), root)
                found[f"process {code}"] += 1
                if code == "failed":
                    show(f"process: {line}: {why}")
        finally:
            os.chdir(here)
    now = sorted(path for path in PACKAGE.rglob("*") if path.suffix != ".pyc" and path.name != "__pycache__")
    if now != package:
        found["failed"] += 1
        show(f"files in the package: {sorted(set(now) ^ set(package))}")
    return found


def main() -> int:
    """Read the command line, run, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=0)
    given = parser.parse_args()
    began = time.process_time()
    found = run(given.count, given.seed, given.processes)
    for code, number in sorted(found.items()):
        print(f"{code:15} {number:6}")
    print(f"{sum(found.values())} command lines, {time.process_time() - began:.0f} s of processor time")
    return 1 if any("failed" in code for code in found) else 0


if __name__ == "__main__":
    sys.exit(main())
