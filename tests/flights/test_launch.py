"""The launch problem: what a heavier, weaker or more cautious vehicle lifts, and what a solved flight must respect."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from hoverslam.flights.launch.attempts import ATTEMPTS
from hoverslam.flights.launch.limits import LaunchLimit
from hoverslam.flights.launch.plan import make_plan
from hoverslam.flights.launch.problem import launch_problem
from hoverslam.flights.launch.slopes import payload_slopes
from hoverslam.flights.launch.solve import solve_launch
from hoverslam.flights.launch.starts import guess_launch
from hoverslam.flights.launch.structure import Choice
from hoverslam.ocp.solved import solve, solve_from
from hoverslam.ocp.solving.known import KnownPoint
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import load_vehicle

QUICK = replace(ATTEMPTS[0], verify=False, max_passes=1)
SAME = 2.0  # kg: two optima of one problem agree to the solver's tolerance and the smoothing weight


@pytest.fixture(scope="module")
def base():
    vehicle = load_vehicle("falcon9")
    plan = make_plan(vehicle, "downrange", vehicle.orbit(None, "downrange"))
    guess = guess_launch(plan)
    solution = solve(launch_problem(plan, guess), QUICK)
    assert solution.converged
    return guess, solution


@pytest.mark.parametrize(
    "change",
    [
        "stage1.dry_mass_t=28.2",
        "stage2.dry_mass_t=4.9",
        "stage1.engine.specific_impulse_vacuum_s=308",
        "stage2.engine.specific_impulse_vacuum_s=345",
        "stage1.residual_t=3.5",
        "recovery.landing_reserve_t=4.5",
        "recovery.landing_throttle_max=0.71",
    ],
)
def test_more_mass_less_impulse_more_left_over_or_less_throttle_never_lifts_more(base, change):
    guess, solution = base
    vehicle = load_vehicle("falcon9", [change])
    plan = make_plan(vehicle, "downrange", vehicle.orbit(None, "downrange"))
    changed = solve_from(launch_problem(plan, guess), KnownPoint.of(solution), QUICK)
    assert changed.converged
    assert changed.parameters.payload < solution.parameters.payload + SAME


@pytest.fixture(scope="module")
def expendable():
    return solve_launch("falcon9", "expendable", choice=Choice(1))


def test_falcon9_expendable_is_verified_and_within_a_tenth_of_the_published_payload(expendable):
    assert expendable.verified
    assert expendable.refly_error < 1e-6
    assert expendable.path_violation < 1e-3
    assert expendable.payload == pytest.approx(22_800.0, rel=0.1)


def test_mass_is_conserved_from_lift_off_to_orbit(expendable):
    """Lift-off mass less every propellant burned, the spent stage and the fairing is what reaches orbit."""
    values, solution = expendable.plan.values, expendable.solution
    first = values["stage1.propellant"] - expendable.propellant["rise"] - expendable.propellant["ascent"]
    spent = values["stage1.dry_mass"] + first
    burned = sum(expendable.propellant.values())
    left = expendable.liftoff_mass - burned - spent - values["fairing.mass"]
    assert left == pytest.approx(float(solution["upper"].final.mass), rel=1e-9)


def test_the_orbit_reached_is_the_orbit_asked_for(expendable):
    frame, end = expendable.plan.frame, expendable.solution["upper"].final
    position = np.asarray(frame.from_centre(end.position))
    velocity = np.asarray(frame.inertial_velocity(end.position, end.velocity))
    assert np.linalg.norm(position) == pytest.approx(6_578_137.0, abs=1.0)
    assert np.linalg.norm(velocity) == pytest.approx(np.sqrt(3.986004418e14 / 6_578_137.0), abs=1e-3)
    momentum = np.cross(position, velocity)
    inclination = np.degrees(np.arccos(momentum @ frame.axis / np.linalg.norm(momentum)))
    assert inclination == pytest.approx(28.5, abs=1e-4)


def test_the_trajectory_is_labelled_and_starts_on_the_pad(expendable):
    data = expendable.trajectory()
    assert data.mass.attrs["units"] == "kg"
    assert float(data.altitude[0]) == pytest.approx(0.0, abs=20.0)
    assert set(np.unique(data.phase)) == {"rise", "ascent", "staging", "shrouded", "upper"}


def test_a_recovery_the_vehicle_does_not_fly_is_one_clear_message():
    with pytest.raises(VehicleError, match="recovery: 'downrange': known: expendable"):
        solve_launch("longmarch6a", "downrange")


# ---- limits of the user's own --------------------------------------------------------------------------------------
MAX_Q = 28e3  # Pa, well below what Falcon 9 flies


@pytest.fixture(scope="module")
def gentle():
    limit = LaunchLimit("dynamic_pressure", "ascent", upper=MAX_Q, unit="Pa", name="gentle")
    return solve_launch("falcon9", constraints=[limit], choice=Choice(1))


def test_an_added_limit_binds_lowers_the_payload_and_equals_that_limit_of_the_vehicle_file(expendable, gentle):
    changed = load_vehicle("falcon9", {"limits.dynamic_pressure_max_kPa": MAX_Q / 1e3})
    of_file = solve_launch(changed, choice=Choice(1))
    assert gentle.verified
    assert of_file.verified
    assert gentle.payload < expendable.payload - 10.0
    assert gentle.payload == pytest.approx(of_file.payload, rel=1e-6)


def test_an_added_limit_is_held_between_nodes_and_listed_among_the_limits(gentle):
    listed = next(limit for limit in gentle.limits if limit.name == "gentle")
    assert (listed.phase, listed.side, listed.limit, listed.unit) == ("ascent", "at most", MAX_Q, "Pa")
    assert listed.active
    assert float(gentle.trajectory().dynamic_pressure.max()) < MAX_Q * 1.001


def test_a_limit_that_is_a_function_of_the_parameters_equals_the_named_one(expendable):
    def acceleration(state, control, parameters):
        return control.throttle * parameters["stage2.thrust_vacuum"] / state.mass

    payloads, guess = [], guess_launch(expendable.plan)
    for quantity in (acceleration, "axial_acceleration"):
        limit = LaunchLimit(quantity, "upper", upper=25.0, unit="m/s2", name="soft")
        plan = make_plan(expendable.plan.vehicle, "expendable", expendable.plan.orbit, [limit])
        problem = launch_problem(plan, guess)
        solution = solve_from(problem, KnownPoint.of(expendable.solution), QUICK)
        assert solution.converged
        payloads.append(float(solution.parameters.payload))
    assert payloads[0] == pytest.approx(payloads[1], rel=1e-9)
    assert payloads[0] < expendable.payload - 1.0


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        (lambda: LaunchLimit("dynamic_presure", "ascent", upper=1.0), "known: dynamic_pressure"),
        (
            lambda: LaunchLimit("dynamic_pressure", "ascend", upper=1.0),
            "no phase 'ascend'; this launch has rise, ascent",
        ),
        (lambda: LaunchLimit("dynamic_pressure", "ascent", upper=1.0), "give another name"),
        (lambda: LaunchLimit("dynamic_pressure", "ascent", lower=2.0, upper=1.0, name="x"), "lower bound 2 is above"),
    ],
)
def test_a_limit_that_cannot_be_held_is_one_clear_message(limit, message):
    with pytest.raises(ValueError, match=message):
        solve_launch("falcon9", constraints=[limit()])


def test_the_plan_names_the_phases_of_the_problem(base):
    vehicle = load_vehicle("falcon9")
    plan = make_plan(vehicle, "downrange", vehicle.orbit(None, "downrange"))
    assert tuple(launch_problem(plan, base[0]).phases) == plan.phases


def test_a_vehicle_file_overrides_an_operators_habit():
    vehicle = load_vehicle("falcon9", {"operations.staging_coast_s": 9.5})
    assert make_plan(vehicle, "expendable", vehicle.orbit()).staging_coast == 9.5


# ---- the verbs of the result ---------------------------------------------------------------------------------------
def test_the_report_and_the_json_have_the_payload_and_every_limit(expendable):
    assert f"payload {expendable.payload:,.1f} kg" in expendable.report()
    content = expendable.as_json()
    assert content["payload_kg"] == expendable.payload
    assert [limit["name"] for limit in content["limits"]] == [limit.name for limit in expendable.limits]
    assert set(content["limits"][0]) == {"name", "phase", "limit", "reached", "time_s", "unit"}


def test_the_table_has_a_row_a_sample_with_units_in_its_columns(expendable):
    data, frame = expendable.trajectory(), expendable.to_frame()
    assert len(frame) == data.sizes["sample"]
    assert np.array_equal(frame["velocity_downrange_m_s"], data.velocity.values[:, 0])


def test_a_saved_flight_reads_back_as_its_trajectory(expendable, tmp_path):
    with xr.open_dataset(expendable.save(tmp_path / "flight.nc")) as read:
        assert np.array_equal(read.mass.values, expendable.trajectory().mass.values)


def test_the_picture_shows_every_body_and_every_burn(expendable):
    path, _, _, burns = expendable.plot().axes
    assert [text.get_text() for text in path.get_legend().get_texts()] == ["first stage with payload", "upper stage"]
    assert len(burns.patches) == len(expendable.burns)


def test_solving_again_for_another_dry_mass_is_verified_and_follows_the_slope(expendable):
    key = "stage1.dry_mass_t"
    slopes = payload_slopes(expendable, [key])
    step = 0.1  # t
    heavier = expendable.resolve({key: expendable.plan.vehicle.stage1.dry_mass_t.value + step})
    assert heavier.verified
    assert heavier.payload - expendable.payload == pytest.approx(slopes[key] * step, rel=0.01)
    assert dict(slopes) == {key: slopes[key]}
    assert key in slopes.report()
