"""The flights that a demand asks for: which vehicle flies in which recovery mode to which constellation's orbit."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hoverslam.data.errors import Mistake, shown, suggestion
from hoverslam.economics.inputs.constellations import Constellation, load_constellations
from hoverslam.studies.cases import Case, default_cases
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.recovery import FREE


@dataclass(frozen=True)
class Asked:
    """One flight for one constellation.

    Attributes:
        constellation: Key of the constellation.
        case: The flight.
        check: Whether the flight only serves to compare the satellites it carries with those that were launched.
    """

    constellation: str
    case: Case
    check: bool = False


FILES = ("constellations.csv", "constellations.md", "figures/constellations.png")
"""Files that are written, relative to the folder of the study."""


def asked_for(
    name: str | None = None, vehicles: "Iterable[Vehicle | str | os.PathLike[str]] | None" = None
) -> list[Asked]:
    """Return the flights for one constellation, or for all that have a deadline: every recovery mode of the vehicles.

    A constellation that has been launched also gives checks, flown as it was launched.

    Args:
        name: Key of the constellation.
        vehicles: Vehicles, names or paths; all that come with the package and fly to orbit if left out.

    Raises:
        VehicleError: With one line for each constellation or vehicle that is unknown, each vehicle that does not fly to
            orbit, and each site from which the orbit's plane cannot be reached.
    """
    known = load_constellations()
    if name is not None and name not in known:
        raise VehicleError([Mistake("", shown(name), f"unknown, {suggestion(name, known)}").line("constellation")])
    cases = default_cases(vehicles)
    wanted = [key for key, found in known.items() if (found.deadline is not None if name is None else key == name)]
    asked = [Asked(key, _to(known[key].orbit, case)) for key in wanted for case in cases]
    checks = known if name is None else {name: known[name]}
    asked += [Asked(key, case, check=True) for key, found in checks.items() for case in _as_launched(found, cases)]
    mistakes: list[str] = []
    for each in asked:
        try:
            each.case.checked()
        except VehicleError as error:
            mistakes.extend(error.mistakes)
    if mistakes:
        raise VehicleError(list(dict.fromkeys(mistakes)))
    return asked


def _to(orbit: str, case: Case) -> Case:
    """Return the case flown to another orbit.

    A fixed landing site lies under another orbital plane. It is replaced by a free landing distance.
    """
    vehicle = case.loaded()
    home = vehicle.recovery
    if case.recovery != "downrange" or home is None or home.downrange_site == FREE:
        return replace(case, orbit=orbit, overrides=())
    if isinstance(case.vehicle, Vehicle):
        freed = home.model_copy(update={"downrange_site": FREE})
        return replace(case, orbit=orbit, vehicle=vehicle.model_copy(update={"recovery": freed}))
    return replace(case, orbit=orbit, overrides=(f"recovery.downrange_site={FREE}",))


def _as_launched(constellation: Constellation, cases: Sequence[Case]) -> list[Case]:
    """Return the flights that launched the constellation, to its orbit and to the one in which satellites are released."""
    flown = {(year.vehicle, year.recovery) for year in constellation.launched}
    orbits = [orbit for orbit in (constellation.orbit, constellation.release_orbit) if orbit is not None]
    return [_to(orbit, c) for c in cases if (c.loaded().name, c.recovery) in flown for orbit in orbits]
