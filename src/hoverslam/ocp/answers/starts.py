"""Starts for a search of several optima: guesses of a problem, drawn at random around its own.

A start keeps what the problem fixes. It draws the duration of each phase (often the shortest), the controls, and a bend in
the lines of the states.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from hoverslam.ocp.statement.names import Layout, resolve
from hoverslam.ocp.statement.phase import Guess, Phase
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.guess import guesses


def with_guesses(problem: Problem, made: Mapping[str, Guess]) -> Problem:
    """Return the problem with other guesses, by phase."""
    other = Problem(problem.name)
    other.__dict__.update(problem.__dict__)
    other.phases = {name: replace(phase, guess=made[name]) for name, phase in problem.phases.items()}
    return other


def drawn_start(problem: Problem, random: np.random.Generator) -> Problem:
    """Return the problem with guesses drawn from ``random``."""
    base, at, made = guesses(problem), 0.0, {}
    for number, (name, phase) in enumerate(problem.phases.items()):
        guess = base[name]
        start = at if number and not _fixed(phase, problem, 0) else float(guess.time[0])
        duration = _duration(phase, problem, guess, start, random)
        made[name] = _bent(phase, problem, guess, start, duration, random)
        at = start + duration
    return with_guesses(problem, made)


def _fixed(phase: Phase, problem: Problem, end: int) -> bool:
    low, high = (resolve(b, problem.values) for b in (phase.initial_time, phase.final_time)[end])
    return low == high


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
    phase: Phase, problem: Problem, guess: Guess, start: float, duration: float, random: np.random.Generator
) -> Guess:
    fraction = (guess.time - guess.time[0]) / (guess.time[-1] - guess.time[0])
    bump = np.sin(np.pi * fraction)

    def drawn(layout: Layout, samples: Mapping[str, np.ndarray], control: bool) -> dict[str, np.ndarray]:
        made = {}
        for v in layout.variables:
            values = np.asarray(samples[v.name], dtype=float)
            low, high = (np.broadcast_to(b, v.length) for b in v.bounds(problem.values))
            reach = np.max(np.abs(values), axis=0) * np.ones(v.length)
            size = np.where(np.isfinite(high - low), high - low, reach)
            shift = random.normal(0.0, 0.25, v.length) * size
            bent = values.reshape(len(fraction), -1) + (shift if control else bump[:, None] * shift)
            made[v.name] = np.clip(bent, low, high).reshape(values.shape)
        return made

    return Guess(
        start + fraction * duration,
        drawn(phase.states, guess.states, False),
        drawn(phase.controls, guess.controls, True),
    )
