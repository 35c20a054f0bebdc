"""The search for the best launch: structures that apply, several starts each, scouts on a coarse mesh, the best refined."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hoverslam.flights.launch.attempts import TOLERANCES
from hoverslam.flights.launch.guess import LaunchGuess
from hoverslam.flights.launch.plan import LaunchPlan
from hoverslam.flights.launch.problem import launch_problem
from hoverslam.flights.launch.refine import refined
from hoverslam.flights.launch.result import LaunchResult
from hoverslam.flights.launch.search_record import Attempt, Search
from hoverslam.flights.launch.starts import guess_launch
from hoverslam.flights.launch.stored import (
    ALIKE,
    StoredFlight,
    exact,
    nearest_distance,
    neighbours,
    worse_but_carries_more,
)
from hoverslam.flights.launch.structure import Choice
from hoverslam.ocp.solved import Solved, solve, solve_from
from hoverslam.ocp.solving.known import KnownPoint
from hoverslam.ocp.statement.options import Options

Effort = Literal["quick", "standard", "thorough"]
Report = Callable[[str], None]

LOFTED = (1.0, 0.75, 1.3)
"""Factors on the path angle at staging of the simulated starts; a quick search uses the first only."""

_SCOUT = Options(
    tolerance=1e-6, max_iterations=250, max_passes=1, tolerances=TOLERANCES, verify=False, diagnose=False,
    smoothing=1e-6, ipopt={"mu_init": 1e-4, "max_cpu_time": 40.0},
)  # fmt: skip
EASY_TRANSFER = 400e3  # m: altitude of a circle to which two burns are easily found from a parking orbit
NEAR_PAD = 20e3  # m: a landing place nearer to the launch pad is flown to like the launch site itself
SMALLEST_WALK = 0.06  # share of the distance of the landing place by which it is moved at least
SHORT_ENTRY = 4.0  # s: an entry burn shorter than this may be better left out
LONGEST = {"quick": 120.0, "standard": 240.0, "thorough": 1200.0}
"""Processor time (s) after which a search makes no further start; twice as long while nothing was found."""
CANDIDATES = 3  # scouts that are refined until one is verified


@dataclass(frozen=True)
class _Scout:
    """A start solved on the first mesh."""

    plan: LaunchPlan
    solution: Solved
    start: str

    @property
    def payload(self) -> float:
        """Payload (kg), or the value of another objective; minus infinity where nothing was found."""
        return float(self.solution.objective) if self.solution.converged else -np.inf


class LaunchSearch:
    """One search: keeps the attempts, and finds the best launch of a case.

    Attributes:
        plan: The plan of the case, with any choice.
        choices: The choices that are tried.
        effort: ``quick``: one start a structure. ``standard``: stored flights and neighbours as well. ``thorough``: several
            simulated starts too.
        report: Receives one line for each step.
        attempts: What was tried so far.
        is_stored: Whether the flight found is one that was stored, no better than it was.
    """

    def __init__(
        self,
        plan: LaunchPlan,
        choices: tuple[Choice, ...],
        effort: Effort,
        store: bool = True,
        report: Report | None = None,
    ):
        self.plan, self.choices, self.effort, self.store = plan, choices, effort, store
        self.report: Report = report or (lambda line: None)
        self.attempts: list[Attempt] = []
        self.is_stored = False
        self.began = time.process_time()

    def best(self) -> LaunchResult:
        """Return the best verified launch; if none is verified, the best that converged, or else the last attempt."""
        known = exact(self.plan, self.choices) if self.store else None
        if known is not None and self.effort != "thorough":
            found = self._again(known)
            if found is not None:
                return found
        scouts: list[_Scout] = []
        for choice in self._ordered():
            if self._is_worth_trying(choice, scouts) and not self._out_of_time(scouts):
                scouts += self._scouts(self.plan.with_choice(choice))
        ranked = sorted(scouts, key=lambda scout: -scout.payload)
        results: list[LaunchResult] = []
        for scout in ranked[:CANDIDATES]:
            result = self._refined(scout)
            results.append(result)
            # A worse scout is refined only where the better ones are not verified, or cannot be told apart from it.
            if result.verified:
                break
        chosen = max(results, key=lambda result: (result.verified, result.converged, result.payload))
        return self._not_dominated(chosen) if self.store else self._recorded(chosen)

    def _ordered(self) -> list[Choice]:
        """Return the choices, those first of which a similar flight is stored: the search may end before it tried all."""
        if not self.store or self.effort == "quick":
            return list(self.choices)
        return sorted(self.choices, key=lambda choice: nearest_distance(self.plan.with_choice(choice)))

    def _recorded(self, chosen: LaunchResult, dominated_by: str = "") -> LaunchResult:
        """Return the chosen flight with what the search tried."""
        return replace(chosen, search=Search(tuple(self.attempts), chosen.structure, chosen.payload, dominated_by))

    def _not_dominated(self, chosen: LaunchResult) -> LaunchResult:
        """Return a flight that carries no less than a stored one of a vehicle that is worse in every figure.

        Such a stored flight is one more start. If it leads to nothing better either, the record of the search says so.
        """
        if self.plan.objective.goal != "payload":
            return self._recorded(chosen)
        payload = chosen.payload if chosen.verified else 0.0
        worse = worse_but_carries_more(self.plan, payload, self.choices)
        if worse is None:
            return self._recorded(chosen)
        scout = self._scouted(
            self.plan.with_choice(worse.choice), f"stored {worse.label}, a worse vehicle", worse.point
        )
        again = self._refined(scout) if scout.solution.converged else None
        if again is not None and again.verified and again.payload > payload:
            chosen = again
        if chosen.verified and chosen.payload >= worse.payload:
            return self._recorded(chosen)
        return self._recorded(chosen, f"{worse.label} is worse in every figure and carries {worse.payload:,.1f} kg")

    def _out_of_time(self, scouts: Sequence[_Scout]) -> bool:
        """Return whether no further start is made: sooner where something was found."""
        spent = time.process_time() - self.began
        found = any(scout.solution.converged for scout in scouts)
        return spent > LONGEST[self.effort] * (1.0 if found else 2.0)

    def _is_worth_trying(self, choice: Choice, scouts: list[_Scout]) -> bool:
        """Return whether a structure may carry more than those scouted so far.

        A flight without entry burn is one whose entry burn has no length, so that it is tried only where the best flight
        with that burn makes it as short as it may be, or where there is no such flight.
        """
        if choice.entry or self.effort == "thorough":
            return True
        braked = replace(choice, entry=True)
        found = [s for s in scouts if s.plan.structure.choice == braked and s.solution.converged]
        if not found:
            return True
        return float(max(found, key=lambda scout: scout.payload).solution["entry"].duration) < SHORT_ENTRY

    # ---- starts ------------------------------------------------------------------------------------------------------
    def _scouts(self, plan: LaunchPlan) -> Iterator[_Scout]:
        """Yield one scout for each start of a structure."""
        converged = 0
        for start, guess in self._starts(plan):
            scout = self._scouted(plan, start, guess)
            converged += scout.solution.converged
            yield scout
            if self._out_of_time([scout]):
                return
            if converged and self.effort != "thorough" and not start.startswith("stored"):
                return

    def _starts(self, plan: LaunchPlan) -> Iterator[tuple[str, LaunchGuess | KnownPoint]]:
        """Yield starts of a structure: by way of other landing places, stored flights, a higher orbit, simulated flights."""
        if plan.structure.choice.boostback and plan.target is not None and plan.target[0] > NEAR_PAD:
            nearer = self._from_the_launch_site(plan)
            if nearer is not None:
                yield "return to the launch site", nearer
        if self.store and self.effort != "quick":
            for stored in neighbours(plan, 2 if self.effort == "standard" else 4):
                yield f"stored {stored.label}", stored.point
        if plan.two_burns and plan.orbit.apogee_altitude < EASY_TRANSFER:
            higher = self._from_higher_orbit(plan)
            if higher is not None:
                yield f"flight to {EASY_TRANSFER / 1e3:.0f} km", higher
        for factor in LOFTED:
            self.report(f"{plan.structure.label}: simulating a first guess")
            yield f"simulated, path angle x {factor:g}", guess_launch(plan, self.report, factor)

    def _from_higher_orbit(self, plan: LaunchPlan) -> KnownPoint | None:
        """Return a flight to a higher circle, where the two burns of the last stage are easier to find."""
        raised = replace(plan, orbit=plan.orbit.with_altitudes(EASY_TRANSFER, EASY_TRANSFER))
        self.report(f"{plan.structure.label}: by way of {EASY_TRANSFER / 1e3:.0f} km")
        scout = solve(launch_problem(raised, guess_launch(raised, self.report)), _SCOUT, self.report)
        return KnownPoint.of(scout) if scout.converged else None

    def _from_the_launch_site(self, plan: LaunchPlan) -> KnownPoint | None:
        """Return a flight to the landing place, found by moving that place away from the launch site in steps."""
        assert plan.target is not None
        share, step, point = 0.0, 0.25, None
        known = neighbours(plan, 1) if self.store else []
        while share < 1.0 and step > SMALLEST_WALK:
            wanted = share if point is None else min(share + step, 1.0)
            there = replace(plan, target=wanted * plan.target)
            self.report(f"{plan.structure.label}: landing place at {wanted:.0%} of its distance")
            if point is not None:
                scout = solve_from(launch_problem(there, LaunchGuess.at(point)), point, _SCOUT, self.report)
            elif known:
                point = known[0].point
                scout = solve_from(launch_problem(there, LaunchGuess.at(point)), point, _SCOUT, self.report)
            else:
                scout = solve(launch_problem(there, guess_launch(there, self.report, LOFTED[-1])), _SCOUT, self.report)
            if scout.converged:
                share, point = wanted, KnownPoint.of(scout)
            elif share == 0.0 and wanted == 0.0:
                return None
            else:
                step /= 2.0
        return point if share >= 1.0 else None

    def _scouted(self, plan: LaunchPlan, start: str, guess: LaunchGuess | KnownPoint) -> _Scout:
        began = time.perf_counter()
        if isinstance(guess, LaunchGuess):
            solution = solve(launch_problem(plan, guess), _SCOUT, self.report)
        else:
            problem = launch_problem(plan, LaunchGuess.at(guess))
            solution = solve_from(problem, guess, _SCOUT, self.report)
        scout = _Scout(plan, solution, start)
        self._note(scout, time.perf_counter() - began)
        return scout

    def _note(self, scout: _Scout, seconds: float, verified: bool = False) -> None:
        payload = scout.payload if np.isfinite(scout.payload) else None
        label = scout.plan.structure.label
        self.attempts.append(Attempt(label, scout.start, scout.solution.status, payload, verified, seconds))
        what = "nothing found" if payload is None else f"{payload:,.1f} kg"
        self.report(f"{label}, {scout.start}: {what} in {seconds:.1f} s")

    # ---- refinement --------------------------------------------------------------------------------------------------
    def _refined(self, scout: _Scout) -> LaunchResult:
        """Return the launch of a scout on a mesh that meets the tolerances, with bounds of durations wide enough."""
        return self._refined_from(scout.plan, KnownPoint.of(scout.solution), f"refined from {scout.start}")

    def _refined_from(self, plan: LaunchPlan, point: KnownPoint, start: str) -> LaunchResult:
        began = time.perf_counter()
        result = refined(plan, point, self.report)
        found = _Scout(result.plan, result.solution, start)
        self._note(found, time.perf_counter() - began, result.verified)
        return result

    def _again(self, known: StoredFlight) -> LaunchResult | None:
        """Return the stored flight of this very case, solved again from itself; None where that does not verify it."""
        result = self._refined_from(self.plan.with_choice(known.choice), known.point, "stored")
        if not result.verified or result.payload < known.payload * (1.0 - ALIKE):
            return None
        self.is_stored = result.payload < known.payload * (1.0 + ALIKE)
        return self._recorded(result)
