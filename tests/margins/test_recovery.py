"""Guided recoveries: without disturbances they fly the optimum; disturbed ones mostly land, and losses have a cause."""

from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from hoverslam.margins.campaigns.flyer import FLIGHT_COLUMNS, LANES, RecoveryFlyer
from hoverslam.margins.disturbances.columns import ALTITUDES
from hoverslam.margins.disturbances.draws import nominal
from hoverslam.margins.disturbances.loading import load_dispersions
from hoverslam.margins.disturbances.touchdown import CAUSES, LANDED, TouchdownLimits, causes_of, reserve_needed
from hoverslam.margins.guidance.reference import Reference
from hoverslam.margins.guidance.steering import descent_table_of, impact, nose_direction
from hoverslam.vehicles.loading import load_vehicle

SAVED = Path(__file__).parent / "data" / "falcon9_return_to_launch_site.npz"


@pytest.fixture(scope="module")
def reference() -> Reference:
    """An optimum that was solved before; it need not be the present one."""
    return Reference.load(SAVED)


def flyer(reference: Reference, guidance: str, **overrides: float) -> RecoveryFlyer:
    return RecoveryFlyer(
        load_vehicle("falcon9"), reference, load_dispersions("falcon9", overrides), seed=1, guidance=guidance
    )


@pytest.fixture(scope="module")
def simple(reference):
    return flyer(reference, "hover_slam")


@pytest.fixture(scope="module")
def still(reference):
    """The flight without dispersions by guidance, flown once: to trace and compile a flyer takes most of the time."""
    return cache(lambda guidance: flyer(reference, guidance, scale=0.0)(np.arange(1)))


@pytest.fixture(scope="module")
def disturbed(simple):
    return simple(np.arange(100))


@pytest.mark.parametrize("guidance", ["hover_slam", "convex"])
def test_without_dispersions_guidance_lands_for_what_the_optimum_burns(reference, still, guidance):
    """Within 2 %: the optimum has no lags and no start transients."""
    flown = still(guidance)
    assert flown["propellant"][0] == pytest.approx(reference.propellant, rel=0.02)
    assert causes_of(flown, TouchdownLimits.of(load_vehicle("falcon9"))).tolist() == [LANDED]
    assert flown["miss"][0] < 5.0


@pytest.mark.slow
@pytest.mark.parametrize(("vehicle", "guidance"), [("nebula1", "hover_slam"), ("longmarch12a", "convex")])
def test_without_boostback_the_undisturbed_flight_burns_as_much_in_each_burn_as_the_optimum(vehicle, guidance):
    """Nebula-1 coasts a long way through thin air; Long March 12A lights its entry burn before it falls."""
    reference = Reference.load(SAVED.with_name(f"{vehicle}_downrange.npz"))
    flyer = RecoveryFlyer(load_vehicle(vehicle), reference, load_dispersions(vehicle), guidance=guidance)
    flown = flyer.fly(nominal(1))
    entry = reference.legs["entry"]
    assert causes_of(flown, TouchdownLimits.of(load_vehicle(vehicle))).tolist() == [LANDED]
    assert flown["entry"][0] == pytest.approx(entry.mass[0] - entry.mass[-1], rel=0.15)
    assert flown["propellant"][0] < 1.05 * reference.propellant


def test_the_nominal_perturbations_are_those_of_a_table_at_scale_zero(still, simple):
    flown, given = {k: float(v[0]) for k, v in still("hover_slam").items()}, simple.fly(nominal(1))
    # The table's median of unusable propellant is zero at scale zero, as the nominal one is.
    assert flown.pop("undisturbed") == flown["propellant"]
    assert {k: float(v[0]) for k, v in given.items()} == pytest.approx(flown)


def test_flights_are_the_same_in_one_batch_and_in_several(simple):
    """Perturbations fly in batches of one size, filled up with undisturbed flights."""
    drawn = nominal(LANES + 4)
    drawn.staging_velocity[:, 0] = np.linspace(-5.0, 5.0, LANES + 4)
    flown = simple.fly(drawn)
    last = simple.fly(jax.tree.map(lambda values: values[-3:], drawn))
    for name, column in flown.items():
        assert column.shape == (LANES + 4,)
        assert np.allclose(column[-3:], last[name], rtol=1e-6, atol=1e-6), name
    assert len(simple.fly(nominal(0))["miss"]) == 0


def test_most_disturbed_flights_land_and_none_ends_below_the_ground(disturbed):
    causes = causes_of(disturbed, TouchdownLimits.of(load_vehicle("falcon9")))
    assert np.mean(causes == LANDED) > 0.85
    assert set(causes) <= {LANDED, *CAUSES}
    assert set(disturbed) == set(FLIGHT_COLUMNS)
    assert np.all(disturbed["sink_rate"] >= -0.1)
    assert np.all(disturbed["propellant"] > 0.0)


def test_the_same_numbers_give_the_same_flights_bit_for_bit(simple, disturbed):
    again = simple(np.arange(100))
    for name, column in disturbed.items():
        assert np.array_equal(again[name], column), name


@pytest.mark.parametrize("numbers", [np.arange(100)[::-1].copy(), np.arange(20, 60)])
def test_another_order_or_batch_gives_the_same_flights_to_rounding(simple, disturbed, numbers):
    """Not bit for bit: XLA rounds differently at another position of the batch, so a campaign fixes the positions."""
    again = simple(numbers)
    for name, column in disturbed.items():
        assert np.allclose(again[name], column[numbers], rtol=1e-6, atol=1e-6), name


def test_a_flight_that_is_not_a_number_is_lost_and_has_that_cause(disturbed):
    broken = {name: np.array(column, dtype=float) for name, column in disturbed.items()}
    broken["miss"][3] = np.nan
    broken["propellant"][4] = np.inf
    limits = TouchdownLimits()
    causes = causes_of(broken, limits)
    assert causes[3] == causes[4] == "not a number"
    assert np.isinf(reserve_needed(broken, limits)[[3, 4]]).all()


def test_with_too_small_a_reserve_flights_are_lost_by_propellant_and_more_reserve_never_loses_flights(disturbed):
    limits = TouchdownLimits.of(load_vehicle("falcon9"))
    landed = [np.sum(causes_of(disturbed, limits, reserve) == LANDED) for reserve in (-3e3, 0.0, 1e3, 2e3, 1e4)]
    assert landed == sorted(landed)
    assert landed[0] == 0
    assert landed[-1] == np.sum(causes_of(disturbed, limits) == LANDED)
    assert "propellant" in causes_of(disturbed, limits, -3e3)


def test_boostback_burns_more_propellant_for_a_faster_cut_off(simple):
    faster = nominal(3)
    faster.staging_velocity[:, 0] = [-10.0, 0.0, 10.0]
    burned = simple.fly(faster)["boostback"]
    assert burned[0] < burned[1] < burned[2]


def test_a_booster_whose_only_landing_engine_fails_is_lost(simple):
    failed = nominal(2)
    failed.engine_out_burn[1] = 3
    failed.engine_out_share[1] = 0.2
    causes = causes_of(simple.fly(failed), TouchdownLimits.of(load_vehicle("falcon9")))
    assert causes[0] == LANDED
    assert causes[1] != LANDED


def test_wind_changes_the_miss_at_the_end_of_the_glide(simple):
    windy = nominal(2)
    windy.wind_east[1] = 8.0 * np.exp(-((ALTITUDES - 8e3) ** 2) / 5e3**2)
    flown = simple.fly(windy)
    assert flown["glide_miss"][0] != flown["glide_miss"][1]


def test_predicted_impact_agrees_with_the_integrated_fall_without_air(reference):
    """Against integration over the rotating Earth; J2, which the prediction leaves out, moves it by tens of metres."""
    frame, leg = reference.frame, reference.legs["boostback"]
    radius = float(np.linalg.norm(frame.from_centre(reference.legs["entry"].position[0])))
    start = np.concatenate([leg.position[-1], leg.velocity[-1]])

    @jax.jit
    def rates(x):
        return jnp.concatenate([x[3:], frame.acceleration(x[:3], x[3:])])

    def through(t, x):
        return np.linalg.norm(frame.from_centre(x[:3])) - radius

    through.terminal, through.direction = True, -1
    done = solve_ivp(lambda t, x: np.asarray(rates(x)), (0.0, 900.0), start, events=through, rtol=1e-9, atol=1e-6)
    where, after = impact(frame, leg.position[-1], leg.velocity[-1], radius)
    assert float(after) == pytest.approx(done.t[-1], abs=0.3)
    assert np.linalg.norm(np.asarray(where) - done.y[:3, -1]) < 300.0


def test_on_the_reference_the_regulator_commands_the_attitude_of_the_reference(reference, simple):
    flights, booster, plan = simple.parts
    descent, leg = descent_table_of(reference, booster), reference.legs["glide"]
    middle = len(leg.time) // 2
    lean = descent.lean(jnp.asarray(leg.position[middle]), jnp.asarray(leg.velocity[middle]))

    class Here:
        position, velocity = jnp.asarray(leg.position[middle]), jnp.asarray(leg.velocity[middle])

    nose = nose_direction(flights[1], Here, lean, booster.angle_of_attack)
    assert np.degrees(np.arccos(np.clip(nose @ leg.axis[middle], -1, 1))) < 0.5
    assert np.all(np.isfinite(np.asarray(plan.descent.rows)))
