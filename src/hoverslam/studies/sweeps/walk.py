"""The walk along the points of a sweep: which point comes next, and from which solved neighbour it starts.

Distances count each figure in shares of the range of its values. Ties go by the values, so that the order in which the
points were given changes nothing.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hoverslam.studies.sweeps.changes import Changes
from hoverslam.studies.sweeps.points import FigurePoint
from hoverslam.studies.sweeps.subjects import Subject


@dataclass
class Walk:
    """Neighbouring points that are solved one after the other.

    Attributes:
        subject: What is solved at each point.
        nominal: The figures as they are stated.
        order: The points in the order in which they are solved.
        scales: Range of the values of each figure, ``(figures,)``.
        number: Number of the walk among those of its sweep.
    """

    subject: Subject
    nominal: Changes
    order: Sequence[Changes]
    scales: NDArray[np.float64]
    number: int = 0
    _flights: list[tuple[Changes, Any]] = field(default_factory=list, init=False)
    _first: tuple[Any] | None = field(
        default=None, init=False
    )  # flight of the figures as stated; None: not yet asked for
    _begun: bool = field(default=False, init=False)

    def begin_as(self, other: "Walk") -> None:
        """Take the flight of the figures as they are stated from another walk of the same sweep, if it has asked for it."""
        self._first = other._first

    def solve(self, place: int) -> FigurePoint:
        """Return a point of the walk. An error of the solver becomes a point that states it."""
        changes, start = self.order[place], time.perf_counter()
        flight = None
        try:
            self._begin()
            answer = self.subject.solve(changes, self._near(changes))
        except Exception as error:
            point = failed(self.subject, changes, f"{type(error).__name__}: {error}", time.perf_counter() - start)
        else:
            flight = answer.flight
            seconds = time.perf_counter() - start
            point = FigurePoint(dict(changes), dict(answer.outputs), answer.verified, answer.message, seconds)
        self._keep(changes, flight, place)
        return point

    def _begin(self) -> None:
        if self._begun:
            return
        if self._first is None:
            self._first = (self.subject.begin(),)
        self._flights += [] if self._first[0] is None else [(self.nominal, self._first[0])]
        self._begun = True

    def _near(self, changes: Changes) -> Any:
        """Return the flight of the nearest solved point; None if there is none."""
        if not self._flights:
            return None
        return min(self._flights, key=lambda known: (self._distance(known[0], changes), known[0]))[1]

    def _keep(self, changes: Changes, flight: Any, place: int) -> None:
        """Keep a flight, and drop those that are not the nearest of any point to come: each holds a whole problem."""
        if flight is not None:
            self._flights.append((changes, flight))
        needed = {id(self._near(coming)) for coming in self.order[place + 1 :]}
        self._flights = [known for known in self._flights if id(known[1]) in needed]

    def _distance(self, one: Changes, other: Changes) -> float:
        return float(np.linalg.norm((_values(one) - _values(other)) / self.scales))


def walks(subject: Subject, points: Sequence[Changes], nominal: Changes, count: int) -> list[Walk]:
    """Return ``count`` walks, at most one for each point: neighbouring points are in one walk.

    A walk begins with the flight of the nominal figures, and with the point nearest to them. The point nearest to those
    before comes next.

    Args:
        subject: What is solved at each point.
        points: The points, each once.
        nominal: The figures as they are stated.
        count: Number of walks.
    """
    if not points:
        return []
    table = np.array([_values(point) for point in points])
    scales = np.ptp(table, axis=0)
    scales[scales == 0.0] = 1.0
    parts = _parts(sorted(points), scales, min(count, len(points)))
    orders = [_order(part, nominal, scales) for part in parts]
    return [Walk(subject, nominal, order, scales, number) for number, order in enumerate(orders)]


def failed(subject: Subject, changes: Changes, message: str, seconds: float) -> FigurePoint:
    """Return a point without outputs, which are NaN.

    Args:
        subject: What was to be solved.
        changes: The changed figures of the point.
        message: Why there is no output; it becomes one line.
        seconds: Time taken, s.
    """
    text = " ".join(message.split())
    return FigurePoint(dict(changes), dict.fromkeys(subject.outputs, nan), False, text, seconds)


def _values(changes: Changes) -> NDArray[np.float64]:
    return np.array([value for _, value in changes])


def _parts(points: Sequence[Changes], scales: NDArray[np.float64], count: int) -> list[Sequence[Changes]]:
    """Return the points in ``count`` parts of nearly equal size, cut across the figure that varies most."""
    if count == 1:
        return [points]
    table = np.array([_values(point) for point in points])
    widest = int(np.argmax(np.ptp(table, axis=0) / scales))
    ordered = sorted(points, key=lambda point: (point[widest][1], point))
    left = count // 2
    cut = min(max(round(len(points) * left / count), left), len(points) - (count - left))
    return [*_parts(ordered[:cut], scales, left), *_parts(ordered[cut:], scales, count - left)]


def _order(points: Sequence[Changes], nominal: Changes, scales: NDArray[np.float64]) -> list[Changes]:
    """Return the points in the order of the walk: each is the nearest to the nominal figures or to one before it."""
    coming = sorted(points)
    table = np.array([_values(point) for point in coming]) / scales
    distance = np.linalg.norm(table - _values(nominal) / scales, axis=1)
    left, order = np.ones(len(coming), dtype=bool), []
    for step in range(len(coming)):
        nearest = int(np.argmin(np.where(left, distance, np.inf)))
        order.append(coming[nearest])
        left[nearest] = False
        reached = np.linalg.norm(table - table[nearest], axis=1)
        distance = reached if step == 0 else np.minimum(distance, reached)
    return order
