"""The errors of the economics: one for data files, and one for a cost that cannot be computed from the inputs."""

from hoverslam.data.errors import DataError


class CostInputError(DataError):
    """A data file of the economics that cannot be used.

    Attributes:
        mistakes: One line per mistake, ``file: key: value: remedy``.
    """


class CostQuestionError(ValueError):
    """A cost that cannot be computed: no payload, an unknown vehicle, or a recovery mode that the inputs do not cover."""
