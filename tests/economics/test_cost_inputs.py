"""Data files: what the packaged ones must say, and the one line that each kind of mistake earns."""

import re

import pytest

from hoverslam.economics.inputs.errors import CostInputError, CostQuestionError
from hoverslam.economics.inputs.loading import DATA, cost_vehicles, load_cost_inputs, read_cost_inputs
from hoverslam.economics.questions.estimate import estimate_cost

VEHICLES = ("falcon9", "longmarch12a", "longmarch6a", "nebula1", "tianlong3", "zhuque3", "zhuque3_stretched")


def test_every_vehicle_has_cost_inputs():
    assert cost_vehicles() == VEHICLES


def bands(vehicle):
    inputs = load_cost_inputs(vehicle)
    for group in ("cost", "operations", "price"):
        for name, band in getattr(inputs, group):
            if band is not None:
                yield name, band


def test_every_file_that_comes_along_is_named_after_its_vehicle():
    assert all(load_cost_inputs(name).vehicle == name for name in cost_vehicles())


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_targets_are_references_and_never_inputs_of_a_cost(vehicle):
    assert {name for name, band in bands(vehicle) if band.status == "target"} <= {"target_cny_per_kg"}


@pytest.mark.parametrize("vehicle", [name for name in VEHICLES if name != "falcon9"])
def test_chinese_unit_costs_are_marked_estimates_and_are_wide(vehicle):
    cost = load_cost_inputs(vehicle).cost
    for band in (cost.stage1_unit_cost, cost.upper_stage_unit_cost, cost.fixed_cost_per_year):
        assert band.status == "estimate"
        assert band.high > 1.8 * band.low


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_money_is_kept_in_the_currency_of_the_operator(vehicle):
    native = "USD" if vehicle == "falcon9" else "CNY"
    cost = load_cost_inputs(vehicle).cost
    assert {band.currency for _, band in cost if hasattr(band, "currency")} == {native}


@pytest.fixture
def edited(tmp_path):
    """Return a function that edits the Zhuque-3 file and gives the lines of the error it then earns."""
    text = (DATA / "vehicles" / "zhuque3.toml").read_text(encoding="utf-8")

    def lines(pattern, replacement):
        changed, count = re.subn(pattern, replacement, text, count=1, flags=re.S | re.M)
        assert count == 1
        path = tmp_path / "zhuque3.toml"
        path.write_text(changed, encoding="utf-8")
        with pytest.raises(CostInputError) as error:
            read_cost_inputs(path)
        assert str(error.value).splitlines() == list(error.value.mistakes)
        return error.value.mistakes

    return lines


STAGE1 = r"(\[cost\.stage1_unit_cost_MCNY\]\nvalue = 72\nlow = )50(\n.*?source = )(\"[^\n]*\")"
LOAD = r"(\[operations\.load_factor\]\nvalue = 0.81\nl)ow = 0.73"
DEVELOPMENT = "give development_cost_MCNY, development_share, programme_years together or none of them"


@pytest.mark.parametrize(
    ("pattern", "replacement", "expected"),
    [
        (STAGE1, r"\g<1>90\2\3", "cost.stage1_unit_cost_MCNY: 72: must lie within its own band, 90 to 110"),
        (STAGE1, r'\g<1>50\2" "', 'cost.stage1_unit_cost_MCNY.source: " ": must not be empty'),
        (
            r"(\[cost\.fairing_cost_MCNY\].*?)source = [^\n]*",
            r"\1",
            "cost.fairing_cost_MCNY.source: missing: add source = …, who says so, or the method",
        ),
        (
            r"\[cost\.propellant_MCNY\]",
            "[cost.propelant_MCNY]",
            "cost.propelant_MCNY: {value, low, high, status, source}: unknown key, did you mean propellant_MCNY?",
        ),
        (
            r"\[cost\.propellant_MCNY\]",
            "[cost.propellant]",
            "cost.propellant: the key names no currency: write propellant_MCNY or propellant_MUSD",
        ),
        (
            r"\[cost\.propellant_MCNY\]",
            "[cost.pad_and_range_MUSD]",
            "cost.pad_and_range_MUSD: given in two currencies: keep one of them",
        ),
        (
            LOAD,
            r"\1ow = -0.8",
            "operations.load_factor.low: -0.8: must be more than 0 and at most 1 (a fraction, not per cent)",
        ),
        (LOAD, r"\1ow = nan", "operations.load_factor.low: nan: must be a finite number"),
        (LOAD, r'\1ow = "0.8"', 'operations.load_factor.low: "0.8": must be a number'),
        (LOAD, r"\1ower = 0.8", "operations.load_factor.lower: 0.8: unknown key, did you mean low?"),
        (
            r'status = "target"',
            'status = "published"',
            'price.target_cny_per_kg.status: "published": a target has status = "target"',
        ),
        (
            r'status = "target"',
            'status = "rumour"',
            "price.target_cny_per_kg.status: \"rumour\": must be 'published', 'secondary', 'derived', 'estimate' or "
            "'target'",
        ),
        (
            r"^prior_record = [^\n]*",
            "",
            "landing: prior_record and prior_discount belong together: give both or neither",
        ),
        (
            r"\[cost\.programme_years\].*?\n\n",
            "",
            f"cost: development lacks programme_years: {DEVELOPMENT}",
        ),
        (
            r"\[cost\.development_cost_MCNY\].*?\n\n\[cost\.development_share\].*?\n\n",
            "",
            f"cost: development lacks development_cost_MCNY and development_share: {DEVELOPMENT}",
        ),
        (
            r"(\[cost\.refurbishment_growth\]\nvalue = 0.02\nlow = )0.0",
            r"\g<1>-0.1",
            "cost.refurbishment_growth.low: -0.1: must be at least 0 and at most 1 (a fraction, not per cent)",
        ),
        (
            r"(\[cost\.propellant_MCNY\]\nvalue = 1.0\nlow = )0.8",
            r"\g<1>-0.8",
            "cost.propellant_MCNY.low: -0.8: must be at least 0 and at most 350 M CNY (2,000 t of hydrogen and oxygen "
            "cost less)",
        ),
    ],
)
def test_a_mistake_earns_one_line_with_file_key_value_and_remedy(edited, pattern, replacement, expected):
    assert f"zhuque3.toml: {expected}" in edited(pattern, replacement)


def test_development_and_growth_of_refurbishment_may_be_left_out(tmp_path):
    text = (DATA / "vehicles" / "zhuque3.toml").read_text(encoding="utf-8")
    for key in ("development_cost_MCNY", "development_share", "programme_years", "refurbishment_growth"):
        text, count = re.subn(rf"\[cost\.{key}\].*?\n\n", "", text, flags=re.S)
        assert count == 1
    path = tmp_path / "zhuque3.toml"
    path.write_text(text, encoding="utf-8")
    bare = estimate_cost("zhuque3", "downrange", 8000, inputs=read_cost_inputs(path), samples=50)
    none = load_cost_inputs("zhuque3").replace(development_cost=0, refurbishment_growth=0)
    zero = estimate_cost("zhuque3", "downrange", 8000, inputs=none, samples=50)
    assert bare.samples_cny_per_kg.tolist() == zero.samples_cny_per_kg.tolist()
    rows = {row.component: row for row in bare.explain()}
    assert (rows["development_MCNY"].formula, rows["development_MCNY"].sources) == (
        "0",
        ("the inputs give no development cost",),
    )


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_development_says_who_paid_it_and_growth_where_it_comes_from(vehicle):
    cost = load_cost_inputs(vehicle).cost
    assert cost.development_cost.status == ("secondary" if vehicle == "falcon9" else "estimate")
    assert cost.development_share.status == cost.programme_years.status == "estimate"
    if cost.refurbishment_fraction is not None:
        assert (cost.refurbishment_growth.low, cost.refurbishment_growth.mode) == (0.0, 0.02)
        assert "TRANSCOST 8.2" in cost.refurbishment_growth.source


def test_every_mistake_in_a_file_is_named_at_once(edited):
    mistakes = edited(r"\[cost\.propellant_MCNY\]\nvalue = 1.0", "[cost.propelant_MCNY]\nvalue = 9")
    assert mistakes == (
        "zhuque3.toml: cost.propelant_MCNY: {value, low, high, status, source}: unknown key, did you mean "
        "propellant_MCNY?",
        "zhuque3.toml: cost.propellant_MCNY: missing: add propellant_MCNY = { value = …, low = …, high = …, "
        'status = "…", source = "…" } (M CNY; or _MUSD)',
    )


def test_a_file_that_is_not_toml_says_where(edited):
    (line,) = edited(r"^name = ", "name ")
    assert re.fullmatch(r"zhuque3.toml: line \d+, column \d+: not TOML: expected .*", line)


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(CostInputError, match=r"nothing.toml: cannot be read: no such file"):
        read_cost_inputs(tmp_path / "nothing.toml")


def test_inputs_can_be_replaced_and_are_checked_again():
    inputs = load_cost_inputs("zhuque3")
    changed = inputs.replace(launches_per_year=30, stage1_unit_cost=(40, 50, 60))
    assert (changed.operations.launches_per_year.low, changed.cost.stage1_unit_cost.mode) == (30, 50)
    assert changed.cost.stage1_unit_cost.currency == "CNY"
    assert changed.operations.launches_per_year.source == "set by the caller"
    assert inputs.operations.launches_per_year.mode == 8
    with pytest.raises(CostQuestionError, match="no cost input 'market_cny_per_kg'"):
        inputs.replace(market_cny_per_kg=1)
    with pytest.raises(CostQuestionError, match=r"low must not exceed high"):
        inputs.replace(launches_per_year=(3, 2, 1))
    with pytest.raises(CostQuestionError, match="one number or three"):
        inputs.replace(launches_per_year=(3, 2))


def test_no_machine_path_reaches_the_data():
    for path in DATA.rglob("*.toml"):
        assert not re.search(r"(?<![\w.])/(work|home|tmp|Users)/", path.read_text(encoding="utf-8")), path.name
