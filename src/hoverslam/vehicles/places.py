"""Launch sites, landing sites (``sites.toml``) and target orbits (``orbits.toml``)."""

from collections.abc import Mapping
from functools import cache
from math import atan, degrees, tan
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import model_validator

from hoverslam.data.constants import EARTH_FLATTENING
from hoverslam.data.errors import shown
from hoverslam.data.figures import Figure, Range, Section, Text, mistakes
from hoverslam.data.reading import checked, entry_named, given_by_user, read_entries
from hoverslam.vehicles.errors import VehicleError

FILES = Path(__file__).parent / "files"  # the TOML files that come with the package


class Site(Section):
    """A place on the ground or at sea.

    Attributes:
        name: Id of the site.
        title: Name for readers.
        kind: Whether it is a launch pad, a landing pad or a zone for a landing ship.
        latitude_deg: Geodetic latitude, north positive.
        longitude_deg: Longitude, east positive.
        elevation_m: Height above sea level.
    """

    name: Text
    title: Text
    kind: Literal["launch pad", "landing pad", "ship zone"]
    latitude_deg: Annotated[Figure, Range(-90, 90, closed=True)]
    longitude_deg: Annotated[Figure, Range(-180, 180, closed=True)]
    elevation_m: Annotated[Figure, Range(-430, 6_000, closed=True)]

    @property
    def latitude(self) -> float:
        """Geodetic latitude (rad)."""
        return self.latitude_deg.si

    @property
    def longitude(self) -> float:
        """Longitude, east positive (rad)."""
        return self.longitude_deg.si

    @property
    def elevation(self) -> float:
        """Height above sea level (m)."""
        return self.elevation_m.si

    @property
    def lowest_inclination(self) -> Figure:
        """Lowest inclination without a dog-leg, from a launch due east: the geocentric latitude."""
        geocentric = degrees(atan((1.0 - EARTH_FLATTENING) ** 2 * tan(abs(self.latitude))))
        return Figure(value=geocentric, unit="deg", status="derived", source=f"geocentric latitude of {self.name}")


class Orbit(Section):
    """A target orbit. Altitudes are measured from the equatorial radius.

    Attributes:
        name: Id of the orbit.
        title: Name for readers.
        perigee_altitude_km: Altitude of the perigee.
        apogee_altitude_km: Altitude of the apogee.
        inclination_deg: Inclination; None if it depends on the vehicle, see ``Vehicle.orbit``.
    """

    name: Text
    title: Text = "given by the user"
    perigee_altitude_km: Annotated[Figure, Range(80, 100_000)]
    apogee_altitude_km: Annotated[Figure, Range(80, 100_000)]
    inclination_deg: Annotated[Figure, Range(0, 180, closed=True)] | None = None

    @model_validator(mode="after")
    def _perigee_below_apogee(self) -> Self:
        perigee, apogee = self.perigee_altitude_km, self.apogee_altitude_km
        if perigee.si > apogee.si:
            fix = f"must not exceed the apogee ({shown(apogee.value)} km)"
            raise mistakes((".perigee_altitude_km", shown(perigee.value), fix))
        return self

    @property
    def perigee_altitude(self) -> float:
        """Altitude of the perigee (m)."""
        return self.perigee_altitude_km.si

    @property
    def apogee_altitude(self) -> float:
        """Altitude of the apogee (m)."""
        return self.apogee_altitude_km.si

    @property
    def inclination(self) -> float:
        """Inclination (rad).

        Raises:
            VehicleError: If the orbit states no inclination. ``Vehicle.orbit`` returns an orbit that states one.
        """
        if self.inclination_deg is None:
            raise VehicleError([f"orbit {self.name}: inclination_deg: missing: use Vehicle.orbit, which sets it"])
        return self.inclination_deg.si

    def with_inclination(self, inclination: Figure) -> "Orbit":
        """Return the same orbit with another inclination (deg)."""
        return self.model_copy(update={"inclination_deg": inclination})


def load_site(name: str) -> Site:
    """Return the site of an id.

    Raises:
        VehicleError: If there is no such site; the message suggests a known one.
    """
    return entry_named("site", name, _sites(), VehicleError)


def load_orbit(orbit: str | Mapping[str, Any]) -> Orbit:
    """Return the orbit of an id, or the orbit described by its keys.

    Args:
        orbit: An id, or a mapping with the keys of ``orbits.toml`` (``perigee_altitude_km``, ``apogee_altitude_km``,
            ``inclination_deg``). Bare numbers are allowed and become figures of status ``estimate``.

    Raises:
        VehicleError: If there is no such orbit, or if the description has mistakes.
    """
    if isinstance(orbit, Mapping):
        return checked(Orbit, {"name": "given", **given_by_user(orbit)}, "orbit", VehicleError)
    return entry_named("orbit", orbit, _orbits(), VehicleError)


def list_sites() -> list[str]:
    """Return the ids of all sites."""
    return sorted(_sites())


def list_orbits() -> list[str]:
    """Return the ids of all orbits."""
    return sorted(_orbits())


@cache
def _sites() -> dict[str, Site]:
    return read_entries(Site, FILES / "sites.toml", error=VehicleError)


@cache
def _orbits() -> dict[str, Orbit]:
    return read_entries(Orbit, FILES / "orbits.toml", error=VehicleError)
