"""The protocol of a simulation of recoveries, as the analyses use it."""

from typing import Protocol

import numpy as np

from hoverslam.margins.choices import Scheme
from hoverslam.margins.disturbances.dispersions import DispersionTable
from hoverslam.margins.disturbances.draws import Perturbations
from hoverslam.margins.guidance.reference import Reference
from hoverslam.vehicles.models import Vehicle


class RecoveryModel(Protocol):
    """A simulation that flies recoveries for given perturbations, such as the flyer of a campaign."""

    @property
    def vehicle(self) -> Vehicle:
        """The vehicle that flies."""

    @property
    def reference(self) -> Reference:
        """The optimal recovery that guidance follows."""

    @property
    def table(self) -> DispersionTable:
        """The dispersions that perturbations are drawn from."""

    @property
    def seed(self) -> int:
        """Master seed of the draws."""

    @property
    def scheme(self) -> Scheme:
        """Sampling scheme of the draws."""

    @property
    def total(self) -> int | None:
        """Number of samples that a Latin design is made for; None for the other schemes."""

    def fly(self, perturbations: Perturbations) -> dict[str, np.ndarray]:
        """Return the columns of the flights, ``(n,)`` by name."""
