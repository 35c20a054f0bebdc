"""The edge of a footprint: the farthest site along each ray from the pad, by one optimal-control problem a ray."""

from collections.abc import Callable, Sequence

import numpy as np
from jax import Array
from numpy.typing import NDArray

from hoverslam.data.radians import FULL_TURN, check_angle
from hoverslam.flights.landing.arcs import multipliers_have_right_signs
from hoverslam.flights.landing.case import LandingCase, phase_names
from hoverslam.flights.landing.footprint.site_map import FootprintEdge
from hoverslam.flights.landing.result import LandingOutcome, LandingResult
from hoverslam.flights.landing.search import landing_problem
from hoverslam.flights.landing.solve import Landing
from hoverslam.flights.landing.solver_settings import IN_AIR
from hoverslam.ocp.solved import Solved, solve
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.options import Options
from hoverslam.ocp.statement.problem import Problem

FloatArray = NDArray[np.float64]


def footprint_edge(landing: Landing, azimuths: Sequence[float] | FloatArray, *, verify: bool = True) -> FootprintEdge:
    """Return the farthest site along each ray from the pad that the lander can reach.

    Each site is a local optimum of one optimal-control problem. Without air no worse local optimum has been met; in air
    the distance is a lower bound.

    Args:
        landing: What lands, from where, under which limits.
        azimuths: Of the rays ``(n,)`` (rad), from downrange towards left, best in order and a few degrees apart.
        verify: Whether each landing is flown again.

    Raises:
        ValueError: If no landing on the pad is found, or an azimuth cannot be in radians.
    """
    check_angle("footprint edge", "azimuths", azimuths, -FULL_TURN, FULL_TURN)
    pad = landing.solve(report=_no_report)
    if pad.outcome is not LandingOutcome.ON_PAD:
        raise ValueError(f"footprint edge: start from a landing on the pad that is solved; this one: {pad.message}")
    return find_edge(pad, np.asarray(azimuths, dtype=float), verify)


def find_edge(
    pad: LandingResult, azimuths: FloatArray, verify: bool, on_ray: Callable[[int], None] = lambda left: None
) -> FootprintEdge:
    """Return the farthest site along each ray; each ray is solved from the one before, or anew where that fails.

    Args:
        pad: The landing on the pad.
        azimuths: Of the rays ``(n,)`` (rad), from downrange towards left.
        verify: Whether each landing is flown again.
        on_ray: Called before each ray with the number of rays left.
    """
    case, last = pad.case, phase_names(pad.case, pad.sequence)[-1]
    problem, options = _farthest(case, pad.sequence), _options(case, verify)
    unknown = np.full(len(azimuths), np.nan)
    found = FootprintEdge(azimuths, unknown, unknown.copy(), np.zeros(len(azimuths), bool))
    solution: Solved | None = None
    for k, azimuth in enumerate(azimuths):
        on_ray(len(azimuths) - k)
        ray = {"ray.downrange": float(np.cos(azimuth)), "ray.left": float(np.sin(azimuth))}
        again = None if solution is None else solution.resolve(ray, options, verify)
        if again is None or not (_flown(again, verify) and multipliers_have_right_signs(again)):
            with problem.holding(ray):
                again = solve(problem, options, _no_report)
        if not again.converged:
            continue
        solution = again if _flown(again, verify) else solution
        found.distance[k] = again.objective
        found.propellant[k] = case.start.mass - float(again[last].final.mass)
        found.verified[k] = _flown(again, True)
    return found


def _flown(solution: Solved, verify: bool) -> bool:
    if not verify:
        return solution.converged
    return solution.verification is not None and solution.verification.passed


def _options(case: LandingCase, verify: bool) -> Options:
    return Options(tolerances=IN_AIR, verify=verify, diagnose=False) if case.lander.has_air else Options(verify=verify)


def _farthest(case: LandingCase, sequence: tuple[int, ...]) -> Problem:
    """Return the problem whose touchdown is farthest from the pad along the ray ``(ray.downrange, ray.left)``."""
    problem = landing_problem(case, sequence, nearest=True)
    first = phase_names(case, sequence)[0]
    problem.parameter("ray.downrange", value=1.0)
    problem.parameter("ray.left", value=0.0)

    def site(e: Named, p: Named) -> tuple[Array, Array]:
        moved = e[first].initial.position
        return p["start.downrange"] - moved[0], p["start.left"] - moved[1]

    def along(e: Named, p: Named) -> Array:
        x, y = site(e, p)
        return x * p["ray.downrange"] + y * p["ray.left"]

    def across(e: Named, p: Named) -> Array:
        x, y = site(e, p)
        return y * p["ray.downrange"] - x * p["ray.left"]

    problem.constrain("on the ray", across, unit="m")
    problem.maximize(along, unit="m")
    return problem


def _no_report(line: str) -> None:
    pass
