"""Colours of the recovery modes, the same in every picture of the studies."""

from hoverslam.vehicles.recovery_modes import list_modes, load_mode

COLOURS = {"expendable": "#4477aa", "downrange": "#cc6677", "return_to_launch_site": "#228833"}
OTHER = "#777777"  # a mode that recovery_modes.toml does not list


def colour_of(recovery: str) -> str:
    """Return the colour of a recovery mode: its own, or that of the mode that it costs like."""
    if recovery in COLOURS:
        return COLOURS[recovery]
    return COLOURS[load_mode(recovery).cost_like] if recovery in list_modes() else OTHER
