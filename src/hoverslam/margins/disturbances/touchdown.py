"""What became of each flight: landed or lost, and if lost, why. A flight that is not a number is lost."""

from dataclasses import dataclass, fields

import numpy as np

from hoverslam.vehicles.models import Vehicle


@dataclass(frozen=True)
class TouchdownLimits:
    """What a landing must keep, SI.

    Defaults: miss, drift and tilt after the Munich benchmark (TU Munich 2025, after Simplicio, Marcos and Bennani: 10 m,
    1.5 m/s, 5 deg), the miss opened to a pad's 20 m and the drift to 2 m/s; the sink rate 6 m/s for legs with crush cores
    (both estimates). Loads: the high end of the vehicle's bands, where the optimum was held to their values.
    """

    miss: float = 20.0
    sink_rate: float = 6.0
    drift: float = 2.0
    tilt: float = np.radians(5.0)
    pressure: float = np.inf
    heating: float = np.inf

    @classmethod
    def of(cls, vehicle: Vehicle, **changed: float) -> "TouchdownLimits":
        """With the loads that the vehicle bears.

        Raises:
            ValueError: for a name that is no limit.
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


# In this order a lost flight is asked why; the first that applies is its cause.
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
LANDED = "landed"


def causes_of(flown: dict[str, np.ndarray], limits: TouchdownLimits, reserve: float | None = None) -> np.ndarray:
    """Cause of each flight's loss, or ``"landed"``: ``(n,)`` of strings.

    Args:
        flown: columns of a campaign (see :data:`hoverslam.margins.campaigns.flyer.COLUMNS`).
        limits: what a landing must keep.
        reserve: landing reserve to judge the propellant by (kg); None for as much as it takes.
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
    """Reserve (kg) each flight would have needed to land; infinite for one that no propellant would have saved."""
    return np.where(causes_of(flown, limits) == LANDED, flown["reserve_needed"], np.inf)
