"""The comparison: everything is written, one bad case or one dead worker costs one row, and an interrupt costs none."""

import numpy as np
import pytest
from fake_flights import dying_fly, fake_flight, fake_fly

from hoverslam.studies.cases import Case, default_cases, fly_or_fail
from hoverslam.studies.comparison.compare import compare_cases
from hoverslam.studies.comparison.tables import read_csv
from hoverslam.studies.trajectory_files import BUDGET, load_trajectory
from hoverslam.vehicles.errors import VehicleError

CASES = [Case("falcon9", mode) for mode in ("expendable", "downrange", "return_to_launch_site")]


def test_everything_is_written_where_it_was_asked_for(tmp_path):
    done = compare_cases(CASES, tmp_path / "out", jobs=0, fly=fake_fly)
    written = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert written == {
        "vehicles.csv",
        "vehicles.md",
        "costs.csv",
        "costs.md",
        "figures/falcon9.png",
        "figures/cost_per_kg.png",
        *(f"trajectories/falcon9_{case.recovery}.nc" for case in CASES),
    }
    assert {str(path.relative_to(tmp_path / "out")) for path in done.files} == written
    assert done.verified
    assert [row.recovery for row in read_csv(tmp_path / "out" / "vehicles.csv")] == [c.recovery for c in CASES]


def test_a_trajectory_reloads_to_the_same_numbers(tmp_path):
    done = compare_cases(CASES[1:2], tmp_path, jobs=0, fly=fake_fly)
    flown, saved = done.outcomes[0], load_trajectory(tmp_path / "trajectories" / "falcon9_downrange.nc")
    for name in flown.trajectory.data_vars:
        np.testing.assert_allclose(saved[name], flown.trajectory[name], rtol=2e-7)
    for name in ("time", "mass"):
        np.testing.assert_array_equal(saved[name], flown.trajectory[name])
    assert saved["phase"].values.tolist() == flown.trajectory["phase"].values.tolist()
    assert saved.attrs == flown.trajectory.attrs
    assert dict(zip(saved["use"].values, saved[BUDGET].values, strict=True)) == flown.budget


def test_the_longest_cases_are_solved_first():
    order = []
    compare_cases(CASES, jobs=0, fly=lambda case: order.append(case.recovery) or fake_fly(case))
    assert order == ["return_to_launch_site", "downrange", "expendable"]


def test_a_case_that_fails_keeps_its_row_and_the_others_go_on(tmp_path, monkeypatch):
    def sometimes(vehicle, recovery, orbit, report=None):
        if recovery == "downrange":
            raise FloatingPointError("no trim")
        return fake_flight(vehicle, recovery, orbit)

    monkeypatch.setattr("hoverslam.flights.launch.solve.solve_launch", sometimes)
    done = compare_cases(CASES, tmp_path, jobs=0, fly=fly_or_fail)
    lost = read_csv(tmp_path / "vehicles.csv")[1]
    assert (lost.recovery, lost.orbit, lost.verified, lost.payload_kg) == ("downrange", "leo200", False, None)
    assert lost.payload_published_kg == 17_500.0
    assert [row.verified for row in done.rows] == [True, False, True]
    assert done.outcomes[1].status == "FloatingPointError: no trim"
    assert not done.verified


def test_an_interrupt_keeps_the_rows_done_so_far(tmp_path):
    def stopped(case):
        if case.recovery == "expendable":
            raise KeyboardInterrupt
        return fake_fly(case)

    done = compare_cases(CASES, tmp_path, jobs=0, fly=stopped)
    assert done.interrupted
    assert [row.recovery for row in read_csv(tmp_path / "vehicles.csv")] == ["downrange", "return_to_launch_site"]
    assert (tmp_path / "figures" / "falcon9.png").exists()


def test_an_interrupt_before_the_first_row_leaves_an_older_table_alone(tmp_path):
    def stopped(case):
        raise KeyboardInterrupt

    (tmp_path / "vehicles.csv").write_text("older")
    assert compare_cases(CASES, tmp_path, jobs=0, fly=stopped).interrupted
    assert (tmp_path / "vehicles.csv").read_text() == "older"


def test_workers_give_the_same_rows_as_this_process(tmp_path):
    assert compare_cases(CASES, jobs=2, fly=fake_fly).rows == compare_cases(CASES, jobs=0, fly=fake_fly).rows


def test_a_worker_that_dies_costs_one_row():
    done = compare_cases(CASES, jobs=1, fly=dying_fly)
    assert [row.verified for row in done.rows] == [True, False, True]
    assert "exit status 11" in done.outcomes[1].status


def test_every_vehicle_that_flies_to_orbit_is_compared_in_each_of_its_modes():
    cases = {(case.vehicle, case.recovery) for case in default_cases()}
    assert {("falcon9", "downrange"), ("longmarch6a", "expendable")} < cases
    assert not any(vehicle == "vtvl1" for vehicle, _ in cases)
    with pytest.raises(VehicleError) as told:
        default_cases(["falcn9", "vtvl1"])
    assert len(told.value.mistakes) == 2


def test_a_flight_that_ran_away_is_still_drawn(tmp_path):
    def wild(case):
        outcome = fake_fly(case)
        outcome.trajectory["altitude"][-20:] = np.inf
        outcome.trajectory["downrange"][-20:] = np.nan
        return outcome

    compare_cases(CASES, tmp_path, jobs=0, fly=wild)
    assert (tmp_path / "figures" / "falcon9.png").stat().st_size > 10_000
