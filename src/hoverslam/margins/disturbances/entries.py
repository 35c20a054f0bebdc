"""The kinds of dispersions that a table holds: one number, several alike, a profile over altitude, an engine failure.

A section of ``files/dispersions.toml`` states the distribution of a dispersion, its size as a figure with unit, band, status
and source, the group it belongs to in a sensitivity study, and when its value becomes known (Hanson and Beard,
NASA/TP-2010-216447): ``design``, unknown while the vehicle is designed and measured once it is built; ``day``, known on
launch day; ``flight``, unknown until the flight. A size is one standard deviation unless its key says ``half_width`` or
``probability``.
"""

from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from hoverslam.data.errors import shown
from hoverslam.data.figures import Figure, Range, Section, Status, Text, mistakes

Group = Literal[
    "mass",
    "thrust",
    "impulse",
    "mixture",
    "aerodynamics",
    "plume",
    "density",
    "wind",
    "staging",
    "engine start",
    "actuation",
    "navigation",
    "engine out",
]
GROUPS: tuple[Group, ...] = get_args(Group)
Known = Literal["design", "day", "flight"]
Distribution = Literal["normal", "truncated normal", "half-normal", "uniform"]
BURNS = ("boostback", "entry", "landing")
"""The burns of a recovery, in the order in which arrays over burns hold them."""


class DispersionEntry(Section):
    """Base of all dispersions: what each states besides its size.

    Attributes:
        title: Name for tables and pictures.
        group: Group in a sensitivity study.
        known: When its value becomes known.
    """

    sizes: ClassVar[tuple[str, ...]]
    """The keys that hold the size. The override ``scale`` multiplies them."""

    title: Text
    group: Group
    known: Known


class Dispersion(DispersionEntry):
    """A random number, or several independent ones of the same distribution.

    A truncated normal distribution is cut at three standard deviations of its parent.
    """

    distribution: Distribution

    @property
    def figure(self) -> Figure:
        """The size as the file states it."""
        figure: Figure = getattr(self, self._key)
        return figure

    @property
    def size(self) -> float:
        """Standard deviation of the (parent) normal distribution, or half-width of the uniform one, in SI."""
        return self.figure.si

    @property
    def _key(self) -> str:
        sigma, half_width = self.sizes
        return half_width if self.distribution == "uniform" else sigma

    @model_validator(mode="after")
    def _stated_once(self) -> Self:
        """Check that the key of the distribution's size is given, and the other key is not."""
        wanted = self._key
        other = next(key for key in self.sizes if key != wanted)
        found = []
        if getattr(self, wanted) is None:
            found.append((f".{wanted}", "missing", f"a {self.distribution} dispersion needs it"))
        if getattr(self, other) is not None:
            found.append((f".{other}", "present", f"a {self.distribution} dispersion states {wanted}: remove it"))
        if found:
            raise mistakes(*found)
        return self


class Relative(Dispersion):
    """A fraction of the nominal value. Above 20 % a normal distribution could make a mass or a thrust negative."""

    sizes = ("sigma_percent", "half_width_percent")
    sigma_percent: Annotated[Figure, Range(0, 20, closed=True)] | None = None
    half_width_percent: Annotated[Figure, Range(0, 90, closed=True)] | None = None


class Fraction(Dispersion):
    """A number added to a quantity that is itself a fraction."""

    sizes = ("sigma", "half_width")
    sigma: Annotated[Figure, Range(0, 0.5, closed=True)] | None = None
    half_width: Annotated[Figure, Range(0, 0.5, closed=True)] | None = None


class Mass(Dispersion):
    """A mass in kilograms."""

    sizes = ("sigma_kg", "half_width_kg")
    sigma_kg: Annotated[Figure, Range(0, 20_000, closed=True)] | None = None
    half_width_kg: Annotated[Figure, Range(0, 20_000, closed=True)] | None = None


class Length(Dispersion):
    """A length in metres."""

    sizes = ("sigma_m", "half_width_m")
    sigma_m: Annotated[Figure, Range(0, 20_000, closed=True)] | None = None
    half_width_m: Annotated[Figure, Range(0, 20_000, closed=True)] | None = None


class Speed(Dispersion):
    """A speed in metres per second."""

    sizes = ("sigma_m_s", "half_width_m_s")
    sigma_m_s: Annotated[Figure, Range(0, 200, closed=True)] | None = None
    half_width_m_s: Annotated[Figure, Range(0, 200, closed=True)] | None = None


class Duration(Dispersion):
    """A time in seconds."""

    sizes = ("sigma_s", "half_width_s")
    sigma_s: Annotated[Figure, Range(0, 5, closed=True)] | None = None
    half_width_s: Annotated[Figure, Range(0, 5, closed=True)] | None = None


class Angle(Dispersion):
    """An angle in degrees."""

    sizes = ("sigma_deg", "half_width_deg")
    sigma_deg: Annotated[Figure, Range(0, 5, closed=True)] | None = None
    half_width_deg: Annotated[Figure, Range(0, 5, closed=True)] | None = None


class AltitudeShape(Section):
    """Standard deviation over altitude: factors on the size, linear between the altitudes, constant outside them."""

    altitude_km: tuple[float, ...] = Field(strict=False, min_length=1)
    factor: tuple[float, ...] = Field(strict=False, min_length=1)
    status: Status
    source: Text

    @model_validator(mode="after")
    def _one_to_one(self) -> Self:
        altitudes, factors = self.altitude_km, self.factor
        if len(altitudes) != len(factors):
            fix = f"{len(factors)} factors for {len(altitudes)} altitudes: give one for each"
            raise mistakes((".factor", shown(list(factors)), fix))
        if any(high <= low for low, high in pairwise(altitudes)):
            raise mistakes((".altitude_km", shown(list(altitudes)), "must increase"))
        if not all(0.0 <= factor <= 20.0 for factor in factors):
            raise mistakes((".factor", shown(list(factors)), "must be at least 0 and at most 20"))
        return self


class Profile(DispersionEntry):
    """A first-order Gauss-Markov process over altitude, with covariance sigma_i sigma_j exp(-|h_i - h_j|/L)."""

    distribution: Literal["normal"]
    correlation_km: Annotated[Figure, Range(0, 1_000)]
    shape: AltitudeShape

    def sigmas(self, altitudes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the standard deviation (SI) at ``altitudes`` (m), same shape."""
        figure: Figure = getattr(self, self.sizes[0])
        return figure.si * np.interp(altitudes, 1e3 * np.array(self.shape.altitude_km), self.shape.factor)

    @property
    def correlation_length(self) -> float:
        """Correlation length L (m)."""
        return self.correlation_km.si


class RelativeProfile(Profile):
    """A fraction of the nominal value at each altitude."""

    sizes = ("sigma_percent",)
    sigma_percent: Annotated[Figure, Range(0, 20, closed=True)]

    @model_validator(mode="after")
    def _stays_positive(self) -> Self:
        largest = self.sigma_percent.value * max(self.shape.factor)
        if largest > 20.0:
            fix = f"reaches {largest:g} % where its factor is largest: at most 20 %, or the air could turn negative"
            raise mistakes((".sigma_percent", shown(self.sigma_percent.value), fix))
        return self


class SpeedProfile(Profile):
    """A speed at each altitude."""

    sizes = ("sigma_m_s",)
    sigma_m_s: Annotated[Figure, Range(0, 50, closed=True)]


# Three burns of 15 % add up to less than a half, so that the median flight has no engine failure.
Probability = Annotated[Figure, Range(0, 15, closed=True)]


class EngineOut(DispersionEntry):
    """The probability that an engine does not start, or fails, in each burn. At most one burn of a flight has a failure."""

    sizes = ("probability_boostback_percent", "probability_entry_percent", "probability_landing_percent")
    distribution: Literal["bernoulli"]
    probability_boostback_percent: Probability
    probability_entry_percent: Probability
    probability_landing_percent: Probability

    @property
    def probabilities(self) -> tuple[float, ...]:
        """Probability of a failure in each burn, in the order of ``BURNS``."""
        return tuple(getattr(self, key).si for key in self.sizes)
