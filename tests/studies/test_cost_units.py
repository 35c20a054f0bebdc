"""Units of what a user gives to the cost study: masses, money and rates with their units, ranges, remarks outside bands."""

import json

import pytest

from hoverslam.cli import main
from hoverslam.data.amounts import mass_kg
from hoverslam.data.counts import MOST_BLOCK, MOST_FLIGHTS, MOST_PROCESSES, MOST_SAMPLES
from hoverslam.economics.inputs.bands import CNY_IN_A_USD, ENDINGS
from hoverslam.economics.inputs.changes import changed_inputs
from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import cost_vehicles, load_cost_inputs, load_exchange_rate
from hoverslam.economics.inputs.models import MONEY_FIELDS
from hoverslam.economics.questions.estimate import estimate_cost
from hoverslam.margins.campaigns.campaign import run_campaign
from hoverslam.studies.comparison.compare import compare_cases
from hoverslam.studies.costs.given_payload import check_given_payload
from hoverslam.studies.costs.study import study_cost
from hoverslam.vehicles.loading import list_vehicles, load_vehicle, outside_bands

GIVEN = ["cost", "falcon9", "--payload", "17800", "--samples", "200", "--json"]


def refused(capsys, arguments):
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    lines = told.err.splitlines()
    assert len(lines) == 1
    return lines[0]


# ---- the payload -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["17.8t", "17800kg", "17_800", "1.78e4 kg", " 17.8 t "])
def test_a_payload_is_read_with_its_unit(capsys, text):
    assert main(["cost", "falcon9", "--payload-kg", text, "--samples", "200", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["payload_kg"] == pytest.approx(17_800.0)
    assert mass_kg(text) == pytest.approx(17_800.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("17.8", "110 to 32,958 kg for falcon9"),
        ("17.8", "if 17.8 t is meant, write 17.8t"),
        ("1e9", "110 to 32,958 kg"),
        ("17800t", "110 to 32,958 kg"),
        ("-5", "110 to 32,958 kg"),
        ("17800lb", "use kg or t"),
        ("nan", "give a number with its unit"),
        ("many", "give a number with its unit"),
    ],
)
def test_a_payload_that_cannot_be_meant_is_refused_with_range_and_unit(capsys, text, said):
    assert said in refused(capsys, ["cost", "falcon9", "--payload", text])
    with pytest.raises(CostQuestionError):
        study_cost("falcon9", payload_kg=text)


def test_every_published_payload_is_within_the_accepted_range_and_in_tonnes_outside():
    for name in list_vehicles():
        vehicle = load_vehicle(name)
        for published in vehicle.payload_published:
            check_given_payload(vehicle, published.payload_t.si)
            with pytest.raises(CostQuestionError):
                check_given_payload(vehicle, published.payload_t.value)


def test_a_cost_of_an_absurd_payload_is_refused_in_python_too():
    with pytest.raises(CostQuestionError, match="at most 1,000,000 kg"):
        estimate_cost("falcon9", "downrange", 1e9)


def test_a_payload_far_from_the_published_one_is_remarked_on():
    notes = study_cost("falcon9", "downrange", payload_kg=25_000, samples=100).notes
    assert any("the published one is 17,500 kg" in note for note in notes)
    assert not any("published" in note for note in study_cost("falcon9", payload_kg=17_800, samples=100).notes)


# ---- money and rates -------------------------------------------------------------------------------------------------
def test_a_key_of_money_without_a_currency_is_refused_with_both_keys(capsys):
    line = refused(capsys, [*GIVEN, "--cost", "stage1_unit_cost=30"])
    assert "stage1_unit_cost_MUSD" in line
    assert "stage1_unit_cost_MCNY" in line
    assert "25 to 37 M USD" in line


@pytest.mark.parametrize("vehicle", cost_vehicles())
def test_money_in_units_instead_of_millions_is_refused(vehicle):
    inputs = load_cost_inputs(vehicle)
    for key in inputs.keys():  # noqa: SIM118 - a list, not a mapping
        ending = key[-5:]
        if ending in ENDINGS:
            band = inputs.bands()[key[:-5]]
            with pytest.raises(CostQuestionError, match=f"--cost: {key}: .* M {ENDINGS[ending]}"):
                changed_inputs(inputs, {key: 1e6 * band.mode})


def test_the_same_money_in_two_currencies_costs_the_same():
    rate = load_exchange_rate().mode
    inputs = load_cost_inputs("falcon9")
    dollars, _ = changed_inputs(inputs, ["stage1_unit_cost_MUSD=28"])
    yuan, _ = changed_inputs(inputs, [f"stage1_unit_cost_MCNY={28 * rate!r}"])
    costs = [
        estimate_cost("falcon9", "downrange", 17_500, inputs=each, samples=100).at_modes.cost_cny_per_kg
        for each in (dollars, yuan)
    ]
    assert costs[0] == pytest.approx(costs[1], rel=1e-12)
    assert pytest.approx(rate, rel=0.1) == CNY_IN_A_USD


def test_every_field_of_money_has_an_accepted_range_that_ends():
    for vehicle in cost_vehicles():
        inputs = load_cost_inputs(vehicle)
        for name in MONEY_FIELDS["cost"] & inputs.bands().keys():
            with pytest.raises(CostQuestionError, match="at most"):
                inputs.replace(**{f"{name}_MUSD": 1e7})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("launches_per_year=1e6", "at most 2000"),
        ("load_factor=97", "a fraction, not per cent"),
        ("programme_years=2010", "at most 100"),
        ("stage1_unit_cost_MUSD=30000000", "at most 2000 M USD"),
        ("stage1_unit_cost_MUSD=nan", "must be a finite number"),
        ("stage1_unit_cost_MUSD=30 M", "KEY=NUMBER"),
        ("stage1_unit_cost_MEUR=30", "did you mean stage1_unit_cost_MUSD"),
    ],
)
def test_a_change_out_of_range_is_one_line_with_range_and_unit(capsys, change, said):
    assert said in refused(capsys, [*GIVEN, "--cost", change])


def test_a_change_outside_the_band_of_the_inputs_is_remarked_on():
    def notes(*changes):
        found = study_cost("falcon9", payload_kg=17_800, changes=changes, samples=100).notes
        return [note for note in found if "outside the band" in note]

    assert notes("stage1_unit_cost_MUSD=31", "launches_per_year=150") == []
    said = notes("stage1_unit_cost_MUSD=60", "launches_per_year=20")
    assert "25 to 37 M USD" in said[0]
    assert "134 to 165 1/yr" in said[1]
    assert notes("stage1_unit_cost_MCNY=210") == []  # 29 M USD
    assert notes("stage1_unit_cost_MCNY=30") != []  # 4 M USD


def test_a_figure_of_the_vehicle_outside_its_band_is_remarked_on(capsys):
    assert main([*GIVEN, "--set", "stage1.dry_mass_t=40"]) == 0
    assert "stage1.dry_mass_t = 40: outside its band" in capsys.readouterr().err
    assert outside_bands("falcon9", {"stage1.dry_mass_t": 28.0}) == []


# ---- counts ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "largest"),
    [
        ([*GIVEN, "--samples", "1000000000"], MOST_SAMPLES),
        (["margin", "falcon9", "--samples", "1000000000"], MOST_FLIGHTS),
        (["margin", "falcon9", "--batch", "1000000000"], MOST_BLOCK),
        (["compare", "--jobs", "1000000000"], MOST_PROCESSES),
        (["demand", "--jobs", "1000000000"], MOST_PROCESSES),
    ],
)
def test_a_count_that_cannot_end_is_refused_with_the_largest_number(capsys, arguments, largest):
    assert str(largest) in refused(capsys, arguments)


def test_the_functions_refuse_such_counts_too():
    with pytest.raises(CostQuestionError, match="1 to 1,000,000"):
        study_cost("falcon9", payload_kg=17_800, samples=10**9)
    with pytest.raises(CostQuestionError, match="1 to 1,000,000"):
        estimate_cost("falcon9", "downrange", 17_800, samples=10**9)
    for asked in ({"samples": 10**9}, {"samples": 5, "block": 10**9}, {"samples": 5, "workers": 10**9}):
        with pytest.raises(ValueError, match="must be a whole number from 1 to"):
            run_campaign(None, folder=None, **asked)
    with pytest.raises(ValueError, match="must be a whole number from 0 to 512"):
        compare_cases([], jobs=10**9)
