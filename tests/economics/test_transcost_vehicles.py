"""TRANSCOST of each vehicle: the relations put together from dry masses, and what must move them which way."""

import re

import pytest

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import cost_vehicles
from hoverslam.economics.questions.estimate import estimate_cost
from hoverslam.economics.second_opinion.judgements import DEFAULT, load_judgements
from hoverslam.economics.second_opinion.vehicles import transcost_estimate
from hoverslam.vehicles.loading import load_vehicle

CASES = [
    (name, mode)
    for name in cost_vehicles()
    for mode in ("expendable", "downrange", "return_to_launch_site")
    if mode in load_vehicle(name).modes
]
ASKED = (8000.0, 5.0, 10.0)  # payload, flights per booster, launches a year


def asked(name="falcon9", recovery="downrange", flights=19.0, rate=150.0, **more):
    return transcost_estimate(load_vehicle(name), recovery, 17_500.0, flights, rate, samples=100, **more)


@pytest.mark.parametrize(("name", "recovery"), CASES)
def test_quantiles_are_in_order_about_the_cost_at_the_modes(name, recovery):
    found = transcost_estimate(load_vehicle(name), recovery, *ASKED, samples=200)
    launch = found.cost_per_launch_cny
    assert 0.0 < launch.p10 < launch.p50 < launch.p90
    assert launch.p10 < found.at_modes.total * found.work_year_cny < launch.p90
    assert found.cost_cny_per_kg.p50 == pytest.approx(launch.p50 / 8000.0)
    assert found.development_cny > found.at_modes.total * found.work_year_cny


@pytest.mark.parametrize(("name", "recovery"), CASES)
def test_every_explained_number_is_its_formula(name, recovery):
    found = transcost_estimate(load_vehicle(name), recovery, *ASKED, samples=2)
    rows = {row.component: row for row in found.explain()}
    for row in rows.values():
        python = row.formula.replace("×", "*").replace("^", "**")
        assert re.fullmatch(r"[-+*/() .\de]+", python), row.formula
        assert eval(python) == pytest.approx(row.value, rel=1e-6, abs=1e-9), row.component
        assert all(row.sources)
    assert rows["launch_WYr"].value == pytest.approx(found.at_modes.total)
    assert sum(found.components_cny().values()) == pytest.approx(1e6 * rows["launch_MCNY"].value)


def test_falcon9_by_its_masses_costs_within_a_factor_of_two_of_falcon9_by_its_bills():
    bills = estimate_cost("falcon9", "downrange", 17_500.0).cost_per_launch_cny
    masses = asked().cost_per_launch_cny
    assert 0.5 < masses.p50 / bills.p50 < 2.0


def test_more_uses_and_more_launches_make_it_cheaper():
    few, many = asked(flights=3.0), asked(flights=20.0)
    assert many.at_modes.production < few.at_modes.production
    assert many.at_modes.total < few.at_modes.total
    assert asked(rate=10.0).at_modes.total > asked(rate=40.0).at_modes.total


def test_uses_need_not_be_whole():
    totals = [asked(flights=uses).at_modes.total for uses in (4.0, 4.5, 5.0)]
    assert totals[0] > totals[1] > totals[2]


def test_an_expended_booster_knows_nothing_of_uses():
    assert asked(recovery="expendable", flights=1.0).at_modes == asked(recovery="expendable", flights=30.0).at_modes


def test_only_a_ship_is_paid_for_at_sea():
    assert asked().at_modes.recovery > 0.0
    assert asked(recovery="return_to_launch_site").at_modes.recovery == 0.0
    assert asked("zhuque3").at_modes.recovery == 0.0


def test_a_returning_stage_is_dearer_to_develop():
    assert asked().development_wyr > asked(recovery="expendable").development_wyr


def test_stretched_relations_are_said():
    assert any("methane" in note for note in asked("zhuque3").notes)
    assert any("2 launches a year" in note for note in asked(rate=2.0).notes)
    assert asked(rate=2.0).at_modes == asked(rate=3.0).at_modes


def test_what_is_not_delivered_is_paid_for_by_what_is():
    half = asked(delivered=0.5).cost_cny_per_kg.p50
    assert half == pytest.approx(2.0 * asked().cost_cny_per_kg.p50)


def test_every_vehicle_with_costs_is_judged_with_a_source():
    judged = load_judgements().vehicle
    assert set(judged) == {*cost_vehicles(), DEFAULT}
    assert all(one.source for one in judged.values())


@pytest.mark.parametrize(
    "wrong", [{"flights": 0.5}, {"rate": 0.0}, {"delivered": 0.0}, {"delivered": 1.5}, {"flights": float("nan")}]
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(CostQuestionError, match=r"give 1 or more, above 0, within \(0, 1\]"):
        asked(**wrong)
