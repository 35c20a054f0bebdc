"""Finer meshes: more points where the solution is smooth, smaller intervals elsewhere, arcs where a control switches.

A phase without a mesh of its own is first solved with piecewise linear controls on a coarse even mesh (scouting). These
neither oscillate nor hide jumps, so that arcs can be detected. The next mesh has collocation polynomials and a knot at every
switch; further passes raise the number of points until the error is below its tolerance.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from hoverslam.ocp.checks.mesh_error import PhaseError
from hoverslam.ocp.solution import PhaseSolution, Solution
from hoverslam.ocp.solving.switches import find_arcs
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.options import Tolerances
from hoverslam.ocp.statement.phase import Phase
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.frame import LARGE
from hoverslam.ocp.transcription.programme import Programme

MOST_POINTS = 12
SAME_KNOT = 5e-3  # of the phase: knots closer than this are one, because the solver finds their exact place
SCOUT_INTERVALS, FEWEST_INTERVALS, SCOUT_POINTS = 20, 10, 3
SPARE = 2  # see Mesh.spare
STEEP, SHARPEST = 0.15, 1e-3  # change of a control over an interval that calls for a cut, and the narrowest cut
EVEN_POINTS = 5  # of the intervals of an even mesh
# An error of some percent of a state says that the interval is far too long, as at the ends of a long horizon: more points
# do not help, and its error does not tell how many pieces do.
UNRESOLVED, UNRESOLVED_PIECES = 0.03, 5
FIRST_POINTS = 6  # of the intervals that follow the scouting
TOGETHER = 7  # intervals of a large mesh that are one in the coarser mesh from whose solution it starts


def scouting_mesh(problem: Problem, phase: Phase) -> Mesh:
    """Return the first mesh of a phase that states none.

    Piecewise linear controls cannot meet a path constraint that is an equation (a direction of unit length). Such phases
    are scouted with collocation polynomials.
    """
    intervals = max(SCOUT_INTERVALS // len(problem.phases), FEWEST_INTERVALS)
    bounds = [c.bounds(problem.values) for c in phase.path]
    if any(low == high for low, high in bounds):
        return Mesh.uniform(intervals // 2, SCOUT_POINTS + 1)
    return Mesh.uniform(intervals, SCOUT_POINTS, control_degree=1)


def next_meshes(
    programme: Programme, solution: Solution, errors: Mapping[str, PhaseError], tolerances: Tolerances, scouted: bool
) -> list[dict[str, Mesh]]:
    """Return meshes for the next pass, the most promising first; an empty list if nothing needs refinement."""
    parts = solution.phases
    if scouted:
        made = [{n: _structured(programme, solution, part, errors[n], tolerances) for n, part in parts.items()}]
    else:
        bad = {n: e.excess(tolerances) > 1.0 for n, e in errors.items()}
        moved = {n: _rearranged(programme, solution, part) for n, part in parts.items()}
        made = [{n: mesh or parts[n].mesh for n, mesh in moved.items()}] if any(moved.values()) else []
        if any(np.any(b) for b in bad.values()):
            made += [{n: how(p.mesh, errors[n], tolerances) for n, p in parts.items()} for how in (_finer, _cut)]
    return [mesh for i, mesh in enumerate(made) if mesh not in made[:i]]


def _rearranged(programme: Programme, solution: Solution, part: PhaseSolution) -> Mesh | None:
    """Return the mesh with the arcs of its solution, or None if it has these arcs already."""
    mesh = part.mesh
    if not mesh.pins and not mesh.knots:
        return None
    arcs = find_arcs(programme, solution, part)
    edges = np.asarray(mesh.edges)
    old = edges[list(mesh.knots)]
    pins = tuple(sorted(mesh.pins, key=lambda p: (p.kind, p.index, p.arc)))
    if len(old) == len(arcs.knots) and np.allclose(old, arcs.knots, atol=SAME_KNOT) and pins == arcs.pins:
        return None
    new = np.array([k for k in arcs.knots if k not in old])
    inner, widths = edges[1:-1], np.minimum(mesh.widths[:-1], mesh.widths[1:])
    crowded = np.zeros(len(inner), dtype=bool)
    if len(new):
        crowded = (np.min(np.abs(inner[:, None] - new), axis=1) < 0.3 * widths) & ~np.isin(inner, arcs.knots)
    kept = np.unique(np.concatenate([[0.0], inner[~crowded], new, [1.0]]))
    was = np.clip(np.searchsorted(edges, 0.5 * (kept[1:] + kept[:-1]), side="right") - 1, 0, mesh.intervals - 1)
    points = tuple(int(n) for n in mesh.counts[was])
    knots = tuple(int(k) for k in np.searchsorted(kept, arcs.knots))
    return Mesh(tuple(kept.tolist()), points, None, knots, arcs.pins, mesh.spare)


def _structured(
    programme: Programme, solution: Solution, part: PhaseSolution, error: PhaseError, tolerances: Tolerances
) -> Mesh:
    """Return the mesh that follows a scouted phase: collocation polynomials between the switches.

    The mesh of a phase that states one is refined, and so is that of a phase with limited control rates, whose controls
    must be continuous.
    """
    if part.phase.mesh is not None or any(v.rate is not None for v in part.phase.controls.variables):
        return _finer(part.mesh, error, tolerances)
    arcs = find_arcs(programme, solution, part)
    stops = np.array([0.0, *arcs.knots, 1.0])
    edges, knots = [0.0], []
    for start, end in pairwise(stops):
        pieces = max(1, round((end - start) * part.mesh.intervals / 4))
        edges += np.linspace(start, end, pieces + 1)[1:].tolist()
        knots.append(len(edges) - 1)
    edges[-1] = 1.0
    return Mesh(tuple(edges), FIRST_POINTS, None, tuple(knots[:-1]), arcs.pins, SPARE)


def coarser_meshes(meshes: Mapping[str, Mesh]) -> list[dict[str, Mesh]]:
    """Return meshes for the way to large ones, the coarsest first; an empty list if ``meshes`` are not large."""
    found: list[dict[str, Mesh]] = []
    now = dict(meshes)
    while sum(int(np.sum(mesh.counts)) for mesh in now.values()) > LARGE:
        now = {name: _coarser(mesh) for name, mesh in now.items()}
        if now == (found[0] if found else meshes):
            break  # arcs are not cut further
        found.insert(0, now)
    return found


def _coarser(mesh: Mesh) -> Mesh:
    """Return a mesh of every arc's intervals taken together, ``TOGETHER`` at a time; a small mesh is left as it is."""
    if mesh.intervals <= FEWEST_INTERVALS * TOGETHER:
        return mesh
    bounds = [0, *mesh.knots, mesh.intervals]
    kept = [np.unique(np.append(np.arange(a, b, TOGETHER), b)) for a, b in pairwise(bounds)]
    at = np.unique(np.concatenate(kept))
    return replace(
        mesh,
        edges=tuple(mesh.edges[i] for i in at),
        points=tuple(mesh.counts[at[:-1]].tolist()),
        knots=tuple(np.searchsorted(at, mesh.knots).tolist()),
    )


def even_meshes(solution: Solution) -> dict[str, Mesh]:
    """Return even meshes of collocation polynomials for the phases that state no mesh, as fine as the scouting was."""
    made = {}
    for name, part in solution.phases.items():
        continuous = any(v.rate is not None or v.roughness is not None for v in part.phase.controls.variables)
        own = part.phase.mesh is not None or continuous
        made[name] = part.mesh if own else Mesh.uniform(part.mesh.intervals, EVEN_POINTS)
    return made


def sharpened_meshes(
    solution: Solution, errors: Mapping[str, PhaseError], tolerances: Tolerances
) -> list[dict[str, Mesh]]:
    """Return finer meshes of a scouted problem with piecewise linear controls: cut at errors and where controls jump.

    For solutions whose arcs are too many or too short to find. Controls do not oscillate or exceed limits between nodes.
    """
    made = {}
    for name, part in solution.phases.items():
        mesh = part.mesh
        excess = errors[name].excess(tolerances)
        parts = np.where(excess > 100.0, 3, np.where(excess > 1.0, 2, 1))
        if part.controls.size and mesh.control_degree == 1:
            size = np.ptp(part.controls, axis=0)
            steep = np.max(np.abs(np.diff(part.controls, axis=0)) / np.where(size > 0.0, size, 1.0), axis=1) > STEEP
            parts = np.maximum(parts, np.where(steep & (mesh.widths > SHARPEST), 2, 1))
        made[name] = mesh.split(parts)
    return [made] if any(made[n] != solution[n].mesh for n in made) else []


def _wanted(points: int, error: float, violation: float, tolerances: Tolerances) -> int:
    """Return the points that reduce an interval's error to its tolerance at the convergence rate of smooth functions."""
    if error <= tolerances.mesh and violation <= tolerances.path:
        return points
    more = 2
    if error > tolerances.mesh:
        more = max(more, min(math.ceil(math.log(2.0 * error / tolerances.mesh) / math.log(max(points, 3))), 5))
    return points + more


def _cut(mesh: Mesh, error: PhaseError, tolerances: Tolerances) -> Mesh:
    """Cut bad intervals in two, or in three where the error is more than 100 times its tolerance."""
    excess = error.excess(tolerances)
    parts = np.where(excess > 100.0, 3, np.where(excess > 1.0, 2, 1))
    return mesh.split(np.where(error.states > UNRESOLVED, UNRESOLVED_PIECES, parts))


def _finer(mesh: Mesh, error: PhaseError, tolerances: Tolerances) -> Mesh:
    """Add points to each bad interval, or cut it if it has many, has piecewise linear controls or resolves nothing."""
    if mesh.control_degree == 1:
        return _cut(mesh, error, tolerances)
    edges, points, knots = [0.0], [], []
    for i, count in enumerate(mesh.counts):
        left, right = mesh.edges[i], mesh.edges[i + 1]
        violation = max(float(error.limits[i]), float(error.objective[i]) * tolerances.path / tolerances.objective)
        wanted = _wanted(int(count), float(error.states[i]), violation, tolerances)
        pieces = 1 if wanted <= MOST_POINTS else max(2, math.ceil(wanted / 8))
        if error.states[i] > UNRESOLVED:
            pieces = UNRESOLVED_PIECES
        if pieces > 1:
            wanted = max(FIRST_POINTS, int(count) // 2 + 1)
        edges += (left + (right - left) * np.arange(1, pieces + 1) / pieces).tolist()
        points += [wanted] * pieces
        if i + 1 in mesh.knots:
            knots.append(len(edges) - 1)
    edges[-1] = 1.0
    return replace(mesh, edges=tuple(edges), points=tuple(points), knots=tuple(knots))
