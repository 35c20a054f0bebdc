"""How many flights land if the pad is moved, and how many if an engine fails.

Both analyses fly the same disturbed samples at every point of a grid and count those that land. Points are therefore compared
without the scatter between samples; the interval at each point is that of Clopper and Pearson. The optimal recovery is not
solved again: the result says what guidance reaches from its planned path.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hoverslam.margins.analysis.intervals import Success, clopper_pearson
from hoverslam.margins.analysis.recovery_model import RecoveryModel
from hoverslam.margins.disturbances.draws import Perturbations, draw
from hoverslam.margins.disturbances.entries import BURNS
from hoverslam.margins.disturbances.touchdown import CAUSES, LANDED, TouchdownLimits, causes_of
from hoverslam.margins.guidance.reference import Reference
from hoverslam.reports.json_text import Json

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

FARTHEST = 100e3  # m; guidance from the planned path is not valid for a pad further away


@dataclass(frozen=True, eq=False)
class PadShiftSurvival:
    """Landed flights for each position of the pad.

    Attributes:
        offsets: ``(m, 2)`` displacement of the pad (m) along the first axis of the pad frame and to its left.
        landed: ``(m,)`` number of landed flights.
        samples, confidence: flights at each position, and confidence of the intervals.
        causes: flights lost at each position, ``(m,)`` by cause; causes without losses are left out.
    """

    offsets: Floats
    landed: Counts
    samples: int
    confidence: float
    causes: dict[str, Counts] = field(repr=False)

    @property
    def success(self) -> Success:
        """Share of landed flights and its interval, each ``(m,)``."""
        return _success(self.landed, self.samples, self.confidence)

    def as_json(self) -> dict[str, Json]:
        """Return positions, counts and intervals."""
        return {"offsets": self.offsets.tolist(), **_as_json(self.landed, self.samples, self.confidence, self.causes)}


@dataclass(frozen=True, eq=False)
class EngineOutSurvival:
    """Landed flights for each time at which an engine fails.

    Attributes:
        burns: names of the burns, in their order.
        shares: ``(s,)`` fractions of a burn's planned duration after which the engine fails.
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
        """Share of landed flights and its interval, each ``(b, s)``."""
        return _success(self.landed, self.samples, self.confidence)

    def as_json(self) -> dict[str, Json]:
        """Return times, counts and intervals."""
        return {
            "burns": list(self.burns),
            "shares": self.shares.tolist(),
            "without_failure": self.without_failure,
            **_as_json(self.landed, self.samples, self.confidence, self.causes),
        }


def pad_shift_survival(
    flyer: RecoveryModel,
    offsets: ArrayLike,
    numbers: ArrayLike,
    limits: TouchdownLimits | None = None,
    reserve: float | None = None,
    confidence: float = 0.9,
) -> PadShiftSurvival:
    """Move the pad at cut-off and count landed flights.

    A displaced pad is modelled by an opposite displacement of the booster: position and velocity at cut-off are rotated about
    the centre of a sphere below the pad, so that height and speed stay the same. The change of the Earth's rotation and
    flattening with the position is neglected; within 100 km it is a fraction of a per cent.

    Args:
        flyer: flies recoveries for given perturbations.
        offsets: ``(m, 2)`` displacement (m) along the first axis of the pad frame and to its left.
        numbers: ``(n,)`` numbers of the samples flown at each position.
        limits: touchdown limits; those of the vehicle if not given.
        reserve: landing reserve (kg) that the propellant is judged by; None stands for a reserve that always suffices.
        confidence: confidence of the intervals.

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
    return PadShiftSurvival(places, landed, len(causes[0]), confidence, lost)


def engine_out_survival(
    flyer: RecoveryModel,
    shares: ArrayLike,
    numbers: ArrayLike,
    limits: TouchdownLimits | None = None,
    reserve: float | None = None,
    confidence: float = 0.9,
) -> EngineOutSurvival:
    """Let one engine fail in each burn at given times and count landed flights.

    Args:
        flyer: flies recoveries for given perturbations; the engine failures of its own table are not used.
        shares: ``(s,)`` fractions of a burn's planned duration, at least 0 (the engine does not start) and below 1.
        numbers: ``(n,)`` numbers of the samples flown at each point.
        limits, reserve, confidence: as for :func:`pad_shift_survival`.

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
    """Return the perturbations for a pad moved by ``offset`` ``(2,)`` (m, along and left)."""
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
    """Return the rotation ``(3, 3)`` that takes a point ``offset`` ``(2,)`` (m) beside the pad to the pad.

    Its centre lies ``radius`` (m) below the pad.
    """
    size = float(np.linalg.norm(offset))
    if size == 0.0:
        return np.eye(3)
    direction, up = np.append(offset, 0.0) / size, np.array([0.0, 0.0, 1.0])
    angle = size / radius
    plane, swap = np.outer(up, up) + np.outer(direction, direction), np.outer(up, direction) - np.outer(direction, up)
    return np.asarray(np.eye(3) + (np.cos(angle) - 1.0) * plane + np.sin(angle) * swap)


def _drawn(flyer: RecoveryModel, numbers: ArrayLike) -> Perturbations:
    if not np.size(numbers):
        raise ValueError("numbers: none: give the numbers of the samples to fly, such as range(1000)")
    return draw(flyer.table, flyer.seed, np.asarray(numbers), flyer.scheme, flyer.total)


def _failing(perturbations: Perturbations, burn: int, share: float) -> Perturbations:
    """Return the same flights with an engine failure in burn 1 to 3, or without a failure (0)."""
    burns = np.full_like(perturbations.engine_out_burn, burn)
    return perturbations._replace(engine_out_burn=burns, engine_out_share=np.full(len(burns), share))


def _causes(
    flyer: RecoveryModel, perturbations: Perturbations, limits: TouchdownLimits | None, reserve: float | None
) -> NDArray[np.str_]:
    kept = TouchdownLimits.of(flyer.vehicle) if limits is None else limits
    return causes_of(flyer.fly(perturbations), kept, reserve)


def _counted(causes: NDArray[np.str_]) -> tuple[Counts, dict[str, Counts]]:
    """Return the number of landed flights, and of lost flights by cause, over the last axis."""
    lost = {cause: np.sum(causes == cause, axis=-1) for cause in CAUSES}
    return np.sum(causes == LANDED, axis=-1), {cause: number for cause, number in lost.items() if number.any()}


def _success(landed: Counts, samples: int, confidence: float) -> Success:
    return Success(landed / samples, *clopper_pearson(landed, samples, confidence))


def _as_json(landed: Counts, samples: int, confidence: float, causes: Mapping[str, Counts]) -> dict[str, Json]:
    success = _success(landed, samples, confidence)
    return {
        "samples": samples,
        "confidence": confidence,
        "landed": landed.tolist(),
        "low": success.low.tolist(),
        "high": success.high.tolist(),
        "causes": {cause: number.tolist() for cause, number in causes.items()},
    }
