"""Looking for better optima: the same problem from many guesses and arc structures, distinct verified optima ranked.

Each start keeps what the problem fixes and draws the rest: how long phases last (some of them as short as they may),
what the controls are, and a bend in the straight lines of the states. One seed gives the same starts every time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from hoverslam.ocp.solution import Solution
from hoverslam.ocp.solving.solver import Options, guess_from, solve
from hoverslam.ocp.statement.names import Layout, resolve
from hoverslam.ocp.statement.problem import Guess, Phase, Problem
from hoverslam.ocp.transcription.guess import guesses

ALIKE = 3e-4  # relative difference of objectives below which two optima are one; phase times may differ 30 times more
COARSELY_ALIKE = 2e-3  # the same of coarse solutions


@dataclass
class Optimum:
    """A distinct optimum: its solution, the structure it belongs to, and how many starts ended in it."""

    solution: Solution
    structure: str
    found: int = 1

    @property
    def objective(self) -> float:
        """Of the solution, in its unit."""
        return self.solution.objective


def multistart(
    problem: Problem | Mapping[str, Problem],
    starts: int = 12,
    *,
    seed: int = 0,
    options: Options | None = None,
    report: Callable[[str], None] | None = None,
) -> list[Optimum]:
    """Distinct verified optima, the best first.

    Args:
        problem: the problem, or several structures of it by name (longest and shortest phases, engines lit, ...).
        starts: coarse solves of each structure, the first from its own guess; distinct ones are then solved in full.
        seed: of the draws.
        options: of the full solves.
        report: receives one line a start. Ctrl-C ends the search and returns what it has found.
    """
    structures = {problem.name: problem} if isinstance(problem, Problem) else dict(problem)
    options = options or Options()
    found: list[Optimum] = []
    try:
        for name, each in structures.items():
            scouted = _scouted(name, each, starts, seed, options, report)
            for scout in scouted:
                solution = solve(_from(each, scout.solution), options, lambda line: None)
                verified = solution.verification is not None and solution.verification.passed
                if report is not None:
                    was = f"{name}: {scout.solution.objective:.6g} (from {scout.found} starts)"
                    report(f"{was} becomes {solution.objective:.8g}{'' if verified else ', not verified: left out'}")
                if verified:
                    _add(found, Optimum(solution, name, scout.found), ALIKE)
    except KeyboardInterrupt:
        if report is not None:
            report("interrupted: these are the optima found so far")
    return sorted(found, key=lambda o: o.objective * o.solution.problem.sense)


def _scouted(
    name: str, problem: Problem, starts: int, seed: int, options: Options, report: Callable[[str], None] | None
) -> list[Optimum]:
    """Distinct optima of the first, coarse pass: one solve a start, cheap enough for many."""
    scouted: list[Optimum] = []
    most = min(options.max_iterations, 300)
    quick = replace(options, max_passes=1, verify=False, diagnose=False, max_iterations=most)
    for start in range(starts):
        random = np.random.default_rng([seed, start])
        solution = solve(_started(problem, random) if start else problem, quick, lambda line: None)
        if report is not None:
            told = f"{solution.objective:.6g}" if solution.converged else solution.outcome.value
            report(f"{name}, start {start + 1} of {starts}: {told}")
        if solution.converged:
            _add(scouted, Optimum(solution, name), COARSELY_ALIKE)
    return scouted


def _from(problem: Problem, solution: Solution) -> Problem:
    """The problem with a solution for a guess."""
    return _with_guesses(problem, {name: guess_from(part) for name, part in solution.phases.items()})


def _with_guesses(problem: Problem, made: Mapping[str, Guess]) -> Problem:
    other = Problem(problem.name)
    other.__dict__.update(problem.__dict__)
    other.phases = {name: replace(phase, guess=made[name]) for name, phase in problem.phases.items()}
    return other


def ranking(optima: list[Optimum]) -> str:
    """The optima as a table: rank, objective, how often found, structure, phase durations."""
    lines = ["rank     objective  found  structure, durations (s)"]
    for rank, optimum in enumerate(optima, 1):
        durations = ", ".join(f"{n} {p.duration:.4g}" for n, p in optimum.solution.phases.items())
        lines.append(f"{rank:4d} {optimum.objective:13.8g} {optimum.found:6d}  {optimum.structure}: {durations}")
    return "\n".join(lines)


def _add(found: list[Optimum], new: Optimum, tolerance: float) -> None:
    for known in found:
        if known.structure == new.structure and _alike(known.solution, new.solution, tolerance):
            known.found += new.found
            sense = new.solution.problem.sense
            if new.objective * sense < known.objective * sense:
                known.solution = new.solution
            return
    found.append(new)


def _alike(one: Solution, other: Solution, tolerance: float) -> bool:
    times = [np.concatenate([p.time for p in s.phases.values()]) for s in (one, other)]
    longest = max(float(np.max(np.abs(times[0]))), 1e-300)
    apart = abs(one.objective - other.objective) / max(abs(one.objective), 1e-300)
    return apart < tolerance and float(np.max(np.abs(times[0] - times[1]))) < 30 * tolerance * longest


def _started(problem: Problem, random: np.random.Generator) -> Problem:
    """The problem with drawn guesses."""
    base, at, made = guesses(problem), 0.0, {}
    for number, (name, phase) in enumerate(problem.phases.items()):
        guess = base[name]
        start = at if number and not _fixed(phase, problem, 0) else float(guess.time[0])
        duration = _duration(phase, problem, guess, start, random)
        made[name] = _bent(phase, problem, guess, start, duration, random)
        at = start + duration
    return _with_guesses(problem, made)


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
