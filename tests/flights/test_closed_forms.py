"""Closed forms of landing: the digits of the literature, flights flown again, and what must hold for every landing."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from hoverslam.flights.references.burn import CannotLand
from hoverslam.flights.references.gravity_turn import gravity_turn_landing
from hoverslam.flights.references.stopping_burn import required_thrust, stopping_burn, throttle_margin
from hoverslam.flights.references.vertical_landing import (
    landing_sensitivities,
    minimum_landing_propellant,
    vertical_landing,
)
from hoverslam.physics.constants import STANDARD_GRAVITY

BOOSTER = {
    "height": 5000.0,
    "velocity": -300.0,
    "mass": 28000.0,
    "thrust": 845e3,
    "exhaust_speed": 282 * STANDARD_GRAVITY,
}
MARS = {"height": 2000.0, "velocity": -50.0, "mass": 1905.0, "thrust": 13258.177079922916}
MARS |= {"exhaust_speed": 1966.072721110948, "gravity": 3.7114}
MOON_LANDER = {"height": 10.0, "velocity": -2.0, "mass": 1.0, "thrust": 3.0, "exhaust_speed": math.inf, "gravity": 1.5}
TURN = {"speed": 100.0, "angle_from_vertical": math.pi / 3.0, "thrust_ratio": 3.0, "gravity": 1.62}


SOFT = st.just(0.0)  # touchdown speed as a share of the speed now
HARDER = st.floats(0.0, 0.9)


@st.composite
def falls(draw, at_touchdown=SOFT):
    """A falling vehicle with room to land: constant mass, which depletion only helps, would still stop."""
    mass, gravity = draw(st.floats(10.0, 1e5)), draw(st.floats(0.5, 25.0))
    ratio, speed, touchdown = draw(st.floats(1.05, 20.0)), draw(st.floats(1.0, 1000.0)), draw(at_touchdown)
    stopping = speed**2 / (2.0 * gravity * (ratio - 1.0))
    return {
        "height": stopping * draw(st.floats(1.001, 20.0)),
        "velocity": -speed,
        "mass": mass,
        "thrust": ratio * mass * gravity,
        "exhaust_speed": draw(st.floats(500.0, 5000.0) | st.just(math.inf)),
        "gravity": gravity,
        "touchdown_speed": touchdown * speed,
    }


@st.composite
def turns(draw):
    return {
        "speed": draw(st.floats(1.0, 2000.0)),
        "angle_from_vertical": draw(st.floats(0.0, 2.8)),
        "thrust_ratio": draw(st.floats(1.05, 10.0)),
        "gravity": draw(st.floats(0.5, 25.0)),
    }


def fly_vertical(start, thrust, burn_time):
    """Height and velocity after a burn from (height, velocity), integrated."""
    mass, flow, gravity = start["mass"], thrust / start["exhaust_speed"], start.get("gravity", STANDARD_GRAVITY)

    def rates(time, state):
        return [state[1], thrust / (mass - flow * time) - gravity]

    initial, scale = [start["height"], start["velocity"]], np.array([start["height"], -start["velocity"]])
    flown = solve_ivp(rates, (0.0, burn_time), initial, "DOP853", rtol=1e-11, atol=1e-12 * scale)
    assert flown.success
    return flown.y[:, -1]


def fly_gravity_turn(speed, angle_from_vertical, thrust_ratio, gravity, time):
    """Distance, height and velocity vector, from zero distance and height, integrated in Cartesian axes."""

    def rates(_, state):
        velocity = state[2:]
        thrust = -thrust_ratio * gravity * velocity / np.hypot(*velocity)
        return np.concatenate([velocity, thrust - np.array([0.0, gravity])])

    start = [0.0, 0.0, speed * math.sin(angle_from_vertical), -speed * math.cos(angle_from_vertical)]
    flown = solve_ivp(rates, (0.0, time), start, "DOP853", rtol=1e-11, atol=1e-9)
    assert flown.success
    return flown.y[:, -1]


# the literature's digits


def test_meditch_landing_of_a_booster_to_all_digits():
    landing = vertical_landing(**BOOSTER)
    assert landing.coast_time == pytest.approx(6.258311802201028, rel=1e-12)
    assert landing.burn_time == pytest.approx(15.53512878728441, rel=1e-12)
    assert landing.flight_time == pytest.approx(21.793440589485, rel=1e-12)
    assert landing.propellant == pytest.approx(4746.809282749813, rel=1e-12)
    assert landing.ignition_height == pytest.approx(2930.460544431715, rel=1e-12)
    assert landing.ignition_velocity == pytest.approx(-361.3730734350547, rel=1e-12)
    assert landing.gravity_loss == pytest.approx(landing.delta_v + landing.ignition_velocity, rel=1e-12)
    assert landing.impulse == pytest.approx(landing.propellant * BOOSTER["exhaust_speed"], rel=1e-12)


def test_booster_sensitivities_to_all_digits():
    slope = landing_sensitivities(**BOOSTER)
    assert slope.height == pytest.approx(0.21983824266589, rel=1e-12)
    assert slope.velocity == pytest.approx(-6.7251786083694, rel=1e-12)
    assert slope.mass == pytest.approx(0.19988924150619, rel=1e-12)
    assert slope.thrust == pytest.approx(-0.0010060230525721, rel=1e-12)
    assert slope.isp == pytest.approx(-14.950127692091, rel=1e-12)


def test_meditch_landing_on_mars():
    landing = vertical_landing(**MARS)
    assert landing.coast_time == pytest.approx(11.198222780, abs=6e-10)
    assert landing.burn_time == pytest.approx(25.551526408, abs=6e-10)
    assert landing.flight_time == pytest.approx(36.749749188, abs=6e-10)
    assert landing.propellant == pytest.approx(172.306272368, abs=6e-10)
    assert landing.ignition_height == pytest.approx(1207.383722, abs=6e-7)
    assert landing.ignition_velocity == pytest.approx(-91.561084, abs=6e-7)


def test_lander_of_constant_mass_takes_the_impulse_of_the_moon_lander_problem():
    landing = vertical_landing(**MOON_LANDER)
    assert landing.coast_time == pytest.approx(1.4154037504117736, rel=1e-12)
    assert landing.flight_time == pytest.approx(4.164140834156881, rel=1e-12)
    assert landing.impulse == pytest.approx(math.sqrt(68.0), rel=1e-14)
    assert landing.propellant == 0.0


def test_gravity_turn_to_its_digits():
    turn = gravity_turn_landing(**TURN, mass=1000.0, exhaust_speed=3000.0)
    assert turn.constant == pytest.approx(225.0, rel=1e-14)
    assert turn.time == pytest.approx(27.006172839506, rel=1e-13)
    assert turn.ground_distance == pytest.approx(992.7980819398, rel=1e-12)
    assert turn.height_lost == pytest.approx(819.8302469136, rel=1e-12)
    assert turn.delta_v == pytest.approx(131.25, rel=1e-14)
    assert turn.propellant == pytest.approx(1000.0 * (1.0 - math.exp(-131.25 / 3000.0)), rel=1e-13)


def test_constant_mass_hoverslam_is_the_formula():
    slam = stopping_burn(speed=200.0, mass=1000.0, thrust=50e3, throttle=0.5, exhaust_speed=math.inf)
    assert slam.ignition_height == pytest.approx(200.0**2 / (2.0 * (25.0 - STANDARD_GRAVITY)), rel=1e-12)
    assert slam.delta_v == pytest.approx(200.0 * 25.0 / (25.0 - STANDARD_GRAVITY), rel=1e-12)
    assert slam.gravity_loss == pytest.approx(slam.delta_v - 200.0, rel=1e-12)


# landings flown again


@given(falls(HARDER))
@settings(max_examples=60, deadline=None)
def test_landing_flown_again_touches_down(fall):
    landing = vertical_landing(**fall)
    assume(landing.propellant < 0.95 * fall["mass"])  # the integrator's limit: acceleration grows as 1/mass
    coast, gravity = landing.coast_time, fall["gravity"]
    height = fall["height"] + fall["velocity"] * coast - gravity * coast**2 / 2.0
    assert height == pytest.approx(landing.ignition_height, rel=1e-9, abs=1e-9 * fall["height"])
    ignition = {**fall, "height": landing.ignition_height, "velocity": landing.ignition_velocity}
    height, velocity = fly_vertical(ignition, fall["thrust"], landing.burn_time)
    assert height == pytest.approx(0.0, abs=1e-8 * fall["height"])
    assert velocity == pytest.approx(-fall["touchdown_speed"], abs=1e-8 * landing.delta_v)


@given(falls(), st.floats(0.0, 300.0))
def test_a_vehicle_thrown_upwards_lands_as_one_that_falls_past_with_the_same_speed(fall, speed):
    fall = {**fall, "velocity": -min(speed, -fall["velocity"])}
    down = vertical_landing(**fall)
    up = vertical_landing(**{**fall, "velocity": -fall["velocity"]})
    assert up.propellant == pytest.approx(down.propellant, rel=1e-10)
    assert up.coast_time == pytest.approx(down.coast_time - 2.0 * fall["velocity"] / fall["gravity"], rel=1e-9)


@given(turns(), st.floats(0.05, 0.999))
@settings(max_examples=60, deadline=None)
def test_gravity_turn_flown_again_is_where_the_closed_form_says(turn, flown_share):
    closed = gravity_turn_landing(**turn)
    state = closed.at_time_to_go(closed.time * (1.0 - flown_share))
    distance, height, horizontal, vertical = fly_gravity_turn(**turn, time=closed.time * flown_share)
    length, speed = closed.delta_v * closed.time, turn["speed"]
    assert closed.ground_distance - state.distance_to_go == pytest.approx(distance, abs=1e-8 * length)
    assert closed.height_lost - state.height == pytest.approx(-height, abs=1e-8 * length)
    assert state.horizontal_velocity == pytest.approx(horizontal, abs=1e-7 * speed)
    assert state.vertical_velocity == pytest.approx(vertical, abs=1e-7 * speed)


def test_gravity_turn_stops_where_it_is_said_to():
    turn = gravity_turn_landing(**TURN)
    distance, height, *velocity = fly_gravity_turn(**TURN, time=turn.time * (1.0 - 1e-9))
    assert distance == pytest.approx(992.7980819398, abs=1e-6)
    assert height == pytest.approx(-819.8302469136, abs=1e-6)
    assert velocity == pytest.approx([0.0, 0.0], abs=1e-6)


# the same point by two ways


@given(turns(), st.floats(0.0, 1.0))
def test_gravity_turn_state_by_time_is_the_state_by_path_parameter(turn, share):
    turn["angle_from_vertical"] += 0.1
    closed = gravity_turn_landing(**turn)
    by_angle = closed.at_path_parameter(share * math.tan(turn["angle_from_vertical"] / 2.0))
    by_time = closed.at_time_to_go(by_angle.time_to_go)
    assert by_time.speed == pytest.approx(by_angle.speed, rel=1e-9, abs=1e-12 * turn["speed"])
    assert by_time.height == pytest.approx(by_angle.height, rel=1e-9, abs=1e-12 * closed.delta_v * closed.time)
    z = by_angle.path_parameter
    expected = closed.constant * z ** (turn["thrust_ratio"] - 1.0) * (1.0 + z**2)
    assert by_angle.speed == pytest.approx(expected, rel=1e-9, abs=1e-12 * turn["speed"])


def test_gravity_turn_straight_down_is_the_vertical_burn_at_constant_acceleration():
    turn = gravity_turn_landing(**{**TURN, "angle_from_vertical": 0.0})
    assert turn.height_lost == pytest.approx(100.0**2 / (2.0 * 2.0 * 1.62), rel=1e-14)
    assert turn.delta_v == pytest.approx(100.0 * 3.0 / 2.0, rel=1e-14)
    assert turn.ground_distance == 0.0
    assert turn.constant == math.inf
    assert turn.at_time_to_go(turn.time / 2.0).vertical_velocity == pytest.approx(-50.0, rel=1e-14)


@given(falls(HARDER))
def test_hoverslam_from_the_ignition_of_a_landing_is_its_burn(fall):
    landing = vertical_landing(**fall)
    given = {key: fall[key] for key in ("mass", "thrust", "exhaust_speed", "gravity", "touchdown_speed")}
    slam = stopping_burn(speed=-landing.ignition_velocity, **given)
    assert slam.delta_v == pytest.approx(landing.delta_v, rel=1e-9)
    assert slam.ignition_height == pytest.approx(landing.ignition_height, rel=1e-7)
    del given["thrust"]
    thrust = required_thrust(height=slam.ignition_height, speed=-landing.ignition_velocity, **given)
    assert thrust == pytest.approx(fall["thrust"], rel=1e-7)


@pytest.mark.parametrize("exhaust_speed", [1e5, 1e8, 1e12, 1e300])
def test_high_exhaust_speed_approaches_constant_mass_from_below(exhaust_speed):
    limit = vertical_landing(**{**BOOSTER, "exhaust_speed": math.inf}).delta_v
    delta_v = vertical_landing(**{**BOOSTER, "exhaust_speed": exhaust_speed}).delta_v
    assert -1e-12 * limit <= limit - delta_v <= limit**2 / exhaust_speed + 1e-12 * limit


@given(falls(st.floats(0.05, 0.9)))
@settings(deadline=None)
def test_sensitivities_are_the_differences(fall):
    fall["exhaust_speed"] = min(fall["exhaust_speed"], 5000.0)
    fall["height"] *= 1.1
    slopes = landing_sensitivities(**fall)
    for name in ("height", "velocity", "mass", "thrust", "exhaust_speed", "gravity", "touchdown_speed"):
        step = 1e-5 * abs(fall[name])
        more, less = ({**fall, name: fall[name] + change} for change in (step, -step))
        difference = (vertical_landing(**more).propellant - vertical_landing(**less).propellant) / (2.0 * step)
        slope = slopes.isp / STANDARD_GRAVITY if name == "exhaust_speed" else getattr(slopes, name)
        assert slope == pytest.approx(difference, rel=1e-3, abs=1e-7 * fall["mass"] / abs(fall[name])), name


# what holds for every landing


@given(falls(), st.floats(1.0, 5.0))
def test_more_thrust_never_needs_more_propellant(fall, more):
    stronger = vertical_landing(**{**fall, "thrust": more * fall["thrust"]})
    assert stronger.delta_v <= vertical_landing(**fall).delta_v * (1.0 + 1e-12)
    assert stronger.propellant <= vertical_landing(**fall).propellant * (1.0 + 1e-12)


@given(falls(), st.floats(0.2, 1.0))
def test_a_heavier_vehicle_needs_more_propellant(fall, less):
    lighter = vertical_landing(**{**fall, "mass": less * fall["mass"]})
    assert lighter.impulse <= vertical_landing(**fall).impulse * (1.0 + 1e-12)
    assert lighter.propellant <= vertical_landing(**fall).propellant * (1.0 + 1e-12)


@given(falls(), st.floats(1.0, 5.0))
def test_a_start_with_more_energy_needs_more_propellant(fall, more):
    higher = vertical_landing(**{**fall, "height": more * fall["height"]})
    assert higher.propellant >= vertical_landing(**fall).propellant * (1.0 - 1e-12)


@given(falls(HARDER))
def test_the_work_of_thrust_is_the_energy_taken_away(fall):
    """Constant mass, where the burn's force times its length is a closed form too."""
    landing = vertical_landing(**{**fall, "exhaust_speed": math.inf})
    energy = fall["velocity"] ** 2 / 2.0 + fall["gravity"] * fall["height"] - fall["touchdown_speed"] ** 2 / 2.0
    assert fall["thrust"] / fall["mass"] * landing.ignition_height == pytest.approx(energy, rel=1e-9)


@given(falls(HARDER), st.floats(0.1, 1.0))
def test_no_landing_beats_the_bounds(fall, dry_share):
    landing = vertical_landing(**fall)
    dry_mass = dry_share * (fall["mass"] - landing.propellant)
    given = {key: fall[key] for key in ("mass", "exhaust_speed", "gravity", "touchdown_speed", "thrust")}
    from_start = minimum_landing_propellant(speed=-fall["velocity"], height=fall["height"], dry_mass=dry_mass, **given)
    from_ignition = minimum_landing_propellant(speed=-landing.ignition_velocity, dry_mass=dry_mass, **given)
    for bound in (from_start, from_ignition):
        assert bound.impulsive <= bound.finite_thrust * (1.0 + 1e-12)
        assert bound.finite_thrust <= landing.propellant * (1.0 + 1e-10)


@given(falls())
def test_the_bound_of_finite_thrust_is_reached_at_constant_mass(fall):
    fall["exhaust_speed"] = 1e9
    landing = vertical_landing(**fall)
    given = {key: fall[key] for key in ("height", "mass", "thrust", "exhaust_speed", "gravity")}
    bound = minimum_landing_propellant(speed=-fall["velocity"], dry_mass=fall["mass"], **given)
    assert bound.finite_thrust == pytest.approx(landing.propellant, rel=1e-3)


@given(turns())
def test_no_gravity_turn_beats_the_impulsive_bound(turn):
    turn["angle_from_vertical"] = min(turn["angle_from_vertical"], math.pi / 2.0)
    closed = gravity_turn_landing(**turn, mass=1.0, exhaust_speed=3000.0)
    bound = minimum_landing_propellant(
        speed=turn["speed"],
        height=max(0.0, closed.height_lost),
        mass=1.0,
        exhaust_speed=3000.0,
        gravity=turn["gravity"],
    )
    assert bound.impulsive <= closed.propellant * (1.0 + 1e-12)


def test_the_impulsive_bound_at_the_ground_is_the_rocket_equation():
    bound = minimum_landing_propellant(speed=300.0, mass=28000.0, exhaust_speed=2765.0)
    assert bound.impulsive == pytest.approx(28000.0 * (1.0 - math.exp(-300.0 / 2765.0)), rel=1e-13)
    assert bound.finite_thrust is None


# margins


@given(falls(), st.floats(0.3, 0.99))
def test_an_undisturbed_plan_needs_its_own_throttle(fall, throttle):
    fall["thrust"] /= throttle
    margin = throttle_margin(**fall, throttle=throttle)
    assert margin.throttle_needed == pytest.approx(throttle, rel=1e-7)
    assert margin.lands
    assert margin.time_margin >= -1e-9


@given(falls(), st.floats(0.3, 0.99), st.floats(0.01, 0.99))
def test_throttle_runs_out_exactly_at_the_latest_ignition(fall, throttle, share):
    fall["thrust"] /= throttle
    whole = throttle_margin(**fall, throttle=throttle)
    part = throttle_margin(**fall, throttle=throttle, late=share * whole.time_margin)
    edge = throttle_margin(**fall, throttle=throttle, late=whole.time_margin)
    assert throttle * (1.0 - 1e-9) <= part.throttle_needed <= 1.0 + 1e-9
    assert part.propellant <= whole.propellant * (1.0 + 1e-9)
    assert edge.throttle_needed == pytest.approx(1.0, rel=1e-7)
    assert edge.ignition_height == pytest.approx(whole.latest_ignition_height, rel=1e-7)


def test_a_weak_engine_needs_the_same_thrust_from_a_wider_throttle():
    plan = throttle_margin(**BOOSTER, throttle=0.8)
    weak = throttle_margin(**BOOSTER, throttle=0.8, thrust_loss=0.1)
    assert weak.throttle_needed == pytest.approx(0.8 / 0.9, rel=1e-12)
    assert weak.margin == pytest.approx(0.1 / 0.9, rel=1e-11)
    assert weak.latest_ignition_height > plan.latest_ignition_height
    assert weak.time_margin < plan.time_margin


@pytest.mark.parametrize("late", [-2.0, 0.7, 2.0])
def test_the_throttle_needed_after_a_late_ignition_stops_at_the_ground(late):
    margin = throttle_margin(**BOOSTER, throttle=0.8, late=late, thrust_loss=0.02)
    thrust = margin.throttle_needed * 0.98 * BOOSTER["thrust"]
    start = {**BOOSTER, "height": margin.ignition_height, "velocity": margin.ignition_velocity}
    height, velocity = fly_vertical(start, thrust, margin.propellant * BOOSTER["exhaust_speed"] / thrust)
    assert height == pytest.approx(0.0, abs=1e-7)
    assert velocity == pytest.approx(0.0, abs=1e-8)


def test_too_late_an_ignition_needs_more_than_full_throttle():
    margin = throttle_margin(**BOOSTER, throttle=0.8, late=3.0)
    assert margin.time_margin < 0.0
    assert margin.margin < 0.0
    assert not margin.lands


def test_far_above_the_ground_less_than_the_weight_is_enough():
    start = {"height": 50e3, "velocity": -10.0, "mass": 28000.0, "exhaust_speed": 2765.0}
    thrust = required_thrust(height=50e3, speed=10.0, mass=28000.0, exhaust_speed=2765.0)
    assert thrust < 28000.0 * STANDARD_GRAVITY
    times = np.linspace(0.0, 0.9 * 28000.0 * 2765.0 / thrust, 20001)
    velocity = -10.0 - STANDARD_GRAVITY * times - 2765.0 * np.log1p(-thrust / 2765.0 * times / 28000.0)
    stop = times[np.flatnonzero(velocity > 0.0)[0]]
    assert fly_vertical(start, thrust, stop)[0] == pytest.approx(0.0, abs=1.0)


# what cannot land


def test_full_thrust_at_once_on_the_edge_lands_and_below_it_says_how_much_too_low():
    given = {key: BOOSTER[key] for key in ("mass", "thrust", "exhaust_speed")}
    stopping = stopping_burn(speed=300.0, **given).ignition_height
    assert vertical_landing(**{**BOOSTER, "height": stopping}).coast_time == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(CannotLand, match=r"100 m too low: full thrust \(845000 N\) at once") as refused:
        vertical_landing(**{**BOOSTER, "height": stopping - 100.0})
    assert refused.value.height_short == pytest.approx(100.0, rel=1e-9)
    assert refused.value.propellant_short == 0.0
    with pytest.raises(CannotLand) as refused:
        vertical_landing(**{**BOOSTER, "height": stopping - 1e-3})
    assert refused.value.height_short == pytest.approx(1e-3, rel=1e-6)


def test_propellant_short_is_named():
    enough = 28000.0 - 4746.809282749813
    assert vertical_landing(**BOOSTER, dry_mass=enough).propellant == pytest.approx(4746.809282749813)
    with pytest.raises(CannotLand, match=r"746\.809 kg short of propellant: .* leaves 4000 kg") as refused:
        vertical_landing(**BOOSTER, dry_mass=24000.0)
    assert refused.value.propellant_short == pytest.approx(746.809282749813, rel=1e-10)
    assert refused.value.height_short == 0.0


def test_a_burn_that_starts_below_ground_cannot_land():
    with pytest.raises(CannotLand, match=r"late = 30 s: the vehicle is .* m too low when the burn starts"):
        throttle_margin(**BOOSTER, throttle=0.8, late=30.0)


def test_on_the_ground_at_rest_nothing_is_burned():
    landing = vertical_landing(**{**BOOSTER, "height": 0.0, "velocity": 0.0})
    assert (landing.flight_time, landing.propellant, landing.delta_v) == (0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="already landed"):
        landing_sensitivities(**{**BOOSTER, "height": 0.0, "velocity": 0.0})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"height": -1.0}, "height = -1: give metres above the touchdown point"),
        ({"velocity": math.nan}, "velocity = nan: give m/s, positive upwards"),
        ({"mass": 0.0}, "mass = 0: give kilograms above 0"),
        ({"thrust": -5.0}, "thrust = -5: give newtons above 0"),
        ({"thrust": 2e5}, "thrust = 200000: give more than the weight at the start, 274586 N"),
        ({"exhaust_speed": 0.0}, "exhaust_speed = 0: give m/s above 0, inf for constant mass"),
        ({"gravity": 0.0}, "gravity = 0: give m/s2 above 0"),
        ({"dry_mass": 29000.0}, "dry_mass = 29000: give kilograms above 0, at most mass = 28000"),
        ({"touchdown_speed": -1.0}, "touchdown_speed = -1: give m/s, 0 or above"),
        ({"touchdown_speed": 500.0}, r"touchdown_speed = 500: free fall reaches 433\.666 m/s: give at most that"),
    ],
)
def test_wrong_input_to_a_landing_is_named_with_its_remedy(change, message):
    with pytest.raises(ValueError, match=message) as refused:
        vertical_landing(**{**BOOSTER, **change})
    assert not isinstance(refused.value, CannotLand)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gravity_turn_landing(**{**TURN, "thrust_ratio": 1.0}), "thrust_ratio = 1: give above 1"),
        (lambda: gravity_turn_landing(**{**TURN, "speed": 0.0}), "speed = 0: give m/s above 0"),
        (lambda: gravity_turn_landing(**{**TURN, "angle_from_vertical": 4.0}), "angle_from_vertical = 4: give rad"),
        (lambda: gravity_turn_landing(**TURN, mass=1.0), "mass = 1.0, exhaust_speed = None: give both"),
        (lambda: gravity_turn_landing(**TURN).at_path_parameter(0.6), "path_parameter = 0.6: give 0 .* to 0.57735"),
        (lambda: gravity_turn_landing(**TURN).at_time_to_go(28.0), r"time_to_go = 28: give 0 to 27\.0062 s"),
        (
            lambda: gravity_turn_landing(**{**TURN, "angle_from_vertical": 0.0}).at_path_parameter(0.0),
            "a vertical fall has none: use at_time_to_go",
        ),
        (
            lambda: stopping_burn(speed=100.0, mass=1e3, thrust=2e4, throttle=0.4, exhaust_speed=3e3),
            r"throttle = 0\.4: give a share of full thrust above 0\.490333",
        ),
        (
            lambda: stopping_burn(speed=-1.0, mass=1e3, thrust=2e4, exhaust_speed=3e3),
            "speed = -1: give m/s, at least 0",
        ),
        (
            lambda: required_thrust(height=0.0, speed=1.0, mass=1.0, exhaust_speed=1.0),
            "height = 0: give metres above 0",
        ),
        (lambda: required_thrust(height=1.0, speed=0.0, mass=1.0, exhaust_speed=1.0), "speed = 0: give m/s downwards"),
        (lambda: throttle_margin(**BOOSTER, throttle=1.2), r"throttle = 1\.2: give a share of full thrust"),
        (lambda: throttle_margin(**BOOSTER, throttle=0.8, late=-9.0), "late = -9: give seconds, at least -4.2"),
        (lambda: throttle_margin(**BOOSTER, throttle=0.8, thrust_loss=0.7), "thrust_loss = 0.7: give a fraction"),
        (
            lambda: minimum_landing_propellant(speed=1.0, mass=1.0, exhaust_speed=1.0, thrust=9.0),
            r"thrust = 9\.0, dry_mass = None: give both",
        ),
        (
            lambda: minimum_landing_propellant(speed=1.0, mass=2.0, exhaust_speed=1.0, thrust=9.0, dry_mass=1.0),
            r"thrust = 9: give more than the dry weight, 9\.80665 N",
        ),
    ],
)
def test_wrong_input_is_named_with_its_remedy(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@given(falls())
def test_depletion_makes_a_burn_cheaper_than_the_constant_mass_formula(fall):
    fall["exhaust_speed"] = min(fall["exhaust_speed"], 5000.0)
    given = {key: fall[key] for key in ("mass", "thrust", "exhaust_speed", "gravity")}
    speed, gravity, start = -fall["velocity"], fall["gravity"], fall["thrust"] / fall["mass"]
    burn = stopping_burn(speed=speed, **given)
    assert burn.delta_v < speed * start / (start - gravity)  # thrust acceleration constant at its value at ignition
    assert burn.ignition_height < speed**2 / (2.0 * (start - gravity))
