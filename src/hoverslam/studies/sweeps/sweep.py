"""A study for every value of some figures: of a vehicle (launch, cost, margin), or of the start of a solved landing.

    import hoverslam as hs

    found = hs.sweep("falcon9", {"stage1.dry_mass_t": [26.9, 27.9, 28.9]}, recovery="downrange")
    print(found.to_frame())

The flight of the figures as they are stated is searched for. Every point starts from the flight of its nearest solved
neighbour, and is searched for only where that does not lead to a verified flight. Points are independent: each has the figures
as they are stated, with its own changes only.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any

from hoverslam.data.counts import MOST_PROCESSES, checked_count
from hoverslam.data.errors import Mistake
from hoverslam.data.writing import check_folder, kept_failures
from hoverslam.flights.landing.result import LandingResult
from hoverslam.flights.launch.limits import LaunchLimit
from hoverslam.studies.sweeps.changes import Changes, SweepError, changes_of
from hoverslam.studies.sweeps.files import PointFiles, file_name
from hoverslam.studies.sweeps.launches import Launches, What
from hoverslam.studies.sweeps.points import FigurePoint, FigureSweep
from hoverslam.studies.sweeps.subjects import Landings, Subject, refuse_unknown
from hoverslam.studies.sweeps.walk import Walk, walk_here, walk_in_processes, walks
from hoverslam.vehicles.loading import as_vehicle
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import OrbitLike

Report = Callable[[str], None]


def sweep(
    vehicle: Vehicle | str | os.PathLike[str] | LandingResult,
    figures: Mapping[str, Iterable[float]],
    *,
    what: What = "launch",
    recovery: str = "expendable",
    orbit: OrbitLike | None = None,
    constraints: Sequence[LaunchLimit] = (),
    grid: bool = True,
    search: bool = False,
    folder: str | os.PathLike[str] | None = None,
    processes: int = 1,
    report: Report | None = None,
    **options: Any,
) -> FigureSweep:
    """Study a vehicle, or a landing, for every value of some figures, walking along neighbouring points.

    A launch that starts from its neighbour keeps the neighbour's structure: numbers of burns, and whether there is an entry
    burn. A point that fails has NaN in its outputs, is not verified, and its message says why; the sweep goes on.

    Args:
        vehicle: A vehicle, the name of a known one, or the path of a vehicle file. Or a solved landing: its figures are
            the numbers of its start, lander and limits, such as ``start.mass``, ``start.position.up``, ``limits.tilt`` (SI).
        figures: Values by key of a figure, such as ``{"stage1.dry_mass_t": [40, 42, 44]}``, in the unit of the key.
        what: ``"launch"``: the greatest payload. ``"cost"``: the cost of a kilogram with that payload, as :func:`study_cost`
            estimates it. ``"margin"``: the share of guided flights that land and the reserve that they need, as
            :func:`study_margin` finds them.
        recovery: Recovery mode.
        orbit: An orbit, or what ``load_orbit`` makes one of; the vehicle's own if left out.
        constraints: Limits of launches beside those of the vehicle.
        grid: Whether all combinations of the values are points. Otherwise the figures are changed together: the lists have
            one length, and each index is one point.
        search: Whether every launch is searched for by itself, which tries all structures and may take minutes a point.
        folder: Where finished points are kept, one small file each. A later call reads the points that it finds there
            instead of solving them, also those that failed; delete a file to solve its point again.
        processes: Number of processes, each of which walks along neighbouring points. Landings use one.
        report: Receives one line for each point.
        **options: ``choice``, ``effort`` and ``store`` of :func:`solve_launch`; for costs also ``inputs``, ``changes``,
            ``margin``, ``samples`` and ``seed`` of :func:`study_cost`; for margins also those of :func:`study_margin`
            from ``samples`` to ``limits``, ``block`` and ``workers``.

    Returns:
        The points in the order of the values, the last figure running fastest. An interrupt (Ctrl-C) ends the sweep, not the
        caller: the points that are done are returned, and ``interrupted`` is set.

    Raises:
        SweepError: For a key that is no figure, a value out of the range of its figure, an empty list, lists of unequal
            length without a grid, or an option that the study does not have. Nothing is solved then.
        VehicleError: For an unknown vehicle, recovery mode or orbit.
        OutputError: If the folder cannot be written; nothing is solved.
    """
    points = changes_of(figures, grid)
    if isinstance(vehicle, LandingResult):
        landings = _landings(
            vehicle, what, recovery, orbit, constraints, processes, options | ({"search": search} if search else {})
        )
        return sweep_points(landings, points, grid, folder, processes, report)
    if what == "margin" and processes != 1:
        options = {"workers": 1} | options  # each process flies its own campaigns
    launches = Launches(as_vehicle(vehicle), what, recovery, orbit, tuple(constraints), options, search)
    launches.check_question()
    return sweep_points(launches, points, grid, folder, processes, report)


def sweep_points(
    subject: Subject,
    points: Sequence[Changes],
    grid: bool = True,
    folder: str | os.PathLike[str] | None = None,
    processes: int = 1,
    report: Report | None = None,
) -> FigureSweep:
    """Solve the points of a subject; see :func:`sweep`.

    Args:
        subject: What is solved at each point.
        points: The changed figures of each point. A point that is given twice is solved once.
        grid: Whether the points are all combinations of values.
        folder: Where finished points are kept.
        processes: Number of processes.
        report: Receives one line for each point.
    """
    processes = checked_count("processes", processes, 1, MOST_PROCESSES, "each process needs about a gigabyte")
    nominal = subject.nominal([key for key, _ in points[0]])
    distinct = list(dict.fromkeys(points))
    for changes in distinct:
        subject.check(changes)
    names = {changes: file_name(subject.content(changes)) for changes in distinct} if folder is not None else {}
    files = PointFiles(None if folder is None else check_folder(folder, list(names.values())))
    done = {changes: point for changes, name in names.items() if (point := files.read(name, changes)) is not None}
    if report is not None and done:
        report(f"{len(done)} of {len(distinct)} points read from {folder}")
    missing = [changes for changes in distinct if changes not in done]
    found = walks(subject, missing, nominal, processes)

    def keep(point: FigurePoint, solved: bool) -> None:
        done[point.key] = point
        if names and solved:
            files.write(names[point.key], point)
        if report is not None:
            report(point.line())

    with kept_failures() as unwritten:
        interrupted = _solve(found, keep)
    if interrupted and report is not None:
        report(f"interrupted after {len(done)} of {len(distinct)} points")
    in_order = tuple(done[changes] for changes in points if changes in done)
    return FigureSweep(subject.title, in_order, len(points), grid, interrupted, tuple(unwritten))


def _solve(found: Sequence[Walk], keep: Callable[[FigurePoint, bool], None]) -> bool:
    """Solve the walks, call ``keep`` with each point as it ends, and return whether the user pressed Ctrl-C."""
    if not found:
        return False
    ended = walk_here(found[0]) if len(found) == 1 else walk_in_processes(found)
    try:
        with closing(ended):
            for point, solved in ended:
                keep(point, solved)
    except KeyboardInterrupt:
        return True
    return False


def _landings(
    landing: LandingResult, what: str, recovery: str, orbit: OrbitLike | None, constraints: Sequence[LaunchLimit],
    processes: int, options: Mapping[str, Any],
) -> Landings:  # fmt: skip
    """Return the landings of a sweep; raise an error for what only launches have."""
    of_launches: dict[str, tuple[Any, Any]] = {
        "what": (what, "launch"),
        "recovery": (recovery, "expendable"),
        "orbit": (orbit, None),
    }
    given = {name: value for name, (value, default) in of_launches.items() if value != default}
    given |= {"constraints": constraints} if constraints else {}
    refuse_unknown({**given, **options}, ("figures", "grid", "folder", "report"), "landing")
    if processes != 1:
        raise SweepError([Mistake("processes", str(processes), "landings are solved in one process: leave it out")])
    return Landings(landing)
