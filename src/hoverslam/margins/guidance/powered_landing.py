"""The landing burn in closed loop: ignition, the law that steers, actuators, touchdown.

There are two landing laws. :class:`HoverSlam` is explicit: a constant vertical deceleration that ends at the ground, and a
linear-quadratic correction of the horizontal offset. ``ConvexReplanning`` in :mod:`hoverslam.margins.guidance.replanning`
solves the convex powered-descent programme repeatedly and tracks each plan. While plans fail it flies the last feasible one,
and without one the explicit law.
"""

from typing import Any, NamedTuple, Protocol

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
from hoverslam.margins.disturbances.world import (
    LANDING,
    World,
    burn_inputs,
    navigation_estimate,
    start_fraction,
    with_misalignment,
)
from hoverslam.margins.guidance.figures import FIGURES
from hoverslam.margins.guidance.steering import SPEED_SQUARED_FLOOR, lift_slope
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.constants import STANDARD_GRAVITY

TOUCHDOWN_SPEED = FIGURES.landing_burn.touchdown_speed_m_s.si
TILT_AT_TOUCHDOWN = FIGURES.landing_burn.tilt_at_touchdown_deg.si
TILT_PER_SECOND = FIGURES.landing_burn.tilt_rate_deg_s.si
FULL_LEAN_PRESSURE = FIGURES.landing_burn.full_angle_of_attack_kPa.si

PREDICTION_STEPS = 12  # of the predicted burn: its height is then exact to metres, and the margin at ignition is larger
PREDICTION_END_SPEED = 2.0  # m/s; at zero speed the time step over speed is singular
LEAST_BRAKING = 0.5  # m/s2; below it the predicted burn would never end
SHORTEST_LANDING_STEP = 1e-4  # s; the last step ends at the ground
GROUND_TOLERANCE = 1e-3  # m above the pad, at which a booster is on the ground
LONGEST_LANDING = 80.0  # s; ends a flight that never reaches the ground
TILT_GROWTH_MOST = 1.2  # rad; the limit on tilt grows by no more than this before touchdown
# Effect of a lean relative to that of thrust alone, since lift opposes it: no lean below the first, a full one above the
# second. Near zero the sign of the effect is uncertain.
STEERING_EFFECT = (0.2, 0.5)
SHORTEST_CORRECTION = 2.0  # s; a correction in less time is faster than the lags of attitude and throttle
START_TRANSIENTS_IGNORED = 1.5  # start transients after ignition, before the disturbance observer uses the thrust
OFFSET_TIME = 0.6  # fraction of the time to touchdown in which the horizontal offset is removed
FINAL_TIME = 10.0  # s before touchdown, in which the offset is removed by touchdown instead
SINK_RECOVERY_TIME = 0.5  # s in which a booster that has stopped above the ground returns to the touchdown speed
VELOCITY_PRIORITY_TIME = 4.0  # s to touchdown, from which on horizontal velocity has priority over the offset
SHORTEST_TIME_TO_GO = 0.3  # s; gains are inversely proportional to the time to go
LEAST_HEIGHT = 0.1  # m; the deceleration is inversely proportional to the height
LEAST_SINK = 0.05  # m/s; the time to the ground is inversely proportional to the sink rate
STOP_CHECK_DELAY = 1.0  # s after ignition, before a stop above the ground counts
ACROSS_GAINS = (
    6.0,
    4.0,
)  # on offset and velocity: the least-effort transfer to rest at a given time (Bryson and Ho, 1975)


class LandingGuidance(NamedTuple):
    """The plan of the landing burn.

    Attributes:
        engines: Engines burning in the three stages of the burn, ``(3,)``. A plan of fewer stages repeats its last.
        sinks: Sink rates below which the second and the third stage begin, ``(2,)`` (m/s).
        gates: Where each stage ends, ``(3, 3)``: height (m), sink rate (m/s), time left to the ground (s).
        throttle: Highest planned throttle. Guidance may exceed it.
        ignition_height: Height of the reference at ignition (m).
        watch: Height above it at which the prediction of the burn begins (m).
        stop_height: Height at which the burn predicted from the reference's ignition stops (m): the error of the prediction.
        tilt: Largest angle between the body axis and the vertical (rad).
        duration: Duration of the reference's burn (s).
        step: Control step (s).
    """

    engines: Array
    sinks: Array
    gates: Array
    throttle: Array
    ignition_height: Array
    watch: Array
    stop_height: Array
    tilt: Array
    duration: Array
    step: Array


class Touchdown(NamedTuple):
    """State of a booster at the end of its flight.

    Attributes:
        miss: Horizontal distance from the pad (m).
        sink_rate: Vertical speed, downwards (m/s).
        ground_speed: Horizontal speed (m/s).
        tilt: Angle between the body axis and the vertical (rad).
        time: Duration of the landing burn (s).
        stopped_at: Height at which it stopped above the ground and fell from (m); below zero if it did not.
        plans_failed: Number of plans that failed.
        down: Whether it reached the ground.
    """

    miss: Array
    sink_rate: Array
    ground_speed: Array
    tilt: Array
    time: Array
    stopped_at: Array
    plans_failed: Array
    down: Array


def stage_at(guidance: LandingGuidance, sink: Array) -> Array:
    """Return which of the three stages of the burn belongs to the sink rate ``sink`` (m/s)."""
    return (sink <= guidance.sinks[0]).astype(int) + (sink <= guidance.sinks[1]).astype(int)


def engines_at(guidance: LandingGuidance, sink: Array) -> Array:
    """Return how many engines burn at the sink rate ``sink`` (m/s)."""
    return guidance.engines[stage_at(guidance, sink)]


def tilt_limit(to_go: Array) -> Array:
    """Return the largest tilt (rad) that is commanded ``to_go`` seconds before touchdown."""
    return TILT_AT_TOUCHDOWN + jnp.minimum(TILT_PER_SECOND * jnp.maximum(to_go, 0.0), TILT_GROWTH_MOST)


def predicted_stop(
    flight: BoosterFlight, booster: Booster, guidance: LandingGuidance, position: Array, velocity: Array, mass: Array
) -> Array:
    """Return the height (m) at which a burn against the velocity would stop, if ignited now; still standard air.

    The throttle is the planned one. The integration is over speed, in which the end of the burn is known: dt = dv /
    deceleration. The flight-path angle follows from ``ln tan(psi/2)``, which stays finite as the speed vanishes (the closed
    form of the gravity turn at constant thrust).

    Args:
        flight: The equations of motion.
        booster: Nominal figures.
        guidance: The plan of the burn.
        position: At ignition ``(3,)`` (m).
        velocity: At ignition ``(3,)`` (m/s).
        mass: At ignition (kg).
    """
    speed = jnp.sqrt(velocity @ velocity)
    down = jnp.clip(-velocity[2] / speed, 1e-6, 1.0 - 1e-9)
    height = position[2] + 0.5 * booster.start_ramp * velocity[2]
    shares = jnp.linspace(1.0, 0.0, PREDICTION_STEPS + 1) ** 1.5
    speeds = PREDICTION_END_SPEED + (speed - PREDICTION_END_SPEED) * shares
    log_tangent = jnp.log(jnp.sqrt((1.0 - down) / (1.0 + down)))
    heading = velocity / speed

    def slope(v: Array, h: Array, m: Array, bent: Array) -> tuple[Array, Array, Array]:
        psi = 2.0 * jnp.arctan(jnp.exp(bent))
        now = Named(position=position.at[2].set(h), velocity=v * heading, mass=m, density=1.0, wind=jnp.zeros(3))
        inputs = booster.inputs(engines_at(guidance, v * jnp.cos(psi)))
        found = flight.conditions(now, Named(axis=-heading, throttle=guidance.throttle), inputs)
        braking = found.axial_force / m - STANDARD_GRAVITY * jnp.cos(psi)
        braking = jnp.maximum(braking, LEAST_BRAKING)
        return v * jnp.cos(psi) / braking, found.mass_flow / braking, STANDARD_GRAVITY / (v * braking)

    def body(i: Array, carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        h, m, bent = carry
        dv = speeds[i + 1] - speeds[i]
        first = slope(speeds[i], h, m, bent)
        second = slope(
            speeds[i] + 0.5 * dv, h + 0.5 * dv * first[0], m + 0.5 * dv * first[1], bent + 0.5 * dv * first[2]
        )
        return h + dv * second[0], m + dv * second[1], bent + dv * second[2]

    end, _, _ = jax.lax.fori_loop(0, PREDICTION_STEPS, body, (height, mass, log_tangent))
    return end


def ignition_margin(
    flight: BoosterFlight, booster: Booster, guidance: LandingGuidance, estimate: BoosterState
) -> Array:
    """Return the height (m) by which the ignition may still be delayed; zero at the ignition of the reference."""
    stop = predicted_stop(flight, booster, guidance, estimate.position, estimate.velocity, estimate.mass)
    return stop - guidance.stop_height


class LandingLaw(Protocol):
    """The protocol of a landing law, which steers the landing burn.

    Its methods take the equations of motion, the nominal figures of the booster, the plan of the burn, the state that
    navigation reports, and ``memory``: a JAX pytree that the law carries from one control step to the next.
    """

    def begin(self, flight: BoosterFlight, booster: Booster, guidance: LandingGuidance, estimate: BoosterState) -> Any:
        """Return the memory at ignition."""

    def renew(
        self, flight: BoosterFlight, booster: Booster, guidance: LandingGuidance, estimate: BoosterState, memory: Any
    ) -> Any:
        """Return the memory after a new plan; called every few control steps."""

    def command(
        self, booster: Booster, guidance: LandingGuidance, estimate: BoosterState, memory: Any
    ) -> tuple[Array, Array]:
        """Return the acceleration ``(3,)`` commanded of thrust and air together (m/s2), and the time to go (s)."""

    def failures(self, memory: Any) -> Array:
        """Return how many plans have failed."""


class HoverSlam:
    """The explicit law: constant vertical deceleration, and the least-effort correction of the horizontal offset."""

    def begin(self, flight: BoosterFlight, booster: Booster, guidance: LandingGuidance, estimate: BoosterState) -> Any:
        """Return an empty memory."""
        return ()

    def renew(
        self, flight: BoosterFlight, booster: Booster, guidance: LandingGuidance, estimate: BoosterState, memory: Any
    ) -> Any:
        """Return the memory unchanged: this law makes no plans."""
        return memory

    def command(
        self, booster: Booster, guidance: LandingGuidance, estimate: BoosterState, memory: Any
    ) -> tuple[Array, Array]:
        """Return the acceleration ``(3,)`` commanded of thrust and air together (m/s2), and the time to go (s)."""
        gate_height, gate_sink, left = guidance.gates[stage_at(guidance, -estimate.velocity[2])]
        height = jnp.maximum(estimate.position[2] - gate_height, LEAST_HEIGHT)
        sink = jnp.maximum(-estimate.velocity[2], gate_sink)
        too_slow = jnp.maximum(gate_sink + estimate.velocity[2], 0.0)
        up = (sink**2 - gate_sink**2) / (2.0 * height) - too_slow / SINK_RECOVERY_TIME
        to_go = jnp.maximum(2.0 * height / (sink + gate_sink) + left, SHORTEST_TIME_TO_GO)
        soon = jnp.maximum(jnp.maximum(OFFSET_TIME * to_go, jnp.minimum(to_go, FINAL_TIME)), SHORTEST_CORRECTION)
        nearer = jnp.minimum(1.0, (to_go / VELOCITY_PRIORITY_TIME) ** 2)
        on_offset, on_velocity = ACROSS_GAINS
        offset, velocity = estimate.position[:2], estimate.velocity[:2]
        across = -on_offset * nearer * offset / soon**2 - on_velocity * velocity / soon
        return jnp.concatenate([across, up[None]]), to_go

    def failures(self, memory: Any) -> Array:
        """Return zero: this law makes no plans."""
        return jnp.zeros(())


def land(
    flight: BoosterFlight,
    booster: Booster,
    guidance: LandingGuidance,
    world: World,
    state: BoosterState,
    law: LandingLaw,
    steps: int,
) -> tuple[BoosterState, Touchdown]:
    """Fly the burn from ignition to the ground.

    Args:
        flight: The equations of motion.
        booster: Nominal figures, which guidance uses.
        guidance: The plan of the burn.
        world: Figures and disturbances of the sample.
        state: The state at ignition.
        law: The landing law.
        steps: Control steps between two calls of ``law.renew``.
    """
    begun = state.time

    def control_step(carry: tuple[BoosterState, Any, Array]) -> tuple[BoosterState, Any, Array]:
        s, memory, stopped = carry
        ground = s.position[2] / jnp.maximum(-s.velocity[2], LEAST_SINK)
        step = jnp.clip(jnp.where(s.velocity[2] < 0.0, ground, guidance.step), SHORTEST_LANDING_STEP, guidance.step)
        wanted, to_go = law.command(booster, guidance, navigation_estimate(world, s), memory)
        axis, throttle, engines = _actuated(flight, booster, guidance, world, s, wanted, to_go, step)
        since = s.time - begun
        push = burn_inputs(world, LANDING, jnp.where(stopped < 0.0, engines, 0.0), since, guidance.duration)
        throttle = throttle * start_fraction(world, LANDING, since + step)
        after = fly_step(flight, s, axis, throttle, push, world.air, step)
        ready = since > START_TRANSIENTS_IGNORED * booster.start_ramp
        after = observe_disturbance(flight, booster, s, after, engines, step, ready)
        hovers = engines * booster.throttle_floor * booster.thrust_vacuum < s.mass * STANDARD_GRAVITY
        now_stopped = (after.velocity[2] >= 0.0) & (stopped < 0.0) & (since > STOP_CHECK_DELAY) & ~hovers
        stopped = jnp.where(now_stopped, after.position[2], stopped)
        landed = s.position[2] <= GROUND_TOLERANCE
        after = jax.tree.map(lambda a, b: jnp.where(landed, a, b), s, after)
        return after, memory, stopped

    def in_flight(carry: tuple[BoosterState, Any, Array]) -> Array:
        s, _, _ = carry
        return (s.position[2] > GROUND_TOLERANCE) & (s.time - begun < LONGEST_LANDING)

    def period(carry: tuple[BoosterState, Any, Array]) -> tuple[BoosterState, Any, Array]:
        s, memory, stopped = carry
        memory = law.renew(flight, booster, guidance, navigation_estimate(world, s), memory)
        return jax.lax.fori_loop(0, steps, lambda _, c: control_step(c), (s, memory, stopped))

    memory = law.begin(flight, booster, guidance, navigation_estimate(world, state))
    state, memory, stopped = jax.lax.while_loop(in_flight, period, (state, memory, jnp.asarray(-1.0)))
    return state, _touchdown(state, begun, stopped, law.failures(memory))


def lean_authority(effect: Array) -> tuple[Array, Array]:
    """Return what fraction of a lean to use, 0 to 1, and the effect of a lean, bounded away from zero.

    Where the lift against a lean exceeds the lateral thrust, the effect is negative: the air steers the booster, to the
    other side.

    Args:
        effect: Effect of a lean on the force across the flow, relative to that of thrust alone.
    """
    size = jnp.abs(effect)
    use = jnp.clip((size - STEERING_EFFECT[0]) / (STEERING_EFFECT[1] - STEERING_EFFECT[0]), 0.0, 1.0)
    return use, jnp.where(effect < 0.0, -1.0, 1.0) * jnp.maximum(size, STEERING_EFFECT[0])


def _actuated(
    flight: BoosterFlight,
    booster: Booster,
    guidance: LandingGuidance,
    world: World,
    state: BoosterState,
    wanted: Array,
    to_go: Array,
    step: Array,
) -> tuple[Array, Array, Array]:
    """Return body axis, throttle and number of engines after the next step for a commanded acceleration ``(3,)`` (m/s2).

    Gravity and the unmodelled acceleration are subtracted from the command. The component against the flow is provided by
    engines and drag, the component across it by a lean, whose effect is thrust less lift.
    """
    known = navigation_estimate(world, state)
    speed = jnp.sqrt(known.velocity @ known.velocity + 1.0)
    engines = engines_at(guidance, -known.velocity[2])
    still = Named(position=known.position, velocity=known.velocity, mass=state.mass, density=1.0, wind=jnp.zeros(3))
    now = flight.conditions(still, Named(axis=state.axis, throttle=state.throttle), booster.inputs(engines))
    drag = now.axial_force - now.thrust
    explained = flight.frame.acceleration(known.position, known.velocity) + state.unmodelled
    force = state.mass * (wanted - explained)
    against = -known.velocity / speed
    along = force @ against
    least = engines * booster.throttle_floor * booster.thrust_vacuum
    pull = jnp.maximum(along, least)
    crossflow = known.velocity - (known.velocity @ state.axis) * state.axis
    slope = lift_slope(booster, now.air.density, speed, jnp.sqrt(crossflow @ crossflow))
    effect = 1.0 - slope / pull
    use, effect = lean_authority(effect)
    lean = (force - along * against) / pull * use / effect
    size = jnp.sqrt(lean @ lean + SPEED_SQUARED_FLOOR)
    most = booster.angle_of_attack * jnp.maximum(1.0, FULL_LEAN_PRESSURE / now.dynamic_pressure)
    nose = _within_tilt(against + lean * jnp.minimum(1.0, most / size), jnp.minimum(guidance.tilt, tilt_limit(to_go)))
    axis = turn_axis(state.axis, with_misalignment(world, nose), world.booster, step)
    full, back = engines * booster.thrust_vacuum, engines * booster.exit_area * now.air.pressure
    asked = jnp.clip((force @ axis - drag + back) / full, booster.throttle_floor, booster.throttle_most)
    share = 1.0 - jnp.exp(-step / world.booster.throttle_lag)
    before = jnp.where(state.throttle > 0.0, state.throttle, asked)
    return axis, jnp.maximum(before + share * (asked - before), booster.throttle_floor), engines


def _within_tilt(nose: Array, most: Array) -> Array:
    """Return a direction ``(3,)`` limited to an angle of ``most`` (rad) from the vertical, as a unit vector."""
    nose = nose / jnp.sqrt(nose @ nose)
    across = nose[:2]
    size = jnp.sqrt(across @ across + SPEED_SQUARED_FLOOR)
    cut = jnp.where(nose[2] > 0.0, jnp.minimum(1.0, jnp.sin(most) / size), jnp.sin(most) / size)
    across = across * cut
    return jnp.concatenate([across, jnp.sqrt(1.0 - across @ across)[None]])


def _touchdown(state: BoosterState, begun: Array, stopped: Array, failures: Array) -> Touchdown:
    speed_across = jnp.sqrt(state.velocity[:2] @ state.velocity[:2])
    return Touchdown(
        jnp.sqrt(state.position[:2] @ state.position[:2]),
        -state.velocity[2],
        speed_across,
        jnp.arccos(jnp.clip(state.axis[2], -1.0, 1.0)),
        state.time - begun,
        stopped,
        failures,
        state.position[2] <= GROUND_TOLERANCE,
    )
