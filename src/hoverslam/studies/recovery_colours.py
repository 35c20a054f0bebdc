"""Colours of the recovery modes, the same in every picture of the studies."""

COLOURS = {"expendable": "#4477aa", "downrange": "#cc6677", "return_to_launch_site": "#228833"}
OTHER = "#777777"  # a mode without a colour of its own


def colour_of(recovery: str) -> str:
    """Return the colour of a recovery mode."""
    return COLOURS.get(recovery, OTHER)
