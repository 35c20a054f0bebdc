"""Files that appear as a whole: a reader finds the old content or the new one, never a part of it."""

import os
from collections.abc import Callable
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write ``text`` (UTF-8) to a file beside ``path`` and move it there; missing folders are made.

    Args:
        path: The file.
        text: Its new content.

    Raises:
        OSError: if the folder cannot be made or the file cannot be written. Nothing unfinished is left behind.
    """
    write_whole_with(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8"))


def write_whole_with(path: Path, write: Callable[[Path], object]) -> None:
    """Call ``write`` with a temporary path in the folder of ``path`` and move the result to ``path``.

    The temporary file has the suffix of ``path``, so that libraries which go by the suffix write the right format.

    Args:
        path: The file.
        write: Writes the content to the path that it is given.

    Raises:
        OSError: if the folder cannot be made or the file cannot be written. Nothing unfinished is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".part-{path.name}")
    try:
        write(unfinished)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
