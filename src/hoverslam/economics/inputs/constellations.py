"""Constellations: how many satellites of which mass, in which orbit, by which dates."""

import datetime
import functools
import itertools
import math
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from hoverslam.data.errors import shown
from hoverslam.data.figures import Section, Sourced, mistakes
from hoverslam.data.reading import read_entries
from hoverslam.economics.inputs.bands import Fraction, Mass, Satellites, Years
from hoverslam.economics.inputs.errors import CostInputError
from hoverslam.economics.inputs.loading import DATA
from hoverslam.vehicles.recovery import RecoveryMode

Count = Annotated[int, Field(ge=0)]


class Milestone(Section):
    """A number of satellites that must be in orbit by a date.

    Attributes:
        satellites: The number.
        deadline: The date.
    """

    satellites: Annotated[int, Field(ge=1)]
    deadline: datetime.date


class LaunchedYear(Sourced):
    """Launches of a constellation in a past year, with which the model is checked.

    Attributes:
        year: The year.
        vehicle: Name of the vehicle.
        recovery: Recovery mode.
        launches: Number of launches.
        satellites: Number of satellites on all of them.
    """

    year: int
    vehicle: str
    recovery: RecoveryMode
    launches: Annotated[int, Field(ge=1)]
    satellites: Annotated[int, Field(ge=1)]

    @property
    def satellites_per_launch(self) -> float:
        """Mean number of satellites on a launch."""
        return self.satellites / self.launches


class FairingLimit(Sourced):
    """The largest number of satellites that a vehicle has carried at once, or that its operator states.

    Attributes:
        vehicle: Name of the vehicle.
        satellites: The number.
    """

    vehicle: str
    satellites: Annotated[int, Field(ge=1)]


class Constellation(Sourced):
    """A constellation of satellites.

    Attributes:
        name: Name for readers.
        orbit: Id of the orbit to which launchers bring the satellites (``orbits.toml``).
        release_orbit: Id of a lower orbit in which satellites are released that raise their orbit themselves; None if there is
            none.
        satellites: Number of satellites of the whole constellation.
        satellite_mass_kg: Launch mass of a satellite.
        satellites_per_launch: Satellites on a launch, as flown or tendered.
        dispenser_fraction: Share of the payload that is not satellites.
        altitude_km: Altitude of the operational orbit.
        plane: Orbital planes, in words.
        life_years: Life of a satellite.
        in_orbit: Satellites in orbit on ``in_orbit_date``.
        in_orbit_date: Date of that count.
        deadline: Date by which the whole constellation must be in orbit; None if there is none.
        milestones: Smaller numbers with earlier dates, all after ``in_orbit_date``.
        launched: Launches of past years, with which the model is checked.
        fairings: Limits of single vehicles.
        for_scale: Names of vehicles that are shown for comparison and are not available to the constellation.
    """

    name: str
    orbit: str
    release_orbit: str | None = None
    satellites: Annotated[int, Field(ge=1)]
    satellite_mass_kg: Mass
    satellites_per_launch: Satellites
    dispenser_fraction: Fraction
    altitude_km: Annotated[float, Field(gt=0)]
    plane: str
    life_years: Years
    in_orbit: Count
    in_orbit_date: datetime.date
    deadline: datetime.date | None = None
    milestones: Annotated[tuple[Milestone, ...], Field(strict=False)] = ()
    launched: Annotated[tuple[LaunchedYear, ...], Field(strict=False)] = ()
    fairings: Annotated[tuple[FairingLimit, ...], Field(strict=False)] = ()
    for_scale: Annotated[tuple[str, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _check_milestones(self) -> Self:
        every = self.every_milestone
        if any(a.satellites >= b.satellites or a.deadline >= b.deadline for a, b in itertools.pairwise(every)):
            shown_dates = shown([str(each.deadline) for each in every])
            raise mistakes((".milestones", shown_dates, "must rise in number and date up to the deadline: sort them"))
        passed = [str(each.deadline) for each in every if each.deadline <= self.in_orbit_date]
        if passed:
            remedy = f"must lie after in_orbit_date ({self.in_orbit_date}): remove those that have passed"
            raise mistakes((".milestones", shown(passed), remedy))
        return self

    @property
    def every_milestone(self) -> tuple[Milestone, ...]:
        """The milestones and, last, the whole constellation at its deadline, if it has one."""
        if self.deadline is None:
            return self.milestones
        return (*self.milestones, Milestone(satellites=self.satellites, deadline=self.deadline))

    def most(self, vehicle: str) -> int:
        """Return the most satellites under the fairing of a vehicle: its own limit, or the high end of the launches seen."""
        limits = (limit.satellites for limit in self.fairings if limit.vehicle == vehicle)
        return next(limits, math.floor(self.satellites_per_launch.high))


@functools.cache
def load_constellations() -> Mapping[str, Constellation]:
    """Return the constellations that come with the package, by key."""
    return read_entries(Constellation, DATA / "constellations.toml", error=CostInputError)
