"""The convex programme of a powered descent, without units, built once for each structure and solved with IPOPT.

Lengths are measured in ``g T^2``, speeds in ``g T``, accelerations in ``g``, times in ``T`` and ``ln(m / m0)`` in
``alpha g T``, so that all numbers are near 1. Three things bring IPOPT within a factor of two of a conic solver: a cone
``|a| <= b`` is written ``a'a / b <= b``, a smooth convex function where ``b > 0``; few numbers are parameters; and
accelerations are differences of velocity, not variables of their own.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import casadi as ca
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Weight of the objective. The effect of the barrier on the solution, and the gap s - |u|, shrink in proportion to it.
OBJECTIVE_WEIGHT = 100.0
OPTIONS: dict[str, Any] = {
    "print_time": False,
    "ipopt.print_level": 0,
    "ipopt.sb": "yes",
    "ipopt.tol": 1e-8,
    "ipopt.acceptable_iter": 0,
    "ipopt.bound_relax_factor": 0.0,
    "ipopt.max_iter": 100,  # feasible programmes take 15 to 45
    "ipopt.max_resto_iter": 0,  # feasible programmes need no restoration; infeasible ones are found by their shortfall
    # To IPOPT the programme is convex only while no multiplier of an inequality is negative. The multipliers start at 1
    # and take steps with those of the bounds; from IPOPT's own estimate some programmes take a hundred iterations, or fail.
    "ipopt.warm_start_init_point": "yes",
    "ipopt.alpha_for_y": "bound-mult",
    "ipopt.warm_start_bound_push": 0.1,
    "ipopt.warm_start_bound_frac": 0.1,
    "ipopt.warm_start_slack_bound_push": 0.1,
    "ipopt.warm_start_slack_bound_frac": 0.1,
}


class Structure(NamedTuple):
    """What decides the variables and constraints of a programme; everything else is a parameter of it.

    Attributes:
        steps: Count of time steps.
        goal: ``"pad"``: most mass at the pad; ``"distance"``: least distance from the pad; ``"held"``: most mass within a
            distance from the pad; ``"shortfall"``: least violation of the final conditions.
        glide_slope: Whether there is a glide slope.
        tilt: Whether the angle of the thrust from the vertical is limited.
        speed_limit: Whether the speed is limited.
    """

    steps: int
    goal: str
    glide_slope: bool
    tilt: bool
    speed_limit: bool


class ConvexProgramme(NamedTuple):
    """A built programme.

    Attributes:
        solver: IPOPT on this programme.
        lower: Lower bounds of the constraints.
        upper: Upper bounds of the constraints.
        start: Function from the parameters to guess, lower bound and upper bound of the variables.
        unpack: Function from variables and parameters to velocity ``(3, N + 1)``, ln mass ``(N + 1)``, acceleration
            ``(3, N)``, slack ``(N)`` and touchdown ``(3)``.
    """

    solver: ca.Function
    lower: FloatArray
    upper: FloatArray
    start: ca.Function
    unpack: ca.Function


class Parameters(NamedTuple):
    """Figures that a built programme is solved for, without units, as symbols or as numbers.

    Attributes:
        position: At the start, from the pad ``(3,)``.
        velocity: At the start ``(3,)``.
        touchdown_velocity: ``(3,)``.
        flow: Mass flow, alpha g T.
        least: Least thrust over the starting weight.
        most: Greatest thrust over the starting weight.
        final: Least ln(m / m0) at the end.
        slope: Squared tangent of the glide slope.
        cosine: Of the largest tilt.
        speed: Squared speed limit.
        reach: Allowed distance from the pad, or the weight of the miss in a shortfall.
    """

    position: Any
    velocity: Any
    touchdown_velocity: Any
    flow: Any
    least: Any
    most: Any
    final: Any
    slope: Any
    cosine: Any
    speed: Any
    reach: Any


SIZES = Parameters(3, 3, 3, *[1] * 8)


class _Statement:
    """Variables and constraints of a programme as they are stated, with bounds and guesses in terms of the parameters."""

    def __init__(self, structure: Structure):
        self.structure, self.step = structure, 1.0 / structure.steps
        self.parameters = Parameters(*(ca.SX.sym(name, size) for name, size in SIZES._asdict().items()))
        self.symbols: list[ca.SX] = []
        self.guesses: list[ca.SX] = []
        self.bounds: list[tuple[ca.SX, ca.SX]] = []
        self.zeros: list[ca.SX] = []
        self.limits: list[ca.SX] = []

    def variable(self, name: str, guess: ca.SX, lower: Any = -np.inf, upper: Any = np.inf) -> ca.SX:
        """Add a variable of the shape of its guess, and return its symbol."""
        symbol, ones = ca.SX.sym(name, *guess.shape), ca.SX.ones(*guess.shape)
        self.symbols.append(ca.vec(symbol))
        self.guesses.append(ca.vec(guess))
        self.bounds.append((ca.vec(lower * ones), ca.vec(upper * ones)))
        return symbol

    def zero(self, expression: ca.SX) -> None:
        """Add the constraint ``expression == 0``."""
        self.zeros.append(ca.vec(expression))

    def at_most_zero(self, expression: ca.SX) -> None:
        """Add the constraint ``expression <= 0``."""
        self.limits.append(ca.vec(expression))

    def finish(self, objective: ca.SX, outputs: list[ca.SX]) -> ConvexProgramme:
        """Return the programme: the solver and the functions around it."""
        x, p = ca.vertcat(*self.symbols), ca.vertcat(*self.parameters)
        g = ca.vertcat(*self.zeros, *self.limits)
        upper = np.zeros(g.numel())
        lower = np.where(np.arange(g.numel()) < ca.vertcat(*self.zeros).numel(), 0.0, -np.inf)
        solver = ca.nlpsol("landing", "ipopt", {"x": x, "p": p, "f": OBJECTIVE_WEIGHT * objective, "g": g}, OPTIONS)
        bounds = [ca.vertcat(*side) for side in zip(*self.bounds, strict=True)]
        start = ca.Function("start", [p], [ca.vertcat(*self.guesses), *bounds])
        return ConvexProgramme(solver, lower, upper, start, ca.Function("unpack", [x, p], outputs))


@lru_cache(maxsize=32)
def build_programme(structure: Structure) -> ConvexProgramme:
    """Return the programme of a structure; the last 32 are kept."""
    statement = _Statement(structure)
    p, between = statement.parameters, np.linspace(0.0, 1.0, structure.steps + 1)[1:-1]
    inner = statement.variable("v", p.velocity @ ca.DM(1.0 - between).T + p.touchdown_velocity @ ca.DM(between).T)
    touchdown, excess, distance = _touchdown(statement)
    velocity = ca.horzcat(p.velocity, inner, p.touchdown_velocity + excess)
    acceleration = (velocity[:, 1:] - velocity[:, :-1]) / statement.step + ca.repmat(
        ca.DM([0.0, 0.0, 1.0]), 1, structure.steps
    )
    _path(statement, velocity, touchdown)
    log_mass, slack = _thrust(statement, acceleration)
    if structure.tilt:
        statement.at_most_zero(p.cosine * slack - acceleration[2, :].T)
    if structure.speed_limit:
        statement.at_most_zero(_squares(inner) / p.speed - 1.0)
    objective = -log_mass[-1] if structure.goal in ("pad", "held") else distance
    return statement.finish(objective, [velocity, log_mass, acceleration, slack, touchdown])


def _squares(vectors: ca.SX) -> ca.SX:
    """Return the squared lengths ``(n,)`` of the columns of ``(k, n)``."""
    return ca.sum1(vectors**2).T


def _touchdown(statement: _Statement) -> tuple[ca.SX, ca.SX, ca.SX]:
    """Return the touchdown from the pad ``(3,)``, its velocity beyond the stated one ``(3,)``, and a measure of both.

    The measure is a squared distance, which is smooth where it is zero.
    """
    p, goal, none = statement.parameters, statement.structure.goal, ca.SX.zeros(3)
    if goal == "pad":
        return none, none, ca.SX(0.0)
    offset = statement.variable("offset", ca.SX.zeros(2))
    distance = 10.0 * ca.sumsqr(offset)
    if goal == "held":
        statement.at_most_zero(ca.sumsqr(offset) / p.reach - p.reach)
    if goal != "shortfall":
        return ca.vertcat(offset, 0.0), none, distance
    height, excess = statement.variable("height", ca.SX.zeros(1)), statement.variable("excess", none)
    return ca.vertcat(offset, height), excess, p.reach * ca.sumsqr(offset) + height**2 + ca.sumsqr(excess)


def _path(statement: _Statement, velocity: ca.SX, touchdown: ca.SX) -> None:
    """Link start and touchdown. Positions in between are variables only where there is a glide slope."""
    p, steps = statement.parameters, statement.structure.steps
    moved = statement.step * 0.5 * (velocity[:, 1:] + velocity[:, :-1])
    if not statement.structure.glide_slope:
        statement.zero(p.position + ca.sum2(moved) - touchdown)
        return
    guess = p.position @ ca.DM(np.linspace(1.0, 0.0, steps + 1)[1:-1]).T
    guess[2, :] = ca.fmax(guess[2, :], 1e-3)
    lower = ca.repmat(ca.vertcat(-np.inf, -np.inf, 0.0), 1, steps - 1)
    inner = statement.variable("position", guess, lower)  # relative to the touchdown
    statement.zero(ca.horzcat(inner, ca.SX.zeros(3)) - ca.horzcat(p.position - touchdown, inner) - moved)
    statement.at_most_zero(p.slope * _squares(inner[:2, :]) / inner[2, :].T - inner[2, :].T)


def _thrust(statement: _Statement, acceleration: ca.SX) -> tuple[ca.SX, ca.SX]:
    """Return ln mass at the nodes ``(N + 1,)`` and slack over the steps ``(N,)``, within the limits of the engine."""
    p, steps = statement.parameters, statement.structure.steps
    time = ca.DM(np.linspace(0.0, 1.0, steps + 1))
    lightest = 1.0 - p.flow * p.most * time  # exp(z0 - ln m0)
    lowest, highest = ca.log(lightest) / p.flow, ca.log(1.0 - p.flow * p.least * time) / p.flow
    final = ca.fmax(lowest[-1], p.final)
    middle = 0.5 * (lowest + highest)[1:]
    later = statement.variable("z", middle, ca.vertcat(lowest[1:-1], final), highest[1:])
    log_mass = ca.vertcat(0.0, later)
    # The factor 0.9 keeps the bound below every value that the least thrust allows: it only keeps the slack positive.
    slack = statement.variable("s", ca.repmat(0.5 * (p.least + p.most), steps), lower=0.9 * p.least)
    statement.zero(log_mass[1:] - log_mass[:-1] + statement.step * slack)
    above = p.flow * (log_mass - lowest)[:-1]
    statement.at_most_zero(slack - p.most / lightest[:-1] * (1.0 - above))
    statement.at_most_zero(p.least / lightest[:-1] * (1.0 - above + 0.5 * above**2) - slack)
    statement.at_most_zero(_squares(acceleration) / slack - slack)
    return log_mass, slack
