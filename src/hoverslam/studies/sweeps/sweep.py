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
from hoverslam.studies.sweeps.executors import Report, executor_of
from hoverslam.studies.sweeps.files import PointFiles, file_name
from hoverslam.studies.sweeps.launches import Launches, What
from hoverslam.studies.sweeps.points import FigurePoint, FigureSweep
from hoverslam.studies.sweeps.subjects import Landings, Subject, refuse_unknown
from hoverslam.studies.sweeps.walk import walks
from hoverslam.vehicles.loading import as_vehicle
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import OrbitLike


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
    cluster: Any = None,
    parts: int | None = None,
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
        processes: Number of processes of this machine. Landings use one.
        cluster: Address of a Dask scheduler, such as ``tcp://10.0.0.5:8786``, a Dask cluster, or a ``distributed.Client``,
            whose workers solve the points instead. The folder is that of this process. Needs ``hoverslam[cluster]``.
        parts: Number of parts into which the points are divided. The points of a part are neighbours and are solved one after
            the other in one process; each part begins from the flight of the figures as they are stated. As many as
            processes or workers of the cluster if left out. The rows depend on the parts, within the tolerance of the solver,
            and not on where the parts are solved.
        report: Receives one line for each point.
        **options: ``choice``, ``effort`` and ``store`` of :func:`solve_launch`; for costs also ``inputs``, ``changes``,
            ``margin``, ``samples`` and ``seed`` of :func:`study_cost`; for margins also those of :func:`study_margin`
            from ``samples`` to ``limits``, ``block`` and ``workers``.

    Returns:
        The points in the order of the values, the last figure running fastest. An interrupt (Ctrl-C) ends the sweep, not the
        caller: the points that are done are returned, and ``interrupted`` is set.

    Raises:
        SweepError: For a key that is no figure, a value out of the range of its figure, an empty list, lists of unequal
            length without a grid, or an option that the study does not have; if Dask is not installed, or the cluster does
            not answer. Nothing is solved then. Also if the cluster is lost on the way.
        VehicleError: For an unknown vehicle, recovery mode or orbit.
        OutputError: If the folder cannot be written; nothing is solved.
    """
    points = changes_of(figures, grid)
    if isinstance(vehicle, LandingResult):
        landings = _landings(
            vehicle,
            what,
            recovery,
            orbit,
            constraints,
            processes,
            cluster,
            options | ({"search": search} if search else {}),
        )
        return sweep_points(landings, points, grid, folder, parts=parts, report=report)
    if what == "margin" and (processes != 1 or cluster is not None):
        options = {"workers": 1} | options  # each process flies its own campaigns
    launches = Launches(as_vehicle(vehicle), what, recovery, orbit, tuple(constraints), options, search)
    launches.check_question()
    return sweep_points(launches, points, grid, folder, processes, cluster, parts, report)


def sweep_points(
    subject: Subject,
    points: Sequence[Changes],
    grid: bool = True,
    folder: str | os.PathLike[str] | None = None,
    processes: int = 1,
    cluster: Any = None,
    parts: int | None = None,
    report: Report | None = None,
) -> FigureSweep:
    """Solve the points of a subject; see :func:`sweep`.

    Args:
        subject: What is solved at each point.
        points: The changed figures of each point. A point that is given twice is solved once.
        grid: Whether the points are all combinations of values.
        folder: Where finished points are kept.
        processes: Number of processes of this machine.
        cluster: Dask cluster that solves the points instead.
        parts: Number of parts, each solved in one process; None: one a process.
        report: Receives one line for each point.
    """
    processes = _checked_processes(processes, cluster)
    if parts is not None:
        parts = checked_count("parts", parts, 1, MOST_PROCESSES, "each begins with a flight of its own")
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

    def keep(point: FigurePoint, solved: bool) -> None:
        done[point.key] = point
        if names and solved:
            files.write(names[point.key], point)
        if report is not None:
            report(point.line())

    interrupted = False
    with kept_failures() as unwritten:
        try:
            _solve(subject, missing, nominal, processes, cluster, parts, keep, report)
        except KeyboardInterrupt:
            interrupted = True
    if interrupted and report is not None:
        report(f"interrupted after {len(done)} of {len(distinct)} points")
    in_order = tuple(done[changes] for changes in points if changes in done)
    return FigureSweep(subject.title, in_order, len(points), grid, interrupted, tuple(unwritten))


def _solve(
    subject: Subject, missing: Sequence[Changes], nominal: Changes, processes: int, cluster: Any, parts: int | None,
    keep: Callable[[FigurePoint, bool], None], report: Report | None,
) -> None:  # fmt: skip
    """Solve the missing points, and call ``keep`` with each as it ends."""
    if not missing:
        return
    with executor_of(min(processes, len(missing)), cluster, report) as executor:
        found = walks(subject, missing, nominal, parts or executor.workers)
        with closing(executor.solve(found)) as ended:
            for point, solved in ended:
                keep(point, solved)


def _checked_processes(processes: int, cluster: Any) -> int:
    """Return the number of processes. Raises SweepError for several beside a cluster."""
    processes = checked_count("processes", processes, 1, MOST_PROCESSES, "each process needs about a gigabyte")
    if processes != 1 and cluster is not None:
        fix = "the points are solved either by processes of this machine or by a cluster: leave one out"
        raise SweepError([Mistake("processes", str(processes), fix)])
    return processes


def _landings(
    landing: LandingResult, what: str, recovery: str, orbit: OrbitLike | None, constraints: Sequence[LaunchLimit],
    processes: int, cluster: Any, options: Mapping[str, Any],
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
    if cluster is not None:
        raise SweepError([Mistake("cluster", str(cluster), "landings are solved in this process: leave it out")])
    return Landings(landing)
