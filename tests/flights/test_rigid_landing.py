"""Landings of a rigid body: known answers, agreement with the point mass, and what real actuators cost."""

import numpy as np
import pytest
from landers import (
    CAPE,
    DEGREE,
    FALCON_LIMITS,
    FLIP,
    FLIP_GATE,
    FLIP_START,
    SZMUK,
    SZMUK_LIMITS,
)

from hoverslam.flights.craft.lander import Lander
from hoverslam.flights.craft.rigid_lander import RigidLander
from hoverslam.flights.landing.case import LandingLimits, LandingStart
from hoverslam.flights.landing.solve import Landing
from hoverslam.ocp.statement.options import Options, Tolerances
from hoverslam.physics.earth import FlatGround
from hoverslam.physics.rigid_body import FixedBody

FINE = Options(
    tolerances=Tolerances(mesh=1e-6, objective=1e-5), max_iterations=300, diagnose=False, ipopt={"mu_init": 1e-2}
)
HOPPER = Lander.simple("Hopper", 800.0, 20e3, 2800.0, (0.3, 1.0))
HOPPER_START = LandingStart((60.0, 0.0, 400.0), (-5.0, 3.0, -50.0), 1100.0)
HOPPER_LIMITS = LandingLimits(tilt=60.0 * DEGREE, body_rate=2.0)


def szmuk(position=(4.0, 0.0, 4.0), velocity=(-4.0, 0.0, -1.0)):
    """The well-posed variant in least time."""
    landing = Landing(
        SZMUK, LandingStart(position, velocity, 2.0), SZMUK_LIMITS, ground=FlatGround(1.0), coast=None, burn=(1.0, 10.0),
        touchdown_velocity=(0.0, 0.0, -0.1), least="time", pad_only=True,
    )  # fmt: skip
    return landing.solve()


def hopper(inertia, start=HOPPER_START):
    """A hopper whose ball of mass turns the more easily the smaller its inertia is."""
    body = FixedBody((inertia,) * 3, -1.0, 0.0)
    lander = RigidLander(**vars(HOPPER), body=body, gimbal=20.0 * DEGREE)
    return Landing(lander, start, HOPPER_LIMITS, ground=FlatGround(9.81), coast=None, pad_only=True).solve()


def test_szmuk_lands_in_2_868522():
    result = szmuk()
    assert result.verified
    assert result.flight_time == pytest.approx(2.868522, rel=1e-6)
    assert result.solution["burn_1"].final.mass == pytest.approx(1.866418, rel=1e-5)


def test_a_rigid_landing_does_not_depend_on_its_heading():
    assert szmuk((0.0, 4.0, 4.0), (0.0, -4.0, -1.0)).flight_time == pytest.approx(2.868522, rel=1e-6)


def test_rigid_body_approaches_the_point_mass_as_its_inertia_vanishes():
    point = Landing(
        HOPPER, HOPPER_START, LandingLimits(tilt=60.0 * DEGREE), ground=FlatGround(9.81), coast=None
    ).solve()
    extra = []
    for inertia in (300.0, 100.0):
        result = hopper(inertia)
        assert result.verified
        extra.append(result.propellant / point.propellant - 1.0)
    assert 0.0 < extra[1] < extra[0] < 1e-3
    # the cost of turning goes with the square root of the inertia: extrapolated to none, nothing is left
    left = (extra[1] * np.sqrt(3.0) - extra[0]) / (np.sqrt(3.0) - 1.0)
    assert abs(left) < 5e-5


@pytest.fixture(scope="module")
def flip():
    limits = LandingLimits(glide_slope_depth=0.01, shortest_burn=0.2, longest_burn=10.0, body_rate=2.0, gate=FLIP_GATE)
    landing = Landing(FLIP, FLIP_START, limits, ground=FlatGround(9.81), coast=(0.2, 30.0), pad_only=True)
    return landing.solve(FINE)


def test_flip_finds_the_best_of_its_optima(flip):
    assert flip.verified
    # 6144.7 kg on a fine mesh in the plane, where worse optima have 6526.8 and 6599.3
    assert flip.propellant == pytest.approx(6144.7, rel=1.5e-3)
    assert flip.ignition_height == pytest.approx(517.46, rel=2e-3)
    assert flip.ignition_speed == pytest.approx(86.373, rel=1e-4)


def test_belly_first_coast_follows_its_closed_form(flip):
    # v^2 = vt^2 + (v0^2 - vt^2) exp(-2 g dh / vt^2)
    terminal = np.sqrt(2.0 * 100e3 * 9.81 / (1.225 * 545.0 * 0.4068))
    assert terminal == pytest.approx(84.997, abs=5e-3)

    def speed(height):
        return np.sqrt(terminal**2 + (90.0**2 - terminal**2) * np.exp(-2.0 * 9.81 * (1000.0 - height) / terminal**2))

    assert speed(490.34) == pytest.approx(86.28, abs=5e-3)
    flown = flip.trajectory()
    coast = flown.phase == "coast"
    heights, speeds = flown.position.values[coast, 2], -flown.velocity.values[coast, 2]
    np.testing.assert_allclose(speeds, speed(heights), rtol=1e-7)


def test_gate_holds_its_limits(flip):
    gate = [limit for limit in flip.limits if limit.phase == "gate"]
    speed = next(limit for limit in gate if limit.name == "speed below the gate")
    assert speed.reached <= 20.0 * (1.0 + 1e-3)
    assert flip.solution["gate"].initial.position[2] == pytest.approx(100.0, abs=1e-6)


@pytest.fixture(scope="module")
def falcon():
    start = LandingStart(
        (-100.0, 30.0, 5000.0), (10.0, 0.0, -300.0), 35.5e3, attitude=(np.cos(DEGREE), 0.0, -np.sin(DEGREE), 0.0)
    )
    limits = LandingLimits(**{**vars(FALCON_LIMITS), "rate_at_touchdown": DEGREE, "body_rate": 15.0 * DEGREE})
    lander = RigidLander.of("falcon9")
    point = Landing(lander.point_mass(), start, limits, ground=CAPE, pad_only=True).solve()
    return point, Landing(lander, start, limits, ground=CAPE, pad_only=True).solve()


def test_attitude_and_engine_transients_cost_a_little_propellant(falcon):
    point, rigid = falcon
    assert point.verified
    assert rigid.verified
    assert 1.0 < rigid.propellant / point.propellant < 1.06


def test_thrust_comes_up_after_ignition_and_never_jumps(falcon):
    flown = falcon[1].trajectory()
    burning = flown.phase.values == "burn_1"
    level, time = flown.level.values[burning], flown.time.values[burning]
    assert level[0] == pytest.approx(0.0, abs=1e-9)
    steps = np.diff(time) > 1e-9
    lag = RigidLander.of("falcon9").lag
    assert np.max(np.abs(np.diff(level)[steps] / np.diff(time)[steps])) <= 1.0 / lag + 1e-6


def test_touchdown_is_upright_and_still(falcon):
    end = falcon[1].solution["burn_1"].final
    w, x, y, z = end.attitude
    assert np.degrees(np.arccos(1.0 - 2.0 * (x**2 + y**2))) < 1.01
    assert np.degrees(np.max(np.abs(end.rate))) < 1.01
    assert w**2 + x**2 + y**2 + z**2 == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"body": None}, "body: missing"),
        ({"gimbal": 0.0}, "gimbal"),
        ({"gimbal_rate": 1.0}, "or neither"),
        ({"lag": 0.2}, "lag"),
    ],
)
def test_bad_actuators_are_refused(changes, words):
    stated = {"body": FixedBody((1.0, 1.0, 1.0), -1.0, 0.0)} | changes
    with pytest.raises(ValueError, match=words):
        RigidLander(**vars(HOPPER), **stated)
