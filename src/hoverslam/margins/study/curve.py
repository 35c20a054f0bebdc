"""The margin curve: the probability that a landing reserve suffices, as a few numbers in a file.

A curve holds quantiles of the reserve that the flights of a campaign needed, joined by a smooth monotone curve, and the
effect of each dispersion on that need near the planned reserve. The cost model reads only this curve, not the flights.
Curves of the vehicles that come with the package are in ``curves/``, written by ``hoverslam margin VEHICLE --curve FILE``.

The probability covers flights that only a lack of propellant can lose. Other losses belong to the landing record.
"""

import tomllib
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.special import ndtr, ndtri

from hoverslam.data.files import file_names
from hoverslam.data.reading import read_text
from hoverslam.data.writing import write_whole
from hoverslam.vehicles.identity import flight_identity_of
from hoverslam.vehicles.models import Vehicle

DATA = Path(__file__).parent / "curves"


@dataclass(frozen=True)
class ReserveEffect:
    """The effect of a dispersion on the reserve needed, near the planned reserve.

    Attributes:
        key: key of the size in the dispersion table, such as ``wind.sigma_m_s``.
        size: size in the unit of the key.
        need_kg: additional reserve (kg) that compensates for a doubled size, to first order.
        error_kg: its standard error.
    """

    key: str
    size: float
    need_kg: float
    error_kg: float


@dataclass(frozen=True)
class MarginCurve:
    """The probability that a landing reserve suffices, and how dispersions change it.

    Attributes:
        vehicle, recovery, guidance, samples, seed: what the campaign flew.
        lost: flights lost to other causes than propellant; the quantiles leave them out.
        reserve_kg: landing reserve that the optimum was solved with (kg).
        level, need_kg: levels and quantiles (kg) of the reserve needed.
        effects: effects of the dispersions, the largest first.
        identity: of the vehicle that was flown, whatever reserve it keeps; empty where it was not written down.
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
    effects: tuple[ReserveEffect, ...]
    identity: str = ""

    def belongs_to(self, vehicle: Vehicle) -> bool:
        """Return whether the flights of the curve are of a vehicle with these figures, apart from its landing reserve."""
        return self.identity == flight_identity_of(vehicle)

    @property
    def significant_effects(self) -> tuple[ReserveEffect, ...]:
        """Effects of at least twice their standard error."""
        return tuple(effect for effect in self.effects if abs(effect.need_kg) >= 2.0 * effect.error_kg)

    @property
    def counted(self) -> int:
        """Number of flights that the quantiles rest on."""
        return self.samples - self.lost

    @cached_property
    def _score(self) -> PchipInterpolator:
        """Normal score against reserve: a straight line for a normal distribution of the need."""
        return PchipInterpolator(self.need_kg, ndtri(self.level))

    def _at(self, reserve_kg: float) -> tuple[float, float]:
        """Return normal score and slope; beyond the quantiles a straight line (a normal tail) continues the curve."""
        inside = float(np.clip(reserve_kg, self.need_kg[0], self.need_kg[-1]))
        slope = float(self._score(inside, 1))
        if inside != reserve_kg:  # the slope of the interpolant may be zero at its end: use that of the last chord
            i = 0 if reserve_kg < inside else len(self.level) - 2
            rise = ndtri(self.level[i + 1]) - ndtri(self.level[i])
            slope = float(rise / (self.need_kg[i + 1] - self.need_kg[i]))
        return float(self._score(inside)) + slope * (reserve_kg - inside), slope

    def probability(self, reserve_kg: float) -> float:
        """Return the probability that a landing reserve (kg) suffices."""
        return float(ndtr(self._at(reserve_kg)[0]))

    def density(self, reserve_kg: float) -> float:
        """Return the derivative of :meth:`probability` by the reserve (per kg)."""
        score, slope = self._at(reserve_kg)
        return float(np.exp(-0.5 * score**2) / np.sqrt(2.0 * np.pi) * slope)

    def enough(self, reserve_kg: float) -> float:
        """Return the expected number of the counted flights for which the reserve suffices; it need not be whole."""
        return self.counted * self.probability(reserve_kg)

    @property
    def mean_kg(self) -> float:
        """Median of the need (kg)."""
        return float(np.interp(0.5, self.level, self.need_kg))

    @property
    def sd_kg(self) -> float:
        """Half the distance (kg) between the quantiles of the need at the normal scores -1 and +1."""
        scores = ndtri(self.level)
        low, high = np.interp([-1.0, 1.0], scores, self.need_kg)
        return float(0.5 * (high - low))

    def dispersion_slopes(self) -> dict[str, float]:
        """Return the derivative of the probability by the size of each dispersion, per unit of its key.

        It is taken at the planned reserve, for the significant effects.
        """
        density = self.density(self.reserve_kg)
        return {effect.key: -density * effect.need_kg / effect.size for effect in self.significant_effects}

    def save(self, path: Path) -> None:
        """Write the curve as TOML; :meth:`load` reads it."""
        write_whole(path, _toml(self))

    @classmethod
    def load(cls, path: Path) -> "MarginCurve":
        """Read a curve that :meth:`save` wrote.

        Raises:
            ValueError: for a file that is no margin curve, naming the file and what is wrong.
        """
        try:
            content = tomllib.loads(read_text(path, path.name))
            effects = tuple(ReserveEffect(key, *(float(x) for x in row)) for key, row in content.pop("effects").items())
            level, need = (tuple(float(x) for x in content.pop(name)) for name in ("level", "need_kg"))
            curve = cls(**content, level=level, need_kg=need, effects=effects)
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"{path}: no margin curve ({error}): write one with hoverslam margin --curve") from error
        rising = all(np.all(np.diff(row) > 0.0) for row in (level, need))
        if len(level) < 2 or len(level) != len(need) or not rising:
            raise ValueError(f"{path}: level and need_kg: must be as many, two or more, and increase")
        return curve


def _toml(curve: MarginCurve) -> str:
    values = asdict(curve)
    lines = [
        f"# Reserve needed by {curve.counted:,} of {curve.samples:,} guided landings that nothing but propellant can lose.",
        f"# hoverslam margin {curve.vehicle} --recovery {curve.recovery} --samples {curve.samples} --seed {curve.seed} "
        f"--guidance {curve.guidance} --curve FILE",
    ]
    for name in ("vehicle", "identity", "recovery", "guidance", "samples", "seed", "lost", "reserve_kg"):
        value = values[name]
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
    """Return the curve that comes with the package for a vehicle and a recovery mode; None where there is none."""
    name = f"{vehicle}_{recovery}"
    return MarginCurve.load(DATA / f"{name}.toml") if name in file_names(DATA) else None
