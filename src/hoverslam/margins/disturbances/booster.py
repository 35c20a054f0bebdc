"""A booster that meets the real world: disturbed air and engines, actuators that lag, one control step at a time.

The forces are those of :class:`hoverslam.physics.Flight`; what is added here is the air that is met (density and wind
profiles), engines that start late, push more or less than rated and may fail, and a nose and a throttle that follow their
commands with a delay. Everything is written for one flight and made to be mapped over many.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array

from hoverslam.ocp.statement.names import Named
from hoverslam.physics.aerodynamics import stagnation_heating
from hoverslam.physics.atmosphere import Air, air_at
from hoverslam.physics.motion import Flight, Inputs, Propulsion, Shape

NOTICE = 1.0  # s over which unexplained accelerations are smoothed
PROFILE_STEP = 1e3  # m between the altitudes of a profile, from sea level up


class Booster(NamedTuple):
    """Nominal figures of a returning first stage, SI; all that the simulation and the guidance know of the vehicle.

    Attributes:
        thrust_vacuum, mass_flow, exit_area: of one engine (N, kg/s, m2).
        throttle_floor, throttle_most: of a lit engine.
        start_ramp: from ignition to full thrust (s).
        throttle_lag, attitude_lag: time constants (s).
        turn_rate: fastest turn of the nose (rad/s).
        angle_of_attack: most that structure and fins bear, as a tangent.
        base_area, axial_factor, side_area_ratio, preserved_drag: see :class:`hoverslam.physics.Shape`.
        empty_mass: dry mass and what cannot be burned (kg).
    """

    thrust_vacuum: Any
    mass_flow: Any
    exit_area: Any
    throttle_floor: Any
    throttle_most: Any
    start_ramp: Any
    throttle_lag: Any
    attitude_lag: Any
    turn_rate: Any
    angle_of_attack: Any
    base_area: Any
    axial_factor: Any
    side_area_ratio: Any
    preserved_drag: Any
    empty_mass: Any

    @property
    def exhaust_velocity(self) -> Any:
        """Vacuum thrust over mass flow (m/s)."""
        return self.thrust_vacuum / self.mass_flow

    def inputs(self, engines: Any) -> Inputs:
        """Inputs of the equations of motion with ``engines`` lit."""
        burning = Propulsion(engines * self.thrust_vacuum, engines * self.mass_flow, engines * self.exit_area)
        shape = Shape(self.base_area, self.axial_factor, self.side_area_ratio, self.preserved_drag)
        return Inputs(burning, Propulsion.off(), shape)


class State(NamedTuple):
    """Where a booster is: position and velocity ``(3,)`` in the frame of the pad, mass, nose ``(3,)``, throttle; the clock.

    ``pressure`` and ``heating`` are the largest met so far (Pa, W/m2); ``unexplained`` ``(3,)`` is the acceleration that
    accelerometers feel and guidance's model does not account for (m/s2): wind, mostly. See :func:`noticed`.
    """

    time: Array
    position: Array
    velocity: Array
    mass: Array
    axis: Array
    throttle: Array
    pressure: Array
    heating: Array
    unexplained: Array


class Air3(NamedTuple):
    """The air a flight meets beside the standard: relative density, wind east and north (m/s), each ``(K,)`` over altitude."""

    density: Any
    east: Any
    north: Any

    def at(self, altitude: Array) -> tuple[Array, Array, Array]:
        """The three at ``altitude`` (m), piecewise linear, held constant beyond the ends."""
        last = self.density.shape[0] - 1
        place = jnp.clip(altitude / PROFILE_STEP, 0.0, last - 1e-9)
        below = place.astype(int)
        share = place - below

        def between(profile: Array) -> Array:
            return profile[below] + share * (profile[below + 1] - profile[below])

        return between(self.density), between(self.east), between(self.north)


class BoosterFlight(Flight):
    """Equations of motion with the nose given as a vector, in air that differs from the standard by what the state says."""

    def body_axis(self, state, control) -> Array:  # type: ignore[no-untyped-def]
        """Unit vector ``(3,)`` along the nose: the control itself."""
        return control.axis

    def flow(self, state) -> tuple[Array, Air, Array, Array]:  # type: ignore[no-untyped-def]
        """Altitude, air, air velocity and its square: ``state.density`` scales the air, ``state.wind`` ``(3,)`` moves it."""
        altitude = self.frame.altitude(state.position)
        air = air_at(altitude)
        velocity = state.velocity - state.wind
        return altitude, air._replace(density=air.density * state.density), velocity, velocity @ velocity + 1.0


def met(flight: Flight, state: State, air: Air3, step: Array) -> tuple[Array, Array]:
    """Density factor and wind ``(3,)`` half a step ahead."""
    ahead = state.position + 0.5 * step * state.velocity
    density, east, north = air.at(flight.frame.altitude(ahead))
    to_east, to_north = flight.frame.east_north(ahead)
    return 1.0 + density, east * to_east + north * to_north


def turned(axis: Array, command: Array, booster: Booster, lag: Array, step: Array) -> Array:
    """The nose ``(3,)`` after a step towards its command: first-order lag, limited rate."""
    share = 1.0 - jnp.exp(-step / lag)
    change = share * (command - axis)
    size = jnp.sqrt(change @ change + 1e-24)
    new = axis + change * jnp.minimum(1.0, booster.turn_rate * step / size)
    return new / jnp.sqrt(new @ new)


def fly_step(
    flight: BoosterFlight, state: State, axis: Array, throttle: Array, inputs: Inputs, air: Air3, step: Array
) -> State:
    """One Runge-Kutta step of ``step`` seconds to a new nose and throttle; in between their means are flown."""
    density, wind = met(flight, state, air, step)
    nose = state.axis + axis
    control = Named(axis=nose / jnp.sqrt(nose @ nose), throttle=0.5 * (state.throttle + throttle))

    def rates(position: Array, velocity: Array, mass: Array) -> tuple[Array, Array, Array]:
        now = Named(position=position, velocity=velocity, mass=mass, density=density, wind=wind)
        found = flight.rates(now, control, inputs)
        return found["position"], found["velocity"], found["mass"]

    start = (state.position, state.velocity, state.mass)

    def ahead(share: float, rate: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        return tuple(x + share * step * r for x, r in zip(start, rate, strict=True))  # type: ignore[return-value]

    k1 = rates(*start)
    k2 = rates(*ahead(0.5, k1))
    k3 = rates(*ahead(0.5, k2))
    k4 = rates(*ahead(1.0, k3))
    position, velocity, mass = (
        x + step / 6.0 * (a + 2 * b + 2 * c + d) for x, a, b, c, d in zip(start, k1, k2, k3, k4, strict=True)
    )
    pressure, heating = loads(flight, state, inputs.shape.base_area, density, wind)
    return State(
        state.time + step, position, velocity, mass, axis, throttle,
        jnp.maximum(state.pressure, pressure), jnp.maximum(state.heating, heating), state.unexplained,
    )  # fmt: skip


def noticed(
    flight: BoosterFlight, booster: Booster, before: State, after: State, engines: Array, step: Array, ready: Array
) -> State:
    """``after`` with what its step of ``step`` seconds shows of forces that the nominal ``booster`` in still air does not.

    Smoothed over :data:`NOTICE` seconds; while not ``ready``, as it was. A disturbance observer: what it finds is taken off
    the next commands, so that a steady wind need not first push the booster aside.
    """
    nose = before.axis + after.axis
    middle = Named(
        position=0.5 * (before.position + after.position), velocity=0.5 * (before.velocity + after.velocity),
        mass=0.5 * (before.mass + after.mass), density=1.0, wind=jnp.zeros(3),
    )  # fmt: skip
    control = Named(axis=nose / jnp.sqrt(nose @ nose), throttle=0.5 * (before.throttle + after.throttle))
    expected = flight.rates(middle, control, booster.inputs(engines))["velocity"]
    felt = (after.velocity - before.velocity) / step
    share = jnp.where(ready, 1.0 - jnp.exp(-step / NOTICE), 0.0)
    return after._replace(unexplained=before.unexplained + share * (felt - expected - before.unexplained))


def loads(flight: BoosterFlight, state: State, base_area: Any, density: Array, wind: Array) -> tuple[Array, Array]:
    """Dynamic pressure (Pa) and stagnation heating (W/m2) at the start of a step."""
    now = Named(position=state.position, velocity=state.velocity, density=density, wind=wind)
    _, air, _, speed_squared = flight.flow(now)
    radius = jnp.sqrt(base_area / jnp.pi)
    return 0.5 * air.density * speed_squared, stagnation_heating(air.density, jnp.sqrt(speed_squared), radius)
