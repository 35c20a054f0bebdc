"""Landing guidance that plans again: the convex descent from where the booster is, with the air it will meet on the way.

Each plan is the lossless-convexification programme of :mod:`hoverslam.margins.guidance.convex_plan`. What it leaves out (air,
the loss of thrust in it, the engine count that changes with speed) is worked out along the plan before and given to the next.
Between plans the last good one is tracked. Its flight time is searched at ignition and then runs down; where a plan fails,
another time and all of the throttle are tried at the next renewal, and until one succeeds the simple law flies.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from hoverslam.margins.disturbances.booster import Booster, BoosterFlight, State
from hoverslam.margins.guidance.convex_plan import SOLVED, UNDECIDED, DescentCase, plan_descent
from hoverslam.margins.guidance.powered_landing import (
    GENTLE_PRESSURE,
    LEAST_EFFECT,
    TOUCHDOWN_SPEED,
    HoverSlam,
    LandingGuidance,
    engines_at,
    usable,
)
from hoverslam.margins.guidance.steering import lift_slope
from hoverslam.ocp.statement.names import Named

STEPS = 16  # of a plan
FIRST_TRIES = 6  # plans made before the engines push
FIRST_PACE, FAILED_PACE = (
    0.03,
    0.08,
)  # by how much a plan is made longer or shorter: one of the first, one after a failure
ITERATIONS = 16  # of the solver: what has not converged by then is no plan; feasible ones take 10 to 14
CLOSE = 1e-6  # relative, to the least propellant: far less than what changes until the next plan
MOST_FAILURES = 2  # in a row, after which the simple law flies
LAST_PLANS = (
    8.0,
    0.6,
)  # s to go, or of the burn: no new plans; the simple law, which feeds back the height, flies to the ground
MISSED = 0.5, 0.01  # m, and of the distance: a plan that ends further from the pad is no plan
STIFFNESS, DAMPING = 0.35, 0.9  # of the tracking (rad/s, share of critical)
HELD_BACK = 0.03  # of the throttle range at either end, left for tracking
FINAL, FINAL_HELD_BACK = (
    1.4,
    0.15,
)  # of that time, from where thrust is planned so far from its bounds that it can go either way
PLANNED_TILT = np.radians([3.0, 1.5])  # rad, and rad/s to go: a divert ends well before the ground does
LEAN_SHARE = 0.8  # of the angle of attack that is borne, for plans in dense air
GLIDE_SLOPE = 0.1  # tangent of the least elevation seen from the pad


class Memory(NamedTuple):
    """The plan being flown: its start and length (s), nodes ``(N + 1, 3)``, accelerations of thrust and the rest ``(N, 3)``.

    ``slope`` is the relative change of propellant over that of flight time; ``reach`` the share of the throttle above the
    planned that the next plan may use; ``good`` says whether there is a plan; ``failed`` counts failures in a row and
    ``failures`` all of them.
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


class Replanned:
    """The convex law."""

    def __init__(self, steps: int = STEPS):
        self.steps = steps
        self.simple = HoverSlam()

    def begin(self, flight: BoosterFlight, booster: Booster, guidance: LandingGuidance, seen: State) -> Memory:
        """No plan yet: a straight line to stand in for the plan before the first."""
        ahead = _after_start(flight, booster, seen)
        _, to_go = self.simple.command(booster, guidance, ahead, ())
        left = 1.0 - jnp.linspace(0.0, 1.0, self.steps + 1)[:, None]
        none = jnp.zeros((self.steps, 3))
        thrust = none.at[:, 2].set(1.0)
        zero, false = jnp.zeros(()), jnp.asarray(False)
        line, speeds = ahead.position * left**2, ahead.velocity * left
        return Memory(ahead.time, to_go, line, speeds, thrust, none, zero, zero, false, zero, zero)

    def renew(
        self, flight: BoosterFlight, booster: Booster, guidance: LandingGuidance, seen: State, memory: Memory
    ) -> Memory:
        """The next plan from here, as long as what is left of this one; where that fails, longer or shorter.

        Before the engines push, several in turn, each with the air along the one before and as much shorter or longer as
        its multipliers advise; later one at a time, with a second try for one that failed.
        """
        waiting = seen.time < memory.start
        ahead = _after_start(flight, booster, seen)
        start = jax.tree.map(lambda a, b: jnp.where(waiting, a, b), ahead, seen)
        left = memory.start + memory.length - start.time
        due = left > _last(guidance)
        tries = jnp.where(due, jnp.where(waiting, FIRST_TRIES, jnp.where(memory.failed > 0, 2, 1)), 0)

        def tried(_: Array, carry: tuple[Memory, Memory]) -> tuple[Memory, Memory]:
            along, best = carry
            pace = jnp.where(along.failed > 0, FAILED_PACE, jnp.where(waiting, FIRST_PACE, 0.0))
            length = (along.start + along.length - start.time) * (1.0 - pace * jnp.clip(along.slope, -1.0, 1.0))
            plan = self._planned(flight, booster, guidance, start, along, length)
            return plan, jax.tree.map(lambda a, b: jnp.where(plan.good, a, b), plan, best)

        last, best = jax.lax.fori_loop(0, tries, tried, (memory, memory))
        lost = ~best.good | (last.failed > MOST_FAILURES)
        # A plan that failed is not flown, but tells the next one how much longer and with how much thrust.
        kept = best._replace(slope=last.slope, reach=last.reach, good=~lost, failed=last.failed, failures=last.failures)
        fresh = last._replace(good=jnp.asarray(False))
        new = jax.tree.map(lambda a, b: jnp.where(lost, a, b), fresh, kept)
        return jax.tree.map(lambda a, b: jnp.where(due, a, b), new, memory)

    def command(self, booster: Booster, guidance: LandingGuidance, seen: State, memory: Memory) -> tuple[Array, Array]:
        """Acceleration ``(3,)`` asked of thrust and air together (m/s2), and the time to go (s)."""
        simple, simple_to_go = self.simple.command(booster, guidance, seen, ())
        step = memory.length / self.steps
        since = jnp.clip(seen.time - memory.start, 0.0, memory.length)
        k = jnp.minimum((since / step).astype(int), self.steps - 1)
        s, planned = since - k * step, memory.thrust[k] + memory.rest[k]
        position = memory.position[k] + s * memory.velocity[k] + 0.5 * s**2 * planned
        velocity = memory.velocity[k] + s * planned
        pull = STIFFNESS**2 * (position - seen.position) + 2.0 * DAMPING * STIFFNESS * (velocity - seen.velocity)
        to_go = memory.start + memory.length - seen.time
        follow = memory.good & (to_go > _last(guidance))
        wanted = jnp.where(follow, planned + pull, simple)
        return wanted, jnp.where(follow, to_go, simple_to_go)

    def failures(self, memory: Memory) -> Array:
        """Plans that failed."""
        return memory.failures

    def _planned(
        self,
        flight: BoosterFlight,
        booster: Booster,
        guidance: LandingGuidance,
        seen: State,
        before: Memory,
        length: Array,
    ) -> Memory:
        """A plan of ``length`` seconds from ``seen``, with the air met along the one before."""
        case, steers = self._case(flight, booster, guidance, seen, before, length)
        plan = plan_descent(case, ITERATIONS, least_gap=CLOSE)
        sound = jnp.all(jnp.isfinite(plan.position)) & jnp.all(jnp.isfinite(plan.acceleration))
        near = jnp.maximum(MISSED[0], MISSED[1] * jnp.sqrt(seen.position @ seen.position))
        good = sound & steers & (plan.status != UNDECIDED) & (plan.miss < near)
        tight = plan.status != SOLVED
        slope = plan.time_derivative * length / jnp.maximum(plan.propellant, 1.0)
        reach = jnp.clip(before.reach + jnp.where(tight, 0.5, -0.1), 0.0, 1.0)
        new = Memory(
            seen.time, length, plan.position, plan.velocity, plan.acceleration, case.acceleration,
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
        seen: State,
        before: Memory,
        length: Array,
    ) -> tuple[DescentCase, Array]:
        """The convex programme, with what the air does along ``before`` at the middle of each step; whether thrust steers.

        Where the air sets nearly as much against a lean as thrust gives, or more, a plan that leans promises what it cannot
        keep: there the simple law flies, which can steer either way.
        """
        # At the middle of each step, interpolated in the plan before.
        times = seen.time + (jnp.arange(self.steps) + 0.5) / self.steps * length
        place = jnp.clip((times - before.start) / before.length, 0.0, 1.0) * self.steps
        k = jnp.minimum(place.astype(int), self.steps - 1)
        share = (place - k)[:, None]
        position = before.position[k] + share * (before.position[k + 1] - before.position[k])
        velocity = before.velocity[k] + share * (before.velocity[k + 1] - before.velocity[k])
        along = jax.vmap(lambda *point: _along(flight, booster, guidance, seen, *point))(
            position, velocity, times - seen.time, before.start + before.length - times
        )
        case = DescentCase(
            position=seen.position,
            velocity=seen.velocity,
            mass=along.mass,
            flight_time=length,
            acceleration=along.rest,
            effect=along.effect,
            thrust_min=along.least,
            thrust_max=along.planned + before.reach * (along.most - along.planned),
            exhaust_velocity=0.97 * booster.exhaust_velocity,
            axis=along.axis,
            cos_angle=jnp.cos(along.angle),
            cot_glide_slope=jnp.asarray(1.0 / GLIDE_SLOPE),
            pad=jnp.zeros(3),
            touchdown_velocity=jnp.array([0.0, 0.0, -TOUCHDOWN_SPEED]),
        )
        return case, jnp.all(along.steers > LEAST_EFFECT[0])


def _last(guidance: LandingGuidance) -> Array:
    """Time to go (s) at which planning ends."""
    return jnp.minimum(LAST_PLANS[0], LAST_PLANS[1] * guidance.duration)


def _after_start(flight: BoosterFlight, booster: Booster, seen: State) -> State:
    """Where half a start transient leads, falling: from there on a plan may count on thrust."""
    wait = 0.5 * booster.start_ramp
    fall = flight.frame.acceleration(seen.position, seen.velocity)
    position = seen.position + wait * seen.velocity + 0.5 * wait**2 * fall
    return seen._replace(time=seen.time + wait, position=position, velocity=seen.velocity + wait * fall)


class _Along(NamedTuple):
    """What a plan needs at one point of it: see :class:`hoverslam.margins.guidance.convex_plan.DescentCase`."""

    rest: Array
    effect: Array
    mass: Array
    least: Array
    planned: Array
    most: Array
    axis: Array
    angle: Array
    steers: Array


def _along(
    flight: BoosterFlight,
    booster: Booster,
    guidance: LandingGuidance,
    seen: State,
    position: Array,
    velocity: Array,
    later: Array,
    to_go: Array,
) -> _Along:
    """Gravity and drag, the effect of a lean, thrust bounds and where thrust may point, at one point of the plan before;
    ``steers`` is the share of a lean's thrust that the air leaves, below zero where it turns it round.

    In dense air thrust stays near the flow, as the angle of attack does; below, near the vertical.
    """
    speed = jnp.sqrt(velocity @ velocity + 1.0)
    against, engines = -velocity / speed, engines_at(guidance, -velocity[2])
    mass = seen.mass - later * guidance.throttle * engines * booster.mass_flow
    now = Named(position=position, velocity=velocity, mass=mass, density=1.0, wind=jnp.zeros(3))
    found = flight.conditions(now, Named(axis=against, throttle=guidance.throttle), booster.inputs(engines))
    drag = (found.axial_force - found.thrust) / mass
    middle = 0.5 * (guidance.throttle + booster.throttle_floor) * engines * booster.thrust_vacuum
    slope = lift_slope(booster, found.air.density, speed, 0.5 * LEAN_SHARE * booster.angle_of_attack * speed)
    left = 1.0 - slope / middle
    use, _ = usable(jnp.maximum(left, 0.0))
    along = jnp.outer(against, against)
    effect = along + jnp.maximum(left, LEAST_EFFECT[0]) * (jnp.eye(3) - along)
    back, full = engines * booster.exit_area * found.air.pressure, engines * booster.thrust_vacuum
    share = jnp.where(to_go < FINAL * _last(guidance), FINAL_HELD_BACK, HELD_BACK)
    spare = share * (booster.throttle_most - booster.throttle_floor)
    dense = found.dynamic_pressure > GENTLE_PRESSURE
    upright = jnp.minimum(guidance.tilt, PLANNED_TILT[0] + PLANNED_TILT[1] * jnp.maximum(to_go, 0.0))
    return _Along(
        rest=flight.frame.acceleration(position, velocity) + drag * against,
        effect=effect,
        mass=mass,
        least=(booster.throttle_floor + spare) * full - back,
        planned=jnp.minimum(0.5 * (guidance.throttle + booster.throttle_most), booster.throttle_most - spare) * full
        - back,
        most=(booster.throttle_most - spare) * full - back,
        axis=jnp.where(dense, against, jnp.array([0.0, 0.0, 1.0])),
        angle=jnp.where(dense, jnp.maximum(use, 0.1) * LEAN_SHARE * jnp.arctan(booster.angle_of_attack), upright),
        steers=left,
    )
