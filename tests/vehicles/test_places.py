"""Sites and orbits by id and by values: texts, mappings, tables of a vehicle file, and everything wrong with them."""

import math
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoverslam.data.figures import Figure
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import check_file, load_vehicle
from hoverslam.vehicles.places import Orbit, Site, list_orbits, list_sites, load_orbit, load_site, place_row
from hoverslam.vehicles.sun_synchronous import sun_synchronous_inclination

PUBLISHED = (
    (files("hoverslam.flights.observed") / "files" / "published" / "falcon9.toml")
    .read_text(encoding="utf-8")
    .replace('name = "falcon9"', 'name = "mine"', 1)
)
PAD = {"latitude_deg": 28.56, "longitude_deg": -80.58, "elevation_m": 5}


def values(orbit):
    """Perigee and apogee (km), inclination and argument of perigee (deg); None for what the orbit leaves open."""
    figures = (
        orbit.perigee_altitude_km,
        orbit.apogee_altitude_km,
        orbit.inclination_deg,
        orbit.argument_of_perigee_deg,
    )
    return tuple(None if figure is None else figure.value for figure in figures)


# ---- orbits ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected", "name", "title"),
    [
        ("500x500x97.4", (500, 500, 97.4, None), "500x500x97.4", "500 km circular, 97.4 deg"),
        ("200x35786x28.5", (200, 35786, 28.5, None), "200x35786x28.5", "200 x 35,786 km, 28.5 deg"),
        (" 200 X 35786.0 × 28.50 ", (200, 35786, 28.5, None), "200x35786x28.5", "200 x 35,786 km, 28.5 deg"),
        ("550x600", (550, 600, None, None), "550x600", "550 x 600 km"),
        ("550", (550, 550, None, None), "550x550", "550 km circular"),
        ("185x35786x28.5x178", (185, 35786, 28.5, 178), "185x35786x28.5x178", None),
        ("185x35786xanyx178", (185, 35786, None, 178), "185x35786xANYx178", None),
    ],
)
def test_a_text_states_an_orbit(text, expected, name, title):
    orbit = load_orbit(text)
    assert values(orbit) == expected
    assert orbit.name == name
    assert title in (None, orbit.title)
    assert load_orbit(orbit.name) == orbit
    assert orbit.perigee_altitude_km.status == "estimate"
    assert orbit.perigee_altitude_km.source == "given by the user"


def test_values_of_an_orbit_are_in_si():
    orbit = load_orbit("185x35786x28.5x178")
    assert (orbit.perigee_altitude, orbit.apogee_altitude) == (185e3, 35_786e3)
    assert orbit.inclination == pytest.approx(math.radians(28.5))
    assert orbit.argument_of_perigee == pytest.approx(math.radians(178.0))
    assert load_orbit("gto").argument_of_perigee is None


@pytest.mark.parametrize(("altitude", "inclination"), [(500, 97.40), (700, 98.19), (800, 98.60), (1000, 99.48)])
def test_the_sun_synchronous_inclination_is_the_known_one(altitude, inclination):
    assert sun_synchronous_inclination(altitude) == pytest.approx(inclination, abs=0.005)
    for text in (f"{altitude}xSSO", f"{altitude}x{altitude}xsso"):
        orbit = load_orbit(text)
        assert orbit.inclination_deg.value == sun_synchronous_inclination(altitude)
        assert orbit.inclination_deg.status == "derived"
        assert orbit.name == f"{altitude}x{altitude}xSSO"
        assert load_orbit(orbit.name) == orbit


@pytest.mark.parametrize("name", ["sso500", "sso700"])
def test_the_sun_synchronous_orbits_of_the_package_have_that_inclination(name):
    orbit = load_orbit(name)
    assert orbit.inclination_deg.value == pytest.approx(
        sun_synchronous_inclination(orbit.perigee_altitude_km.value), abs=0.05
    )


@given(perigee=st.floats(100.0, 2_000.0), above=st.floats(0.0, 2_000.0))
def test_a_sun_synchronous_plane_turns_once_a_year(perigee, above):
    inclination = math.radians(sun_synchronous_inclination(perigee, perigee + above))
    axis = 6378.137 + perigee + above / 2
    eccentricity = above / 2 / axis
    parameter = axis * (1 - eccentricity**2)
    rate = -1.5 * math.sqrt(398600.4418 / axis**3) * 1.08262982e-3 * (6378.137 / parameter) ** 2 * math.cos(inclination)
    assert math.degrees(rate) * 86_400.0 == pytest.approx(0.98565, abs=1e-5)


def test_above_5974_km_no_inclination_is_sun_synchronous():
    assert sun_synchronous_inclination(5_974.0) > 179.0
    with pytest.raises(
        VehicleError, match="inclination_deg: too high for a sun-synchronous inclination: lower the orbit"
    ):
        load_orbit("5975xSSO")


@pytest.mark.parametrize("altitudes", [(math.nan,), (math.inf,), (-1.0,), (0.0,), (600.0, 500.0), (500.0, math.nan)])
def test_altitudes_that_make_no_orbit_have_no_sun_synchronous_inclination(altitudes):
    with pytest.raises(VehicleError, match="perigee_altitude_km: must be finite, positive, and not above the apogee"):
        sun_synchronous_inclination(*altitudes)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ("500x200x97", 'orbit "500x200x97": perigee_altitude_km: 500: must not exceed the apogee (200 km)'),
        ("20x200x97", 'orbit "20x200x97": perigee_altitude_km: 20: must be more than 80 and at most 100000 km'),
        ("500x500x190", 'orbit "500x500x190": inclination_deg: 190: must be at least 0 and at most 180 deg'),
        ("500x500x-1", 'orbit "500x500x-1": inclination_deg: -1: must be at least 0 and at most 180 deg'),
        ("500xnan", 'orbit "500xnan": apogee_altitude_km.value: nan: must be a finite number'),
        ("500x1e999", 'orbit "500x1e999": apogee_altitude_km.value: inf: must be a finite number'),
        (
            "500x600x5x400",
            'orbit "500x600x5x400": argument_of_perigee_deg: 400: must be at least 0 and at most 360 deg',
        ),
        (
            "550x550x5x90",
            'orbit "550x550x5x90": argument_of_perigee_deg: 90: leave it out: a circular orbit has no perigee',
        ),
    ],
)
def test_a_wrong_value_of_an_orbit_gives_one_line(wrong, line):
    with pytest.raises(VehicleError) as caught:
        load_orbit(wrong)
    assert caught.value.mistakes == (line,)


@pytest.mark.parametrize(
    "wrong", ["500x", "x500", "500x500xabc", "500x500x97x1x2", "550xsso500", "SSOx500", "500xxSSO"]
)
def test_a_text_of_another_form_is_told_the_form(wrong):
    with pytest.raises(VehicleError) as caught:
        load_orbit(wrong)
    assert caught.value.mistakes == (
        f'orbit: "{wrong}": must be PERIGEExAPOGEExINCLINATION in km and deg, such as 500x500x97.4, or 550xSSO for a '
        "sun-synchronous circle",
    )


@pytest.mark.parametrize("load", [load_orbit, load_site])
@pytest.mark.parametrize("wrong", [5, 5.0, None, [500, 500], True, b"leo200", math.nan])
def test_what_is_no_text_and_no_mapping_is_refused(load, wrong):
    with pytest.raises(VehicleError, match="must be an id, a mapping, or"):
        load(wrong)


def test_an_unknown_id_is_told_the_nearest_one_and_the_form():
    with pytest.raises(VehicleError, match=r"did you mean leo200\? \(or state values: PERIGEExAPOGEExINCLINATION"):
        load_orbit("leo20")
    with pytest.raises(VehicleError, match=r"did you mean lz1 or lz2 or lz4\?.* LATITUDExLONGITUDExELEVATION"):
        load_site("lz3")


def test_an_orbit_is_its_own_description():
    orbit = load_orbit("leo450")
    assert load_orbit(orbit) is orbit
    assert load_site(load_site("slc40")) is load_site("slc40")


def test_a_mapping_is_called_by_its_values_unless_it_states_a_name():
    orbit = load_orbit(
        {"perigee_altitude_km": np.float32(300), "apogee_altitude_km": np.int64(400), "inclination_deg": 42}
    )
    assert orbit == load_orbit("300x400x42")
    named = load_orbit({"name": "mine", "title": "Mine", "perigee_altitude_km": 300, "apogee_altitude_km": 400})
    assert (named.name, named.title) == ("mine", "Mine")
    assert load_site(PAD).name == "28.56x-80.58x5"


@pytest.mark.parametrize("name", ["leo200", "500x500"])
def test_a_description_may_not_take_the_name_of_another_orbit(name):
    with pytest.raises(VehicleError, match=rf'^orbit: name: "{name}": names another entry: choose another name'):
        load_orbit({"name": name, "perigee_altitude_km": 300, "apogee_altitude_km": 400})


def test_a_vehicle_flies_to_orbits_of_every_kind():
    vehicle = load_vehicle("falcon9")
    for given_orbit in ("500x600x53", {"perigee_altitude_km": 500, "apogee_altitude_km": 600, "inclination_deg": 53}):
        assert values(vehicle.orbit(given_orbit)) == (500, 600, 53, None)
    assert vehicle.orbit("500").inclination_deg.value == pytest.approx(28.40, abs=0.01)
    assert load_vehicle("zhuque3").orbit("500").inclination_deg.value == 55.0  # the inclination of the vehicle file
    with pytest.raises(VehicleError, match=r"^orbit 500x500x20: inclination_deg: 20: slc40 reaches inclinations"):
        vehicle.orbit("500x500x20")


def test_the_default_orbit_of_a_vehicle_may_be_a_text():
    vehicle = load_vehicle("falcon9", {"default_orbit": "550xSSO"})
    assert vehicle.orbit().name == "550x550xSSO"
    with pytest.raises(VehicleError, match=r'^override: default_orbit: orbit "500x200": perigee_altitude_km: 500'):
        load_vehicle("falcon9", {"default_orbit": "500x200"})


def test_a_published_payload_may_be_stated_for_an_orbit_by_values(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        PUBLISHED.replace(
            'orbit = "leo200"\nrecovery = "expendable"', 'orbit = "400 x 400 x 51.6"\nrecovery = "expendable"'
        )
    )
    assert path.read_text() != PUBLISHED
    vehicle = load_vehicle(path)
    assert vehicle.published_payload(vehicle.orbit("400x400x51.60").name, "expendable") is not None
    assert vehicle.published_payload("leo200", "expendable") is None


# ---- sites -----------------------------------------------------------------------------------------------------------
def test_a_text_states_a_site():
    site = load_site("28.56x-80.58x5")
    assert (site.latitude_deg.value, site.longitude_deg.value, site.elevation_m.value) == (28.56, -80.58, 5.0)
    assert site.azimuth_min_deg is None
    limited = load_site("-28.56 x 80.58 x 5 x 35 x 120")
    assert (limited.azimuth_min_deg.value, limited.azimuth_max_deg.value) == (35.0, 120.0)
    for found in (site, limited):
        assert load_site(found.name) == found
        assert (found.kind, found.title) == ("launch pad", "given by the user")


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ("91x0x0", 'site "91x0x0": latitude_deg: 91: must be at least -90 and at most 90 deg'),
        ("0x181x0", 'site "0x181x0": longitude_deg: 181: must be at least -180 and at most 180 deg'),
        ("0x0x9000", 'site "0x0x9000": elevation_m: 9000: must be at least -430 and at most 6000 m'),
        ("0x0xnan", 'site "0x0xnan": elevation_m.value: nan: must be a finite number'),
        ("0x0x0x90x90", 'site "0x0x0x90x90": azimuth_max_deg: 90: must differ from azimuth_min_deg'),
        ("0x0", 'site: "0x0": must be LATITUDExLONGITUDExELEVATION in deg and m, such as 28.56x-80.58x5'),
        ("0x0x0x90", 'site: "0x0x0x90": must be LATITUDExLONGITUDExELEVATION in deg and m, such as 28.56x-80.58x5'),
        ("0x0xsea", 'site: "0x0xsea": must be LATITUDExLONGITUDExELEVATION in deg and m, such as 28.56x-80.58x5'),
    ],
)
def test_a_wrong_text_of_a_site_gives_one_line(wrong, line):
    with pytest.raises(VehicleError) as caught:
        load_site(wrong)
    assert caught.value.mistakes == (line,)


@pytest.mark.parametrize(("stated", "missing"), [("min", "max"), ("max", "min")])
def test_a_site_states_both_azimuth_limits_or_none(stated, missing):
    line = rf"^site: azimuth_{missing}_deg: missing: add it, or remove azimuth_{stated}_deg: both"
    with pytest.raises(VehicleError, match=line):
        load_site({**PAD, f"azimuth_{stated}_deg": 90})


@pytest.mark.parametrize(
    ("limits", "allowed", "refused"),
    [
        ((35, 120), (35, 90, 120), (34.9, 120.1, 200, 359)),
        ((350, 90), (350, 0, 360, 45, 90), (349, 91, 180)),
        ((0, 360), (0, 90, 270, 360), ()),
        ((90, 0), (90, 180, 359, 0), (1, 89)),
    ],
)
def test_the_allowed_sector_runs_clockwise_from_its_start_to_its_end(limits, allowed, refused):
    site = load_site({**PAD, "azimuth_min_deg": limits[0], "azimuth_max_deg": limits[1]})
    assert [azimuth for azimuth in allowed if not site.allows_azimuth(math.radians(azimuth))] == []
    assert [azimuth for azimuth in refused if site.allows_azimuth(math.radians(azimuth))] == []
    assert load_site(PAD).allows_azimuth(math.radians(234.0))


@pytest.mark.parametrize("given_site", ["28.56x-80.58x5", PAD, load_site(PAD)], ids=["text", "mapping", "site"])
def test_a_vehicle_may_stand_on_a_site_by_values(given_site):
    vehicle = load_vehicle("falcon9", {"site": given_site})
    assert vehicle.launch_site == load_site(PAD)
    assert vehicle.payload_published == ()  # they hold for the site of the file
    assert hash(vehicle) == hash(load_vehicle("falcon9", {"site": given_site}))
    assert load_vehicle("falcon9", ["site=28.56x-80.58x5"]).launch_site == load_site(PAD)


def test_a_site_as_an_inline_table_is_read_from_the_command_line_form():
    text = "site={latitude_deg = 28.56, longitude_deg = -80.58, elevation_m = 5}"
    assert load_vehicle("falcon9", [text]).launch_site == load_site(PAD)


def test_a_vehicle_with_its_own_site_lists_the_figures_of_the_site():
    figures = dict(load_vehicle("falcon9", {"site": PAD}).figures())
    assert figures["site.latitude_deg"].value == 28.56
    assert not any(key.startswith("site.") for key, _ in load_vehicle("falcon9").figures())


def test_landing_sites_may_be_given_by_values():
    near = {"latitude_deg": 28.5, "longitude_deg": -80.5, "elevation_m": 3}
    vehicle = load_vehicle("falcon9", {"recovery.landing_site": near, "recovery.downrange_site": "32x-76x0"})
    assert load_site(vehicle.recovery.landing_site).latitude_deg.value == 28.5
    assert load_site(vehicle.recovery.downrange_site).longitude_deg.value == -76.0


TABLE = """
[site]
latitude_deg = { value = 28.56, status = "published", source = "survey" }
longitude_deg = { value = -80.58, status = "published", source = "survey" }
elevation_m = { value = 5.0, status = "published", source = "survey" }
"""


def on_site(tmp_path, table, site='site = "slc40"\n'):
    path = tmp_path / "mine.toml"
    assert PUBLISHED.count(site) == 1
    path.write_text(PUBLISHED.replace(site, "").replace("\n[stage1]\n", f"{table}\n[stage1]\n", 1))
    return path


def test_a_vehicle_file_may_hold_its_site_as_a_table(tmp_path):
    path = on_site(tmp_path, TABLE)
    assert check_file(path) == []
    site = load_vehicle(path).launch_site
    assert site.latitude_deg == Figure(value=28.56, unit="deg", status="published", source="survey")
    assert site.name == "28.56x-80.58x5"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("28.56", "98.56", "site.latitude_deg: 98.56: must be at least -90 and at most 90 deg"),
        ("elevation_m", "height_m", "site.elevation_m: missing: add elevation_m = "),
        (
            '{ value = 5.0, status = "published", source = "survey" }',
            "5",
            "site.elevation_m: 5: a figure carries its source",
        ),
        ("[site]", "[site]\nname = 'slc40'", 'site: site: name: "slc40": names another entry'),
    ],
)
def test_a_wrong_table_of_a_site_is_told_by_its_keys(tmp_path, old, new, line):
    path = on_site(tmp_path, TABLE.replace(old, new))
    assert check_file(path)[0].startswith(f"{path}: {line}")
    with pytest.raises(VehicleError):
        load_vehicle(path)


def test_a_missing_site_is_told_as_a_key(tmp_path):
    path = on_site(tmp_path, "")
    assert check_file(path) == [f"{path}: site: missing: add site = …"]


@pytest.mark.parametrize(
    ("site", "line"),
    [
        ("91x0x0", 'override: site: site "91x0x0": latitude_deg: 91: must be at least -90 and at most 90 deg'),
        ({**PAD, "latitude_deg": 91}, "override: site.latitude_deg: 91: must be at least -90 and at most 90 deg"),
        (7, "override: site: 7: must be the id of a site, a table, or LATITUDExLONGITUDExELEVATION in deg and m, such as "
        "28.56x-80.58x5"),
        ("slc", 'override: site: "slc": unknown site, did you mean slc40 or slc4e?'),
    ],
)  # fmt: skip
def test_a_wrong_override_of_the_site_gives_one_line(site, line):
    with pytest.raises(VehicleError) as caught:
        load_vehicle("falcon9", {"site": site})
    assert caught.value.mistakes == (line,)


def test_another_site_need_not_reach_the_orbit_of_the_file_unless_it_is_flown_to():
    vehicle = load_vehicle("falcon9", {"site": "60x10x5"})
    assert vehicle.orbit("550xSSO").name == "550x550xSSO"
    reach = r"60x10x5 reaches inclinations from 59\.8 to 120\.2 deg only"
    with pytest.raises(VehicleError, match=f"orbit leo200: inclination_deg: 28.5: {reach}"):
        vehicle.orbit()
    with pytest.raises(VehicleError, match=f"default_orbit: 28.5 deg: {reach}"):
        load_vehicle("falcon9", {"site": "60x10x5", "default_orbit": "leo200"})


def test_the_site_of_a_file_reaches_the_orbit_of_the_file(tmp_path):
    path = on_site(tmp_path, TABLE.replace("28.56", "60.0"))
    assert (
        f"{path}: default_orbit: 28.5 deg: 60x-80.58x5 reaches inclinations from 59.8 to 120.2 deg only"
        in check_file(path)
    )


@pytest.mark.parametrize("name", [*list_sites(), *list_orbits()])
def test_every_place_of_the_package_has_a_title_of_its_own_and_a_source(name):
    place = load_site(name) if name in list_sites() else load_orbit(name)
    assert place.title != "given by the user"
    row = place_row(place)
    assert row["name"] == name
    assert row["source"]
    key = "latitude_deg" if isinstance(place, Site) else "perigee_altitude_km"
    assert row[key] == getattr(place, key).value


# ---- anything at all -------------------------------------------------------------------------------------------------
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(10**400), st.floats(), st.text(max_size=20), st.binary(max_size=4)
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
NUMBERISH = st.one_of(
    st.floats().map(str),
    st.integers().map(str),
    st.sampled_from(["SSO", "sso", "any", "", " ", "nan", "-inf", "1e3", "٣", "1_0"]),
)
TEXTS = st.one_of(st.text(max_size=30), st.lists(NUMBERISH, min_size=1, max_size=6).map("x".join))
ORBIT_KEYS = [
    "perigee_altitude_km",
    "apogee_altitude_km",
    "inclination_deg",
    "argument_of_perigee_deg",
    "name",
    "title",
]
SITE_KEYS = ["latitude_deg", "longitude_deg", "elevation_m", "azimuth_min_deg", "azimuth_max_deg", "name", "kind"]


def loaded_or_told(load, given_place):
    """The place, or None where every line of the error is a line of text; any other exception fails the test."""
    lines = ()
    try:
        return load(given_place)
    except VehicleError as error:
        lines = error.mistakes
    assert lines
    assert all(line and line.isprintable() for line in lines)
    return None


@given(TEXTS)
def test_any_text_gives_an_orbit_or_a_message(text):
    orbit = loaded_or_told(load_orbit, text)
    assert orbit is None or load_orbit(orbit.name) == orbit


@given(TEXTS)
def test_any_text_gives_a_site_or_a_message(text):
    site = loaded_or_told(load_site, text)
    assert site is None or load_site(site.name) == site


@given(ANYTHING)
def test_any_object_gives_an_orbit_and_a_site_or_a_message(given_place):
    loaded_or_told(load_orbit, given_place)
    loaded_or_told(load_site, given_place)


@given(st.dictionaries(st.sampled_from(ORBIT_KEYS), st.one_of(ANYTHING, st.floats(0, 2_000)), max_size=6))
def test_any_mapping_of_the_keys_of_an_orbit_gives_an_orbit_or_a_message(content):
    loaded_or_told(load_orbit, content)


@given(st.dictionaries(st.sampled_from(SITE_KEYS), st.one_of(ANYTHING, st.floats(-90, 360)), max_size=7))
def test_any_mapping_of_the_keys_of_a_site_gives_a_site_or_a_message(content):
    loaded_or_told(load_site, content)


@given(
    perigee=st.floats(80.001, 99_999), above=st.floats(0, 90_000), inclination=st.none() | st.floats(0, 180),
    argument=st.none() | st.floats(0, 360),
)  # fmt: skip
def test_an_orbit_by_values_comes_back_by_its_name(perigee, above, inclination, argument):
    apogee = min(perigee + above, 100_000.0)
    content = {"perigee_altitude_km": perigee, "apogee_altitude_km": apogee}
    content |= {} if inclination is None else {"inclination_deg": inclination}
    content |= {} if argument is None or apogee == perigee else {"argument_of_perigee_deg": argument}
    orbit = load_orbit(content)
    assert isinstance(orbit, Orbit)
    assert load_orbit(orbit.name) == orbit


@given(ANYTHING)
def test_any_override_of_the_site_gives_a_vehicle_or_a_message(value):
    loaded_or_told(lambda given_site: load_vehicle("falcon9", {"site": given_site}), value)
