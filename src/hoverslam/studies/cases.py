"""Cases of a study: which vehicle is flown in which recovery mode to which orbit, and the solution of one case."""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hoverslam.studies.outcome import Outcome, failed_outcome, outcome_of
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import as_vehicle, list_vehicles, load_vehicle
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import Orbit

# More burns take longer to solve. A comparison begins with the longest cases, so that no worker is idle at its end.
_EFFORT = {"return_to_launch_site": 2, "downrange": 1, "expendable": 0}


@dataclass(frozen=True)
class Case:
    """One flight to solve.

    Attributes:
        vehicle: A vehicle, the name of one that comes with the package, or the path of a vehicle file.
        recovery: Recovery mode.
        orbit: Name of an orbit; the vehicle's own if left out.
        overrides: Changed figures, as ``stage1.dry_mass_t=25``; only for a vehicle that is given by name or path.
    """

    vehicle: Vehicle | str | os.PathLike[str]
    recovery: str
    orbit: str | None = None
    overrides: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The vehicle's name, or the path of its file."""
        return self.vehicle.name if isinstance(self.vehicle, Vehicle) else os.fspath(self.vehicle)

    @property
    def effort(self) -> int:
        """Rank of the time that the solution takes; the longest has the highest."""
        return _EFFORT.get(self.recovery, 0)

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
            VehicleError: With one line for every mistake of the case.
        """
        vehicle = self.loaded()
        mistakes: list[str] = []
        if self.recovery not in vehicle.modes:
            known = ", ".join(vehicle.modes) or "none, it does not fly to orbit"
            mistakes.append(f'{vehicle.name}: recovery: "{self.recovery}": not a mode of this vehicle, known: {known}')
        try:
            orbit = vehicle.orbit(self.orbit, self.recovery)
        except VehicleError as error:
            mistakes.extend(error.mistakes)
        if mistakes:
            raise VehicleError(mistakes)
        return orbit


def default_cases(vehicles: Iterable[Vehicle | str | os.PathLike[str]] | None = None) -> list[Case]:
    """Return every recovery mode of the vehicles, each to its default orbit.

    Args:
        vehicles: Vehicles, names or paths; all that come with the package and fly to orbit if left out.

    Raises:
        VehicleError: With one line for every vehicle that is unknown or does not fly to orbit.
    """
    cases: list[Case] = []
    mistakes: list[str] = []
    for given in _distinct(list_vehicles() if vehicles is None else vehicles):
        try:
            vehicle = as_vehicle(given)
        except VehicleError as error:
            mistakes.extend(error.mistakes)
            continue
        if vehicles is not None and not vehicle.modes:
            mistakes.append(f'vehicle: "{vehicle.name}": a test article, it does not fly to orbit')
        cases += [Case(given, mode) for mode in vehicle.modes]
    if mistakes:
        raise VehicleError(mistakes)
    return cases


def _distinct(
    vehicles: Iterable[Vehicle | str | os.PathLike[str]],
) -> list[Vehicle | str | os.PathLike[str]]:
    """Return the vehicles without repetitions, in their order."""
    found: list[Vehicle | str | os.PathLike[str]] = []
    for vehicle in vehicles:
        if vehicle not in found:
            found.append(vehicle)
    return found


def fly(case: Case, report: Callable[[str], None] | None = None) -> Outcome:
    """Solve one case and join the flight with its cost; errors of the solver are passed on.

    Args:
        case: The case.
        report: Receives one line a step.
    """
    from hoverslam.flights.launch.solve import solve_launch

    start = time.perf_counter()
    flight = solve_launch(case.loaded(), case.recovery, case.orbit, report=report)
    return outcome_of(flight, time.perf_counter() - start)


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
