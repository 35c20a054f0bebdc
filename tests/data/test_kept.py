"""What is kept on disk between processes: whole or not at all, bounded, and never an obstacle."""

import os

import pytest

from hoverslam.data.kept import VARIABLE, Kept, digest_of


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return Kept("things", most=10_000)


def test_what_was_put_is_got(kept):
    assert kept.get("a") is None
    kept.put("a", b"content")
    assert kept.get("a") == b"content"


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b + b"x", lambda b: b"", lambda b: b"?" + b[1:]])
def test_a_damaged_entry_counts_as_missing(kept, damage):
    kept.put("a", b"content")
    path = kept.folder / "a"
    path.write_bytes(damage(path.read_bytes()))
    assert kept.get("a") is None
    kept.put("a", b"content")
    assert kept.get("a") == b"content"


def test_the_entries_used_least_recently_go_when_there_are_too_many_bytes(kept):
    for number, name in enumerate("abc"):
        kept.put(name, bytes(3_000))
        os.utime(kept.folder / name, (number, number))
    assert kept.get("a") is not None  # and it is the one used last
    kept.put("d", bytes(3_000))
    assert [name for name in "abcd" if kept.get(name) is not None] == ["a", "c", "d"]


def test_an_empty_variable_keeps_nothing(monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    kept = Kept("things", most=10_000)
    kept.put("a", b"content")
    assert kept.folder is None
    assert kept.get("a") is None


def test_a_place_that_cannot_be_written_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file"))
    kept = Kept("things", most=10_000)
    kept.put("a", b"content")
    assert kept.get("a") is None


def test_digests_tell_parts_apart_and_do_not_change():
    assert digest_of(["ab", "c"]) == digest_of(["ab", "c"])
    assert digest_of(["ab", "c"]) != digest_of(["a", "bc"])
