"""Rows and tables: the columns, what is blank, and that nothing is lost on the way to a file and back."""

import csv
from dataclasses import replace

import pytest
from fake_flights import fake_flight, fake_outcome

from hoverslam.studies.comparison.tables import csv_text, markdown, read_csv, write_csv
from hoverslam.studies.outcome import outcome_of
from hoverslam.studies.readme.table import BEGIN, END, refreshed
from hoverslam.studies.rows import COLUMNS, Row, with_penalties

PROMISED = (
    "vehicle, recovery, orbit, payload_kg, payload_published_kg, payload_published_status, payload_penalty_percent, "
    "staging_time_s, staging_speed_m_s, staging_altitude_km, boostback_propellant_kg, entry_propellant_kg, "
    "landing_propellant_kg, landing_reserve_kg, landing_probability, flights_per_booster, cost_per_launch_cny, "
    "cost_per_kg_cny_p10, cost_per_kg_cny_p50, cost_per_kg_cny_p90, cost_per_kg_usd_p50, target_cny_per_kg, "
    "refly_error, path_violation, verified, solve_s"
)
MODES = ("expendable", "downrange", "return_to_launch_site")


@pytest.fixture(scope="module")
def rows():
    return with_penalties([fake_outcome(mode).row for mode in MODES])


def cells(rows, tmp_path):
    write_csv(rows, tmp_path / "vehicles.csv")
    with (tmp_path / "vehicles.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_csv_has_the_promised_columns_in_order(rows, tmp_path):
    assert ", ".join(COLUMNS) == PROMISED
    write_csv(rows, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().splitlines()[0] == PROMISED.replace(" ", "")


def test_what_an_expended_booster_does_not_have_is_blank_and_not_zero(rows, tmp_path):
    expendable, downrange, returned = cells(rows, tmp_path)
    home = ("entry_propellant_kg", "landing_propellant_kg", "landing_reserve_kg", "landing_probability")
    for name in ("boostback_propellant_kg", "payload_penalty_percent", *home):
        assert expendable[name] == ""
        assert returned[name] not in ("", "0", "0.0")
    assert downrange["boostback_propellant_kg"] == ""  # there is no such burn, though the flight reports zero
    assert downrange["entry_propellant_kg"] == "9000.0"


def test_a_vehicle_without_a_published_payload_or_cost_inputs_has_blanks_there(tmp_path):
    flight = fake_flight("falcon9", orbit="sso500")
    flight.plan.vehicle = flight.plan.vehicle.model_copy(update={"name": "mine"})
    (line,) = cells([outcome_of(flight).row], tmp_path)
    blank = [name for name in COLUMNS if line[name] == ""]
    assert {name for name in blank if "cost" in name or "published" in name} == {
        name for name in COLUMNS if "cost" in name or "published" in name
    }
    assert line["payload_kg"] == "22000.0"


def test_a_zero_that_exists_stays_a_zero(tmp_path):
    (line,) = cells([Row("v", "downrange", "o", landing_reserve_kg=0.0)], tmp_path)
    assert line["landing_reserve_kg"] == "0.0"
    assert line["landing_propellant_kg"] == ""


def test_an_unconverged_flight_has_no_payload_but_keeps_its_errors():
    row = fake_outcome(converged=False, verified=False, refly_error=0.3).row
    assert row.payload_kg is None
    assert row.cost_per_kg_cny_p50 is None
    assert (row.refly_error, row.verified, row.payload_published_kg) == (0.3, False, 22_800.0)


def test_a_csv_written_read_and_written_again_is_the_same(rows, tmp_path):
    write_csv([*rows, Row("lost", "downrange", "leo200")], tmp_path / "a.csv")
    again = read_csv(tmp_path / "a.csv")
    assert csv_text(again) == (tmp_path / "a.csv").read_text()
    assert again[-1] == Row("lost", "downrange", "leo200")


def test_a_csv_with_other_columns_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("vehicle,payload\nx,1\n")
    with pytest.raises(ValueError, match="columns"):
        read_csv(tmp_path / "a.csv")


def test_the_penalty_is_the_loss_against_the_own_expendable_row(rows):
    assert [row.payload_penalty_percent for row in rows] == [None, pytest.approx(20.0), pytest.approx(45.0)]
    other = replace(rows[0], vehicle="other", payload_kg=1.0)
    assert with_penalties([other, rows[1]])[1].payload_penalty_percent is None


def test_the_cost_comes_from_the_payload_and_the_landing_record(rows):
    expendable, downrange, _ = rows
    assert expendable.flights_per_booster == 1.0
    assert downrange.flights_per_booster > 10.0
    assert 0.9 < downrange.landing_probability < 1.0
    assert downrange.cost_per_kg_cny_p10 < downrange.cost_per_kg_cny_p50 < downrange.cost_per_kg_cny_p90
    assert downrange.cost_per_kg_cny_p50 / downrange.cost_per_kg_usd_p50 == pytest.approx(7.14, rel=0.02)


def test_json_has_null_for_blanks_and_for_what_is_not_finite():
    row = Row("v", "downrange", "o", refly_error=float("nan")).as_json()
    assert tuple(row) == COLUMNS
    assert row["refly_error"] is None
    assert row["payload_kg"] is None


def test_the_page_has_a_line_for_every_row(rows):
    page = markdown(rows)
    assert page.count("\n| falcon9 |") == 2 * len(rows)
    assert "3 of 3 rows verified" in page


def test_only_the_section_between_the_markers_changes_in_the_readme(rows):
    text = refreshed(f"before\n{BEGIN}\nold\n{END}\nafter\n", rows)
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "| falcon9 | downrange | 17,600 |" in text
    assert refreshed(text, rows) == text
    with pytest.raises(ValueError, match="no section"):
        refreshed("nothing here", rows)
