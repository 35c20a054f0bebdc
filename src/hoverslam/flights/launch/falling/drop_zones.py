"""Drop zones of a launch: where each body that is not recovered comes down, how hard, and the 3-sigma ellipse around it.

A body falls ballistically from separation, with a constant drag area, through the whole atmosphere over the rotating Earth.
It stays in one piece. A stage that is left in an orbit does not fall; perigee and apogee are given instead.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from hoverslam.flights.launch.falling.bodies import WAY_UP, FallingBody, apsides, bodies_of
from hoverslam.flights.launch.falling.ellipse import SOURCES, covariance_of, errors_of, fall_with_differences
from hoverslam.flights.launch.falling.figures import fall_figures
from hoverslam.flights.launch.falling.zone import COLUMNS, DropZone, OrbitingBody, table_row
from hoverslam.flights.launch.plan import LaunchPlan
from hoverslam.ocp.solved import Solved
from hoverslam.physics.earth import LaunchFrame
from hoverslam.physics.motion import Flight
from hoverslam.physics.winds import Wind
from hoverslam.reports.json_text import Json, record
from hoverslam.reports.results import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

FloatArray = NDArray[np.float64]

TRACK_POINTS = 100  # of a ground track


class FlownLaunch(Protocol):
    """A solved launch; :class:`hoverslam.LaunchResult` is one."""

    @property
    def title(self) -> str:
        """Name of the vehicle for a person."""

    @property
    def plan(self) -> LaunchPlan:
        """The plan that was solved."""

    @property
    def solution(self) -> Solved:
        """Its solution."""


@dataclass(frozen=True)
class DropZones(Result):
    """Drop zones of a launch.

    Attributes:
        title: The launch in words.
        frame: Launch frame.
        ascent: Ground track ``(n, 2)`` from the pad to the last separation: latitude and longitude (rad).
        zones: Bodies that come down, in the order of their separation.
        in_orbit: Bodies that stay in orbit.
    """

    title: str
    frame: LaunchFrame
    ascent: FloatArray
    zones: tuple[DropZone, ...]
    in_orbit: tuple[OrbitingBody, ...]

    @property
    def bodies(self) -> tuple[DropZone | OrbitingBody, ...]:
        """All bodies: those that come down, then those that stay in orbit."""
        return (*self.zones, *self.in_orbit)

    def report(self) -> str:
        """Return impact point, speed, loads and ellipse of every body as text."""
        lines = [f"drop zones of {self.title}: 3-sigma ellipses"]
        for zone in self.zones:
            ellipse, parts = zone.ellipse, zone.variances
            most = max(parts, key=lambda name: parts[name])
            side = "left" if zone.cross_range > 0.0 else "right"
            several = f" (each of {zone.body.count})" if zone.body.count > 1 else ""
            lines += [
                f"{zone.body.name}{several}: separates at {zone.body.time:.1f} s, {zone.separation_altitude / 1e3:.1f} km, "
                f"{zone.separation_speed:,.0f} m/s; {zone.body.mass:,.0f} kg",
                f"  falls to {np.degrees(zone.latitude):.3f} deg north, {np.degrees(zone.longitude):.3f} deg east, "
                f"{zone.downrange / 1e3:,.1f} km downrange, {abs(zone.cross_range) / 1e3:.1f} km to the {side}, "
                f"at {zone.time:.0f} s and {zone.speed:.0f} m/s",
                f"  on the way {zone.dynamic_pressure / 1e3:.1f} kPa and {zone.heating / 1e3:,.1f} kW/m2",
                f"  ellipse {ellipse.semi_major / 1e3:.1f} x {ellipse.semi_minor / 1e3:.1f} km, major axis at "
                f"{np.degrees(ellipse.azimuth):.0f} deg, {ellipse.area / 1e6:,.0f} km2; "
                f"{100.0 * parts[most] / max(sum(parts.values()), 1e-300):.0f} % of the variance from {most}",
            ]
        lines += [
            f"{each.body.name}: stays in an orbit of {each.perigee / 1e3:.0f} x {each.apogee / 1e3:.0f} km"
            for each in self.in_orbit
        ]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Json]:
        """Return the rows of the table, and the shares of the variance by source; keys carry units."""
        rows = [table_row(each) for each in self.bodies]
        shares = {zone.body.name: {name: value / 1e6 for name, value in zone.variances.items()} for zone in self.zones}
        return record({"title": self.title, "bodies": rows, "variance_km2_by_source": shares})

    def to_frame(self) -> "pd.DataFrame":
        """Return the bodies as a table, one row a body; columns that do not apply to a body are empty."""
        import pandas as pd  # slow to import

        return pd.DataFrame([table_row(each) for each in self.bodies], columns=list(COLUMNS))

    def plot(self) -> "Figure":
        """Return a map of ground track, impact points and ellipses, and each ellipse enlarged."""
        from hoverslam.flights.launch.falling.picture import draw_drop_zones  # matplotlib is slow to import

        return draw_drop_zones(self.title, self.ascent, self.zones)


def drop_zones(flight: FlownLaunch, wind: Wind | None = None, ground_altitude: float = 0.0) -> DropZones:
    """Return where the bodies of a launch that are not recovered come down, with the ellipses around the impact points.

    The ellipse is that of the linear covariance of the impact point. Its errors are independent: three components of the
    separation velocity, drag area, one factor of the density at all altitudes, and one wind at all altitudes in addition to
    ``wind``. They are figures of ``falling_bodies.toml``. The impact point is hardly linear in them for a body that enters
    at less than about 2 degrees below the horizontal.

    Args:
        flight: The solved launch.
        wind: Wind profile that every body falls through; still air if left out.
        ground_altitude: Altitude of the ground at the drop zones (m).
    """
    plan, solution = flight.plan, flight.solution
    flown = [solution[name].states[:, :3] for name in WAY_UP if name in solution.phases]
    ascent = np.concatenate(flown)
    title = f"{flight.title}, {plan.recovery.replace('_', ' ')}, to {plan.orbit.name}"
    return zones_of(title, plan.frame, bodies_of(plan, solution), ascent, wind, ground_altitude)


def zones_of(
    title: str,
    frame: LaunchFrame,
    bodies: Iterable[FallingBody],
    ascent: FloatArray,
    wind: Wind | None = None,
    ground_altitude: float = 0.0,
) -> DropZones:
    """Return the drop zones of given bodies; see :func:`drop_zones`.

    Args:
        title: The launch in words.
        frame: Launch frame.
        bodies: The bodies at separation.
        ascent: Positions ``(n, 3)`` of the ascent in the frame (m), for the map.
        wind: Wind profile; still air if left out.
        ground_altitude: Altitude of the ground (m).
    """
    flight, zones, in_orbit = Flight(frame, "descent", wind), [], []
    for body in bodies:
        found = _zone(flight, body, ground_altitude)
        if isinstance(found, DropZone):
            zones.append(found)
        else:
            in_orbit.append(found)
    return DropZones(title, frame, _ground_track(frame, ascent), tuple(zones), tuple(in_orbit))


def _zone(flight: Flight, body: FallingBody, ground: float) -> DropZone | OrbitingBody:
    """Return where a body comes down, or its orbit."""
    frame, figures = flight.frame, fall_figures()
    assert isinstance(frame, LaunchFrame)
    altitude, speed = frame.geodetic(body.position)[2], float(np.linalg.norm(body.velocity))
    perigee, apogee = apsides(frame, body)
    low = perigee < figures.orbit.perigee_min_km.si
    found = fall_with_differences(flight, body, ground) if low else None
    if found is None:
        return OrbitingBody(body, altitude, speed, perigee, apogee)
    done, slopes = found
    errors = errors_of(body, figures.air)
    variances = np.sum((slopes * errors) ** 2, axis=0)
    latitude, longitude, _ = frame.geodetic(done.position[0])
    downrange, cross_range = along_and_across(frame, done.position[0])
    pressure, heating = done.largest_loads(0, body.radius)
    return DropZone(
        body=body,
        separation_altitude=altitude,
        separation_speed=speed,
        latitude=latitude,
        longitude=longitude,
        downrange=downrange,
        cross_range=cross_range,
        time=body.time + float(done.time[0]),
        speed=float(np.linalg.norm(done.velocity[0])),
        dynamic_pressure=pressure,
        heating=heating,
        covariance=covariance_of(slopes, errors),
        variances=dict(zip(SOURCES, variances.tolist(), strict=True)),
        track=_ground_track(frame, done.sample(0)[1][:, :3]),
    )


def along_and_across(frame: LaunchFrame, position: FloatArray) -> tuple[float, float]:
    """Return the distances (m) of a position along and to the left of the great circle of the launch azimuth.

    Both are measured over a sphere of the pad's geocentric radius. The great circle begins at the pad.

    Args:
        frame: The launch frame.
        position: Position ``(3,)`` in it (m).
    """
    radius = float(np.linalg.norm(frame.origin))
    outwards = frame.origin / radius
    ahead = np.array([1.0, 0.0, 0.0]) - outwards[0] * outwards
    ahead = ahead / np.linalg.norm(ahead)
    centre = position + frame.origin
    centre = centre / np.linalg.norm(centre)
    along = np.arctan2(centre @ ahead, centre @ outwards)
    return float(radius * along), float(radius * np.arcsin(np.clip(centre @ np.cross(outwards, ahead), -1.0, 1.0)))


def _ground_track(frame: LaunchFrame, positions: FloatArray) -> FloatArray:
    """Return latitude and longitude ``(n, 2)`` (rad) below evenly chosen positions ``(m, 3)``."""
    chosen = np.unique(np.linspace(0, len(positions) - 1, TRACK_POINTS).astype(int))
    return np.array([frame.geodetic(positions[i])[:2] for i in chosen])
