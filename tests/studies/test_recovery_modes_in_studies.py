"""Every recovery mode has costs, an effort and a colour; vehicles of other structures are compared on request only."""

import pytest

from hoverslam.economics.inputs.loading import load_cost_inputs
from hoverslam.economics.model.factors import field_of, recovery_bands
from hoverslam.studies.cases import Case, default_cases
from hoverslam.studies.recovery_colours import COLOURS, colour_of
from hoverslam.vehicles.loading import list_vehicles, load_vehicle
from hoverslam.vehicles.recovery_modes import list_modes, load_mode


@pytest.mark.parametrize("mode", list_modes())
def test_every_mode_has_costs_an_effort_and_a_colour(mode):
    like = load_mode(mode).cost_like
    inputs = load_cost_inputs("falcon9")
    assert list(recovery_bands(inputs, mode)) == list(recovery_bands(inputs, like))
    assert field_of("recovery_operations", mode) == f"recovery_operations_{like}"
    assert Case("falcon9", mode).effort == Case("falcon9", like).effort
    assert colour_of(mode) == COLOURS[like]


def test_more_burns_take_more_effort():
    efforts = [Case("falcon9", mode).effort for mode in ("expendable", "moving_ship", "tower_catch", "unheard of")]
    assert efforts == [0, 1, 2, 0]


def test_a_comparison_flies_other_structures_only_on_request():
    others = {name for name in list_vehicles() if not load_vehicle(name).two_stages_in_line}
    assert others == {"falconheavy", "longmarch4c", "nova"}
    assert not others & {case.name for case in default_cases()}
    asked = default_cases(["falconheavy", "longmarch4c"])
    assert [case.recovery for case in asked] == [*load_vehicle("falconheavy").modes, "expendable"]
