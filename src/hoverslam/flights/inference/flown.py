"""The launch optimum as the model of the claims: what it computes, and how that changes with every unknown.

Payloads change by the slopes of the optimum (:mod:`hoverslam.flights.launch.slopes`). Times of events are no optimum, and
have no such slopes. They follow from a second optimum whose objective holds the event as well, ``payload + weight * event``:
the event is the derivative of that optimum by the weight, so its slope by a figure is the difference of the slopes of both
optima, divided by the weight (mixed second derivatives are equal; Fiacco 1983).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from hoverslam.data.figures import with_figure
from hoverslam.flights.inference.claims import Case, Claim
from hoverslam.flights.inference.laplace import Array
from hoverslam.flights.inference.unknowns import Unknown
from hoverslam.flights.launch.attempts import AGAIN
from hoverslam.flights.launch.changes import PayloadSlope, changed_plan, restated
from hoverslam.flights.launch.result import LaunchResult, summarise
from hoverslam.flights.launch.solve import solve_launch
from hoverslam.ocp.solved import Solved
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.models import Vehicle

Report = Callable[[str], None]

_LONGER = replace(AGAIN, max_iterations=50)
"""Options of a launch solved again after a move of some standard errors, on the mesh that it has."""
_HALVINGS = 1
"""How often a move is halved before a launch counts as not solved."""
_WEIGHT = 2e-4
"""Weight of an event's time in the second objective, as a share of the payload for each second."""
_UNFELT = 1e-3
"""Share of a payload: figures whose standard error moves it by less count as without effect on events."""
_STEP = 1e-4
"""Step of a figure, in standard errors of its prior, for quantities in closed form."""
_DEGREE = 1.0
"""Step (deg) by which the effect of an inclination is found."""


class NotFlown(ValueError):
    """A launch that was not solved for the figures of an inference."""


@dataclass
class Flights:
    """Solved launches of one vehicle: those that claims are about, and those whose payload is wanted.

    Attributes:
        vehicle: The vehicle.
        by_case: The launches.
    """

    vehicle: Vehicle
    by_case: dict[Case, LaunchResult]

    @classmethod
    def first(cls, vehicle: Vehicle, cases: Iterable[Case], report: Report) -> "tuple[Flights, list[str]]":
        """Return the launches of a vehicle, each searched for, and one line for each that was not solved."""
        found, notes = {}, []
        for case in cases:
            words = in_words(case)
            report(f"{words}: solving")
            try:
                flight = solve_launch(vehicle, case.recovery, case.orbit, report=_about(words, report))
            except VehicleError as error:  # excluded by closed forms
                notes += [f"{words}: {line}" for line in error.mistakes]
                continue
            if flight.converged:
                found[case] = flight
            else:
                notes.append(f"{words}: not solved: {flight.status}")
        return cls(vehicle, found), notes

    def only(self, cases: Iterable[Case]) -> "Flights":
        """Return the launches of some cases."""
        wanted = set(cases)
        return Flights(self.vehicle, {case: flight for case, flight in self.by_case.items() if case in wanted})

    def moved(self, values: Mapping[str, float], report: Report, verify: bool = False) -> "Flights":
        """Return the launches for other figures, solved again from these.

        Args:
            values: New values of figures by key, in the unit of the key.
            report: Receives one line for each launch.
            verify: Whether each is verified.

        Raises:
            NotFlown: If one of them was not solved.
        """
        vehicle = self.vehicle
        for key, value in values.items():
            vehicle = with_figure(vehicle, key, value)
        found = {}
        for case, flight in self.by_case.items():
            report(f"{in_words(case)}: solving again")
            found[case] = _again(flight, vehicle, verify)
        return Flights(vehicle, found)

    @property
    def verified(self) -> bool:
        """Whether every launch is verified."""
        return all(flight.verified for flight in self.by_case.values())


def in_words(case: Case) -> str:
    """Return a launch as words, such as ``downrange to leo450``."""
    return f"{case.recovery.replace('_', ' ')} to {case.orbit}"


def _about(words: str, report: Report) -> Report:
    """Return a report whose lines begin with words."""
    return lambda line: report(f"{words}: {line}")


def _again(flight: LaunchResult, vehicle: Vehicle, verify: bool) -> LaunchResult:
    """Return a launch solved again for another vehicle on its mesh, by way of vehicles in between where that is needed.

    A verified launch may get a finer mesh.

    Raises:
        NotFlown: If it was not solved.
    """
    here, goals = flight, [vehicle]
    while goals:
        found = _on_its_mesh(here, goals[-1])
        if found is not None:
            here = found
            goals.pop()
        elif len(goals) > _HALVINGS:
            words = in_words(Case(flight.orbit, flight.recovery))
            raise NotFlown(f"{vehicle.name}: {words}: not solved with the changed figures")
        else:
            goals.append(_between(here.plan.vehicle, goals[-1]))
    return here.with_vehicle(vehicle, verify=True) if verify else here


def _on_its_mesh(flight: LaunchResult, vehicle: Vehicle) -> LaunchResult | None:
    """Return a launch solved again for another vehicle on its mesh; None if that did not converge."""
    plan = changed_plan(flight.plan, vehicle=vehicle)
    try:
        problem = restated(flight.solution, plan, flight.payload)
        solution = flight.solution.resolve(options=_LONGER, verify=False, problem=problem)
    except ValueError:  # a statement with other constraints, such as a limit that no longer applies
        return None
    return summarise(plan, solution) if solution.converged else None


def _between(first: Vehicle, second: Vehicle) -> Vehicle:
    """Return the second vehicle with the mean of both values of every figure that differs."""
    values, found = dict(first.figures()), second
    for key, figure in second.figures():
        if figure.value != values[key].value and "[" not in key:
            found = with_figure(found, key, 0.5 * (figure.value + values[key].value))
    return found


# ---- what is computed ------------------------------------------------------------------------------------------------
def computed_values(claims: Iterable[Claim], flights: Flights) -> Array:
    """Return what the launches give for each claim, in the unit of its key, shape ``(n,)``."""
    return np.array([_value(claim, flights.vehicle, flights.by_case[claim.case]) for claim in claims])


def _value(claim: Claim, vehicle: Vehicle, flight: LaunchResult) -> float:
    if claim.quantity == "liftoff_mass":
        return vehicle.liftoff_mass(flight.payload) / 1e3
    if claim.quantity == "liftoff_thrust":
        return vehicle.liftoff_thrust / 1e3
    if claim.quantity == "payload":
        return flight.payload / 1e3
    if claim.quantity == "stage_separation_time":
        return flight.staging_time
    assert flight.landing_time is not None
    assert flight.landing_downrange is not None
    return flight.landing_time if claim.quantity == "touchdown_time" else flight.landing_downrange / 1e3


# ---- how it changes --------------------------------------------------------------------------------------------------
class Known(NamedTuple):
    """A row at other figures, whose small entries are used again: each figure that a statement reads costs two statements.

    Attributes:
        row: The row, shape ``(m,)``.
        least: Entries whose absolute value is below it are used again.
    """

    row: Array
    least: float

    def entry(self, number: int) -> float | None:
        """Return an entry that is used again; None for one that is computed."""
        found = float(self.row[number])
        return found if abs(found) < self.least else None


def payload_row(flight: LaunchResult, unknowns: Iterable[Unknown], known: Known | None = None) -> Array:
    """Return the change of a payload (kg) by one standard error of each unknown, shape ``(m,)``.

    Args:
        flight: The launch.
        unknowns: The unknowns.
        known: The row at other figures.
    """
    return _row(lambda number, unknown: flight.slope(unknown.key) * unknown.sigma, unknowns, known)


def _row(entry: Callable[[int, Unknown], float], unknowns: Iterable[Unknown], known: Known | None = None) -> Array:
    found = []
    for number, unknown in enumerate(unknowns):
        again = None if known is None else known.entry(number)
        found.append(entry(number, unknown) if again is None else again)
    return np.array(found)


def claim_row(
    claim: Claim, flights: Flights, unknowns: list[Unknown], payload: Array, known: Known | None = None
) -> Array:
    """Return the change of what is computed for a claim by one standard error of each unknown, shape ``(m,)``.

    Args:
        claim: The claim, in whose unit the row is.
        flights: The launches.
        unknowns: The unknowns.
        payload: The row of the payload (kg) of the claim's launch.
        known: The row at other figures.

    Raises:
        NotFlown: If the slopes of an event are not found.
    """
    flight = flights.by_case[claim.case]
    if claim.quantity == "payload":
        return payload / 1e3
    if claim.quantity == "liftoff_mass":
        own = _closed_row(flights.vehicle, unknowns, lambda vehicle: vehicle.liftoff_mass() / 1e3)
        return own + payload / 1e3
    if claim.quantity == "liftoff_thrust":
        return _closed_row(flights.vehicle, unknowns, lambda vehicle: vehicle.liftoff_thrust / 1e3)
    if claim.quantity == "touchdown_downrange" and flight.plan.target is not None:
        return np.zeros(len(unknowns))  # the landing place is given
    return _event_row(claim, flight, unknowns, payload, known)


def _closed_row(vehicle: Vehicle, unknowns: list[Unknown], of: Callable[[Vehicle], float]) -> Array:
    """Return the change of a quantity in closed form by one standard error of each unknown, by differences."""
    figures = dict(vehicle.figures())
    row = []
    for unknown in unknowns:
        now, step = figures[unknown.key].value, _STEP * unknown.sigma
        up, down = (of(with_figure(vehicle, unknown.key, now + side * step)) for side in (1.0, -1.0))
        row.append((up - down) / (2.0 * _STEP))
    return np.array(row)


def _event_row(
    claim: Claim, flight: LaunchResult, unknowns: list[Unknown], payload: Array, known: Known | None
) -> Array:
    """Return the change of an event by one standard error of each unknown, from an optimum that holds the event as well.

    A figure that moves the payload by less than ``_UNFELT`` of it is taken not to move the event either.
    """
    weight = _WEIGHT * flight.payload
    tilted = _tilted(claim, flight, weight)
    slope = PayloadSlope(tilted, flight.plan, flight.payload)

    def entry(number: int, unknown: Unknown) -> float:
        if abs(payload[number]) < _UNFELT * flight.payload:
            return 0.0
        now = payload[number] if known is None else flight.slope(unknown.key) * unknown.sigma
        return float(slope(unknown.key) * unknown.sigma - now) / weight

    return _row(entry, unknowns, known)


def _tilted(claim: Claim, flight: LaunchResult, weight: float) -> Solved:
    """Return the optimum of the payload (kg) and of an event, times a weight (kg for a unit of the claim).

    Raises:
        NotFlown: If it was not solved.
    """
    problem = restated(flight.solution, flight.plan, flight.payload)
    event = _event(claim, flight)
    problem.maximize(lambda ends, parameters: parameters.payload + weight * event(ends), unit="kg")
    solution = flight.solution.resolve(options=_LONGER, verify=False, problem=problem)
    if not solution.converged:
        raise NotFlown(f"{flight.vehicle}: {claim.name}: its slopes were not found: {solution.status}")
    return solution


def _event(claim: Claim, flight: LaunchResult) -> Callable[[Any], Any]:
    """Return the event of a claim as a function of the ends of the phases, in the unit of the claim."""
    if claim.quantity == "stage_separation_time":
        return lambda ends: ends["ascent"].final_time
    home = flight.plan.structure.branch("stage1")
    assert home is not None
    last = [segment.name for segment in home.segments if segment.kind in ("ignition", "landing")][-1]
    if claim.quantity == "touchdown_time":
        return lambda ends: ends[last].final_time
    raise NotFlown(
        f"{claim.name}: the distance of a landing place that is free has no slopes here: leave the claim out"
    )


def inclination_slope(claim: Claim, flight: LaunchResult) -> float:
    """Return the change of a published payload (t) by a degree of inclination; zero where the statement leaves none open.

    The orbit is moved by a degree to the side where the launch site still reaches it.
    """
    if not claim.open_inclination:
        return 0.0
    orbit = flight.plan.orbit
    assert orbit.inclination_deg is not None
    lowest = flight.plan.vehicle.launch_site.lowest_inclination.value
    now = orbit.inclination_deg.value
    step = -_DEGREE if min(now - _DEGREE, 180.0 - now + _DEGREE) > lowest else _DEGREE
    figure = orbit.inclination_deg.model_copy(update={"value": now + step, "low": None, "high": None})
    moved = flight.resolve(orbit=orbit.with_inclination(figure), verify=False)
    if not moved.converged:
        raise NotFlown(f"{flight.vehicle}: {claim.name}: not solved at {now + step:g} deg: {moved.status}")
    return (moved.payload - flight.payload) / 1e3 / step
