"""Automatic scaling: every variable of the order of one at the guess, every constraint row of the order of its size.

A variable's size is the largest entry of its guess, else of a finite bound. Where both are zero or missing (a speed that
starts and ends at zero) the size comes from the dynamics: for a state, its rate times the duration of the phase; for a
control, the value that changes some state by the size of that state. All sizes are proportional to the units, so that the
scaled problem does not depend on the units.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import casadi as ca
import numpy as np

from hoverslam.ocp.statement.names import Layout
from hoverslam.ocp.statement.phase import Guess, Phase
from hoverslam.ocp.statement.problem import Problem

NOTHING = 1e-300  # sizes at or below this are unknown
FAR = 1e4  # durations between zero and a start that is far from it
ROUNDING = 1e-9  # a bound smaller than this fraction of its quantity is zero, such as the cosine of a right angle


@dataclass(frozen=True)
class PhaseScales:
    """Typical sizes: ``(nx,)`` states, ``(nu,)`` controls, ``(path,)`` path constraints."""

    state: np.ndarray
    control: np.ndarray
    path: np.ndarray


def _sizes(layout: Layout, samples: Mapping[str, np.ndarray], values: Mapping[str, float]) -> np.ndarray:
    """Return one size for each variable, shared by a vector's entries: from its guess, else from its bounds, else zero."""
    sizes = np.zeros(layout.length)
    for variable in layout.variables:
        bounds = np.concatenate(variable.bounds(values))
        size = float(np.max(np.abs(samples[variable.name]), initial=0.0))
        if size <= NOTHING:
            size = float(np.max(np.abs(bounds[np.isfinite(bounds)]), initial=0.0))
        sizes[layout.slices[variable.name]] = size
    return sizes


def phase_scales(
    phase: Phase, guess: Guess, values: Mapping[str, float], rates: ca.Function, q: Any, free: Any
) -> PhaseScales:
    """Return the scales of a phase from its guess, its bounds and its dynamics.

    Args:
        phase: the phase.
        guess: its guess.
        values: given parameters and settings.
        rates: ``(x, u, q, free, t) -> (rates, path)`` of a point.
        q: the phase's flattened inputs.
        free: values of the free parameters.
    """
    state, control = _sizes(phase.states, guess.states, values), _sizes(phase.controls, guess.controls, values)
    duration = max(float(guess.time[-1] - guess.time[0]), NOTHING)
    x, u = (
        _stacked(layout, samples, len(guess.time))
        for layout, samples in ((phase.states, guess.states), (phase.controls, guess.controls))
    )
    f, c = (np.asarray(value) for value in rates(x, u, q, free, guess.time[None, :]))
    given = np.array([limit.size(values) or 0.0 for limit in phase.path])
    reach = np.max(np.abs(c), axis=1, initial=0.0) if len(given) else given
    given = np.where(given > ROUNDING * reach, given, 0.0)
    if np.all(state > NOTHING) and np.all(control > NOTHING) and np.all(given > NOTHING):
        return PhaseScales(state, control, given)
    rate = np.max(np.abs(f), axis=1, initial=0.0)
    for variable in phase.states.variables:
        at = phase.states.slices[variable.name]
        if np.all(state[at] <= NOTHING):
            reached = float(np.max(rate[at])) * duration
            state[at] = reached if reached > NOTHING else 1.0
    _, slope_u, path_x, path_u = _slopes(rates, x, u, q, free, guess.time)
    for variable in phase.controls.variables:
        at = phase.controls.slices[variable.name]
        if np.all(control[at] <= NOTHING):
            strength = float(np.max(np.abs(slope_u[:, at]) / state[:, None], initial=0.0)) * duration
            control[at] = 1.0 / strength if strength > NOTHING else 1.0
    change = np.max(np.concatenate([np.abs(path_x) * state, np.abs(path_u) * control], axis=1), axis=1, initial=0.0)
    path = np.where(given > NOTHING, given, np.where(change > NOTHING, change, 1.0))
    return PhaseScales(state, control, path)


def _stacked(layout: Layout, samples: Mapping[str, np.ndarray], count: int) -> np.ndarray:
    """Return samples as one array ``(length, count)``."""
    rows = [np.asarray(samples[v.name], dtype=float).reshape(count, -1).T for v in layout.variables]
    return np.concatenate(rows) if rows else np.zeros((0, count))


def _slopes(
    rates: ca.Function, x: np.ndarray, u: np.ndarray, q: Any, free: Any, time: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Return the largest size over the guess of the derivatives of rates and path constraints to states and controls."""
    found = _slope_function(rates)(x, u, q, free, time[None, :])
    shapes = [(rates.size1_out(of), rates.size1_in(by)) for of in (0, 1) for by in (0, 1)]
    columns = (
        np.asarray(value).reshape(shape[0], len(time), shape[1]) for value, shape in zip(found, shapes, strict=True)
    )
    return tuple(np.fmax.reduce(np.abs(each), axis=1, initial=0.0) for each in columns)


@lru_cache(maxsize=64)
def _slope_function(rates: ca.Function) -> ca.Function:
    """Return the derivatives of rates, then of path constraints, each by state and by control; it is built once."""
    symbols = [ca.SX.sym(f"a{i}", rates.size1_in(i)) for i in range(5)]
    outputs = [ca.densify(ca.jacobian(y, symbols[i])) for y in rates(*symbols) for i in (0, 1)]
    return ca.Function("slope", symbols, outputs)


def time_scale(guesses: Mapping[str, Guess]) -> float:
    """Return the longest guessed phase duration (s)."""
    return max(max((float(g.time[-1] - g.time[0]) for g in guesses.values()), default=1.0), NOTHING)


def time_origin(guesses: Mapping[str, Guess]) -> float:
    """Return the time (s) from which the times of a problem are counted: zero, unless it lies very far from the guess.

    Seconds since 1970 have seven digits left for a duration of some seconds. The start of the guess is then the origin.
    """
    first = min((float(g.time[0]) for g in guesses.values()), key=abs, default=0.0)
    return first if abs(first) > FAR * time_scale(guesses) else 0.0


def parameter_scales(problem: Problem) -> np.ndarray:
    """Return the sizes of the free parameters: their guess, else a finite bound, else one."""
    scales = []
    for variable in problem.free:
        candidates = [abs(problem.free_guess[variable.name]), *np.abs(np.concatenate(variable.bounds(problem.values)))]
        scales.append(next((float(c) for c in candidates if np.isfinite(c) and c > NOTHING), 1.0))
    return np.array(scales)
