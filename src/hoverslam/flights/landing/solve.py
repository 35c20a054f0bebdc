"""Landing on engines in least propellant, as a point mass: when to light how many of them, and how to steer.

    from hoverslam.flights import Lander, Landing, LandingLimits, Start

    landing = Landing(Lander.of("falcon9", [(1,), (3, 1)]), Start((-300.0, 0.0, 5000.0), (40.0, 0.0, -300.0), 35e3))
    result = landing.solve()
    print(result.report())

The engine count is chosen by solving each of the lander's sequences; what the others cost is told. Where no sequence
reaches the pad, the nearest point that can be reached is found first, then the least propellant to land there (the two
steps of Blackmore, Acikmese and Scharf, JGCD 33(4), 2010).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from hoverslam.flights.craft.lander import Lander
from hoverslam.flights.craft.rigid_lander import RigidLander
from hoverslam.flights.landing.problem import LandingCase, LandingLimits, Start, landing_problem, phase_names
from hoverslam.flights.outcome.limits_reached import LimitReached, limits_reached, limits_table
from hoverslam.ocp.checks.verify import Tolerances
from hoverslam.ocp.solution import Outcome, Solution
from hoverslam.ocp.solving.solver import Options, solve
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.winds import Wind

if TYPE_CHECKING:
    import xarray as xr

Report = Callable[[str], None]
ON_PAD = 0.05  # m: a nearest point closer than this is the pad
SPARE_MISS = 1e-4  # of the least distance from the pad, left free when the propellant is minimised
IN_AIR = Tolerances(mesh=1e-6)  # rates are limited and controls piecewise linear there; see docs/engine.md
ACTUATED = Tolerances(mesh=1e-5, refly=1e-5)  # gimbal, fins and cold gas swing in tenths of a second
Attempt = tuple[float, float]  # barrier parameter, smoothing
ATTEMPTS: tuple[Attempt, ...] = ((1e-3, 0.0), (1e-2, 1e-6), (1e-1, 0.0))  # close to the guess, then from further away
ACTUATED_ATTEMPTS: tuple[Attempt, ...] = ((1e-2, 1e-6), (1e-1, 1e-5), (1e-3, 1e-4))


class LandingOutcome(Enum):
    """What came of a landing."""

    ON_PAD = "lands on the pad"
    NEAREST = "the pad is out of reach: lands at the nearest point that can be reached"
    INFEASIBLE = "no landing anywhere"
    UNSOLVED = "not solved"


@dataclass(frozen=True)
class Alternative:
    """One engine sequence: its propellant (kg; None if it does not land on the pad), verdict and what went wrong."""

    sequence: tuple[int, ...]
    propellant: float | None
    verified: bool
    message: str

    def line(self) -> str:
        """As a line of text."""
        cost = "does not land on the pad" if self.propellant is None else f"{self.propellant:,.2f} kg"
        why = "" if self.verified else f" ({self.message})"
        return f"engines {' to '.join(map(str, self.sequence)):12s} {cost}{why}"


@dataclass
class LandingResult:
    """A solved landing; look at ``verified`` before using it. Masses in kg, times in s, heights above the pad in m.

    Attributes:
        outcome: whether it lands on the pad, near it, or not at all; ``message`` says it in words.
        sequence: engine counts lit one after the other.
        propellant, flight_time, miss: what it burns, how long it takes, and how far from the pad it ends (m).
        ignition_time, ignition_height, ignition_speed: of the first engine.
        burns: duration of each phase under thrust.
        mean_throttle: of the lit engines, over the time that they burn.
        alternatives: all sequences tried, this one included.
        limits: every limit, how far the flight went, and when.
    """

    case: LandingCase
    outcome: LandingOutcome
    sequence: tuple[int, ...]
    solution: Solution
    alternatives: tuple[Alternative, ...]

    @property
    def verified(self) -> bool:
        """Whether it lands and the independent re-flight agrees."""
        check = self.solution.verification
        lands = self.outcome in (LandingOutcome.ON_PAD, LandingOutcome.NEAREST)
        return lands and check is not None and check.passed

    @property
    def message(self) -> str:
        """The outcome in a sentence, with the distance or the reason."""
        if self.outcome is LandingOutcome.NEAREST:
            return f"{self.outcome.value}, {self.miss:.1f} m away"
        if self.outcome is LandingOutcome.ON_PAD:
            return self.outcome.value
        return f"{self.outcome.value}: {self.solution.message}"

    @property
    def _first(self) -> str:
        return next(iter(self.solution.phases))

    @property
    def _lit(self) -> list[str]:
        return [name for name in phase_names(self.case, self.sequence) if name != "coast"]

    @property
    def _lit_engines(self) -> list[int]:
        return [*self.sequence, *([self.sequence[-1]] if self.case.limits.gate is not None else [])]

    @property
    def propellant(self) -> float:
        """What is burned (kg), the running down of the engines after touchdown included."""
        lander, final = self.case.lander, self.solution[self._lit[-1]].final
        running_down = (
            lander.lag * final.level * lander.mass_flow if isinstance(lander, RigidLander) and lander.lag else 0.0
        )
        return float(self.case.start.mass - final.mass + running_down)

    @property
    def flight_time(self) -> float:
        """From start to touchdown (s)."""
        return float(self.solution[self._lit[-1]].time[1])

    @property
    def miss(self) -> float:
        """Distance of the touchdown from the pad (m)."""
        moved = self.solution[self._first].initial.position[:2] - np.asarray(self.case.start.position[:2])
        return float(np.hypot(*moved))

    @property
    def ignition_time(self) -> float:
        """When the first engine is lit (s)."""
        return float(self.solution[self._lit[0]].time[0])

    @property
    def ignition_height(self) -> float:
        """Height above the pad at ignition (m)."""
        return float(self.solution[self._lit[0]].initial.position[2])

    @property
    def ignition_speed(self) -> float:
        """Speed at ignition (m/s)."""
        return float(np.linalg.norm(self.solution[self._lit[0]].initial.velocity))

    @property
    def burns(self) -> dict[str, float]:
        """Duration of each phase under thrust (s)."""
        return {name: self.solution[name].duration for name in self._lit}

    @property
    def mean_throttle(self) -> float:
        """Propellant over what the lit engines would burn at full throttle in the same time."""
        lander, lit = self.case.lander, zip(self._lit, self._lit_engines, strict=True)
        return self.propellant / sum(lander.mass_flow * count * self.solution[name].duration for name, count in lit)

    @property
    def limits(self) -> list[LimitReached]:
        """Every limit, how far the flight went, and when."""
        return limits_reached(self.solution)

    def resolve(self, start: Start, verify: bool = True) -> "LandingResult":
        """The same landing from another start, warm: nothing is rebuilt, and the engine sequence stays.

        Raises:
            ValueError: if this landing does not end on the pad.
        """
        if self.outcome is not LandingOutcome.ON_PAD:
            raise ValueError(f"only a landing on the pad is solved again for another start; this one: {self.message}")
        changed = _start_settings(self._first, start, isinstance(self.case.lander, RigidLander))
        options = _options(self.case.lander, _attempts(self.case.lander)[0])
        again = self.solution.resolve(changed, options, verify)
        outcome = LandingOutcome.ON_PAD if again.converged else LandingOutcome.UNSOLVED
        return LandingResult(replace(self.case, start=start), outcome, self.sequence, again, ())

    def report(self) -> str:
        """What an engineer wants to read: figures, what the other sequences cost, every limit, the verdict."""
        lines = [f"{self.case.lander.name}: {self.message}"]
        if self.outcome in (LandingOutcome.ON_PAD, LandingOutcome.NEAREST):
            burns = ", ".join(
                f"{count} for {t:.2f} s" for count, t in zip(self._lit_engines, self.burns.values(), strict=True)
            )
            lines += [
                f"propellant {self.propellant:,.2f} kg in {self.flight_time:.2f} s, engines lit: {burns}",
                f"ignition at {self.ignition_time:.2f} s, {self.ignition_height:,.1f} m up, {self.ignition_speed:.1f} m/s; "
                f"mean throttle {self.mean_throttle:.3f}",
            ]
        for other in self.alternatives:
            if len(self.alternatives) > 1:
                lines.append(other.line())
        if self.solution.verification is not None:
            lines += ["", limits_table(self.limits), "", self.solution.verification.report()]
        return "\n".join(lines)

    def as_json(self) -> dict[str, object]:
        """The same figures for a program."""
        lands = self.outcome in (LandingOutcome.ON_PAD, LandingOutcome.NEAREST)
        figures = (
            "propellant",
            "flight_time",
            "miss",
            "ignition_time",
            "ignition_height",
            "ignition_speed",
            "mean_throttle",
        )
        return {
            "lander": self.case.lander.name,
            "outcome": self.outcome.name.lower(),
            "message": self.message,
            "verified": self.verified,
            "sequence": list(self.sequence),
            **({name: getattr(self, name) for name in figures} | {"burns": self.burns} if lands else {}),
            "alternatives": [vars(other) | {"sequence": list(other.sequence)} for other in self.alternatives],
            "limits": [vars(limit) for limit in self.limits] if self.solution.verification is not None else [],
        }

    def trajectory(self) -> "xr.Dataset":
        """All phases joined as one labelled dataset; see :func:`hoverslam.flights.outcome.trajectories.joined`."""
        from hoverslam.flights.outcome.trajectories import joined

        return joined(self.solution)


class Landing:
    """A landing to be solved.

    Args:
        lander: what lands; its ``sequences`` are the engine counts to choose from.
        start: where from.
        limits: what it must respect.
        ground: the frame at the pad, of a rotating Earth (:class:`LaunchFrame`) or of flat ground, which is the default.
        wind: profile, or None for still air.
        coast: bounds on the time before ignition (s); None lights the engines at once.
        burn: bounds on the time under thrust (s) where one engine count is lit; equal bounds fix it.
        touchdown_velocity: ``(3,)`` (m/s).
        least: ``"propellant"`` or ``"time"``.
        pad_only: refuse to land anywhere but on the pad.
    """

    def __init__(
        self,
        lander: Lander,
        start: Start,
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
        if least not in ("propellant", "time"):
            raise ValueError(f"landing: least is {least!r}: choose 'propellant' or 'time'")
        for name, bounds in (("coast", coast), ("burn", burn)):
            if bounds is not None and not 0.0 <= bounds[0] <= bounds[1]:
                raise ValueError(
                    f"landing: {name} is {bounds}: give least and greatest time in seconds, not below zero"
                )
        if start.mass <= lander.dry_mass:
            dry = f"{lander.name} has {lander.dry_mass:,.0f} kg dry"
            raise ValueError(f"landing: start mass {start.mass:,.0f} kg leaves no propellant: {dry}")
        if lander.throttle[0] == 0.0:
            raise ValueError(
                f"landing: {lander.name}: throttle from 0: a lit engine has a floor; off is what the coast is"
            )
        self.case = LandingCase(
            lander, start, limits or LandingLimits(), ground or FlatGround(STANDARD_GRAVITY), wind, coast, burn,
            tuple(float(v) for v in touchdown_velocity), least,  # type: ignore[arg-type]
        )  # fmt: skip
        self.pad_only = pad_only

    def solve(self, options: Options | None = None, report: Report | None = None) -> LandingResult:
        """The best sequence on the pad, or the nearest point that any of them reaches; verified by re-flight.

        ``report`` receives one line a mesh pass; by default they go to the standard error stream if that is a terminal.
        """
        on_pad = [self._best(sequence, options, report) for sequence in self.case.lander.sequences]
        tried = tuple(
            Alternative(sequence, self._spent(s), _passed(s), "" if _passed(s) else s.message)
            for sequence, s in zip(self.case.lander.sequences, on_pad, strict=True)
        )
        good = [i for i, s in enumerate(on_pad) if _passed(s)]
        if good:
            best = min(good, key=lambda i: on_pad[i].objective)
            return LandingResult(self.case, LandingOutcome.ON_PAD, tried[best].sequence, on_pad[best], tried)
        if self.pad_only:
            return LandingResult(self.case, _failure(on_pad[0]), tried[0].sequence, on_pad[0], tried)
        return self._nearest(tried, options, report)

    def _best(self, sequence: tuple[int, ...], options: Options | None, report: Report | None) -> Solution:
        """The best of the optima from guesses that brake mostly with the first and with the last engine count."""
        found: list[Solution] = []
        for longest in sorted({0, len(sequence) - 1}):
            last = longest == len(sequence) - 1 and not any(map(_passed, found))
            found.append(self._solved(sequence, options, report, diagnose=self.pad_only and last, longest=longest))
        return min(found, key=lambda s: (not _passed(s), s.objective if s.converged else np.inf))

    def _nearest(self, tried: tuple[Alternative, ...], options: Options | None, report: Report | None) -> LandingResult:
        """Two steps: the least distance from the pad, then the least propellant that lands no further away."""
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
    ) -> Solution:
        problem = landing_problem(replace(self.case, longest=longest), sequence, miss, nearest)
        if options is not None:
            return solve(problem, options, report)
        attempts = _attempts(self.case.lander)
        for number, attempt in enumerate(attempts, 1):
            asked = replace(_options(self.case.lander, attempt), diagnose=diagnose and number == len(attempts))
            solution = solve(problem, asked, report)
            if _passed(solution):
                break
        return solution

    def _spent(self, solution: Solution) -> float | None:
        if not solution.converged:
            return None
        return float(self.case.start.mass - list(solution.phases.values())[-1].final.mass)


def _attempts(lander: Lander) -> tuple[Attempt, ...]:
    if isinstance(lander, RigidLander):
        return ACTUATED_ATTEMPTS if lander.gimballed else ATTEMPTS[-1:]
    return ATTEMPTS if lander.has_air else ATTEMPTS[-1:]


def _options(lander: Lander, attempt: Attempt) -> Options:
    barrier, smoothing = attempt
    actuated = isinstance(lander, RigidLander) and lander.gimballed
    if not actuated and not lander.has_air:
        return Options()
    tolerances = ACTUATED if actuated else IN_AIR
    return Options(tolerances=tolerances, max_iterations=300, smoothing=smoothing, ipopt={"mu_init": barrier})


def _failure(solution: Solution) -> LandingOutcome:
    """Infeasible only where the elastic problem says which limits cannot be met together."""
    return LandingOutcome.INFEASIBLE if solution.outcome is Outcome.INFEASIBLE else LandingOutcome.UNSOLVED


def _passed(solution: Solution) -> bool:
    return solution.verification is not None and solution.verification.passed


def _start_settings(phase: str, start: Start, rigid: bool) -> dict[str, float]:
    """A start as the settings that a built landing has for it."""
    turned = (
        {} if start.attitude is None else {f"{phase}.initial.attitude[{i}]": x for i, x in enumerate(start.attitude)}
    )
    if rigid:
        turned |= {f"{phase}.initial.rate[{i}]": x for i, x in enumerate(start.rate)}
    return turned | {
        f"{phase}.initial.mass": start.mass,
        **{f"{phase}.initial.position[{i}]": x for i, x in enumerate(start.position)},
        **{f"{phase}.initial.velocity[{i}]": x for i, x in enumerate(start.velocity)},
    }
