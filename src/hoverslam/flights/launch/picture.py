"""The picture of a launch: path, speed and dynamic pressure of each body, and propellant by burn."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hoverslam.reports.pictures import COLOURS, LINE_STYLES, plain_axis

FIRST_STAGE, UPPER_STAGE, BOOSTER = "first stage with payload", "upper stage", "returning booster"
_ASCENT = {"rise", "solids", "ascent"}
_UPPER = {"staging", "shrouded", "upper", "orbit_coast", "second_burn"}


def body_of(phase: str) -> str:
    """Return which body flies a phase of a launch."""
    return FIRST_STAGE if phase in _ASCENT else UPPER_STAGE if phase in _UPPER else BOOSTER


def draw_launch(trajectory: xr.Dataset, propellant: Mapping[str, float], title: str) -> Figure:
    """Return the picture of a launch.

    Args:
        trajectory: Dataset of the launch, from ``LaunchResult.trajectory``.
        propellant: Propellant of each burn (kg).
        title: Title of the picture.
    """
    figure = Figure(figsize=(11.0, 7.5), layout="constrained")
    figure.suptitle(title, fontweight="bold")
    path, speed, pressure, burns = (plain_axis(axis) for axis in figure.subplots(2, 2).ravel())
    bodies = np.array([body_of(str(phase)) for phase in trajectory["phase"].values])
    time = trajectory["time"].values
    for body, colour, style in zip((FIRST_STAGE, UPPER_STAGE, BOOSTER), COLOURS, LINE_STYLES, strict=False):
        own = bodies == body
        if not own.any():
            continue
        lines = (
            (path, trajectory["downrange"].values / 1e3, trajectory["altitude"].values / 1e3),
            (speed, time, trajectory["speed"].values),
            (pressure, time, trajectory["dynamic_pressure"].values / 1e3),
        )
        for axis, x, y in lines:
            axis.plot(x[own], y[own], color=colour, linestyle=style, label=body)
    path.set(xlabel="downrange, km", ylabel="altitude, km")
    speed.set(xlabel="time, s", ylabel="speed, m/s")
    pressure.set(xlabel="time, s", ylabel="dynamic pressure, kPa")
    path.legend(frameon=False)
    _draw_burns(burns, propellant)
    return figure


def _draw_burns(axis: Axes, propellant: Mapping[str, float]) -> None:
    """Draw the propellant of each burn as bars on a logarithmic scale, the first burn on top."""
    names = list(propellant)
    colours = {body: COLOURS[i] for i, body in enumerate((FIRST_STAGE, UPPER_STAGE, BOOSTER))}
    tonnes = [propellant[name] / 1e3 for name in names]
    axis.barh([name.replace("_", " ") for name in names], tonnes, color=[colours[body_of(name)] for name in names])
    axis.invert_yaxis()
    axis.set_xscale("log")
    axis.set_xlabel("propellant, t")
