"""Powered descent as a convex programme: a second, independent formulation of the landing of least propellant.

The lower bound on thrust makes the landing problem non-convex. Acikmese and Ploen (2007) relax it with a slack ``s >= |u|``
on the thrust acceleration ``u = T/m`` and show that the relaxed optimum touches the cone, so that it solves the original
problem too. With ``z = ln m`` every other constraint is linear or a cone, so that there is one optimum, found from any guess.
:func:`land` lands on the pad with the most mass left. :func:`land_near` first minimises the distance from the pad (Blackmore,
Acikmese and Scharf 2010). :func:`best_time` searches the time of flight of either. :attr:`ConvexLanding.lossless` is the
largest distance from the cone: in discrete time a few steps, fewer than the states, may stay off it (Luo, Echigo and
Acikmese, arXiv 2410.09748).

The last digits depend on these conventions. ``N`` equal steps have ``N + 1`` nodes; ``u`` and ``s`` are constant over a step,
so that ``z`` falls linearly and the double integrator is integrated exactly. Thrust bounds and tilt hold at the start of
each step, ``0 .. N - 1``, with ``z`` expanded about ``z0(t) = ln(m0 - alpha rho2 t)`` as in the papers;
``z0(t) <= z <= ln(m0 - alpha rho1 t)`` at the nodes ``1 .. N``; glide slope and speed limit at the inner nodes
``1 .. N - 1``. Nothing is checked between nodes. Gravity is constant, the ground flat, and there is no air.

Axes are (downrange, left, up); SI units, radians.

IPOPT solves it; see :mod:`hoverslam.flights.references.convex_programme`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hoverslam.flights.references.convex_programme import OBJECTIVE_WEIGHT, Parameters, Structure, build_programme

FloatArray = NDArray[np.float64]

THRUST_FLOOR = (
    1e-4  # of full thrust, because the cone has no derivative at zero thrust; it costs some 1e-7 of the propellant
)
DISTANCE_SLACK = (
    1e-6  # of g T^2: slack on the least distance in the second step, which would have no interior without it
)
SHORTFALL_TOLERANCE = 1e-5  # of g T^2: a larger shortfall is not within the tolerance of the solver
LOSS_TOLERANCE = 1e-4  # of full thrust: a larger gap means that less thrust is flown than propellant is burned for
SCANNED_TIMES = 5  # times of flight tried before golden section


class ConvexStatus(Enum):
    """How a convex landing ended; the value is a phrase for the reader."""

    OPTIMAL = "optimal"
    SHORT_OF_PROPELLANT = "the pad can be reached, but takes more propellant than there is"
    NOT_LOSSLESS = "optimal only where thrust may fall below its least: the relaxation is not exact here"
    INFEASIBLE = "no flight of this duration keeps all limits"
    UNDECIDED = "the solver stopped before it could tell"


@dataclass(frozen=True, eq=False)
class Descent:
    """A descending vehicle, and where it lands.

    Attributes:
        position: At the start ``(3,)`` (m).
        velocity: At the start ``(3,)`` (m/s).
        mass: At the start (kg).
        dry_mass: Without propellant (kg).
        thrust_min: Least thrust of the lit engine (N).
        thrust_max: Greatest thrust of the lit engine (N).
        exhaust_velocity: Thrust over mass flow (m/s), ``1 / alpha``; with engines canted by ``phi`` it is
            ``Isp g0 cos(phi)``.
        gravity: Downwards (m/s2).
        pad: Position at the end ``(3,)`` (m).
        touchdown_velocity: Velocity at the end ``(3,)`` (m/s).
        glide_slope: Least elevation of the vehicle seen from its touchdown point (rad), or None.
        tilt: Largest angle of the thrust from the vertical (rad), or None.
        speed_limit: Largest speed (m/s), or None.

    Raises:
        ValueError: If a value is outside its range.
    """

    position: Any
    velocity: Any
    mass: float
    dry_mass: float
    thrust_min: float
    thrust_max: float
    exhaust_velocity: float
    gravity: float
    pad: Any = (0.0, 0.0, 0.0)
    touchdown_velocity: Any = (0.0, 0.0, 0.0)
    glide_slope: float | None = None
    tilt: float | None = None
    speed_limit: float | None = None

    def __post_init__(self) -> None:
        for name in ("position", "velocity", "pad", "touchdown_velocity"):
            value = np.array(getattr(self, name), dtype=float)
            _require(value.shape == (3,) and bool(np.all(np.isfinite(value))), name, value, "give 3 finite numbers")
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        for name in ("dry_mass", "exhaust_velocity", "gravity", "thrust_max"):
            _require(0.0 < getattr(self, name) < np.inf, name, getattr(self, name), "give a number above 0")
        _require(self.dry_mass < self.mass < np.inf, "mass", self.mass, f"keep it above dry_mass = {self.dry_mass:g}")
        in_order = 0.0 <= self.thrust_min < self.thrust_max
        _require(in_order, "thrust_min", self.thrust_min, f"keep it from 0 to below thrust_max = {self.thrust_max:g}")
        slope, tilt, speed = self.glide_slope, self.tilt, self.speed_limit
        _require(
            slope is None or 0.0 <= slope < np.pi / 2, "glide_slope", slope, "keep it from 0 to below pi/2 radians"
        )
        _require(tilt is None or 0.0 < tilt <= np.pi, "tilt", tilt, "keep it above 0 and at most pi radians")
        _require(speed is None or 0.0 < speed < np.inf, "speed_limit", speed, "give a number above 0, or None")

    @property
    def longest_flight(self) -> float:
        """Time in which full thrust would burn the whole mass (s), where ``z0`` ends."""
        return self.mass * self.exhaust_velocity / self.thrust_max

    @property
    def time_bounds(self) -> tuple[float, float]:
        """Bounds on the time of every landing (s): the least to change the velocity, the greatest at least thrust."""
        change = float(np.linalg.norm(self.touchdown_velocity - self.velocity))
        burn = (self.mass - self.dry_mass) * self.exhaust_velocity
        upper = 0.99 * self.longest_flight
        if self.thrust_min * upper > burn:
            upper = burn / self.thrust_min
        return float(min(change / (self.gravity + self.thrust_max / self.dry_mass), 0.5 * upper)), float(upper)


@dataclass(frozen=True, eq=False)
class ConvexLanding:
    """A landing on ``N`` steps and ``N + 1`` nodes.

    If it is infeasible the arrays are the flight of least shortfall; if it is undecided they are the last iterate.

    Attributes:
        status: How the programme ended.
        time: Of the nodes ``(N + 1,)`` (s).
        position: At the nodes ``(N + 1, 3)`` (m).
        velocity: At the nodes ``(N + 1, 3)`` (m/s).
        mass: At the nodes ``(N + 1,)`` (kg); its logarithm is linear in between.
        acceleration: Of the thrust, constant over each step ``(N, 3)`` (m/s2).
        thrust: At the start of each step ``(N, 3)`` (N); it falls with the mass.
        propellant: Burned (kg).
        flight_time: (s).
        miss: Distance of the touchdown from the pad along the ground (m).
        shortfall: Zero where a landing was found. Otherwise the least violation of the final conditions (m): the root of
            the sum of squares of the height above the pad, ``flight_time`` times the excess velocity, and for
            :func:`land` the miss. Infinite where even that is unknown.
        lossless: Largest ``s - |u|`` (m/s2), which is zero where the relaxation is exact.
        iterations: Of the solver, over all programmes solved for this landing.
    """

    status: ConvexStatus
    time: FloatArray
    position: FloatArray
    velocity: FloatArray
    mass: FloatArray
    acceleration: FloatArray
    thrust: FloatArray
    propellant: float
    flight_time: float
    miss: float
    shortfall: float
    lossless: float
    iterations: int

    @property
    def solved(self) -> bool:
        """Whether this is an optimal flight within the limits of the engine and the propellant aboard."""
        return self.status is ConvexStatus.OPTIMAL


def land(descent: Descent, flight_time: float, steps: int = 50) -> ConvexLanding:
    """Return the flight to the pad of least propellant for a given time of flight.

    The dry mass is not a constraint of the programme. If the optimum needs more propellant than there is, its status is
    :attr:`ConvexStatus.SHORT_OF_PROPELLANT`, and it says how much is missing.

    Args:
        descent: The vehicle and its limits.
        flight_time: From start to touchdown (s).
        steps: Count of time steps.

    Raises:
        ValueError: If ``flight_time`` or ``steps`` is outside its range.

    Source: Acikmese and Ploen, JGCD 30(5), 2007; tilt from Acikmese, Carson and Blackmore, IEEE Transactions on Control
    Systems Technology 21(6), 2013.
    """
    return _judged(descent, _solve(descent, flight_time, steps, "pad"))


def land_near(descent: Descent, flight_time: float, steps: int = 50) -> ConvexLanding:
    """Return the flight of least propellant among those that touch down nearest the pad, for a given time of flight.

    It touches down at the height of the pad, and the glide slope counts from there. :attr:`ConvexLanding.miss` exceeds the
    least distance by a millionth of ``gravity * flight_time**2``, or by ten times that where the solver does not converge
    with less. It is zero where the pad can be reached.

    Args:
        descent: The vehicle and its limits.
        flight_time: From start to touchdown (s).
        steps: Count of time steps.

    Raises:
        ValueError: If ``flight_time`` or ``steps`` is outside its range.

    Source: Blackmore, Acikmese and Scharf, JGCD 33(4), 2010.
    """
    nearest = _solve(descent, flight_time, steps, "distance")
    if not nearest.solved:
        return nearest
    reach = nearest.miss / (descent.gravity * flight_time**2)
    if reach < 10.0 * DISTANCE_SLACK:
        at_pad = land(descent, flight_time, steps)
        if at_pad.status in (ConvexStatus.OPTIMAL, ConvexStatus.NOT_LOSSLESS):
            return replace(at_pad, iterations=at_pad.iterations + nearest.iterations)
    landing = nearest
    for slack in (DISTANCE_SLACK, 10.0 * DISTANCE_SLACK):
        landing = _judged(descent, _solve(descent, flight_time, steps, "held", reach + slack))
        if landing.status is not ConvexStatus.UNDECIDED:
            break
    return replace(landing, iterations=landing.iterations + nearest.iterations)


def _judged(descent: Descent, landing: ConvexLanding) -> ConvexLanding:
    """Return an optimum of the relaxed programme with the status that propellant and relaxation give it.

    The relaxed optimum is a lower bound on the propellant, so a shortage there is a shortage of the original problem.
    """
    if not landing.solved:
        return landing
    if landing.mass[-1] < descent.dry_mass * (1.0 - 1e-9):
        return replace(landing, status=ConvexStatus.SHORT_OF_PROPELLANT)
    if landing.lossless > LOSS_TOLERANCE * descent.thrust_max / descent.mass:
        return replace(landing, status=ConvexStatus.NOT_LOSSLESS)
    return landing


def best_time(
    programme: Callable[[Descent, float, int], ConvexLanding],
    descent: Descent,
    bracket: tuple[float, float] | None = None,
    steps: int = 50,
    tolerance: float = 0.01,
) -> ConvexLanding:
    """Return the best landing over the time of flight: least shortfall, then least miss, then least propellant.

    A few times spread over the bracket are solved first, and golden section narrows the time around the best of them. This
    finds the optimum if the cost has one minimum over the time of flight, as it nearly always has (Blackmore et al. 2010).

    Args:
        programme: :func:`land` or :func:`land_near`.
        descent: The vehicle and its limits.
        bracket: Least and greatest time of flight (s); by default :attr:`Descent.time_bounds`.
        steps: Count of time steps.
        tolerance: On the time of flight (s).

    Returns:
        The best landing found; not solved where there is none in the bracket.

    Raises:
        ValueError: If the bracket is empty or leaves ``0 .. descent.longest_flight``, or another argument is outside its
            range.
    """
    low, high = descent.time_bounds if bracket is None else bracket
    in_order = 0.0 <= low < high <= descent.longest_flight
    _require(in_order, "bracket", (low, high), f"keep 0 <= low < high <= {descent.longest_flight:g} s")
    _require(tolerance > 0.0, "tolerance", tolerance, "give a number of seconds above 0")
    times = np.linspace(low, high, SCANNED_TIMES + 2)
    flights = [programme(descent, float(time), steps) for time in times[1:-1]]
    best = min(range(SCANNED_TIMES), key=lambda i: _merit(flights[i]))
    return _golden_section(
        lambda time: programme(descent, time, steps), times[best : best + 3], flights[best], tolerance
    )


def _merit(landing: ConvexLanding) -> tuple[float, bool, float, float]:
    """Return what :func:`best_time` minimises; propellant beyond what is aboard still ranks the times."""
    return landing.shortfall, landing.status is ConvexStatus.NOT_LOSSLESS, landing.miss, landing.propellant


def _golden_section(
    fly: Callable[[float], ConvexLanding], times: FloatArray, middle: ConvexLanding, tolerance: float
) -> ConvexLanding:
    """Narrow ``times`` (low, middle, high) around the middle one, by comparisons only, because merits may be infinite."""
    low, _, high = map(float, times)
    while high - low > tolerance:
        time = middle.flight_time
        right = high - time > time - low
        probe = fly(time + 0.381966 * (high - time) if right else time - 0.381966 * (time - low))
        if _merit(probe) < _merit(middle):
            low, high = (time, high) if right else (low, time)
            middle = probe
        else:
            low, high = (low, probe.flight_time) if right else (probe.flight_time, high)
    return middle


def _require(holds: bool, name: str, value: object, advice: str) -> None:
    if not holds:
        raise ValueError(f"{name} = {value}: {advice}")


def _solve(descent: Descent, flight_time: float, steps: int, goal: str, reach: float = 0.0) -> ConvexLanding:
    """Return the solution of one programme, or the flight of least shortfall where it has none.

    ``reach`` (g T^2) is the distance from the pad that the goal ``"held"`` allows.
    """
    in_range = 0.0 < flight_time < descent.longest_flight
    _require(in_range, "flight_time", flight_time, f"keep it above 0 and below {descent.longest_flight:g} s")
    _require(isinstance(steps, int | np.integer) and steps >= 2, "steps", steps, "give a whole number of 2 or more")
    least = 0.0 if goal == "pad" else descent.dry_mass
    landing = _run(descent, flight_time, steps, goal, _scaled(descent, flight_time, least, reach))
    if landing.status is not ConvexStatus.UNDECIDED:
        return landing
    # Nearly every flight is possible if it may end anywhere at any speed. If the least shortfall is not zero, no flight
    # meets the final conditions.
    weight = 1.0 if goal == "pad" else 0.0
    closest = _run(descent, flight_time, steps, "shortfall", _scaled(descent, flight_time, least, weight))
    iterations = landing.iterations + closest.iterations
    if closest.solved and closest.shortfall > SHORTFALL_TOLERANCE * descent.gravity * flight_time**2:
        return replace(closest, status=ConvexStatus.INFEASIBLE, iterations=iterations)
    return replace(landing, iterations=iterations)


def _scaled(descent: Descent, flight_time: float, least_mass: float, reach: float) -> FloatArray:
    """Return the parameters without units, in one column."""
    speed = descent.gravity * flight_time
    flow = speed / descent.exhaust_velocity
    weight = descent.mass * descent.gravity
    parameters = Parameters(
        position=(descent.position - descent.pad) / (speed * flight_time),
        velocity=descent.velocity / speed,
        touchdown_velocity=descent.touchdown_velocity / speed,
        flow=flow,
        least=max(descent.thrust_min, THRUST_FLOOR * descent.thrust_max) / weight,
        most=descent.thrust_max / weight,
        final=np.log(least_mass / descent.mass) / flow if least_mass else -np.inf,
        slope=np.tan(descent.glide_slope or 0.0) ** 2,
        cosine=np.cos(descent.tilt or 0.0),
        speed=((descent.speed_limit or speed) / speed) ** 2,
        reach=reach,
    )
    return np.hstack(parameters)


def _run(descent: Descent, flight_time: float, steps: int, goal: str, parameters: FloatArray) -> ConvexLanding:
    """Run the solver once; the result is optimal, undecided, or infeasible because least thrust empties the tanks."""
    limits = [limit is not None for limit in (descent.glide_slope, descent.tilt, descent.speed_limit)]
    programme = build_programme(Structure(int(steps), goal, *limits))
    guess, lower, upper = (column.full().ravel() for column in programme.start(parameters))
    if np.any(lower > upper):
        return _landing(descent, flight_time, programme.unpack(guess, parameters), ConvexStatus.INFEASIBLE, np.inf, 0)
    answer = programme.solver(
        x0=guess,
        p=parameters,
        lbx=lower,
        ubx=upper,
        lbg=programme.lower,
        ubg=programme.upper,
        lam_x0=np.where(np.isfinite(lower) & np.isinf(upper), -1.0, 0.0),
        lam_g0=np.where(np.isfinite(programme.lower), 0.0, 1.0),
    )
    stats = programme.solver.stats()
    status, shortfall = ConvexStatus.UNDECIDED, np.inf
    if stats["return_status"] == "Solve_Succeeded":
        status, shortfall = ConvexStatus.OPTIMAL, 0.0
        if goal == "shortfall":
            shortfall = float(
                descent.gravity * flight_time**2 * np.sqrt(max(float(answer["f"]), 0.0) / OBJECTIVE_WEIGHT)
            )
    unpacked = programme.unpack(answer["x"], parameters)
    return _landing(descent, flight_time, unpacked, status, shortfall, stats["iter_count"])


def _landing(
    descent: Descent, flight_time: float, unpacked: Any, status: ConvexStatus, shortfall: float, iterations: int
) -> ConvexLanding:
    """Return an iterate with units; positions are integrated from the start, so that they show the constraint residual."""
    velocity, log_mass, acceleration, slack, touchdown = (part.full() for part in unpacked)
    speed = descent.gravity * flight_time
    time = np.linspace(0.0, flight_time, len(log_mass))
    velocity, acceleration = speed * velocity.T, descent.gravity * acceleration.T
    moved = 0.5 * (velocity[1:] + velocity[:-1]) * np.diff(time)[:, None]
    mass = descent.mass * np.exp(speed / descent.exhaust_velocity * log_mass.ravel())
    return ConvexLanding(
        status=status,
        time=time,
        position=descent.position + np.vstack([np.zeros(3), np.cumsum(moved, axis=0)]),
        velocity=velocity,
        mass=mass,
        acceleration=acceleration,
        thrust=mass[:-1, None] * acceleration,
        propellant=float(descent.mass - mass[-1]),
        flight_time=flight_time,
        miss=float(speed * flight_time * np.linalg.norm(touchdown[:2])),
        shortfall=shortfall,
        lossless=float(np.max(descent.gravity * slack.ravel() - np.linalg.norm(acceleration, axis=1))),
        iterations=int(iterations),
    )
