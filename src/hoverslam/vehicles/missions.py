"""Flights that were flown and seen: vehicle, pad, landing place, payload and orbit (`missions.toml`)."""

from functools import cache
from typing import Annotated

from hoverslam.data.figures import Figure, Range, Section, Text
from hoverslam.data.reading import entry_named, read_entries
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.models import RecoveryMode
from hoverslam.vehicles.places import FILES, Orbit, Site, load_site


class Mission(Section):
    """What is known of one flight beforehand.

    ``landing_site`` is a site's id, or ``free``: anywhere at sea level. ``northward`` tells which of the two azimuths to
    the orbit's plane was flown. ``fairing`` is false for a capsule.
    """

    name: Text
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

    @property
    def launch_site(self) -> Site:
        """The pad."""
        return load_site(self.site)

    @property
    def landing(self) -> Site | None:
        """Where the first stage came down; None if that is free."""
        return None if self.landing_site == "free" else load_site(self.landing_site)

    @property
    def orbit(self) -> Orbit:
        """The orbit that the payload was put into."""
        return Orbit(
            name=self.name,
            title=self.title,
            perigee_altitude_km=self.perigee_altitude_km,
            apogee_altitude_km=self.apogee_altitude_km,
            inclination_deg=self.inclination_deg,
        )


def load_mission(name: str) -> Mission:
    """The mission of that id. Raises VehicleError with a suggestion if there is none."""
    return entry_named("mission", name, _missions(), VehicleError)


def list_missions() -> list[str]:
    """The ids of all missions."""
    return sorted(_missions())


@cache
def _missions() -> dict[str, Mission]:
    return read_entries(Mission, FILES / "missions.toml", error=VehicleError)
