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

from hoverslam.margins.dispersions import Dispersion, DispersionTable

if TYPE_CHECKING:
    from hoverslam.margins.margin import MarginStudy

Floats = NDArray[np.float64]

DATA = Path(__file__).parent / "data" / "curves"
LEVELS = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.998)
FAILURES_LEAST = 5  # flights struck by an engine failure that still landed, below which nothing is said of it
PARTS = 10  # of the campaign, whose scatter is the standard error of an effect
LEAST = 1000  # flights below which the quantiles above mean nothing


@dataclass(frozen=True)
class Effect:
    """What a dispersion does to the reserve needed, near the reserve that is kept.

    Attributes:
        key: of the size in the dispersion table, such as ``wind.sigma_m_s``.
        size: in the unit of the key.
        need_kg: change of the need (kg) for a doubled size, to first order.
        error_kg: its standard error, from the scatter between parts of the campaign.
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
        """Derivative of the probability at the kept reserve by each dispersion's size, per unit of its key."""
        density = self.density(self.reserve_kg)
        return {effect.key: -density * effect.need_kg / effect.size for effect in self.effects}

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
        "# By dispersion: size, change of the need (kg) near the reserve for a doubled size, standard error.",
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
    from hoverslam.margins.draws import perturbations_of, standard_vectors, units_of

    need, flyer, reserve = study.need, study.flyer, study.planned_reserve
    landed = np.isfinite(need)
    if landed.sum() < LEAST:
        raise ValueError(f"samples: {int(landed.sum())} flights that landed: a margin curve needs {LEAST} or more")
    quantiles = np.quantile(need[landed], LEVELS, method="weibull")
    keep = np.concatenate([[True], np.diff(quantiles) > 0.05])
    if keep.sum() < 2:
        raise ValueError("flights: their needs do not differ: without dispersions there is no margin curve")
    uniforms = standard_vectors(flyer.seed, study.campaign.numbers, flyer.scheme, flyer.total)[landed]
    moved = _moved(need[landed], units_of(flyer.table, uniforms), reserve)
    curve = MarginCurve(
        study.vehicle.name, study.recovery, study.guidance, study.samples, flyer.seed, int((~landed).sum()), reserve,
        tuple(float(x) for x in np.array(LEVELS)[keep]), tuple(float(x) for x in np.round(quantiles[keep], 1)), (),
    )  # fmt: skip
    struck = perturbations_of(flyer.table, uniforms).engine_out_burn
    effects = _sized(flyer.table, moved) + _failures(flyer.table, need[landed], struck, curve)
    return replace(curve, effects=tuple(sorted(effects, key=lambda effect: -abs(effect.need_kg))))


def _moved(need: Floats, units: Mapping[str, Floats], reserve: float) -> dict[str, tuple[float, float]]:
    """By dispersion: mean change of the need (kg) for a doubled size among flights near the reserve, standard error.

    For any smooth law the quantile at R moves by E[change of D | D = R]; the change of one flight's need with a size is
    the part of its need which that dispersion makes, x dD/dx. That part comes from a regression of the need on all draws
    and on the sum of squares of each dispersion's own.
    """
    linear = np.hstack(list(units.values()))
    squares = np.column_stack([np.sum(unit**2, axis=1) for unit in units.values()])
    design = np.hstack([np.ones((len(need), 1)), linear, squares])
    weights, *_ = np.linalg.lstsq(design, need, rcond=None)
    near = np.flatnonzero(_near(need, reserve))
    found, at = {}, 1
    for place, (name, unit) in enumerate(units.items()):
        slopes, curvature = weights[at : at + unit.shape[1]], weights[1 + linear.shape[1] + place]
        at += unit.shape[1]
        part = (unit @ slopes + 2.0 * curvature * squares[:, place])[near]
        means = np.array([some.mean() for some in np.array_split(part, PARTS)])
        found[name] = float(part.mean()), float(means.std(ddof=1) / np.sqrt(PARTS))
    return found


def _near(need: Floats, reserve: float) -> NDArray[np.bool_]:
    """The flights whose needs are nearest to the reserve in rank: a fiftieth of all, 100 at least."""
    rank = np.argsort(np.argsort(need))
    distance = np.abs(rank - np.searchsorted(np.sort(need), reserve))
    wanted = min(len(need), max(100, len(need) // 50))
    return distance <= np.partition(distance, wanted - 1)[wanted - 1]


def _sized(table: DispersionTable, moved: Mapping[str, tuple[float, float]]) -> list[Effect]:
    """Effects of dispersions that have a size, by the key of the size."""
    effects = []
    for name, entry in table.entries():
        if name in moved:
            key = entry._key if isinstance(entry, Dispersion) else entry.sizes[0]
            size = float(getattr(entry, key).value)
            effects += [Effect(f"{name}.{key}", size, *moved[name])] if size > 0.0 else []
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
