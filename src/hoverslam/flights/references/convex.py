"""Powered descent as a convex programme: a second, independent road to the landing of least propellant.

The lower bound on thrust makes the landing problem non-convex. Acikmese and Ploen (2007) relax it with a slack ``s >= |u|``
on the thrust acceleration ``u = T/m`` and show that the relaxed optimum touches the cone, so that it solves the original
problem too. With ``z = ln m`` everything left is linear or a cone: one optimum, found from any guess. :func:`land` hits the
pad with the most mass left; :func:`land_near` first comes as near the pad as it can (Blackmore, Acikmese and Scharf 2010);
:func:`best_time` searches the time of flight over either. :attr:`ConvexLanding.lossless` says how nearly the cone is touched:
in discrete time a few steps, fewer than the states, may stay off it (Luo, Echigo and Acikmese, arXiv 2410.09748).

Conventions, which the last digits depend on. ``N`` equal steps have ``N + 1`` nodes; ``u`` and ``s`` are held over a step, so
``z`` falls linearly and the double integrator is stepped exactly. Thrust bounds and tilt hold at the start of each step,
``0 .. N - 1``, with ``z`` expanded about ``z0(t) = ln(m0 - alpha rho2 t)`` as in the papers;
``z0(t) <= z <= ln(m0 - alpha rho1 t)`` at the nodes ``1 .. N``; glide slope and speed limit at the inner nodes
``1 .. N - 1``. Nothing is checked between nodes. Gravity is constant, the ground flat, and there is no air.

Axes are (downrange, left, up); SI units, radians.

IPOPT, which comes with CasADi, solves it. Three things bring that within a factor of two of a conic solver: a cone
``|a| <= b`` is written ``a'a / b <= b``, a smooth convex function where ``b > 0``; lengths, speeds and logarithms are
measured in ``g T^2``, ``g T`` and ``alpha g T``, so that all numbers are near 1 and few are parameters; and accelerations are
differences of velocity, not variables of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

import casadi as ca
import numpy as np

_WEIGHT = 100.0  # of the objective: the barrier's share of the answer, and the gap s - |u|, shrink with it
_FLOOR = 1e-4  # of full thrust: where engines are off the cone has no derivative; it costs some 1e-7 of the propellant
_HOLD = 1e-6  # of g T^2: by how much the second step may exceed the least distance, or it would have no interior
_WRONG = 1e-5  # of g T^2: from here on the least wrong end is not the solver's tolerance
_LOSSY = 1e-4  # of full thrust: from here on the thrust asked for is less than what is burned
_SCAN = 5  # times of flight tried before golden section
_OPTIONS: dict[str, Any] = {
    "print_time": False,
    "ipopt.print_level": 0,
    "ipopt.sb": "yes",
    "ipopt.tol": 1e-8,
    "ipopt.acceptable_iter": 0,
    "ipopt.bound_relax_factor": 0.0,
    "ipopt.max_iter": 100,  # feasible programmes take 15 to 45
    "ipopt.max_resto_iter": 0,  # nor do they need restoration; _solve tells the others apart more surely
    # To IPOPT the programme is convex only while no multiplier of an inequality is negative: start them at 1, step them
    # with those of the bounds. From IPOPT's own estimate some programmes take a hundred iterations, and some fail.
    "ipopt.warm_start_init_point": "yes",
    "ipopt.alpha_for_y": "bound-mult",
    "ipopt.warm_start_bound_push": 0.1,
    "ipopt.warm_start_bound_frac": 0.1,
    "ipopt.warm_start_slack_bound_push": 0.1,
    "ipopt.warm_start_slack_bound_frac": 0.1,
}


class Status(Enum):
    """How a landing programme ended; the value is a sentence for the reader."""

    OPTIMAL = "optimal"
    SHORT_OF_PROPELLANT = "the pad can be reached, but takes more propellant than there is"
    NOT_LOSSLESS = "optimal only where thrust may fall below its least: the relaxation is not exact here"
    INFEASIBLE = "no flight of this duration keeps all limits"
    UNDECIDED = "the solver stopped before it could tell"


@dataclass(frozen=True, eq=False)
class Descent:
    """A vehicle on its way down, and where it is to land.

    Attributes:
        position, velocity: at the start, ``(3,)`` (m, m/s).
        mass, dry_mass: at the start, and without propellant (kg).
        thrust_min, thrust_max: smallest and largest thrust of the running engine (N).
        exhaust_velocity: thrust per mass flow (m/s), ``1 / alpha``; with engines canted by ``phi`` it is ``Isp g0 cos(phi)``.
        gravity: downwards (m/s2).
        pad, touchdown_velocity: position and velocity at the end, ``(3,)`` (m, m/s).
        glide_slope: least elevation of the vehicle seen from where it touches down (rad), or None.
        tilt: largest angle of the thrust from up (rad), or None.
        speed_limit: (m/s), or None.

    Raises:
        ValueError: a value is outside its range.
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
        _require(slope is None or 0.0 <= slope < np.pi / 2, "glide_slope", slope, "keep it from 0 to below pi/2 rad")
        _require(tilt is None or 0.0 < tilt <= np.pi, "tilt", tilt, "keep it above 0 and at most pi rad")
        _require(speed is None or 0.0 < speed < np.inf, "speed_limit", speed, "give a number above 0, or None")

    @property
    def longest_flight(self) -> float:
        """Time (s) at which full thrust would have burned the whole vehicle: ``z0`` ends there."""
        return self.mass * self.exhaust_velocity / self.thrust_max

    @property
    def time_bounds(self) -> tuple[float, float]:
        """Flight times (s) that every landing lies between: too quick to change speed, and dry even at least thrust."""
        change = float(np.linalg.norm(self.touchdown_velocity - self.velocity))
        burn = (self.mass - self.dry_mass) * self.exhaust_velocity
        upper = 0.99 * self.longest_flight
        if self.thrust_min * upper > burn:
            upper = burn / self.thrust_min
        return float(min(change / (self.gravity + self.thrust_max / self.dry_mass), 0.5 * upper)), float(upper)


@dataclass(frozen=True, eq=False)
class ConvexLanding:
    """A flight down: ``N`` steps, ``N + 1`` nodes.

    The arrays of an infeasible one are the flight that ends least wrong, those of an undecided one the solver's last point.

    Attributes:
        status: how the programme ended.
        time: of the nodes, ``(N + 1,)`` (s).
        position, velocity: at the nodes, ``(N + 1, 3)`` (m, m/s).
        mass: at the nodes, ``(N + 1,)`` (kg); its logarithm is linear in between.
        acceleration: of the thrust, held over each step, ``(N, 3)`` (m/s2).
        thrust: at the start of each step, ``(N, 3)`` (N); it falls with the mass.
        propellant: burned (kg).
        flight_time: (s).
        miss: distance of the touchdown from the pad along the ground (m).
        shortfall: 0 where there is an answer. Where there is none, how wrong even the least wrong end is (m): the root of
            the sum of squares of its height over the pad, ``flight_time`` times its velocity less the one asked for, and
            for :func:`land` the miss. Infinite where not even that is known.
        lossless: largest ``s - |u|`` (m/s2): how far the relaxation is from being exact.
        iterations: of the solver, over all steps of this answer.
    """

    status: Status
    time: np.ndarray
    position: np.ndarray
    velocity: np.ndarray
    mass: np.ndarray
    acceleration: np.ndarray
    thrust: np.ndarray
    propellant: float
    flight_time: float
    miss: float
    shortfall: float
    lossless: float
    iterations: int

    @property
    def solved(self) -> bool:
        """Whether this is an optimal flight that the engine can fly and the propellant on board can pay for."""
        return self.status is Status.OPTIMAL


def land(descent: Descent, flight_time: float, steps: int = 50) -> ConvexLanding:
    """The flight of ``flight_time`` (s) to the pad that burns least.

    The dry mass is no constraint of the programme: it would only forbid the answer, where the answer itself says how much
    propellant is missing (:attr:`Status.SHORT_OF_PROPELLANT`).

    Raises:
        ValueError: ``flight_time`` or ``steps`` is outside its range.

    Source: Acikmese and Ploen, JGCD 30(5), 2007; tilt from Acikmese, Carson and Blackmore, IEEE Transactions on Control
    Systems Technology 21(6), 2013.
    """
    return _judged(descent, _solve(descent, flight_time, steps, "pad"))


def land_near(descent: Descent, flight_time: float, steps: int = 50) -> ConvexLanding:
    """The flight of ``flight_time`` (s) that touches down nearest the pad, and of those the one that burns least.

    It touches down at the height of the pad, and the glide slope is seen from there. :attr:`ConvexLanding.miss` exceeds the
    least distance by a millionth of ``gravity * flight_time**2`` (ten times that where the solver finds this too narrow), and
    is 0 where the pad can be reached.

    Raises:
        ValueError: ``flight_time`` or ``steps`` is outside its range.

    Source: Blackmore, Acikmese and Scharf, JGCD 33(4), 2010.
    """
    nearest = _solve(descent, flight_time, steps, "distance")
    if not nearest.solved:
        return nearest
    reach = nearest.miss / (descent.gravity * flight_time**2)
    if reach < 10.0 * _HOLD:
        at_pad = land(descent, flight_time, steps)
        if at_pad.status in (Status.OPTIMAL, Status.NOT_LOSSLESS):
            return replace(at_pad, iterations=at_pad.iterations + nearest.iterations)
    landing = nearest
    for slack in (_HOLD, 10.0 * _HOLD):
        landing = _judged(descent, _solve(descent, flight_time, steps, "held", reach + slack))
        if landing.status is not Status.UNDECIDED:
            break
    return replace(landing, iterations=landing.iterations + nearest.iterations)


def _judged(descent: Descent, landing: ConvexLanding) -> ConvexLanding:
    """Whether an optimum of the relaxed programme is a flight. What it burns is a lower bound, so short is short."""
    if not landing.solved:
        return landing
    if landing.mass[-1] < descent.dry_mass * (1.0 - 1e-9):
        return replace(landing, status=Status.SHORT_OF_PROPELLANT)
    if landing.lossless > _LOSSY * descent.thrust_max / descent.mass:
        return replace(landing, status=Status.NOT_LOSSLESS)
    return landing


def best_time(
    programme: Callable[[Descent, float, int], ConvexLanding],
    descent: Descent,
    bracket: tuple[float, float] | None = None,
    steps: int = 50,
    tolerance: float = 0.01,
) -> ConvexLanding:
    """The best landing over the time of flight: least shortfall, then least miss, then least propellant.

    ``programme`` is :func:`land` or :func:`land_near`. A few times spread over ``bracket`` (s; None for
    :attr:`Descent.time_bounds`) show where to look, golden section narrows that to ``tolerance`` (s). It finds the optimum
    where the cost has one minimum over the time of flight, as it nearly always has (Blackmore et al. 2010).

    Returns:
        The best landing met; not solved where there is none in the bracket.

    Raises:
        ValueError: the bracket is empty or leaves ``0 .. descent.longest_flight``, or another argument is outside its range.
    """
    low, high = descent.time_bounds if bracket is None else bracket
    in_order = 0.0 <= low < high <= descent.longest_flight
    _require(in_order, "bracket", (low, high), f"keep 0 <= low < high <= {descent.longest_flight:g} s")
    _require(tolerance > 0.0, "tolerance", tolerance, "give a number of seconds above 0")
    times = np.linspace(low, high, _SCAN + 2)
    flights = [programme(descent, float(time), steps) for time in times[1:-1]]
    best = min(range(_SCAN), key=lambda i: _merit(flights[i]))
    return _golden_section(
        lambda time: programme(descent, time, steps), times[best : best + 3], flights[best], tolerance
    )


def _merit(landing: ConvexLanding) -> tuple[float, bool, float, float]:
    """What :func:`best_time` minimises. Propellant that is not there still ranks times."""
    return landing.shortfall, landing.status is Status.NOT_LOSSLESS, landing.miss, landing.propellant


def _golden_section(
    fly: Callable[[float], ConvexLanding], times: np.ndarray, middle: ConvexLanding, tolerance: float
) -> ConvexLanding:
    """Narrow ``times`` (low, middle, high), whose middle is the best known, by comparisons alone: merits may be infinite."""
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


# --- The programme, without units: length g T^2, speed g T, acceleration g, time T, and ln(m / m0) in alpha g T ---


class _Structure(NamedTuple):
    """What decides the shape of a programme; everything else is a parameter of it.

    Goals: "pad", most mass at the pad; "distance", least distance from it; "held", most mass within a distance of it;
    "shortfall", the least wrong end.
    """

    steps: int
    goal: str
    glide_slope: bool
    tilt: bool
    speed_limit: bool


class _Programme(NamedTuple):
    """A built programme and what goes in and out of it.

    ``start`` gives guess, lower and upper bound of the variables for the parameters. ``unpack`` gives for variables and
    parameters velocity ``(3, N + 1)``, ln mass ``(N + 1)``, acceleration ``(3, N)``, slack ``(N)`` and touchdown ``(3)``.
    """

    solver: ca.Function
    lower: np.ndarray  # of the constraints
    upper: np.ndarray
    start: ca.Function
    unpack: ca.Function


class _Parameters(NamedTuple):
    """Numbers a programme is re-solved for; ``slope`` is the squared tangent, ``speed`` the squared limit."""

    position: Any
    velocity: Any
    touchdown_velocity: Any
    flow: Any  # alpha g T
    least: Any  # thrust over starting weight
    most: Any
    final: Any  # least ln(m / m0) at the end
    slope: Any
    cosine: Any
    speed: Any
    reach: Any


_SIZES = _Parameters(3, 3, 3, *[1] * 8)


class _Sketch:
    """Variables and constraints as they are written down, with bounds and guesses in terms of the parameters."""

    def __init__(self, structure: _Structure):
        self.structure, self.step = structure, 1.0 / structure.steps
        self.parameters = _Parameters(*(ca.SX.sym(name, size) for name, size in _SIZES._asdict().items()))
        self.symbols: list[ca.SX] = []
        self.guesses: list[ca.SX] = []
        self.bounds: list[tuple[ca.SX, ca.SX]] = []
        self.zeros: list[ca.SX] = []
        self.limits: list[ca.SX] = []

    def variable(self, name: str, guess: ca.SX, lower: Any = -np.inf, upper: Any = np.inf) -> ca.SX:
        """A variable of the guess's shape."""
        symbol, ones = ca.SX.sym(name, *guess.shape), ca.SX.ones(*guess.shape)
        self.symbols.append(ca.vec(symbol))
        self.guesses.append(ca.vec(guess))
        self.bounds.append((ca.vec(lower * ones), ca.vec(upper * ones)))
        return symbol

    def zero(self, expression: ca.SX) -> None:
        """Ask for ``expression == 0``."""
        self.zeros.append(ca.vec(expression))

    def at_most_zero(self, expression: ca.SX) -> None:
        """Ask for ``expression <= 0``."""
        self.limits.append(ca.vec(expression))

    def finish(self, objective: ca.SX, outputs: list[ca.SX]) -> _Programme:
        """Build the solver and the functions around it."""
        x, p = ca.vertcat(*self.symbols), ca.vertcat(*self.parameters)
        g = ca.vertcat(*self.zeros, *self.limits)
        upper = np.zeros(g.numel())
        lower = np.where(np.arange(g.numel()) < ca.vertcat(*self.zeros).numel(), 0.0, -np.inf)
        solver = ca.nlpsol("landing", "ipopt", {"x": x, "p": p, "f": _WEIGHT * objective, "g": g}, _OPTIONS)
        bounds = [ca.vertcat(*side) for side in zip(*self.bounds, strict=True)]
        start = ca.Function("start", [p], [ca.vertcat(*self.guesses), *bounds])
        return _Programme(solver, lower, upper, start, ca.Function("unpack", [x, p], outputs))


@lru_cache(maxsize=32)
def _programme(structure: _Structure) -> _Programme:
    """The programme of a structure, built once."""
    sketch = _Sketch(structure)
    p, between = sketch.parameters, np.linspace(0.0, 1.0, structure.steps + 1)[1:-1]
    inner = sketch.variable("v", p.velocity @ ca.DM(1.0 - between).T + p.touchdown_velocity @ ca.DM(between).T)
    touchdown, excess, distance = _touchdown(sketch)
    velocity = ca.horzcat(p.velocity, inner, p.touchdown_velocity + excess)
    acceleration = (velocity[:, 1:] - velocity[:, :-1]) / sketch.step + ca.repmat(
        ca.DM([0.0, 0.0, 1.0]), 1, structure.steps
    )
    _path(sketch, velocity, touchdown)
    log_mass, slack = _thrust(sketch, acceleration)
    if structure.tilt:
        sketch.at_most_zero(p.cosine * slack - acceleration[2, :].T)
    if structure.speed_limit:
        sketch.at_most_zero(_squares(inner) / p.speed - 1.0)
    objective = -log_mass[-1] if structure.goal in ("pad", "held") else distance
    return sketch.finish(objective, [velocity, log_mass, acceleration, slack, touchdown])


def _squares(vectors: ca.SX) -> ca.SX:
    """Squared lengths ``(n,)`` of the columns of ``(k, n)``."""
    return ca.sum1(vectors**2).T


def _touchdown(sketch: _Sketch) -> tuple[ca.SX, ca.SX, ca.SX]:
    """Where the flight ends, seen from the pad, its velocity beyond the one asked for, ``(3,)``, and how bad that is.

    A squared distance, not a distance: smooth where it is 0.
    """
    p, goal, none = sketch.parameters, sketch.structure.goal, ca.SX.zeros(3)
    if goal == "pad":
        return none, none, ca.SX(0.0)
    offset = sketch.variable("offset", ca.SX.zeros(2))
    distance = 10.0 * ca.sumsqr(offset)
    if goal == "held":
        sketch.at_most_zero(ca.sumsqr(offset) / p.reach - p.reach)
    if goal != "shortfall":
        return ca.vertcat(offset, 0.0), none, distance
    height, excess = sketch.variable("height", ca.SX.zeros(1)), sketch.variable("excess", none)
    return ca.vertcat(offset, height), excess, p.reach * ca.sumsqr(offset) + height**2 + ca.sumsqr(excess)


def _path(sketch: _Sketch, velocity: ca.SX, touchdown: ca.SX) -> None:
    """From start to touchdown. The positions in between are variables only where the glide slope needs them."""
    p, steps = sketch.parameters, sketch.structure.steps
    moved = sketch.step * 0.5 * (velocity[:, 1:] + velocity[:, :-1])
    if not sketch.structure.glide_slope:
        sketch.zero(p.position + ca.sum2(moved) - touchdown)
        return
    guess = p.position @ ca.DM(np.linspace(1.0, 0.0, steps + 1)[1:-1]).T
    guess[2, :] = ca.fmax(guess[2, :], 1e-3)
    lower = ca.repmat(ca.vertcat(-np.inf, -np.inf, 0.0), 1, steps - 1)
    seen = sketch.variable("seen", guess, lower)  # from the touchdown
    sketch.zero(ca.horzcat(seen, ca.SX.zeros(3)) - ca.horzcat(p.position - touchdown, seen) - moved)
    sketch.at_most_zero(p.slope * _squares(seen[:2, :]) / seen[2, :].T - seen[2, :].T)


def _thrust(sketch: _Sketch, acceleration: ca.SX) -> tuple[ca.SX, ca.SX]:
    """Logarithm of mass at the nodes ``(N + 1,)`` and slack over the steps ``(N,)``, within the engine's limits."""
    p, steps = sketch.parameters, sketch.structure.steps
    time = ca.DM(np.linspace(0.0, 1.0, steps + 1))
    lightest = 1.0 - p.flow * p.most * time  # exp(z0 - ln m0)
    lowest, highest = ca.log(lightest) / p.flow, ca.log(1.0 - p.flow * p.least * time) / p.flow
    final = ca.fmax(lowest[-1], p.final)
    middle = 0.5 * (lowest + highest)[1:]
    later = sketch.variable("z", middle, ca.vertcat(lowest[1:-1], final), highest[1:])
    log_mass = ca.vertcat(0.0, later)
    # 0.9: below any value that the lower bound on thrust leaves, so this only keeps the slack positive.
    slack = sketch.variable("s", ca.repmat(0.5 * (p.least + p.most), steps), lower=0.9 * p.least)
    sketch.zero(log_mass[1:] - log_mass[:-1] + sketch.step * slack)
    above = p.flow * (log_mass - lowest)[:-1]
    sketch.at_most_zero(slack - p.most / lightest[:-1] * (1.0 - above))
    sketch.at_most_zero(p.least / lightest[:-1] * (1.0 - above + 0.5 * above**2) - slack)
    sketch.at_most_zero(_squares(acceleration) / slack - slack)
    return log_mass, slack


def _solve(descent: Descent, flight_time: float, steps: int, goal: str, reach: float = 0.0) -> ConvexLanding:
    """Solve one programme, and where it has no answer find the flight that ends least wrong.

    ``reach`` (g T^2) is the distance from the pad that the goal "held" allows.
    """
    in_range = 0.0 < flight_time < descent.longest_flight
    _require(in_range, "flight_time", flight_time, f"keep it above 0 and below {descent.longest_flight:g} s")
    _require(isinstance(steps, int | np.integer) and steps >= 2, "steps", steps, "give a whole number of 2 or more")
    least = 0.0 if goal == "pad" else descent.dry_mass
    landing = _run(descent, flight_time, steps, goal, _scaled(descent, flight_time, least, reach))
    if landing.status is not Status.UNDECIDED:
        return landing
    # Free to end anywhere at any speed, nearly every flight is possible. If the least wrong end is wrong, none is right.
    weight = 1.0 if goal == "pad" else 0.0
    closest = _run(descent, flight_time, steps, "shortfall", _scaled(descent, flight_time, least, weight))
    iterations = landing.iterations + closest.iterations
    if closest.solved and closest.shortfall > _WRONG * descent.gravity * flight_time**2:
        return replace(closest, status=Status.INFEASIBLE, iterations=iterations)
    return replace(landing, iterations=iterations)


def _scaled(descent: Descent, flight_time: float, least_mass: float, reach: float) -> np.ndarray:
    """The parameters without units, in one column."""
    speed = descent.gravity * flight_time
    flow = speed / descent.exhaust_velocity
    weight = descent.mass * descent.gravity
    parameters = _Parameters(
        position=(descent.position - descent.pad) / (speed * flight_time),
        velocity=descent.velocity / speed,
        touchdown_velocity=descent.touchdown_velocity / speed,
        flow=flow,
        least=max(descent.thrust_min, _FLOOR * descent.thrust_max) / weight,
        most=descent.thrust_max / weight,
        final=np.log(least_mass / descent.mass) / flow if least_mass else -np.inf,
        slope=np.tan(descent.glide_slope or 0.0) ** 2,
        cosine=np.cos(descent.tilt or 0.0),
        speed=((descent.speed_limit or speed) / speed) ** 2,
        reach=reach,
    )
    return np.hstack(parameters)


def _run(descent: Descent, flight_time: float, steps: int, goal: str, parameters: np.ndarray) -> ConvexLanding:
    """Run the solver once: optimal, infeasible because the tanks run dry even at least thrust, or undecided."""
    limits = [limit is not None for limit in (descent.glide_slope, descent.tilt, descent.speed_limit)]
    programme = _programme(_Structure(int(steps), goal, *limits))
    guess, lower, upper = (column.full().ravel() for column in programme.start(parameters))
    if np.any(lower > upper):
        return _landing(descent, flight_time, programme.unpack(guess, parameters), Status.INFEASIBLE, np.inf, 0)
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
    status, shortfall = Status.UNDECIDED, np.inf
    if stats["return_status"] == "Solve_Succeeded":
        status, shortfall = Status.OPTIMAL, 0.0
        if goal == "shortfall":
            shortfall = float(descent.gravity * flight_time**2 * np.sqrt(max(float(answer["f"]), 0.0) / _WEIGHT))
    unpacked = programme.unpack(answer["x"], parameters)
    return _landing(descent, flight_time, unpacked, status, shortfall, stats["iter_count"])


def _landing(
    descent: Descent, flight_time: float, unpacked: Any, status: Status, shortfall: float, iterations: int
) -> ConvexLanding:
    """A solver's point with units; positions are stepped from the start, so that they show what the solver left over."""
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
