"""Where flights start, where boosters come down, and the orbits payloads go to (`sites.toml`, `orbits.toml`)."""

from collections.abc import Mapping
from functools import cache
from math import atan, degrees, tan
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import ValidationError

from hoverslam.data.errors import Mistake, VehicleError, did_you_mean, shown
from hoverslam.data.figures import Figure, Range, Section, Text
from hoverslam.data.reading import complaints, given_by_user, read_toml

FILES = Path(__file__).parent / "files"  # the TOML files that come with the package

_FLATTENING = 1.0 / 298.257223563  # WGS 84


class Site(Section):
    """A place on the ground or at sea: geodetic latitude and longitude (north, east positive), height above the sea."""

    name: Text
    title: Text
    kind: Literal["launch pad", "landing pad", "ship zone"]
    latitude_deg: Annotated[Figure, Range(-90, 90, closed=True)]
    longitude_deg: Annotated[Figure, Range(-180, 180, closed=True)]
    elevation_m: Annotated[Figure, Range(-430, 6_000, closed=True)]

    @property
    def latitude(self) -> float:
        """Geodetic latitude, rad."""
        return self.latitude_deg.si

    @property
    def longitude(self) -> float:
        """Longitude east, rad."""
        return self.longitude_deg.si

    @property
    def elevation(self) -> float:
        """Height above sea level, m."""
        return self.elevation_m.si

    @property
    def lowest_inclination(self) -> Figure:
        """The least inclination reached without a dog-leg, launching due east: the geocentric latitude."""
        geocentric = degrees(atan((1.0 - _FLATTENING) ** 2 * tan(abs(self.latitude))))
        return Figure(value=geocentric, unit="deg", status="derived", source=f"geocentric latitude of {self.name}")


class Orbit(Section):
    """A target orbit. Altitudes count from the equatorial radius; no inclination means: the vehicle decides."""

    name: Text
    title: Text = "given by the user"
    perigee_altitude_km: Annotated[Figure, Range(80, 100_000)]
    apogee_altitude_km: Annotated[Figure, Range(80, 100_000)]
    inclination_deg: Annotated[Figure, Range(0, 180, closed=True)] | None = None

    @property
    def perigee_altitude(self) -> float:
        """Perigee altitude, m."""
        return self.perigee_altitude_km.si

    @property
    def apogee_altitude(self) -> float:
        """Apogee altitude, m."""
        return self.apogee_altitude_km.si

    @property
    def inclination(self) -> float:
        """Inclination, rad. Raises VehicleError while it is undecided; `Vehicle.orbit` decides it."""
        if self.inclination_deg is None:
            raise VehicleError([f"orbit {self.name}: inclination_deg: missing: ask Vehicle.orbit, which settles it"])
        return self.inclination_deg.si

    def with_inclination(self, inclination: Figure) -> "Orbit":
        """The same orbit in a plane of the given inclination (a Figure in degrees)."""
        return self.model_copy(update={"inclination_deg": inclination})


_Entry = TypeVar("_Entry", bound=Section)


def load_site(name: str) -> Site:
    """The site of that id. Raises VehicleError with a suggestion if there is none."""
    return chosen("site", name, _sites())


def load_orbit(orbit: str | Mapping[str, Any]) -> Orbit:
    """The orbit of that id, or one described by its keys (`perigee_altitude_km`, …; bare numbers allowed).

    Raises VehicleError for an unknown id or a description that does not hold together.
    """
    if isinstance(orbit, Mapping):
        return _built("orbit", Orbit, {"name": "given", **given_by_user(orbit)})
    return chosen("orbit", orbit, _orbits())


def list_sites() -> list[str]:
    """The ids of all sites."""
    return sorted(_sites())


def list_orbits() -> list[str]:
    """The ids of all orbits."""
    return sorted(_orbits())


@cache
def _sites() -> dict[str, Site]:
    return table_of("sites.toml", Site)


@cache
def _orbits() -> dict[str, Orbit]:
    return table_of("orbits.toml", Orbit)


def table_of(file: str, model: type[_Entry]) -> dict[str, _Entry]:
    """Every entry of a data file, checked, by its id."""
    content = read_toml(FILES / file, file)
    return {name: _built(f"{file}: {name}", model, {"name": name, **entry}) for name, entry in content.items()}


def _built(label: str, model: type[_Entry], entry: Mapping[str, Any]) -> _Entry:
    try:
        place = model.model_validate(dict(entry))
    except ValidationError as error:
        raise VehicleError([mistake.line(label) for mistake in complaints(error, model)]) from None
    if isinstance(place, Orbit) and place.perigee_altitude > place.apogee_altitude:
        high, low = shown(place.perigee_altitude_km.value), shown(place.apogee_altitude_km.value)
        raise VehicleError([Mistake("perigee_altitude_km", high, f"must not exceed the apogee ({low} km)").line(label)])
    return place


def chosen(what: str, name: str, known: Mapping[str, _Entry]) -> _Entry:
    """The entry of that id. Raises VehicleError with a suggestion if there is none."""
    if name not in known:
        raise VehicleError([Mistake("", shown(name), f"unknown, {did_you_mean(str(name), known)}").line(what)])
    return known[name]
