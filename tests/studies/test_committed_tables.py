"""The committed tables, read and written again, are the same files; and results can be saved by suffix."""

from pathlib import Path

import pandas as pd
import pytest
from fake_flights import fake_fly

from hoverslam.flights.launch.flight_check import BETWEEN_NODES
from hoverslam.reports.tables import read_rows
from hoverslam.studies.cases import Case
from hoverslam.studies.comparison.compare import compare_cases
from hoverslam.studies.comparison.tables import csv_text, read_csv
from hoverslam.studies.constellations import tables as constellations
from hoverslam.studies.constellations.need_row import NeedRow
from hoverslam.studies.costs.tables import costs_csv, read_costs
from hoverslam.vehicles.loading import load_vehicle

RESULTS = Path(__file__).parents[2] / "results"
WRITERS = {
    "vehicles.csv": lambda path: csv_text(read_csv(path)),
    "costs.csv": lambda path: costs_csv(read_costs(path)),
    "constellations.csv": lambda path: constellations.csv_text(read_rows(path, NeedRow, "a demand")),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_committed_table_is_the_same_after_it_is_read_and_written(name):
    assert WRITERS[name](RESULTS / name).encode() == (RESULTS / name).read_bytes()


def test_every_committed_flight_keeps_every_limit_when_it_is_flown_again():
    flights, phases = (pd.read_csv(RESULTS / name) for name in ("vehicles.csv", "validity.csv"))
    case = ["vehicle", "recovery", "orbit"]
    assert set(flights[case].itertuples(index=False)) == set(phases[case].itertuples(index=False))
    assert flights["verified"].all()
    assert phases["valid"].all()
    for name, unit in (
        ("dynamic_pressure", "kPa"),
        ("q_alpha", "kPa_deg"),
        ("heating", "kW_m2"),
        ("axial_acceleration", "g"),
    ):
        reached, limit = phases[f"{name}_{unit}"], phases[f"{name}_limit_{unit}"]
        held = limit.notna()
        assert (reached[held] <= limit[held] * (1.0 + BETWEEN_NODES)).all(), name
    for name in ("lowest_altitude", "perigee"):
        reached, limit = phases[f"{name}_km"], phases[f"{name}_limit_km"]
        held = limit.notna() & (limit > 0.0)
        assert (reached[held] >= limit[held] * (1.0 - BETWEEN_NODES)).all(), name


def test_a_comparison_saves_by_suffix_and_into_a_folder(tmp_path):
    done = compare_cases([Case("falcon9", "downrange"), Case("falcon9", "expendable")], jobs=0, fly=fake_fly)
    for suffix in (".csv", ".json", ".txt", ".png"):
        assert done.save(tmp_path / f"comparison{suffix}").stat().st_size > 100
    assert (done.save(tmp_path / "all") / "vehicles.md").exists()
    assert list(done.to_frame()["payload_kg"]) == [17_600.0, 22_000.0]
    with pytest.raises(ValueError, match="unknown suffix"):
        done.save(tmp_path / "comparison.doc")


def test_a_vehicle_and_its_name_give_the_same_row():
    vehicle = load_vehicle("falcon9")
    by_name, by_vehicle = (compare_cases([Case(v, "downrange")], jobs=0, fly=fake_fly) for v in ("falcon9", vehicle))
    assert by_name.rows == by_vehicle.rows


def test_an_outcome_saves_its_trajectory(tmp_path):
    outcome = fake_fly(Case("falcon9", "downrange"))
    assert outcome.save(tmp_path / "flight.nc").exists()
    assert "17,600" in outcome.report()
    assert outcome.plot().axes
