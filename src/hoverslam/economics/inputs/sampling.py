"""Random draws for the inputs: one seed, and one stream of uniforms for each named quantity.

The draws of a quantity depend on the seed and on its name alone. Two estimates with one seed therefore use the same draws
for every input that they have in common (a vehicle and its expendable twin, a figure before and after a change), and a new
input leaves all other draws as they were. Within a stream the draws are stratified: one in each of n equal slices, which
reduces the scatter of quantiles at a few thousand samples.

Bands are sampled from triangular distributions. A PERT distribution gives the mode four times the weight of the ends of the
band. Most modes here are estimates, so a PERT distribution would understate the uncertainty.
"""

import zlib
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hoverslam.data.counts import MOST_SAMPLES, checked_count
from hoverslam.data.figures import Band
from hoverslam.economics.inputs.errors import CostQuestionError


def checked_samples(samples: int) -> int:
    """Return a number of samples.

    Raises:
        CostQuestionError: If it is no whole number from 1 to ``MOST_SAMPLES``.
    """
    try:
        return checked_count("samples", samples, 1, MOST_SAMPLES, "more add memory and time, and no accuracy")
    except ValueError as error:
        raise CostQuestionError(str(error)) from None


@dataclass(frozen=True, slots=True)
class Draws:
    """A source of uniform draws. ``uniforms(name)`` is the same array for the same seed, name and number of samples."""

    seed: int
    samples: int

    def __post_init__(self) -> None:
        checked_samples(self.samples)

    def uniforms(self, name: str) -> NDArray[np.float64]:
        """Return stratified uniforms in (0, 1) for one quantity, shape ``(samples,)``."""
        stream = np.random.SeedSequence(self.seed, spawn_key=(zlib.crc32(name.encode()),))
        generator = np.random.default_rng(stream)
        strata = generator.permutation(self.samples)
        uniforms = (strata + generator.random(self.samples)) / self.samples
        return np.clip(uniforms, np.finfo(float).tiny, 1.0 - np.finfo(float).epsneg)

    def band(self, name: str, band: Band) -> NDArray[np.float64]:
        """Return samples of a band, shape ``(samples,)``, in the unit of the band."""
        return triangular_quantile(self.uniforms(name), band.low, band.mode, band.high)


def triangular_quantile(level: NDArray[np.float64], low: float, mode: float, high: float) -> NDArray[np.float64]:
    """Return the quantiles of a triangular distribution; the constant ``mode`` if the band has no width.

    Args:
        level: Probability levels, 0 to 1.
        low: Low end of the distribution.
        mode: Most likely value.
        high: High end of the distribution.
    """
    width = high - low
    if width == 0.0:
        return np.full_like(level, mode)
    return np.asarray(stats.triang.ppf(level, (mode - low) / width, low, width))


@dataclass(frozen=True, slots=True)
class Quantiles:
    """The 10th, 50th and 90th percentile of samples."""

    p10: float
    p50: float
    p90: float

    @classmethod
    def of(cls, samples: NDArray[np.float64]) -> Self:
        """Return the percentiles of samples, linear between neighbours."""
        return cls(*(float(value) for value in np.quantile(samples, (0.1, 0.5, 0.9))))
