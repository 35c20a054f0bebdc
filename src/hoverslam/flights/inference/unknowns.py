"""The unknowns of an inference: figures of a vehicle file that have a band, with their prior.

The prior of each is normal. Its mean is the value of the file. Its standard error is a quarter of the width of the band,
also where the value is not in the middle of the band. Hard bounds are those of the schema of vehicle files, such as a mass
above zero. Priors of different figures are independent.
"""

from dataclasses import dataclass
from typing import get_args

import numpy as np

from hoverslam.data.figures import Figure, Range
from hoverslam.data.reading import model_at
from hoverslam.flights.inference.laplace import Array
from hoverslam.flights.launch.slopes import OF_A_PLACE
from hoverslam.flights.observed.priors import BAND_SIGMAS
from hoverslam.vehicles.models import PUBLISHED, Vehicle

# The inclination of the orbit is part of the error of the claims that leave it open.
_NOT_UNKNOWN = (*PUBLISHED, "inclination_deg")


@dataclass(frozen=True)
class Unknown:
    """An uncertain figure of a vehicle file with its prior, in the unit of the key.

    Attributes:
        key: Key of the figure, such as ``stage1.dry_mass_t``.
        figure: The figure as the file states it.
        sigma: Standard error of the prior; its mean is the figure's value.
        low: Hard lower bound.
        high: Hard upper bound.
    """

    key: str
    figure: Figure
    sigma: float
    low: float
    high: float

    @property
    def value(self) -> float:
        """Mean of the prior."""
        return self.figure.value

    @property
    def bounds(self) -> tuple[float, float]:
        """Hard bounds in standard errors of the prior from its mean."""
        return (self.low - self.value) / self.sigma, (self.high - self.value) / self.sigma

    def at(self, shift: float) -> float:
        """Return the value of the figure at a shift from the mean in standard errors of the prior, inside the bounds."""
        return float(np.clip(self.value + shift * self.sigma, self.low, self.high))


def unknowns_of(vehicle: Vehicle) -> list[Unknown]:
    """Return every figure of a vehicle with a band that may enter a launch, whatever its status, in the order of the file."""
    found = []
    for key, figure in vehicle.figures():
        if key.startswith(_NOT_UNKNOWN) or OF_A_PLACE in key:
            continue
        low, high = figure.ends
        if high > low:
            found.append(Unknown(key, figure, (high - low) / BAND_SIGMAS, *_hard_bounds(key)))
    return found


def _hard_bounds(key: str) -> tuple[float, float]:
    """Return the range of a figure in the schema of vehicle files, in the unit of its key."""
    *sections, last = key.split(".")
    parent = model_at(Vehicle, sections) if sections else Vehicle
    field = None if parent is None else parent.model_fields.get(last)
    if field is None:
        return -np.inf, np.inf
    stated = [
        *field.metadata,
        *(data for part in get_args(field.annotation) for data in getattr(part, "__metadata__", ())),
    ]
    ranges = [part for part in stated if isinstance(part, Range)]
    return (ranges[0].low, ranges[0].high) if ranges else (-np.inf, np.inf)


def with_unknowns(unknowns: list[Unknown], shift: Array) -> dict[str, float]:
    """Return the values of the unknowns at shifts from the prior values, by key.

    Args:
        unknowns: The unknowns.
        shift: Shifts in standard errors of the prior, shape ``(m,)``.
    """
    return {unknown.key: unknown.at(float(by)) for unknown, by in zip(unknowns, shift, strict=True)}
