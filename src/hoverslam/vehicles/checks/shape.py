"""Sizes that do not fit together: slenderness, room for the propellant, diameters of stages, fairing and boosters."""

from collections.abc import Iterator
from math import asin, pi

from hoverslam.data.errors import Mistake
from hoverslam.vehicles.checks.ratios import outside
from hoverslam.vehicles.documents import Document

_STAGES = ("stage1", "side_boosters", "stage2", "stage3")


def _stages(document: Document) -> Iterator[Mistake]:
    """Yield stages that are no bodies of a rocket, and loads that do not fit into their stage."""
    for stage in _STAGES:
        length, diameter, load = f"{stage}.length_m", f"{stage}.diameter_m", f"{stage}.propellant_t"
        yield from outside(
            document, (length, diameter), lambda length, d: length / d, 0.3, 40.0,
            f"is {{found}} times {diameter}, must be {{low}} to {{high}} times",
        )  # fmt: skip
        yield from outside(
            document, (load, diameter, length), lambda load, d, length: load / (pi / 4.0 * d**2 * length), 0.02, 1.6,
            f"gives {{found}} t for each cubic metre of {stage}, must be {{low}} to {{high}}: check {diameter} and {length}",
        )  # fmt: skip


def _diameters(document: Document) -> Iterator[Mistake]:
    """Yield diameters that do not belong on one vehicle."""
    pairs = (
        ("aero.diameter_m", "stage1.diameter_m", 0.7, 3.0),
        ("stage2.diameter_m", "stage1.diameter_m", 0.2, 1.6),
        ("stage3.diameter_m", "stage2.diameter_m", 0.2, 1.6),
        ("fairing.diameter_m", "stage2.diameter_m", 0.5, 3.0),
        ("strap_ons.diameter_m", "stage1.diameter_m", 0.1, 1.6),
        ("side_boosters.diameter_m", "stage1.diameter_m", 0.1, 1.6),
        ("upper_recovery.base_diameter_m", "stage2.diameter_m", 0.5, 2.5),
    )
    for first, second, low, high in pairs:
        yield from outside(
            document, (first, second), lambda one, other: one / other, low, high,
            f"is {{found}} times {second}, must be {{low}} to {{high}} times",
        )  # fmt: skip
    yield from outside(
        document, ("aero.normal_side_area_ratio", "stage1.length_m", "stage1.diameter_m"),
        lambda ratio, length, d: ratio / (4.0 / pi * length / d), 0.4, 2.5,
        "is {found} times what length and diameter of stage1 give (4 / pi x length / diameter), must be {low} to {high} times",
    )  # fmt: skip


def _around(document: Document) -> Iterator[Mistake]:
    """Yield boosters that do not find room around the first stage."""
    for boosters in ("strap_ons", "side_boosters"):
        keys = (f"{boosters}.count", f"{boosters}.diameter_m", "stage1.diameter_m")
        yield from outside(
            document, keys, lambda count, own, core: count * asin(own / (own + core)) / pi, 0.0, 1.0,
            f"need {{found}} times the circumference of stage1: fewer boosters, or a smaller {boosters}.diameter_m",
        )  # fmt: skip


CHECKS = (_stages, _diameters, _around)
