"""One solved hop: masses, events, throttle, limits reached, and the same hop solved again for other figures."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from hoverslam.flights.hop.case import FLOOR, HopCase
from hoverslam.flights.hop.event_values import event_value
from hoverslam.flights.hop.events import UNIT_OF_EVENT, WITH_COAST
from hoverslam.flights.outcome.flight_picture import DrawnLimits, flight_profile, plot_flight
from hoverslam.flights.outcome.flown_result import FlownResult
from hoverslam.flights.outcome.limits_reached import limits_table
from hoverslam.flights.outcome.verdict import passed, verdict_message
from hoverslam.ocp.answers.prediction import Prediction
from hoverslam.ocp.solution import PhaseSolution
from hoverslam.ocp.solved import Solved
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.options import Options, Tolerances
from hoverslam.ocp.statement.phase import Guess
from hoverslam.physics.motion import Flight
from hoverslam.reports.json_text import Json, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Limits may be exceeded by 1e-3 between nodes, which alone is worth up to 1e-4 of the objective.
TOLERANCES = Tolerances(
    mesh=1e-6, objective=1e-4
)  # rates are limited and controls piecewise linear; see docs/engine.md


@dataclass
class HopFlight(FlownResult):
    """One solved hop; look at :attr:`verified` before using it. SI units; heights above the pad.

    Attributes:
        case: The statement of the hop.
        solution: The solution of the optimal-control problem.
        loosened: Whether figures of the vehicle lie outside their bands, because no flight was found within them.
    """

    case: HopCase
    solution: Solved
    loosened: bool = False

    @property
    def verified(self) -> bool:
        """Whether the solver converged and the independent re-flight agrees."""
        return passed(self.solution)

    @property
    def message(self) -> str:
        """The verdict in words; if it failed, which limits or events cannot be met together."""
        return verdict_message(self.solution)

    def event(self, name: str) -> float:
        """Return any event of :class:`HopEvents` by name, held or not (SI)."""
        return float(event_value(self.case, name)(_ends(self.solution), self.solution.parameters))

    @property
    def events(self) -> dict[str, float]:
        """Every event that this kind of hop has."""
        return {n: self.event(n) for n in UNIT_OF_EVENT if self.case.relight or n not in WITH_COAST}

    @property
    def apogee(self) -> float:
        """Greatest height of the re-flown trajectory (m)."""
        check = self.solution.verification
        flown = (
            [c.states for c in check.phases.values()] if check else [s.states for s in self.solution.phases.values()]
        )
        positions = jnp.asarray(np.concatenate([x[:, :3] for x in flown]))
        return float(np.max(jax.vmap(self.case.height)(positions)))

    @property
    def liftoff_mass(self) -> float:
        """Mass at lift-off (kg)."""
        return float(self.solution["rise"].initial.mass)

    @property
    def touchdown_mass(self) -> float:
        """Mass at touchdown (kg)."""
        return float(self.solution["landing"].final.mass)

    @property
    def cutoff_mass(self) -> float:
        """Mass at the end of the climb (kg)."""
        return float(self.solution["climb"].final.mass)

    @property
    def propellant(self) -> float:
        """Propellant burned from lift-off to touchdown (kg)."""
        return self.liftoff_mass - self.touchdown_mass

    @property
    def propellant_up(self) -> float:
        """Propellant burned until the end of the climb (kg)."""
        return self.liftoff_mass - self.cutoff_mass

    @property
    def propellant_down(self) -> float:
        """Propellant burned in the landing (kg)."""
        return self.cutoff_mass - self.touchdown_mass

    @property
    def throttle(self) -> dict[str, tuple[float, float]]:
        """Least and greatest throttle of each phase under thrust."""
        lit = {n: p.phase.controls.unflatten(p.controls)["throttle"] for n, p in self._lit().items()}
        return {n: (float(np.min(t)), float(np.max(t))) for n, t in lit.items()}

    def _lit(self) -> dict[str, PhaseSolution]:
        return {n: self.solution[n] for n in ("rise", "climb", "landing")}

    @property
    def figures(self) -> dict[str, float]:
        """Every figure of the vehicle that it was flown with (SI), by parameter name."""
        return {n: float(v) for n, v in self.solution.parameters.items()}

    def guess(self) -> dict[str, Guess]:
        """Return this flight as the guess of another solve."""
        return {n: _sampled(self.solution, n) for n in self.solution.phases}

    def resolve(self, changes: Mapping[str, float], verify: bool = True) -> "HopFlight":
        """Solve the same hop again for other values, on the same mesh, with nothing rebuilt.

        Args:
            changes: New values by name, such as ``{"stage1.isp_sea_level": 285.0}``: the figures of :attr:`figures`
                that were not identified with this flight. The limits stay as they are.
            verify: Whether to fly the new hop again with the independent integrator.

        Raises:
            StatementError: For a name that is not a given parameter of the problem.
        """
        return replace(self, solution=self.solution.resolve(changes, Options(tolerances=TOLERANCES), verify))

    def predict(self, changes: Mapping[str, float]) -> Prediction:
        """Return, to first order, the optimum for other values; nothing is solved.

        Args:
            changes: New values by name, as for :meth:`resolve`.

        Raises:
            KeyError: For a name that is not a given parameter of the problem.
        """
        return self.solution.predict(changes)

    def plot(self) -> "Figure":
        """Return a picture of the path and of altitude, speed, throttle and tilt over time, with their limits.

        Raises:
            ValueError: If the solution was not verified, so that no trajectory was re-flown.
        """
        case, lander = self.case, self.case.hopper.lander
        throttle = (self.figures[FLOOR], lander.throttle[1])
        drawn = DrawnLimits(throttle, case.limits.tilt, case.limits.tilt_at_touchdown)
        title = f"{lander.name}: hop to {self.apogee:,.0f} m, {self.propellant:,.0f} kg of propellant"
        return plot_flight(flight_profile(self.solution, self._flight_of), drawn, title)

    def _flight_of(self, phase: str) -> Flight:
        regime = "ascent" if phase in ("rise", "climb", "coast_up") else "descent"
        return Flight(self.case.ground, regime, self.case.wind)

    def lines(self) -> list[str]:
        """Return masses, events and throttle as lines of text."""
        e = self.events
        lines = [
            f"propellant {self.propellant:,.0f} kg ({self.propellant_up:,.0f} up, {self.propellant_down:,.0f} down), "
            f"{self.liftoff_mass:,.0f} kg at lift-off, {self.touchdown_mass:,.0f} kg at touchdown",
            f"apogee {self.apogee:,.1f} m, touchdown {e['distance']:,.1f} m away after {e['total_time']:.2f} s",
        ]
        if self.case.relight:
            lines += [
                f"cut-off at {e['cutoff_time']:.2f} s, {e['cutoff_height']:,.0f} m, {e['cutoff_speed']:.1f} m/s, "
                f"{self.cutoff_mass:,.0f} kg; {e['coast_time']:.1f} s unpowered; relight at {e['relight_height']:,.0f} m, "
                f"{e['relight_speed']:.1f} m/s, Mach {e['relight_mach']:.3f}"
            ]
        spans = ", ".join(f"{n} {low:.2f} to {high:.2f}" for n, (low, high) in self.throttle.items())
        return [*lines, f"throttle: {spans}"]

    def report(self) -> str:
        """Return masses, events, throttle, every limit and the verdict of the re-flight as text."""
        if not self.solution.converged:
            return f"{self.case.hopper.lander.name}: {self.message}"
        lines = [f"{self.case.hopper.lander.name}: {self.message}", *self.lines()]
        if self.solution.verification is not None:
            lines += ["", limits_table(self.limits), "", self.solution.verification.report()]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Json]:
        """Return masses, events, throttle, figures (SI) and limits as plain values; only the verdict if not converged."""
        found: dict[str, Json] = {"verified": self.verified, "message": self.message}
        if not self.solution.converged:
            return found
        masses = ("propellant", "propellant_up", "propellant_down", "liftoff_mass", "cutoff_mass", "touchdown_mass")
        events = self.events | {"apogee": self.apogee}
        limits = self.limits if self.solution.verification is not None else []
        return {
            **found,
            **{f"{name}_kg": getattr(self, name) for name in masses},
            "events": {_with_unit(name): value for name, value in events.items()},
            "throttle": plain(self.throttle),
            "figures": plain(self.figures),
            "limits": [plain(asdict(limit)) for limit in limits],
        }


def _with_unit(event: str) -> str:
    """Return the name of an event with its unit, such as ``cutoff_speed_m_s``."""
    unit = UNIT_OF_EVENT[event].replace("/", "_")
    return f"{event}_{unit}" if unit else event


def _ends(solution: Solved) -> Named:
    """Return the ends of every phase by name."""
    made = Named()
    for name, part in solution.phases.items():
        steered = part.controls.size > 0
        first, last = (part.controls[0], part.controls[-1]) if steered else (np.zeros(0), np.zeros(0))
        made[name] = part.phase.ends(part.states[0], part.states[-1], first, last, part.time)
    return made


def _sampled(solution: Solved, name: str) -> Guess:
    """Return a solved phase at its own nodes as a guess, without running integrals."""
    part = solution[name]
    times = np.unique(np.concatenate([part.node_times, part.edge_times]))
    states, controls = part.sample(times)
    kept: Mapping[str, NDArray[np.float64]] = {n: x for n, x in states.items() if n not in part.phase.integrals}
    return Guess(times, kept, controls)
