"""Files of entries: every mistake of the file in one error, of the class that the caller asks for."""

import pytest

from hoverslam.data.errors import DataError
from hoverslam.data.figures import Section, figures_of, with_figure
from hoverslam.data.reading import entry_named, read_entries
from hoverslam.vehicles.loading import load_vehicle


class Pad(Section):
    name: str
    height: float


class PadError(DataError):
    pass


def pads(folder, text, **options):
    path = folder / "pads.toml"
    path.write_text(text)
    return read_entries(Pad, path, error=PadError, **options)


def test_entries_are_read_by_their_ids(tmp_path):
    assert pads(tmp_path, "[a]\nheight = 1.0\n[b]\nheight = 2.0\n") == {
        "a": Pad(name="a", height=1.0),
        "b": Pad(name="b", height=2.0),
    }


def test_entries_of_one_table_are_read(tmp_path):
    assert list(pads(tmp_path, "[first.a]\nheight = 1.0\n[second.b]\nheight = 2.0\n", table="second")) == ["b"]


def test_mistakes_of_all_entries_are_in_one_error_of_the_callers_class(tmp_path):
    with pytest.raises(PadError) as caught:
        pads(tmp_path, 'c = 3\n[a]\nheight = "x"\n[b]\nhight = 2.0\n')
    assert caught.value.mistakes == (
        "pads.toml: c: 3: must be a table",
        'pads.toml: a: height: "x": must be a number',
        "pads.toml: b: height: missing: add height = …",
        "pads.toml: b: hight: 2: unknown key, did you mean height?",
    )


def test_a_missing_file_raises_the_callers_class(tmp_path):
    with pytest.raises(PadError, match="cannot be read: no such file"):
        read_entries(Pad, tmp_path / "none.toml", error=PadError)


def test_an_unknown_entry_gets_a_suggestion():
    with pytest.raises(PadError, match=r'^pad: "nort": unknown, did you mean north\?$'):
        entry_named("pad", "nort", {"north": Pad(name="north", height=0.0)}, PadError)


def test_one_figure_is_replaced_and_the_others_stay():
    vehicle = load_vehicle("falcon9")
    changed = with_figure(vehicle, "stage1.engine.throttle_min", 0.1)
    different = [
        key for (key, old), (_, new) in zip(figures_of(vehicle), figures_of(changed), strict=True) if old != new
    ]
    assert different == ["stage1.engine.throttle_min"]
    assert changed.stage1.engine.throttle_min.value == 0.1
    with pytest.raises(KeyError):
        with_figure(vehicle, "stage1.engine", 1.0)
