"""The result of a landing: propellant, times, ignition, limits reached, propellant of other engine sequences."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from hoverslam.flights.craft.rigid_lander import RigidLander
from hoverslam.flights.landing.arcs import keeps_its_arcs
from hoverslam.flights.landing.case import LandingCase, LandingStart, check_start, lit_engines, phase_names
from hoverslam.flights.landing.changes import changed_case, landing_figures
from hoverslam.flights.landing.motion import flight_of
from hoverslam.flights.landing.search import SAME, Found, StartTried, best_landing, landing_problem
from hoverslam.flights.landing.solver_settings import attempts_for, options_for
from hoverslam.flights.outcome.flight_picture import DrawnLimits, flight_profile, plot_flight
from hoverslam.flights.outcome.flown_result import FlownResult
from hoverslam.flights.outcome.limits_reached import limits_table
from hoverslam.flights.outcome.verdict import Verdict, passed, verdict_message, verdict_of
from hoverslam.ocp.answers.prediction import Prediction, central_slope, predicted, vector_sizes
from hoverslam.ocp.solution import SolveOutcome
from hoverslam.ocp.solved import Solved
from hoverslam.ocp.solving.carry import guess_from
from hoverslam.ocp.statement.options import Options
from hoverslam.ocp.statement.problem import Problem
from hoverslam.reports.json_text import Json, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class LandingOutcome(Enum):
    """How a landing ended; the value is a phrase for the reader."""

    ON_PAD = "lands on the pad"
    NEAREST = "the pad is out of reach: lands at the nearest point that can be reached"
    INFEASIBLE = "no landing anywhere"
    UNSOLVED = "not solved"
    NOT_VERIFIED = "not verified"


ON_PAD = 0.05  # m; a nearest point closer than this counts as the pad


@dataclass(frozen=True)
class Alternative:
    """One engine sequence that was tried.

    Attributes:
        sequence: Engine counts lit one after the other.
        propellant: Burned to land on the pad (kg); None without a verified landing there.
        verified: Whether the independent re-flight confirms the landing.
        message: Why it does not land or is not verified; empty where it is verified.
        starts: What was tried to find it.
    """

    sequence: tuple[int, ...]
    propellant: float | None
    verified: bool
    message: str
    starts: tuple[StartTried, ...] = ()

    @classmethod
    def of(cls, case: LandingCase, sequence: tuple[int, ...], found: Found) -> "Alternative":
        """Return what the best solution with a sequence costs, or why there is none."""
        solution = found.solution
        if not passed(solution):
            return cls(sequence, None, False, verdict_message(solution), found.starts)
        spent = float(case.start.mass - list(solution.phases.values())[-1].final.mass)
        return cls(sequence, spent, True, "", found.starts)

    @property
    def runner_up(self) -> StartTried | None:
        """The start that led to the next best optimum, of the full solve or else of the coarse mesh; None without one."""
        solved = [s for s in self.starts if np.isfinite(s.best)]
        if not solved:
            return None
        chosen = min(solved, key=lambda s: (s.full is None, s.best))
        others = [s for s in solved if abs(s.coarse - chosen.coarse) > SAME * chosen.coarse]
        return min(others, key=lambda s: s.best, default=None)

    def line(self) -> str:
        """Return the alternative as a line of text."""
        cost = "does not land on the pad" if self.propellant is None else f"{self.propellant:,.2f} kg"
        why = "" if self.verified else f" ({self.message})"
        return f"engines {' to '.join(map(str, self.sequence)):12s} {cost}{why}"

    def starts_line(self, unit: str) -> str:
        """Return how many starts were solved, and the next best optimum, as a line of text."""
        solved, other = sum(bool(np.isfinite(s.best)) for s in self.starts), self.runner_up
        if other is None:
            return f"starts: {solved} of {len(self.starts)} solved, no other optimum among them"
        mesh = "" if other.full is not None else " on a coarse mesh"
        next_best = f"the next best optimum has {other.best:,.1f} {unit}{mesh} ({other.name})"
        return f"starts: {solved} of {len(self.starts)} solved; {next_best}"


@dataclass
class LandingResult(FlownResult):
    """A solved landing; look at :attr:`verified` before using it. Masses in kg, times in s, heights above the pad in m.

    Attributes:
        case: The statement of the landing.
        sequence: Engine counts lit one after the other.
        solution: The solution of the optimal-control problem.
        alternatives: All sequences tried, this one included.
    """

    case: LandingCase
    sequence: tuple[int, ...]
    solution: Solved
    alternatives: tuple[Alternative, ...]
    _slopes: dict[str, float] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def outcome(self) -> LandingOutcome:
        """Whether it lands on the pad, near it, or not at all; :attr:`message` says it in words.

        Only a solution that the independent re-flight confirms lands. It is infeasible only where the elastic problem names
        limits that cannot be met together.
        """
        found = verdict_of(self.solution)
        if found is Verdict.VERIFIED:
            return LandingOutcome.ON_PAD if self.miss < ON_PAD else LandingOutcome.NEAREST
        if found is Verdict.NOT_VERIFIED:
            return LandingOutcome.NOT_VERIFIED
        named = self.solution.diagnosis is not None and bool(self.solution.diagnosis.shortfalls)
        infeasible = named and self.solution.outcome is SolveOutcome.NOT_FEASIBLE
        return LandingOutcome.INFEASIBLE if infeasible else LandingOutcome.UNSOLVED

    @property
    def verified(self) -> bool:
        """Whether it lands, as the independent re-flight confirms."""
        return self.lands

    @property
    def lands(self) -> bool:
        """Whether it lands, on the pad or away from it."""
        return self.outcome in (LandingOutcome.ON_PAD, LandingOutcome.NEAREST)

    @property
    def message(self) -> str:
        """The outcome in a sentence, with the distance or the reason."""
        if self.outcome is LandingOutcome.NEAREST:
            return f"{self.outcome.value}, {self.miss:.1f} m away"
        if self.outcome is LandingOutcome.ON_PAD:
            return self.outcome.value
        if self.outcome is LandingOutcome.INFEASIBLE:
            return f"{self.outcome.value}: {self.solution.message}"
        return verdict_message(self.solution)

    @property
    def _first(self) -> str:
        return next(iter(self.solution.phases))

    @property
    def _burning(self) -> list[str]:
        """Names of the phases under thrust."""
        return [name for name in phase_names(self.case, self.sequence) if name != "coast"]

    @property
    def propellant(self) -> float:
        """Propellant burned (kg), including what the engines burn while they run down after touchdown."""
        lander, final = self.case.lander, self.solution[self._burning[-1]].final
        running_down = (
            lander.lag * final.level * lander.mass_flow if isinstance(lander, RigidLander) and lander.lag else 0.0
        )
        return float(self.case.start.mass - final.mass + running_down)

    @property
    def flight_time(self) -> float:
        """Time from start to touchdown (s)."""
        return float(self.solution[self._burning[-1]].time[1])

    @property
    def miss(self) -> float:
        """Distance of the touchdown from the pad (m)."""
        moved = self.solution[self._first].initial.position[:2] - np.asarray(self.case.start.position[:2])
        return float(np.hypot(*moved))

    @property
    def ignition_time(self) -> float:
        """Time at which the first engine is lit (s)."""
        return float(self.solution[self._burning[0]].time[0])

    @property
    def ignition_height(self) -> float:
        """Height above the pad at the first ignition (m)."""
        return float(self.solution[self._burning[0]].initial.position[2])

    @property
    def ignition_speed(self) -> float:
        """Speed at the first ignition (m/s)."""
        return float(np.linalg.norm(self.solution[self._burning[0]].initial.velocity))

    @property
    def burns(self) -> dict[str, float]:
        """Duration of each phase under thrust (s)."""
        return {name: self.solution[name].duration for name in self._burning}

    @property
    def mean_throttle(self) -> float:
        """Propellant over what the lit engines would burn at full throttle in the same time."""
        lander, lit = self.case.lander, zip(self._burning, lit_engines(self.case, self.sequence), strict=True)
        return self.propellant / sum(lander.mass_flow * count * self.solution[name].duration for name, count in lit)

    def resolve(self, changes: LandingStart | Mapping[str, float], verify: bool = True) -> "LandingResult":
        """Solve the same landing from another start, or with other numbers, with the same engine sequence.

        It is solved on the same mesh, in tenths of a second. Where that is not verified, or a limit that is held on the old
        mesh should not be active, the landing is solved on new meshes from several guesses. Where that fails too, the result
        does not land, and its message says why.

        Args:
            changes: The new start; or new values by key, such as ``{"start.mass": 34e3, "limits.tilt": 0.2}``: see
                :func:`hoverslam.flights.landing.changes.landing_figures`.
            verify: Whether to fly the new landing again with the independent integrator. Without it no landing is verified.

        Raises:
            KeyError: For a key that the landing does not have.
            ValueError: If this landing does not end on the pad, or for a start without propellant.
        """
        again = self.on_same_mesh(changes, verify)
        case, confirmed = again.case, again.verified if verify else again.solution.converged
        if confirmed and keeps_its_arcs(again.solution, case.lander.has_air):
            return again
        found = best_landing(case, self.sequence, None if verify else Options(verify=False), _silent, diagnose=True)
        return LandingResult(case, self.sequence, found.solution, (Alternative.of(case, self.sequence, found),))

    def on_same_mesh(self, changes: LandingStart | Mapping[str, float], verify: bool = True) -> "LandingResult":
        """Solve the same landing with changes on the same mesh only; see :meth:`resolve`.

        Args:
            changes: The new start, or new values by key.
            verify: Whether to fly the new landing again with the independent integrator.

        Raises:
            KeyError: For a key that the landing does not have.
            ValueError: If this landing does not end on the pad, or for a start without propellant.
        """
        case = self._changed(changes)
        check_start(case.lander, case.start)
        options = options_for(case.lander, attempts_for(case.lander)[0])
        if case == replace(self.case, start=case.start):  # then nothing is stated again
            settings = _start_settings(self._first, case.start, isinstance(case.lander, RigidLander))
            again = self.solution.resolve(settings, options, verify)
        else:
            again = self.solution.resolve(options=options, verify=verify, problem=self._restated(case))
        return LandingResult(case, self.sequence, again, ())

    def predict(self, changes: Mapping[str, float]) -> Prediction:
        """Return, to first order, the optimum for other numbers; nothing is solved.

        It is the propellant (kg), or the time (s) of a landing in least time. The derivative by a number is computed when it
        is first asked for; later calls take microseconds.

        Args:
            changes: New values by key, as for :meth:`resolve`.

        Raises:
            KeyError: For a key that the landing does not have.
            ValueError: If this landing does not end on the pad.
        """
        known = landing_figures(self.case)
        for key in changes:
            if key not in self._slopes:
                self._slopes[key] = central_slope(
                    lambda value, key=key: self.solution.restated(self._restated(self._changed({key: value}))),  # type: ignore[misc]
                    known.get(key, 0.0),
                )
        sizes = {key: abs(value) for key, value in known.items()}
        sizes |= vector_sizes({key: value for key, value in known.items() if key.count(".") > 1}, ".")
        return predicted(self.solution.objective, self._slopes, known, changes, sizes)

    def _changed(self, changes: LandingStart | Mapping[str, float]) -> LandingCase:
        if self.outcome not in (LandingOutcome.ON_PAD, LandingOutcome.NOT_VERIFIED):
            raise ValueError(f"only a landing on the pad is solved again with changes; this one: {self.message}")
        if isinstance(changes, LandingStart):
            return replace(self.case, start=changes)
        return changed_case(self.case, changes)

    def _restated(self, case: LandingCase) -> Problem:
        """Return the problem of another landing with the phases of this one."""
        guesses = {name: guess_from(part) for name, part in self.solution.phases.items()}
        return landing_problem(case, self.sequence, guesses=guesses)

    def report(self) -> str:
        """Return figures, the cost of the other sequences, every limit and the verdict of the re-flight as text."""
        lines = [f"{self.case.lander.name}: {self.message}"]
        if self.lands:
            counts = lit_engines(self.case, self.sequence)
            burns = ", ".join(f"{count} for {t:.2f} s" for count, t in zip(counts, self.burns.values(), strict=True))
            lines += [
                f"propellant {self.propellant:,.2f} kg in {self.flight_time:.2f} s, engines lit: {burns}",
                f"ignition at {self.ignition_time:.2f} s, {self.ignition_height:,.1f} m up, {self.ignition_speed:.1f} m/s; "
                f"mean throttle {self.mean_throttle:.3f}",
            ]
        unit = "s" if self.case.least == "time" else "kg"
        for other in self.alternatives:
            lines += [other.line()] if len(self.alternatives) > 1 else []
            lines += [f"  {other.starts_line(unit)}"] if other.starts else []
        if self.solution.verification is not None:
            lines += ["", limits_table(self.limits), "", self.solution.verification.report()]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Json]:
        """Return the figures of the report as plain values; figures of the flight only where it lands."""
        limits = self.limits if self.solution.verification is not None else []
        return {
            "lander": self.case.lander.name,
            "outcome": self.outcome.name.lower(),
            "message": self.message,
            "verified": self.verified,
            "engines_lit": list(self.sequence),
            **(self._figures() if self.lands else {}),
            "alternatives": [
                {
                    "engines_lit": list(other.sequence),
                    "propellant_kg": other.propellant,
                    "verified": other.verified,
                    "message": other.message,
                    "starts": [plain(asdict(start)) for start in other.starts],
                    "runner_up": None if other.runner_up is None else other.runner_up.best,
                }
                for other in self.alternatives
            ],
            "limits": [plain(asdict(limit)) for limit in limits],
        }

    def _figures(self) -> dict[str, Json]:
        return {
            "propellant_kg": self.propellant,
            "flight_time_s": self.flight_time,
            "miss_m": self.miss,
            "ignition_time_s": self.ignition_time,
            "ignition_height_m": self.ignition_height,
            "ignition_speed_m_s": self.ignition_speed,
            "mean_throttle": self.mean_throttle,
            "burns_s": dict(self.burns),
        }

    def plot(self) -> "Figure":
        """Return a picture of the path and of altitude, speed, throttle and tilt over time, with their limits.

        Raises:
            ValueError: If the solution was not verified, so that no trajectory was re-flown.
        """
        case = self.case
        drawn = DrawnLimits(case.lander.throttle, case.limits.tilt, case.limits.tilt_at_touchdown, case.limits.speed)
        title = f"{case.lander.name}: {self.message}"
        title += f", {self.propellant:,.0f} kg of propellant in {self.flight_time:.1f} s" if self.lands else ""
        return plot_flight(flight_profile(self.solution, partial(flight_of, case)), drawn, title)


def _silent(line: str) -> None:
    pass


def _start_settings(phase: str, start: LandingStart, rigid: bool) -> dict[str, float]:
    """Return a start as settings of a built landing, by their names."""
    settings = (
        {} if start.attitude is None else {f"{phase}.initial.attitude[{i}]": x for i, x in enumerate(start.attitude)}
    )
    if rigid:
        settings |= {f"{phase}.initial.rate[{i}]": x for i, x in enumerate(start.rate)}
    return settings | {
        f"{phase}.initial.mass": start.mass,
        **{f"{phase}.initial.position[{i}]": x for i, x in enumerate(start.position)},
        **{f"{phase}.initial.velocity[{i}]": x for i, x in enumerate(start.velocity)},
    }
