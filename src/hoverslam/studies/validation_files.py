"""Missions that the validation reconstructs, and the files that it writes, known before anything is solved."""

from collections.abc import Iterable

MISSIONS = ("crs11", "nrol76", "saocom1a")
TABLES = ("validation.json", "validation.md")


def files_of(missions: Iterable[str]) -> list[str]:
    """Return the files that a validation writes, relative to its folder."""
    return [*TABLES, *map(picture_file, missions)]


def picture_file(mission: str) -> str:
    """Return the picture of a reconstructed mission, relative to the folder of the validation."""
    return f"figures/validate_{mission}.png"
