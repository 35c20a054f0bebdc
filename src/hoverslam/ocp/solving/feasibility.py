"""Starts for the search for a feasible trajectory after a first pass has failed.

The equations of motion are multiplied by the duration. From a short guess of a free duration, a solver therefore often ends
in a local minimum of the violation at which the duration is nearly zero, although the problem is feasible. Where the
durations are kept within a factor of two, the elastic problem is much closer to convex: with linear dynamics and a fixed
duration it is. It is solved in several such windows. A guess may also be a stationary point of a constraint, such as a
direction of unit length that is guessed zero. Each window therefore starts from a guess that is moved at random, by the same
numbers in every solve.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from hoverslam.ocp.solving.diagnosis import MOST_ITERATIONS, duration_rows
from hoverslam.ocp.statement.functions import StatementError
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.statement.times import Durations
from hoverslam.ocp.transcription.guess import guesses
from hoverslam.ocp.transcription.local import TRANSLATED
from hoverslam.ocp.transcription.programme import Programme
from hoverslam.ocp.transcription.starts import stretched_start

# Guessed durations are multiplied by these. A guess that the problem states is of the right order; without one the first
# duration is a guess of the unit. The violation may have a local minimum inside a window: a body thrown upwards that shall
# land has one where it is highest. The second row of factors begins in the gaps of the first.
FACTORS_STATED = (1.0, 4.0)
FACTORS_UNSTATED = (
    *(1.0, 4.0, 16.0, 64.0, 256.0, 0.25, 0.0625),
    *(2.0, 8.0, 32.0, 128.0, 512.0, 0.5, 0.125),
)
WINDOW_ITERATIONS = 150  # of an elastic solve in a window; those that find a feasible trajectory take fewer
SEED = 2026  # of the moved guesses


@dataclass(frozen=True)
class Attempt:
    """A start of the elastic problem: programme, scaled variables, durations to keep within, and most iterations."""

    programme: Programme
    start: np.ndarray
    windows: dict[str, Durations]
    most: int


def attempts(problem: Problem, failed: Programme) -> Iterator[Attempt]:
    """Yield starts: the guess of the problem itself with free durations, then moved guesses in windows of the durations.

    Args:
        problem: The problem.
        failed: The programme of the pass that failed; the starts use its meshes.
    """
    yield Attempt(failed, failed.start(guesses(problem)), {}, MOST_ITERATIONS)
    bounded = duration_rows(failed)
    known: list[Mapping[str, Durations]] = []
    for number, factor in enumerate(_factors(problem)):
        moved, windows = stretched_start(problem, factor, np.random.default_rng([SEED, number]))
        windows = {name: window for name, window in windows.items() if name in bounded}
        if windows in known:
            continue
        known.append(windows)
        starts = guesses(moved)
        try:
            programme = Programme(problem, failed.meshes, starts, TRANSLATED, failed.smoothing)
        except StatementError:
            continue  # a function is not finite at the moved guess
        start = programme.start(starts)
        start[programme.free_indices] = [
            moved.free_guess[v.name] / programme.scale[i]
            for v, i in zip(problem.free, programme.free_indices, strict=True)
        ]
        yield Attempt(programme, start, windows, WINDOW_ITERATIONS)


def _factors(problem: Problem) -> tuple[float, ...]:
    stated = any(phase.guess is not None for phase in problem.phases.values())
    return FACTORS_STATED if stated else FACTORS_UNSTATED
