"""The picture of drop zones: a map with ground track, impact points and ellipses, and below it each ellipse enlarged."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hoverslam.flights.launch.falling.zone import DropZone
from hoverslam.physics.constants import EARTH_EQUATORIAL_RADIUS
from hoverslam.reports.pictures import COLOURS, plain_axis

FloatArray = NDArray[np.float64]

BEYOND = 1.15  # of the distance to the farthest impact point: as far as the ascent is drawn
MARGIN = 1.25  # of the half width of the ellipses in an enlarged panel


def draw_drop_zones(title: str, ascent: FloatArray, zones: Sequence[DropZone]) -> Figure:
    """Return the picture of drop zones.

    Args:
        title: The launch in words.
        ascent: Ground track ``(n, 2)`` of the ascent: latitude and longitude (rad).
        zones: Bodies that come down; without any only the ascent is drawn.
    """
    groups = neighbours(zones)
    colours = {zone.body.name: COLOURS[i % len(COLOURS)] for i, zone in enumerate(zones)}
    points = _offset(np.array([zone.point for zone in zones] or ascent[-1:]), ascent[0])
    wide = np.abs(points[:, 0]).max() > np.abs(points[:, 1]).max()  # whether the flight goes east or west
    figure = Figure(figsize=((11.0, 8.5) if wide else (9.5, 9.0)) if groups else (11.0, 5.0), layout="constrained")
    figure.suptitle(f"Drop zones of {title}", fontweight="bold")
    if not groups:
        _draw_map(plain_axis(figure.subplots()), ascent, zones, colours)
        return figure
    rows, columns = (2, 1) if wide else (1, 2)
    halves = figure.subfigures(rows, columns, squeeze=False, height_ratios=(1.2, 1.0)[:rows])
    chart, panels = np.ravel(halves)
    _draw_map(plain_axis(chart.subplots()), ascent, zones, colours)
    grid = (1, len(groups)) if wide else (len(groups), 1)
    for axis, group in zip(np.ravel(panels.subplots(*grid, squeeze=False)), groups, strict=True):
        _draw_enlarged(plain_axis(axis), group, colours)
    return figure


def neighbours(zones: Sequence[DropZone]) -> list[list[DropZone]]:
    """Return the zones in groups: a zone joins the group before it if its ellipse may touch the last one there."""
    groups: list[list[DropZone]] = []
    for zone in zones:
        last = groups[-1][-1] if groups else None
        apart = np.inf if last is None else np.linalg.norm(_offset(zone.point, last.point))
        if last is not None and apart < last.ellipse.semi_major + zone.ellipse.semi_major:
            groups[-1].append(zone)
        else:
            groups.append([zone])
    return groups


def _draw_map(axis: Axes, ascent: FloatArray, zones: Sequence[DropZone], colours: dict[str, str]) -> None:
    """Draw ground tracks, impact points and ellipses over longitude and latitude, to one scale in the middle of the map."""
    pad = ascent[0]
    farthest = max((np.linalg.norm(_offset(zone.point, pad)) for zone in zones), default=np.inf)
    near = np.linalg.norm(_offset(ascent, pad), axis=1) <= BEYOND * farthest
    axis.plot(*_degrees(ascent[near], pad), color="#444444", linewidth=1.2, label="ascent")
    axis.plot(*_degrees(pad, pad), color="black", marker="^", linestyle="", label="pad")
    for zone in zones:
        colour = colours[zone.body.name]
        axis.plot(*_degrees(zone.track, pad), color=colour, linestyle="--", linewidth=1.0)
        axis.plot(*_degrees(zone.point, pad), color=colour, marker="x", linestyle="", label=zone.body.name)
        east, north = zone.ellipse.outline().T / EARTH_EQUATORIAL_RADIUS
        around = zone.point + np.stack([north, east / np.cos(zone.latitude)], axis=1)
        axis.plot(*_degrees(around, pad), color=colour, linewidth=1.2)
    middle = 0.5 * (pad[0] + (zones[-1].latitude if zones else ascent[-1, 0]))
    axis.set_aspect(1.0 / np.cos(middle), adjustable="datalim")
    axis.set(xlabel="longitude, deg east", ylabel="latitude, deg north")
    axis.legend(frameon=False)


def _draw_enlarged(axis: Axes, group: Sequence[DropZone], colours: dict[str, str]) -> None:
    """Draw the ellipses of neighbouring bodies, in kilometres east and north of the first impact point."""
    centre, widths = group[0].point, []
    for zone in group:
        colour, at = colours[zone.body.name], _offset(zone.point, centre)
        outline = (at + zone.ellipse.outline()) / 1e3
        axis.plot(*(_offset(zone.track, centre).T / 1e3), color=colour, linestyle="--", linewidth=1.0)
        axis.plot(*(at / 1e3), color=colour, marker="x")
        axis.plot(*outline.T, color=colour)
        widths.append(outline)
    every = np.concatenate(widths)
    middle, half = 0.5 * (every.max(axis=0) + every.min(axis=0)), 0.5 * np.ptp(every, axis=0).max() * MARGIN
    axis.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - half, middle[1] + half), aspect="equal")
    axis.set_title("\n".join(_caption(zone) for zone in group), fontsize=9)
    axis.set(xlabel="east, km", ylabel="north, km")


def _caption(zone: DropZone) -> str:
    """Return name and semi-axes of a body's ellipse."""
    ellipse = zone.ellipse
    return f"{zone.body.name}: {ellipse.semi_major / 1e3:.1f} x {ellipse.semi_minor / 1e3:.1f} km"


def _offset(points: FloatArray, centre: FloatArray) -> FloatArray:
    """Return points east and north of a centre (m) on a flat map; points and centre hold latitude and longitude (rad)."""
    step = np.asarray(points) - centre
    turned = (step[..., 1] + np.pi) % (2.0 * np.pi) - np.pi
    return np.stack([turned * np.cos(centre[0]), step[..., 0]], axis=-1) * EARTH_EQUATORIAL_RADIUS


def _degrees(points: FloatArray, pad: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return longitude and latitude (deg) of points; the longitude is continuous across the 180th meridian from the pad."""
    points = np.atleast_2d(points)
    longitude = pad[1] + (points[:, 1] - pad[1] + np.pi) % (2.0 * np.pi) - np.pi
    return np.degrees(longitude), np.degrees(points[:, 0])
