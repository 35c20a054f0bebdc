"""Landing guidance that solves the convex powered-descent programme repeatedly, from the present state and for the air ahead.

Each plan is the lossless convexification of :mod:`hoverslam.margins.guidance.convex_plan`. The programme does not model
air, the loss of thrust in it, or the number of engines that changes with speed; these are computed along the plan before and
given to the next programme. Between plans the last feasible one is tracked. Its flight time is searched at ignition, and
later plans take what is left of it. After a plan that fails, another flight time and more throttle are tried at the next
renewal. Until a plan succeeds, the explicit law flies.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from hoverslam.margins.disturbances.booster import Booster, BoosterFlight, BoosterState
from hoverslam.margins.guidance.convex_plan import SOLVED, UNDECIDED, plan_descent
from hoverslam.margins.guidance.descent_programme import DescentCase
from hoverslam.margins.guidance.figures import FIGURES
from hoverslam.margins.guidance.powered_landing import (
    FULL_LEAN_PRESSURE,
    STEERING_EFFECT,
    TOUCHDOWN_SPEED,
    HoverSlam,
    LandingGuidance,
    engines_at,
    lean_authority,
)
from hoverslam.margins.guidance.steering import lift_slope
from hoverslam.ocp.statement.names import Named

GLIDE_SLOPE = FIGURES.landing_burn.glide_slope.si
PLANNED_TILT = FIGURES.landing_burn.planned_tilt_deg.si
PLANNED_TILT_PER_SECOND = FIGURES.landing_burn.planned_tilt_rate_deg_s.si
PLANNED_ANGLE_OF_ATTACK = FIGURES.landing_burn.planned_angle_of_attack.si
THROTTLE_MARGIN = FIGURES.landing_burn.throttle_margin.si
FINAL_THROTTLE_MARGIN = FIGURES.landing_burn.final_throttle_margin.si

STEPS = 16  # of a plan: one or two seconds each, longer than the lag of attitude
FIRST_TRIES = 6  # plans before the engines give thrust, while the flight time is searched
FIRST_CHANGE = 0.03  # relative change of the flight time from one of them to the next
FAILED_CHANGE = 0.08  # the same after a plan that failed, which is far from a feasible one
ITERATIONS = 16  # of the solver; feasible plans take 10 to 14, so a plan that needs more has failed
CLOSE = 1e-6  # relative, to the least propellant: less than the change until the next plan
MOST_FAILURES = 2  # in a row, after which the explicit law flies
# No new plans in the last seconds, or in the last part of a short burn: the explicit law, which controls the height, lands.
LAST_PLANS = 8.0  # s to go
LAST_PLANS_SHARE = 0.6  # of the burn
# A plan that ends further from the pad than this is not feasible.
LARGEST_MISS = 0.5  # m
LARGEST_MISS_SHARE = 0.01  # of the distance to the pad
STIFFNESS = 0.35  # rad/s, natural frequency of the tracking: a third of what the lag of attitude allows
DAMPING = 0.9  # of the tracking, relative to critical
FINAL_PART = 1.4  # of the time to go at which planning ends: from there on the final throttle margin holds
LEAST_LEAN = 0.1  # fraction of the largest angle of attack that a plan always has, so that its cone is not a line
MEAN_EXHAUST = 0.97  # of the exhaust velocity in vacuum: mean over a landing burn, which back pressure reduces
THROTTLE_REACH_UP, THROTTLE_REACH_DOWN = (
    0.5,
    -0.1,
)  # change of ``PlanMemory.reach`` after a plan that is not ``SOLVED``, and after one that is


class PlanMemory(NamedTuple):
    """The plan that is flown.

    Attributes:
        start: Its start (s).
        length: Its length (s).
        position: At its nodes, ``(N + 1, 3)`` (m).
        velocity: At its nodes, ``(N + 1, 3)`` (m/s).
        thrust: Acceleration of thrust in each step, ``(N, 3)`` (m/s2).
        rest: Acceleration of everything else, ``(N, 3)`` (m/s2).
        slope: Relative change of propellant over relative change of flight time.
        reach: Fraction of the throttle above the planned one that the next plan may use.
        good: Whether there is a feasible plan.
        failed: Number of plans that failed in a row.
        failures: Number of all plans that failed.
    """

    start: Array
    length: Array
    position: Array
    velocity: Array
    thrust: Array
    rest: Array
    slope: Array
    reach: Array
    good: Array
    failed: Array
    failures: Array


class ConvexReplanning:
    """The landing law that solves the convex programme repeatedly; ``steps`` is the number of steps of a plan."""

    def __init__(self, steps: int = STEPS) -> None:
        self.steps = steps
        self.explicit = HoverSlam()

    def begin(
        self, flight: BoosterFlight, booster: Booster, guidance: LandingGuidance, estimate: BoosterState
    ) -> PlanMemory:
        """Return a memory without a plan; a straight line takes the place of the plan before the first."""
        ahead = _after_start(flight, booster, estimate)
        _, to_go = self.explicit.command(booster, guidance, ahead, ())
        left = 1.0 - jnp.linspace(0.0, 1.0, self.steps + 1)[:, None]
        none = jnp.zeros((self.steps, 3))
        thrust = none.at[:, 2].set(1.0)
        zero, false = jnp.zeros(()), jnp.asarray(False)
        line, speeds = ahead.position * left**2, ahead.velocity * left
        return PlanMemory(ahead.time, to_go, line, speeds, thrust, none, zero, zero, false, zero, zero)

    def renew(
        self,
        flight: BoosterFlight,
        booster: Booster,
        guidance: LandingGuidance,
        estimate: BoosterState,
        memory: PlanMemory,
    ) -> PlanMemory:
        """Return the memory after the next plan from the present state, with the flight time that is left.

        Before the engines give thrust, several plans are made in turn, each with the air along the one before, and shorter
        or longer according to its multipliers. Later one plan is made, and a second one with another flight time if the last
        one failed.
        """
        waiting = estimate.time < memory.start
        ahead = _after_start(flight, booster, estimate)
        start = jax.tree.map(lambda a, b: jnp.where(waiting, a, b), ahead, estimate)
        left = memory.start + memory.length - start.time
        due = left > _last(guidance)
        tries = jnp.where(due, jnp.where(waiting, FIRST_TRIES, jnp.where(memory.failed > 0, 2, 1)), 0)

        def tried(_: Array, carry: tuple[PlanMemory, PlanMemory]) -> tuple[PlanMemory, PlanMemory]:
            along, best = carry
            pace = jnp.where(along.failed > 0, FAILED_CHANGE, jnp.where(waiting, FIRST_CHANGE, 0.0))
            length = (along.start + along.length - start.time) * (1.0 - pace * jnp.clip(along.slope, -1.0, 1.0))
            plan = self._planned(flight, booster, guidance, start, along, length)
            return plan, jax.tree.map(lambda a, b: jnp.where(plan.good, a, b), plan, best)

        last, best = jax.lax.fori_loop(0, tries, tried, (memory, memory))
        lost = ~best.good | (last.failed > MOST_FAILURES)
        # A plan that failed is not flown, but its slope and its tightness set flight time and throttle of the next one.
        kept = best._replace(slope=last.slope, reach=last.reach, good=~lost, failed=last.failed, failures=last.failures)
        fresh = last._replace(good=jnp.asarray(False))
        new = jax.tree.map(lambda a, b: jnp.where(lost, a, b), fresh, kept)
        return jax.tree.map(lambda a, b: jnp.where(due, a, b), new, memory)

    def command(
        self, booster: Booster, guidance: LandingGuidance, estimate: BoosterState, memory: PlanMemory
    ) -> tuple[Array, Array]:
        """Return the acceleration ``(3,)`` commanded of thrust and air together (m/s2), and the time to go (s)."""
        explicit, explicit_to_go = self.explicit.command(booster, guidance, estimate, ())
        step = memory.length / self.steps
        since = jnp.clip(estimate.time - memory.start, 0.0, memory.length)
        k = jnp.minimum((since / step).astype(int), self.steps - 1)
        s, planned = since - k * step, memory.thrust[k] + memory.rest[k]
        position = memory.position[k] + s * memory.velocity[k] + 0.5 * s**2 * planned
        velocity = memory.velocity[k] + s * planned
        pull = STIFFNESS**2 * (position - estimate.position) + 2.0 * DAMPING * STIFFNESS * (
            velocity - estimate.velocity
        )
        to_go = memory.start + memory.length - estimate.time
        follow = memory.good & (to_go > _last(guidance))
        wanted = jnp.where(follow, planned + pull, explicit)
        return wanted, jnp.where(follow, to_go, explicit_to_go)

    def failures(self, memory: PlanMemory) -> Array:
        """Return how many plans have failed."""
        return memory.failures

    def _planned(
        self,
        flight: BoosterFlight,
        booster: Booster,
        guidance: LandingGuidance,
        estimate: BoosterState,
        before: PlanMemory,
        length: Array,
    ) -> PlanMemory:
        """Return the memory after a plan of ``length`` seconds from ``estimate``, with the air along the plan before."""
        case, steers = self._case(flight, booster, guidance, estimate, before, length)
        plan = plan_descent(case, ITERATIONS, least_gap=CLOSE)
        sound = jnp.all(jnp.isfinite(plan.position)) & jnp.all(jnp.isfinite(plan.acceleration))
        near = jnp.maximum(LARGEST_MISS, LARGEST_MISS_SHARE * jnp.sqrt(estimate.position @ estimate.position))
        good = sound & steers & (plan.status != UNDECIDED) & (plan.miss < near)
        tight = plan.status != SOLVED
        slope = plan.time_derivative * length / jnp.maximum(plan.propellant, 1.0)
        reach = jnp.clip(before.reach + jnp.where(tight, THROTTLE_REACH_UP, THROTTLE_REACH_DOWN), 0.0, 1.0)
        new = PlanMemory(
            estimate.time, length, plan.position, plan.velocity, plan.acceleration, case.acceleration,
            jnp.where(jnp.isfinite(slope), slope, 0.0), reach, good,
            jnp.where(good, 0.0, before.failed + 1.0), before.failures + jnp.where(good, 0.0, 1.0),
        )  # fmt: skip
        unsound = before._replace(failed=new.failed, failures=new.failures, reach=reach, good=jnp.asarray(False))
        return jax.tree.map(lambda a, b: jnp.where(sound, a, b), new, unsound)

    def _case(
        self,
        flight: BoosterFlight,
        booster: Booster,
        guidance: LandingGuidance,
        estimate: BoosterState,
        before: PlanMemory,
        length: Array,
    ) -> tuple[DescentCase, Array]:
        """Return the convex programme, and whether thrust can steer on the whole way.

        Air forces are computed along ``before`` at the middle of each step. Where the lift against a lean nearly cancels or
        exceeds the lateral thrust, the programme does not hold: there the explicit law flies, which can steer both ways.
        """
        times = estimate.time + (jnp.arange(self.steps) + 0.5) / self.steps * length
        place = jnp.clip((times - before.start) / before.length, 0.0, 1.0) * self.steps
        k = jnp.minimum(place.astype(int), self.steps - 1)
        share = (place - k)[:, None]
        position = before.position[k] + share * (before.position[k + 1] - before.position[k])
        velocity = before.velocity[k] + share * (before.velocity[k + 1] - before.velocity[k])
        along = jax.vmap(lambda *point: _point_of_plan(flight, booster, guidance, estimate, *point))(
            position, velocity, times - estimate.time, before.start + before.length - times
        )
        case = DescentCase(
            position=estimate.position,
            velocity=estimate.velocity,
            mass=along.mass,
            flight_time=length,
            acceleration=along.rest,
            effect=along.effect,
            thrust_min=along.least,
            thrust_max=along.planned + before.reach * (along.most - along.planned),
            exhaust_velocity=MEAN_EXHAUST * booster.exhaust_velocity,
            axis=along.axis,
            cos_angle=jnp.cos(along.angle),
            cot_glide_slope=jnp.asarray(1.0 / GLIDE_SLOPE),
            pad=jnp.zeros(3),
            touchdown_velocity=jnp.array([0.0, 0.0, -TOUCHDOWN_SPEED]),
        )
        return case, jnp.all(along.steers > STEERING_EFFECT[0])


def _last(guidance: LandingGuidance) -> Array:
    """Return the time to go (s) at which planning ends."""
    return jnp.minimum(LAST_PLANS, LAST_PLANS_SHARE * guidance.duration)


def _after_start(flight: BoosterFlight, booster: Booster, estimate: BoosterState) -> BoosterState:
    """Return the state half a start transient later, in free fall: from there on a plan may use thrust."""
    wait = 0.5 * booster.start_ramp
    fall = flight.frame.acceleration(estimate.position, estimate.velocity)
    position = estimate.position + wait * estimate.velocity + 0.5 * wait**2 * fall
    return estimate._replace(time=estimate.time + wait, position=position, velocity=estimate.velocity + wait * fall)


class _PlanPoint(NamedTuple):
    """Inputs of the programme at one point: see :class:`hoverslam.margins.guidance.descent_programme.DescentCase`."""

    rest: Array
    effect: Array
    mass: Array
    least: Array
    planned: Array
    most: Array
    axis: Array
    angle: Array
    steers: Array


def _point_of_plan(
    flight: BoosterFlight,
    booster: Booster,
    guidance: LandingGuidance,
    estimate: BoosterState,
    position: Array,
    velocity: Array,
    later: Array,
    to_go: Array,
) -> _PlanPoint:
    """Return gravity and drag, the effect of a lean, thrust bounds and thrust cone at one point of the plan before.

    ``steers`` is the effect of a lean relative to that of thrust alone; it is negative where lift reverses it. In dense air
    the thrust cone is about the reversed flow, because the angle of attack is limited, elsewhere about the vertical.
    """
    speed = jnp.sqrt(velocity @ velocity + 1.0)
    against, engines = -velocity / speed, engines_at(guidance, -velocity[2])
    mass = estimate.mass - later * guidance.throttle * engines * booster.mass_flow
    now = Named(position=position, velocity=velocity, mass=mass, density=1.0, wind=jnp.zeros(3))
    found = flight.conditions(now, Named(axis=against, throttle=guidance.throttle), booster.inputs(engines))
    drag = (found.axial_force - found.thrust) / mass
    middle = 0.5 * (guidance.throttle + booster.throttle_floor) * engines * booster.thrust_vacuum
    slope = lift_slope(
        booster, found.air.density, speed, 0.5 * PLANNED_ANGLE_OF_ATTACK * booster.angle_of_attack * speed
    )
    left = 1.0 - slope / middle
    use, _ = lean_authority(jnp.maximum(left, 0.0))
    along = jnp.outer(against, against)
    effect = along + jnp.maximum(left, STEERING_EFFECT[0]) * (jnp.eye(3) - along)
    back, full = engines * booster.exit_area * found.air.pressure, engines * booster.thrust_vacuum
    share = jnp.where(to_go < FINAL_PART * _last(guidance), FINAL_THROTTLE_MARGIN, THROTTLE_MARGIN)
    spare = share * (booster.throttle_most - booster.throttle_floor)
    dense = found.dynamic_pressure > FULL_LEAN_PRESSURE
    upright = jnp.minimum(guidance.tilt, PLANNED_TILT + PLANNED_TILT_PER_SECOND * jnp.maximum(to_go, 0.0))
    near_flow = jnp.maximum(use, LEAST_LEAN) * PLANNED_ANGLE_OF_ATTACK * jnp.arctan(booster.angle_of_attack)
    return _PlanPoint(
        rest=flight.frame.acceleration(position, velocity) + drag * against,
        effect=effect,
        mass=mass,
        least=(booster.throttle_floor + spare) * full - back,
        planned=jnp.minimum(0.5 * (guidance.throttle + booster.throttle_most), booster.throttle_most - spare) * full
        - back,
        most=(booster.throttle_most - spare) * full - back,
        axis=jnp.where(dense, against, jnp.array([0.0, 0.0, 1.0])),
        angle=jnp.where(dense, near_flow, upright),
        steers=left,
    )
