"""The picture of a comparison: payload and cost of a kilogram, one row of both panels for each flight."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hoverslam.reports.pictures import plain_axis
from hoverslam.studies.costs.pictures import cost_legend, cost_panel
from hoverslam.studies.costs.rows import CostRow
from hoverslam.studies.recovery_colours import colour_of
from hoverslam.studies.rows import Row


def draw_comparison(rows: Sequence[Row], costs: Sequence[CostRow]) -> Figure:
    """Return payloads on the left and, for the flights whose cost is known, costs on the right.

    Args:
        rows: Rows of the comparison.
        costs: Costs of the flights whose cost is known.
    """
    figure = Figure(figsize=(15 if costs else 8, 1.8 + 0.34 * len(rows)), layout="constrained")
    if costs:
        left, right = figure.subplots(1, 2)
        cost_panel(right, costs)
        ticks = [5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 4e5]
        right.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
        right.set(title="What a kilogram costs", xlabel="cost to the operator, CNY per kilogram")
        figure.legend(handles=cost_legend(), loc="outside lower center", ncols=6, frameon=False)
    else:
        left = figure.subplots()
    _payloads(left, rows)
    return figure


def _payloads(axis: Axes, rows: Sequence[Row]) -> None:
    """Draw a bar a row; a published payload is a black mark, and a flight that is not verified is pale."""
    for height, row in enumerate(rows):
        if row.payload_kg is not None:
            axis.barh(
                height, row.payload_kg / 1e3, 0.6, color=colour_of(row.recovery), alpha=1.0 if row.verified else 0.3
            )
        if row.payload_published_kg is not None:
            axis.plot(row.payload_published_kg / 1e3, height, "k|", markersize=13, markeredgewidth=1.6)
        if height and rows[height - 1].vehicle != row.vehicle:
            axis.axhline(height - 0.5, color="#cccccc", linewidth=0.8)
    axis.set_yticks(range(len(rows)), [f"{row.vehicle}, {row.recovery.replace('_', ' ')}" for row in rows])
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set(title="Payload; the black mark is the published one", xlabel="payload, t")
    plain_axis(axis).grid(visible=False, axis="y")
