"""Sites and orbits that a vehicle file names: that they exist, that the launch site reaches them, that pads are apart."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from hoverslam.data.errors import Mistake, did_you_mean, shown
from hoverslam.vehicles.closed_forms import ground_distance
from hoverslam.vehicles.documents import Document
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.places import Site, list_orbits, list_sites, load_orbit, load_site, states_values
from hoverslam.vehicles.recovery import FREE

_NEAREST_DOWNRANGE = 20.0  # km from the pad; nearer is the launch site itself


def _places(document: Document) -> Iterator[Mistake]:
    """Yield ids of sites and orbits that do not exist, and texts of values that are wrong."""
    sites, orbits = list_sites(), list_orbits()
    landing = ("recovery.landing_site", "side_boosters.recovery.landing_site", "upper_recovery.landing_site")
    downrange = ("recovery.downrange_site", "side_boosters.recovery.downrange_site")
    for key in ("site", *landing, *downrange):
        known = [*sites, FREE] if key in downrange else sites
        yield from _unusable(key, document.text(key), "site", known, load_site)
    yield from _unusable("default_orbit", document.text("default_orbit"), "orbit", orbits, load_orbit)
    for key, entry in (*document.tables("payload_published"), *document.tables("event_published")):
        yield from _unusable(f"{key}.orbit", entry["orbit"], "orbit", orbits, load_orbit)


def _unusable(
    key: str, name: str | None, kind: str, known: Sequence[str], load: Callable[[str], object]
) -> Iterator[Mistake]:
    """Yield the mistakes of a text that names a site or an orbit by its id or by its values.

    Args:
        key: Where the text is.
        name: The text; None if there is none.
        kind: ``site`` or ``orbit``.
        known: Accepted ids.
        load: Reads the text.
    """
    if name is None or name in known:
        return
    if not states_values(name):
        yield Mistake(key, shown(name), f"unknown {kind}, {did_you_mean(name, known)}")
        return
    try:
        load(name)
    except VehicleError as error:
        for line in error.mistakes:
            yield Mistake(key, "", line)


def inclinations(document: Document) -> Iterator[Mistake]:
    """Yield inclinations below the latitude of the launch site, which would need a dog-leg; no flight here has one."""
    site = _launch_site(document)
    if site is None:
        return
    lowest = site.lowest_inclination.value
    inclinations = [("inclination_deg", document.number("inclination_deg"))]
    inclinations.append(("default_orbit", _inclination(document.text("default_orbit"))))
    for key, entry in document.tables("payload_published"):
        own = entry.get("inclination_deg")
        if own is not None:
            inclinations.append((f"{key}.inclination_deg", float(own["value"])))
        else:
            inclinations.append((f"{key}.orbit", _inclination(entry["orbit"])))
    for key, inclination in inclinations:
        if inclination is not None and min(inclination, 180.0 - inclination) < lowest:
            fix = f"{site.name} reaches inclinations from {lowest:.1f} to {180.0 - lowest:.1f} deg only"
            yield Mistake(key, f"{inclination:g} deg", fix)


def _launch_site(document: Document) -> Site | None:
    """Return the launch site, or None if the document states none that can be used."""
    site = document.plain("site")
    if not isinstance(site, (str, Mapping, Site)) or document.failed_below("site"):
        return None
    try:
        return load_site(site)
    except VehicleError:
        return None


def _inclination(orbit: str | None) -> float | None:
    """Return the inclination (deg) that an orbit states."""
    if orbit is None:
        return None
    try:
        inclination = load_orbit(orbit).inclination_deg
    except VehicleError:
        return None
    return inclination.value if inclination else None


def _apart(document: Document) -> Iterator[Mistake]:
    """Yield a downrange landing site that lies at the launch pad."""
    pad = _launch_site(document)
    for section in ("recovery", "side_boosters.recovery"):
        key = f"{section}.downrange_site"
        place = document.plain(key)
        if pad is None or not isinstance(place, (str, Mapping, Site)) or place == FREE or document.failed_below(key):
            continue
        try:
            away = ground_distance(pad, load_site(place)) / 1e3
        except VehicleError:
            continue
        if away < _NEAREST_DOWNRANGE:
            fix = (
                f"is {away:.1f} km from the launch pad, must be {_NEAREST_DOWNRANGE:g} km or more downrange: "
                f'name it as landing_site, or write "{FREE}"'
            )
            yield Mistake(key, shown(place) if isinstance(place, str) else "", fix)


CHECKS = (_places, _apart)
