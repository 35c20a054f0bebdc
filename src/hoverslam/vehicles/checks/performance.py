"""Thrust, weight and burn times that no flight has: lift-off, upper stages, boosters, limits that cannot be met."""

from collections.abc import Iterator

from hoverslam.data.constants import STANDARD_GRAVITY
from hoverslam.data.errors import Mistake, shown
from hoverslam.vehicles.checks.masses import lift_off_mass
from hoverslam.vehicles.checks.ratios import numbers, outside
from hoverslam.vehicles.documents import Document

_STRONGEST_LIFT_OFF = 5.0


def lift_off(document: Document) -> Iterator[Mistake]:
    """Yield a mistake unless thrust at the highest throttle exceeds the weight on the pad without payload, within reason."""
    thrust, mass = _lift_off_thrust(document), lift_off_mass(document)
    if thrust is None or mass is None:
        return
    ratio, key = thrust / (mass * STANDARD_GRAVITY), "stage1.engine.thrust_sea_level_kN"
    if ratio <= 1.0:
        fix = f"lift-off thrust-to-weight is {ratio:.2f} without payload, must be more than 1: {mass:.0f} t on the pad"
        yield Mistake(key, shown(document.number(key)), fix)
    elif ratio > _STRONGEST_LIFT_OFF:
        fix = (
            f"lift-off thrust-to-weight is {ratio:.3g} without payload, must be at most {_STRONGEST_LIFT_OFF:g}: "
            f"{mass:.4g} t on the pad; the thrust is that of one engine, in kN"
        )
        yield Mistake(key, shown(document.number(key)), fix)


def _lift_off_thrust(document: Document, throttle: str = "throttle_max") -> float | None:
    """Return the sea-level thrust (kN) of first stage and boosters; None if a figure is missing.

    Args:
        document: The vehicle file.
        throttle: The throttle of the first stage; side boosters burn at their highest.
    """
    thrust = _clustered_thrust(document, "stage1.engine", throttle)
    for boosters in ("strap_ons", "side_boosters"):
        if not document.has(boosters):
            continue
        count = document.counts(f"{boosters}.count")
        motor = (
            document.number("strap_ons.thrust_sea_level_kN")
            if boosters == "strap_ons"
            else _clustered_thrust(document, "side_boosters.engine")
        )
        added = _product(motor, *count)
        thrust = None if thrust is None or added is None or not count else thrust + added
    return thrust


def _clustered_thrust(document: Document, engine: str, throttle: str = "throttle_max") -> float | None:
    """Return the sea-level thrust (kN) of all engines of a stage at a throttle; None if a figure is missing."""
    count = document.counts(f"{engine}.count")
    thrust = _product(document.number(f"{engine}.thrust_sea_level_kN"), document.number(f"{engine}.{throttle}"))
    return _product(thrust, *count) if count else None


def _product(first: float | None, *others: float | None) -> float | None:
    """Return the product, or None if a factor is missing."""
    for other in others:
        first = None if first is None or other is None else first * other
    return first


def burns(document: Document) -> Iterator[Mistake]:
    """Yield a mistake if the burn time of the strap-ons contradicts their thrust, specific impulse and load by over 25 %."""
    keys = ("thrust_sea_level_kN", "specific_impulse_sea_level_s", "propellant_t", "burn_time_s")
    thrust, impulse, load, time = (document.number(f"strap_ons.{key}") for key in keys)
    if thrust and impulse and load and time:
        implied = load * impulse * STANDARD_GRAVITY / thrust
        if not 0.8 < time / implied < 1.25:
            fix = f"thrust, specific impulse and propellant imply {implied:.0f} s; must agree within 25 %"
            yield Mistake("strap_ons.burn_time_s", shown(time), fix)


def _burn_time(load: float, thrust: float, count: float, impulse: float) -> float:
    """Return the time (s) in which all engines of a stage burn its load (t) at full thrust (kN, of one engine)."""
    return load * STANDARD_GRAVITY * impulse / (thrust * count)


def _burn_keys(stage: str) -> tuple[str, str, str, str]:
    where = "vacuum" if stage in ("stage2", "stage3") else "sea_level"
    engine = f"{stage}.engine"
    return (
        f"{stage}.propellant_t", f"{engine}.thrust_{where}_kN", f"{engine}.count", f"{engine}.specific_impulse_{where}_s"
    )  # fmt: skip


def _burn_times(document: Document) -> Iterator[Mistake]:
    """Yield stages that burn for seconds or for hours, and boosters that burn longer than the stage that they help."""
    for stage, low, high in (
        ("stage1", 30.0, 800.0),
        ("side_boosters", 20.0, 500.0),
        ("stage2", 20.0, 3_000.0),
        ("stage3", 10.0, 5_000.0),
    ):
        yield from outside(
            document, _burn_keys(stage), _burn_time, low, high,
            f"is burned in {{found}} s at full thrust, must be {{low}} to {{high}} s: check load, thrust (kN, of one engine), "
            f"number of engines and specific impulse of {stage}",
        )  # fmt: skip
    core, floor = numbers(document, _burn_keys("stage1")), document.number("stage1.engine.throttle_min")
    if core is None or not floor or min(core) <= 0.0:
        return
    longest = _burn_time(*core) / floor
    beside = numbers(document, _burn_keys("side_boosters"))
    own = document.number("strap_ons.burn_time_s")
    if own is not None and own >= longest:
        fix = f"must be less than the burn of stage1 at its throttle floor ({longest:.0f} s)"
        yield Mistake("strap_ons.burn_time_s", shown(own), fix)
    if beside is not None and min(beside) > 0.0 and _burn_time(*beside) >= longest:
        burned = f"is burned in {_burn_time(*beside):.0f} s"
        fix = f"{burned}, must be less than stage1 burns at its throttle floor ({longest:.0f} s)"
        yield Mistake("side_boosters.propellant_t", shown(beside[0]), fix)


def _upper_stages(document: Document) -> Iterator[Mistake]:
    """Yield upper stages whose thrust is far too small or too great for what they carry, without payload."""
    fairing = document.number("fairing.mass_t") or 0.0
    for stage, above, low in (("stage2", "stage3", 0.15), ("stage3", "", 0.05)):
        own = numbers(document, (f"{stage}.dry_mass_t", f"{stage}.propellant_t"))
        carried = numbers(document, (f"{above}.dry_mass_t", f"{above}.propellant_t")) if document.has(above) else [0.0]
        if own is None or carried is None:
            continue
        weight = (sum(own) + sum(carried) + fairing) * STANDARD_GRAVITY
        engine = f"{stage}.engine"
        yield from outside(
            document, (f"{engine}.thrust_vacuum_kN", f"{engine}.count"),
            lambda thrust, count, weight=weight: thrust * count / weight, low, 10.0,
            f"thrust-to-weight of {stage} at ignition is {{found}} without payload, must be {{low}} to {{high}}: the thrust "
            "is that of one engine, in kN",
        )  # fmt: skip
        limit = "limits.upper_axial_acceleration_max_g"
        limit = limit if document.has(limit) else "limits.axial_acceleration_max_g"
        yield from outside(
            document, (limit, f"{engine}.thrust_vacuum_kN", f"{engine}.count", f"{engine}.throttle_min"),
            lambda g, thrust, count, floor, weight=weight: g / (floor * thrust * count / weight), 1.0, 1e9,
            f"is {{found}} of what {stage} gives at its throttle floor at ignition: raise it, or lower the throttle floor",
        )  # fmt: skip


def _limits(document: Document) -> Iterator[Mistake]:
    """Yield limits that the vehicle breaks on the pad, and limits that limit nothing."""
    thrust, mass = _lift_off_thrust(document, "throttle_min"), lift_off_mass(document)
    key = "limits.axial_acceleration_max_g"
    limit = document.number(key)
    if thrust is not None and mass is not None and limit is not None and limit <= thrust / (mass * STANDARD_GRAVITY):
        ratio = thrust / (mass * STANDARD_GRAVITY)
        fix = f"must be more than the acceleration on the pad at the throttle floor, {ratio:.2f} g"
        yield Mistake(key, shown(limit), fix)
    yield from outside(
        document, ("limits.q_alpha_max_kPa_deg", "limits.dynamic_pressure_max_kPa"), lambda load, q: load / q, 0.05, 45.0,
        "allows an angle of attack of {found} deg at dynamic_pressure_max_kPa, must be {low} to {high} deg",
    )  # fmt: skip


CHECKS = (_burn_times, _upper_stages, _limits)
