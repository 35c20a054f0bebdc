"""A picture of how much of each limit the phases of a launch use."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hoverslam.reports.pictures import COLOURS, plain_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKERS = "osD^vPX"
WIDEST = 1.5  # shares above it are drawn there, so that one bad phase does not hide the others


def draw_shares(shares: Sequence[tuple[str, str, float]], title: str) -> "Figure":
    """Return a picture with one line a phase and one marker a limit; beyond the line at 1 a limit is passed.

    Args:
        shares: Phase, quantity and share of the limit that is used.
        title: Heading.
    """
    from matplotlib.figure import Figure  # slow to import

    phases = list(dict.fromkeys(phase for phase, _, _ in shares))
    names = list(dict.fromkeys(quantity for _, quantity, _ in shares))
    figure = Figure(figsize=(8.0, 1.4 + 0.32 * len(phases)), layout="constrained")
    axis = plain_axis(figure.subplots())
    for place, name in enumerate(names):
        mine = [(phases.index(phase), min(share, WIDEST)) for phase, quantity, share in shares if quantity == name]
        rows, values = zip(*mine, strict=True)
        marker, colour = MARKERS[place % len(MARKERS)], COLOURS[place % len(COLOURS)]
        axis.scatter(values, rows, s=34, marker=marker, color=colour, label=name.replace("_", " "), zorder=3)
    axis.axvline(1.0, color="black", linewidth=1.0)
    axis.set_yticks(range(len(phases)), [name.replace("_", " ") for name in phases])
    axis.invert_yaxis()
    axis.set_xlim(0.0, WIDEST + 0.05)
    axis.set_xlabel("share of the limit that is used")
    axis.set_title(title, loc="left")
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    return figure
