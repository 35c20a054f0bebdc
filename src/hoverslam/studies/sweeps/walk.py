"""The walk along the points of a sweep: which point comes next, and from which solved neighbour it starts.

Distances count each figure in shares of the range of its values. Ties go by the values, so that the order in which the
points were given changes nothing.
"""

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hoverslam.studies import parallel
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
    """

    subject: Subject
    nominal: Changes
    order: Sequence[Changes]
    scales: NDArray[np.float64]
    _flights: list[tuple[Changes, Any]] = field(default_factory=list, init=False)
    _begun: bool = field(default=False, init=False)

    def solve(self, place: int) -> FigurePoint:
        """Return a point of the walk. An error of the solver becomes a point that states it."""
        changes, start = self.order[place], time.perf_counter()
        flight = None
        try:
            self._begin()
            answer = self.subject.solve(changes, self._near(changes))
        except Exception as error:
            point = _failed(self.subject, changes, f"{type(error).__name__}: {error}", time.perf_counter() - start)
        else:
            flight = answer.flight
            seconds = time.perf_counter() - start
            point = FigurePoint(dict(changes), dict(answer.outputs), answer.verified, answer.message, seconds)
        self._keep(changes, flight, place)
        return point

    def _begin(self) -> None:
        if not self._begun:
            flight = self.subject.begin()
            self._flights += [] if flight is None else [(self.nominal, flight)]
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
    return [Walk(subject, nominal, _order(part, nominal, scales), scales) for part in parts]


def walk_here(walk: Walk) -> Generator[tuple[FigurePoint, bool], None, None]:
    """Solve the points of a walk in this process; yield each as it ends, with True: it was solved."""
    for place in range(len(walk.order)):
        yield walk.solve(place), True


def walk_in_processes(found: Sequence[Walk]) -> Generator[tuple[FigurePoint, bool], None, None]:
    """Solve each walk in a process of its own; yield each point as it ends, and whether it was solved.

    A process that dies loses one point.
    """
    steps = [[(walk, place) for place in range(len(walk.order))] for walk in found]
    flat = [step for stretch in steps for step in stretch]
    with closing(parallel.work_along(_step, steps)) as finished:
        for done in finished:
            walk, place = flat[done.place]
            if done.answer is not None:
                yield done.answer, True
            else:
                yield _failed(walk.subject, walk.order[place], done.error, 0.0), False


_here: list[Walk] = []
"""The walk of this worker process, with the flights that it has solved."""


def _step(step: tuple[Walk, int]) -> FigurePoint:
    walk, place = step
    if not _here:
        _here.append(walk)
    return _here[0].solve(place)


def _failed(subject: Subject, changes: Changes, message: str, seconds: float) -> FigurePoint:
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
