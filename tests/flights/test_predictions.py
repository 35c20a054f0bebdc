"""First-order answers and re-solves: how well a prediction is met, and that a changed flight is what solving it anew gives."""

import numpy as np
import pytest

import hoverslam as hs
from hoverslam.flights.landing.changes import changed_case, landing_figures
from hoverslam.ocp.answers.prediction import RANGE, central_slope, predicted, vector_sizes


@pytest.fixture(scope="module")
def launch():
    return hs.solve_launch("falcon9", "expendable")


@pytest.fixture(scope="module")
def landing():
    lander = hs.Lander.of("falcon9", [(3, 1)])
    start = hs.LandingStart((-300.0, 100.0, 5000.0), (40.0, 0.0, -300.0), 35.5e3)
    limits = hs.LandingLimits(tilt=np.radians(20.0), angle_of_attack=np.radians(10.0))
    return hs.Landing(lander, start, limits).solve()


def percent(flight, key):
    return {key: dict(flight.plan.vehicle.figures())[key].value * 1.01}


@pytest.mark.parametrize("key", ["stage2.engine.specific_impulse_vacuum_s", "limits.dynamic_pressure_max_kPa"])
def test_a_launch_changed_by_a_percent_is_predicted_to_a_thousandth(launch, key):
    again = launch.resolve(percent(launch, key))
    assert again.verified
    assert launch.predict(percent(launch, key)).value == pytest.approx(again.payload, rel=1e-3)


def test_a_launch_that_is_not_verified_does_not_say_so(launch):
    quick = launch.resolve(percent(launch, "stage2.dry_mass_t"), verify=False)
    assert quick.converged
    assert not quick.verified
    assert np.isnan(quick.refly_error)
    assert quick.payload == pytest.approx(launch.resolve(percent(launch, "stage2.dry_mass_t")).payload, rel=1e-6)


def test_a_changed_vehicle_gives_what_its_changed_figure_gives(launch):
    change = percent(launch, "stage2.dry_mass_t")
    vehicle = hs.load_vehicle("falcon9", [f"{key}={value}" for key, value in change.items()])
    other = launch.with_vehicle(vehicle)
    assert other.verified
    assert other.payload == pytest.approx(launch.resolve(change).payload, rel=1e-7)


def test_another_orbit_is_solved_from_the_known_flight(launch):
    higher = launch.resolve(orbit="205x205x28.5")
    assert higher.verified
    assert higher.orbit == "205x205x28.5"
    assert 0.99 * launch.payload < higher.payload < launch.payload


def test_a_limit_that_is_added_to_a_solved_launch_holds_and_costs_payload(launch):
    most = 0.9 * max(limit.reached for limit in launch.limits if limit.name == "dynamic_pressure")
    gentle = launch.resolve(constraints=[hs.LaunchLimit("dynamic_pressure", "ascent", upper=most, name="gentle")])
    assert gentle.verified
    (found,) = [limit for limit in gentle.limits if limit.name == "gentle"]
    assert found.reached <= most * (1.0 + 1e-3)
    assert gentle.payload < launch.payload


@pytest.mark.parametrize("key", ["start.mass", "start.position.downrange", "lander.thrust", "limits.tilt"])
def test_a_landing_changed_by_a_percent_is_solved_again_and_predicted(landing, key):
    change = {key: 1.01 * landing_figures(landing.case)[key]}
    again = landing.resolve(change)
    assert again.verified
    assert landing.predict(change).value == pytest.approx(again.propellant, rel=2e-4)


def test_a_changed_landing_is_the_landing_stated_so(landing):
    change = {"lander.thrust": 1.02 * landing.case.lander.thrust, "start.velocity.up": -305.0}
    stated = changed_case(landing.case, change)
    anew = hs.Landing(stated.lander, stated.start, stated.limits).solve()
    assert landing.resolve(change).propellant == pytest.approx(anew.propellant, rel=1e-3)


def test_a_key_that_a_landing_does_not_have_is_told_with_those_it_has(landing):
    with pytest.raises(KeyError, match=r"start\.mas.*start\.mass"):
        landing.resolve({"start.mas": 1.0})
    with pytest.raises(KeyError, match="limits"):
        landing.predict({"limits.speed": 100.0})  # this landing has no limit on speed


def test_a_prediction_names_what_is_moved_beyond_its_range():
    known = {"a": 10.0, "v[0]": 0.0, "v[1]": 100.0}
    slopes = {"a": 2.0, "v[0]": 1.0, "v[1]": 1.0}
    sizes = vector_sizes(known)
    near = predicted(5.0, slopes, known, {"a": 10.0 * (1.0 + 0.9 * RANGE), "v[0]": 1.0}, sizes)
    assert near.within_range
    assert float(near) == pytest.approx(5.0 + 2.0 * 9.0 * RANGE + 1.0)
    far = predicted(5.0, slopes, known, {"a": 11.0, "v[0]": 3.0, "v[1]": 100.5}, sizes)
    assert far.beyond == ("a", "v[0]")


def test_a_central_slope_is_exact_for_a_square():
    assert central_slope(lambda x: x**2, 3.0) == pytest.approx(6.0, rel=1e-9)
    assert central_slope(lambda x: 2.0 * x, 0.0) == pytest.approx(2.0, rel=1e-9)
