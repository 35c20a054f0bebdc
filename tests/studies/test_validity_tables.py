"""The tables of validity: read back as they were written, and every refused flight is listed with its reasons."""

from pathlib import Path

import pytest
import xarray as xr

from hoverslam.flights.launch.validity import check_flight
from hoverslam.studies.validity.tables import read_validity, validity_csv, validity_page, write_validity
from hoverslam.vehicles.loading import load_vehicle

FLOWN = Path(__file__).parents[1] / "data" / "flights_of_the_first_version" / "zhuque3_expendable.nc"


@pytest.fixture(scope="module")
def check():
    vehicle = load_vehicle("zhuque3")
    return check_flight(xr.load_dataset(FLOWN), vehicle, "expendable", vehicle.orbit("leo450", "expendable"))


def test_rows_are_read_back_as_they_were_written(check, tmp_path):
    table, page = write_validity([check], tmp_path)
    assert page.exists()
    assert validity_csv(read_validity(table)) == table.read_text()
    assert len(read_validity(table)) == len(check.phases)


def test_page_lists_flight_reasons_unpowered_arcs_and_phases(check):
    page = validity_page([check])
    for failure in check.failures:
        assert f"- {failure}" in page
    arcs = page[page.index("## Unpowered arcs") : page.index("## Every phase")]
    assert "orbit coast" in arcs
    assert "9.3 (150)" in arcs
    assert "second burn" not in arcs
    assert "| second burn" in page[page.index("## Every phase") :]


def test_result_is_saved_by_suffix(check, tmp_path):
    for suffix in (".csv", ".json", ".txt", ".png"):
        assert check.save(tmp_path / f"check{suffix}").stat().st_size > 500
