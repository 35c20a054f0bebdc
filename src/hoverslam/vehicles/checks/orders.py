"""Figures that must be below another: throttles, specific impulses, residuals, reserves."""

from collections.abc import Iterator

from hoverslam.data.errors import Mistake, shown
from hoverslam.vehicles.documents import Document

ENGINES = ("stage1.engine", "side_boosters.engine", "upper_recovery.landing_engine")
"""Engines that are described at sea level."""


def returns_of(document: Document) -> Iterator[tuple[str, str, str]]:
    """Yield the section of each body's return, the engine that is lit in it and the stage that returns, as keys."""
    last = "stage3" if document.has("stage3") else "stage2"
    yield from (
        ("recovery", "stage1.engine", "stage1"),
        ("side_boosters.recovery", "side_boosters.engine", "side_boosters"),
        ("upper_recovery", "upper_recovery.landing_engine", last),
    )


def _in_order(document: Document, smaller: str, larger: str, fix: str, *, equal: bool = True) -> Iterator[Mistake]:
    """Yield a mistake if the figure at ``smaller`` exceeds that at ``larger``, or equals it where that is not accepted."""
    low, high = document.number(smaller), document.number(larger)
    if low is not None and high is not None and (low > high or (low == high and not equal)):
        yield Mistake(smaller, shown(low), f"{fix} ({shown(high)})")


def _orders(document: Document) -> Iterator[Mistake]:
    """Yield figures that must be below another: throttles, specific impulses, residuals, the mass saving."""
    for engine in (*ENGINES, "stage2.engine", "stage3.engine"):
        yield from _in_order(
            document, f"{engine}.throttle_min", f"{engine}.throttle_max", "must not exceed throttle_max"
        )
    for motor in (*ENGINES, "strap_ons"):
        sea_level, vacuum = f"{motor}.specific_impulse_sea_level_s", f"{motor}.specific_impulse_vacuum_s"
        yield from _in_order(document, sea_level, vacuum, "must be less than specific_impulse_vacuum_s", equal=False)
    for stage in ("stage1", "stage2", "stage3", "side_boosters"):
        load = f"{stage}.propellant_t"
        yield from _in_order(document, f"{stage}.residual_t", load, "must be less than propellant_t", equal=False)
    for section, engine, stage in returns_of(document):
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


CHECKS = (_orders,)
