"""Checks between figures of a vehicle: thrust exceeds weight, throttle limits are in order, orbits can be reached.

The checks read the raw document, not the finished vehicle. So they also run if other keys of the file are wrong, and one
error holds all mistakes of the file. A check ignores a key that is already known to be wrong.
"""

from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Any

from hoverslam.data.constants import STANDARD_GRAVITY
from hoverslam.data.errors import Mistake, did_you_mean, shown
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.places import list_orbits, list_sites, load_orbit, load_site
from hoverslam.vehicles.recovery import FREE, MODES


class Document:
    """Access to a raw document by dotted keys. A value that is missing, wrong or of the wrong type reads as None.

    Attributes:
        content: The document.
    """

    def __init__(self, content: Mapping[str, Any], bad: frozenset[str]) -> None:
        """Wrap a document; ``bad`` holds the dotted keys that are known to be wrong."""
        self.content, self._bad = content, bad

    def plain(self, key: str) -> Any:
        """Return the value at a dotted key."""
        here: Any = self.content
        path = ""
        for part in key.split("."):
            path = f"{path}.{part}" if path else part
            if path in self._bad or not isinstance(here, Mapping):
                return None
            here = here.get(part)
        return here

    def number(self, key: str) -> float | None:
        """Return the value of the figure at a dotted key, in the unit of the key."""
        value = self.plain(f"{key}.value")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e300 or not isfinite(value):
            return None
        return float(value)

    def text(self, key: str) -> str | None:
        """Return the text at a dotted key."""
        value = self.plain(key)
        return value if isinstance(value, str) else None

    def counts(self, key: str) -> list[int]:
        """Return the engine counts at a dotted key, which holds one or a list."""
        value = self.plain(key)
        entries = value if isinstance(value, (list, tuple)) else [value]
        if any(bad.startswith(f"{key}[") for bad in self._bad):
            return []
        return [entry for entry in entries if isinstance(entry, int) and not isinstance(entry, bool)]

    def modes(self) -> list[str] | None:
        """Return the recovery modes other than ``expendable``, or None if the key is wrong."""
        if self.failed("recovery.modes") or any(bad.startswith("recovery.modes[") for bad in self._bad):
            return None
        return list(self.plain("recovery.modes") or ())

    def tables(self, key: str) -> list[tuple[str, Mapping[str, Any]]]:
        """Return the entries of a list of tables that are not known to be wrong, each with its key."""
        entries = self.plain(key)
        if not isinstance(entries, (list, tuple)):
            return []
        named = [(f"{key}[{number}]", entry) for number, entry in enumerate(entries) if isinstance(entry, Mapping)]
        return [(name, entry) for name, entry in named if not any(bad.startswith(name) for bad in self._bad)]

    def has(self, key: str) -> bool:
        """Return whether there is a value at a dotted key."""
        return self.plain(key) is not None

    def failed(self, key: str) -> bool:
        """Return whether the key or a section that contains it is known to be wrong."""
        parts = key.split(".")
        return any(".".join(parts[: n + 1]) in self._bad for n in range(len(parts)))


def cross_checks(content: Mapping[str, Any], bad: frozenset[str]) -> list[Mistake]:
    """Return the mistakes between the keys of a vehicle file.

    Args:
        content: The content of the file.
        bad: Dotted keys that are known to be wrong by themselves.
    """
    document = Document(content, bad)
    return [mistake for check in _CHECKS for mistake in check(document)]


def _in_order(document: Document, smaller: str, larger: str, fix: str, *, equal: bool = True) -> Iterator[Mistake]:
    """Yield a mistake if the figure at ``smaller`` exceeds that at ``larger``, or equals it where that is not accepted."""
    low, high = document.number(smaller), document.number(larger)
    if low is not None and high is not None and (low > high or (low == high and not equal)):
        yield Mistake(smaller, shown(low), f"{fix} ({shown(high)})")


def _orders(document: Document) -> Iterator[Mistake]:
    """Yield figures that must be below another: throttles, specific impulses, residuals, reserves, the mass saving."""
    for engine in ("stage1.engine", "stage2.engine"):
        yield from _in_order(
            document, f"{engine}.throttle_min", f"{engine}.throttle_max", "must not exceed throttle_max"
        )
    for motor in ("stage1.engine", "strap_ons"):
        sea_level, vacuum = f"{motor}.specific_impulse_sea_level_s", f"{motor}.specific_impulse_vacuum_s"
        yield from _in_order(document, sea_level, vacuum, "must be less than specific_impulse_vacuum_s", equal=False)
    for stage in ("stage1", "stage2"):
        load = f"{stage}.propellant_t"
        yield from _in_order(document, f"{stage}.residual_t", load, "must be less than propellant_t", equal=False)
    for throttle in ("boostback_throttle_max", "entry_throttle_max", "landing_throttle_max", "landing_throttle_min"):
        key = f"recovery.{throttle}"
        yield from _in_order(document, key, "stage1.engine.throttle_max", "must not exceed stage1.engine.throttle_max")
        low, value = document.number("stage1.engine.throttle_min"), document.number(key)
        if low is not None and value is not None and value < low:
            yield Mistake(key, shown(value), f"must be at least stage1.engine.throttle_min ({shown(low)})")
    least, most = "recovery.landing_throttle_min", "recovery.landing_throttle_max"
    yield from _in_order(document, least, most, "must not exceed landing_throttle_max")
    saving = "recovery.expendable_dry_mass_saving_t"
    for reserve in ("recovery.landing_reserve_t", "recovery.return_reserve_t"):
        yield from _in_order(
            document, reserve, "stage1.propellant_t", "must be less than stage1.propellant_t", equal=False
        )
    yield from _in_order(document, saving, "stage1.dry_mass_t", "must be less than stage1.dry_mass_t", equal=False)


_MASSES = (
    ("stage1.dry_mass_t", "stage1.propellant_t"),
    ("stage2.dry_mass_t", "stage2.propellant_t"),
    ("fairing.mass_t",),
)


def _lift_off(document: Document) -> Iterator[Mistake]:
    """Yield a mistake unless thrust at the highest throttle exceeds the weight on the pad without payload."""
    engine = "stage1.engine"
    thrust = _product(document.number(f"{engine}.thrust_sea_level_kN"), document.number(f"{engine}.throttle_max"))
    thrust = _product(thrust, *document.counts(f"{engine}.count"))
    parts = [key for keys in _MASSES if keys[0] == "stage1.dry_mass_t" or document.has(keys[0]) for key in keys]
    masses = [document.number(key) for key in parts]
    if document.has("strap_ons"):
        count = document.counts("strap_ons.count")
        motor = _product(document.number("strap_ons.thrust_sea_level_kN"), *count)
        thrust = None if thrust is None or motor is None or not count else thrust + motor
        masses += [_product(document.number(f"strap_ons.{key}"), *count) for key in ("dry_mass_t", "propellant_t")]
    total = sum(mass for mass in masses if mass is not None)
    if thrust is None or not document.counts(f"{engine}.count") or None in masses or total <= 0.0:
        return
    ratio = thrust / (total * STANDARD_GRAVITY)
    if ratio <= 1.0:
        fix = f"lift-off thrust-to-weight is {ratio:.2f} without payload, must be more than 1: {total:.0f} t on the pad"
        yield Mistake(f"{engine}.thrust_sea_level_kN", shown(document.number(f"{engine}.thrust_sea_level_kN")), fix)


def _product(first: float | None, *others: float | None) -> float | None:
    """Return the product, or None if a factor is missing."""
    for other in others:
        first = None if first is None or other is None else first * other
    return first


def _engine_counts(document: Document) -> Iterator[Mistake]:
    """Yield burns of the recovery that light no engine, or more engines than are mounted."""
    if document.plain("recovery.landing_engines") in ([], ()):
        yield Mistake("recovery.landing_engines", "[]", "must name at least one engine, such as [1] or [3, 1]")
    mounted = document.counts("stage1.engine.count")
    for key in ("landing_engines", "entry_engines", "boostback_engines"):
        lit = document.counts(f"recovery.{key}")
        if mounted and lit and max(lit) > mounted[0]:
            value = shown(document.plain(f"recovery.{key}"))
            yield Mistake(f"recovery.{key}", value, f"must not exceed stage1.engine.count ({mounted[0]})")


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
    """Yield ids of sites and orbits that do not exist."""
    sites, orbits = list_sites(), list_orbits()
    references = [("site", sites), ("recovery.landing_site", sites), ("recovery.downrange_site", [*sites, FREE])]
    for key, known in [*references, ("default_orbit", orbits)]:
        name = document.text(key)
        if name is not None and name not in known:
            what = "orbit" if known is orbits else "site"
            yield Mistake(key, shown(name), f"unknown {what}, {did_you_mean(name, known)}")
    for key, entry in document.tables("payload_published"):
        if entry["orbit"] not in orbits:
            yield Mistake(
                f"{key}.orbit", shown(entry["orbit"]), f"unknown orbit, {did_you_mean(entry['orbit'], orbits)}"
            )


def _inclinations(document: Document) -> Iterator[Mistake]:
    """Yield inclinations below the latitude of the launch site, which would need a dog-leg; no flight here has one."""
    try:
        lowest = load_site(document.text("site") or "").lowest_inclination.value
    except VehicleError:
        return
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
            fix = f"{document.text('site')} reaches inclinations from {lowest:.1f} deg only"
            yield Mistake(key, f"{inclination:g} deg", fix)


def _inclination(orbit: str | None) -> float | None:
    """Return the inclination (deg) that an orbit states."""
    if orbit is None or orbit not in list_orbits():
        return None
    inclination = load_orbit(orbit).inclination_deg
    return inclination.value if inclination else None


_REQUIRED = {
    "launch": ("stage2", "fairing", "payload", "default_orbit", "limits.free_molecular_heating_max_W_m2"),
    "recovery": (
        "aero.descent_axial_factor",
        "aero.normal_side_area_ratio",
        "aero.preserved_drag_fraction",
    ),
    "any": (
        "recovery.entry_engines",
        "recovery.entry_throttle_max",
        "recovery.flip_rate_deg_s",
        "recovery.heating_max_kW_m2",
        "recovery.expendable_dry_mass_saving_t",
    ),
    "downrange": ("recovery.downrange_site",),
    "return_to_launch_site": (
        "recovery.landing_site",
        "recovery.boostback_engines",
        "recovery.boostback_throttle_max",
    ),
}


def _parts(document: Document) -> Iterator[Mistake]:
    """Yield sections and keys that a vehicle's status and recovery modes require or exclude."""
    modes = document.modes() or []
    status = document.text("status")
    if status == "test article":
        for key in ("stage2", "fairing", "payload", "strap_ons"):
            if document.has(key):
                yield Mistake(key, "present", "a test article has none: remove it, or change status")
        if modes:
            yield Mistake("recovery.modes", shown(modes), "must be [] for a test article")
        yield from _missing(document, "a test article", ("recovery", *_REQUIRED["recovery"]))
    elif status is not None:
        yield from _missing(document, "a launch vehicle", _REQUIRED["launch"])
    if document.has("recovery") and status != "test article":
        yield from _missing(document, "a vehicle with a recovery", _REQUIRED["recovery"])
    if modes:
        yield from _missing(document, "a vehicle with recovery modes", _REQUIRED["any"])
    for mode in modes:
        yield from _missing(document, f"mode {mode}", _REQUIRED.get(mode, ()))


def _missing(document: Document, who: str, keys: tuple[str, ...]) -> Iterator[Mistake]:
    """Yield the keys that ``who`` needs and that are missing."""
    for key in keys:
        if not document.failed(key) and not document.has(key):
            yield Mistake(key, "missing", f"{who} needs it")


def _published(document: Document) -> Iterator[Mistake]:
    """Yield published payloads that are stated twice, or for a mode that the vehicle does not have."""
    modes = document.modes()
    offered = MODES if modes is None else ("expendable", *modes)
    seen: set[tuple[str, str]] = set()
    for key, entry in document.tables("payload_published"):
        pair = (entry["orbit"], entry["recovery"])
        if pair in seen:
            yield Mistake(key, " ".join(pair), "given twice: keep one entry per orbit and recovery mode")
        if pair[1] not in offered:
            yield Mistake(f"{key}.recovery", shown(pair[1]), "not among recovery.modes")
        seen.add(pair)


_CHECKS: tuple[Callable[[Document], Iterator[Mistake]], ...] = (
    _orders,
    _lift_off,
    _engine_counts,
    _burns,
    _places,
    _inclinations,
    _parts,
    _published,
)
