"""Names of the data files that come with the package."""

from pathlib import Path


def file_names(folder: Path, suffix: str = ".toml") -> list[str]:
    """Return the names of the files of ``folder`` that end in ``suffix``, without the suffix, in alphabetical order."""
    return sorted(path.name.removesuffix(suffix) for path in folder.glob(f"*{suffix}"))
