"""Constellation demand: published arithmetic, Starlink as the check, and conservation of satellites."""

import dataclasses
import math
import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoverslam.data.reading import checked
from hoverslam.economics.inputs.constellations import Constellation, load_constellations
from hoverslam.economics.inputs.errors import CostInputError, CostQuestionError
from hoverslam.economics.inputs.loading import DATA, load_cost_inputs
from hoverslam.economics.model.fleet import expected_flights
from hoverslam.economics.questions.demand import (
    deployment,
    launch_service,
    launches_per_year_by,
    launches_to_deploy,
    satellites_in_orbit,
    satellites_per_launch,
    satellites_per_launch_band,
    steady_launches_per_year,
    years_until,
)
from hoverslam.economics.questions.estimate import estimate_cost


@pytest.mark.parametrize(
    ("satellites", "per_launch", "launches"),
    [(14_000, 18, 778), (14_000, 36, 389), (15_000, 18, 834), (13_000, 18, 723)],
)
def test_launches_to_deploy(satellites, per_launch, launches):
    # the last two are printed elsewhere as 833 and 722, rounded down: the last satellites then stay on the ground
    assert launches_to_deploy(satellites, per_launch) == launches


@pytest.mark.parametrize(("per_launch", "rate"), [(18, 156), (36, 78)])
def test_launches_a_year_in_steady_state(per_launch, rate):
    assert steady_launches_per_year(14_000, per_launch, 5) == pytest.approx(rate, abs=0.5)


@given(st.integers(1, 50_000), st.integers(1, 100), st.floats(0.5, 1))
def test_launches_are_enough_and_not_one_more(satellites, per_launch, success):
    launches = launches_to_deploy(satellites, per_launch, success)
    delivered = per_launch * success
    assert (launches - 1) * delivered < satellites * (1 + 1e-9)
    assert launches * delivered >= satellites * (1 - 1e-9)


@pytest.mark.parametrize("year", [2024, 2025])
def test_starlink_carried_what_payload_and_mass_say(year):
    starlink = load_constellations()["starlink"]
    flown = next(row for row in starlink.launched if row.year == year)
    band = starlink.satellite_mass_kg
    fewest, most = (satellites_per_launch(17_500, mass) for mass in (band.high, band.low))
    assert fewest <= flown.satellites_per_launch <= most
    predicted = launches_to_deploy(flown.satellites, satellites_per_launch(17_500, band.mode))
    assert predicted == pytest.approx(flown.launches, rel=0.07)


def test_satellites_on_a_launch_are_whole_and_fit():
    assert satellites_per_launch(5400, 300) == 18
    assert satellites_per_launch(5399, 300) == 17
    assert satellites_per_launch(6000, 300, dispenser_fraction=0.1) == 18
    assert satellites_per_launch(20_000, 300, most=36) == 36
    with pytest.raises(CostQuestionError, match="carries no satellite"):
        satellites_per_launch(100, 300)


@given(st.floats(1, 30), st.floats(1, 15), st.floats(0, 500), st.integers(2, 40))
def test_at_the_needed_rate_the_constellation_stands_at_its_deadline(years, life, in_orbit, per_launch):
    rate = launches_per_year_by(5000, per_launch, years, life, in_orbit=in_orbit)
    alive = satellites_in_orbit(years, [rate] * math.ceil(years), per_launch, life, in_orbit=in_orbit)
    assert alive[0] == pytest.approx(5000, rel=1e-9)


@given(st.integers(1, 50), st.integers(1, 10), st.floats(1, 200))
def test_a_steady_rate_keeps_its_number(per_launch, life, rate):
    times = np.linspace(life, 30, 20)
    alive = satellites_in_orbit(times, [rate] * 30, per_launch, life)
    assert alive == pytest.approx(np.full(20, rate * per_launch * life), rel=1e-9)
    assert steady_launches_per_year(rate * per_launch * life, per_launch, life) == pytest.approx(rate, rel=1e-12)


def test_satellites_are_launched_live_and_are_gone():
    alive = satellites_in_orbit([0, 0.5, 1, 2, 3, 4.5], [10, 20], 2, 3, in_orbit=7)
    assert alive == pytest.approx([7, 17, 27, 67, 60, 20])


@given(st.floats(1, 400), st.integers(1, 40), st.floats(1, 10), st.floats(0, 500), st.floats(1, 20_000))
def test_the_years_until_a_number_are_those_after_which_it_is_in_orbit(rate, per_launch, life, in_orbit, satellites):
    years = years_until(satellites, rate, per_launch, life, in_orbit=in_orbit)
    launches = [rate] * 12
    if math.isinf(years):
        alive = satellites_in_orbit(np.linspace(0, life, 50), launches, per_launch, life, in_orbit=in_orbit)
        assert np.all(alive < satellites * (1 + 1e-9))
        assert rate * per_launch * life < satellites * (1 + 1e-9)
    elif years < life:
        alive = satellites_in_orbit(years, launches, per_launch, life, in_orbit=in_orbit)
        assert alive[0] == pytest.approx(max(satellites, in_orbit), rel=1e-9)


def test_a_number_is_met_at_once_on_the_last_day_of_a_life_or_never():
    assert years_until(100, 0, 18, 5, in_orbit=108) == 0
    assert years_until(14_000, 2800 / 18, 18, 5) == pytest.approx(5)
    assert math.isinf(years_until(14_000, 2799 / 18, 18, 5))
    assert math.isinf(years_until(109, 0, 18, 5, in_orbit=108))


def test_satellites_a_launch_are_a_band_over_mass_and_dispenser():
    spacesail = load_constellations()["spacesail"]
    assert satellites_per_launch_band(5650, spacesail, 36) == (16, 20)
    assert satellites_per_launch_band(9400, spacesail, spacesail.most("longmarch6a")) == (18, 18)
    assert satellites_per_launch_band(290, spacesail, 36) == (0, 1)
    with pytest.raises(CostQuestionError, match="carries no satellite"):
        satellites_per_launch_band(200, spacesail, 36)


def test_a_fairing_that_is_known_holds_what_it_has_held():
    spacesail = load_constellations()["spacesail"]
    assert [spacesail.most(v) for v in ("longmarch6a", "tianlong3", "zhuque3")] == [18, 36, 36]
    assert launch_service("longmarch6a", "expendable", 9400, spacesail).satellites_per_launch == 18


def test_orbits_of_constellations_are_orbits_of_the_vehicle_data():
    from hoverslam.vehicles.places import load_orbit

    for found in load_constellations().values():
        for orbit in filter(None, (found.orbit, found.release_orbit)):
            assert load_orbit(orbit).inclination_deg is not None


def test_a_milestone_asks_for_its_own_number_by_its_own_date():
    spacesail = load_constellations()["spacesail"]
    service = launch_service("zhuque3", "downrange", 6500, spacesail)
    first, last = spacesail.every_milestone[0], spacesail.every_milestone[-1]
    plan = deployment(spacesail, service, first)
    assert plan.launches == launches_to_deploy(324 - 238, service.satellites_per_launch, service.mission_success)
    assert plan.years_left == pytest.approx(179 / 365)  # 2026-07-05 to 2026-12-31
    assert deployment(spacesail, service, last) == deployment(spacesail, service)


def test_a_reserve_that_may_not_suffice_lands_fewer_boosters():
    spacesail = load_constellations()["spacesail"]
    sure, unsure = (
        launch_service("zhuque3", "downrange", 6500, spacesail, reserve_probability=p).landing_probability
        for p in (1.0, 0.9)
    )
    assert unsure == pytest.approx(0.9 * sure, rel=1e-12)


def test_a_constellation_on_a_vehicle_needs_the_boosters_that_its_fleet_says():
    spacesail = load_constellations()["spacesail"]
    service = launch_service("zhuque3", "downrange", 6500, spacesail)
    plan = deployment(spacesail, service)
    survival = service.landing_probability * service.intact_probability
    flights = expected_flights(survival, service.max_flights)
    for need in (plan.build_out, plan.steady):
        assert need.boosters_built == pytest.approx(need.launches / flights, rel=1e-12)
        assert need.upper_stages_built == need.launches
    assert plan.launches == launches_to_deploy(14_000 - 238, service.satellites_per_launch, service.mission_success)
    per_year = plan.steady.launches * service.satellites_per_launch * service.mission_success
    assert plan.cost_per_year_steady == pytest.approx(per_year * plan.cost_per_satellite, rel=1e-12)


def test_an_expended_twin_builds_a_booster_for_each_launch():
    spacesail = load_constellations()["spacesail"]
    plan = deployment(spacesail, launch_service("zhuque3", "expendable", 9000, spacesail))
    assert plan.steady.boosters_built == plan.steady.launches
    assert plan.steady.boosters_in_fleet == 0


def test_better_landing_builds_fewer_boosters_for_less_money():
    spacesail = load_constellations()["spacesail"]
    service = launch_service("zhuque3", "downrange", 6500, spacesail)
    poor, good = (deployment(spacesail, dataclasses.replace(service, landing_probability=p)) for p in (0.6, 0.95))
    assert good.build_out.boosters_built < poor.build_out.boosters_built
    assert good.cost_to_deadline < poor.cost_to_deadline


def test_a_launch_is_cheaper_at_a_higher_rate_and_a_lower_utilisation_takes_more_boosters():
    service = launch_service("zhuque3", "downrange", 6500, load_constellations()["spacesail"])
    assert service.cost_per_launch_at(100.0) < service.cost_per_launch_at(10.0)
    fuller = dataclasses.replace(service, utilisation=1.0)
    assert service.utilisation * service.fleet_at(100.0).boosters_in_fleet == pytest.approx(
        fuller.fleet_at(100.0).boosters_in_fleet, rel=1e-14
    )


def test_a_launch_service_costs_at_its_own_rate_what_the_estimate_says():
    inputs = load_cost_inputs("zhuque3")
    rate = inputs.operations.launches_per_year.mode
    service = launch_service("zhuque3", "downrange", 6500, load_constellations()["spacesail"])
    estimate = estimate_cost("zhuque3", "downrange", 6500, samples=1)
    assert service.cost_per_launch_at(rate) == pytest.approx(estimate.breakdown_cny.total, rel=1e-12)


def test_a_constellation_without_a_deadline_has_no_plan():
    starlink = load_constellations()["starlink"]
    with pytest.raises(CostQuestionError, match="no deadline"):
        deployment(starlink, launch_service("falcon9", "downrange", 17_500, starlink))


def test_milestones_out_of_order_are_refused():
    data = tomllib.loads((DATA / "constellations.toml").read_text())["spacesail"]
    data["milestones"] = data["milestones"][::-1]
    with pytest.raises(CostInputError, match="sort them"):
        checked(Constellation, data, "constellations.toml: spacesail", CostInputError)


def test_a_milestone_that_has_passed_is_refused():
    data = tomllib.loads((DATA / "constellations.toml").read_text())["spacesail"]
    data["in_orbit_date"] = data["milestones"][0]["deadline"]
    with pytest.raises(CostInputError, match=r"2026-12-31.*remove those that have passed"):
        checked(Constellation, data, "constellations.toml: spacesail", CostInputError)


def test_every_mistake_in_a_constellation_is_named_with_its_mending():
    data = tomllib.loads((DATA / "constellations.toml").read_text())["spacesail"]
    del data["plane"]
    data["satelites"] = 3
    data["satellite_mass_kg"]["low"] = -1
    with pytest.raises(CostInputError) as caught:
        checked(Constellation, data, "constellations.toml: spacesail", CostInputError)
    assert set(caught.value.mistakes) == {
        "constellations.toml: spacesail: satellite_mass_kg.low: -1: must be more than 0 and at most 100000 kg (in kg: no "
        "launcher lifts a satellite of more than 100 t)",
        "constellations.toml: spacesail: plane: missing: add plane = …",
        "constellations.toml: spacesail: satelites: 3: unknown key, did you mean satellites?",
    }


@pytest.mark.parametrize(
    ("ask", "match"),
    [
        (lambda: satellites_per_launch(0, 300), "payload_kg"),
        (lambda: satellites_per_launch(5000, 0), "satellite_mass_kg = 0"),
        (lambda: launches_to_deploy(100, 0), "per_launch = 0"),
        (lambda: steady_launches_per_year(100, 10, 0), "life_years = 0"),
        (lambda: launches_per_year_by(100, 10, 0, 5), "years = 0"),
        (lambda: years_until(100, -1, 10, 5), "launches_per_year = -1"),
        (lambda: years_until(100, 1, 10, 0), "life_years = 0"),
        (lambda: satellites_in_orbit(1, [], 10, 5), "launches = "),
        (lambda: satellites_in_orbit(1, [-1], 10, 5), "launches = "),
        (lambda: satellites_in_orbit(1, [1], 10, 0), "life_years = 0"),
    ],
)
def test_impossible_demands_are_refused(ask, match):
    with pytest.raises(CostQuestionError, match=match):
        ask()
