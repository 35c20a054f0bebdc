"""The table of dispersions: sources and bands are complete; each mistake in a file or an override gives one line."""

import tomllib
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoverslam.margins.disturbances.dispersions import DispersionTable, single_numbers
from hoverslam.margins.disturbances.entries import GROUPS
from hoverslam.margins.disturbances.loading import DATA, load_dispersions, table_of
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import list_vehicles, load_vehicle

SCALARS = single_numbers(DispersionTable)
GENERAL = tomllib.loads((DATA / "dispersions.toml").read_text(encoding="utf-8"))
FALCON = tomllib.loads((DATA / "vehicles" / "falcon9.toml").read_text(encoding="utf-8"))


def mistake_lines(content=GENERAL, own=None, overrides=()):
    """Return the lines of the mistakes in the documents; any other exception fails the test."""
    try:
        table_of(content, own or {}, overrides, ("dispersions.toml", "vehicles/mine.toml"))
    except VehicleError as error:
        return list(error.mistakes)
    return []


def changed(key, value):
    """The general document with the value at a dotted key replaced, or removed where `value` is None."""
    document = tomllib.loads((DATA / "dispersions.toml").read_text(encoding="utf-8"))
    *path, last = key.split(".")
    here = document
    for part in path:
        here = here[int(part) if isinstance(here, list) else part]
    if value is None:
        del here[last]
    else:
        here[last] = value
    return document


def figure(value):
    return {"value": value, "status": "estimate", "source": "a test"}


def pairs(*coefficients):
    """A document correlated by `(first, second, coefficient)`."""
    stated = [{"first": a, "second": b, "coefficient": figure(r)} for a, b, r in coefficients]
    return {**GENERAL, "correlations": stated}


def test_every_vehicle_has_a_table_and_every_group_a_dispersion():
    for name in [None, *list_vehicles()]:
        table = load_dispersions(name)
        assert {entry.group for _, entry in table.entries()} == set(GROUPS)
        assert len(table.rows()) == sum(1 for _ in table.entries()) + 2  # three probabilities of engine out


def test_every_size_lies_in_a_band():
    for name in [None, *list_vehicles()]:
        for row in load_dispersions(name).rows():
            assert row["low"] < row["value"] <= row["high"] or row["low"] <= row["value"] < row["high"], row["key"]


def test_every_vehicle_file_is_of_a_vehicle():
    assert {path.stem for path in (DATA / "vehicles").glob("*.toml")} <= set(list_vehicles())


@pytest.mark.parametrize(
    "name",
    # Vehicles of other structures have no table of their own.
    [name for name in list_vehicles() if len(load_vehicle(name).modes) > 1 and load_vehicle(name).two_stages_in_line],
)
def test_sizes_in_kilograms_are_the_stated_shares_of_the_load(name):
    table, load = load_dispersions(name), load_vehicle(name).stage1.propellant
    assert table.staging_propellant.size == pytest.approx(1.5e-3 * load, rel=0.02)
    if name != "falcon9":  # at 405 t it takes the 300 kg of the general table
        assert table.mixture_residual.size == pytest.approx(0.75e-3 * load, rel=0.02)


def test_the_fit_of_the_descent_is_two_standard_errors_wide():
    """The band of the vehicle file, taken as two standard errors either way, rounded up to the figure here."""
    aero, table = load_vehicle("falcon9").aero, load_dispersions("falcon9")
    factor, preserved = aero.descent_axial_factor, aero.preserved_drag_fraction
    assert table.axial_force.size == pytest.approx((factor.high - factor.low) / 4 / factor.value, rel=0.1)
    assert table.preserved_drag.size == pytest.approx((preserved.high - preserved.low) / 4, rel=0.15)


def test_a_vehicle_file_changes_its_keys_and_nothing_else():
    general, falcon = ({row["key"]: row for row in load_dispersions(name).rows()} for name in (None, "falcon9"))
    differ = {key for key in general if general[key] != falcon[key]}
    assert differ == {f"{name}.{key}" for name, section in FALCON.items() for key in section if key != "known"}
    assert load_dispersions("falcon9").dry_mass.known == "day"


def test_sizes_come_in_si():
    table = load_dispersions(
        overrides={"misalignment.sigma_deg": 0.5, "thrust.sigma_percent": 1.5, "wind.sigma_m_s": 5}
    )
    assert table.misalignment.size == pytest.approx(np.radians(0.5), rel=1e-15)
    assert table.thrust.size == pytest.approx(0.015, rel=1e-15)
    assert table.wind.sigmas(np.array([12e3]))[0] == 5.0
    assert table.staging_position_up.size == 400.0


def test_profiles_are_linear_between_their_altitudes_and_constant_beyond():
    wind = load_dispersions(overrides={"wind.sigma_m_s": 10.0}).wind
    at = wind.sigmas(np.array([-500.0, 0.0, 1.5e3, 3e3, 12e3, 60e3, 90e3]))
    assert at == pytest.approx([4.0, 4.0, 5.0, 6.0, 10.0, 30.0, 30.0], rel=1e-14)


def test_overrides_are_estimates_and_keep_a_band_that_still_holds_them():
    inside = load_dispersions("falcon9", {"wind.sigma_m_s": 5.0}).wind.sigma_m_s
    assert (inside.value, inside.low, inside.high, inside.source) == (5.0, 2.0, 8.0, "override")
    outside = load_dispersions("falcon9", ["wind.sigma_m_s=12"]).wind.sigma_m_s
    assert (outside.value, outside.low, outside.high) == (12.0, None, None)


def test_scale_multiplies_every_size_but_those_overridden():
    plain, doubled = load_dispersions("falcon9"), load_dispersions("falcon9", {"scale": 2, "wind.sigma_m_s": 1.0})
    for before, after in zip(plain.rows(), doubled.rows(), strict=True):
        assert after["value"] == (1.0 if after["key"] == "wind.sigma_m_s" else 2.0 * before["value"])
    assert doubled.density.correlation_length == plain.density.correlation_length
    assert doubled.correlations == plain.correlations
    assert doubled.impulse.figure.source.startswith("2 x usual")


def test_scale_zero_leaves_nothing():
    assert all(row["value"] == 0.0 for row in load_dispersions(overrides={"scale": 0}).rows())


@pytest.mark.parametrize("name", [None, *list_vehicles()])
def test_every_table_can_be_doubled(name):
    assert load_dispersions(name, {"scale": 2}).impulse.size == 2.0 * load_dispersions(name).impulse.size


@pytest.mark.parametrize(
    ("document", "lines"),
    [
        (changed("wind", None), ["dispersions.toml: wind: missing: add the section [wind]"]),
        (changed("wnd", {}), ["dispersions.toml: wnd: {}: unknown key, did you mean wind?"]),
        (
            changed("impulse.sigma_percent", 0.3),
            [
                "dispersions.toml: impulse.sigma_percent: 0.3: a figure carries its source: write "
                '{ value = 0.3, status = "estimate", source = "who says so" }'
            ],
        ),
        (
            changed("impulse.sigma_percent", figure(-0.3)),
            ["dispersions.toml: impulse.sigma_percent: -0.3: must be at least 0 and at most 20 %"],
        ),
        (
            changed("impulse.sigma_percent", None),
            ["dispersions.toml: impulse.sigma_percent: missing: a normal dispersion needs it"],
        ),
        (
            changed("impulse.distribution", "uniform"),
            [
                "dispersions.toml: impulse.half_width_percent: missing: a uniform dispersion needs it",
                "dispersions.toml: impulse.sigma_percent: present: a uniform dispersion states half_width_percent: "
                "remove it",
            ],
        ),
        (
            changed("impulse.known", "later"),
            ["dispersions.toml: impulse.known: \"later\": must be 'design', 'day' or 'flight'"],
        ),
        (
            changed("wind.shape.factor", [1.0, 2.0]),
            ["dispersions.toml: wind.shape.factor: [1.0, 2.0]: 2 factors for 8 altitudes: give one for each"],
        ),
        (
            changed("wind.shape", {"altitude_km": [5, 5], "factor": [1, 1], "status": "estimate", "source": "a test"}),
            ["dispersions.toml: wind.shape.altitude_km: [5.0, 5.0]: must increase"],
        ),
        (
            changed("density.shape.factor", [0.0, 0.0, 0.0, 0.0, 0.0, 5.0]),
            [
                "dispersions.toml: density.sigma_percent: 6: reaches 30 % where its factor is largest: at most 20 %, or "
                "the air could turn negative"
            ],
        ),
        (
            changed("correlations.0.first", "staging_velocity_dwnrange"),
            [
                'dispersions.toml: correlations[0].first: "staging_velocity_dwnrange": not a dispersion of one number, '
                "did you mean staging_velocity_downrange?"
            ],
        ),
        (
            pairs(("thrust", "impulse", 0.2), ("impulse", "thrust", 0.2)),
            ["dispersions.toml: correlations[1]: impulse and thrust: given twice: keep one"],
        ),
        (
            pairs(("thrust", "thrust", 0.2)),
            [
                "dispersions.toml: correlations[0]: thrust and thrust: a dispersion is not correlated with itself: name two"
            ],
        ),
        (
            pairs(("thrust", "impulse", 1.0)),
            [
                "dispersions.toml: correlations[0].coefficient: thrust and impulse 1: must lie between -1 and 1 for the "
                "correlations to be positive definite"
            ],
        ),
        (
            pairs(("thrust", "impulse", 0.9), ("impulse", "dry_mass", 0.9), ("dry_mass", "thrust", 0.6)),
            [
                "dispersions.toml: correlations[2].coefficient: dry_mass and thrust 0.6: must lie between 0.62 and 1 for "
                "the correlations to be positive definite"
            ],
        ),
        (
            pairs(
                ("thrust", "impulse", 0.9),
                ("impulse", "dry_mass", 0.9),
                ("dry_mass", "thrust", -0.9),
                ("axial_force", "normal_force", -1.0),
            ),
            [
                "dispersions.toml: correlations[1].coefficient: impulse and dry_mass 0.9: the correlations up to this one "
                "are not positive definite: bring it closer to 0"
            ],
        ),
    ],
)
def test_each_mistake_in_a_file_gives_one_line(document, lines):
    assert mistake_lines(document) == lines


def test_a_mistake_names_the_file_it_is_in():
    own = {"wind": {"sigma_m_s": figure(-1.0)}, "thrust": {"sigma_percnt": figure(1.0)}}
    lines = mistake_lines(changed("impulse.group", "impuls"), own, {"dry_mass.sigma_percent": 50})
    assert [line.split(": ")[:2] for line in lines] == [
        ["override", "dry_mass.sigma_percent"],
        ["dispersions.toml", "impulse.group"],
        ["vehicles/mine.toml", "thrust.sigma_percnt"],
        ["vehicles/mine.toml", "wind.sigma_m_s"],
    ]


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        ({"wind.sigma_ms": 3.0}, "override: wind.sigma_ms: 3: unknown key, did you mean wind.sigma_m_s?"),
        ({"scal": 2.0}, "override: scal: 2: unknown key, did you mean scale?"),
        ({"scale": -1.0}, "override: scale: -1: must be at least 0 and at most 2"),
        (["scale=much"], 'override: scale: "much": must be at least 0 and at most 2'),
        ({"scale": float("nan")}, "override: scale: nan: must be at least 0 and at most 2"),
        ({"impulse.sigma_percent": True}, "override: impulse.sigma_percent.value: true: must be a number"),
        ({"impulse.sigma_percent": 21.0}, "override: impulse.sigma_percent: 21: must be at least 0 and at most 20 %"),
        (
            {"impulse.half_width_percent": 1.0},
            "override: impulse.half_width_percent: present: a normal dispersion states sigma_percent: remove it",
        ),
        (["wind.sigma_m_s"], "override: wind.sigma_m_s: must be key=value, such as stage1.dry_mass_t=25"),
    ],
)
def test_an_override_that_cannot_be_used_gives_one_line(overrides, line):
    with pytest.raises(VehicleError) as caught:
        load_dispersions("falcon9", overrides)
    assert caught.value.mistakes == (line,)


def test_an_unknown_vehicle_gives_the_nearest_name():
    with pytest.raises(VehicleError, match=r'vehicle: "falcon": unknown, did you mean falcon9\? \(None takes'):
        load_dispersions("falcon")


@given(
    pairs_of=st.lists(st.tuples(st.sampled_from(list(permutations(SCALARS[:4], 2))), st.floats(-1, 1)), max_size=6),
)
@settings(max_examples=100, deadline=None)
def test_correlations_are_accepted_just_when_they_are_positive_definite(pairs_of):
    distinct = {frozenset(names): (*names, coefficient) for names, coefficient in pairs_of}
    matrix = np.eye(4)
    for first, second, coefficient in distinct.values():
        i, j = SCALARS.index(first), SCALARS.index(second)
        matrix[i, j] = matrix[j, i] = coefficient
    least = np.linalg.eigvalsh(matrix)[0]
    if abs(least) > 1e-9:  # nearer to zero, rounding decides
        lines = mistake_lines(pairs(*distinct.values()))
        assert len(lines) == (least < 0.0)
        assert all(" and " in line and line.startswith("dispersions.toml: correlations[") for line in lines)


def test_the_order_of_correlations_does_not_matter():
    """Without its third pair this matrix would be indefinite."""
    stated = [("thrust", "impulse", 0.9), ("impulse", "dry_mass", 0.9), ("dry_mass", "thrust", 0.7)]
    for order in permutations(stated):
        assert mistake_lines(pairs(*order)) == []


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.lists(st.floats() | st.text(max_size=3), max_size=3)
    | st.dictionaries(st.sampled_from(["value", "low", "status", "source", "unit"]), st.floats() | st.text(max_size=3))
)
KEYS = [
    *GENERAL,
    *(f"{name}.{key}" for name, section in GENERAL.items() if isinstance(section, dict) for key in section),
    "wind.shape.factor",
    "density.shape.altitude_km",
    "impulse.sigma_percent.value",
    "correlations.1.first",
    "correlations.1.coefficient",
]


@settings(max_examples=150, deadline=None)
@given(key=st.sampled_from(KEYS), value=VALUES, scale=st.floats(0, 2))
def test_garbage_in_a_document_never_raises_anything_but_a_vehicle_error(key, value, scale):
    document = changed(key, value) if value is not None else GENERAL
    assert all(line.isprintable() for line in mistake_lines(document, {}, {"scale": scale}))
    section = key.partition(".")[0]
    assert all(line.isprintable() for line in mistake_lines(GENERAL, {section: value}, {"wind.sigma_m_s": 2.0}))


@settings(max_examples=100, deadline=None)
@given(
    key=st.text(max_size=20) | st.sampled_from(["scale", "wind.sigma_m_s", "wind.shape", "correlations"]), value=VALUES
)
def test_garbage_overrides_never_raise_anything_but_a_vehicle_error(key, value):
    for overrides in ({key: value}, [f"{key}={value}"]):
        assert all(line.isprintable() for line in mistake_lines(GENERAL, FALCON, overrides))
