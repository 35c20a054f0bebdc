"""Limits along a flight as methods of one module per regime, so that like phases share one translation."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from hoverslam.physics.aerodynamics import stagnation_heating
from hoverslam.physics.motion import Flight


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

    def axial_acceleration(self, state: Any, control: Any, inputs: Any) -> Array:
        """Non-gravitational acceleration along the body axis (m/s2)."""
        return self.flight.conditions(state, control, inputs).axial_force / state.mass

    def altitude(self, state: Any, control: Any, inputs: Any) -> Array:
        """Altitude above the ellipsoid (m)."""
        return self.flight.frame.altitude(state.position)
