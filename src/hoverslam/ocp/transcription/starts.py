"""Starts for a search of several optima: guesses of a problem, drawn at random around its own.

A start keeps what the problem fixes. It draws the duration of each phase (often the shortest), the controls, a bend in the
lines of the states, and the free parameters. A quantity whose guess is zero is drawn by its size in the transcription.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from hoverslam.ocp.statement.names import Layout, resolve
from hoverslam.ocp.statement.phase import Guess, Phase
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.statement.times import Durations, durations
from hoverslam.ocp.transcription.guess import guesses
from hoverslam.ocp.transcription.scaling import PhaseScales, parameter_scales
from hoverslam.ocp.transcription.sizes import problem_sizes

SPREAD = 0.25  # standard deviation of what is drawn, of the distance between bounds or of the size of the guess


def with_guesses(problem: Problem, made: Mapping[str, Guess], free: Mapping[str, float] | None = None) -> Problem:
    """Return the problem with other guesses, by phase, and other guesses of some free parameters."""
    other = Problem(problem.name)
    other.__dict__.update(problem.__dict__)
    other.phases = {name: replace(phase, guess=made[name]) for name, phase in problem.phases.items()}
    other.free_guess = problem.free_guess | dict(free or {})
    return other


def drawn_start(problem: Problem, random: np.random.Generator) -> Problem:
    """Return the problem with guesses drawn from ``random``."""
    base, at, made = guesses(problem), 0.0, {}
    sizes = problem_sizes(problem, base)
    for number, (name, phase) in enumerate(problem.phases.items()):
        guess = base[name]
        start = at if number and not _fixed(phase, problem, 0) else float(guess.time[0])
        duration = _duration(phase, problem, guess, start, random)
        made[name] = _bent(phase, problem, guess, start, duration, random, sizes[name])
        at = start + duration
    return with_guesses(problem, made, _free(problem, random))


def stretched_start(
    problem: Problem, factor: float, random: np.random.Generator
) -> tuple[Problem, dict[str, Durations]]:
    """Return the problem with a guess drawn from ``random`` whose durations are ``factor`` times those of its own guess.

    Returns:
        The problem, and for each phase the durations within a factor of two of the guess that its bounds allow.
    """
    base, at, made, windows = guesses(problem), 0.0, {}, {}
    sizes = problem_sizes(problem, base)
    for number, (name, phase) in enumerate(problem.phases.items()):
        guess, allowed = base[name], durations(phase, problem.values)
        start = at if number and not _fixed(phase, problem, 0) else float(guess.time[0])
        duration = float(np.clip(factor * (guess.time[-1] - guess.time[0]), *allowed))
        made[name] = _bent(phase, problem, guess, start, duration, random, sizes[name], waves=True)
        windows[name] = Durations(max(allowed.least, 0.5 * duration), min(allowed.greatest, 2.0 * duration))
        at = start + duration
    return with_guesses(problem, made, _free(problem, random)), windows


def _fixed(phase: Phase, problem: Problem, end: int) -> bool:
    low, high = (resolve(b, problem.values) for b in (phase.initial_time, phase.final_time)[end])
    return low == high


def _free(problem: Problem, random: np.random.Generator) -> dict[str, float]:
    """Return free parameters drawn around their guess, within their bounds."""
    drawn = {}
    for variable, scale in zip(problem.free, parameter_scales(problem), strict=True):
        low, high = (float(b[0]) for b in variable.bounds(problem.values))
        size = high - low if np.isfinite(high - low) else scale
        drawn[variable.name] = float(
            np.clip(problem.free_guess[variable.name] + random.normal(0.0, SPREAD) * size, low, high)
        )
    return drawn


def _duration(phase: Phase, problem: Problem, guess: Guess, start: float, random: np.random.Generator) -> float:
    span = float(guess.time[-1] - guess.time[0])
    low, high = (resolve(b, problem.values) for b in phase.duration)
    first, last = (resolve(b, problem.values) for b in phase.final_time)
    low, high = max(low, first - start, 0.02 * span), min(high, last - start)
    if low >= high:
        return span
    shortest = random.random() < 0.3
    return float(low if shortest else np.clip(span * np.exp(random.normal(0.0, 0.7)), low, high))


def _bent(
    phase: Phase,
    problem: Problem,
    guess: Guess,
    start: float,
    duration: float,
    random: np.random.Generator,
    sizes: PhaseScales,
    waves: bool = False,
) -> Guess:
    """Return a guess with bent lines of the states and shifted controls; controls that are zero, or all with
    ``waves``, vary along the phase as well."""
    fraction = (guess.time - guess.time[0]) / max(float(guess.time[-1] - guess.time[0]), 1e-300)
    bump = np.sin(np.pi * fraction)
    # A constant direction can be a stationary point too, as that of a curve that shall close: controls vary along the phase.
    turns = np.array([np.cos(np.pi * fraction), np.sin(np.pi * fraction), np.cos(2.0 * np.pi * fraction)])

    def drawn(
        layout: Layout, samples: Mapping[str, np.ndarray], scale: np.ndarray, control: bool
    ) -> dict[str, np.ndarray]:
        made = {}
        for v in layout.variables:
            values = np.asarray(samples[v.name], dtype=float)
            if v.name in phase.integrals:  # its size follows from the dynamics
                made[v.name] = values
                continue
            low, high = (np.broadcast_to(b, v.length) for b in v.bounds(problem.values))
            reach = np.max(np.abs(values), axis=0) * np.ones(v.length)
            zero = reach <= 0.0
            reach = np.where(zero, scale[layout.slices[v.name]], reach)
            size = np.where(np.isfinite(high - low), high - low, reach)
            shift = random.normal(0.0, SPREAD, v.length) * size
            bent = values.reshape(len(fraction), -1) + (shift if control else bump[:, None] * shift)
            if control and (waves or zero.any()):
                drawn_waves = random.normal(0.0, SPREAD, (len(turns), v.length)) * size * (zero | waves)
                bent = bent + turns.T @ drawn_waves
            made[v.name] = np.clip(bent, low, high).reshape(values.shape)
        return made

    return Guess(
        start + fraction * duration,
        drawn(phase.states, guess.states, sizes.state, False),
        drawn(phase.controls, guess.controls, sizes.control, True),
    )
