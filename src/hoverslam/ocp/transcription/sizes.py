"""Typical sizes of the variables of a problem at its guesses, as the transcription scales them."""

from collections.abc import Mapping

import numpy as np

from hoverslam.ocp.statement.phase import Guess
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.local import flat_inputs
from hoverslam.ocp.transcription.scaling import PhaseScales, phase_scales
from hoverslam.ocp.transcription.translated import translated

BLOCKS = 2  # control nodes at a point of a mesh with piecewise linear controls: most first meshes are of this kind


def problem_sizes(problem: Problem, guesses: Mapping[str, Guess]) -> dict[str, PhaseScales]:
    """Return the sizes of states, controls and path constraints of each phase, from guess, bounds and dynamics.

    Args:
        problem: The problem.
        guesses: Guess of each phase.
    """
    values, given = problem.values, np.array(list(problem.given.values()))
    free = np.array([problem.free_guess[v.name] for v in problem.free])
    sizes = {}
    for name, phase in problem.phases.items():
        rates = translated(problem, phase, BLOCKS if phase.controls.length else 0).rates
        inputs = flat_inputs(problem, phase, given)
        sizes[name] = phase_scales(phase, guesses[name], values, rates, inputs, free)
    return sizes
