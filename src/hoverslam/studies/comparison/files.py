"""Names of the files that a comparison writes, known before anything is solved."""

from collections.abc import Iterable

from hoverslam.studies.cases import Case

TABLES = (
    "vehicles.csv",
    "vehicles.md",
    "validity.csv",
    "validity.md",
    "costs.csv",
    "costs.md",
    "figures/cost_per_kg.png",
)


def files_of(cases: Iterable[Case]) -> list[str]:
    """Return the files that a comparison of these cases may write, relative to its folder."""
    flown = [(case.loaded().name, case.recovery) for case in cases]
    figures = [f"figures/{vehicle}.png" for vehicle in dict.fromkeys(vehicle for vehicle, _ in flown)]
    return [*TABLES, *figures, *(trajectory_file(vehicle, recovery) for vehicle, recovery in flown)]


def trajectory_file(vehicle: str, recovery: str) -> str:
    """Return the file of a flight, relative to the folder of the comparison."""
    return f"trajectories/{vehicle}_{recovery}.nc"
