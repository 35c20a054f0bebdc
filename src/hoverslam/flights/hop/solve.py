"""Hops: a test article goes up, over, and lands on its engines; as it was flown, and in least propellant.

    import hoverslam as hs

    events = hs.HopEvents(apogee=10_002.0, distance=3_200.0, cutoff_time=113.0, total_time=(200.35, 0.35))
    hop = hs.Hop("vtvl1", events)
    result = hop.solve()
    print(result.report())

The flight as flown holds the stated events. Uncertain figures of the vehicle are identified within their bands: as close to
their nominal values, with as even a throttle and as little lean, as the events allow. The cheapest flight is the one of
least propellant with the same figures to the same height and distance. The difference is the price of the test.
"""

import os
from collections.abc import Sequence
from dataclasses import replace

from hoverslam.flights.hop.case import LIFTOFF_MASS, UNITS, HopCase, HopLimits, Hopper
from hoverslam.flights.hop.events import UNIT_OF_EVENT, WITH_COAST, HopEvents, Stated
from hoverslam.flights.hop.flight import TOLERANCES, HopFlight
from hoverslam.flights.hop.problem import HopBuilder
from hoverslam.flights.hop.result import EventFlown, HopResult, Unknown
from hoverslam.ocp.solved import solve
from hoverslam.ocp.statement.options import Options, Report
from hoverslam.ocp.statement.problem import Problem
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.winds import Wind
from hoverslam.vehicles.loading import as_vehicle
from hoverslam.vehicles.models import Vehicle

EVENNESS = 0.03  # weight on squared control rates in a fit; it decides between flights that fit equally well
FITTING: tuple[float, ...] = (1e-2, 1e-1)  # barrier parameters tried one after the other
SAVING: tuple[tuple[float, float], ...] = ((1e-3, 0.0), (1e-4, 1e-6), (1e-1, 0.0))  # barrier parameter, smoothing
NOT_IDENTIFIABLE = {
    "stage1.burnout_mass": "not identifiable from a flight: the propellant left over is unknown; at most what touches down"
}


class Hop:
    """A hop to be solved.

    Args:
        hopper: A :class:`Hopper`, or a vehicle or its name, whose data then state limits and ground as well.
        events: Stated events of the flight; ``apogee`` and ``distance`` at least.
        limits: The limits that it respects.
        relight: Whether the engines are off over the apogee; without relight they burn from lift-off to touchdown.
        ground: The frame at the pad: of a rotating Earth or of flat ground. The default is the launch site of the vehicle
            (first axis north), or flat ground at sea level for a :class:`Hopper`.
        wind: Wind profile, or None for still air.
        liftoff_mass: In place of that of the vehicle (kg): a number, or a pair of value and allowed distance from it.

    Raises:
        ValueError: For events that this kind of hop does not have.
        VehicleError: For an unknown vehicle, or one that does not land.
    """

    def __init__(
        self,
        hopper: Hopper | Vehicle | str | os.PathLike[str],
        events: HopEvents,
        limits: HopLimits | None = None,
        *,
        relight: bool = True,
        ground: FlatGround | LaunchFrame | None = None,
        wind: Wind | None = None,
        liftoff_mass: Stated | None = None,
    ):
        if not isinstance(hopper, Hopper):
            vehicle = as_vehicle(hopper)
            limits, site = limits or HopLimits.of(vehicle), vehicle.launch_site
            ground = ground or LaunchFrame(site.latitude, site.longitude, site.elevation, 0.0)
            hopper = Hopper.of(vehicle)
        if liftoff_mass is not None:
            hopper = hopper.lifting(liftoff_mass)
        extra = [n for n in events.stated() if n in WITH_COAST]
        if extra and not relight:
            value = events.stated()[extra[0]].value
            raise ValueError(f"hop: {extra[0]} is {value:g}: a hop without relight has none: leave it out")
        ground = ground or FlatGround(STANDARD_GRAVITY)
        self.case = HopCase(hopper, events, limits or HopLimits(), relight, ground, wind)

    def solve(self, options: Options | None = None, report: Report | None = None) -> HopResult:
        """Return the hop as flown, then the least propellant with the same figures; both verified by re-flight.

        Args:
            options: Solver options; by default several settings are tried until one is verified.
            report: Receives one line a mesh pass; by default lines go to standard error if that is a terminal.
        """
        flown = self.as_flown(options, report)
        if not flown.solution.converged:
            return HopResult(flown, None, (), ())
        best = self.cheapest(flown, options, report)
        stated = self.case.events.stated().items()
        events = tuple(EventFlown(n, UNIT_OF_EVENT[n], e.value, e.within, flown.event(n)) for n, e in stated)
        return HopResult(flown, best, events, _unknowns(self.case.hopper, flown))

    def as_flown(self, options: Options | None = None, report: Report | None = None) -> HopFlight:
        """Return the flight that holds every event, with uncertain figures identified within their bands.

        Where no such flight is found, the figures may leave their bands. The flight is then ``loosened``, and its
        figures leave their bands as little as possible, in least squares.

        Args:
            options: Solver options; by default several settings are tried until one is verified.
            report: Receives one line a mesh pass; by default lines go to standard error if that is a terminal.
        """
        attempts = [_options(barrier, EVENNESS) for barrier in FITTING] if options is None else [options]
        brief = [replace(attempt, diagnose=False) for attempt in attempts]
        flight = self._first_verified(HopBuilder(self.case).as_flown(), brief, report)
        if flight.solution.converged or not self.case.hopper.unknown:
            return flight
        nearest = self._first_verified(HopBuilder(self.case, loose=True).as_flown(), attempts, report)
        if nearest.solution.converged and not any(u.outside for u in _unknowns(self.case.hopper, nearest)):
            guess = nearest.guess()  # a flight within the bands exists: solve within them from this guess
            return self._first_verified(HopBuilder(self.case).as_flown(guess), attempts, report)
        nearest.loosened = nearest.solution.converged
        return nearest

    def cheapest(
        self, like: HopFlight | None = None, options: Options | None = None, report: Report | None = None
    ) -> HopFlight:
        """Return the hop of least propellant to the apogee and distance of ``like``, with its figures, from its trajectory.

        Args:
            like: A flight of this hop. Without it the apogee and distance are the stated ones, and the figures are nominal.
            options: Solver options; by default several settings are tried until one is verified.
            report: Receives one line a mesh pass; by default lines go to standard error if that is a terminal.
        """
        events, guess = self.case.events.stated(), None if like is None else like.guess()
        values = self.case.hopper.parameters() if like is None else like.figures
        apogee = events["apogee"].value if like is None else like.event("apogee")
        distance = events["distance"].value if like is None else like.event("distance")
        attempts = [_options(*pair) for pair in SAVING] if options is None else [options]
        problem = HopBuilder(self.case, values).cheapest(apogee, distance, guess)
        return self._first_verified(problem, attempts, report)

    def _first_verified(self, problem: Problem, attempts: Sequence[Options], report: Report | None) -> HopFlight:
        """Return the flight of the first attempt that is verified, else of the last one."""
        for number, options in enumerate(attempts, 1):
            asked = replace(options, diagnose=options.diagnose and number == len(attempts))
            flight = HopFlight(self.case, solve(problem, asked, report))
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
