"""The cases of a comparison: which vehicle is flown how, and the flying of one of them."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hoverslam.data.errors import VehicleError
from hoverslam.studies.outcome import Outcome, failed_outcome, outcome_of
from hoverslam.vehicles.loading import list_vehicles, load_vehicle
from hoverslam.vehicles.places import Orbit

# The more burns, the longer the solve: a comparison begins with the cases it would otherwise wait for at its end.
_EFFORT = {"return_to_launch_site": 2, "downrange": 1, "expendable": 0}


@dataclass(frozen=True)
class Case:
    """One flight to solve: a known vehicle's name or a path to a file, a recovery mode, an orbit, changed figures."""

    vehicle: str
    recovery: str
    orbit: str | None = None
    overrides: tuple[str, ...] = ()

    @property
    def effort(self) -> int:
        """Rank of the time it takes, the longest highest."""
        return _EFFORT.get(self.recovery, 0)

    def checked(self) -> Orbit:
        """The orbit it flies to. Raises VehicleError naming every mistake of the case, without solving anything."""
        vehicle = load_vehicle(self.vehicle, self.overrides)
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


def default_cases(vehicles: Iterable[str] | None = None) -> list[Case]:
    """Every recovery mode of the given vehicles (all that fly to orbit if left out) to their default orbits.

    Raises VehicleError naming every vehicle that is unknown or does not fly to orbit.
    """
    cases: list[Case] = []
    mistakes: list[str] = []
    for name in dict.fromkeys(list_vehicles() if vehicles is None else vehicles):
        try:
            vehicle = load_vehicle(name)
        except VehicleError as error:
            mistakes.extend(error.mistakes)
            continue
        if vehicles is not None and not vehicle.modes:
            mistakes.append(f'vehicle: "{name}": a test article, it does not fly to orbit')
        cases += [Case(name, mode) for mode in vehicle.modes]
    if mistakes:
        raise VehicleError(mistakes)
    return cases


def fly(case: Case, report: Callable[[str], None] | None = None) -> Outcome:
    """Solve one case and join the flight with its cost; raises what the solver raises."""
    from hoverslam.flights.launch.solve import solve_launch

    start = time.perf_counter()
    vehicle = load_vehicle(case.vehicle, case.overrides)
    flight = solve_launch(vehicle, case.recovery, case.orbit, report=report)
    return outcome_of(flight, time.perf_counter() - start)


def fly_or_fail(case: Case) -> Outcome:
    """As `fly`, but an error becomes an outcome that says so: a comparison goes on."""
    start = time.perf_counter()
    try:
        return fly(case)
    except Exception as error:
        return unsolved(case, f"{type(error).__name__}: {error}", time.perf_counter() - start)


def unsolved(case: Case, reason: str, solve_s: float | None = None) -> Outcome:
    """The outcome of a case for which there is no flight."""
    vehicle = load_vehicle(case.vehicle, case.overrides)
    return failed_outcome(vehicle, case.recovery, case.checked().name, reason, solve_s)
