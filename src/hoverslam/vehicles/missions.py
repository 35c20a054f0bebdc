"""Flights that were flown and observed: vehicle, launch pad, landing site, payload and orbit.

Those that come with the package are in ``missions.toml``. A flight of one's own is a TOML file with the same keys, and with
``orbit`` in place of altitudes and inclination if that is shorter (``docs/missions.md``).
"""

import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import model_validator

from hoverslam.data.errors import Mistake, did_you_mean, shown, suggestion
from hoverslam.data.figures import Band, Figure, Name, Range, Section, Text, mistakes
from hoverslam.data.reading import checked, read_entries, read_toml
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.places import FILES, Orbit, Site, load_orbit, load_site
from hoverslam.vehicles.recovery import FREE, RecoveryMode

_ORBIT_KEYS = ("perigee_altitude_km", "apogee_altitude_km", "inclination_deg")
_FILE_KEYS = ("trace", "upper_trace", "events")
_USUAL_RATING = {
    "value": 1.0, "low": 0.96, "high": 1.02, "status": "estimate",
    "source": "engines as in the vehicle file, with the scatter of flown boosters",
}  # fmt: skip


class Mission(Section):
    """What is known of one flight before it.

    Attributes:
        name: Id of the mission.
        title: Name for readers.
        vehicle: Name of the vehicle, or path of its file.
        site: Id of the launch site.
        landing_site: Id of the landing site, or ``free`` for any place at sea level; None for an expended first stage.
        recovery: Recovery mode.
        fairing: Whether it had a fairing; false for a capsule.
        northward: Which of the two launch azimuths to the orbit's plane was flown.
        payload_kg: Payload.
        engine_rating: Thrust of the engines over that of the vehicle file.
        perigee_altitude_km: Altitude of the perigee.
        apogee_altitude_km: Altitude of the apogee.
        inclination_deg: Inclination.
        liftoff_s: Time of lift-off on the clock of the trace, its band four standard errors wide; None if the trace shows it.
        trace: File of the telemetry; None if it is the one with the name of the mission.
        upper_trace: File of the telemetry of the upper stage; None if it is the one with the name of the mission, or if there
            is none.
        events: File of the times of events; None if it is beside the trace, or if they are to be found from the trace.
    """

    name: Name
    title: Text
    vehicle: Text
    site: Text
    landing_site: Text | None = None
    recovery: RecoveryMode
    fairing: bool
    northward: bool
    payload_kg: Annotated[Figure, Range(0, 300_000)]
    engine_rating: Annotated[Figure, Range(0.5, 1.5)]
    perigee_altitude_km: Annotated[Figure, Range(80, 100_000)]
    apogee_altitude_km: Annotated[Figure, Range(80, 100_000)]
    inclination_deg: Annotated[Figure, Range(0, 180, closed=True)]
    liftoff_s: Annotated[Band, Range(-1e6, 1e6)] | None = None
    trace: Text | None = None
    upper_trace: Text | None = None
    events: Text | None = None

    @model_validator(mode="after")
    def _perigee_below_apogee(self) -> Self:
        """Return the mission; raise an error if the apsides of its orbit are not in order."""
        perigee, apogee = self.perigee_altitude_km, self.apogee_altitude_km
        if perigee.si > apogee.si:
            raise mistakes(
                (".perigee_altitude_km", shown(perigee.value), f"must not exceed the apogee ({apogee.value:g} km)")
            )
        return self

    @model_validator(mode="after")
    def _lands_somewhere_unless_expended(self) -> Self:
        """Return the mission; raise an error if a stage that returns has no landing site, or an expended one has."""
        if self.recovery == "expendable" and self.landing_site is not None:
            raise mistakes((".landing_site", shown(self.landing_site), "the first stage is expended: leave it out"))
        if self.recovery != "expendable" and self.landing_site is None:
            raise mistakes((".landing_site", "", f'missing: add landing_site = an id, values, or "{FREE}"'))
        return self

    @property
    def launch_site(self) -> Site:
        """Launch pad."""
        return load_site(self.site)

    @property
    def landing(self) -> Site | None:
        """Landing site of the first stage; None if it is free, or if the stage is expended."""
        return None if self.landing_site in (None, FREE) else load_site(self.landing_site)

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


def load_mission(name_or_path: str | os.PathLike[str]) -> Mission:
    """Return the mission of an id, or the mission that a TOML file states.

    Args:
        name_or_path: An id; or the path of a file. A text is a path if it ends in ``.toml`` or contains a slash. Files that a
            mission names (vehicle, trace, events) are relative to the folder of its file.

    Raises:
        VehicleError: If there is no such mission; the message suggests a known one. Or if the file has mistakes, one line
            each with file, key, value and remedy.
    """
    text = os.fspath(name_or_path)
    if isinstance(name_or_path, str) and not text.endswith(".toml") and not set(text) & {"/", os.sep}:
        if text in _missions():
            return _missions()[text]
        hint = did_you_mean(text, list_missions())
        fix = f"unknown, {hint} (a file of your own ends in .toml)"
        raise VehicleError([Mistake("", shown(text), fix).line("mission")])
    return _of_file(Path(text))


def _of_file(path: Path) -> Mission:
    """Return the mission of a file, checked with the places, the vehicle and the files that it names."""
    label = str(path)
    content = read_toml(path, label, VehicleError)
    mission = checked(Mission, {"engine_rating": _USUAL_RATING, **_with_orbit(content, label)}, label, VehicleError)
    beside = {key: str(path.parent / text) for key in _FILE_KEYS if (text := getattr(mission, key)) is not None}
    if mission.vehicle.endswith(".toml"):
        beside["vehicle"] = str(path.parent / mission.vehicle)
    found = mission.model_copy(update=beside)
    if lines := [mistake.line(label) for mistake in _wrong_in(found)]:
        raise VehicleError(lines)
    return found


def _with_orbit(content: Mapping[str, Any], label: str) -> dict[str, Any]:
    """Return the content of a file with altitudes and inclination in place of ``orbit``, an id or a text of values."""
    if "orbit" not in content:
        return dict(content)
    rest = {key: value for key, value in content.items() if key != "orbit"}
    if twice := [key for key in _ORBIT_KEYS if key in content]:
        raise VehicleError(
            [Mistake(twice[0], "", "states the orbit a second time, beside orbit: keep one").line(label)]
        )
    try:
        orbit = load_orbit(content["orbit"])
    except VehicleError as error:
        raise VehicleError([f"{label}: {line}" for line in error.mistakes]) from None
    if orbit.inclination_deg is None:
        fix = "states no inclination: add it, such as 200x35786x28.5"
        raise VehicleError([Mistake("orbit", shown(content["orbit"]), fix).line(label)])
    figures = {key: getattr(orbit, key).model_dump(exclude={"unit"}, exclude_none=True) for key in _ORBIT_KEYS}
    return rest | figures


def _wrong_in(mission: Mission) -> Iterator[Mistake]:
    """Yield the mistakes that checks of the keys alone do not find: names that do not exist, bands that are missing."""
    for key in ("site", "landing_site"):
        text = getattr(mission, key)
        try:
            if text is not None and (text != FREE or key == "site"):
                load_site(text)
        except VehicleError as error:
            yield Mistake(key, "", error.mistakes[0].removeprefix("site: "))
    try:
        vehicle = load_vehicle(mission.vehicle)
    except VehicleError as error:
        yield Mistake("vehicle", "", error.mistakes[0])
    else:
        if mission.recovery not in vehicle.modes:
            fix = f"{vehicle.name} does not fly it, {suggestion(mission.recovery, vehicle.modes)}"
            yield Mistake("recovery", shown(mission.recovery), fix)
    for key in ("payload_kg", "engine_rating"):
        figure = getattr(mission, key)
        if not figure.low_si < figure.high_si:
            fix = "add low = …, high = …, between which it is known to lie: the band is four standard errors wide"
            yield Mistake(key, shown(figure.value), fix)
    for key in _FILE_KEYS:
        text = getattr(mission, key)
        if text is not None and not Path(text).is_file():
            yield Mistake(key, shown(text, 200), "no such file: its path is relative to the folder of the mission file")


def list_missions() -> list[str]:
    """Return the ids of all missions."""
    return sorted(_missions())


@cache
def _missions() -> dict[str, Mission]:
    return read_entries(Mission, FILES / "missions.toml", error=VehicleError)
