"""TRANSCOST against its published regression values: SSME, Saturn S-II, Ariane 5, and Falcon 9 Block 3."""

import dataclasses
import math
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoverslam.data.reading import checked
from hoverslam.economics.inputs.errors import CostInputError, CostQuestionError
from hoverslam.economics.inputs.loading import DATA
from hoverslam.economics.model.launch_cost import mean_learning_factor
from hoverslam.economics.second_opinion import coefficients, relations, transcost

PRINTED = 5e-4  # the published values are printed to three or four digits


def test_development_of_the_space_shuttle_main_engine():
    quality = relations.engine_quality_factor(900)
    cost = relations.element_development("turbopump_engine_hydrogen", 3180, novelty=1.3, quality=quality, team=0.85)
    assert cost == pytest.approx(17_673, rel=PRINTED)


def test_production_of_the_saturn_second_stage():
    cost = relations.element_production("expendable_stage_hydrogen", 34_475, first_unit=11, last_unit=15, slope=0.96)
    assert cost == pytest.approx(752.2, rel=PRINTED)


def test_learning_over_units_118_to_135():
    assert mean_learning_factor(118, 135, 0.9) == pytest.approx(0.4792, rel=2e-4)


ARIANE5 = {
    "booster": ("solid_booster", 39_300, {"novelty": 1.1, "team": 0.9, "productivity": 0.86}, 5025, 155),
    "core": (
        "expendable_stage_hydrogen",
        13_610,
        {"novelty": 1.1, "quality": 1.16, "team": 0.85, "productivity": 0.86},
        18_092,
        435,
    ),
    "vulcain": (
        "turbopump_engine_hydrogen",
        1685,
        {"novelty": 1.1, "quality": 0.79, "team": 0.9, "productivity": 0.86},
        6592,
        144,
    ),
    "upper stage": (
        "expendable_stage_storable",
        2500,
        {"novelty": 0.9, "quality": 1.09, "team": 0.9, "productivity": 0.86},
        5750,
        110,
    ),
    "aestus": ("pressure_fed_engine", 119, {"novelty": 0.8, "team": 0.8, "productivity": 0.77}, 438, 19),
}


@pytest.mark.parametrize("part", ARIANE5)
def test_development_and_first_unit_of_each_part_of_ariane5(part):
    element, mass, factors, development, production = ARIANE5[part]
    assert relations.element_development(element, mass, **factors) == pytest.approx(development, abs=1.0)
    first = relations.element_production(element, mass, productivity=factors["productivity"])
    assert first == pytest.approx(production, abs=1.0)


def test_development_and_first_unit_of_ariane5():
    developed = sum(relations.element_development(e, m, **f) for e, m, f, _, _ in ARIANE5.values())
    assert relations.vehicle_development(developed, 3) == pytest.approx(40_379, rel=PRINTED)
    made = sum(relations.element_production(e, m, productivity=f["productivity"]) for e, m, f, _, _ in ARIANE5.values())
    element, mass, factors, *_ = ARIANE5["booster"]  # the second booster of the vehicle is unit 2
    made += relations.element_production(
        element, mass, first_unit=2, last_unit=2, slope=0.9, productivity=factors["productivity"]
    )
    assert relations.vehicle_production(made, 4, contracting=1.07) == pytest.approx(1183, rel=1e-3)


def test_operations_of_ariane5():
    learned = mean_learning_factor(1, 9, 0.9)
    ground = relations.ground_operations(777, 7, 4, vehicle=0.9, assembly=0.85, learned=learned, productivity=0.86)
    assert ground == pytest.approx(168.7, rel=PRINTED)
    assert relations.mission_operations(1.6, 7, learned=learned, productivity=0.86) == pytest.approx(6.29, rel=1e-3)
    assert relations.sea_recovery(37, 7, productivity=0.86) == pytest.approx(8.73, rel=1e-3)


STAGE = {"slope": 0.8, "experience": 0.8, "oversight": 0.5}
FALCON9 = transcost.TranscostVehicle(
    parts={
        "stage 1": transcost.Part("expendable_stage_storable", 27_200 - 9 * 470, **STAGE),
        "engines 1": transcost.Part("turbopump_engine_modern", 470, count=9, **STAGE),
        "stage 2 and fairing": transcost.Part("expendable_stage_storable", 4500 + 1900 - 470, **STAGE),
        "engine 2": transcost.Part("turbopump_engine_modern", 470, **STAGE),
    },
    stages=2,
    liftoff_t=459.054,
    launches_per_year=18,
    stage_sum=0.8,
    operations_oversight=0.5,
    propellant_kg={"kerosene": 90_234, "oxygen": 197_904},
)


@pytest.mark.parametrize(
    ("part", "wyr"), [("stage 1", 57.8), ("engines 1", 21.9), ("stage 2 and fairing", 26.0), ("engine 2", 4.9)]
)
def test_the_parts_of_falcon9_block3(part, wyr):
    whole = FALCON9.parts[part]
    assert whole.count * transcost.part_production(whole, (35, 45)) == pytest.approx(wyr, abs=0.051)


def test_a_flight_of_falcon9_block3_costs_140_work_years():
    cost = transcost.transcost_per_flight(FALCON9, flights=(35, 45), launches=(50, 60))
    assert cost.production == pytest.approx(118.6, abs=0.05)
    assert cost.total == pytest.approx(140, abs=0.5)
    assert cost.total_MUSD == pytest.approx(51.5, abs=0.05)
    assert sum(dataclasses.astuple(cost)) == cost.total


def reused(uses, fraction=0.01):
    """Return the same vehicle with a first stage that makes this many flights."""
    parts = dict(FALCON9.parts)
    for name in ("stage 1", "engines 1"):
        parts[name] = dataclasses.replace(parts[name], uses=uses, refurbishment_fraction=fraction)
    return dataclasses.replace(FALCON9, parts=parts, recovered_t=26.0 if uses > 1 else 0.0, stage_sum=1.4)


def test_reuse_lowers_the_cost_of_a_flight_until_refurbishment_outgrows_it():
    costs = {uses: transcost.transcost_per_flight(reused(uses), (1, 200)).total for uses in (1, 5, 20, 90, 200)}
    assert costs[1] > costs[5] > costs[20]
    dear = {uses: transcost.transcost_per_flight(reused(uses, 0.10), (1, 200)).total for uses in (20, 200)}
    assert dear[200] > dear[20]


def test_a_reused_part_is_charged_one_share_of_a_unit_on_each_flight():
    part = transcost.Part("reusable_stage_storable", 20_000, uses=10, slope=0.9)
    once = dataclasses.replace(part, uses=1)
    assert transcost.part_production(part, (1, 10)) == transcost.part_production(once, (1, 1))
    assert transcost.part_production(part, (11, 30)) == transcost.part_production(once, (2, 3))


def test_refurbishment_is_its_fraction_at_50_uses_and_half_of_it_when_new():
    assert relations.refurbishment(0.03, 50, 100.0) == pytest.approx(3.0, rel=1e-14)
    assert relations.refurbishment(0.03, 1, 100.0, count=9) == pytest.approx(9 * 0.51 * 3.0, rel=1e-14)


def test_indirect_operations_follow_their_table():
    assert relations.indirect_operations(1, "large") == 65
    assert relations.indirect_operations(6.5, "medium") == pytest.approx(22.5)
    assert relations.indirect_operations(12, "lean") == relations.indirect_operations(100, "lean") == 11


def test_propellant_counts_what_boils_off():
    assert relations.propellant_cost({"oxygen": 1000}) == pytest.approx(1600 * 8.10e-7, rel=1e-14)
    assert relations.propellant_cost({"hydrogen": 100, "kerosene": 10}) == pytest.approx(
        185 * 2.76e-5 + 10 * 1.11e-5, rel=1e-14
    )
    assert coefficients.work_years_to_MUSD(8.10e-7) * 1e6 == pytest.approx(0.30, abs=0.005)  # USD/kg


@given(st.sampled_from(sorted(coefficients.load_transcost().elements)), st.floats(10, 1e5), st.floats(1.01, 10))
def test_heavier_elements_cost_more_and_less_per_kilogram(element, mass, factor):
    for cost in (relations.element_development, relations.element_production):
        light, heavy = cost(element, mass), cost(element, factor * mass)
        assert light < heavy < factor * light


@given(st.floats(3, 100), st.floats(1.01, 5))
def test_operations_per_launch_fall_with_the_launch_rate(rate, faster):
    for cost in (
        lambda r: relations.ground_operations(500, r, 2),
        lambda r: relations.mission_operations(1.4, r),
        lambda r: relations.sea_recovery(30, r),
    ):
        assert cost(faster * rate) < cost(rate)
    assert relations.indirect_operations(faster * rate) <= relations.indirect_operations(rate)


@pytest.mark.parametrize(
    ("ask", "match"),
    [
        (lambda: relations.element_production("methane_stage", 1000), "no TRANSCOST element 'methane_stage'"),
        (lambda: relations.element_production("solid_stage", 0), "mass_kg = 0"),
        (lambda: relations.element_production("solid_stage", 10, first_unit=5, last_unit=4), "units 5 to 4"),
        (lambda: relations.ground_operations(500, 2, 2), "from 3 a year"),
        (lambda: relations.ground_operations(0, 5, 2), "liftoff_t = 0"),
        (lambda: relations.mission_operations(1, 0), "launches_per_year = 0"),
        (lambda: relations.indirect_operations(5, "tiny"), "unknown provider"),
        (lambda: relations.propellant_cost({"fluorine": 1}), "no price for propellant 'fluorine'"),
        (lambda: relations.refurbishment(-0.1, 5, 100), "fraction"),
        (lambda: relations.engine_quality_factor(0), "qualification_firings"),
        (lambda: relations.vehicle_development(1, 0), "stages = 0"),
        (lambda: coefficients.country_productivity("atlantis"), "no productivity for 'atlantis'"),
        (lambda: transcost.part_production(transcost.Part("solid_stage", 10, count=0), (1, 1)), "count = 0"),
        (lambda: transcost.part_production(transcost.Part("solid_stage", 10), (0, 1)), "flights 0 to 1"),
    ],
)
def test_questions_that_transcost_cannot_answer_are_refused(ask, match):
    with pytest.raises(CostQuestionError, match=match):
        ask()


def test_productivity_and_reference_values():
    assert coefficients.country_productivity("china") == 1.34
    assert math.isclose(coefficients.work_years_to_MUSD(1.0), 0.3674)


def test_mistakes_in_the_coefficients_are_named_with_their_mending():
    data = tomllib.loads((DATA / "transcost.toml").read_text())
    data["indirect_operations"]["lean"] = [11.0]
    data["elements"]["solid_booster"]["production_a_low"] = 9.0
    with pytest.raises(CostInputError) as caught:
        checked(coefficients.TranscostData, data, "transcost.toml", CostInputError)
    assert [mistake.split(":")[1].strip() for mistake in caught.value.mistakes] == [
        "indirect_operations.lean",
        "elements.solid_booster.production_a",
    ]
    assert "one for each of 1 to 12" in str(caught.value)


@pytest.mark.parametrize("factor", ["novelty", "quality", "team", "productivity", "experience", "oversight"])
def test_every_factor_of_a_development_multiplies_it(factor):
    plain = relations.element_development("expendable_stage_storable", 1000)
    assert relations.element_development("expendable_stage_storable", 1000, **{factor: 0.7}) == pytest.approx(
        0.7 * plain
    )


def test_a_vehicle_development_grows_with_stages_schedule_and_contractors():
    assert relations.vehicle_development(100, 2) == pytest.approx(108.16, rel=1e-14)
    assert relations.vehicle_development(100, 2, schedule=1.2, contractors=32) == pytest.approx(
        108.16 * 1.2 * 2, rel=1e-14
    )


@pytest.mark.parametrize(
    "change",
    [
        {"stages": 3},
        {"liftoff_t": 500.0},
        {"launches_per_year": 10.0},
        {"stage_sum": 1.4},
        {"vehicle_factor": 1.0},
        {"assembly_factor": 0.5},
        {"operations_slope": 0.9},
        {"operations_oversight": 1.0},
        {"productivity": 1.34},
        {"management": 1.03},
        {"contracting": 1.05},
        {"provider": "large"},
        {"recovered_t": 26.0},
        {"propellant_kg": {}},
        {"insurance_wyr": 1.0},
        {"fees_wyr": 1.0},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_number_of_a_vehicle_moves_its_cost(change):
    moved = transcost.transcost_per_flight(dataclasses.replace(FALCON9, **change), (35, 45))
    assert moved.total != transcost.transcost_per_flight(FALCON9, (35, 45)).total


def test_the_numbers_above_are_all_that_a_vehicle_has():
    assert len(dataclasses.fields(FALCON9)) == 17  # 16 and the parts: a new one needs its line above
