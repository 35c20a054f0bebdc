"""The local functions of a phase: from memory or disk where a like phase was translated before, otherwise translated now."""

from collections.abc import Hashable

from hoverslam.ocp.statement.phase import Phase
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.local import TRANSLATED, LocalFunctions, kept_functions, phase_key
from hoverslam.ocp.transcription.structure import StructureCache


def translated(
    problem: Problem,
    phase: Phase,
    blocks: int,
    key: Hashable | None = None,
    cache: StructureCache[LocalFunctions] = TRANSLATED,
) -> LocalFunctions:
    """Return the local functions of a phase.

    Args:
        problem: The problem.
        phase: One of its phases.
        blocks: Control nodes that a collocation point depends on.
        key: The key from :func:`phase_key`, if it is known.
        cache: Functions in memory; those of the process if left out.
    """
    key = phase_key(problem, phase, blocks) if key is None else key
    return cache.get(key, lambda: kept_functions(problem, phase, blocks, key))
