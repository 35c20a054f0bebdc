"""Touchdown limits, and the outcome of each flight: landed, or the cause of its loss."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import numpy as np

from hoverslam.data.figures import Figure, Range, Section
from hoverslam.data.radians import RIGHT_ANGLE, check_angle
from hoverslam.data.reading import checked, read_toml
from hoverslam.vehicles.models import Vehicle

_FILE = Path(__file__).parent / "files" / "touchdown.toml"


class TouchdownFigures(Section):
    """Limits that every landing must meet, from ``files/touchdown.toml``."""

    miss_m: Annotated[Figure, Range(0, 1000)]
    sink_rate_m_s: Annotated[Figure, Range(0, 20)]
    drift_m_s: Annotated[Figure, Range(0, 20)]
    tilt_deg: Annotated[Figure, Range(0, 45)]


FIGURES = checked(TouchdownFigures, read_toml(_FILE, _FILE.name), _FILE.name)


@dataclass(frozen=True)
class TouchdownLimits:
    """Limits that a landing must meet, in SI units. Sources of the defaults are in ``files/touchdown.toml``.

    Attributes:
        miss: Horizontal distance from the pad (m).
        sink_rate: Vertical speed (m/s).
        drift: Horizontal speed (m/s).
        tilt: Angle between the body axis and the vertical (rad).
        pressure: Dynamic pressure during the flight (Pa).
        heating: Stagnation heating during the flight (W/m2).
    """

    miss: float = FIGURES.miss_m.si
    sink_rate: float = FIGURES.sink_rate_m_s.si
    drift: float = FIGURES.drift_m_s.si
    tilt: float = FIGURES.tilt_deg.si
    pressure: float = np.inf
    heating: float = np.inf

    def __post_init__(self) -> None:
        check_angle("touchdown limits", "tilt", self.tilt, 0.0, RIGHT_ANGLE)

    @classmethod
    def of(cls, vehicle: Vehicle, **changed: float) -> "TouchdownLimits":
        """Return the limits, with loads at the high end of the vehicle's bands; the optimum is limited by the values instead.

        Args:
            vehicle: The vehicle that lands.
            **changed: Other values of some limits.

        Raises:
            ValueError: For a name that is no limit.
        """
        home = vehicle.recovery
        assert home is not None
        known = [field.name for field in fields(cls)]
        for name in changed:
            if name not in known:
                raise ValueError(f"touchdown limit {name!r}: there is {', '.join(known)}")
        loads = {"pressure": home.dynamic_pressure_max_kPa.high_si}
        if home.heating_max_kW_m2 is not None:
            loads["heating"] = home.heating_max_kW_m2.high_si
        return cls(**{**loads, **changed})


CAUSES = (
    "not a number",
    "did not come down",
    "dynamic pressure",
    "heating",
    "reach",
    "sink rate",
    "drift",
    "tilt",
    "propellant",
)
"""Causes of a loss, in the order in which they are checked; the first that applies is the cause of a flight."""

LANDED = "landed"


def causes_of(flown: dict[str, np.ndarray], limits: TouchdownLimits, reserve: float | None = None) -> np.ndarray:
    """Return the cause of each flight's loss, or ``"landed"``: texts ``(n,)``.

    A flight with a number that is not finite is lost.

    Args:
        flown: Columns of a campaign; see :data:`hoverslam.margins.campaigns.flyer.FLIGHT_COLUMNS`.
        limits: Touchdown limits.
        reserve: Landing reserve (kg) by which the propellant is judged; None for an unlimited one.
    """
    numbers = np.stack([np.asarray(column, dtype=float) for column in flown.values()])
    missing = ~np.all(np.isfinite(numbers), axis=0)
    failed = {
        "not a number": missing,
        "did not come down": ~flown["down"].astype(bool),
        "dynamic pressure": flown["dynamic_pressure"] > limits.pressure,
        "heating": flown["heating"] > limits.heating,
        "reach": flown["miss"] > limits.miss,
        "sink rate": flown["sink_rate"] > limits.sink_rate,
        "drift": flown["drift"] > limits.drift,
        "tilt": flown["tilt"] > limits.tilt,
        "propellant": flown["reserve_needed"] > (np.inf if reserve is None else reserve),
    }
    cause = np.full(len(missing), LANDED, dtype="U20")
    for name in reversed(CAUSES):
        cause[failed[name]] = name
    return cause


def reserve_needed(flown: dict[str, np.ndarray], limits: TouchdownLimits) -> np.ndarray:
    """Return the reserve (kg) with which each flight would have landed; infinite where no reserve suffices."""
    return np.where(causes_of(flown, limits) == LANDED, flown["reserve_needed"], np.inf)
