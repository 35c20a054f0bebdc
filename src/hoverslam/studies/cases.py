"""Cases of a study: which vehicle is flown in which recovery mode to which orbit, and the solution of one case."""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hoverslam.data.errors import Mistake, shown, suggestion
from hoverslam.studies.outcome import Outcome, failed_outcome, outcome_of
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.identity import identity_of, refuse_two_of_one_name
from hoverslam.vehicles.impossible import refuse_impossible
from hoverslam.vehicles.loading import as_vehicle, list_vehicles, load_vehicle
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import Orbit, OrbitLike, load_orbit
from hoverslam.vehicles.recovery_modes import list_modes, load_mode

# More burns take longer to solve. A comparison begins with the longest cases, so that no worker is idle at its end.
_EFFORT = {"return_to_launch_site": 2, "downrange": 1, "expendable": 0}  # by the mode that a mode costs like


@dataclass(frozen=True)
class Case:
    """One flight to solve.

    Attributes:
        vehicle: A vehicle, the name of one that comes with the package, or the path of a vehicle file.
        recovery: Recovery mode.
        orbit: An orbit, or what ``load_orbit`` makes one of, as ``500x500x97.4``; the vehicle's own if left out.
        overrides: Changed figures, as ``stage1.dry_mass_t=25``; only for a vehicle that is given by name or path.
    """

    vehicle: Vehicle | str | os.PathLike[str]
    recovery: str
    orbit: OrbitLike | None = None
    overrides: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The vehicle's name, or the path of its file."""
        return self.vehicle.name if isinstance(self.vehicle, Vehicle) else os.fspath(self.vehicle)

    @property
    def effort(self) -> int:
        """Rank of the time that the solution takes; the longest has the highest."""
        return _EFFORT[load_mode(self.recovery).cost_like] if self.recovery in list_modes() else 0

    def loaded(self) -> Vehicle:
        """Return the vehicle with its changed figures.

        Raises:
            VehicleError: For an unknown vehicle, a file that is wrong or an override that cannot be used.
        """
        if not isinstance(self.vehicle, Vehicle):
            return load_vehicle(self.vehicle, self.overrides)
        if self.overrides:
            given = ", ".join(self.overrides)
            raise VehicleError([f"override: {given}: change the figures when you load the vehicle {self.vehicle.name}"])
        return self.vehicle

    def checked(self) -> Orbit:
        """Return the orbit of the case; nothing is solved.

        Raises:
            VehicleError: With one line for every mistake of the case, or if closed forms exclude the flight.
        """
        orbit = self.target()
        refuse_impossible(self.loaded(), self.recovery, orbit)
        return orbit

    def target(self) -> Orbit:
        """Return the orbit of the case, whether or not the vehicle can reach it with the figures that it has.

        Raises:
            VehicleError: With one line for every mistake of the case.
        """
        vehicle = self.loaded()
        mistakes: list[str] = []
        if self.recovery not in vehicle.modes:
            mistakes.append(_no_such_mode(vehicle, self.recovery))
        try:
            orbit = vehicle.orbit(self.orbit, self.recovery)
        except VehicleError as error:
            mistakes.extend(error.mistakes)
        if mistakes:
            raise VehicleError(mistakes)
        return orbit


def _no_such_mode(vehicle: Vehicle, recovery: str) -> str:
    """Return the line about a mode that a vehicle does not have: one that nobody has, or one of other vehicles."""
    if not vehicle.modes:
        fix = "not a mode of this vehicle, known: none, it does not fly to orbit"
    elif recovery in list_modes():
        fix = f"not a mode of this vehicle, known: {', '.join(vehicle.modes)}"
    else:
        fix = f"not a mode of this vehicle, {suggestion(recovery, vehicle.modes)}"
    return Mistake("recovery", shown(recovery), fix).line(vehicle.name)


def default_cases(
    vehicles: Iterable[Vehicle | str | os.PathLike[str]] | None = None, orbit: OrbitLike | None = None
) -> list[Case]:
    """Return every recovery mode of the vehicles, each to its default orbit or all to the same one.

    Args:
        vehicles: Vehicles, names or paths. If left out: all that come with the package, fly to orbit and have two stages in
            line; vehicles with a third stage, side boosters or an upper stage that returns are compared on request.
        orbit: An orbit, or what ``load_orbit`` makes one of; each vehicle's own if left out.

    Raises:
        VehicleError: With one line for every vehicle that is unknown, does not fly to orbit or does not reach the orbit, if
            the orbit has mistakes, or if two vehicles of one name differ.
    """
    target = None if orbit is None else load_orbit(orbit)
    cases: list[Case] = []
    mistakes: list[str] = []
    loaded: list[tuple[Vehicle | str | os.PathLike[str], Vehicle]] = []
    for given in list_vehicles() if vehicles is None else vehicles:
        try:
            loaded.append((given, as_vehicle(given)))
        except VehicleError as error:
            mistakes.extend(error.mistakes)
    refuse_two_of_one_name((_called(given), vehicle) for given, vehicle in loaded)
    for given, vehicle in _distinct(loaded):
        if vehicles is None and not vehicle.two_stages_in_line:
            continue
        if vehicles is not None and not vehicle.modes:
            mistakes.append(f'vehicle: "{vehicle.name}": a test article, it does not fly to orbit')
        if target is not None and vehicle.modes:
            mistakes += _out_of_reach(vehicle, target)
        cases += [Case(given, mode, target) for mode in vehicle.modes]
        for mode in vehicle.modes if not mistakes else ():
            mistakes += _excluded(vehicle, mode, target)
    if mistakes:
        raise VehicleError(list(dict.fromkeys(mistakes)))
    return cases


def _out_of_reach(vehicle: Vehicle, orbit: Orbit) -> list[str]:
    """Return why the vehicle does not reach the orbit from its site; empty if it does."""
    try:
        vehicle.orbit(orbit)
    except VehicleError as error:
        return [f"{vehicle.name}: {line}" for line in error.mistakes]
    return []


def _excluded(vehicle: Vehicle, mode: str, target: Orbit | None) -> list[str]:
    """Return why a vehicle cannot fly to an orbit in a mode, as closed forms show; empty if nothing speaks against it."""
    try:
        refuse_impossible(vehicle, mode, vehicle.orbit(target, mode))
    except VehicleError as error:
        return list(error.mistakes)
    return []


_Given = Vehicle | str | os.PathLike[str]


def _called(given: _Given) -> str:
    """Return what messages call a vehicle: the name or path that was given, or ``vehicle`` for an object."""
    return "vehicle" if isinstance(given, Vehicle) else os.fspath(given)


def _distinct(loaded: Iterable[tuple[_Given, Vehicle]]) -> list[tuple[_Given, Vehicle]]:
    """Return the vehicles without repetitions, in their order. A file that repeats another's content is a repetition."""
    found: dict[str, tuple[_Given, Vehicle]] = {}
    for given, vehicle in loaded:
        found.setdefault(identity_of(vehicle), (given, vehicle))
    return list(found.values())


def fly(case: Case, report: Callable[[str], None] | None = None) -> Outcome:
    """Solve one case and join the flight with its cost; errors of the solver are passed on.

    Args:
        case: The case.
        report: Receives one line a step.
    """
    from hoverslam.flights.launch.solve import solve_launch

    start = time.perf_counter()
    orbit = None if case.orbit is None else load_orbit(case.orbit)
    flight = solve_launch(case.loaded(), case.recovery, orbit, report=report)
    validity = flight.check() if flight.converged else None
    return outcome_of(flight, time.perf_counter() - start, validity)


def fly_or_fail(case: Case) -> Outcome:
    """Solve one case; an error becomes an outcome that states it, so that a comparison continues."""
    start = time.perf_counter()
    try:
        return fly(case)
    except Exception as error:
        return unsolved(case, f"{type(error).__name__}: {error}", time.perf_counter() - start)


def unsolved(case: Case, reason: str, solve_s: float | None = None) -> Outcome:
    """Return the outcome of a case for which there is no flight.

    Args:
        case: The case.
        reason: Why there is no flight.
        solve_s: Wall time of the attempt (s).
    """
    return failed_outcome(case.loaded(), case.recovery, case.checked().name, reason, solve_s)
