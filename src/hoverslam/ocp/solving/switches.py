"""The arcs of an optimum: where a control reaches a bound, leaves it, or jumps from one bound to another.

At every control node, each bounded control and each path constraint that depends on a control is at its lower bound, at
its upper bound or free; the solver's multipliers show which. Where this changes, the optimal control has a jump or a kink,
which a polynomial cannot represent: the mesh needs an edge there. This module estimates its position. The edge becomes a
knot, whose time is a variable of the problem. An active control or constraint is fixed at its bound (pinned) over the whole
arc. Otherwise a jump inside an interval could remain, because the quadrature does not detect it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hoverslam.ocp.solution import PhaseSolution, Solution
from hoverslam.ocp.statement.mesh import Mesh, Pin
from hoverslam.ocp.transcription.programme import Programme

CLOSE = 1e-2  # of the distance between bounds, or of the bound's size: a closer value counts as at the bound
SHORTEST = 1e-4  # of the phase: arcs shorter than this have collapsed
MOST_KNOTS = 16
WRONG = 1e-3  # of the largest multiplier of an arc: a wrong sign this small is rounding


@dataclass(frozen=True)
class Arcs:
    """Fractions of the phase at which arcs meet, and what is active on each arc."""

    knots: np.ndarray
    pins: tuple[Pin, ...]


@dataclass(frozen=True)
class _Limited:
    """A limited quantity at the nodes: its values, and its side: -1 at the lower bound, 0 free, 1 at the upper bound."""

    kind: str
    index: int
    values: np.ndarray
    side: np.ndarray


@dataclass(frozen=True)
class _Run:
    """Nodes ``first`` to ``last`` of a limited quantity that are on the same side."""

    first: int
    last: int
    side: int


def find_arcs(programme: Programme, solution: Solution, part: PhaseSolution) -> Arcs:
    """Return the arcs of a solved phase; two arcs meet at a knot of the mesh if there is one between them."""
    nodes = part.mesh.control_nodes
    old = np.asarray(part.mesh.edges)[list(part.mesh.knots)]
    spacing = np.diff(nodes, prepend=0.0)
    changes, riding, touched = [], [], []
    for limited in _limited(programme, solution, part):
        if limited.kind == "state":
            touched += [(limited, *touch) for touch in _touches(nodes, limited)]
            changes += [at for _, at, _ in touched] + _entries_and_exits(nodes, limited)
            continue
        if limited.kind == "bound":
            changes += _entries_and_exits(nodes, limited, 1)
            continue
        runs = _without_short(_runs(limited.side))
        places = [_place(nodes, old, limited, a, b) for a, b in pairwise(runs)]
        changes += places
        stops = [0.0, *places, 1.0]
        riding += [(limited, run.side, stops[i], stops[i + 1]) for i, run in enumerate(runs) if run.side]
    knots: list[float] = []
    for at in sorted(changes, key=lambda at: (at not in old, at)):  # existing knots come first
        gap = 0.75 * float(spacing[min(int(np.searchsorted(nodes, at)), len(nodes) - 1)])
        clear = SHORTEST if at in old else max(SHORTEST, gap)
        if clear < at < 1.0 - clear and all(abs(at - k) > clear for k in knots):
            knots.append(float(at))
    knots.sort()
    if len(knots) > MOST_KNOTS:
        return Arcs(np.zeros(0), ())
    edges = np.array([0.0, *knots, 1.0])
    pins = []
    for limited, side, start, end in riding:
        for arc, middle in enumerate(0.5 * (edges[1:] + edges[:-1])):
            if start < middle < end:
                pins.append(Pin(limited.kind, limited.index, arc, side > 0))
    for limited, at, side in touched:
        if at in knots:
            pins.append(Pin("touch", limited.index, knots.index(at), side > 0))
    return Arcs(np.array(knots), tuple(sorted(set(pins), key=lambda p: (p.kind, p.index, p.arc))))


def _limited(programme: Programme, solution: Solution, part: PhaseSolution) -> Iterator[_Limited]:
    """Yield every bounded control and state and every path constraint, with its active side at each node."""
    problem, phase = programme.problem, part.phase
    lay = programme.layouts[phase.name]
    lower, upper, low, high = programme.bounds(problem.values)
    stated = phase.controls.bounds(problem.values)
    for j in range(phase.controls.length):
        at = lay.controls[:, j]
        if stated[0][j] < stated[1][j]:
            bounds = lower[at], upper[at]
            near = _near(solution.primal[at], *bounds)
            held = _held(solution.primal[at], *bounds, solution.bound_dual[at])
            side = _pinned(part.mesh, "control", j, np.where(near == held, near, 0), solution.bound_dual[at])
            yield _Limited("control", j, part.controls[:, j], side)
    at_nodes = np.searchsorted(part.mesh.state_nodes, part.mesh.control_nodes - 1e-12)
    bounds = phase.states.bounds(problem.values)
    for j in np.flatnonzero(np.isfinite(bounds[0]) | np.isfinite(bounds[1])).tolist():
        at = lay.states[at_nodes, j]
        side = _held(solution.primal[at], lower[at], upper[at], solution.bound_dual[at])
        side *= _near(solution.primal[at], lower[at], upper[at]) == side
        side[[0, -1]] = 0  # ends may be fixed by boundary conditions
        yield _Limited("bound", j, part.states[at_nodes, j], side)
    if not phase.path:
        return
    moved = _moved_by_controls(programme, part)
    q = programme.inputs(phase.name)
    free = np.array([solution.parameters[v.name] for v in problem.free])
    times = part.control_times
    x, u = part.sample_flat(times)
    values = np.asarray(programme.local[phase.name].rates(x.T, u.T, q, free, times[None, :])[1])
    for j in range(len(moved)):
        rows, bounds = lay.path[:, j], part.phase.path[j].bounds(problem.values)
        scale = programme.row_scale[rows[0]]
        held = _held(solution.row_values[rows], low[rows], high[rows], solution.dual[rows])
        near = _near(values[j] * scale, np.full(len(times), bounds[0] * scale), np.full(len(times), bounds[1] * scale))
        kind = "path" if moved[j] else "state"
        side = near * _beside(part.mesh, held, near)
        yield _Limited(kind, j, values[j], _pinned(part.mesh, kind, j, side, solution.dual[rows]))


def _pinned(mesh: Mesh, kind: str, index: int, side: np.ndarray, multiplier: np.ndarray) -> np.ndarray:
    """Return the sides, where pins are active if their multiplier has the sign that belongs to their bound."""
    side = side.copy()
    arcs = mesh.arc_of[mesh.interval_of]
    for pin in mesh.pins:
        here = np.flatnonzero(arcs == pin.arc)
        if pin.kind == "touch":
            here = here[-1:]
        if pin.index == index and (pin.kind == kind or (pin.kind == "touch" and kind == "state")):
            density = multiplier[here] / mesh.weights[here] * (1.0 if pin.upper else -1.0)
            rightly = density > -WRONG * max(float(np.max(np.abs(density))), 1e-12)
            side[here] = np.where(rightly, 1 if pin.upper else -1, 0)
    return side


def _beside(mesh: Mesh, held: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return whether a node near a bound touches an interval with a collocation point that is active at that bound."""
    if mesh.control_degree is None:
        return held == near
    at = mesh.interval_of
    upper = np.bincount(at, held > 0, mesh.intervals) > 0
    lower = np.bincount(at, held < 0, mesh.intervals) > 0
    touch = [np.append(side, side[-1]) | np.insert(side, 0, side[0]) for side in (upper, lower)]
    return np.where(near > 0, touch[0], np.where(near < 0, touch[1], False))


def _moved_by_controls(programme: Programme, part: PhaseSolution) -> np.ndarray:
    """Return which path constraints depend on the controls directly."""
    if not part.phase.path or not part.controls.size:
        return np.zeros(len(part.phase.path), dtype=bool)
    sparsity = programme.local[part.phase.name].rates.jac_sparsity(1, 1)
    moved = np.zeros(len(part.phase.path), dtype=bool)
    moved[np.array(sparsity.row(), dtype=int)] = True
    return moved


def _near(value: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return -1, 0 or 1: near the lower bound, neither, near the upper bound."""
    finite = np.maximum(np.where(np.isfinite(low), np.abs(low), 0.0), np.where(np.isfinite(high), np.abs(high), 0.0))
    size = np.where(np.isfinite(high - low), high - low, finite)
    size = CLOSE * np.where(size > 0.0, size, 1.0)
    return np.where(high - value < size, 1, np.where(value - low < size, -1, 0))


def _held(value: np.ndarray, low: np.ndarray, high: np.ndarray, multiplier: np.ndarray) -> np.ndarray:
    """Return -1, 0 or 1: a bound is active if its multiplier exceeds the distance to it (both scaled)."""
    return np.where(multiplier > high - value, 1, np.where(-multiplier > value - low, -1, 0))


def _runs(side: np.ndarray) -> list[_Run]:
    cuts = np.flatnonzero(np.diff(side)) + 1
    firsts, stops = np.concatenate([[0], cuts]), np.concatenate([cuts, [len(side)]])
    return [_Run(int(a), int(b) - 1, int(side[a])) for a, b in zip(firsts, stops, strict=True)]


def _without_short(runs: list[_Run]) -> list[_Run]:
    """Return the runs without nodes on the slope of a jump and without single nodes that touch a bound."""
    kept: list[_Run] = []
    for position, run in enumerate(runs):
        inner = 0 < position < len(runs) - 1
        length = run.last - run.first + 1
        if inner and run.side == 0 and length <= 2 and runs[position - 1].side * runs[position + 1].side < 0:
            continue
        if inner and run.side != 0 and length <= 1:
            run = _Run(run.first, run.last, 0)
        if kept and kept[-1].side == run.side:
            kept[-1] = _Run(kept[-1].first, run.last, run.side)
        else:
            kept.append(run)
    return kept


def _touches(nodes: np.ndarray, limited: _Limited) -> list[tuple[float, int]]:
    """Return where a limit on the states alone is touched at single points, and on which side."""
    short = [run for run in _runs(limited.side) if run.side and run.last - run.first <= 2]
    return [(float(0.5 * (nodes[run.first] + nodes[run.last])), run.side) for run in short]


def _entries_and_exits(nodes: np.ndarray, limited: _Limited, longer: int = 2) -> list[float]:
    """Return where active arcs of more than ``longer`` steps of a limit on the states alone start and end."""
    long = [run for run in _runs(limited.side) if run.side and run.last - run.first > longer]
    return [float(nodes[i]) for run in long for i in (run.first, run.last)]


def _place(nodes: np.ndarray, knots: np.ndarray, limited: _Limited, before: _Run, after: _Run) -> float:
    """Return where one run ends and the next begins; a jump between bounds is placed by the integral of the values."""
    a, b = nodes[before.last], nodes[after.first]
    inside = knots[(knots >= a - 1e-9) & (knots <= b + 1e-9)]
    if len(inside):
        return float(inside[np.argmin(np.abs(inside - 0.5 * (a + b)))])
    if not (before.side and after.side):
        return float(0.5 * (a + b))
    between = np.arange(before.last, after.first + 1)
    values = limited.values[between]
    mean = np.trapezoid(values, nodes[between]) / (b - a)
    return float(a + (b - a) * np.clip((mean - values[-1]) / (values[0] - values[-1]), 0.02, 0.98))
