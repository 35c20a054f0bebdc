"""A solution as a table of its nodes, and as a picture of its states and controls over time."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from hoverslam.ocp.solution import Solution
from hoverslam.ocp.statement.names import Layout
from hoverslam.ocp.statement.phase import Phase

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SAMPLES = 20  # points of a line in each mesh interval


def _headings(layout: Layout) -> list[str]:
    """Return one heading an entry: its label, with the unit in brackets."""
    pairs = zip(layout.labels(), layout.units(), strict=True)
    return [f"{label} ({unit})" if unit else label for label, unit in pairs]


def nodes_frame(solution: Solution) -> "pd.DataFrame":
    """Return a table with one row a state node of every phase: ``phase``, ``time (s)``, states and controls.

    Controls are evaluated at the state nodes with the interpolant of the transcription. A variable that a phase does not
    have is NaN there.
    """
    import pandas as pd

    frames = []
    for name, part in solution.phases.items():
        _, controls = part.sample_flat(part.node_times)
        values = np.concatenate([part.states, controls], axis=1)
        frame = pd.DataFrame(values, columns=[*_headings(part.phase.states), *_headings(part.phase.controls)])
        frame.insert(0, "phase", name)
        frame.insert(1, "time (s)", part.node_times)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def plot_phases(solution: Solution) -> "Figure":
    """Return a picture with one panel a variable; a phase has a colour, an entry of a vector a line style."""
    from matplotlib.figure import Figure

    from hoverslam.reports.pictures import COLOURS, LINE_STYLES, plain_axis

    panels = list(dict.fromkeys(title for part in solution.phases.values() for title, _ in _panels(part.phase)))
    columns = 2 if len(panels) > 1 else 1
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(4.5 * columns, 2.2 * rows + 0.6), layout="constrained")
    axes = dict(zip(panels, figure.subplots(rows, columns, squeeze=False).ravel(), strict=False))
    for title, axis in axes.items():
        plain_axis(axis).set_ylabel(title)
        axis.set_xlabel("time (s)")
    for spare in figure.axes[len(panels) :]:
        spare.set_axis_off()
    for number, (name, part) in enumerate(solution.phases.items()):
        intervals = part.mesh.intervals
        each = np.repeat(np.arange(intervals), SAMPLES)
        local = np.tile(np.linspace(0.0, 1.0, SAMPLES), intervals)
        times = part.edge_times[each] + local * (part.mesh.widths * part.duration)[each]
        values = np.concatenate(part.sample_local(each, local), axis=1)
        at = 0
        for title, length in _panels(part.phase):
            for entry in range(length):
                style = LINE_STYLES[entry % len(LINE_STYLES)]
                label = name if entry == 0 else None
                axes[title].plot(
                    times, values[:, at], color=COLOURS[number % len(COLOURS)], linestyle=style, label=label
                )
                at += 1
    if len(solution.phases) > 1:
        handles = {
            label: h for axis in axes.values() for h, label in zip(*axis.get_legend_handles_labels(), strict=True)
        }
        figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=min(len(handles), 5))
    figure.suptitle(solution.problem.name)
    return figure


def _panels(phase: Phase) -> Iterator[tuple[str, int]]:
    """Yield title and number of entries of each state and control, in the order of the flat vectors."""
    for variable in (*phase.states.variables, *phase.controls.variables):
        yield f"{variable.name} ({variable.unit})" if variable.unit else variable.name, variable.length
