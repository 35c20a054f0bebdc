"""The search of a footprint: the propellant to land at each site around the pad, from one start.

    sites = np.linspace(-800.0, 800.0, 17)
    found = hs.footprint(landing, downrange=sites, left=sites)
    found.save("footprint.png")

The pad is the origin of the frame, so landing at another site is the same landing from a start shifted the other way. The
landing on the pad is solved once. From there the search goes outwards: each site is solved from its nearest solved
neighbour, from another neighbour if that fails, and anew as the last resort. Without air the edge is found beforehand, so
that no time is spent on sites beyond it.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hoverslam.flights.landing.arcs import keeps_its_arcs
from hoverslam.flights.landing.case import LandingCase, LandingStart
from hoverslam.flights.landing.footprint.edge import find_edge
from hoverslam.flights.landing.footprint.footprint import Footprint
from hoverslam.flights.landing.footprint.site_map import SiteOutcome
from hoverslam.flights.landing.glide import ballistic_impact
from hoverslam.flights.landing.result import LandingOutcome, LandingResult
from hoverslam.flights.landing.solve import Landing

FloatArray = NDArray[np.float64]
Show = Callable[[str, int], None]  # shows what is solved now, and how many sites or rays are left

RAYS = 72  # along which the edge is found
ON_EDGE = 1.001  # sites are tried up to this many times the distance of the edge, which is interpolated between rays


def footprint(
    landing: Landing,
    downrange: Sequence[float] | FloatArray,
    left: Sequence[float] | FloatArray,
    *,
    edge: bool | None = None,
    verify: bool = True,
) -> Footprint:
    """Return the propellant to land at each site of a grid around the pad.

    The engine counts stay those that are best on the pad. All sites lie on the level of the pad. Over a rotating Earth
    a site at a distance ``d`` is solved as if the ground were flat, with a relative error of at most ``d`` over 6378 km.
    Optima are local: in air a site counts as out of reach where the solver names limits that cannot be met together.

    Args:
        landing: What lands, from where, under which limits; its pad is the origin.
        downrange: First axis of the grid, rising ``(n,)`` (m).
        left: Second axis of the grid, rising ``(m,)`` (m).
        edge: Whether the farthest sites along 72 rays are found too; by default only where there is no air.
        verify: Whether each landing is flown again; a map without re-flight is faster, and no site in it is verified.

    Returns:
        The footprint; the part that is done if Ctrl-C interrupts it.

    Raises:
        ValueError: If no landing on the pad is found, if the landing does not minimise propellant, or if an axis does
            not rise.
    """
    axes = [_axis(name, values) for name, values in (("downrange", downrange), ("left", left))]
    case = landing.case
    if case.least != "propellant":
        raise ValueError(f"footprint: least is {case.least!r}: a footprint needs landings of least propellant")
    began = time.perf_counter()
    with _progress_bar() as show:
        show("the pad", 0)
        pad = landing.solve(report=_no_report)
        if pad.outcome is not LandingOutcome.ON_PAD or not pad.verified:
            raise ValueError(f"footprint: start from a landing on the pad that is solved; this one: {pad.message}")
        walk = _Walk(pad, axes[0], axes[1], verify, show)
        try:
            if edge if edge is not None else not case.lander.has_air:
                azimuths = np.linspace(0.0, 2.0 * np.pi, RAYS, endpoint=False)
                walk.map.edge = find_edge(pad, azimuths, verify, partial(show, "rays of the edge"))
            walk.run()
        except KeyboardInterrupt:
            walk.map.interrupted = True
    walk.map.seconds = time.perf_counter() - began
    return walk.map


def _axis(name: str, values: Sequence[float] | FloatArray) -> FloatArray:
    axis = np.asarray(values, dtype=float)
    if axis.ndim != 1 or len(axis) < 2 or not np.all(np.isfinite(axis)) or not np.all(np.diff(axis) > 0.0):
        raise ValueError(f"footprint: {name}: give at least two rising distances from the pad in metres")
    return axis


class _Walk:
    """Search over the grid, from the pad outwards; each site is solved from a solved neighbour."""

    def __init__(self, pad: LandingResult, downrange: FloatArray, left: FloatArray, verify: bool, show: Show):
        self.pad, self.verify, self.show = pad, verify, show
        shape, case = (len(downrange), len(left)), pad.case
        self.map = Footprint(
            downrange, left, np.full(shape, np.nan), np.zeros(shape, bool), np.full(shape, int(SiteOutcome.NOT_TRIED)),
            np.zeros(shape, bool), np.zeros(shape), case.start, pad.sequence, pad.propellant,
            case.start.mass - case.lander.burnout_mass, ballistic_impact(case), case.lander.name,
        )  # fmt: skip
        self.solved: dict[tuple[int, int], LandingResult] = {}
        spacing = np.array([np.diff(axis).min() for axis in (downrange, left)])
        self.away = np.hypot(downrange[:, None] / spacing[0], left[None, :] / spacing[1])

    def run(self) -> None:
        """Solve every site within the edge that has a solved neighbour, nearest to the pad first, until none is left."""
        self._leave_out_sites_beyond_edge()
        order = np.stack(np.unravel_index(np.argsort(self.away, axis=None, kind="stable"), self.away.shape), axis=1)
        waiting = [(int(i), int(j)) for i, j in order if self.map.status[i, j] == SiteOutcome.NOT_TRIED]
        first = waiting[:1]
        while waiting:
            ready = next((site for site in waiting if site in first or self._neighbours(site)), None)
            if ready is None:
                return
            waiting.remove(ready)
            began = time.perf_counter()
            self._try(ready)
            self.map.site_seconds[ready] = time.perf_counter() - began
            self.show("sites", len(waiting))

    def _leave_out_sites_beyond_edge(self) -> None:
        if self.map.edge is None or np.sum(np.isfinite(self.map.edge.distance)) < RAYS // 2:
            return
        from matplotlib.path import Path as Outline  # slow to import

        sites = np.stack(np.meshgrid(self.map.downrange, self.map.left, indexing="ij"), axis=-1)
        inside = Outline(ON_EDGE * self.map.edge.curve()).contains_points(sites.reshape(-1, 2))
        self.map.status[~inside.reshape(self.map.status.shape)] = SiteOutcome.OUT_OF_REACH

    def _neighbours(self, site: tuple[int, int]) -> list[LandingResult]:
        """Return the solved landings beside a site, nearest first, and the landing on the pad where it is as near."""
        i, j = site
        beside = [(i + a, j + b) for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b]
        x = np.array([self.map.downrange[i], self.map.left[j]])
        found = [(float(np.hypot(*(x - self._place(n)))), self.solved[n]) for n in beside if n in self.solved]
        if self.away[site] < 1.5 or not self.solved:
            found.append((float(np.hypot(*x)), self.pad))
        return [result for _, result in sorted(found, key=lambda pair: pair[0])]

    def _place(self, site: tuple[int, int]) -> FloatArray:
        return np.array([self.map.downrange[site[0]], self.map.left[site[1]]])

    def _try(self, site: tuple[int, int]) -> None:
        """Solve a site from the nearest neighbour, then from another one, then anew; the first good landing counts."""
        start = _shifted(self.pad.case.start, self._place(site))
        kept: LandingResult | None = None
        for neighbour in self._neighbours(site)[:2]:
            result = neighbour.on_same_mesh(start, self.verify)
            if self._good(result):
                return self._note(site, result, warm=True)
            kept = result if result.solution.converged and kept is None else kept
        cold = _on_site_only(self.pad.case, self.pad.sequence, start).solve(report=_no_report)
        if cold.verified:
            return self._note(site, cold, warm=False)
        if kept is not None:
            self._note(site, kept, warm=True, good=False)
            self.map.status[site] = SiteOutcome.NOT_VERIFIED if self.verify else SiteOutcome.SOLVED
            return None
        diagnosis = cold.solution.diagnosis
        named = diagnosis is not None and bool(diagnosis.shortfalls)
        conclusive = cold.outcome is LandingOutcome.INFEASIBLE and named
        self.map.status[site] = SiteOutcome.OUT_OF_REACH if conclusive else SiteOutcome.NOT_SOLVED
        return None

    def _good(self, result: LandingResult) -> bool:
        lands = result.verified if self.verify else result.solution.converged
        return lands and keeps_its_arcs(result.solution, self.pad.case.lander.has_air)

    def _note(self, site: tuple[int, int], result: LandingResult, warm: bool, good: bool = True) -> None:
        self.map.propellant[site] = result.propellant
        self.map.verified[site] = good and result.verified
        self.map.warm[site] = warm
        self.map.status[site] = SiteOutcome.SOLVED
        if good:
            self.solved[site] = result


def _shifted(start: LandingStart, site: FloatArray) -> LandingStart:
    """Return the start as seen from another landing site, ``(2,)`` (m) from the pad."""
    x, y, z = start.position
    return replace(start, position=(x - float(site[0]), y - float(site[1]), z))


def _on_site_only(case: LandingCase, sequence: tuple[int, ...], start: LandingStart) -> Landing:
    """Return the same landing from another start with one engine sequence, which may not miss its site."""
    return Landing(
        replace(case.lander, sequences=(sequence,)),
        start,
        case.limits,
        ground=case.ground,
        wind=case.wind,
        coast=case.coast,
        burn=case.burn,
        touchdown_velocity=case.touchdown_velocity,
        least=case.least,
        pad_only=True,
        added=case.added,
    )


def _no_report(line: str) -> None:
    pass


@contextmanager
def _progress_bar() -> Iterator[Show]:
    """Show a bar on the standard error stream if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda what, left: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("footprint: {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, most = bar.add_task("the pad", total=None), {"": 0}

        def show(what: str, left: int | None) -> None:
            total = most[what] = max(most.get(what, 0), (left or 0) + 1)
            bar.update(task, description=what, total=total, completed=total - (left or 0))

        yield show
