"""The guess of a phase that states none: straight lines between ends, the middle of bounds."""

from collections.abc import Mapping

import numpy as np

from hoverslam.ocp.statement.functions import StatementError
from hoverslam.ocp.statement.names import Range, Variable, resolve
from hoverslam.ocp.statement.phase import Guess, Phase
from hoverslam.ocp.statement.problem import Problem

SAMPLES = 17  # enough to find sizes, and to represent a straight line on any mesh


def guesses(problem: Problem) -> dict[str, Guess]:
    """Return the guess of each phase. A phase whose start is free follows the one declared before it.

    Raises:
        StatementError: If a stated guess lacks a variable or has the wrong shape.
    """
    values, made, before = problem.values, {}, 0.0
    for name, phase in problem.phases.items():
        if phase.guess is None:
            made[name] = _drawn(phase, values, before)
        else:
            made[name] = checked_guess(phase, phase.guess)
        before = float(made[name].time[-1])
    return made


def checked_guess(phase: Phase, guess: Guess) -> Guess:
    """Return the guess of a phase after checking its times, names, shapes and values.

    Raises:
        StatementError: If the guess lacks a variable, names an unknown one, or has a wrong shape or value.
    """
    where = f"phase {phase.name!r}: the guess"
    time = _numbers(guess.time, f"{where}'s time")
    if time.ndim != 1 or not len(time) or not np.all(np.isfinite(time)) or np.any(np.diff(time) < 0.0):
        raise StatementError(f"{where} needs times that do not run backwards, not {time}")
    for layout, samples in ((phase.states, guess.states), (phase.controls, guess.controls)):
        unknown = [name for name in samples if name not in {**phase.states.slices, **phase.controls.slices}]
        if unknown:
            raise StatementError(f"{where} names {', '.join(map(repr, unknown))}, which the phase does not have")
        missing = [v.name for v in layout.variables if v.name not in samples]
        if missing:
            raise StatementError(f"{where} lacks {', '.join(map(repr, missing))}")
        for variable in layout.variables:
            values = _numbers(samples[variable.name], f"{where} of {variable.name!r}")
            shape, length = values.shape, (len(time),)
            expected = [length, (*length, 1)] if variable.size is None else [(*length, variable.size)]
            if shape not in expected:
                raise StatementError(f"{where} of {variable.name!r} has shape {shape}, expected {expected[0]}")
            if not np.all(np.isfinite(values)):
                raise StatementError(f"{where} of {variable.name!r} is not finite everywhere")
    return guess


def _numbers(values: object, what: str) -> np.ndarray:
    """Return values as an array of floats.

    Raises:
        StatementError: If they are no numbers, such as a function.
    """
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise StatementError(f"{what} holds {type(values).__name__}, expected an array of numbers") from None


def _middle(bounds: Range | None, values: Mapping[str, float]) -> float | None:
    """Return a number within bounds: their middle, or the finite one; None if there is none."""
    if bounds is None:
        return None
    low, high = (resolve(b, values) for b in bounds)
    finite = [b for b in (low, high) if np.isfinite(b)]
    return sum(finite) / len(finite) if finite else None


def _drawn(phase: Phase, values: Mapping[str, float], before: float) -> Guess:
    start = _middle(phase.initial_time, values)
    start = before if start is None else start
    end, duration = _middle(phase.final_time, values), None
    if np.isfinite(resolve(phase.duration[1], values)):
        duration = _middle(phase.duration, values)
    if end is None or end <= start:
        end = start + (duration or max(resolve(phase.duration[0], values), 1.0))
    line = np.linspace(0.0, 1.0, SAMPLES)
    where = f"phase {phase.name!r}"
    states = {v.name: _line(where, v, values, line) for v in phase.states.variables}
    controls = {v.name: _line(where, v, values, line) for v in phase.controls.variables}
    return Guess(start + line * (end - start), states, controls)


def _line(where: str, variable: Variable, values: Mapping[str, float], line: np.ndarray) -> np.ndarray:
    """Return samples ``(n,)`` or ``(n, size)`` of a variable: its guess, else between its ends, else within its bounds."""
    if variable.guess is not None:
        stated = _numbers(variable.guess, f"{where}: the guess of {variable.name!r}")
        one = () if variable.size is None else (variable.size,)
        if stated.shape not in (one, (2, *one)):
            what = f"{where}: the guess of {variable.name!r} has shape {stated.shape}"
            raise StatementError(f"{what}, expected {one}, or {(2, *one)} from start to end")
        pair = stated.shape == (2, *one)
        first, last = stated if pair else (stated, stated)
        first, last = np.broadcast_to(first, variable.length), np.broadcast_to(last, variable.length)
    else:
        low, high = variable.bounds(values)
        ends = []
        for which in ("initial", "final"):
            ends.append([_middle(end, values) for end in variable.ends(which)])
        rest = [_middle((a, b), values) for a, b in zip(low, high, strict=True)]
        pick = [[a, b, r, 0.0] for a, b, r in zip(*ends, rest, strict=True)]
        first = np.array([next(x for x in (a, b, r, o) if x is not None) for a, b, r, o in pick])
        last = np.array([next(x for x in (b, a, r, o) if x is not None) for a, b, r, o in pick])
    samples = first + line[:, None] * (last - first)
    return samples[:, 0] if variable.size is None else samples
