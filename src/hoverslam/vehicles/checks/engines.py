"""Engines that cannot exist: impulses that contradict, nozzles that do not fit, thrust that the stage cannot hold."""

from collections.abc import Iterator
from math import pi

from hoverslam.data.constants import SEA_LEVEL_PRESSURE, STANDARD_GRAVITY
from hoverslam.data.errors import Mistake
from hoverslam.vehicles.checks.orders import ENGINES
from hoverslam.vehicles.checks.ratios import outside
from hoverslam.vehicles.documents import Document

_UPPER = ("stage2.engine", "stage3.engine")


def _impulses(document: Document) -> Iterator[Mistake]:
    """Yield impulses at sea level and in vacuum that contradict each other, and impulses of no chemical propellant."""
    for engine in (*ENGINES, "strap_ons"):
        yield from outside(
            document,
            (f"{engine}.specific_impulse_sea_level_s", f"{engine}.specific_impulse_vacuum_s"),
            lambda ground, vacuum: min(ground / vacuum, 0.99),  # a greater one is a mistake of order
            0.6, 0.985,
            "is {found} of specific_impulse_vacuum_s, must be {low} to {high} of it: the two impulses contradict each other",
        )  # fmt: skip
    for engine in (*ENGINES, *_UPPER, "strap_ons"):
        yield from outside(
            document, (f"{engine}.specific_impulse_vacuum_s",), lambda vacuum: vacuum, 180.0, 475.0,
            "must be {low} to {high} s in vacuum: chemical propellants give no other impulse",
        )  # fmt: skip


def _exit_area(thrust: float, ground: float, vacuum: float) -> float:
    """Return the exit area (m2) of a nozzle that loses this much between vacuum and sea level; thrust in kN."""
    return 1e3 * thrust * (vacuum / ground - 1.0) / SEA_LEVEL_PRESSURE


def _nozzles(document: Document) -> Iterator[Mistake]:
    """Yield engines whose nozzles need much more room than the base of the stage has."""
    for stage in ("stage1", "side_boosters"):
        engine = f"{stage}.engine"
        keys = (
            f"{engine}.thrust_sea_level_kN", f"{engine}.count", f"{engine}.specific_impulse_sea_level_s",
            f"{engine}.specific_impulse_vacuum_s", f"{stage}.diameter_m",
        )  # fmt: skip
        yield from outside(
            document, keys,
            lambda thrust, count, ground, vacuum, d: count * _exit_area(thrust, ground, vacuum) / (pi / 4.0 * d**2),
            0.0, 2.0,
            f"the nozzles that follow from thrust and impulses cover {{found}} times the base of {stage}, must be at most "
            f"{{high}} times: check thrust, impulses and {stage}.diameter_m",
        )  # fmt: skip


def _thrust_and_mass(document: Document) -> Iterator[Mistake]:
    """Yield stages whose dry mass cannot hold their engines: an engine lifts at most about 200 times its own weight."""
    for stage, thrust in (
        ("stage1", "thrust_sea_level_kN"),
        ("side_boosters", "thrust_sea_level_kN"),
        ("stage2", "thrust_vacuum_kN"),
        ("stage3", "thrust_vacuum_kN"),
    ):
        keys = (f"{stage}.engine.{thrust}", f"{stage}.engine.count", f"{stage}.dry_mass_t")
        yield from outside(
            document, keys, lambda thrust, count, dry: thrust * count / (dry * STANDARD_GRAVITY), 0.2, 100.0,
            f"all engines give {{found}} times the weight of the empty {stage}, must be {{low}} to {{high}} times: check "
            f"the thrust (kN, of one engine) and {stage}.dry_mass_t",
        )  # fmt: skip


def _throttles(document: Document) -> Iterator[Mistake]:
    """Yield throttle floors that no engine has."""
    for engine in (*ENGINES, *_UPPER):
        yield from outside(
            document, (f"{engine}.throttle_min",), lambda floor: floor, 0.05, 1.2,
            "must be at least {low}: a throttle is a fraction of the full thrust",
        )  # fmt: skip
        yield from outside(
            document, (f"{engine}.throttle_max",), lambda ceiling: ceiling, 0.5, 1.2,
            "must be at least {low}: the highest throttle is about 1, the thrust that is stated",
        )  # fmt: skip


CHECKS = (_impulses, _nozzles, _thrust_and_mass, _throttles)
