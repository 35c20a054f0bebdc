"""The motion of a disturbed booster over one control step.

The forces are those of :class:`hoverslam.physics.Flight`. Added here are air that differs from the standard atmosphere
(profiles of density and wind), an attitude that follows its command with a lag and a limited rate, and a disturbance observer.
Engines and their failures are in :mod:`hoverslam.margins.disturbances.world`. Every function is written for one flight and
works under ``jax.vmap``.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from hoverslam.margins.disturbances.columns import PROFILE_STEP
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.aerodynamics import stagnation_heating
from hoverslam.physics.atmosphere import Air, air_at
from hoverslam.physics.motion import Flight, Inputs, Shape
from hoverslam.physics.propulsion import Propulsion

OBSERVER_TIME = 1.0  # s, time constant of the disturbance observer: over an attitude lag, below the length of a gust


class Booster(NamedTuple):
    """Figures of a returning first stage, SI: all that the simulation and the guidance use of the vehicle.

    Attributes:
        thrust_vacuum: Of one engine (N).
        mass_flow: Of one engine (kg/s).
        exit_area: Of one engine (m2).
        throttle_floor: Lowest throttle of a burning engine.
        throttle_most: Highest throttle of a burning engine.
        start_ramp: Time from ignition to full thrust (s).
        throttle_lag: Time constant of thrust after a throttle command (s).
        attitude_lag: Time constant of attitude after a command (s).
        turn_rate: Highest rate of rotation of the body axis (rad/s).
        angle_of_attack: Tangent of the highest angle of attack that structure and fins withstand.
        base_area: See :class:`hoverslam.physics.Shape`, as the next three.
        axial_factor: Factor on the axial force.
        side_area_ratio: Side area over base area.
        preserved_drag: Fraction of the axial force that a plume leaves.
        empty_mass: Dry mass and residual propellant (kg).
    """

    thrust_vacuum: Array | float
    mass_flow: Array | float
    exit_area: Array | float
    throttle_floor: Array | float
    throttle_most: Array | float
    start_ramp: Array | float
    throttle_lag: Array | float
    attitude_lag: Array | float
    turn_rate: Array | float
    angle_of_attack: Array | float
    base_area: Array | float
    axial_factor: Array | float
    side_area_ratio: Array | float
    preserved_drag: Array | float
    empty_mass: Array | float

    @property
    def exhaust_velocity(self) -> Array | float:
        """Effective exhaust velocity in vacuum (m/s)."""
        return self.thrust_vacuum / self.mass_flow

    def inputs(self, engines: Array | float) -> Inputs:
        """Return the inputs of the equations of motion with ``engines`` burning."""
        burning = Propulsion(engines * self.thrust_vacuum, engines * self.mass_flow, engines * self.exit_area)
        shape = Shape(self.base_area, self.axial_factor, self.side_area_ratio, self.preserved_drag)
        return Inputs(burning, Propulsion.off(), shape)


class BoosterState(NamedTuple):
    """The state of a booster, in the frame of the pad, SI.

    Attributes:
        time: Since cut-off (s).
        position: ``(3,)`` (m).
        velocity: ``(3,)`` (m/s).
        mass: (kg).
        axis: Unit vector along the body axis, towards the nose, ``(3,)``.
        throttle: Of the burning engines.
        pressure: Highest dynamic pressure so far (Pa).
        heating: Highest stagnation heating so far (W/m2).
        unmodelled: Acceleration that the accelerometers measure and the model of guidance does not contain, ``(3,)`` (m/s2);
            most of it is due to wind. See :func:`observe_disturbance`.
    """

    time: Array
    position: Array
    velocity: Array
    mass: Array
    axis: Array
    throttle: Array
    pressure: Array
    heating: Array
    unmodelled: Array


class AirProfiles(NamedTuple):
    """Deviations of the air from the standard atmosphere: relative density, wind east and north (m/s), each ``(K,)``.

    The values hold at altitudes ``PROFILE_STEP`` apart, from sea level up.
    """

    density: Array
    east: Array
    north: Array

    def at(self, altitude: Array) -> tuple[Array, Array, Array]:
        """Return the three at ``altitude`` (m), linear between the altitudes and constant outside them."""
        last = self.density.shape[0] - 1
        place = jnp.clip(altitude / PROFILE_STEP, 0.0, last - 1e-9)
        below = place.astype(int)
        share = place - below

        def between(profile: Array) -> Array:
            return profile[below] + share * (profile[below + 1] - profile[below])

        return between(self.density), between(self.east), between(self.north)


class BoosterFlight(Flight):
    """Equations of motion whose control is the body axis as a vector, in air with the density and wind of the state."""

    def body_axis(self, state, control) -> Array:  # type: ignore[no-untyped-def]
        """Return the unit vector ``(3,)`` along the body axis, which is the control."""
        return control.axis

    def flow(self, state) -> tuple[Array, Air, Array, Array]:  # type: ignore[no-untyped-def]
        """Return altitude, air, velocity relative to the air and its square.

        ``state.density`` is a factor on the standard density, ``state.wind`` ``(3,)`` the velocity of the air (m/s).
        """
        altitude = self.frame.altitude(state.position)
        air = air_at(altitude)
        velocity = state.velocity - state.wind
        return altitude, air._replace(density=air.density * state.density), velocity, velocity @ velocity + 1.0


def air_ahead(flight: Flight, state: BoosterState, air: AirProfiles, step: Array) -> tuple[Array, Array]:
    """Return the density factor and the wind ``(3,)`` (m/s) half a step ahead."""
    ahead = state.position + 0.5 * step * state.velocity
    density, east, north = air.at(flight.frame.altitude(ahead))
    to_east, to_north = flight.frame.east_north(ahead)
    return 1.0 + density, east * to_east + north * to_north


def turn_axis(axis: Array, command: Array, booster: Booster, step: Array) -> Array:
    """Return the body axis ``(3,)`` after a step towards its command: first-order lag, limited rate."""
    share = 1.0 - jnp.exp(-step / booster.attitude_lag)
    change = share * (command - axis)
    size = jnp.sqrt(change @ change + 1e-24)
    new = axis + change * jnp.minimum(1.0, booster.turn_rate * step / size)
    return new / jnp.sqrt(new @ new)


def fly_step(
    flight: BoosterFlight,
    state: BoosterState,
    axis: Array,
    throttle: Array,
    inputs: Inputs,
    air: AirProfiles,
    step: Array,
) -> BoosterState:
    """Return the state after one Runge-Kutta step of fourth order.

    Args:
        flight: The equations of motion.
        state: The state at the start.
        axis: Body axis at the end of the step, ``(3,)``. During the step, the mean of both ends holds.
        throttle: Throttle at the end of the step; likewise.
        inputs: Engines and shape.
        air: Deviations of the air.
        step: Length of the step (s).
    """
    density, wind = air_ahead(flight, state, air, step)
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
    return BoosterState(
        state.time + step, position, velocity, mass, axis, throttle,
        jnp.maximum(state.pressure, pressure), jnp.maximum(state.heating, heating), state.unmodelled,
    )  # fmt: skip


def observe_disturbance(
    flight: BoosterFlight,
    booster: Booster,
    before: BoosterState,
    after: BoosterState,
    engines: Array,
    step: Array,
    ready: Array,
) -> BoosterState:
    """Return ``after`` with a new estimate of the unmodelled acceleration: a disturbance observer.

    The acceleration over the step is compared with that of the nominal ``booster`` in still standard air, and the difference
    is smoothed with the time constant :data:`OBSERVER_TIME`. Guidance subtracts the estimate from its next commands, so that
    a steady wind is compensated before it has moved the booster.

    Args:
        flight: The equations of motion.
        booster: Nominal figures.
        before: The state at the start of the step.
        after: The state at the end of the step.
        engines: Number of engines commanded.
        step: Length of the step (s).
        ready: Whether to update; otherwise the estimate stays.
    """
    nose = before.axis + after.axis
    middle = Named(
        position=0.5 * (before.position + after.position), velocity=0.5 * (before.velocity + after.velocity),
        mass=0.5 * (before.mass + after.mass), density=1.0, wind=jnp.zeros(3),
    )  # fmt: skip
    control = Named(axis=nose / jnp.sqrt(nose @ nose), throttle=0.5 * (before.throttle + after.throttle))
    expected = flight.rates(middle, control, booster.inputs(engines))["velocity"]
    felt = (after.velocity - before.velocity) / step
    share = jnp.where(ready, 1.0 - jnp.exp(-step / OBSERVER_TIME), 0.0)
    return after._replace(unmodelled=before.unmodelled + share * (felt - expected - before.unmodelled))


def loads(
    flight: BoosterFlight, state: BoosterState, base_area: Array | float, density: Array, wind: Array
) -> tuple[Array, Array]:
    """Return the dynamic pressure (Pa) and the stagnation heating (W/m2) at the start of a step.

    Args:
        flight: The equations of motion.
        state: The state at the start of the step.
        base_area: Base area, whose radius determines the heating (m2).
        density: Factor on the standard density.
        wind: Velocity of the air ``(3,)`` (m/s).
    """
    now = Named(position=state.position, velocity=state.velocity, density=density, wind=wind)
    _, air, _, speed_squared = flight.flow(now)
    radius = jnp.sqrt(base_area / jnp.pi)
    return 0.5 * air.density * speed_squared, stagnation_heating(air.density, jnp.sqrt(speed_squared), radius)
