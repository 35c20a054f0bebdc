"""Pictures of the cost of a kilogram: all flights of a comparison, and the effect of each figure in one flight."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hoverslam.reports.pictures import plain_axis
from hoverslam.studies.recovery_colours import COLOURS, colour_of

if TYPE_CHECKING:
    from hoverslam.economics.questions.levers import Lever
    from hoverslam.economics.study import CostStudy
    from hoverslam.studies.costs.rows import CostRow

KIND_COLOURS = {
    "vehicle": "#4477aa",
    "dispersion": "#aa3377",
    "cost": "#ccbb44",
    "operations": "#228833",
    "landing": "#ee6677",
}
BARS = 18  # shown, of some eighty levers
TARGET, MARKET = "#111111", "#999999"


def draw_costs(rows: "Sequence[CostRow]") -> Figure:
    """Return the picture of the cost of a kilogram, one bar a row, on a log scale."""
    figure = Figure(figsize=(11, 1.6 + 0.34 * len(rows)), layout="constrained")
    axis = figure.subplots()
    cost_panel(axis, rows)
    figure.legend(handles=cost_legend(), loc="outside lower center", ncols=4, frameon=False)
    figure.suptitle("What a kilogram costs", fontsize=14, fontweight="bold")
    return figure


def cost_panel(axis: Axes, rows: "Sequence[CostRow]") -> None:
    """Draw bars from the 10th to the 90th percentile, the median, the operator's target and the market price."""
    for height, row in enumerate(rows):
        colour = colour_of(row.recovery)
        axis.plot([row.cost_per_kg_p10, row.cost_per_kg_p90], [height] * 2, color=colour, linewidth=7, alpha=0.45,
                  solid_capstyle="butt")  # fmt: skip
        axis.plot(row.cost_per_kg_p50, height, "o", color=colour, markersize=7)
        axis.plot(row.transcost_per_kg_p50, height, "|", color="#555555", markersize=11, markeredgewidth=1.6)
        axis.plot(row.market_price_per_kg, height, "s", color=MARKET, markersize=5)
        if row.target_per_kg is not None:
            axis.plot(row.target_per_kg, height, "D", color=TARGET, markersize=6)
    for height, row in enumerate(rows):
        if height and rows[height - 1].vehicle != row.vehicle:
            axis.axhline(height - 0.5, color="#cccccc", linewidth=0.8)
    axis.set_yticks(range(len(rows)), [f"{row.vehicle}, {row.recovery.replace('_', ' ')}" for row in rows])
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_xscale("log")
    axis.set_xlabel("CNY per kilogram, what it costs the operator; payload to the vehicle's orbit of comparison")
    ticks = [5e3, 1e4, 2e4, 3e4, 5e4, 1e5, 2e5, 4e5]
    axis.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
    axis.minorticks_off()
    plain_axis(axis).grid(visible=False, axis="y")


def cost_legend() -> list[Line2D]:
    """Return the legend of :func:`cost_panel`: colours of the recovery modes, and the marks."""
    ways = [
        Line2D([], [], color=colour, marker="o", linewidth=5, alpha=0.8, label=f"{way.replace('_', ' ')}: 10, 50, 90 %")
        for way, colour in COLOURS.items()
    ]
    marks = [("D", TARGET, "operator's target"), ("s", MARKET, "market price"), ("|", "#555555", "TRANSCOST")]
    return ways + [
        Line2D([], [], color=colour, marker=mark, linestyle="none", markersize=8, label=label)
        for mark, colour, label in marks
    ]


# ---- tornado ---------------------------------------------------------------------------------------------------------
def draw_tornado(study: "CostStudy") -> Figure:
    """Return the picture of the effect of figures on the cost (CNY/kg): left for one step, right for the whole band."""
    figure = Figure(figsize=(15, 2.2 + 0.33 * BARS), layout="constrained")
    left, right = figure.subplots(1, 2)
    levers = [lever for lever in study.levers if lever.worth != 0.0 and lever.name != "payload_kg"]
    _steps(left, sorted(levers, key=lambda lever: -abs(lever.worth))[:BARS])
    whole = [lever for lever in levers if lever.at_low is not None and lever.at_high is not None and lever.swing]
    _swings(right, sorted(whole, key=lambda lever: -lever.swing)[:BARS])
    kinds = dict.fromkeys(lever.kind for lever in levers)
    handles = [Patch(color=KIND_COLOURS[kind], label=kind) for kind in kinds]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    cost = study.estimate.at_modes.cost_cny_per_kg
    way = study.recovery.replace("_", " ")
    figure.suptitle(
        f"{study.vehicle.title}, {way}: {cost:,.0f} CNY per kilogram at the most likely inputs, and the effect of each figure",
        fontsize=13, fontweight="bold",
    )  # fmt: skip
    return figure


def _steps(axis: Axes, levers: "Sequence[Lever]") -> None:
    from hoverslam.economics.questions.levers import shown_step

    for height, lever in enumerate(levers):
        axis.barh(height, lever.worth, color=KIND_COLOURS[lever.kind])
    axis.set_yticks(range(len(levers)), [f"{lever.name}  {shown_step(lever)}" for lever in levers])
    axis.invert_yaxis()
    axis.set(title="cost reduction by one step", xlabel="CNY per kilogram")
    plain_axis(axis).grid(visible=False, axis="y")


def _swings(axis: Axes, levers: "Sequence[Lever]") -> None:
    for height, lever in enumerate(levers):
        low, high = lever.at_low or 0.0, lever.at_high or 0.0
        axis.barh(height, high - low, left=low, color=KIND_COLOURS[lever.kind])
        axis.text(low, height, f"{lever.low:.4g} ", ha="right" if low < high else "left", va="center", fontsize=7.5)
        axis.text(high, height, f" {lever.high:.4g}", ha="left" if low < high else "right", va="center", fontsize=7.5)
    axis.axvline(0.0, color="#555555", linewidth=0.8)
    axis.set_yticks(range(len(levers)), [_name(lever) for lever in levers])
    axis.invert_yaxis()
    axis.set(title="cost change from one end of the band to the other", xlabel="CNY per kilogram")
    axis.margins(x=0.12)
    plain_axis(axis).grid(visible=False, axis="y")


def _name(lever: "Lever") -> str:
    """Return the name with its unit, where the name does not end in it."""
    return lever.name if not lever.unit or lever.kind == "vehicle" else f"{lever.name}, {lever.unit}"
