"""The picture of a sweep: lines over one figure, a family of lines or contours over two, and a panel a figure otherwise."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hoverslam.data.units import label_of
from hoverslam.reports.pictures import COLOURS, LINE_STYLES, plain_axis

LEAST_FOR_CONTOURS = 3  # different values of each figure
LABELS = {"cost_per_kg_usd_p50": "cost of a kilogram, median (USD)"}  # of outputs whose key does not end with its unit

Table = NDArray[np.float64]


def draw_sweep(title: str, keys: Sequence[str], quantity: str, table: Table, grid: bool) -> Figure:
    """Return the picture of a sweep.

    Args:
        title: What was swept.
        keys: The changed figures.
        quantity: Name of the output.
        table: One row a point: the values of the figures in the order of the keys, then the output, ``(n, keys + 1)``.
        grid: Whether the points are all combinations of the values.
    """
    if grid and len(keys) == 2:
        return _over_two(title, keys, quantity, table)
    figure = Figure(figsize=(4.8 * max(len(keys), 1), 3.4), layout="constrained")
    axes = figure.subplots(1, max(len(keys), 1), squeeze=False, sharey=True)[0]
    style = "-" if len(keys) == 1 or not grid else "none"
    for column, key in enumerate(keys):
        _line(_axis(axes[column]), table[:, [column, -1]], COLOURS[0], style)
        axes[column].set_xlabel(label_of(key))
    axes[0].set_ylabel(_label(quantity))
    figure.suptitle(title)
    return figure


def _axis(axis: Axes) -> Axes:
    """Give an axis the common look, with a comma at thousands; return it."""
    for side in (axis.xaxis, axis.yaxis):
        side.set_major_formatter(lambda value, _: _number(value))
    return plain_axis(axis)


def _number(value: float) -> str:
    return f"{value:,.10g}"


def _label(quantity: str) -> str:
    return LABELS.get(quantity) or label_of(quantity)


def _line(axis: Axes, pairs: Table, colour: str, style: Any) -> None:
    ordered = pairs[np.argsort(pairs[:, 0], kind="stable")]
    axis.plot(ordered[:, 0], ordered[:, 1], color=colour, linestyle=style, marker="o", markersize=4)


def _over_two(title: str, keys: Sequence[str], quantity: str, table: Table) -> Figure:
    """Return a family of lines over the figure with more values, one for each value of the other; or contours."""
    values = [np.unique(table[:, column]) for column in (0, 1)]
    along, across = (0, 1) if len(values[0]) >= len(values[1]) else (1, 0)
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axis = _axis(figure.subplots())
    axis.set(xlabel=label_of(keys[along]), ylabel=_label(quantity), title=title)
    if len(values[across]) > len(COLOURS) and len(values[along]) >= LEAST_FOR_CONTOURS:
        drawn = axis.tricontourf(table[:, along], table[:, across], table[:, 2], levels=12, cmap="viridis")
        figure.colorbar(drawn, label=_label(quantity), format=lambda value, _: _number(value))
        axis.set_ylabel(label_of(keys[across]))
        return figure
    for number, value in enumerate(values[across]):
        place = number % len(COLOURS)
        _line(axis, table[table[:, across] == value][:, [along, 2]], COLOURS[place], LINE_STYLES[place])
        axis.lines[-1].set_label(_number(value))
    if len(values[across]):
        axis.legend(title=label_of(keys[across]), frameon=False)
    return figure
