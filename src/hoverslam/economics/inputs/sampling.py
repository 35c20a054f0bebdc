"""One seed, one stream of uniforms for each named quantity, and the triangular distribution of a band.

The draws of a quantity depend on the seed and on its name alone. Two estimates with one seed therefore share the
draws of everything they share (a vehicle and its expendable twin, a figure before and after a change), and adding an
input leaves all other draws as they were. Within a stream the draws are stratified (one in each of n equal slices),
which steadies quantiles at a few thousand samples.

Bands are triangular, not PERT: most modes here are guesses themselves, and PERT would trust them four times as much
as the ends of the band, making the answer look surer than it is.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoverslam.data.figures import Band


@dataclass(frozen=True, slots=True)
class Draws:
    """The source of uniforms: ``uniforms(name)`` is the same array whenever seed, name and number of samples are."""

    seed: int
    samples: int

    def uniforms(self, name: str) -> NDArray[np.float64]:
        """Return stratified uniforms in (0, 1) for one quantity, shape (samples,)."""
        stream = np.random.SeedSequence(self.seed, spawn_key=(zlib.crc32(name.encode()),))
        generator = np.random.default_rng(stream)
        strata = generator.permutation(self.samples)
        uniforms = (strata + generator.random(self.samples)) / self.samples
        return np.clip(uniforms, np.finfo(float).tiny, 1.0 - np.finfo(float).epsneg)

    def band(self, name: str, band: Band) -> NDArray[np.float64]:
        """Return samples of a band, shape (samples,), in the band's unit."""
        return triangular_quantile(self.uniforms(name), band.low, band.mode, band.high)


def triangular_quantile(level: NDArray[np.float64], low: float, mode: float, high: float) -> NDArray[np.float64]:
    """Return the inverse of the triangular distribution function; the constant ``mode`` where the band has no width."""
    width = high - low
    if width == 0.0:
        return np.full_like(level, mode)
    rising = low + np.sqrt(level * width * (mode - low))
    falling = high - np.sqrt((1.0 - level) * width * (high - mode))
    return np.where(level * width < mode - low, rising, falling)


@dataclass(frozen=True, slots=True)
class Quantiles:
    """The 10th, 50th and 90th percentile of samples."""

    p10: float
    p50: float
    p90: float

    @classmethod
    def of(cls, samples: NDArray[np.float64]) -> Quantiles:
        """Return the percentiles of samples, linear between neighbours."""
        return cls(*(float(value) for value in np.quantile(samples, (0.1, 0.5, 0.9))))
