"""Data files with random mistakes: each is read, or refused with one line a mistake; nothing else happens.

    python tests/fuzz/mutated_files.py --count 10000 --seed 0

Each file is a file of the package with one to four random changes: numbers, texts, keys, lines, bytes. It is read by the
reader of its kind, and a file that is accepted goes through what happens before a solve. Printed are the counts, and every
file that gave another exception, took more than five seconds, or left a file outside its folder.
"""

import argparse
import random
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import hoverslam
from hoverslam.data.errors import DataError
from hoverslam.data.reading import read_entries, read_toml
from hoverslam.economics.inputs.constellations import Constellation
from hoverslam.economics.inputs.errors import CostInputError, CostQuestionError
from hoverslam.economics.inputs.loading import read_cost_inputs
from hoverslam.flights.observed.telemetry import TelemetryError, load_telemetry
from hoverslam.margins.disturbances.loading import table_of
from hoverslam.margins.study.curve import MarginCurve
from hoverslam.studies.cases import Case, default_cases
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import check_file, figure_rows, load_vehicle
from hoverslam.vehicles.missions import Mission
from hoverslam.vehicles.places import Orbit, Site, load_orbit

SOURCE = Path(hoverslam.__file__).parent
SLOW = 5.0  # s
NUMBERS = (
    "0",
    "-1",
    "1e308",
    "-1e308",
    "1e400",
    "nan",
    "inf",
    "-inf",
    "1" * 5000,
    "0x10",
    "1_0",
    "true",
    '"3"',
    "[1, 2]",
    "{}",
    "1e-320",
)
TEXTS = (
    "../../victim",
    "",
    " ",
    "a\\nb",
    "=1+1",
    "|",
    "<b>",
    "[red]",
    "falcon9",
    "free",
    "550xSSO",
    "1x2x3",
    "\u202e",
    "CON",
    "$x$",
    "x" * 300,
    "leo200",
    "nanxnan",
    "1e999x1",
)
LINES = (
    "[",
    "]]",
    "= 1",
    "a = 1",
    "[stage1]",
    "[[payload_published]]",
    "x = { value = 1 }",
    'name = "../x"',
    "# comment",
    "\x00",
    "a" + "[" * 300,
    "[a]\n" * 3,
)


def vehicle(path: Path) -> None:
    """Read a vehicle file and do what comes before a solve."""
    if check_file(path):
        raise VehicleError(check_file(path))
    figure_rows(load_vehicle(path))
    for case in default_cases([path]):
        case.checked()


def dispersions(path: Path) -> None:
    """Read a file of dispersions in place of the general one."""
    table_of(read_toml(path, path.name, VehicleError), {}, {}, (path.name, "none"))


def orbits(path: Path) -> None:
    """Read a file of orbits."""
    read_entries(Orbit, path, error=VehicleError)


def missions(path: Path) -> None:
    """Read a file of missions, and make the orbit and the sites of each."""
    for mission in read_entries(Mission, path, error=VehicleError).values():
        _ = (mission.orbit, mission.launch_site, mission.landing)


def case(path: Path) -> None:
    """Read a case: vehicle, mode, orbit and changed figures, one a line."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    name, mode, orbit, *changes = lines + [""] * (3 - len(lines))
    load_orbit(orbit)
    Case(name, mode, orbit, tuple(changes)).checked()


CASES = (
    "falcon9\ndownrange\n500x500x51.6\nstage1.dry_mass_t=25\nsite=28.56x-80.58x5\n",
    "zhuque3\nreturn_to_launch_site\nleo450\nrecovery.landing_reserve_t = 3.9\nrecovery.landing_engines=[3, 1]\n",
    "nova\nupper_stage_return\n550xSSO\noperations.staging_coast_s=9\n",
)
KINDS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    # kind: reader, files of the package, suffix
    "vehicle": (vehicle, "vehicles/files/*.toml", ".toml"),
    "cost": (read_cost_inputs, "economics/inputs/files/vehicles/*.toml", ".toml"),
    "dispersions": (dispersions, "margins/disturbances/files/dispersions.toml", ".toml"),
    "missions": (missions, "vehicles/files/missions.toml", ".toml"),
    "orbits": (orbits, "vehicles/files/orbits.toml", ".toml"),
    "sites": (lambda path: read_entries(Site, path, error=VehicleError), "vehicles/files/sites.toml", ".toml"),
    "constellations": (
        lambda path: read_entries(Constellation, path, error=CostInputError),
        "economics/inputs/files/constellations.toml", ".toml",
    ),
    "case": (case, "", ".txt"),
    "curve": (MarginCurve.load, "margins/study/curves/*.toml", ".toml"),
    "events": (lambda path: load_telemetry("crs11", path), "flights/observed/files/telemetry/*_events.json", ".json"),
}  # fmt: skip
_NO_VEHICLES = {"sites", "orbits", "missions", "operations", "recovery_modes"}


def originals(kind: str) -> list[bytes]:
    """Return the files of the package of a kind."""
    if kind == "case":
        return [text.encode() for text in CASES]
    paths = sorted(SOURCE.glob(KINDS[kind][1]))
    return [path.read_bytes() for path in paths if kind != "vehicle" or path.stem not in _NO_VEHICLES]


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Return a file with one to four random changes."""
    text = content.decode("utf-8")
    # A vehicle must not carry the name of a shipped one; half of the files keep it.
    if chance.random() < 0.5:
        text = re.sub(r'^name = "[a-z0-9_]+"', 'name = "mine"', text, count=1, flags=re.MULTILINE)
    for _ in range(chance.randint(1, 4)):
        text = chance.choice(_CHANGES)(text, chance)
    raw = text.encode("utf-8", "surrogatepass")
    if chance.random() < 0.05:
        raw = b"\xef\xbb\xbf" + raw
    if chance.random() < 0.05:
        place = chance.randint(0, len(raw))
        raw = raw[:place] + bytes(chance.randrange(256) for _ in range(chance.randint(1, 8))) + raw[place:]
    return raw[: chance.randint(0, len(raw))] if chance.random() < 0.03 else raw


def _number(text: str, chance: random.Random) -> str:
    found = list(re.finditer(r"(?<![\w.])-?\d+(?:\.\d+)?", text))
    if not found:
        return text
    one = chance.choice(found)
    new = chance.choice(NUMBERS) if chance.random() < 0.4 else f"{float(one[0]) * 10 ** chance.uniform(-4, 4):.6g}"
    return text[: one.start()] + new + text[one.end() :]


def _text(text: str, chance: random.Random) -> str:
    found = list(re.finditer(r'"[^"\n]*"', text))
    if not found:
        return text
    one = chance.choice(found)
    return f'{text[: one.start()]}"{chance.choice(TEXTS)}"{text[one.end() :]}'


def _line(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    place = chance.randrange(len(lines))
    what = chance.randrange(5)
    if what == 0:
        del lines[place]
    elif what == 1:
        lines.insert(place, lines[chance.randrange(len(lines))])
    elif what == 2:
        lines.insert(place, chance.choice(LINES))
    elif what == 3:
        other = chance.randrange(len(lines))
        lines[place], lines[other] = lines[other], lines[place]
    else:
        lines[place] = lines[place][: chance.randint(0, len(lines[place]))]
    return "\n".join(lines)


def _key(text: str, chance: random.Random) -> str:
    found = list(re.finditer(r"[a-z]\w*(?= *=)", text))
    if not found:
        return text
    one = chance.choice(found)
    key = one[0]
    new = chance.choice((key[:-1] or "a", key + "_", key.upper(), chance.choice(found)[0], '""', "a.b"))
    return text[: one.start()] + new + text[one.end() :]


def _value(text: str, chance: random.Random) -> str:
    found = list(re.finditer(r"(?<== ).*$", text, flags=re.MULTILINE))
    if not found:
        return text
    one = chance.choice(found)
    other = chance.choice(found)[0] if chance.random() < 0.5 else chance.choice((*NUMBERS, *(f'"{t}"' for t in TEXTS)))
    return text[: one.start()] + other + text[one.end() :]


_CHANGES = (_number, _number, _text, _line, _key, _value)
ANSWERS = (DataError, CostQuestionError, TelemetryError)


def trial(kind: str, raw: bytes, folder: Path) -> tuple[str, str]:
    """Read one file. Return ``read``, ``refused`` or ``failed``, and for the last what went wrong."""
    read, _, suffix = KINDS[kind]
    path = folder / f"mine{suffix}"
    path.write_bytes(raw)
    began, outcome, why = time.process_time(), "read", ""
    try:
        read(path)
    except ANSWERS as error:
        outcome = "refused"
        if not str(error).strip() or any("\n" in line for line in getattr(error, "mistakes", ())):
            outcome, why = "failed", f"message is empty or a mistake has several lines: {error!r}"
    except ValueError as error:  # margin curves: a message that names the file
        outcome = "refused" if str(path.name) in str(error) else "failed"
        why = "" if outcome == "refused" else traceback.format_exc()
    except BaseException:
        outcome, why = "failed", traceback.format_exc()
    if time.process_time() - began > SLOW:
        outcome, why = "failed", f"took {time.process_time() - began:.1f} s; {why}"
    path.unlink()
    left = [entry for entry in (*folder.parent.iterdir(), *folder.iterdir()) if entry != folder]
    if left:
        outcome, why = "failed", f"left {left}"
    return outcome, why


def run(count: int, seed: int, show: Callable[[str], object] = print) -> Counter[tuple[str, str]]:
    """Read ``count`` random files. Return how many of each kind had each outcome; failures are shown."""
    found: Counter[tuple[str, str]] = Counter()
    sources = {kind: originals(kind) for kind in KINDS}
    kinds = [*KINDS, *["vehicle"] * 4, "cost", "dispersions", "case"]
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "in"
        folder.mkdir()
        for number in range(count):
            chance = random.Random(f"{seed}-{number}")
            kind = chance.choice(kinds)
            raw = mutated(chance.choice(sources[kind]), chance)
            outcome, why = trial(kind, raw, folder)
            found[kind, outcome] += 1
            if outcome == "failed":
                show(f"{kind}, file {number} of seed {seed}: {why}")
    return found


def main() -> int:
    """Read the command line, run, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    began = time.process_time()
    found = run(given.count, given.seed)
    for (kind, outcome), number in sorted(found.items()):
        print(f"{kind:15} {outcome:8} {number:6}")
    failed = sum(number for (_, outcome), number in found.items() if outcome == "failed")
    print(f"{sum(found.values())} files, {failed} failed, {time.process_time() - began:.0f} s of processor time")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
