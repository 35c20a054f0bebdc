"""Three-degree-of-freedom equations of motion of a staged rocket over a rotating Earth or flat ground.

One function serves ascent, upper stage and returning booster. The state is position ``(3,)``, velocity ``(3,)`` relative to
the rotating Earth, both in the launch frame, and mass. The control is two angles of the body axis (nose direction) and the
throttle. On ascent the angles are pitch and yaw in the launch frame; in a descent they are measured from the oncoming air.
Thrust acts along the body axis; the air acts along the axis and perpendicular to it.
"""

from typing import NamedTuple, Protocol

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from hoverslam.physics import aerodynamics
from hoverslam.physics.atmosphere import Air, air_at
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.propulsion import Propulsion, thrust_and_mass_flow
from hoverslam.physics.winds import Wind

_THROTTLE_ROUNDING = 1e-9  # keeps the size of a thrust vector differentiable at zero
_UPRIGHT_SPEED = 30.0  # m/s: below this speed a descending body turns from the line of flow to the vertical
_AXIAL_FLOW_ROUNDING = 1.0  # m2/s2: keeps the size of the axial flow differentiable at zero
_SPEED_ROUNDING = 1.0  # m2/s2: keeps the air speed differentiable at rest
_ANGLE_ROUNDING = 2e-5  # rad2, a quarter of a degree squared: moderate second derivatives; 0.4 % at 3 degrees


class NamedArrays(Protocol):
    """State or control of a vehicle: arrays by name, such as ``state.position``."""

    def __getattr__(self, name: str, /) -> Array:
        """Return the array of that name."""

    def __contains__(self, name: object, /) -> bool:
        """Return whether there is an array of that name."""


class Shape(NamedTuple):
    """Aerodynamic shape of a vehicle.

    Attributes:
        base_area: Cross-section (m2), to which the coefficients refer.
        axial_factor: Factor of the axial-force curve.
        side_area_ratio: Side area over base area.
        preserved_drag: Fraction of the axial force that remains behind an exhaust plume.
    """

    base_area: Array | float
    axial_factor: Array | float
    side_area_ratio: Array | float
    preserved_drag: Array | float


class Inputs(NamedTuple):
    """Figures of one flight phase.

    Attributes:
        engines: Engines that are throttled.
        fixed: Engines that burn beside them at full thrust, such as solid boosters.
        shape: Aerodynamic shape.
    """

    engines: Propulsion
    fixed: Propulsion
    shape: Shape


class Conditions(NamedTuple):
    """Flow and forces at one instant, for limits and plots; SI, vectors in the launch frame.

    Attributes:
        altitude: Altitude (m).
        air: Local air.
        axis: Unit vector ``(3,)`` along the nose.
        air_velocity: Velocity ``(3,)`` relative to the air (m/s).
        air_speed: Its size (m/s).
        mach: Mach number.
        dynamic_pressure: Dynamic pressure (Pa).
        thrust: Thrust of all engines (N).
        mass_flow: Propellant flow of all engines (kg/s).
        axial_force: Thrust plus axial force of the air, along the nose (N).
        force: All forces but gravity ``(3,)`` (N).
    """

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
        frame: The launch frame, or flat ground.
        regime: ``"ascent"`` (nose first), ``"descent"`` (engines first), ``"turning"`` (a body that turns around: pitch and
            yaw as on ascent, drag on either end) or ``"vacuum"`` (no air).
        wind: Wind profile, or None for still air.
    """

    frame: LaunchFrame | FlatGround
    regime: str = eqx.field(static=True)
    wind: Wind | None = None

    def body_axis(self, state: NamedArrays, control: NamedArrays) -> Array:
        """Return the unit vector ``(3,)`` along the nose, in the launch frame.

        On ascent it follows from ``pitch`` above the horizontal of the pad in the launch plane and ``yaw`` to the left. In a
        descent it follows from ``alpha`` and ``beta``, the tangents of the angles between the axis and the oncoming air, in
        the launch plane and to the left: both are zero in a ballistic descent. At rest the axis points up.
        """
        if self.regime != "descent":
            pitch, yaw = control.pitch, control.yaw
            return jnp.stack([jnp.cos(yaw) * jnp.cos(pitch), jnp.sin(yaw), jnp.cos(yaw) * jnp.sin(pitch)])
        _, _, air_velocity, _ = self.flow(state)
        oncoming = _UPRIGHT_SPEED * self.frame.up(state.position) - air_velocity
        oncoming = oncoming / jnp.sqrt(oncoming @ oncoming)
        # Perpendicular to the oncoming air in the launch plane: (left) x (oncoming).
        in_plane = jnp.stack([-oncoming[2], jnp.zeros(()), oncoming[0]])
        in_plane = in_plane / jnp.sqrt(in_plane @ in_plane)
        axis = oncoming + control.alpha * in_plane + control.beta * jnp.cross(oncoming, in_plane)
        return axis / jnp.sqrt(axis @ axis)

    def throttle(self, control: NamedArrays) -> Array:
        """Return the throttle of the lit engines, 1 at rated thrust."""
        return control.throttle

    def conditions(self, state: NamedArrays, control: NamedArrays, inputs: Inputs) -> Conditions:
        """Return flow and forces at one instant.

        Args:
            state: ``position``, ``velocity``, ``mass``.
            control: Two angles and ``throttle``; see :meth:`body_axis`.
            inputs: Figures of the phase.
        """
        axis = self.body_axis(state, control)
        altitude, air, air_velocity, speed_squared = self.flow(state)
        speed = jnp.sqrt(speed_squared)
        mach, dynamic_pressure = speed / air.speed_of_sound, 0.5 * air.density * speed_squared
        ambient = None if self.regime == "vacuum" else air.pressure
        thrust, mass_flow = thrust_and_mass_flow(self.throttle(control), ambient, inputs.engines, inputs.fixed)
        axial, normal = self._aerodynamics(axis, air_velocity, speed_squared, mach, air.density, thrust, inputs.shape)
        return Conditions(
            altitude=altitude,
            air=air,
            axis=axis,
            air_velocity=air_velocity,
            air_speed=speed,
            mach=mach,
            dynamic_pressure=dynamic_pressure,
            thrust=thrust,
            mass_flow=mass_flow,
            axial_force=thrust + axial,
            force=(thrust + axial) * axis + normal,
        )

    def _aerodynamics(
        self,
        axis: Array,
        air_velocity: Array,
        speed_squared: Array,
        mach: Array,
        density: Array,
        thrust: Array,
        shape: Shape,
    ) -> tuple[Array | float, Array]:
        """Return the axial force along the nose (N) and the normal force ``(3,)`` (N) of the air."""
        if self.regime == "vacuum":
            return 0.0, jnp.zeros(3)
        axial_flow = air_velocity @ axis
        crossflow = air_velocity - axial_flow * axis
        half_density_area = 0.5 * density * shape.base_area
        along = axial_flow**2
        if self.regime == "ascent":
            coefficient = -aerodynamics.ascent_drag_coefficient(mach) * shape.axial_factor
        elif self.regime == "turning":  # the plume is neglected: a body turns around only where the air is thin
            coefficient = -aerodynamics.descent_axial_coefficient(mach) * shape.axial_factor
            along = axial_flow * jnp.sqrt(axial_flow**2 + _AXIAL_FLOW_ROUNDING)
        else:
            remaining = aerodynamics.plume_shielding(thrust, half_density_area * speed_squared, shape.preserved_drag)
            coefficient = aerodynamics.descent_axial_coefficient(mach) * shape.axial_factor * remaining
        normal = aerodynamics.normal_force_per_pressure(
            crossflow, speed_squared, jnp.sqrt(axial_flow**2 + _AXIAL_FLOW_ROUNDING), shape.side_area_ratio
        )
        return half_density_area * coefficient * along, half_density_area * normal

    def rates(self, state: NamedArrays, control: NamedArrays, inputs: Inputs) -> dict[str, Array]:
        """Return the time derivative of the state: ``position`` (m/s), ``velocity`` (m/s2), ``mass`` (kg/s)."""
        now = self.conditions(state, control, inputs)
        acceleration = now.force / state.mass + self.frame.acceleration(state.position, state.velocity)
        return {"position": state.velocity, "velocity": acceleration, "mass": -now.mass_flow}

    def coast_rates(self, state: NamedArrays, control: NamedArrays | None, inputs: Inputs) -> dict[str, Array]:
        """Return the time derivative of the state with engines off and the body axis along the flow."""
        gravity = self.frame.acceleration(state.position, state.velocity)
        drag = jnp.zeros(3) if self.regime == "vacuum" else self._ballistic_drag(state, inputs.shape) / state.mass
        return {"position": state.velocity, "velocity": gravity + drag, "mass": jnp.zeros(())}

    def flow(self, state: NamedArrays) -> tuple[Array, Air, Array, Array]:
        """Return altitude (m), air, air velocity ``(3,)`` (m/s) and its size squared (m2/s2), which stays above 1."""
        altitude = self.frame.altitude(state.position)
        wind = 0.0 if self.wind is None else self.wind.velocity(self.frame, state.position, altitude)
        air_velocity = state.velocity - wind
        return altitude, air_at(altitude), air_velocity, air_velocity @ air_velocity + _SPEED_ROUNDING

    def _ballistic_drag(self, state: NamedArrays, shape: Shape) -> Array:
        """Return the drag ``(3,)`` (N) at zero angle of attack with engines off."""
        _, air, air_velocity, speed_squared = self.flow(state)
        speed = jnp.sqrt(speed_squared)
        curve = (
            aerodynamics.ascent_drag_coefficient if self.regime == "ascent" else aerodynamics.descent_axial_coefficient
        )
        coefficient = curve(speed / air.speed_of_sound) * shape.axial_factor
        return -0.5 * air.density * shape.base_area * coefficient * speed * air_velocity

    def angle_of_attack(self, now: Conditions) -> Array:
        """Return the angle (rad) between nose and flow on ascent: the chord 2 sin(a/2), rounded at zero."""
        cosine = (now.air_velocity @ now.axis) / now.air_speed
        return jnp.sqrt(2.0 * (1.0 - cosine) + _ANGLE_ROUNDING)


class PoweredDescent(Flight):
    """A descent whose control is the vector ``thrust`` ``(3,)`` along the body axis; its size is the throttle.

    It describes the same flights as two angles and a throttle, but the equations of motion are closer to linear. Without air
    they are the equations that lossless convexification starts from (Acikmese and Ploen, JGCD 30(5), 2007).
    """

    def body_axis(self, state: NamedArrays, control: NamedArrays) -> Array:
        """Return the unit vector ``(3,)`` along the nose, in the frame."""
        return control.thrust / self.throttle(control)

    def throttle(self, control: NamedArrays) -> Array:
        """Return the throttle of the lit engines, rounded at zero."""
        return jnp.sqrt(control.thrust @ control.thrust + _THROTTLE_ROUNDING**2)
