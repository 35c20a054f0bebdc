"""Draws from a table of dispersions: sample numbers in, perturbations of as many flights out.

The uniform numbers of a sample (:mod:`hoverslam.margins.disturbances.uniforms`) are turned into standard normal numbers, then
correlated, then passed through the quantile function of each dispersion (:func:`perturbations_of`). A sensitivity design mixes
the columns of two samples by group (:func:`hoverslam.margins.disturbances.columns.column_groups`); a linear covariance moves
one standard normal number at a time (:func:`perturbations_at`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from hoverslam.margins.choices import Scheme
from hoverslam.margins.disturbances.columns import ALTITUDES, blocks_of, column_count, column_names
from hoverslam.margins.disturbances.dispersions import DispersionTable, components_of, effects_of
from hoverslam.margins.disturbances.entries import Dispersion, Profile
from hoverslam.margins.disturbances.uniforms import standard_vectors

Floats = NDArray[np.float64]

_CUT = 3.0  # standard deviations at which a truncated normal distribution ends


class Perturbations(NamedTuple):
    """Deviations from the plan in each flight; a JAX pytree whose arrays all have the samples as their first axis.

    Attributes:
        scalars: ``(n,)`` of each dispersion of one number, by its name in the table. Those of kind ``Relative`` are fractions
            of the nominal value; masses are in kg. ``mixture_residual`` is propellant that cannot be burned, beyond the
            plan, and at least zero; ``preserved_drag`` is added to the fraction of the axial force that a plume leaves.
        staging_position: ``(n, 3)`` at cut-off (m); downrange, left, up.
        staging_velocity: ``(n, 3)`` at cut-off (m/s).
        navigation_position: ``(n, 3)`` estimate less truth (m), horizontal first.
        navigation_velocity: ``(n, 3)`` estimate less truth (m/s).
        misalignment: ``(n, 2)`` of the thrust axis about the two cross axes (rad).
        start_delay: ``(n, 3)`` of the boostback, entry and landing burn (s).
        start_transient: ``(n, 3)`` relative, of the length of the start transient of the three burns.
        engine_thrust: ``(n, 9)`` relative, of each engine beyond ``scalars["thrust"]``, which all engines share.
        density: ``(n, 61)`` relative, at ``ALTITUDES``.
        wind_east: ``(n, 61)`` wind of the flight less wind known at launch, towards east, at ``ALTITUDES`` (m/s).
        wind_north: ``(n, 61)`` the same towards north.
        engine_out_burn: ``(n,)`` the burn in which an engine fails: 0 none, 1 boostback, 2 entry, 3 landing.
        engine_out_share: ``(n,)`` in [0, 1), the fraction of that burn after which the engine fails; 0 without a failure.
    """

    scalars: dict[str, Floats]
    staging_position: Floats
    staging_velocity: Floats
    navigation_position: Floats
    navigation_velocity: Floats
    misalignment: Floats
    start_delay: Floats
    start_transient: Floats
    engine_thrust: Floats
    density: Floats
    wind_east: Floats
    wind_north: Floats
    engine_out_burn: NDArray[np.int64]
    engine_out_share: Floats

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return every array by its name, the scalars first."""
        vectors = {name: values for name, values in self._asdict().items() if name != "scalars"}
        return {**self.scalars, **vectors}

    def with_scalars(self, **values: Floats) -> "Perturbations":
        """Return a copy with other values ``(n,)`` of some dispersions of one number.

        Raises:
            KeyError: For a name that is not a dispersion of one number.
        """
        for name in values:
            self.scalars[name]
        return self._replace(scalars={**self.scalars, **values})


def nominal(n: int, table: type[DispersionTable] = DispersionTable) -> Perturbations:
    """Return ``n`` flights as planned: every perturbation is zero."""
    return Perturbations(
        scalars={name: np.zeros(n) for name in effects_of(table)},
        **{name: np.zeros((n, width)) for name, width in _widths(table).items()},
        density=np.zeros((n, len(ALTITUDES))),
        wind_east=np.zeros((n, len(ALTITUDES))),
        wind_north=np.zeros((n, len(ALTITUDES))),
        engine_out_burn=np.zeros(n, np.int64),
        engine_out_share=np.zeros(n),
    )


def _widths(table: type[DispersionTable]) -> dict[str, int]:
    """Return the number of components of each vector that dispersions fill, by name."""
    widths: dict[str, int] = {}
    for part in components_of(table).values():
        widths[part.vector] = widths.get(part.vector, 0) + len(part.components)
    return widths


def draw(
    table: DispersionTable, seed: int, numbers: ArrayLike, scheme: Scheme = "random", total: int | None = None
) -> Perturbations:
    """Return the perturbations of the samples with the given numbers.

    Arguments and errors are those of :func:`hoverslam.margins.disturbances.uniforms.standard_vectors`.
    """
    return perturbations_of(table, standard_vectors(seed, numbers, scheme, total, column_count(type(table))))


def perturbations_of(table: DispersionTable, uniforms: ArrayLike) -> Perturbations:
    """Return the perturbations that belong to uniform numbers ``(n, COLUMNS)``.

    Raises:
        ValueError: If they have another shape or do not lie strictly between 0 and 1.
    """
    levels = _vectors("uniforms", uniforms, table)
    outside = np.argwhere(~((levels > 0.0) & (levels < 1.0)))
    if outside.size:
        row, column = outside[0]
        where = f"{column_names(type(table))[column]} of row {row}"
        raise ValueError(f"uniforms: {levels[row, column]:g}, {where}: must lie strictly between 0 and 1")
    return _perturbations(table, ndtri(levels))


def perturbations_at(table: DispersionTable, normals: ArrayLike) -> Perturbations:
    """Return the perturbations that belong to independent standard normal numbers ``(n, COLUMNS)``.

    Zeros are the median of every distribution: no perturbation, except that ``mixture_residual``, which is one-sided, has
    its median.

    Raises:
        ValueError: If they have another shape or are not finite.
    """
    values = _vectors("normals", normals, table)
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        name = column_names(type(table))[column]
        raise ValueError(f"normals: {values[row, column]:g}, {name} of row {row}: must be finite")
    return _perturbations(table, values)


def units_of(table: DispersionTable, uniforms: ArrayLike) -> dict[str, Floats]:
    """Return draws in units of the size of each dispersion, ``(n, count)`` by its name; an engine failure has no size.

    Of a profile, the independent normal numbers from which it is made are returned.

    Raises:
        ValueError: If ``uniforms`` has another shape than ``(n, COLUMNS)``.
    """
    z = _split(table, ndtri(_vectors("uniforms", uniforms, table)))
    _correlate(table, z)
    entries = dict(table.entries())
    found: dict[str, list[Floats]] = {}
    for block in blocks_of(type(table)):
        entry = entries[block.entry]
        if isinstance(entry, Dispersion):
            found.setdefault(block.entry, []).append(_unit(entry, z[block.name]))
        elif isinstance(entry, Profile):
            found.setdefault(block.entry, []).append(z[block.name])
    return {name: np.hstack(parts) for name, parts in found.items()}


def _vectors(name: str, given: ArrayLike, table: DispersionTable) -> Floats:
    """Return an argument as an array of samples. Raises ValueError for another shape."""
    found, columns = np.ascontiguousarray(given, dtype=np.float64), column_count(type(table))
    if found.ndim != 2 or found.shape[1] != columns:
        raise ValueError(f"{name}: shape {found.shape}: give an array of n rows and {columns} columns")
    return found


def _perturbations(table: DispersionTable, normals: Floats) -> Perturbations:
    z = _split(table, normals)
    _correlate(table, z)
    drawn = {name: _quantile(entry, z[name]) for name, entry in table.entries() if isinstance(entry, Dispersion)}
    vectors = {name: np.empty((len(normals), width)) for name, width in _widths(type(table)).items()}
    for name, part in components_of(type(table)).items():
        vectors[part.vector][:, part.components] = drawn[name]
    burn, share = _engine_out(table, z["engine_out_burn"][:, 0], z["engine_out_share"][:, 0])
    return Perturbations(
        scalars={name: drawn[name][:, 0] for name in effects_of(type(table))},
        **vectors,
        density=_gauss_markov(table.density, z["density"]),
        wind_east=_gauss_markov(table.wind, z["wind_east"]),
        wind_north=_gauss_markov(table.wind, z["wind_north"]),
        engine_out_burn=burn,
        engine_out_share=share,
    )


def _split(table: DispersionTable, normals: Floats) -> dict[str, Floats]:
    """Return the columns of each block by its name, ``(n, count)``."""
    blocks = blocks_of(type(table))
    ends = np.cumsum([block.width for block in blocks])
    return dict(zip((block.name for block in blocks), np.split(normals, ends[:-1], axis=1), strict=True))


def _correlate(table: DispersionTable, z: dict[str, Floats]) -> None:
    """Replace independent normal numbers by correlated ones, with the Cholesky factor of the correlation matrix."""
    names = table.correlated
    independent = [z[name] for name in names]
    for name, row in zip(names, np.linalg.cholesky(table.correlation_matrix()), strict=True):
        # Term by term, because a matrix product rounds differently in batches of different length.
        z[name] = sum((weight * column for weight, column in zip(row, independent, strict=True)), 0.0 * z[name])


def _quantile(entry: Dispersion, z: Floats) -> Floats:
    """Return the quantile of the distribution at the level of a standard normal number."""
    values: Floats = entry.size * _unit(entry, z) + 0.0  # turns minus zero into zero
    return values


def _unit(entry: Dispersion, z: Floats) -> Floats:
    """Return the same quantile in units of the dispersion's size."""
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
    """Return values at ``ALTITUDES``, from the ground up: x_0 = z_0, x_k = r_k x_(k-1) + sqrt(1 - r_k^2) z_k, times sigma."""
    kept = np.exp(-np.diff(ALTITUDES) / profile.correlation_length)
    x = np.empty_like(z)
    x[:, 0] = z[:, 0]
    for k, r in enumerate(kept, start=1):
        x[:, k] = r * x[:, k - 1] + np.sqrt(1.0 - r**2) * z[:, k]
    return x * profile.sigmas(ALTITUDES) + 0.0


def _engine_out(table: DispersionTable, struck: Floats, when: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return the burn with a failure and the fraction of the burn after which it happens.

    The upper tail of the first normal number is divided among the burns. The level of the second is the fraction.
    """
    ends = np.cumsum(table.engine_out.probabilities)
    level = ndtr(-struck)
    burn = np.where(level < ends[-1], 1 + np.searchsorted(ends, level, side="right"), 0)
    share = np.minimum(ndtr(when), np.nextafter(1.0, 0.0))
    return burn.astype(np.int64), np.where(burn > 0, share, 0.0)
