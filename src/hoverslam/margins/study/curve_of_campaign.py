"""From the flights of a campaign to its margin curve: quantiles of the reserve needed, and the effect of each dispersion."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hoverslam.margins.choices import CURVE_LEAST
from hoverslam.margins.disturbances.dispersions import DispersionTable
from hoverslam.margins.disturbances.draws import perturbations_of, units_of
from hoverslam.margins.disturbances.entries import Dispersion
from hoverslam.margins.disturbances.uniforms import standard_vectors
from hoverslam.margins.study.curve import MarginCurve, ReserveEffect
from hoverslam.margins.study.record import MarginRecord
from hoverslam.vehicles.identity import flight_identity_of

Floats = NDArray[np.float64]

LEVELS = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.998)
FAILURES_LEAST = 5  # landed flights with an engine failure: with fewer its effect is not estimated
EDGE = 0.1  # fraction of the half-width of a uniform distribution: draws this near to an end represent the end


def curve_of(study: MarginRecord) -> MarginCurve:
    """Return the margin curve of a campaign.

    Raises:
        ValueError: for fewer than 1,000 landed flights, or if all flights need the same reserve.
    """
    need, flyer, reserve = study.need, study.flyer, study.planned_reserve
    landed = np.isfinite(need)
    if landed.sum() < CURVE_LEAST:
        raise ValueError(
            f"samples: {int(landed.sum())} flights that landed: a margin curve needs {CURVE_LEAST} or more"
        )
    quantiles = np.quantile(need[landed], LEVELS, method="weibull")
    keep = np.concatenate([[True], np.diff(quantiles) > 0.05])
    if keep.sum() < 2:
        raise ValueError("flights: their needs do not differ: without dispersions there is no margin curve")
    uniforms = standard_vectors(flyer.seed, study.campaign.numbers, flyer.scheme, flyer.total)[landed]
    curve = MarginCurve(
        study.vehicle.name, study.recovery, study.guidance, study.samples, flyer.seed, int((~landed).sum()), reserve,
        tuple(float(x) for x in np.array(LEVELS)[keep]), tuple(float(x) for x in np.round(quantiles[keep], 1)), (),
        flight_identity_of(study.vehicle),
    )  # fmt: skip
    struck = perturbations_of(flyer.table, uniforms).engine_out_burn
    effects = _sized(flyer.table, need[landed], units_of(flyer.table, uniforms), curve) + _failures(
        flyer.table, need[landed], struck, curve
    )
    return replace(curve, effects=tuple(sorted(effects, key=lambda effect: -abs(effect.need_kg))))


def _moved(
    need: Floats, units: Mapping[str, Floats], reserve: float, table: DispersionTable
) -> dict[str, tuple[float, float]]:
    """Return, by dispersion, how the probability that ``reserve`` suffices changes with the logarithm of its size.

    Each entry holds the derivative and its standard error.

    The derivative is the covariance of success (1 or 0) with the score of the distribution by the logarithm of its size: a
    likelihood ratio, exact for any response of the flight, for which no other flights are needed (Rubinstein 1986). The score
    of a normal distribution is u^2 - 1, where u is the draw in units of the size. For draws with the correlation matrix R it
    is u_k (R^-1 u)_k - 1. For a dispersion of many draws, such as a wind profile, u is the component along the direction given
    by a regression of the need on the draws; other directions contribute only noise.
    """
    enough = (need <= reserve).astype(float)
    weights, partners = _regression(need, units), _partners(units, table)
    found = {}
    for name, unit in units.items():
        slopes = weights[name]
        length = float(np.linalg.norm(slopes))
        along = unit @ slopes / length if unit.shape[1] > 1 and length > 0.0 else unit[:, 0]
        score = along * partners.get(name, along)
        products = (enough - enough.mean()) * (score - score.mean())
        found[name] = float(products.mean()), float(products.std(ddof=1) / np.sqrt(len(products)))
    return found


def _partners(units: Mapping[str, Floats], table: DispersionTable) -> dict[str, Floats]:
    """Return, by correlated dispersion, the draws weighted by the inverse of the correlation matrix, ``(n,)``."""
    names = table.correlated
    if not names:
        return {}
    weighed = np.column_stack([units[name][:, 0] for name in names]) @ np.linalg.inv(table.correlation_matrix())
    return {name: weighed[:, place] for place, name in enumerate(names)}


def _regression(need: Floats, units: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return the regression slopes of the need by every draw, grouped by dispersion."""
    linear = np.hstack(list(units.values()))
    weights, *_ = np.linalg.lstsq(np.hstack([np.ones((len(need), 1)), linear]), need, rcond=None)
    ends = np.cumsum([1, *(unit.shape[1] for unit in units.values())])
    found: Floats = np.asarray(weights)
    return {name: found[start:stop] for name, start, stop in zip(units, ends[:-1], ends[1:], strict=True)}


def _edges(need: Floats, unit: Floats, reserve: float) -> tuple[float, float]:
    """Return the derivative and its standard error for a uniform distribution.

    Its size moves the ends of the interval, so that the derivative is a difference of two shares of flights for which the
    reserve suffices: the share among draws near the ends, less the share among all draws.
    """
    enough, out = need <= reserve, np.abs(unit[:, 0]) > 1.0 - EDGE
    share = float(enough[out].mean())
    return share - float(enough.mean()), float(np.sqrt(share * (1.0 - share) / out.sum()))


def _sized(
    table: DispersionTable, need: Floats, units: Mapping[str, Floats], curve: MarginCurve
) -> list[ReserveEffect]:
    """Return the effects of dispersions that have a size."""
    density, moved = curve.density(curve.reserve_kg), _moved(need, units, curve.reserve_kg, table)
    effects = []
    for name, entry in table.entries():
        if name not in units:
            continue
        key = entry._key if isinstance(entry, Dispersion) else entry.sizes[0]
        size = float(getattr(entry, key).value)
        if getattr(entry, "distribution", "") == "uniform":
            moved[name] = _edges(need, units[name], curve.reserve_kg)
        change, error = moved[name]
        effects += [ReserveEffect(f"{name}.{key}", size, -change / density, error / density)] if size > 0.0 else []
    return effects


def _failures(
    table: DispersionTable, need: Floats, struck: NDArray[np.int64], curve: MarginCurve
) -> list[ReserveEffect]:
    """Return the effects of engine failures: the additional reserve that compensates for them."""
    enough, density, effects = need <= curve.reserve_kg, curve.density(curve.reserve_kg), []
    for burn, (key, chance) in enumerate(zip(table.engine_out.sizes, table.engine_out.probabilities, strict=True), 1):
        hit = struck == burn
        if hit.sum() < FAILURES_LEAST or chance == 0.0:
            continue
        share = float(enough[hit].mean())
        error = np.sqrt((share * (1.0 - share) + 0.25 / hit.sum()) / hit.sum())
        to_kg = chance / density
        size = float(getattr(table.engine_out, key).value)
        effects.append(
            ReserveEffect(f"engine_out.{key}", size, to_kg * (float(enough[~hit].mean()) - share), to_kg * error)
        )
    return effects
