"""Tables on narrow terminals: no word is cut or broken, whatever the width."""

import json

import pytest
from rich.console import Console

from hoverslam.cli import main
from hoverslam.reports.console import text_of
from hoverslam.reports.fitting_table import FittingTable

LISTINGS = [("vehicles",), ("vehicles", "show", "falcon9"), ("orbits",), ("sites",)]


def words_of(value):
    if isinstance(value, list):
        return [word for part in value for word in words_of(part)]
    return value.split() if isinstance(value, str) else []


@pytest.mark.parametrize("width", [60, 80, 132, 250])
@pytest.mark.parametrize("listing", LISTINGS, ids=" ".join)
def test_a_listing_shows_every_word_whole_within_the_width(capsys, monkeypatch, listing, width):
    monkeypatch.setattr("hoverslam.reports.console.console", lambda: Console(width=width, highlight=False))
    assert main([*listing, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert main(listing) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    found = set(shown.replace("│", " ").replace("┃", " ").replace(",", " ").split())
    for row in rows:
        for word in words_of(list(row.values())):
            assert {part for part in word.split(",") if part} <= found, word


def test_a_wide_terminal_shows_a_table_and_a_narrow_one_blocks_without_empty_cells():
    table = FittingTable("name", "recovery mode", "note", title="Title")
    table.add_row("falcon9", "return_to_launch_site", "")
    assert "┃ name" in text_of([table], 80)
    assert text_of([table], 30).splitlines() == ["Title", "falcon9", "  recovery mode", "    return_to_launch_site"]
    assert text_of([table], 40).splitlines()[2] == "  recovery mode  return_to_launch_site"
