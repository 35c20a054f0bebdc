"""Checks between figures of a vehicle: thrust exceeds weight, throttle limits are in order, orbits can be reached.

The checks read the raw document, not the finished vehicle. So they also run if other keys of the file are wrong, and one
error holds all mistakes of the file. A check ignores a key that is already known to be wrong.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from hoverslam.data.constants import STANDARD_GRAVITY
from hoverslam.data.errors import Mistake, did_you_mean, shown
from hoverslam.vehicles.documents import Document
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.places import Site, list_orbits, list_sites, load_orbit, load_site, states_values
from hoverslam.vehicles.recovery import FREE
from hoverslam.vehicles.recovery_modes import Body, RecoveryRecipe, list_modes, load_mode


def cross_checks(
    content: Mapping[str, Any], bad: frozenset[str], out_of_reach: frozenset[str] = frozenset()
) -> list[Mistake]:
    """Return the mistakes between the keys of a vehicle file.

    Args:
        content: The content of the file.
        bad: Dotted keys that are known to be wrong by themselves.
        out_of_reach: Keys of inclinations and orbits that the launch site need not reach.
    """
    document, of_the_site = Document(content, bad), Document(content, bad | out_of_reach)
    found = [mistake for check in _CHECKS for mistake in check(document)]
    return [*found, *_inclinations(of_the_site)]


def _in_order(document: Document, smaller: str, larger: str, fix: str, *, equal: bool = True) -> Iterator[Mistake]:
    """Yield a mistake if the figure at ``smaller`` exceeds that at ``larger``, or equals it where that is not accepted."""
    low, high = document.number(smaller), document.number(larger)
    if low is not None and high is not None and (low > high or (low == high and not equal)):
        yield Mistake(smaller, shown(low), f"{fix} ({shown(high)})")


def _orders(document: Document) -> Iterator[Mistake]:
    """Yield figures that must be below another: throttles, specific impulses, residuals, the mass saving."""
    for engine in (*_ENGINES, "stage2.engine", "stage3.engine"):
        yield from _in_order(
            document, f"{engine}.throttle_min", f"{engine}.throttle_max", "must not exceed throttle_max"
        )
    for motor in (*_ENGINES, "strap_ons"):
        sea_level, vacuum = f"{motor}.specific_impulse_sea_level_s", f"{motor}.specific_impulse_vacuum_s"
        yield from _in_order(document, sea_level, vacuum, "must be less than specific_impulse_vacuum_s", equal=False)
    for stage in ("stage1", "stage2", "stage3", "side_boosters"):
        load = f"{stage}.propellant_t"
        yield from _in_order(document, f"{stage}.residual_t", load, "must be less than propellant_t", equal=False)
    for section, engine, stage in _returns(document):
        yield from _return_orders(document, section, engine, f"{stage}.propellant_t")
    for section, stage in (("recovery", "stage1"), ("side_boosters.recovery", "side_boosters")):
        saving, dry = f"{section}.expendable_dry_mass_saving_t", f"{stage}.dry_mass_t"
        yield from _in_order(document, saving, dry, f"must be less than {dry}", equal=False)


def _return_orders(document: Document, section: str, engine: str, load: str) -> Iterator[Mistake]:
    """Yield throttles of a return that its engine cannot have, and reserves above the propellant load.

    Args:
        document: The vehicle file.
        section: Key of the section of the return.
        engine: Key of the engine that is lit.
        load: Key of the propellant load.
    """
    for throttle in ("boostback_throttle_max", "entry_throttle_max", "landing_throttle_max", "landing_throttle_min"):
        key = f"{section}.{throttle}"
        yield from _in_order(document, key, f"{engine}.throttle_max", f"must not exceed {engine}.throttle_max")
        low, value = document.number(f"{engine}.throttle_min"), document.number(key)
        if low is not None and value is not None and value < low:
            yield Mistake(key, shown(value), f"must be at least {engine}.throttle_min ({shown(low)})")
    least, most = f"{section}.landing_throttle_min", f"{section}.landing_throttle_max"
    yield from _in_order(document, least, most, "must not exceed landing_throttle_max")
    for reserve in ("landing_reserve_t", "return_reserve_t"):
        yield from _in_order(document, f"{section}.{reserve}", load, f"must be less than {load}", equal=False)


_ENGINES = ("stage1.engine", "side_boosters.engine", "upper_recovery.landing_engine")
"""Engines that are described at sea level."""


def _returns(document: Document) -> Iterator[tuple[str, str, str]]:
    """Yield the section of each body's return, the engine that is lit in it and the stage that returns, as keys."""
    last = "stage3" if document.has("stage3") else "stage2"
    yield from (
        ("recovery", "stage1.engine", "stage1"),
        ("side_boosters.recovery", "side_boosters.engine", "side_boosters"),
        ("upper_recovery", "upper_recovery.landing_engine", last),
    )


_MASSES = (
    ("stage1.dry_mass_t", "stage1.propellant_t"),
    ("stage2.dry_mass_t", "stage2.propellant_t"),
    ("stage3.dry_mass_t", "stage3.propellant_t"),
    ("fairing.mass_t",),
)


def _lift_off(document: Document) -> Iterator[Mistake]:
    """Yield a mistake unless thrust at the highest throttle exceeds the weight on the pad without payload."""
    thrust = _clustered_thrust(document, "stage1.engine")
    parts = [key for keys in _MASSES if keys[0] == "stage1.dry_mass_t" or document.has(keys[0]) for key in keys]
    masses = [document.number(key) for key in parts]
    for boosters in ("strap_ons", "side_boosters"):
        if not document.has(boosters):
            continue
        count = document.counts(f"{boosters}.count")
        if boosters == "strap_ons":
            motor = document.number("strap_ons.thrust_sea_level_kN")
        else:
            motor = _clustered_thrust(document, "side_boosters.engine")
        added = _product(motor, *count)
        thrust = None if thrust is None or added is None or not count else thrust + added
        masses += [_product(document.number(f"{boosters}.{key}"), *count) for key in ("dry_mass_t", "propellant_t")]
    total = sum(mass for mass in masses if mass is not None)
    if thrust is None or None in masses or total <= 0.0:
        return
    ratio = thrust / (total * STANDARD_GRAVITY)
    if ratio <= 1.0:
        key = "stage1.engine.thrust_sea_level_kN"
        fix = f"lift-off thrust-to-weight is {ratio:.2f} without payload, must be more than 1: {total:.0f} t on the pad"
        yield Mistake(key, shown(document.number(key)), fix)


def _clustered_thrust(document: Document, engine: str) -> float | None:
    """Return the sea-level thrust (kN) of all engines of a stage at their highest throttle; None if a figure is missing."""
    count = document.counts(f"{engine}.count")
    thrust = _product(document.number(f"{engine}.thrust_sea_level_kN"), document.number(f"{engine}.throttle_max"))
    return _product(thrust, *count) if count else None


def _product(first: float | None, *others: float | None) -> float | None:
    """Return the product, or None if a factor is missing."""
    for other in others:
        first = None if first is None or other is None else first * other
    return first


def _engine_counts(document: Document) -> Iterator[Mistake]:
    """Yield burns of a return that light no engine, or more engines than are mounted."""
    for section, engine, _ in _returns(document):
        if document.plain(f"{section}.landing_engines") in ([], ()):
            yield Mistake(f"{section}.landing_engines", "[]", "must name at least one engine, such as [1] or [3, 1]")
        mounted = document.counts(f"{engine}.count")
        for key in ("landing_engines", "entry_engines", "boostback_engines"):
            lit = document.counts(f"{section}.{key}")
            if mounted and lit and max(lit) > mounted[0]:
                value = shown(document.plain(f"{section}.{key}"))
                yield Mistake(f"{section}.{key}", value, f"must not exceed {engine}.count ({mounted[0]})")


def _burns(document: Document) -> Iterator[Mistake]:
    """Yield a mistake if the burn time of the strap-ons contradicts their thrust, specific impulse and load by over 25 %."""
    keys = ("thrust_sea_level_kN", "specific_impulse_sea_level_s", "propellant_t", "burn_time_s")
    thrust, impulse, load, time = (document.number(f"strap_ons.{key}") for key in keys)
    if thrust and impulse and load and time:
        implied = load * impulse * STANDARD_GRAVITY / thrust
        if not 0.8 < time / implied < 1.25:
            fix = f"thrust, specific impulse and propellant imply {implied:.0f} s; must agree within 25 %"
            yield Mistake("strap_ons.burn_time_s", shown(time), fix)


def _places(document: Document) -> Iterator[Mistake]:
    """Yield ids of sites and orbits that do not exist, and texts of values that are wrong."""
    sites, orbits = list_sites(), list_orbits()
    landing = ("recovery.landing_site", "side_boosters.recovery.landing_site", "upper_recovery.landing_site")
    downrange = ("recovery.downrange_site", "side_boosters.recovery.downrange_site")
    for key in ("site", *landing, *downrange):
        known = [*sites, FREE] if key in downrange else sites
        yield from _unusable(key, document.text(key), "site", known, load_site)
    yield from _unusable("default_orbit", document.text("default_orbit"), "orbit", orbits, load_orbit)
    for key, entry in document.tables("payload_published"):
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


def _inclinations(document: Document) -> Iterator[Mistake]:
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
            fix = f"{site.name} reaches inclinations from {lowest:.1f} deg only"
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


_FLIGHT_TO_ORBIT = ("stage2", "payload", "default_orbit")
_DESCENT = ("aero.descent_axial_factor", "aero.normal_side_area_ratio", "aero.preserved_drag_fraction")
_LAUNCH_ONLY = ("stage2", "stage3", "fairing", "payload", "strap_ons", "side_boosters", "upper_recovery", "own_modes")
_ANY_RETURN = (
    "entry_engines",
    "entry_throttle_max",
    "flip_rate_deg_s",
    "heating_max_kW_m2",
    "expendable_dry_mass_saving_t",
)
"""Keys that the return of a first stage or of side boosters needs in every mode."""
_BOOSTBACK = ("boostback_engines", "boostback_throttle_max")
_OF_RECIPE = {"moving_ship": ("ship_speed_m_s",), "tower_catch": ("catch_height_m",)}
"""Keys that a recipe needs in addition."""
_RETURN_SECTIONS: dict[Body, str] = {
    "core": "recovery",
    "side_boosters": "side_boosters.recovery",
    "upper_stage": "upper_recovery",
}
"""The section of each body's return."""


def _parts(document: Document) -> Iterator[Mistake]:
    """Yield sections and keys that a vehicle's status and parts require or exclude."""
    status = document.text("status")
    if status == "test article":
        for key in _LAUNCH_ONLY:
            if document.has(key):
                yield Mistake(key, "present", "a test article has none: remove it, or change status")
        modes = document.plain("recovery.modes")
        if modes and not document.failed("recovery.modes"):
            yield Mistake("recovery.modes", shown(modes), "must be [] for a test article")
        yield from _missing(document, "a test article", ("recovery", *_DESCENT))
    elif status is not None:
        yield from _missing(document, "a launch vehicle", _FLIGHT_TO_ORBIT)
        if document.has("fairing") or document.failed("fairing"):
            yield from _missing(document, "a vehicle with a fairing", ("limits.free_molecular_heating_max_W_m2",))
    if (document.has("recovery") or document.has("side_boosters.recovery")) and status != "test article":
        yield from _missing(document, "a vehicle with a recovery", _DESCENT)
    if document.has("side_boosters") and document.has("strap_ons"):
        yield Mistake(
            "strap_ons", "present", "beside [side_boosters]: a vehicle has one kind of boosters, remove the other"
        )


def _returning_bodies(document: Document) -> Iterator[Mistake]:
    """Yield sections and keys that the recovery modes of the vehicle require."""
    modes = document.modes() or []
    flown = [(mode, body, recipe) for mode in modes for body, recipe in _recipes_of(mode)]
    absent = []
    for body, section in _RETURN_SECTIONS.items():
        mode = next((mode for mode, returning, _ in flown if returning == body), None)
        if mode is None:
            continue
        if not document.has(section):
            absent.append(body)
            if not document.failed(section):
                yield Mistake(section, "missing", f"mode {mode} needs it")
        elif body != "upper_stage":
            who = "a vehicle with recovery modes" if body == "core" else "a booster that returns"
            yield from _missing(document, who, tuple(f"{section}.{key}" for key in _ANY_RETURN))
    seen: set[str] = set()
    for mode, body, recipe in flown:
        if body in absent:
            continue
        needed = (
            recipe.target,
            *(_BOOSTBACK if "boostback" in recipe.segments else ()),
            *_OF_RECIPE.get(recipe.name, ()),
        )
        keys = [f"{_RETURN_SECTIONS[body]}.{key}" for key in needed]
        yield from _missing(document, f"mode {mode}", tuple(key for key in keys if key not in seen))
        seen.update(keys)


def _recipes_of(mode: str) -> list[tuple[Body, RecoveryRecipe]]:
    """Return the bodies that return in a mode, each with its recipe; none for a mode that is not known."""
    if mode not in list_modes():
        return []
    found = load_mode(mode)
    recipes = [(body, found.recipe(body)) for body in _RETURN_SECTIONS]
    return [(body, recipe) for body, recipe in recipes if recipe is not None]


def _missing(document: Document, who: str, keys: tuple[str, ...]) -> Iterator[Mistake]:
    """Yield the keys that ``who`` needs and that are missing."""
    for key in keys:
        if not document.failed(key) and not document.has(key):
            yield Mistake(key, "missing", f"{who} needs it")


def _published(document: Document) -> Iterator[Mistake]:
    """Yield published payloads that are stated twice, or for a mode that the vehicle does not have."""
    modes = document.modes()
    offered = tuple(list_modes()) if modes is None else ("expendable", *modes)
    seen: set[tuple[str, str]] = set()
    for key, entry in document.tables("payload_published"):
        pair = (entry["orbit"], entry["recovery"])
        if pair in seen:
            yield Mistake(key, " ".join(pair), "given twice: keep one entry per orbit and recovery mode")
        if pair[1] not in offered:
            yield Mistake(f"{key}.recovery", shown(pair[1]), f"not among {document.modes_key}")
        seen.add(pair)


_CHECKS: tuple[Callable[[Document], Iterator[Mistake]], ...] = (
    _orders,
    _lift_off,
    _engine_counts,
    _burns,
    _places,
    _parts,
    _returning_bodies,
    _published,
)
