"""One guided recovery from first-stage cut-off to touchdown, in JAX, so that thousands of disturbed flights fly in parallel.

Each part of the recovery is a loop of fixed steps. Its last step is shortened so that the part ends at its condition: an
impact point, an energy, a height or the ground. Under ``jax.vmap`` a loop runs until the last flight has ended.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from hoverslam.margins.disturbances.booster import (
    Booster,
    BoosterFlight,
    BoosterState,
    fly_step,
    observe_disturbance,
    turn_axis,
)
from hoverslam.margins.disturbances.dispersions import DispersionTable
from hoverslam.margins.disturbances.draws import Perturbations
from hoverslam.margins.disturbances.world import (
    BOOSTBACK,
    ENTRY,
    World,
    burn_inputs,
    navigation_estimate,
    start_fraction,
    with_misalignment,
    world_of,
)
from hoverslam.margins.guidance.figures import FIGURES
from hoverslam.margins.guidance.powered_landing import (
    HoverSlam,
    LandingGuidance,
    LandingLaw,
    Touchdown,
    ignition_margin,
    land,
)
from hoverslam.margins.guidance.steering import DescentTable, energy, impact, nose_direction, wind_compensation

LATERAL_THRUST_MOST = FIGURES.boostback.lateral_thrust_max.si
LOWEST_ENTRY_BURN = FIGURES.entry_burn.lowest_height.si

# Steps (s) of each part: short beside the lags where the booster is steered, longer where it coasts in thin air.
COAST_STEP, BOOSTBACK_STEP, ENTRY_STEP, GLIDE_STEP = 2.0, 0.5, 0.25, 0.25
SHORTEST_STEP = 1e-3  # s, at which a part counts as ended
# Bounds on the duration, which end a flight that never meets its condition: of coast and glide in s, of the burns as factors
# on the reference's duration, and of the entry burn some seconds more, for a short one.
LONGEST = {"coast": 900.0, "boostback": 1.5, "entry": 2.5, "glide": 400.0}
ENTRY_GRACE = 5.0  # s
SHORTEST_CORRECTION = 6.0  # s; a lateral correction in less time takes more than the lateral thrust
LEAST_CLOSING_SPEED = 1.0  # m/s or W/kg; the time left is inversely proportional to it
HOVER_SLAM = HoverSlam()


class BoostbackPlan(NamedTuple):
    """The plan of the boostback burn.

    Attributes:
        engines: Number of engines.
        throttle: Throttle.
        wait: Time from cut-off to ignition (s).
        duration: Duration of the reference's burn (s).
        step: Time between the samples of ``axes`` and ``across`` (s).
        axes: Body axis from ignition on, ``(n, 3)``.
        across: Predicted impact point across the way home, ``(n,)`` (m).
        target: Impact point of the reference at the end of the burn, ``(3,)`` (m).
        towards: Horizontal unit vector in which the impact point moves, ``(3,)``.
        side: Horizontal unit vector across it, ``(3,)``.
        radius: Distance from the Earth's centre at which impact counts (m).
    """

    engines: Array
    throttle: Array
    wait: Array
    duration: Array
    step: Array
    axes: Array
    across: Array
    target: Array
    towards: Array
    side: Array
    radius: Array


class EntryPlan(NamedTuple):
    """The plan of the entry burn: when it begins and ends.

    The burn ends when the predicted impact point agrees with that of the reference. The energy at the end may exceed that of
    the reference at the same height by at most ``above`` and fall below it by at most ``below``. The energy of the reference
    is ``end_energy`` at ``end_height``, and greater by ``drag`` for each metre above that height.

    Attributes:
        engines: Number of engines.
        throttle: Throttle.
        height: Height at ignition, on the way down (m).
        after: Time from cut-off or the end of boostback to ignition (s), if the reference does not yet descend at ignition;
            infinite otherwise.
        duration: Duration of the reference's burn (s).
        radius: Distance from the Earth's centre at which impact counts (m).
        target: Impact point of the reference at the end of the burn, ``(3,)`` (m).
        towards: Horizontal unit vector of the flight at the end of the burn, ``(3,)``.
        end_energy: Specific energy of the reference at the end of the burn (J/kg).
        end_height: Height of the reference at the end of the burn (m).
        drag: Specific energy that drag takes per metre of descent (J/kg/m).
        above: Largest excess of the energy over that of the reference at the end of the burn (J/kg).
        below: Largest deficit of the energy from that of the reference at the end of the burn (J/kg).
    """

    engines: Array
    throttle: Array
    height: Array
    after: Array
    duration: Array
    radius: Array
    target: Array
    towards: Array
    end_energy: Array
    end_height: Array
    drag: Array
    above: Array
    below: Array


class GuidancePlan(NamedTuple):
    """The plan of guidance for all parts of the recovery, made before the flight.

    Attributes:
        position: At cut-off, ``(3,)`` (m).
        velocity: At cut-off, ``(3,)`` (m/s).
        mass: At cut-off (kg).
        boostback: None for a downrange recovery.
        entry: Of the entry burn.
        descent: Reference and gains of entry and glide.
        landing: Of the landing burn.
    """

    position: Array
    velocity: Array
    mass: Array
    boostback: BoostbackPlan | None
    entry: EntryPlan
    descent: DescentTable
    landing: LandingGuidance


class FlownRecovery(NamedTuple):
    """The result of one flight.

    Attributes:
        touchdown: State at the ground.
        boostback: Propellant of the boostback burn (kg).
        entry: Propellant of the entry burn (kg).
        landing: Propellant of the landing burn (kg).
        pressure: Highest dynamic pressure (Pa).
        heating: Highest stagnation heating (W/m2).
        left: Usable propellant left; negative if the flight burned more than it had (kg).
        glide_miss: Horizontal distance from the reference at the end of the glide (m).
    """

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
    plan: GuidancePlan,
    p: Perturbations,
    law: LandingLaw = HOVER_SLAM,
    steps: int = 10,
    table: type[DispersionTable] = DispersionTable,
) -> FlownRecovery:
    """Fly one sample from cut-off to touchdown.

    Args:
        flights: The equations of motion without air (boostback) and with it.
        booster: Nominal figures.
        plan: The plan of guidance.
        p: The perturbations of the sample, without the axis of samples.
        law: The landing law.
        steps: Control steps between two plans of the landing law.
        table: The table that declares the effects of the perturbations.
    """
    vacuum, descent = flights
    world = world_of(booster, plan.mass, p, table)
    zero = jnp.zeros(())
    state = BoosterState(
        time=zero,
        position=plan.position + jnp.asarray(p.staging_position),
        velocity=plan.velocity + jnp.asarray(p.staging_velocity),
        mass=world.cut_off_mass,
        axis=jnp.array([0.0, 0.0, 1.0]),
        throttle=zero,
        pressure=zero,
        heating=zero,
        unmodelled=jnp.zeros(3),
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
    state, touchdown = land(descent, booster, plan.landing, world, state, law, steps)
    return FlownRecovery(
        touchdown, burned, entry, before - state.mass, state.pressure, state.heating,
        state.mass - world.booster.empty_mass, jnp.sqrt(off @ off),
    )  # fmt: skip


def fly_boostback(flight: BoosterFlight, plan: BoostbackPlan, world: World, state: BoosterState) -> BoosterState:
    """Fly the flip and the boostback burn, until the predicted impact point agrees with the reference's."""
    off = world.booster.inputs(0.0)
    state = fly_step(flight, state, state.axis, jnp.zeros(()), off, world.air, plan.wait)
    state = state._replace(axis=plan.axes[0])
    begun = state.time

    def remaining(s: BoosterState) -> tuple[Array, Array, Array]:
        where, fall = impact(
            flight.frame, s.position + world.position_error, s.velocity + world.velocity_error, plan.radius
        )
        return (plan.target - where) @ plan.towards, where @ plan.side, fall

    def unfinished(carry: tuple[BoosterState, Array, Array]) -> Array:
        s, step, _ = carry
        return (step > SHORTEST_STEP) & (s.time - begun < LONGEST["boostback"] * plan.duration)

    def body(carry: tuple[BoosterState, Array, Array]) -> tuple[BoosterState, Array, Array]:
        s, step, before = carry
        since = s.time - begun
        _, across, fall = remaining(s)
        place = jnp.clip(since / plan.step, 0.0, plan.axes.shape[0] - 1.001)
        i = place.astype(int)
        share = place - i
        nose = plan.axes[i] + share * (plan.axes[i + 1] - plan.axes[i])
        wanted = plan.across[i] + share * (plan.across[i + 1] - plan.across[i])
        push = burn_inputs(world, BOOSTBACK, plan.engines, since, plan.duration)
        pull = plan.throttle * push.engines.thrust_vacuum / s.mass
        left = jnp.maximum(plan.duration - since, SHORTEST_CORRECTION)
        lean = jnp.clip((wanted - across) / (fall * pull * left), -LATERAL_THRUST_MOST, LATERAL_THRUST_MOST)
        axis = turn_axis(s.axis, with_misalignment(world, nose + lean * plan.side), world.booster, step)
        throttle = plan.throttle * start_fraction(world, BOOSTBACK, since + step)
        s = fly_step(flight, s, axis, throttle, push, world.air, step)
        after, _, _ = remaining(s)
        speed = jnp.maximum((before - after) / step, LEAST_CLOSING_SPEED)
        return s, jnp.minimum(BOOSTBACK_STEP, after / speed), after

    first = remaining(state)[0]
    state, _, _ = jax.lax.while_loop(unfinished, body, (state, jnp.asarray(BOOSTBACK_STEP), first))
    return state._replace(throttle=jnp.zeros(()))


def coast_to(flight: BoosterFlight, entry: EntryPlan, world: World, state: BoosterState) -> BoosterState:
    """Fly the coast, engines ahead and along the flow, to the ignition of the entry burn, half a start transient early."""
    off = world.booster.inputs(0.0)
    # The reference coasts without a plume. The smoothed shielding of a plume does not vanish at zero thrust and thin air.
    off = off._replace(shape=off.shape._replace(preserved_drag=1.0))
    begun = state.time

    def left(s: BoosterState) -> Array:
        falling = -s.velocity[2]
        lead = 0.5 * world.booster.start_ramp
        time = (s.position[2] + world.position_error[2] - entry.height) / jnp.maximum(
            falling, LEAST_CLOSING_SPEED
        ) - lead
        by_height = jnp.where(falling > LEAST_CLOSING_SPEED, time, COAST_STEP)
        return jnp.where(jnp.isfinite(entry.after), entry.after - lead - (s.time - begun), by_height)

    def unfinished(s: BoosterState) -> Array:
        return (left(s) > SHORTEST_STEP) & (s.time - begun < LONGEST["coast"]) & (s.position[2] > 0.0)

    def body(s: BoosterState) -> BoosterState:
        step = jnp.clip(left(s), SHORTEST_STEP, COAST_STEP)
        against = -s.velocity / jnp.sqrt(s.velocity @ s.velocity)
        return fly_step(flight, s._replace(axis=against), against, jnp.zeros(()), off, world.air, step)

    return jax.lax.while_loop(unfinished, body, state)


def fly_entry(
    flight: BoosterFlight, booster: Booster, plan: GuidancePlan, world: World, state: BoosterState
) -> BoosterState:
    """Fly the entry burn, steering to the reference, until predicted impact point and energy meet the condition of its end."""
    entry, begun = plan.entry, state.time

    def excess(s: BoosterState) -> Array:
        """Return the distance (m) and the energy (J/kg) that the burn has yet to remove, ``(2,)``."""
        known = navigation_estimate(world, s)
        where, _ = impact(flight.frame, known.position, known.velocity, entry.radius)
        over = energy(known.position, known.velocity) - entry.end_energy
        drag = entry.drag * (known.position[2] - entry.end_height)
        return jnp.stack([(where - entry.target) @ entry.towards, over - drag])

    def left(now: Array, before: Array, step: Array) -> Array:
        """Return the time left of the burn (s) at the rates of the last step."""
        rate = jnp.maximum((before - now) / step, LEAST_CLOSING_SPEED)
        far = now[0] / rate[0]
        return jnp.clip(far, (now[1] - entry.above) / rate[1], (now[1] + entry.below) / rate[1])

    def unfinished(carry: tuple[BoosterState, Array]) -> Array:
        s, step = carry
        high = s.position[2] > LOWEST_ENTRY_BURN * entry.end_height
        return (step > SHORTEST_STEP) & high & (s.time - begun < LONGEST["entry"] * entry.duration + ENTRY_GRACE)

    def body(carry: tuple[BoosterState, Array]) -> tuple[BoosterState, Array]:
        s, step = carry
        before, since = excess(s), s.time - begun
        push = burn_inputs(world, ENTRY, entry.engines, since, entry.duration)
        axis = steered(flight, booster, plan.descent, world, s, step)
        throttle = entry.throttle * start_fraction(world, ENTRY, since + step)
        s = fly_step(flight, s, axis, throttle, push, world.air, step)
        ahead = jnp.minimum(ENTRY_STEP, left(excess(s), before, step))
        return s, jnp.where(since < world.start_ramp[ENTRY - 1], jnp.maximum(ahead, ENTRY_STEP), ahead)

    first = jnp.where(excess(state)[1] > -entry.below, ENTRY_STEP, 0.0)
    state, _ = jax.lax.while_loop(unfinished, body, (state, first))
    return state._replace(throttle=jnp.zeros(()))


def steered(
    flight: BoosterFlight, booster: Booster, descent: DescentTable, world: World, state: BoosterState, step: Array
) -> Array:
    """Return the body axis after a step of steering to the reference, from the state that navigation reports."""
    known = navigation_estimate(world, state)
    back = descent.lean(known.position, known.velocity) + wind_compensation(flight, booster, known)
    wanted = nose_direction(flight, known, back, booster.angle_of_attack)
    return turn_axis(state.axis, with_misalignment(world, wanted), world.booster, step)


def glide(
    flight: BoosterFlight, booster: Booster, plan: GuidancePlan, world: World, state: BoosterState
) -> BoosterState:
    """Fly the glide to the ignition of the landing burn, which is predicted at every step near the end."""
    off, begun = world.booster.inputs(0.0), state.time
    high = plan.landing.ignition_height + plan.landing.watch

    def body(s: BoosterState, step: Array) -> BoosterState:
        axis = steered(flight, booster, plan.descent, world, s, step)
        after = fly_step(flight, s, axis, jnp.zeros(()), off, world.air, step)
        return observe_disturbance(flight, booster, s, after, jnp.zeros(()), step, jnp.asarray(True))

    def watching(s: BoosterState) -> Array:
        return (s.position[2] > high) & (s.time - begun < LONGEST["glide"])

    state = jax.lax.while_loop(watching, lambda s: body(s, jnp.asarray(GLIDE_STEP)), state)

    def margin(s: BoosterState) -> Array:
        return ignition_margin(flight, booster, plan.landing, navigation_estimate(world, s))

    def unfinished(carry: tuple[BoosterState, Array]) -> Array:
        s, step = carry
        return (step > SHORTEST_STEP) & (s.position[2] > 0.0)

    def last(carry: tuple[BoosterState, Array]) -> tuple[BoosterState, Array]:
        s, step = carry
        s = body(s, step)
        return s, jnp.minimum(GLIDE_STEP, margin(s) / jnp.maximum(-s.velocity[2], LEAST_CLOSING_SPEED))

    first = jnp.minimum(GLIDE_STEP, margin(state) / jnp.maximum(-state.velocity[2], LEAST_CLOSING_SPEED))
    state, _ = jax.lax.while_loop(unfinished, last, (state, first))
    return state
