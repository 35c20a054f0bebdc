"""Draws from a table of dispersions: sample numbers in, perturbations of as many flights out.

Everything comes from one vector of `COLUMNS` independent uniforms a sample (:func:`standard_vectors`), turned to standard
normals, correlated, and led through each dispersion's quantile function (:func:`perturbations_of`). The vector belongs to
seed, scheme and sample number alone: the same numbers give the same bits in whatever batch and order they are asked for,
in another process as well. A sensitivity design mixes the columns of two base samples by group (:func:`column_groups`); a
linear covariance moves one standard normal at a time (:func:`perturbations_at`).
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import qmc

from hoverslam.data.errors import did_you_mean, shown
from hoverslam.margins.disturbances.dispersions import (
    BURNS,
    COUNTS,
    ENGINES,
    GROUPS,
    SCALARS,
    Dispersion,
    DispersionTable,
    Entry,
    Profile,
)

Floats = NDArray[np.float64]
Scheme = Literal["random", "sobol", "latin"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)

ALTITUDES: Floats = 1e3 * np.arange(61.0)
"""m, where profiles of density and wind are given."""

_SOBOL_BITS = 30
_LATIN_MOST = 2**20  # beyond it the strata of all columns would fill a gigabyte
_CUT = 3.0  # standard deviations at which a truncated normal ends

# What the columns hold, in their order: the dispersion, the name, how many. Profiles come last: the first columns of a
# Sobol sequence are its most even ones.
_BLOCKS: tuple[tuple[str, str, int], ...] = (
    *((name, name, 1) for name in SCALARS),
    *((name, name, count) for name, count in COUNTS.items()),
    ("engine_out", "engine_out_burn", 1),
    ("engine_out", "engine_out_share", 1),
    ("density", "density", len(ALTITUDES)),
    ("wind", "wind_east", len(ALTITUDES)),
    ("wind", "wind_north", len(ALTITUDES)),
)
COLUMNS = sum(count for _, _, count in _BLOCKS)
"""Uniforms a sample needs."""


class Perturbations(NamedTuple):
    """What differs from the plan in each flight; a JAX pytree whose arrays all begin with the axis of samples.

    Attributes:
        staging_position: ``(n, 3)`` m, staging_velocity ``(n, 3)`` m/s: at cut-off; downrange, left, up.
        staging_propellant: ``(n,)`` kg left at cut-off beyond the plan.
        dry_mass: ``(n,)`` relative.
        impulse, thrust: ``(n,)`` relative, common to all engines; engine_thrust ``(n, 9)`` relative, each engine's own.
        mixture_residual: ``(n,)`` kg unusable beyond the plan, at least zero.
        axial_force, normal_force: ``(n,)`` relative, of the coefficients.
        preserved_drag: ``(n,)`` added to the share of the axial force that a plume leaves.
        density: ``(n, 61)`` relative, at `ALTITUDES`.
        wind_east, wind_north: ``(n, 61)`` m/s at `ALTITUDES`, wind met less wind known at launch, towards east and north.
        start_delay: ``(n, 3)`` s and start_transient ``(n, 3)`` relative, for boostback, entry and landing burn.
        throttle_lag, attitude_lag: ``(n,)`` relative, of the time constants.
        navigation_position: ``(n, 3)`` m and navigation_velocity ``(n, 3)`` m/s: estimate less truth, horizontal first.
        misalignment: ``(n, 2)`` rad, of the thrust axis about the two cross axes.
        engine_out_burn: ``(n,)`` the burn struck: 0 none, 1 boostback, 2 entry, 3 landing.
        engine_out_share: ``(n,)`` in [0, 1), the share of that burn after which the engine fails; 0 where none does.
    """

    staging_position: Floats
    staging_velocity: Floats
    staging_propellant: Floats
    dry_mass: Floats
    impulse: Floats
    thrust: Floats
    engine_thrust: Floats
    mixture_residual: Floats
    axial_force: Floats
    normal_force: Floats
    preserved_drag: Floats
    density: Floats
    wind_east: Floats
    wind_north: Floats
    start_delay: Floats
    start_transient: Floats
    throttle_lag: Floats
    attitude_lag: Floats
    navigation_position: Floats
    navigation_velocity: Floats
    misalignment: Floats
    engine_out_burn: NDArray[np.int64]
    engine_out_share: Floats


_WIDTHS = {
    "staging_position": 3,
    "staging_velocity": 3,
    "engine_thrust": ENGINES,
    "density": len(ALTITUDES),
    "wind_east": len(ALTITUDES),
    "wind_north": len(ALTITUDES),
    "start_delay": len(BURNS),
    "start_transient": len(BURNS),
    "navigation_position": 3,
    "navigation_velocity": 3,
    "misalignment": 2,
}


def nominal(n: int) -> Perturbations:
    """``n`` flights as planned: every perturbation zero."""
    fields = {
        name: np.zeros((n, _WIDTHS[name]) if name in _WIDTHS else n)
        for name in Perturbations._fields
        if name != "engine_out_burn"
    }
    return Perturbations(**fields, engine_out_burn=np.zeros(n, np.int64))


def draw(
    table: DispersionTable, seed: int, numbers: ArrayLike, scheme: Scheme = "random", total: int | None = None
) -> Perturbations:
    """The perturbations of the samples of those numbers; arguments and errors as :func:`standard_vectors`."""
    return perturbations_of(table, standard_vectors(seed, numbers, scheme, total))


def standard_vectors(seed: int, numbers: ArrayLike, scheme: Scheme = "random", total: int | None = None) -> Floats:
    """The uniforms behind the samples of those numbers.

    Args:
        seed: of the whole campaign, 0 to 2^64 - 1.
        numbers: ``(n,)`` whole sample numbers from 0, in any order.
        scheme: `random`: independent samples, Philox (Salmon et al. 2011) keyed by the seed and counting from the sample
            number. `sobol`: a Sobol sequence scrambled by matrices and a shift (Matousek 1998), which more points may
            extend; best with powers of two, numbers below 2^30. `latin`: a Latin hypercube of `total` samples, one in
            each of `total` equal slices of every column.
        total: samples of the whole campaign, at most 2^20 for `latin`, which needs it; where given, no number may reach it.

    Returns:
        ``(n, COLUMNS)`` strictly between 0 and 1; :func:`column_names` says what is where.

    Raises:
        ValueError: naming the argument, its value and what would do.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"scheme: {shown(scheme)}: unknown, {did_you_mean(str(scheme), SCHEMES)}")
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**64:
        raise ValueError(f"seed: {shown(seed)}: give a whole number from 0 to 2^64 - 1")
    wanted = _sample_numbers(numbers, scheme, total)
    if scheme == "sobol":
        return _sobol(int(seed), wanted)
    raw = _raw(int(seed), wanted)
    if total is not None and scheme == "latin":
        # 32 bits place a sample within its slice without rounding into the next.
        within = ((raw >> np.uint64(32)).astype(np.float64) + 0.5) * 2.0**-32
        return (_strata(int(seed), total)[wanted].astype(np.float64) + within) / float(total)
    return ((raw >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def _sample_numbers(numbers: ArrayLike, scheme: Scheme, total: int | None) -> NDArray[np.int64]:
    found = np.asarray(numbers)
    if found.ndim != 1 or (found.size and not np.issubdtype(found.dtype, np.integer)):
        raise ValueError(f"numbers: {found.dtype} of shape {found.shape}: give a list of whole sample numbers")
    most = {"random": 2**63 - 1, "sobol": 2**_SOBOL_BITS, "latin": _LATIN_MOST}[scheme]
    if total is None and scheme == "latin":
        raise ValueError("total: missing: a Latin hypercube is of a fixed number of samples: give it, or take sobol")
    if total is not None:
        if isinstance(total, bool) or not isinstance(total, (int, np.integer)) or not 1 <= total <= most:
            raise ValueError(f"total: {shown(total)}: give a whole number from 1 to {most} for scheme {scheme}")
        most = int(total)
    outside = found[(found < 0) | (found >= most)]
    if outside.size:
        hint = " (a Latin hypercube cannot be extended; sobol can)" if scheme == "latin" else ""
        raise ValueError(f"numbers: {outside[0]}: must be at least 0 and below {most}{hint}")
    return found.astype(np.int64)


def _raw(seed: int, numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Random words ``(n, COLUMNS)``: those of ``Philox(key=seed, counter=[0, number, 0, 0])``, without building one each."""
    generator = np.random.Philox(key=seed)
    state = generator.state
    words = np.empty((len(numbers), COLUMNS), np.uint64)
    for row, number in enumerate(numbers):
        state["state"]["counter"][1] = number
        generator.state = state
        words[row] = generator.random_raw(COLUMNS)
    return words


def _sobol(seed: int, numbers: NDArray[np.int64]) -> Floats:
    sequence = qmc.Sobol(COLUMNS, scramble=True, bits=_SOBOL_BITS, seed=np.random.default_rng(seed))
    distinct, places = np.unique(numbers, return_inverse=True)
    points = np.empty((len(distinct), COLUMNS))
    for start, stop in _runs(distinct):
        if distinct[start] > sequence.num_generated:
            sequence.fast_forward(int(distinct[start]) - sequence.num_generated)
        # The first point by itself: scipy warns of sequences that do not begin with a power of two.
        alone = 1 if sequence.num_generated == 0 else 0
        points[start : start + alone] = sequence.random(alone)
        points[start + alone : stop] = sequence.random(stop - start - alone)
    moved: Floats = points[places] + 2.0 ** -(_SOBOL_BITS + 1)  # to the middle of the finest cell, away from 0
    return moved


def _runs(numbers: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Where stretches of consecutive numbers begin and end."""
    breaks = [int(n) for n in np.flatnonzero(np.diff(numbers) != 1) + 1]
    if len(numbers):
        yield from zip([0, *breaks], [*breaks, len(numbers)], strict=True)


@lru_cache(maxsize=1)
def _strata(seed: int, total: int) -> NDArray[np.int32]:
    """The slice of each sample in each column, ``(total, COLUMNS)``."""
    strata = np.empty((total, COLUMNS), np.int32)
    for column in range(COLUMNS):
        # The last counter word keeps the permutations away from the streams of the samples.
        generator = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, column, 1]))
        strata[:, column] = generator.permutation(total)
    strata.flags.writeable = False
    return strata


def column_names() -> tuple[str, ...]:
    """What each column of a standard vector makes, such as `thrust` or `engine_thrust[3]`."""
    return tuple(name if count == 1 else f"{name}[{number}]" for _, name, count in _BLOCKS for number in range(count))


def column_groups(table: DispersionTable) -> dict[str, NDArray[np.int64]]:
    """The columns of each group, in the order of the groups; groups without a dispersion are left out.

    Columns are independent. Of two correlated dispersions the one that comes first in the table is its own column, and the
    other follows it in part: impulse moves with its group, and takes what it does to the propellant at cut-off along.
    """
    entries: dict[str, Entry] = dict(table.entries())
    of_column = np.array([entries[entry].group for entry, _, count in _BLOCKS for _ in range(count)])
    return {group: np.flatnonzero(of_column == group) for group in GROUPS if group in of_column}


def perturbations_of(table: DispersionTable, uniforms: ArrayLike) -> Perturbations:
    """The perturbations that uniforms ``(n, COLUMNS)`` stand for.

    Raises:
        ValueError: unless they have that shape and lie strictly between 0 and 1.
    """
    levels = _vectors("uniforms", uniforms)
    outside = np.argwhere(~((levels > 0.0) & (levels < 1.0)))
    if outside.size:
        row, column = outside[0]
        where = f"{column_names()[column]} of row {row}"
        raise ValueError(f"uniforms: {levels[row, column]:g}, {where}: must lie strictly between 0 and 1")
    return _perturbations(table, ndtri(levels))


def perturbations_at(table: DispersionTable, normals: ArrayLike) -> Perturbations:
    """The perturbations that independent standard normals ``(n, COLUMNS)`` stand for.

    All zero is the middle of every distribution: no perturbation, except that `mixture_residual`, which is one-sided, is at
    its median.

    Raises:
        ValueError: unless they have that shape and are finite.
    """
    values = _vectors("normals", normals)
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise ValueError(f"normals: {values[row, column]:g}, {column_names()[column]} of row {row}: must be finite")
    return _perturbations(table, values)


def units_of(table: DispersionTable, uniforms: ArrayLike) -> dict[str, Floats]:
    """Draws in units of each dispersion's size, by its name, ``(n, count)``; engine failures have no size and are left out.

    A profile is told by the independent normals that it is made from. Raises ValueError as :func:`perturbations_of`.
    """
    z = _split(ndtri(_vectors("uniforms", uniforms)))
    _correlate(table, z)
    found: dict[str, list[Floats]] = {}
    for entry_name, name, _ in _BLOCKS:
        entry = dict(table.entries())[entry_name]
        if isinstance(entry, Dispersion):
            found.setdefault(entry_name, []).append(_unit(entry, z[name]))
        elif isinstance(entry, Profile):
            found.setdefault(entry_name, []).append(z[name])
    return {name: np.hstack(parts) for name, parts in found.items()}


def _vectors(name: str, given: ArrayLike) -> Floats:
    found = np.ascontiguousarray(given, dtype=np.float64)
    if found.ndim != 2 or found.shape[1] != COLUMNS:
        raise ValueError(f"{name}: shape {found.shape}: give an array of n rows and {COLUMNS} columns")
    return found


def _perturbations(table: DispersionTable, normals: Floats) -> Perturbations:
    z = _split(normals)
    _correlate(table, z)
    drawn = {name: _quantile(entry, z[name]) for name, entry in table.entries() if isinstance(entry, Dispersion)}
    burn, share = _engine_out(table, z["engine_out_burn"][:, 0], z["engine_out_share"][:, 0])

    def along(kind: str) -> Floats:
        return np.hstack([drawn.pop(f"{kind}_{axis}") for axis in ("downrange", "left", "up")])

    return Perturbations(
        staging_position=along("staging_position"),
        staging_velocity=along("staging_velocity"),
        navigation_position=np.hstack([drawn.pop("navigation_horizontal"), drawn.pop("navigation_up")]),
        density=_gauss_markov(table.density, z["density"]),
        wind_east=_gauss_markov(table.wind, z["wind_east"]),
        wind_north=_gauss_markov(table.wind, z["wind_north"]),
        engine_out_burn=burn,
        engine_out_share=share,
        **{name: values if name in _WIDTHS else values[:, 0] for name, values in drawn.items()},
    )


def _split(normals: Floats) -> dict[str, Floats]:
    """The columns by name, each ``(n, count)``."""
    ends = np.cumsum([count for _, _, count in _BLOCKS])
    return dict(zip((name for _, name, _ in _BLOCKS), np.split(normals, ends[:-1], axis=1), strict=True))


def _correlate(table: DispersionTable, z: dict[str, Floats]) -> None:
    """Put correlated normals in the place of the independent ones, by the Cholesky factor."""
    names = table.correlated
    independent = [z[name] for name in names]
    for name, row in zip(names, np.linalg.cholesky(table.correlation_matrix()), strict=True):
        # Term by term: a matrix product rounds differently in batches of different length.
        z[name] = sum((weight * column for weight, column in zip(row, independent, strict=True)), 0.0 * z[name])


def _quantile(entry: Dispersion, z: Floats) -> Floats:
    """The value that a standard normal stands for: its level, through the distribution's quantile function."""
    values: Floats = entry.size * _unit(entry, z) + 0.0  # no minus zero
    return values


def _unit(entry: Dispersion, z: Floats) -> Floats:
    """The same in units of the dispersion's size."""
    if entry.distribution == "uniform":
        unit = 2.0 * ndtr(z) - 1.0
    elif entry.distribution == "half-normal":
        unit = -ndtri(0.5 * ndtr(-z))
    elif entry.distribution == "truncated normal":
        cut_off = ndtr(-_CUT)
        unit = ndtri(cut_off + (1.0 - 2.0 * cut_off) * ndtr(z))
    else:
        unit = z
    values: Floats = unit
    return values


def _gauss_markov(profile: Profile, z: Floats) -> Floats:
    """Correlated over `ALTITUDES`, from the ground up: x_0 = z_0, x_k = r_k x_(k-1) + sqrt(1 - r_k^2) z_k, times sigma."""
    kept = np.exp(-np.diff(ALTITUDES) / profile.correlation_length)
    x = np.empty_like(z)
    x[:, 0] = z[:, 0]
    for k, r in enumerate(kept, start=1):
        x[:, k] = r * x[:, k - 1] + np.sqrt(1.0 - r**2) * z[:, k]
    return x * profile.sigmas(ALTITUDES) + 0.0


def _engine_out(table: DispersionTable, struck: Floats, when: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Burn and share of it: the upper tail of the first normal, cut into the burns; the level of the second."""
    ends = np.cumsum(table.engine_out.probabilities)
    level = ndtr(-struck)
    burn = np.where(level < ends[-1], 1 + np.searchsorted(ends, level, side="right"), 0)
    share = np.minimum(ndtr(when), np.nextafter(1.0, 0.0))
    return burn.astype(np.int64), np.where(burn > 0, share, 0.0)
