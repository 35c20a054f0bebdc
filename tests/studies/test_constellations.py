"""The demand of a constellation: rows, verdicts and files from made-up flights; an interrupt keeps what was done."""

import csv
import dataclasses
import datetime
from pathlib import Path

import pytest
from fake_flights import fake_flight, fake_fly

from hoverslam.economics.inputs.constellations import Milestone, load_constellations
from hoverslam.economics.inputs.loading import load_cost_inputs
from hoverslam.studies.cases import Case
from hoverslam.studies.constellations.asked import Asked, asked_for
from hoverslam.studies.constellations.checks import check_rows
from hoverslam.studies.constellations.demand import fly_demand
from hoverslam.studies.constellations.need_row import COLUMNS, FIT, NEVER, TOGETHER
from hoverslam.studies.constellations.needs import need_rows
from hoverslam.studies.constellations.page import page
from hoverslam.studies.constellations.prospects import best_modes, prospect, together
from hoverslam.studies.constellations.tables import check_line, csv_text
from hoverslam.studies.constellations.verdict import of_goal, verdict
from hoverslam.studies.outcome import outcome_of
from hoverslam.vehicles.errors import VehicleError

SPACESAIL = load_constellations()["spacesail"]
STARLINK = load_constellations()["starlink"]
LAST = SPACESAIL.every_milestone[-1]


def rows_of(vehicle="zhuque3", recovery="expendable", constellation="spacesail", **changes):
    case = Case(vehicle, recovery, load_constellations()[constellation].orbit)
    return need_rows(constellation, case, outcome_of(fake_flight(vehicle, recovery, case.orbit, **changes), 1.0))


def fly_with_18(case):
    """Every flight carries 18 Spacesail satellites."""
    return outcome_of(fake_flight(case.vehicle, case.recovery, case.orbit, payload=5650.0), 1.0)


def asked(*cases, constellation="spacesail"):
    orbit = load_constellations()[constellation].orbit
    return [Asked(constellation, Case(vehicle, recovery, orbit)) for vehicle, recovery in cases]


def test_a_launch_rate_beyond_every_launcher_is_the_status_of_the_row():
    rows = rows_of(payload=350.0)  # one satellite a launch
    assert rows[-1].satellites_per_launch == 1
    assert "launches_per_year" in rows[-1].status
    assert "at most 2000" in rows[-1].status
    assert rows[-1].cost_per_launch_cny_p50 is None
    assert best_modes(rows[-1:]) == []


TWO = (("zhuque3", "expendable"), ("tianlong3", "downrange"), ("falcon9", "downrange"))


# ---- rows ------------------------------------------------------------------------------------------------------------
def test_fourteen_thousand_at_eighteen_a_launch_are_778_launches_and_156_a_year():
    row = rows_of("longmarch6a", payload=9400.0)[-1]
    assert (row.satellites_per_launch, row.limited_by, row.status) == (18, "fairing", FIT)
    assert row.launches == pytest.approx((14_000 - 238) / 18 / row.mission_success, abs=1)
    assert row.launches * row.mission_success == pytest.approx(778 - 13, abs=1)  # 238 are in orbit: 13 launches
    assert row.launches_per_year_kept * row.mission_success == pytest.approx(156, abs=0.5)


def test_a_payload_that_is_too_small_for_the_fairing_is_the_limit():
    row = rows_of(payload=5650.0)[-1]
    assert (row.satellites_per_launch, row.limited_by) == (18, "payload")
    assert row.satellites_per_launch_low <= 18 <= row.satellites_per_launch_high


def test_each_milestone_has_its_row_and_the_first_is_missed():
    first, second, last = rows_of("longmarch6a", payload=9400.0)
    assert [(row.satellites, row.deadline) for row in (first, last)] == [(324, "2026-12-31"), (14_000, "2030-12-31")]
    assert second.satellites == 1296
    assert first.met_mode is first.met_high is False
    assert 238 < first.in_orbit_at_deadline_mode < first.in_orbit_at_deadline_high < 324
    assert first.launches_per_year_needed * 18 * first.mission_success == pytest.approx(86 / (179 / 365))


def test_an_expended_vehicle_builds_a_booster_a_launch_and_has_no_fleet():
    expended, returned = rows_of()[-1], rows_of(recovery="downrange", payload=22_000.0)[-1]
    assert expended.boosters_built_per_year_needed == pytest.approx(expended.launches_per_year_needed)
    assert expended.boosters_in_fleet_needed is expended.landing_probability is None
    assert returned.boosters_built_per_year_needed < expended.boosters_built_per_year_needed
    assert returned.upper_stages_built_per_year_needed == pytest.approx(returned.launches_per_year_needed)
    assert returned.boosters_in_fleet_needed > 0


def test_costs_are_bands_at_the_rate_of_the_plan():
    for row in rows_of():
        for name in ("cost_per_launch", "cost_per_satellite", "cost_to_deadline", "cost_per_year_kept"):
            p10, p50, p90 = (getattr(row, f"{name}_cny_{level}") for level in ("p10", "p50", "p90"))
            assert 0 < p10 < p50 < p90
        delivered = row.satellites_per_launch * row.mission_success
        assert row.cost_per_satellite_cny_p50 * delivered == pytest.approx(row.cost_per_launch_cny_p50)
    slow, fast = rows_of()[1], rows_of()[2]
    assert fast.launches_per_year_needed > slow.launches_per_year_needed
    assert fast.cost_per_launch_cny_p50 < slow.cost_per_launch_cny_p50


def test_a_flight_that_carries_none_or_is_not_verified_keeps_its_rows_and_says_so():
    for rows, told in (
        (rows_of("nebula1", payload=250.0), "carries no satellite"),
        (rows_of("nebula1", payload=300.0), "carries no satellite of the likeliest mass"),
        (rows_of(verified=False), "no verified flight: re-flight error 2.5e-07, path violation 4.0e-04"),
        (rows_of(converged=False, verified=False, status="Infeasible"), "no verified flight: Infeasible"),
    ):
        assert len(rows) == 3
        assert {row.status for row in rows} == {told}
        assert all(row.launches is None and row.met_high is None for row in rows)


def test_a_constellation_without_a_deadline_asks_to_be_kept_only():
    (row,) = rows_of("falcon9", "downrange", "starlink")
    assert row.deadline is row.launches_per_year_needed is row.met_high is row.cost_to_deadline_cny_p50 is None
    assert row.launches_per_year_kept == pytest.approx(12_000 / (row.satellites_per_launch * row.mission_success * 5))
    assert row.cost_per_year_kept_cny_p50 > 0
    assert "To keep it, one vehicle alone" in page([row], [])
    assert verdict([row], "starlink") == []


# ---- verdict ---------------------------------------------------------------------------------------------------------
def test_a_rate_that_keeps_fewer_than_are_asked_never_meets_the_date():
    found = prospect(SPACESAIL, 2700.0, LAST)
    assert (found.met, found.date_met) == (False, NEVER)
    assert found.most_kept == pytest.approx(13_500)


def test_a_rate_that_is_enough_meets_it_on_a_date_before_the_deadline():
    found = prospect(SPACESAIL, 3440.5, LAST)  # 13,762 in four years
    assert found.met
    assert abs(datetime.date.fromisoformat(found.date_met) - datetime.date(2030, 7, 5)).days <= 1


def test_a_rate_that_is_enough_may_still_be_late():
    soon = Milestone(satellites=1000, deadline=datetime.date(2027, 7, 5))
    found = prospect(SPACESAIL, 381.0, soon)  # 762 in two years
    assert not found.met
    assert abs(datetime.date.fromisoformat(found.date_met) - datetime.date(2028, 7, 5)).days <= 1


def test_the_verdict_names_the_nearest_and_what_is_missing():
    rows = fly_demand(asked(*TWO), jobs=0, fly=fly_with_18).rows
    told = " ".join(verdict(rows, "spacesail"))
    best = next(row for row in of_goal(rows, "spacesail") if row.vehicle == "tianlong3")
    assert "Not met by any vehicle alone" in told
    assert "The nearest is tianlong3 downrange: at 30 launches a year" in told
    assert f"{best.missing_per_year_high:,.0f} launches a year are missing" in told
    assert best.missing_per_year_high == pytest.approx(best.launches_per_year_needed - 30)
    assert best.times_planned_high == pytest.approx(best.launches_per_year_needed / 30)


def test_a_vehicle_that_meets_it_is_named_and_one_that_cannot_be_hired_is_not():
    def fly_with_22(case):
        return outcome_of(fake_flight(case.vehicle, case.recovery, case.orbit, payload=7000.0), 1.0)

    rows = fly_demand(asked(*TWO), jobs=0, fly=fly_with_22).rows
    scale = next(row for row in of_goal(rows, "spacesail") if row.vehicle == "falcon9")
    assert scale.met_high
    assert "falcon9" not in " ".join(verdict(rows, "spacesail"))
    able = [dataclasses.replace(row, met_high=True) if row.vehicle == "zhuque3" else row for row in rows]
    assert "Met in time by zhuque3 expendable" in " ".join(verdict(able, "spacesail"))


def test_all_together_add_up_each_vehicle_once_as_it_carries_most_or_coming_back():
    def fly(case):
        payload = 5650.0 if case.recovery == "expendable" else 3500.0
        return outcome_of(fake_flight(case.vehicle, case.recovery, case.orbit, payload=payload), 1.0)

    rows = fly_demand(asked(*TWO, ("zhuque3", "return_to_launch_site")), jobs=0, fly=fly).rows
    most, back = of_goal(rows, "spacesail")[-2:]
    rates = [load_cost_inputs(v).operations.launches_per_year for v in ("zhuque3", "tianlong3")]
    for every, returning in ((most, False), (back, True)):
        assert every.vehicle == TOGETHER
        assert every.planned_per_year_mode == sum(rate.mode for rate in rates)
        hired = [r for r in best_modes(of_goal(rows, "spacesail"), returning) if r.vehicle != "falcon9"]
        assert every.satellites_per_year_high == pytest.approx(sum(r.satellites_per_year_high for r in hired))
    assert back.satellites_per_year_high < most.satellites_per_year_high
    assert together([row for row in rows if row.vehicle == "zhuque3"]) == together([]) == []


# ---- the check -------------------------------------------------------------------------------------------------------
def test_starlink_is_held_against_what_was_flown():
    outcome = outcome_of(fake_flight("falcon9", "downrange", STARLINK.release_orbit, payload=17_500.0), 1.0)
    rows = check_rows("starlink", Case("falcon9", "downrange", STARLINK.release_orbit), outcome)
    assert [(row.year, round(row.flown, 1)) for row in rows] == [(2024, 22.0), (2025, 24.4)]
    assert all(row.within and row.model == 23 for row in rows)
    assert "1,962 satellites on 89 launches, 22.0 each" in check_line(rows[0])
    assert "let go at 310 km circular" in page([], rows)


def test_only_what_launched_it_is_a_check():
    checks = [each for each in asked_for() if each.check]
    assert {(c.constellation, c.case.vehicle, c.case.recovery) for c in checks} == {
        ("starlink", "falcon9", "downrange")
    }
    assert {c.case.orbit for c in checks} == {"leo550_53", "leo310_43"}
    assert not any(each.check for each in asked_for(vehicles=["zhuque3"]))


# ---- what is asked for -----------------------------------------------------------------------------------------------
def test_everything_with_a_deadline_is_flown_by_every_vehicle_in_every_mode():
    flights = [each for each in asked_for() if not each.check]
    assert {each.constellation for each in flights} == {"spacesail", "guowang"}
    assert len(flights) == len(set(flights)) == 38
    assert {each.case.orbit for each in flights} == {"polar800", "leo1145_50"}


def test_a_landing_place_that_is_fixed_gives_way_in_another_plane():
    by_mode = {each.case.recovery: each.case for each in asked_for("spacesail", ["zhuque3"])}
    assert by_mode["downrange"].overrides == ("recovery.downrange_site=free",)
    assert by_mode["expendable"].overrides == ()


def test_unknown_constellations_and_vehicles_are_told_in_one_line_each():
    with pytest.raises(VehicleError) as told:
        asked_for("kuiper")
    assert told.value.mistakes == ('constellation: "kuiper": unknown, known: spacesail, guowang, starlink',)
    with pytest.raises(VehicleError) as told:
        asked_for("spacesail", ["falcn9", "vtvl1"])
    assert len(told.value.mistakes) == 2


# ---- files -----------------------------------------------------------------------------------------------------------
def test_everything_is_written_whole(tmp_path):
    done = fly_demand(asked(*TWO), tmp_path, jobs=0, fly=fly_with_18)
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"constellations.csv", "constellations.md", "figures/constellations.png"}
    assert {str(path.relative_to(tmp_path)) for path in done.files} == written
    assert done.verified
    with (tmp_path / "constellations.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert tuple(lines[0]) == COLUMNS
    assert len(lines) == 3 * (len(TWO) + 2)
    assert lines[0]["boosters_in_fleet_needed"] == ""
    assert "Verdict" in (tmp_path / "constellations.md").read_text()


def test_a_row_that_failed_is_kept_in_every_file(tmp_path):
    def sometimes(case):
        if case.vehicle == "zhuque3":
            return outcome_of(fake_flight(case.vehicle, case.recovery, case.orbit, verified=False), 1.0)
        return fly_with_18(case)

    done = fly_demand(asked(*TWO), tmp_path, jobs=0, fly=sometimes)
    assert not done.verified
    assert "no verified flight" in (tmp_path / "constellations.csv").read_text()
    assert "no verified flight" in (tmp_path / "constellations.md").read_text()


def test_an_interrupt_keeps_what_was_done(tmp_path):
    def stopped(case):
        if case.recovery == "expendable":
            raise KeyboardInterrupt
        return fly_with_18(case)

    done = fly_demand(asked(*TWO), tmp_path, jobs=0, fly=stopped)
    assert done.interrupted
    assert {row.vehicle for row in done.rows} == {"tianlong3", "falcon9"}
    assert "tianlong3" in (tmp_path / "constellations.csv").read_text()
    assert not done.verified


def test_an_interrupt_before_the_first_flight_leaves_older_files_alone(tmp_path):
    def stopped(case):
        raise KeyboardInterrupt

    (tmp_path / "constellations.md").write_text("older")
    assert fly_demand(asked(*TWO), tmp_path, jobs=0, fly=stopped).interrupted
    assert (tmp_path / "constellations.md").read_text() == "older"


def test_nothing_that_flies_is_no_picture_and_still_a_page(tmp_path):
    def failing(case):
        return outcome_of(fake_flight(case.vehicle, case.recovery, case.orbit, verified=False), 1.0)

    fly_demand(asked(*TWO), tmp_path, jobs=0, fly=failing)
    assert not (tmp_path / "figures").exists()
    assert "no verified flight" in (tmp_path / "constellations.md").read_text()


def test_workers_give_the_same_rows_as_this_process():
    here, there = (fly_demand(asked(*TWO[:2]), jobs=jobs, fly=fake_fly) for jobs in (0, 1))
    assert csv_text(here.rows) == csv_text(there.rows)


def test_the_committed_results_are_whole():
    """``hoverslam demand`` wrote them, for every vehicle in every mode."""
    results = Path(__file__).parents[2] / "results"
    with (results / "constellations.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert tuple(lines[0]) == COLUMNS
    for each in (each for each in asked_for() if not each.check):
        goals = load_constellations()[each.constellation].every_milestone
        key = (each.constellation, each.case.vehicle, each.case.recovery)
        of_it = [line for line in lines if (line["constellation"], line["vehicle"], line["recovery"]) == key]
        assert [line["deadline"] for line in of_it] == [f"{goal.deadline}" for goal in goals]
    text = (results / "constellations.md").read_text()
    assert all(part in text for part in ("Spacesail", "Guowang", "**Verdict.**", "The check"))
    assert (results / "figures" / "constellations.png").exists()
