"""The errors of this room: one for data files, and one for a question that its figures cannot answer."""

from __future__ import annotations

from collections.abc import Sequence


class CostInputError(ValueError):
    """A data file is wrong. ``mistakes`` holds one line each: file, key, value, what is wrong, how to mend it."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


class CostQuestionError(ValueError):
    """A cost was asked for that cannot exist: no payload, an unknown vehicle, or a recovery the inputs do not cover."""
