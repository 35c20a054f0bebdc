"""Growth of the landing probability with practice: the Crow-AMSAA power law of failures.

Failures in a young programme are more frequent at its beginning. The power law N(n) = lambda n^beta for the expected
failures in n attempts describes this with two numbers; a beta below 1 is growth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.quantities import Quantity

LARGEST_SHAPE = 50.0  # largest shape that is accepted; a larger one indicates a mistake in the data


@dataclass(frozen=True, slots=True)
class CrowAmsaa:
    """A fitted power law of failures: N(n) = ``scale`` n^``shape``.

    L. H. Crow, AMSAA TR-138, 1974; MIL-HDBK-189C.

    Attributes:
        scale: Factor lambda.
        shape: Exponent beta.
        failures: Number of failures in the data of the fit.
        attempts: Number of attempts in the data of the fit.
    """

    scale: float
    shape: float
    failures: int
    attempts: float

    def expected_failures(self, attempts: Quantity) -> Quantity:
        """Return the expected failures in the first ``attempts`` attempts: lambda n^beta."""
        return self.scale * np.power(attempts, self.shape)

    def landing_probability(self, attempt: Quantity) -> Quantity:
        """Return the probability that attempt n (from 1) lands: 1 - (N(n) - N(n - 1)), at least 0.

        The power law may expect more than one failure in the first attempt of a programme; the probability is 0 there.

        Raises:
            CostQuestionError: For an attempt below 1.
        """
        n = np.asarray(attempt, dtype=float)
        if not np.all(n >= 1.0):
            raise CostQuestionError(f"attempt = {attempt}: attempts count from 1")
        probability = np.clip(1.0 - (self.expected_failures(n) - self.expected_failures(n - 1.0)), 0.0, 1.0)
        return float(probability) if probability.ndim == 0 else probability


def crow_amsaa(failure_attempts: Sequence[float], attempts: float) -> CrowAmsaa:
    """Return the power law fitted to failed attempts by maximum likelihood, for time-truncated data.

        beta = n / sum ln(T/t_i),    lambda = n / T^beta

    Args:
        failure_attempts: The numbers t_i of the attempts that failed.
        attempts: The number T of attempts observed; the observation does not end at a failure.

    Raises:
        CostQuestionError: Without a failure, for a failure outside (0, T], or if the fitted shape exceeds 50.
    """
    times = np.asarray(failure_attempts, dtype=float)
    if times.size == 0 or not np.all((times > 0.0) & (times <= attempts)):
        raise CostQuestionError(
            f"failure_attempts = {list(failure_attempts)} of {attempts}: give at least one, each in (0, {attempts}]"
        )
    logs = float(np.sum(np.log(attempts / times)))
    if not logs * LARGEST_SHAPE >= times.size:
        raise CostQuestionError(
            f"failures at {list(failure_attempts)} crowd at the last attempt, {attempts}: the fitted shape passes "
            f"{LARGEST_SHAPE:g}; a power law does not describe them"
        )
    shape = times.size / logs
    return CrowAmsaa(times.size / attempts**shape, shape, times.size, float(attempts))
