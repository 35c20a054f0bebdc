"""Convex landings: published answers to their digits, the limits of the original problem, symmetries, and failures."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from hoverslam.flights.references.convex import ConvexStatus, Descent, best_time, land, land_near
from hoverslam.flights.references.convex_programme import build_programme

CANT = np.cos(np.radians(27.0))
# Acikmese and Ploen, JGCD 30(5), 2007; the axes there are (up, left, downrange).
MARS = Descent(
    position=(2000.0, 0.0, 1500.0),
    velocity=(100.0, 0.0, -75.0),
    mass=1905.0,
    dry_mass=1505.0,
    thrust_min=6 * 0.3 * 3100.0 * CANT,
    thrust_max=6 * 0.8 * 3100.0 * CANT,
    exhaust_velocity=225.0 * 9.807 * CANT,
    gravity=3.7114,
)
GLIDING = replace(MARS, glide_slope=np.radians(4.0))
# Blackmore, Acikmese and Scharf, JGCD 33(4), 2010, case 2: the pad is out of reach.
SIDEWAYS = replace(GLIDING, velocity=(100.0, 40.0, -75.0))
LOSSLESS = 1e-6  # m/s2


def qoco_instance():
    """The first instance of the QOCO benchmark's landing (arXiv 2503.12658); its nodes 0 to 15 are 20/14 s apart."""
    random = np.random.RandomState(123)
    start = (random.uniform(-10, 10), random.uniform(-10, 10), random.uniform(200, 400))
    return Descent(start, (0, 0, 0), 35.0, 25.0, 100.0, 500.0, 100.0 * 9.807, 9.807, tilt=np.pi / 4)


def random_descent(seed):
    """A start that can reach the pad in 80 s."""
    random = np.random.default_rng(seed)
    position = random.uniform((-1500.0, -1500.0, 1200.0), (1500.0, 1500.0, 2000.0))
    return replace(GLIDING, position=position, velocity=random.uniform((-50.0, -50.0, -75.0), (50.0, 50.0, -25.0)))


@pytest.mark.parametrize(
    ("descent", "flight_time", "steps", "propellant"),
    [
        (MARS, 72.0, 72, 388.2813),
        (MARS, 72.0, 144, 388.0885),
        (MARS, 72.0, 288, 387.9981),
        (GLIDING, 81.0, 81, 399.8425),
        (GLIDING, 81.0, 162, 399.6085),
        (GLIDING, 81.0, 324, 399.4971),
    ],
)
def test_mars_landings_burn_what_other_conic_solvers_find_on_the_same_mesh(descent, flight_time, steps, propellant):
    landing = land(descent, flight_time, steps)
    assert landing.solved
    assert landing.propellant == pytest.approx(propellant, abs=1e-4)
    assert landing.lossless < LOSSLESS


@pytest.mark.parametrize(("flight_time", "steps", "propellant"), [(81.0, 162, 399.35205), (78.4, 110, 398.1449)])
def test_extrapolated_to_no_step_the_propellant_is_that_of_continuous_time(flight_time, steps, propellant):
    """First order in the step; what remains is the thrust bounds' expansion about z0, which errs on the safe side."""
    coarse, fine = (land(GLIDING, flight_time, n).propellant for n in (steps, 2 * steps))
    assert 0.0 < 2.0 * fine - coarse - propellant < 0.05


def test_minimum_error_landing_case_1_burns_what_the_paper_prints():
    assert land(GLIDING, 78.4, 55).propellant == pytest.approx(399.4, rel=0.05)


@pytest.mark.parametrize(("steps", "miss"), [(55, 257.8), (110, 245.0)])
def test_minimum_error_landing_case_2_misses_by_the_least_distance_on_all_propellant(steps, miss):
    landing = land_near(SIDEWAYS, 77.6, steps)
    assert landing.solved
    assert landing.miss == pytest.approx(miss, abs=0.15)
    assert landing.miss == pytest.approx(np.linalg.norm(landing.position[-1]), abs=1e-3)
    assert landing.propellant == pytest.approx(400.0, abs=0.01)
    assert landing.lossless < LOSSLESS
    if steps == 55:
        assert landing.miss == pytest.approx(268.0, rel=0.05)  # as printed


def test_a_pad_that_takes_too_much_propellant_says_how_much():
    landing = land(SIDEWAYS, 77.6, 55)
    assert landing.status is ConvexStatus.SHORT_OF_PROPELLANT
    assert not landing.solved
    assert landing.propellant == pytest.approx(410.0, rel=0.01)  # as printed
    assert land(replace(SIDEWAYS, dry_mass=1905.0 - 411.0), 77.6, 55).solved


def test_qoco_benchmark_instance_ends_with_its_mass():
    landing = land(qoco_instance(), 15 * 20.0 / 14.0, 15)
    assert landing.solved
    assert np.log(landing.mass[-1]) == pytest.approx(3.341060, abs=1e-6)
    assert landing.lossless < LOSSLESS


def test_vertical_landing_with_engines_that_may_be_off_approaches_the_closed_form():
    """Meditch 1964: coast, then full thrust. The least propellant takes the least time."""
    vertical = replace(MARS, position=(0, 0, 2000), velocity=(0, 0, -50), thrust_min=0.0)
    landing = best_time(land, vertical, (35.0, 40.0), steps=100)
    assert landing.solved
    assert 0.0 < landing.propellant - 172.306272368 < 0.3
    assert landing.flight_time == pytest.approx(36.749749188, abs=0.1)
    assert landing.lossless < LOSSLESS
    lit = np.linalg.norm(landing.thrust, axis=1) > 0.5 * MARS.thrust_max
    assert landing.time[:-1][lit][0] == pytest.approx(11.198222780, abs=0.5)


def test_an_integrator_flies_the_thrust_to_the_same_states():
    landing = land_near(SIDEWAYS, 77.6, 40)
    gravity = np.array([0.0, 0.0, -MARS.gravity])

    def rates(_, state, held):
        return np.hstack([state[3:6], held + gravity, -state[6] * np.linalg.norm(held) / MARS.exhaust_velocity])

    state = np.hstack([SIDEWAYS.position, SIDEWAYS.velocity, SIDEWAYS.mass])
    for k, held in enumerate(landing.acceleration):
        span = landing.time[k : k + 2]
        state = solve_ivp(rates, span, state, args=(held,), rtol=1e-10, atol=1e-9).y[:, -1]
        expected = np.hstack([landing.position[k + 1], landing.velocity[k + 1], landing.mass[k + 1]])
        np.testing.assert_allclose(state, expected, atol=1e-4)
    np.testing.assert_allclose(landing.thrust, landing.mass[:-1, None] * landing.acceleration)


def test_thrust_is_most_least_most_and_keeps_its_bounds():
    landing = land(MARS, 72.0, 144)
    thrust = np.linalg.norm(landing.thrust, axis=1)
    assert thrust.max() < MARS.thrust_max * (1.0 + 1e-6)
    assert thrust.min() > MARS.thrust_min * (1.0 - 1e-6)
    middle = 0.5 * (MARS.thrust_min + MARS.thrust_max)
    switches = landing.time[1:-1][np.diff(np.sign(thrust - middle)) != 0]
    np.testing.assert_allclose(switches, [41.2095, 41.2095 + 23.1642], atol=0.6)


def test_the_end_is_the_end_asked_for():
    asked = replace(MARS, pad=(150.0, -80.0, -20.0), touchdown_velocity=(1.0, 0.5, -2.0))
    landing = land(asked, 75.0, 60)
    assert landing.solved
    assert landing.miss == landing.shortfall == 0.0
    np.testing.assert_allclose(landing.position[-1], asked.pad, atol=1e-6)
    np.testing.assert_allclose(landing.velocity[-1], asked.touchdown_velocity, atol=1e-9)
    np.testing.assert_array_equal(landing.position[0], asked.position)
    assert landing.time[-1] == landing.flight_time == 75.0


def elevation(landing, pad):
    seen = (landing.position - pad)[1:-1]
    return np.arctan2(seen[:, 2], np.hypot(seen[:, 0], seen[:, 1])).min()


def test_glide_slope_is_kept_from_the_pad_and_from_where_it_touches_down():
    assert elevation(land(MARS, 81.0, 81), MARS.pad) < np.radians(3.0)
    assert elevation(land(GLIDING, 81.0, 81), MARS.pad) > np.radians(4.0) - 1e-6
    near = land_near(SIDEWAYS, 77.6, 55)
    assert elevation(near, near.position[-1]) > np.radians(4.0) - 1e-6
    level = land(replace(MARS, glide_slope=0.0), 72.0, 72)
    assert level.position[:, 2].min() > -1e-6
    assert land(MARS, 72.0, 72).position[:, 2].min() < -1.0


@pytest.mark.parametrize(("flight_time", "limit"), [(70.0, 60.0), (80.0, 45.0)])
def test_tilt_is_kept(flight_time, limit):
    def tilt(landing):
        return np.degrees(np.arccos(landing.acceleration[:, 2] / np.linalg.norm(landing.acceleration, axis=1)).max())

    assert tilt(land(MARS, flight_time, 60)) > limit + 1.0
    tilted = land(replace(MARS, tilt=np.radians(limit)), flight_time, 60)
    assert tilted.solved
    assert tilt(tilted) < limit + 1e-3


def test_speed_limit_is_kept():
    start = replace(MARS, velocity=(50.0, 0.0, 20.0))
    fast, slow = land(start, 75.0, 60), land(replace(start, speed_limit=65.0), 75.0, 60)
    assert slow.solved
    assert np.linalg.norm(fast.velocity, axis=1).max() > 68.0
    assert np.linalg.norm(slow.velocity, axis=1).max() < 65.0 + 1e-5
    assert slow.propellant > fast.propellant


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("programme", [land, land_near])
def test_moving_start_and_pad_together_moves_the_flight(seed, programme):
    descent, shift = random_descent(seed), np.array([1234.0, -567.0, 89.0])
    here = programme(descent, 80.0, 40)
    there = programme(replace(descent, position=descent.position + shift, pad=descent.pad + shift), 80.0, 40)
    assert here.solved
    assert there.propellant == pytest.approx(here.propellant, abs=1e-6)
    np.testing.assert_allclose(there.position - shift, here.position, atol=0.01)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("programme", [land, land_near])
def test_turning_the_start_about_the_vertical_turns_the_flight(seed, programme):
    descent, angle = random_descent(seed), 1.0 + seed
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    before = programme(descent, 80.0, 40)
    after = programme(replace(descent, position=turn @ descent.position, velocity=turn @ descent.velocity), 80.0, 40)
    assert before.solved
    assert after.propellant == pytest.approx(before.propellant, abs=1e-4)
    np.testing.assert_allclose(after.position, before.position @ turn.T, atol=0.1)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "more", [{"thrust_max": 1.1 * MARS.thrust_max}, {"thrust_min": 0.8 * MARS.thrust_min}], ids=["max", "min"]
)
def test_a_wider_range_of_thrust_is_never_worse(seed, more):
    descent = random_descent(seed)
    assert land(replace(descent, **more), 80.0, 40).propellant < land(descent, 80.0, 40).propellant + 1e-4


def test_more_propellant_never_lands_further_from_the_pad():
    misses = [land_near(replace(SIDEWAYS, dry_mass=dry), 77.6, 40).miss for dry in (1520.0, 1505.0, 1490.0)]
    assert misses[0] > misses[1] > misses[2]
    assert misses[2] == 0.0


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("programme", [land, land_near])
def test_the_relaxation_is_lossless(seed, programme):
    landing = programme(random_descent(seed), 80.0, 50)
    assert landing.solved
    assert abs(landing.lossless) < LOSSLESS


@pytest.mark.parametrize("seed", range(3))
def test_nearest_to_a_pad_within_reach_is_the_pad(seed):
    descent = random_descent(seed)
    near, at_pad = land_near(descent, 80.0, 40), land(descent, 80.0, 40)
    assert near.miss == 0.0
    assert near.propellant == at_pad.propellant


@pytest.mark.parametrize(
    ("descent", "flight_time", "propellant"), [(MARS, 72.193833536, 387.896364525), (GLIDING, 77.6598, 398.07348)]
)
def test_best_time_is_that_of_continuous_time(descent, flight_time, propellant):
    steps = 72
    best = best_time(land, descent, steps=steps)
    assert best.solved
    assert best.flight_time == pytest.approx(flight_time, abs=0.4)
    assert 0.0 < best.propellant - propellant < 0.8
    for other in (-0.5, 0.5):
        assert land(descent, best.flight_time + other, steps).propellant > best.propellant


def test_best_time_of_an_unreachable_pad_misses_it_least():
    best = best_time(land_near, SIDEWAYS, (60.0, 95.0), steps=40, tolerance=0.1)
    assert best.solved
    for other in (-1.0, 1.0):
        assert land_near(SIDEWAYS, best.flight_time + other, 40).miss > best.miss


def test_best_time_finds_its_way_from_times_that_are_all_too_short():
    best = best_time(land, MARS, (20.0, 60.0), steps=30, tolerance=0.5)
    assert best.status is ConvexStatus.INFEASIBLE
    assert best.flight_time > 59.0


@pytest.mark.parametrize("descent", [MARS, GLIDING])
def test_a_flight_too_short_is_infeasible_and_shows_the_least_wrong_one(descent):
    landing = land(descent, 50.0, 40)
    assert landing.status is ConvexStatus.INFEASIBLE
    assert landing.shortfall > 100.0
    fast = 50.0 * np.linalg.norm(landing.velocity[-1])
    assert landing.shortfall == pytest.approx(np.hypot(np.linalg.norm(landing.position[-1]), fast), rel=1e-6)
    assert land(descent, 60.0, 40).shortfall < landing.shortfall


def test_a_flight_that_least_thrust_cannot_make_last_is_not_passed_off_as_one():
    """Where even least thrust lifts the vehicle the relaxed programme burns without pushing."""
    strong = replace(MARS, thrust_min=9_500.0, thrust_max=28_500.0, position=(0, 0, 300), velocity=(0, 0, -60))
    assert land(strong, 9.0, 30).solved
    for programme in (land, land_near):
        landing = programme(strong, 25.0, 30)
        assert landing.status is ConvexStatus.NOT_LOSSLESS
        assert not landing.solved
        assert np.linalg.norm(landing.thrust, axis=1).min() < 0.9 * strong.thrust_min
    assert best_time(land, strong, (5.0, 40.0), steps=30).solved


def test_a_flight_longer_than_the_propellant_at_least_thrust_is_infeasible():
    landing = land_near(MARS, 165.0, 40)
    assert landing.status is ConvexStatus.INFEASIBLE
    assert landing.shortfall == np.inf
    assert MARS.time_bounds[1] < 165.0


def test_time_bounds_hold_the_best_time():
    low, high = MARS.time_bounds
    assert 0.0 < low < 72.2 < high < MARS.longest_flight


def test_other_numbers_build_no_new_programme():
    land(MARS, 70.0, 33)
    built = build_programme.cache_info().misses
    for flight_time, mass in ((71.0, 1905.0), (75.0, 1910.0)):
        land(replace(MARS, mass=mass, position=(1900.0, 10.0, 1400.0)), flight_time, 33)
    assert build_programme.cache_info().misses == built


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"position": (0.0, 1.0)}, r"position = .*give 3 finite numbers"),
        ({"velocity": (0.0, np.nan, 0.0)}, r"velocity = .*give 3 finite numbers"),
        ({"mass": 1500.0}, r"mass = 1500.0: keep it above dry_mass = 1505"),
        ({"dry_mass": 0.0}, r"dry_mass = 0.0: give a number above 0"),
        ({"thrust_min": 2e4}, r"thrust_min = 20000.0: keep it from 0 to below thrust_max = 13258"),
        ({"gravity": -3.7}, r"gravity = -3.7: give a number above 0"),
        ({"exhaust_velocity": np.inf}, r"exhaust_velocity = inf: give a number above 0"),
        ({"glide_slope": 4.0}, r"glide_slope = 4.0: keep it from 0 to below pi/2 rad"),
        ({"tilt": 45.0}, r"tilt = 45.0: keep it above 0 and at most pi rad"),
        ({"speed_limit": 0.0}, r"speed_limit = 0.0: give a number above 0, or None"),
    ],
)
def test_a_wrong_figure_is_named_with_its_value_and_range(change, message):
    with pytest.raises(ValueError, match=message):
        replace(MARS, **change)


def test_a_wrong_argument_is_named_with_its_value_and_range():
    with pytest.raises(ValueError, match=r"flight_time = -1.0: keep it above 0 and below 282"):
        land(MARS, -1.0)
    with pytest.raises(ValueError, match=r"flight_time = 300.0"):
        land_near(MARS, 300.0)
    with pytest.raises(ValueError, match=r"steps = 50.5: give a whole number of 2 or more"):
        land(MARS, 72.0, 50.5)
    with pytest.raises(ValueError, match=r"bracket = \(80.0, 70.0\): keep 0 <= low < high <= 282"):
        best_time(land, MARS, (80.0, 70.0))
    with pytest.raises(ValueError, match=r"tolerance = 0.0"):
        best_time(land, MARS, tolerance=0.0)
