"""Files of results: whether a place can be written, asked before anything is computed, and files that appear as a whole.

A reader finds the old content of a file or the new one, never a part of it. If a finished result cannot be written where it
was asked for (the disk is full, the folder is gone), its content is kept in a temporary folder, which the error names.
"""

import hashlib
import os
import platform
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from hoverslam.data.errors import DataError, Mistake

ROOM = 2**20  # bytes that a place must have room for
PART = ".part-"  # the names of unfinished files begin with it
_OLD_PART = 86_400.0  # s after which an unfinished file of an unknown process is removed
_unfinished: set[Path] = set()  # files and folders of this process
_collected: ContextVar["list[NotWritten] | None"] = ContextVar("collected", default=None)


class OutputError(DataError):
    """A place that results cannot be written to, found before anything was computed."""


class NotWritten(OSError):
    """A finished result that could not be written where it was asked for.

    Attributes:
        path: The file that was asked for.
        reason: Why it could not be written.
        kept: Where its content is kept instead; None if no other place could be written either.
    """

    def __init__(self, path: Path, reason: str, kept: Path | None) -> None:
        self.path, self.reason, self.kept = path, reason, kept
        elsewhere = "and no temporary place can be written either" if kept is None else f"kept as {kept}"
        super().__init__(f"{path}: cannot be written: {reason}; {elsewhere}")


# ---- before anything is computed -----------------------------------------------------------------------------------------
def check_file(path: str | os.PathLike[str], suffixes: Collection[str] = (), label: str = "") -> Path:
    """Return the path of a file if it can be written. Its folder must exist; nothing is left there.

    Args:
        path: The file.
        suffixes: Suffixes that it may have, as ``.nc``, in small letters; any if left out.
        label: What the message begins with, such as the option of a command.

    Raises:
        OutputError: With one line, if the suffix is unknown, the path is a folder or a device, its folder is missing, or a
            megabyte cannot be written there.
    """
    path = Path(path)
    _check_name(path, label)
    if suffixes and path.suffix.lower() not in suffixes:
        known = f"known: {', '.join(sorted(suffixes))}"
        raise _refused(
            label, path, f"unknown suffix {path.suffix!r}, {known}" if path.suffix else f"no suffix, {known}"
        )
    if not path.parent.is_dir():
        raise _refused(label, path, f"there is no folder {path.parent}: make it first")
    _check_room(path.parent, path, label)
    return path


def check_folder(path: str | os.PathLike[str], files: Collection[str] = (), label: str = "") -> Path:
    """Return the path of a folder if files can be written there. The folder may be missing; nothing is made or left.

    Args:
        path: The folder.
        files: Files that are to be written, relative to the folder.
        label: What the message begins with, such as the option of a command.

    Raises:
        OutputError: With one line, if the path or a folder above a file is no folder, a file is a folder or a device, or a
            megabyte cannot be written there.
    """
    path = Path(path)
    rooms: set[Path] = set()
    for file in [path / name for name in files] or [path / "file"]:
        if files:
            _check_name(file, label)
        rooms.add(_nearest_folder(file.parent, path, label))
    for folder in sorted(rooms):
        _check_room(folder, path, label)
    return path


def _refused(label: str, path: Path, reason: str) -> OutputError:
    return OutputError([Mistake(str(path), "", reason).line(label)])


def _check_name(path: Path, label: str) -> None:
    """Raise ``OutputError`` if a path is something else than an ordinary file or nothing."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise _refused(label, path, f"cannot be written: {reason_of(error)}") from None
    if stat.S_ISDIR(mode):
        raise _refused(label, path, "is a folder: name a file")
    if not stat.S_ISREG(mode):
        raise _refused(label, path, "is not an ordinary file: name another")


def _nearest_folder(folder: Path, asked: Path, label: str) -> Path:
    """Return the folder, or the nearest existing one above it."""
    for place in (folder, *folder.parents):
        try:
            mode = place.stat().st_mode
        except FileNotFoundError:
            continue
        except NotADirectoryError:
            continue  # a folder above is a file, which is told when it is reached
        except (OSError, ValueError) as error:
            raise _refused(label, asked, f"cannot be written: {reason_of(error)}") from None
        if not stat.S_ISDIR(mode):
            what = "not a folder" if place == asked else f"{place} is not a folder"
            raise _refused(label, asked, f"{what}: name another")
        return place
    return Path()


def _check_room(folder: Path, asked: Path, label: str) -> None:
    """Write a megabyte into a nameless file of the folder."""
    try:
        remove_left_over(folder)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(ROOM))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _refused(label, asked, f"nothing can be written in {folder}: {reason_of(error)}") from None


def reason_of(error: Exception) -> str:
    """Return the reason of an error of the operating system in small letters, without number and path."""
    return (getattr(error, "strerror", None) or str(error)).lower()


# ---- when it is computed -------------------------------------------------------------------------------------------------
def write_whole(path: str | os.PathLike[str], content: str | bytes, *, keep: bool = True) -> None:
    """Write a file that appears as a whole and survives a crash; missing folders are made.

    The content goes to a file of a unique name in the same folder, then to the disk, and then takes the place of ``path``.

    Args:
        path: The file. If it is a link, the file that it points to is written.
        content: Its new content; text is encoded as UTF-8.
        keep: Whether the content is kept in a temporary folder if the file cannot be written.

    Raises:
        NotWritten: If the file cannot be written, unless it is kept and :func:`kept_failures` collects the errors. The old
            file is unchanged and nothing unfinished is left in its folder.
    """
    path, data = Path(path), content.encode() if isinstance(content, str) else content
    try:
        _put(path, data)
    except OSError as error:
        _fail(NotWritten(path, reason_of(error), _kept_elsewhere(path, data) if keep else None), error, keep)


def write_whole_with(path: str | os.PathLike[str], write: Callable[[Path], object], *, keep: bool = True) -> None:
    """Let ``write`` write a temporary file and move its content to ``path``, as :func:`write_whole` does.

    The temporary file has the suffix of ``path``, so that libraries which go by the suffix write the right format.

    Args:
        path: The file.
        write: Writes the content to the path that it is given.
        keep: As in :func:`write_whole`.

    Raises:
        NotWritten: As :func:`write_whole`, or if no temporary file can be written.
    """
    path = Path(path)
    try:
        content = _written_by(write, path)
    except OSError as error:
        _fail(NotWritten(path, reason_of(error), None), error, keep)
    else:
        write_whole(path, content, keep=keep)


@contextmanager
def kept_failures() -> Iterator[list[NotWritten]]:
    """Collect files that cannot be written inside the block instead of raising their errors, so that a study goes on."""
    failures: list[NotWritten] = []
    token = _collected.set(failures)
    try:
        yield failures
    finally:
        _collected.reset(token)


def discard_unfinished() -> None:
    """Remove what this process has begun to write, for a process that is about to end."""
    for path in list(_unfinished):
        _discard(path)


def remove_left_over(folder: Path) -> None:
    """Remove unfinished files of ``folder`` that processes of this machine left when they were killed, and very old ones."""
    for part in folder.glob(f"{PART}*"):
        _, _, owner = part.name.partition(PART)
        host, _, rest = owner.partition("-")
        number = rest.partition("-")[0]
        with suppress(OSError):
            ended = host == _host() and number.isdigit() and not _runs(int(number))
            if ended or part.stat().st_mtime < time.time() - _OLD_PART:
                part.unlink()


def _put(path: Path, content: bytes) -> None:
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_left_over(path.parent)
    part = path.with_name(f"{PART}{_host()}-{os.getpid()}-{secrets.token_hex(4)}")
    _unfinished.add(part)
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        _discard(part)


def _written_by(write: Callable[[Path], object], path: Path) -> bytes:
    """Return what ``write`` writes, from a temporary folder; the folder of ``path`` is used if there is no other room."""
    failure: OSError | None = None
    for place in (*_temporary_places(), path.parent):
        try:
            folder = Path(tempfile.mkdtemp(prefix=PART, dir=place))
        except OSError as error:
            failure = error
            continue
        _unfinished.add(folder)
        try:
            write(folder / f"content{path.suffix}")
            return (folder / f"content{path.suffix}").read_bytes()
        except OSError as error:
            failure = error
        except RuntimeError as error:  # netCDF's word for a write that failed
            failure = OSError(str(error))
        finally:
            _discard(folder)
    raise failure or OSError("no temporary folder")


def _kept_elsewhere(path: Path, content: bytes) -> Path | None:
    """Write the content to a temporary folder; return the file, or None if there is no room anywhere."""
    for place in _temporary_places():
        with suppress(OSError):
            kept = _kept_folder(place, path.parent) / path.name
            _put(kept, content)
            return kept
    return None


@lru_cache
def _kept_folder(place: Path, folder: Path) -> Path:
    """Return the temporary folder that keeps the files of ``folder`` in this process."""
    return Path(tempfile.mkdtemp(prefix="hoverslam-kept-", dir=place))


def _temporary_places() -> list[Path]:
    """Return folders for temporary files: the usual one, and memory, which helps where the disk is full."""
    places = [Path("/dev/shm")] if os.path.isdir("/dev/shm") else []
    with suppress(OSError):
        places.insert(0, Path(tempfile.gettempdir()))
    return places


def _fail(failure: NotWritten, cause: OSError, keep: bool) -> None:
    failures = _collected.get()
    if failures is None or not keep:
        raise failure from cause
    failures[:] = [known for known in failures if known.path != failure.path]  # a table is written after every row
    failures.append(failure)


def _discard(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    _unfinished.discard(path)


@lru_cache(maxsize=1)
def _host() -> str:
    """Return a short name of this machine: a folder may be shared by several, whose process numbers mean nothing here."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _runs(number: int) -> bool:
    """Return whether a process runs on this machine; true if that cannot be told."""
    if os.name != "posix":
        return True
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
