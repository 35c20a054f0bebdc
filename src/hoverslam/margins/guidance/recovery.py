"""One guided recovery, from first-stage cut-off to touchdown, in JAX: mapped over thousands of disturbed flights.

Each part of the way is a loop of fixed steps whose last one is shortened to end where the part ends: at an impact point, an
energy, a height, the ground. Under ``jax.vmap`` a loop runs until its last flight is through, the others waiting.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from hoverslam.margins.disturbances.booster import Booster, BoosterFlight, State, fly_step, noticed, turned
from hoverslam.margins.disturbances.draws import Perturbations
from hoverslam.margins.disturbances.world import BOOSTBACK, ENTRY, World, askew, lit, seen, started, world_of
from hoverslam.margins.guidance import powered_landing
from hoverslam.margins.guidance.powered_landing import LandingGuidance, Touchdown
from hoverslam.margins.guidance.steering import MOST_LEAN_ACROSS, Descent, against_wind, energy, impact, nose_of

COAST_STEP, BOOSTBACK_STEP, ENTRY_STEP, GLIDE_STEP = 2.0, 0.5, 0.25, 0.25  # s
LONGEST = {"coast": 900.0, "boostback": 1.5, "entry": 2.5, "glide": 400.0}  # s, or of the reference's duration
HOVER_SLAM = powered_landing.HoverSlam()
SHORTEST_STEP = 1e-3  # s, at which a part counts as ended
ENTRY_MISFIRE = 0.6  # of the height where the reference ends its entry burn: no burning below


class Boostback(NamedTuple):
    """What boostback follows: noses over time, how the predicted impact moves across, where it has to end.

    ``axes`` ``(n, 3)`` and ``across`` ``(n,)`` (m) at every ``step`` seconds from ignition; ``target`` and ``side`` ``(3,)``
    the impact point of the reference and the horizontal direction across the way to it; ``radius`` (m) where impact counts.
    """

    engines: Any
    throttle: Any
    wait: Any
    duration: Any
    step: Any
    axes: Any
    across: Any
    target: Any
    towards: Any
    side: Any
    radius: Any


class Entry(NamedTuple):
    """When the entry burn begins and ends.

    It begins at ``height`` (m) on the way down; where the reference does not fall yet, ``after`` seconds from cut-off or
    the end of boostback (infinite otherwise). It ends where the predicted impact on ``radius`` (m from the Earth's centre) has
    come back to the reference's ``target`` along ``towards`` (``(3,)``), but no sooner than the energy (J/kg) is within
    ``above`` of the reference's, as heating and pressure want, and no later than ``below`` it: ``end_energy`` at
    ``end_height``, and ``drag`` (J/kg/m) more a metre higher.
    """

    engines: Any
    throttle: Any
    height: Any
    after: Any
    duration: Any
    radius: Any
    target: Any
    towards: Any
    end_energy: Any
    end_height: Any
    drag: Any
    above: Any
    below: Any


class Plan(NamedTuple):
    """All that guidance was given before the flight. ``boostback`` is None for a recovery downrange."""

    position: Any
    velocity: Any
    mass: Any
    boostback: Boostback | None
    entry: Entry
    descent: Descent
    landing: LandingGuidance


class Recovery(NamedTuple):
    """What came of one flight: touchdown, propellant a burn (kg), largest loads, times."""

    touchdown: Touchdown
    boostback: Array
    entry: Array
    landing: Array
    pressure: Array
    heating: Array
    left: Array
    glide_miss: Array


def recover(
    flights: tuple[BoosterFlight, BoosterFlight],
    booster: Booster,
    plan: Plan,
    p: Perturbations,
    law: Any = HOVER_SLAM,
    steps: int = 10,
) -> Recovery:
    """Fly one sample home. ``flights``: the equations of motion without air (boostback) and with it."""
    vacuum, descent = flights
    world = world_of(booster, p)
    mass = plan.mass + p.staging_propellant + p.dry_mass * booster.empty_mass
    world = world._replace(
        booster=world.booster._replace(empty_mass=world.booster.empty_mass + p.dry_mass * booster.empty_mass)
    )
    up = jnp.array([0.0, 0.0, 1.0])
    zero = jnp.zeros(())
    state = State(
        zero,
        plan.position + p.staging_position,
        plan.velocity + p.staging_velocity,
        mass,
        up,
        zero,
        zero,
        zero,
        jnp.zeros(3),
    )
    burned = zero
    if plan.boostback is not None:
        before = state.mass
        state = fly_boostback(vacuum, plan.boostback, world, state)
        burned = before - state.mass
    state = coast_to(descent, plan.entry, world, state)
    before = state.mass
    state = fly_entry(descent, booster, plan, world, state)
    entry = before - state.mass
    state = glide(descent, booster, plan, world, state)
    wanted, _, _ = plan.descent.at(state.position[2])
    off = state.position[:2] - wanted[:2]
    before = state.mass
    state, touchdown = powered_landing.land(descent, booster, plan.landing, world, state, law, steps)
    return Recovery(
        touchdown, burned, entry, before - state.mass, state.pressure, state.heating,
        state.mass - world.booster.empty_mass, jnp.sqrt(off @ off),
    )  # fmt: skip


def fly_boostback(flight: BoosterFlight, plan: Boostback, world: World, state: State) -> State:
    """Turn, then burn until the predicted impact point has come back to the reference's."""
    off = world.booster.inputs(0.0)
    state = fly_step(flight, state, state.axis, jnp.zeros(()), off, world.air, plan.wait)
    state = state._replace(axis=plan.axes[0])
    begun = state.time

    def remaining(s: State) -> tuple[Array, Array, Array]:
        where, fall = impact(
            flight.frame, s.position + world.position_error, s.velocity + world.velocity_error, plan.radius
        )
        return (plan.target - where) @ plan.towards, where @ plan.side, fall

    def goes_on(carry: tuple[State, Array, Array]) -> Array:
        s, step, _ = carry
        return (step > SHORTEST_STEP) & (s.time - begun < LONGEST["boostback"] * plan.duration)

    def body(carry: tuple[State, Array, Array]) -> tuple[State, Array, Array]:
        s, step, before = carry
        since = s.time - begun
        _, across, fall = remaining(s)
        place = jnp.clip(since / plan.step, 0.0, plan.axes.shape[0] - 1.001)
        i = place.astype(int)
        share = place - i
        nose = plan.axes[i] + share * (plan.axes[i + 1] - plan.axes[i])
        wanted = plan.across[i] + share * (plan.across[i + 1] - plan.across[i])
        push = lit(world, BOOSTBACK, plan.engines, since, plan.duration)
        pull = plan.throttle * push.engines.thrust_vacuum / s.mass
        left = jnp.maximum(plan.duration - since, 6.0)
        lean = jnp.clip((wanted - across) / (fall * pull * left), -MOST_LEAN_ACROSS, MOST_LEAN_ACROSS)
        axis = turned(s.axis, askew(world, nose + lean * plan.side), world.booster, world.booster.attitude_lag, step)
        throttle = plan.throttle * started(world, BOOSTBACK, since + step)
        s = fly_step(flight, s, axis, throttle, push, world.air, step)
        after, _, _ = remaining(s)
        speed = jnp.maximum((before - after) / step, 1.0)
        return s, jnp.minimum(BOOSTBACK_STEP, after / speed), after

    first = remaining(state)[0]
    state, _, _ = jax.lax.while_loop(goes_on, body, (state, jnp.asarray(BOOSTBACK_STEP), first))
    return state._replace(throttle=jnp.zeros(()))


def coast_to(flight: BoosterFlight, entry: Entry, world: World, state: State) -> State:
    """Fall, engines first and along the flow, to where the entry burn begins: half a start transient early."""
    off = world.booster.inputs(0.0)
    # The reference coasts without a plume; the shielding of one, rounded at no thrust, would hide most drag in thin air.
    off = off._replace(shape=off.shape._replace(preserved_drag=1.0))
    begun = state.time

    def left(s: State) -> Array:
        falling = -s.velocity[2]
        lead = 0.5 * world.booster.start_ramp
        time = (s.position[2] + world.position_error[2] - entry.height) / jnp.maximum(falling, 1.0) - lead
        by_height = jnp.where(falling > 1.0, time, COAST_STEP)
        return jnp.where(jnp.isfinite(entry.after), entry.after - lead - (s.time - begun), by_height)

    def goes_on(s: State) -> Array:
        return (left(s) > SHORTEST_STEP) & (s.time - begun < LONGEST["coast"]) & (s.position[2] > 0.0)

    def body(s: State) -> State:
        step = jnp.clip(left(s), SHORTEST_STEP, COAST_STEP)
        against = -s.velocity / jnp.sqrt(s.velocity @ s.velocity)
        return fly_step(flight, s._replace(axis=against), against, jnp.zeros(()), off, world.air, step)

    return jax.lax.while_loop(goes_on, body, state)


def fly_entry(flight: BoosterFlight, booster: Booster, plan: Plan, world: World, state: State) -> State:
    """Brake, leaning back to the reference, until the predicted impact and the energy are the reference's."""
    entry, begun = plan.entry, state.time

    def excess(s: State) -> Array:
        """Distance (m) and energy (J/kg) that are still to be taken off, ``(2,)``."""
        known = seen(world, s)
        where, _ = impact(flight.frame, known.position, known.velocity, entry.radius)
        over = energy(known.position, known.velocity) - entry.end_energy
        drag = entry.drag * (known.position[2] - entry.end_height)
        return jnp.stack([(where - entry.target) @ entry.towards, over - drag])

    def left(now: Array, before: Array, step: Array) -> Array:
        """Seconds still to burn at the rates of the last step."""
        rate = jnp.maximum((before - now) / step, 1.0)
        far = now[0] / rate[0]
        return jnp.clip(far, (now[1] - entry.above) / rate[1], (now[1] + entry.below) / rate[1])

    def goes_on(carry: tuple[State, Array]) -> Array:
        s, step = carry
        high = s.position[2] > ENTRY_MISFIRE * entry.end_height
        return (step > SHORTEST_STEP) & high & (s.time - begun < LONGEST["entry"] * entry.duration + 5.0)

    def body(carry: tuple[State, Array]) -> tuple[State, Array]:
        s, step = carry
        before, since = excess(s), s.time - begun
        push = lit(world, ENTRY, entry.engines, since, entry.duration)
        axis = steered(flight, booster, plan.descent, world, s, step)
        throttle = entry.throttle * started(world, ENTRY, since + step)
        s = fly_step(flight, s, axis, throttle, push, world.air, step)
        ahead = jnp.minimum(ENTRY_STEP, left(excess(s), before, step))
        return s, jnp.where(since < world.ramp[ENTRY - 1], jnp.maximum(ahead, ENTRY_STEP), ahead)

    first = jnp.where(excess(state)[1] > -entry.below, ENTRY_STEP, 0.0)
    state, _ = jax.lax.while_loop(goes_on, body, (state, first))
    return state._replace(throttle=jnp.zeros(()))


def steered(
    flight: BoosterFlight, booster: Booster, descent: Descent, world: World, state: State, step: Array
) -> Array:
    """The nose after a step of steering back to the reference, as navigation sees it."""
    known = seen(world, state)
    back = descent.lean(known.position, known.velocity) + against_wind(flight, booster, known)
    wanted = nose_of(flight, known, back, booster.angle_of_attack)
    return turned(state.axis, askew(world, wanted), world.booster, world.booster.attitude_lag, step)


def glide(flight: BoosterFlight, booster: Booster, plan: Plan, world: World, state: State) -> State:
    """Steer to the pad without thrust; near the end predict the landing burn at every step, until it has to begin."""
    off, begun = world.booster.inputs(0.0), state.time
    high = plan.landing.ignition_height + plan.landing.watch

    def body(s: State, step: Array) -> State:
        axis = steered(flight, booster, plan.descent, world, s, step)
        after = fly_step(flight, s, axis, jnp.zeros(()), off, world.air, step)
        return noticed(flight, booster, s, after, jnp.zeros(()), step, jnp.asarray(True))

    def watching(s: State) -> Array:
        return (s.position[2] > high) & (s.time - begun < LONGEST["glide"])

    state = jax.lax.while_loop(watching, lambda s: body(s, jnp.asarray(GLIDE_STEP)), state)

    def spare(s: State) -> Array:
        return powered_landing.spare_height(flight, booster, plan.landing, seen(world, s))

    def goes_on(carry: tuple[State, Array]) -> Array:
        s, step = carry
        return (step > SHORTEST_STEP) & (s.position[2] > 0.0)

    def last(carry: tuple[State, Array]) -> tuple[State, Array]:
        s, step = carry
        s = body(s, step)
        return s, jnp.minimum(GLIDE_STEP, spare(s) / jnp.maximum(-s.velocity[2], 1.0))

    first = jnp.minimum(GLIDE_STEP, spare(state) / jnp.maximum(-state.velocity[2], 1.0))
    state, _ = jax.lax.while_loop(goes_on, last, (state, first))
    return state
