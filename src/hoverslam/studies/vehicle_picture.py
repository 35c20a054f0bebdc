"""The picture of a vehicle: flight path, speed, dynamic pressure, and what the first stage's propellant is used for.

Each recovery mode has one colour. Solid lines are the whole stack and then the booster, dashed lines the upper stage.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hoverslam.reports.pictures import plain_axis
from hoverslam.studies.recovery_colours import colour_of
from hoverslam.studies.trajectory_files import BUDGET

_UPPER_STAGE = ("staging", "shrouded", "upper", "orbit_coast", "second_burn")
_AFTER_PARKING = ("orbit_coast", "second_burn")  # half a revolution away, far outside the axes
_STACK = ("rise", "solids", "ascent")
_TOUCHDOWN: dict[str, Any] = {"marker": "v", "markersize": 7, "linestyle": "none"}
# In the order of use. The shade (opacity) distinguishes them within the colour of a mode.
_SHADES = {"boostback": 1.0, "entry": 0.75, "landing": 0.5, "reserve": 0.3, "residual": 0.12}


def draw_vehicle(flights: Sequence[xr.Dataset], title: str) -> Figure:
    """Return the picture of one vehicle's flights.

    Altitude over downrange, speed and dynamic pressure over time, and the first stage's propellant budget.

    Args:
        flights: Time histories of one vehicle, one dataset a recovery mode, with the propellant budget
            (:func:`hoverslam.studies.trajectory_files.with_budget`).
        title: The vehicle's name for a person.
    """
    figure = Figure(figsize=(12, 8.4), layout="constrained")
    axes = figure.subplots(2, 2)
    for axis in axes.flat:
        plain_axis(axis)
    _paths(axes[0, 0], flights)
    _speeds(axes[0, 1], flights)
    _pressures(axes[1, 0], flights)
    _budgets(axes[1, 1], flights)
    orbits = ", ".join(dict.fromkeys(str(flight.attrs.get("orbit", "")) for flight in flights))
    figure.suptitle(f"{title}: flights of greatest payload to {orbits}", fontsize=14, fontweight="bold")
    modes = [Line2D([], [], color=_colour(f), linewidth=2.5, label=_payload(f)) for f in flights]
    figure.legend(handles=modes, loc="outside lower center", ncols=3, frameon=False, fontsize=11)
    axes[0, 1].legend(handles=_branches(flights), loc="upper left", frameon=False)
    return figure


def _mode(flight: xr.Dataset) -> str:
    return str(flight.attrs["recovery"])


def _colour(flight: xr.Dataset) -> str:
    return colour_of(_mode(flight))


def _payload(flight: xr.Dataset) -> str:
    mark = "" if flight.attrs.get("verified") else ", not verified"
    return f"{_mode(flight).replace('_', ' ')} ({float(flight.attrs['payload_kg']) / 1e3:.1f} t{mark})"


def _branches(flights: Sequence[xr.Dataset]) -> list[Line2D]:
    branches = [Line2D([], [], color="#444444", label="stack and booster")]
    branches.append(Line2D([], [], color="#444444", linestyle="--", label="upper stage"))
    if any(_returns(flight) for flight in flights):
        branches.append(Line2D([], [], color="#444444", label="touchdown", **_TOUCHDOWN))
    return branches


# ---- branches of a flight --------------------------------------------------------------------------------------------
def _branch(flight: xr.Dataset, upper: bool) -> xr.Dataset:
    """Return the samples of the upper stage up to its first cut-off, or those of the stack and the booster."""
    phase = flight["phase"].values
    of_upper = np.isin(phase, _UPPER_STAGE)
    chosen = of_upper & ~np.isin(phase, _AFTER_PARKING) if upper else ~of_upper
    for name in ("altitude", "downrange", "speed", "dynamic_pressure"):
        chosen &= np.isfinite(flight[name].values)  # a failed re-flight may diverge
    return flight.isel(sample=np.flatnonzero(chosen))


def _returns(flight: xr.Dataset) -> bool:
    return bool(np.any(~np.isin(flight["phase"].values, (*_UPPER_STAGE, *_STACK))))


def _end_of_returns(flights: Sequence[xr.Dataset], name: str, factor: float) -> float | None:
    """Return ``factor`` times the largest value that any returning booster reaches; None if none returns."""
    most = [float(_branch(flight, upper=False)[name].max()) for flight in flights if _returns(flight)]
    return factor * max(most) if most else None


# ---- panels ----------------------------------------------------------------------------------------------------------
def _paths(axis: Axes, flights: Sequence[xr.Dataset]) -> None:
    for flight in flights:
        for upper in (False, True):
            part = _branch(flight, upper)
            style = "--" if upper else "-"
            axis.plot(part["downrange"] / 1e3, part["altitude"] / 1e3, style, color=_colour(flight), linewidth=1.8)
        booster = _branch(flight, upper=False)
        if _returns(flight) and booster.sizes["sample"]:
            down = booster.isel(sample=-1)
            axis.plot(down["downrange"] / 1e3, 0.0, color=_colour(flight), clip_on=False, zorder=5, **_TOUCHDOWN)
    farthest = _end_of_returns(flights, "downrange", 1.25e-3)
    axis.set(title="Flight path", xlabel="distance over the ground from the pad, km", ylabel="altitude, km")
    axis.set_xlim(0.0, farthest)
    axis.set_ylim(0.0, None)


def _speeds(axis: Axes, flights: Sequence[xr.Dataset]) -> None:
    for flight in flights:
        for upper in (False, True):
            part = _branch(flight, upper)
            style = "--" if upper else "-"
            axis.plot(part["time"], part["speed"] / 1e3, style, color=_colour(flight), linewidth=1.8)
    axis.set(title="Speed over the rotating Earth", xlabel="time since lift-off, s", ylabel="speed, km/s")
    axis.set_xlim(0.0, None)
    axis.set_ylim(0.0, None)


def _pressures(axis: Axes, flights: Sequence[xr.Dataset]) -> None:
    for flight in flights:
        part = _branch(flight, upper=False)
        axis.plot(part["time"], part["dynamic_pressure"] / 1e3, color=_colour(flight), linewidth=1.8)
    axis.set(
        title="Dynamic pressure, stack and booster", xlabel="time since lift-off, s", ylabel="dynamic pressure, kPa"
    )
    axis.set_xlim(0.0, None)
    axis.set_ylim(0.0, None)


def _budgets(axis: Axes, flights: Sequence[xr.Dataset]) -> None:
    """Draw the propellant that the ascent leaves; the ascent's own, some 90 %, is written beside the mode."""
    names, longest = [], 0.0
    for height, flight in enumerate(flights):
        masses = {
            str(use): float(mass) / 1e3 for use, mass in zip(flight["use"].values, flight[BUDGET].values, strict=True)
        }
        total, start = sum(masses.values()), 0.0
        for use, shade in _SHADES.items():
            width = masses.get(use, 0.0)
            axis.barh(height, width, left=start, height=0.5, color=_colour(flight), alpha=shade, edgecolor="white")
            start += width
        longest = max(longest, start)
        ascent = masses.get("ascent", 0.0)
        names.append(f"{_mode(flight).replace('_', ' ')}\nascent {ascent:,.0f} t, {100 * ascent / total:.1f} %")
    _label_parts(axis, flights)
    axis.grid(visible=False, axis="y")
    axis.set_yticks(range(len(flights)), names)
    axis.set(title="First-stage propellant not spent on the ascent", xlabel="propellant, t")
    axis.set_xlim(0.0, 1.05 * longest)
    axis.set_ylim(len(flights) - 0.4, -0.6)


def _label_parts(axis: Axes, flights: Sequence[xr.Dataset]) -> None:
    """Write names and masses below each bar, in the order of its parts, so that narrow parts are named too."""
    for height, flight in enumerate(flights):
        masses = dict(zip(flight["use"].values.tolist(), flight[BUDGET].values.tolist(), strict=True))
        parts = [f"{use} {masses[use] / 1e3:.1f}" for use in _SHADES if masses.get(use)]
        axis.text(0.0, height + 0.31, "  ·  ".join(parts), va="top", fontsize=8.5, color="#333333")
