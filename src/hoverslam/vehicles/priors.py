"""Vehicle files as they were before published claims were used to estimate their figures.

``hoverslam infer`` replaces figures of a vehicle file by what published payloads and events imply. The file as it was before
is kept in ``files/priors``. An inference starts from it, so that no claim counts twice.
"""

import os
from pathlib import Path

from hoverslam.vehicles.loading import list_vehicles
from hoverslam.vehicles.places import FILES

PRIORS = FILES / "priors"


def packaged_file(name: str) -> Path:
    """Return the file of a vehicle that comes with the package."""
    return FILES / f"{name}.toml"


def prior_file(name: str) -> Path:
    """Return where the file of a vehicle of the package is kept as it was before inference; it may not exist."""
    return PRIORS / f"{name}.toml"


def starting_file(vehicle: str | os.PathLike[str]) -> Path | None:
    """Return the file from which an inference about a vehicle starts.

    Args:
        vehicle: The name of a vehicle that comes with the package, or the path of a vehicle file.

    Returns:
        For a name, the file before inference where there is one, or else the packaged file; for a path, the path. None for
        a name that is unknown.
    """
    if isinstance(vehicle, str) and vehicle in list_vehicles():
        kept = prior_file(vehicle)
        return kept if kept.is_file() else packaged_file(vehicle)
    text = os.fspath(vehicle)
    return Path(text) if text.endswith(".toml") or os.sep in text or "/" in text else None
