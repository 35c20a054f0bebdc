"""What takes long to prepare, kept on disk between processes: translated and compiled functions.

Entries are in the folder that the environment variable ``HOVERSLAM_CACHE`` names, or else in the user's cache folder; an
empty variable turns that off. Everything there can be prepared again: an entry that is damaged or cannot be written costs
time and nothing else. An entry is a file of its own, written as a whole, and named by a digest of all that it depends on.
"""

import hashlib
import os
import platform
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_cache_path

from hoverslam.data.paths import named_folder
from hoverslam.data.writing import PART, NotWritten, write_whole

VARIABLE = "HOVERSLAM_CACHE"
LAYOUT = "1"  # of the entries; part of every digest
_CHECK = 32  # bytes in front of an entry: the hash of its content
_PACKAGE = Path(__file__).parents[1]
_LIBRARIES = ("casadi", "equinox", "jax", "jaxlib", "numpy")


def kept_folder() -> Path | None:
    """Return the folder of all entries, or None if ``HOVERSLAM_CACHE`` is set and empty."""
    return named_folder(VARIABLE, lambda: user_cache_path("hoverslam", appauthor=False))


@dataclass(frozen=True)
class Kept:
    """One kind of entries.

    Attributes:
        kind: Name of their folder.
        most: Most bytes of the folder; beyond, the entries used least recently are removed.
    """

    kind: str
    most: int

    @property
    def folder(self) -> Path | None:
        """The folder of this kind, which may not exist; None if nothing is kept."""
        folder = kept_folder()
        return None if folder is None else folder / self.kind

    def get(self, digest: str) -> bytes | None:
        """Return an entry, or None if there is none that is whole."""
        if self.folder is None:
            return None
        path = self.folder / digest
        try:
            content = path.read_bytes()
            if hashlib.sha256(content[_CHECK:]).digest() != content[:_CHECK]:
                return None
            os.utime(path)
        except OSError:
            return None
        return content[_CHECK:]

    def put(self, digest: str, content: bytes) -> None:
        """Keep an entry, and remove old ones if there are too many bytes. A place that cannot be written is no error."""
        if self.folder is None:
            return
        with suppress(OSError, NotWritten):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self.folder / digest, hashlib.sha256(content).digest() + content, keep=False)
            trim(entries_of(self.folder), self.most)


def trim(paths: Iterable[Path], most: int, size: Callable[[os.stat_result], int] = lambda stat: stat.st_size) -> None:
    """Remove the files that were used least recently until the sizes of the others add up to no more than ``most``.

    A file that has disappeared, or that cannot be removed, is no error.

    Args:
        paths: The files.
        most: Largest sum.
        size: Size of a file; its bytes if left out.
    """
    used = []
    for path in paths:
        with suppress(OSError):
            stat = path.stat()
            used.append((stat.st_mtime, size(stat), path))
    left = sum(size_of_file for _, size_of_file, _ in used)
    for _, size_of_file, path in sorted(used):
        if left <= most:
            return
        with suppress(OSError):
            path.unlink()
        left -= size_of_file


def entries_of(folder: Path) -> list[Path]:
    """Return the whole entries of a folder."""
    return [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(PART)]


def digest_of(parts: Iterable[str]) -> str:
    """Return a digest of some texts, and of what every entry depends on: this package, its libraries, the processor."""
    digest = hashlib.sha256(_surroundings().encode())
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part.encode())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _surroundings() -> str:
    code = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        code.update(str(path.relative_to(_PACKAGE)).encode() + path.read_bytes())
    libraries = [f"{name} {version(name)}" for name in _LIBRARIES]
    machine = [platform.machine(), platform.system(), platform.python_version()]
    return "\n".join([LAYOUT, code.hexdigest(), *libraries, *machine])
