"""Standard errors of the launch optimum as a model of what operators state, from ``files/model_errors.toml``."""

from functools import cache
from pathlib import Path
from typing import Annotated

from hoverslam.data.figures import Figure, Range, Section
from hoverslam.data.reading import checked, read_toml

_FILES = Path(__file__).parent / "files"
_Error = Annotated[Figure, Range(0, 100)]


class ModelErrors(Section):
    """Standard errors of the model as shares of the stated value.

    Attributes:
        payload_error_percent: Of payloads.
        stage_separation_time_error_percent: Of the time of stage separation.
        touchdown_time_error_percent: Of the time of touchdown.
        touchdown_downrange_error_percent: Of the distance of the touchdown from the pad.
        liftoff_mass_error_percent: Of the lift-off mass.
        liftoff_thrust_error_percent: Of the lift-off thrust.
    """

    payload_error_percent: _Error
    stage_separation_time_error_percent: _Error
    touchdown_time_error_percent: _Error
    touchdown_downrange_error_percent: _Error
    liftoff_mass_error_percent: _Error
    liftoff_thrust_error_percent: _Error

    def of(self, quantity: str) -> Figure:
        """Return the error of a quantity, such as ``payload`` or ``touchdown_time``."""
        found: Figure = getattr(self, f"{quantity}_error_percent")
        return found


@cache
def model_errors() -> ModelErrors:
    """Return the figures, read once and checked."""
    name = "model_errors.toml"
    return checked(ModelErrors, read_toml(_FILES / name, name), name)
