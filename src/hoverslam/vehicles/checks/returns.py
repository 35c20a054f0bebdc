"""Returns that cannot end in a landing: engines that do not lift the stage, counts out of order, a turn that never ends."""

from collections.abc import Iterator

from hoverslam.data.constants import STANDARD_GRAVITY
from hoverslam.data.errors import Mistake, shown
from hoverslam.vehicles.checks.orders import returns_of
from hoverslam.vehicles.checks.ratios import numbers, outside
from hoverslam.vehicles.documents import Document

_GREATEST_RISE = 3  # a landing may light one engine, then three, then one
_STRONGEST_TOUCHDOWN = 5.0  # thrust at the throttle floor over weight


def engine_counts(document: Document) -> Iterator[Mistake]:
    """Yield burns of a return that light no engine, or more engines than are mounted."""
    for section, engine, _ in returns_of(document):
        if document.plain(f"{section}.landing_engines") in ([], ()):
            yield Mistake(f"{section}.landing_engines", "[]", "must name at least one engine, such as [1] or [3, 1]")
        mounted = document.counts(f"{engine}.count")
        for key in ("landing_engines", "entry_engines", "boostback_engines"):
            lit = document.counts(f"{section}.{key}")
            if mounted and lit and max(lit) > mounted[0]:
                value = shown(document.plain(f"{section}.{key}"))
                yield Mistake(f"{section}.{key}", value, f"must not exceed {engine}.count ({mounted[0]})")


def _order_of_counts(document: Document) -> Iterator[Mistake]:
    """Yield landing burns whose engine counts are in no order that a landing has."""
    for section, _, _ in returns_of(document):
        key = f"{section}.landing_engines"
        lit = document.counts(key)
        rises = [place for place in range(1, len(lit)) if lit[place] > lit[place - 1]]
        same = any(lit[place] == lit[place - 1] for place in range(1, len(lit)))
        small = rises in ([], [1]) and all(lit[place] <= _GREATEST_RISE * lit[place - 1] for place in rises)
        if same or not small:
            fix = (
                "must fall from one part of the burn to the next, as [3, 1]; only the second count may be greater than the "
                f"first, at most {_GREATEST_RISE} times, as [1, 3, 1]"
            )
            yield Mistake(key, shown(document.plain(key)), fix)


def _touchdown(document: Document) -> Iterator[Mistake]:
    """Yield landings whose last engines do not lift the stage, or are far too strong for it at their throttle floor."""
    for section, engine, stage in returns_of(document):
        last, throttle = f"{section}.landing_engines", f"{section}.landing_throttle_max"
        lit = document.counts(last)
        masses = numbers(document, (f"{stage}.dry_mass_t", f"{stage}.residual_t", f"{section}.landing_reserve_t"))
        thrust = document.number(f"{engine}.thrust_sea_level_kN")
        ceiling, floor = document.number(throttle), document.number(f"{section}.landing_throttle_min")
        floor = document.number(f"{engine}.throttle_min") if floor is None else floor
        if not lit or masses is None or thrust is None or sum(masses) <= 0.0:
            continue
        full = lit[-1] * thrust / (sum(masses) * STANDARD_GRAVITY)
        engines = f"{lit[-1]} engine{'s' if lit[-1] > 1 else ''}"
        if ceiling is not None and full * ceiling <= 1.0:
            fix = (
                f"{engines} at {throttle} ({ceiling:g}) lift {full * ceiling:.2f} times the weight at touchdown, must be "
                f"more than 1: {sum(masses):.4g} t of {stage}.dry_mass_t, {stage}.residual_t and landing_reserve_t"
            )
            yield Mistake(last, shown(document.plain(last)), fix)
        if floor is not None and full * floor > _STRONGEST_TOUCHDOWN:
            fix = (
                f"{engines} at the throttle floor ({floor:g}) lift {full * floor:.3g} times the weight at touchdown "
                f"({sum(masses):.4g} t), must be at most {_STRONGEST_TOUCHDOWN:g} times: end the burn with fewer engines"
            )
            yield Mistake(last, shown(document.plain(last)), fix)


def _turns(document: Document) -> Iterator[Mistake]:
    """Yield turns of the booster that outlast its flight."""
    for section in ("recovery", "side_boosters.recovery"):
        yield from outside(
            document, (f"{section}.flip_rate_deg_s",), lambda rate: 180.0 / rate, 0.0, 300.0,
            "a half turn takes {found} s, must take at most {high} s",
        )  # fmt: skip


CHECKS = (_order_of_counts, _touchdown, _turns)
