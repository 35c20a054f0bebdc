"""Probability that a booster returns: a landing probability inferred from a record of attempts, with its uncertainty.

The number of successes is binomial; its probability has a Beta distribution (Jeffreys' prior, Beta(1/2, 1/2)). For a vehicle
with few attempts of its own, the prior is the discounted record of another vehicle: each attempt there counts as a fraction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from hoverslam.economics.inputs.quantities import Quantity


@dataclass(frozen=True, slots=True)
class BetaBelief:
    """A Beta(``alpha``, ``beta``) distribution of a probability. Both may be arrays with one value for each sample."""

    alpha: Quantity
    beta: Quantity

    def __post_init__(self) -> None:
        if not (np.all(np.asarray(self.alpha) > 0.0) and np.all(np.asarray(self.beta) > 0.0)):
            raise ValueError(f"Beta({self.alpha}, {self.beta}): both parameters must be above 0")

    @property
    def mean(self) -> Quantity:
        """Mean of the probability."""
        return self.alpha / (self.alpha + self.beta)

    def interval(self, confidence: float = 0.90) -> tuple[float, float]:
        """Return the central interval that contains the probability with this confidence."""
        tail = (1.0 - confidence) / 2.0
        return float(self.quantile(tail)), float(self.quantile(1.0 - tail))

    def quantile(self, level: Quantity) -> Quantity:
        """Return the quantile of the probability at ``level``; uniform levels give samples."""
        return stats.beta.ppf(level, self.alpha, self.beta)

    def updated(self, successes: float, failures: float) -> BetaBelief:
        """Return the distribution after further attempts."""
        return BetaBelief(self.alpha + _count(successes), self.beta + _count(failures))


def jeffreys(successes: float, failures: float) -> BetaBelief:
    """Return the Jeffreys posterior Beta(s + 1/2, f + 1/2); its mean is (s + 1/2)/(n + 1).

    Args:
        successes: Number s of successes.
        failures: Number f of failures.
    """
    return BetaBelief(0.5, 0.5).updated(successes, failures)


STATED_WORTH = 10.0
"""Attempts that a stated probability counts for, where the attempts behind it are not at hand."""


def stated(probability: float) -> BetaBelief:
    """Return the distribution of a probability that is stated without its record: as many successes in ``STATED_WORTH``.

    Args:
        probability: The stated probability.

    Raises:
        ValueError: For a probability outside [0, 1].
    """
    _probability("stated", probability)
    return jeffreys(STATED_WORTH * probability, STATED_WORTH * (1.0 - probability))


def discounted(belief: BetaBelief, discount: Quantity) -> BetaBelief:
    """Return a distribution with the weight of the given one multiplied by ``discount``: the same mean, and wider.

    This is a power prior; it transfers the record of an older vehicle to a new one. Compare the family-level learning of
    Guikema and Pate-Cornell, Journal of Spacecraft and Rockets, 2004.

    Args:
        belief: The distribution.
        discount: Factor of its weight, above 0 and at most 1.

    Raises:
        ValueError: For a discount outside (0, 1].
    """
    if not np.all((np.asarray(discount) > 0.0) & (np.asarray(discount) <= 1.0)):
        raise ValueError(f"discount = {discount}: must be above 0 and at most 1")
    return BetaBelief(discount * belief.alpha, discount * belief.beta)


def landing_probability(margin: Quantity, other: Quantity) -> Quantity:
    """Return the probability of landing: p_margin p_other.

    Args:
        margin: Probability that the landing propellant suffices, from a Monte Carlo.
        other: Probability that nothing else fails (engines, hydraulics, legs, guidance), from a landing record.

    Raises:
        ValueError: For a probability outside [0, 1].
    """
    return _probability("margin", margin) * _probability("other", other)


def survival_probability(landing: Quantity, intact: Quantity = 1.0, retired: Quantity = 0.0) -> Quantity:
    """Return the probability q that a flown booster flies again: p_land p_intact (1 - p_retire).

    Args:
        landing: Probability of landing.
        intact: Probability that a landed booster is undamaged.
        retired: Probability that the inspection retires an undamaged booster.

    Raises:
        ValueError: For a probability outside [0, 1].
    """
    kept = 1.0 - _probability("retired", retired)
    return _probability("landing", landing) * _probability("intact", intact) * kept


def _probability(name: str, value: Quantity) -> Quantity:
    values = np.asarray(value, dtype=float)
    if not np.all((values >= 0.0) & (values <= 1.0)):
        raise ValueError(f"{name} = {value}: a probability lies in [0, 1]")
    return value


def _count(number: float) -> float:
    if not number >= 0.0:
        raise ValueError(f"{number} attempts: a count cannot be negative")
    return number


NOTHING_COUNTED = jeffreys(0.0, 0.0)
"""The distribution of a probability of which nothing is known, Beta(1/2, 1/2): mean 1/2, 90 % within 0.6 and 99.4 %."""
