"""The structure of a launch as data, what a search records, the rule of sizing, and the drag of a body that turns around."""

from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from hoverslam.flights.craft.vehicle_parameters import descent_inputs, launch_parameters
from hoverslam.flights.launch.limits import limits_of_phase, vehicle_limits
from hoverslam.flights.launch.objective import Objective
from hoverslam.flights.launch.plan import make_plan
from hoverslam.flights.launch.result import at_search_bounds
from hoverslam.flights.launch.search_record import Attempt, Search
from hoverslam.flights.launch.sizing import scaled_figures
from hoverslam.flights.launch.solve import solve_launch
from hoverslam.flights.launch.structure import Choice, choices_of, structure_of
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.motion import Flight
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.models import operations_of


def choices(name, recovery, orbit=None):
    vehicle = load_vehicle(name)
    return choices_of(vehicle, recovery, vehicle.orbit(orbit, recovery))


def test_a_boostback_burn_is_tried_towards_a_fixed_place_and_not_towards_a_free_one():
    assert {choice.boostback for choice in choices("zhuque3", "downrange")} == {True, False}
    assert {choice.boostback for choice in choices("falcon9", "downrange")} == {False}
    assert {choice.boostback for choice in choices("falcon9", "return_to_launch_site")} == {True}


def test_one_and_two_burns_are_tried_for_low_circles_two_for_high_ones_and_one_for_transfer_orbits():
    assert {choice.burns for choice in choices("falcon9", "expendable", "leo200")} == {1, 2}
    assert {choice.burns for choice in choices("falcon9", "expendable", "leo450")} == {2}
    assert {choice.burns for choice in choices("falcon9", "expendable", "gto")} == {1}


def test_three_stages_side_boosters_and_a_returning_upper_stage_are_branches_of_one_tree():
    heavy = load_vehicle("falconheavy")
    flown = structure_of(heavy, "side_boosters_return_core_downrange", Choice(1))
    assert [(branch.body, branch.after) for branch in flown.branches] == [
        ("stack", ""), ("stage2", "ascent"), ("side_boosters", "boosted"), ("stage1", "ascent"),
    ]  # fmt: skip
    assert "side_boostback" in flown.phases
    three = structure_of(load_vehicle("longmarch4c"), "expendable", Choice(1))
    assert three.phases[-2:] == ("staging_2", "stage3_burn")
    assert three.injection == "stage3_burn"
    back = structure_of(load_vehicle("nova"), "upper_stage_return", Choice(1, True))
    assert "shrouded" not in back.phases  # it has no fairing
    assert [s for s in back.phases if s.startswith("upper_")][:3] == ["upper_deorbit", "upper_coast", "upper_glide"]


def test_a_duration_at_a_bound_of_the_search_is_found_and_one_at_a_limit_of_the_flight_is_not():
    vehicle = load_vehicle("falcon9")
    plan = make_plan(vehicle, "downrange", vehicle.orbit(None, "downrange"), choice=Choice(1))
    inside = {
        name: SimpleNamespace(duration=20.0, phase=SimpleNamespace(duration=(10.0, 30.0))) for name in plan.phases
    }
    inside["coast"] = SimpleNamespace(duration=10.0, phase=SimpleNamespace(duration=(10.0, 30.0)))  # time to turn
    solution = type("Solved", (dict,), {"values": {}})
    assert at_search_bounds(plan, solution(inside)) == ()
    inside["entry"] = SimpleNamespace(duration=10.0, phase=SimpleNamespace(duration=(10.0, 30.0)))
    inside["upper"] = SimpleNamespace(duration=30.0, phase=SimpleNamespace(duration=(10.0, 30.0)))
    assert set(at_search_bounds(plan, solution(inside))) == {"entry", "upper"}


def test_a_search_counts_what_agrees_and_names_the_next_best_optimum():
    tried = (
        Attempt("a", "stored", "ok", 1000.0, True, 1.0),
        Attempt("a", "simulated", "ok", 999.5, False, 1.0),
        Attempt("b", "simulated", "ok", 990.0, False, 1.0),
        Attempt("b", "stored", "failed", None, False, 1.0),
    )
    search = Search(tried, "a", 1000.0)
    assert search.agreeing == 2
    assert search.runner_up == tried[2]
    assert "next best 990.0 kg (b, simulated)" in search.line()


@pytest.mark.parametrize("goal", ["propellant", "liftoff_mass"])
def test_an_objective_for_a_given_payload_needs_that_payload(goal):
    with pytest.raises(ValueError, match="needs the payload"):
        Objective(goal)
    with pytest.raises(ValueError, match="takes no payload"):
        Objective("payload", 1000.0)


def test_sizing_keeps_the_density_of_stages_and_their_thrust_to_weight():
    vehicle = load_vehicle("falcon9")
    scaled = scaled_figures(vehicle, 8.0)
    assert scaled["stage1.propellant_t"] == pytest.approx(8.0 * vehicle.stage1.propellant_t.value)
    assert scaled["stage1.engine.thrust_sea_level_kN"] == pytest.approx(
        8.0 * vehicle.stage1.engine.thrust_sea_level_kN.value
    )
    assert scaled["stage1.diameter_m"] == pytest.approx(2.0 * vehicle.stage1.diameter_m.value)
    assert not any(key.startswith(("fairing", "payload")) for key in scaled)


@pytest.mark.parametrize("pitch", [0.2, np.pi - 0.2, np.pi / 2])
def test_the_air_opposes_the_flight_of_a_body_that_turns_around_whichever_end_is_first(pitch):
    vehicle = load_vehicle("falcon9")
    plan = make_plan(vehicle, "return_to_launch_site", vehicle.orbit(None, "return_to_launch_site"))
    flight = Flight(plan.frame, "turning")
    state = Named(position=jnp.array([3e4, 0.0, 6e4]), velocity=jnp.array([1500.0, 0.0, 300.0]), mass=jnp.array(5e4))
    control = Named(pitch=jnp.array(pitch), yaw=jnp.array(0.0), throttle=jnp.array(0.0))
    inputs = descent_inputs(0)(launch_parameters(vehicle, "return_to_launch_site"))
    now = flight.conditions(state, control, inputs)
    assert float(now.force @ state.velocity) < 0.0


@pytest.mark.slow
def test_a_boostback_burn_carries_more_to_a_fixed_place_and_the_search_finds_it():
    flight = solve_launch("zhuque3", "downrange")
    assert flight.verified
    assert flight.plan.structure.choice.boostback
    assert flight.payload > 7_120.0  # 6,170 kg without
    check = flight.check()
    assert check.passed, check.failures


@pytest.mark.slow
def test_the_least_propellant_for_a_payload_leaves_some_out_and_none_for_the_greatest_payload():
    most = solve_launch("falcon9", "expendable", choice=Choice(1))
    less = solve_launch("falcon9", "expendable", choice=Choice(1), objective="propellant", payload=0.9 * most.payload)
    assert less.verified
    assert less.payload == pytest.approx(0.9 * most.payload)
    assert less.liftoff_mass < most.liftoff_mass - 0.1 * most.payload


@pytest.mark.slow
def test_the_least_vehicle_for_a_payload_carries_that_payload():
    flight = solve_launch("falcon9", "expendable", choice=Choice(1), objective="liftoff_mass", payload=15_000.0)
    assert flight.verified
    assert flight.payload == pytest.approx(15_000.0, rel=1e-5)
    assert flight.liftoff_mass < 0.8 * load_vehicle("falcon9").liftoff_mass(22_000.0)


@pytest.mark.parametrize(("name", "prefix"), [("falcon9", ""), ("falconheavy", "side_"), ("nova", "")])
def test_a_body_turns_and_burns_against_its_flight_in_thin_air_only(name, prefix):
    vehicle = load_vehicle(name)
    limits = vehicle_limits(vehicle)
    thin = operations_of(vehicle).boostback_dynamic_pressure_max_kPa.si
    assert thin == pytest.approx(3e3)

    def most(phase):
        return [limit.upper for limit in limits_of_phase(limits, prefix + phase) if limit.label == "dynamic_pressure"]

    assert most("flip") == most("boostback") == [thin]
    assert all(bound > thin for phase in ("coast", "glide") for bound in most(phase))
