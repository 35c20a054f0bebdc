"""One body's drop zone or orbit, and its row in the table of drop zones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoverslam.flights.launch.falling.bodies import FallingBody
from hoverslam.flights.launch.falling.ellipse import Ellipse, ellipse_of

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class DropZone:
    """Where one body comes down. Angles in rad, lengths in m, times in s from lift-off, speeds relative to the Earth in m/s.

    Attributes:
        body: The body at separation.
        separation_altitude: Altitude of separation.
        separation_speed: Speed at separation.
        latitude: Geodetic latitude of the impact point.
        longitude: Its longitude, east positive.
        downrange: Its distance from the pad along the launch azimuth, over the ground.
        cross_range: Its distance from the great circle along the launch azimuth, positive to the left.
        time: Time of impact.
        speed: Speed at impact.
        dynamic_pressure: Largest dynamic pressure during the fall (Pa).
        heating: Largest stagnation heating during the fall (W/m2), after Sutton and Graves, of a sphere of the body's radius.
        covariance: Covariance ``(2, 2)`` of the impact point, east and north (m2).
        variances: Variance of the impact point (m2), east and north together, by each of ``SOURCES``.
        track: Ground track ``(n, 2)`` from separation to impact: latitude and longitude.
    """

    body: FallingBody
    separation_altitude: float
    separation_speed: float
    latitude: float
    longitude: float
    downrange: float
    cross_range: float
    time: float
    speed: float
    dynamic_pressure: float
    heating: float
    covariance: FloatArray
    variances: dict[str, float]
    track: FloatArray

    @property
    def ellipse(self) -> Ellipse:
        """The 3-sigma ellipse."""
        return ellipse_of(self.covariance)

    @property
    def point(self) -> FloatArray:
        """Latitude and longitude ``(2,)`` of the impact point."""
        return np.array([self.latitude, self.longitude])


@dataclass(frozen=True)
class OrbitingBody:
    """A body that stays in orbit.

    Attributes:
        body: The body at separation.
        separation_altitude: Altitude of separation (m).
        separation_speed: Speed at separation, relative to the Earth (m/s).
        perigee: Altitude of the perigee (m).
        apogee: Altitude of the apogee (m).
    """

    body: FallingBody
    separation_altitude: float
    separation_speed: float
    perigee: float
    apogee: float


COLUMNS = (
    "body", "count", "fate", "separation_time_s", "separation_altitude_km", "separation_speed_m_s", "mass_kg",
    "drag_area_m2", "latitude_deg", "longitude_deg", "downrange_km", "cross_range_km", "impact_time_s", "impact_speed_m_s",
    "dynamic_pressure_max_kPa", "heating_max_kW_m2", "semi_major_km", "semi_minor_km", "azimuth_deg", "area_km2",
    "perigee_km", "apogee_km",
)  # fmt: skip
"""Columns of the table. The ellipse is that of 3 sigma; its azimuth is that of the major axis, clockwise from north."""


def table_row(each: DropZone | OrbitingBody) -> dict[str, object]:
    """Return one row of the table; values that do not apply are None."""
    body = each.body
    row: dict[str, object] = dict.fromkeys(COLUMNS) | {
        "body": body.name,
        "count": body.count,
        "fate": "impact" if isinstance(each, DropZone) else "in orbit",
        "separation_time_s": body.time,
        "separation_altitude_km": each.separation_altitude / 1e3,
        "separation_speed_m_s": each.separation_speed,
        "mass_kg": body.mass,
        "drag_area_m2": body.drag_area,
    }
    if isinstance(each, OrbitingBody):
        return row | {"perigee_km": each.perigee / 1e3, "apogee_km": each.apogee / 1e3}
    ellipse = each.ellipse
    return row | {
        "latitude_deg": float(np.degrees(each.latitude)),
        "longitude_deg": float(np.degrees(each.longitude)),
        "downrange_km": each.downrange / 1e3,
        "cross_range_km": each.cross_range / 1e3,
        "impact_time_s": each.time,
        "impact_speed_m_s": each.speed,
        "dynamic_pressure_max_kPa": each.dynamic_pressure / 1e3,
        "heating_max_kW_m2": each.heating / 1e3,
        "semi_major_km": ellipse.semi_major / 1e3,
        "semi_minor_km": ellipse.semi_minor / 1e3,
        "azimuth_deg": float(np.degrees(ellipse.azimuth)),
        "area_km2": ellipse.area / 1e6,
    }
