"""Events of a launch, read from its trajectory: staging, burns, injection, touchdown."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

# Phases whose end is an event, and its name.
_ENDS = {
    "ascent": "staging",
    "boostback": "boostback burn ends",
    "coast": "entry burn begins",
    "entry": "entry burn ends",
    "glide": "landing burn begins",
    "shrouded": "fairing off",
    "upper": "injection",
    "second_burn": "injection",
}


class FlightEvent(NamedTuple):
    """A moment of the flight.

    Attributes:
        name: What happens.
        time_s: Time since lift-off (s).
        speed_m_s: Speed relative to the rotating Earth (m/s).
        altitude_km: Altitude (km).
        downrange_km: Distance over the ground from the pad (km).
    """

    name: str
    time_s: float
    speed_m_s: float
    altitude_km: float
    downrange_km: float


def events_of(flight: "xr.Dataset") -> tuple[FlightEvent, ...]:
    """Return the events of a trajectory in the order of time.

    Args:
        flight: Time histories along ``sample`` with ``phase``, ``time``, ``altitude``, ``speed`` and ``downrange``.
    """
    phases = flight["phase"].values
    known = set(phases.tolist())
    ends = {phase: name for phase, name in _ENDS.items() if phase in known}
    if "second_burn" in ends:
        ends["upper"] = "parking orbit"
    down = max((phase for phase in known if phase.startswith("landing")), key=phases.tolist().index, default=None)
    if down is not None:
        ends[down] = "touchdown"
    events = []
    for phase, name in ends.items():
        end = flight.isel(sample=np.flatnonzero(phases == phase)[-1])
        altitude, downrange = float(end["altitude"]) / 1e3, float(end["downrange"]) / 1e3
        events.append(FlightEvent(name, float(end["time"]), float(end["speed"]), altitude, downrange))
    return tuple(sorted(events, key=lambda event: event.time_s))
