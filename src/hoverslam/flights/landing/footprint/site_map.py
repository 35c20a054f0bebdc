"""The map of a footprint as data: sites on a grid, and the farthest sites along rays from the pad."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from hoverslam.flights.landing.case import LandingStart

FloatArray = NDArray[np.float64]

CURVE_POINTS = 720  # of the smooth edge


class SiteOutcome(IntEnum):
    """How the search ended at a site."""

    SOLVED = 0
    OUT_OF_REACH = 1
    NOT_SOLVED = 2
    NOT_TRIED = 3
    NOT_VERIFIED = 4

    @property
    def meaning(self) -> str:
        """The outcome in words."""
        return {
            SiteOutcome.SOLVED: "a landing was found; verified says whether a re-flight confirms it",
            SiteOutcome.NOT_VERIFIED: "the solver converged, and the checks do not confirm the landing",
            SiteOutcome.OUT_OF_REACH: "beyond the edge, or the solver names limits that cannot be met together",
            SiteOutcome.NOT_SOLVED: "the solver found neither a landing nor limits that cannot be met together",
            SiteOutcome.NOT_TRIED: "no neighbouring site was solved, or the search was interrupted",
        }[self]


@dataclass(frozen=True)
class FootprintEdge:
    """The farthest sites from the pad that can be reached, along rays.

    Attributes:
        azimuth: Of the rays ``(n,)`` (rad), from downrange towards left.
        distance: From the pad to the farthest site along each ray ``(n,)`` (m); NaN where none was found.
        propellant: Burned to land there ``(n,)`` (kg); NaN where none was found.
        verified: Whether the independent re-flight agrees ``(n,)``.
    """

    azimuth: FloatArray
    distance: FloatArray
    propellant: FloatArray
    verified: NDArray[np.bool_]

    @property
    def sites(self) -> FloatArray:
        """The farthest sites that were found ``(n, 2)``: downrange and left (m)."""
        rays = np.stack([np.cos(self.azimuth), np.sin(self.azimuth)], axis=1)
        farthest: FloatArray = (self.distance[:, None] * rays)[np.isfinite(self.distance)]
        return farthest

    def curve(self) -> FloatArray:
        """Return the edge as a closed smooth curve ``(n, 2)`` (m); it needs rays in order over the whole circle."""
        known = np.isfinite(self.distance)
        angle = np.append(self.azimuth[known], self.azimuth[known][0] + 2.0 * np.pi)
        closed = np.concatenate([self.sites, self.sites[:1]])
        spline = CubicSpline(angle, closed, bc_type="periodic")
        return np.asarray(spline(np.linspace(angle[0], angle[-1], CURVE_POINTS)))

    @property
    def area(self) -> float:
        """Area enclosed by the curve (m2)."""
        x, y = self.curve().T
        return float(0.5 * abs(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])))


@dataclass
class SiteMap:
    """Propellant to land at each site of a grid around the pad, and how the search ended there.

    Attributes:
        downrange: First axis of the grid, from the pad ``(n,)`` (m).
        left: Second axis of the grid, from the pad ``(m,)`` (m).
        propellant: To land at each site ``(n, m)`` (kg); NaN where none was found.
        verified: Whether the independent re-flight agrees ``(n, m)``.
        status: How the search ended, a :class:`SiteOutcome` ``(n, m)``.
        warm: Whether the landing was solved from a neighbour, without building a new problem ``(n, m)``.
        site_seconds: Time spent on each site ``(n, m)`` (s).
        start: The state in which all landings begin, as seen from the pad.
        sequence: Engine counts lit one after the other, in all landings.
        pad_propellant: Burned to land on the pad (kg).
        available: Propellant aboard at the start (kg).
        impact: Where the start would hit the ground if no engine were lit ``(2,)`` (m); NaN if never.
        name: Of the lander.
        edge: The farthest sites along rays; None where they were not asked for.
        seconds: Time spent altogether (s).
        interrupted: Whether Ctrl-C ended the search early; the sites solved until then are kept.
    """

    downrange: FloatArray
    left: FloatArray
    propellant: FloatArray
    verified: NDArray[np.bool_]
    status: NDArray[np.int64]
    warm: NDArray[np.bool_]
    site_seconds: FloatArray
    start: LandingStart
    sequence: tuple[int, ...]
    pad_propellant: float
    available: float
    impact: FloatArray
    name: str
    edge: FootprintEdge | None = None
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def reachable(self) -> NDArray[np.bool_]:
        """Whether a landing was found at each site ``(n, m)``."""
        return self.status == SiteOutcome.SOLVED

    @property
    def reachable_area(self) -> float:
        """Area of all sites within reach (m2): inside the edge where it is known, else of the cells around solved sites."""
        if self.edge is not None:
            return self.edge.area
        return float(np.sum(np.outer(np.gradient(self.downrange), np.gradient(self.left))[self.reachable]))
