"""Recovery modes as data (``recovery_modes.toml``): which bodies of a launch return, and by which segments."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from hoverslam.data.figures import Name, Section, Text
from hoverslam.data.reading import entry_named, read_entries
from hoverslam.vehicles.errors import VehicleError

FILE = Path(__file__).parent / "files" / "recovery_modes.toml"

SegmentKind = Literal["deorbit", "boostback", "coast", "entry", "glide", "landing"]
Body = Literal["core", "side_boosters", "upper_stage"]


class RecoveryRecipe(Section):
    """How one body returns.

    Attributes:
        name: Id of the recipe.
        segments: What is flown, in order.
        optional: Segments that the search flies or leaves out, whichever carries more payload.
        target: Which site of the body's ``[recovery]`` section it lands on.
    """

    name: Name
    segments: tuple[SegmentKind, ...] = Field(strict=False)
    optional: tuple[SegmentKind, ...] = Field(default=(), strict=False)
    target: Literal["landing_site", "downrange_site"]


class ModeOfFlight(Section):
    """A recovery mode: the recipe of each body; a body without one is expended.

    Attributes:
        name: Id of the mode.
        title: Name for readers.
        cost_like: The mode whose recovery operations it costs: ``expendable``, ``downrange`` or ``return_to_launch_site``.
        core: Recipe of the first stage.
        side_boosters: Recipe of each side booster.
        upper_stage: Recipe of the upper stage.
    """

    name: Name
    title: Text
    cost_like: Literal["expendable", "downrange", "return_to_launch_site"]
    core: Text | None = None
    side_boosters: Text | None = None
    upper_stage: Text | None = None

    def recipe(self, body: Body) -> RecoveryRecipe | None:
        """Return the recipe by which a body returns, or None if it is expended."""
        name: str | None = getattr(self, body)
        return None if name is None else entry_named("recovery recipe", name, _recipes(), VehicleError)


def load_mode(name: str) -> ModeOfFlight:
    """Return the recovery mode of an id.

    Raises:
        VehicleError: If there is no such mode; the message suggests a known one.
    """
    return entry_named("recovery mode", name, _modes(), VehicleError)


def list_modes() -> list[str]:
    """Return the ids of all recovery modes."""
    return list(_modes())


@cache
def _recipes() -> dict[str, RecoveryRecipe]:
    return read_entries(RecoveryRecipe, FILE, "recipes", VehicleError)


@cache
def _modes() -> dict[str, ModeOfFlight]:
    return read_entries(ModeOfFlight, FILE, "modes", VehicleError)
