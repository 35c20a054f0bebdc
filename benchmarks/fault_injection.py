"""Kills, interrupts and full disks at random moments of every command that solves: ``python benchmarks/fault_injection.py``.

Each command runs many times in a folder of its own. At a random moment its process is killed (SIGKILL), or all processes of
its terminal get Ctrl-C (SIGINT). Then the script checks

- that every file in the folder is whole, and that no unfinished file stays there (after a kill: once the next run has looked);
- that every row and flight that was told as finished is in the files;
- that no process of the command is left, and that its exit code is the documented one;
- that Ctrl-C gives one plain line, and that there is no traceback and no warning.

It also gives each command a place that it cannot write to (exit code 2 and one line, before anything is solved), and fills
the disk while it solves (exit code 3, and the content is kept in the folder that the message names). Filling a disk needs the
right to mount a file system; without it that part is left out, and the script says so.

So that a run takes seconds, launches are made up: the solver is replaced by one that waits a few seconds and returns invented
numbers, in the command and in its worker processes. Everything else is the command as it is. ``margin`` flies real recoveries
of an optimum that it finds in its folder, and ``validate`` fits real telemetry. ``--real`` solves all launches; a comparison
then takes minutes. The exit code is 1 if any check fails.
"""

import argparse
import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hoverslam.data.writing import PART, check_folder

LONGEST = 45.0  # s; moments are drawn up to the duration of a command, but not later than this
MADE_UP = """
import importlib.util, sys

class MadeUp:
    def find_spec(self, name, path, target=None):
        if name != "hoverslam.flights.launch.solve":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def replaced(module):
            execute(module)
            def solve_launch(vehicle, recovery, orbit=None, *, report=None, **options):
                import time
                from fake_flights import fake_flight
                for step in range(1, 4):
                    if report is not None:
                        report(f"pass {step}")
                    time.sleep(0.7)
                return fake_flight(vehicle, recovery, orbit)
            module.solve_launch = solve_launch

        spec.loader.exec_module = replaced
        return spec

sys.meta_path.insert(0, MadeUp())
"""
LIMIT = 600.0  # s for a command that is not disturbed
PATIENCE = 60.0  # s for a command to end after Ctrl-C
GONE = 15.0  # s for its processes to end


@dataclass(frozen=True)
class Command:
    """A command, and where it writes.

    Attributes:
        arguments: Arguments without the place; ``{out}`` stands for the folder.
        place: Option that names the place; empty where the command writes nothing.
        file: Name of a file in the folder, for an option that names a file.
        made_up: Whether its launches are made up.
        workers: Whether it solves in processes of its own, which start when it has looked at its places.
        begun: Time (s) from its first message to when it has looked at its places and has not written there.
    """

    arguments: tuple[str, ...]
    place: str
    file: str = ""
    made_up: bool = True
    workers: bool = False
    begun: float = 3.0

    def line(self, folder: Path) -> list[str]:
        """Return the arguments with the place."""
        return [*self.arguments, self.place, str(folder / self.file if self.file else folder)]


COMMANDS = {
    "solve": Command(("solve", "falcon9", "--recovery", "downrange"), "--save", "flight.nc"),
    "compare": Command(("compare", "--vehicle", "falcon9", "--vehicle", "zhuque3"), "--out", workers=True),
    "margin": Command(
        ("margin", "nebula1", "--guidance", "hover_slam", "--samples", "200", "--batch", "50"), "--out", made_up=False
    ),
    "cost": Command(("cost", "nebula1", "--payload", "2170", "--samples", "100"), "--figure", "tornado.png", begun=0.3),
    "demand": Command(("demand", "guowang", "--vehicle", "falcon9"), "--out", workers=True),
    "validate": Command(("validate", "--mission", "crs11"), "--out", made_up=False),
}


@dataclass
class Run:
    """A run of a command and what it told."""

    code: int
    error: str
    pids: set[int]
    seconds: float


@dataclass
class Tally:
    """Counts of outcomes, and what went wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def check(self, good: bool, what: str) -> None:
        """Count a check; ``what`` says what is wrong if it fails."""
        self.counts["checks"] += 1
        if not good:
            self.wrong.append(what)
            print(f"  WRONG: {what}", flush=True)


# ---- running ---------------------------------------------------------------------------------------------------------------
def run(command: list[str], disturb: Callable[[subprocess.Popen[bytes], Path], None] | None = None) -> Run:
    """Run a command in a session of its own; ``disturb`` gets the process and the file of its messages."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "error"
        with told.open("wb") as error:
            start = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, "-m", "hoverslam", *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=error, start_new_session=True, preexec_fn=_as_in_a_terminal,
            )  # fmt: skip
            if disturb is not None:
                disturb(process, told)
            try:
                code = process.wait(LIMIT if disturb is None else PATIENCE + LIMIT)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                code = process.wait()
            seconds = time.perf_counter() - start
        left = _left(process.pid)
        return Run(code, told.read_text(errors="replace"), left, seconds)


def _as_in_a_terminal() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs inherit that Ctrl-C is ignored


def _left(session: int) -> set[int]:
    """Return the processes of a session that do not end within ``GONE`` seconds; they are killed then."""
    end = time.monotonic() + GONE
    while (left := _of_session(session)) and time.monotonic() < end:
        time.sleep(0.1)
    for number in left:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    return left


def _of_session(session: int) -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                state, _, _, sid = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(sid) == session and state != "Z":
                    found.add(int(entry.name))
    return found


def after(seconds: float, number: int, group: bool) -> Callable[[subprocess.Popen[bytes], Path], None]:
    """Return a disturbance: a signal after some seconds, to the process or to all processes of its terminal."""

    def disturb(process: subprocess.Popen[bytes], told: Path) -> None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        with suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(process.pid, number)

    return disturb


# ---- checks ----------------------------------------------------------------------------------------------------------------
def damage(path: Path) -> str:
    """Return what is wrong with a file; empty if it is whole."""
    try:
        content = path.read_bytes()
        if path.suffix == ".json":
            json.loads(content)
        elif path.suffix == ".csv":
            rows = list(csv.reader(content.decode().splitlines()))
            if not content.endswith(b"\n") or len({len(row) for row in rows}) != 1:
                return "rows of unequal length"
        elif path.suffix == ".npz":
            with zipfile.ZipFile(path) as archive:
                if archive.testzip() is not None:
                    return "a damaged member"
        elif path.suffix == ".nc":
            import xarray as xr

            with xr.open_dataset(path) as data:
                data.load()
        elif path.suffix == ".png":
            if not content.startswith(b"\x89PNG") or b"IEND" not in content[-12:]:
                return "no end"
        elif path.suffix == ".md" and not content.endswith(b"\n"):
            return "no end"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def check_files(tally: Tally, folder: Path, what: str) -> None:
    """Check that every file below a folder is whole, and that no unfinished one is left."""
    if not folder.exists():
        return
    for place in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        check_folder(place)
    for path in folder.rglob("*"):
        if path.is_file():
            tally.counts["files read"] += 1
            tally.check(not path.name.startswith(PART), f"{what}: {path.name} is left")
            found = damage(path)
            tally.check(not found, f"{what}: {path.name}: {found}")


def check_finished(tally: Tally, name: str, folder: Path, error: str, what: str) -> None:
    """Check that what was told as finished is in the files."""
    if name in ("compare", "demand"):
        told = sum(line.endswith("verified") for line in error.splitlines())
        table = folder / ("vehicles.csv" if name == "compare" else "constellations.csv")
        kept = len(table.read_text().splitlines()) - 1 if table.exists() else 0
        tally.counts["finished rows"] += told
        tally.check(kept >= told, f"{what}: {told} rows were told as finished, {kept} are kept")
    if name == "margin":
        told = max([0, *(int(count) for count in re.findall(r"^flights: (\d+) of", error, re.MULTILINE))])
        kept = 50 * len(list(folder.glob("block_*.npz")))
        tally.counts["finished flights"] += told
        tally.check(kept >= told, f"{what}: {told} flights were told as finished, {kept} are kept")


def check_words(tally: Tally, error: str, what: str) -> None:
    """Check that messages hold no traceback and no warning."""
    for word in ("Traceback", "Warning", "semaphore", "leaked", "Exception ignored", "Fatal Python"):
        tally.check(word not in error, f"{what}: {word} in: {error[-600:]}")


# ---- faults ----------------------------------------------------------------------------------------------------------------
def _begin(whole: Path, begun: Path) -> None:
    """Keep the optimum of a whole campaign, with which a disturbed one begins: it then flies at once."""
    for name in ("reference.npz", "campaign.json"):
        if (whole / name).exists():
            shutil.copyfile(whole / name, begun / name)


def disturbed(tally: Tally, name: str, moments: list[float], number: int, base: Path, begun: Path) -> None:
    """Send a signal at each moment (s) of a run of a command in a copy of ``begun``, and check what is left."""
    kind = "Ctrl-C" if number == signal.SIGINT else "kill"
    for moment in moments:
        folder = base / "out"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(begun, folder)
        what = f"{name}, {kind} at {moment:.2f} s"
        got = run(COMMANDS[name].line(folder), after(moment, number, number == signal.SIGINT))
        ended = got.code in (0, 1)
        tally.counts[f"{kind}, ended before" if ended else kind] += 1
        expected = 130 if number == signal.SIGINT else -signal.SIGKILL
        tally.check(ended or got.code == expected, f"{what}: exit code {got.code}: {got.error[-600:]}")
        tally.check(not got.pids, f"{what}: processes left: {got.pids}")
        check_words(tally, got.error, what)
        if number == signal.SIGINT and got.code == 130:
            lines = [line for line in got.error.splitlines() if line.startswith("interrupted")]
            tally.check(len(lines) == 1, f"{what}: {len(lines)} lines of the interrupt: {got.error[-600:]}")
            unfinished = [path.name for path in folder.rglob(f"{PART}*")]
            tally.check(not unfinished, f"{what}: {unfinished} left")
        check_finished(tally, name, folder, got.error, what)
        check_files(tally, folder, what)
        print(f"  {what}: exit code {got.code} after {got.seconds:.1f} s: {got.error.strip()[-100:]!r}", flush=True)


def refused(tally: Tally, name: str, base: Path) -> None:
    """Give a command places that it cannot write to: exit code 2 and one line, at once."""
    command = COMMANDS[name]
    file, folder = base / "a_file", base / "taken"
    file.write_text("")
    folder.mkdir(exist_ok=True)
    places = [f"/proc/x{Path(command.file).suffix}", str(folder) if command.file else str(file)]
    if command.file:
        places += [str(base / "x.bmpp"), str(base / "nowhere" / command.file)]
    for place in places:
        got = run([*command.arguments, command.place, place])
        tally.counts["refused"] += 1
        what = f"{name} {command.place} {place}"
        tally.check(got.code == 2, f"{what}: exit code {got.code}")
        tally.check(len(got.error.splitlines()) == 1, f"{what}: {got.error}")
        print(f"  {what}: exit code {got.code} after {got.seconds:.1f} s: {got.error.strip()[-160:]}", flush=True)


def full_disk(tally: Tally, name: str, base: Path, begun: Path) -> None:
    """Let a command write to a small file system: one that is full, and one that is filled while the command solves."""
    disk = base / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], check=True)
    try:
        for path in begun.iterdir():
            shutil.copyfile(path, disk / path.name)
        filler = disk / "filler"
        _fill(filler)
        got = run(COMMANDS[name].line(disk))
        tally.check(got.code == 2 and len(got.error.splitlines()) == 1, f"{name}, full disk: {got.code}: {got.error}")
        filler.unlink()

        def fill(process: subprocess.Popen[bytes], told: Path) -> None:
            def wait() -> None:
                while process.poll() is None and not told.stat().st_size:
                    time.sleep(0.05)
                while COMMANDS[name].workers and process.poll() is None and len(_of_session(process.pid)) < 2:
                    time.sleep(0.05)
                time.sleep(COMMANDS[name].begun)
                _fill(filler)

            threading.Thread(target=wait, daemon=True).start()

        got = run(COMMANDS[name].line(disk), fill)
        kept = [Path(found) for found in re.findall(r"no space left on device; kept as (\S+)", got.error)]
        what = f"{name}, disk filled while it solves"
        tally.counts["full disks"] += 2
        tally.check(got.code == 3, f"{what}: exit code {got.code}: {got.error[-600:]}")
        tally.check(bool(kept), f"{what}: nothing kept: {got.error[-600:]}")
        check_words(tally, got.error, what)
        for path in kept:
            tally.check(path.exists() and not damage(path), f"{what}: {path}: {damage(path)}")
        left = [path.name for path in disk.rglob("*") if path.is_file() and path.name != "filler"]
        tally.check(not [name for name in left if name.startswith(PART)], f"{what}: {left}")
        print(
            f"  {what}: exit code {got.code} after {got.seconds:.1f} s, {len(set(kept))} files kept elsewhere",
            flush=True,
        )
        for folder in {path.parent for path in kept}:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        subprocess.run(["umount", str(disk)], check=False)
        disk.rmdir()


def _fill(filler: Path) -> None:
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def main() -> int:
    """Run the faults that the command line asks for, print the counts, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=20, help="random moments of each command and signal")
    parser.add_argument("--command", action="append", choices=COMMANDS, help="only this command; may be repeated")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--store", type=Path, help="folder for solved flights and compiled functions between calls")
    parser.add_argument("--real", action="store_true", help="solve all launches")
    asked = parser.parse_args()
    draw, tallies = random.Random(asked.seed), {}
    with tempfile.TemporaryDirectory(prefix="fault-injection-") as folder:
        base, store = Path(folder), asked.store or Path(folder) / "store"
        os.environ |= {
            "HOVERSLAM_SOLUTIONS": str(store / "flights"),
            "JAX_COMPILATION_CACHE_DIR": str(store / "compiled"),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
        }
        (base / "sitecustomize.py").write_text(MADE_UP)
        flights, paths = Path(__file__).parents[1] / "tests" / "studies", os.environ.get("PYTHONPATH", "")
        for name in asked.command or COMMANDS:
            print(name, flush=True)
            tally = tallies[name] = Tally()
            made_up = [str(base), str(flights)] if COMMANDS[name].made_up and not asked.real else []
            os.environ["PYTHONPATH"] = os.pathsep.join([*made_up, paths])
            refused(tally, name, base)
            begun = store / f"begun_{name}"
            begun.mkdir(parents=True, exist_ok=True)
            shutil.copytree(begun, base / "whole")
            whole = run(COMMANDS[name].line(base / "whole"))
            tally.check(whole.code in (0, 1), f"{name}: exit code {whole.code}: {whole.error[-600:]}")
            check_words(tally, whole.error, name)
            check_finished(tally, name, base / "whole", whole.error, name)
            _begin(base / "whole", begun)
            shutil.rmtree(base / "whole")
            print(f"  undisturbed: {whole.seconds:.1f} s", flush=True)
            if shutil.which("mount") and os.geteuid() == 0:
                full_disk(tally, name, base, begun)
            else:
                print("  no right to mount a file system: full disks are left out")
            for number in (signal.SIGINT, signal.SIGKILL):
                moments = sorted(draw.uniform(0.05, min(whole.seconds, LONGEST)) for _ in range(asked.moments))
                disturbed(tally, name, moments, number, base, begun)
            counts = ", ".join(f"{count} {what}" for what, count in tally.counts.items())
            print(f"{name}: {counts}; wrong: {len(tally.wrong)}", flush=True)
    return 1 if any(tally.wrong for tally in tallies.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
