"""Figures of falling bodies from ``files/falling_bodies.toml``: drag, size, and errors of separation and air."""

from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np

from hoverslam.data.figures import Band, Figure, Range, Section
from hoverslam.data.reading import checked, read_toml

FILE = Path(__file__).parent / "files" / "falling_bodies.toml"

_Coefficient = Annotated[Band, Range(0, 5)]
_Fraction = Annotated[Band, Range(0, 1)]
_Slenderness = Annotated[Band, Range(1, 20)]
_Speed = Annotated[Figure, Range(0, 100, closed=True)]


class BodyFigures(Section):
    """Drag of one kind of body, and errors of its separation velocity.

    Attributes:
        drag_coefficient: Drag coefficient, referred to the mean projected area.
        area_fraction: Mean projected area over length times diameter.
        velocity_along_sigma_m_s: Standard deviation along the horizontal velocity.
        velocity_left_sigma_m_s: Standard deviation to the left of it.
        velocity_up_sigma_m_s: Standard deviation upwards.
    """

    drag_coefficient: _Coefficient
    area_fraction: _Fraction
    velocity_along_sigma_m_s: _Speed
    velocity_left_sigma_m_s: _Speed
    velocity_up_sigma_m_s: _Speed

    @property
    def drag_per_side_area(self) -> float:
        """Drag area over length times diameter."""
        return self.drag_coefficient.value * self.area_fraction.value

    @property
    def drag_sigma(self) -> float:
        """Standard deviation of the drag area over its value, for a body of known size."""
        return float(np.hypot(relative_sigma(self.drag_coefficient), relative_sigma(self.area_fraction)))

    @property
    def velocity_sigma(self) -> tuple[float, float, float]:
        """Standard deviations of the separation velocity along, left and up (m/s)."""
        return self.velocity_along_sigma_m_s.si, self.velocity_left_sigma_m_s.si, self.velocity_up_sigma_m_s.si


class BoosterFigures(BodyFigures):
    """A booster whose length a vehicle file does not state.

    Attributes:
        length_per_diameter: Length over diameter.
    """

    length_per_diameter: _Slenderness

    @property
    def drag_sigma_with_length(self) -> float:
        """Standard deviation of the drag area over its value, where the length comes from ``length_per_diameter``."""
        return float(np.hypot(self.drag_sigma, relative_sigma(self.length_per_diameter)))


class FairingFigures(BoosterFigures):
    """One half of a fairing.

    Attributes:
        separation_speed_m_s: Speed of each half to its side.
    """

    separation_speed_m_s: _Speed


class AirFigures(Section):
    """Errors of the air, the same at all altitudes.

    Attributes:
        density_sigma_percent: Standard deviation of the density.
        wind_east_sigma_m_s: Standard deviation of the wind towards east.
        wind_north_sigma_m_s: Standard deviation of the wind towards north.
    """

    density_sigma_percent: Annotated[Figure, Range(0, 50, closed=True)]
    wind_east_sigma_m_s: _Speed
    wind_north_sigma_m_s: _Speed


class OrbitFigures(Section):
    """What counts as an orbit.

    Attributes:
        perigee_min_km: Perigee below which a stage falls.
    """

    perigee_min_km: Annotated[Figure, Range(0, 200)]


class FallFigures(Section):
    """All figures of ``files/falling_bodies.toml``."""

    stage: BodyFigures
    booster: BoosterFigures
    fairing_half: FairingFigures
    air: AirFigures
    orbit: OrbitFigures


@cache
def fall_figures() -> FallFigures:
    """Return the figures, read once and checked."""
    return checked(FallFigures, read_toml(FILE, FILE.name), FILE.name)


def relative_sigma(band: Band) -> float:
    """Return the standard deviation of a triangular distribution over its most likely value.

    Args:
        band: Ends and most likely value of the distribution.
    """
    low, mode, high = band.low, band.mode, band.high
    variance = (low**2 + mode**2 + high**2 - low * mode - low * high - mode * high) / 18.0
    return float(variance**0.5 / mode)
