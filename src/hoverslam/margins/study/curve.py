"""The margin curve: with what probability a landing reserve suffices, kept as a few numbers in a file.

A campaign of thousands of flights is boiled down to quantiles of the reserve they needed, joined by a smooth monotone
curve, and to what each dispersion does to that need near the reserve that is kept. That is all the cost of a kilogram has
to know of a landing. Curves of the vehicles that come with the package are in ``data/curves``, written by
``hoverslam margin VEHICLE --curve FILE``.

The probability is that of flights which nothing but propellant can lose; what else is lost belongs to the landing record.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.special import ndtr, ndtri

from hoverslam.margins.disturbances.dispersions import Dispersion, DispersionTable

if TYPE_CHECKING:
    from hoverslam.margins.study.margin import MarginStudy

Floats = NDArray[np.float64]

DATA = Path(__file__).parent / "curves"
LEVELS = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.998)
FAILURES_LEAST = 5  # flights struck by an engine failure that still landed, below which nothing is said of it
EDGE = 0.1  # of a uniform law's half-width, whose draws speak for its edge
LEAST = 1000  # flights below which the quantiles above mean nothing


@dataclass(frozen=True)
class Effect:
    """What a dispersion does to the reserve needed, near the reserve that is kept.

    Attributes:
        key: of the size in the dispersion table, such as ``wind.sigma_m_s``.
        size: in the unit of the key.
        need_kg: reserve (kg) that makes up for a doubled size, to first order.
        error_kg: its standard error.
    """

    key: str
    size: float
    need_kg: float
    error_kg: float


@dataclass(frozen=True)
class MarginCurve:
    """Probability that a landing reserve suffices, and how dispersions move it.

    Attributes:
        vehicle, recovery, guidance, samples, seed: of the campaign.
        lost: flights that no reserve would have saved; the others are counted here.
        reserve_kg: that the optimum was solved with.
        level, need_kg: quantiles of the reserve needed.
        effects: of dispersions, the largest first.
    """

    vehicle: str
    recovery: str
    guidance: str
    samples: int
    seed: int
    lost: int
    reserve_kg: float
    level: tuple[float, ...]
    need_kg: tuple[float, ...]
    effects: tuple[Effect, ...]

    @property
    def told(self) -> tuple[Effect, ...]:
        """The effects that stand out from the scatter of the campaign: twice their standard error or more."""
        return tuple(effect for effect in self.effects if abs(effect.need_kg) >= 2.0 * effect.error_kg)

    @property
    def counted(self) -> int:
        """Flights behind the quantiles."""
        return self.samples - self.lost

    @cached_property
    def _score(self) -> PchipInterpolator:
        """Normal score over reserve: straight for a normal need, bent for a skewed one."""
        return PchipInterpolator(self.need_kg, ndtri(self.level))

    def _at(self, reserve_kg: float) -> tuple[float, float]:
        """Normal score and its slope; beyond the quantiles straight on, as a normal tail."""
        inside = float(np.clip(reserve_kg, self.need_kg[0], self.need_kg[-1]))
        slope = float(self._score(inside, 1))
        if inside != reserve_kg:  # the end slope of the curve may vanish: take the last chord's
            i = 0 if reserve_kg < inside else len(self.level) - 2
            rise = ndtri(self.level[i + 1]) - ndtri(self.level[i])
            slope = float(rise / (self.need_kg[i + 1] - self.need_kg[i]))
        return float(self._score(inside)) + slope * (reserve_kg - inside), slope

    def probability(self, reserve_kg: float) -> float:
        """Probability that a landing reserve (kg) suffices."""
        return float(ndtr(self._at(reserve_kg)[0]))

    def density(self, reserve_kg: float) -> float:
        """Derivative of :meth:`probability` by the reserve (per kg)."""
        score, slope = self._at(reserve_kg)
        return float(np.exp(-0.5 * score**2) / np.sqrt(2.0 * np.pi) * slope)

    def enough(self, reserve_kg: float) -> float:
        """Flights, of those counted, for which the reserve would have sufficed (by the curve, not whole)."""
        return self.counted * self.probability(reserve_kg)

    @property
    def mean_kg(self) -> float:
        """Centre of the need: its median."""
        return float(np.interp(0.5, self.level, self.need_kg))

    @property
    def sd_kg(self) -> float:
        """Scale of the need: half of what lies between the quantiles one standard deviation either side of a normal median."""
        scores = ndtri(self.level)
        low, high = np.interp([-1.0, 1.0], scores, self.need_kg)
        return float(0.5 * (high - low))

    def dispersion_slopes(self) -> dict[str, float]:
        """Derivative of the probability at the kept reserve by the size of each dispersion told, per unit of its key."""
        density = self.density(self.reserve_kg)
        return {effect.key: -density * effect.need_kg / effect.size for effect in self.told}

    def save(self, path: Path) -> None:
        """Write as TOML; :meth:`load` gives it back."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_toml(self), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "MarginCurve":
        """What :meth:`save` wrote.

        Raises:
            ValueError: for a file that is no margin curve, naming the file and what is wrong.
        """
        try:
            with path.open("rb") as file:
                content = tomllib.load(file)
            effects = tuple(Effect(key, *(float(x) for x in row)) for key, row in content.pop("effects").items())
            level, need = (tuple(float(x) for x in content.pop(name)) for name in ("level", "need_kg"))
            curve = cls(**content, level=level, need_kg=need, effects=effects)
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"{path}: no margin curve ({error}): write one with hoverslam margin --curve") from error
        rising = all(np.all(np.diff(row) > 0.0) for row in (level, need))
        if len(level) < 2 or len(level) != len(need) or not rising:
            raise ValueError(f"{path}: level and need_kg: must be as many, two or more, and increase")
        return curve


def _toml(curve: MarginCurve) -> str:
    told = asdict(curve)
    lines = [
        f"# Reserve needed by {curve.counted:,} of {curve.samples:,} guided landings that nothing but propellant can lose.",
        f"# hoverslam margin {curve.vehicle} --recovery {curve.recovery} --samples {curve.samples} --seed {curve.seed} "
        f"--guidance {curve.guidance} --curve FILE",
    ]
    for name in ("vehicle", "recovery", "guidance", "samples", "seed", "lost", "reserve_kg"):
        value = told[name]
        lines.append(f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}")
    lines.append(f"level = [{', '.join(f'{x:g}' for x in curve.level)}]")
    lines.append(f"need_kg = [{', '.join(f'{x:.1f}' for x in curve.need_kg)}]")
    lines += [
        "",
        "# By dispersion: its size, the reserve (kg) that makes up for a doubled size to first order, standard error.",
        "[effects]",
    ]
    lines += [f'"{e.key}" = [{e.size:g}, {e.need_kg:.1f}, {e.error_kg:.1f}]' for e in curve.effects]
    return "\n".join(lines) + "\n"


def load_margin_curve(vehicle: str, recovery: str) -> MarginCurve | None:
    """The curve that comes with the package for a vehicle and a recovery mode; None where there is none."""
    path = DATA / f"{vehicle}_{recovery}.toml"
    return MarginCurve.load(path) if path.exists() else None


# ---- from a campaign -------------------------------------------------------------------------------------------------
def curve_of(study: "MarginStudy") -> MarginCurve:
    """Boil a campaign down to its margin curve.

    Raises:
        ValueError: for too few flights, or needs that do not differ.
    """
    from hoverslam.margins.disturbances.draws import perturbations_of, standard_vectors, units_of

    need, flyer, reserve = study.need, study.flyer, study.planned_reserve
    landed = np.isfinite(need)
    if landed.sum() < LEAST:
        raise ValueError(f"samples: {int(landed.sum())} flights that landed: a margin curve needs {LEAST} or more")
    quantiles = np.quantile(need[landed], LEVELS, method="weibull")
    keep = np.concatenate([[True], np.diff(quantiles) > 0.05])
    if keep.sum() < 2:
        raise ValueError("flights: their needs do not differ: without dispersions there is no margin curve")
    uniforms = standard_vectors(flyer.seed, study.campaign.numbers, flyer.scheme, flyer.total)[landed]
    curve = MarginCurve(
        study.vehicle.name, study.recovery, study.guidance, study.samples, flyer.seed, int((~landed).sum()), reserve,
        tuple(float(x) for x in np.array(LEVELS)[keep]), tuple(float(x) for x in np.round(quantiles[keep], 1)), (),
    )  # fmt: skip
    struck = perturbations_of(flyer.table, uniforms).engine_out_burn
    effects = _sized(flyer.table, need[landed], units_of(flyer.table, uniforms), curve) + _failures(
        flyer.table, need[landed], struck, curve
    )
    return replace(curve, effects=tuple(sorted(effects, key=lambda effect: -abs(effect.need_kg))))


def _moved(
    need: Floats, units: Mapping[str, Floats], reserve: float, table: DispersionTable
) -> dict[str, tuple[float, float]]:
    """By dispersion: derivative of the probability that ``reserve`` suffices by the logarithm of its size, standard error.

    The score of a normal law by the logarithm of its size is u^2 - 1, u the draw in units of the size, and u_k (R^-1 u)_k - 1
    where draws are correlated by R, so that the derivative is the covariance of sufficing with it: a likelihood ratio, exact
    for any response of the flight, with no other flights flown (Rubinstein 1986). A dispersion of many draws, such as a wind
    profile, counts along the one direction of them that a regression of the need finds: along the others is only noise.
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
    """By correlated dispersion the draw and its partners', weighed by the inverse of their correlation: ``(n,)``."""
    names = table.correlated
    if not names:
        return {}
    weighed = np.column_stack([units[name][:, 0] for name in names]) @ np.linalg.inv(table.correlation_matrix())
    return {name: weighed[:, place] for place, name in enumerate(names)}


def _regression(need: Floats, units: Mapping[str, Floats]) -> dict[str, Floats]:
    """Slopes of the need by every draw, by dispersion."""
    linear = np.hstack(list(units.values()))
    weights, *_ = np.linalg.lstsq(np.hstack([np.ones((len(need), 1)), linear]), need, rcond=None)
    ends = np.cumsum([1, *(unit.shape[1] for unit in units.values())])
    found: Floats = np.asarray(weights)
    return {name: found[start:stop] for name, start, stop in zip(units, ends[:-1], ends[1:], strict=True)}


def _edges(need: Floats, unit: Floats, reserve: float) -> tuple[float, float]:
    """The same for a uniform law, whose size moves its edges: sufficing there, less sufficing on the average."""
    enough, out = need <= reserve, np.abs(unit[:, 0]) > 1.0 - EDGE
    share = float(enough[out].mean())
    return share - float(enough.mean()), float(np.sqrt(share * (1.0 - share) / out.sum()))


def _sized(table: DispersionTable, need: Floats, units: Mapping[str, Floats], curve: MarginCurve) -> list[Effect]:
    """Effects of dispersions that have a size, by the key of the size."""
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
        effects += [Effect(f"{name}.{key}", size, -change / density, error / density)] if size > 0.0 else []
    return effects


def _failures(table: DispersionTable, need: Floats, struck: NDArray[np.int64], curve: MarginCurve) -> list[Effect]:
    """Effects of engine failures: what the flights struck need more, as the reserve that makes up for it."""
    enough, density, effects = need <= curve.reserve_kg, curve.density(curve.reserve_kg), []
    for burn, (key, chance) in enumerate(zip(table.engine_out.sizes, table.engine_out.probabilities, strict=True), 1):
        hit = struck == burn
        if hit.sum() < FAILURES_LEAST or chance == 0.0:
            continue
        share = float(enough[hit].mean())
        error = np.sqrt((share * (1.0 - share) + 0.25 / hit.sum()) / hit.sum())
        to_kg = chance / density
        size = float(getattr(table.engine_out, key).value)
        effects.append(Effect(f"engine_out.{key}", size, to_kg * (float(enough[~hit].mean()) - share), to_kg * error))
    return effects
