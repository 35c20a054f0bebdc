"""Where the flights that a user solves are kept. Nothing slow is imported, so that a command line can check the place."""

import os
from pathlib import Path

from platformdirs import user_data_path

VARIABLE = "HOVERSLAM_SOLUTIONS"


def local_folder() -> Path | None:
    """Return the folder of the user's flights, or None if ``HOVERSLAM_SOLUTIONS`` is set and empty."""
    named = os.environ.get(VARIABLE)
    if named is None:
        return user_data_path("hoverslam", appauthor=False) / "solutions"
    return Path(named).expanduser() if named.strip() else None
