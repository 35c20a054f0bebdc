"""Curves from CSV files."""

import re

import numpy as np
import pytest

from hoverslam.data.curves import read_curves
from hoverslam.data.errors import DataError

GOOD = "# Over Mach number.\n# status: derived\n# source: a wind tunnel\nmach,drag_coefficient\n0.0,0.3\n0.9,0.57\n"


def written(folder, text):
    path = folder / "drag.csv"
    path.write_text(text)
    return path


def test_columns_status_and_source_are_read(tmp_path):
    curves = read_curves(written(tmp_path, GOOD))
    assert (curves.status, curves.source) == ("derived", "a wind tunnel")
    assert {name: column.tolist() for name, column in curves.columns.items()} == {
        "mach": [0.0, 0.9],
        "drag_coefficient": [0.3, 0.57],
    }


def test_a_written_number_comes_back_to_the_last_bit(tmp_path):
    number = float(np.nextafter(0.1, 1.0))
    curves = read_curves(written(tmp_path, GOOD.replace("0.57", repr(number))))
    assert curves.columns["drag_coefficient"][1] == number


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("# source: a wind tunnel\n", "", "drag.csv: source: missing: add a line '# source: …' at the top"),
        ("derived", "derive", 'drag.csv: status: "derive": unknown, did you mean derived?'),
        ("0.9,", "0.0,", "drag.csv: mach: [0.0, 0.0]: must increase from row to row"),
        ("0.57", "nan", "drag.csv: must hold rows of 2 finite numbers"),
        ("0.57", "0.57,1.0", "drag.csv: must hold rows of 2 numbers"),
        ("0.57", "much", "drag.csv: must hold rows of 2 numbers"),
        ("0.0,0.3\n0.9,0.57\n", "", "drag.csv: must hold rows of 2 numbers"),
    ],
)
def test_a_mistake_in_the_file_is_one_line(tmp_path, old, new, line):
    with pytest.raises(DataError, match=f"^{re.escape(line)}") as caught:
        read_curves(written(tmp_path, GOOD.replace(old, new)))
    assert len(caught.value.mistakes) == 1
