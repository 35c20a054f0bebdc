"""The error of this room."""

from hoverslam.data.errors import DataError


class VehicleError(DataError):
    """A vehicle, site, orbit or mission that cannot be used.

    Attributes:
        mistakes: One line per mistake, ``file: key: value: remedy``.
    """
