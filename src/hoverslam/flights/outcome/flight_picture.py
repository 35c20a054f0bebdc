"""A picture of a flight that ends on its engines: the path coloured by throttle, and altitude, speed, throttle and tilt.

Landings and hops draw it from their re-flown trajectory, with the limits that apply.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax
import numpy as np
from numpy.typing import NDArray

from hoverslam.ocp.solved import Solved
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.motion import Flight
from hoverslam.reports.pictures import COLOURS, plain_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = NDArray[np.float64]

KILOMETRES_FROM = 2e3  # m; longer distances are drawn in kilometres


@dataclass(frozen=True)
class FlightProfile:
    """What is drawn of a flight, at the samples of its re-flown trajectory, one after the other.

    Attributes:
        phase: Name of the phase of each sample ``(n,)``.
        time: (s), ``(n,)``.
        position: Downrange, left and up ``(n, 3)`` (m).
        speed: Over the ground ``(n,)`` (m/s).
        throttle: Of the lit engines ``(n,)``; zero where none is lit.
        tilt: Of the body axis from the vertical of the frame ``(n,)`` (rad); NaN where the body axis is not stated.
    """

    phase: tuple[str, ...]
    time: FloatArray
    position: FloatArray
    speed: FloatArray
    throttle: FloatArray
    tilt: FloatArray

    @property
    def lit(self) -> NDArray[np.bool_]:
        """Whether engines are lit at each sample ``(n,)``."""
        return self.throttle > 0.0


@dataclass(frozen=True)
class DrawnLimits:
    """Limits drawn as dashed lines; None leaves one out.

    Attributes:
        throttle: Least and greatest throttle.
        tilt: Largest tilt (rad), drawn where engines are lit.
        tilt_at_touchdown: Largest tilt at touchdown (rad).
        speed: Largest speed (m/s).
    """

    throttle: tuple[float, float] | None = None
    tilt: float | None = None
    tilt_at_touchdown: float | None = None
    speed: float | None = None


def flight_profile(solution: Solved, flight_of: Callable[[str], Flight]) -> FlightProfile:
    """Return the profile of a verified solution.

    Args:
        solution: A solution whose states are ``position``, ``velocity`` and ``mass``, and ``attitude`` of a rigid body.
        flight_of: The equations of motion of a phase, by its name.

    Raises:
        ValueError: If the solution has not been verified, so that no trajectory was re-flown.
    """
    if solution.verification is None:
        raise ValueError(f"{solution.problem.name}: not verified, so there is no flown trajectory to draw")
    names: list[str] = []
    times, positions, speeds, throttles, tilts = [], [], [], [], []
    for name, check in solution.verification.phases.items():
        part, flight = solution[name], flight_of(name)
        states = part.phase.states.unflatten(np.asarray(check.states))
        controls = Named(part.sample(check.times)[1])
        names += [name] * len(check.times)
        times.append(check.times)
        positions.append(states["position"])
        speeds.append(np.linalg.norm(states["velocity"], axis=1))
        throttles.append(_throttle(flight, controls, len(check.times)))
        tilts.append(_tilt(flight, states, controls))
    return FlightProfile(
        tuple(names), *(np.concatenate(columns) for columns in (times, positions, speeds, throttles, tilts))
    )


def _throttle(flight: Flight, controls: Named, samples: int) -> FloatArray:
    if "throttle" not in controls and "thrust" not in controls:
        return np.zeros(samples)
    return np.asarray(jax.vmap(flight.throttle)(controls))


def _tilt(flight: Flight, states: Named, controls: Named) -> FloatArray:
    stated = "attitude" in states or any(name in controls for name in ("alpha", "pitch", "thrust"))
    if not stated:
        return np.full(len(states["mass"]), np.nan)
    axis = np.asarray(jax.vmap(flight.body_axis)(states, controls))
    return np.arctan2(np.hypot(axis[:, 0], axis[:, 1]), axis[:, 2])


def plot_flight(profile: FlightProfile, limits: DrawnLimits, title: str) -> "Figure":
    """Return the picture of a flight: the path on the left, and four quantities over time on the right."""
    from matplotlib.figure import Figure  # slow to import

    figure = Figure(figsize=(11.0, 7.2), layout="constrained")
    grid = figure.add_gridspec(4, 2, width_ratios=(1.0, 1.25))
    _path(figure, plain_axis(figure.add_subplot(grid[:, 0])), profile)
    axes = [plain_axis(figure.add_subplot(grid[row, 1])) for row in range(4)]
    scale, unit = _length_scale(profile.position[:, 2])
    _over_time(axes[0], profile, profile.position[:, 2] / scale, f"altitude, {unit}")
    _over_time(axes[1], profile, profile.speed, "speed, m/s")
    _over_time(axes[2], profile, profile.throttle, "throttle")
    _over_time(axes[3], profile, np.degrees(profile.tilt), "tilt, degrees")
    _limits(axes, profile, limits)
    for axis in axes:
        axis.set_xlim(profile.time[0], profile.time[-1])
        axis.set_ylim(bottom=min(0.0, axis.get_ylim()[0]))
    for axis in axes[:-1]:
        axis.tick_params(labelbottom=False)
    axes[-1].set_xlabel("time, s")
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=12)
    return figure


def _path(figure: "Figure", axis: "Axes", profile: FlightProfile) -> None:
    """Draw height over downrange distance, with the throttle as colour and the coast in grey."""
    from matplotlib.collections import LineCollection

    scales, units = zip(*(_length_scale(profile.position[:, i]) for i in (0, 2)), strict=True)
    points = profile.position[:, [0, 2]] / np.array(scales)
    pieces = np.stack([points[:-1], points[1:]], axis=1)
    lit = profile.lit[:-1] & profile.lit[1:]
    if not np.all(lit):
        axis.add_collection(LineCollection(list(pieces[~lit]), colors="#999999", linewidths=2.0, label="engines off"))
    burning = LineCollection(list(pieces[lit]), cmap="plasma_r", linewidths=3.5)
    burning.set_array(profile.throttle[:-1][lit])
    burning.set_clim(0.0, 1.0)
    axis.add_collection(burning)
    axis.plot(*points[0], "D", color=COLOURS[4], markersize=8, label="start")
    axis.plot(*points[-1], "o", color="white", markeredgecolor="#222222", markersize=9, label="touchdown", zorder=5)
    axis.margins(0.08)
    axis.autoscale_view()
    axis.set(xlabel=f"downrange of the pad, {units[0]}", ylabel=f"height above the pad, {units[1]}")
    axis.legend(frameon=False, fontsize=9)
    figure.colorbar(burning, ax=axis, label="throttle", location="bottom", shrink=0.7, pad=0.02)


def _over_time(axis: "Axes", profile: FlightProfile, values: FloatArray, label: str) -> None:
    """Draw a quantity over time; stretches without engines are shaded."""
    axis.plot(profile.time, values, color=COLOURS[0], linewidth=1.6)
    axis.set_ylabel(label)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (~profile.lit).astype(int), [0]])))
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        axis.axvspan(profile.time[first], profile.time[after - 1], color="#eeeeee", zorder=0)


def _limits(axes: "list[Axes]", profile: FlightProfile, limits: DrawnLimits) -> None:
    """Draw limits as dashed lines over the times in which they apply."""
    burns = np.where(profile.lit, 1.0, np.nan)
    _, speed, throttle, tilt = axes

    def dashed(axis: "Axes", values: FloatArray) -> None:
        axis.plot(profile.time, values, color=COLOURS[1], linestyle="--", linewidth=1.2)

    if limits.speed is not None:
        dashed(speed, np.full(len(burns), limits.speed))
    for bound in limits.throttle or ():
        dashed(throttle, bound * burns)
    if limits.tilt is not None:
        dashed(tilt, np.degrees(limits.tilt) * burns)
    throttle.plot([], [], color=COLOURS[1], linestyle="--", linewidth=1.2, label="limit")
    throttle.legend(frameon=False, fontsize=9)
    if limits.tilt_at_touchdown is not None:
        tilt.plot(profile.time[-1], np.degrees(limits.tilt_at_touchdown), "v", color=COLOURS[1], clip_on=False)


def _length_scale(lengths: FloatArray) -> tuple[float, str]:
    """Return the divisor and the unit in which lengths (m) are drawn."""
    return (1e3, "km") if np.ptp(lengths) > KILOMETRES_FROM else (1.0, "m")
