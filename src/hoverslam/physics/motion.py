"""Three-degree-of-freedom equations of motion of a staged rocket over a rotating Earth or flat ground.

One function serves ascent, upper stage and returning booster. State: position ``(3,)``, velocity ``(3,)`` relative to
the rotating Earth, both in the launch frame, and mass. Control: two angles of the body axis (nose direction) and
throttle; the angles are pitch and yaw in the launch frame while climbing, and measured from the oncoming air while
descending. Thrust acts along the body axis; the air acts along and across it.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from hoverslam.physics import aerodynamics
from hoverslam.physics.atmosphere import Air, air_at
from hoverslam.physics.constants import SEA_LEVEL_PRESSURE, STANDARD_GRAVITY
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.winds import Wind

_THROTTLE_ROUNDING = 1e-9
_UPRIGHTING_SPEED = 30.0  # m/s: below it a descending body turns from the line of flow to the vertical


class Propulsion(NamedTuple):
    """Lit engines of one kind, together: vacuum thrust (N) and mass flow (kg/s) at full throttle, exit area (m2)."""

    thrust_vacuum: Array | float
    mass_flow: Array | float
    exit_area: Array | float

    @classmethod
    def cluster(cls, count: float, thrust_sea_level: float, isp_sea_level: float, isp_vacuum: float) -> "Propulsion":
        """``count`` engines from sea-level thrust (N, each) and specific impulses (s): mass flow is the same at both ends."""
        mass_flow = count * thrust_sea_level / (STANDARD_GRAVITY * isp_sea_level)
        thrust_vacuum = mass_flow * STANDARD_GRAVITY * isp_vacuum
        return cls(thrust_vacuum, mass_flow, (thrust_vacuum - count * thrust_sea_level) / SEA_LEVEL_PRESSURE)

    @classmethod
    def vacuum(cls, count: float, thrust_vacuum: float, isp_vacuum: float) -> "Propulsion":
        """``count`` upper-stage engines from vacuum thrust (N, each) and specific impulse (s); exit pressure neglected."""
        return cls(count * thrust_vacuum, count * thrust_vacuum / (STANDARD_GRAVITY * isp_vacuum), 0.0)

    @classmethod
    def off(cls) -> "Propulsion":
        """No engine lit."""
        return cls(0.0, 0.0, 0.0)


class Shape(NamedTuple):
    """What the air sees: base area (m2), multiplier on the axial curve, side over base area, drag kept behind a plume."""

    base_area: Array | float
    axial_factor: Array | float
    side_area_ratio: Array | float
    preserved_drag: Array | float


class Inputs(NamedTuple):
    """Figures of one flight phase: throttled engines, engines that burn at full thrust beside them, and the shape."""

    engines: Propulsion
    fixed: Propulsion
    shape: Shape


class Conditions(NamedTuple):
    """What a limit or a plot may ask for at one instant, SI, vectors in the launch frame."""

    altitude: Array
    air: Air
    axis: Array
    air_velocity: Array
    air_speed: Array
    mach: Array
    dynamic_pressure: Array
    thrust: Array
    mass_flow: Array
    axial_force: Array
    force: Array


class Flight(eqx.Module):
    """Dynamics of one flight regime.

    Attributes:
        frame: the launch frame, or flat ground.
        regime: ``"ascent"`` (nose first), ``"descent"`` (engines first) or ``"vacuum"`` (no air).
        wind: wind profile, or None for still air.
    """

    frame: LaunchFrame | FlatGround
    regime: str = eqx.field(static=True)
    wind: Wind | None = None

    def body_axis(self, state, control) -> Array:  # type: ignore[no-untyped-def]
        """Unit vector ``(3,)`` along the nose, in the launch frame.

        Climbing, from ``pitch`` above the horizontal of the pad in the launch plane and ``yaw`` to the left. Descending,
        from ``alpha`` and ``beta``, the tangents of the angles between the axis and the oncoming air in the launch plane
        and to the left: zero is a ballistic descent, and at rest the axis points up.
        """
        if self.regime != "descent":
            pitch, yaw = control.pitch, control.yaw
            return jnp.stack([jnp.cos(yaw) * jnp.cos(pitch), jnp.sin(yaw), jnp.cos(yaw) * jnp.sin(pitch)])
        _, _, air_velocity, _ = self.flow(state)
        against = _UPRIGHTING_SPEED * self.frame.up(state.position) - air_velocity
        against = against / jnp.sqrt(against @ against)
        in_plane = jnp.stack([-against[2], jnp.zeros(()), against[0]])  # along (left) x (axis), square to both
        in_plane = in_plane / jnp.sqrt(in_plane @ in_plane)
        axis = against + control.alpha * in_plane + control.beta * jnp.cross(against, in_plane)
        return axis / jnp.sqrt(axis @ axis)

    def throttle(self, control) -> Array:  # type: ignore[no-untyped-def]
        """Throttle of the lit engines, 1 at rated thrust."""
        return control.throttle

    def conditions(self, state, control, inputs: Inputs) -> Conditions:  # type: ignore[no-untyped-def]
        """Forces and flow at one instant. ``state`` has position, velocity, mass; ``control`` two angles, throttle."""
        axis = self.body_axis(state, control)
        altitude, air, air_velocity, speed_squared = self.flow(state)
        speed = jnp.sqrt(speed_squared)
        mach, pressure = speed / air.speed_of_sound, 0.5 * air.density * speed_squared
        thrust, mass_flow = self._propulsion(self.throttle(control), air.pressure, inputs)
        axial, normal = self._aerodynamics(axis, air_velocity, speed_squared, mach, air.density, thrust, inputs.shape)
        force = (thrust + axial) * axis + normal
        return Conditions(
            altitude, air, axis, air_velocity, speed, mach, pressure, thrust, mass_flow, thrust + axial, force
        )

    def _propulsion(self, throttle: Array, pressure: Array, inputs: Inputs) -> tuple[Array, Array]:
        engines, fixed = inputs.engines, inputs.fixed
        thrust = throttle * engines.thrust_vacuum + fixed.thrust_vacuum
        mass_flow = throttle * engines.mass_flow + fixed.mass_flow
        if self.regime == "vacuum":
            return thrust, mass_flow
        return thrust - (engines.exit_area + fixed.exit_area) * pressure, mass_flow

    def _aerodynamics(self, axis, air_velocity, speed_squared, mach, density, thrust, shape):  # type: ignore[no-untyped-def]
        if self.regime == "vacuum":
            return 0.0, jnp.zeros(3)
        along = air_velocity @ axis
        crossflow = air_velocity - along * axis
        half_density_area = 0.5 * density * shape.base_area
        if self.regime == "ascent":
            axial = -aerodynamics.ascent_drag_coefficient(mach) * shape.axial_factor
        else:
            kept = aerodynamics.plume_shielding(thrust, half_density_area * speed_squared, shape.preserved_drag)
            axial = aerodynamics.descent_axial_coefficient(mach) * shape.axial_factor * kept
        normal = aerodynamics.normal_force_per_pressure(
            crossflow, speed_squared, jnp.sqrt(along**2 + 1.0), shape.side_area_ratio
        )
        return half_density_area * axial * along**2, half_density_area * normal

    def rates(self, state, control, inputs: Inputs):  # type: ignore[no-untyped-def]
        """Time derivative of the state: dict of position, velocity (launch frame, m/s and m/s2) and mass (kg/s)."""
        now = self.conditions(state, control, inputs)
        acceleration = now.force / state.mass + self.frame.acceleration(state.position, state.velocity)
        return {"position": state.velocity, "velocity": acceleration, "mass": -now.mass_flow}

    def coast_rates(self, state, control, inputs: Inputs):  # type: ignore[no-untyped-def]
        """Time derivative of the state with engines off, flying ballistically: the axis kept along the flow."""
        gravity = self.frame.acceleration(state.position, state.velocity)
        drag = jnp.zeros(3) if self.regime == "vacuum" else self._ballistic_drag(state, inputs.shape) / state.mass
        return {"position": state.velocity, "velocity": gravity + drag, "mass": jnp.zeros(())}

    def flow(self, state) -> tuple[Array, Air, Array, Array]:  # type: ignore[no-untyped-def]
        """Altitude (m), air, air velocity ``(3,)`` (m/s) and its size squared, rounded by 1 m/s at rest."""
        altitude = self.frame.altitude(state.position)
        wind = 0.0 if self.wind is None else self.wind.velocity(self.frame, state.position, altitude)
        air_velocity = state.velocity - wind
        return altitude, air_at(altitude), air_velocity, air_velocity @ air_velocity + 1.0

    def _ballistic_drag(self, state, shape: Shape) -> Array:  # type: ignore[no-untyped-def]
        _, air, air_velocity, speed_squared = self.flow(state)
        speed = jnp.sqrt(speed_squared)
        curve = (
            aerodynamics.ascent_drag_coefficient if self.regime == "ascent" else aerodynamics.descent_axial_coefficient
        )
        coefficient = curve(speed / air.speed_of_sound) * shape.axial_factor
        return -0.5 * air.density * shape.base_area * coefficient * speed * air_velocity

    def angle_of_attack(self, now: Conditions) -> Array:
        """Angle (rad) between nose and flow on the way up: the chord 2 sin(a/2), rounded at zero.

        A quarter of a degree is added in square, so that the second derivative stays moderate: 0.4 % at 3 degrees.
        """
        cosine = (now.air_velocity @ now.axis) / now.air_speed
        return jnp.sqrt(2.0 * (1.0 - cosine) + 2e-5)


class PoweredDescent(Flight):
    """A descent steered by its thrust: the control ``thrust`` ``(3,)`` points along the body axis, its size is the throttle.

    Two angles and a throttle say the same, but the equations of motion are closer to linear in this form, and without
    air they are the ones that lossless convexification starts from (Acikmese and Ploen, JGCD 30(5), 2007).
    """

    def body_axis(self, state, control) -> Array:  # type: ignore[no-untyped-def]
        """Unit vector ``(3,)`` along the nose, in the frame."""
        return control.thrust / self.throttle(control)

    def throttle(self, control) -> Array:  # type: ignore[no-untyped-def]
        """Throttle of the lit engines; rounded at zero."""
        return jnp.sqrt(control.thrust @ control.thrust + _THROTTLE_ROUNDING**2)
