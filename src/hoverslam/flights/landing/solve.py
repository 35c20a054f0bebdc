"""Landing on engines in least propellant: when to light how many of them, and how to steer.

    import hoverslam as hs

    landing = hs.Landing("falcon9", hs.LandingStart((-300.0, 0.0, 5000.0), (40.0, 0.0, -300.0), 35e3))
    result = landing.solve()
    print(result.report())

Each engine sequence of the lander is solved from several guesses; the one with the least propellant is returned, with what
the others cost and what the next best optimum was.
Where no sequence reaches the pad, the nearest point that can be reached is found first, then the least propellant to land
there (the two steps of Blackmore, Acikmese and Scharf, JGCD 33(4), 2010).
"""

import os
from collections.abc import Sequence

from hoverslam.flights.craft.lander import Lander
from hoverslam.flights.craft.phase_limits import check_added
from hoverslam.flights.landing.case import LandingCase, LandingLimits, LandingStart, check_start, phase_names
from hoverslam.flights.landing.limits import LandingLimit
from hoverslam.flights.landing.result import ON_PAD, Alternative, LandingResult
from hoverslam.flights.landing.search import accepted, best_landing, in_full, landing_problem
from hoverslam.flights.outcome.verdict import passed
from hoverslam.ocp.solved import Solved
from hoverslam.ocp.statement.options import Options, Report
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.winds import Wind
from hoverslam.vehicles.models import Vehicle

SPARE_MISS = 1e-4  # of the least distance from the pad: slack with which the propellant is minimised


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
        added: Limits of your own, each along any phases of the landing.

    Raises:
        ValueError: For a start without propellant or at rest on the pad, bounds out of order, a lander that may throttle to
            zero, or an added limit whose phases the landing does not have.
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
        added: Sequence[LandingLimit] = (),
    ):
        lander = lander if isinstance(lander, Lander) else Lander.of(lander)
        if least not in ("propellant", "time"):
            raise ValueError(f"landing: least is {least!r}: choose 'propellant' or 'time'")
        for name, bounds in (("coast", coast), ("burn", burn)):
            if bounds is not None and not 0.0 <= bounds[0] <= bounds[1]:
                raise ValueError(
                    f"landing: {name} is {bounds}: give least and greatest time in seconds, not below zero"
                )
        check_start(lander, start)
        if lander.throttle[0] == 0.0:
            raise ValueError(
                f"landing: {lander.name}: throttle from 0: give a floor above 0; engines are off in the coast"
            )
        self.case = LandingCase(
            lander, start, limits or LandingLimits(), ground or FlatGround(STANDARD_GRAVITY), wind, coast, burn,
            _three(touchdown_velocity), least, tuple(added),
        )  # fmt: skip
        phases = dict.fromkeys(name for q in lander.sequences for name in phase_names(self.case, q))
        check_added(added, (), tuple(phases), "landing")
        self.pad_only = pad_only

    def solve(self, options: Options | None = None, report: Report | None = None) -> LandingResult:
        """Return the best sequence that lands on the pad, or the landing nearest to it; verified by re-flight.

        Args:
            options: Solver options; by default several settings are tried until one is verified.
            report: Receives one line a mesh pass; by default lines go to standard error if that is a terminal.
        """
        case, sequences = self.case, self.case.lander.sequences
        found = [best_landing(case, q, options, report, diagnose=self.pad_only) for q in sequences]
        tried = tuple(Alternative.of(case, q, f) for q, f in zip(sequences, found, strict=True))
        good = [i for i, f in enumerate(found) if accepted(f.solution, options)]
        if not good and not self.pad_only:
            return self._nearest(tried, options, report)
        best = min(good, key=lambda i: found[i].solution.objective) if good else 0
        return LandingResult(case, sequences[best], found[best].solution, tried)

    def _nearest(self, tried: tuple[Alternative, ...], options: Options | None, report: Report | None) -> LandingResult:
        """Return the landing of least propellant among those at the least distance from the pad, in two steps."""
        found: dict[tuple[int, ...], Solved] = {}
        for sequence in self.case.lander.sequences:
            problem = landing_problem(self.case, sequence, nearest=True)
            found[sequence] = in_full(problem, self.case, options, report, diagnose=True)
        reaching = {q: s for q, s in found.items() if s.converged}
        if not reaching:
            sequence, failed = next(iter(found.items()))
            return LandingResult(self.case, sequence, failed, tried)
        sequence = min(reaching, key=lambda q: (not passed(reaching[q]), reaching[q].objective))
        miss = float(reaching[sequence].objective) * (1.0 + SPARE_MISS) + 0.1 * ON_PAD
        problem = landing_problem(self.case, sequence, miss=miss)
        landed = in_full(problem, self.case, options, report, diagnose=False)
        landed = landed if passed(landed) else reaching[sequence]
        return LandingResult(self.case, sequence, landed, tried)


def _three(values: Sequence[float]) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third
