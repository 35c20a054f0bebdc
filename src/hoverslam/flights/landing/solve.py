"""Landing on engines in least propellant: when to light how many of them, and how to steer.

    import hoverslam as hs

    landing = hs.Landing("falcon9", hs.LandingStart((-300.0, 0.0, 5000.0), (40.0, 0.0, -300.0), 35e3))
    result = landing.solve()
    print(result.report())

Each engine sequence of the lander is solved, and the one with the least propellant is returned with what the others cost.
Where no sequence reaches the pad, the nearest point that can be reached is found first, then the least propellant to land
there (the two steps of Blackmore, Acikmese and Scharf, JGCD 33(4), 2010).
"""

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hoverslam.flights.craft.lander import Lander
from hoverslam.flights.craft.rigid_lander import RigidLander
from hoverslam.flights.landing.case import LandingCase, LandingLimits, LandingStart
from hoverslam.flights.landing.problem import LandingBuilder
from hoverslam.flights.landing.result import Alternative, LandingOutcome, LandingResult
from hoverslam.flights.landing.rigid_problem import RigidLandingBuilder
from hoverslam.flights.landing.solver_settings import attempts_for, options_for, passed
from hoverslam.ocp.solution import SolveOutcome
from hoverslam.ocp.solved import Solved, solve
from hoverslam.ocp.statement.options import Options, Report
from hoverslam.ocp.statement.problem import Problem
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.winds import Wind
from hoverslam.vehicles.models import Vehicle

ON_PAD = 0.05  # m; a nearest point closer than this counts as the pad
SPARE_MISS = 1e-4  # of the least distance from the pad: slack with which the propellant is minimised


def landing_problem(
    case: LandingCase, sequence: tuple[int, ...], miss: float | None = None, nearest: bool = False
) -> Problem:
    """Return the problem of a landing with the engine counts of ``sequence`` lit one after the other.

    Args:
        case: The statement of the landing, of a point mass or of a rigid body.
        sequence: Engine counts, in the order in which they are lit.
        miss: Largest distance of the touchdown from the pad (m); None lands on the pad.
        nearest: Whether that distance is minimised instead of the propellant.
    """
    builder = RigidLandingBuilder if isinstance(case.lander, RigidLander) else LandingBuilder
    return builder(case, sequence, miss, nearest).build()


class Landing:
    """A landing to be solved.

    Args:
        lander: What lands: a :class:`Lander`, a :class:`RigidLander`, or a vehicle or its name, whose first stage then
            lands. Its ``sequences`` are the engine counts to choose from.
        start: The state in which the landing begins.
        limits: The limits that it respects.
        ground: The frame at the pad: of a rotating Earth (:class:`LaunchFrame`) or, by default, flat ground.
        wind: Wind profile, or None for still air.
        coast: Least and greatest time before ignition (s); None lights the engines at once.
        burn: Least and greatest time under thrust (s) where one engine count is lit; equal bounds fix it.
        touchdown_velocity: Velocity at touchdown ``(3,)`` (m/s).
        least: What is minimised, ``"propellant"`` or ``"time"``.
        pad_only: Whether a landing away from the pad counts as no landing.

    Raises:
        ValueError: For bounds out of order, a start without propellant, or a lander that may throttle to zero.
        VehicleError: For an unknown vehicle, or one that does not land.
    """

    def __init__(
        self,
        lander: Lander | Vehicle | str | os.PathLike[str],
        start: LandingStart,
        limits: LandingLimits | None = None,
        *,
        ground: FlatGround | LaunchFrame | None = None,
        wind: Wind | None = None,
        coast: tuple[float, float] | None = (0.0, 120.0),
        burn: tuple[float, float] = (0.1, 300.0),
        touchdown_velocity: Sequence[float] = (0.0, 0.0, 0.0),
        least: str = "propellant",
        pad_only: bool = False,
    ):
        lander = lander if isinstance(lander, Lander) else Lander.of(lander)
        if least not in ("propellant", "time"):
            raise ValueError(f"landing: least is {least!r}: choose 'propellant' or 'time'")
        for name, bounds in (("coast", coast), ("burn", burn)):
            if bounds is not None and not 0.0 <= bounds[0] <= bounds[1]:
                raise ValueError(
                    f"landing: {name} is {bounds}: give least and greatest time in seconds, not below zero"
                )
        if start.mass <= lander.burnout_mass:
            dry = f"{lander.name} has {lander.burnout_mass:,.0f} kg dry"
            raise ValueError(f"landing: start mass {start.mass:,.0f} kg leaves no propellant: {dry}")
        if lander.throttle[0] == 0.0:
            raise ValueError(
                f"landing: {lander.name}: throttle from 0: give a floor above 0; engines are off in the coast"
            )
        self.case = LandingCase(
            lander, start, limits or LandingLimits(), ground or FlatGround(STANDARD_GRAVITY), wind, coast, burn,
            _three(touchdown_velocity), least,
        )  # fmt: skip
        self.pad_only = pad_only

    def solve(self, options: Options | None = None, report: Report | None = None) -> LandingResult:
        """Return the best sequence that lands on the pad, or the landing nearest to it; verified by re-flight.

        Args:
            options: Solver options; by default several settings are tried until one is verified.
            report: Receives one line a mesh pass; by default lines go to standard error if that is a terminal.
        """
        on_pad = [self._best(sequence, options, report) for sequence in self.case.lander.sequences]
        tried = tuple(
            Alternative(sequence, self._propellant(s), passed(s), "" if passed(s) else s.message)
            for sequence, s in zip(self.case.lander.sequences, on_pad, strict=True)
        )
        good = [i for i, s in enumerate(on_pad) if passed(s)]
        if good:
            best = min(good, key=lambda i: on_pad[i].objective)
            return LandingResult(self.case, LandingOutcome.ON_PAD, tried[best].sequence, on_pad[best], tried)
        if self.pad_only:
            return LandingResult(self.case, _failure(on_pad[0]), tried[0].sequence, on_pad[0], tried)
        return self._nearest(tried, options, report)

    def _best(self, sequence: tuple[int, ...], options: Options | None, report: Report | None) -> Solved:
        """Return the better optimum of two guesses, which brake mostly with the first and with the last engine count."""
        found: list[Solved] = []
        for longest in sorted({0, len(sequence) - 1}):
            last = longest == len(sequence) - 1 and not any(map(passed, found))
            found.append(self._solved(sequence, options, report, diagnose=self.pad_only and last, longest=longest))
        return min(found, key=lambda s: (not passed(s), s.objective if s.converged else np.inf))

    def _nearest(self, tried: tuple[Alternative, ...], options: Options | None, report: Report | None) -> LandingResult:
        """Return the landing of least propellant among those at the least distance from the pad, in two steps."""
        found = {}
        for sequence in self.case.lander.sequences:
            found[sequence] = self._solved(sequence, options, report, nearest=True, diagnose=True)
        reaching = {q: s for q, s in found.items() if s.converged}
        if not reaching:
            sequence, failed = next(iter(found.items()))
            return LandingResult(self.case, _failure(failed), sequence, failed, tried)
        sequence = min(reaching, key=lambda q: reaching[q].objective)
        miss = reaching[sequence].objective * (1.0 + SPARE_MISS) + 0.1 * ON_PAD
        landed = self._solved(sequence, options, report, miss=miss, diagnose=False)
        landed = landed if landed.converged else reaching[sequence]
        result = LandingResult(self.case, LandingOutcome.NEAREST, sequence, landed, tried)
        result.outcome = LandingOutcome.ON_PAD if result.miss < ON_PAD else LandingOutcome.NEAREST
        return result

    def _solved(
        self,
        sequence: tuple[int, ...],
        options: Options | None,
        report: Report | None,
        *,
        miss: float | None = None,
        nearest: bool = False,
        diagnose: bool = False,
        longest: int = 0,
    ) -> Solved:
        problem = landing_problem(replace(self.case, longest=longest), sequence, miss, nearest)
        if options is not None:
            return solve(problem, options, report)
        attempts = attempts_for(self.case.lander)
        for number, attempt in enumerate(attempts, 1):
            asked = replace(options_for(self.case.lander, attempt), diagnose=diagnose and number == len(attempts))
            solution = solve(problem, asked, report)
            if passed(solution):
                break
        return solution

    def _propellant(self, solution: Solved) -> float | None:
        if not solution.converged:
            return None
        return float(self.case.start.mass - list(solution.phases.values())[-1].final.mass)


def _failure(solution: Solved) -> LandingOutcome:
    """Return infeasible only where the elastic problem names limits that are missed."""
    named = solution.diagnosis is not None and bool(solution.diagnosis.shortfalls)
    infeasible = solution.outcome is SolveOutcome.NOT_FEASIBLE and named
    return LandingOutcome.INFEASIBLE if infeasible else LandingOutcome.UNSOLVED


def _three(values: Sequence[float]) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third
