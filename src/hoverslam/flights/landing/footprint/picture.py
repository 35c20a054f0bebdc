"""The picture of a footprint, seen from above: propellant as filled contours, the pad, the edge and the ballistic impact."""

from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy.interpolate import CloughTocher2DInterpolator

from hoverslam.flights.landing.footprint.site_map import SiteMap, SiteOutcome

FloatArray = NDArray[np.float64]

LEVELS = 10  # of the contours, about
DRAWN = 300  # points of the interpolated propellant along each axis
KILOMETRES_FROM = 5e3  # m; wider maps are drawn in kilometres


def draw_footprint(site_map: SiteMap) -> Figure:
    """Return the picture of a map."""
    return _Drawing(site_map).figure


@dataclass
class _Drawing:
    """A figure in the making; lengths are drawn in kilometres where the map is large."""

    map: SiteMap
    figure: Figure = field(init=False)

    def __post_init__(self) -> None:
        span = max(np.ptp(self.map.downrange), np.ptp(self.map.left))
        self.scale, self.unit = (1e3, "km") if span > KILOMETRES_FROM else (1.0, "m")
        wide = float(np.clip(np.ptp(self.map.downrange) / np.ptp(self.map.left), 0.6, 1.8))
        self.figure = Figure(figsize=(2.6 + 5.4 * wide, 6.9), layout="constrained")
        axis = self.figure.subplots()
        axis.set_facecolor("#eeeeee")
        axis.grid(color="white", linewidth=0.8)
        axis.set_axisbelow(True)
        if np.any(self.map.reachable):
            self._contours(axis)
        self._edge(axis)
        self._marks(axis)
        self._frame(axis)

    def _contours(self, axis: Axes) -> None:
        x, y, z = self._surface()
        levels = MaxNLocator(LEVELS, min_n_ticks=6).tick_values(float(np.nanmin(z)), float(np.nanmax(z)))
        filled = axis.contourf(x, y, z.T, levels=levels, cmap="viridis_r")
        drawn = levels[levels < np.nanmax(z) - 1e-3 * np.ptp(levels)]  # a contour on the edge itself would be ragged
        lines = axis.contour(x, y, z.T, levels=drawn, colors="white", linewidths=0.6)
        if self.map.edge is not None:
            outline = self._outline(axis)
            filled.set_clip_path(outline)
            lines.set_clip_path(outline)
        axis.clabel(lines, fontsize=8, fmt=lambda v: f"{v:,.0f}" if np.ptp(levels) > 8.0 else f"{v:,.1f}")
        bar = self.figure.colorbar(filled, ax=axis, label="propellant to land there, kg", shrink=0.92, pad=0.02)
        bar.outline.set_visible(False)

    def _surface(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return axes and propellant to draw: interpolated between solved sites and edge, or the grid without an edge."""
        axes = self.map.downrange / self.scale, self.map.left / self.scale
        if self.map.edge is None:
            return *axes, self.map.propellant
        i, j = np.nonzero(self.map.reachable)
        places = np.concatenate([np.stack([axes[0][i], axes[1][j]], axis=1), self.map.edge.sites / self.scale])
        known = np.isfinite(self.map.edge.distance)
        spent = np.append(self.map.propellant[i, j], self.map.edge.propellant[known])
        x, y = (np.linspace(axis[0], axis[-1], DRAWN) for axis in axes)
        return x, y, CloughTocher2DInterpolator(places, spent)(*np.meshgrid(x, y, indexing="ij"))

    def _outline(self, axis: Axes) -> Polygon:
        assert self.map.edge is not None
        outline = Polygon(self.map.edge.curve() / self.scale, closed=True, fill=False, linewidth=0.0)
        axis.add_patch(outline)
        return outline

    def _edge(self, axis: Axes) -> None:
        if self.map.edge is not None:
            x, y = self.map.edge.curve().T / self.scale
            axis.plot(x, y, color="#222222", linewidth=1.8, label="farthest sites that can be reached")
        elif not np.all(self.map.reachable):
            grid = (self.map.downrange / self.scale, self.map.left / self.scale, self.map.reachable.T.astype(float))
            axis.contour(*grid, levels=[0.5], colors="#222222", linewidths=1.4, linestyles="--")
            axis.plot([], [], "--", color="#222222", linewidth=1.4, label="edge, halfway between sites of the grid")
        for status, colour in ((SiteOutcome.NOT_SOLVED, "#cc3311"), (SiteOutcome.NOT_TRIED, "#999999")):
            i, j = np.nonzero(self.map.status == status)
            if len(i) and (status is SiteOutcome.NOT_SOLVED or self.map.interrupted):
                place = self.map.downrange[i] / self.scale, self.map.left[j] / self.scale
                axis.plot(*place, ".", color=colour, markersize=4, label=status.name.lower().replace("_", " "))

    def _marks(self, axis: Axes) -> None:
        pad = f"pad, {self.map.pad_propellant:,.1f} kg"
        axis.plot(0.0, 0.0, "o", color="white", markeredgecolor="#222222", markersize=8, label=pad, zorder=5)
        if np.all(np.isfinite(self.map.impact)):
            place = self.map.impact / self.scale
            axis.plot(
                *place, "X", color="#ee7733", markeredgecolor="white", markersize=10, zorder=5, label="ballistic impact"
            )
        start = np.array(self.map.start.position[:2]) / self.scale
        speed = np.array(self.map.start.velocity[:2])
        label = f"start, {self.map.start.position[2]:,.0f} m up"
        axis.plot(*start, "D", color="#33bbee", markeredgecolor="white", markersize=8, zorder=5, label=label)
        if np.hypot(*speed) > 0.0:
            tip = start + speed / np.hypot(*speed) * 0.07 * np.ptp(self.map.downrange) / self.scale
            arrow = {"arrowstyle": "-|>", "color": "#33bbee", "linewidth": 1.6}
            axis.annotate("", tuple(tip), tuple(start), arrowprops=arrow, zorder=4, annotation_clip=True)

    def _frame(self, axis: Axes) -> None:
        axis.set_xlim(*(self.map.downrange[[0, -1]] / self.scale))
        axis.set_ylim(*(self.map.left[[0, -1]] / self.scale))
        axis.set_aspect("equal")
        axis.spines[["top", "right"]].set_visible(False)
        axis.set(xlabel=f"downrange of the pad, {self.unit}", ylabel=f"left of the pad, {self.unit}")
        whole = " (interrupted)" if self.map.interrupted else ""
        area = f"{self.map.reachable_area / 1e6:,.3g} km²"
        axis.set_title(f"{self.map.name}: where it can land{whole}, {area}", loc="left", fontweight="bold", fontsize=12)
        self.figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
