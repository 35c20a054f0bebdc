"""The numbers of a margin study: the flights of a campaign, and what follows from them. Text and pictures are made from it.

A study answers two questions. *How often does it land?* counts every loss. *How much propellant must be kept?* is asked of
the flights that only a lack of propellant can lose: :attr:`MarginRecord.reserve` is the least landing reserve that suffices
with the probability asked for, verified by order statistics at the confidence asked for (Hanson and Beard, NASA
TP-2010-216447).
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hoverslam.margins.analysis.intervals import clopper_pearson
from hoverslam.margins.analysis.quantiles import Quantile, quantile
from hoverslam.margins.analysis.reserve import Reserve, SuccessCurve, smallest_reserve
from hoverslam.margins.campaigns.campaign import Campaign
from hoverslam.margins.campaigns.flyer import RecoveryFlyer
from hoverslam.margins.disturbances.touchdown import TouchdownLimits, causes_of, reserve_needed
from hoverslam.margins.guidance.reference import Reference
from hoverslam.vehicles.models import Vehicle

LEVELS = (0.5, 0.9, 0.99, 0.9973, 0.99865)


@dataclass(frozen=True)
class MarginRecord:
    """The flights of one recovery and what follows from them. Masses in kg.

    Attributes:
        recovery: recovery mode, ``downrange`` or ``return_to_launch_site``.
        flyer: vehicle, dispersions, guidance law and the optimum that guidance followed.
        limits: touchdown limits that a landing must meet.
        campaign: the flights, one entry of each column a flight.
        probability, confidence: that the reserve has to meet.
    """

    recovery: str
    flyer: RecoveryFlyer
    limits: TouchdownLimits
    campaign: Campaign
    probability: float
    confidence: float

    @property
    def vehicle(self) -> Vehicle:
        """The vehicle that flew."""
        return self.flyer.vehicle

    @property
    def reference(self) -> Reference:
        """The optimal recovery that guidance followed."""
        return self.flyer.reference

    @property
    def guidance(self) -> str:
        """Name of the landing law."""
        return self.flyer.guidance

    @property
    def undisturbed_propellant(self) -> float:
        """Propellant that a guided flight without dispersions burns (kg)."""
        return float(self.campaign.columns["undisturbed"][0])

    @property
    def planned_reserve(self) -> float:
        """Landing reserve that the optimum was solved with (kg)."""
        return self.reference.values["landing.reserve"]

    @property
    def samples(self) -> int:
        """Number of flights."""
        return len(self.campaign.numbers)

    @cached_property
    def need(self) -> np.ndarray:
        """Reserve that each flight needs (kg), ``(n,)``; infinite for a flight lost to another cause than propellant."""
        return reserve_needed(dict(self.campaign.columns), self.limits)

    @cached_property
    def curve(self) -> SuccessCurve:
        """Share of landed flights against reserve; every loss counts."""
        return SuccessCurve(self.need, self.confidence)

    def causes(self, reserve: float | None = None) -> dict[str, int]:
        """Return the number of flights by outcome, the most frequent first.

        Args:
            reserve: landing reserve (kg); None stands for a reserve that always suffices.
        """
        found = causes_of(dict(self.campaign.columns), self.limits, reserve)
        return dict(Counter(found.tolist()).most_common())

    @cached_property
    def reserve(self) -> Reserve:
        """Least reserve that suffices, over the flights that no other cause loses."""
        landed = self.need[np.isfinite(self.need)]
        return smallest_reserve(landed, self.probability, self.confidence)

    @cached_property
    def overall(self) -> Reserve:
        """Least reserve with which the share asked for lands, every loss counted. Often no reserve is enough."""
        return smallest_reserve(self.need, self.probability, self.confidence)

    def suffices(self, reserve: float) -> tuple[float, float, float]:
        """Return the share of flights lost to no other cause for which ``reserve`` (kg) is enough, and its interval."""
        landed = self.need[np.isfinite(self.need)]
        enough = int(np.sum(landed <= reserve))
        low, high = clopper_pearson(enough, len(landed), self.confidence)
        return enough / len(landed), float(low), float(high)

    def quantiles(self) -> dict[float, tuple[Quantile, Quantile]]:
        """Return quantiles of propellant burned and reserve needed by level, over flights that no other cause loses."""
        landed = np.isfinite(self.need)
        burned = np.asarray(self.campaign.columns["propellant"])[landed]
        return {
            level: (quantile(burned, level, self.confidence), quantile(self.need[landed], level, self.confidence))
            for level in LEVELS
        }

    @property
    def payload_cost(self) -> float | None:
        """Payload (kg) lost if the computed reserve replaces the planned one, by the exchange ratio of the optimum."""
        if self.reserve.reserve is None:
            return None
        return self.reference.per_reserve * (self.reserve.reserve - self.planned_reserve)
