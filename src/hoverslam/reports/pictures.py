"""The common style of all pictures, and how they are written.

matplotlib takes a third of a second to import: it is imported where something is drawn.
"""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from hoverslam.data.writing import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Readable by colour-blind readers (Tol's bright scheme). Lines also differ in style, so that print in grey can be read.
COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#117799", "#aa3377", "#888822")
LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))


def write_picture(figure: "Figure", path: Path) -> None:
    """Write a figure in the format of the path's suffix; the same numbers give the same file.

    The library's version and the date are left out of the file, since they would change it.

    Args:
        figure: The figure.
        path: The file; its suffix is the format.
    """
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_parse_math(False)  # a dollar sign in a title from a data file begins no formula
    metadata = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    suffix, drawn = path.suffix.lower(), BytesIO()
    figure.savefig(drawn, format=suffix[1:], dpi=130, metadata=metadata.get(suffix))
    write_whole(path, drawn.getvalue())


def plain_axis(axis: "Axes") -> "Axes":
    """Give an axis a light grid behind its lines and no frame above and to the right; return it."""
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(color="#dddddd", linewidth=0.6)
    axis.set_axisbelow(True)
    return axis
