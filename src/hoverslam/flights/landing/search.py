"""The best landing with one engine sequence: several guesses on a coarse mesh, the best of them in full.

The problem has separate optima, such as the sides to which the body may turn across the flow, or engines that brake early
or late. Each guess is solved on a coarse mesh with few iterations. The search ends early where the best optimum was found
from several guesses. The best one is then solved in full, and another one too if it is so close that the coarse mesh cannot
tell which is better. The best that the independent re-flight confirms is returned.

Where no guess is solved, the elastic problem on the coarse mesh says which limits cannot be met together, or finds a feasible
trajectory. That one and the first guess are then both solved in full.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hoverslam.flights.craft.rigid_lander import RigidLander
from hoverslam.flights.landing.case import LandingCase, lit_engines, phase_names
from hoverslam.flights.landing.guess import landing_guesses
from hoverslam.flights.landing.problem import LandingBuilder
from hoverslam.flights.landing.rigid_problem import RigidLandingBuilder
from hoverslam.flights.landing.solver_settings import attempts_for, options_for
from hoverslam.flights.outcome.verdict import passed
from hoverslam.ocp.solution import Solution
from hoverslam.ocp.solved import Solved, diagnosed, solve
from hoverslam.ocp.solving.carry import guess_from
from hoverslam.ocp.statement.options import Options, Report
from hoverslam.ocp.statement.phase import Guess
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.starts import with_guesses

SAME = 1e-3  # relative difference of coarse objectives below which two starts count as one optimum
CLOSE = 0.015  # relative difference of coarse objectives below which the coarse mesh cannot tell which is better
AGREEING = 2  # starts that end in the best optimum so far before the search ends
MOST_FULL = 2  # optima that are solved in full
SCOUT_ITERATIONS = 150
CLEAR_MISS = 0.01  # miss over the size of a limit: above what a coarse mesh may add to a landing that is just possible


@dataclass(frozen=True)
class StartTried:
    """One start of the search.

    Attributes:
        name: What the guess is.
        objective: On the coarse mesh, in its unit (kg, or s for least time); None if it was not solved.
        full: Objective of the full solve; None if there was none, or if it is not verified.
    """

    name: str
    objective: float | None
    full: float | None = None

    @property
    def coarse(self) -> float:
        """The objective on the coarse mesh; infinite if it was not solved."""
        return np.inf if self.objective is None else self.objective

    @property
    def best(self) -> float:
        """The objective of the full solve, else of the coarse one; infinite if it was not solved."""
        return self.coarse if self.full is None else self.full


@dataclass(frozen=True)
class Found:
    """The best solution with one engine sequence, and the starts that were tried for it."""

    solution: Solved
    starts: tuple[StartTried, ...] = ()


def landing_problem(
    case: LandingCase,
    sequence: tuple[int, ...],
    miss: float | None = None,
    nearest: bool = False,
    *,
    guesses: Mapping[str, Guess] | None = None,
    coarse: bool = False,
) -> Problem:
    """Return the problem of a landing with the engine counts of ``sequence`` lit one after the other.

    Args:
        case: The statement of the landing, of a point mass or of a rigid body.
        sequence: Engine counts, in the order in which they are lit.
        miss: Largest distance of the touchdown from the pad (m); None lands on the pad.
        nearest: Whether that distance is minimised instead of the propellant.
        guesses: Of a point mass, for every phase by name; the first of its guesses if left out.
        coarse: Whether the first mesh has half as many intervals.
    """
    builder = RigidLandingBuilder if isinstance(case.lander, RigidLander) else LandingBuilder
    return builder(case, sequence, miss, nearest, guesses, coarse).build()


def best_landing(
    case: LandingCase, sequence: tuple[int, ...], options: Options | None, report: Report | None, diagnose: bool
) -> Found:
    """Return the best landing on the pad with one engine sequence, over all guesses.

    Args:
        case: The statement of the landing.
        sequence: Engine counts, in the order in which they are lit.
        options: Solver options; by default several settings are tried until one is verified.
        report: Receives one line a mesh pass.
        diagnose: Whether to find out, where no landing is found, which limits cannot be met together.
    """
    scouts = _scouted(case, sequence, options)
    good: list[Solved] = []
    for scout in sorted(_distinct(scouts), key=lambda s: s.objective):
        beaten = good and scout.objective > min(s.objective for s in scouts if s.full is not None) * (1.0 + CLOSE)
        if beaten or len(good) == MOST_FULL:
            break
        solution = in_full(scout.as_guess(case, sequence), case, options, report, diagnose=False, near=scout.solution)
        if accepted(solution, options):
            scout.full = float(solution.objective)
            good.append(solution)
    starts = tuple(StartTried(s.name, s.coarse, s.full) for s in scouts)
    if good:
        return Found(min(good, key=lambda s: float(s.objective)), starts)
    others = []
    if not _distinct(scouts):
        elastic = _from_elastic(case, sequence, scouts[0].solution, options, report)
        if _is_conclusive(elastic):
            return Found(elastic, starts)
        others = [elastic] if accepted(elastic, options) else []
    plain = in_full(landing_problem(case, sequence), case, options, report, diagnose and not others)
    if accepted(plain, options) or not others:
        others.append(plain)
    return Found(min(others, key=lambda s: float(s.objective)), starts)


def _from_elastic(
    case: LandingCase, sequence: tuple[int, ...], failed: Solved, options: Options | None, report: Report | None
) -> Solved:
    """Return the landing from the feasible trajectory that the elastic problem finds on the coarse mesh, or its diagnosis.

    Args:
        case: The statement of the landing.
        sequence: Engine counts, in the order in which they are lit.
        failed: The solve on the coarse mesh from the first guess.
        options: Solver options.
        report: Receives one line a mesh pass.
    """
    coarse = diagnosed(failed, _quick(case, options), report)
    if not coarse.converged:
        return coarse
    parts = {name: guess_from(part) for name, part in coarse.phases.items()}
    return in_full(with_guesses(landing_problem(case, sequence), parts), case, options, report, diagnose=False)


def _is_conclusive(solution: Solved) -> bool:
    """Return whether the diagnosis of a failed solve ended in a minimum of the violations that a finer mesh cannot remove."""
    diagnosis = solution.diagnosis
    return (
        diagnosis is not None
        and diagnosis.conclusive
        and any(miss.weight > CLEAR_MISS for miss in diagnosis.shortfalls)
    )


def _quick(case: LandingCase, options: Options | None) -> Options:
    """Return the options of a solve on the coarse mesh."""
    asked = options or options_for(case.lander, attempts_for(case.lander)[0])
    most = min(asked.max_iterations, SCOUT_ITERATIONS)
    return replace(asked, max_passes=1, verify=False, diagnose=False, max_iterations=most)


@dataclass
class _Scout:
    """A start on the coarse mesh."""

    name: str
    guess: dict[str, Guess]
    solution: Solved
    full: float | None = None

    @property
    def objective(self) -> float:
        return float(self.solution.objective) if self.solution.converged else np.inf

    @property
    def coarse(self) -> float | None:
        return self.objective if self.solution.converged else None

    def as_guess(self, case: LandingCase, sequence: tuple[int, ...]) -> Problem:
        """Return the problem on its first mesh with this solution as its guess."""
        parts = {name: guess_from(part) for name, part in self.solution.phases.items()}
        return with_guesses(landing_problem(case, sequence, guesses=self.guess), parts)


def _scouted(case: LandingCase, sequence: tuple[int, ...], options: Options | None) -> list[_Scout]:
    """Return the starts on the coarse mesh, until the best optimum was found from :data:`AGREEING` of them."""
    quick = _quick(case, options)
    scouts: list[_Scout] = []
    names = phase_names(case, sequence)
    for name, guess in landing_guesses(case, lit_engines(case, sequence), names):
        problem = landing_problem(case, sequence, guesses=guess, coarse=True)
        scouts.append(_Scout(name, guess, solve(problem, quick, lambda line: None)))
        best = min(s.objective for s in scouts)
        if np.isfinite(best) and sum(s.objective <= best * (1.0 + SAME) for s in scouts) == AGREEING:
            break
    return scouts


def _distinct(scouts: Sequence[_Scout]) -> list[_Scout]:
    """Return the solved starts with different objectives, the first of each."""
    found: list[_Scout] = []
    for scout in scouts:
        if scout.solution.converged and not any(abs(scout.objective / s.objective - 1.0) < SAME for s in found):
            found.append(scout)
    return found


def accepted(solution: Solved, options: Options | None) -> bool:
    """Return whether a solution may be chosen: verified, or only converged where the options leave verification out."""
    return passed(solution) if options is None or options.verify else solution.converged


def in_full(
    problem: Problem,
    case: LandingCase,
    options: Options | None,
    report: Report | None,
    diagnose: bool,
    near: Solution | None = None,
) -> Solved:
    """Solve a landing with all passes over finer meshes; by default with several settings until one is verified.

    Args:
        problem: The problem with its guess.
        case: The statement of the landing.
        options: Solver options, or None for those of :mod:`hoverslam.flights.landing.solver_settings`.
        report: Receives one line a mesh pass.
        diagnose: Whether the last attempt finds out which limits cannot be met together.
        near: Its solution on a coarse mesh, from which the first attempt starts; the others start from the guess.
    """
    if options is not None:
        return solve(problem, options if diagnose else replace(options, diagnose=False), report, near)
    attempts = attempts_for(case.lander)
    for number, attempt in enumerate(attempts, 1):
        asked = replace(options_for(case.lander, attempt), diagnose=diagnose and number == len(attempts))
        solution = solve(problem, asked, report, near if number == 1 else None)
        if passed(solution):
            break
    return solution
