"""Reachability with probability: how far the pad may move, and when an engine may fail, for how many of the flights to land.

Both fly the same disturbed samples at every point of a grid and count those that land; points are therefore compared without
the scatter between samples, and the interval at each is that of Clopper and Pearson. The reference is not planned anew:
this is what guidance reaches from where it was told to go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hoverslam.margins.analysis.statistics import Success, clopper_pearson
from hoverslam.margins.disturbances.dispersions import BURNS, DispersionTable
from hoverslam.margins.disturbances.draws import Perturbations, Scheme, draw
from hoverslam.margins.disturbances.touchdown import CAUSES, LANDED, TouchdownLimits, causes_of
from hoverslam.margins.guidance.reference import Reference
from hoverslam.vehicles.models import Vehicle

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

FARTHEST = 100e3  # m; further away the reference says nothing of the way


class Flies(Protocol):
    """What is needed of a :class:`hoverslam.margins.campaigns.flyer.Flyer`."""

    @property
    def vehicle(self) -> Vehicle:
        """What flies."""

    @property
    def reference(self) -> Reference:
        """The optimum it follows."""

    @property
    def table(self) -> DispersionTable:
        """Its dispersions."""

    @property
    def seed(self) -> int:
        """Of the draws."""

    @property
    def scheme(self) -> Scheme:
        """Of the draws."""

    @property
    def total(self) -> int | None:
        """Of the draws."""

    def fly(self, perturbations: Perturbations) -> dict[str, np.ndarray]:
        """Columns ``(n,)`` by name."""


@dataclass(frozen=True, eq=False)
class Footprint:
    """Landings for each place of the pad.

    Attributes:
        offsets: ``(m, 2)`` m by which the pad was moved: along the reference's first axis at the pad, and to its left.
        landed: ``(m,)`` flights of `samples`.
        samples, confidence: at each place, and of the intervals.
        causes: flights lost at each place, ``(m,)`` by cause; causes that took none are left out.
    """

    offsets: Floats
    landed: Counts
    samples: int
    confidence: float
    causes: dict[str, Counts] = field(repr=False)

    @property
    def success(self) -> Success:
        """Share that landed with its interval, each ``(m,)``."""
        return _success(self.landed, self.samples, self.confidence)

    def as_json(self) -> dict[str, Any]:
        """Places, counts and intervals."""
        return {"offsets": self.offsets.tolist(), **_as_json(self.landed, self.samples, self.confidence, self.causes)}


@dataclass(frozen=True, eq=False)
class EngineOutSurvival:
    """Landings for each time at which an engine fails.

    Attributes:
        burns: those of the recovery, in their order.
        shares: ``(s,)`` of the burn's planned duration after which the engine fails.
        landed: ``(b, s)`` flights of `samples`.
        without_failure: flights of `samples` that landed with all engines.
        samples, confidence: at each point, and of the intervals.
        causes: flights lost at each point, ``(b, s)`` by cause; causes that took none are left out.
    """

    burns: tuple[str, ...]
    shares: Floats
    landed: Counts
    without_failure: int
    samples: int
    confidence: float
    causes: dict[str, Counts] = field(repr=False)

    @property
    def success(self) -> Success:
        """Share that landed with its interval, each ``(b, s)``."""
        return _success(self.landed, self.samples, self.confidence)

    def as_json(self) -> dict[str, Any]:
        """Times, counts and intervals."""
        return {
            "burns": list(self.burns),
            "shares": self.shares.tolist(),
            "without_failure": self.without_failure,
            **_as_json(self.landed, self.samples, self.confidence, self.causes),
        }


def footprint(
    flyer: Flies,
    offsets: ArrayLike,
    numbers: ArrayLike,
    limits: TouchdownLimits | None = None,
    reserve: float | None = None,
    confidence: float = 0.9,
) -> Footprint:
    """Move the pad at cut-off and count landings.

    A pad that moves is a booster that moves the other way: position and velocity at cut-off are turned about the centre of
    a sphere below the pad, so that height and speed stay. What the Earth's rotation and flattening do differently there
    is left out: within 100 km a fraction of a per cent of either.

    Args:
        flyer: flies given perturbations.
        offsets: ``(m, 2)`` m along the reference's first axis at the pad, and to its left.
        numbers: ``(n,)`` of the samples flown at each place.
        limits: of a landing; those of the vehicle if left out.
        reserve: kg to judge the propellant by; None for as much as it takes.
        confidence: of the intervals.

    Raises:
        ValueError: for offsets of another shape or beyond 100 km, or no samples.
    """
    places = np.asarray(offsets, dtype=float)
    if places.ndim != 2 or places.shape[1] != 2 or not len(places):
        raise ValueError(f"offsets: shape {places.shape}: give m rows of metres along and to the left")
    if not np.all(np.linalg.norm(places, axis=1) <= FARTHEST):
        raise ValueError(f"offsets: up to {np.abs(places).max():g} m: stay within {FARTHEST:g} m")
    drawn = _drawn(flyer, numbers)
    causes = [_causes(flyer, moved(flyer.reference, drawn, place), limits, reserve) for place in places]
    landed, lost = _counted(np.array(causes))
    return Footprint(places, landed, len(causes[0]), confidence, lost)


def engine_out_survival(
    flyer: Flies,
    shares: ArrayLike,
    numbers: ArrayLike,
    limits: TouchdownLimits | None = None,
    reserve: float | None = None,
    confidence: float = 0.9,
) -> EngineOutSurvival:
    """Let one engine fail in each burn of the recovery at given times and count landings.

    Args:
        flyer: flies given perturbations; what its table says of an engine out is not used.
        shares: ``(s,)`` at least 0 (it does not start) and below 1, of the burn's planned duration.
        numbers: ``(n,)`` of the samples flown at each point.
        limits, reserve, confidence: as for :func:`footprint`.

    Raises:
        ValueError: for shares outside 0 to 1, or no samples.
    """
    times = np.asarray(shares, dtype=float)
    if times.ndim != 1 or not len(times) or not np.all((times >= 0.0) & (times < 1.0)):
        raise ValueError(f"shares = {times.tolist()}: give a list of numbers from 0 to below 1")
    drawn = _drawn(flyer, numbers)
    flown = [(i, name) for i, name in enumerate(BURNS, 1) if name != "boostback" or name in flyer.reference.legs]

    def causes(burn: int, share: float) -> NDArray[np.str_]:
        return _causes(flyer, _failing(drawn, burn, share), limits, reserve)

    whole = causes(0, 0.0)
    landed, lost = _counted(np.array([[causes(burn, share) for share in times] for burn, _ in flown]))
    names = tuple(name for _, name in flown)
    return EngineOutSurvival(names, times, landed, int(np.sum(whole == LANDED)), len(whole), confidence, lost)


def moved(reference: Reference, perturbations: Perturbations, offset: Sequence[float] | Floats) -> Perturbations:
    """Perturbations whose cut-off lies to the pad as it would to one moved by ``offset`` ``(2,)`` (m, along and left)."""
    first = next(iter(reference.legs.values()))
    centre = np.array([0.0, 0.0, -float(np.linalg.norm(reference.frame.origin))])
    turn = _turn(np.asarray(offset, dtype=float), -centre[2])
    position = first.position[0] + perturbations.staging_position
    velocity = first.velocity[0] + perturbations.staging_velocity
    return perturbations._replace(
        staging_position=(position - centre) @ turn.T + centre - first.position[0],
        staging_velocity=velocity @ turn.T - first.velocity[0],
    )


def _turn(offset: Floats, radius: float) -> Floats:
    """Rotation ``(3, 3)`` below the pad that takes a place ``offset`` ``(2,)`` beside it (m, along the ground) to the pad."""
    size = float(np.linalg.norm(offset))
    if size == 0.0:
        return np.eye(3)
    way, up = np.append(offset, 0.0) / size, np.array([0.0, 0.0, 1.0])
    angle = size / radius
    plane, swap = np.outer(up, up) + np.outer(way, way), np.outer(up, way) - np.outer(way, up)
    return np.asarray(np.eye(3) + (np.cos(angle) - 1.0) * plane + np.sin(angle) * swap)


def _drawn(flyer: Flies, numbers: ArrayLike) -> Perturbations:
    if not np.size(numbers):
        raise ValueError("numbers: none: give the numbers of the samples to fly, such as range(1000)")
    return draw(flyer.table, flyer.seed, np.asarray(numbers), flyer.scheme, flyer.total)


def _failing(perturbations: Perturbations, burn: int, share: float) -> Perturbations:
    """The same flights with an engine that fails in burn 1 to 3, or with none that does (0)."""
    burns = np.full_like(perturbations.engine_out_burn, burn)
    return perturbations._replace(engine_out_burn=burns, engine_out_share=np.full(len(burns), share))


def _causes(
    flyer: Flies, perturbations: Perturbations, limits: TouchdownLimits | None, reserve: float | None
) -> NDArray[np.str_]:
    kept = TouchdownLimits.of(flyer.vehicle) if limits is None else limits
    return causes_of(flyer.fly(perturbations), kept, reserve)


def _counted(causes: NDArray[np.str_]) -> tuple[Counts, dict[str, Counts]]:
    """Landed flights and the lost ones by cause, over the last axis."""
    lost = {cause: np.sum(causes == cause, axis=-1) for cause in CAUSES}
    return np.sum(causes == LANDED, axis=-1), {cause: number for cause, number in lost.items() if number.any()}


def _success(landed: Counts, samples: int, confidence: float) -> Success:
    return Success(landed / samples, *clopper_pearson(landed, samples, confidence))


def _as_json(landed: Counts, samples: int, confidence: float, causes: Mapping[str, Counts]) -> dict[str, Any]:
    success = _success(landed, samples, confidence)
    return {
        "samples": samples,
        "confidence": confidence,
        "landed": landed.tolist(),
        "low": success.low.tolist(),
        "high": success.high.tolist(),
        "causes": {cause: number.tolist() for cause, number in causes.items()},
    }
