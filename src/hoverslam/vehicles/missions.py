"""Flights that were flown and observed: vehicle, launch pad, landing site, payload and orbit (``missions.toml``)."""

from functools import cache
from typing import Annotated, Self

from pydantic import model_validator

from hoverslam.data.errors import shown
from hoverslam.data.figures import Figure, Name, Range, Section, Text, mistakes
from hoverslam.data.reading import entry_named, read_entries
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.places import FILES, Orbit, Site, load_site
from hoverslam.vehicles.recovery import RecoveryMode


class Mission(Section):
    """What is known of one flight before it.

    Attributes:
        name: Id of the mission.
        title: Name for readers.
        vehicle: Name of the vehicle.
        site: Id of the launch site.
        landing_site: Id of the landing site, or ``free`` for any place at sea level.
        recovery: Recovery mode.
        fairing: Whether it had a fairing; false for a capsule.
        northward: Which of the two launch azimuths to the orbit's plane was flown.
        payload_kg: Payload.
        engine_rating: Thrust of the engines over that of the vehicle file.
        perigee_altitude_km: Altitude of the perigee.
        apogee_altitude_km: Altitude of the apogee.
        inclination_deg: Inclination.
    """

    name: Name
    title: Text
    vehicle: Text
    site: Text
    landing_site: Text
    recovery: RecoveryMode
    fairing: bool
    northward: bool
    payload_kg: Annotated[Figure, Range(0, 300_000)]
    engine_rating: Annotated[Figure, Range(0.5, 1.5)]
    perigee_altitude_km: Annotated[Figure, Range(80, 100_000)]
    apogee_altitude_km: Annotated[Figure, Range(80, 100_000)]
    inclination_deg: Annotated[Figure, Range(0, 180, closed=True)]

    @model_validator(mode="after")
    def _perigee_below_apogee(self) -> Self:
        """Return the mission; raise an error if the apsides of its orbit are not in order."""
        perigee, apogee = self.perigee_altitude_km, self.apogee_altitude_km
        if perigee.si > apogee.si:
            raise mistakes(
                (".perigee_altitude_km", shown(perigee.value), f"must not exceed the apogee ({apogee.value:g} km)")
            )
        return self

    @property
    def launch_site(self) -> Site:
        """Launch pad."""
        return load_site(self.site)

    @property
    def landing(self) -> Site | None:
        """Landing site of the first stage; None if it is free."""
        return None if self.landing_site == "free" else load_site(self.landing_site)

    @property
    def orbit(self) -> Orbit:
        """Orbit of the payload."""
        return Orbit(
            name=self.name,
            title=self.title,
            perigee_altitude_km=self.perigee_altitude_km,
            apogee_altitude_km=self.apogee_altitude_km,
            inclination_deg=self.inclination_deg,
        )


def load_mission(name: str) -> Mission:
    """Return the mission of an id.

    Raises:
        VehicleError: If there is no such mission; the message suggests a known one.
    """
    return entry_named("mission", name, _missions(), VehicleError)


def list_missions() -> list[str]:
    """Return the ids of all missions."""
    return sorted(_missions())


@cache
def _missions() -> dict[str, Mission]:
    return read_entries(Mission, FILES / "missions.toml", error=VehicleError)
