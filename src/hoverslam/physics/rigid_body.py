"""Six-degree-of-freedom equations of motion: a rigid body steered by gimballed thrust, fins and cold gas.

The state is position and velocity ``(3,)`` in the frame (downrange, left, up), mass, ``attitude`` ``(4,)`` (unit quaternion,
scalar first, from body to frame) and ``rate`` ``(3,)`` (angular velocity in body axes, rad/s). The body's third axis points
to its nose: with the attitude (1, 0, 0, 0) the body stands upright with its first axis downrange. Stations along the body
are heights above the engines' gimbal plane (m).

Two effects are neglected, since both act over tens of seconds: the angular momentum that the exhaust carries away (jet
damping) and the rate of change of the inertia.
"""

from abc import abstractmethod
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from hoverslam.physics.atmosphere import Air
from hoverslam.physics.motion import Flight, NamedArrays, Shape
from hoverslam.physics.propulsion import Propulsion, thrust_at_level

_ROUNDING = 1e-12  # keeps the size of a vector differentiable at zero


def rotation(attitude: Array) -> Array:
    """Return the matrix ``(3, 3)`` from body axes to the frame of a unit quaternion ``(4,)``, scalar first."""
    w, x, y, z = attitude
    return jnp.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def attitude_rate(attitude: Array, rate: Array) -> Array:
    """Return the time derivative ``(4,)`` of an attitude at the angular velocity ``rate`` ``(3,)`` in body axes (rad/s).

    Args:
        attitude: Unit quaternion ``(4,)``, scalar first, from body to frame.
        rate: Angular velocity ``(3,)`` in body axes (rad/s).
    """
    w, x, y, z = attitude
    a, b, c = rate
    return 0.5 * jnp.stack(
        [-x * a - y * b - z * c, w * a + y * c - z * b, w * b + z * a - x * c, w * c + x * b - y * a]
    )


class MassProperties(NamedTuple):
    """Mass properties of a body at one mass.

    Attributes:
        centre: Station of the centre of mass (m).
        inertia: Principal moments of inertia ``(3,)`` about the centre of mass (kg m2).
    """

    centre: Array
    inertia: Array


class Body(eqx.Module):
    """Mass properties of a body, and the stations at which thrust and air act on it.

    Attributes:
        engine_station: Station of the gimbal plane (m).
        pressure_station: Station of the centre of pressure (m).
    """

    engine_station: eqx.AbstractVar[float]
    pressure_station: eqx.AbstractVar[float]

    @abstractmethod
    def properties(self, mass: Array) -> MassProperties:
        """Return centre of mass and inertia at ``mass`` (kg)."""


class FixedBody(Body):
    """A body with constant inertia and its centre of mass at station 0, as in much of the literature on landers."""

    inertia: tuple[float, float, float]
    engine_station: float
    pressure_station: float

    def properties(self, mass: Array) -> MassProperties:
        """Return centre of mass and inertia, the same at every mass."""
        return MassProperties(jnp.zeros(()), jnp.asarray(self.inertia, dtype=float))


class SolidCylinder(Body):
    """A homogeneous cylinder: its inertia is proportional to its mass, its centre of mass is at station 0."""

    radius: float
    length: float
    engine_station: float
    pressure_station: float

    def properties(self, mass: Array) -> MassProperties:
        """Return centre of mass and inertia of a cylinder of ``mass`` (kg)."""
        across = self.radius**2 / 4.0 + self.length**2 / 12.0
        return MassProperties(jnp.zeros(()), mass * jnp.array([across, across, self.radius**2 / 2.0]))


class TankBody(Body):
    """An empty stage with its remaining propellant as one column that stands on the floor of the tank.

    The inertia of the empty stage is that of a thin tube with the engines as a point mass at its lower end.

    Attributes:
        dry_mass: Mass without propellant (kg).
        dry_centre: Station of the empty stage's centre of mass (m); low, because the engines are at the lower end.
        length: Length of the stage (m).
        radius: Radius of the stage (m).
        floor: Station of the tank's floor (m).
        density: Mean density of both propellants (kg/m3).
    """

    dry_mass: float
    dry_centre: float
    length: float
    radius: float
    floor: float
    density: float
    pressure_station: float
    engine_station: float

    def properties(self, mass: Array) -> MassProperties:
        """Return centre of mass and inertia of empty stage and propellant together, by the parallel-axis theorem."""
        propellant = mass - self.dry_mass
        height = propellant / (self.density * jnp.pi * self.radius**2)
        column = self.floor + 0.5 * height
        centre = (self.dry_mass * self.dry_centre + propellant * column) / mass
        empty = self._empty_inertia() + self.dry_mass * (self.dry_centre - centre) ** 2
        liquid = propellant * (self.radius**2 / 4.0 + height**2 / 12.0 + (column - centre) ** 2)
        # The liquid does not rotate with its tank about the long axis.
        return MassProperties(centre, jnp.stack([empty + liquid] * 2 + [self.dry_mass * self.radius**2 + 0.0 * mass]))

    def _empty_inertia(self) -> float:
        """Return the empty stage's transverse inertia about its own centre of mass.

        The share of the tube in the dry mass follows from the centre of mass of tube and engines.
        """
        tube = self.dry_mass * self.dry_centre / (0.5 * self.length)
        return tube * (self.radius**2 / 2.0 + self.length**2 / 3.0) - self.dry_mass * self.dry_centre**2


class RigidInputs(NamedTuple):
    """Figures of one flight phase.

    Attributes:
        engine: One engine.
        lit: Number of lit engines.
        shape: Aerodynamic shape.
    """

    engine: Propulsion
    lit: Array | float
    shape: Shape


class Fins(NamedTuple):
    """Grid fins.

    Attributes:
        station: Height above the gimbal plane (m).
        area: Area of one pair (m2).
        slope: Normal-force coefficient of a fin per rad.
        radius: Distance from the long axis at which the fins act on roll (m).
    """

    station: float
    area: float
    slope: float
    radius: float


class Ellipsoid(NamedTuple):
    """Air force at constant density, as in the literature on successive convexification: ``-1/2 density area |v| C v``.

    Attributes:
        density_area: Density times reference area (kg/m).
        coefficients: Diagonal of C, in body axes.
    """

    density_area: float
    coefficients: tuple[float, float, float]


class RigidFlight(Flight):
    """Dynamics of a rigid body; frame, air and engines are those of :class:`Flight`.

    With ``lag`` the state has ``level``: the total thrust in units of one engine at full throttle. It follows the number of
    lit engines times the throttle, so that engines build up thrust at ignition and lose it gradually at cut-off.

    Attributes:
        body: Mass properties and stations.
        fins: Grid fins, or None.
        ellipsoid: Air force of the literature in place of atmosphere and curves, or None.
        lag: Time constant with which the thrust follows its command (s); the response is immediate at zero.
        gimballed: Whether the control is ``throttle`` and ``gimbal`` ``(2,)`` (tangents of the angles). Otherwise it is
            ``thrust`` ``(3,)`` in body axes, whose size is the throttle.
    """

    body: Body = eqx.field(kw_only=True)
    fins: Fins | None = eqx.field(kw_only=True, default=None)
    ellipsoid: Ellipsoid | None = eqx.field(kw_only=True, default=None)
    lag: float = eqx.field(kw_only=True, static=True, default=0.0)
    gimballed: bool = eqx.field(kw_only=True, static=True, default=False)

    def body_axis(self, state: NamedArrays, control: NamedArrays) -> Array:
        """Return the unit vector ``(3,)`` along the nose, in the frame."""
        w, x, y, z = state.attitude
        return jnp.stack([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])

    def throttle(self, control: NamedArrays) -> Array:
        """Return the commanded throttle of the lit engines."""
        if self.gimballed:
            return control.throttle
        return jnp.sqrt(control.thrust @ control.thrust + _ROUNDING**2)

    def direction(self, control: NamedArrays) -> Array:
        """Return the unit vector ``(3,)`` of the thrust in body axes."""
        if not self.gimballed:
            return control.thrust / self.throttle(control)
        tangents = jnp.append(control.gimbal, 1.0)
        return tangents / jnp.sqrt(tangents @ tangents)

    def gimbal_cosine(self, control: NamedArrays) -> Array:
        """Return the cosine of the angle between thrust and nose."""
        return self.direction(control)[2]

    def rates(self, state: NamedArrays, control: NamedArrays, inputs: RigidInputs) -> dict[str, Array]:  # type: ignore[override]
        """Return the time derivative of the state under thrust."""
        commanded = inputs.lit * self.throttle(control)
        level = state.level if self.lag else commanded
        rates = self._rates(state, control, inputs, level, self.direction(control))
        if self.lag:
            rates["level"] = (commanded - state.level) / self.lag
        return rates

    def coast_rates(self, state: NamedArrays, control: NamedArrays, inputs: RigidInputs) -> dict[str, Array]:  # type: ignore[override]
        """Return the time derivative of the state with engines off."""
        return self._rates(state, control, inputs, jnp.zeros(()), jnp.array([0.0, 0.0, 1.0]))

    def _rates(
        self, state: NamedArrays, control: NamedArrays, inputs: RigidInputs, level: Array, direction: Array
    ) -> dict[str, Array]:
        """Return the time derivative of the state at a thrust ``level`` along ``direction`` in body axes."""
        to_frame, body = rotation(state.attitude), self.body.properties(state.mass)
        _, air, air_velocity, speed_squared = self.flow(state)
        thrust = self.thrust(level, air.pressure, inputs)
        force = thrust * direction
        torque = self._lever(self.body.engine_station - body.centre, force)
        if self.regime != "vacuum" or self.ellipsoid is not None:
            air_force = self._air_force(to_frame, air, air_velocity, speed_squared, thrust, inputs)
            force = force + air_force
            torque = torque + self._lever(self.body.pressure_station - body.centre, air_force)
        if self.fins is not None and "fins" in control:
            fin_force, roll = self._fin_force(self.fins, air, speed_squared, control)
            force = force + fin_force
            torque = (
                torque + self._lever(self.fins.station - body.centre, fin_force) + jnp.array([0.0, 0.0, 1.0]) * roll
            )
        if "torque" in control:  # of cold-gas thrusters
            torque = torque + control.torque
        angular_acceleration = (torque - jnp.cross(state.rate, body.inertia * state.rate)) / body.inertia
        return {
            "position": state.velocity,
            "velocity": to_frame @ force / state.mass + self.frame.acceleration(state.position, state.velocity),
            "mass": -level * inputs.engine.mass_flow,
            "attitude": attitude_rate(state.attitude, state.rate),
            "rate": angular_acceleration,
        }

    def thrust(self, level: Array, pressure: Array, inputs: RigidInputs) -> Array:
        """Return the total thrust (N) at a ``level`` in units of one engine and an air ``pressure`` (Pa)."""
        return thrust_at_level(level, None if self.regime == "vacuum" else pressure, inputs.engine, inputs.lit)

    @staticmethod
    def _lever(arm: Array, force: Array) -> Array:
        """Return the torque ``(3,)`` of a body-axes force ``(3,)`` at ``arm`` (m) along the nose from the centre of mass."""
        return arm * jnp.stack([-force[1], force[0], jnp.zeros(())])

    def _air_force(
        self, to_frame: Array, air: Air, air_velocity: Array, speed_squared: Array, thrust: Array, inputs: RigidInputs
    ) -> Array:
        """Return the force of the air on the body ``(3,)`` in body axes (N)."""
        if self.ellipsoid is not None:
            speed = jnp.sqrt(air_velocity @ air_velocity + _ROUNDING)
            in_body = to_frame.T @ air_velocity
            return -0.5 * self.ellipsoid.density_area * speed * jnp.asarray(self.ellipsoid.coefficients) * in_body
        mach = jnp.sqrt(speed_squared) / air.speed_of_sound
        axis = to_frame[:, 2]
        axial, normal = self._aerodynamics(axis, air_velocity, speed_squared, mach, air.density, thrust, inputs.shape)
        return to_frame.T @ (axial * axis + normal)

    @staticmethod
    def _fin_force(fins: Fins, air: Air, speed_squared: Array, control: NamedArrays) -> tuple[Array, Array]:
        """Return the side force ``(3,)`` (N) and the roll torque (N m) of deflections ``control.fins`` ``(3,)`` (rad).

        The deflections are those of two pairs of fins and of roll. The fins' own angle to the flow is that of the body,
        whose normal force includes it.
        """
        pressure = 0.5 * air.density * speed_squared
        each = pressure * fins.area * fins.slope * control.fins
        return jnp.stack([each[0], each[1], jnp.zeros(())]), each[2] * fins.radius
