"""Paths that are built from names: they stay inside their folder, whatever the names are."""

import os
from collections.abc import Callable
from pathlib import Path

from hoverslam.data.errors import DataError, Mistake, shown

_NEVER = frozenset('/\\:*?"<>|')
"""Characters that no part of a path may hold: separators, and what some systems refuse or interpret."""
_LONGEST = 200  # bytes; the systems in use allow 255, and temporary files add a few


def named_folder(variable: str, default: Callable[[], Path]) -> Path | None:
    """Return the folder that an environment variable names, or the default one; None if the variable is set and empty.

    Args:
        variable: Name of the variable.
        default: Returns the folder that is used where the variable is not set.
    """
    named = os.environ.get(variable)
    if named is None:
        return default()
    return Path(named).expanduser() if named.strip() else None


def inside(folder: Path, *parts: str) -> Path:
    """Return the path of a file or folder below ``folder``.

    Args:
        folder: The folder.
        parts: Names of folders and, last, of the file. Each is one name: it holds no separator.

    Raises:
        DataError: If a part is empty, names the folder itself or the one above, is too long, or holds a separator or a
            control character.
    """
    for part in parts:
        unusable = part.strip(". ") == "" or any(c in _NEVER or not c.isprintable() for c in part)
        if unusable or len(part.encode(errors="replace")) > _LONGEST:
            fix = f"cannot be part of a file's name in {folder}: use letters, digits, _, - and ."
            raise DataError([Mistake("", shown(part), fix).line("path")])
    return folder.joinpath(*parts)
