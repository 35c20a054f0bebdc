"""The shipped vehicles, sites and orbits: complete, sourced, and in agreement with what has been published."""

import math
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import ValidationError

from hoverslam.data.figures import STATUSES
from hoverslam.data.units import si_factor, unit_of
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import figure_rows, list_vehicles, load_vehicle
from hoverslam.vehicles.places import Orbit, list_orbits, list_sites, load_orbit, load_site
from hoverslam.vehicles.priors import starting_file
from hoverslam.vehicles.recovery import FREE

VEHICLES = list_vehicles()
AS_PUBLISHED = (
    Path(str(files("hoverslam.flights.observed"))) / "files" / "published" / "falcon9.toml"
)  # before calibration
LAUNCHERS = [name for name in VEHICLES if load_vehicle(name).stage2]


def test_the_vehicles_of_the_package_are_complete():
    assert VEHICLES == [
        "falcon9",
        "falconheavy",
        "longmarch12a",
        "longmarch4c",
        "longmarch6a",
        "nebula1",
        "nebula1_vtvl",
        "nova",
        "tianlong3",
        "vtvl1",
        "zhuque3",
        "zhuque3_stretched",
    ]


@pytest.mark.parametrize("name", VEHICLES)
def test_every_figure_names_its_status_source_and_unit(name):
    figures = dict(load_vehicle(name).figures())
    assert len(figures) > 20
    for key, figure in figures.items():
        assert figure.status in STATUSES, key
        assert len(figure.source) > 8, key
        assert figure.unit == unit_of(key.rpartition(".")[2]), key
        assert not re.search(r"/\w+/", figure.source), f"{key}: a source names who said it, not a path"


@pytest.mark.parametrize("name", VEHICLES)
def test_every_estimate_has_a_band_and_says_how_it_was_made(name):
    for key, figure in load_vehicle(name).figures():
        if figure.status == "estimate":
            assert figure.source.startswith("estimate: "), key
            if key not in ("aero.drag_factor", "aero.descent_axial_factor"):
                assert figure.low is not None, key
                assert figure.high is not None, key


@pytest.mark.parametrize("name", VEHICLES)
def test_liftoff_mass_agrees_with_the_published_one_within_four_percent(name):
    vehicle = load_vehicle(name)
    by_mode = {p.recovery: p.payload_t.si for p in reversed(vehicle.payload_published)}
    payload = by_mode.get("downrange", by_mode.get("expendable", 0.0))
    assert vehicle.liftoff_mass_published_t is not None
    assert vehicle.liftoff_mass(payload) == pytest.approx(vehicle.liftoff_mass_published_t.si, rel=0.04)


@pytest.mark.parametrize(
    ("name", "ratio"),
    [(AS_PUBLISHED, 1.74), ("zhuque3", 1.14), ("tianlong3", 1.35), ("longmarch12a", 0.80), ("nebula1", 0.63)],
)
def test_thrust_to_weight_of_one_engine_at_its_floor_one_tonne_above_dry(name, ratio):
    stage = load_vehicle(starting_file(name)).stage1  # the sources' figures, before any inference
    thrust = stage.engine.thrust_sea_level * stage.engine.throttle_min.si
    assert thrust / ((stage.dry_mass + 1000.0) * 9.80665) == pytest.approx(ratio, abs=0.006)


@pytest.mark.parametrize(("name", "ratio"), [("zhuque3", 1.37), ("longmarch6a", 1.37), ("nebula1", 1.31)])
def test_liftoff_thrust_to_weight_is_the_known_one(name, ratio):
    vehicle = load_vehicle(name)
    mass = vehicle.liftoff_mass_published_t.si
    assert vehicle.liftoff_thrust / (mass * 9.80665) == pytest.approx(ratio, abs=0.01)


def test_values_convert_to_si():
    vehicle = load_vehicle(AS_PUBLISHED)
    assert vehicle.stage1.dry_mass == 27_200.0
    assert vehicle.stage1.engine.thrust_sea_level == 845_000.0
    assert vehicle.recovery.angle_of_attack_max_deg.si == pytest.approx(math.radians(10.0))
    assert vehicle.recovery.flip_rate_deg_s.si == pytest.approx(math.radians(10.0))
    assert vehicle.recovery.heating_max_kW_m2.si == 110_000.0
    assert vehicle.recovery.heating_max_kW_m2.low_si == 90_000.0
    assert vehicle.limits.axial_acceleration_max_g.si == pytest.approx(39.2266)
    assert vehicle.limits.q_alpha_max_kPa_deg.si == pytest.approx(100e3 * math.pi / 180.0)
    assert vehicle.limits.free_molecular_heating_max_W_m2.si == 1135.0
    assert vehicle.stage2.performance_reserve == pytest.approx(1_075.0)
    assert vehicle.stage1.usable_propellant == pytest.approx(408_500.0)
    assert vehicle.aero.reference_area == pytest.approx(10.52, abs=0.005)


@pytest.mark.parametrize("key", ["dry_mass_t", "thrust_min", "throttle_max", "landing_engines", "drag_factor"])
def test_a_key_without_a_unit_suffix_has_no_unit(key):
    assert unit_of(key) == ("t" if key == "dry_mass_t" else "")
    assert si_factor(unit_of(key)) == (1000.0 if key == "dry_mass_t" else 1.0)


def test_engine_numbers_follow_from_thrust_and_specific_impulse():
    engine = load_vehicle(AS_PUBLISHED).stage1.engine
    assert engine.mass_flow == pytest.approx(845e3 / (9.80665 * 282.0))
    assert engine.thrust_vacuum == pytest.approx(845e3 * 311.0 / 282.0)
    assert engine.thrust_vacuum - 101_325.0 * engine.exit_area == pytest.approx(845e3)
    upper = load_vehicle("falcon9").stage2.engine
    assert upper.mass_flow == pytest.approx(287.5, rel=1e-3)  # SpaceSim states 287.5 kg/s
    assert upper.exit_area == 0.0


def test_strap_ons_burn_their_whole_load():
    motor = load_vehicle("longmarch6a").strap_ons
    assert motor.count == 4
    assert motor.mass_flow * motor.burn_time_s.si == pytest.approx(motor.propellant_t.si)
    assert motor.thrust_vacuum - 101_325.0 * motor.exit_area == pytest.approx(motor.thrust_sea_level_kN.si, rel=0.01)


def test_modes_start_with_expendable_and_follow_the_recovery():
    assert load_vehicle("falcon9").modes == ("expendable", "downrange", "return_to_launch_site")
    assert load_vehicle("longmarch6a").modes == ("expendable",)
    assert load_vehicle("vtvl1").modes == ()


def test_published_payloads_are_found_by_orbit_and_mode():
    falcon = load_vehicle("falcon9")
    assert falcon.published_payload("leo200", "expendable").payload_t.value == 22.8
    assert falcon.published_payload("leo200", "downrange").payload_t.high == 18.5
    assert falcon.published_payload("polar800", "expendable") is None
    stretched = load_vehicle("zhuque3_stretched")
    published = [stretched.published_payload("leo450", mode).payload_t.value for mode in stretched.modes]
    assert published == [21.3, 18.3, 12.5]


@pytest.mark.parametrize("name", LAUNCHERS)
def test_a_launcher_reaches_the_plane_of_each_published_payload(name):
    vehicle = load_vehicle(name)
    for published in vehicle.payload_published:
        orbit = vehicle.orbit(published.orbit, published.recovery)
        lowest = math.radians(vehicle.launch_site.lowest_inclination.value)
        assert lowest <= orbit.inclination <= math.pi - lowest


def test_an_orbit_without_inclination_takes_the_vehicles():
    assert math.degrees(load_vehicle("zhuque3").orbit("leo450", "downrange").inclination) == pytest.approx(55.0)
    assert math.degrees(load_vehicle("falcon9").orbit().inclination) == pytest.approx(28.5)
    east = load_vehicle("falcon9").orbit(load_orbit({"perigee_altitude_km": 300, "apogee_altitude_km": 300.0}))
    assert math.degrees(east.inclination) == pytest.approx(28.40, abs=0.01)


def test_a_plane_out_of_reach_of_the_launch_site_is_refused():
    with pytest.raises(VehicleError, match=r"^orbit leo200: inclination_deg: 28.5: jiuquan_lm12a reaches inclinations"):
        load_vehicle("longmarch12a").orbit("leo200")
    with pytest.raises(VehicleError, match="a test article flies to no orbit"):
        load_vehicle("vtvl1").orbit()


def test_vehicles_cannot_be_changed():
    vehicle = load_vehicle("falcon9")
    with pytest.raises(ValidationError):
        vehicle.stage1.dry_mass_t.value = 1.0
    with pytest.raises(ValidationError):
        vehicle.name = "other"
    assert hash(vehicle) == hash(load_vehicle("falcon9"))


def test_figure_rows_make_a_table():
    rows = figure_rows(load_vehicle("falcon9"))
    row = next(row for row in rows if row["key"] == "payload_published[1].payload_t")
    assert (row["value"], row["low"], row["high"], row["unit"], row["status"]) == (17.5, 17.5, 18.5, "t", "published")


def great_circle_km(one, other):
    a, b, difference = one.latitude, other.latitude, other.longitude - one.longitude
    return 6371.0 * math.acos(math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(difference))


@pytest.mark.parametrize(("name", "distance"), [("zhuque3", 390.0), ("longmarch12a", 251.7)])
def test_the_fixed_downrange_pads_lie_where_they_were_announced(name, distance):
    vehicle = load_vehicle(name)
    found = great_circle_km(vehicle.launch_site, load_site(vehicle.recovery.downrange_site))
    assert found == pytest.approx(distance, abs=0.5)


@pytest.mark.parametrize("name", LAUNCHERS)
def test_the_return_pad_is_near_the_launch_pad(name):
    vehicle = load_vehicle(name)
    if "return_to_launch_site" in vehicle.modes:
        assert great_circle_km(vehicle.launch_site, load_site(vehicle.recovery.landing_site)) < 15.0
        assert vehicle.recovery.downrange_site == FREE or load_site(vehicle.recovery.downrange_site)


def test_sites_and_orbits_load_and_unknown_ones_get_a_suggestion():
    for name in list_sites():
        assert load_site(name).name == name
    assert {"leo200", "leo450", "sso500", "polar800"} <= set(list_orbits())
    assert load_orbit("sso500").perigee_altitude == 500e3
    with pytest.raises(VehicleError, match='site: "slc4O": unknown, did you mean slc40 or slc4e'):
        load_site("slc4O")
    with pytest.raises(VehicleError, match='orbit: "leo20": unknown, did you mean leo200'):
        load_orbit("leo20")


def test_an_orbit_may_be_described_in_place():
    orbit = load_orbit({"perigee_altitude_km": 300, "apogee_altitude_km": 400.0, "inclination_deg": 42})
    assert isinstance(orbit, Orbit)
    assert orbit.inclination == pytest.approx(math.radians(42.0))
    assert orbit.inclination_deg.source == "given by the user"
    with pytest.raises(VehicleError, match="perigee_altitude_km: 500: must not exceed the apogee"):
        load_orbit({"perigee_altitude_km": 500, "apogee_altitude_km": 400.0})
    with pytest.raises(VehicleError, match=r"inclination_deg: missing: use Vehicle\.orbit"):
        _ = load_orbit("leo450").inclination


def test_loading_a_vehicle_imports_no_solver():
    code = "import sys, hoverslam as hs; hs.load_vehicle('falcon9'); print({'jax', 'casadi'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
