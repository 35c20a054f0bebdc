"""Draws: distributions, covariances, and the same bits for the same sample whatever the batch."""

import warnings
from typing import Annotated

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import ndtr, ndtri

from hoverslam.data.figures import Figure
from hoverslam.margins.choices import SCHEMES
from hoverslam.margins.disturbances.booster import Booster
from hoverslam.margins.disturbances.columns import ALTITUDES, COLUMNS, column_groups, column_names
from hoverslam.margins.disturbances.dispersions import DispersionTable, components_of, effects_of
from hoverslam.margins.disturbances.draws import draw, nominal, perturbations_at, perturbations_of
from hoverslam.margins.disturbances.effects import CUT_OFF_MASS, Scales
from hoverslam.margins.disturbances.entries import GROUPS, Dispersion, Relative
from hoverslam.margins.disturbances.loading import load_dispersions
from hoverslam.margins.disturbances.uniforms import standard_vectors
from hoverslam.margins.disturbances.world import world_of

TABLE = load_dispersions("falcon9")
NAMES = list(column_names())
MANY = 20_000
ALL = np.arange(MANY)
STRIDES = 5.0  # standard errors a statistic may be off: 6e-7 for each of a few hundred

# One draw for all statistics; engine-outs made frequent enough to count.
OFTEN = load_dispersions(
    "falcon9",
    {f"engine_out.probability_{burn}_percent": p for burn, p in [("boostback", 5), ("entry", 8), ("landing", 12)]},
)
SAMPLES = draw(OFTEN, 7, ALL)
FIRST = [[0.4220341803460731, 0.34249750953111324], [0.12249594880961012, 0.8371081692355752]]


def same_bits(one, other):
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.array_equal(a.view(np.uint64), b.view(np.uint64)) for a, b in pairs)


def rows(perturbations, chosen):
    return jax.tree.map(lambda values: values[chosen], perturbations)


def unit_columns():
    """The scalar columns of normal distribution divided by their standard deviation."""
    for name in NAMES:
        entry = getattr(OFTEN, name, None)
        if entry is not None and entry.distribution == "normal" and hasattr(entry, "size"):
            yield name, entry.size


def column(name):
    """What a one-column dispersion became."""
    axes = {"downrange": 0, "left": 1, "up": 2}
    for kind in ("staging_position", "staging_velocity"):
        if name.startswith(kind):
            return getattr(SAMPLES, kind)[:, axes[name.removeprefix(f"{kind}_")]]
    return SAMPLES.navigation_position[:, 2] if name == "navigation_up" else SAMPLES.scalars[name]


# Shapes and zero -------------------------------------------------------------------------------------------------------


def test_shapes_and_types():
    n = 5
    shapes = {name: np.shape(field) for name, field in draw(TABLE, 0, np.arange(n)).arrays().items()}
    assert shapes == {name: np.shape(field) for name, field in nominal(n).arrays().items()}
    wide = {name: shape[1] for name, shape in shapes.items() if len(shape) == 2}
    assert {name: shape[0] for name, shape in shapes.items()} == dict.fromkeys(shapes, n)
    assert wide == {
        "staging_position": 3, "staging_velocity": 3, "engine_thrust": 9, "density": 61, "wind_east": 61,
        "wind_north": 61, "start_delay": 3, "start_transient": 3, "navigation_position": 3, "navigation_velocity": 3,
        "misalignment": 2,
    }  # fmt: skip
    assert SAMPLES.engine_out_burn.dtype == np.int64
    assert np.array_equal(ALTITUDES, np.linspace(0.0, 60e3, 61))


def test_perturbations_are_a_pytree():
    doubled = jax.tree.map(lambda field: 2 * field, nominal(3))
    assert type(doubled) is type(nominal(3))
    assert len(jax.tree.leaves(doubled)) == len(nominal(3).arrays())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_scale_zero_is_exactly_nominal(scheme):
    nothing = load_dispersions("falcon9", {"scale": 0})
    assert same_bits(draw(nothing, 3, np.arange(64), scheme, 64), nominal(64))


def test_no_samples_are_no_samples():
    for scheme in SCHEMES:
        assert standard_vectors(1, np.array([], int), scheme, 8).shape == (0, COLUMNS)


# Distributions ---------------------------------------------------------------------------------------------------------


def test_normal_dispersions_have_their_mean_and_standard_deviation():
    checked = list(unit_columns())
    assert len(checked) == 14
    for name, sigma in checked:
        values = column(name) / sigma
        assert abs(values.mean()) < STRIDES / np.sqrt(MANY), name
        assert abs(values.std() - 1.0) < STRIDES / np.sqrt(2.0 * MANY), name


@pytest.mark.parametrize(
    ("values", "distribution"),
    [
        (SAMPLES.scalars["thrust"], stats.norm(scale=OFTEN.thrust.size)),
        (SAMPLES.engine_thrust[:, 4], stats.norm(scale=OFTEN.engine_thrust.size)),
        (SAMPLES.scalars["mixture_residual"], stats.halfnorm(scale=OFTEN.mixture_residual.size)),
        (SAMPLES.start_delay[:, 2], stats.truncnorm(-3, 3, scale=OFTEN.start_delay.size)),
        (SAMPLES.scalars["throttle_lag"], stats.uniform(-OFTEN.throttle_lag.size, 2 * OFTEN.throttle_lag.size)),
        (SAMPLES.misalignment[:, 1], stats.norm(scale=np.radians(0.2))),
    ],
    ids=["normal", "each engine", "half-normal", "truncated normal", "uniform", "degrees"],
)
def test_samples_follow_their_distribution(values, distribution):
    assert stats.kstest(values, distribution.cdf).pvalue > 1e-5


def test_quantile_functions_are_those_of_scipy():
    at = np.zeros((5, COLUMNS))
    at[:] = np.array([-6.0, -1.0, 0.0, 2.0, 6.0])[:, None]
    drawn, level = perturbations_at(TABLE, at), ndtr(at[:, 0])
    half = stats.halfnorm.isf(ndtr(-at[:, 0]))
    assert drawn.scalars["mixture_residual"] == pytest.approx(TABLE.mixture_residual.size * half, rel=1e-12)
    cut = stats.truncnorm(-3, 3).ppf(level)
    assert drawn.start_delay[:, 0] == pytest.approx(TABLE.start_delay.size * cut, rel=1e-12, abs=1e-15)
    assert drawn.scalars["attitude_lag"] == pytest.approx(TABLE.attitude_lag.size * (2 * level - 1), rel=1e-14)
    assert drawn.scalars["axial_force"] == pytest.approx(TABLE.axial_force.size * at[:, 0], rel=1e-15)


def test_bounded_dispersions_stay_within_their_bounds():
    assert SAMPLES.scalars["mixture_residual"].min() >= 0.0
    assert np.abs(SAMPLES.start_delay).max() <= 3.0 * OFTEN.start_delay.size * (1 + 1e-12)
    assert np.abs(SAMPLES.scalars["throttle_lag"]).max() <= OFTEN.throttle_lag.size


def test_engines_fail_as_often_as_stated_and_at_any_moment_of_the_burn():
    burns, share = SAMPLES.engine_out_burn, SAMPLES.engine_out_share
    for burn, p in enumerate([0.05, 0.08, 0.12], start=1):
        assert abs((burns == burn).mean() - p) < STRIDES * np.sqrt(p * (1 - p) / MANY)
    assert set(np.unique(burns)) == {0, 1, 2, 3}
    assert not share[burns == 0].any()
    assert stats.kstest(share[burns > 0], "uniform").pvalue > 1e-5
    assert share.max() < 1.0


def test_a_burn_without_probability_is_never_struck():
    sure = {"engine_out.probability_boostback_percent": 0, "engine_out.probability_entry_percent": 15}
    burns = draw(load_dispersions(None, {**sure, "engine_out.probability_landing_percent": 0}), 1, ALL).engine_out_burn
    assert set(np.unique(burns)) == {0, 2}


# Covariances -----------------------------------------------------------------------------------------------------------


def correlation_error(r):
    """Standard error of a correlation coefficient of normals."""
    return (1.0 - r**2) / np.sqrt(MANY)


def test_correlated_dispersions_have_the_stated_matrix():
    names = OFTEN.correlated
    found = np.corrcoef([column(name) for name in names])
    wanted = OFTEN.correlation_matrix()
    off = ~np.eye(len(names), dtype=bool)
    assert (np.abs(found - wanted)[off] < STRIDES * correlation_error(wanted[off])).all()
    assert len(names) == 8


def test_correlations_are_exact_in_the_linear_map():
    """The Jacobian of the normal dispersions by their standard normals is a square root of their covariance."""
    names = OFTEN.correlated
    places = [NAMES.index(name) for name in names]
    at = np.zeros((len(names), COLUMNS))
    at[np.arange(len(names)), places] = 1.0
    moved = perturbations_at(OFTEN, at)
    columns = {
        **{
            f"staging_position_{axis}": moved.staging_position[:, k]
            for k, axis in enumerate(("downrange", "left", "up"))
        },
        **{
            f"staging_velocity_{axis}": moved.staging_velocity[:, k]
            for k, axis in enumerate(("downrange", "left", "up"))
        },
        "staging_propellant": moved.scalars["staging_propellant"],
        "impulse": moved.scalars["impulse"],
    }
    jacobian = np.array([columns[name] / getattr(OFTEN, name).size for name in names])
    assert jacobian @ jacobian.T == pytest.approx(OFTEN.correlation_matrix(), abs=1e-14)


def test_what_is_not_correlated_is_independent():
    others = [name for name, _ in unit_columns() if name not in OFTEN.correlated]
    found = np.corrcoef([*(column(name) for name in others), *SAMPLES.engine_thrust.T, SAMPLES.wind_east[:, 10],
                         SAMPLES.wind_north[:, 10], SAMPLES.density[:, 10], column("staging_propellant")])  # fmt: skip
    assert np.abs(found - np.eye(len(found))).max() < STRIDES / np.sqrt(MANY)


def profile_covariance(profile):
    sigma = profile.sigmas(ALTITUDES)
    apart = np.abs(ALTITUDES[:, None] - ALTITUDES[None, :])
    return np.outer(sigma, sigma) * np.exp(-apart / profile.correlation_length)


@pytest.mark.parametrize("name", ["density", "wind_east", "wind_north"])
def test_profiles_have_exactly_the_covariance_of_a_gauss_markov_process(name):
    """A profile is linear in its standard normals, so that its matrix, read off column by column, squares to it."""
    profile = TABLE.density if name == "density" else TABLE.wind
    places = [NAMES.index(f"{name}[{k}]") for k in range(len(ALTITUDES))]
    at = np.zeros((len(ALTITUDES), COLUMNS))
    at[np.arange(len(ALTITUDES)), places] = 1.0
    root = getattr(perturbations_at(TABLE, at), name)
    wanted = profile_covariance(profile)
    assert root.T @ root == pytest.approx(wanted, rel=1e-12, abs=1e-14 * wanted.max())


@pytest.mark.parametrize("name", ["density", "wind_east"])
def test_sampled_profiles_have_that_covariance(name):
    profile = TABLE.density if name == "density" else TABLE.wind
    sigma = profile.sigmas(ALTITUDES)
    found = np.cov((getattr(SAMPLES, name) / sigma).T)
    wanted = profile_covariance(profile) / np.outer(sigma, sigma)
    # Of normals, var of a covariance is (s_ii s_jj + s_ij^2)/N.
    assert (np.abs(found - wanted) < STRIDES * np.sqrt((1.0 + wanted**2) / MANY)).all()


# The same sample, whatever the batch -----------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_sample_is_the_same_bit_for_bit_in_every_batch(scheme):
    total = 300
    whole = draw(TABLE, 11, np.arange(total), scheme, total)
    for size in (1, 7, 64, 299):
        for start in range(0, total, size if size > 1 else 41):
            numbers = np.arange(start, min(start + size, total))
            assert same_bits(draw(TABLE, 11, numbers, scheme, total), rows(whole, numbers))


@pytest.mark.parametrize("scheme", SCHEMES)
@settings(max_examples=20, deadline=None)
@given(numbers=st.lists(st.integers(0, 255), max_size=40))
def test_a_sample_is_the_same_in_every_order_and_repeated(scheme, numbers):
    whole = standard_vectors(5, np.arange(256), scheme, 256)
    assert np.array_equal(standard_vectors(5, np.array(numbers, int), scheme, 256), whole[np.array(numbers, int)])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_another_seed_is_another_sample(scheme):
    one, other = (standard_vectors(seed, np.arange(32), scheme, 32) for seed in (1, 2))
    assert (one != other).all()


@pytest.mark.parametrize("seed", [0, 7, 2**64 - 1])
def test_random_streams_are_those_of_philox_with_the_number_in_its_counter(seed):
    numbers = [0, 1, 99_999, 2**40]
    found = standard_vectors(seed, numbers)
    for row, number in zip(found, numbers, strict=True):
        raw = np.random.Philox(key=seed, counter=[0, number, 0, 0]).random_raw(COLUMNS)
        assert np.array_equal(row, ((raw >> np.uint64(12)).astype(float) + 0.5) / 2.0**52)


def test_the_first_bits_of_a_seed_stay_what_they_are():
    """Stored samples are only worth what a seed means from one version to the next."""
    assert standard_vectors(2026, [0, 3])[:, :2].tolist() == FIRST


def test_uniforms_are_uniform_and_independent():
    vectors = standard_vectors(3, ALL)
    assert (vectors > 0.0).all()
    assert (vectors < 1.0).all()
    assert np.abs(vectors.mean(0) - 0.5).max() < STRIDES / np.sqrt(12 * MANY)
    found = np.corrcoef(vectors.T)
    assert np.abs(found - np.eye(COLUMNS)).max() < (STRIDES + 0.5) / np.sqrt(MANY)  # of 25,000 pairs
    assert np.abs([np.corrcoef(vectors[:-1, k], vectors[1:, k])[0, 1] for k in range(8)]).max() < STRIDES / np.sqrt(
        MANY
    )


# Sobol and Latin designs -----------------------------------------------------------------------------------------------


def test_a_sobol_design_is_extended_by_its_next_points():
    first, more = (standard_vectors(9, np.arange(n), "sobol") for n in (128, 256))
    assert np.array_equal(more[:128], first)
    assert np.array_equal(standard_vectors(9, np.arange(128, 256), "sobol"), more[128:])


@pytest.mark.parametrize("n", [64, 1024])
def test_powers_of_two_of_a_sobol_design_fill_every_slice_once(n):
    """A digital net: each of n equal slices of every column holds one point, also after scrambling."""
    vectors = standard_vectors(9, np.arange(n), "sobol")
    assert (np.sort(np.floor(vectors * n), axis=0) == np.arange(n)[:, None]).all()
    later = standard_vectors(9, np.arange(n, 2 * n), "sobol")
    assert (np.sort(np.floor(later * n), axis=0) == np.arange(n)[:, None]).all()


def test_a_sobol_design_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for numbers in ([0], [0, 1, 2], [5, 6, 9], [2, 0, 300]):
            assert standard_vectors(1, numbers, "sobol").shape == (len(numbers), COLUMNS)


def test_a_sobol_mean_is_closer_than_a_random_one():
    """Of a linear function the error falls as 1/n, not 1/sqrt(n): far below the standard error of random samples."""
    n = 1024
    means = ndtri(standard_vectors(4, np.arange(n), "sobol")).mean(0)
    assert np.abs(means).max() < 0.2 / np.sqrt(n)


@pytest.mark.parametrize("total", [1, 10, 37, 1000])
def test_a_latin_design_has_one_sample_in_every_slice(total):
    vectors = standard_vectors(6, np.arange(total), "latin", total)
    assert (np.sort(np.floor(vectors * total), axis=0) == np.arange(total)[:, None]).all()


def test_latin_columns_are_not_correlated():
    n = 1000
    found = np.corrcoef(standard_vectors(6, np.arange(n), "latin", n).T)
    assert np.abs(found - np.eye(COLUMNS)).max() < (STRIDES + 0.5) / np.sqrt(n)


# Columns for sensitivity and linear covariance -------------------------------------------------------------------------


def test_every_column_belongs_to_one_group():
    groups = column_groups(TABLE)
    assert list(groups) == list(GROUPS)
    assert sorted(np.concatenate(list(groups.values()))) == list(range(COLUMNS))
    assert len(set(NAMES)) == len(NAMES) == COLUMNS
    assert [NAMES[k] for k in groups["mass"]] == ["dry_mass"]
    assert [NAMES[k] for k in groups["thrust"]] == ["thrust", *(f"engine_thrust[{k}]" for k in range(9))]
    assert {NAMES[k].partition("[")[0] for k in groups["wind"]} == {"wind_east", "wind_north"}


FIELDS = {
    "mass": {"dry_mass"},
    "thrust": {"thrust", "engine_thrust"},
    "impulse": {"impulse"},
    "mixture": {"mixture_residual"},
    "aerodynamics": {"axial_force", "normal_force"},
    "plume": {"preserved_drag"},
    "density": {"density"},
    "wind": {"wind_east", "wind_north"},
    "staging": {"staging_position", "staging_velocity", "staging_propellant"},
    "engine start": {"start_delay", "start_transient"},
    "actuation": {"throttle_lag", "attitude_lag", "misalignment"},
    "navigation": {"navigation_position", "navigation_velocity"},
    "engine out": {"engine_out_burn", "engine_out_share"},
}


@pytest.mark.parametrize("group", GROUPS)
def test_mixing_a_group_of_two_samples_changes_that_group_alone(group):
    """Impulse takes the propellant at cut-off along, with which it is correlated."""
    one, other = (standard_vectors(seed, np.arange(400)) for seed in (1, 2))
    mixed = one.copy()
    mixed[:, column_groups(OFTEN)[group]] = other[:, column_groups(OFTEN)[group]]
    before, after = (perturbations_of(OFTEN, vectors) for vectors in (one, mixed))
    differ = {name for name, field in before.arrays().items() if not np.array_equal(field, after.arrays()[name])}
    assert differ == FIELDS[group] | ({"staging_propellant"} if group == "impulse" else set())


def test_the_middle_is_nominal_but_for_what_is_one_sided():
    for middle in (
        perturbations_of(TABLE, np.full((1, COLUMNS), 0.5)),
        perturbations_at(TABLE, np.zeros((1, COLUMNS))),
    ):
        median = TABLE.mixture_residual.size * ndtri(0.75)
        assert middle.scalars["mixture_residual"][0] == pytest.approx(median, rel=1e-14)
        assert same_bits(middle.with_scalars(mixture_residual=np.zeros(1)), nominal(1))


def test_steps_either_way_of_a_normal_coordinate_are_opposite():
    at = np.zeros((2 * COLUMNS, COLUMNS))
    at[np.arange(COLUMNS), np.arange(COLUMNS)] = 1.0
    at[COLUMNS + np.arange(COLUMNS), np.arange(COLUMNS)] = -1.0
    moved = perturbations_at(TABLE, at).arrays()
    for name in ("mixture_residual", "engine_out_burn", "engine_out_share"):
        del moved[name]
    for name, field in moved.items():
        assert field[:COLUMNS] == pytest.approx(-field[COLUMNS:], rel=1e-13, abs=1e-15), name


def test_uniforms_and_normals_are_two_ways_to_say_the_same():
    vectors = standard_vectors(8, np.arange(20))
    assert same_bits(perturbations_of(TABLE, vectors), perturbations_at(TABLE, ndtri(vectors)))


# A new dispersion -----------------------------------------------------------------------------------------------------


class TableWithThrottleFloor(DispersionTable):
    """The table and one more dispersion of a known kind: this declaration and a section of the data file are all it takes."""

    throttle_floor: Annotated[Relative, Scales("throttle_floor")]


THROTTLE_FLOOR = {
    "title": "lowest throttle", "group": "thrust", "known": "design", "distribution": "normal",
    "sigma_percent": Figure(value=5.0, unit="%", status="estimate", source="a test"),
}  # fmt: skip


def test_a_new_dispersion_of_one_number_is_declared_once_and_gets_column_group_and_effect():
    table = TableWithThrottleFloor.model_validate({**dict(TABLE), "throttle_floor": THROTTLE_FLOOR})
    assert set(column_names(TableWithThrottleFloor)) == {*NAMES, "throttle_floor"}
    place = column_names(TableWithThrottleFloor).index("throttle_floor")
    assert place in column_groups(table)["thrust"]
    assert "throttle_floor.sigma_percent" in {row["key"] for row in table.rows()}
    drawn = draw(table, 7, np.arange(5))
    levels = standard_vectors(7, np.arange(5), columns=COLUMNS + 1)[:, place]
    assert drawn.scalars["throttle_floor"] == pytest.approx(0.05 * ndtri(levels))
    nominal_booster = Booster(*np.arange(1.0, 16.0))
    first = jax.tree.map(lambda values: values[0], drawn)
    world = world_of(nominal_booster, 5e4, first, TableWithThrottleFloor)
    floor = nominal_booster.throttle_floor * (1.0 + drawn.scalars["throttle_floor"][0])
    assert world.booster.throttle_floor == floor != nominal_booster.throttle_floor
    without = world_of(nominal_booster, 5e4, first)
    same = world._replace(booster=world.booster._replace(throttle_floor=nominal_booster.throttle_floor))
    assert jax.tree.all(jax.tree.map(np.array_equal, without, same))


def test_every_effect_acts_on_a_figure_that_exists():
    known = {*Booster._fields, CUT_OFF_MASS}
    for name, effects in effects_of(DispersionTable).items():
        assert {effect.figure for effect in effects} <= known, name


def test_every_dispersion_of_numbers_acts_on_figures_or_fills_a_vector():
    numbers = {name for name, entry in TABLE.entries() if isinstance(entry, Dispersion)}
    assert numbers == set(effects_of(DispersionTable)) | set(components_of(DispersionTable))
    assert not set(effects_of(DispersionTable)) & set(components_of(DispersionTable))


# What cannot be drawn --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, [0], "sobl"), 'scheme: "sobl": unknown, did you mean sobol?'),
        ((-1, [0]), "seed: -1: give a whole number from 0 to 2^64 - 1"),
        ((2**64, [0]), "seed: 18446744073709551616: give a whole number"),
        ((1.5, [0]), "seed: 1.5: give a whole number"),
        ((True, [0]), "seed: true: give a whole number"),
        ((1, [0.5]), "numbers: float64 of shape (1,): give a list of whole sample numbers"),
        ((1, [True]), "numbers: bool of shape (1,): give a list"),
        ((1, 3), "numbers: int64 of shape (): give a list"),
        ((1, [3, -2]), "numbers: -2: must be at least 0 and below 9223372036854775807"),
        ((1, [2**30], "sobol"), "numbers: 1073741824: must be at least 0 and below 1073741824"),
        ((1, [0], "latin"), "total: missing: a Latin hypercube is of a fixed number of samples"),
        ((1, [5, 100], "latin", 100), "numbers: 100: must be at least 0 and below 100 (a Latin hypercube cannot be"),
        ((1, [100], "random", 100), "numbers: 100: must be at least 0 and below 100"),
        ((1, [0], "latin", 0), "total: 0: give a whole number from 1 to 1048576 for scheme latin"),
        ((1, [0], "latin", 2**21), "total: 2097152: give a whole number from 1 to 1048576 for scheme latin"),
    ],
)
def test_what_cannot_be_drawn_is_told(arguments, message):
    with pytest.raises(ValueError, match="^" + message.translate(ESCAPED)):
        standard_vectors(*arguments)


ESCAPED = str.maketrans({character: "\\" + character for character in "()?^[]."})


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, np.nan])
def test_levels_outside_the_unit_interval_are_told(level):
    vectors = np.full((3, COLUMNS), 0.5)
    vectors[1, NAMES.index("thrust")] = level
    with pytest.raises(ValueError, match="thrust of row 1: must lie strictly between 0 and 1"):
        perturbations_of(TABLE, vectors)


def test_normals_that_are_not_finite_are_told():
    normals = np.zeros((3, COLUMNS))
    normals[2, NAMES.index("wind_east[7]")] = np.inf
    with pytest.raises(ValueError, match=r"normals: inf, wind_east\[7\] of row 2: must be finite"):
        perturbations_at(TABLE, normals)


@pytest.mark.parametrize("shape", [(COLUMNS,), (2, COLUMNS - 1)])
def test_vectors_of_another_shape_are_told(shape):
    with pytest.raises(ValueError, match=f"give an array of n rows and {COLUMNS} columns"):
        perturbations_of(TABLE, np.full(shape, 0.5))
