"""The picture of a margin study: reserve needed, success against reserve, loads, and touchdown points."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hoverslam.margins.study.record import MarginRecord
from hoverslam.reports.pictures import plain_axis

LANDED, LOST, COMPUTED, PLANNED = "#228833", "#cc3311", "#4477aa", "#ddaa33"


def draw_study(study: MarginRecord) -> Figure:
    """Return a histogram of the reserve needed, success against reserve, peak loads, and sink rate against miss distance."""
    figure = Figure(figsize=(12, 8.4), layout="constrained")
    axes = figure.subplots(2, 2)
    for axis in axes.flat:
        plain_axis(axis)
    _need(axes[0, 0], study)
    _success(axes[0, 1], study)
    _loads(axes[1, 0], study)
    _touchdown(axes[1, 1], study)
    mode = study.recovery.replace("_", " ")
    figure.suptitle(
        f"{study.vehicle.title}, {mode}: {study.samples:,} guided recoveries", fontsize=14, fontweight="bold"
    )
    return figure


def _marks(axis: Axes, study: MarginRecord) -> None:
    axis.axvline(study.planned_reserve / 1e3, color=PLANNED, linestyle="--", label="planned reserve")
    if study.reserve.reserve is not None:
        label = f"computed for {100 * study.probability:g} % at {100 * study.confidence:g} % confidence"
        axis.axvline(study.reserve.reserve / 1e3, color=COMPUTED, label=label)


def _need(axis: Axes, study: MarginRecord) -> None:
    need = study.need[np.isfinite(study.need)] / 1e3
    counts, _, _ = axis.hist(need, bins=60, color=LANDED, alpha=0.75)
    axis.set_ylim(0.0, 1.3 * float(np.max(counts)))  # room for the legend
    _marks(axis, study)
    axis.set(xlabel="landing reserve needed, t", ylabel="flights")
    axis.legend(frameon=False)


def _success(axis: Axes, study: MarginRecord) -> None:
    steps = study.curve.steps()
    axis.fill_between(steps.reserve / 1e3, 100 * steps.low, 100 * steps.high, step="post", color=LANDED, alpha=0.25)
    axis.step(steps.reserve / 1e3, 100 * steps.probability, where="post", color=LANDED, label="every loss counted")
    _marks(axis, study)
    axis.set(
        xlabel="landing reserve, t", ylabel="lands, %", ylim=(max(0.0, 100 * steps.probability.max() - 50.0), 101.0)
    )


def _loads(axis: Axes, study: MarginRecord) -> None:
    columns = study.campaign.columns
    landed = np.isfinite(study.need)
    for mask, colour, label in ((landed, LANDED, "landed"), (~landed, LOST, "lost")):
        pressure, heating = (np.asarray(columns[name])[mask] / 1e3 for name in ("dynamic_pressure", "heating"))
        axis.plot(pressure, heating, ".", color=colour, markersize=3, alpha=0.5, label=f"{label}: {mask.sum():,}")
    axis.set(xlabel="peak dynamic pressure, kPa", ylabel="peak stagnation heating, kW/m2")
    axis.legend(frameon=False, markerscale=3)


def _touchdown(axis: Axes, study: MarginRecord) -> None:
    columns, landed = study.campaign.columns, np.isfinite(study.need)
    for mask, colour in ((landed, LANDED), (~landed, LOST)):
        miss, sink = (np.asarray(columns[name])[mask] for name in ("miss", "sink_rate"))
        axis.plot(miss, sink, ".", color=colour, markersize=3, alpha=0.5)
    limits = study.limits
    axis.plot(
        [0.0, limits.miss, limits.miss], [limits.sink_rate, limits.sink_rate, 0.0], color="#555555", linewidth=1.0
    )
    axis.text(0.0, 1.03 * limits.sink_rate, "limits", color="#555555")
    axis.set(
        xlabel="distance from the pad, m", ylabel="sink rate at touchdown, m/s",
        xlim=(0.0, 2.0 * limits.miss), ylim=(0.0, 2.0 * limits.sink_rate),
    )  # fmt: skip
