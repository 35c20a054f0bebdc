"""The launch problem: what a heavier, weaker or more cautious vehicle lifts, and what a solved flight must respect."""

from dataclasses import replace

import numpy as np
import pytest
from hoverslam.ocp.solved import solve

from hoverslam.flights.launch.solve import ATTEMPTS, guess_launch, launch_problem, make_plan, solve_launch
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
    return guess, float(solution.parameters.payload)


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
    guess, payload = base
    vehicle = load_vehicle("falcon9", [change])
    plan = make_plan(vehicle, "downrange", vehicle.orbit(None, "downrange"))
    changed = solve(launch_problem(plan, guess), QUICK)
    assert changed.converged
    assert changed.parameters.payload < payload + SAME


@pytest.fixture(scope="module")
def expendable():
    return solve_launch("falcon9", "expendable")


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
    with pytest.raises(VehicleError, match="has expendable"):
        solve_launch("longmarch6a", "downrange")
