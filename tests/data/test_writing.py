"""Files of results: a place is checked before anything is computed, a file appears whole, and nothing computed is lost."""

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hoverslam.data import writing
from hoverslam.data.writing import NotWritten, OutputError, check_file, check_folder, kept_failures, write_whole


def parts(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(writing.PART)]


@pytest.fixture
def full(monkeypatch):
    """Returns a function that fills the disk of a folder: every file that is made there fails."""

    def fill(folder):
        put, temporary = writing._put, writing.tempfile.TemporaryFile

        def failing_put(path, content):
            if folder in path.parents:
                raise OSError(errno.ENOSPC, "No space left on device", str(path))
            put(path, content)

        def failing_temporary(*, dir):
            if dir == folder:
                raise OSError(errno.ENOSPC, "No space left on device")
            return temporary(dir=dir)

        monkeypatch.setattr(writing, "_put", failing_put)
        monkeypatch.setattr(writing.tempfile, "TemporaryFile", failing_temporary)

    return fill


# ---- before anything is computed -----------------------------------------------------------------------------------------
REFUSED_FILES = {
    "a folder": ("", "is a folder: name a file"),
    "no folder": ("no/such/x.nc", "there is no folder"),
    "below a file": ("file/x.nc", "there is no folder"),
    "unknown suffix": ("x.nd", "unknown suffix '.nd', known: .nc"),
    "no suffix": ("x", "no suffix, known: .nc"),
    "too long": ("x" * 300 + ".nc", "file name too long"),
    "null character": ("x\0.nc", "null byte"),
}


@pytest.mark.parametrize(("name", "told"), REFUSED_FILES.values(), ids=REFUSED_FILES)
def test_a_file_that_cannot_be_written_is_refused_in_one_line(tmp_path, name, told):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError) as caught:
        check_file(tmp_path / name, (".nc",), "--save")
    assert str(caught.value).startswith("--save: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_device_and_a_place_of_the_system_are_refused():
    with pytest.raises(OutputError, match="is not an ordinary file"):
        check_file("/dev/null")
    for check, place in ((check_file, "/proc/f.nc"), (check_folder, "/proc/x")):
        with pytest.raises(OutputError, match=f"{place}: nothing can be written in /proc"):
            check(place)


REFUSED_FOLDERS = {
    "a file": ("file", (), "not a folder"),
    "below a file": ("file/a/b", (), "file is not a folder"),
    "a folder in the place of a file": ("out", ("vehicles.csv", "taken.csv"), "taken.csv: is a folder: name a file"),
    "a file in the place of a folder": ("out", ("figures/a.png",), "figures is not a folder"),
}


@pytest.mark.parametrize(("name", "files", "told"), REFUSED_FOLDERS.values(), ids=REFUSED_FOLDERS)
def test_a_folder_that_cannot_be_filled_is_refused_in_one_line(tmp_path, name, files, told):
    (tmp_path / "file").write_text("")
    (tmp_path / "out" / "taken.csv").mkdir(parents=True)
    (tmp_path / "out" / "figures").write_text("")
    with pytest.raises(OutputError) as caught:
        check_folder(tmp_path / name, files, "--out")
    assert str(caught.value).startswith("--out: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_check_makes_and_leaves_nothing(tmp_path):
    check_folder(tmp_path / "new" / "er", ("figures/a.png",))
    check_file(tmp_path / "x.nc", (".nc",))
    check_file(tmp_path / "x.NC", (".nc",))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_before(tmp_path, full):
    full(tmp_path)
    for check, place in ((check_file, tmp_path / "x.nc"), (check_folder, tmp_path), (check_folder, tmp_path / "new")):
        with pytest.raises(OutputError, match="no space left on device"):
            check(place)


def test_a_link_is_followed(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "there" / "table.csv")
    write_whole(tmp_path / "link.csv", "new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "there" / "table.csv").read_text() == "new"


# ---- when it is computed -------------------------------------------------------------------------------------------------
def test_a_disk_that_fails_leaves_the_old_file_and_no_part_and_keeps_the_content(tmp_path, monkeypatch):
    def fails(descriptor):
        monkeypatch.undo()
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "table.csv"
    write_whole(path, "old")
    monkeypatch.setattr(writing.os, "fsync", fails)
    with pytest.raises(NotWritten, match=r"table.csv: cannot be written: no space left on device; kept as ") as caught:
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert parts(tmp_path) == []
    assert caught.value.kept.read_text() == "new"
    caught.value.kept.unlink()


def test_where_no_place_can_be_written_the_message_says_so(tmp_path, monkeypatch):
    def fails(path, content):
        raise OSError(errno.EFBIG, "File too large")

    monkeypatch.setattr(writing, "_put", fails)
    with pytest.raises(NotWritten, match="file too large; and no temporary place can be written either") as caught:
        write_whole(tmp_path / "x", b"content")
    assert caught.value.kept is None


def test_failures_are_collected_where_a_study_goes_on(tmp_path, full):
    full(tmp_path)
    with kept_failures() as failures:
        write_whole(tmp_path / "a.csv", "a")
        write_whole(tmp_path / "b.csv", "b")
        with pytest.raises(NotWritten):  # what need not be kept is not collected either
            write_whole(tmp_path / "c.csv", "c", keep=False)
    assert [failure.path.name for failure in failures] == ["a.csv", "b.csv"]
    assert [failure.kept.read_text() for failure in failures] == ["a", "b"]
    assert len({failure.kept.parent for failure in failures}) == 1
    for failure in failures:
        failure.kept.unlink()


def test_a_part_of_a_process_that_ended_is_removed_and_that_of_one_that_runs_is_not(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    names = {"ended": ended.pid, "runs": os.getpid()}
    for name, number in names.items():
        (tmp_path / f"{writing.PART}{writing._host()}-{number}-{name}").write_bytes(b"half")
    foreign, old = tmp_path / f"{writing.PART}elsewhere-{ended.pid}-x", tmp_path / f"{writing.PART}elsewhere-1-old"
    for path in (foreign, old):
        path.write_bytes(b"half")
    os.utime(old, (0.0, 0.0))
    write_whole(tmp_path / "x", "content")
    assert sorted(parts(tmp_path)) == sorted([foreign.name, f"{writing.PART}{writing._host()}-{os.getpid()}-runs"])


def test_a_writer_that_is_killed_never_leaves_a_part_in_the_place_of_the_whole(tmp_path):
    """Twenty kills at random moments of a process that does nothing but write two long texts in turn."""
    path, letters = tmp_path / "table.csv", ("a" * 300_000, "b" * 300_000)
    script = (
        "from hoverslam.data.writing import write_whole\n"
        f"print(flush=True)\nwhile True:\n  for x in 'ab': write_whole({str(path)!r}, x * 300_000)\n"
    )
    draw = random.Random(0)
    for _ in range(20):
        process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(draw.uniform(0.0, 0.2))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if path.exists():
            assert path.read_text() in letters
    check_folder(tmp_path)
    assert parts(tmp_path) == []
    assert list(tmp_path.iterdir()) == [Path(path)]
