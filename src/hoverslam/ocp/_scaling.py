"""Automatic scaling: every variable of the order of one at the guess, every constraint row of the order of its size."""

from dataclasses import dataclass

import numpy as np

from hoverslam.ocp.names import Layout
from hoverslam.ocp.problem import Phase, Problem


@dataclass(frozen=True)
class PhaseScales:
    """Typical sizes: ``(nx,)`` states, ``(nu,)`` controls."""

    state: np.ndarray
    control: np.ndarray


def _sizes(layout: Layout, samples: dict[str, np.ndarray]) -> np.ndarray:
    """One size per variable (its largest entry in the guess, or a finite bound where the guess is zero)."""
    sizes = np.ones(layout.length)
    for variable in layout.variables:
        lower, upper = variable.bounds()
        finite = np.abs(np.concatenate([lower, upper]))
        finite = finite[np.isfinite(finite)]
        size = float(np.max(np.abs(samples[variable.name]), initial=0.0))
        if size < 1e-9:
            size = float(np.max(finite, initial=0.0))
        sizes[layout.slices[variable.name]] = size if size > 1e-9 else 1.0
    return sizes


def phase_scales(phase: Phase) -> PhaseScales:
    """Scales of a phase from its guess and bounds."""
    assert phase.guess is not None
    states = {k: np.asarray(v) for k, v in phase.guess.states.items()}
    controls = {k: np.asarray(v) for k, v in phase.guess.controls.items()}
    return PhaseScales(_sizes(phase.states, states), _sizes(phase.controls, controls))


def time_scale(problem: Problem) -> float:
    """The longest guessed phase duration (s)."""
    spans = [float(ph.guess.time[-1] - ph.guess.time[0]) for ph in problem.phases.values() if ph.guess is not None]
    return max(max(spans, default=1.0), 1e-9)


def parameter_scales(problem: Problem) -> np.ndarray:
    """Sizes of the free parameters: their guess, else a finite bound, else one."""
    scales = []
    for variable in problem.free:
        candidates = [abs(problem.free_guess[variable.name]), *np.abs(np.concatenate(variable.bounds()))]
        scales.append(next((float(c) for c in candidates if np.isfinite(c) and c > 1e-9), 1.0))
    return np.array(scales)
