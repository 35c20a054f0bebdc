"""Launch sites, landing sites (``sites.toml``) and target orbits (``orbits.toml``), by id or by values.

A text of numbers states an orbit (``500x500x97.4``: perigee and apogee in km, inclination in deg) or a site
(``28.56x-80.58x5``: latitude and longitude in deg, elevation in m).
"""

import re
from collections.abc import Mapping
from functools import cache
from math import atan, degrees, tan
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import GetCoreSchemaHandler, ValidationError, model_validator
from pydantic_core import CoreSchema, core_schema

from hoverslam.data.constants import EARTH_FLATTENING
from hoverslam.data.errors import Mistake, did_you_mean, shown
from hoverslam.data.figures import Figure, Name, Range, Section, Text, figures_of, mistakes
from hoverslam.data.reading import checked, complaints, given_by_user, read_entries
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.sun_synchronous import sun_synchronous_inclination

FILES = Path(__file__).parent / "files"  # the TOML files that come with the package

SUN_SYNCHRONOUS = "SSO"
"""What the text of an orbit states in place of a sun-synchronous inclination."""

ANY = "ANY"
"""What the text of an orbit states in place of an inclination that ``Vehicle.orbit`` chooses."""

ORBIT_FORM = "PERIGEExAPOGEExINCLINATION in km and deg, such as 500x500x97.4, or 550xSSO for a sun-synchronous circle"
SITE_FORM = "LATITUDExLONGITUDExELEVATION in deg and m, such as 28.56x-80.58x5"

_ROUNDING = 1e-9  # deg; an azimuth is inside limits that it meets up to rounding


class Site(Section):
    """A place on the ground or at sea.

    Attributes:
        name: Id of the site.
        title: Name for readers.
        kind: Whether it is a launch pad, a landing pad or a zone for a landing ship.
        latitude_deg: Geodetic latitude, north positive.
        longitude_deg: Longitude, east positive.
        elevation_m: Height above sea level.
        azimuth_min_deg: Start of the launch azimuths that range safety allows, from north clockwise; None for no limit.
        azimuth_max_deg: End of the allowed azimuths. The sector runs clockwise from the start to the end: 350 to 90 deg
            passes through north.
    """

    name: Name
    title: Text = "given by the user"
    kind: Literal["launch pad", "landing pad", "ship zone"] = "launch pad"
    latitude_deg: Annotated[Figure, Range(-90, 90, closed=True)]
    longitude_deg: Annotated[Figure, Range(-180, 180, closed=True)]
    elevation_m: Annotated[Figure, Range(-430, 6_000, closed=True)]
    azimuth_min_deg: Annotated[Figure, Range(0, 360, closed=True)] | None = None
    azimuth_max_deg: Annotated[Figure, Range(0, 360, closed=True)] | None = None

    @model_validator(mode="after")
    def _both_azimuths(self) -> Self:
        """Return the site; raise an error if it states one azimuth limit only, or two equal ones."""
        low, high = self.azimuth_min_deg, self.azimuth_max_deg
        if (low is None) != (high is None):
            missing, stated = ("min", "max") if low is None else ("max", "min")
            fix = f"add it, or remove azimuth_{stated}_deg: both azimuth limits are stated or none"
            raise mistakes((f".azimuth_{missing}_deg", "missing", fix))
        if low is not None and high is not None and low.value == high.value:
            raise mistakes((".azimuth_max_deg", shown(high.value), "must differ from azimuth_min_deg"))
        return self

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

    def allows_azimuth(self, azimuth: float) -> bool:
        """Return whether a launch azimuth (rad) is inside the limits of the site; True if it has none."""
        if self.azimuth_min_deg is None or self.azimuth_max_deg is None:
            return True
        low, high = self.azimuth_min_deg.value, self.azimuth_max_deg.value
        width = (high - low) % 360.0 or 360.0
        beyond = (degrees(azimuth) - low) % 360.0
        return min(beyond, 360.0 - beyond) < _ROUNDING or beyond <= width + _ROUNDING


class Orbit(Section):
    """A target orbit. Altitudes are measured from the equatorial radius.

    Attributes:
        name: Id of the orbit.
        title: Name for readers.
        perigee_altitude_km: Altitude of the perigee.
        apogee_altitude_km: Altitude of the apogee.
        inclination_deg: Inclination; None if it depends on the vehicle, see ``Vehicle.orbit``.
        argument_of_perigee_deg: Angle from the ascending node to the perigee; None if the perigee may lie anywhere.
    """

    name: Name
    title: Text = "given by the user"
    perigee_altitude_km: Annotated[Figure, Range(80, 100_000)]
    apogee_altitude_km: Annotated[Figure, Range(80, 100_000)]
    inclination_deg: Annotated[Figure, Range(0, 180, closed=True)] | None = None
    argument_of_perigee_deg: Annotated[Figure, Range(0, 360, closed=True)] | None = None

    @model_validator(mode="after")
    def _perigee_below_apogee(self) -> Self:
        """Return the orbit; raise an error if its apsides are not in order, or if a circle states where its perigee is."""
        perigee, apogee = self.perigee_altitude_km, self.apogee_altitude_km
        if perigee.si > apogee.si:
            fix = f"must not exceed the apogee ({shown(apogee.value)} km)"
            raise mistakes((".perigee_altitude_km", shown(perigee.value), fix))
        if perigee.si == apogee.si and self.argument_of_perigee_deg is not None:
            fix = "leave it out: a circular orbit has no perigee"
            raise mistakes((".argument_of_perigee_deg", shown(self.argument_of_perigee_deg.value), fix))
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

    @property
    def argument_of_perigee(self) -> float | None:
        """Angle from the ascending node to the perigee (rad); None if the perigee may lie anywhere."""
        return None if self.argument_of_perigee_deg is None else self.argument_of_perigee_deg.si

    def with_altitudes(self, perigee: float, apogee: float) -> "Orbit":
        """Return an orbit of the same plane with other altitudes of perigee and apogee (m)."""
        figures = {"perigee_altitude_km": perigee, "apogee_altitude_km": apogee}
        return self.model_copy(
            update={
                name: getattr(self, name).model_copy(update={"value": altitude / 1e3, "low": None, "high": None})
                for name, altitude in figures.items()
            }
        )

    def with_inclination(self, inclination: Figure) -> "Orbit":
        """Return the same orbit with another inclination (deg)."""
        return self.model_copy(update={"inclination_deg": inclination})


OrbitLike = Orbit | str | Mapping[str, Any]
"""An orbit, its id, a text such as ``500x500x97.4``, or a mapping with the keys of ``orbits.toml``."""

SiteLike = Site | str | Mapping[str, Any]
"""A site, its id, a text such as ``28.56x-80.58x5``, or a mapping with the keys of ``sites.toml``."""


# ---- sites -----------------------------------------------------------------------------------------------------------
def load_site(site: SiteLike) -> Site:
    """Return the site of an id, or the site described by values.

    Args:
        site: A site, which is returned unchanged; an id; a text ``LATITUDExLONGITUDExELEVATION`` in deg and m, such as
            ``28.56x-80.58x5``, with the azimuth limits in deg behind it where there are any (``28.56x-80.58x5x35x120``);
            or a mapping with the keys of ``sites.toml``. Bare numbers become figures of status ``estimate``. Without a
            ``name`` the site is called by its values, as in the text, so that its name loads it again.

    Raises:
        VehicleError: If there is no such site, or if the description has mistakes.
    """
    if isinstance(site, Site):
        return site
    if isinstance(site, Mapping):
        return _site_of(site, "site")
    if not isinstance(site, str):
        raise VehicleError([Mistake("", shown(site), f"must be an id, a mapping, or {SITE_FORM}").line("site")])
    if site in _sites():
        return _sites()[site]
    numbers = _parts_of(site)
    if numbers is None:
        raise VehicleError([_unknown(site, _sites(), SITE_FORM).line("site")])
    keys = ("latitude_deg", "longitude_deg", "elevation_m", "azimuth_min_deg", "azimuth_max_deg")
    if len(numbers) not in (3, 5) or not all(isinstance(number, float) for number in numbers):
        raise VehicleError([Mistake("", shown(site), f"must be {SITE_FORM}").line("site")])
    return _site_of(dict(zip(keys, numbers, strict=False)), f"site {shown(site)}")


def list_sites() -> list[str]:
    """Return the ids of all sites."""
    return sorted(_sites())


def _site_of(content: Mapping[str, Any], label: str) -> Site:
    """Return the site of a mapping; one without a name is called by its values."""
    _check_name(content, _sites(), label)
    site = checked(Site, {"name": "given", **given_by_user(content)}, label, VehicleError)
    figures = (site.latitude_deg, site.longitude_deg, site.elevation_m, site.azimuth_min_deg, site.azimuth_max_deg)
    name = "x".join(_digits(figure) for figure in figures if figure is not None)
    return site if "name" in content else site.model_copy(update={"name": name})


class _IdOrTable(NamedTuple):
    """Reads a site of a vehicle file: an id or a text of values stays a text, a table becomes a ``Site``."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema by which pydantic reads the annotated field."""
        return core_schema.no_info_plain_validator_function(self._validate)

    def _validate(self, raw: object) -> str | Site:
        """Return the text or the site; raise an error that holds all mistakes of the table."""
        if isinstance(raw, Site):
            return raw
        if isinstance(raw, str):
            if raw.strip():
                return raw.strip()
            raise mistakes(("", shown(raw), "must not be empty"))
        if not isinstance(raw, Mapping):
            raise mistakes(("", shown(raw), f"must be the id of a site, a table, or {SITE_FORM}"))
        try:
            Site.model_validate({"name": "given", **raw})  # a file may hold no bare numbers, which load_site accepts
            return load_site(raw)
        except ValidationError as error:
            found = [(f".{mistake.key}", mistake.value, mistake.fix) for mistake in complaints(error, Site)]
        except VehicleError as error:
            found = [("", "", line) for line in error.mistakes]
        raise mistakes(*found)


Place = Annotated[str | Site, _IdOrTable()]
"""A site in a vehicle file: an id or a text of values (``load_site`` reads both), or a table, which becomes a ``Site``."""


# ---- orbits ----------------------------------------------------------------------------------------------------------
def load_orbit(orbit: OrbitLike) -> Orbit:
    """Return the orbit of an id, or the orbit described by values.

    Args:
        orbit: An orbit, which is returned unchanged; an id; a text ``PERIGEExAPOGEExINCLINATION`` in km and deg, such as
            ``200x35786x28.5``; or a mapping with the keys of ``orbits.toml`` (``perigee_altitude_km``,
            ``apogee_altitude_km``, ``inclination_deg``, ``argument_of_perigee_deg``). In the text, ``550`` is a circle,
            ``550x600`` states no inclination, ``550x600xSSO`` and ``550xSSO`` state the sun-synchronous one, and a fourth
            number is the argument of perigee (deg; without an inclination: ``200x35786xANYx178``). Bare numbers become
            figures of status ``estimate``. Without a ``name`` the orbit is called by its values, as in the text, so that
            its name loads it again.

    Raises:
        VehicleError: If there is no such orbit, or if the description has mistakes.
    """
    if isinstance(orbit, Orbit):
        return orbit
    if isinstance(orbit, Mapping):
        return _orbit_of(orbit, "orbit")
    if not isinstance(orbit, str):
        raise VehicleError([Mistake("", shown(orbit), f"must be an id, a mapping, or {ORBIT_FORM}").line("orbit")])
    if orbit in _orbits():
        return _orbits()[orbit]
    parts = _parts_of(orbit)
    if parts is None:
        raise VehicleError([_unknown(orbit, _orbits(), ORBIT_FORM).line("orbit")])
    if len(parts) == 1 or parts[1] == SUN_SYNCHRONOUS:
        parts = [parts[0], *parts]  # a circle
    keys = ("perigee_altitude_km", "apogee_altitude_km", "inclination_deg", "argument_of_perigee_deg")
    content = dict(zip(keys, parts, strict=False))
    plane = content.get("inclination_deg")
    if plane in (SUN_SYNCHRONOUS, ANY):
        del content["inclination_deg"]
    if len(parts) > len(keys) or not all(isinstance(value, float) for value in content.values()):
        raise VehicleError([Mistake("", shown(orbit), f"must be {ORBIT_FORM}").line("orbit")])
    found = _orbit_of(content, f"orbit {shown(orbit)}")
    return _sun_synchronous(found) if plane == SUN_SYNCHRONOUS else found


def list_orbits() -> list[str]:
    """Return the ids of all orbits."""
    return sorted(_orbits())


def _orbit_of(content: Mapping[str, Any], label: str) -> Orbit:
    """Return the orbit of a mapping; one without a name is called by its values."""
    _check_name(content, _orbits(), label)
    orbit = checked(Orbit, {"name": "given", **given_by_user(content)}, label, VehicleError)
    argument = None if orbit.argument_of_perigee_deg is None else _digits(orbit.argument_of_perigee_deg)
    if orbit.inclination_deg is not None:
        inclination = _digits(orbit.inclination_deg)
        return _called_by_values(orbit, content, inclination, f"{inclination} deg", argument)
    return _called_by_values(orbit, content, None if argument is None else ANY, None, argument)


def _sun_synchronous(orbit: Orbit) -> Orbit:
    """Return the orbit with the sun-synchronous inclination, called by its values."""
    perigee, apogee = orbit.perigee_altitude_km, orbit.apogee_altitude_km
    value = sun_synchronous_inclination(perigee.value, apogee.value)
    inclination = Figure(value=value, unit="deg", status="derived", source="J2 precession of 0.9856 deg a day")
    argument = None if orbit.argument_of_perigee_deg is None else _digits(orbit.argument_of_perigee_deg)
    found = orbit.with_inclination(inclination)
    return _called_by_values(found, {}, SUN_SYNCHRONOUS, "sun-synchronous", argument)


def _called_by_values(
    orbit: Orbit, content: Mapping[str, Any], inclination: str | None, plane: str | None, argument: str | None
) -> Orbit:
    """Return the orbit with a name and a title made of its values, except for those that ``content`` states.

    Args:
        orbit: The orbit.
        content: What the user stated.
        inclination: Inclination in the name.
        plane: Inclination in the title.
        argument: Argument of perigee in both.
    """
    low, high = _digits(orbit.perigee_altitude_km), _digits(orbit.apogee_altitude_km)
    sizes = [f"{figure.value:,.10g}" for figure in (orbit.perigee_altitude_km, orbit.apogee_altitude_km)]
    size = f"{sizes[0]} km circular" if low == high else f"{' x '.join(sizes)} km"
    perigee = None if argument is None else f"argument of perigee {argument} deg"
    made = {
        "name": "x".join(part for part in (low, high, inclination, argument) if part is not None),
        "title": ", ".join(part for part in (size, plane, perigee) if part is not None),
    }
    return orbit.model_copy(update={key: text for key, text in made.items() if key not in content})


def place_row(place: Site | Orbit) -> dict[str, str | float | None]:
    """Return a site or an orbit as one row of a table: its texts and values, and how well known they are and why.

    The keys carry the units. A site has its lowest inclination without a dog-leg as well.
    """
    row: dict[str, str | float | None] = {}
    for key in type(place).model_fields:
        value = getattr(place, key)
        row[key] = value.value if isinstance(value, Figure) else value
    if isinstance(place, Site):
        row["lowest_inclination_deg"] = place.lowest_inclination.value
    figures = [figure for _, figure in figures_of(place)]
    row["status"] = "; ".join(dict.fromkeys(figure.status for figure in figures))
    row["source"] = "; ".join(dict.fromkeys(figure.source for figure in figures))
    return row


# ---- texts of values -------------------------------------------------------------------------------------------------
def states_values(text: str) -> bool:
    """Return whether a text states a site or an orbit by numbers instead of an id."""
    return _parts_of(text) is not None


def _parts_of(text: str) -> list[float | str] | None:
    """Return the numbers and words between the letters ``x`` of a text; None if none of them is a number."""
    parts = [_number_or_word(part) for part in re.split(r"\s*[xX×]\s*", text.strip())]
    return parts if any(isinstance(part, float) for part in parts) else None


def _number_or_word(part: str) -> float | str:
    try:
        return float(part)
    except ValueError:
        return part.upper()


def _digits(figure: Figure) -> str:
    """Return the value of a figure with as few digits as give back the same number."""
    return repr(float(figure.value)).removesuffix(".0")


def _unknown(name: str, known: Mapping[str, Section], form: str) -> Mistake:
    """Return the mistake of an id that does not exist."""
    return Mistake("", shown(name), f"unknown, {did_you_mean(name, known)} (or state values: {form})")


def _check_name(content: Mapping[str, Any], known: Mapping[str, Section], label: str) -> None:
    """Raise an error if a description by values carries the id of a shipped entry, or a name that reads as values."""
    name = content.get("name")
    if isinstance(name, str) and (name in known or states_values(name)):
        fix = "names another entry: choose another name, or leave it out"
        raise VehicleError([Mistake("name", shown(name), fix).line(label)])


# ---- files -----------------------------------------------------------------------------------------------------------
@cache
def _sites() -> dict[str, Site]:
    return read_entries(Site, FILES / "sites.toml", error=VehicleError)


@cache
def _orbits() -> dict[str, Orbit]:
    return read_entries(Orbit, FILES / "orbits.toml", error=VehicleError)
