"""Limits along a flight as methods of one module per regime, so that like phases share one translation."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from hoverslam.physics.aerodynamics import stagnation_heating
from hoverslam.physics.motion import Flight
from hoverslam.physics.rigid_body import RigidFlight


class FlightLimits(eqx.Module):
    """Scalar functions ``(state, control, inputs)`` of one flight regime, SI."""

    flight: Flight

    def dynamic_pressure(self, state: Any, control: Any, inputs: Any) -> Array:
        """Dynamic pressure (Pa)."""
        _, air, _, speed_squared = self.flight.flow(state)
        return 0.5 * air.density * speed_squared

    def heating(self, state: Any, control: Any, inputs: Any) -> Array:
        """Convective stagnation heating on the base (W/m2), Sutton-Graves with the base's own radius."""
        _, air, _, speed_squared = self.flight.flow(state)
        radius = jnp.sqrt(inputs.shape.base_area / jnp.pi)
        return stagnation_heating(air.density, jnp.sqrt(speed_squared), radius)

    def free_molecular_heating(self, state: Any, control: Any, inputs: Any) -> Array:
        """Free-molecular heating (W/m2): half the density times the cube of the speed."""
        return self.heat_of(state)

    def heat_of(self, state: Any) -> Array:
        """Free-molecular heating (W/m2) of a state."""
        _, air, _, speed_squared = self.flight.flow(state)
        return 0.5 * air.density * speed_squared * jnp.sqrt(speed_squared)

    def q_alpha(self, state: Any, control: Any, inputs: Any) -> Array:
        """Dynamic pressure times angle of attack (Pa rad), the bending-load proxy."""
        now = self.flight.conditions(state, control, inputs)
        return now.dynamic_pressure * self.flight.angle_of_attack(now)

    def angle_of_attack(self, state: Any, control: Any, inputs: Any) -> Array:
        """Angle between nose and flow on the way up (rad)."""
        return self.flight.angle_of_attack(self.flight.conditions(state, control, inputs))

    def axial_acceleration(self, state: Any, control: Any, inputs: Any) -> Array:
        """Non-gravitational acceleration along the body axis (m/s2)."""
        return self.flight.conditions(state, control, inputs).axial_force / state.mass

    def speed(self, state: Any, control: Any, inputs: Any) -> Array:
        """Speed over the ground (m/s), rounded by 1 mm/s at rest."""
        return jnp.sqrt(state.velocity @ state.velocity + 1e-6)

    def throttle(self, state: Any, control: Any, inputs: Any) -> Array:
        """Throttle of the lit engines."""
        return self.flight.throttle(control)

    def upright(self, state: Any, control: Any, inputs: Any) -> Array:
        """Cosine of the tilt: the angle between the body axis and the vertical of the frame."""
        return self.flight.body_axis(state, control)[2]


def off_flow(state: Any, control: Any, inputs: Any) -> Array:
    """Return the squared tangent of the angle of attack."""
    return control.alpha**2 + control.beta**2


class GlideCone(eqx.Module):
    """A cone above the touchdown point that a landing stays inside; ``slope`` is the tangent of its elevation.

    Its tip lies ``depth`` (m) below that point: with the tip on it, every landing would end on the limit, and a solver
    that works from the inside would have no inside.
    """

    slope: float
    depth: float

    def clearance(self, state: Any, control: Any, inputs: Any) -> Array:
        """Height (m) above the paraboloid through the same circle of the cone; zero where the cone is."""
        height = state.position[2] + self.depth
        # Not height less slope times distance, which has a kink on the axis, where every landing ends.
        return height - self.slope**2 * (state.position[0] ** 2 + state.position[1] ** 2) / height


class AlignedFlow(eqx.Module):
    """A limit on the angle of attack, engines first, that holds only where the air is felt.

    State-triggered as in Szmuk, Reynolds and Acikmese (JGCD 43(8), 2020), with the trigger smooth: above
    ``1.2 trigger`` (Pa of dynamic pressure) the tangent of the angle stays below ``most``, below ``0.8 trigger`` it is
    only kept below ``loosest``.
    """

    flight: Flight
    most: float
    loosest: float
    trigger: float

    def felt(self, state: Any, control: Any, inputs: Any) -> Array:
        """Squared tangent of the angle of attack, less what the thin or slow air allows beyond ``most``."""
        _, air, _, speed_squared = self.flight.flow(state)
        felt = 0.5 * air.density * speed_squared / self.trigger
        loose = 0.5 * (1.0 - jnp.tanh((felt - 1.0) / 0.1))
        return control.alpha**2 + control.beta**2 - 2.0 * self.loosest**2 * loose


class RigidLimits(eqx.Module):
    """Scalar functions ``(state, control, inputs)`` of a rigid body, SI."""

    flight: RigidFlight

    def turning(self, state: Any, control: Any, inputs: Any) -> Array:
        """Square of the angular velocity (rad2/s2)."""
        return state.rate @ state.rate

    def gimbal(self, state: Any, control: Any, inputs: Any) -> Array:
        """Cosine of the angle between thrust and nose."""
        return self.flight.gimbal_cosine(control)


class AlignedNose(eqx.Module):
    """:class:`AlignedFlow` for a body with attitude: the limit on the angle of attack holds only where the air is felt."""

    flight: RigidFlight
    most: float
    trigger: float

    def margin(self, state: Any, control: Any, inputs: Any) -> Array:
        """Cosine of the angle of attack above that of the limit, loosened where the air is thin or slow."""
        _, air, velocity, speed_squared = self.flight.flow(state)
        against = -(velocity @ self.flight.body_axis(state, control)) / jnp.sqrt(speed_squared)
        felt = 0.5 * air.density * speed_squared / self.trigger
        return against - jnp.cos(self.most) + 1.0 - jnp.tanh((felt - 1.0) / 0.1)
