"""The check of flown launches: flights through the air are refused, and a flight of a closed form is flown as it is."""

from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.launch.flight_check import Extreme, validity_frame
from hoverslam.flights.launch.full_physics import AttitudeFlight, fly_again, inputs_of
from hoverslam.flights.launch.limits import LaunchLimit
from hoverslam.flights.launch.structure import Segment
from hoverslam.flights.launch.validity import check_flight
from hoverslam.physics import earth
from hoverslam.physics.constants import EARTH_EQUATORIAL_RADIUS, EARTH_GRAVITATIONAL_PARAMETER, EARTH_ROTATION_RATE
from hoverslam.physics.earth import LaunchFrame
from hoverslam.vehicles.loading import load_vehicle

DATA = Path(__file__).parents[1] / "data" / "flights_of_the_first_version"


def first_version(name):
    flown = xr.load_dataset(DATA / f"{name}_expendable.nc")
    vehicle = load_vehicle(name)
    return flown, vehicle, "expendable", vehicle.orbit(flown.attrs["orbit"], "expendable")


@pytest.fixture(scope="module")
def checks():
    return {name: check_flight(*first_version(name)) for name in ("longmarch6a", "zhuque3")}


@pytest.mark.parametrize(("name", "perigee"), [("longmarch6a", "-74.97 km"), ("zhuque3", "9.337 km")])
def test_flight_of_the_first_version_through_the_air_is_refused(checks, name, perigee):
    check = checks[name]
    assert not check.passed
    assert "orbit_coast: flown with the full physics, the body strikes the ground" in check.failures
    assert any(text.startswith("orbit_coast: altitude") and "at least 150 km" in text for text in check.failures)
    assert any(text.startswith(f"orbit_coast: perigee {perigee}") for text in check.failures)
    assert any(text.startswith("orbit_coast: heating") for text in check.failures)


def test_phases_that_the_first_version_flew_with_air_are_flown_alike(checks):
    flown_with_air = ("rise", "solids", "ascent", "shrouded", "second_burn")
    for check in checks.values():
        for phase in check.phases:
            if phase.phase in flown_with_air:
                assert phase.refly_error < 1e-7
                assert not [text for text in phase.failures if "off by" in text or "start" in text]


def test_the_air_that_a_staging_coast_left_out_is_noticed(checks):
    staging = next(phase for phase in checks["zhuque3"].phases if phase.phase == "staging")
    assert any("position at the end is off" in text for text in staging.failures)


def test_table_has_one_row_a_phase_with_values_and_limits(checks):
    frame = validity_frame(checks.values())
    assert len(frame) == sum(len(check.phases) for check in checks.values())
    coasts = frame[frame.phase == "orbit_coast"]
    assert not coasts.powered.any()
    assert (coasts.lowest_altitude_limit_km == 150.0).all()
    assert (coasts.lowest_altitude_km < 0.0).all()
    assert not coasts.valid.any()
    assert frame.dynamic_pressure_limit_kPa.notna().all()


def test_a_jump_between_two_phases_is_noticed(checks):
    flown, *case = first_version("zhuque3")
    later = np.flatnonzero(flown["phase"].values.astype(str) == "second_burn")
    flown["position"][later] = flown["position"][later] + 500.0
    failures = check_flight(flown, *case).failures
    assert any(text.startswith("second_burn: its start differs") for text in failures)
    assert any(text.startswith("orbit: ") for text in failures)
    assert not any("its start differs" in text for text in checks["zhuque3"].failures)


def test_a_limit_that_the_user_adds_is_checked(checks):
    flown, vehicle, recovery, orbit = first_version("zhuque3")

    def mass(state, control, p):
        return state.mass / p["payload"]

    added = [
        LaunchLimit("axial_acceleration", "ascent", upper=30.0, unit="m/s2", name="crew"),
        LaunchLimit(mass, "upper", lower=3.0, name="mass ratio"),
    ]
    failures = check_flight(flown, vehicle, recovery, orbit, added).failures
    assert any(text.startswith("ascent: axial acceleration 4 g") and "at most 3.059 g" in text for text in failures)
    assert any(text.startswith("upper: mass ratio 1.987") for text in failures)


def test_trajectory_with_missing_phases_is_refused():
    flown, *case = first_version("zhuque3")
    with pytest.raises(ValueError, match="a launch has rise, ascent"):
        check_flight(flown.isel(sample=flown["phase"].values.astype(str) != "ascent"), *case)


def test_limits_are_kept_up_to_two_thousandths_between_nodes():
    most = Extreme("dynamic_pressure", 30_050.0, 60.0, 30_000.0, False, "Pa")
    assert most.kept
    assert not replace(most, value=30_070.0).kept
    least = Extreme("altitude", 149_750.0, 900.0, 150_000.0, True, "m")
    assert least.kept
    assert not replace(least, value=149_650.0).kept


def test_coast_without_air_and_oblateness_follows_the_closed_form_of_a_circular_orbit(monkeypatch):
    """A circle at 200 km, over a frame at rest on the equator: the angle grows with the mean motion."""
    vehicle = load_vehicle("falcon9")
    frame = LaunchFrame(0.0, 0.0, 0.0, np.pi / 2)
    radius = EARTH_EQUATORIAL_RADIUS + 200e3
    motion = np.sqrt(EARTH_GRAVITATIONAL_PARAMETER / radius**3)
    times = np.linspace(0.0, 2000.0, 9)

    def at(time):  # downrange is east, and the frame turns with the Earth
        angle = (motion - EARTH_ROTATION_RATE) * time
        position = radius * np.array([np.sin(angle), 0.0, np.cos(angle)]) - np.asarray(frame.origin)
        velocity = radius * (motion - EARTH_ROTATION_RATE) * np.array([np.cos(angle), 0.0, -np.sin(angle)])
        return position, velocity

    values = vehicle_parameters.launch_parameters(vehicle, "expendable")
    inputs = inputs_of(vehicle, values, "stage2", Segment("orbit_coast", "orbit_coast"))
    states = [at(time) for time in times]
    samples = xr.Dataset(
        {
            "position": (("sample", "axis"), np.array([position for position, _ in states])),
            "velocity": (("sample", "axis"), np.array([velocity for _, velocity in states])),
            "mass": ("sample", np.full(9, 20e3)),
            **{name: ("sample", np.full(9, np.nan)) for name in ("pitch", "yaw", "throttle")},
        },
        coords={"time": ("sample", times)},
    )
    drag = fly_again(AttitudeFlight(frame, "ascent"), inputs, samples)
    wanted = np.concatenate(at(times[-1]))
    assert np.linalg.norm(drag.states[-1, :3] - wanted[:3]) > 1e3  # J2 alone shifts the body by kilometres

    monkeypatch.setattr(earth, "EARTH_J2", 0.0)
    without = fly_again(AttitudeFlight(frame, "vacuum"), inputs, samples)
    assert np.linalg.norm(without.states[-1, :3] - wanted[:3]) < 0.05
    assert np.linalg.norm(without.states[-1, 3:6] - wanted[3:]) < 1e-4
    assert float(np.ptp([frame.altitude(jnp.asarray(y[:3])) for y in without.states[::80]])) < 1.0
