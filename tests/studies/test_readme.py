"""The committed README quotes the committed table."""

from pathlib import Path

import pytest

from hoverslam.studies.comparison.tables import read_csv
from hoverslam.studies.readme.table import refreshed

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not (ROOT / "results" / "vehicles.csv").exists(), reason="no comparison has been written")
def test_the_readme_quotes_the_table_of_results():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert refreshed(text, read_csv(ROOT / "results" / "vehicles.csv")) == text, "run: make readme"
