"""The list of cost components covers the inputs: no stated cost is left out of the launch cost or of its arithmetic."""

import dataclasses

from hoverslam.economics.inputs.bands import aims_of
from hoverslam.economics.inputs.models import MONEY_FIELDS, Costs, OperationsInputs
from hoverslam.economics.model.launch_cost import COMPONENTS, CostBreakdown, CostFactors, numbers_in

FACTORS = {field.name for field in dataclasses.fields(CostFactors)}
COMPUTED = {"flights", "age", "insured"}
# Factors that act within a number of the formulas: hardware in the cost of a stage, the slope as learning_slope.
WITHIN = {"recovery_hardware_fraction", "upper_stage_learning_slope"}


def test_every_component_has_a_label_and_a_formula_of_known_numbers():
    assert list(COMPONENTS) == [field.name for field in dataclasses.fields(CostBreakdown)]
    for component in COMPONENTS.values():
        assert component.label
        for formula in component.formulas:
            assert set(numbers_in(formula)) <= FACTORS | COMPUTED


def test_every_cost_factor_is_in_a_formula():
    used = {name for component in COMPONENTS.values() for name in numbers_in(component.formulas[0])}
    assert used - COMPUTED == FACTORS - WITHIN


def test_every_cost_input_is_a_cost_factor():
    recovery = {name for name in Costs.model_fields if name.startswith("recovery_operations_")}
    assert set(Costs.model_fields) - recovery <= FACTORS
    assert len(recovery) == 2


def test_money_is_what_the_model_declares_as_money():
    assert MONEY_FIELDS["cost"] == {
        "stage1_unit_cost", "upper_stage_unit_cost", "fairing_cost", "pad_and_range", "mission_operations", "propellant",
        "fixed_cost_per_year", "recovery_operations_downrange", "recovery_operations_return_to_launch_site",
        "development_cost",
    }  # fmt: skip
    assert MONEY_FIELDS["price"] == {"list_price"}
    assert not MONEY_FIELDS["operations"] | MONEY_FIELDS["landing"]


def test_less_money_and_more_operations_lower_the_cost():
    costs = aims_of(Costs)
    assert {costs[name].better for name in MONEY_FIELDS["cost"]} == {"low"}
    assert {aim.better for aim in aims_of(OperationsInputs).values()} == {"high"}
    assert set(aims_of(OperationsInputs)) == set(OperationsInputs.model_fields)
