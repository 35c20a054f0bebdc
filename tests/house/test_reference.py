"""The reference pages of the documentation site name every public name."""

import re
from pathlib import Path

import pytest

import hoverslam

PAGES = Path(__file__).parents[2] / "docs" / "reference"
LISTED = [name for page in sorted(PAGES.glob("*.md")) for name in re.findall(r"^::: (\S+)$", page.read_text(), re.M)]


@pytest.mark.parametrize("room", [hoverslam, hoverslam.ocp, hoverslam.physics], ids=lambda room: room.__name__)
def test_every_public_name_has_an_entry_in_the_reference(room):
    wanted = {f"{room.__name__}.{name}" for name in room.__all__} - {"hoverslam.ocp", "hoverslam.physics"}
    listed = {name for name in LISTED if name.rpartition(".")[0] == room.__name__}
    assert listed == wanted, f"not in docs/reference: {wanted - listed}; not public: {listed - wanted}"


def test_no_name_has_two_entries_in_the_reference():
    assert sorted(LISTED) == sorted(set(LISTED))
