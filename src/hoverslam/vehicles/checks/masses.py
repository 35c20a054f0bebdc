"""Masses that do not fit together: dry mass and load, residual and reserve, stages, fairing, adapter, published masses."""

from collections.abc import Iterator

from hoverslam.data.constants import STANDARD_GRAVITY
from hoverslam.data.errors import Mistake, shown
from hoverslam.vehicles.checks.orders import returns_of
from hoverslam.vehicles.checks.ratios import numbers, outside
from hoverslam.vehicles.documents import Document

_DRY = (
    # stage, least and most dry mass over propellant
    ("stage1", 0.02, 0.5),
    ("side_boosters", 0.02, 0.5),
    ("strap_ons", 0.03, 0.6),
    ("stage2", 0.02, 1.0),
    ("stage3", 0.02, 1.5),
)
_TEST_ARTICLE_DRY_MOST = 10.0  # a test article carries little propellant


def _dry_masses(document: Document) -> Iterator[Mistake]:
    """Yield dry masses that no structure of that load has."""
    for stage, low, high in _DRY:
        most = _TEST_ARTICLE_DRY_MOST if document.text("status") == "test article" else high
        yield from outside(
            document, (f"{stage}.dry_mass_t", f"{stage}.propellant_t"), lambda dry, load: dry / load, low, most,
            f"is {{found}} of {stage}.propellant_t, must be {{low}} to {{high}} of it",
        )  # fmt: skip


def _left_over(document: Document) -> Iterator[Mistake]:
    """Yield residuals and landing reserves that are a large part of the load, or together more than the load."""
    for stage in ("stage1", "side_boosters", "stage2", "stage3"):
        yield from outside(
            document, (f"{stage}.residual_t", f"{stage}.propellant_t"),
            lambda rest, load: min(rest / load, 0.999), 0.0, 0.05,
            f"is {{found}} of {stage}.propellant_t, must be at most {{high}} of it: what remains in tanks and lines",
        )  # fmt: skip
    for section, _, stage in returns_of(document):
        for reserve in ("landing_reserve_t", "return_reserve_t"):
            key, rest, load = f"{section}.{reserve}", f"{stage}.residual_t", f"{stage}.propellant_t"
            yield from outside(
                document, (key, load), lambda kept, load: kept / load, 0.0, 0.2,
                f"is {{found}} of {load}, must be at most {{high}} of it: the reserve is what is left at touchdown",
            )  # fmt: skip
            figures = numbers(document, (key, rest, load))
            if figures is not None and figures[0] < figures[2] and figures[1] < figures[2] <= figures[0] + figures[1]:
                fix = f"with {rest} ({shown(figures[1])}) it must be less than {load} ({shown(figures[2])})"
                yield Mistake(key, shown(figures[0]), fix)
    for section, stage in (("recovery", "stage1"), ("side_boosters.recovery", "side_boosters")):
        yield from outside(
            document, (f"{section}.expendable_dry_mass_saving_t", f"{stage}.dry_mass_t"),
            lambda saving, dry: min(saving / dry, 0.999), 0.0, 0.5,
            f"is {{found}} of {stage}.dry_mass_t, must be at most {{high}} of it: the mass of the recovery hardware",
        )  # fmt: skip


def _total(document: Document, stage: str) -> float | None:
    """Return dry mass and load of a stage, or of all boosters of a kind (t); zero for a part that the vehicle lacks."""
    if not document.has(stage):
        return None if document.failed(stage) else 0.0
    keys = [f"{stage}.dry_mass_t", f"{stage}.propellant_t"]
    figures = numbers(document, [*keys, f"{stage}.count"] if stage in ("strap_ons", "side_boosters") else keys)
    return None if figures is None else (figures[0] + figures[1]) * (figures[2] if len(figures) > 2 else 1.0)


def _stages(document: Document) -> Iterator[Mistake]:
    """Yield upper stages that are heavier than what carries them, or far too light to be a stage."""
    below = [_total(document, part) for part in ("stage1", "strap_ons", "side_boosters")]
    for stage, carried_by, low in (("stage2", "first stage and boosters", 5e-3), ("stage3", "second stage", 2e-3)):
        if not document.has(stage):
            return
        own, first = _total(document, stage), None if None in below else sum(part for part in below if part is not None)
        if own is not None and first:
            ratio = own / first
            if not low <= ratio <= (1.0 if stage == "stage2" else 1.5):
                fix = f"{stage} has {ratio:.3g} of the mass of the {carried_by}, must be {low:g} to "
                fix += f"{1.0 if stage == 'stage2' else 1.5:g} of it: check dry_mass_t and propellant_t of both"
                yield Mistake(f"{stage}.propellant_t", shown(document.number(f"{stage}.propellant_t")), fix)
        below = [own]


def lift_off_mass(document: Document) -> float | None:
    """Return the mass on the pad without payload and adapter (t); None if a part of it is missing or wrong."""
    parts = [_total(document, part) for part in ("stage1", "stage2", "stage3", "strap_ons", "side_boosters")]
    fairing = document.number("fairing.mass_t") if document.has("fairing") or document.failed("fairing") else 0.0
    known = [part for part in (*parts, fairing) if part is not None]
    return sum(known) if len(known) == len(parts) + 1 and sum(known) > 0.0 else None


def _published(document: Document) -> Iterator[Mistake]:
    """Yield a published lift-off mass unlike the sum of the parts, and published payloads out of proportion."""
    total, stated = lift_off_mass(document), document.number("liftoff_mass_published_t")
    if total is None:
        return
    if stated is not None and not 0.75 <= stated / total <= 1.35:
        fix = f"the parts of this file weigh {total:.4g} t without payload: must be 0.75 to 1.35 of that, or left out"
        yield Mistake("liftoff_mass_published_t", shown(stated), fix)
    thrust, key = document.number("liftoff_thrust_published_kN"), "liftoff_thrust_published_kN"
    if thrust is not None and not 1.0 < thrust / (total * STANDARD_GRAVITY) <= 5.0:
        fix = f"is {thrust / (total * STANDARD_GRAVITY):.3g} of the weight on the pad, must be 1 to 5: in kN, of all engines"
        yield Mistake(key, shown(thrust), fix)
    expended: dict[str, float] = {}
    payloads = []
    for key, entry in document.tables("payload_published"):
        payload = Document(entry, frozenset()).number("payload_t")
        if payload is None:
            continue
        payloads.append((f"{key}.payload_t", payload, str(entry.get("orbit")), entry.get("recovery")))
        if entry.get("recovery") == "expendable":
            expended.setdefault(str(entry.get("orbit")), payload)
    for key, payload, orbit, recovery in payloads:
        if not 3e-4 <= payload / total <= 0.08:
            fix = f"is {payload / total:.3g} of the mass on the pad ({total:.4g} t), must be 0.0003 to 0.08 of it"
            yield Mistake(key, shown(payload), fix)
        elif recovery != "expendable" and payload > expended.get(orbit, payload):
            fix = f"must not exceed the payload of the expendable flight to {orbit} ({shown(expended[orbit])} t)"
            yield Mistake(key, shown(payload), fix)


def _on_top(document: Document) -> Iterator[Mistake]:
    """Yield fairings and adapters whose mass does not fit their size or the stage that carries them."""
    yield from outside(
        document, ("fairing.mass_t", "fairing.diameter_m"), lambda mass, d: mass / d**2, 5e-3, 0.6,
        "is {found} t for each square metre of fairing.diameter_m squared, must be {low} to {high}: both halves together",
    )  # fmt: skip
    yield from outside(
        document, ("payload.adapter_kg", "stage2.dry_mass_t"), lambda adapter, dry: adapter / (1e3 * dry), 0.0, 1.0,
        "is {found} times stage2.dry_mass_t, must be at most as heavy as the empty upper stage",
    )  # fmt: skip


CHECKS = (_dry_masses, _left_over, _stages, _published, _on_top)
