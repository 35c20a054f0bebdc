"""Hops: a test article goes up, over, and lands on its engines; as it was flown, and as cheaply as it could have been.

    from hoverslam.flights.hop.solve import Hop, HopEvents

    hop = Hop("vtvl1", HopEvents(apogee=10_002.0, distance=3_200.0, cutoff_time=113.0, total_time=(200.35, 0.35)))
    result = hop.solve()
    print(result.report())

``as flown`` holds what is known of the flight and finds the figures of the vehicle that are not, within their bands: as
close to their nominal values, with as even a throttle and as little lean, as the events let them be. ``cheapest`` is the
least propellant that the same vehicle needs for the same height and distance. The difference is the price of the test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from hoverslam.flights.hop.problem import (
    LIFTOFF_MASS,
    UNIT_OF_EVENT,
    UNITS,
    WITH_COAST,
    HopBuilder,
    HopCase,
    HopEvents,
    HopLimits,
    Hopper,
    Stated,
)
from hoverslam.flights.landing.solve import Report
from hoverslam.flights.outcome.limits_reached import LimitReached, limits_reached, limits_table
from hoverslam.ocp.checks.verify import Tolerances
from hoverslam.ocp.solution import Solution
from hoverslam.ocp.solving.solver import Options, solve
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.problem import Guess
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.winds import Wind
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.models import Vehicle

if TYPE_CHECKING:
    import xarray as xr

TOLERANCES = Tolerances(mesh=1e-6)  # rates are limited and controls piecewise linear; see docs/engine.md
EVENNESS = 0.03  # weight on squared control rates where a hop is fitted: it chooses among flights that fit alike
FITTING: tuple[float, ...] = (1e-2, 1e-1)  # barrier parameters tried one after the other
SAVING: tuple[tuple[float, float], ...] = ((1e-3, 0.0), (1e-4, 1e-6), (1e-1, 0.0))  # barrier parameter, smoothing
NOT_IDENTIFIABLE = {
    "stage1.burnout_mass": "not identifiable from a flight: the propellant left over is unknown; at most what touches down"
}

__all__ = ["EventFlown", "Hop", "HopEvents", "HopFlight", "HopLimits", "HopResult", "Hopper", "Unknown"]


@dataclass(frozen=True)
class EventFlown:
    """One event: what is stated, how far off it may be, and what was flown, in ``unit``."""

    name: str
    unit: str
    stated: float
    within: float
    flown: float

    @property
    def residual(self) -> float:
        """Flown less stated."""
        return self.flown - self.stated

    def line(self) -> str:
        """As a line of text."""
        band = f"within {self.within:g}" if self.within else "exactly"
        stated = f"{self.stated:12,.2f} {self.unit:4s} {band:12s}"
        return f"{self.name:16s} {stated} flown {self.flown:12,.2f}   residual {self.residual:+10.3g}"


@dataclass(frozen=True)
class Unknown:
    """One figure that is not known well: nominal value, band, and what the flight makes of it, in ``unit``.

    ``found`` is None where a flight cannot tell; ``note`` says why.
    """

    name: str
    unit: str
    nominal: float
    low: float
    high: float
    found: float | None
    note: str = ""

    @property
    def used(self) -> float | None:
        """Share of the band that is used: 0 at the nominal value, 1 (or -1) at its upper (or lower) end."""
        if self.found is None:
            return None
        away = self.found - self.nominal
        room = self.high - self.nominal if away > 0.0 else self.nominal - self.low
        if room > 0.0:
            return float(away / room)
        return float(np.copysign(1.0 - room + abs(away) / (0.5 * (self.high - self.low)), away)) if away else 0.0

    @property
    def outside(self) -> bool:
        """Whether the flight takes it out of its band."""
        return self.found is not None and abs(self.used or 0.0) > 1.0 + 1e-6

    def gives(self) -> str:
        """What is found beside the band, in words."""
        return f"{self.name} {self.found:,.6g} {self.unit} (band {self.low:,.6g} to {self.high:,.6g})"

    def line(self) -> str:
        """As a line of text."""
        band = f"{self.nominal:11,.6g} ({self.low:,.6g} to {self.high:,.6g}) {self.unit}"
        if self.found is None:
            return f"{self.name:28s} {band:42s} {self.note}"
        return f"{self.name:28s} {band:42s} found {self.found:11,.6g}, band used {100.0 * (self.used or 0.0):+5.1f} %"


@dataclass
class HopFlight:
    """One solved hop; look at ``verified`` before using it. SI; heights above the pad.

    ``loosened`` says that no flight was found within the bands of the figures, and that this one leaves them.
    """

    case: HopCase
    solution: Solution
    builder: HopBuilder
    loosened: bool = False

    @property
    def verified(self) -> bool:
        """Whether the solver converged and the independent re-flight agrees."""
        return self.solution.verification is not None and self.solution.verification.passed

    @property
    def message(self) -> str:
        """The outcome in words; if it failed, which limits or events cannot be met together."""
        return self.solution.message

    def event(self, name: str) -> float:
        """Any event of :class:`HopEvents` by name, whether it was held or not."""
        return float(self.builder.event(name)(_ends(self.solution), self.solution.parameters))

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
        return float(np.max(jax.vmap(self.case.height)(np.concatenate([x[:, :3] for x in flown]))))

    @property
    def liftoff_mass(self) -> float:
        """(kg)"""
        return float(self.solution["rise"].initial.mass)

    @property
    def touchdown_mass(self) -> float:
        """(kg)"""
        return float(self.solution["landing"].final.mass)

    @property
    def cutoff_mass(self) -> float:
        """When the climb ends (kg)."""
        return float(self.solution["climb"].final.mass)

    @property
    def propellant(self) -> float:
        """Burned in all (kg)."""
        return self.liftoff_mass - self.touchdown_mass

    @property
    def propellant_up(self) -> float:
        """Burned until the climb ends (kg)."""
        return self.liftoff_mass - self.cutoff_mass

    @property
    def propellant_down(self) -> float:
        """Burned in the landing (kg)."""
        return self.cutoff_mass - self.touchdown_mass

    @property
    def throttle(self) -> dict[str, tuple[float, float]]:
        """Least and greatest throttle of each phase under thrust."""
        lit = {n: p.phase.controls.unflatten(p.controls)["throttle"] for n, p in self._lit().items()}
        return {n: (float(np.min(t)), float(np.max(t))) for n, t in lit.items()}

    def _lit(self) -> dict[str, Any]:
        return {n: self.solution[n] for n in ("rise", "climb", "landing")}

    @property
    def figures(self) -> dict[str, float]:
        """Every figure of the vehicle that it was flown with, by parameter name."""
        return {n: float(v) for n, v in self.solution.parameters.items()}

    @property
    def limits(self) -> list[LimitReached]:
        """Every limit, how far the flight went, and when."""
        return limits_reached(self.solution)

    def guess(self) -> dict[str, Guess]:
        """This flight as the start of another solve."""
        return {n: _sampled(self.solution, n) for n in self.solution.phases}

    def trajectory(self) -> "xr.Dataset":
        """All phases joined as one labelled dataset; see :func:`hoverslam.flights.outcome.trajectories.joined`."""
        from hoverslam.flights.outcome.trajectories import joined

        return joined(self.solution)

    def lines(self) -> list[str]:
        """What happens, in a few lines."""
        e = self.events
        told = [
            f"propellant {self.propellant:,.0f} kg ({self.propellant_up:,.0f} up, {self.propellant_down:,.0f} down), "
            f"{self.liftoff_mass:,.0f} kg at lift-off, {self.touchdown_mass:,.0f} kg at touchdown",
            f"apogee {self.apogee:,.1f} m, lands {e['distance']:,.1f} m away after {e['total_time']:.2f} s",
        ]
        if self.case.relight:
            told += [
                f"cut-off at {e['cutoff_time']:.2f} s, {e['cutoff_height']:,.0f} m, {e['cutoff_speed']:.1f} m/s, "
                f"{self.cutoff_mass:,.0f} kg; {e['coast_time']:.1f} s unpowered; relight at {e['relight_height']:,.0f} m, "
                f"{e['relight_speed']:.1f} m/s, Mach {e['relight_mach']:.3f}"
            ]
        spans = ", ".join(f"{n} {low:.2f} to {high:.2f}" for n, (low, high) in self.throttle.items())
        return [*told, f"throttle: {spans}"]

    def as_json(self) -> dict[str, object]:
        """The same figures for a program."""
        own: dict[str, object] = {"verified": self.verified, "message": self.message}
        if not self.solution.converged:
            return own
        masses = ("propellant", "propellant_up", "propellant_down", "liftoff_mass", "cutoff_mass", "touchdown_mass")
        return (
            own
            | {name: getattr(self, name) for name in masses}
            | {"events": self.events | {"apogee": self.apogee}, "throttle": self.throttle, "figures": self.figures}
            | {"limits": [asdict(limit) for limit in self.limits] if self.solution.verification is not None else []}
        )


@dataclass
class HopResult:
    """A hop as flown and as cheaply as it could have been (None if the first was not found).

    Attributes:
        events: every published event beside what was flown.
        unknowns: every figure that is not known well, and what the flight makes of it.
    """

    as_flown: HopFlight
    cheapest: HopFlight | None
    events: tuple[EventFlown, ...]
    unknowns: tuple[Unknown, ...]

    @property
    def verified(self) -> bool:
        """Whether both flights are, with every figure within its band."""
        both = self.as_flown.verified and self.cheapest is not None and self.cheapest.verified
        return both and not self.as_flown.loosened

    @property
    def price(self) -> float | None:
        """Propellant that the choices of the test cost (kg): as flown less the cheapest; None without both."""
        both = self.cheapest is not None and self.cheapest.solution.converged
        return self.as_flown.propellant - self.cheapest.propellant if both and self.cheapest else None

    @property
    def message(self) -> str:
        """The outcome of whichever flight failed, else of the first; which bands give, if one had to."""
        if self.as_flown.loosened:
            gives = "; ".join(u.gives() for u in self.unknowns if u.outside)
            return f"no flight found within the bands of the figures; the nearest has {gives}"
        failed = [f for f in (self.as_flown, self.cheapest) if f is not None and not f.verified]
        return failed[0].message if failed else self.as_flown.message

    def trajectory(self) -> "xr.Dataset":
        """The flight as flown, as one labelled dataset."""
        return self.as_flown.trajectory()

    def report(self) -> str:
        """What an engineer wants to read: both flights, events and unknowns, limits, the price and the verdict."""
        name, flown, best = self.as_flown.case.hopper.lander.name, self.as_flown, self.cheapest
        if not flown.solution.converged:
            return f"{name}, as flown: {flown.message}\nNOT verified"
        lines = [
            f"{name}, as flown",
            *([self.message] if flown.loosened else []),
            *flown.lines(),
            "",
            *(event.line() for event in self.events),
        ]
        if self.unknowns:
            lines += ["", *(unknown.line() for unknown in self.unknowns)]
        if flown.solution.verification is not None:
            lines += ["", limits_table(flown.limits), "", flown.solution.verification.report()]
        if best is not None and best.solution.converged:
            lines += ["", f"{name}, least propellant to the same height and distance", *best.lines()]
            if best.solution.verification is not None:
                lines += ["", limits_table(best.limits), "", best.solution.verification.report()]
        elif best is not None:
            lines += ["", f"least propellant: {best.message}"]
        if self.price is not None and best is not None:
            share = 100.0 * self.price / best.propellant
            lines += ["", f"price of the test's choices: {self.price:,.0f} kg of propellant, {share:.1f} %"]
        return "\n".join([*lines, "verified" if self.verified else "NOT verified"])

    def as_json(self) -> dict[str, object]:
        """The same for a program."""
        share = None if self.price is None or self.cheapest is None else 100.0 * self.price / self.cheapest.propellant
        return {
            "hopper": self.as_flown.case.hopper.lander.name,
            "verified": self.verified,
            "message": self.message,
            "price_kg": self.price,
            "price_percent": share,
            "events": [asdict(e) | {"residual": e.residual} for e in self.events],
            "unknowns": [asdict(u) | {"used": u.used} for u in self.unknowns],
            "as_flown": self.as_flown.as_json(),
            "cheapest": None if self.cheapest is None else self.cheapest.as_json(),
        }


class Hop:
    """A hop to be solved.

    Args:
        hopper: a :class:`Hopper`, or a vehicle (or its name), whose data then state limits and ground as well.
        events: what is known of the flight; ``apogee`` and ``distance`` at least.
        limits: what it must respect.
        relight: whether engines are off over the top; without, they burn from lift-off to touchdown.
        ground: the frame at the pad, of a rotating Earth or of flat ground; the vehicle's launch site by default (its
            first axis north), flat ground at sea level for a hopper that is no vehicle.
        wind: profile, or None for still air.
        liftoff_mass: in place of the vehicle's own (kg): a number, or value and how far off it may be.

    Raises:
        ValueError: for events that this kind of hop does not have.
        VehicleError: for an unknown vehicle.
    """

    def __init__(
        self,
        hopper: Hopper | Vehicle | str,
        events: HopEvents,
        limits: HopLimits | None = None,
        *,
        relight: bool = True,
        ground: FlatGround | LaunchFrame | None = None,
        wind: Wind | None = None,
        liftoff_mass: Stated | None = None,
    ):
        if isinstance(hopper, str):
            hopper = load_vehicle(hopper)
        if isinstance(hopper, Vehicle):
            limits, site = limits or HopLimits.of(hopper), hopper.launch_site
            ground = ground or LaunchFrame(site.latitude, site.longitude, site.elevation, 0.0)
            hopper = Hopper.of(hopper)
        if liftoff_mass is not None:
            hopper = hopper.lifting(liftoff_mass)
        extra = [n for n in events.stated() if n in WITH_COAST]
        if extra and not relight:
            value = events.stated()[extra[0]].value
            raise ValueError(f"hop: {extra[0]} is {value:g}: a hop without relight has none: leave it out")
        ground = ground or FlatGround(STANDARD_GRAVITY)
        self.case = HopCase(hopper, events, limits or HopLimits(), relight, ground, wind)

    def solve(self, options: Options | None = None, report: Report | None = None) -> HopResult:
        """As flown, then as cheaply as the same vehicle does it from there; both verified by re-flight."""
        flown = self.as_flown(options, report)
        if not flown.solution.converged:
            return HopResult(flown, None, (), ())
        best = self.cheapest(flown, options, report)
        stated = self.case.events.stated().items()
        events = tuple(EventFlown(n, UNIT_OF_EVENT[n], e.value, e.within, flown.event(n)) for n, e in stated)
        return HopResult(flown, best, events, _unknowns(self.case.hopper, flown))

    def as_flown(self, options: Options | None = None, report: Report | None = None) -> HopFlight:
        """Every event held, and the figures that are not known well found within their bands.

        Where no such flight is found, their bands are let go: the flight is then ``loosened``, and leaves them as
        little as it can (in least squares).
        """
        attempts = [_options(barrier, EVENNESS) for barrier in FITTING] if options is None else [options]
        brief = [replace(attempt, diagnose=False) for attempt in attempts]
        flight = self._best(lambda: (b := HopBuilder(self.case), b.as_flown()), brief, report)
        if flight.solution.converged or not self.case.hopper.unknown:
            return flight
        nearest = self._best(lambda: (b := HopBuilder(self.case, loose=True), b.as_flown()), attempts, report)
        if nearest.solution.converged and not any(u.outside for u in _unknowns(self.case.hopper, nearest)):
            guess = nearest.guess()  # within the bands after all: start from there
            return self._best(lambda: (b := HopBuilder(self.case), b.as_flown(guess)), attempts, report)
        nearest.loosened = nearest.solution.converged
        return nearest

    def cheapest(
        self, like: HopFlight | None = None, options: Options | None = None, report: Report | None = None
    ) -> HopFlight:
        """The least propellant to the apogee and distance of ``like``, with its figures and from its trajectory.

        Without ``like``: to the stated apogee and distance, with nominal figures.
        """
        events, guess = self.case.events.stated(), None if like is None else like.guess()
        values = self.case.hopper.parameters() if like is None else like.figures
        apogee = events["apogee"].value if like is None else like.event("apogee")
        distance = events["distance"].value if like is None else like.event("distance")
        attempts = [_options(*pair) for pair in SAVING] if options is None else [options]

        def build() -> tuple[HopBuilder, Any]:
            builder = HopBuilder(self.case, values)
            return builder, builder.cheapest(apogee, distance, guess)

        return self._best(build, attempts, report)

    def _best(self, build: Any, attempts: Sequence[Options], report: Report | None) -> HopFlight:
        builder, problem = build()
        for number, options in enumerate(attempts, 1):
            asked = replace(options, diagnose=options.diagnose and number == len(attempts))
            flight = HopFlight(self.case, solve(problem, asked, report), builder)
            if flight.verified:
                break
        return flight


def _options(barrier: float, smoothing: float) -> Options:
    return Options(tolerances=TOLERANCES, max_iterations=300, smoothing=smoothing, ipopt={"mu_init": barrier})


def _unknowns(hopper: Hopper, flown: HopFlight) -> tuple[Unknown, ...]:
    nominal, found = hopper.parameters(), flown.figures
    return tuple(
        Unknown(
            name, UNITS.get(name, "kg" if name in (LIFTOFF_MASS, "stage1.burnout_mass") else ""), nominal[name], low, high,
            found[name] if name in hopper.unknown else None, NOT_IDENTIFIABLE.get(name, "held at its nominal value"),
        )
        for name, (low, high) in hopper.bands.items()
    )  # fmt: skip


def _ends(solution: Solution) -> Named:
    """Every phase's ends by name."""
    made = Named()
    for name, part in solution.phases.items():
        steered = part.controls.size > 0
        first, last = (part.controls[0], part.controls[-1]) if steered else (np.zeros(0), np.zeros(0))
        made[name] = part.phase.ends(part.states[0], part.states[-1], first, last, part.time)
    return made


def _sampled(solution: Solution, name: str) -> Guess:
    """A solved phase at its own nodes, running integrals left out."""
    part = solution[name]
    times = np.unique(np.concatenate([part.node_times, part.edge_times]))
    states, controls = part.sample(times)
    kept: Mapping[str, np.ndarray] = {n: x for n, x in states.items() if n not in part.phase.integrals}
    return Guess(times, kept, controls)
