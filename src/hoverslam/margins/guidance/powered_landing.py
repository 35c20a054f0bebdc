"""The landing burn flown closed loop: when to light it, a law that steers it, touchdown as an event.

Two laws. :class:`HoverSlam` is the simple one: the constant deceleration that stops at the ground, and a linear-quadratic
pull to the pad across it. :class:`Replanned` solves the convex powered-descent programme again and again and tracks each
plan; where a plan is infeasible it flies the last good one, and where there is none, the simple law.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from hoverslam.margins.disturbances.booster import Booster, BoosterFlight, State, fly_step, noticed, turned
from hoverslam.margins.disturbances.world import LANDING, World, askew, lit, seen, started
from hoverslam.margins.guidance.steering import lift_slope
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.constants import STANDARD_GRAVITY

PREDICTION_STEPS = 12  # of the predicted landing burn
SLOWEST = 2.0  # m/s, where the predicted burn ends
SHORTEST = 1e-4  # s
LOWEST = 1e-3  # m above the pad: on the ground
LONGEST_LANDING = 80.0  # s
TILT_AT_TOUCHDOWN, TILT_PER_SECOND = jnp.radians(1.5), jnp.radians(4.0)  # commanded tilt: at the end, and before it
LEAST_EFFECT = (
    0.2,
    0.5,
)  # of the thrust left of a lean's effect by lift: below the first no lean, from the second on all of it
GENTLE_PRESSURE = 3e3  # Pa: below, the angle of attack may grow as the pressure falls
SHORTEST_PULL = 2.0  # s: the pull to the pad grows no stiffer near the ground than what nose and throttle can follow
STARTED = 1.5  # start transients, after which a push that is not there is noticed
SOON, ENDGAME = (
    0.6,
    10.0,
)  # above the pad in this share of the time to go, while the air steers; but in the last seconds (s)
SINK_AGAIN = 0.5  # s in which one that has stopped above the ground and can hover sinks at touchdown speed again
LEVEL_OFF = 4.0  # s to go, from where standing still takes over from being on the spot
TOUCHDOWN_SPEED = 1.0  # m/s, planned: reached 0.1 s above the ground, as landing burns are


class LandingGuidance(NamedTuple):
    """What the landing burn was planned to be.

    Attributes:
        engines: lit in turn, ``(3,)``; a sequence of fewer repeats its last.
        sinks: rates of fall below which the second and the third count take over, ``(2,)`` (m/s).
        gates: where each count hands over, ``(3, 3)``: height (m), sink rate (m/s), time left to the ground there (s).
        throttle: highest planned (what lies above it is for guidance).
        ignition_height, watch: where the reference lights its engines and how far above it the prediction begins (m).
        stop_height: where the predicted burn from the reference's own ignition stops (m): what the prediction leaves out.
        tilt: largest angle of the nose from up (rad).
        duration: of the reference's burn (s).
        step: of control (s).
    """

    engines: Any
    sinks: Any
    gates: Any
    throttle: Any
    ignition_height: Any
    watch: Any
    stop_height: Any
    tilt: Any
    duration: Any
    step: Any


class Touchdown(NamedTuple):
    """How it met the ground.

    Miss (m), speeds down and along the ground (m/s), tilt (rad), duration of the landing (s), the height at which it stopped
    above the ground and fell from (m; below zero: it did not), plans that failed, whether it came down at all.
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
    """Which of the three engine counts is lit at a rate of fall of ``sink`` (m/s)."""
    return (sink <= guidance.sinks[0]).astype(int) + (sink <= guidance.sinks[1]).astype(int)


def engines_at(guidance: LandingGuidance, sink: Array) -> Array:
    """Engines lit at a rate of fall of ``sink`` (m/s)."""
    return guidance.engines[stage_at(guidance, sink)]


def tilt_limit(to_go: Array) -> Array:
    """Largest tilt (rad) commanded with ``to_go`` seconds left: upright at touchdown."""
    return TILT_AT_TOUCHDOWN + jnp.minimum(TILT_PER_SECOND * jnp.maximum(to_go, 0.0), 1.2)


def predicted_stop(
    flight: BoosterFlight, booster: Booster, guidance: LandingGuidance, position: Array, velocity: Array, mass: Array
) -> Array:
    """Height (m) at which a burn against the velocity, lit now at the planned throttle, would stop; still standard air.

    Integrated over speed, in which the burn has a known end: dt = dv / deceleration. The angle from straight down follows
    from ``ln tan(psi/2)``, which stays finite as the speed vanishes (the gravity turn of closed form in constant thrust).
    """
    speed = jnp.sqrt(velocity @ velocity)
    down = jnp.clip(-velocity[2] / speed, 1e-6, 1.0 - 1e-9)
    height = position[2] + 0.5 * booster.start_ramp * velocity[2]
    shares = jnp.linspace(1.0, 0.0, PREDICTION_STEPS + 1) ** 1.5
    speeds = SLOWEST + (speed - SLOWEST) * shares
    half = jnp.log(jnp.sqrt((1.0 - down) / (1.0 + down)))
    heading = velocity / speed

    def slope(v: Array, h: Array, m: Array, bent: Array) -> tuple[Array, Array, Array]:
        psi = 2.0 * jnp.arctan(jnp.exp(bent))
        now = Named(position=position.at[2].set(h), velocity=v * heading, mass=m, density=1.0, wind=jnp.zeros(3))
        inputs = booster.inputs(engines_at(guidance, v * jnp.cos(psi)))
        found = flight.conditions(now, Named(axis=-heading, throttle=guidance.throttle), inputs)
        braking = found.axial_force / m - STANDARD_GRAVITY * jnp.cos(psi)
        braking = jnp.maximum(braking, 0.5)
        return v * jnp.cos(psi) / braking, found.mass_flow / braking, STANDARD_GRAVITY / (v * braking)

    def body(i: Array, carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        h, m, bent = carry
        dv = speeds[i + 1] - speeds[i]
        first = slope(speeds[i], h, m, bent)
        second = slope(
            speeds[i] + 0.5 * dv, h + 0.5 * dv * first[0], m + 0.5 * dv * first[1], bent + 0.5 * dv * first[2]
        )
        return h + dv * second[0], m + dv * second[1], bent + dv * second[2]

    end, _, _ = jax.lax.fori_loop(0, PREDICTION_STEPS, body, (height, mass, half))
    return end


def spare_height(flight: BoosterFlight, booster: Booster, guidance: LandingGuidance, seen: State) -> Array:
    """How much lower (m) the burn could still be lit: zero at the reference's own ignition."""
    return predicted_stop(flight, booster, guidance, seen.position, seen.velocity, seen.mass) - guidance.stop_height


class HoverSlam:
    """The explicit law: constant deceleration to the ground, and the least-effort pull to the pad across it."""

    def begin(self, flight: BoosterFlight, booster: Booster, guidance: LandingGuidance, seen: State) -> Any:
        """What it remembers: nothing."""
        return ()

    def renew(
        self, flight: BoosterFlight, booster: Booster, guidance: LandingGuidance, seen: State, memory: Any
    ) -> Any:
        """Nothing to renew."""
        return memory

    def command(self, booster: Booster, guidance: LandingGuidance, seen: State, memory: Any) -> tuple[Array, Array]:
        """Acceleration ``(3,)`` asked of thrust and air together (m/s2), and the time to go (s)."""
        gate_height, gate_sink, left = guidance.gates[stage_at(guidance, -seen.velocity[2])]
        height = jnp.maximum(seen.position[2] - gate_height, 0.1)
        sink = jnp.maximum(-seen.velocity[2], gate_sink)
        too_slow = jnp.maximum(gate_sink + seen.velocity[2], 0.0)
        up = (sink**2 - gate_sink**2) / (2.0 * height) - too_slow / SINK_AGAIN
        to_go = jnp.maximum(2.0 * height / (sink + gate_sink) + left, 0.3)
        soon = jnp.maximum(jnp.maximum(SOON * to_go, jnp.minimum(to_go, ENDGAME)), SHORTEST_PULL)
        nearer = jnp.minimum(1.0, (to_go / LEVEL_OFF) ** 2)  # a metre beside matters less than a metre a second
        across = -6.0 * nearer * seen.position[:2] / soon**2 - 4.0 * seen.velocity[:2] / soon
        return jnp.concatenate([across, up[None]]), to_go

    def failures(self, memory: Any) -> Array:
        """Plans that failed: it makes none."""
        return jnp.zeros(())


def land(
    flight: BoosterFlight, booster: Booster, guidance: LandingGuidance, world: World, state: State, law: Any, steps: int
) -> tuple[State, Touchdown]:
    """Fly the burn from ignition to the ground; ``law`` is renewed every ``steps`` control steps."""
    begun = state.time

    def one(carry: tuple[State, Any, Array]) -> tuple[State, Any, Array]:
        s, memory, stopped = carry
        ground = s.position[2] / jnp.maximum(-s.velocity[2], 0.05)
        step = jnp.clip(jnp.where(s.velocity[2] < 0.0, ground, guidance.step), SHORTEST, guidance.step)
        wanted, to_go = law.command(booster, guidance, seen(world, s), memory)
        axis, throttle, engines = _actuated(flight, booster, guidance, world, s, wanted, to_go, step)
        since = s.time - begun
        push = lit(world, LANDING, jnp.where(stopped < 0.0, engines, 0.0), since, guidance.duration)
        throttle = throttle * started(world, LANDING, since + step)
        after = fly_step(flight, s, axis, throttle, push, world.air, step)
        after = noticed(flight, booster, s, after, engines, step, since > STARTED * booster.start_ramp)
        hovers = engines * booster.throttle_floor * booster.thrust_vacuum < s.mass * STANDARD_GRAVITY
        now_stopped = (after.velocity[2] >= 0.0) & (stopped < 0.0) & (since > 1.0) & ~hovers
        stopped = jnp.where(now_stopped, after.position[2], stopped)
        landed = s.position[2] <= LOWEST
        after = jax.tree.map(lambda a, b: jnp.where(landed, a, b), s, after)
        return after, memory, stopped

    def goes_on(carry: tuple[State, Any, Array]) -> Array:
        s, _, _ = carry
        return (s.position[2] > LOWEST) & (s.time - begun < LONGEST_LANDING)

    def period(carry: tuple[State, Any, Array]) -> tuple[State, Any, Array]:
        s, memory, stopped = carry
        memory = law.renew(flight, booster, guidance, seen(world, s), memory)
        return jax.lax.fori_loop(0, steps, lambda _, c: one(c), (s, memory, stopped))

    memory = law.begin(flight, booster, guidance, seen(world, state))
    state, memory, stopped = jax.lax.while_loop(goes_on, period, (state, memory, jnp.asarray(-1.0)))
    return state, _touchdown(state, begun, stopped, law.failures(memory))


def usable(effect: Array) -> tuple[Array, Array]:
    """How much of a lean to use, 0 to 1, whose effect on the thrust across the flow is ``effect``, and that, kept off zero.

    Where the air sets more against a lean than thrust gives, the booster is steered by the air: the other way round.
    """
    size = jnp.abs(effect)
    use = jnp.clip((size - LEAST_EFFECT[0]) / (LEAST_EFFECT[1] - LEAST_EFFECT[0]), 0.0, 1.0)
    return use, jnp.where(effect < 0.0, -1.0, 1.0) * jnp.maximum(size, LEAST_EFFECT[0])


def _actuated(
    flight: BoosterFlight,
    booster: Booster,
    guidance: LandingGuidance,
    world: World,
    state: State,
    wanted: Array,
    to_go: Array,
    step: Array,
) -> tuple[Array, Array, Array]:
    """Nose, throttle and engines of the next step for an acceleration ``(3,)`` wanted in all (m/s2).

    What gravity gives is taken off. Of the rest, the part against the flow is asked of engines and drag, and the part
    across it of a lean, whose effect is thrust less lift.
    """
    known = seen(world, state)
    speed = jnp.sqrt(known.velocity @ known.velocity + 1.0)
    engines = engines_at(guidance, -known.velocity[2])
    still = Named(position=known.position, velocity=known.velocity, mass=state.mass, density=1.0, wind=jnp.zeros(3))
    now = flight.conditions(still, Named(axis=state.axis, throttle=state.throttle), booster.inputs(engines))
    drag = now.axial_force - now.thrust
    explained = flight.frame.acceleration(known.position, known.velocity) + state.unexplained
    force = state.mass * (wanted - explained)
    against = -known.velocity / speed
    along = force @ against
    least = engines * booster.throttle_floor * booster.thrust_vacuum
    pull = jnp.maximum(along, least)
    crossflow = known.velocity - (known.velocity @ state.axis) * state.axis
    slope = lift_slope(booster, now.air.density, speed, jnp.sqrt(crossflow @ crossflow))
    effect = 1.0 - slope / pull
    use, effect = usable(effect)
    lean = (force - along * against) / pull * use / effect
    size = jnp.sqrt(lean @ lean + 1e-12)
    most = booster.angle_of_attack * jnp.maximum(1.0, GENTLE_PRESSURE / now.dynamic_pressure)
    nose = _within_tilt(against + lean * jnp.minimum(1.0, most / size), jnp.minimum(guidance.tilt, tilt_limit(to_go)))
    axis = turned(state.axis, askew(world, nose), world.booster, world.booster.attitude_lag, step)
    full, back = engines * booster.thrust_vacuum, engines * booster.exit_area * now.air.pressure
    asked = jnp.clip((force @ axis - drag + back) / full, booster.throttle_floor, booster.throttle_most)
    share = 1.0 - jnp.exp(-step / world.booster.throttle_lag)
    before = jnp.where(state.throttle > 0.0, state.throttle, asked)
    return axis, jnp.maximum(before + share * (asked - before), booster.throttle_floor), engines


def _within_tilt(nose: Array, most: Array) -> Array:
    """A direction ``(3,)`` brought within ``most`` (rad) of up, as a unit vector."""
    nose = nose / jnp.sqrt(nose @ nose)
    across = nose[:2]
    size = jnp.sqrt(across @ across + 1e-12)
    cut = jnp.where(nose[2] > 0.0, jnp.minimum(1.0, jnp.sin(most) / size), jnp.sin(most) / size)
    across = across * cut
    return jnp.concatenate([across, jnp.sqrt(1.0 - across @ across)[None]])


def _touchdown(state: State, begun: Array, stopped: Array, failures: Array) -> Touchdown:
    speed_across = jnp.sqrt(state.velocity[:2] @ state.velocity[:2])
    return Touchdown(
        jnp.sqrt(state.position[:2] @ state.position[:2]),
        -state.velocity[2],
        speed_across,
        jnp.arccos(jnp.clip(state.axis[2], -1.0, 1.0)),
        state.time - begun,
        stopped,
        failures,
        state.position[2] <= LOWEST,
    )
