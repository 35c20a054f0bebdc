"""Quantities along a flight that can be limited: methods of one module per regime, so that phases share a translation."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from hoverslam.ocp.statement.names import Named
from hoverslam.physics.aerodynamics import stagnation_heating
from hoverslam.physics.motion import Flight
from hoverslam.physics.rigid_body import RigidFlight


class FlightLimits(eqx.Module):
    """Quantities in one flight regime (SI): scalar functions that a path constraint can limit.

    Each method takes the state (``position``, ``velocity``, ``mass``), the control and the inputs of the equations of motion.

    Attributes:
        flight: Equations of motion.
    """

    flight: Flight

    def dynamic_pressure(self, state: Named, control: Named, inputs: Any) -> Array:
        """Return the dynamic pressure (Pa)."""
        _, air, _, speed_squared = self.flight.flow(state)
        return 0.5 * air.density * speed_squared

    def altitude(self, state: Named, control: Named, inputs: Any) -> Array:
        """Return the altitude (m)."""
        return self.flight.frame.altitude(state.position)

    def heating(self, state: Named, control: Named, inputs: Any) -> Array:
        """Return the convective stagnation heating of the base (W/m2), after Sutton and Graves with the radius of the base."""
        _, air, _, speed_squared = self.flight.flow(state)
        radius = jnp.sqrt(inputs.shape.base_area / jnp.pi)
        return stagnation_heating(air.density, jnp.sqrt(speed_squared), radius)

    def free_molecular_heating(self, state: Named, control: Named, inputs: Any) -> Array:
        """Return the free-molecular heating (W/m2): half the density times the cube of the speed."""
        return self.heat_of(state)

    def heat_of(self, state: Named) -> Array:
        """Return the free-molecular heating (W/m2) of a state."""
        _, air, _, speed_squared = self.flight.flow(state)
        return 0.5 * air.density * speed_squared * jnp.sqrt(speed_squared)

    def q_alpha(self, state: Named, control: Named, inputs: Any) -> Array:
        """Return the dynamic pressure times the angle of attack (Pa rad), a measure of the bending load."""
        now = self.flight.conditions(state, control, inputs)
        return now.dynamic_pressure * self.flight.angle_of_attack(now)

    def angle_of_attack(self, state: Named, control: Named, inputs: Any) -> Array:
        """Return the angle between nose and flow on the way up (rad)."""
        return self.flight.angle_of_attack(self.flight.conditions(state, control, inputs))

    def axial_acceleration(self, state: Named, control: Named, inputs: Any) -> Array:
        """Return the non-gravitational acceleration along the body axis (m/s2)."""
        return self.flight.conditions(state, control, inputs).axial_force / state.mass

    def speed(self, state: Named, control: Named, inputs: Any) -> Array:
        """Return the speed over the ground (m/s), rounded by 1 mm/s at rest."""
        return jnp.sqrt(state.velocity @ state.velocity + 1e-6)

    def throttle(self, state: Named, control: Named, inputs: Any) -> Array:
        """Return the throttle of the lit engines."""
        return self.flight.throttle(control)

    def upright(self, state: Named, control: Named, inputs: Any) -> Array:
        """Return the cosine of the tilt: the angle between the body axis and the vertical of the frame."""
        return self.flight.body_axis(state, control)[2]


def off_flow(state: Named, control: Named, inputs: Any) -> Array:
    """Return the squared tangent of the angle of attack."""
    return control.alpha**2 + control.beta**2


class GlideCone(eqx.Module):
    """A cone above the touchdown point that a landing stays inside; ``slope`` is the tangent of its elevation.

    The tip lies ``depth`` (m) below the touchdown point. With the tip on that point every landing would end on the limit,
    and an interior-point solver needs an interior.
    """

    slope: float
    depth: float

    def clearance(self, state: Named, control: Named, inputs: Any) -> Array:
        """Return the height (m) above the paraboloid through the same circle of the cone; zero on the cone."""
        height = state.position[2] + self.depth
        # Height less slope times distance has a kink on the axis, where every landing ends.
        return height - self.slope**2 * (state.position[0] ** 2 + state.position[1] ** 2) / height


class AlignedFlow(eqx.Module):
    """A limit on the angle of attack, engines first, that holds only above a dynamic pressure.

    It is state-triggered as in Szmuk, Reynolds and Acikmese (JGCD 43(8), 2020), with a smooth trigger. Where the dynamic
    pressure is above 1.2 times ``trigger``, the limit is ``most``. Where it is below 0.8 times ``trigger``, the limit is
    ``loosest``.

    Attributes:
        flight: Equations of motion.
        most: Tangent of the largest angle of attack at high dynamic pressure.
        loosest: Tangent of the largest angle of attack at low dynamic pressure.
        trigger: Dynamic pressure at which the limit changes (Pa).
    """

    flight: Flight
    most: float
    loosest: float
    trigger: float

    def felt(self, state: Named, control: Named, inputs: Any) -> Array:
        """Return the squared tangent of the angle of attack, less the allowance beyond ``most`` at low dynamic pressure."""
        _, air, _, speed_squared = self.flight.flow(state)
        felt = 0.5 * air.density * speed_squared / self.trigger
        loose = 0.5 * (1.0 - jnp.tanh((felt - 1.0) / 0.1))
        return control.alpha**2 + control.beta**2 - 2.0 * self.loosest**2 * loose


class RigidLimits(eqx.Module):
    """Scalar functions of state, control and inputs of a rigid body (SI)."""

    flight: RigidFlight

    def turning(self, state: Named, control: Named, inputs: Any) -> Array:
        """Return the square of the angular velocity (rad2/s2)."""
        return state.rate @ state.rate

    def gimbal(self, state: Named, control: Named, inputs: Any) -> Array:
        """Return the cosine of the angle between thrust and nose."""
        return self.flight.gimbal_cosine(control)


class AlignedNose(eqx.Module):
    """:class:`AlignedFlow` for a body with attitude: the limit holds only above a dynamic pressure."""

    flight: RigidFlight
    most: float
    trigger: float

    def margin(self, state: Named, control: Named, inputs: Any) -> Array:
        """Return the cosine of the angle of attack less that of the limit, plus an allowance at low dynamic pressure."""
        _, air, velocity, speed_squared = self.flight.flow(state)
        against = -(velocity @ self.flight.body_axis(state, control)) / jnp.sqrt(speed_squared)
        felt = 0.5 * air.density * speed_squared / self.trigger
        return against - jnp.cos(self.most) + 1.0 - jnp.tanh((felt - 1.0) / 0.1)
