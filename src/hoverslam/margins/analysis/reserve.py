"""The least reserve that verifies a landing probability, and the landing probability against the reserve."""

import math
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from hoverslam.margins.analysis.checks import Floats, require_level, sample_values
from hoverslam.margins.analysis.intervals import Success, clopper_pearson, smallest_sample
from hoverslam.margins.analysis.quantiles import quantile_upper_bound

_OUT_OF_REACH = 1e-6  # a loss rate this near to the allowed share needs some 10^12 samples to be distinguished from it


@dataclass(frozen=True)
class Reserve:
    """The smallest reserve that verifies a success probability, or the reason why there is none.

    Attributes:
        reserve: kg; None where no reserve is verified.
        probability, confidence: success probability and confidence asked for.
        samples, lost: number of samples, and of samples lost to other causes than propellant.
        failures_allowed: how many of the samples may fail; None where a sample of this size without a failure is too small.
        samples_needed: smallest sample size that would suffice with the present number of losses.
    """

    reserve: float | None
    probability: float
    confidence: float
    samples: int
    lost: int
    failures_allowed: int | None
    samples_needed: int

    @cached_property
    def samples_at_this_rate(self) -> int | None:
        """Sample size that would suffice if flights are lost at the observed rate; None if no size would."""
        failure, rate = 1.0 - self.probability, self.lost / self.samples
        if rate >= (1.0 - _OUT_OF_REACH) * failure:
            return None

        def enough(failures: int) -> bool:
            return failures >= rate * smallest_sample(failure, failures, self.confidence)

        most = 1
        while not enough(most):
            most *= 2
        return smallest_sample(failure, bisect_left(range(most), True, key=enough), self.confidence)

    @property
    def message(self) -> str:
        """The result as one sentence."""
        asked = f"success of {_percent(self.probability)} with {_percent(self.confidence)} confidence"
        if self.reserve is not None:
            return (
                f"a reserve of {self.reserve:.6g} kg verifies {asked}: {self.failures_allowed} of {self.samples} samples "
                f"may fail, {self.lost} are lost with any reserve"
            )
        if self.samples_at_this_rate is None:
            return (
                f"no reserve verifies {asked}: {self.lost} of {self.samples} samples are lost with any reserve, and at "
                "that rate no sample is large enough: prevent losses or ask for a lower probability "
                f"(without further losses, {self.samples_needed} samples would suffice)"
            )
        return (
            f"no reserve verifies {asked}: {self.samples} samples, {self.lost} of them lost with any reserve, are too "
            f"few: fly {self.samples_at_this_rate}"
        )


@dataclass(frozen=True, eq=False)
class SuccessCurve:
    """Success probability against the reserve, with its pointwise Clopper-Pearson band.

    Attributes:
        need: ``(n,)`` reserve each sample needs, ascending (kg); infinite for one lost for other reasons.
        confidence: confidence of the band.
    """

    need: Floats = field(repr=False)
    confidence: float = 0.9

    def __post_init__(self) -> None:
        require_level("confidence", self.confidence)
        object.__setattr__(self, "need", np.sort(sample_values("need", self.need)))

    @property
    def lost(self) -> int:
        """Number of samples lost to other causes than propellant."""
        return int(np.isposinf(self.need).sum())

    def at(self, reserve: ArrayLike) -> Success:
        """Return share of successes and interval for reserves (kg) of any shape; the result has that shape."""
        successes = np.searchsorted(self.need, np.asarray(reserve, dtype=float), side="right")
        return Success(successes / len(self.need), *clopper_pearson(successes, len(self.need), self.confidence))

    def steps(self) -> pd.DataFrame:
        """Return the whole curve, one row for each reserve (kg) at which it rises."""
        reserve = np.unique(self.need[np.isfinite(self.need)])
        return pd.DataFrame({"reserve": reserve, **self.at(reserve)._asdict()})

    def smallest_reserve(self, probability: float, confidence: float | None = None) -> Reserve:
        """Return :func:`smallest_reserve` of the sample; the one-sided ``confidence`` is that of the band if not given."""
        return smallest_reserve(self.need, probability, self.confidence if confidence is None else confidence)


def smallest_reserve(need: ArrayLike, probability: float, confidence: float = 0.9) -> Reserve:
    """Return the smallest reserve whose one-sided lower confidence bound of success meets a probability.

    It equals the upper bound of the quantile of the need by order statistics. Choosing the reserve from the same sample
    therefore does not weaken the confidence: in at least the share ``confidence`` of all samples, success has that
    probability.

    Args:
        need: ``(n,)`` reserve that each sample needs (kg), infinite for a sample lost for other reasons.
        probability: success probability to be verified.
        confidence: one-sided.

    Raises:
        ValueError: as :func:`quantile_upper_bound`.
    """
    require_level("probability", probability)
    ordered = np.sort(sample_values("need", need))
    bound = quantile_upper_bound(ordered, probability, confidence)
    lost = int(np.isposinf(ordered).sum())
    return Reserve(
        reserve=bound.value if math.isfinite(bound.value) else None,
        probability=probability,
        confidence=confidence,
        samples=len(ordered),
        lost=lost,
        failures_allowed=None if bound.rank is None else len(ordered) - bound.rank,
        samples_needed=smallest_sample(1.0 - probability, lost, confidence),
    )


def _percent(share: float) -> str:
    return f"{100.0 * share:.6g} %"
