"""Names that a user of the margins chooses from. Nothing slow is imported, so that a command line can check them."""

from typing import Literal, get_args

Guidance = Literal["convex", "hover_slam"]
GUIDANCE: tuple[Guidance, ...] = get_args(Guidance)
"""Guidance laws of the landing burn: repeated convex plans, or the explicit law."""

Scheme = Literal["random", "sobol", "latin"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
"""Sampling schemes of the disturbances."""

Question = Literal["linear", "sensitivity", "reach", "loss", "resolve"]
QUESTION_NAMES: tuple[Question, ...] = get_args(Question)
"""Further questions that a margin study answers, see :mod:`hoverslam.margins.study.further`."""

CURVE_LEAST = 1000
"""Landed flights that a margin curve needs: with fewer the outer quantiles are not estimated."""
