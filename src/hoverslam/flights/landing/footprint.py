"""The footprint of a landing: the propellant that it takes to land at each site around the pad, from one start.

    sites = np.linspace(-800.0, 800.0, 17)
    map = footprint(landing, downrange=sites, left=sites)
    map.plot("footprint.png")

The pad is the origin of the frame, so another site is the same landing from a start shifted the other way. The landing on
the pad is solved once; from there the map is walked outwards, each site warm from its nearest solved neighbour, from
another if that fails, and cold as the last resort. Without air the edge is known beforehand, from one optimal-control
problem a ray (the greatest distance that can be flown along it), so that no time is lost on sites beyond.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.landing.problem import LandingCase, Start, landing_problem, phase_names
from hoverslam.flights.landing.solve import Landing, LandingOutcome, LandingResult
from hoverslam.ocp.solution import Solution
from hoverslam.ocp.solving.solver import Options, solve
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.problem import Problem
from hoverslam.physics.motion import Flight

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RAYS = 72  # along which the edge is found
ON_EDGE = 1.001  # sites are tried up to this many times the distance of the edge: it is interpolated between rays
LONGEST_FALL = 3600.0  # s
CURVE_POINTS = 720
UNEVEN = (
    5e-4  # spread of the Hamiltonian from which on a mesh fits another landing better: a ten thousandth of propellant
)
WRONG = 1e-3  # of the largest multiplier of a limit: a wrong sign this small is rounding
LEVELS = 10
DRAWN = 300  # points of the picture each way

Said = Callable[[str, int | None], None]  # what is done now, and how many sites or rays are left


class Site(IntEnum):
    """What came of a site."""

    SOLVED = 0
    OUT_OF_REACH = 1
    NOT_SOLVED = 2
    NOT_TRIED = 3

    @property
    def meaning(self) -> str:
        """In words."""
        return {
            Site.SOLVED: "lands there",
            Site.OUT_OF_REACH: "beyond the edge, or limits that cannot be met together are named",
            Site.NOT_SOLVED: "the solver found no landing and no reason",
            Site.NOT_TRIED: "no neighbour was solved, or interrupted",
        }[self]


@dataclass(frozen=True)
class Reach:
    """How far a landing can be moved from the pad.

    Attributes:
        azimuth: of the rays ``(n,)`` (rad), from downrange towards left.
        distance: from the pad to the farthest site along each ``(n,)`` (m); NaN where that was not found.
        propellant: burned on the way there ``(n,)`` (kg); NaN where that was not found.
        verified: whether the independent re-flight agrees ``(n,)``.
    """

    azimuth: np.ndarray
    distance: np.ndarray
    propellant: np.ndarray
    verified: np.ndarray

    @property
    def sites(self) -> np.ndarray:
        """The farthest sites that were found ``(n, 2)``: downrange and left (m)."""
        rays = np.stack([np.cos(self.azimuth), np.sin(self.azimuth)], axis=1)
        return (self.distance[:, None] * rays)[np.isfinite(self.distance)]

    def curve(self) -> np.ndarray:
        """The edge as a closed smooth curve ``(n, 2)`` (m); needs rays all the way round, in order."""
        from scipy.interpolate import CubicSpline

        known = np.isfinite(self.distance)
        angle = np.append(self.azimuth[known], self.azimuth[known][0] + 2.0 * np.pi)
        closed = np.concatenate([self.sites, self.sites[:1]])
        return CubicSpline(angle, closed, bc_type="periodic")(np.linspace(angle[0], angle[-1], CURVE_POINTS))

    @property
    def area(self) -> float:
        """Enclosed by the curve (m2)."""
        x, y = self.curve().T
        return float(0.5 * abs(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])))


@dataclass
class Footprint:
    """Propellant to land at each site of a grid around the pad.

    Attributes:
        downrange, left: axes of the grid, from the pad ``(n,)`` and ``(m,)`` (m).
        propellant: to land there ``(n, m)`` (kg); NaN where it does not.
        verified: whether the independent re-flight agrees ``(n, m)``.
        status: of each site, a :class:`Site` ``(n, m)``.
        warm: solved without building anything anew ``(n, m)``.
        site_seconds: spent on each site ``(n, m)`` (s).
        seconds: spent altogether (s).
        interrupted: whether Ctrl-C ended it early; what was done until then is there.
        start, sequence: where all of these landings start, and the engine counts lit one after the other.
        pad_propellant, available: to land on the pad, and all there is (kg).
        impact: where the start would hit the ground if nothing were lit ``(2,)`` (m); NaN if never.
        edge: the farthest sites, None where they were not asked for.
        name: of the lander.
    """

    downrange: np.ndarray
    left: np.ndarray
    propellant: np.ndarray
    verified: np.ndarray
    status: np.ndarray
    warm: np.ndarray
    site_seconds: np.ndarray
    start: Start
    sequence: tuple[int, ...]
    pad_propellant: float
    available: float
    impact: np.ndarray
    name: str
    edge: Reach | None = None
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def reachable(self) -> np.ndarray:
        """Whether it lands at each site ``(n, m)``."""
        return self.status == Site.SOLVED

    @property
    def reachable_area(self) -> float:
        """Of all sites within reach (m2): inside the edge where it is known, else of the grid's cells around solved sites."""
        if self.edge is not None:
            return self.edge.area
        return float(np.sum(np.outer(np.gradient(self.downrange), np.gradient(self.left))[self.reachable]))

    def to_dataset(self) -> "xr.Dataset":
        """Everything as labelled arrays with units."""
        import xarray as xr

        grid = ("downrange", "left")
        meanings = ", ".join(f"{s.value}: {s.meaning}" for s in Site)
        data: dict[str, Any] = {
            "propellant": (grid, self.propellant, {"units": "kg", "long_name": "propellant to land at the site"}),
            "verified": (grid, self.verified),
            "status": (grid, self.status, {"meanings": meanings}),
            "warm": (grid, self.warm),
            "site_seconds": (grid, self.site_seconds, {"units": "s"}),
            "impact": ("side", self.impact, {"units": "m", "long_name": "ballistic impact, downrange and left"}),
            "start_position": ("axis", np.array(self.start.position), {"units": "m"}),
            "start_velocity": ("axis", np.array(self.start.velocity), {"units": "m/s"}),
            "start_mass": ((), self.start.mass, {"units": "kg"}),
            "pad_propellant": ((), self.pad_propellant, {"units": "kg"}),
            "available": ((), self.available, {"units": "kg", "long_name": "propellant aboard"}),
            "seconds": ((), self.seconds, {"units": "s"}),
            "sequence": ("burn", list(self.sequence), {"long_name": "engines lit"}),
        }
        if self.edge is not None:
            data |= {
                "edge_distance": ("azimuth", self.edge.distance, {"units": "m"}),
                "edge_propellant": ("azimuth", self.edge.propellant, {"units": "kg"}),
                "edge_verified": ("azimuth", self.edge.verified),
            }
        coordinates: dict[str, Any] = {
            "downrange": ("downrange", self.downrange, {"units": "m"}),
            "left": ("left", self.left, {"units": "m"}),
            **({} if self.edge is None else {"azimuth": ("azimuth", self.edge.azimuth, {"units": "rad"})}),
        }
        return xr.Dataset(data, coordinates, {"lander": self.name, "interrupted": int(self.interrupted)})

    @classmethod
    def from_dataset(cls, data: "xr.Dataset") -> "Footprint":
        """What :meth:`to_dataset` made a dataset of."""
        edge = None
        if "azimuth" in data.coords:
            distance, propellant, verified = (data[f"edge_{n}"].values for n in ("distance", "propellant", "verified"))
            edge = Reach(data["azimuth"].values, distance, propellant, verified.astype(bool))
        position, velocity = (tuple(map(float, data[f"start_{name}"].values)) for name in ("position", "velocity"))
        arrays = {name: data[name].values for name in ("propellant", "status", "site_seconds", "impact")}
        arrays |= {name: data[name].values.astype(bool) for name in ("verified", "warm")}
        figures: dict[str, Any] = {name: float(data[name]) for name in ("pad_propellant", "available", "seconds")}
        return cls(
            data["downrange"].values,
            data["left"].values,
            start=Start(position, velocity, float(data["start_mass"])),  # type: ignore[arg-type]
            sequence=tuple(int(n) for n in data["sequence"].values),
            name=str(data.attrs["lander"]),
            edge=edge,
            interrupted=bool(data.attrs["interrupted"]),
            **(figures | arrays),
        )

    def save(self, path: str | Path) -> None:
        """Write everything to a netCDF file; :meth:`load` gives it back."""
        self.to_dataset().to_netcdf(path, engine="netcdf4")

    @classmethod
    def load(cls, path: str | Path) -> "Footprint":
        """Read what :meth:`save` wrote."""
        import xarray as xr

        return cls.from_dataset(xr.load_dataset(path, engine="netcdf4"))

    def plot(self, path: str | Path | None = None) -> "Figure":
        """Propellant over the sites as filled contours, with the pad, the edge and the ballistic impact; seen from above.

        Args:
            path: where to write the picture; None only returns it.
        """
        figure = _Picture(self).figure
        if path is not None:
            figure.savefig(path, dpi=150, metadata={"Software": None} if str(path).endswith(".png") else None)
        return figure

    def report(self) -> str:
        """The map in a few lines of text."""
        solved, at = self.reachable, np.unravel_index(np.nanargmin(self.propellant), self.propellant.shape)
        counted = ", ".join(f"{int(np.sum(self.status == s))} {s.name.lower().replace('_', ' ')}" for s in Site)
        return "\n".join(
            [
                f"{self.name}: {self.propellant.size} sites: {counted}; {int(np.sum(self.verified & solved))} verified, "
                f"{int(np.sum(self.warm & solved))} warm, {self.seconds:.1f} s{', interrupted' if self.interrupted else ''}",
                f"pad {self.pad_propellant:,.2f} kg of {self.available:,.0f} kg; least {np.nanmin(self.propellant):,.2f} kg "
                f"at {self.downrange[at[0]]:,.0f} m downrange, {self.left[at[1]]:,.0f} m left",
                f"reachable area {self.reachable_area / 1e6:,.3f} km2"
                + ("" if self.edge is not None else " (cells of the grid)"),
            ]
        )


# ---- the map ---------------------------------------------------------------------------------------------------------
def footprint(
    landing: Landing,
    downrange: Sequence[float] | np.ndarray,
    left: Sequence[float] | np.ndarray,
    *,
    edge: bool | None = None,
    verify: bool = True,
) -> Footprint:
    """The propellant to land at each site of a grid around the pad.

    The engine counts stay those that are best on the pad. Each site is on the pad's level: over a rotating Earth a site
    ``d`` metres away is told as if the ground were flat, d/6378 km of the answer wrong at most. Optima are local: in air,
    a site counts as out of reach when the solver names limits that cannot be met together there.

    Args:
        landing: what lands, from where, under which limits; its pad is the origin.
        downrange, left: axes of the grid, rising (m).
        edge: whether to find the edge along 72 rays too; by default where there is no air.
        verify: whether each landing is flown again; a map without is faster, and nothing in it is ``verified``.

    Returns:
        The map; what is done of it if interrupted by Ctrl-C.

    Raises:
        ValueError: if it does not land on the pad itself, if it is not to use the least propellant, or if an axis does
            not rise.
    """
    axes = [_axis(name, values) for name, values in (("downrange", downrange), ("left", left))]
    case = landing.case
    if case.least != "propellant":
        raise ValueError(f"footprint: least is {case.least!r}: a footprint is of landings in least propellant")
    began = time.perf_counter()
    with _progress() as said:
        said("the pad", 0)
        pad = landing.solve(report=_silent)
        if pad.outcome is not LandingOutcome.ON_PAD or not pad.verified:
            raise ValueError(f"footprint: start from a landing on the pad that is solved; this one: {pad.message}")
        walk = _Walk(pad, axes[0], axes[1], verify, said)
        try:
            if edge if edge is not None else not case.lander.has_air:
                walk.map.edge = _reach(pad, np.linspace(0.0, 2.0 * np.pi, RAYS, endpoint=False), verify, said)
            walk.run()
        except KeyboardInterrupt:
            walk.map.interrupted = True
    walk.map.seconds = time.perf_counter() - began
    return walk.map


def reach(landing: Landing, azimuths: Sequence[float] | np.ndarray, *, verify: bool = True) -> Reach:
    """The farthest site along each ray from the pad that the lander can reach, by one optimal-control problem a ray.

    ``azimuths`` in rad from downrange towards left, best in order and a few degrees apart. What is found is a local
    optimum: without air none other has been met, in air take it for a lower bound.

    Raises:
        ValueError: if it does not land on the pad itself.
    """
    with _progress() as said:
        said("the pad", 0)
        pad = landing.solve(report=_silent)
        if pad.outcome is not LandingOutcome.ON_PAD:
            raise ValueError(f"reach: start from a landing on the pad that is solved; this one: {pad.message}")
        return _reach(pad, np.asarray(azimuths, dtype=float), verify, said)


def _axis(name: str, values: Sequence[float] | np.ndarray) -> np.ndarray:
    axis = np.asarray(values, dtype=float)
    if axis.ndim != 1 or len(axis) < 2 or not np.all(np.isfinite(axis)) or not np.all(np.diff(axis) > 0.0):
        raise ValueError(f"footprint: {name}: give at least two rising distances from the pad in metres")
    return axis


class _Walk:
    """From the pad outwards over the grid."""

    def __init__(self, pad: LandingResult, downrange: np.ndarray, left: np.ndarray, verify: bool, said: Said):
        self.pad, self.verify, self.said = pad, verify, said
        shape, case = (len(downrange), len(left)), pad.case
        self.map = Footprint(
            downrange, left, np.full(shape, np.nan), np.zeros(shape, bool), np.full(shape, int(Site.NOT_TRIED)),
            np.zeros(shape, bool), np.zeros(shape), case.start, pad.sequence, pad.propellant,
            case.start.mass - case.lander.dry_mass, _impact(case), case.lander.name,
        )  # fmt: skip
        self.solved: dict[tuple[int, int], LandingResult] = {}
        spacing = np.array([np.diff(axis).min() for axis in (downrange, left)])
        self.away = np.hypot(downrange[:, None] / spacing[0], left[None, :] / spacing[1])

    def run(self) -> None:
        """Try every site within the edge that has a solved neighbour, nearest to the pad first, until none is left."""
        self._leave_out_what_is_beyond()
        order = np.stack(np.unravel_index(np.argsort(self.away, axis=None, kind="stable"), self.away.shape), axis=1)
        waiting = [(int(i), int(j)) for i, j in order if self.map.status[i, j] == Site.NOT_TRIED]
        first = waiting[:1]
        while waiting:
            ready = next((site for site in waiting if site in first or self._neighbours(site)), None)
            if ready is None:
                return
            waiting.remove(ready)
            began = time.perf_counter()
            self._try(ready)
            self.map.site_seconds[ready] = time.perf_counter() - began
            self.said("sites", len(waiting))

    def _leave_out_what_is_beyond(self) -> None:
        if self.map.edge is None or np.sum(np.isfinite(self.map.edge.distance)) < RAYS // 2:
            return
        from matplotlib.path import Path as Outline

        sites = np.stack(np.meshgrid(self.map.downrange, self.map.left, indexing="ij"), axis=-1)
        inside = Outline(ON_EDGE * self.map.edge.curve()).contains_points(sites.reshape(-1, 2))
        self.map.status[~inside.reshape(self.map.status.shape)] = Site.OUT_OF_REACH

    def _neighbours(self, site: tuple[int, int]) -> list[LandingResult]:
        """Solved landings beside a site, the nearest first; the pad too where it is as near."""
        i, j = site
        beside = [(i + a, j + b) for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b]
        x = np.array([self.map.downrange[i], self.map.left[j]])
        found = [(float(np.hypot(*(x - self._place(n)))), self.solved[n]) for n in beside if n in self.solved]
        if self.away[site] < 1.5 or not self.solved:
            found.append((float(np.hypot(*x)), self.pad))
        return [result for _, result in sorted(found, key=lambda pair: pair[0])]

    def _place(self, site: tuple[int, int]) -> np.ndarray:
        return np.array([self.map.downrange[site[0]], self.map.left[site[1]]])

    def _try(self, site: tuple[int, int]) -> None:
        """Warm from the nearest neighbour, then from another, then cold; the first good landing counts."""
        start = _shifted(self.pad.case.start, self._place(site))
        kept: LandingResult | None = None
        for neighbour in self._neighbours(site)[:2]:
            result = neighbour.resolve(start, self.verify)
            if self._good(result):
                return self._note(site, result, warm=True)
            kept = result if result.solution.converged and kept is None else kept
        cold = _alone(self.pad.case, self.pad.sequence, start).solve(report=_silent)
        if cold.verified:
            return self._note(site, cold, warm=False)
        if kept is not None:
            return self._note(site, kept, warm=True, good=False)
        known = cold.outcome is LandingOutcome.INFEASIBLE and cold.solution.diagnosis is not None
        conclusive = known and bool(cold.solution.diagnosis.shortfalls)  # type: ignore[union-attr]
        self.map.status[site] = Site.OUT_OF_REACH if conclusive else Site.NOT_SOLVED
        return None

    def _good(self, result: LandingResult) -> bool:
        lands = result.verified if self.verify else result.outcome is LandingOutcome.ON_PAD
        return lands and rightly_held(result.solution) and (self.pad.case.lander.has_air or _even(result.solution))

    def _note(self, site: tuple[int, int], result: LandingResult, warm: bool, good: bool = True) -> None:
        self.map.propellant[site] = result.propellant
        self.map.verified[site] = good and result.verified
        self.map.warm[site] = warm
        self.map.status[site] = Site.SOLVED
        if good:
            self.solved[site] = result


def _shifted(start: Start, site: np.ndarray) -> Start:
    """The start as seen from another landing site, ``(2,)`` (m) from the pad."""
    x, y, z = start.position
    return replace(start, position=(x - float(site[0]), y - float(site[1]), z))


def _alone(case: LandingCase, sequence: tuple[int, ...], start: Start) -> Landing:
    """The same landing from another start with one engine sequence, on the pad or not at all."""
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
    )


def _impact(case: LandingCase) -> np.ndarray:
    """Where the start hits the ground if nothing is lit and the axis stays along the flow ``(2,)`` (m)."""
    import jax
    import jax.numpy as jnp
    from scipy.integrate import solve_ivp

    flight = Flight(case.ground, "descent" if case.lander.has_air else "vacuum", case.wind)
    inputs = vehicle_parameters.descent_inputs(0)(case.lander.parameters())

    @jax.jit
    def rates(x: jax.Array) -> jax.Array:
        rate = flight.coast_rates(Named(position=x[:3], velocity=x[3:], mass=case.start.mass), None, inputs)
        return jnp.concatenate([rate["position"], rate["velocity"]])

    def height(t: float, x: np.ndarray) -> float:
        return float(x[2])

    height.terminal, height.direction = True, -1.0  # type: ignore[attr-defined]
    x = np.concatenate([case.start.position, case.start.velocity])
    flown = solve_ivp(lambda t, x: np.asarray(rates(x)), (0.0, LONGEST_FALL), x, events=height, rtol=1e-8, atol=1e-6)
    return flown.y_events[0][0][:2] if len(flown.y_events[0]) else np.full(2, np.nan)


# ---- the edge --------------------------------------------------------------------------------------------------------
def _reach(pad: LandingResult, azimuths: np.ndarray, verify: bool, said: Said) -> Reach:
    """Each ray warm from the last one that was found, cold where that fails."""
    case, last = pad.case, phase_names(pad.case, pad.sequence)[-1]
    problem, options = _farthest(case, pad.sequence), landing_options(case, verify)
    unknown = np.full(len(azimuths), np.nan)
    found = Reach(azimuths, unknown, unknown.copy(), np.zeros(len(azimuths), bool))
    solution: Solution | None = None
    for k, azimuth in enumerate(azimuths):
        said("rays of the edge", len(azimuths) - k)
        ray = {"ray.downrange": float(np.cos(azimuth)), "ray.left": float(np.sin(azimuth))}
        again = None if solution is None else solution.resolve(ray, options, verify)
        if again is None or not (_flown(again, verify) and rightly_held(again)):
            with problem.holding(ray):
                again = solve(problem, options, _silent)
        if not again.converged:
            continue
        solution = again if _flown(again, verify) else solution
        found.distance[k] = again.objective
        found.propellant[k] = case.start.mass - float(again[last].final.mass)
        found.verified[k] = _flown(again, True)
    return found


def _flown(solution: Solution, verify: bool) -> bool:
    if not verify:
        return solution.converged
    return solution.verification is not None and solution.verification.passed


def rightly_held(solution: Solution) -> bool:
    """Whether every limit that the mesh holds along an arc has a multiplier of the right sign there.

    A warm solve keeps the arcs of the landing it starts from. Where another succession of arcs is better, it still
    converges, flies and meets the conditions of optimality of a landing with those arcs: only the sign tells.
    """
    if not solution.converged:
        return False
    for name, part in solution.phases.items():
        if not part.mesh.pins:
            continue
        arcs, gains = part.mesh.arc_of[part.mesh.interval_of], -solution.problem.sense * solution.costates(name).path
        for pin in part.mesh.pins:
            if pin.kind not in ("path", "touch"):
                continue
            gain = gains[arcs == pin.arc, pin.index] * (1.0 if pin.upper else -1.0)
            gain = gain[-1:] if pin.kind == "touch" else gain
            if np.min(gain) < -WRONG * np.max(np.abs(gains[:, pin.index])):
                return False
    return True


def landing_options(case: LandingCase, verify: bool) -> Options:
    """Options of the solver for a case that is not solved as a :class:`Landing`."""
    from hoverslam.flights.landing.solve import IN_AIR

    return Options(tolerances=IN_AIR, verify=verify, diagnose=False) if case.lander.has_air else Options(verify=verify)


def _even(solution: Solution) -> bool:
    """Whether the Hamiltonian is as good as constant along each phase, as it is in an optimum without air."""
    found = [solution.costates(name) for name in solution.phases]
    return all(np.ptp(c.hamiltonian) < UNEVEN * np.max(c.terms) for c in found)


def _farthest(case: LandingCase, sequence: tuple[int, ...]) -> Problem:
    """The landing whose touchdown is farthest from the pad along a ray, the given parameters ``ray.downrange, ray.left``."""
    problem = landing_problem(case, sequence, nearest=True)
    first = phase_names(case, sequence)[0]
    problem.parameter("ray.downrange", value=1.0)
    problem.parameter("ray.left", value=0.0)

    def site(e: Any, p: Any) -> tuple[Any, Any]:
        moved = e[first].initial.position
        return p["start.downrange"] - moved[0], p["start.left"] - moved[1]

    def along(e: Any, p: Any) -> Any:
        x, y = site(e, p)
        return x * p["ray.downrange"] + y * p["ray.left"]

    def across(e: Any, p: Any) -> Any:
        x, y = site(e, p)
        return y * p["ray.downrange"] - x * p["ray.left"]

    problem.constrain("on the ray", across, unit="m")
    problem.maximize(along, unit="m")
    return problem


# ---- progress --------------------------------------------------------------------------------------------------------
def _silent(line: str) -> None:
    pass


@contextmanager
def _progress() -> Iterator[Said]:
    """A bar on the standard error stream if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda what, left: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("footprint: {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, most = bar.add_task("the pad", total=None), {"": 0}

        def said(what: str, left: int | None) -> None:
            total = most[what] = max(most.get(what, 0), (left or 0) + 1)
            bar.update(task, description=what, total=total, completed=total - (left or 0))

        yield said


# ---- the picture -----------------------------------------------------------------------------------------------------
@dataclass
class _Picture:
    """A footprint drawn; in kilometres where it is large."""

    map: Footprint
    figure: Any = field(init=False)

    def __post_init__(self) -> None:
        from matplotlib.figure import Figure

        span = max(np.ptp(self.map.downrange), np.ptp(self.map.left))
        self.scale, self.unit = (1e3, "km") if span > 5e3 else (1.0, "m")
        wide = float(np.clip(np.ptp(self.map.downrange) / np.ptp(self.map.left), 0.6, 1.8))
        self.figure = Figure(figsize=(2.6 + 5.4 * wide, 6.9), layout="constrained")
        axis = self.figure.subplots()
        axis.set_facecolor("#eeeeee")
        axis.grid(color="white", linewidth=0.8)
        axis.set_axisbelow(True)
        if np.any(self.map.reachable):
            self._propellant(axis)
        self._edge(axis)
        self._marks(axis)
        self._frame(axis)

    def _propellant(self, axis: "Axes") -> None:
        from matplotlib.ticker import MaxNLocator

        x, y, z = self._surface()
        levels = MaxNLocator(LEVELS, min_n_ticks=6).tick_values(float(np.nanmin(z)), float(np.nanmax(z)))
        filled = axis.contourf(x, y, z.T, levels=levels, cmap="viridis_r")
        drawn = levels[levels < np.nanmax(z) - 1e-3 * np.ptp(levels)]  # not the edge itself, where it would be ragged
        lines = axis.contour(x, y, z.T, levels=drawn, colors="white", linewidths=0.6)
        if self.map.edge is not None:
            outline = self._outline(axis)
            filled.set_clip_path(outline)
            lines.set_clip_path(outline)
        axis.clabel(lines, fontsize=8, fmt=lambda v: f"{v:,.0f}" if np.ptp(levels) > 8.0 else f"{v:,.1f}")
        bar = self.figure.colorbar(filled, ax=axis, label="propellant to land there, kg", shrink=0.92, pad=0.02)
        bar.outline.set_visible(False)

    def _surface(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Axes and propellant to draw: smooth between solved sites and the edge's own, or as they are without an edge."""
        from scipy.interpolate import CloughTocher2DInterpolator

        axes = self.map.downrange / self.scale, self.map.left / self.scale
        if self.map.edge is None:
            return *axes, self.map.propellant
        i, j = np.nonzero(self.map.reachable)
        places = np.concatenate([np.stack([axes[0][i], axes[1][j]], axis=1), self.map.edge.sites / self.scale])
        known = np.isfinite(self.map.edge.distance)
        spent = np.append(self.map.propellant[i, j], self.map.edge.propellant[known])
        x, y = (np.linspace(axis[0], axis[-1], DRAWN) for axis in axes)
        return x, y, CloughTocher2DInterpolator(places, spent)(*np.meshgrid(x, y, indexing="ij"))

    def _outline(self, axis: "Axes") -> Any:
        from matplotlib.patches import Polygon

        assert self.map.edge is not None
        return axis.add_patch(Polygon(self.map.edge.curve() / self.scale, closed=True, fill=False, linewidth=0.0))

    def _edge(self, axis: "Axes") -> None:
        if self.map.edge is not None:
            x, y = self.map.edge.curve().T / self.scale
            axis.plot(x, y, color="#222222", linewidth=1.8, label="edge of what can be reached")
        elif not np.all(self.map.reachable):
            grid = (self.map.downrange / self.scale, self.map.left / self.scale, self.map.reachable.T.astype(float))
            axis.contour(*grid, levels=[0.5], colors="#222222", linewidths=1.4, linestyles="--")
            axis.plot([], [], "--", color="#222222", linewidth=1.4, label="edge, halfway between sites of the grid")
        for status, colour in ((Site.NOT_SOLVED, "#cc3311"), (Site.NOT_TRIED, "#999999")):
            i, j = np.nonzero(self.map.status == status)
            if len(i) and (status is Site.NOT_SOLVED or self.map.interrupted):
                place = self.map.downrange[i] / self.scale, self.map.left[j] / self.scale
                axis.plot(*place, ".", color=colour, markersize=4, label=status.name.lower().replace("_", " "))

    def _marks(self, axis: "Axes") -> None:
        pad = f"pad, {self.map.pad_propellant:,.1f} kg"
        axis.plot(0.0, 0.0, "o", color="white", markeredgecolor="#222222", markersize=8, label=pad, zorder=5)
        if np.all(np.isfinite(self.map.impact)):
            place = self.map.impact / self.scale
            axis.plot(
                *place, "X", color="#ee7733", markeredgecolor="white", markersize=10, zorder=5, label="ballistic impact"
            )
        start = np.array(self.map.start.position[:2]) / self.scale
        speed = np.array(self.map.start.velocity[:2])
        label = f"start, {self.map.start.position[2]:,.0f} m up"
        axis.plot(*start, "D", color="#33bbee", markeredgecolor="white", markersize=8, zorder=5, label=label)
        if np.hypot(*speed) > 0.0:
            tip = start + speed / np.hypot(*speed) * 0.07 * np.ptp(self.map.downrange) / self.scale
            arrow = {"arrowstyle": "-|>", "color": "#33bbee", "linewidth": 1.6}
            axis.annotate("", tuple(tip), tuple(start), arrowprops=arrow, zorder=4, annotation_clip=True)

    def _frame(self, axis: "Axes") -> None:
        axis.set_xlim(*(self.map.downrange[[0, -1]] / self.scale))
        axis.set_ylim(*(self.map.left[[0, -1]] / self.scale))
        axis.set_aspect("equal")
        axis.spines[["top", "right"]].set_visible(False)
        axis.set(xlabel=f"downrange of the pad, {self.unit}", ylabel=f"left of the pad, {self.unit}")
        whole = " (interrupted)" if self.map.interrupted else ""
        area = f"{self.map.reachable_area / 1e6:,.3g} km²"
        axis.set_title(f"{self.map.name}: where it can land{whole}, {area}", loc="left", fontweight="bold", fontsize=12)
        self.figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
