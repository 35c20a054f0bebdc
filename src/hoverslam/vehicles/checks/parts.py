"""Sections and keys that a vehicle's status, parts and modes require or exclude; what is listed twice."""

from collections.abc import Iterator

from hoverslam.data.errors import Mistake, shown
from hoverslam.vehicles.documents import Document
from hoverslam.vehicles.recovery_modes import Body, RecoveryRecipe, list_modes, load_mode

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
    yield from _once(document, "payload_published", ("orbit", "recovery"), "orbit and recovery mode")


def _events(document: Document) -> Iterator[Mistake]:
    """Yield published events that state nothing, are stated twice, or belong to a mode that the vehicle does not have."""
    for key, entry in document.tables("event_published"):
        if entry.get("time_s") is None and entry.get("downrange_km") is None:
            yield Mistake(key, f"{entry['event']} {entry['flight']}", "states nothing: add time_s or downrange_km")
        if entry["event"] == "touchdown" and entry["recovery"] == "expendable":
            yield Mistake(f"{key}.recovery", '"expendable"', "an expended stage has no touchdown: name a recovery mode")
    yield from _once(document, "event_published", ("event", "flight"), "event and flight")


def _once(document: Document, table: str, names: tuple[str, str], per: str) -> Iterator[Mistake]:
    """Yield entries of a table that are stated twice, or for a recovery mode that the vehicle does not have."""
    modes = document.modes()
    offered = tuple(list_modes()) if modes is None else ("expendable", *modes)
    seen: set[tuple[str, str]] = set()
    for key, entry in document.tables(table):
        pair = (entry[names[0]], entry[names[1]])
        if pair in seen:
            yield Mistake(key, " ".join(pair), f"given twice: keep one entry per {per}")
        if entry["recovery"] not in offered:
            yield Mistake(f"{key}.recovery", shown(entry["recovery"]), f"not among {document.modes_key}")
        seen.add(pair)


def _modes_once(document: Document) -> Iterator[Mistake]:
    """Yield recovery modes that are listed twice, and ``expendable``, which every vehicle has."""
    for key in ("recovery.modes", "side_boosters.recovery.modes", "own_modes"):
        listed = document.plain(key)
        if not isinstance(listed, (list, tuple)) or document.failed(key):
            continue
        for mode in dict.fromkeys(mode for mode in listed if isinstance(mode, str)):
            if list(listed).count(mode) > 1:
                yield Mistake(key, shown(list(listed)), f"{mode} is listed twice: list each mode once")
            if mode == "expendable":
                yield Mistake(key, shown(list(listed)), "every vehicle has expendable: leave it out")


CHECKS = (_parts, _returning_bodies, _published, _events, _modes_once)
