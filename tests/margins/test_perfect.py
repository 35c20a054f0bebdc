"""Perfect knowledge: undisturbed it is the reference, little disturbed its derivatives, and frames and figures carry over."""

from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.launch.solve import solve_launch
from hoverslam.margins.analysis import perfect as analysis
from hoverslam.margins.analysis.perfect import (
    START_MASS,
    changes_of,
    guess_of,
    perfect_propellant,
    plan_within,
    to_launch_frame,
)
from hoverslam.margins.disturbances.draws import nominal
from hoverslam.margins.disturbances.world import world_of
from hoverslam.margins.guidance.planning import booster_of
from hoverslam.margins.guidance.reference import Reference, reference_of
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.motion import Flight
from hoverslam.vehicles.loading import load_vehicle

SAVED = Path(__file__).parent / "data" / "falcon9_return_to_launch_site.npz"
REFERENCE, FALCON9 = Reference.load(SAVED), load_vehicle("falcon9")
PLAN = plan_within(FALCON9, REFERENCE, "planned")


def of_draw(perturbations, place):
    """One draw, without the axis of samples."""
    return jax.tree.map(lambda values: values[place], perturbations)


@pytest.fixture(scope="module")
def disturbed():
    """At rest; 200 kg more at cut-off; 2 m/s higher and a little more impulse; no thrust to speak of."""
    p = nominal(4)
    p.scalars["staging_propellant"][1] = 200.0
    p.staging_velocity[2, 2], p.scalars["impulse"][2] = 2.0, 5e-4
    p.scalars["thrust"][3] = -0.8
    return p


@pytest.fixture(scope="module")
def flown():
    """The recovery of an optimum of the model as it is today; the saved one is older."""
    return reference_of(solve_launch("falcon9", "return_to_launch_site"))


@pytest.fixture(scope="module")
def perfect(disturbed, flown):
    with pytest.MonkeyPatch.context() as patch:
        # The draw without an optimum runs into both limits of iterations; the others converge far below the first.
        patch.setattr(analysis, "_AGAIN", replace(analysis._AGAIN, max_iterations=30))
        patch.setattr(analysis, "_AFRESH", replace(analysis._AFRESH, max_iterations=20))
        return perfect_propellant(FALCON9, flown, disturbed, limits="planned")


def test_a_place_on_the_way_home_is_the_same_in_both_frames():
    leg = REFERENCE.legs["coast"]
    position, velocity = to_launch_frame(PLAN.frame, REFERENCE, leg.position, leg.velocity)
    for there, here in zip(leg.position[::40], position[::40], strict=True):
        assert PLAN.frame.geodetic(here) == pytest.approx(REFERENCE.frame.geodetic(there), abs=1e-8)
    for v, w, r, q in zip(velocity, leg.velocity, position, leg.position, strict=True):
        inertial = PLAN.frame.inertial_velocity(r, v), REFERENCE.frame.inertial_velocity(q, w)
        assert np.linalg.norm(inertial[0]) == pytest.approx(np.linalg.norm(inertial[1]), rel=1e-12)


@pytest.mark.parametrize(("name", "regime"), [("boostback", "vacuum"), ("entry", "descent"), ("landing_1", "descent")])
def test_guessed_angles_lead_to_the_reference_s_nose(name, regime):
    flight, guess, leg = Flight(PLAN.frame, regime), guess_of(PLAN.frame, REFERENCE)[name], REFERENCE.legs[name]
    _, noses = to_launch_frame(PLAN.frame, REFERENCE, leg.position, leg.axis)
    for i in (0, len(leg.time) // 2, -1):
        state = Named(position=guess.states["position"][i], velocity=guess.states["velocity"][i])
        control = Named({angle: values[i] for angle, values in guess.controls.items()})
        np.testing.assert_allclose(flight.body_axis(state, control), noses[i], atol=1e-9)


def test_parameters_of_a_draw_are_the_engines_and_the_air_it_flies_with(disturbed):
    p = disturbed._replace(engine_thrust=np.zeros((4, 9))).with_scalars(
        thrust=np.full(4, 0.01),
        impulse=np.full(4, -0.004),
        axial_force=np.full(4, 0.05),
        preserved_drag=np.full(4, 0.02),
    )
    changes = changes_of(PLAN, REFERENCE, p, 4)
    values = Named({**PLAN.values, **{name: value[1] for name, value in changes.items()}})
    found = vehicle_parameters.descent_inputs(1)(values)
    met = world_of(booster_of(FALCON9, REFERENCE), REFERENCE.legs["flip"].mass[0], of_draw(p, 1)).booster
    assert found.engines.thrust_vacuum == pytest.approx(met.thrust_vacuum, rel=1e-12)
    assert found.engines.mass_flow == pytest.approx(met.mass_flow, rel=1e-12)
    assert found.engines.exit_area == pytest.approx(met.exit_area, rel=1e-9)
    assert found.shape.axial_factor == pytest.approx(met.axial_factor)
    assert found.shape.preserved_drag == pytest.approx(met.preserved_drag)
    assert changes[START_MASS] == pytest.approx(REFERENCE.legs["flip"].mass[0] + np.array([0.0, 200.0, 0.0, 0.0]))


def test_the_undisturbed_optimum_is_the_reference(perfect, flown):
    """From the same cut-off the same optimum, on another mesh: they agree to 2e-4, what meshes and smoothing leave."""
    assert perfect.undisturbed == pytest.approx(flown.propellant, rel=2e-4)
    # Solved again without a change: to the solver's tolerance on 58 t.
    assert perfect.propellant[0] == pytest.approx(perfect.undisturbed, abs=0.1) == perfect.predicted[0]


def test_small_disturbances_cost_what_the_sensitivities_say(perfect):
    """What remains is of second order: of changes of 200 and 30 kg, a few per cent."""
    cost = perfect.propellant[1:3] - perfect.undisturbed
    np.testing.assert_allclose(perfect.predicted[1:3] - perfect.undisturbed, cost, atol=0.05 * 200.0)
    # A heavier booster burns more by what its mass exceeds: between none and all of it over the mass that comes home.
    assert 0.0 < perfect.sensitivities[START_MASS] < 1.0


def test_a_draw_without_an_optimum_is_reported(perfect):
    assert list(perfect.failures) == [3]
    assert np.isnan(perfect.propellant).tolist() == [False, False, False, True]
    told = perfect.as_json()
    assert told["propellant"][3] is None
    assert told["failures"]["3"] == perfect.failures[3]
    loss = perfect.guidance_loss(perfect.undisturbed + np.array([100.0, 0.0, 0.0, 0.0]))
    assert loss[0] == pytest.approx(100.0, abs=0.1)
    assert np.isnan(loss[3])
    with pytest.raises(ValueError, match="flown: shape"):
        perfect.guidance_loss([1.0])


def test_guidance_is_allowed_the_high_ends_of_the_bands():
    home, wide = FALCON9.recovery, plan_within(FALCON9, REFERENCE, "allowed").vehicle.recovery
    assert wide.angle_of_attack_max_deg.si == home.angle_of_attack_max_deg.high_si
    assert wide.dynamic_pressure_max_kPa.si == home.dynamic_pressure_max_kPa.high_si
    assert wide.landing_throttle_max.si == FALCON9.stage1.engine.throttle_max.si
    assert PLAN.vehicle.recovery == home


def test_what_cannot_be_asked_for_is_said():
    with pytest.raises(ValueError, match="limits: 'none': choose allowed or planned"):
        perfect_propellant(FALCON9, REFERENCE, nominal(1), limits="none")
    with pytest.raises(ValueError, match="samples = 0 of 1 perturbations: give at least one"):
        perfect_propellant(FALCON9, REFERENCE, nominal(1), samples=0)
