"""Sobol indices: functions whose indices are known, closed forms of Gaussian groups, coverage of the intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from hoverslam.margins.analysis.sensitivity import GroupDesign, SobolIndices, sobol_indices
from hoverslam.margins.disturbances.columns import COLUMNS, column_groups
from hoverslam.margins.disturbances.loading import load_dispersions
from hoverslam.margins.disturbances.uniforms import standard_vectors

NINETY = 1.6449  # standard deviations to the end of a 90 % interval


def uniforms(columns: int, seed: int):
    """Vectors by number: the same for a number whatever else is asked for."""
    drawn = np.random.default_rng(seed).random((200_000, columns))
    return lambda numbers: drawn[numbers]


def indices_of(function, columns: dict, width: int, sets: int, seed: int = 0) -> SobolIndices:
    design = GroupDesign(columns)
    mixed = design.mixed(np.arange(design.flights(sets)), uniforms(width, seed))
    return sobol_indices(design.groups, function(mixed), seed=seed)


def assert_known(found: SobolIndices, first, total, precise: float) -> None:
    """Within four standard errors, which the bootstrap gives, of indices known exactly; and errors below ``precise``."""
    for name, known in (("first", first), ("total", total)):
        error = (getattr(found, f"{name}_high") - getattr(found, f"{name}_low")) / (2.0 * NINETY)
        assert np.all(error < precise), (name, error)
        assert np.all(np.abs(getattr(found, name) - known) <= 4.0 * error), (name, getattr(found, name), known, error)


def test_ishigami():
    a, b = 7.0, 0.1  # Ishigami and Homma 1990

    def function(u):
        x = np.pi * (2.0 * u - 1.0)
        return np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])

    one = 0.5 * (1.0 + b * np.pi**4 / 5.0) ** 2
    two = a**2 / 8.0
    joint = b**2 * np.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    variance = one + two + joint
    found = indices_of(function, {"x1": 0, "x2": 1, "x3": 2}, 3, sets=30_000)
    first = np.array([one, two, 0.0]) / variance
    assert_known(found, first, np.array([one + joint, two, joint]) / variance, precise=0.01)
    assert first == pytest.approx([0.3139, 0.4424, 0.0], abs=5e-5)  # as printed in the literature
    assert found.mean == pytest.approx(a / 2.0, abs=4.0 * np.sqrt(variance / 60_000))


def test_sobol_g_function():
    a = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0])  # Saltelli and Sobol 1995
    shares = 1.0 / (3.0 * (1.0 + a) ** 2)
    variance = np.prod(1.0 + shares) - 1.0
    first, total = shares / variance, shares / (1.0 + shares) * (variance + 1.0) / variance
    found = indices_of(
        lambda u: np.prod((np.abs(4.0 * u - 2.0) + a) / (1.0 + a), axis=1),
        {f"x{i}": i for i in range(6)},
        6,
        sets=30_000,
    )
    assert_known(found, first, total, precise=0.015)
    assert list(found.table["group"])[:2] == ["x0", "x1"]


def test_groups_of_a_linear_gaussian_model():
    """Correlated within their groups, inputs share the variance as |L' w|^2; nothing acts together, so first is total."""
    rng = np.random.default_rng(3)
    groups = {"wind": [0, 3, 4], "mass": [1], "thrust": [2, 5]}
    factors = {name: rng.normal(size=(len(of), len(of))) for name, of in groups.items()}
    weights = {name: rng.normal(size=len(of)) for name, of in groups.items()}

    def function(u):
        z = ndtri(u)
        return 4747.0 + sum(z[:, of] @ factors[name].T @ weights[name] for name, of in groups.items())

    variances = np.array([np.sum((factors[name].T @ weights[name]) ** 2) for name in groups])
    known = variances / variances.sum()
    found = indices_of(function, groups, 6, sets=20_000)
    assert_known(found, known, known, precise=0.015)
    assert found.variance == pytest.approx(variances.sum(), rel=4.0 * np.sqrt(2.0 / 40_000))


def test_a_joint_effect_is_in_the_total_of_both_groups():
    """y = u + v + c u w with u in one group, v and w in the other: variances 1, 1 and c^2, the last of both."""
    c = 1.5

    def function(levels):
        u, v, w = ndtri(levels).T
        return u + v + c * u * w

    found = indices_of(function, {"u": [0], "vw": [1, 2]}, 3, sets=30_000)
    variance = 2.0 + c**2
    assert_known(found, np.array([1.0, 1.0]) / variance, np.array([1.0 + c**2] * 2) / variance, precise=0.02)


def test_a_group_without_effect_has_indices_of_exactly_zero():
    found = indices_of(lambda u: u[:, 0] ** 2, {"all": [0], "none": [1, 2]}, 3, sets=50)
    for name in ("first", "first_low", "first_high", "total", "total_low", "total_high"):
        assert getattr(found, name)[1] == 0.0


def test_columns_of_no_group_are_in_the_variance_only():
    found = indices_of(lambda u: u[:, 0] + u[:, 1], {"one": [0]}, 2, sets=20_000)
    assert_known(found, [0.5], [0.5], precise=0.01)


def test_intervals_cover():
    """90 % intervals hold the truth in 85 to 95 % of 200 repetitions: two standard deviations of that count."""
    known = np.array([0.8, 0.2])
    first, total = np.zeros(2), np.zeros(2)
    for seed in range(200):
        found = indices_of_two(seed)
        first += (found.first_low <= known) & (known <= found.first_high)
        total += (found.total_low <= known) & (known <= found.total_high)
    assert np.all((first >= 170) & (first <= 190)), first
    assert np.all((total >= 170) & (total <= 190)), total


def indices_of_two(seed: int) -> SobolIndices:
    z = np.random.default_rng([5, seed]).normal(size=(600, 2))
    design = GroupDesign({"first": [0], "second": [1]})
    mixed = design.mixed(np.arange(design.flights(300)), lambda numbers: z[numbers])
    return sobol_indices(design.groups, 2.0 * mixed[:, 0] + mixed[:, 1], seed=seed)


def test_success_as_an_output():
    """Success where two independent events both happen: p = 1/2 each, variance 3/16, of which 1/16 each and 1/16 both."""
    found = indices_of(lambda u: np.all(u > 0.5, axis=1), {"a": [0], "b": [1]}, 2, sets=20_000)
    assert_known(found, [1 / 3, 1 / 3], [2 / 3, 2 / 3], precise=0.02)


def test_one_loss_in_the_whole_campaign():
    """The rarest output there is: many replicates hold no loss, and no index becomes not-a-number."""
    outputs = np.ones(40)
    outputs[4] = 0.0
    found = sobol_indices(("a", "b"), outputs)
    assert np.isfinite(found.table.drop(columns="group").to_numpy()).all()


@settings(max_examples=30, deadline=None)
@given(scale=st.floats(1e-3, 1e3), shift=st.floats(-1e4, 1e4), seed=st.integers(0, 100))
def test_units_do_not_matter(scale, shift, seed):
    outputs = np.random.default_rng(seed).normal(size=200)
    plain, other = sobol_indices(("a", "b"), outputs), sobol_indices(("a", "b"), scale * outputs + shift)
    rounding = 1e-11 * (1.0 + abs(shift) / scale)
    for name in ("first", "total", "first_low", "total_high"):
        assert getattr(other, name) == pytest.approx(getattr(plain, name), abs=rounding)


# The design -----------------------------------------------------------------------------------------------------------


def test_each_flight_is_made_of_the_columns_it_says():
    design = GroupDesign({"a": [2, 0], "b": [3]})
    vectors = np.arange(24.0).reshape(6, 4)
    mixed = design.mixed(np.arange(12), lambda numbers: vectors[numbers])
    x, y = vectors[2], vectors[3]  # the second pair
    assert design.flights_a_set == 4
    assert design.flights(3) == 12
    assert np.array_equal(mixed[4:8], [x, y, [y[0], x[1], y[2], x[3]], [*x[:3], y[3]]])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 199), max_size=30))
def test_flights_do_not_depend_on_their_batch(flights):
    design = GroupDesign({"a": [0], "b": [1, 2]})
    vectors = uniforms(4, seed=1)
    whole = design.mixed(np.arange(200), vectors)
    assert np.array_equal(design.mixed(np.array(flights, dtype=int), vectors), whole[flights])


def test_dispersions_in_their_groups():
    groups = column_groups(load_dispersions())
    design = GroupDesign(groups)
    flights = np.arange(design.flights(2))
    mixed = design.mixed(flights, lambda numbers: standard_vectors(7, numbers))
    assert mixed.shape == (len(flights), COLUMNS)
    for number, group in enumerate(design.groups):
        changed = np.flatnonzero(mixed[2 + number] != mixed[0])
        assert np.array_equal(changed, groups[group])
        assert np.array_equal(mixed[2 + number, changed], mixed[1, changed])


# Mistakes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({}, "no group"),
        ({"a": []}, "'a'.*empty"),
        ({"a": [1, 2], "b": [2]}, "'b'.*column 2 is in 'a' too"),
        ({"a": [1, 1]}, "column 1 is in 'a' too"),
    ],
)
def test_designs_that_cannot_be(columns, words):
    with pytest.raises(ValueError, match=words):
        GroupDesign(columns)


@pytest.mark.parametrize(
    ("outputs", "confidence", "words"),
    [
        (np.ones(10), 0.9, "1 in every sample.*another output"),
        (np.arange(9.0), 0.9, r"shape \(9,\).*whole sets of 4"),
        (np.arange(4.0), 0.9, "two or more whole sets"),
        ([1.0, 2.0, np.inf, *range(5)], 0.9, r"outputs\[2\] = inf.*finite"),
        (np.arange(8.0), 90.0, "confidence = 90"),
    ],
)
def test_outputs_that_cannot_be(outputs, confidence, words):
    groups = ("a", "b", "c") if len(outputs) == 10 else ("a", "b")
    with pytest.raises(ValueError, match=words):
        sobol_indices(groups, outputs, confidence)
