"""Where the flights that a user solves are kept. Nothing slow is imported, so that a command line can check the place."""

from pathlib import Path

from platformdirs import user_data_path

from hoverslam.data.paths import named_folder

VARIABLE = "HOVERSLAM_SOLUTIONS"


def local_folder() -> Path | None:
    """Return the folder of the user's flights, or None if ``HOVERSLAM_SOLUTIONS`` is set and empty."""
    return named_folder(VARIABLE, lambda: user_data_path("hoverslam", appauthor=False) / "solutions")
