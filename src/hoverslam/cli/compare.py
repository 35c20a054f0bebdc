"""``hoverslam compare``: every vehicle in every recovery mode."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from hoverslam.cli.messages import not_written, print_files, print_json, say
from hoverslam.cli.options import Jobs, Json, OrbitText, Out, Vehicles
from hoverslam.cli.progress import flights_bar
from hoverslam.data.writing import check_folder
from hoverslam.reports.exit_codes import exit_code
from hoverslam.reports.interrupts import stop_on_interrupt

if TYPE_CHECKING:
    from hoverslam.studies.comparison.compare import Comparison


def compare(
    out: Out = Path("results"),
    vehicle: Vehicles = None,
    orbit: OrbitText = None,
    jobs: Jobs = None,
    json: Json = False,
) -> int:
    """Solve every vehicle in every recovery mode and write the tables. Ctrl-C keeps the rows that are finished."""
    from hoverslam.studies.cases import default_cases
    from hoverslam.studies.comparison.files import files_of

    cases = default_cases(vehicle or None, orbit)
    check_folder(out, files_of(cases), "--out")
    start = time.perf_counter()
    with flights_bar(len(cases)) as on_row:
        from hoverslam.studies.comparison.compare import compare_cases

        with stop_on_interrupt() as stopped:
            comparison = compare_cases(cases, out, jobs=jobs, on_row=on_row)
    _print(comparison, time.perf_counter() - start, json)
    if comparison.interrupted:
        kept = f", kept in {out / 'vehicles.csv'}" if comparison.outcomes and not comparison.unwritten else ""
        say(f"{stopped.word}: {len(comparison.outcomes)} of {len(cases)} rows done{kept}")
        not_written(comparison.unwritten)
        return stopped.exit_code
    return not_written(comparison.unwritten) if comparison.unwritten else exit_code(comparison.verified)


def _print(comparison: "Comparison", wall_s: float, json: bool) -> None:
    from hoverslam.reports.console import console
    from hoverslam.studies.comparison.tables import verdict

    if json:
        print_json(comparison.as_json() | {"wall_s": round(wall_s, 1)})
        return
    for table in comparison.tables():
        console().print(table)
    for outcome in comparison.finished:
        if not outcome.verified:
            say(f"not verified: {outcome.row.vehicle} {outcome.row.recovery}: {outcome.status}")
    if comparison.outcomes:
        print(f"{verdict(comparison.rows)}, {wall_s:.0f} s")
    print_files(comparison.files, comparison.unwritten)
