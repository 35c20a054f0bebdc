"""The store of solved launches: a flight once found is kept, and starts later searches of the same case or of similar ones.

Flights that come with the package are in ``files/solutions``. Flights that a user solves are kept in the folder that the
environment variable ``HOVERSLAM_SOLUTIONS`` names, or else in the user's data folder; an empty variable turns that off.
Every flight is a file of its own, written as a whole under a name that no other process uses. Of several flights of the
same case the best is read, so that processes may write at the same time.

``python -m hoverslam.flights.launch.stored FOLDER`` adds the flights of known vehicles in a folder to those of the package.
"""

import argparse
import os
import secrets
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from hoverslam.data.kept import trim
from hoverslam.data.writing import PART, NotWritten, write_whole
from hoverslam.flights.launch.case_key import case_key, merits, rest_key
from hoverslam.flights.launch.plan import LaunchPlan
from hoverslam.flights.launch.result import LaunchResult
from hoverslam.flights.launch.stored_file import (
    UNREADABLE,
    file_start,
    joined,
    orbit_of,
    read_about,
    read_flight,
    structure_part,
    write_flight,
)
from hoverslam.flights.launch.stored_file import StoredFlight as StoredFlight
from hoverslam.flights.launch.structure import Choice
from hoverslam.flights.local_store import local_folder
from hoverslam.ocp.solving.solver import known_programme
from hoverslam.ocp.statement.functions import StatementError
from hoverslam.ocp.statement.problem import Problem
from hoverslam.physics.constants import EARTH_EQUATORIAL_RADIUS, EARTH_GRAVITATIONAL_PARAMETER
from hoverslam.vehicles.loading import list_vehicles

ALIKE, ROUNDING = 1e-4, 1e-9  # relative: payloads, and figures, that differ by less are the same
SHIPPED = Path(__file__).parent / "files" / "solutions"
MOST_FILES = 500  # of the local folder; beyond, those used least recently are removed
FEASIBLE = 1e-6  # scaled violation up to which a stored flight satisfies a problem; IPOPT leaves 1e-8
SUFFIX = ".npz"

T = TypeVar("T")


# ---- keeping -----------------------------------------------------------------------------------------------------------
def keep(result: LaunchResult, folder: Path | None = None) -> Path | None:
    """Keep a verified launch, unless a better one of the same case is stored.

    A stored flight that is better, but that does not satisfy the problem as it is stated today, is replaced.

    Args:
        result: The launch.
        folder: Where to keep it, and the only place where a better flight is looked for. If left out, it is the user's
            folder, and the flights of the package are looked at too.

    Returns:
        The new file. None if nothing was written: the launch is not verified, no better than the stored one, the store is
        turned off, or the folder cannot be written, which also gives a warning.
    """
    named = folder is not None
    folder = folder or local_folder()
    if folder is None or not (result.verified and result.converged):
        return None
    flight = StoredFlight.of(result)
    local = list(_readable(_files(folder, flight.file_start()), read_flight))
    shipped = [] if named else list(_readable(_files(SHIPPED, flight.file_start()), read_flight))
    for _, known in (*local, *shipped):
        if not flight.better_than(known) and holds(known, result.solution.problem):
            return None
    path = folder / f"{flight.file_start()}-{secrets.token_hex(4)}{SUFFIX}"
    try:
        write_flight(flight, path)
    except NotWritten as failure:
        warnings.warn(f"the launch is not kept for later solves: {failure.path}: {failure.reason}", stacklevel=2)
        return None
    for other, _ in local:
        _remove(other)
    trim(_files(folder), MOST_FILES, size=lambda stat: 1)
    return path


def holds(flight: StoredFlight, problem: Problem) -> bool:
    """Return whether a stored flight satisfies all constraints of a problem as it is stated now, on its own mesh.

    It does not if the model, the vehicle or the limits have changed since it was solved. Nothing is solved or re-flown.
    """
    try:
        programme = known_programme(problem, flight.point)
    except StatementError:
        return False
    return flight.point.excess(programme) < FEASIBLE


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


# ---- finding -----------------------------------------------------------------------------------------------------------
def exact(plan: LaunchPlan, choices: Sequence[Choice] | None = None) -> StoredFlight | None:
    """Return the best stored flight of a case, or None if there is none.

    Args:
        plan: The plan of the case.
        choices: Choices of what is flown; that of the plan if left out.
    """
    plans = [plan] if choices is None else [plan.with_choice(choice) for choice in choices]
    starts = [file_start(p.vehicle.name, joined(p.phases), case_key(p)) for p in plans]
    paths = [path for folder in _folders() for start in starts for path in _files(folder, start)]
    found = list(_readable(paths, read_flight))
    best = _best(flight for _, flight in found)
    _mark_used(path for path, flight in found if flight is best)
    return best


def neighbours(plan: LaunchPlan, count: int = 3) -> list[StoredFlight]:
    """Return the stored flights of other cases with the same phases, the nearest first.

    The distance adds the squares of the relative differences of the given parameters, of the relative difference in the
    speeds at perigee and apogee, of the difference in inclination (rad), and 1 for another recovery mode.

    Args:
        plan: The plan of the case.
        count: Number of flights.
    """
    ranked = [path for _, path in _ranked(plan)]
    flights: list[StoredFlight] = []
    for path, flight in _readable(ranked, read_flight):
        if flight.phases == tuple(plan.phases):
            flights.append(flight)
            _mark_used([path])
        if len(flights) == count:
            break
    return flights


def nearest_distance(plan: LaunchPlan) -> float:
    """Return the distance of the nearest stored flight with the same phases (see :func:`neighbours`), or infinity."""
    return min((distance for distance, _ in _ranked(plan)), default=float(np.inf))


def _ranked(plan: LaunchPlan) -> list[tuple[float, Path]]:
    """Return distance and file of the stored flights of other cases with the same phases, the nearest first."""
    own = case_key(plan)
    part = structure_part(joined(plan.phases))
    paths = [path for folder in _folders() for path in _files(folder) if part in path.name]
    near: dict[str, tuple[float, Path]] = {}
    for path, about in _readable(paths, read_about):
        distance = _distance(plan, about)
        if about["key"] != own and distance < near.get(about["key"], (np.inf, path))[0]:
            near[about["key"]] = (distance, path)
    return sorted(near.values())


def worse_but_carries_more(plan: LaunchPlan, payload: float, choices: Sequence[Choice]) -> StoredFlight | None:
    """Return the stored flight that carries most of those of vehicles that are worse in every figure, or None.

    Only flights of the same mode, orbit and limits count, of vehicles that are equal but for figures whose effect on the
    payload has a known sign. None means that no such flight carries more than ``payload``.

    Args:
        plan: The plan of the case.
        payload: Payload that was found for it (kg).
        choices: What the launch may fly.
    """
    own, rest = merits(plan), rest_key(plan)
    better: list[tuple[float, Path]] = []
    paths = [path for folder in _folders() for path in _files(folder)]
    for path, about in _readable(paths, read_about):
        if about["rest"] != rest or not about["verified"] or Choice(**about["choice"]) not in choices:
            continue
        if about["payload"] <= payload * (1.0 + ALIKE):
            continue
        worse = all(about["merits"].get(key, np.inf) <= value + ROUNDING * abs(value) for key, value in own.items())
        if worse:
            better.append((about["payload"], path))
    most = sorted(better, key=lambda entry: -entry[0])[:1]
    return next((flight for _, flight in _readable((path for _, path in most), read_flight)), None)


def _distance(plan: LaunchPlan, about: dict[str, Any]) -> float:
    """Return the distance of a plan to what a file says about its flight."""
    orbit = orbit_of(plan)
    own = {**plan.values, **_speeds(orbit[0], orbit[1])}
    other = {**about["values"], **_speeds(about["orbit"][0], about["orbit"][1])}
    squares = sum(_relative(own.get(name, 0.0), other.get(name, 0.0)) ** 2 for name in {*own, *other})
    return float(squares + (orbit[2] - about["orbit"][2]) ** 2 + (about["mode"] != plan.recovery))


def _speeds(perigee: float, apogee: float) -> dict[str, float]:
    """Return the speeds at perigee and apogee (m/s) of an orbit with these altitudes (m)."""
    near, far = EARTH_EQUATORIAL_RADIUS + perigee, EARTH_EQUATORIAL_RADIUS + apogee
    momentum = np.sqrt(2.0 * EARTH_GRAVITATIONAL_PARAMETER * near * far / (near + far))
    return {"speed at perigee": float(momentum / near), "speed at apogee": float(momentum / far)}


def _relative(a: float, b: float) -> float:
    return abs(a - b) / max(abs(a), abs(b)) if a != b else 0.0


def _best(flights: Iterable[StoredFlight]) -> StoredFlight | None:
    best: StoredFlight | None = None
    for flight in flights:
        if best is None or flight.better_than(best):
            best = flight
    return best


def _folders() -> list[Path]:
    local = local_folder()
    return [SHIPPED] if local is None else [local, SHIPPED]


def _files(folder: Path, start: str = "") -> list[Path]:
    """Return the files of a folder whose names begin with ``start``, in alphabetical order."""
    with suppress(OSError):
        return sorted(p for p in folder.glob(f"{start}*{SUFFIX}") if not p.name.startswith(PART))
    return []


def _readable(paths: Iterable[Path], read: Callable[[Path], T]) -> Iterator[tuple[Path, T]]:
    """Yield what the files hold; a file that cannot be read gives a warning, one removed meanwhile nothing."""
    for path in paths:
        try:
            content = read(path)
        except FileNotFoundError:
            continue
        except UNREADABLE as error:
            warnings.warn(f"{path}: the stored launch is skipped: {error}", stacklevel=3)
            continue
        yield path, content


def _mark_used(paths: Iterable[Path]) -> None:
    """Set the time of local files to now, so that they are not removed as unused."""
    for path in paths:
        if path.parent != SHIPPED:
            with suppress(OSError):
                os.utime(path)


# ---- shipping ----------------------------------------------------------------------------------------------------------
def ship(source: Path, target: Path = SHIPPED) -> list[Path]:
    """Copy the best flight of each case of a known vehicle from one folder of solutions to another.

    The source is best a folder that only one run of ``hoverslam compare`` has filled, with ``HOVERSLAM_SOLUTIONS`` naming
    it. A file of the target for the same case is replaced.

    Args:
        source: The folder to copy from.
        target: The folder to copy to; that of the package if left out.

    Returns:
        The new files.
    """
    vehicles = set(list_vehicles())
    cases: dict[str, tuple[Path, StoredFlight]] = {}
    for path, flight in _readable(_files(source), read_flight):
        start = flight.file_start()
        usable = flight.verified and flight.vehicle in vehicles
        if usable and (start not in cases or flight.better_than(cases[start][1])):
            cases[start] = (path, flight)
    for start, (path, _) in cases.items():
        write_whole(target / f"{start}{SUFFIX}", path.read_bytes(), keep=False)
    return [target / f"{start}{SUFFIX}" for start in cases]


def main(arguments: Sequence[str] | None = None) -> None:
    """Copy the flights of known vehicles from a folder to those of the package, and list the new files."""
    parser = argparse.ArgumentParser(prog="python -m hoverslam.flights.launch.stored", description=ship.__doc__)
    parser.add_argument("folder", type=Path, help="folder of solved launches, such as HOVERSLAM_SOLUTIONS")
    parser.add_argument("--to", type=Path, default=SHIPPED, help="folder to copy to; that of the package if left out")
    given = parser.parse_args(arguments)
    for path in ship(given.folder, given.to):
        print(f"{path.name}  {path.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main()
