"""Pictures of flights with telemetry: residuals, calibrated figures, and quantities beside their reference."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hoverslam.flights.observed.trace_files import Floats
from hoverslam.reports.pictures import COLOURS, plain_axis

GREY, FITTED, RESIDUAL = "#bbbbbb", COLOURS[2], COLOURS[1]
# Units of the axes: of the quantity, the factor to it from SI, and of the residual.
_UNITS = {"speed": ("m/s", 1.0, "m/s"), "altitude": ("km", 1e-3, "m")}


class Track(NamedTuple):
    """One quantity over a flight, SI: ``time`` after lift-off, ``measured``, ``fitted``, ``(n,)``; ``rms`` of the residual.

    ``body`` names what moves where a picture has several, and vertical lines mark its ``events``: times after lift-off (s).
    """

    name: str
    time: Floats
    measured: Floats
    fitted: Floats
    rms: float
    body: str
    events: Mapping[str, float]


class Bar(NamedTuple):
    """One quantity beside a reference: its deviation, half the width of what is allowed (NaN if free), and a verdict."""

    label: str
    deviation: float
    allowed: float
    met: bool | None


class StandardErrorBand(NamedTuple):
    """One figure and its prior, in standard errors of the prior about its most probable value."""

    label: str
    value: float
    error: float
    low: float
    high: float


def draw_residuals(title: str, tracks: Sequence[Track]) -> Figure:
    """Return telemetry over the fitted flight, one column a quantity, with the residuals beneath.

    Args:
        title: Of the figure.
        tracks: The quantities.
    """
    figure = Figure(figsize=(6 * len(tracks), 6.6), layout="constrained")
    axes = figure.subplots(2, len(tracks), sharex="col", height_ratios=(2, 1), squeeze=False)
    for column, track in enumerate(tracks):
        upper, lower = axes[0, column], axes[1, column]
        unit, size, residual_unit = _UNITS[track.name]
        upper.plot(track.time, size * track.measured, ".", color=GREY, markersize=5, label="telemetry")
        upper.plot(track.time, size * track.fitted, color=FITTED, linewidth=1.4, label="fitted flight")
        upper.set_ylabel(f"{track.name} ({unit})")
        digits = 2 if track.name == "speed" else 0
        upper.set_title(
            f"{track.body}{', ' if track.body else ''}{track.name}: {track.rms:.{digits}f} {residual_unit} rms"
        )
        lower.plot(track.time, track.measured - track.fitted, color=RESIDUAL, linewidth=0.9)
        lower.set_ylabel(f"residual ({residual_unit})")
        lower.set_xlabel("time after lift-off (s)")
        for axis in (upper, lower):
            plain_axis(axis)
            for time in track.events.values():
                axis.axvline(time, color="#aaaaaa", linewidth=0.8, zorder=0)
        if track.name == "speed":
            _name_events(upper, track.events)
    axes[0, -1].legend(frameon=False)
    figure.suptitle(title, fontweight="bold")
    return figure


def _name_events(axis: Axes, events: Mapping[str, float]) -> None:
    for name, time in events.items():
        axis.annotate(
            name, (time, 1.0), xycoords=("data", "axes fraction"), fontsize=8, rotation=90, ha="right", va="top",
            color="#666666",
        )  # fmt: skip


def draw_bands(title: str, bands: Sequence[StandardErrorBand], curve: tuple[Floats, Floats, Floats]) -> Figure:
    """Return calibrated figures with their priors, and the drag curve.

    Args:
        title: Of the figure.
        bands: The figures.
        curve: Mach numbers, axial-force coefficients and their standard errors, each ``(n,)``.
    """
    figure = Figure(figsize=(12, 0.24 * len(bands) + 2.0), layout="constrained")
    left, right = (plain_axis(axis) for axis in figure.subplots(1, 2, width_ratios=(3, 2)))
    rows = np.arange(len(bands))[::-1]
    for row, band in zip(rows, bands, strict=True):
        left.plot([band.low, band.high], [row, row], color=GREY, linewidth=7, solid_capstyle="butt")
    left.errorbar(
        [band.value for band in bands], rows, xerr=[band.error for band in bands], fmt="o", color=FITTED, capsize=3
    )
    left.axvline(0.0, color="#aaaaaa", linewidth=0.8, zorder=0)
    left.set_yticks(rows, [band.label for band in bands], fontsize=8)
    left.set_xlabel("deviation from the prior value, in its standard errors (grey: prior band)")
    mach, coefficient, error = curve
    right.errorbar(mach, coefficient, yerr=error, fmt="o-", color=FITTED, capsize=3)
    right.set_xlabel("Mach number")
    right.set_ylabel("axial-force coefficient, engines first, base area")
    right.set_ylim(bottom=0.0)
    figure.suptitle(title, fontweight="bold")
    return figure


def draw_bars(title: str, bars: Sequence[Bar], label: str) -> Figure:
    """Return one horizontal bar a quantity, with what is allowed behind it; a bar that exceeds it is red."""
    figure = Figure(figsize=(10, 0.3 * len(bars) + 1.8), layout="constrained")
    axis = plain_axis(figure.subplots())
    rows = np.arange(len(bars))[::-1]
    for row, bar in zip(rows, bars, strict=True):
        if np.isfinite(bar.allowed):
            axis.barh(row, 2.0 * bar.allowed, left=-bar.allowed, height=0.85, color="#e5e5e5")
        colour = {None: COLOURS[0], True: FITTED, False: RESIDUAL}[bar.met]
        axis.barh(row, bar.deviation, height=0.45, color=colour)
    axis.axvline(0.0, color="#666666", linewidth=0.8)
    axis.set_yticks(rows, [bar.label for bar in bars], fontsize=8)
    axis.set_ylim(-0.7, len(bars) - 0.3)
    axis.set_xlabel(f"{label}\ngrey: allowed; green: met, red: missed, blue: not judged", fontsize=9)
    figure.suptitle(title, fontweight="bold")
    return figure
